"""The stage: one life (or 4,000 alike) set down in the model's own tables, and lived on by the model's own month."""

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
from situations import luck
from situations.reading import Situation

from trafficsim.course import course_of
from trafficsim.engine.calendar import MONTHS_A_YEAR, month_label
from trafficsim.engine.draws import fill_stamps
from trafficsim.processes import adaptation
from trafficsim.processes.brokerage import first_seat
from trafficsim.processes.happenings import is_exploited, purpose_of, unit_row
from trafficsim.processes.market import choose_purpose, market_row
from trafficsim.processes.month import Course, State, advance, begin
from trafficsim.processes.population import DECLARATIONS
from trafficsim.processes.vocabulary import Care, Draw, Event, Purpose, Role, Stage, Status, Stream, UnitKind

LIVES = 4000
SCALE_OF_ONE = 1.0 / 6000.0
"""One candidate a month, who leaves only if the situation's luck says so, and one place of demand in each market."""
SCALE_OF_MANY = 10.0
"""So large that 4,000 lives fill neither the places of removal nor the hands of brokers."""
SEED = 1

OUTSIDE = (Status.AT_ORIGIN, Status.IN_THIRD_COUNTRY, Status.RETURNED_DETAINED, Status.RETURNED_RELEASED, Status.DEAD)
BROKERS_OWN = (
    Draw.BROKER_PROSECUTED, Draw.BROKER_LEAVES, Draw.BROKER_ENTERS, Draw.EDGE_REGROWS, Draw.PARTNER_PICK,
)  # fmt: skip


@dataclass
class Outcome:
    """How it went: the state after the last month, what happened in order (of one life), and how often in all."""

    course: Course
    state: State
    lives: int
    events: list[Event]
    counts: np.ndarray
    broker: int
    area: int

    def share_in(self, status: Status) -> float:
        """Return the share of the lives that stand in ``status``."""
        return float(np.mean(self.state.world.migrants.status[: self.lives] == status))


def course_for(situation: Situation, many: bool) -> Course:
    """Return the course of a situation; nobody but its own people leaves by the luck of the stream.

    Places of services are as many as the policy says, whatever the scale.
    """
    years = -(-(situation.first + situation.months - situation.policy_start) // MONTHS_A_YEAR)
    course = course_of(
        situation.arm, SEED, SCALE_OF_MANY if many else SCALE_OF_ONE, month_label(situation.policy_start), years,
        situation.parameters, situation.feedbacks,
    )  # fmt: skip
    changed = situation.circumstances | ({"departure_pressure": 0.0} if many else {})
    return dataclasses.replace(
        course,
        circumstances=[month._replace(**changed) for month in course.circumstances],
        capacity={name: places / course.scale for name, places in course.capacity.items()},
    )


def live(situation: Situation, many: bool = False) -> Outcome:
    """Live through the months of a situation: once with the luck that it names, or by 4,000 lives with luck of their own."""
    course = course_for(situation, many)
    state = begin(course, event_log=not many)
    state.month = situation.first
    broker, area = _set_up(state, course, situation, LIVES if many else 1)
    if many:
        for _ in range(situation.months):
            advance(state, course)
    else:
        for number in range(situation.months):
            stamps = _bend(state, course, situation, situation.luck[number], broker)
            with luck.lived_with(stamps):
                advance(state, course)
    counts = state.ledger.monthly[situation.first : situation.first + situation.months].sum(axis=0)
    events = [] if many else [Event(int(event)) for event in state.ledger.log()["event"]]
    return Outcome(course, state, LIVES if many else 1, events, counts, broker, area)


def _set_up(state: State, course: Course, situation: Situation, lives: int) -> tuple[int, int]:
    """Put the people of a situation, and who holds them, into the tables; return the broker's row (or -1) and the area."""
    person = dict(situation.person or {})
    status = Status(int(person.get("status", Status.IN_HIDING)))
    area = int(person.get("area", 0 if status in OUTSIDE else 1))
    _set_police(state, course, situation, area)
    for name, value in situation.society.items():
        getattr(state.world.society, name)[area] = value
    brokers = _set_brokers(state, course, situation, status, area or 1, lives)
    _set_demand(state, course, situation, area or 1)
    if situation.person is None:
        return -1, area
    _set_persons(state, situation, person, status, area, lives)
    holders = _set_household(state, course, situation, person, status, area, lives)
    if status == Status.HELD_BY_BROKERS:
        state.world.migrants.holder[:lives] = brokers
        np.add.at(state.world.brokers.caseload, brokers, 1)
    elif is_exploited(status):
        state.world.migrants.holder[:lives] = holders
    _set_children(state, course, situation, holders, area, lives)
    return int(brokers[0]) if situation.broker not in (None, "none") or status == Status.HELD_BY_BROKERS else -1, area


def _set_police(state: State, course: Course, situation: Situation, area: int) -> None:
    """Let the units have adapted to the policy, then take what the situation says of them."""
    p = course.parameters["adaptation"]
    adaptation.adapt_units(p, course.levers[situation.first], False, p.usual_caseload * course.scale, state.world.units)
    for kind, values in situation.police.items():
        border = kind in (UnitKind.ORIGIN_BORDER_GUARD, UnitKind.HOST_BORDER_GUARD)
        for name, value in values.items():
            getattr(state.world.units, name)[unit_row(int(kind), 0 if border else area)] = value


def _set_brokers(
    state: State, course: Course, situation: Situation, status: Status, area: int, lives: int
) -> np.ndarray:
    """Let the usual share of brokers work (in a situation of one life: all); return the row of each life's broker."""
    brokers, seats = state.world.brokers, course.seats()
    working = seats if lives == 1 else round(seats * course.parameters["brokerage"].usually_active)
    seat = np.arange(int(brokers.size[0])) % seats
    brokers.active[:] = seat < (0 if situation.broker == "none" else working)
    given = dict(situation.broker) if isinstance(situation.broker, dict) else {}
    first = first_seat(area, int(given.pop("role", Role.SELLER)), seats)
    rows = first + np.arange(lives) % working
    if given.pop("tie", "intact") == "cut":
        brokers.partner[rows] = -1
    for name, value in given.items():
        getattr(brokers, name)[rows] = value
    return rows


def _set_demand(state: State, course: Course, situation: Situation, area: int) -> None:
    """Put a household that seeks a person into a place of the market."""
    if situation.seeking is None:
        return
    given = dict(situation.seeking)
    purpose = int(given.pop("purpose"))
    row = _append_households(state, course, purpose, area, given, 1)[0]
    state.world.households.seeking[row] = 1
    stall = state.world.markets.first_stall[market_row(area, purpose)]
    state.world.stalls.household[stall] = row


def _append_households(
    state: State, course: Course, purpose: int, area: int, given: dict[str, float], lives: int
) -> np.ndarray:
    households = DECLARATIONS["households"].ensure(state.world.households, lives)
    state.world = state.world._replace(households=households)
    rows = np.arange(lives) + int(households.size[0])
    households.size[0] += lives
    p = course.parameters["market"]
    wealth = p.price_bride * p.usual_wealth_to_price
    values = {"kind": purpose, "area": area, "control": 0.5, "compliance": 0.5, "wealth": wealth} | given
    for name, value in values.items():
        getattr(households, name)[rows] = value
    households.key[rows] = _keys(Stream.HOUSEHOLDS, rows)
    return rows


def _keys(stream: int, rows: np.ndarray) -> list[int]:
    return [luck.joined(SEED, stream, 1, row) for row in rows]


def _set_persons(
    state: State, situation: Situation, person: dict[str, float], status: Status, area: int, lives: int
) -> None:
    migrants = DECLARATIONS["migrants"].ensure(state.world.migrants, lives)
    state.world = state.world._replace(migrants=migrants)
    migrants.size[0] = lives
    first = situation.first
    exploited = is_exploited(int(status))
    values: dict[str, float] = {
        "status": status, "area": area, "trust": 0.2, "at_risk": 1, "times_trafficked": int(exploited),
        "purpose": purpose_of(int(status)) if exploited else Purpose.NONE,
        "control": (situation.household or {}).get("control", 0.5) if exploited else 0.0,
        "compliance": (situation.household or {}).get("compliance", 0.5) if exploited else 0.0,
        "stage": Stage.DETAINED if status == Status.IN_CUSTODY else Stage.NONE,
    }  # fmt: skip
    values["birth_month"] = first - 12 * person.pop("age", 30)
    values["status_since"] = first - person.pop("months_in_status", 1)
    for word, column in (("pregnancy_ends_in", "due"), ("sentence_ends_in", "until")):
        if word in person:
            values[column] = first + person.pop(word)
    for name, value in (values | person).items():
        getattr(migrants, name)[:lives] = value
    migrants.key[:lives] = _keys(Stream.CANDIDATES, np.arange(lives))
    if lives == 1:
        migrants.key[0] = luck.key_for_stay(situation.luck[0], int(migrants.status_since[0]))


def _set_household(
    state: State, course: Course, situation: Situation, person: dict[str, float], status: Status, area: int, lives: int
) -> np.ndarray:
    """Return the row of each life's household, appended where the situation has one."""
    exploited = is_exploited(int(status))
    if not exploited and situation.household is None:
        return np.full(lives, -1)
    purpose = purpose_of(int(status)) if exploited else Purpose.FORCED_MARRIAGE
    rows = _append_households(state, course, int(purpose), area or 1, dict(situation.household or {}), lives)
    if exploited:
        state.world.households.holds[rows] = np.arange(lives)
    return rows


def _set_children(
    state: State, course: Course, situation: Situation, holders: np.ndarray, area: int, lives: int
) -> None:
    """Append the children of each life; ``household`` says whether one was born in her household, another or none."""
    if not situation.children:
        return
    children = DECLARATIONS["children"].ensure(state.world.children, lives * len(situation.children))
    state.world = state.world._replace(children=children)
    migrants, first = state.world.migrants, situation.first
    for number, given in enumerate(situation.children):
        values = {"alive": 1, "care": Care.WITH_MOTHER, "area": area or 1} | given
        rows = np.arange(lives) + number * lives
        children.size[0] += lives
        home, homes = values.pop("household", "hers" if holders[0] >= 0 else "none"), holders
        if home == "another":
            homes = _append_households(state, course, int(Purpose.FORCED_MARRIAGE), area or 1, {}, lives)
        children.household[rows] = {"hers": holders, "another": homes, "none": -1}[home]
        children.birth_month[rows] = first - round(12 * values.pop("age", 5))
        apart = values["care"] != Care.WITH_MOTHER
        children.separated_since[rows] = first - max(1, values.get("months_apart", 0)) if apart else -1
        for name, value in values.items():
            getattr(children, name)[rows] = value
        children.mother[rows] = np.arange(lives)
        children.elder[rows] = migrants.youngest[:lives]
        migrants.youngest[:lives] = rows
        migrants.children[:lives] += 1
        children.key[rows] = _keys(Stream.CHILDREN, rows)
    if lives == 1:
        taken_along = situation.luck[0].get(Draw.CHILD_GOES_WITH_HER, luck.DOES_NOT)
        children.key[0] = luck.stamp_for(int(Draw.CHILD_GOES_WITH_HER), taken_along)


def _bend(state: State, course: Course, situation: Situation, wanted: dict[Draw, float], broker: int) -> np.ndarray:
    """Return this month's stamps under which the life of the situation draws what is ``wanted``, and else what does not happen."""
    month, world = state.month, state.world
    stamps = np.zeros(len(Draw), np.uint64)
    fill_stamps(stamps, course.seed, month)
    candidate = luck.joined(course.seed, month, Stream.CANDIDATES, 0)
    person = candidate
    if world.migrants.size[0] > 0:
        if world.migrants.status[0] != Status.IN_CUSTODY:
            world.migrants.key[0] = _key_of_the_month(world.migrants, month, wanted)
        person = int(world.migrants.key[0])
    newborn = luck.joined(person, month, Stream.CHILDREN)
    child = int(world.children.key[0]) if world.children.size[0] > 0 else newborn
    stall = _stall(course, situation, wanted, world)
    stall_name = luck.joined(course.seed, Stream.HOUSEHOLDS, stall)
    household = luck.joined(stall_name, month)
    if not course.switches.scarcity:
        household = luck.joined(person, month, Stream.HOUSEHOLDS_OF_SALES)
    for draw in set(Draw) - set(luck.STAY) - set(luck.BEFORE_THE_MONTH) - {Draw.CHILD_GOES_WITH_HER}:
        owner = person
        if draw.name.startswith("CANDIDATE"):
            owner = candidate
        elif draw == Draw.CHILD_SEX:
            owner = newborn
        elif draw.name.startswith("CHILD"):
            owner = child
        elif draw in BROKERS_OWN:
            if broker < 0:
                continue
            owner = int(world.brokers.key[broker])
        elif draw == Draw.STALL:
            owner = luck.joined(person, 0)
        elif draw.name.startswith("STALL"):
            owner = stall_name
        elif draw.name.startswith("HOUSEHOLD"):
            owner = household
        stamps[draw] = luck.stamp_for(int(owner), wanted.get(draw, luck.DOES_NOT))
    return stamps


def _key_of_the_month(migrants: Any, month: int, wanted: dict[Draw, float]) -> int:
    """Return a key under which an arrest in this month, or a birth, is followed by the luck that is ``wanted``."""
    if Draw.CHILD_GOES_WITH_HER in wanted and 0 <= migrants.due[0] <= month:
        newborn = luck.stamp_for(int(Draw.CHILD_GOES_WITH_HER), wanted[Draw.CHILD_GOES_WITH_HER])
        return luck.unjoin(luck.unjoin(newborn, int(Stream.CHILDREN)), month)
    return luck.key_for_stay(wanted, month)


def _stall(course: Course, situation: Situation, wanted: dict[Draw, float], world: Any) -> int:
    """Return the place of demand in the market that the life would be offered in."""
    area = int((situation.person or {}).get("area", 1)) or 1
    if situation.seeking is not None:
        purpose = int(situation.seeking["purpose"])
    else:
        sex = int((situation.person or {}).get("sex", 0))
        purpose = int(choose_purpose(course.parameters["market"], sex, wanted.get(Draw.PURPOSE, luck.DOES_NOT)))
    return int(world.markets.first_stall[market_row(area, purpose)])
