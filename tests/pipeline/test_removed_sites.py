"""What was said of a site goes with it: one that gets its id later begins without."""

from sojourn.app import Sojourn
from sojourn.model.segment import Wanted
from tests.conftest import NOW


def test_segments_and_views_go_with_their_site(app: Sojourn) -> None:
    app.registry.add("leaving")
    app.segments.create("leaving", Wanted("Buyers", {"converted": True}), NOW)
    app.saved_views.save("leaving", "Buyers", "sessions", "converted=true")
    app.registry.remove("leaving")
    app.registry.add("leaving")
    assert app.segments.list("leaving") == []
    assert app.saved_views.list("leaving", "sessions") == []
