"""What changed since an instant: sessions, and tombstones for ids that are no more. For who keeps a copy."""

from typing import Any

from sojourn.model.session import encode_id
from sojourn.model.site import Site, oldest_kept
from sojourn.reports import filters as filter_table
from sojourn.reports.cursor import Cursor, encode
from sojourn.reports.holding import Holding
from sojourn.reports.sessions import Page, Question, Sessions
from sojourn.sql import sql
from sojourn.store.engine import Engine

SINCE = "updated_since"


class Changes:
    def __init__(self, engine: Engine, sessions: Sessions, holding: Holding) -> None:
        self._engine = engine
        self._sessions = sessions
        self._holding = holding

    def page(self, site: Site, site_id: str, question: Question, now_ms: int) -> Page:
        """Up to `limit` of them in the order of the list, newest started first."""
        filters = {"from": 0, "to": now_ms + 1, **question.filters}
        keys = self._keys(site, site_id, question, filters, now_ms)
        backwards = question.after is not None and question.after.direction == "after"
        more, keys = len(keys) > question.limit, keys[: question.limit]
        if backwards:
            keys.reverse()
        edge = (keys[0] if backwards else keys[-1]) if keys else None
        direction = "after" if backwards else "before"
        cursor = encode(Cursor(encode_id(edge), direction, filters)) if more and edge is not None else None
        return Page(self._shown(site, site_id, keys, now_ms), cursor)

    def _keys(self, site: Site, site_id: str, question: Question, filters: dict[str, Any], now_ms: int) -> list[int]:
        wanted = {name: value for name, value in filters.items() if name != SINCE}
        wanted["from"] = max(filters["from"], oldest_kept(site, now_ms))
        if question.leads is not None:
            wanted["lead_id"] = list(question.leads)
        backwards = question.after is not None and question.after.direction == "after"
        texts, parameters = filter_table.conditions(wanted, site_id, question.segments)
        texts += filter_table.by_key(wanted)
        parameters |= {"site_id": site_id, "generation": site.generation, "since": filters[SINCE]}
        parameters |= {"most": question.limit + 1, "oldest": oldest_kept(site, now_ms)}
        edge = ""
        if question.after is not None:
            edge = "AND number > {edge:UInt128}" if backwards else "AND number < {edge:UInt128}"
            parameters["edge"] = question.after.number
        text = sql("session.changed").replace("/* filters */", " AND ".join(texts)).replace("/* edge */", edge)
        rows = self._engine.query(text.replace("/* order */", "ASC" if backwards else "DESC"), parameters)
        return [int(number) for _, number in rows]

    def _shown(self, site: Site, site_id: str, keys: list[int], now_ms: int) -> list[dict[str, Any]]:
        """Sessions as the list shows them, and `{"id", "deleted": true, "superseded_by"}` for what is no more."""
        rows = self._sessions.of_numbers(site, site_id, keys)
        presented = self._sessions.present(site, site_id, rows, now_ms)
        live = {row["number"]: shown for row, shown in zip(rows, presented, strict=True)}
        gone = [number for number in keys if number not in live]
        successors = self._holding.now(site, site_id, gone)
        for number in gone:
            successor = successors.get(number)
            live[number] = {
                "id": encode_id(number),
                "deleted": True,
                "superseded_by": encode_id(successor) if successor is not None else None,
            }
        return [live[number] for number in keys]
