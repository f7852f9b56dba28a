"""Rows that name an identifier of which something was erased: they go the way by rows, which refuses what it must."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from sojourn.frames.blocks import Numbers
from sojourn.frames.events import encode
from sojourn.model.identity import EMAIL, HANDLE, ID, VISITOR

Watch = Callable[[str], bool]
_KINDS = {"visitor_id": VISITOR, "external_id": ID, "email": EMAIL, "handle": HANDLE}


def watched(columns: Mapping[str, Any], is_watched: Watch | None, row_count: int) -> Numbers:
    """Which rows name such a one, as booleans; each distinct identifier is asked for once."""
    found = np.zeros(row_count, bool)
    for name in _KINDS.keys() & columns.keys() if is_watched else ():
        column = columns[name]
        coded = encode(pa.chunked_array([column]) if isinstance(column, pa.Array) else column)
        asked = [is_watched is not None and is_watched(_KINDS[name] + text) for text in coded.texts.to_pylist()]
        found |= np.array(asked, bool)[coded.codes]
    return found
