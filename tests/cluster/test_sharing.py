"""What a process has in memory of the store is what others wrote there, and is read anew only when they did."""

import threading
from collections.abc import Callable, Iterator

import pytest

from sojourn.app import Sojourn
from sojourn.model.segment import Wanted
from sojourn.model.site import Site
from sojourn.store.engine import Statement
from tests.cluster.conftest import process_on
from tests.cluster.nodes import Cluster
from tests.conftest import NOW
from tests.kit import send

ANN = "ann@shop.example"


@pytest.fixture(scope="module")
def app(cluster: Cluster) -> Iterator[Sojourn]:
    """On a store of these tests: an erasure works off whatever others left."""
    with process_on(cluster.founded("sharing")) as sojourn:
        yield sojourn


@pytest.fixture(scope="module")
def other(app: Sojourn, cluster: Cluster) -> Iterator[Sojourn]:
    """Another process on the same store."""
    with process_on(cluster.url("sharing")) as sojourn:
        yield sojourn


def erase(app: Sojourn, site: Site) -> None:
    send(app, site, [{"type": "click", "visitor_id": "v", "event_id": "1", "occurred_at": NOW}])
    app.work_off()
    app.erase(site.id, "v")


CHANGES: dict[str, tuple[Callable[[Sojourn, Site], object], Callable[[Sojourn, Site], object]]] = {
    "site": (
        lambda app, site: app.change_site(site.id, {"name": "shop"}),
        lambda app, site: app.sites[site.id].name,
    ),
    "key": (
        lambda app, site: app.keys.create(site.id, "secret", is_test=False, now_ms=NOW),
        lambda app, site: app.keys.list(site.id),
    ),
    "view": (
        lambda app, site: app.saved_views.save(site.id, "mine", "sessions", "source=x"),
        lambda app, site: app.saved_views.list(site.id, "sessions"),
    ),
    "login": (
        lambda app, site: app.logins.invite(ANN, site.id, "viewer", NOW),
        lambda app, site: app.logins.list(site.id),
    ),
    "segment": (
        lambda app, site: app.segments.create(site.id, Wanted("some", {"entry_point": ["click"]}), NOW),
        lambda app, site: app.segments.list(site.id),
    ),
    "erasure": (erase, lambda app, site: app.erasures.is_empty(site.id)),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_what_one_writes_the_other_knows(
    app: Sojourn, other: Sojourn, new_site: Callable[..., Site], kind: str
) -> None:
    change, shown = CHANGES[kind]
    site = new_site()
    other.share.refresh()
    before = shown(other, site)
    change(app, site)
    other.share.refresh()
    assert shown(other, site) == shown(app, site) != before


def test_who_logs_out_at_one_is_out_at_the_other(app: Sojourn, other: Sojourn, new_site: Callable[..., Site]) -> None:
    login, _ = app.logins.invite("bob@shop.example", new_site().id, "viewer", NOW)
    ticket = app.logins.open(login, NOW)
    other.share.refresh()
    assert other.logins.of_ticket(ticket, NOW) is not None
    app.logins.close(ticket, NOW)
    other.share.refresh()
    assert other.logins.of_ticket(ticket, NOW) is None


def test_nothing_is_read_anew_that_was_not_written_to(
    app: Sojourn, other: Sojourn, new_site: Callable[..., Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def note(statement: Statement) -> None:
        if threading.current_thread() is threading.main_thread():
            asked.append(statement.name)

    def is_quiet() -> bool:
        asked.clear()
        other.share.refresh()
        return asked == ["part.digests"]

    site = new_site()
    other.share.refresh()
    monkeypatch.setattr(other.engine, "on_statement", note)
    assert any(is_quiet() for _ in range(5))  # a merge of the node's own changes what it would read once
    app.keys.create(site.id, "secret", is_test=False, now_ms=NOW)
    other.share.refresh()
    assert asked[1:] in (["part.digests"], ["part.digests", "other"])  # a thread of its own may have read them first
