"""The audit log: what was changed on a site, by whom and when; and how the pages write into it."""

from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from sojourn.app import Sojourn
from sojourn.errors import InvalidRequest
from sojourn.model.instant import iso
from sojourn.pipeline.audit import Entry
from sojourn.web.pages.asked import Asked
from sojourn.web.pages.frame import Frame
from sojourn.web.pages.site_texts import change_lines

ROWS = 50
ACTIONS = {
    "site_changed": "Settings changed",
    "key_created": "Key made",
    "key_rotated": "Key rotated",
    "key_revoked": "Key revoked",
    "owner_created": "First login made",
    "login_invited": "Invited",
    "login_role_changed": "Role changed",
    "login_link_made": "Link for a new password made",
    "login_removed": "Removed",
    "login_password_set": "Password set",
    "login_closed_everywhere": "Logged out everywhere",
    "view_saved": "View saved",
    "view_removed": "View removed",
}


def note(sojourn: Sojourn, asked: Asked, action: str, detail: dict[str, Any]) -> None:
    """Write down what the asking login did on the site."""
    sojourn.audit.note(asked.site_id, Entry(sojourn.now_ms(), asked.login.email, action, detail))


def note_of_login(sojourn: Sojourn, email: str, sites: list[str], action: str) -> None:
    """Write down, on each of its sites, what somebody did with their own login."""
    for site_id in sites:
        sojourn.audit.note(site_id, Entry(sojourn.now_ms(), email, action, {}))


class AuditLog:
    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._sojourn = frame.sojourn

    def routes(self) -> list[Route]:
        return [self._frame.route("/settings/changes", self.list)]

    def list(self, asked: Asked) -> Response:
        """The newest first; a viewer sees nothing of keys and people."""
        before = dict(asked.pairs).get("before", "0")
        if not (before.isascii() and before.isdigit() and len(before) < 20):
            raise InvalidRequest(f"before is {before[:60]!r}; allowed is what the link to older changes holds.")
        found = self._sojourn.audit.latest(asked.site_id, ROWS + 1, int(before), is_whole=asked.is_owner)
        entries = [
            {
                "at": iso(entry.at),
                "actor": entry.actor,
                "action": ACTIONS.get(entry.action, entry.action.replace("_", " ")),
                "lines": change_lines(entry.detail),
            }
            for entry in found[:ROWS]
        ]
        older = found[ROWS - 1].version if len(found) > ROWS else None
        return self._frame.rendered("changes.html", asked, entries=entries, older=older, is_first=before == "0")
