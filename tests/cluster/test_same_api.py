"""The API on a cluster of two shards, by the tests that the embedded store passes."""

from tests.cluster.conftest import BY_THE_BODY, taken_from
from tests.web import test_events, test_facts, test_promises

globals().update(taken_from(test_events, test_facts, test_promises, but_for=BY_THE_BODY))
