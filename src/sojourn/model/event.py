"""An event: one thing that a lead did, normalised, with everything a session needs to know of it."""

import re
import struct
from functools import lru_cache

import msgspec
import xxhash

PAGE_VIEW = "page_view"

# What the usual clients call the usual things. Keys are lower snake case already.
TYPE_ALIASES = {
    "pageview": "page_view",
    "page": "page_view",
    "page_viewed": "page_view",
    "viewed_page": "page_view",
    "screen": "page_view",
    "screen_view": "page_view",
    "cart_add": "add_to_cart",
    "product_added": "add_to_cart",
    "added_to_cart": "add_to_cart",
    "addtocart": "add_to_cart",
    "product_removed": "remove_from_cart",
    "cart_remove": "remove_from_cart",
    "product_viewed": "product_view",
    "view_item": "product_view",
    "order_completed": "purchase",
    "completed_order": "purchase",
    "purchased": "purchase",
    "checkout_completed": "purchase",
    "checkout_started": "begin_checkout",
    "checkout_start": "begin_checkout",
    "initiate_checkout": "begin_checkout",
    "payment_info_entered": "add_payment_details",
    "add_payment_info": "add_payment_details",
    "form_submitted": "form_submit",
    "form_submission": "form_submit",
    "submitted_form": "form_submit",
    "contact_form_submitted": "contact_request",
    "demo_requested": "demo_request",
    "request_demo": "demo_request",
    "requested_demo": "demo_request",
    "book_demo": "demo_request",
    "trial_started": "trial_signup",
    "start_trial": "trial_signup",
    "trial_start": "trial_signup",
    "free_trial_started": "trial_signup",
    "email_opened": "email_open",
    "opened_email": "email_open",
    "email_clicked": "email_click",
    "email_link_clicked": "email_click",
    "clicked_email": "email_click",
    "email_bounced": "email_bounce",
    "email_unsubscribed": "email_unsubscribe",
    "unsubscribed": "unsubscribe",
    "email_spam": "email_complaint",
    "email_marked_as_spam": "email_complaint",
    "user_signed_up": "signup",
    "signed_up": "signup",
    "sign_up": "signup",
    "logged_in": "login",
    "signed_in": "login",
}

_BOUNDARY = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_double, _bits = struct.Struct("<d"), struct.Struct("<Q")
_SEPARATORS = re.compile(r"[^0-9a-z\u0080-\U0010ffff]+")


@lru_cache(4096)  # a site has few types, and this is done for every event
def normalise_type(text: str) -> str:
    """Any spelling in lower snake case, the usual names mapped by TYPE_ALIASES; '' when nothing is left.

    `Page View`, `pageView`, `PAGE-VIEW` and `pageview` are page_view.
    """
    spaced = text if text.isupper() else _BOUNDARY.sub("_", text)
    snake = _SEPARATORS.sub("_", spaced.lower()).strip("_")
    return TYPE_ALIASES.get(snake, snake)


class Event(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One row of the store's `events`; its field names and order are the table's column names.

    Times are epoch milliseconds. `sender` is the identifier as sent; '' stands for what was not sent, and is left out
    when it is encoded.
    """

    site_id: str
    bucket: int
    sender: str
    occurred_at: int
    event_id: str
    content: int = 0
    commit_id: int = 0
    received_at: int = 0
    type: str
    visitor_id: str = ""
    external_id: str = ""
    email: str = ""
    handle: str = ""
    lead_name: str = ""
    account: str = ""
    url: str = ""
    host: str = ""
    path: str = ""
    page: str = ""
    title: str = ""
    referrer: str = ""
    source: str = ""
    medium: str = ""
    campaign: str = ""
    device: str = ""
    browser: str = ""
    os: str = ""
    country: str = ""
    value: float | None = None
    currency: str = ""
    points: int = 0
    properties: str = ""
    context: str = ""
    traits: str = ""
    suppressed: str = ""


# What the store derives from other columns: it has no column of its own.
DERIVED = frozenset(["visitor_id", "page"])
COLUMNS = tuple(name for name in Event.__struct_fields__ if name not in DERIVED)


def content_of(event: Event) -> int:
    """64 bits that are the same for copies of an event with the same content: XXH64 of its fields as texts.

    Of copies that differ, the one with the smallest (occurred_at, content) stands; so what the key holds anyway
    (sender, time, id) is left out, and so is when this copy came. `event.imported.sql` gives the same.
    """
    return xxhash.xxh64_intdigest(
        "\0".join(
            (
                event.type,
                event.external_id,
                event.email,
                event.handle,
                event.lead_name,
                event.account,
                event.url,
                event.title,
                event.referrer,
                event.source,
                event.medium,
                event.campaign,
                event.device,
                event.browser,
                event.os,
                event.country,
                "" if event.value is None else str(_bits.unpack(_double.pack(event.value))[0]),
                event.currency,
                str(event.points),
                event.properties,
                event.context,
                event.traits,
                event.suppressed,
            )
        ).encode("utf-8", "surrogatepass")
    )
