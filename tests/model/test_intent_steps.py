"""The kinds of steps and pages that a site has of its own, and what is refused."""

from typing import Any

import pytest

from sojourn.errors import InvalidRequest
from sojourn.model.intent import CONTENT_PATHS, HIGH_TYPES, IntentSteps, Steps
from sojourn.model.site import MOST_CHARACTERS, MOST_STEPS, Site, changed, differences, is_retroactive, shown, steps_of

SITE = Site(id="a")


def asked(**steps: Any) -> Site:
    return changed(SITE, {"intent_steps": steps})


def test_a_site_without_its_own_has_those_that_are_shipped() -> None:
    assert steps_of(SITE) == Steps()
    assert shown(SITE)["intent_steps"] == {}


def test_a_key_that_is_missing_or_null_keeps_what_is_shipped() -> None:
    site = asked(decisive_types=["Booked!"], high_types=None)
    assert steps_of(site) == Steps()._replace(decisive_types=("booked",))
    assert shown(site)["intent_steps"] == {"decisive_types": ("booked",)}
    assert asked(high_types=None) == SITE


def test_an_empty_list_is_none() -> None:
    steps = steps_of(asked(**{name: [] for name in IntentSteps.__struct_fields__}))
    assert steps == Steps((), (), "", "", ())
    assert not steps.is_high_path("/pricing")


def test_urls_are_patterns_as_those_of_goals() -> None:
    steps = steps_of(asked(high_urls=["/book/*", "https://x.example/a.b"]))
    fitting = [
        path for path in ("/book/", "/book/1/2", "/a.b", "/book", "/axb", "/pricing") if steps.is_high_path(path)
    ]
    assert fitting == ["/book/", "/book/1/2", "/a.b"]
    assert (steps.content_paths, steps.high_types) == (CONTENT_PATHS, HIGH_TYPES)


def test_a_change_touches_the_past_and_replaces_what_was_changed_before() -> None:
    first = asked(high_types=["call"])
    second = changed(first, {"intent_steps": {"content_urls": []}})
    assert is_retroactive(SITE, first)
    assert differences(first, second) == {
        "intent_steps": {"from": {"high_types": ("call",)}, "to": {"content_urls": ()}},
    }
    assert changed(second, {"intent_steps": {}}) == SITE
    assert changed(second, {"name": "Shop"}).intent_steps == second.intent_steps


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        (None, ["intent_steps is None", "object"]),
        ([], ["intent_steps is []", "object"]),
        ({"high": []}, ["intent_steps is {'high': []}", "decisive_types, high_types, high_urls, content_urls"]),
        ({"high_types": "call"}, ["intent_steps is", "'call'", "high_types", "array"]),
        ({"high_types": [1]}, ["intent_steps is", "high_types", "str"]),
        ({"high_types": ["call", "!"]}, ["intent_steps.high_types is ''", "200 types of 1 to 200 characters"]),
        ({"content_urls": [""]}, ["intent_steps.content_urls is ''", "200 URLs of 1 to 200 characters"]),
        ({"high_urls": ["/" * (MOST_CHARACTERS + 1)]}, ["intent_steps.high_urls is '//", "1 to 200 characters"]),
        ({"high_urls": ["/"] * (MOST_STEPS + 1)}, ["intent_steps.high_urls is 'a list of 201'", "up to 200 URLs"]),
    ],
)
def test_what_is_unfit_is_named(steps: Any, words: list[str]) -> None:
    with pytest.raises(InvalidRequest) as error:
        changed(SITE, {"intent_steps": steps})
    assert [word for word in words if word not in str(error.value)] == [], str(error.value)
