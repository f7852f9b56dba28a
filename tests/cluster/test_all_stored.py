"""The list of events and its files on a cluster."""

import pytest

from tests.cluster.conftest import taken_from
from tests.web import test_stored, test_stored_files, test_stored_places

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

globals().update(taken_from(test_stored, test_stored_files, test_stored_places))
