"""A plan's calls, each made until it is answered. Pure: it says what to do, and a driver does it.

The steps of `talk` are Requests, each to be answered with its Outcome, and Pauses to keep. So the client and its async
twin differ only in how they wait.
"""

from collections.abc import Callable, Generator
from typing import Any, TypeVar

import msgspec

from sojourn.client.faults import error_of, is_worth_another_try, retry_after_of, unreadable
from sojourn.client.retries import Retries
from sojourn.client.steps import Call, Outcome, Pause, Plan, Reply, Step
from sojourn.errors import SojournError

T = TypeVar("T")


class Manner(msgspec.Struct, frozen=True):
    """Where a client asks, how patiently, by which chance (0 to 1), and with which new event ids."""

    url: str
    retries: Retries
    chance: Callable[[], float]
    new_id: Callable[[], str]


def talk(plan: Plan[T], manner: Manner) -> Generator[Step, Outcome | None, T]:
    """The steps of a plan. An error of a call is raised in the plan, which may know better than to pass it on."""
    answer: Any = None
    error: SojournError | None = None
    while True:
        try:
            call = plan.send(answer) if error is None else plan.throw(error)
        except StopIteration as end:
            result: T = end.value
            return result
        answer, error = None, None
        try:
            answer = yield from exchange(call, manner)
        except SojournError as raised:
            error = raised


def exchange(call: Call[T], manner: Manner) -> Generator[Step, Outcome | None, T]:
    """Raises the error that the server answered with, Unavailable when there is no answer at all."""
    tries, waited = 0, 0.0
    while True:
        outcome = yield call.request
        assert outcome is not None, "a driver answers each request with its outcome"
        if isinstance(outcome, Reply) and 200 <= outcome.status < 300:
            return _read(call, outcome, manner.url)
        tries += 1
        pause = None
        if is_worth_another_try(outcome, is_repeatable=call.is_repeatable):
            pause = manner.retries.pause(tries, waited, retry_after_of(outcome), manner.chance())
        if pause is None:
            raise error_of(outcome, url=manner.url, tries=tries, is_repeatable=call.is_repeatable)
        waited += pause
        yield Pause(pause)


def _read(call: Call[T], reply: Reply, url: str) -> T:
    try:
        return call.read(reply)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise unreadable(url, str(error)) from None
