"""Why a node cannot be reached, in a few words."""

import ssl
from collections.abc import Iterator

from urllib3.exceptions import SSLError

from sojourn.errors import StoreError


class Unreachable(StoreError):
    """Nobody answers there."""


class Untrusted(Unreachable):
    """Somebody answers, but not by TLS as the URL has it."""


def unreachable(where: str, error: Exception) -> Unreachable:
    """`where` is the host and port, `error` that of the driver."""
    chain = list(_causes(error))
    found = next((each for each in chain if isinstance(each, OSError)), None)
    why = f": {_reason(found)}" if found else ""
    if any(isinstance(each, SSLError) for each in chain):
        hint = "see secure, verify and ca in docs/cluster.md"
        return Untrusted(f"The store cannot be opened: there is no TLS with {where}{why}; {hint}.")
    return Unreachable(f"The store cannot be opened: nobody answers at {where}{why}.")


def check_ca(path: str) -> None:
    """Raises StoreError for a file that holds no certificates."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except OSError as error:
        raise StoreError(f"The file {path} of the URL's ca holds no certificates: {_reason(error)}.") from error


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _reason(error: OSError) -> str:
    """Without the brackets and the places in code that TLS puts around it."""
    text = getattr(error, "verify_message", "") or error.strerror or str(error)
    return text.partition("] ")[2].partition(" (_ssl")[0] or text if text.startswith("[") else text.rstrip(".")
