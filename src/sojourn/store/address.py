"""Where a cluster is: the parts of its URL."""

from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from sojourn.errors import StoreError

SCHEME = "clickhouse"
EXAMPLE = "clickhouse://name:password@host:8123/database?cluster=NAME"
_PORT, _SECURE_PORT = 8123, 8443
_OPTIONS = ("cluster", "secure", "verify", "ca")


@dataclass(frozen=True)
class Address:
    """`nodes` are (host, HTTP port) pairs, any of which may be asked; the password is in no text of it."""

    nodes: tuple[tuple[str, int], ...]
    database: str
    cluster: str
    name: str = "default"
    password: str = field(default="", repr=False)
    is_secure: bool = False
    is_verified: bool = True
    ca: str | None = None

    @classmethod
    def of(cls, url: str) -> "Address":
        """Raises StoreError, without the password in it, for a URL that is none."""
        try:
            parts = urlsplit(url)
            options = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
        except ValueError:
            raise _unfit("it is no URL") from None
        if parts.scheme != SCHEME:
            raise _unfit(f"it does not begin with {SCHEME}://")
        if unknown := sorted(set(options) - set(_OPTIONS)):
            # Before an @, or not a word, it may be a part of a password.
            is_told = unknown[0].isidentifier() and "@" not in url.partition("?")[2]
            name = f" {unknown[0]!r}" if is_told else ""
            raise _unfit(f"there is no such option{name}; there are {', '.join(_OPTIONS)}")
        database, cluster = parts.path.strip("/"), options.get("cluster", "")
        for what, word in (("database", database), ("cluster", cluster)):
            if not word.replace("_", "").isalnum() or not word.isascii():
                raise _unfit(f"it names no {what} of letters, digits and _")
        is_secure = _flag(options, "secure", False)
        who, _, hosts = parts.netloc.rpartition("@")
        name, _, password = who.partition(":")
        return cls(
            nodes=tuple(_node(text, _SECURE_PORT if is_secure else _PORT) for text in hosts.split(",")),
            database=database,
            cluster=cluster,
            name=unquote(name) or "default",
            password=unquote(password),
            is_secure=is_secure,
            is_verified=_flag(options, "verify", True),
            ca=options.get("ca") or None,
        )

    @property
    def local(self) -> str:
        """The database of the tables that lie on each node."""
        return f"{self.database}_local"

    def __str__(self) -> str:
        return f"{', '.join(f'{host}:{port}' for host, port in self.nodes)}, database {self.database}"


def _node(text: str, port: int) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{text}")
        host, given = parts.hostname, parts.port
    except ValueError:
        raise _unfit("a port is no number up to 65535") from None
    if not host:
        raise _unfit("it names no host")
    return host, given or port


def _flag(options: dict[str, str], name: str, default: bool) -> bool:
    text = options.get(name, str(int(default)))
    if text not in ("0", "1"):
        raise _unfit(f"{name} is 0 or 1")
    return text == "1"


def _unfit(why: str) -> StoreError:
    return StoreError(f"The store cannot be opened by this URL: {why}. Such a URL is {EXAMPLE}")
