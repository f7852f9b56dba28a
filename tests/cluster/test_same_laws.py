"""The law of sessions on a cluster of two shards; `test_all_laws` has the others, and more examples of this one."""

from collections.abc import Callable

from hypothesis import given, settings

from sojourn.app import Sojourn
from sojourn.model.site import Site
from tests.laws.test_sessions import World, follow, law, steps


@settings(law, max_examples=max(3, law.max_examples // 3))
@given(steps=steps)
def test_the_cluster_shows_the_oracles_sessions_after_every_step(
    app: Sojourn, new_site: Callable[..., Site], steps: list[tuple[str, list[int]]]
) -> None:
    follow(app, World(new_site()), steps)
