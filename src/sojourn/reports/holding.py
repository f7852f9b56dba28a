"""Which session now holds the event that an id was made of: what an old id answers with."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sojourn.model.identity import EMAIL
from sojourn.model.session import bucket_in, started_ms_of
from sojourn.model.site import Site
from sojourn.pipeline.owners import Owners
from sojourn.sql import sql
from sojourn.store.engine import Engine

TAIL = 0xFFFF_FFFF_FFFF_FFFF
FEW_LEADS = 1000
OF_LEADS = "lead IN {leads:Array(String)}"
OF_TIME = "started_at <= {to_ms:Int64} AND ended_at >= {from_ms:Int64}"
_Place = tuple[str, int]  # a lead and an instant


class Holding:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def now(self, site: Site, site_id: str, numbers: Iterable[int]) -> dict[int, int]:
        """For each id's number that of the session that holds its event, or spans its time if it is suppressed; in a
        few statements, however many they are. Left out are those that no session answers.
        """
        places = self._places(site_id, list(numbers))
        rows = self.spanning(site, site_id, set(places.values())) if places else {}
        return {number: rows[place] for number, place in places.items() if place in rows}

    def _places(self, site_id: str, numbers: list[int]) -> dict[int, _Place]:
        """The lead and the instant of the event behind each number, as they stand now."""
        parameters = {
            "site_id": site_id,
            "buckets": [bucket_in(number) for number in numbers],
            "instants": [started_ms_of(number) for number in numbers],
            "tails": [number & TAIL for number in numbers],
        }
        found = self._engine.query(sql("event.by_numbers"), parameters) if numbers else []
        events = {(sender, event_id): (bucket, at, tail) for sender, event_id, bucket, at, tail in found}
        if not events:
            return {}
        standing = self._engine.named(
            sql("event.standing"),
            {
                "site_id": site_id,
                "buckets": [origin[0] for origin in events.values()],
                "senders": [sender for sender, _ in events],
                "event_ids": [event_id for _, event_id in events],
            },
        )
        leads = self.leads(site_id, standing)
        by_origin = {
            events[row["sender"], row["event_id"]]: (lead, int(row["occurred_at"]))
            for row, lead in zip(standing, leads, strict=True)
        }
        origins = {number: (bucket_in(number), started_ms_of(number), number & TAIL) for number in numbers}
        return {number: by_origin[origin] for number, origin in origins.items() if origin in by_origin}

    def leads(self, site_id: str, events: Sequence[Mapping[str, Any]]) -> list[str]:
        """The lead of each event."""
        keys = {event["sender"] for event in events} | {EMAIL + event["email"] for event in events if event["email"]}
        return list(map(Owners.behind(self._engine, site_id, keys).of_row, events))

    def spanning(self, site: Site, site_id: str, places: set[_Place]) -> dict[_Place, int]:
        """The number of the session of each lead that spans the instant."""
        ordered = sorted(places)
        parameters = {
            "site_id": site_id,
            "generation": site.generation,
            "leads": [lead for lead, _ in ordered],
            "instants": [at for _, at in ordered],
        }
        rows = self._engine.query(sql("session.spanning"), parameters)
        return {(lead, int(at)): int(number) for lead, at, number in rows}

    def of_many(self, site: Site, site_id: str, places: Sequence[_Place]) -> list[int | None]:
        """The same for as many places as a file has at once, one by one: by the sessions of their time, where there are
        more leads than are well looked up.
        """
        if not places:
            return []
        leads, instants = {lead for lead, _ in places}, [at for _, at in places]
        parameters = {"site_id": site_id, "generation": site.generation}
        parameters |= {"from_ms": min(instants), "to_ms": max(instants), "leads": sorted(leads)[:FEW_LEADS]}
        chosen = OF_LEADS if len(leads) <= FEW_LEADS else OF_TIME
        starts: dict[str, list[int]] = {}
        spans: dict[str, list[tuple[int, int]]] = {}
        for lead, started_at, ended_at, number in self._engine.query(
            sql("session.spans").replace("/* chosen */", chosen), parameters
        ):
            starts.setdefault(lead, []).append(started_at)
            spans.setdefault(lead, []).append((ended_at, number))
        found: list[int | None] = []
        for lead, at in places:
            behind = bisect_right(starts.get(lead, ()), at)
            ended_at, number = spans[lead][behind - 1] if behind else (-1, 0)
            found.append(number if ended_at >= at else None)
        return found
