"""What was erased, known by hashes alone, so that late copies of it are refused."""

import threading
from typing import Any

import msgspec

from sojourn.model.event import Event
from sojourn.model.identity import derived_number, named_of
from sojourn.sql import sql
from sojourn.store.engine import Engine


class Receipt(msgspec.Struct, frozen=True):
    """What an erasure removed; `is_done`: also from the files. Instants are milliseconds."""

    site_id: str
    receipt_number: int
    lead_number: int
    erased_at: int
    event_count: int
    session_count: int
    identifier_count: int
    is_done: bool | int = False


class Erasures:
    """An event is refused when its strongest identifier is erased, or else when it is itself, and it happened until
    then; so is a copy of it, however late it comes. What a lead does later is a new lead's.
    """

    tables = ("erasures", "receipts")

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._numbers: dict[str, dict[int, tuple[int, int]]] = {}
        self._receipts: dict[tuple[str, int], Receipt] = {}
        self.revision = 0  # another one when something was erased since
        self.load()

    def load(self) -> None:
        """Know what is written; only what a receipt was written for counts."""
        with self._lock:
            numbers: dict[str, dict[int, tuple[int, int]]] = {}
            for site_id, number, erased_at, receipt_number in self._engine.query(sql("erasure.all")):
                numbers.setdefault(site_id, {})[number] = (erased_at, receipt_number)
            receipts = [Receipt(*row) for row in self._engine.query(sql("receipt.all"))]
            self.revision += numbers != self._numbers
            self._numbers = numbers
            self._receipts = {(receipt.site_id, receipt.receipt_number): receipt for receipt in receipts}

    def refuses(self, event: Event) -> bool:
        """Whether the event was erased, or would have been."""
        known = self._numbers.get(event.site_id)
        if not known:
            return False
        refs = [named_of(event.external_id, event.email, "") or event.sender]
        if derived_number(event.site_id, _some_of(event.sender)) in known:
            refs.append(f"{event.sender}\0{event.event_id}")
        found = [known.get(derived_number(event.site_id, ref)) for ref in refs]
        return any(erased is not None and event.occurred_at <= erased[0] for erased in found)

    def watches(self, site_id: str, ref: str) -> bool:
        """Whether something of this identifier was erased, so that events that name it have to be looked at."""
        known = self._numbers.get(site_id, {})
        return any(derived_number(site_id, text) in known for text in (ref, _some_of(ref)))

    def is_empty(self, site_id: str) -> bool:
        return not self._numbers.get(site_id)

    def receipt(self, site_id: str, refs: list[str]) -> Receipt | None:
        """That of the last erasure of one of these identifiers."""
        known = self._numbers.get(site_id, {})
        found = [known[number] for number in (derived_number(site_id, ref) for ref in refs) if number in known]
        return self._receipts.get((site_id, max(found)[1])) if found else None

    def of_lead(self, site_id: str, lead_number: int) -> Receipt | None:
        """That of the last erasure of a lead by its lead_id."""
        receipts = list(self._receipts.values())
        found = [each for each in receipts if (each.site_id, each.lead_number) == (site_id, lead_number)]
        return max(found, key=lambda receipt: receipt.erased_at, default=None)

    def by_number(self, site_id: str, receipt_number: int) -> Receipt | None:
        return self._receipts.get((site_id, receipt_number))

    def undone(self) -> list[Receipt]:
        """Those of which something may still lie in files."""
        return [receipt for receipt in self._receipts.values() if not receipt.is_done]

    def write(self, receipt: Receipt, version: int) -> None:
        """From the moment this is written the lead is erased."""
        row: dict[str, Any] = msgspec.to_builtins(receipt) | {"version": version, "is_done": int(receipt.is_done)}
        self._engine.insert("receipts", tuple(row), msgspec.json.encode(row))


def _some_of(sender: str) -> str:
    """Stands for an identifier of which some events are erased, and others not."""
    return sender + "\0"
