"""What a segment's filters ask of sessions."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sojourn.errors import InvalidRequest, NotFound
from sojourn.model.segment import pairs_of
from sojourn.pipeline.segments import Segments
from sojourn.reports import filters as filter_table


def segment_filters(segments: Segments, site_id: str, segment_ids: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """The filters of each segment, each value in its type. Raises InvalidRequest for a segment that is not there."""
    for segment_id in segment_ids:
        try:
            segment = segments.find(site_id, segment_id)
        except NotFound as error:
            raise InvalidRequest(f"segment_id: {error.message} /v1/segments lists them.") from None
        yield filter_table.parse(pairs_of(segment.filters))
