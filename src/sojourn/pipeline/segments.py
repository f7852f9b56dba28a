"""Segments: versions of their definitions, the newest of which counts. A test twin shares those of its site."""

import threading

import msgspec

from sojourn.errors import InvalidRequest, NotFound
from sojourn.model.segment import Segment, Wanted, segment_id_of
from sojourn.model.site import owner_of
from sojourn.pipeline.commits import CommitLog
from sojourn.store.engine import Engine

MAX_SEGMENTS = 1000


class Segments:
    """The segments in memory, each change written before it counts."""

    tables = ("segments",)

    def __init__(self, engine: Engine, commits: CommitLog) -> None:
        self._engine = engine
        self._commits = commits
        self._lock = threading.Lock()
        self._segments: dict[tuple[str, str], Segment] = {}
        self.load()

    def load(self) -> None:
        with self._lock:
            rows = self._engine.query("SELECT site_id, segment_id, definition FROM segments FINAL WHERE NOT is_deleted")
            self._segments = {
                (site_id, segment_id): msgspec.json.decode(text, type=Segment) for site_id, segment_id, text in rows
            }

    def list(self, site_id: str) -> list[Segment]:
        """Those of a site, the newest first."""
        owned = [segment for (site, _), segment in self._segments.items() if site == owner_of(site_id)]
        return sorted(owned, key=lambda segment: (segment.created_at, segment.id), reverse=True)

    def find(self, site_id: str, segment_id: str) -> Segment:
        """Raises NotFound."""
        try:
            return self._segments[owner_of(site_id), segment_id]
        except KeyError:
            raise NotFound(f"There is no segment {segment_id[:60]!r} on this site.") from None

    def create(self, site_id: str, wanted: Wanted, now_ms: int) -> Segment:
        """Raises InvalidRequest without a name or filters, and for one segment too many."""
        if wanted.name is None or not wanted.filters:
            raise InvalidRequest("A segment needs a name and at least one filter.")
        self._know()
        if len(self.list(site_id)) >= MAX_SEGMENTS:
            raise InvalidRequest(f"The site has {MAX_SEGMENTS:,} segments; remove one first.")
        segment_id = segment_id_of(owner_of(site_id), self._commits.stamp())
        segment = Segment(
            id=segment_id, name=wanted.name.strip(), filters=wanted.filters, created_at=now_ms, updated_at=now_ms
        )
        return self._write(site_id, segment)

    def change(self, site_id: str, segment_id: str, wanted: Wanted, now_ms: int) -> Segment:
        """Raises NotFound, and InvalidRequest for a segment without filters."""
        self._know()
        present = self.find(site_id, segment_id)
        name = present.name if wanted.name is None else wanted.name.strip()
        filters = present.filters if wanted.filters is None else wanted.filters
        if not filters:
            raise InvalidRequest("A segment needs at least one filter.")
        return self._write(site_id, msgspec.structs.replace(present, name=name, filters=filters, updated_at=now_ms))

    def remove(self, site_id: str, segment_id: str) -> Segment:
        """Raises NotFound."""
        self._know()
        return self._write(site_id, self.find(site_id, segment_id), is_deleted=True)

    def forget(self, site_id: str) -> None:
        """The segments of a site that is removed; their rows go with the site's."""
        with self._lock:
            self._segments = {key: each for key, each in self._segments.items() if key[0] != owner_of(site_id)}

    def _know(self) -> None:
        """What another process changed just now must not be undone."""
        if self._engine.is_shared:
            self.load()

    def _write(self, site_id: str, segment: Segment, *, is_deleted: bool = False) -> Segment:
        with self._lock:
            row = {
                "site_id": owner_of(site_id),
                "segment_id": segment.id,
                "version": self._commits.stamp(),
                "definition": msgspec.json.encode(segment).decode(),
                "is_deleted": int(is_deleted),
            }
            self._engine.insert("segments", tuple(row), msgspec.json.encode(row))
            key = (owner_of(site_id), segment.id)
            if is_deleted:
                self._segments.pop(key, None)
            else:
                self._segments[key] = segment
            return segment
