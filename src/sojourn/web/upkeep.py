"""Backup and doctor on the folder's socket: long work, told step by step as JSON lines."""

from collections.abc import AsyncIterator, Generator
from pathlib import Path
from typing import Any, TypeVar

import anyio
import anyio.to_thread
import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from sojourn.app import Sojourn
from sojourn.errors import InvalidRequest, SojournError
from sojourn.web.answers import error_body

Step = dict[str, Any]
Ordered = TypeVar("Ordered")
_encoder = msgspec.json.Encoder()


class BackupOrder(msgspec.Struct, forbid_unknown_fields=True):
    """`to` is an absolute path on the server's machine."""

    to: str
    keep: int | None = None


class Examination(msgspec.Struct, forbid_unknown_fields=True):
    """`sample` null is all leads."""

    sample: int | None
    repair: bool = False


class Upkeep:
    def __init__(self, sojourn: Sojourn) -> None:
        self._sojourn = sojourn

    def routes(self) -> list[Route]:
        return [
            Route("/local/backup", self.back_up, methods=["POST"]),
            Route("/local/doctor", self.examine, methods=["POST"]),
        ]

    async def back_up(self, request: Request) -> Response:
        order = _order(await request.body(), BackupOrder)
        return _told(self._sojourn.backups.take(Path(order.to), order.keep))

    async def examine(self, request: Request) -> Response:
        order = _order(await request.body(), Examination)
        return _told(self._sojourn.doctor.examine(order.sample, repair=order.repair))


def _order(body: bytes, kind: type[Ordered]) -> Ordered:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"The body does not fit: {error}.") from None


def _told(steps: Generator[Step, None, None]) -> Response:
    return StreamingResponse(_lines(steps), media_type="application/x-ndjson")


async def _lines(steps: Generator[Step, None, None]) -> AsyncIterator[bytes]:
    """A line a step; an error is the last one. Whoever hangs up ends the work, and it leaves nothing behind."""
    try:
        while (step := await anyio.to_thread.run_sync(next, steps, None)) is not None:
            yield _encoder.encode(step) + b"\n"
    except SojournError as error:
        yield _encoder.encode(error_body(error.code, error.message)) + b"\n"
    finally:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(steps.close)
