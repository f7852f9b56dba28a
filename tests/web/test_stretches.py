"""Where the rows of a list lay is remembered, and says nothing of another list but where to look first."""

import random
from collections.abc import Callable

from sojourn.app import Sojourn
from sojourn.model.instant import iso
from sojourn.model.site import Site
from sojourn.reports.cursor import Cursor, encode
from sojourn.reports.sessions import VERSIONS
from sojourn.web.api import question_of
from tests.conftest import NOW
from tests.kit import send

DAY = 86_400_000


def test_lists_of_any_window_and_direction_after_another_are_whole(app: Sojourn, new_site: Callable[..., Site]) -> None:
    chance, site = random.Random(7), new_site()
    # Crowded hours, empty days, and one session far behind.
    at = [NOW - 20 * DAY + chance.randrange(3_600_000) for _ in range(60)]
    at += [NOW - 9 * DAY + chance.randrange(DAY) for _ in range(30)] + [NOW - 2 * DAY, NOW - 29 * DAY]
    send(app, site, [{"type": "click", "visitor_id": f"v{n}", "occurred_at": each} for n, each in enumerate(at)])
    for step in range(120):
        if step == 60:
            at += [NOW - 1000 * n for n in range(8)]
            late = [{"type": "click", "visitor_id": f"w{n}", "occurred_at": NOW - 1000 * n} for n in range(8)]
            send(app, site, late)
        first, last = sorted(NOW - chance.randrange(30 * DAY) for _ in range(2))
        if chance.random() < 0.5:
            last = NOW + 1
        limit = chance.choice([3, 3, 5, 20])
        question, _ = question_of([("from", iso(first)), ("to", iso(last)), ("limit", str(limit))])
        page = app.page(site.id, question, None)
        wanted = sorted((each for each in at if first <= each < last), reverse=True)
        assert [row["started_at"] for row in page.data] == [iso(each) for each in wanted[:limit]]
        if page.next_cursor is None:
            assert len(wanted) <= limit
            continue
        following = app.page(site.id, question_of([("cursor", page.next_cursor), ("limit", str(limit))])[0], None)
        assert [row["started_at"] for row in following.data] == [iso(each) for each in wanted[limit : 2 * limit]]


def test_a_list_is_whole_however_many_versions_its_sessions_have(app: Sojourn, new_site: Callable[..., Site]) -> None:
    """More of the newest one than a stretch is read with; in either direction."""
    site, times = new_site(), 3 * VERSIONS + 6
    send(app, site, [{"type": "click", "visitor_id": f"v{n}", "occurred_at": NOW - n * 60_000} for n in range(1, 4)])
    window = [("from", iso(NOW - 200_000)), ("to", iso(NOW + 1))]
    app.engine.execute("SYSTEM STOP MERGES")
    try:
        for version in range(times):
            send(app, site, [{"type": "click", "visitor_id": "v1", "occurred_at": NOW - 59_000 + version}])
            page = app.page(site.id, question_of([*window, ("limit", "2")])[0], None)
            assert [row["event_count"] for row in page.data] == [version + 2, 1]
        for limit in ("1", "2"):
            first = app.page(site.id, question_of([*window, ("limit", limit)])[0], None)
            second = app.page(site.id, question_of([("cursor", first.next_cursor or ""), ("limit", limit)])[0], None)
            shown = [row["event_count"] for row in (*first.data, *second.data)]
            assert shown == [times + 1, 1, 1][: 2 * int(limit)]
            (at, *_) = second.data
            after = encode(Cursor(at["id"], "after", dict(question_of(window)[0].filters)))
            back = app.page(site.id, question_of([("cursor", after), ("limit", limit)])[0], None)
            assert [row["id"] for row in back.data] == [row["id"] for row in first.data]
    finally:
        app.engine.execute("SYSTEM START MERGES")


def test_a_list_shows_no_session_that_is_no_more(app: Sojourn, new_site: Callable[..., Site]) -> None:
    site = new_site()
    events = [{"type": "click", "visitor_id": f"v{n}", "event_id": f"{n}", "occurred_at": NOW - n} for n in range(1, 9)]
    send(app, site, events)
    question, _ = question_of([("from", iso(NOW - DAY)), ("to", iso(NOW + 1)), ("limit", "3")])
    assert app.page(site.id, question, None).has_more
    app.decide(site.id, ["1", "3"], "own_team")
    app.work_off()
    shown = [row["started_at"] for row in app.page(site.id, question, None).data]
    assert shown == [iso(NOW - 2), iso(NOW - 4), iso(NOW - 5)]
