"""POST /local/imports: a file that the server reads itself, with progress as a JSON object a line."""

import queue
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from sojourn.app import Sojourn
from sojourn.errors import InvalidRequest, SojournError, Unavailable
from sojourn.pipeline.importing import Plan, Tally
from sojourn.web.access import access_of
from sojourn.web.answers import error_body

Line = dict[str, Any]


class Importing:
    def __init__(self, sojourn: Sojourn) -> None:
        self._sojourn = sojourn

    def routes(self) -> list[Route]:
        return [Route("/local/imports", self.start, methods=["POST"])]

    async def start(self, request: Request) -> Response:
        access = access_of(self._sojourn, request.scope["headers"], is_local=True)
        try:
            plan = msgspec.json.decode(await request.body(), type=Plan)
        except msgspec.MsgspecError as error:
            raise InvalidRequest(f"The body is no plan of an import: {error}.") from None
        return StreamingResponse(self._lines(access.site_id, plan), media_type="application/x-ndjson")

    def _lines(self, site_id: str, plan: Plan) -> Iterator[bytes]:
        """The import runs in a thread of its own; a client that goes away ends it."""
        lines: queue.Queue[Line | None] = queue.Queue()
        gone = threading.Event()
        thread = threading.Thread(target=self._run, args=(site_id, plan, lines, gone), name="sojourn-import")
        thread.start()
        try:
            while (line := lines.get()) is not None:
                yield msgspec.json.encode(line) + b"\n"
        finally:
            gone.set()

    def _run(self, site_id: str, plan: Plan, lines: "queue.Queue[Line | None]", gone: threading.Event) -> None:
        def on_progress(path: Path, tally: Tally) -> None:
            if gone.is_set() or self._sojourn.is_stopping:
                raise Unavailable("The import was ended; run it again, and it goes on where it was.")
            lines.put({"file": path.name, "tally": _told(tally)})

        try:
            done = self._sojourn.import_files(site_id, plan, on_progress)
            lines.put({"done": [{"file": path.name, "tally": _told(tally)} for path, tally in done]})
        except SojournError as error:
            lines.put(error_body(error.code, error.message))
        except OSError as error:
            text = f"A temporary file cannot be written: {error.strerror}; run the import again, and it goes on."
            lines.put(error_body(Unavailable.code, text))
        finally:
            lines.put(None)


def _told(tally: Tally) -> Any:
    return msgspec.to_builtins(tally)
