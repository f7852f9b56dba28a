"""Instants: UTC, integer milliseconds since 1970, floored. Durations: integer milliseconds."""

import re
from datetime import UTC, datetime, timedelta

from sojourn.errors import InvalidRequest

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MAX_MS = 253_402_300_799_999  # 9999-12-31T23:59:59.999Z
MILLISECOND = timedelta(milliseconds=1)

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_FRACTION = re.compile(r"(?<=:\d\d)[.,](\d+)")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|min|h|d)?")
_UNITS = {"ms": 1, "s": 1000, "m": 60_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}


def to_ms(moment: datetime) -> int:
    """Milliseconds of a datetime, floored; one without a zone is UTC."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - EPOCH) // MILLISECOND


def parse(value: object, field: str) -> int:
    """Milliseconds of ISO 8601 text (no zone: UTC; a date alone: its midnight) or of epoch milliseconds.

    Raises InvalidRequest naming `field` for anything else, and for instants before 1970 or after 9999.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _unfit(field, value)
    ms = _parse_text(value, field) if isinstance(value, str) else _floor(value, field)
    if not 0 <= ms <= MAX_MS:
        raise _unfit(field, value)
    return ms


def _floor(value: float, field: str) -> int:
    if value != value or abs(value) > MAX_MS:
        raise _unfit(field, value)
    return int(value // 1)


def _parse_text(text: str, field: str) -> int:
    text = text.strip()
    if text.isascii() and text.isdigit() and 9 <= len(text) <= 15:
        return int(text)
    # More than six digits of a second are cut, not rounded: an instant is floored.
    text = _FRACTION.sub(lambda match: "." + match[1][:6].ljust(6, "0"), text)
    try:
        return to_ms(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        raise _unfit(field, text) from None


def _unfit(field: str, value: object) -> InvalidRequest:
    shown = repr(value)[:60]
    return InvalidRequest(
        f"{field} is {shown}; allowed is an ISO 8601 time such as 2026-04-29T10:14:32Z or epoch milliseconds, "
        "from 1970 to 9999."
    )


def iso(ms: int) -> str:
    """`2026-04-29T10:14:32Z`, with `.mmm` only when the milliseconds are not zero."""
    seconds, rest = divmod(ms, 1000)
    text = (EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")
    # strftime does not pad a year before 1000 on every platform; years here are 1970 to 9999.
    return f"{text}.{rest:03d}Z" if rest else f"{text}Z"


def parse_duration(text: str, field: str) -> int:
    """Milliseconds of `30m`, `90s`, `1500ms`, `2h`, `1d`; a bare number is seconds.

    Raises InvalidRequest for anything else.
    """
    match = _DURATION.fullmatch(text.strip().lower())
    if not match:
        raise InvalidRequest(f"{field} is {text!r}; allowed is a duration such as 30m, 90s, 1500ms, 2h or 1d.")
    return int(float(match[1]) * _UNITS[match[2] or "s"])
