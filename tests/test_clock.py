"""A clock that was ahead and is put right: what is written afterwards counts, and who keeps a copy is told of it."""

from pathlib import Path

import pytest

from tests.soak.faults import Soaked, set_clock

HOUR = 3600
AT = 1_777_000_000_000


def click(number: int) -> dict[str, object]:
    return {"type": "click", "visitor_id": "v", "event_id": f"c{number}", "occurred_at": AT + number * 1000}


@pytest.mark.slow
def test_what_is_written_after_the_clock_was_put_back_is_newer_than_what_was_before(tmp_path: Path) -> None:
    server = Soaked(tmp_path / "folder")
    set_clock(server, HOUR)
    server.start()
    try:
        server.send(click(0))
        server.settled(1)
        assert server.ask("PATCH", "/v1/site", json={"name": "ahead"}).status_code == 200
        assert server.stop() == 0
        set_clock(server, 0)
        server.start()
        server.send(click(1))
        assert [session["event_count"] for session in server.settled(2)] == [2]
        assert server.ask("PATCH", "/v1/site", json={"name": "put right"}).status_code == 200
        server.kill()
        server.start()
        assert server.ask("GET", "/v1/site").json()["data"]["name"] == "put right"
        assert [session["event_count"] for session in server.settled(2)] == [2]
    finally:
        server.close()


@pytest.mark.slow
@pytest.mark.parametrize("is_started_anew", [False, True])
def test_a_copy_misses_nothing_that_changed_after_the_clock_was_put_back(tmp_path: Path, is_started_anew: bool) -> None:
    server = Soaked(tmp_path / "folder")
    set_clock(server, HOUR)
    server.start()
    try:
        server.send(click(0))
        server.settled(1)
        since = server.ask("GET", "/v1/sessions", params={"updated_since": "1970-01-01"}).json()["synced_until"]
        set_clock(server, 0)
        if is_started_anew:
            server.kill()
            server.start()
        server.send({**click(1), "visitor_id": "another"})
        server.settled(2)
        changed = server.ask("GET", "/v1/sessions", params={"updated_since": since}).json()["data"]
        assert "another" in [session["lead"]["name"] for session in changed]
    finally:
        server.close()
