"""What the logic of the client asks of its driver, and what it gets back: no I/O here."""

from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec

T = TypeVar("T")


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """`path` is encoded; a successful answer of the kind `accept` goes into the file `target` when there is one."""

    method: str
    path: str
    params: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    accept: str = "application/json"
    target: Path | None = None

    def headers(self) -> dict[str, str]:
        return {"Accept": self.accept} | ({"Content-Type": "application/json"} if self.body is not None else {})

    def is_for_file(self, status: int, headers: Mapping[str, str]) -> bool:
        """Whether this answer is what the file is to hold, not an error or another kind."""
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        return self.target is not None and status == 200 and kind == self.accept


class Pause(msgspec.Struct, frozen=True):
    seconds: float


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What the server answered; `headers` are found in any case. Saved in the file, `body` is empty."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    is_saved: bool = False


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """No answer, and why; whether the server may have done it; whether another try makes sense at all."""

    reason: str
    is_maybe_done: bool = True
    is_passing: bool = True


class Call(Generic[T]):
    """A request, how its answer is read, and whether it may be made again when nobody knows if it was done."""

    def __init__(self, request: Request, read: Callable[[Reply], T], *, is_repeatable: bool = True) -> None:
        self.request = request
        self.read = read
        self.is_repeatable = is_repeatable


Step = Request | Pause
Outcome = Reply | Failure
# A generator that gives calls, is sent what each call read, and returns the result of them all.
Plan = Generator[Call[Any], Any, T]


def once(call: Call[T]) -> Plan[T]:
    """The plan of a single call."""
    answer: T = yield call
    return answer
