"""The log: every line in its form, one a request, and never anything of what was sent."""

import json
import logging
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from sojourn.logs import JsonFormatter, TextFormatter
from sojourn.web.openapi import document
from tests.serving import SECRET, WRITE, Server, run

EMAIL = "ann.private@x.example"
PRIVATE = (
    EMAIL,
    "ann.private",
    quote(EMAIL),
    "lead_PRIVATE",
    "v-private",
    "private-page",
    "private-text",
    "203.0.113.9",
)
EVENT = {
    "type": "page_view",
    "event_id": "private-text",
    "visitor_id": "v-private",
    "lead": {"id": "lead_PRIVATE", "email": EMAIL, "phone": "+49 30 private-text"},
    "url": "https://x.example/private-page?email=ann.private@x.example",
    "context": {"ip": "203.0.113.9"},
    "properties": {"note": "private-text"},
}
BODIES: tuple[Any, ...] = (EVENT, {"events": [EVENT, {"lead": {"id": EMAIL}}, EMAIL]}, {"name": EMAIL}, EMAIL)
LINE = {"ts", "level", "logger", "message"}
REQUEST = LINE | {"method", "route", "status", "ms", "site", "key"}


def ask_everything(server: Server) -> None:
    """Each route with personal data wherever it can be: in the path, the query, the headers and the body."""
    for path, methods in document()["paths"].items():
        for method in methods:
            for place in (EMAIL, "lead_PRIVATE"):
                shown = re.sub(r"\{\w+\}", quote(place), path)
                for key in (SECRET, WRITE, f"sk_live_{EMAIL}", None):
                    parameters = {"lead_id": place, "entry_url": EVENT["url"], place: place}
                    options: dict[str, Any] = {"headers": {"Referer": str(EVENT["url"]), "X-Private": EMAIL}}
                    server.ask(method.upper(), shown, key, params=parameters, **options)
                    for body in BODIES if method != "get" else ():
                        server.ask(method.upper(), shown, key, json=body, **options)
    server.ask("GET", f"/private-page/{quote(EMAIL)}?q=private-text")
    server.ask("GET", "/v1/sessions", params={"lead_id": EMAIL})
    server.send({"type": "click", "event_id": "last", "visitor_id": "last"})
    assert server.settled(1, lead_id="last")  # passes have told what they do


@pytest.mark.parametrize("form", ["json", "text"])
def test_nothing_of_what_is_sent_comes_into_the_log(tmp_path: Path, form: str) -> None:
    """At the lowest level, with every query slow enough to be told."""
    settings = {"SOJOURN_LOG_FORMAT": form, "SOJOURN_LOG_LEVEL": "debug", "SOJOURN_SLOW_QUERY_MS": "1"}
    server = Server(tmp_path / "data", **settings, SOJOURN_EVENT_LIMIT="20", SOJOURN_DISK_WARN_MB="1000000000").start()
    try:
        ask_everything(server)
        output = server.output()
    finally:
        server.close()
    assert [text for text in (*PRIVATE, SECRET, WRITE) if text.lower() in output.lower()] == []
    for expected in ("/v1/sessions/{id}", "(none)", "slow query", "session.keys", "nearly full"):
        assert expected in output


def test_json_is_one_line_a_request_with_its_template_and_the_keys_beginning(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", SOJOURN_LOG_FORMAT="json").start()
    try:
        server.ask("GET", "/v1/sessions/sess_x")
        server.ask("POST", "/v1/events", WRITE, json=EVENT)
        server.ask("GET", "/v1/site", None)
        listed = run("keys", "list", "--data", str(server.folder)).stdout
        output = server.output()
    finally:
        server.close()
    lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    requests = {(line["method"], line["route"]): line for line in lines if line["message"] == "request"}
    assert all(set(line) == REQUEST for line in requests.values())
    session = requests["GET", "/v1/sessions/{id}"]
    assert (session["status"], session["site"], session["level"]) == (404, "default", "info")
    assert len(session["key"]) == 8
    assert session["key"] in listed
    assert session["ms"] > 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z", session["ts"])
    assert requests["POST", "/v1/events"]["status"] == 202
    assert requests["POST", "/v1/events"]["key"] != session["key"]
    assert (requests["GET", "/v1/site"]["status"], requests["GET", "/v1/site"]["key"]) == (401, None)


def test_text_has_no_line_a_request_unless_debugged_and_a_level_silences(tmp_path: Path) -> None:
    for settings in ({}, {"SOJOURN_LOG_FORMAT": "json", "SOJOURN_LOG_LEVEL": "warning"}):
        server = Server(tmp_path / "data", **settings).start()
        try:
            server.ask("GET", "/v1/site")
            assert "/v1/site" not in server.output()
        finally:
            server.close()


def record_of(error: Exception) -> logging.LogRecord:
    told = (type(error), error, error.__traceback__)
    return logging.LogRecord("asyncio", logging.ERROR, __file__, 1, "failed\n<Task %s>", ("private-text",), told)


def test_of_an_exception_its_type_and_place_are_told_and_not_its_words() -> None:
    try:
        dict[str, int]()[EMAIL]
    except KeyError as error:
        record = record_of(error)
    line = json.loads(JsonFormatter().format(record))
    text = TextFormatter().format(record)
    assert (line["message"], line["exception"]) == ("failed", "KeyError")
    assert "test_logs.py" in line["at"]
    assert "KeyError" in text
    assert "\n" not in text
    assert [word for word in PRIVATE if word in text or word in json.dumps(line)] == []


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("log_format", "xml", "text or json"),
        ("log_level", "loud", "debug or info or warning or error"),
        ("read_limit", "-1", "a whole number of 0 or more"),
        ("event_limit", "many", "a whole number of 0 or more"),
    ],
)
def test_a_setting_out_of_its_bounds_is_wrong_usage_in_one_line(
    tmp_path: Path, name: str, value: str, allowed: str
) -> None:
    done = run("serve", "--data", str(tmp_path), "--port", "0", **{f"SOJOURN_{name.upper()}": value})
    assert done.returncode == 2
    assert f"{name} is '{value}'" in done.stderr
    assert allowed in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
