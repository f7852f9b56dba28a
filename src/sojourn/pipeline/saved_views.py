"""Named views of a page: its filters, columns and order, as its address holds them."""

import threading

import msgspec

from sojourn.errors import InvalidRequest, NotFound
from sojourn.model.identity import derived_number
from sojourn.model.session import encode_id
from sojourn.model.site import owner_of
from sojourn.pipeline.commits import CommitLog
from sojourn.store.engine import Engine

PREFIX = "view_"
_ALL = "SELECT site_id, view_id, name, page, query FROM saved_views FINAL WHERE NOT is_deleted"
MOST_VIEWS, MOST_NAME, MOST_QUERY = 200, 100, 4000


class SavedView(msgspec.Struct, frozen=True):
    """`query` stands behind the `?` of the page's address."""

    id: str
    name: str
    page: str
    query: str


class SavedViews:
    """In memory, each change written before it counts; a test twin shares those of its site."""

    tables = ("saved_views",)

    def __init__(self, engine: Engine, commits: CommitLog) -> None:
        self._engine = engine
        self._commits = commits
        self._lock = threading.Lock()
        self._views: dict[tuple[str, str], SavedView] = {}
        self.load()

    def load(self) -> None:
        with self._lock:
            rows = self._engine.query(_ALL)
            self._views = {(site_id, view_id): SavedView(view_id, *rest) for site_id, view_id, *rest in rows}

    def list(self, site_id: str, page: str) -> list[SavedView]:
        """Those of a page, by name."""
        found = [view for (site, _), view in self._views.items() if site == owner_of(site_id) and view.page == page]
        return sorted(found, key=lambda view: (view.name.lower(), view.id))

    def save(self, site_id: str, name: str, page: str, query: str) -> SavedView:
        """A new view. Raises InvalidRequest for a name or an address that is too long, and for one too many."""
        name = name.strip()
        if not 0 < len(name) <= MOST_NAME:
            raise InvalidRequest(f"A view has a name of 1 to {MOST_NAME} characters.")
        if len(query) > MOST_QUERY:
            raise InvalidRequest(f"The filters are longer than {MOST_QUERY:,} characters.")
        if len(self.list(site_id, page)) >= MOST_VIEWS:
            raise InvalidRequest(f"There are {MOST_VIEWS} views; remove one first.")
        number = derived_number(owner_of(site_id), f"view:{self._commits.stamp()}")
        return self._write(site_id, SavedView(encode_id(number, PREFIX), name, page, query))

    def remove(self, site_id: str, view_id: str) -> SavedView:
        """Raises NotFound."""
        view = self._views.get((owner_of(site_id), view_id))
        if view is None:
            raise NotFound(f"There is no view {view_id[:60]!r} on this site.")
        return self._write(site_id, view, is_deleted=True)

    def forget(self, site_id: str) -> None:
        """The views of a site that is removed; their rows go with the site's."""
        with self._lock:
            self._views = {key: view for key, view in self._views.items() if key[0] != owner_of(site_id)}

    def _write(self, site_id: str, view: SavedView, *, is_deleted: bool = False) -> SavedView:
        with self._lock:
            row = {
                "site_id": owner_of(site_id),
                "view_id": view.id,
                "version": self._commits.stamp(),
                "name": view.name,
                "page": view.page,
                "query": view.query,
                "is_deleted": int(is_deleted),
            }
            self._engine.insert("saved_views", tuple(row), msgspec.json.encode(row))
            if is_deleted:
                self._views.pop((owner_of(site_id), view.id), None)
            else:
                self._views[owner_of(site_id), view.id] = view
            return view
