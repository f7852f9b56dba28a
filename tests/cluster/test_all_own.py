"""Those of the API's tests that need a server of their own, on a cluster; and those of stored events, apart from others of
the same names.
"""

import pytest

from tests.cluster.conftest import taken_from
from tests.web import test_isolation, test_paging, test_site, test_stored, test_streams, test_ways

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

globals().update(taken_from(test_isolation, test_paging, test_site, test_stored, test_streams, test_ways))
