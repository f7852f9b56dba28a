"""The keys of a site: made, rotated and revoked by its owners; a new one is shown once."""

from starlette.responses import Response
from starlette.routing import Route

from sojourn.errors import InvalidRequest
from sojourn.model.instant import iso
from sojourn.pipeline.keys import ID_LENGTH, KINDS, Key
from sojourn.web.local import told
from sojourn.web.pages.asked import Asked, one_of
from sojourn.web.pages.audit_log import note
from sojourn.web.pages.frame import Frame, see_other

DATA = ("live", "test")


class KeyPages:
    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._sojourn = frame.sojourn

    def routes(self) -> list[Route]:
        return [
            self._frame.route("/settings/keys", self.list, is_for_owners=True),
            self._frame.action("/settings/keys", self.create),
            self._frame.action("/settings/keys/{id}/rotate", self.rotate),
            self._frame.action("/settings/keys/{id}/revoke", self.revoke),
        ]

    def list(self, asked: Asked) -> Response:
        done = "The key is revoked: it opens nothing any more." if "revoked" in dict(asked.pairs) else ""
        return self._page(asked, done=done)

    def create(self, asked: Asked) -> Response:
        kind, data = one_of("kind", asked.field("kind"), KINDS), one_of("data", asked.field("data"), DATA)
        key, token = self._sojourn.keys.create(
            asked.site_id, kind, is_test=data == "test", now_ms=self._sojourn.now_ms()
        )
        note(self._sojourn, asked, "key_created", told(key))
        return self._page(asked, token=token)

    def rotate(self, asked: Asked) -> Response:
        old = self._key(asked)
        if old.ends_at:
            raise InvalidRequest("This key was rotated or revoked before; make a new one.")
        key, token = self._sojourn.keys.rotate(old.key_hash, self._sojourn.now_ms())
        note(self._sojourn, asked, "key_rotated", told(key, old.key_hash[:ID_LENGTH]))
        return self._page(asked, token=token, replaced=old.shown)

    def revoke(self, asked: Asked) -> Response:
        key = self._sojourn.keys.revoke(self._key(asked).key_hash, self._sojourn.now_ms())
        note(self._sojourn, asked, "key_revoked", told(key))
        return see_other(asked.address("/settings/keys", [("revoked", key.key_hash[:ID_LENGTH])]))

    def _key(self, asked: Asked) -> Key:
        """The key that the address names. Raises NotFound, also for another site's."""
        return self._sojourn.keys.owned(asked.request.path_params["id"], asked.site_id)

    def _page(self, asked: Asked, token: str = "", replaced: str = "", done: str = "") -> Response:
        now_ms = self._sojourn.now_ms()
        keys = [
            {
                "id": key.key_hash[:ID_LENGTH],
                "shown": key.shown,
                "kind": key.kind,
                "data": "test" if key.is_test else "live",
                "created_at": iso(key.created_at),
                "ends_at": iso(key.ends_at) if key.ends_at else None,
                "is_over": bool(key.ends_at) and key.ends_at <= now_ms,
            }
            for key in reversed(self._sojourn.keys.list(asked.site_id))
        ]
        return self._frame.rendered("keys.html", asked, keys=keys, token=token, replaced=replaced, done=done)
