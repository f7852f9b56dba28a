"""Imports on a cluster of two shards, by tests that the embedded store passes."""

from tests.pipeline.test_importing import (
    test_a_cut_off_import_goes_on_where_it_was,
    test_a_cut_off_import_that_moves_its_events_goes_on_moving_them_as_far,
)

__all__ = [
    "test_a_cut_off_import_goes_on_where_it_was",
    "test_a_cut_off_import_that_moves_its_events_goes_on_moving_them_as_far",
]
