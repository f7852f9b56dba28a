"""Putting identity facts and names right, sender by sender; sessions are put right by a new generation."""

from typing import Any

from sojourn.pipeline.doctor.differences import LINKS, NAMES, Derived, Difference
from sojourn.store.engine import Engine, sql

SENDERS_AT_ONCE = 10_000


class Repair:
    """Nothing else may write these tables meanwhile: the lock of passes is held."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def links(self, pages: dict[str, Any], differences: list[Difference]) -> None:
        self._replace(LINKS, "link.rebuilt", pages, differences)

    def names(self, pages: dict[str, Any], differences: list[Difference]) -> None:
        self._replace(NAMES, "name.rebuilt", pages, differences)

    def members(self, pages: dict[str, Any], differences: list[Difference]) -> None:
        for senders in senders_of(differences):
            self._engine.execute(
                f"INSERT INTO members (site_id, ref, key) SELECT DISTINCT site_id, ref, key FROM ({sql('link.rebuilt')})",
                {**pages, "senders": senders},
            )

    def leads(self, site_id: str, differences: list[Difference]) -> None:
        leads = sorted({lead for difference in differences for lead in difference.leads})
        self._engine.execute(sql("lead.collect"), {"site_id": site_id, "leads": leads})

    def _replace(self, derived: Derived, rebuilt: str, pages: dict[str, Any], differences: list[Difference]) -> None:
        """The rows of the senders that differ are deleted, where any is wrong, and written anew."""
        is_wrong = any(difference.kind != "missing" for difference in differences)
        for senders in senders_of(differences):
            parameters = {**pages, "senders": senders}
            if is_wrong:
                self._engine.execute(sql("sender.forget").replace("/* table */", derived.table), parameters)
            self._engine.execute(f"INSERT INTO {derived.table} SELECT * FROM ({sql(rebuilt)})", parameters)


def senders_of(differences: list[Difference]) -> list[list[str]]:
    """The senders of the rows, as many together as one statement takes."""
    senders = sorted({difference.key["sender"] for difference in differences})
    return [senders[start : start + SENDERS_AT_ONCE] for start in range(0, len(senders), SENDERS_AT_ONCE)]
