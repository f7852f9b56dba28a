"""The schema is applied once, recorded, and refused when the data is newer than the program."""

import subprocess
import sys
from pathlib import Path

from sojourn.app import Sojourn
from sojourn.store.schema import migrate, statements, steps
from tests.serving import run

NEWER = """
import sys
from pathlib import Path
from sojourn.store.embedded import Embedded
engine = Embedded(Path(sys.argv[1]))
engine.execute("INSERT INTO schema_versions VALUES (9999, '9999_later', 0)")
engine.close()
"""


def test_every_step_is_recorded_and_applied_once(app: Sojourn) -> None:
    recorded = app.engine.query("SELECT version, name FROM schema_versions ORDER BY version")
    assert recorded == [(version, name) for version, name, _ in steps()]
    assert migrate(app.engine) == []


def test_steps_are_numbered_without_gaps_and_made_of_statements() -> None:
    assert [version for version, _, _ in steps()] == list(range(1, len(steps()) + 1))
    assert all(statement.startswith("CREATE TABLE ") for _, _, text in steps() for statement in statements(text))


def test_newer_data_is_refused_in_one_line(tmp_path: Path) -> None:
    assert run("keys", "list", "--data", str(tmp_path)).returncode == 0
    subprocess.run([sys.executable, "-c", NEWER, str(tmp_path / "store")], check=True)
    done = run("keys", "list", "--data", str(tmp_path))
    assert done.returncode == 1
    assert "9999" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
