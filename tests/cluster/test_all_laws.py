"""What the cluster is held to beside `test_same_laws`, and takes longer."""

import pytest

from tests.golden.test_ecom import test_truth_is_reproduced, truth
from tests.laws.test_changes import test_a_copy_ends_as_the_list
from tests.laws.test_erasure import test_an_erasure_leaves_the_sessions_of_everybody_else
from tests.laws.test_filters import test_every_combination_chooses_what_a_plain_filter_would, told
from tests.laws.test_retention import test_a_purge_leaves_the_sessions_of_what_remains
from tests.laws.test_sessions import (
    test_arrival_does_not_matter,
    test_crowds,
    test_store_shows_the_oracles_sessions_after_every_step,
    test_timeout_is_retroactive,
)

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]

__all__ = [
    "test_a_copy_ends_as_the_list",
    "test_a_purge_leaves_the_sessions_of_what_remains",
    "test_an_erasure_leaves_the_sessions_of_everybody_else",
    "test_arrival_does_not_matter",
    "test_crowds",
    "test_every_combination_chooses_what_a_plain_filter_would",
    "test_store_shows_the_oracles_sessions_after_every_step",
    "test_timeout_is_retroactive",
    "test_truth_is_reproduced",
    "told",
    "truth",
]
