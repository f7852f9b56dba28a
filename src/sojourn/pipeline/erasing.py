"""Erasing a lead: first a fact, in hashes; then everything of it is deleted, which may be cut off and goes on."""

from collections.abc import Callable
from typing import Any

import msgspec

from sojourn.errors import Unavailable
from sojourn.model.belongings import Belongings
from sojourn.model.identity import derived_number
from sojourn.model.session import bucket_of
from sojourn.model.site import owner_of
from sojourn.pipeline.cleaning import Cleaner
from sojourn.pipeline.commits import CommitLog
from sojourn.pipeline.erasures import Erasures, Receipt
from sojourn.pipeline.generation import Generations
from sojourn.pipeline.ownership import Ownership
from sojourn.pipeline.sites import Sites
from sojourn.pipeline.turns import Turns
from sojourn.sql import sql
from sojourn.store.engine import Engine


class Erasing:
    """One erasure at a time. `turns` keeps the worker away; while it is found out what is the lead's, inserts wait."""

    def __init__(
        self,
        engine: Engine,
        commits: CommitLog,
        sites: Sites,
        generations: Generations,
        erasures: Erasures,
        cleaner: Cleaner,
        turns: Turns,
    ) -> None:
        self._engine = engine
        self._commits = commits
        self._sites = sites
        self._generations = generations
        self._erasures = erasures
        self._cleaner = cleaner
        self._turns = turns
        self._ownership = Ownership(engine)
        self._begun: Receipt | None = None  # said, or in doubt, and not yet carried out
        self._is_in_doubt = False  # the store may have taken its receipt without saying so

    def erase(self, site_id: str, find: Callable[[], str], catch_up: Callable[[], object], now_ms: int) -> Receipt:
        """Erase the lead that `find` names once `catch_up` has brought the identity facts up to date.

        Raises what these raise, and Unavailable while an import is under way; then nothing is erased. When the store
        fails from the receipt on, all is carried out nevertheless, as soon as it can be.
        """
        with self._turns:
            self.end_begun()  # before what it goes by is written anew for another lead
            catch_up()
            with self._commits.alone():
                if self._commits.hidden():
                    raise Unavailable("An import is under way; erase when it has ended.", retry_after=60)
                catch_up()
                receipt = self._say(site_id, find(), now_ms)
            self._carry_out()
        return receipt

    def resume(self) -> None:
        """Go on with what was cut off: what has a receipt is carried out, what has none was never said."""
        self._begun, self._is_in_doubt = None, False
        begun = {number for (number,) in self._engine.query(sql("leaving.receipts"))}
        for receipt in self._erasures.undone():
            self._cleaner.soon()
            if receipt.receipt_number in begun:
                self._begun = receipt
                self._carry_out()
        if begun:
            self._engine.execute("TRUNCATE TABLE leaving")

    def end_begun(self) -> bool:
        """Carry out what is said and not carried out; True if there was something. Before any pass: of an event that
        came since, a pass makes a session, which what is left of the erasure would delete.
        """
        self.settle()
        if self._begun is None:
            return False
        self._carry_out()
        return True

    def work(self, _now_ms: int) -> bool:
        """Once the files are clean, say so. True if there was something to do."""
        if self.end_begun():
            return True
        undone = [] if self._cleaner.is_waiting() else self._erasures.undone()
        for receipt in undone:
            self._erasures.write(msgspec.structs.replace(receipt, is_done=True), self._commits.stamp())
        if undone:
            self._erasures.load()
        return bool(undone)

    def settle(self) -> None:
        """What is in doubt is said once more: its receipt may be stored, or still be on its way. Others hear of it
        before they take an event again.
        """
        if self._begun is not None and self._is_in_doubt:
            with self._commits.alone():
                self._write(self._begun)

    def _say(self, site_id: str, lead: str, now_ms: int) -> Receipt:
        found, keys = self._ownership.of(site_id, lead)
        erased_at = max(now_ms, found.last_ms)
        number = derived_number(site_id, f"{lead}\0{erased_at}")
        parameters: dict[str, Any] = {"site_id": site_id, "keys": keys, "lead": lead, "oldest": 0}
        parameters |= {"generation": self._sites[site_id].generation, "erased_at": erased_at, "receipt_number": number}
        self._engine.execute("TRUNCATE TABLE leaving")
        self._note(site_id, lead, keys, found, number)
        self._engine.execute(sql("event.leaving"), parameters)
        event_count = int(self._engine.query(sql("event.count_of_lead"), parameters)[0][0])
        session_count = int(self._engine.query(sql("session.count_of_lead"), parameters)[0][0])
        self._engine.execute(sql("erasure.write"), parameters)
        lead_number = derived_number(site_id, lead)
        receipt = Receipt(site_id, number, lead_number, erased_at, event_count, session_count, len(found.own))
        self._write(receipt)
        return receipt

    def _write(self, receipt: Receipt) -> None:
        self._begun, self._is_in_doubt = receipt, True
        self._erasures.write(receipt, self._commits.stamp())
        self._erasures.load()
        self._is_in_doubt = False

    def _note(self, site_id: str, lead: str, keys: list[str], found: Belongings, number: int) -> None:
        """What the statements go by."""
        kinds = {"key": keys, "ref": found.own, "shared": found.shared, "lead": [lead]}
        rows = [
            {
                "site_id": site_id,
                "kind": kind,
                "bucket": bucket_of(site_id, ref),
                "ref": ref,
                "receipt_number": number,
            }
            for kind, refs in kinds.items()
            for ref in sorted(refs)
        ]
        self._engine.insert("leaving", tuple(rows[0]), b"\n".join(map(msgspec.json.encode, rows)))

    def _carry_out(self) -> None:
        receipt = self._begun
        assert receipt is not None
        parameters: dict[str, Any] = {"site_id": receipt.site_id, "erased_at": receipt.erased_at}
        self._generations.forget(owner_of(receipt.site_id))  # it may have read what goes: it begins anew
        with self._commits.changing():
            parameters |= {"now_ms": self._commits.change_ms(), "version": self._commits.stamp()}
            self._engine.execute(sql("session.end"), parameters)
        for name in ("session.erase", "slice.erase", "event.erase", "member.erase", "lead.erase"):
            self._engine.execute(sql(name), parameters)
        for table in ("links", "kept_links"):
            self._engine.execute(sql("link.erase").replace("/* table */", table), parameters)
        for table in ("names", "kept_names"):
            self._engine.execute(sql("name.erase").replace("/* table */", table), parameters)
        self._engine.execute("TRUNCATE TABLE leaving")
        self._begun = None
        self._cleaner.soon()
