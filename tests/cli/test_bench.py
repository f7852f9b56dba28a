"""`sojourn bench`: every figure is there, and nothing stays."""

from pathlib import Path

from sojourn.commands.benching import made_up
from tests.conftest import NOW
from tests.serving import run


def test_what_is_made_up_is_the_same_each_time_and_within_the_window() -> None:
    events = made_up(1000, NOW)
    assert events == made_up(1000, NOW)
    assert 500 < events.num_rows < 2000
    instants = events["occurred_at"].cast("int64").to_pylist()
    assert (instants == sorted(instants), instants[0] > NOW - 31 * 86_400_000, instants[-1] <= NOW) == (True,) * 3
    assert len(set(events["event_id"].to_pylist())) == events.num_rows


def test_every_figure_is_told_and_nothing_stays(tmp_path: Path) -> None:
    done = run("bench", "--size", "1000", TMPDIR=str(tmp_path))
    assert done.returncode == 0, done.stderr
    for what in ("sessionize of", "import of", "first page", "by a filter", "one lead's", "one session", "events sent"):
        assert what in done.stdout
    assert list(tmp_path.iterdir()) == []
