"""A generation built from nothing shows what passes made: also of events that decisions stand for."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest

from sojourn.app import Sojourn
from sojourn.errors import Unavailable
from sojourn.model.event import COLUMNS
from sojourn.model.intent import IntentSteps
from sojourn.model.site import Site, twin_of
from sojourn.pipeline import aside, build
from sojourn.pipeline.collect import Arrival, collect
from sojourn.pipeline.generation import Generations
from sojourn.pipeline.sites import Definition
from tests.conftest import NOW
from tests.kit import listed, send, to_events

MINUTE = 60_000


def test_a_suppressed_event_stays_out_of_a_new_generation(app: Sojourn, new_site: Callable[..., Site]) -> None:
    site = new_site()
    send(app, site, [{"type": "click", "event_id": f"{n}", "visitor_id": "v", "occurred_at": n} for n in range(3)])
    app.decide(site.id, ["1"], "robot")
    app.work_off()
    assert [session["event_count"] for session in listed(app, site)] == [2]
    app.change_site(site.id, {"session_timeout_ms": 60_000})
    app.work_off()
    assert [session["event_count"] for session in listed(app, site)] == [2]


@pytest.mark.parametrize(
    ("steps", "intents"),
    [
        ({}, ["high", "research", "none", "low"]),
        ({"high_urls": []}, ["none", "research", "none", "low"]),
        ({"content_urls": []}, ["high", "none", "none", "low"]),
        ({"high_urls": ["/blog/*"], "content_urls": ["/p*"]}, ["none", "high", "none", "low"]),
        ({"high_types": ["click"]}, ["high", "research", "high", "low"]),
        ({"decisive_types": ["click"]}, ["high", "research", "high", "low"]),
        ({"unsubscribe_types": []}, ["high", "research", "none", "none"]),
        ({"unsubscribe_types": ["click"]}, ["high", "research", "low", "none"]),
    ],
)
def test_a_build_and_a_pass_tell_intent_by_the_steps_of_the_site(
    app: Sojourn, new_site: Callable[..., Site], steps: dict[str, list[str]], intents: list[str]
) -> None:
    paths = {"a": ["/pricing", "/plans"], "b": ["/blog/1", "/blog/2", "/blog/3"]}
    views: list[tuple[str, str, str | None]] = [
        (lead, "page_view", f"https://x.example{path}") for lead in paths for path in paths[lead]
    ]
    views += [("c", "click", "https://x.example/1"), ("c", "click", "https://x.example/2"), ("d", "unsubscribe", None)]
    rows = [
        {"type": kind, "event_id": f"{n}", "visitor_id": lead, "url": url, "occurred_at": n}
        for n, (lead, kind, url) in enumerate(views)
    ]
    built, passed = new_site(), new_site(intent_steps=msgspec.convert(steps, IntentSteps))
    send(app, built, rows)
    app.change_site(built.id, {"intent_steps": steps})
    app.work_off()
    send(app, passed, rows)
    told = [[(row["intent"], row["intent_score"]) for row in listed(app, site)] for site in (built, passed)]
    assert told[0] == told[1]
    assert [intent for intent, _ in told[0]] == intents
    assert app.sites[built.id].intent_steps == passed.intent_steps


def test_a_test_twin_has_the_steps_of_its_site(app: Sojourn, new_site: Callable[..., Site]) -> None:
    site = new_site()
    arrival = Arrival(site=site, site_id=twin_of(site.id), received_at=NOW, is_secret=True)
    app.insert([collect({"type": "click", "event_id": "1", "visitor_id": "v", "occurred_at": 1}, arrival)])
    app.work_off()
    app.change_site(site.id, {"intent_steps": {"decisive_types": ["click"]}})
    app.work_off()
    rows = app.engine.query(
        "SELECT toString(intent) FROM sessions FINAL WHERE site_id = {id:String} AND generation = {generation:UInt32}",
        {"id": twin_of(site.id), "generation": app.sites[site.id].generation},
    )
    assert rows == [("high",)]


@pytest.mark.parametrize("piece", ["_page", "_slice_large", "_finish"])
def test_a_build_that_the_store_cuts_off_begins_anew_and_shows_nothing_half(
    app: Sojourn, new_site: Callable[..., Site], monkeypatch: pytest.MonkeyPatch, piece: str
) -> None:
    site = new_site()
    send(app, site, [{"type": "click", "event_id": f"{n}", "visitor_id": f"v{n}", "occurred_at": n} for n in range(40)])
    monkeypatch.setattr(build, "EVENTS_A_PAGE", 10)
    done, calls = getattr(build.Build, piece), 0

    def failing(self: Any, *arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == (2 if piece == "_page" else 1):
            raise Unavailable("not now")
        return done(self, *arguments)

    monkeypatch.setattr(build.Build, piece, failing)
    app.change_site(site.id, {"session_timeout_ms": 60_000})
    with pytest.raises(Unavailable):
        app.work_off()
    assert app.sites[site.id].session_timeout_ms == site.session_timeout_ms
    assert len(listed(app, site)) == 40
    app.work_off()
    assert app.sites[site.id].session_timeout_ms == 60_000
    assert len(listed(app, site)) == 40


def test_what_an_attempt_that_was_cut_off_left_is_never_shown(app: Sojourn, new_site: Callable[..., Site]) -> None:
    """A pass comes after its page was written, and then another process goes on with it."""
    site = new_site()
    send(app, site, [{"type": "click", "event_id": "1", "visitor_id": "v", "occurred_at": MINUTE}])
    app.change_site(site.id, {"session_timeout_ms": 2 * MINUTE})
    assert app.generations.work(NOW)
    app.insert(to_events(site, [{"type": "click", "event_id": "0", "visitor_id": "v", "occurred_at": 0}]))
    assert app.worker.work(app.commits.change_ms)
    app.generations.forget_all()
    app.work_off()
    assert app.sites[site.id].session_timeout_ms == 2 * MINUTE
    assert [(row["started_at"], row["event_count"]) for row in listed(app, site)] == [(0, 2)]
    until_the_old_are_gone(app, site)  # and those of the attempt


@contextmanager
def definitions_stored_unsaid(app: Sojourn, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The store takes a definition, and the connection is cut before it says so."""
    write = app.sites.write

    def cut_off(definition: Definition) -> None:
        write(definition)
        raise Unavailable("not now")

    with monkeypatch.context() as patch:
        patch.setattr(app.sites, "write", cut_off)
        yield


def test_a_switch_that_is_stored_and_fails_to_say_so_is_ended(
    app: Sojourn, new_site: Callable[..., Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    site = new_site()
    send(app, site, [{"type": "click", "event_id": "1", "visitor_id": "v", "occurred_at": MINUTE}])
    app.change_site(site.id, {"session_timeout_ms": 2 * MINUTE})
    with definitions_stored_unsaid(app, monkeypatch), pytest.raises(Unavailable):
        app.work_off()
    assert app.sites[site.id].session_timeout_ms == 2 * MINUTE
    app.work_off()
    assert app.generations.building_since(site.id) is None
    until_the_old_are_gone(app, site)


def test_an_order_that_is_stored_and_fails_to_say_so_is_built(
    app: Sojourn, new_site: Callable[..., Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was under way by then must not end as the generation that was ordered, in which nothing is."""
    site = new_site()
    send(app, site, [{"type": "click", "event_id": "1", "visitor_id": "v", "occurred_at": MINUTE}])
    app.change_site(site.id, {"session_timeout_ms": 2 * MINUTE})
    assert app.generations.work(NOW)
    with definitions_stored_unsaid(app, monkeypatch), pytest.raises(Unavailable):
        app.change_site(site.id, {"session_timeout_ms": 3 * MINUTE})
    app.work_off()
    assert app.sites[site.id].session_timeout_ms == 3 * MINUTE
    assert [row["event_count"] for row in listed(app, site)] == [1]


def test_a_site_that_is_removed_while_it_is_built_holds_up_no_other(
    app: Sojourn, new_site: Callable[..., Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    leaving, site = new_site(), new_site()
    for each in (leaving, site):
        send(app, each, [{"type": "click", "event_id": "1", "visitor_id": "v", "occurred_at": MINUTE}])
    app.change_site(leaving.id, {"session_timeout_ms": 2 * MINUTE})
    assert app.generations.work(NOW)

    def cut_off(*_arguments: object) -> None:
        raise Unavailable("not now")

    with monkeypatch.context() as patch:
        patch.setattr(app.refusals, "forget", cut_off)
        with pytest.raises(Unavailable):
            app.registry.remove(leaving.id)
    app.change_site(site.id, {"session_timeout_ms": 2 * MINUTE})
    app.work_off()
    assert app.sites[site.id].session_timeout_ms == 2 * MINUTE


def test_an_older_build_that_a_process_left_goes_when_another_one_works(
    app: Sojourn, new_site: Callable[..., Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    site = new_site()
    send(app, site, [{"type": "click", "visitor_id": "one", "event_id": "e", "occurred_at": NOW}])
    stored = "SELECT generation FROM sessions WHERE site_id = {site_id:String} ORDER BY generation"
    with monkeypatch.context() as killed:
        killed.setattr(app.generations, "_drop_outdated", lambda _: False)
        app.change_site(site.id, {"session_timeout_ms": 60_000})
        app.work_off()
    assert app.engine.query(stored, {"site_id": site.id}) == [(1,), (2,)]
    another = Generations(app.engine, app.commits, app.sites, app.merges)
    assert another.work(app.now_ms())
    while app.engine.query(stored, {"site_id": site.id}) != [(2,)]:  # they go in the background
        pass
    assert not another.work(app.now_ms())


def test_what_an_import_has_not_shown_yet_is_in_no_build(app: Sojourn, new_site: Callable[..., Site]) -> None:
    site = new_site()
    shown, hidden = to_events(
        site, [{"type": "click", "event_id": f"{n}", "visitor_id": f"v{n}", "occurred_at": MINUTE} for n in range(2)]
    )
    app.insert([shown])
    with app.commits.commit(is_hidden=True) as commit_id:
        hidden.commit_id = commit_id
        app.engine.insert("events", COLUMNS, msgspec.json.encode(hidden))
    app.work_off()
    app.change_site(site.id, {"session_timeout_ms": 2 * MINUTE})
    app.work_off()
    assert [row["lead"] for row in listed(app, site)] == ["v:v0"]
    app.worker.reveal([commit_id])
    app.work_off()
    assert sorted(row["lead"] for row in listed(app, site)) == ["v:v0", "v:v1"]


def test_events_put_aside_with_a_value_and_without_are_read_together(
    app: Sojourn, new_site: Callable[..., Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    site = new_site()
    named = [
        {
            "type": "purchase",
            "event_id": f"{n}",
            "visitor_id": f"v{n}",
            "lead": {"id": f"i{n}"},
            "occurred_at": MINUTE,
            **({"value": 5.0} if n % 2 else {}),
        }
        for n in range(20)
    ]
    send(app, site, named)
    before = [row["revenue"] for row in listed(app, site)]
    assert set(before) == {None, 5.0}
    monkeypatch.setattr(build, "EVENTS_A_PAGE", 1)
    monkeypatch.setattr(aside, "ROWS_AT_ONCE", 3)
    app.change_site(site.id, {"session_timeout_ms": 2 * MINUTE})
    app.work_off()
    assert [row["revenue"] for row in listed(app, site)] == before


def until_the_old_are_gone(app: Sojourn, site: Site) -> None:
    rows = "SELECT count() FROM sessions WHERE site_id = {id:String} AND generation < {generation:UInt32}"
    while app.engine.query(rows, {"id": site.id, "generation": app.sites[site.id].generation}) != [(0,)]:
        pass  # they go in the background
