"""Which lead stands behind an identifier now."""

from typing import Any

from sojourn.model.identity import EMAIL, HANDLE, ID, LEAD_PREFIX, VISITOR, named_of
from sojourn.model.session import PREFIX, decode_id
from sojourn.pipeline.touched import reach
from sojourn.store.engine import Engine, sql


class Leads:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def behind(self, site_id: str, text: str) -> tuple[str, ...]:
        """The refs of the leads that a lead_id, an own id, an e-mail, a phone or a visitor id stands for now."""
        if text.startswith(LEAD_PREFIX):
            ref = self._of_lead_id(site_id, text)
            if ref is not None:
                return (self.now(site_id, ref),)
        candidates = [ID + text, VISITOR + text, f"{HANDLE}phone:{text}"]
        if "@" in text:
            candidates.append(EMAIL + text.strip().lower())
        return tuple(sorted({self.now(site_id, ref) for ref in candidates}))

    def now(self, site_id: str, ref: str) -> str:
        """The lead that the ref became: an anonymous visitor became the first lead that a fact names."""
        if ref.startswith(EMAIL):
            return self.of_event(site_id, sender=ref, external_id="", email=ref[len(EMAIL) :], at_ms=0)
        if ref.startswith(ID):
            return ref
        return self.of_event(site_id, sender=ref, external_id="", email="", at_ms=0)

    def of_event(self, site_id: str, *, sender: str, external_id: str, email: str, at_ms: int) -> str:
        """The lead of an event with these identifiers at this instant."""
        linked = reach(self._engine, site_id, {sender, *([EMAIL + email] if email else [])})
        if not linked:
            return named_of(external_id, email, "") or sender
        parameters: dict[str, Any] = {
            "site_id": site_id,
            "senders": [sender],
            "external_ids": [external_id],
            "emails": [email],
            "instants": [at_ms],
            "keys": sorted({*linked, sender}),
        }
        rows = self._engine.query(sql("lead.resolved"), parameters)
        return str(rows[0][0])

    def keys(self, site_id: str, lead: str) -> list[str]:
        """Every key whose events may belong to the lead."""
        found = self._engine.query(sql("member.closure"), {"site_id": site_id, "refs": [lead]})
        return sorted({lead, *(key for (key,) in found)})

    def _of_lead_id(self, site_id: str, text: str) -> str | None:
        number = decode_id(PREFIX + text.removeprefix(LEAD_PREFIX))
        if number is None:
            return None
        rows = self._engine.query(sql("lead.of_number"), {"site_id": site_id, "lead_number": number})
        return str(rows[0][0]) if rows else None
