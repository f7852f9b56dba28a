"""Whose event it is: the kinds of identifiers and the ids of leads and accounts.

A *ref* names an identifier with its kind, strongest first:

| ref | identifier | strong |
|---|---|---|
| `i:ann-7` | the caller's own id | yes |
| `e:ann@example.com` | e-mail, lower case | yes |
| `h:phone:+4930123` | phone or any other kind | no |
| `v:9f2c` | visitor: a browser or device | no |
"""

import hashlib

from sojourn.model.session import PREFIX, decode_id, encode_id

ID, EMAIL, HANDLE, VISITOR = "i:", "e:", "h:", "v:"
LEAD_PREFIX = "lead_"
ACCOUNT_PREFIX = "acct_"


def sender_of(visitor_id: str, external_id: str, email: str, handle: str) -> str:
    """The ref of the identifier as sent: the visitor, else the strongest the event names."""
    return VISITOR + visitor_id if visitor_id else named_of(external_id, email, handle)


def named_of(external_id: str, email: str, handle: str) -> str:
    """The strongest ref that the event names of its lead, '' when it names none."""
    if external_id:
        return ID + external_id
    if email:
        return EMAIL + email
    return HANDLE + handle if handle else ""


def is_email(text: str) -> bool:
    """Whether a text could be an address: something around an @, and no space."""
    return "@" in text[1:-1] and " " not in text


def derived_number(site_id: str, ref: str) -> int:
    """128 bits of SHA-256 of site and ref joined by a NUL byte, its top bit cleared."""
    digest = hashlib.sha256(f"{site_id}\0{ref}".encode()).digest()[:16]
    return int.from_bytes(digest, "big") >> 1


def lead_id_of(site_id: str, ref: str) -> str:
    """`lead_` and 26 characters derived from the canonical identifier's ref."""
    return encode_id(derived_number(site_id, ref), LEAD_PREFIX)


def account_numbers(site_id: str, text: str) -> list[int]:
    """The numbers that an account_id, or an account's own id or domain, stands for."""
    number = decode_id(PREFIX + text.removeprefix(ACCOUNT_PREFIX)) if text.startswith(ACCOUNT_PREFIX) else None
    named = [derived_number(site_id, f"id:{text}"), derived_number(site_id, f"domain:{text.lower()}")]
    return named if number is None else [number, *named]


def account_id_of(site_id: str, account: str) -> str:
    return encode_id(derived_number(site_id, account), ACCOUNT_PREFIX)
