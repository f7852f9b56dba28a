"""Who the made-up leads are: a name, a place of work, devices, a kind of behaviour; each from its number alone."""

import random
from dataclasses import dataclass
from typing import Any

from sojourn.demo.names import (
    COMPANIES,
    COUNTRIES,
    DESKTOPS,
    FIRST,
    JOBS,
    LAST,
    MAILBOX,
    OWN_TEAM,
    PHONES,
    UNIVERSITY,
    Company,
)

# How often each kind of behaviour is met; robots and the own team come on top.
KINDS = {
    "bouncer": 38,
    "researcher": 15,
    "reader": 19,
    "evaluator": 15,
    "buyer": 7,
    "customer": 12,
    "student": 6,
}
TEAM, ROBOT = "team", "robot"


@dataclass(frozen=True)
class Device:
    """A browser, as the site knows it."""

    visitor_id: str
    agent: str


@dataclass(frozen=True)
class Person:
    """`own_id` is what the product's own system calls somebody, '' for who never had an account there."""

    number: int
    kind: str
    name: str
    email: str
    own_id: str
    company: Company
    job: str
    country: str
    devices: list[Device]

    @property
    def lead(self) -> dict[str, Any]:
        """What a form or a login tells of somebody."""
        named: dict[str, Any] = {"id": self.own_id} if self.own_id else {}
        named |= {"email": self.email, "name": self.name}
        if self.job:
            named["traits"] = {"job": self.job, "company": self.company.name, "company_size": self.company.size}
        return named

    @property
    def account(self) -> dict[str, str] | None:
        return {"domain": self.company.domain} if self.company.size else None

    @property
    def is_skewed(self) -> bool:
        """Whether its main device has a clock that is wrong."""
        return self.number % 41 == 7

    @property
    def skew_ms(self) -> int:
        """By how much that clock is ahead, or behind."""
        return ((self.number % 7) * 13 - 30) * 60_000 or 300_000


def person(seed: int, number: int, kind: str = "") -> Person:
    """The person of that number, always the same for a seed."""
    rng = random.Random(f"{seed}/person/{number}")
    drawn = rng.choices(list(KINDS), list(KINDS.values()))[0]
    kind = kind or drawn
    company = _works_at(rng, kind)
    first, last = rng.choice(FIRST), rng.choice(LAST)
    mail = f"{first}.{last}".lower() + (str(number % 90 + 10) if kind == "student" or not company.size else "")
    has_account = kind in ("buyer", "customer", TEAM) or (kind == "evaluator" and rng.random() < 0.4)
    return Person(
        number=number,
        kind=kind,
        name=f"{first} {last}",
        email=f"{mail}@{company.domain}",
        own_id=f"mr-{10_000 + number}" if has_account else "",
        company=company,
        job=rng.choice(JOBS) if company.size else "",
        country=company.country if company.size else rng.choice(COUNTRIES),
        devices=_devices(rng, kind),
    )


def _works_at(rng: random.Random, kind: str) -> Company:
    if kind == "student":
        return UNIVERSITY
    if kind == TEAM:
        return OWN_TEAM
    if kind in ("researcher", "reader") and rng.random() < 0.25:
        return MAILBOX
    return COMPANIES[int(len(COMPANIES) * rng.random() ** 1.6)]


def _devices(rng: random.Random, kind: str) -> list[Device]:
    """One or two: a computer and a phone, whichever comes first."""
    visitors = [f"{rng.getrandbits(48):012x}" for _ in range(2)]
    agents = [rng.choice(DESKTOPS), rng.choice(PHONES)]
    if kind == "bouncer" and rng.random() < 0.6:
        agents.reverse()
    count = 1 if kind == "bouncer" or rng.random() < 0.45 else 2
    return [Device(visitor, agent) for visitor, agent in zip(visitors[:count], agents, strict=False)]
