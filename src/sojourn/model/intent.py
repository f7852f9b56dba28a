"""What a session says about a lead's intent: kinds of pages and steps as data, and the published score.

Formula `intent/1`, 0 to 100, the sum of what a session shows:

| factor | points |
|---|---|
| each distinct page, up to 4 | 9 |
| each distinct high-intent step (event type and page), up to 3 | 8 |
| a demo request, a trial signup or a filled cart | 16 |
| a purchase completed | 22 |
"""

import re
from typing import NamedTuple

import msgspec

INTENT_VERSION = 1
MAX_SCORE = 100

# A step is a type of event, or a page view of a page whose path fits the pattern.
DECISIVE_TYPES = ("demo_request", "trial_signup", "add_to_cart")
HIGH_TYPES = (
    "form_submit",
    "begin_checkout",
    "contact_request",
    "quote_request",
    "add_payment_details",
    "purchase",
)
_PAGE = r"(?i)^/(?:[a-z]{2}(?:-[a-z]{2})?/)?(?:[^?]*/)?(?:%s)(?:/|$)"
HIGH_PATHS = _PAGE % (
    "pricing|prices|plans|case-stud(?:y|ies)|customers|demo|book-a-demo|trial|free-trial"
    "|contact|contact-us|contact-sales|quote|compare"
)
CONTENT_PATHS = _PAGE % (
    "blog|articles?|news|docs?|documentation|guides?|learn|resources?|help|tutorials?|whitepapers?|ebooks?"
    "|webinars?|knowledge-base"
)
EMAIL_PREFIX = "email_"
UNSUBSCRIBE_TYPES = ("email_unsubscribe", "unsubscribe")
OPEN_TYPE = "email_open"

RESEARCH_PAGES = 3
HIGH_STEPS = 2


class IntentSteps(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Kinds of steps and pages that a site has of its own: None keeps what is shipped, an empty list is none."""

    decisive_types: tuple[str, ...] | None = None
    high_types: tuple[str, ...] | None = None
    high_urls: tuple[str, ...] | None = None
    content_urls: tuple[str, ...] | None = None
    unsubscribe_types: tuple[str, ...] | None = None


class Steps(NamedTuple):
    """The kinds of steps and pages that hold. A pattern that is '' fits no page."""

    decisive_types: tuple[str, ...] = DECISIVE_TYPES
    high_types: tuple[str, ...] = HIGH_TYPES
    high_paths: str = HIGH_PATHS
    content_paths: str = CONTENT_PATHS
    unsubscribe_types: tuple[str, ...] = UNSUBSCRIBE_TYPES

    def is_high_path(self, path: str) -> bool:
        return self.high_paths != "" and re.search(self.high_paths, path, re.DOTALL) is not None


class Signs(NamedTuple):
    """What the formula sees of a session; counts are of distinct things."""

    page_count: int
    content_page_count: int
    high_step_count: int
    is_decisive: bool
    is_converted: bool
    is_email_only: bool
    has_unsubscribe: bool
    is_open_only: bool


def intent_of(signs: Signs) -> str:
    """`high`, `low`, `research` or `none`, the first of them that fits."""
    if signs.is_decisive or signs.high_step_count >= HIGH_STEPS:
        return "high"
    if signs.is_email_only and (signs.has_unsubscribe or signs.is_open_only):
        return "low"
    if signs.content_page_count >= RESEARCH_PAGES and not signs.high_step_count:
        return "research"
    return "none"


def score_of(signs: Signs) -> int:
    """Formula intent/1; its table is in the module's docstring."""
    score = 9 * min(signs.page_count, 4) + 8 * min(signs.high_step_count, 3)
    score += 16 * signs.is_decisive + 22 * signs.is_converted
    return min(score, MAX_SCORE)


class Factor(NamedTuple):
    """A line of the formula: how much of it a session shows, and how many points of the score that gives."""

    name: str
    found: str
    score: int


def factors_of(score: int, page_count: int, *, is_decisive: bool, is_converted: bool) -> list[Factor]:
    """The lines of which a session's score is the sum; the steps are what the other lines leave of it."""
    pages, decisive, converted = 9 * min(page_count, 4), 16 * is_decisive, 22 * is_converted
    steps = score - pages - decisive - converted
    return [
        Factor("Different pages, up to 4", str(page_count), pages),
        Factor("Different high-intent steps, up to 3", str(steps // 8) + ("+" if steps == 24 else ""), steps),
        Factor("A demo request, a trial or a filled cart", "yes" if is_decisive else "no", decisive),
        Factor("A purchase", "yes" if is_converted else "no", converted),
    ]


def is_high_path(path: str) -> bool:
    return re.search(HIGH_PATHS, path) is not None


def is_content_path(path: str) -> bool:
    return re.search(CONTENT_PATHS, path) is not None
