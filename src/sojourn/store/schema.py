"""The schema: numbered SQL files, applied once in order and recorded."""

import re
import time
from collections.abc import Collection
from importlib.resources import files

from sojourn.errors import StoreError
from sojourn.store.engine import Engine

RECORD = """CREATE TABLE IF NOT EXISTS schema_versions (version UInt32, name String, applied_at Int64)
ENGINE = MergeTree ORDER BY version SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
"""
RECORD_NAME = "schema_versions"
_CREATES = re.compile(r"CREATE TABLE (?:IF NOT EXISTS )?(\w+)")


def steps() -> list[tuple[int, str, str]]:
    """(version, name, SQL) of every schema file, in order."""
    found = [path for path in files("sojourn.sql").joinpath("schema").iterdir() if path.name.endswith(".sql")]
    named = sorted((path.name.removesuffix(".sql"), path.read_text(encoding="utf-8")) for path in found)
    return [(int(name[:4]), name, text) for name, text in named]


def migrate(engine: Engine, now_ms: int | None = None, lacking: Collection[str] = ()) -> list[str]:
    """Apply what is not yet recorded, and make anew which tables are lacking though they are; the names of what was
    applied and of the tables.

    Raises StoreError, and changes nothing, when the data was written by a newer program.
    """
    engine.create_table(RECORD)
    done = _applied(engine)
    made = [RECORD_NAME] if RECORD_NAME in lacking and done else []
    for version, name, text in steps():
        is_new = version not in done
        for statement in statements(text):
            if is_new or table_of(statement) in lacking:
                engine.create_table(_if_missing(statement))
                made += [] if is_new else [table_of(statement)]
        if is_new:
            at = now_ms if now_ms is not None else time.time_ns() // 1_000_000
            engine.execute(f"INSERT INTO schema_versions VALUES ({version}, '{name}', {at})")
            made.append(name)
    return made


def missing(engine: Engine) -> list[str]:
    """The names of the steps that are not applied yet. Raises StoreError when the data is newer."""
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


def table_of(statement: str) -> str:
    """The name of the table that it makes."""
    name: str = _CREATES.findall(statement)[0]
    return name


def _if_missing(statement: str) -> str:
    """A step that was cut off in the middle runs again from its start: what exists stays."""
    return statement.replace("CREATE TABLE ", "CREATE TABLE IF NOT EXISTS ", 1)
