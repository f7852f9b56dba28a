"""An event: one thing that a lead did, normalised, with everything a session needs to know of it."""

import re

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
_SEPARATORS = re.compile(r"[^0-9a-z\u0080-\U0010ffff]+")


def normalise_type(text: str) -> str:
    """Any spelling in lower snake case, the usual names mapped by TYPE_ALIASES; '' when nothing is left.

    `Page View`, `pageView`, `PAGE-VIEW` and `pageview` are page_view.
    """
    spaced = text if text.isupper() else _BOUNDARY.sub("_", text)
    snake = _SEPARATORS.sub("_", spaced.lower()).strip("_")
    return TYPE_ALIASES.get(snake, snake)


class Event(msgspec.Struct, kw_only=True):
    """One row of the store's `events`; its field names and order are the table's column names.

    Times are epoch milliseconds. `sender` is the identifier as sent; '' stands for what was not sent.
    """

    site_id: str
    bucket: int
    sender: str
    occurred_at: int
    event_id: str
    content: int = 0
    commit_id: int = 0
    received_at: int
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


# Of copies of an event that differ, the one with the smallest (occurred_at, content) stands; so content must
# not say when or in which request a copy came.
_ARRIVAL_FIELDS = frozenset({"content", "commit_id", "received_at"})
CONTENT_FIELDS = tuple(name for name in Event.__struct_fields__ if name not in _ARRIVAL_FIELDS)
_encoder = msgspec.msgpack.Encoder()


def content_of(event: Event) -> int:
    """64 bits that are the same for copies of an event with the same content: XXH64 of its fields."""
    return xxhash.xxh64_intdigest(_encoder.encode([getattr(event, name) for name in CONTENT_FIELDS]))
