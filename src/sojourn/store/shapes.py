"""How each table of the schema is made: its engine, and its columns with their types."""

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from sojourn.store.schema import RECORD, statements, steps, table_of

_ENGINE = re.compile(r"\bENGINE = (\w+)")
_NO_COLUMNS = ("INDEX", "PROJECTION")


class Shape(NamedTuple):
    engine: str
    columns: dict[str, str]


@cache
def shapes() -> dict[str, Shape]:
    """Of each table by its name."""
    made = [RECORD, *(statement for _, _, text in steps() for statement in statements(text))]
    return {table_of(statement): _shape(statement) for statement in made}


def _shape(statement: str) -> Shape:
    engine = _ENGINE.search(statement)
    assert engine is not None
    body = statement[statement.index("(") + 1 : engine.start()].rstrip().removesuffix(")")
    items = (item.split(maxsplit=1) for item in _parts(body, ","))
    return Shape(engine[1], {name: next(_parts(rest, " ")) for name, rest in items if name not in _NO_COLUMNS})


def _parts(text: str, mark: str) -> Iterator[str]:
    """What stands between the marks that are in no brackets."""
    depth, start = 0, 0
    for place, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if depth == 0 and sign == mark:
            yield text[start:place].strip()
            start = place + 1
    yield text[start:].strip()
