"""A pass that several processes do at once shows what one of them would: what hangs together is in one part."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.app import Sojourn
from sojourn.model.site import Site
from sojourn.pipeline import sessionize
from sojourn.pipeline.board import Errand
from sojourn.pipeline.errands import Errands
from sojourn.pipeline.parting import keys_of, parted
from sojourn.pipeline.touched import Touch
from sojourn.sql import sql
from sojourn.store.engine import Engine
from tests.laws.test_sessions import World, follow, law, steps

refs = st.integers(0, 30).map(lambda number: f"i:{number}")


class AtOnce(Errands):
    """Three, whose shares are done at the same time."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.most = 0

    def helpers(self) -> list[str]:
        return ["second", "third"]

    def share(self, parts: Sequence[Errand]) -> None:
        self.most = max(self.most, len(parts))
        with ThreadPoolExecutor(3) as threads:
            list(threads.map(lambda part: self._engine.execute(sql(part.statement), part.parameters), parts))


def test_parts_that_are_done_at_once_show_the_oracles_sessions(app: Sojourn, new_site: Callable[..., Site]) -> None:
    several = AtOnce(app.engine)

    @law
    @given(steps=steps)
    def holds(steps: list[tuple[str, list[int]]]) -> None:
        follow(app, World(new_site()), steps)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sessionize, "SHARED_FROM", 1)
        patch.setattr(app.worker, "_sessionizer", sessionize.Sessionizer(app.engine, several))
        holds()
    assert several.most > 1


@given(
    members=st.dictionaries(refs, st.sets(refs, min_size=1, max_size=3), max_size=12),
    leads=st.sets(refs, min_size=1),
    linked=st.sets(refs),
    count=st.integers(1, 5),
)
def test_parts_share_no_key_and_hold_each_lead_once(
    members: dict[str, set[str]], leads: set[str], linked: set[str], count: int
) -> None:
    parts = parted([Touch(lead, 0, 1) for lead in sorted(leads)], members, linked, count)
    assert sorted(touch.lead for part in parts for touch in part) == sorted(leads)
    assert len(parts) <= count
    assert all(parts)
    keys = [set(keys_of({touch.lead for touch in part}, members)) for part in parts]
    assert sum(map(len, keys)) == len(set().union(*keys))


def test_parts_are_of_one_size_and_linked_leads_in_few() -> None:
    windows = [Touch(f"v:{number}", 0, 1) for number in range(3001)]
    linked = {f"v:{number}" for number in range(0, 3001, 10)}
    parts = parted(windows, {}, linked, 3)
    assert sorted(map(len, parts)) == [1000, 1000, 1001]
    assert [any(touch.lead in linked for touch in part) for part in parts] == [True, False, False]


def test_what_hangs_together_is_one_part() -> None:
    windows = [Touch(f"v:{number}", 0, 1) for number in range(5)]
    assert len(parted(windows, {"i:1": {touch.lead for touch in windows}}, set(), 3)) == 1
