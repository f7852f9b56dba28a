"""The golden cases on a cluster of two shards."""

from tests.golden.test_cases import test_case, test_counters, test_every_peers_boundary_can_be_had

__all__ = ["test_case", "test_counters", "test_every_peers_boundary_can_be_had"]
