"""What one server changes, another one changes a moment afterwards: from what is stored, not from what it remembers."""

from collections.abc import Callable

import pytest

from sojourn.app import Sojourn
from sojourn.errors import NotFound
from sojourn.model.segment import Wanted
from sojourn.model.site import Site
from sojourn.pipeline.segments import Segments
from tests.conftest import NOW


def test_a_segment_keeps_what_another_server_changed(app: Sojourn, new_site: Callable[..., Site]) -> None:
    site = new_site()
    one, other = (Segments(app.engine, app.commits) for _ in range(2))
    segment = one.create(site.id, Wanted("First", {"country": ["DE"]}), NOW)
    other.load()
    one.change(site.id, segment.id, Wanted(name="Second"), NOW)
    changed = other.change(site.id, segment.id, Wanted(filters={"country": ["FR"]}), NOW)
    assert (changed.name, changed.filters) == ("Second", {"country": ["FR"]})
    one.remove(site.id, segment.id)
    with pytest.raises(NotFound):
        other.change(site.id, segment.id, Wanted(name="Third"), NOW)
    with pytest.raises(NotFound):
        other.remove(site.id, segment.id)
    one.load()
    assert one.list(site.id) == []
