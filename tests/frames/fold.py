"""The plain fold that the laws hold `sessionize` to: sessions of rows, one event after the other.

A row is a dict of lead, time (ms), type, url, points and, where rows have one, id. None stands for what is lacking.
"""

from typing import Any

import xxhash

from sojourn.model.event import normalise_type
from sojourn.model.intent import (
    DECISIVE_TYPES,
    HIGH_TYPES,
    OPEN_TYPE,
    UNSUBSCRIBE_TYPES,
    Signs,
    intent_of,
    is_content_path,
    is_high_path,
    score_of,
)
from sojourn.model.page import page_of, path_of
from sojourn.model.session import encode_id, session_number

PASSIVE = {
    "email_sent",
    "email_delivered",
    "email_bounce",
    "email_complaint",
    "identify",
    "group",
    "alias",
}
Row = dict[str, Any]


def fold(rows: list[Row], timeout: int) -> list[list[Row]]:
    """The sessions as lists of their rows in order; each row with its normalised type and its id."""
    standing: dict[Any, Row] = {}
    for place, row in enumerate(rows):
        kind, url = normalise_type(row["type"] or ""), row["url"] or ""
        name = row.get("id") or row_name(row["time"], kind, url)
        key = (row["lead"], name) if row.get("id") else place
        new = row | {"type": kind, "url": url, "id": name, "points": row["points"] or 0, "place": place}
        if key not in standing or content(new) < content(standing[key]):
            standing[key] = new
    has_ids = any("id" in row for row in rows)
    active = [row for row in standing.values() if row["type"] not in PASSIVE]
    active.sort(
        key=lambda row: (row["lead"], row["time"], row["id"].encode() if has_ids else row["place"], row["place"])
    )
    sessions: list[list[Row]] = []
    for row in active:
        last = sessions[-1][-1] if sessions else None
        if last and last["lead"] == row["lead"] and row["time"] - last["time"] < timeout:
            sessions[-1].append(row)
        else:
            sessions.append([row])
    return sessions


def content(row: Row) -> tuple[int, bytes, bytes, int]:
    return row["time"], row["type"].encode(), row["url"].encode(), row["points"]


def row_name(ms: int, kind: str, url: str) -> str:
    digest = xxhash.xxh64_hexdigest("\0".join((str(ms), kind, url)).encode())
    return f"row-{digest}-0"


def described(session: list[Row]) -> Row:
    """The columns of a session, times in ms."""
    first, last = session[0], session[-1]
    views = [row for row in session if row["type"] == "page_view" and row["url"]]
    types = [row["type"] for row in session]
    signs = signs_of(session, views)
    return {
        "id": encode_id(session_number("default", "i:" + first["lead"], first["id"], first["time"])),
        "lead": first["lead"],
        "started_at": first["time"],
        "ended_at": last["time"],
        "duration": (last["time"] - first["time"]) // 1000,
        "event_count": len(session),
        "page_count": signs.page_count,
        "entry_point": first["type"] or None,
        "exit_point": last["type"] or None,
        "entry_url": views[0]["url"] if views else None,
        "exit_url": views[-1]["url"] if views else None,
        "total_points": sum(row["points"] for row in session),
        "intent": intent_of(signs),
        "intent_score": score_of(signs),
        "converted": "purchase" in types,
        "goals": sorted({"purchase", "demo_request", "trial_signup"} & set(types)),
    }


def signs_of(session: list[Row], views: list[Row]) -> Signs:
    types = {row["type"] for row in session}
    steps = [row for row in session if row["type"] in HIGH_TYPES]
    steps += [row for row in views if is_high_path(path_of(row["url"]))]
    return Signs(
        page_count=len({page_of(row["url"]) for row in views}),
        content_page_count=len({page_of(row["url"]) for row in views if is_content_path(path_of(row["url"]))}),
        high_step_count=len({(row["type"], page_of(row["url"])) for row in steps}),
        is_decisive=any(kind in DECISIVE_TYPES for kind in types),
        is_converted="purchase" in types,
        is_email_only=all(kind.startswith("email_") or kind in UNSUBSCRIBE_TYPES for kind in types),
        has_unsubscribe=any(kind in UNSUBSCRIBE_TYPES for kind in types),
        is_open_only=types == {OPEN_TYPE},
    )


def expected(rows: list[Row], timeout: int) -> list[Row]:
    """The sessions of the rows as `sessionize` shows them, ordered by (started_at, id)."""
    return sorted((described(each) for each in fold(rows, timeout)), key=lambda s: (s["started_at"], s["id"]))
