"""An event: one thing that a lead did, normalised, with everything a session needs to know of it."""

import re
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


_encoder = msgspec.msgpack.Encoder()


def content_of(event: Event) -> int:
    """64 bits that are the same for copies of an event with the same content: XXH64 of its fields.

    Of copies that differ, the one with the smallest (occurred_at, content) stands; so the event is given before it is
    known when and in which commit this copy came: received_at, commit_id and content are 0.
    """
    return xxhash.xxh64_intdigest(_encoder.encode(event))
