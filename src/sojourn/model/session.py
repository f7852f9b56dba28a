"""A session's id: a ULID derived from its first event, the same on every machine and every rebuild.

48 bits are started_at in milliseconds, the next 16 say in which bucket of the store its sender lies, the
last 64 are XXH64 (seed 0) of site, sender and event id joined by NUL bytes. `sess_` and 26 characters of
Crockford's base32 are its text, which sorts like the instant it starts at.
"""

import xxhash

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
PREFIX = "sess_"
_VALUES = {character: value for value, character in enumerate(ALPHABET)}


def bucket_of(site_id: str, sender: str) -> int:
    """The bucket 0..65535 in which the events of this sender lie: the low 16 bits of XXH64."""
    return xxhash.xxh64_intdigest(f"{site_id}\0{sender}".encode()) & 0xFFFF


def session_number(site_id: str, sender: str, event_id: str, started_ms: int) -> int:
    """The 128 bits of a session's id from its first event."""
    tail = xxhash.xxh64_intdigest(f"{site_id}\0{sender}\0{event_id}".encode())
    return started_ms << 80 | bucket_of(site_id, sender) << 64 | tail


def encode_id(number: int, prefix: str = PREFIX) -> str:
    """26 characters of Crockford's base32 behind the prefix."""
    return prefix + "".join(ALPHABET[number >> shift & 31] for shift in range(125, -5, -5))


def decode_id(text: str) -> int | None:
    """The 128 bits behind `sess_…`, or None for any text that is no session id."""
    body = text.removeprefix(PREFIX)
    if len(body) != 26 or len(text) == len(body) or body[0] > "7":
        return None
    number = 0
    for character in body:
        value = _VALUES.get(character)
        if value is None:
            return None
        number = number << 5 | value
    return number


def started_ms_of(number: int) -> int:
    return number >> 80


def bucket_in(number: int) -> int:
    """The bucket in which the sender of its first event lies."""
    return number >> 64 & 0xFFFF
