"""One derived table against the facts: which rows are missing, left over or unlike."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sojourn.errors import StoreError
from sojourn.model.session import encode_id
from sojourn.model.site import Site
from sojourn.pipeline.owners import keys_behind
from sojourn.pipeline.sessionize import definitions
from sojourn.pipeline.touched import FOREVER, Range
from sojourn.sql import sql
from sojourn.store.engine import Engine

# A generation that nobody writes: a rebuild into it finds nothing stored, and so tells every row.
NO_GENERATION = (1 << 32) - 1
_OF_BUCKETS = """toUInt16(bitAnd(xxHash64(concat({site_id:String}, '\\0', sender)), 65535))
    BETWEEN {first_bucket:UInt16} AND {last_bucket:UInt16}
    AND (empty({senders:Array(String)}) OR sender IN {senders:Array(String)})"""
_OF_LEADS = "generation = {present:UInt32} AND lead IN {leads:Array(String)}"


@dataclass(frozen=True)
class Derived:
    """A derived table: its key beside the site, and the columns that say when a row was written, not what it says."""

    table: str
    key: tuple[str, ...]
    ignored: tuple[str, ...]
    scope: str


_FACT = ("occurred_at", "event_id", "sender", "content")
LINKS = Derived("links", ("key", *_FACT), ("commit_id", "version"), _OF_BUCKETS)
NAMES = Derived("names", ("ref", *_FACT), ("version",), _OF_BUCKETS)
SESSIONS = Derived(
    "sessions",
    ("started_at", "number"),
    ("generation", "content", "updated_at", "version", "is_deleted"),
    _OF_LEADS,
)
SLICES = Derived("slices", ("lead", "slice_at"), ("generation", "version", "is_deleted"), _OF_LEADS)


@dataclass(frozen=True)
class Difference:
    """A row that is not as it must be; `fields` are [stored, due] by name, empty for a row missing or left over."""

    key: dict[str, Any]
    kind: str
    fields: dict[str, tuple[Any, Any]]
    leads: frozenset[str] = frozenset()

    @property
    def told(self) -> str:
        where = ", ".join(f"{name} {value}" for name, value in self.key.items())
        what = ", ".join(f"{name} is {stored!r} and must be {due!r}" for name, (stored, due) in self.fields.items())
        return f"{where}: {what or self.kind}"[:500]


class Rebuild:
    """What the facts say, by the statements that the worker writes with, and what is stored beside it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._columns = lru_cache(self._columns_of)

    def links(self, page: dict[str, Any], seen: Range) -> list[Difference]:
        return self._differing(LINKS, sql("link.rebuilt"), {**page, **seen.parameters})

    def names(self, page: dict[str, Any], seen: Range) -> list[Difference]:
        return self._differing(NAMES, sql("name.rebuilt"), {**page, **seen.parameters})

    def members(self, page: dict[str, Any], seen: Range) -> list[Difference]:
        """Those missing; `members` may hold more than is true now, never less."""
        rows = self._engine.query(sql("member.missing"), {**page, **seen.parameters})
        return [Difference({"ref": ref, "key": key, "sender": sender}, "missing", {}) for ref, key, sender in rows]

    def leads(self, site: Site, site_id: str, leads: list[str], _seen: Range) -> list[Difference]:
        """Leads whose lead_id would not be found."""
        rows = self._engine.query(sql("lead.missing"), {"site_id": site_id, "present": site.generation, "leads": leads})
        return [Difference({"lead": lead}, "missing", {}, frozenset({lead})) for (lead,) in rows]

    def sessions(self, site: Site, site_id: str, leads: list[str], seen: Range) -> list[Difference]:
        """The sessions of the leads that are not those of their events of the commits that are seen."""
        rebuilt = _written_by("session.recompute", "sessions")
        return self._differing(SESSIONS, rebuilt, self._parameters(site, site_id, leads, seen))

    def slices(self, site: Site, site_id: str, leads: list[str], seen: Range) -> list[Difference]:
        place = {"site_id": site_id, "generation": site.generation, "leads": leads}
        sliced = [lead for (lead,) in self._engine.query(sql("slice.leads"), place)]
        if not sliced:
            return []
        parameters = self._parameters(site, site_id, sliced, seen)
        parameters |= {"slice_ms": site.session_timeout_ms, "timeout_ms": FOREVER}
        return self._differing(SLICES, _written_by("slice.refresh", "slices"), parameters)

    def _parameters(self, site: Site, site_id: str, leads: list[str], seen: Range) -> dict[str, Any]:
        return {
            **definitions(site),
            **seen.parameters,
            "site_id": site_id,
            "generation": NO_GENERATION,
            "present": site.generation,
            "leads": leads,
            "froms": [0] * len(leads),
            "tos": [FOREVER] * len(leads),
            "keys": keys_behind(self._engine, site_id, set(leads)),
            "from_ms": site.purged_before,
            "to_ms": FOREVER,
            "version": 0,
            "now_ms": 0,
        }

    def _differing(self, derived: Derived, rebuilt: str, parameters: dict[str, Any]) -> list[Difference]:
        names = self._columns(derived)
        text = (
            sql("row.differing")
            .replace("/* key */", ", ".join(derived.key))
            .replace("/* told */", ", ".join(names))
            .replace("/* table */", derived.table)
            .replace("/* scope */", derived.scope)
            .replace("/* rebuilt */", rebuilt)
        )
        return [_difference(derived, names, row) for row in self._engine.named(text, parameters)]

    def _columns_of(self, derived: Derived) -> tuple[str, ...]:
        rows = self._engine.query(
            "SELECT name FROM system.columns WHERE database = currentDatabase() AND table = {table:String}"
            " AND default_kind != 'MATERIALIZED' ORDER BY position",
            {"table": derived.table},
        )
        left_out = {"site_id", *derived.key, *derived.ignored}
        return tuple(name for (name,) in rows if name not in left_out)


def _written_by(name: str, table: str) -> str:
    """The rows that a statement would write."""
    _, mark, query = sql(name).partition(f"INSERT INTO {table}\n")
    if not mark:
        raise StoreError(f"The statement {name} does not write {table}; this is a fault of the program.")
    return query


def _difference(derived: Derived, names: tuple[str, ...], row: dict[str, Any]) -> Difference:
    key = {name: row[name] for name in derived.key}
    stored, due = (_by_name(names, row[side]) for side in ("stored", "due"))
    leads = frozenset(str(side.get("lead", row.get("lead", ""))) for side in (stored, due)) - {""}
    if "number" in key:
        key = {"session": encode_id(key["number"])}
    if not row["is_there"] or not row["is_due"]:
        return Difference(key, "missing" if row["is_due"] else "left over", {}, leads)
    unlike = {name: (stored[name], due[name]) for name in names if stored[name] != due[name]}
    return Difference(key, "unlike", unlike, leads)


def _by_name(names: tuple[str, ...], row: Any) -> dict[str, Any]:
    """A tuple of the store, which comes with the names of its elements or without."""
    return row if isinstance(row, dict) else dict(zip(names, row, strict=True))
