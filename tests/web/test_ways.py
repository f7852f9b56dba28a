"""One question, every way to ask it: the API page by page, CSV and Parquet, the command line in each of its formats. All
answer the same sessions with the same values, and those that a plain filter over the oracle's sessions would choose.
"""

import contextlib
import io
import json
import random
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from sojourn.cli import main
from sojourn.model.instant import iso, to_ms
from sojourn.model.site import Site
from sojourn.reports.filters import OF_SEGMENTS
from tests.kit import to_events
from tests.laws.test_filters import Known, draw_combination, draw_filter, draw_payload, known
from tests.serving import Server, run
from tests.web.test_export import CSV, PARQUET, flat, number, read_csv

# A few in the usual run, and the number that is promised in `make test-all`.
COMBINATIONS = (40, pytest.param(300, marks=pytest.mark.long))
# Of these are asked by a process a command, as an operator does; the others by the same `main` in this one.
PROCESSES = 1
EVENTS = 1500
SITE = Site(id="default")
Pairs = list[tuple[str, str]]
Typed = Callable[..., str]


def draw_rich(chance: random.Random, number: int) -> dict[str, Any]:
    """A payload with what is hard to write into a file: fractions, commas, quotes, lines, other scripts."""
    payload = draw_payload(chance, number)
    if payload["lead"]:
        payload["lead"]["name"] = chance.choice(['Ann, "the" first', "Jörg\nMüller", "太郎", "=1+1"])
    if payload["type"] == "purchase":
        payload |= {"value": chance.choice([0.1, 19.99, 100, 1 / 3]), "currency": "EUR"}
    return payload


@pytest.fixture(scope="module")
def told(new_server: Callable[[], Server]) -> Iterator[tuple[Server, list[Known]]]:
    chance = random.Random(31)
    payloads = [draw_rich(chance, number) for number in range(EVENTS)]
    server = new_server().start()
    server.send(*payloads)
    assert sum(session["event_count"] for session in server.settled(EVENTS)) == EVENTS
    yield server, known(SITE, to_events(SITE, payloads))
    server.close()


def draw_segment(chance: random.Random, server: Server, sessions: list[Known]) -> tuple[str, set[str]]:
    """The id of a new segment of one filter, and the leads that have a session which passes it."""
    pairs: Pairs = []
    while not pairs or pairs[0][0] not in OF_SEGMENTS:
        pairs, fits = draw_filter(chance, SITE, sessions)
    name, values = pairs[0][0], [value for _, value in pairs]
    answer = server.ask("POST", "/v1/segments", json={"name": "drawn", "filters": {name: values}})
    assert answer.status_code == 201, answer.text
    return answer.json()["data"]["id"], {each.lead for each in sessions if fits(each)}


def draw_question(chance: random.Random, server: Server, sessions: list[Known]) -> tuple[Pairs, list[str]]:
    """A combination of filters, of segments too, and the ids that it chooses, in the list's order. What chooses all is
    long and says little, so it is drawn again most of the time.
    """
    pairs, expected = draw_combination(chance, SITE, sessions)
    if len(expected) == len(sessions) and chance.random() < 0.8:
        return draw_question(chance, server, sessions)
    if chance.random() < 0.3:
        segment_id, leads = draw_segment(chance, server, sessions)
        inside = {each.id for each in sessions if each.lead in leads}
        return [*pairs, ("segment_id", segment_id)], [each for each in expected if each in inside]
    return pairs, expected


def typed_here(*arguments: str) -> str:
    """What `sojourn …` prints, by its own `main` without a process of its own."""
    printed = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="", write_through=True)
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(printed):
        patch.setattr(sys, "argv", ["sojourn", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
    assert not ended.value.code, arguments
    buffer = printed.detach()
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode()


def typed_in_a_process(*arguments: str) -> str:
    done = run(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def paged(server: Server, pairs: Pairs, limit: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    asked = [*pairs, ("limit", str(limit))]
    while True:
        answer = server.ask("GET", "/v1/sessions", params=asked)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += page["data"]
        if not page["has_more"]:
            return found
        asked = [("cursor", page["next_cursor"]), ("limit", str(limit))]


def file_of(server: Server, pairs: Pairs, media: str) -> bytes:
    answer = server.ask("GET", "/v1/sessions", params=pairs, headers={"Accept": media})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith(media)
    return answer.content


def flags(chance: random.Random, pairs: Pairs) -> list[str]:
    """The parameters as they are typed, in either spelling."""
    found = []
    for name, value in pairs:
        flag = f"--{name.replace('_', '-')}"
        found += [f"{flag}={value}"] if chance.random() < 0.5 else [flag, value]
    return found


def as_csv(sessions: list[dict[str, Any]]) -> list[dict[str, str]]:
    return [{name: number(value) for name, value in flat(session).items()} for session in sessions]


def as_parquet(sessions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [session | {"lead": session["lead"]["name"]} for session in sessions]


def read_parquet(body: bytes) -> list[dict[str, Any]]:
    """The rows, with instants as the API writes them."""
    rows = pq.read_table(io.BytesIO(body)).to_pylist()
    return [
        {name: iso(to_ms(value)) if isinstance(value, datetime) else value for name, value in row.items()}
        for row in rows
    ]


def check_commands(typed: Typed, arguments: list[str], sessions: list[dict[str, Any]], place: Path) -> None:
    asked = ("sessions", *arguments)
    assert json.loads(typed(*asked, "--format", "json")) == sessions
    assert read_csv(typed(*asked, "--format", "csv")) == as_csv(sessions)
    typed(*asked, "--format", "parquet", "-o", str(place))
    assert read_parquet(place.read_bytes()) == as_parquet(sessions)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("combinations", COMBINATIONS)
def test_every_way_answers_a_combination_alike(
    told: tuple[Server, list[Known]], tmp_path: Path, combinations: int
) -> None:
    server, sessions = told
    chance, sizes = random.Random(13), []
    for turn in range(combinations):
        pairs, expected = draw_question(chance, server, sessions)
        listed = paged(server, pairs, chance.choice([7, 50, 200]) if len(expected) < 200 else 200)
        assert [session["id"] for session in listed] == expected, pairs
        assert read_csv(file_of(server, pairs, CSV).decode()) == as_csv(listed), pairs
        assert read_parquet(file_of(server, pairs, PARQUET)) == as_parquet(listed), pairs
        typed = typed_in_a_process if turn < PROCESSES else typed_here
        arguments = ["--data", server.where, *flags(chance, pairs)]
        check_commands(typed, arguments, listed, tmp_path / "sessions.parquet")
        sizes.append(len(expected))
    assert max(sizes) > 200
    assert sum(1 for size in sizes if 0 < size < 100) > combinations // 5
