"""What calls are made of: how a path is written, what is asked of a list, how an answer is read."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec

from sojourn.client.answers import Page, Wrapped
from sojourn.client.parameters import pairs_of
from sojourn.client.steps import Call, Reply, Request
from sojourn.errors import InvalidRequest

T = TypeVar("T")


def reading(shape: type[T]) -> Callable[[Reply], T]:
    """Reads a whole body as the shape."""
    decoder = msgspec.json.Decoder(shape)
    return lambda reply: decoder.decode(reply.body)


def reading_data(shape: type[Wrapped[T]]) -> Callable[[Reply], T]:
    """Reads what is wrapped in `data`."""
    read = reading(shape)
    return lambda reply: read(reply).data


def one(shape: type[Wrapped[T]], path: str, parameters: Mapping[str, object] | None = None) -> Call[T]:
    """GET of a single thing."""
    return Call(Request(method="GET", path=path, params=pairs_of(parameters or {})), reading_data(shape))


def page(shape: type[Page[T]], path: str, parameters: Mapping[str, object]) -> Call[Page[T]]:
    """GET of a list. Raises InvalidRequest for unfit parameters."""
    if "updated_since" in parameters:
        raise InvalidRequest("updated_since gives tombstones as well; ask `changes` for what changed since an instant.")
    return Call(Request(method="GET", path=path, params=pairs_of(parameters)), reading(shape))


def place(path: str, id_: str) -> str:
    """The path of one thing, its id quoted. Raises InvalidRequest for what cannot be part of a path."""
    if not isinstance(id_, str) or not id_.strip("."):
        raise InvalidRequest(f"The id is {id_!r}; allowed is a text.")
    return f"{path}/{quote(id_, safe='')}"


def json_of(body: Any) -> bytes:
    """Raises InvalidRequest for what JSON cannot say."""
    try:
        return msgspec.json.encode(body)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise InvalidRequest(f"The request cannot be written as JSON: {error}.") from None
