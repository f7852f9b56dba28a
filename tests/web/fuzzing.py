"""Requests made of the OpenAPI document, sent to a real server, and what is wrong with the answers."""

import base64
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import requests
from hypothesis import strategies as st
from schemathesis import APIOperation, Case, GenerationMode, checks
from schemathesis.errors import FailureGroup

from sojourn.reports.event_filters import EVENT_FILTERS
from sojourn.reports.filters import FILTERS, Filter
from tests.serving import SECRET, WRITE, Server, event_count, key_in, run

PATIENCE = 30.0
# A status or a form that the document does not have, a body that is not what it says, or a failure of the server.
CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
ACCEPTS = (None, None, "application/json", "text/csv", "application/vnd.apache.parquet")
# Whatever could be in a cursor that somebody makes by hand.
_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
_LATEST = 1 << 42
Known = Mapping[str, Sequence[str]]
Operation = APIOperation[Any, Any, Any, Any]
AnyCase = Case[Any]


def keys_of(server: Server) -> list[str | None]:
    """What may be sent as a key: the secret one more often than the others, for it alone gets far."""
    made = run("keys", "create", "--test", "--data", str(server.folder))
    return [*[SECRET] * 18, WRITE, WRITE, key_in(made.stdout), "sk_live_unknown", "ünknown", "", None]


def filled(server: Server, number: int) -> Known:
    """The site as it was at first, with data of this round; what there is to ask for, by the place it is asked in."""
    fresh = {"plan": "enterprise", "session_timeout_ms": 1_800_000, "passive_types": ["email_sent"], "hosts": []}
    fresh["intent_steps"] = {}
    assert server.ask("PATCH", "/v1/site", json=fresh).status_code < 300
    for segment in server.ask("GET", "/v1/segments").json()["data"]:
        server.ask("DELETE", f"/v1/segments/{segment['id']}")
    segment = server.ask("POST", "/v1/segments", json={"name": "Looked", "filters": {"min_events": 1}}).json()["data"]
    server.send(*(_event(number, place) for place in range(60)))
    lead = f"lead-{number}-0"
    assert event_count(server.settled(10, lead_id=lead)) == 10
    sessions = server.ask("GET", "/v1/sessions", params={"limit": 2}).json()
    events = server.ask("GET", "/v1/events", params={"limit": 2}).json()
    leads = server.ask("GET", "/v1/leads", params={"limit": 2}).json()
    return {
        "/v1/sessions/{id}": [row["id"] for row in sessions["data"]],
        "/v1/events/{id}": [f"e{number}-{place}" for place in range(60)],
        "/v1/leads/{id}": [lead, f"lead-{number}-1@x.example", f"v{number}-2", leads["data"][0]["id"]],
        "/v1/leads/{id}/export": [lead, f"lead-{number}-1@x.example", leads["data"][0]["id"]],
        "/v1/segments/{id}": [segment["id"]],
        "event_ids": [f"e{number}-{place}" for place in range(60)],
        "cursor of /v1/sessions": [sessions["next_cursor"]],
        "cursor of /sessions": [sessions["next_cursor"]],
        "cursor of /v1/events": [events["next_cursor"]],
        "cursor of /v1/leads": [leads["next_cursor"]],
        "lead_id": [lead, leads["data"][0]["id"]],
        "session_id": [row["id"] for row in sessions["data"]],
        "segment_id": [segment["id"]],
        "account_id": ["acme.example"],
        "sender": [f"v:v{number}-0"],
    }


def _event(number: int, place: int) -> dict[str, Any]:
    who = place % 6
    return {
        "type": ("page_view", "click", "purchase", "email_sent")[place % 4],
        "event_id": f"e{number}-{place}",
        "visitor_id": f"v{number}-{who}",
        "lead": {"id": f"lead-{number}-{who}", "email": f"lead-{number}-{who}@x.example", "name": "Ann"},
        "account": {"domain": "acme.example"},
        "url": f"https://x.example/pricing?utm_source=mail&n={place}",
        "value": place,
        "currency": "EUR",
        "properties": {"a": [place, None]},
        "context": {"country": "DE", "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0"},
    }


def _encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


def cursors(path: str, known: Known) -> st.SearchStrategy[str]:
    """Cursors of a list that look like ours, and in which something is anything."""
    of_events = path == "/v1/events"
    ids = known["event_ids"] if of_events else known["lead_id"][1:] if path == "/v1/leads" else known["session_id"]
    named = {"id": st.sampled_from(ids), "direction": st.sampled_from(["before", "before", "after", "x"])}
    fit = {"at": st.integers(0, _LATEST), "sender": st.sampled_from(known["sender"])} if of_events else {}
    filters = {"filters": _filters(EVENT_FILTERS if of_events else FILTERS)}
    odd = st.fixed_dictionaries({}, optional=dict.fromkeys(("id", "direction", *fit, "filters"), _SCALARS))
    return st.one_of(
        st.fixed_dictionaries({**named, **filters}),
        st.fixed_dictionaries({**named, **fit, **filters}),
        st.tuples(st.fixed_dictionaries({**named, **fit}), odd).map(lambda parts: {**parts[0], **parts[1]}),
    ).map(_encoded)


def _filters(table: Iterable[Filter]) -> st.SearchStrategy[dict[str, Any]]:
    """Filters as a cursor carries them, of any form."""
    values = _SCALARS | st.lists(_SCALARS, max_size=2)
    names = st.sampled_from([*(item.name for item in table), "colour"])
    return st.dictionaries(names, values, min_size=1, max_size=2)


def places() -> st.SearchStrategy[str]:
    """The same for the events of one session."""
    return st.tuples(_SCALARS | st.integers(0, _LATEST), _SCALARS, st.text(max_size=4)).map(_encoded)


def known_of(operation: Operation, known: Known) -> st.SearchStrategy[tuple[str, Any, bool]]:
    """What to put where in a case, and whether alone: random values never find anything."""
    names = {str(item.name) for item in operation.query}
    # A parameter that no route takes.
    values: dict[str, st.SearchStrategy[Any]] = {"": st.none(), "unknown": st.text(max_size=4)}
    values |= {name: st.sampled_from(known[name]) for name in sorted(names & set(known))}
    if "cursor" in names:
        # There are far more ways to be wrong than to be right.
        values["cursor"] = st.integers(0, 3).flatmap(
            lambda one: cursors(operation.path, known) if one else st.sampled_from(known[f"cursor of {operation.path}"])
        )
    if "events_cursor" in names:
        values["events_cursor"] = places()
    if "{id}" in operation.path:
        values["odd id"] = st.sampled_from(["", "/", "\0", "a/b", "..", "é"])
        values["id"] = st.sampled_from(known[operation.path])
    if operation.path == "/v1/suppressions":
        values["event_ids"] = st.lists(st.sampled_from(known["event_ids"]), min_size=1, max_size=3)
    found = [name for name in values if name not in ("", "unknown", "odd id")]
    often = [*values, *found * 3, "", "", *[name for name in found if name.endswith("cursor")] * 6]
    pairs = st.sampled_from(often).flatmap(lambda name: values[name].map(lambda value: (name, value)))
    return st.tuples(pairs, st.sampled_from([True, True, False])).map(lambda drawn: (*drawn[0], drawn[1]))


def put(case: AnyCase, name: str, value: Any, *, is_alone: bool) -> None:
    if name in ("id", "odd id"):
        case.path_parameters["id"] = quote(value, safe="")
        case.query = {} if is_alone else case.query
    elif name == "event_ids":
        rest = case.body if isinstance(case.body, dict) and not is_alone else {"reason": "own team"}
        case.body = {**rest, "event_ids": value}
    elif name:
        case.query = {name: value} if is_alone else {**(case.query or {}), name: value}


@dataclass
class Prober:
    """Sends cases, counts them, and keeps the first answer of each kind that is not documented."""

    base_url: str
    session: requests.Session = field(default_factory=requests.Session)
    sent: Counter[str] = field(default_factory=Counter)
    answered: Counter[tuple[str, int]] = field(default_factory=Counter)
    faults: dict[str, str] = field(default_factory=dict)

    def send(self, case: AnyCase, key: str | None, accept: str | None = None) -> None:
        headers: dict[str, str | bytes] = {} if key is None else {"Authorization": f"Bearer {key}".encode()}
        headers |= {} if accept is None else {"Accept": accept}
        label = case.operation.label
        self.sent[label] += 1
        # A redirect is an answer too, and none that is documented.
        options: dict[str, Any] = {"timeout": PATIENCE, "allow_redirects": False}
        try:
            answer = case.call(self.base_url, self.session, headers, **options)
        except requests.ConnectionError as error:
            self.faults.setdefault(f"{label}: no answer", f"{error}: {case.as_curl_command()}")
            return
        self.answered[label, answer.status_code] += 1
        try:
            case.validate_response(answer, checks=CHECKS)
        except FailureGroup as group:
            for failure in group.exceptions:
                kind = f"{label}: {answer.status_code} {type(failure).__name__}"
                self.faults.setdefault(kind, f"{failure}\n{case.as_curl_command()}")

    def lacking(self, labels: Sequence[str]) -> list[str]:
        """Operations that were not yet answered with what was asked for."""
        return [label for label in labels if not any(self.answered[label, status] for status in (200, 201, 202))]


def modes_of(operation: Operation) -> list[GenerationMode]:
    """Only a query or a body can be wrong: in a path any text is fit."""
    can_be_wrong = bool(operation.body) or bool(list(operation.query))
    return list(GenerationMode) if can_be_wrong else [GenerationMode.POSITIVE]
