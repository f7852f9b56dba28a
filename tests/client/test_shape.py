"""What the client says about itself is true: it is light, its twins are alike, its answers are the documented ones."""

import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import sojourn
from sojourn import AsyncClient, Client, Retries, StoreError, client
from sojourn.client.parameters import Texts
from sojourn.errors import ERRORS
from sojourn.model.intent import IntentSteps
from sojourn.reports.event_filters import BY_NAME as EVENT_FILTERS_BY_NAME
from sojourn.reports.filters import BY_NAME, REPEATABLE
from sojourn.web.examples import SEGMENT, SITE
from sojourn.web.openapi import EVENT_FIELDS, SESSION_FIELDS
from sojourn.web.openapi.leads import LEAD_FIELDS, RECEIPT_FIELDS, SUMMARY_FIELDS
from sojourn.web.openapi.stored import STORED_FIELDS

ROOT = Path(__file__).parent.parent.parent


def test_importing_sojourn_loads_neither_http_nor_arrow() -> None:
    code = "import sys, sojourn; assert not {'httpx', 'anyio', 'numpy', 'pyarrow', 'msgspec'} & {*sys.modules}"
    code += "; assert sojourn.Client.__name__ == 'Client'; assert not {'numpy', 'pyarrow', 'chdb'} & {*sys.modules}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_public_name_is_there() -> None:
    assert [name for name in sojourn.__all__ if not hasattr(sojourn, name)] == []
    assert {error.__name__ for error in ERRORS} <= {*sojourn.__all__} <= {*dir(sojourn)}
    assert [name for name in client.__all__ if not hasattr(client, name)] == []
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        sojourn.nothing  # noqa: B018


def public(kind: type) -> dict[str, Any]:
    methods = inspect.getmembers(kind, inspect.isfunction)
    return {name: inspect.signature(method) for name, method in methods if not name.startswith("_")}


def test_the_twins_have_the_same_methods() -> None:
    ours, twins = public(Client), public(AsyncClient)
    assert {name: signature.parameters for name, signature in ours.items()} == {
        name: signature.parameters for name, signature in twins.items()
    }


def test_every_method_says_what_it_does() -> None:
    assert [name for name in public(Client) if not getattr(Client, name).__doc__] == []


def test_every_method_is_documented() -> None:
    text = (ROOT / "docs/python.md").read_text(encoding="utf-8")
    assert [name for name in public(Client) if f"| `{name}(" not in text] == []
    assert [error.__name__ for error in ERRORS if error is not StoreError and f"| `{error.__name__}`" not in text] == []
    assert [
        name for name in Retries.__struct_fields__ if f"| `{name}` | {getattr(Retries(), name):g} |" not in text
    ] == []


def test_the_answers_have_the_documented_fields() -> None:
    assert client.Session.__struct_fields__ == tuple(SESSION_FIELDS)
    for shape, fields in (
        (client.Site, SITE),
        (client.IntentSteps, IntentSteps.__struct_fields__),
        (client.Outlook, SITE["retention"]),
        (client.Segment, SEGMENT),
        (client.Event, STORED_FIELDS),
        (client.LeadSummary, SUMMARY_FIELDS),
        (client.KnownLead, LEAD_FIELDS),
        (client.Receipt, RECEIPT_FIELDS),
    ):
        assert {*shape.__struct_fields__} == {*fields}, shape  # type: ignore[misc]
    assert client.NewEvent.__struct_fields__ == tuple(EVENT_FIELDS)


def test_the_filters_are_those_of_the_api() -> None:
    filters = {name.removesuffix("_") for name in client.SessionFilters.__annotations__}
    assert {*BY_NAME} - {"updated_since"} == filters
    assert {name.removesuffix("_") for name in client.EventFilters.__annotations__} == {*EVENT_FILTERS_BY_NAME}
    many = {name for name, item in BY_NAME.items() if item.kind in REPEATABLE}
    assert {name for name, kind in client.SessionFilters.__annotations__.items() if kind == Texts} == many
