"""What must hold whatever went wrong: nothing acknowledged is lost, nothing is double, and the sessions are the
oracle's over the stored events.
"""

import io
import time
from collections import Counter
from typing import Any

import pyarrow.parquet as pq

from sojourn.model.event import Event
from sojourn.model.identity import lead_id_of
from sojourn.model.session import encode_id
from sojourn.model.site import Site
from tests import oracle
from tests.kit import to_events
from tests.serving import Server, run
from tests.soak.load import Known

WITHIN = 60.0
FIELDS = {
    "id": "number",
    "lead_id": "lead",
    "event_count": "event_count",
    "entry_point": "entry_point",
    "exit_point": "exit_point",
    "total_points": "total_points",
    "page_count": "page_count",
    "converted": "converted",
    "intent": "intent",
    "intent_score": "intent_score",
    "channel": "channel",
}
Row = dict[str, Any]
# A clock that was ahead may have stamped what lies behind now.
EVERYTHING = {"from": "1970-01-01", "to": "2100-01-01", "format": "parquet"}


class Copy:
    """A client's copy of all sessions, kept by asking what changed."""

    def __init__(self) -> None:
        self.sessions: dict[str, int] = {}
        self.since = "1970-01-01T00:00:00Z"

    def sync(self, server: Server) -> None:
        asked: dict[str, str] = {"updated_since": self.since, "to": "2100-01-01", "limit": "200"}
        until = ""
        while asked:
            answer = server.ask("GET", "/v1/sessions", params=asked)
            need(answer.status_code == 200, f"a sync answered {answer.status_code} {answer.text[:200]}")
            body = answer.json()
            for row in body["data"]:
                self.sessions.pop(row["id"], None)
                if not row.get("deleted"):
                    self.sessions[row["id"]] = row["event_count"]
            until = until or body["synced_until"]
            asked = {"cursor": body["next_cursor"], "limit": "200"} if body["has_more"] else {}
        self.since = until


class Broken(AssertionError):
    """Something that must always hold does not."""


def check(server: Server, known: Known, copy: Copy) -> str:
    """One line that says what was compared. Raises Broken. Nothing may be under way; what follows from the events has
    the time in which it must be visible.
    """
    need(not known.faults, f"answers that must not be: {known.faults[:5]}")
    deadline = time.monotonic() + WITHIN
    while True:
        try:
            return compare(server, known, copy)
        except Broken:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.2)


def compare(server: Server, known: Known, copy: Copy) -> str:
    site = server.ask("GET", "/v1/site").json()["data"]
    need(site["building"] is None, "the sessions are being built anew")
    events = listed(server, "/v1/events")
    check_stored(events, known)
    copies = {(copy.event_id, copy.occurred_at, copy.points): copy for copy in attempted(known)}
    stored = [copies[row["id"], ms_of(row["occurred_at"]), row["points"]] for row in events]
    decisions = {
        (copy.sender, copy.event_id): row["suppressed"] or "" for copy, row in zip(stored, events, strict=True)
    }
    expected = [shown(session) for session in oracle.sessions(stored, decisions, site["session_timeout_ms"])]
    check_sessions(listed(server, "/v1/sessions"), expected)
    copy.sync(server)
    counts = {str(row["id"]): row["event_count"] for row in expected}
    differing = {name for name in counts.keys() | copy.sessions.keys() if counts.get(name) != copy.sessions.get(name)}
    need(not differing, f"a copy that is kept has {len(differing)} sessions otherwise: {sorted(differing)[:3]}")
    return f"{len(events)} events ({len(known.acknowledged)} acknowledged), {len(expected)} sessions"


def check_derived(server: Server) -> None:
    """The doctor compares what is derived with a rebuild, also while events come."""
    done = run("doctor", "--data", server.where, "--whole")
    need(done.returncode == 0, f"the doctor found something: {done.stdout}{done.stderr}")


def need(holds: bool, what: str) -> None:
    if not holds:
        raise Broken(what)


def listed(server: Server, path: str) -> list[Row]:
    answer = server.ask("GET", path, params=EVERYTHING)
    need(answer.status_code == 200, f"{path} answered {answer.status_code} {answer.text[:200]}")
    rows: list[Row] = pq.read_table(io.BytesIO(answer.content)).to_pylist()
    return rows


def check_stored(events: list[Row], known: Known) -> None:
    count = Counter(row["id"] for row in events)
    double = [name for name, times in count.items() if times > 1]
    need(not double, f"{len(double)} events are there more than once: {double[:5]}")
    lost = set(known.acknowledged) - set(count)
    need(not lost, f"{len(lost)} acknowledged events are lost: {sorted(lost)[:5]}")
    for row in events:
        at, sent = (
            ms_of(row["occurred_at"]),
            [(copy["occurred_at"], copy["points"]) for copy in known.copies[row["id"]]],
        )
        need((at, row["points"]) in sent, f"{row['id']} occurred at {at}, and was never sent so")
        need(at <= known.acknowledged.get(row["id"], at), f"of {row['id']} a smaller copy was acknowledged than {at}")
        need(row["suppressed"] is not None or row["id"] not in known.suppressed, f"{row['id']} is no longer suppressed")


def attempted(known: Known) -> list[Event]:
    site = Site(id="default")
    return to_events(site, [copy for copies in known.copies.values() for copy in copies])


def check_sessions(rows: list[Row], expected: list[Row]) -> None:
    found = {str(row["id"]): compared(row) for row in rows}
    need(len(found) == len(rows), "a session is listed more than once")
    wanted = {str(row["id"]): row for row in expected}
    lacking = [row for name, row in wanted.items() if found.get(name) != row]
    extra = [row for name, row in found.items() if wanted.get(name) != row]
    need(
        not lacking and not extra,
        f"{len(found)} sessions, the oracle has {len(wanted)}; {len(lacking)} lack, {len(extra)} are too many:"
        f"\n  lack {lacking[:2]}\n  too many {extra[:2]}",
    )


def shown(session: oracle.Session) -> Row:
    row: Row = {field: getattr(session, name) for field, name in FIELDS.items()}
    row |= {"id": encode_id(session.number), "lead_id": lead_id_of("default", session.lead)}
    return row | {"started_at": session.started_at, "ended_at": session.ended_at}


def compared(row: Row) -> Row:
    return {name: row[name] for name in FIELDS} | {
        "started_at": ms_of(row["started_at"]),
        "ended_at": ms_of(row["ended_at"]),
    }


def ms_of(instant: Any) -> int:
    milliseconds: int = round(instant.timestamp() * 1000)
    return milliseconds
