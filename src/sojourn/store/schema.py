"""The schema: numbered SQL files, applied once in order and recorded."""

import time
from importlib.resources import files

from sojourn.errors import StoreError
from sojourn.store.engine import Engine

_RECORD = """CREATE TABLE IF NOT EXISTS schema_versions (version UInt32, name String, applied_at Int64)
ENGINE = MergeTree ORDER BY version SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
"""


def steps() -> list[tuple[int, str, str]]:
    """(version, name, SQL) of every schema file, in order."""
    found = [path for path in files("sojourn.sql").joinpath("schema").iterdir() if path.name.endswith(".sql")]
    named = sorted((path.name.removesuffix(".sql"), path.read_text(encoding="utf-8")) for path in found)
    return [(int(name[:4]), name, text) for name, text in named]


def migrate(engine: Engine, now_ms: int | None = None) -> list[str]:
    """Apply what is not yet recorded; the names of what was applied.

    Raises StoreError, and changes nothing, when the data was written by a newer program.
    """
    engine.create_table(_RECORD)
    done = _applied(engine)
    applied = [step for step in steps() if step[0] not in done]
    for version, name, text in applied:
        for statement in statements(text):
            engine.create_table(_if_missing(statement))
        at = now_ms if now_ms is not None else time.time_ns() // 1_000_000
        engine.execute(f"INSERT INTO schema_versions VALUES ({version}, '{name}', {at})")
    return [name for _, name, _ in applied]


def missing(engine: Engine) -> list[str]:
    """The names of the steps that are not applied yet. Raises StoreError when the data is newer."""
    if ("schema_versions",) not in engine.query("SELECT name FROM system.tables WHERE database = currentDatabase()"):
        return [name for _, name, _ in steps()]
    done = _applied(engine)
    return [name for version, name, _ in steps() if version not in done]


def _applied(engine: Engine) -> set[int]:
    done = {version for (version,) in engine.query("SELECT version FROM schema_versions")}
    newest = max(version for version, _, _ in steps())
    if done and max(done) > newest:
        raise StoreError(
            f"The data has schema {max(done)}, this program knows {newest}: it is older than the data. "
            "Install the Sojourn that wrote it, or a newer one."
        )
    return done


def statements(text: str) -> list[str]:
    """The statements of a schema file, without comments."""
    bare = "\n".join(line.split("--", 1)[0].rstrip() for line in text.splitlines())
    return [part.strip() for part in bare.split(";") if part.strip()]


def _if_missing(statement: str) -> str:
    """A step that was cut off in the middle runs again from its start: what exists stays."""
    return statement.replace("CREATE TABLE ", "CREATE TABLE IF NOT EXISTS ", 1)
