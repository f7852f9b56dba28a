"""A switch to another build in the middle of an answer: the answer is of the one or the other, and nothing lacks."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sojourn.app import Sojourn
from sojourn.errors import InvalidRequest, Unavailable
from sojourn.model.instant import iso
from sojourn.model.site import DAY_MS, Site
from sojourn.reports import event_export, export, lead_pages
from sojourn.store.engine import Statement
from sojourn.web.api import question_of
from sojourn.web.events import event_question_of
from tests.conftest import NOW
from tests.kit import send

COUNT = 5


def switched_at(app: Sojourn, site: Site, statement: str) -> Callable[[Statement], None]:
    """Switches once, when this statement of the answer has ended, and waits until the old rows are gone."""
    left = [statement]

    def heard(ended: Statement) -> None:
        if ended.name not in left:
            return
        left.clear()
        app.change_site(site.id, {"goals": {"more": {"types": ["click"]}}})
        app.work_off()
        parameters = {"site_id": site.id, "generation": app.sites[site.id].generation}
        old = "SELECT count() FROM sessions WHERE site_id = {site_id:String} AND generation < {generation:UInt32}"
        while app.engine.query(old, parameters) != [(0,)]:
            pass

    return heard


@pytest.mark.parametrize(
    ("asked", "statement"),
    [
        ([("from", "1970-01-01"), ("limit", "3")], "session.newest"),
        ([("from", "1970-01-01"), ("limit", "3"), ("min_events", "1")], "session.keys"),
        ([("updated_since", "1970-01-01"), ("limit", "3")], "session.changed"),
    ],
)
def test_a_page_under_way_is_whole(
    app: Sojourn,
    new_site: Callable[..., Site],
    monkeypatch: pytest.MonkeyPatch,
    asked: list[tuple[str, str]],
    statement: str,
) -> None:
    site = filled(app, new_site)
    expected = [row["id"] for row in app.page(site.id, *question_of(asked)).data]
    with monkeypatch.context() as patch:
        patch.setattr(app.engine, "on_statement", switched_at(app, site, statement))
        page = app.page(site.id, *question_of(asked))
    assert [row["id"] for row in page.data] == expected
    assert not any("deleted" in row for row in page.data)
    assert page.has_more
    assert page.data[0]["goals"] == ["more"]


def test_a_session_under_way_is_found(
    app: Sojourn, new_site: Callable[..., Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    site = filled(app, new_site)
    row = app.page(site.id, *question_of([("from", "1970-01-01")])).data[0]
    # An id that became another takes two looks, and in between the rows go.
    send(app, site, [{**click(0, at=NOW - 1), "visitor_id": row["lead"]["visitor_id"], "event_id": "earlier"}])
    (new,) = (
        each["id"]
        for each in app.page(site.id, *question_of([("from", "1970-01-01")])).data
        if each["event_count"] == 2
    )
    with monkeypatch.context() as patch:
        patch.setattr(app.engine, "on_statement", switched_at(app, site, "session.spanning"))
        assert app.journey(site.id, row["id"])["id"] == new


def filled(app: Sojourn, new_site: Callable[..., Site]) -> Site:
    site = new_site()
    send(app, site, [click(number) for number in range(COUNT)])
    return site


def click(number: int, at: int = NOW) -> dict[str, Any]:
    return {"type": "click", "visitor_id": f"v{number}", "event_id": f"c{number}", "occurred_at": at}


Pieces = Callable[[Sojourn, Site], Iterator[Any]]


def session_tables(app: Sojourn, site: Site) -> Iterator[Any]:
    return app.lists.export(site.id, *question_of([("from", "1970-01-01")]), None)


def event_tables(app: Sojourn, site: Site) -> Iterator[Any]:
    question = event_question_of([("from", "1970-01-01")])
    return app.sites.stream(site.id, lambda present: app.event_exports.tables(present, site.id, question, None, NOW))


def lead_document(app: Sojourn, site: Site) -> Iterator[Any]:
    lead = app.leads.found(site.id, "v0")
    return app.sites.stream(site.id, lambda present: app.lead_pages.export(present, site.id, lead, NOW))


def told_of(pieces: list[Any]) -> str:
    """What the pieces say, but for what a change of the goals alters."""
    if isinstance(pieces[0], bytes):
        document = json.loads(b"".join(pieces))["data"]
        return str([document["events"], *([row["id"], row["event_count"]] for row in document["sessions"])])
    tables = [piece[0] if isinstance(piece, tuple) else piece for piece in pieces]
    names = {"id", "session_id", "started_at"} & {*tables[0].column_names}
    return str([row for table in tables for row in table.select(sorted(names)).to_pylist()])


STREAMS = pytest.mark.parametrize(
    ("stream", "statement"),
    [(session_tables, "session.by_minute"), (event_tables, "event.export"), (lead_document, "session.totals")],
    ids=["sessions", "events", "lead"],
)


@STREAMS
def test_a_file_that_has_not_begun_is_of_the_new_build_and_whole(
    app: Sojourn, new_site: Callable[..., Site], monkeypatch: pytest.MonkeyPatch, stream: Pieces, statement: str
) -> None:
    site = filled_for_files(app, new_site, monkeypatch)
    expected = list(stream(app, site))
    with monkeypatch.context() as patch:
        patch.setattr(app.engine, "on_statement", switched_at(app, site, statement))
        pieces = list(stream(app, site))
    assert app.sites[site.id].generation == site.generation + 1
    assert told_of(pieces) == told_of(expected)


@STREAMS
def test_a_file_that_has_begun_breaks_off_with_an_error(
    app: Sojourn, new_site: Callable[..., Site], monkeypatch: pytest.MonkeyPatch, stream: Pieces, statement: str
) -> None:
    """Its rest would be of the new build, or lack what the old one had."""
    site = filled_for_files(app, new_site, monkeypatch)
    pieces = stream(app, site)
    next(pieces)
    switched_at(app, site, statement)(Statement("query", statement, 0, None))
    with pytest.raises(Unavailable, match="built anew meanwhile"):
        list(pieces)
    assert list(stream(app, site))


def filled_for_files(app: Sojourn, new_site: Callable[..., Site], monkeypatch: pytest.MonkeyPatch) -> Site:
    """Several sessions of one lead, in pieces of two rows and less."""
    for module in (export, event_export, lead_pages):
        sizes = {"ROWS_AT_ONCE", "EVENTS_AT_ONCE", "FIRST_ROWS", "FEWEST_AT_ONCE", "MOST_AT_ONCE", "MAX_LIMIT"}
        for name in sizes & {*vars(module)}:
            monkeypatch.setattr(module, name, 2)
    site = new_site()
    send(app, site, [{**click(0, at=NOW - n * 3_600_000), "event_id": f"c{n}"} for n in range(COUNT)])
    return site


def test_the_pages_of_a_file_are_of_one_build(app: Sojourn, new_site: Callable[..., Site]) -> None:
    site = filled(app, new_site)
    asked = [("from", "1970-01-01"), ("limit", "2")]
    _, cursor = app.lists.export_page(site.id, *question_of(asked))
    assert cursor is not None
    page, _ = app.lists.export_page(site.id, *question_of([("cursor", cursor)]))
    assert page.num_rows == COUNT - 2
    app.change_site(site.id, {"session_timeout_ms": 60_000})
    app.work_off()
    with pytest.raises(InvalidRequest, match="built anew"):
        app.lists.export_page(site.id, *question_of([("cursor", cursor)]))
    assert app.page(site.id, *question_of([("cursor", cursor)])).data  # pages of the list go on


def test_the_pages_of_a_file_keep_the_window_of_the_first(app: Sojourn, new_site: Callable[..., Site]) -> None:
    site = new_site()
    send(app, site, [click(days, at=NOW - days * DAY_MS) for days in (1, 10, 29, 31, 59)])
    found, asked = list[str](), [("limit", "1")]
    while True:
        page, cursor = app.lists.export_page(site.id, *question_of(asked))
        found += page["id"].to_pylist()
        if cursor is None:
            break
        asked = [("cursor", cursor), ("limit", "1")]
    assert found == [row["id"] for row in app.page(site.id, *question_of([])).data]
    assert len(found) == 3


def test_who_asks_for_changes_while_a_lead_is_erased_is_told_of_it_the_next_time(
    app: Sojourn, new_site: Callable[..., Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    site = filled(app, new_site)
    clock, since = [NOW], list[int]()
    monkeypatch.setattr(app.commits, "_now_ms", lambda: clock[0])

    def heard(ended: Statement) -> None:
        if ended.name == "session.end":
            clock[0] += 10
            app.commits.stamp()  # others go on meanwhile
            since.append(app.synced_until(site.id))

    with monkeypatch.context() as patch:
        patch.setattr(app.engine, "on_statement", heard)
        app.erase(site.id, "v0")
    changes = app.page(site.id, *question_of([("updated_since", iso(since[0]))])).data
    assert [row for row in changes if row.get("deleted")]
    assert app.synced_until(site.id) > since[0]
