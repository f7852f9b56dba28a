"""The OpenAPI document is valid, and the answers are what it says."""

import json
from typing import Any

import jsonschema
import pytest
from openapi_spec_validator import validate

from sojourn.web.examples import EVENT, SEGMENT, SESSION, SITE
from sojourn.web.openapi import document
from tests.serving import Server

REGISTERED = {"$defs": document()["components"]["schemas"]}


def check(value: Any, schema: str) -> None:
    body = {**REGISTERED, "$ref": f"#/$defs/{schema}"}
    text = json.dumps(body).replace("#/components/schemas/", "#/$defs/")
    jsonschema.validate(value, json.loads(text), jsonschema.Draft202012Validator)


def test_the_document_is_valid_openapi_3_1(server: Server) -> None:
    served = server.ask("GET", "/openapi.json", None).json()
    assert served["openapi"].startswith("3.1")
    validate(served)


def test_the_examples_fit(server: Server) -> None:
    check(EVENT, "Event")
    check(SESSION, "Session")
    check(SITE, "Site")
    check(SEGMENT, "Segment")
    assert server.send(EVENT)["refused"] == []


def test_the_answers_fit(server: Server) -> None:
    server.send({"type": "page_view", "visitor_id": "openapi", "url": "https://x.example/"})
    server.settled(1, lead_id="openapi")
    page = server.ask("GET", "/v1/sessions", params={"lead_id": "openapi"}).json()
    check(page, "Sessions")
    check(server.ask("GET", f"/v1/sessions/{page['data'][0]['id']}").json()["data"], "Journey")
    check(server.ask("GET", "/v1/site").json()["data"], "Site")
    check(server.ask("GET", "/nothing").json(), "Error")
    check(server.ask("POST", "/v1/events", json={"events": [{}]}).json(), "Accepted")


@pytest.mark.parametrize("path", sorted(document()["paths"]))
def test_every_documented_path_is_there(server: Server, path: str) -> None:
    for method in document()["paths"][path]:
        answer = server.ask(method.upper(), path.replace("{id}", "sess_x"), None)
        keyless = ("/healthz", "/readyz", "/metrics", "/openapi.json")
        assert answer.status_code == (200 if path in keyless else 401)
