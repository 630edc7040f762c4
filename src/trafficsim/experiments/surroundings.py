"""What is around a person and outside her own life, as far as the rules of a step read it: brokers, markets, police, services.

No rule of another life is told here: these are what many lives together have brought about.
"""

from collections.abc import Callable, Mapping

import numpy as np

from trafficsim.processes.happenings import service_row, unit_row
from trafficsim.processes.market import PURPOSES
from trafficsim.processes.month import State
from trafficsim.processes.vocabulary import LABELS, Purpose, Role, ServiceKind, Stage, Status, UnitKind

BORDER = 0
"""The area of the border as a whole, for units."""

_KINDS_OF_STEP = {
    "departure": ("signal", "recruiters"),
    "crossing": ("guards",),
    "brokerage": ("sellers", "network"),
    "market": ("markets", "sellers"),
    "life": ("services", "sellers"),
    "surveillance": ("police", "seen"),
    "custody": ("removal", "services", "queue"),
    "returns": (),
    "upbringing": ("services",),
    "adaptation": ("seen",),
}
"""Which of these the rules of a step read."""


def around(state: State, area: int) -> Callable[[str], Mapping[str, str]]:
    """Return what gives, for a step of the month, what it reads in ``area`` (0: outside the areas) as the state now has it."""
    kinds = {name: read(state, area) for name, read in _READ.items()}
    return lambda step: {what: _written(value) for name in _KINDS_OF_STEP[step] for what, value in kinds[name].items()}


def _written(value: float) -> str:
    return "no limit" if value == np.inf else f"{value:.4g}"


def _signal(state: State, area: int) -> dict[str, float]:
    return {"share of custody decisions that ended in protection, as it is known": state.protection_signal}


def _recruiters(state: State, area: int) -> dict[str, float]:
    return {"recruiters at work": _active(state, Role.RECRUITER, None)}


def _guards(state: State, area: int) -> dict[str, float]:
    units, found = state.world.units, {}
    for kind, words in ((UnitKind.ORIGIN_BORDER_GUARD, "origin"), (UnitKind.HOST_BORDER_GUARD, "host country")):
        row = int(unit_row(int(kind), BORDER))
        found[f"effort of border guards, {words}"] = float(units.effort[row])
        found[f"corruption of border guards, {words}"] = float(units.corruption[row])
    return found


def _sellers(state: State, area: int) -> dict[str, float]:
    return {"sellers at work in the area": _active(state, Role.SELLER, area)} if area else {}


def _network(state: State, area: int) -> dict[str, float]:
    if not area:
        return {}
    return {
        f"{LABELS[Role][role]}s at work in the area": _active(state, role, area)
        for role in (Role.TRANSPORTER, Role.TRANSLATOR)
    }


def _active(state: State, role: Role, area: int | None) -> float:
    brokers = state.world.brokers
    here = (np.asarray(brokers.role) == role) & (np.asarray(brokers.active) == 1)
    return float((here if area is None else here & (np.asarray(brokers.area) == area)).sum())


def _markets(state: State, area: int) -> dict[str, float]:
    markets, found = state.world.markets, {}
    for purpose in range(1, PURPOSES + 1) if area else ():
        row, words = (area - 1) * PURPOSES + purpose - 1, LABELS[Purpose][purpose]
        found[f"people offered in the area last month, {words}"] = float(markets.offers[row])
        found[f"households that sought in the area last month, {words}"] = float(markets.seekers[row])
        found[f"price in the area on the letter's scale, {words}"] = float(markets.price[row])
    return found


def _services(state: State, area: int) -> dict[str, float]:
    places = state.world.services.places
    return {
        f"free places in the area, {LABELS[ServiceKind][kind]}": float(places[int(service_row(int(kind), area))])
        for kind in (ServiceKind if area else ())
    }


def _police(state: State, area: int) -> dict[str, float]:
    if not area:
        return {}
    return {
        "effort of local police in the area": float(
            state.world.units.effort[int(unit_row(int(UnitKind.LOCAL_POLICE), area))]
        )
    }


def _removal(state: State, area: int) -> dict[str, float]:
    if not area:
        return {}
    row = int(unit_row(int(UnitKind.DETENTION_AND_REMOVAL), area))
    units = state.world.units
    return {
        "effort of those who detain and remove, in the area": float(units.effort[row]),
        "corruption of those who detain and remove, in the area": float(units.corruption[row]),
    }


def _queue(state: State, area: int) -> dict[str, float]:
    migrants = state.world.migrants
    rows = int(migrants.size[0])
    held = np.asarray(migrants.status[:rows]) == Status.IN_CUSTODY
    return {
        "people who await return": float((held & (np.asarray(migrants.stage[:rows]) == Stage.AWAITING_RETURN)).sum())
    }


def _seen(state: State, area: int) -> dict[str, float]:
    society = state.world.society
    if not area:
        return {}
    return {
        "removals known in the area": float(society.removals_seen[area]),
        "protections known in the area": float(society.protections_seen[area]),
    }


_READ: dict[str, Callable[[State, int], dict[str, float]]] = {
    "signal": _signal,
    "recruiters": _recruiters,
    "guards": _guards,
    "sellers": _sellers,
    "network": _network,
    "markets": _markets,
    "services": _services,
    "police": _police,
    "removal": _removal,
    "queue": _queue,
    "seen": _seen,
}
