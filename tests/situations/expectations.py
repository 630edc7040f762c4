"""What a situation says must follow, held against what followed; each difference is one sentence."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from scipy.stats import binom
from situations import words
from situations.reading import BROKER, CHILD, HOUSEHOLD, PERSON, POLICE, SOCIETY, Situation
from situations.rules import all_rules, answer, evaluate
from situations.stage import LIVES, Outcome, course_for, live

from trafficsim.errors import UserError
from trafficsim.processes.happenings import area_weight, is_exploited, unit_row
from trafficsim.processes.vocabulary import Event, Status, UnitKind

CONFIDENCE = 0.9999
"""Of so many situations that are right, one in ten thousand would be told to be wrong; draws are fixed, so none comes and goes."""
CLOSE = 1e-3
"""Numbers are written with three digits or more."""
COMPARED = ("is", "between", "higher_than", "lower_than")

Find = Callable[[str], Situation]
"""Finds another situation by its title."""


def differences(situation: Situation, find: Find) -> list[str]:
    """Return what does not follow, one sentence each; nothing when all of it does."""
    then = situation.then
    told: list[str] = []
    if set(then) - {"of_4000_such_lives", "chances"}:
        told += _of_one_life(situation, live(situation))
    for entry in then.get("chances", ()):
        told += _of_chance(situation, entry, find)
    if "of_4000_such_lives" in then:
        told += _of_many(situation, find)
    return told


def _of_one_life(situation: Situation, outcome: Outcome) -> Iterator[str]:
    then, where, world = situation.then, situation.where, outcome.state.world
    if "status" in then:
        wanted = words.member(Status, then["status"], f"{where}, then.status")
        found = Status(int(world.migrants.status[0]))
        if found != wanted:
            yield f"the status is '{words.spoken(found)}', not '{words.spoken(wanted)}'"
    if "happened" in then:
        wanted_events = [words.EVENTS[_event(name, where)] for name in then["happened"]]
        if outcome.events != wanted_events:
            yield f"what happened is {_listed(outcome.events)}, not {_listed(wanted_events)}"
    for name, number in then.get("counted", {}).items():
        found_number = int(outcome.counts[words.EVENTS[_event(name, where)]])
        if isinstance(number, Mapping):
            words.refuse_unknown(number, ("between",), f"{where}, then.counted.{name}")
            yield from _compared(f"'{name}'", found_number, number, where, lambda other: 0.0)
        elif found_number != number:
            yield f"'{name}' was counted {found_number} times, not {number}"
    tables: list[tuple[str, Any, Mapping[str, Any], int]] = [
        ("person", world.migrants, PERSON, 0),
        ("child", world.children, CHILD, 0),
        ("household", world.households, HOUSEHOLD, 0),
        ("broker", world.brokers, BROKER, outcome.broker),
        ("society", world.society, SOCIETY, outcome.area),
    ]
    for key, table, columns, row in tables:
        if key in then:
            if not 0 <= row < int(table.size[0]):
                raise UserError(f"{where}, then.{key}: there is no {key} in this situation; give one, or leave it out.")
            beside = _beside_the_columns(key, table, row, outcome.state.month - 1)
            yield from _of_row(table, columns, row, then[key], f"{where}, then.{key}", beside)
    kinds = {words.spoken(kind): kind for kind in UnitKind}
    for name, wanted in then.get("police", {}).items():
        kind = kinds[words.pick(name, kinds, f"{where}, then.police", "kind of unit")]
        border = kind in (UnitKind.ORIGIN_BORDER_GUARD, UnitKind.HOST_BORDER_GUARD)
        row = unit_row(int(kind), 0 if border else outcome.area)
        yield from _of_row(world.units, POLICE, row, wanted, f"{where}, then.police.{name}")


def _event(name: Any, where: str) -> str:
    return words.pick(str(name), words.EVENTS, where, "event")


def _listed(events: list[Event]) -> str:
    return "[" + ", ".join(words.spoken(event) for event in events) + "]"


def _beside_the_columns(key: str, table: Any, row: int, month: int) -> dict[str, Any]:
    """Return what a situation may say of a row in words that are no columns."""
    if key == "broker":
        return {"tie": "intact" if table.partner[row] >= 0 else "cut"}
    if key not in ("person", "child"):
        return {}
    age = {"age": (month - int(table.birth_month[row])) // 12}
    if key == "child":
        return age
    held, pregnant = bool(table.holder[row] >= 0), bool(table.due[row] >= 0)
    return age | {"held": held, "pregnant": pregnant, "children": int(table.children[row])}


def _of_row(
    table: Any, columns: Mapping[str, Any], row: int, wanted: Any, where: str, beside: Mapping[str, Any] | None = None
) -> Iterator[str]:
    beside = beside or {}
    words.refuse_unknown(wanted, (*columns, *beside), where)
    for name, value in wanted.items():
        if name in beside:
            found, expected = beside[name], value
        else:
            column = columns[name]
            found = words.from_column(column, getattr(table, name)[row])
            expected = words.from_column(column, column.dtype(words.of_column(column, value, f"{where}.{name}")))
        if isinstance(found, float) and _close(found, expected):
            continue
        if found != expected:
            yield f"{where.rpartition('then.')[2]}.{name} is {_shown(found)}, not {_shown(expected)}"


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _close(found: float, wanted: float) -> bool:
    return abs(found - wanted) <= CLOSE * abs(wanted) + 1e-12


def _of_chance(situation: Situation, entry: Any, find: Find) -> Iterator[str]:
    """Hold the value of one rule, for the person and the month of the situation, against what is written."""
    where = f"{situation.where}, then.chances"
    if not isinstance(entry, Mapping) or "rule" not in entry:
        raise UserError(f"{where}: each entry names a rule, such as 'rule: surveillance.detection_chance'.")
    given = {name: value for name, value in entry.items() if name != "rule" and name not in COMPARED}
    title = words.pick(entry["rule"], all_rules(), where, "rule")
    found = value_of_rule(situation, title, given)
    compared = {name: entry[name] for name in COMPARED if name in entry}
    yield from _compared(title, found, compared, where, lambda other: value_of_rule(find(other), title, given))


def value_of_rule(situation: Situation, title: str, given: Mapping[str, Any]) -> float:
    """Return the value of a rule for the person, the month and the policy of a situation."""
    rule = all_rules()[title]
    value = evaluate(rule, given, f"{situation.where}, then.chances", facts_of(situation, rule.module))
    return float(answer(value, "number"))


def _compared(
    subject: str, found: float, compared: Mapping[str, Any], where: str, other: Callable[[str], float]
) -> Iterator[str]:
    if not compared:
        raise UserError(f"{where}: say what '{subject}' should be: {', '.join(COMPARED)}.")
    for name, wanted in compared.items():
        if name == "is":
            right = _close(found, words.number(wanted, where))
        elif name == "between":
            right = wanted[0] <= found <= wanted[1]
        else:
            there = other(wanted)
            right = found > there if name == "higher_than" else found < there
            wanted = f"'{wanted}' ({there:.4g})"
        if not right:
            yield f"{subject} is {found:.6g}, which should be: {name.replace('_', ' ')} {wanted}"


def _of_many(situation: Situation, find: Find) -> Iterator[str]:
    """Hold how often a thing comes about in 4,000 such lives against the chance that is written."""
    where = f"{situation.where}, then.of_4000_such_lives"
    outcome = live(situation, many=True)
    for name, wanted in situation.then["of_4000_such_lives"].get("status", {}).items():
        status = Status(int(words.member(Status, name, where)))
        yield from _frequency(f"share '{name}'", outcome.share_in(status), wanted, where,
                              lambda other, s=status: live(find(other), many=True).share_in(s))  # fmt: skip
    for name, wanted in situation.then["of_4000_such_lives"].get("happened", {}).items():
        event = words.EVENTS[_event(name, where)]
        yield from _frequency(f"'{name}' a life", outcome.counts[event] / LIVES, wanted, where,
                              lambda other, e=event: live(find(other), many=True).counts[e] / LIVES)  # fmt: skip


def _frequency(subject: str, found: float, wanted: Any, where: str, other: Callable[[str], float]) -> Iterator[str]:
    if isinstance(wanted, Mapping):
        words.refuse_unknown(wanted, COMPARED, where)
        yield from _compared(subject, found, wanted, where, other)
        return
    low, high = binom.interval(CONFIDENCE, LIVES, words.number(wanted, where))
    if not low <= round(found * LIVES) <= high:
        yield f"{subject} is {found:.4g}, not {wanted:g} (luck would allow {low / LIVES:.4g} to {high / LIVES:.4g})"


def facts_of(situation: Situation, module: str) -> dict[str, Any]:
    """Return what a situation tells about the arguments of rules; what it does not tell is written beside the rule."""
    course = course_for(situation, many=False)
    lever, now = course.levers[situation.first], course.circumstances[situation.first]
    person = dict(situation.person or {})
    status = int(person.get("status", Status.IN_HIDING))
    exploited = is_exploited(status)
    household = situation.household or {}
    border = max(
        now.border_openness * (1.0 - lever.border_closure),
        course.parameters["crossing"].reopened_openness * lever.border_reopening,
    )
    months = int(person.get("months_in_status", 1))
    effort = {kind: situation.police.get(kind, {}).get("effort", 1.0) for kind in UnitKind}
    switches = course.switches
    more_policing = course.parameters["surveillance"].enforcement_lever_effect * lever.removal_enforcement
    return {
        "p": course.parameters, "lever": lever, "circumstances": now,
        "status": status, "sex": int(person.get("sex", 0)), "motive": int(person.get("motive", 0)),
        "link": int(person.get("link", 0)), "permit": int(person.get("permit", 0)), "area": int(person.get("area", 1)),
        "age": int(person.get("age", 30)), "trust": person.get("trust", 0.2), "hardship": person.get("hardship", 0.0),
        "guided": bool(person.get("guided", 0)), "at_risk": bool(person.get("at_risk", 1)),
        "trafficked": person.get("times_trafficked", int(exploited)) > 0, "past_returns": int(person.get("past_returns", 0)),
        "treated": bool(person.get("treated", 0)), "has_child": bool(situation.children),
        "in_marriage": status == Status.FORCED_MARRIAGE,
        "control": person.get("control", household.get("control", 0.5)),
        "compliance": household.get("compliance", 0.5) if exploited else 0.0,
        "months_in_hiding": months, "months_since": months, "months_in_status": months,
        "scheme": now.permit_scheme * (1.0 if module == "surveillance" else lever.permit_surveillance),
        "surveillance": lever.permit_surveillance, "firewall": lever.data_firewall,
        "weight": area_weight(course.parameters["surveillance"].policing_area_slope, int(person.get("area", 1)), course.areas),
        "campaign": now.removal_campaign * (1.0 + more_policing), "effort": effort[UnitKind.LOCAL_POLICE],
        "guard_effort": 0.5 * (effort[UnitKind.ORIGIN_BORDER_GUARD] + effort[UnitKind.HOST_BORDER_GUARD]),
        "origin_takes_back": now.origin_accepts_returns,
        "openness": border if module == "crossing" else now.onward_openness, "border_openness": border,
        "demand_index": now.demand_index, "pressure": now.departure_pressure / course.parameters["returns"].usual_pressure,
        "fear_on": switches.fear, "family_on": switches.family_return, "pressure_on": switches.enforcement_pressure,
        "adaptation_on": switches.broker_adaptation, "seller_activity": 1.0, "recruiter_activity": 1.0,
    }  # fmt: skip
