"""What a rule gave for one person in one month: its own text, called with what it read then.

A rule is a plain function of numbers, so it can be asked again, with what held under one arm, or with the levers of another in
their place. Where something that it reads is not at hand, it is not guessed: there is no answer.
"""

import inspect
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import numpy as np

from trafficsim.processes import brokerage, crossing, life, surveillance
from trafficsim.processes.happenings import age_in_years, area_weight, is_exploited, unit_row
from trafficsim.processes.month import Course, State
from trafficsim.processes.vocabulary import Permit, Role, Stage, Status, UnitKind

BORDER = 0
"""The area of the border as a whole, for units."""


def facts_of(state: State, area: int) -> dict[str, float]:
    """Return what rules read of units and brokers in ``area`` (0: outside the areas), and of what is known of protection."""
    units, brokers = state.world.units, state.world.brokers
    active = np.asarray(brokers.active) == 1
    role = np.asarray(brokers.role)
    facts = {
        "protection_signal": state.protection_signal,
        "recruiters": float((active & (role == Role.RECRUITER)).sum()),
        "sellers": float((active & (role == Role.SELLER) & (np.asarray(brokers.area) == area)).sum()),
    }
    places = {"police": (UnitKind.LOCAL_POLICE, area), "removal": (UnitKind.DETENTION_AND_REMOVAL, area)}
    places |= {"origin": (UnitKind.ORIGIN_BORDER_GUARD, BORDER), "host": (UnitKind.HOST_BORDER_GUARD, BORDER)}
    for name, (kind, where) in places.items():
        row = int(unit_row(int(kind), where))
        for column in ("effort", "corruption", "share_removal", "share_surveillance"):
            facts[f"{name}_{column}"] = float(getattr(units, column)[row])
    return facts


def given_by(
    rule: str, row: Mapping[str, Any], facts: Mapping[str, float], course: Course, month: int, levers: Any = None
) -> float | None:
    """Return what ``rule`` ("custody.removal_chance") gave for the person of ``row`` in ``month``.

    ``facts`` are those of :func:`facts_of`; ``levers`` stand in place of the course's own. None where what the rule reads is
    not all at hand.
    """
    module, _, name = rule.partition(".")
    function = getattr(import_module(f"trafficsim.processes.{module}"), name)
    function = getattr(function, "py_func", function)
    if module not in course.parameters:
        return None
    read = _arguments(module, row, facts, course, month, levers or course.levers[month])
    wanted = [*inspect.signature(function).parameters]
    if not set(wanted) <= read.keys():
        return None
    return float(function(*(read[each] for each in wanted)))


def _arguments(
    module: str, row: Mapping[str, Any], facts: Mapping[str, float], course: Course, month: int, lever: Any
) -> dict[str, Any]:
    """Return what is at hand of the arguments of a module's rules, by name."""
    now, on, parameters = course.circumstances[month], course.switches, course.parameters
    scheme = now.permit_scheme if module == "surveillance" else now.permit_scheme * lever.permit_surveillance
    open_border = crossing.border_openness(parameters["crossing"], now, lever)
    usual = parameters["brokerage"].usually_active * course.seats()
    read: dict[str, Any] = {
        "p": parameters[module], "lever": lever, "circumstances": now, "scheme": scheme, "fear_on": on.fear,
        "pressure_on": on.enforcement_pressure, "family_on": on.family_return, "surveillance": lever.permit_surveillance,
        "firewall": lever.data_firewall, "origin_takes_back": now.origin_accepts_returns, "border_openness": open_border,
        "openness": open_border if module == "crossing" else now.onward_openness,
        "protection_signal": facts["protection_signal"] if on.pull else 0.0,
        "recruiter_activity": facts["recruiters"] / (usual * course.areas),
        "pressure": now.departure_pressure / parameters["returns"].usual_pressure,
        "campaign": surveillance.campaign_strength(parameters["surveillance"], now, lever),
    }  # fmt: skip
    return read | (_of_the_person(module, row, facts, course, month, scheme) if row else {})


def _of_the_person(
    module: str, row: Mapping[str, Any], facts: Mapping[str, float], course: Course, month: int, scheme: float
) -> dict[str, Any]:
    parameters = course.parameters
    status, area, since = int(row["status"]), int(row["area"]), month - int(row["status_since"])
    held = bool(is_exploited(status))
    unit = "removal" if module == "custody" else "police"
    watched = row["permit"] == Permit.SURVEILLANCE and scheme > 0.0
    finds = 1.0 if watched else parameters["surveillance"].surveillance_finds_others
    read: dict[str, Any] = {name: row[name].item() for name in (
        "status", "sex", "link", "motive", "permit", "area", "trust", "control", "hardship", "past_returns",
        "protected_from_removal",
    )}  # fmt: skip
    read |= {
        "compliance": float(row["compliance"]) if held else 0.0, "has_child": row["children"] > 0,
        "trafficked": row["times_trafficked"] > 0, "at_risk": row["at_risk"] == 1, "guided": row["guided"] == 1,
        "serving": row["stage"] == Stage.SENTENCED and month < row["until"],
        "in_marriage": status == Status.FORCED_MARRIAGE, "months_in_hiding": since, "months_since": since,
        "age": age_in_years(month, int(row["birth_month"])),
        "effort": facts[f"{unit}_effort"], "corruption": facts[f"{unit}_corruption"],
        "travel": life.local_travel(parameters["life"], int(row["permit"]), scheme),
        "own": life.care_chance(parameters["life"], status, int(row["permit"])),
        "effort_share": facts["police_share_removal"] + facts["police_share_surveillance"] * finds,
    }  # fmt: skip
    if area:
        activity = facts["sellers"] / (parameters["brokerage"].usually_active * course.seats())
        read["seller_reach"] = brokerage.reach(parameters["brokerage"], activity)
        read["seller_activity"] = activity
        read["weight"] = area_weight(parameters["surveillance"].policing_area_slope, area, course.areas)
    return read
