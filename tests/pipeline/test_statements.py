"""How many statements a pass takes does not depend on how many leads it concerns."""

from collections import Counter
from collections.abc import Callable

import pytest

from sojourn.app import Sojourn
from sojourn.model.site import Site
from tests.conftest import NOW
from tests.kit import send


def test_a_pass_over_many_identity_facts_asks_no_more_often_than_over_two(
    app: Sojourn, new_site: Callable[..., Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    for people in (2, 60):
        site, counts = new_site(), Counter[str]()
        events = [
            {
                "type": "login",
                "visitor_id": f"v{number}",
                "event_id": f"l{number}",
                "occurred_at": NOW,
                "lead": {"id": f"p{number}", "email": f"p{number}@x.example"},
            }
            for number in range(people)
        ]
        with monkeypatch.context() as patch:
            patch.setattr(app.engine, "on_statement", lambda ended, counts=counts: counts.update([ended.name]))
            send(app, site, events)
        asked.append(counts.total())
    assert asked[1] <= asked[0] + 3, asked
