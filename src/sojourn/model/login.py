"""A login: somebody who may look at the pages of some sites, and on which may change things."""

import msgspec

from sojourn.errors import InvalidRequest
from sojourn.model.identity import is_email

OWNER, VIEWER = "owner", "viewer"
ROLES = (OWNER, VIEWER)
LEAST_PASSWORD, MOST_PASSWORD = 10, 1000


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """`roles` by site id; `password_hash` is empty until the link of the invitation is followed, which holds the text
    that `invite_hash` is made of and ends at `invite_ends_at`. Tickets from before `tickets_from` count no more.
    """

    email: str
    roles: dict[str, str]
    password_hash: str = ""
    invite_hash: str = ""
    invite_ends_at: int = 0
    tickets_from: int = 0
    created_at: int = 0


class Ticket(msgspec.Struct, frozen=True):
    """A browser that is logged in until `ends_at` (milliseconds)."""

    ticket_hash: str
    version: int
    email: str
    created_at: int
    ends_at: int


def email_of(text: str) -> str:
    """In lower case. Raises InvalidRequest for what can be no address."""
    email = text.strip().lower()
    if not is_email(email) or len(email) > 200:
        raise InvalidRequest(f"The e-mail is {text[:60]!r}; allowed is an address of up to 200 characters.")
    return email


def check_password(text: str) -> str:
    """The password as it is. Raises InvalidRequest for one that is too short or too long."""
    if not LEAST_PASSWORD <= len(text) <= MOST_PASSWORD:
        raise InvalidRequest(f"A password has {LEAST_PASSWORD} to {MOST_PASSWORD:,} characters; any are allowed.")
    return text


def check_role(text: str) -> str:
    """Raises InvalidRequest for any other than the roles."""
    if text not in ROLES:
        raise InvalidRequest(f"role is {text[:60]!r}; allowed: {', '.join(ROLES)}.")
    return text
