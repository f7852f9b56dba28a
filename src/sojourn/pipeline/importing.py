"""Files of events into a site: row by row, in batches, with progress and refusals by line."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from sojourn.adapters.files import Numbered
from sojourn.adapters.mapping import Mapper
from sojourn.errors import FileError, InvalidRequest
from sojourn.model import instant

BATCH = 2000

Payload = dict[str, Any]
Send = Callable[[list[Payload]], dict[str, Any]]


@dataclass
class Tally:
    """What became of the rows read so far; `refusals` holds the first thousand as (line, message)."""

    rows: int = 0
    accepted: int = 0
    duplicates: int = 0
    refused: int = 0
    refusals: list[tuple[int, str]] = field(default_factory=list)

    def refuse(self, line: int, message: str) -> None:
        self.refused += 1
        if len(self.refusals) < 1000:
            self.refusals.append((line, message))


def import_rows(
    rows: Iterable[Numbered], mapper: Mapper, send: Send, shift_ms: int, on_progress: Callable[[Tally], None]
) -> Tally:
    """Send every row that can be mapped; each batch is durable before the next is read."""
    tally = Tally()
    mapped = _mapped(rows, mapper, shift_ms, tally)
    while batch := list(islice(mapped, BATCH)):
        answer = send([payload for _, payload in batch])
        tally.accepted += answer["accepted"]
        tally.duplicates += answer["duplicates"]
        for refusal in answer["refused"]:
            tally.refuse(batch[refusal["index"]][0], refusal["message"])
        on_progress(tally)
    on_progress(tally)
    return tally


def _mapped(rows: Iterable[Numbered], mapper: Mapper, shift_ms: int, tally: Tally) -> Iterator[tuple[int, Payload]]:
    for line, row in rows:
        tally.rows += 1
        if isinstance(row, FileError):
            tally.refuse(line, row.message)
            continue
        try:
            payload = mapper(row)
            if shift_ms:
                payload["occurred_at"] = instant.parse(payload.get("occurred_at"), "occurred_at") + shift_ms
        except InvalidRequest as error:
            tally.refuse(line, error.message)
            continue
        yield line, payload


def bounds(rows: Iterable[Numbered], mapper: Mapper) -> tuple[int, int, int] | None:
    """First and last instant in milliseconds and how many rows have one; None without any."""
    first, last, count = instant.MAX_MS, -1, 0
    for _, row in rows:
        if isinstance(row, FileError):
            continue
        try:
            at = instant.parse(mapper(row).get("occurred_at"), "occurred_at")
        except InvalidRequest:
            continue
        first, last, count = min(first, at), max(last, at), count + 1
    return (first, last, count) if count else None
