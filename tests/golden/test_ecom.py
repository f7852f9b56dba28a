"""31,106 events of 600 people with their true sessions: whatever the order, repetition and pieces."""

import csv
import gzip
import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from sojourn.app import Sojourn
from sojourn.model.instant import to_ms
from sojourn.model.site import Site
from tests.kit import listed, to_events

DATA = Path(__file__).parents[1] / "data"
Truth = Counter[tuple[str, int, int, int, str, str, bool]]


def at(text: str) -> int:
    return to_ms(datetime.fromisoformat(text))


def payloads() -> list[dict[str, Any]]:
    with gzip.open(DATA / "ecom.csv.gz", "rt") as file:
        return [
            {
                "type": row["event"],
                "event_id": f"ecom-{number}",
                "visitor_id": row["user_id"],
                "occurred_at": at(row["timestamp"]),
            }
            for number, row in enumerate(csv.DictReader(file))
        ]


def truth() -> Truth:
    with (DATA / "ecom_truth_sessions.csv").open() as file:
        return Counter(
            (
                f"v:{row['key']}",
                at(row["start"]),
                at(row["end"]),
                int(row["events"]),
                row["first"],
                row["last"],
                int(row["purchases"]) > 0,
            )
            for row in csv.DictReader(file)
        )


def found(app: Sojourn, site: Site) -> Truth:
    names = ("lead", "started_at", "ended_at", "event_count", "entry_point", "exit_point")
    return Counter((*(row[name] for name in names), bool(row["is_converted"])) for row in listed(app, site))


@pytest.mark.parametrize("pieces", [1, pytest.param(100, marks=pytest.mark.slow)])
def test_truth_is_reproduced(app: Sojourn, new_site: Callable[..., Site], pieces: int) -> None:
    """In order at once; and shuffled, doubled and in a hundred pieces."""
    site = new_site()
    events = to_events(site, payloads())
    if pieces > 1:
        events += to_events(site, payloads())
        random.Random(7).shuffle(events)
    for start in range(pieces):
        app.insert(events[start::pieces])
        app.work_off()
    assert sum(truth().values()) == 3605
    assert found(app, site) == truth()
