"""The law of sessions on a cluster of two shards; `test_all_laws` has the others."""

from tests.laws.test_sessions import test_store_shows_the_oracles_sessions_after_every_step

__all__ = ["test_store_shows_the_oracles_sessions_after_every_step"]
