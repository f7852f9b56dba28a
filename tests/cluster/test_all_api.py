"""The rest of the API on a cluster, which takes longer."""

import pytest

from tests.cluster.conftest import BY_THE_BODY, taken_from
from tests.web import (
    test_boundaries,
    test_events,
    test_export,
    test_lists_of_leads,
    test_segments,
    test_sessions,
    test_stretches,
    test_unfit,
)

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

MODULES = (
    test_boundaries,
    test_export,
    test_lists_of_leads,
    test_segments,
    test_sessions,
    test_stretches,
    test_unfit,
)

globals().update(taken_from(*MODULES))
globals().update({name: each for name, each in vars(test_events).items() if name in BY_THE_BODY})
