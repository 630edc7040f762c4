"""One life under two arms: what happened to her, month by month, and where and why the two courses part.

A replicate is lived through with the event log on, and of the log only what concerns one life is kept. Beside it stands, month
by month, what rules read of her row, of the levers and of what is around her: the first event that differs is then set beside
the rule that decided it, the levers that this rule reads, and whatever else was not the same before that month.
"""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from trafficsim.configuration import Configuration
from trafficsim.course import course_of
from trafficsim.engine.calendar import MONTHS_A_YEAR, month_label
from trafficsim.errors import UserError
from trafficsim.experiments import surroundings
from trafficsim.experiments.chances import facts_of, given_by
from trafficsim.experiments.deciding import Rule, happens, place_in_month, rules_of, status_after, step_of
from trafficsim.experiments.lives import FATES, HARMS, Lives, Matched, lives_of, matched
from trafficsim.experiments.replicate import STATUS_QUO, seed_of, settings_of
from trafficsim.policy import LEVER_NAMES, LEVERS, Arm
from trafficsim.processes.month import Course, State, advance, begin
from trafficsim.processes.population import DECLARATIONS
from trafficsim.processes.vocabulary import LABELS, Event, Sex, Status

UNTOLD = (Event.PRICE_PAID,)
"""Events that come with another one and are no happening of their own."""

FOUND_OR_FREED = {Event.FOUND_WHEN_BROKER_GONE, Event.FREED_WHEN_BROKER_GONE}

MOST_KINDS = 8
"""Changes of fate of which examples are listed, the most frequent first."""

_NOT_COMPARED = ("key", "path", "marks", "rested_as", "holder", "youngest")
"""Columns that name or count for the model's own sake."""


@dataclass(frozen=True)
class Happening:
    """Something that happened in ``month`` (YYYY-MM): to the person (``child`` 0), or to her first, second ... child."""

    month: str
    event: str
    child: int


@dataclass(frozen=True)
class Unequal:
    """Something that was not the same under the two arms: what it is, and its value under each."""

    what: str
    under_a: str
    under_b: str


@dataclass(frozen=True)
class Parting:
    """Where two courses of one life part: the first event that happened under one arm alone, and what decided it.

    ``only_under`` names that arm. ``rule`` is the rule whose outcome differs: the first of those asked that gave a number which
    differs in the direction of the event, else the first that reads a lever which differs. ``gave_a`` and ``gave_b`` are
    what it gave under each arm, ``by_levers_alone`` what it would have given with all as under a but the levers of b (None
    where what it reads is not at hand). ``levers`` are those that it reads and that differed in this month, ``own`` and
    ``around`` what else differed before it, in the person's own row and outside this life; ``further_rules`` were asked too.
    """

    month: str
    step: str
    event: str
    child: int
    only_under: str
    rule: Rule
    gave_a: float | None
    gave_b: float | None
    by_levers_alone: float | None
    further_rules: tuple[Rule, ...]
    levers: tuple[Unequal, ...]
    own: tuple[Unequal, ...]
    around: tuple[Unequal, ...]


@dataclass(frozen=True)
class LifeUnderTwoArms:
    """One simulated life under the arms a and b: ``shared`` until it parts (all of it where it never does), then each course.

    ``arms`` holds their names, ``titles`` their titles; ``fate_a`` and ``fate_b`` are of
    ``trafficsim.experiments.lives.FATES``. ``age`` is in years when she or he first meant to leave.
    """

    key: str
    seed: int
    draw: int
    replicate: int
    scale: float
    policy_start: str
    arms: tuple[str, str]
    titles: tuple[str, str]
    sex: str
    age: int
    shared: tuple[Happening, ...]
    under_a: tuple[Happening, ...]
    under_b: tuple[Happening, ...]
    fate_a: str
    fate_b: str
    parting: Parting | None


@dataclass(frozen=True)
class LifeThatParts:
    """A life to look at: its key, of what kind of difference it is an example, and how many lives there are of this kind."""

    key: str
    kind: str
    fate_a: str
    fate_b: str
    lives: int


@dataclass
class _Before:
    """What stood at the beginning of a month: her row, her status, and what was around her, in words by step and as facts."""

    row: Mapping[str, Any]
    status: Status | None
    around: Callable[[str], Mapping[str, str]]
    facts: Mapping[str, float]


@dataclass
class _Watch:
    """Follows one life through a run: reads her row before each month and the log after it."""

    key: int
    row: int = -1
    seen: int = 0
    children: list[int] = field(default_factory=list)
    told: list[tuple[int, Event, int]] = field(default_factory=list)
    before: dict[int, _Before] = field(default_factory=dict)

    def read_before(self, state: State) -> None:
        """Note what rules will find in the month that comes."""
        migrants = state.world.migrants
        row, status, area = {}, None, 0
        if self.row >= 0:
            columns = DECLARATIONS["migrants"].columns
            row = {one.name: getattr(migrants, one.name)[self.row] for one in columns if one.name not in _NOT_COMPARED}
            status, area = Status(int(row["status"])), int(row["area"])
            row["holder"] = _name_of_holder(state, self.row, status)
        self.before[state.month] = _Before(
            row, status, surroundings.around(state, area), facts_of(state, area)
        )  # fmt: skip

    def read_after(self, state: State) -> None:
        """Take from the log what happened to her and her children, and empty it."""
        migrants, children, entries = state.world.migrants, state.world.children, state.ledger.entries
        rows = int(migrants.size[0])
        if self.row < 0:
            found = np.flatnonzero(np.asarray(migrants.key[self.seen : rows]) == np.uint64(self.key))
            self.row = self.seen + int(found[0]) if len(found) else -1
            self.seen = rows
        if self.row >= 0:
            own = [self.key, *self.children]
            child, born = int(migrants.youngest[self.row]), []
            while child >= 0 and int(children.key[child]) not in own:
                born.append(int(children.key[child]))
                child = int(children.elder[child])
            self.children += born[::-1]
            place = {key: number for number, key in enumerate([self.key, *self.children])}
            keys = np.asarray(entries.log_key[: int(entries.log_size[0])])
            for at in np.flatnonzero(np.isin(keys, np.array([*place], np.uint64))):
                event = Event(int(entries.log_event[at]))
                if event not in UNTOLD:
                    self.told.append((int(entries.log_month[at]), event, place[int(keys[at])]))
        entries.log_size[0] = 0


def parting_of(configuration: Configuration, key: int | str, replicate: int = 0, draw: int = 0) -> LifeUnderTwoArms:
    """Live through one replicate under both arms of ``configuration`` and return the life named ``key`` under each.

    ``key`` is a number, or its 16 hexadecimal digits as the table ``events`` of a results file has them. Raises
    :class:`UserError` where the configuration has not two arms, or the replicate knows no such life.
    """
    number, arms = key_of(key), two_arms(configuration)
    watch = _Watch(number)
    branches = _Branches(configuration, replicate, draw, event_log=True)
    branches.live_history(partial(_watched_month, watch, branches.branch))
    shared, watches = len(watch.told), []
    ends: list[tuple[State, Lives]] = []
    for arm in arms:
        own = copy.deepcopy(watch)
        end, _ = branches.live(arm, partial(_watched_month, own, branches.branch))
        watches.append(own)
        ends.append((end, branches.lives_in(end)))
    found = next((own for own in watches if own.row >= 0), None)
    if found is None:
        raise UserError(
            f"There is no life {number:016x} in replicate {replicate}, draw {draw}, of these settings (seed, scale and dates "
            f"decide who lives): 'trafficsim life' with the same settings and no key lists some."
        )
    end = ends[watches.index(found)][0]
    a, b = (own.told for own in watches)
    parted = parted_at(a, b)
    parts = parted < max(len(a), len(b))
    migrants = end.world.migrants
    first_month = found.told[0][0] if found.told else branches.branch
    return LifeUnderTwoArms(
        key=f"{number:016x}",
        seed=branches.seed,
        draw=draw,
        replicate=replicate,
        scale=configuration.study.scale,
        policy_start=configuration.study.policy_start,
        arms=(arms[0].name, arms[1].name),
        titles=(arms[0].title, arms[1].title),
        sex=LABELS[Sex][int(migrants.sex[found.row])],
        age=(first_month - int(migrants.birth_month[found.row])) // MONTHS_A_YEAR,
        shared=_happenings(a[:parted]),
        under_a=_happenings(a[parted:]),
        under_b=_happenings(b[parted:]),
        fate_a=_fate_in(ends[0][1], number, shared),
        fate_b=_fate_in(ends[1][1], number, shared),
        parting=_parting(watches, parted, arms, branches) if parts else None,
    )


def parted_at[T](a: Sequence[T], b: Sequence[T]) -> int:
    """Return how far two courses are the same: the place of the first that differs, or the length of the shorter."""
    return next((at for at, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def lives_that_part(
    configuration: Configuration, replicate: int = 0, draw: int = 0, each: int = 1
) -> list[LifeThatParts]:
    """Return some lives of one replicate that part between both arms, ``each`` of a kind: by harm spared, harm added, and fate.

    Raises :class:`UserError` where the configuration has not two arms.
    """
    branches = _Branches(configuration, replicate, draw, event_log=False)
    branches.live_history(advance)
    a, b = (branches.lives_in(branches.live(arm, advance)[0]) for arm in two_arms(configuration))
    lives = matched(a, b)
    kinds: list[tuple[str, Any]] = []
    for harm, bit in HARMS.items():
        under_a, under_b = (lives.harms_a & bit) > 0, (lives.harms_b & bit) > 0
        kinds += [(f"spared: {harm}", under_a & ~under_b), (f"harmed anew: {harm}", under_b & ~under_a)]
    pair = lives.fate_a * len(FATES) + lives.fate_b
    pairs, counts = np.unique(pair[lives.fate_a != lives.fate_b], return_counts=True)
    kinds += [("another fate", pair == one) for one in pairs[np.argsort(-counts, kind="stable")[:MOST_KINDS]]]
    kinds.append(("another course, the same fate", lives.changed & (lives.fate_a == lives.fate_b)))
    return [example for kind, here in kinds for example in _examples(lives, kind, here, each)]


def _examples(lives: Matched, kind: str, here: Any, each: int) -> list[LifeThatParts]:
    rows = np.flatnonzero(here)
    chosen = rows[np.argsort(lives.key[rows])][:each]
    return [
        LifeThatParts(
            f"{int(lives.key[row]):016x}", kind, FATES[lives.fate_a[row]], FATES[lives.fate_b[row]], len(rows)
        )
        for row in chosen
    ]


def two_arms(configuration: Configuration) -> tuple[Arm, Arm]:
    """Return the arms a and b. Raises :class:`UserError` unless there are two."""
    if len(configuration.arms) != 2:
        names = ", ".join(arm.name for arm in configuration.arms)
        raise UserError(f"A life is followed under two arms; here are {len(configuration.arms)} ({names}): arms=[A,B].")
    return configuration.arms[0], configuration.arms[1]


def key_of(key: int | str) -> int:
    """Return the number that names a life. Raises :class:`UserError` for what cannot be one."""
    if isinstance(key, str):
        try:
            key = int(key, 16) if len(key) == 16 else -1
        except ValueError:
            key = -1
    if not 0 <= key < 1 << 64:
        raise UserError(
            "A life is named by 16 hexadecimal digits, such as 00c0ffee00c0ffee: 'trafficsim life' without a key lists some."
        )
    return key


class _Branches:
    """One replicate: its history, lived once, and the arms that branch from it."""

    def __init__(self, configuration: Configuration, replicate: int, draw: int, event_log: bool) -> None:
        points = configuration.points()
        if draw and draw >= len(points):
            raise UserError(f"draw={draw}: these settings have {len(points)} draws of assumptions, counted from 0.")
        self.seed = seed_of(configuration, replicate)
        self._settings = settings_of(configuration, points[draw] if points else configuration.parameters)
        self.branch, self._end = configuration.study.first_policy_month, configuration.study.end_month
        self._history = begin(self.course(STATUS_QUO), event_log)
        self._dead_before = np.zeros(0, bool)

    def course(self, arm: Arm) -> Course:
        """Return all that decides the run of an arm."""
        return course_of(arm, self.seed, **self._settings)

    def live_history(self, month: Callable[[State, Course], None]) -> None:
        """Live up to where the arms part, each month by ``month``."""
        state, course = self._history, self.course(STATUS_QUO)
        while state.month < self.branch:
            month(state, course)
        migrants = state.world.migrants
        migrants.marks[:] = 0  # what people carry over from history is not an outcome of the arms
        self._dead_before = np.asarray(migrants.status[: int(migrants.size[0])] == Status.DEAD)

    def live(self, arm: Arm, month: Callable[[State, Course], None]) -> tuple[State, Course]:
        """Return the end of an arm, lived from the history on."""
        state, course = self._history.copy(), self.course(arm)
        while state.month < self._end:
            month(state, course)
        return state, course

    def lives_in(self, state: State) -> Lives:
        """Return the lives of an arm at its end."""
        return lives_of(state, self._dead_before)


def _watched_month(watch: _Watch, branch: int, state: State, course: Course) -> None:
    if state.month >= branch:
        watch.read_before(state)
    advance(state, course)
    watch.read_after(state)


def _name_of_holder(state: State, row: int, status: Status) -> int:
    """Return the key of the household or broker that holds her: rows differ between arms where keys do not."""
    holder, world = int(state.world.migrants.holder[row]), state.world
    if holder < 0:
        return -1
    return int((world.brokers if status == Status.HELD_BY_BROKERS else world.households).key[holder])


def _happenings(told: list[tuple[int, Event, int]]) -> tuple[Happening, ...]:
    return tuple(Happening(month_label(month), happens(event), child) for month, event, child in told)


def _fate_in(lives: Lives, key: int, shared: int) -> str:
    at = int(np.searchsorted(lives.key, np.uint64(key)))
    if at < len(lives.key) and int(lives.key[at]) == key:
        return FATES[int(lives.fate[at])]
    return "died" if shared else FATES[-1]  # who was dead when the arms parted is not among their lives


def _parting(watches: list[_Watch], parted: int, arms: tuple[Arm, Arm], branches: _Branches) -> Parting:
    """Return where two courses part: of the events that differ first, the one that comes first in its month."""
    first: list[tuple[int, int, int, str]] = []
    for side, watch in enumerate(watches):
        if parted < len(watch.told):
            month, event, _ = watch.told[parted]
            step = step_of(event, _status_within(watch, parted))
            first.append((month, place_in_month(event, step), side, step))
    month, _, side, step = min(first)
    _, event, child = watches[side].told[parted]
    courses, before = [branches.course(arm) for arm in arms], [watch.before[month] for watch in watches]
    unequal = {
        lever: Unequal(LEVERS[lever].label, f"{x:.2g}", f"{y:.2g}")
        for lever, x, y in zip(LEVER_NAMES, *(course.levers[month] for course in courses), strict=True)
        if x != y
    }
    rules = rules_of(event, step)
    other = watches[1 - side].told[parted : parted + 1]
    if other and other[0][0] == month and {event, other[0][1]} == FOUND_OR_FREED:
        rules = rules[::-1]  # her broker had gone under both
    gave = {
        one: [given_by(one.name, at.row, at.facts, its, month) for at, its in zip(before, courses, strict=True)]
        for one in rules
    }
    rule = next((one for one in rules if _explains(one, gave[one], side)), None)
    if rule is None:
        open_ones = [one for one in rules if None in gave[one]]
        rule = next((one for one in open_ones if unequal.keys() & set(one.levers)), (open_ones or rules)[0])
    alone = given_by(rule.name, before[0].row, before[0].facts, courses[0], month, courses[1].levers[month])
    return Parting(
        month=month_label(month),
        step=step,
        event=happens(event),
        child=child,
        only_under=arms[side].name,
        rule=rule,
        gave_a=gave[rule][0],
        gave_b=gave[rule][1],
        by_levers_alone=alone,
        further_rules=tuple(one for one in rules if one != rule),
        levers=tuple(unequal[lever] for lever in rule.levers if lever in unequal),
        own=_own(before[0].row, before[1].row),
        around=_unequal(*(each.around(step) for each in before)),
    )


def _explains(rule: Rule, gave: Sequence[float | None], side: int) -> bool:
    """Return whether what a rule gave differs in the direction of an event that happened on one side alone."""
    here, there = gave[side], gave[1 - side]
    return here is not None and there is not None and (here < there if rule.hinders else here > there)


def _status_within(watch: _Watch, parted: int) -> Status | None:
    """Return where she stood when the event at ``parted`` happened, as far as the events before it in its month tell."""
    month, *_ = watch.told[parted]
    status = watch.before[month].status
    for _, event, _ in (one for one in watch.told[:parted] if one[0] == month):
        status = status_after(event, status)
    return status


def _own(a: Mapping[str, Any], b: Mapping[str, Any]) -> tuple[Unequal, ...]:
    """Return what differs in her row, in the words of its columns."""
    found = []
    for name in a.keys() & b.keys():
        if a[name] == b[name]:
            continue
        if name == "holder":
            found.append(Unequal("who holds her", "one household or broker", "another"))
            continue
        column = DECLARATIONS["migrants"].column[name]
        labels = LABELS.get(column.labels, {}) if column.labels else {}
        found.append(Unequal(column.meaning, *(labels.get(int(x), f"{float(x):.3g}") for x in (a[name], b[name]))))
    return tuple(sorted(found, key=lambda one: one.what))


def _unequal(a: Mapping[str, str], b: Mapping[str, str]) -> tuple[Unequal, ...]:
    return tuple(Unequal(name, a[name], b[name]) for name in a if name in b and a[name] != b[name])
