"""What is tried again, how often and how patiently, against a server that misbehaves."""

import json
import math
import ssl
import traceback
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn import InvalidRequest, NotFound, Retries, SojournError, Unavailable
from sojourn.client.faults import failure_of
from sojourn.errors import RateLimitExceeded
from tests.client.conftest import Connect
from tests.client.outside import HANG_UP, Answer, Outside
from tests.serving import SECRET, free_port

SITE = {
    "id": "default",
    "name": "Ours",
    "hosts": [],
    "session_timeout_ms": 1_800_000,
    "plan": "enterprise",
    "retention_days": None,
    "conversion_events": ["purchase"],
    "goals": {"trial": {"types": ["trial_signup"], "urls": [], "since": "a newer server"}},
    "passive_types": [],
    "currency": None,
    "time_zone": "UTC",
    "generation": 1,
    "is_test": False,
    "building": None,
    "unheard_of": {"in": "a newer server"},
}
GOOD = Answer(200, {"data": SITE})
TAKEN = Answer(202, {"accepted": 1, "duplicates": 0, "refused": []})
BUSY = Answer(503, {"error": "Unavailable", "message": "The store takes nothing."}, {"Retry-After": "1"})
LIMITED = Answer(
    429, {"error": "RateLimitExceeded", "message": "Too many requests. Retry after 7 seconds."}, {"Retry-After": "7"}
)
CUT = Answer(200, {"data": SITE}, is_cut=True)
LOST = Answer(502, b"<html>Bad Gateway</html>", {"Content-Type": "text/html"})
EVENT = {"type": "page_view", "visitor_id": "v"}


@pytest.mark.parametrize("trouble", [BUSY, LIMITED, HANG_UP, CUT, LOST], ids=["503", "429", "closed", "cut", "502"])
def test_reading_and_sending_are_tried_again(connect: Connect, trouble: Answer) -> None:
    with Outside([trouble, trouble, GOOD]) as outside:
        assert connect(outside.url).site().name == "Ours"
        assert len(outside.asked) == 3
    with Outside([trouble, trouble, TAKEN]) as outside:
        assert connect(outside.url).send([EVENT]).accepted == 1
        assert len(outside.asked) == 3


def test_events_have_their_ids_before_the_first_try(connect: Connect) -> None:
    with Outside([HANG_UP, BUSY, TAKEN]) as outside:
        given: list[Any] = [EVENT, {**EVENT, "event_id": "mine"}, {**EVENT, "event_id": None}]
        connect(outside.url).send(given)
        first, *others = [asked.body for asked in outside.asked]
        assert others == [first, first]
        ids = [event["event_id"] for event in json.loads(first)["events"]]
        assert len({*ids}) == 3
        assert ids[1] == "mine"
        assert all(ids)
        assert "event_id" not in EVENT
    with Outside([BUSY, TAKEN]) as outside:
        connect(outside.url, new_id=iter(["first", "second"]).__next__).send(EVENT)
        assert [json.loads(asked.body)["event_id"] for asked in outside.asked] == ["first", "first"]


def test_only_the_batch_that_failed_is_sent_again(connect: Connect) -> None:
    with Outside([TAKEN, BUSY, TAKEN, TAKEN]) as outside:
        connect(outside.url).send([EVENT] * 4001)
        sizes = [len(json.loads(asked.body)["events"]) for asked in outside.asked]
        assert sizes == [2000, 2000, 2000, 1]
        assert outside.asked[1].body == outside.asked[2].body


@pytest.mark.parametrize(
    ("trouble", "is_repeated"),
    [(BUSY, True), (LIMITED, True), (HANG_UP, False), (CUT, False), (LOST, False)],
    ids=["503", "429", "closed", "cut", "502"],
)
def test_what_may_have_been_done_is_not_done_twice(connect: Connect, trouble: Answer, is_repeated: bool) -> None:
    """A change of the site, the erasure of a lead: repeated only when the server said that nothing was taken."""
    for method, *arguments in (
        ("change_site", {"name": "Ours"}),
        ("erase_lead", "ann"),
        ("make_segment", "Ours", {"min_events": 2}),
        ("change_segment", "seg_1"),
        ("remove_segment", "seg_1"),
    ):
        with Outside([trouble, Answer(404, {"error": "NotFound", "message": "Seen."})]) as outside:
            with pytest.raises(NotFound if is_repeated else SojournError):
                getattr(connect(outside.url), method)(*arguments)
            assert len(outside.asked) == 1 + is_repeated
    with Outside([trouble, Answer(200, {"data": {"event_count": 1, "reason": "robot"}})]) as outside:
        assert connect(outside.url).suppress("e1", "robot").event_count == 1
    effect = {"dry_run": True, "changes": {}, "sessions": {"now": 1, "then": 1}, "sessions_at": {"15m": 1}}
    with Outside([trouble, Answer(200, {"data": effect})]) as outside:
        assert connect(outside.url).change_site({"name": "Ours"}, dry_run=True).sessions.now == 1


def test_not_knowing_whether_it_was_done_is_said(connect: Connect) -> None:
    with Outside([HANG_UP]) as outside, pytest.raises(Unavailable, match="whether it was done is not known"):
        connect(outside.url).erase_lead("ann")


def test_where_nobody_listens_everything_is_tried_again(connect: Connect) -> None:
    pauses: list[float] = []
    client = connect(f"http://127.0.0.1:{free_port()}", pauses=pauses, retries=Retries(most_tries=3))
    with pytest.raises(Unavailable, match=r"gave no answer \(3 tries\).*check the address"):
        client.change_site({"name": "Ours"})
    assert len(pauses) == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 500])
def test_a_final_answer_is_not_asked_for_again(connect: Connect, status: int) -> None:
    with Outside([Answer(status, {"error": "Whatever", "message": "No."}), GOOD]) as outside:
        with pytest.raises(SojournError, match=r"^No\.$") as caught:
            connect(outside.url).site()
        assert len(outside.asked) == 1
        assert (type(caught.value), caught.value.code, caught.value.status) == (SojournError, "Whatever", status)


def test_a_retry_after_is_kept_and_handed_on(connect: Connect) -> None:
    pauses: list[float] = []
    with Outside([LIMITED]) as outside:
        client = connect(outside.url, pauses=pauses, chance=lambda: 0.0, retries=Retries(most_waiting=25))
        with pytest.raises(RateLimitExceeded, match=r"^Too many requests\. Retry after 7 seconds\.$") as caught:
            client.site()
    assert pauses == [7, 7, 7]
    assert caught.value.retry_after == 7


def test_a_date_to_retry_after_counts_from_the_answer(connect: Connect) -> None:
    pauses: list[float] = []
    dates = {"Date": "Wed, 29 Apr 2026 10:00:00 GMT", "Retry-After": "Wed, 29 Apr 2026 10:00:09 GMT"}
    with Outside([Answer(503, b"", dates), Answer(503, b"", {"Retry-After": "soon"}), GOOD]) as outside:
        connect(outside.url, pauses=pauses, chance=lambda: 0.0).site()
    assert pauses == [9, 0.25]


def test_the_pauses_grow_and_their_sum_is_bounded(connect: Connect) -> None:
    pauses: list[float] = []
    with Outside([Answer(503)]) as outside:
        with pytest.raises(Unavailable):
            connect(outside.url, pauses=pauses, chance=lambda: 1.0).site()
        assert len(outside.asked) == 8
    assert pauses == [0.25, 0.5, 1, 2, 4, 8, 16]
    pauses.clear()
    with Outside([Answer(503)]) as outside, pytest.raises(Unavailable):
        connect(outside.url, pauses=pauses, chance=lambda: 1.0, retries=Retries(most_waiting=3.75)).site()
    assert pauses == [0.25, 0.5, 1, 2]


@given(
    retries=st.builds(
        Retries,
        most_tries=st.integers(1, 12),
        most_waiting=st.floats(0, 300),
        first_pause=st.floats(0, 5),
        longest_pause=st.floats(0, 60),
    ),
    chances=st.lists(st.floats(0, 1, exclude_max=True), min_size=12, max_size=12),
    asked_for=st.lists(st.none() | st.integers(0, 100), min_size=12, max_size=12),
)
def test_pauses_keep_their_bounds(retries: Retries, chances: list[float], asked_for: list[int | None]) -> None:
    waited, tries = 0.0, 0
    for chance, retry_after in zip(chances, asked_for, strict=True):
        tries += 1
        pause = retries.pause(tries, waited, retry_after, chance)
        if pause is None:
            break
        assert pause >= (retry_after or 0)
        assert pause <= max(retries.longest_pause, (retry_after or 0) + retries.first_pause)
        waited += pause
    assert tries <= retries.most_tries
    assert waited <= retries.most_waiting
    assert math.isfinite(waited)


@pytest.mark.parametrize("unfit", [{"most_tries": 0}, {"most_waiting": -1}, {"first_pause": math.nan}])
def test_unfit_retries_are_named(unfit: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest, match=next(iter(unfit))):
        Retries(**unfit)


def test_a_certificate_that_is_not_trusted_is_not_tried_again() -> None:
    error = httpx.ConnectError("certificate verify failed")
    error.__cause__ = ssl.SSLCertVerificationError()
    assert not failure_of(error).is_passing
    assert failure_of(httpx.ConnectError("refused")).is_passing


@pytest.mark.parametrize("answer", [Answer(200, b"<html>"), Answer(200, {"data": {}}), Answer(200, [1])])
def test_what_is_no_sojourn_server_is_said(connect: Connect, answer: Answer) -> None:
    with Outside([answer]) as outside, pytest.raises(SojournError, match="is it a Sojourn server"):
        connect(outside.url).site()


def test_errors_without_a_message_are_told_by_their_status(connect: Connect) -> None:
    for status, headers, words in (
        (404, {}, "404 (Not Found)"),
        (
            307,
            {"Location": "https://there.example/"},
            "307 (Temporary Redirect) and sends on to https://there.example/",
        ),
        (599, {}, "599 (unknown)"),
    ):
        with Outside([Answer(status, b"<html>", headers)]) as outside, pytest.raises(SojournError) as caught:
            connect(outside.url).site()
        assert words in caught.value.message
        assert isinstance(caught.value, NotFound) == (status == 404)


@pytest.mark.parametrize("url", ["", "nonsense", "ftp://x.example", "http://", "http://x.example/?a=b", None])
def test_an_unfit_address_is_named(connect: Connect, url: Any) -> None:
    with pytest.raises(InvalidRequest, match="url is"):
        connect(url)


def test_the_key_is_never_shown(connect: Connect) -> None:
    with Outside([HANG_UP, Answer(401, {"error": "Unauthorized", "message": "No."})]) as outside:
        client = connect(outside.url, retries=Retries(most_tries=1))
        assert SECRET not in repr(client)
        for _ in range(2):
            with pytest.raises(SojournError) as caught:
                client.site()
            assert SECRET not in "".join(traceback.format_exception(caught.value))
        assert outside.asked[0].headers["authorization"] == f"Bearer {SECRET}"
    for unfit in (f"{SECRET}\n", "", f"{SECRET} é"):
        with pytest.raises(InvalidRequest) as refused:
            connect(outside.url, unfit)
        assert SECRET not in str(refused.value)
    with pytest.raises(InvalidRequest) as refused:
        connect("http://ann:hidden@x.example")
    assert "hidden" not in str(refused.value)
