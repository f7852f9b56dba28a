"""Which lead stands behind an identifier now."""

from collections.abc import Collection

from sojourn.errors import InvalidRequest, NotFound
from sojourn.model.identity import EMAIL, HANDLE, ID, LEAD_PREFIX, VISITOR, lead_id_of
from sojourn.model.session import PREFIX, decode_id
from sojourn.pipeline.erasures import Erasures, Receipt
from sojourn.pipeline.owners import Owners, keys_behind
from sojourn.pipeline.served import Served
from sojourn.reports.present import identifier
from sojourn.sql import sql
from sojourn.store.engine import Engine


class Leads:
    def __init__(self, engine: Engine, served: Served) -> None:
        self._engine = engine
        self._served = served

    def behind(self, site_id: str, text: str) -> tuple[str, ...]:
        """The refs of the leads that a lead_id, an own id, an e-mail, a phone or a visitor id stands for now."""
        return self.become(site_id, self.candidates(site_id, text))

    def found(self, site_id: str, text: str) -> str:
        """The ref of the one lead that the text stands for now.

        Raises NotFound, and InvalidRequest naming the candidates where it stands for several.
        """
        candidates = self.candidates(site_id, text)
        known = self._engine.query(sql("lead.known"), {"site_id": site_id, "refs": candidates})
        leads = self.become(site_id, [ref for (ref,) in known])
        if not leads:
            raise NotFound(f"There is no lead {text[:60]!r} on this site, or all of it is older than the site keeps.")
        if len(leads) > 1:
            told = ", ".join(f"{lead_id_of(site_id, lead)} ({' '.join(identifier(lead))})" for lead in leads)
            raise InvalidRequest(f"{text[:60]!r} stands for {len(leads)} leads: {told}; send one of these lead_ids.")
        return leads[0]

    def erased(self, site_id: str, text: str, erasures: Erasures) -> Receipt | None:
        """The receipt of a lead that was erased, by its lead_id or by one of the identifiers that were its alone."""
        number = number_of(text)
        receipt = erasures.of_lead(site_id, number) if number is not None else None
        return receipt or erasures.receipt(site_id, self.candidates(site_id, text))

    def candidates(self, site_id: str, text: str) -> list[str]:
        """The refs that the text may mean: a single one for a lead_id."""
        ref = self._of_lead_id(site_id, text)
        if ref is not None:
            return [ref]
        candidates = [ID + text, VISITOR + text, f"{HANDLE}phone:{text}"]
        return [*candidates, EMAIL + text.strip().lower()] if "@" in text else candidates

    def become(self, site_id: str, refs: Collection[str]) -> tuple[str, ...]:
        """The leads that the refs became: an anonymous visitor became the first lead that a fact names."""
        owners = Owners.behind(self._engine, site_id, set(refs))
        return tuple(sorted({owners.first(ref) for ref in refs}))

    def keys(self, site_id: str, lead: str) -> list[str]:
        """Every key whose events may belong to the lead."""
        return keys_behind(self._engine, site_id, {lead})

    def names(self, site_id: str, leads: list[str]) -> dict[str, str]:
        """What the leads are called, of those that have a name."""
        if not leads:
            return {}
        return dict(self._engine.query(sql("name.of_leads"), {"site_id": site_id, "leads": leads}))

    def _of_lead_id(self, site_id: str, text: str) -> str | None:
        number = number_of(text)
        if number is None:
            return None
        ref = self._served.ref_of(text)
        if ref is not None and lead_id_of(site_id, ref) == text:
            return ref
        rows = self._engine.query(sql("lead.of_number"), {"site_id": site_id, "lead_number": number})
        return str(rows[0][0]) if rows else None


def number_of(text: str) -> int | None:
    """The number behind a lead_id, or None for any other text."""
    return decode_id(PREFIX + text.removeprefix(LEAD_PREFIX)) if text.startswith(LEAD_PREFIX) else None
