"""The engine finds a window by halves, whatever chooses the sessions: it asks no granule's key after the other.

An OR or a NOT in a condition is enough to lose that, and with millions of sessions most of a page's time goes there
(docs/decisions/0012-cheap-plans.md).
"""

from collections.abc import Callable
from typing import Any

import pytest

from sojourn.app import Sojourn
from sojourn.model.site import Site
from sojourn.reports.filters import FILTERS
from sojourn.web.api import question_of
from tests.conftest import NOW
from tests.kit import send

VALUES = {
    "instant": ["2026-01-01"],
    "to": ["2026-12-31"],
    "integer": ["1"],
    "boolean": ["true"],
    "types": ["click", "purchase"],
    "any_of": ["a", "b"],
    "urls": ["https://x.example/a", "https://x.example/b*"],
    "account": ["acme"],
}
APART = {"updated_since", "lead_id", "session_id", "segment_id"}  # lists of changes and of leads have ways of their own


@pytest.fixture
def asked(app: Sojourn, new_site: Callable[..., Site], monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """The plan of a statement that a list with these parameters asks, on a site with one session."""
    site = new_site()
    send(app, site, [{"type": "click", "visitor_id": "v", "occurred_at": NOW - 1000}])
    heard: list[tuple[str, Any]] = []
    query = app.engine.query

    def hear(text: str, parameters: Any = None) -> Any:
        heard.append((text, parameters))
        return query(text, parameters)

    def ask(statement: str, pairs: list[tuple[str, str]]) -> str:
        monkeypatch.setattr(app.engine, "query", hear)
        app.page(site.id, *question_of(pairs))
        ((text, parameters),) = [each for each in heard if each[0].startswith(f"/* {statement} */")]
        return "\n".join(row[0] for row in query(f"EXPLAIN indexes = 1 {text}", parameters))

    return ask


def test_rows_are_found_by_their_whole_keys(asked: Callable[..., str]) -> None:
    plan = asked("session.list", [("min_events", "1")])
    assert "started_at in 1-element set" in plan.split("PrimaryKey", 1)[1]


@pytest.mark.parametrize("name", [item.name for item in FILTERS if item.name not in APART])
def test_each_filter_leaves_the_search_of_the_window_short(asked: Callable[..., str], name: str) -> None:
    item = next(item for item in FILTERS if item.name == name)
    values = list(item.allowed[:2]) if item.allowed else VALUES[name if name == "to" else item.kind]
    plan = asked("session.keys", [(name, value) for value in values])
    assert "PrimaryKey" in plan
    assert "generic exclusion search" not in plan
