"""The rest of the API on a cluster, which takes longer."""

import pytest

from tests.cluster.conftest import taken_from
from tests.web import test_boundaries, test_export, test_segments, test_sessions, test_stretches, test_unfit

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

globals().update(taken_from(test_boundaries, test_export, test_segments, test_sessions, test_stretches, test_unfit))
