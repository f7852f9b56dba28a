"""What went wrong, as the errors that a caller catches."""

import ssl
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpx
import msgspec

from sojourn.client.steps import Failure, Outcome, Reply
from sojourn.errors import ERRORS, SojournError, Unavailable

# Nothing was taken, says the server: it may be asked again, whatever the request.
REFUSED_FOR_NOW = (429, 503)
# A proxy got no answer from the server, which may have done it all the same.
LOST_BEHIND = (502, 504)
_LOOK_FIRST = "whether it was done is not known, so look before you repeat it"
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_BY_CODE = {error.code: error for error in ERRORS}
# The first of a status is the one that the server means by it.
_BY_STATUS = {error.status: error for error in reversed(ERRORS)}


class _Body(msgspec.Struct):
    error: str
    message: str


def failure_of(error: httpx.RequestError) -> Failure:
    """What an exception of the transport says."""
    return Failure(
        reason=str(error).rstrip(".") or type(error).__name__,
        is_maybe_done=not isinstance(error, _NEVER_SENT),
        is_passing=not isinstance(error, httpx.LocalProtocolError | httpx.UnsupportedProtocol)
        and not _is_untrusted(error),
    )


def _is_untrusted(error: BaseException | None) -> bool:
    """Whether a certificate was not accepted: the next try would not accept it either."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


def is_worth_another_try(outcome: Outcome, *, is_repeatable: bool) -> bool:
    if isinstance(outcome, Failure):
        return outcome.is_passing and (is_repeatable or not outcome.is_maybe_done)
    return outcome.status in REFUSED_FOR_NOW or (outcome.status in LOST_BEHIND and is_repeatable)


def error_of(outcome: Outcome, *, url: str, tries: int, is_repeatable: bool) -> SojournError:
    """The error to raise for what came of the last try."""
    if isinstance(outcome, Failure):
        often = f" ({tries} tries)" if tries > 1 else ""
        unknown = outcome.is_maybe_done and not is_repeatable
        advice = _LOOK_FIRST if unknown else "check the address, and whether the server runs"
        return Unavailable(f"The server at {url} gave no answer{often}: {outcome.reason}; {advice}.")
    error = _told(outcome, url)
    error.retry_after = retry_after_of(outcome)
    return error


def _told(reply: Reply, url: str) -> SojournError:
    """The error that the server tells of, else the one that its status stands for."""
    try:
        body = msgspec.json.decode(reply.body, type=_Body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return _made(_BY_STATUS.get(reply.status, SojournError), _untold(reply, url))
    kind = _BY_CODE.get(body.error, SojournError)
    error = _made(kind, body.message)
    if kind is SojournError:
        error.code, error.status = body.error, reply.status
    return error


def _made(kind: type[SojournError], message: str) -> SojournError:
    """An error with the message as it came: some classes would compose their own."""
    error = kind.__new__(kind)
    SojournError.__init__(error, message)
    return error


def _untold(reply: Reply, url: str) -> str:
    phrase = HTTPStatus(reply.status).phrase if reply.status in set(HTTPStatus) else "unknown"
    place = reply.headers.get("location")
    sends_on = f" and sends on to {place}" if 300 <= reply.status < 400 and place else ""
    return f"{url} answered {reply.status} ({phrase}){sends_on}; check that this is the address of a Sojourn server."


def unreadable(url: str, why: str) -> SojournError:
    """For an answer that is none of Sojourn's."""
    return SojournError(f"{url} answered something else than expected: {why}; is it a Sojourn server of this version?")


def retry_after_of(outcome: Outcome) -> int | None:
    """Seconds of the Retry-After header; a date there counts from the answer's own Date."""
    if isinstance(outcome, Failure):
        return None
    text = outcome.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return int(text)
    try:
        then, now = parsedate_to_datetime(text), parsedate_to_datetime(outcome.headers.get("date", ""))
        return max(0, round((then - now).total_seconds()))
    except (ValueError, TypeError):
        return None
