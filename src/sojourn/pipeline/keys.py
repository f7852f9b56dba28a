"""Keys: stored hashed, shown once, each for one site; test keys belong to the site's test twin."""

import hashlib
import secrets
import threading
from dataclasses import dataclass

import msgspec

from sojourn.errors import InvalidRequest, NotFound, Unauthorized
from sojourn.model.site import TEST_SUFFIX, owner_of, twin_of
from sojourn.pipeline.commits import CommitLog
from sojourn.store.engine import Engine

KINDS = ("secret", "publishable")
ROTATION_GRACE_MS = 3_600_000
ID_LENGTH = 12
_PREFIXES = {"secret": "sk", "publishable": "pk"}
_COLUMNS = ("key_hash", "version", "site_id", "kind", "shown", "created_at", "ends_at")


class Key(msgspec.Struct, frozen=True):
    """A key as it is stored; `shown` is its beginning and end, `ends_at` 0 while it is not revoked."""

    key_hash: str
    version: int
    site_id: str
    kind: str
    shown: str
    created_at: int
    ends_at: int

    @property
    def is_test(self) -> bool:
        return self.site_id.endswith(TEST_SUFFIX)


@dataclass(frozen=True)
class Access:
    """What the holder of a key may do: with which site's data, and whether to read and write; by which key's id."""

    site_id: str
    is_secret: bool
    key_id: str = ""


class Keys:
    """The keys in memory, each change written before it counts."""

    tables = ("keys",)

    def __init__(self, engine: Engine, commits: CommitLog) -> None:
        self._engine = engine
        self._commits = commits
        self._lock = threading.Lock()
        self._keys: dict[str, Key] = {}
        self.load()

    def load(self) -> None:
        with self._lock:
            rows = self._engine.query(f"SELECT {', '.join(_COLUMNS)} FROM keys FINAL")
            self._keys = {row[0]: Key(*row) for row in rows}

    def access(self, token: str, now_ms: int) -> Access:
        """Raises Unauthorized for a key that is unknown or revoked."""
        key = self._keys.get(hash_of(token))
        if key is None or (key.ends_at and key.ends_at <= now_ms):
            raise Unauthorized("The key is unknown or revoked; send one as `Authorization: Bearer sk_…`.")
        return Access(site_id=key.site_id, is_secret=key.kind == "secret", key_id=key.key_hash[:ID_LENGTH])

    def create(self, site_id: str, kind: str, *, is_test: bool, now_ms: int) -> tuple[Key, str]:
        """A new key and its text, which is not stored."""
        if kind not in KINDS:
            raise InvalidRequest(f"kind is {kind!r}; allowed: {', '.join(KINDS)}.")
        token = f"{_PREFIXES[kind]}_{'test' if is_test else 'live'}_{secrets.token_hex(20)}"
        return self.adopt(site_id, token, now_ms), token

    def adopt(self, site_id: str, token: str, now_ms: int) -> Key:
        """Make a given text a valid key; its beginning (`sk_test_…`, `pk_…`) says what it may."""
        kind = "publishable" if token.startswith("pk_") else "secret"
        owner = twin_of(owner_of(site_id)) if token[3:8] == "test_" else owner_of(site_id)
        known = self._keys.get(hash_of(token))
        if known and known.site_id == owner:
            return known  # also one that was revoked: a setting that was left behind must not bring it back
        shown = f"{token[:8]}…{token[-4:]}" if len(token) > 16 else f"{token[:3]}…"
        return self._write(Key(hash_of(token), 0, owner, kind, shown, now_ms, 0))

    def revoke(self, key_id: str, now_ms: int) -> Key:
        self._know()
        return self._write(msgspec.structs.replace(self.find(key_id), ends_at=now_ms))

    def rotate(self, key_id: str, now_ms: int) -> tuple[Key, str]:
        """A new key for the same use; the old one works for one hour more. Raises InvalidRequest for one that ends."""
        self._know()
        old = self.find(key_id)
        if old.ends_at:
            raise InvalidRequest(f"The key {key_id} was rotated or revoked before; make a new one with `keys create`.")
        fresh = self.create(owner_of(old.site_id), old.kind, is_test=old.is_test, now_ms=now_ms)
        self._write(msgspec.structs.replace(old, ends_at=now_ms + ROTATION_GRACE_MS))
        return fresh

    def find(self, key_id: str) -> Key:
        """The key whose hash begins so. Raises NotFound."""
        found = [key for key in self._keys.values() if key.key_hash.startswith(key_id) and len(key_id) >= 8]
        if len(found) != 1:
            raise NotFound(f"There is no key {key_id!r}; `sojourn keys list` shows them.")
        return found[0]

    def list(self, site_id: str) -> list[Key]:
        owned = [key for key in self._keys.values() if owner_of(key.site_id) == owner_of(site_id)]
        return sorted(owned, key=lambda key: (key.created_at, key.key_hash))

    def owned(self, key_id: str, site_id: str) -> Key:
        """The site's key whose hash begins so. Raises NotFound, also for another site's."""
        key = self.find(key_id)
        if owner_of(key.site_id) != owner_of(site_id):
            raise NotFound(f"The site {site_id!r} has no key {key_id!r}; `sojourn keys list --site …` shows them.")
        return key

    def forget(self, site_id: str) -> None:
        """The keys of a site that is removed open nothing any more; their rows go with the site's."""
        with self._lock:
            self._keys = {name: key for name, key in self._keys.items() if owner_of(key.site_id) != site_id}

    def _know(self) -> None:
        """What another process changed just now must not be undone."""
        if self._engine.is_shared:
            self.load()

    def _write(self, key: Key) -> Key:
        with self._lock:
            key = msgspec.structs.replace(key, version=self._commits.stamp())
            self._engine.insert("keys", _COLUMNS, msgspec.json.encode(key))
            self._keys[key.key_hash] = key
            return key


def hash_of(token: str) -> str:
    """SHA-256: a key has 160 random bits, so a slow hash would protect nothing more."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
