"""What becomes of a person over weeks, by the kind of behaviour; and one stay of it that happens just now."""

import random
from collections.abc import Callable, Sequence

from sojourn.demo import mails, scenes
from sojourn.demo import product as p
from sojourn.demo.mails import Mail
from sojourn.demo.names import ROBOTS
from sojourn.demo.people import Device, Person
from sojourn.demo.product import DIRECT, Origin
from sojourn.demo.rhythm import HOUR, MINUTE, days_later
from sojourn.demo.scenes import Scene
from sojourn.demo.stay import Stay, Teller

ROBOT_REASON, TEAM_REASON = "robot", "internal"
_ANY = (*p.SEARCHES, *p.SEARCHES, *p.ADS, *p.POSTS, *p.LINKS, DIRECT, DIRECT)


def bouncer(teller: Teller, at_ms: int, _to_ms: int, _mailings: Sequence[Mail]) -> None:
    origin = teller.rng.choice(p.ADS if teller.rng.random() < 0.75 else _ANY)
    scenes.glance(teller.stay(at_ms), origin)


def researcher(teller: Teller, at_ms: int, to_ms: int, _mailings: Sequence[Mail]) -> None:
    """Reads for weeks, and says who it is at last or never."""
    plan: list[Scene] = [scenes.read] * teller.rng.randint(1, 3)
    plan.append(teller.rng.choice((scenes.read, scenes.subscribe, scenes.contact, scenes.look, scenes.listen)))
    _act_out(teller, at_ms, to_ms, plan, 3.5, (*p.SEARCHES, *p.POSTS, *p.LINKS))


def reader(teller: Teller, at_ms: int, _to_ms: int, mailings: Sequence[Mail]) -> None:
    """Has the newsletter, and cancels it some day; some have it for long, some subscribe now."""
    is_new = teller.rng.random() < 0.4
    if is_new:
        scenes.subscribe(teller.stay(at_ms), teller.rng.choice((*p.SEARCHES, *p.POSTS)))
    teller.is_known = True
    eagerness = teller.rng.choice((0.25, 0.5, 0.85))
    for mail in mailings:
        if (mail.at_ms > at_ms or not is_new) and not mails.receive(teller, mail, eagerness):
            return
    if teller.rng.random() < 0.35:
        later_ms = days_later(teller.rng, at_ms, teller.rng.uniform(2, 20))
        teller.rng.choice((scenes.look, scenes.weigh))(teller.stay(later_ms), DIRECT)


def evaluator(teller: Teller, at_ms: int, to_ms: int, mailings: Sequence[Mail]) -> None:
    """Looks, weighs, and asks for a demo or begins a trial."""
    rng = teller.rng
    plan: list[Scene] = [scenes.look] * rng.randint(0, 1)
    plan += [scenes.read] * rng.randint(0, 1)
    plan += [scenes.weigh] * rng.randint(1, 2)
    plan.append(scenes.try_it if teller.person.own_id else rng.choice((scenes.ask_demo, scenes.contact, scenes.weigh)))
    plan += rng.choices((scenes.weigh, scenes.study, scenes.abandon), (5, 4, 2), k=rng.randint(0, 2))
    ended_ms = _act_out(teller, at_ms, to_ms, plan, 2.2, _ANY)
    if teller.person.own_id:
        mails.welcome(teller, ended_ms + 10 * MINUTE)
        _act_out(teller, days_later(rng, ended_ms, 1), to_ms, [scenes.work] * rng.randint(1, 4), 2.0, (DIRECT,))
    if teller.is_known:
        _write_to(teller, [mail for mail in mailings if mail.at_ms > ended_ms], 0.4)


def buyer(teller: Teller, at_ms: int, to_ms: int, _mailings: Sequence[Mail]) -> None:
    """Comes to a purchase in days."""
    rng = teller.rng
    plan: list[Scene] = [scenes.look, scenes.weigh, *rng.sample((scenes.ask_demo, scenes.try_it), rng.randint(0, 1))]
    plan += [scenes.abandon] * rng.choice((0, 0, 1)) + [scenes.buy] + [scenes.work] * rng.randint(1, 5)
    _act_out(teller, at_ms, to_ms, plan, 1.8, _ANY)


def customer(teller: Teller, at_ms: int, to_ms: int, mailings: Sequence[Mail]) -> None:
    """Works with the product for long, and orders again now and then."""
    rng = teller.rng
    teller.is_known = True
    plan: list[Scene] = [scenes.work] * rng.randint(3, 9)
    if rng.random() < 0.25:
        plan.insert(rng.randrange(len(plan)), scenes.order_more)
    if rng.random() < 0.2:
        plan.insert(rng.randrange(len(plan)), scenes.study)
    _act_out(teller, at_ms, to_ms, plan, rng.uniform(1.0, 4.0), (DIRECT, DIRECT, DIRECT, p.SEARCHES[0]))
    if rng.random() < 0.5:
        _write_to(teller, mailings, 0.35)


def student(teller: Teller, at_ms: int, to_ms: int, _mailings: Sequence[Mail]) -> None:
    plan: list[Scene] = [teller.rng.choice((scenes.study, scenes.read)) for _ in range(teller.rng.randint(1, 4))]
    _act_out(teller, at_ms, to_ms, plan, 2.5, p.COURSES)


def team(teller: Teller, at_ms: int, to_ms: int, _mailings: Sequence[Mail]) -> None:
    """Own people, left out of everything."""
    teller.suppressed = TEAM_REASON
    while at_ms < to_ms:
        teller.rng.choice((scenes.work, scenes.weigh, scenes.study))(teller.stay(at_ms), DIRECT)
        at_ms = days_later(teller.rng, at_ms, 1)


def robot(teller: Teller, at_ms: int, to_ms: int, _mailings: Sequence[Mail]) -> None:
    """Fetches pages around the clock."""
    agent = ROBOTS[teller.person.number % len(ROBOTS)]
    teller.suppressed = ROBOT_REASON
    device, paths = Device(teller.person.devices[0].visitor_id, agent), list(p.TITLES)
    step_ms = (25 + 30 * (teller.person.number % 2)) * MINUTE
    while at_ms < to_ms:
        stay = teller.stay(at_ms + teller.rng.randrange(MINUTE), device)
        for _ in range(teller.rng.randint(1, 2)):
            stay.view(teller.rng.choice(paths))
            stay.at_ms = min(stay.at_ms, at_ms + 3 * MINUTE)
        at_ms += step_ms


def _act_out(
    teller: Teller, at_ms: int, to_ms: int, plan: Sequence[Scene], days: float, origins: Sequence[Origin]
) -> int:
    """One scene after the other, some days between them; when the last began."""
    last_ms, origin = at_ms, teller.rng.choice(origins)
    for scene in plan:
        if at_ms >= to_ms:
            break
        scene(teller.stay(at_ms), origin)
        last_ms, origin = at_ms, teller.rng.choice((*origins, DIRECT, DIRECT))
        at_ms = days_later(teller.rng, at_ms, teller.rng.uniform(0.4, 1.6) * days)
        if teller.rng.random() < 0.08:
            at_ms = last_ms + teller.rng.randrange(2 * HOUR, 6 * HOUR)
    return last_ms


def _write_to(teller: Teller, mailings: Sequence[Mail], eagerness: float) -> None:
    for mail in mailings:
        if not mails.receive(teller, mail, eagerness):
            return


Story = Callable[[Teller, int, int, Sequence[Mail]], None]
STORIES: dict[str, Story] = {
    "bouncer": bouncer,
    "researcher": researcher,
    "reader": reader,
    "evaluator": evaluator,
    "buyer": buyer,
    "customer": customer,
    "student": student,
    "team": team,
    "robot": robot,
}

# What somebody of a kind may do just now, as (scene, how often).
_NOW: dict[str, tuple[tuple[Scene, int], ...]] = {
    "bouncer": ((scenes.glance, 1),),
    "researcher": ((scenes.read, 4), (scenes.subscribe, 2), (scenes.look, 2)),
    "reader": ((scenes.look, 3), (scenes.read, 3), (scenes.listen, 1)),
    "evaluator": ((scenes.weigh, 5), (scenes.look, 2), (scenes.contact, 1), (scenes.ask_demo, 3), (scenes.abandon, 1)),
    "buyer": ((scenes.buy, 3), (scenes.weigh, 2), (scenes.work, 3)),
    "customer": ((scenes.work, 9), (scenes.study, 1), (scenes.order_more, 1)),
    "student": ((scenes.study, 1),),
}
_REGULAR, _MET = ("customer", "buyer"), ("reader", "evaluator")


def happening(person: Person, rng: random.Random, prefix: str, at_ms: int, *, is_new: bool) -> Teller:
    """One stay that begins at the instant, or a mail that is opened then; of somebody new or somebody seen before."""
    is_known = person.kind in _REGULAR or (person.kind in _MET and not is_new)
    is_known = is_known or (person.kind == "researcher" and not is_new and rng.random() < 0.5)
    teller = Teller(person, rng, prefix, is_known=is_known)
    if person.kind == "reader" and is_known and rng.random() < 0.6:
        mails.open_mail(teller, mails.one_of(rng, at_ms), at_ms)
        return teller
    choices = _NOW[person.kind]
    (scene,) = rng.choices([scene for scene, _ in choices], [often for _, often in choices])
    origin = DIRECT if is_known else rng.choice(p.ADS if person.kind == "bouncer" else _ANY)
    stay: Stay = teller.stay(at_ms)
    scene(stay, origin)
    return teller
