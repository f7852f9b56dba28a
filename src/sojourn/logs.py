"""The log: one line an entry, as text or as JSON, with the fields of the entry and nothing of what was sent.

An entry's fields are given as `extra={"fields": {...}}`. Of an exception the type and the place are written, never its
message: it may hold what a client sent.
"""

import logging
import sys
import threading
import traceback
from typing import Any

import msgspec

from sojourn.model.instant import iso

REQUESTS = "sojourn.requests"
_FRAMES = 8

_encoder = msgspec.json.Encoder()


class _Formatter(logging.Formatter):
    """What both forms have in common: the entry as a dictionary."""

    def entry(self, record: logging.LogRecord) -> dict[str, Any]:
        # Of others' messages the first line: asyncio writes the objects at hand below it.
        entry = {
            "ts": iso(int(record.created * 1000)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage().split("\n", 1)[0],
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[1] is not None:
            entry["exception"] = type(record.exc_info[1]).__name__
            entry["at"] = places_of(record.exc_info[1])
        return entry


class JsonFormatter(_Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return _encoder.encode(self.entry(record)).decode()


class TextFormatter(_Formatter):
    def format(self, record: logging.LogRecord) -> str:
        entry = self.entry(record)
        head = f"{entry.pop('ts')} {entry.pop('level'):<7} {entry.pop('message')}"
        del entry["logger"]
        return " ".join([head, *(f"{name}={value}" for name, value in entry.items())])


def places_of(error: BaseException) -> str:
    """Where it was raised, innermost first: file:line function."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return " < ".join(f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in reversed(frames))


def configure(form: str, level: str) -> None:
    """Everything that is logged in this process goes to stderr in this form.

    In text, requests are written at the level debug only; the JSON form is for machines, and has them at info.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if form == "json" else TextFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    number = getattr(logging, level.upper())
    logging.getLogger("sojourn").setLevel(number)
    quiet = form == "text" and number > logging.DEBUG
    logging.getLogger(REQUESTS).setLevel(logging.WARNING if quiet else number)
    threading.excepthook = _log_end_of_thread


def _log_end_of_thread(end: threading.ExceptHookArgs) -> None:
    if end.exc_value is None:
        return
    told = (end.exc_type, end.exc_value, end.exc_traceback)
    logging.getLogger("sojourn").error("a thread ended: %s", end.thread and end.thread.name, exc_info=told)
