"""Several sites in one store: whatever route, a key sees, changes and counts its own site alone.

Every path and method of the OpenAPI document needs a probe here; one that has none fails the test.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from sojourn.web.openapi import document
from tests.serving import Server, key_in, run

DATA_OF = ("default", "default:test", "shop", "shop:test")
AT = "2026-01-05T10:0{}:00Z"
# They need no key and show no site's data.
# A test twin's definitions are those of its site.
SHARED = ("/v1/site", "/v1/segments", "/v1/segments/{id}")
KEYLESS = {("get", path) for path in ("/healthz", "/readyz", "/metrics", "/openapi.json")}


@dataclass
class House:
    """A server with two sites and their test twins, each with the same ids, e-mails and visitors."""

    server: Server
    keys: dict[str, str]

    def ask(self, of: str, method: str, path: str, **more: Any) -> Any:
        answer = self.server.ask(method, path, self.keys[of], **more)
        assert answer.status_code < 300, (of, method, path, answer.text)
        return answer.json()

    def sessions(self, of: str) -> list[dict[str, Any]]:
        return self.server.sessions(self.keys[of])

    def seen(self, of: str) -> dict[str, Any]:
        """Everything that a key can read."""
        found = {path: probe(self, of) for (method, path), probe in PROBES.items() if method == "get"}
        for path, body in found.items():
            twin = [of.removesuffix(":test")] if path in SHARED else []
            assert [each for each in foreign_marks(body, of) if each not in twin] == []
        return found


def mark(of: str) -> str:
    """A word that is in every event of this data, and in no other."""
    return "mark-" + of.replace(":", "-") + "-end"


def foreign_marks(body: Any, of: str) -> list[str]:
    return [other for other in DATA_OF if other != of and mark(other) in str(body)]


def events(of: str) -> list[dict[str, Any]]:
    """The same ids everywhere; what they say is each data's own. One contradicts another, one is to be erased."""
    more = [{"event_id": f"more-{n}", "visitor_id": "v9"} for n in range(DATA_OF.index(of))]
    ann = {"id": "ann", "email": "ann@x.example", "traits": {"name": f"Ann {mark(of)}"}}
    bodies: list[dict[str, Any]] = [
        {"event_id": "e1", "visitor_id": "v1", "lead": ann},
        {"event_id": "e2", "visitor_id": "v1"},
        {"event_id": "e3", "visitor_id": "v2", "lead": {"id": "bob", "email": "ann@x.example"}},
        {"event_id": "e4", "visitor_id": "v3", "lead": {"id": f"of-{of}"}},
        *more,
    ]
    page = {"type": "page_view", "url": f"https://x.example/{mark(of)}"}
    return [{**page, "occurred_at": AT.format(place), **body} for place, body in enumerate(bodies)]


def unfit(of: str) -> list[dict[str, Any]]:
    """Another number of refusals for each."""
    return [{}] * (DATA_OF.index(of) + 1)


def fill(house: House, of: str) -> int:
    sent = events(of)
    answer = house.ask(of, "POST", "/v1/events", json={"events": [*sent, *unfit(of)]})
    assert (answer["accepted"], len(answer["refused"])) == (len(sent), len(unfit(of)))
    return len(sent)


@pytest.fixture(scope="module")
def house(new_server: Callable[[], Server]) -> Iterator[House]:
    server = new_server().start()
    data = ("--data", server.where)
    assert run("sites", "add", "shop", *data).returncode == 0
    keys = {of: key_in(run("keys", "create", "--site", of, *data).stdout) for of in DATA_OF}
    built = House(server, keys)
    for of in DATA_OF:
        server.settled(fill(built, of), keys[of])
    yield built
    server.close()


def get(path: str, **parameters: str) -> Callable[[House, str], Any]:
    return lambda house, of: house.ask(of, "GET", path, params=parameters)


def one_session(house: House, of: str) -> Any:
    return [house.ask(of, "GET", f"/v1/sessions/{session['id']}") for session in house.sessions(of)]


def lead_ids(house: House, of: str) -> list[str]:
    return [lead["id"] for lead in house.ask(of, "GET", "/v1/leads")["data"]]


def one_lead(tail: str) -> Callable[[House, str], Any]:
    def probe(house: House, of: str) -> Any:
        bodies = [
            house.ask(of, "GET", f"/v1/leads/{lead}{tail}") for lead in ("ann", "v9" if of != "default" else "v1")
        ]
        for body in bodies:
            body["data"].pop("exported_at", None)
        return bodies

    return probe


def one_segment(house: House, of: str) -> Any:
    segments = house.ask(of, "GET", "/v1/segments")["data"]
    return [house.ask(of, "GET", f"/v1/segments/{segment['id']}") for segment in segments]


def make_segment(house: House, of: str) -> Any:
    """Definitions are shared with the twin, so the mark is that of the site."""
    body = {"name": mark(of.removesuffix(":test")), "filters": {"entry_point": "page_view"}}
    return house.ask(of, "POST", "/v1/segments", json=body)


def change_segment(house: House, of: str) -> None:
    made = make_segment(house, of)["data"]["id"]
    house.ask(of, "PATCH", f"/v1/segments/{made}", json={"filters": {"min_events": 2}})
    others = [other for other in DATA_OF if other.removesuffix(":test") != of.removesuffix(":test")]
    for other in others:
        for method in ("GET", "PATCH", "DELETE"):
            answer = house.server.ask(method, f"/v1/segments/{made}", house.keys[other], json={"name": "x"})
            assert answer.status_code == 404


def remove_segment(house: House, of: str) -> None:
    house.ask(of, "DELETE", f"/v1/segments/{make_segment(house, of)['data']['id']}")


def send(house: House, of: str) -> None:
    event = {"type": "page_view", "url": f"https://x.example/{mark(of)}", "visitor_id": "v1", "event_id": "sent"}
    house.ask(of, "POST", "/v1/events", json={**event, "occurred_at": "2026-01-06T10:00:00Z"})
    assert house.ask(of, "POST", "/v1/events", json={"events": [event]})["accepted"] == 1


def suppress(house: House, of: str) -> None:
    decided = house.ask(of, "POST", "/v1/suppressions", json={"event_ids": ["e4"], "reason": "own team"})
    assert decided["data"]["event_count"] == 1


def change(house: House, of: str) -> None:
    """A site's definitions are its twin's too, and nobody else's."""
    house.ask(of, "PATCH", "/v1/site", json={"name": mark(of.removesuffix(":test"))})


def erase(house: House, of: str) -> None:
    for other in DATA_OF:
        for lead_id in lead_ids(house, other) if other != of else []:
            assert house.server.ask("DELETE", f"/v1/leads/{lead_id}", house.keys[of]).status_code == 404
    receipt = house.ask(of, "DELETE", "/v1/leads/bob")["data"]
    assert receipt["event_count"] == 1
    assert house.server.ask("GET", "/v1/leads/bob", house.keys[of]).status_code == 404


# What each route answers to a key, or does with it.
PROBES: dict[tuple[str, str], Callable[[House, str], Any]] = {
    ("get", "/v1/sessions"): get("/v1/sessions", **{"from": "1970-01-01"}),
    ("get", "/sessions"): get("/sessions", **{"from": "1970-01-01", "lead_id": "ann"}),
    ("get", "/v1/sessions/{id}"): one_session,
    ("get", "/v1/site"): get("/v1/site"),
    ("get", "/v1/events"): get("/v1/events", **{"from": "1970-01-01"}),
    ("get", "/v1/events/{id}"): get("/v1/events/e1"),
    ("get", "/v1/conflicts"): get("/v1/conflicts"),
    ("get", "/v1/refusals"): get("/v1/refusals"),
    ("get", "/v1/leads"): get("/v1/leads"),
    ("get", "/v1/leads/{id}"): one_lead(""),
    ("get", "/v1/leads/{id}/export"): one_lead("/export"),
    ("get", "/v1/segments"): get("/v1/segments"),
    ("get", "/v1/segments/{id}"): one_segment,
    ("post", "/v1/segments"): make_segment,
    ("patch", "/v1/segments/{id}"): change_segment,
    ("delete", "/v1/segments/{id}"): remove_segment,
    ("post", "/v1/events"): send,
    ("post", "/v1/suppressions"): suppress,
    ("patch", "/v1/site"): change,
    ("delete", "/v1/leads/{id}"): erase,
}
ROUTES = sorted((method, path) for path, methods in document()["paths"].items() for method in methods)


def test_every_route_has_a_probe() -> None:
    assert [route for route in ROUTES if route not in PROBES and route not in KEYLESS] == []


@pytest.mark.parametrize("of", DATA_OF)
def test_reading_shows_the_own_data_and_counts_it_alone(house: House, of: str) -> None:
    seen = house.seen(of)
    assert mark(of) in str(seen["/v1/sessions"])
    assert sum(session["event_count"] for session in seen["/v1/sessions"]["data"]) == len(events(of))
    assert seen["/v1/refusals"]["data"] == {"no_type": len(unfit(of))}
    assert seen["/v1/site"]["data"]["id"] == of.removesuffix(":test")
    assert len(seen["/v1/conflicts"]["data"]) == 1


@pytest.mark.parametrize("of", DATA_OF)
def test_what_is_somebody_elses_is_not_there(house: House, of: str) -> None:
    own = lead_ids(house, of)
    for other in (each for each in DATA_OF if each != of):
        paths = [f"/v1/sessions/{session['id']}" for session in house.sessions(other)]
        for lead in [*lead_ids(house, other), f"of-{other}"]:
            assert lead not in own
            paths += [f"/v1/leads/{lead}", f"/v1/leads/{lead}/export"]
        assert {house.server.ask("GET", path, house.keys[of]).status_code for path in paths} == {404}


@pytest.mark.slow
@pytest.mark.parametrize("of", DATA_OF)
def test_writing_changes_the_own_data_alone(house: House, of: str) -> None:
    """By every route that writes. Its twin shares its definitions, so those may change with it."""
    others = [other for other in DATA_OF if other != of]
    strangers = [other for other in others if other.removesuffix(":test") != of.removesuffix(":test")]
    for is_shared, untouched in ((True, strangers), (False, others)):
        before = {other: house.seen(other) for other in untouched}
        for (method, path), probe in PROBES.items():
            if method != "get" and (path in SHARED) == is_shared:
                probe(house, of)
        house.server.quiet(0)
        assert {other: house.seen(other) for other in untouched} == before


def test_a_header_does_not_lead_to_another_site(house: House) -> None:
    """It is the owner's, on the folder's socket; with a key it says nothing."""
    headers = {"X-Sojourn-Site": "shop", "X-Sojourn-Test": "1"}
    body = house.ask("default", "GET", "/v1/site", headers=headers)
    assert (body["data"]["id"], body["data"]["is_test"]) == ("default", False)
