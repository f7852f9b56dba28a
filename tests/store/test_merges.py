"""What an import held back is merged whole by a server: each month ends as a single part."""

import time
from collections.abc import Callable

import pytest

from sojourn.app import Sojourn
from sojourn.model.site import Site
from sojourn.store import merges as merges_module
from sojourn.store.merges import Merges
from tests.conftest import NOW
from tests.kit import listed, to_events

# A month that no other test has, since merges are of whole months.
MONTH, BEGAN = "203011", 1_920_000_000_000
BATCHES, EACH = 5, 40
SOON = 30.0


def send_in_parts(app: Sojourn, site: Site) -> None:
    for number in range(BATCHES):
        app.insert(
            to_events(
                site,
                (
                    {"type": "click", "visitor_id": f"v{n}", "event_id": f"{number}", "occurred_at": BEGAN + n}
                    for n in range(EACH)
                ),
                BEGAN + EACH,
            )
        )


def part_count(app: Sojourn) -> int:
    text = "SELECT count() FROM system.parts WHERE active AND table = 'events' AND partition_id = {month:String}"
    return int(app.engine.query(text, {"month": MONTH})[0][0])


def is_held(app: Sojourn) -> bool:
    rows = app.engine.query("SELECT create_table_query FROM system.tables WHERE name = 'events'")
    return "max_bytes_to_merge" in rows[0][0]


def within(seconds: float, is_so: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.02)
    return is_so()


@pytest.fixture
def merges(app: Sojourn, monkeypatch: pytest.MonkeyPatch) -> Merges:
    """Of a process for which few bytes are many."""
    monkeypatch.setattr(merges_module, "HELD_BYTES", 1)
    monkeypatch.setattr(merges_module, "AGAIN_AFTER", 0.0)
    monkeypatch.setattr(app.engine, "on_delete", app.engine.on_delete)  # it is the new one's for this test
    return lasting(app)


def lasting(app: Sojourn) -> Merges:
    found = Merges(app.engine)
    found.is_lasting = True
    return found


def test_what_was_held_back_is_merged_to_one_part(app: Sojourn, new_site: Callable[..., Site], merges: Merges) -> None:
    site = new_site()
    with merges.held():
        send_in_parts(app, site)
        assert part_count(app) >= BATCHES
        merges.release()
        assert is_held(app)
    merges.release()
    assert is_held(app)  # by what ends before it could merge them
    merges.work(NOW)
    assert within(SOON, lambda: not is_held(app))
    assert part_count(app) == 1
    app.work_off()
    assert sum(row["event_count"] for row in listed(app, site)) == BATCHES * EACH


def test_a_new_import_holds_them_again(app: Sojourn, new_site: Callable[..., Site], merges: Merges) -> None:
    with merges.held():
        send_in_parts(app, new_site())
    merges.release()
    with merges.held():
        merges.work(NOW)
        assert is_held(app)
    merges.release()
    merges.work(NOW)
    assert within(SOON, lambda: not is_held(app))


def test_who_ends_gives_up_and_the_next_one_begins_anew(
    app: Sojourn, new_site: Callable[..., Site], merges: Merges
) -> None:
    site = new_site()
    with merges.held():
        send_in_parts(app, site)
    merges.release()
    merges.work(NOW)
    merges.close()
    merges.work(NOW)
    following = lasting(app)
    following.work(NOW)
    assert within(SOON, lambda: not is_held(app))
    assert part_count(app) == 1


def test_a_process_that_finds_months_in_parts_holds_them_and_an_import_does_so_too(
    app: Sojourn, new_site: Callable[..., Site], merges: Merges
) -> None:
    with merges.held():
        send_in_parts(app, new_site())
    app.engine.execute(
        "ALTER TABLE events RESET SETTING max_bytes_to_merge_at_max_space_in_pool"
    )  # as a stop leaves it
    following = Merges(app.engine)  # a command
    assert is_held(app)
    following.work(NOW)
    with following.held():
        assert is_held(app)
    lasting(app).work(NOW)
    assert within(SOON, lambda: not is_held(app))


def test_a_deletion_ends_what_is_under_way_and_it_is_begun_anew(
    app: Sojourn, new_site: Callable[..., Site], merges: Merges
) -> None:
    site, ended = new_site(), list[float]()
    with merges.held():
        send_in_parts(app, site)
    merges.release()
    for _ in range(5):
        merges.work(NOW)
        began = time.monotonic()
        app.engine.execute("DELETE FROM events WHERE site_id = {site_id:String}", {"site_id": site.id})
        ended.append(time.monotonic() - began)

    def is_done() -> bool:
        merges.work(NOW)
        return not is_held(app)

    assert within(SOON, is_done)
    assert max(ended) < SOON
    assert app.engine.query("SELECT count() FROM events WHERE site_id = {site_id:String}", {"site_id": site.id}) == [
        (0,)
    ]
