"""Putting identity facts and names right, sender by sender; sessions are put right by a new generation."""

from typing import Any

from sojourn.pipeline.doctor.differences import LINKS, NAMES, Derived, Difference
from sojourn.pipeline.touched import Range
from sojourn.sql import sql
from sojourn.store.engine import Engine

SENDERS_AT_ONCE = 10_000


class Repair:
    """Nothing else may write these tables meanwhile: the lock of passes is held."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def links(self, page: dict[str, Any], differences: list[Difference], seen: Range) -> None:
        self._replace(LINKS, "link.rebuilt", page, differences, seen)

    def names(self, page: dict[str, Any], differences: list[Difference], seen: Range) -> None:
        self._replace(NAMES, "name.rebuilt", page, differences, seen)

    def members(self, page: dict[str, Any], differences: list[Difference], seen: Range) -> None:
        links = sql("link.rebuilt")
        for senders in senders_of(differences):
            text = f"INSERT INTO members (site_id, ref, key) SELECT DISTINCT site_id, ref, key FROM ({links})"
            self._engine.execute(text, {**page, **seen.parameters, "senders": senders})

    def _replace(
        self, derived: Derived, rebuilt: str, page: dict[str, Any], differences: list[Difference], seen: Range
    ) -> None:
        """The rows of the senders that differ are deleted, where any is wrong, and written anew."""
        is_wrong = any(difference.kind != "missing" for difference in differences)
        for senders in senders_of(differences):
            parameters = {**page, **seen.parameters, "senders": senders}
            if is_wrong:
                self._engine.execute(sql("sender.forget").replace("/* table */", derived.table), parameters)
            self._engine.execute(f"INSERT INTO {derived.table} SELECT * FROM ({sql(rebuilt)})", parameters)


def senders_of(differences: list[Difference]) -> list[list[str]]:
    """The senders of the rows, as many together as one statement takes."""
    senders = sorted({difference.key["sender"] for difference in differences})
    return [senders[start : start + SENDERS_AT_ONCE] for start in range(0, len(senders), SENDERS_AT_ONCE)]
