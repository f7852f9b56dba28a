"""Who asks: the key of a request, or the owner of the machine on the folder's socket."""

from collections.abc import Iterable

from sojourn.app import Sojourn
from sojourn.errors import Forbidden, Unauthorized
from sojourn.model.site import twin_of
from sojourn.pipeline.keys import Access
from sojourn.pipeline.sites import DEFAULT_SITE

Headers = Iterable[tuple[bytes, bytes]]


def header(headers: Headers, name: bytes) -> str | None:
    for key, value in headers:
        if key == name:
            return value.decode("latin-1")
    return None


def access_of(sojourn: Sojourn, headers: Headers, *, is_local: bool) -> Access:
    """What the request may do. Raises Unauthorized without a valid key."""
    text = header(headers, b"authorization")
    if text is None and is_local:
        site_id = header(headers, b"x-sojourn-site") or DEFAULT_SITE
        is_test = header(headers, b"x-sojourn-test") == "1"
        sojourn.site_for(site_id)
        return Access(twin_of(site_id) if is_test else site_id, is_secret=True)
    if text is None:
        raise Unauthorized("No key was sent; send one as `Authorization: Bearer sk_…`.")
    scheme, _, token = text.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthorized("The Authorization header has another form than `Bearer sk_…`.")
    return sojourn.keys.access(token.strip(), sojourn.now_ms())


def need_secret(access: Access) -> Access:
    """Raises Forbidden for a publishable key."""
    if not access.is_secret:
        raise Forbidden("A publishable key may only send events; use a secret key (sk_…) here.")
    return access
