"""Logins and the browsers that are logged in: passwords hashed with argon2id, tickets and invitations with SHA-256."""

import hashlib
import secrets
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import argon2
import msgspec

from sojourn.errors import InvalidRequest, NotFound, Unauthorized
from sojourn.model.login import OWNER, Login, Ticket, check_password, check_role, email_of
from sojourn.pipeline.attempts import Attempts
from sojourn.pipeline.commits import CommitLog
from sojourn.store.engine import Engine

TICKET_MS = 30 * 86_400_000
INVITE_MS = 7 * 86_400_000
_TICKET = ("ticket_hash", "version", "email", "created_at", "ends_at")
_WRONG = "The e-mail or the password is wrong."


class Logins:
    """In memory, each change written before it counts."""

    tables = ("logins", "tickets")

    def __init__(self, engine: Engine, commits: CommitLog) -> None:
        self._engine = engine
        self._commits = commits
        self._lock = threading.RLock()
        self._hasher = argon2.PasswordHasher()
        self._attempts = Attempts()
        # What a login that does not exist is compared with, so that it takes as long as one that does.
        self._nobody = self._hasher.hash(secrets.token_hex())
        self._setup_hash = ""
        self._logins: dict[str, Login] = {}
        self._tickets: dict[str, Ticket] = {}
        self.load()

    def load(self) -> None:
        with self._lock:
            rows = self._engine.query("SELECT definition FROM logins FINAL WHERE NOT is_deleted")
            found = [msgspec.json.decode(text, type=Login) for (text,) in rows]
            tickets = [Ticket(*row) for row in self._engine.query(f"SELECT {', '.join(_TICKET)} FROM tickets FINAL")]
            self._logins = {login.email: login for login in found}
            self._tickets = {ticket.ticket_hash: ticket for ticket in tickets}

    @property
    def is_empty(self) -> bool:
        return not self._logins

    def list(self, site_id: str) -> list[Login]:
        """Those that may see the site, by e-mail."""
        return sorted((each for each in self._logins.values() if site_id in each.roles), key=lambda each: each.email)

    def everybody(self) -> Iterable[Login]:
        return list(self._logins.values())

    def setup_token(self) -> str:
        """What the one-time link of the first owner holds, while there is no login; a new one ends the one before."""
        token = secrets.token_urlsafe(32)
        self._setup_hash = _hash(token)
        return token

    def is_setup(self, token: str) -> bool:
        return self.is_empty and bool(self._setup_hash) and secrets.compare_digest(_hash(token), self._setup_hash)

    def create_owner(self, token: str, email: str, password: str, sites: Iterable[str], now_ms: int) -> Login:
        """The first login, owner of every site. Raises Unauthorized for a link that is used up."""
        with self._changing():
            if not self.is_setup(token):
                raise Unauthorized("This link was used, or the server was started anew since and shows another.")
            login = Login(
                email=email_of(email),
                roles=dict.fromkeys(sites, OWNER),
                password_hash=self._hasher.hash(check_password(password)),
                created_at=now_ms,
            )
            self._setup_hash = ""
            return self._write(login)

    def invite(self, email: str, site_id: str, role: str, now_ms: int) -> tuple[Login, str]:
        """A login for the site, and the text of its one-time link; '' for somebody who has a password."""
        with self._changing():
            fresh = Login(email=email_of(email), roles={}, created_at=now_ms, tickets_from=now_ms)
            login = self._with_role(self._logins.get(fresh.email) or fresh, site_id, role)
            return (self._write(login), "") if login.password_hash else self._invited(login, now_ms)

    def change_role(self, email: str, site_id: str, role: str) -> Login:
        """Raises NotFound for who has no login for the site, and InvalidRequest when no owner would be left."""
        with self._changing():
            return self._write(self._with_role(self._of_site(email, site_id), site_id, role))

    def renew(self, email: str, now_ms: int) -> tuple[Login, str]:
        """A one-time link to set a new password. Raises NotFound."""
        with self._changing():
            return self._invited(self.find(email), now_ms)

    def invited(self, token: str, now_ms: int) -> Login:
        """Whom the one-time link was made for. Raises Unauthorized for one that is used up or over."""
        wanted = _hash(token)
        for login in self._logins.values():
            if (
                login.invite_hash
                and secrets.compare_digest(login.invite_hash, wanted)
                and login.invite_ends_at > now_ms
            ):
                return login
        raise Unauthorized("This link was used or is over; ask an owner for a new one.")

    def accept(self, token: str, password: str, now_ms: int) -> Login:
        """The invited set a password, and the link is used up. Whoever was logged in with the old one is logged out."""
        with self._changing():
            login = self.invited(token, now_ms)
            hashed = self._hasher.hash(check_password(password))
            return self._write(
                msgspec.structs.replace(login, password_hash=hashed, invite_hash="", tickets_from=now_ms)
            )

    def change_password(self, email: str, password: str, now_ms: int) -> Login:
        """Every browser that was logged in with the old one is logged out, and no earlier link works."""
        hashed = self._hasher.hash(check_password(password))
        with self._changing():
            login = self.find(email)
            return self._write(
                msgspec.structs.replace(login, password_hash=hashed, invite_hash="", tickets_from=now_ms)
            )

    def check(self, email: str, password: str, address: str, now_ms: int) -> Login:
        """Raises Unauthorized, and RateLimitExceeded after many wrong ones for the e-mail or from the address."""
        login = self._logins.get(email.strip().lower())
        tried = (f"to {email.strip().lower()}", f"from {address}")
        self._attempts.check(tried, now_ms)
        try:
            self._hasher.verify(login.password_hash if login and login.password_hash else self._nobody, password)
        except argon2.exceptions.VerificationError:
            self._attempts.failed(tried, now_ms)
            raise Unauthorized(_WRONG) from None
        if login is None or not login.password_hash:
            raise Unauthorized(_WRONG)
        self._attempts.succeeded(tried)
        return login

    def open(self, login: Login, now_ms: int) -> str:
        """A ticket's text, for the cookie of a browser."""
        token = secrets.token_urlsafe(32)
        self._write_ticket(Ticket(_hash(token), 0, login.email, now_ms, now_ms + TICKET_MS))
        return token

    def of_ticket(self, token: str, now_ms: int) -> Login | None:
        ticket = self._tickets.get(_hash(token))
        if ticket is None and self._engine.is_shared:
            self.load()  # the login may have been at another process just now
            ticket = self._tickets.get(_hash(token))
        login = self._logins.get(ticket.email) if ticket and ticket.ends_at > now_ms else None
        return login if login and ticket and ticket.created_at >= login.tickets_from else None

    def close(self, token: str, now_ms: int) -> None:
        """Log this browser out."""
        ticket = self._tickets.get(_hash(token))
        if ticket:
            self._write_ticket(msgspec.structs.replace(ticket, ends_at=now_ms))

    def close_all(self, email: str, now_ms: int) -> None:
        """Log every browser of the login out."""
        with self._changing():
            self._write(msgspec.structs.replace(self.find(email), tickets_from=now_ms + 1))

    def remove(self, email: str, site_id: str) -> Login:
        """Somebody sees the site no more. Raises NotFound, and InvalidRequest for its last owner."""
        with self._changing():
            login = self._of_site(email, site_id)
            self._keep_an_owner(login, site_id)
            return self._without(login, site_id)

    def forget(self, site_id: str) -> None:
        """The site was removed: one that gets its id later is not for those who saw this one."""
        with self._changing():
            for login in self.list(site_id):
                self._without(login, site_id)

    def find(self, email: str) -> Login:
        """Raises NotFound."""
        try:
            return self._logins[email.strip().lower()]
        except KeyError:
            raise NotFound(f"There is no login {email[:60]!r}.") from None

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """What another process changed just now must not be undone."""
        with self._lock:
            if self._engine.is_shared:
                self.load()
            yield

    def _of_site(self, email: str, site_id: str) -> Login:
        login = self.find(email)
        if site_id not in login.roles:
            raise NotFound(f"{email[:60]!r} has no login for this site.")
        return login

    def _with_role(self, login: Login, site_id: str, role: str) -> Login:
        if check_role(role) != OWNER:
            self._keep_an_owner(login, site_id)
        return msgspec.structs.replace(login, roles={**login.roles, site_id: role})

    def _keep_an_owner(self, login: Login, site_id: str) -> None:
        """Raises InvalidRequest when nobody but this login could do what an owner does."""
        others = [each for each in self.list(site_id) if each.email != login.email and each.password_hash]
        if login.roles.get(site_id) == OWNER and all(each.roles[site_id] != OWNER for each in others):
            raise InvalidRequest(
                "The last owner of a site can neither be removed nor become a viewer; make another owner first, "
                "and wait until that one has set a password."
            )

    def _without(self, login: Login, site_id: str) -> Login:
        roles = {name: role for name, role in login.roles.items() if name != site_id}
        return self._write(msgspec.structs.replace(login, roles=roles), is_deleted=not roles)

    def _invited(self, login: Login, now_ms: int) -> tuple[Login, str]:
        token = secrets.token_urlsafe(32)
        fresh = msgspec.structs.replace(login, invite_hash=_hash(token), invite_ends_at=now_ms + INVITE_MS)
        return self._write(fresh), token

    def _write(self, login: Login, *, is_deleted: bool = False) -> Login:
        with self._lock:
            row = {
                "email": login.email,
                "version": self._commits.stamp(),
                "definition": msgspec.json.encode(login).decode(),
                "is_deleted": int(is_deleted),
            }
            self._engine.insert("logins", tuple(row), msgspec.json.encode(row))
            if is_deleted:
                self._logins.pop(login.email, None)
            else:
                self._logins[login.email] = login
            return login

    def _write_ticket(self, ticket: Ticket) -> None:
        with self._lock:
            ticket = msgspec.structs.replace(ticket, version=self._commits.stamp())
            self._engine.insert("tickets", _TICKET, msgspec.json.encode(ticket))
            self._tickets[ticket.ticket_hash] = ticket


def _hash(token: str) -> str:
    """SHA-256: what it hashes has 256 random bits, so a slow hash would protect nothing more."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
