"""One month, step by step: the order of the processes, and the state that they act on.

Read this file first and the process modules in the order in which :func:`advance` names them.
"""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from trafficsim.engine.draws import fill_stamps
from trafficsim.engine.ledger import Ledger
from trafficsim.engine.tables import column_array, with_room
from trafficsim.processes import (
    adaptation,
    bookkeeping,
    brokerage,
    crossing,
    custody,
    departure,
    highest,
    life,
    market,
    presence,
    returns,
    surveillance,
    upbringing,
)
from trafficsim.processes.circumstances import Circumstances, Switches
from trafficsim.processes.happenings import area_weight
from trafficsim.processes.population import DECLARATIONS, World
from trafficsim.processes.vocabulary import (
    AREAS,
    AgeBand,
    Care,
    Departure,
    Draw,
    Event,
    Purpose,
    Role,
    ServiceKind,
    Sex,
    Side,
    Status,
    UnitKind,
)

LEDGER_SHAPE = (len(Event), AREAS + 1, len(Purpose), len(Sex), len(AgeBand), len(Departure))


@dataclass(frozen=True)
class Course:
    """All that decides a run apart from its state: assumptions, circumstances and policy, month by month.

    ``parameters`` maps a process to its named tuple; ``circumstances`` and ``levers`` hold one named tuple a month;
    ``capacity`` maps a lever to persons per month at full scale (infinite for no limit).
    """

    seed: int
    scale: float
    parameters: dict[str, Any]
    circumstances: list[Circumstances]
    levers: list[Any]
    capacity: dict[str, float]
    switches: Switches

    @property
    def months(self) -> int:
        """Length of the horizon in months from January 1996."""
        return len(self.levers)

    @property
    def areas(self) -> int:
        """Number of areas of the host country that the corridor has; the tables have room for all six."""
        return int(self.parameters["crossing"].areas)

    def seats(self) -> int:
        """Broker seats for each area and role at this scale; at least two, so that a network exists."""
        return max(2, round(self.parameters["brokerage"].seats * self.scale))


class Stocks(NamedTuple):
    """Counts at the end of each month."""

    by_status: np.ndarray
    by_status_and_sex: np.ndarray
    by_care: np.ndarray


@dataclass
class State:
    """Where a run stands: the tables, the ledger, the stocks, and the next month to live through."""

    world: World
    ledger: Ledger
    stocks: Stocks
    month: int = 0
    protection_signal: float = 0.0
    resting: np.ndarray = field(default_factory=lambda: column_array(np.zeros((len(Status), len(Sex)), np.int64)))
    stamps: np.ndarray = field(default_factory=lambda: column_array(np.zeros(len(Draw), np.uint64)))
    attempts: np.ndarray = field(default_factory=lambda: column_array(np.zeros(0, np.int8)))
    present: np.ndarray = field(default_factory=lambda: column_array(np.zeros(0, np.uint32)))

    def copy(self) -> "State":
        """Return an independent copy that continues exactly as this one would."""
        tables = (declaration.copy(table) for declaration, table in zip(DECLARATIONS.values(), self.world, strict=True))
        return State(
            World(*tables), self.ledger.copy(), Stocks(*(array.copy() for array in self.stocks)), self.month,
            self.protection_signal, self.resting.copy(), self.stamps.copy(),
        )  # fmt: skip


def begin(course: Course, event_log: bool = False) -> State:
    """Return the state before January 1996: nobody has left yet; brokers, units, services and markets are in place."""
    tables = {name: declaration.allocate(64) for name, declaration in DECLARATIONS.items()}
    tables["brokers"] = _first_brokers(course)
    tables["units"] = _first_units(course)
    tables["services"] = _first_services()
    tables["markets"], tables["stalls"] = _first_markets(course)
    tables["society"] = _fixed("society", AREAS + 1)
    tables["society"].broker_income[:] = course.parameters["adaptation"].usual_broker_income
    months = course.months
    stocks = Stocks(
        np.zeros((months, len(Status)), np.int64),
        np.zeros((months, len(Status), 2), np.int64),
        np.zeros((months, len(Care)), np.int64),
    )
    return State(World(**tables), Ledger(LEDGER_SHAPE, len(Status), months, event_log), stocks)


def _fixed(name: str, rows: int) -> Any:
    table = DECLARATIONS[name].allocate(rows)
    table.size[0] = rows
    return table


def _first_brokers(course: Course) -> Any:
    seats, active_share = course.seats(), course.parameters["brokerage"].usually_active
    brokers = _fixed("brokers", AREAS * len(Role) * seats)
    from_origin = course.parameters["brokerage"].share_from_origin
    brokerage.seat_first(course.seed, course.areas, seats, active_share, from_origin, brokers)
    brokers.side[:] = np.where(brokers.role <= Role.GUIDE, Side.ORIGIN, Side.HOST)
    return brokers


def _first_units(course: Course) -> Any:
    p = course.parameters["adaptation"]
    units = _fixed("units", len(UnitKind) * (AREAS + 1))
    rows = np.arange(len(units.kind))
    units.kind[:] = rows // (AREAS + 1)
    units.area[:] = rows % (AREAS + 1)
    units.effort[:] = 1.0
    units.corruption[:] = p.usual_corruption
    units.share_brokers[:] = p.share_brokers_today
    units.share_removal[:] = 1.0 - p.share_brokers_today
    return units


def _first_services() -> Any:
    services = _fixed("services", len(ServiceKind) * AREAS)
    rows = np.arange(len(services.kind))
    services.kind[:] = rows // AREAS
    services.area[:] = rows % AREAS + 1
    return services


def _first_markets(course: Course) -> tuple[Any, Any]:
    p = course.parameters["market"]
    widths = {
        Purpose.FORCED_MARRIAGE: p.stalls_marriage,
        Purpose.SEXUAL_EXPLOITATION: p.stalls_venue,
        Purpose.FORCED_LABOUR: p.stalls_labour,
        Purpose.DOMESTIC_SERVITUDE: p.stalls_servitude,
    }
    markets = _fixed("markets", market.NUMBER_OF_MARKETS)
    first = 0
    for row in range(market.NUMBER_OF_MARKETS):
        purpose = row % market.PURPOSES + 1
        markets.area[row] = row // market.PURPOSES + 1
        markets.purpose[row] = purpose
        markets.price[row] = market.base_price(p, purpose)
        markets.first_stall[row] = first
        if markets.area[row] <= course.areas:
            weight = area_weight(p.demand_area_slope, int(markets.area[row]), course.areas)
            markets.stalls[row] = max(1, round(widths[Purpose(purpose)] * weight * course.scale))
        first += int(markets.stalls[row])
    stalls = _fixed("stalls", first)
    for row in range(market.NUMBER_OF_MARKETS):
        begin_row = int(markets.first_stall[row])
        stalls.market[begin_row : begin_row + int(markets.stalls[row])] = row
    return markets, stalls


def _find_present(state: State, settling: Any, slots: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Return the rows that this month can touch, those of them who mean to leave, and how many give birth in it.

    The first is a view of scratch, which has room behind it for those who decide to leave this month.
    """
    rows = int(state.world.migrants.size[0])
    if len(state.present) < rows + slots:
        state.present = column_array(np.zeros(with_room(rows + slots), np.uint32))
        state.attempts = column_array(np.zeros(with_room(rows + slots), np.int8))
    leaving = column_array(np.empty(rows, np.uint32))
    found, found_leaving, births = presence.find_present(
        state.month, settling, state.world.migrants, state.resting, state.present, leaving
    )
    return state.present[:found], leaving[:found_leaving], int(births)


def _with_newcomers(state: State, present: np.ndarray, newcomers: np.ndarray) -> np.ndarray:
    """Return ``present``, a view of scratch, and the newcomers behind them."""
    state.present[len(present) : len(present) + len(newcomers)] = newcomers
    return state.present[: len(present) + len(newcomers)]


def _make_room(state: State, present: np.ndarray, births: int, slots: int, scarcity: bool) -> World:
    """Grow tables so that no append of this month can overrun them."""
    world = state.world
    migrants = DECLARATIONS["migrants"].ensure(world.migrants, slots)
    # A household enters at an empty stall; where sales need no stall, one for each person sold.
    households = int(world.stalls.size[0]) + (0 if scarcity else len(present))
    # A life has at most a dozen events a month.
    state.ledger.reserve_log(12 * (len(present) + slots) if state.ledger.entries.log_size[1] else 0)
    return world._replace(
        migrants=migrants,
        children=DECLARATIONS["children"].ensure(world.children, births),
        households=DECLARATIONS["households"].ensure(world.households, households),
    )


def activity(brokers: Any, seats: int, role: Role, usually_active: float) -> np.ndarray:
    """Return active brokers of a role in each area relative to the usual number, shape (areas + 1,)."""
    active = np.asarray(brokers.active).reshape(AREAS, len(Role), seats)[:, role].sum(axis=1)
    return np.concatenate([[0.0], active / (usually_active * seats)])


PROVIDED_BY = {
    ServiceKind.SCREENING: ("identification",),
    ServiceKind.SHELTER: ("identification",),
    ServiceKind.HEALTH: ("assistance",),
    ServiceKind.LEGAL_AID: ("assistance",),
    ServiceKind.CHILD_AND_FAMILY: ("child_and_family", "onward_passage"),
    ServiceKind.ONWARD_PASSAGE: ("onward_passage",),
}
"""The levers that provide each kind of service. Places of refuge come with referral, hence with identification; contact
and reunion with children abroad come with onward passage too."""


def _open_services(course: Course, lever: Any, services: Any) -> None:
    """Give each service its places of the month; a service exists only as far as policy allows it.

    Fractions of a place are saved up, so that a small scale keeps the right mean.
    """
    for kind, names in PROVIDED_BY.items():
        rows = slice(kind * AREAS, (kind + 1) * AREAS)
        in_force = [name for name in names if getattr(lever, name) > 0.0]
        capacity = 0.0
        if in_force and course.switches.queues:
            capacity = sum(course.capacity[name] for name in in_force) * course.scale / course.areas
        elif in_force or kind in (ServiceKind.SCREENING, ServiceKind.SHELTER):
            capacity = np.inf  # what little is screened today without the lever is not rationed
        services.capacity[rows] = capacity
        services.places[rows] = np.minimum(services.places[rows] + capacity, max(capacity, 1.0))
    services.served[:] = 0
    services.queue[:] = 0


def advance(state: State, course: Course) -> None:
    """Live through one month, in the order of the model's twelve steps."""
    month, scale, on = state.month, course.scale, course.switches
    now, lever, p = course.circumstances[month], course.levers[month], course.parameters
    slots = int(np.ceil(p["departure"].candidates_monthly * scale))
    stamps, seats, seed = state.stamps, course.seats(), course.seed
    fill_stamps(stamps, seed, month)
    present, leaving, births = _find_present(state, p["returns"], slots)
    rows_before = int(state.world.migrants.size[0])
    state.world = w = _make_room(state, present, births, slots, on.scarcity)
    entries = state.ledger.entries
    usually_active = p["brokerage"].usually_active
    sellers = activity(w.brokers, seats, Role.SELLER, usually_active)
    reach = np.array([brokerage.reach(p["brokerage"], float(sellers[area])) for area in range(AREAS + 1)])
    recruiters = float(activity(w.brokers, seats, Role.RECRUITER, usually_active)[1 : course.areas + 1].mean())
    w.society.removals[:] = 0.0
    w.society.protections[:] = 0.0
    w.society.reports[:] = 0.0
    w.society.assurances_broken[:] = 0.0
    _open_services(course, lever, w.services)

    signal = state.protection_signal if on.pull else 0.0
    spared = surveillance.spared_chance(p["surveillance"], lever)
    departure.depart(
        month, seed, slots, scale, p["departure"], now, lever, signal, recruiters, stamps, w.migrants, entries
    )  # fmt: skip
    newcomers = np.arange(rows_before, int(w.migrants.size[0]), dtype=np.uint32)
    present = _with_newcomers(state, present, newcomers)
    leaving = column_array(np.concatenate([leaving, newcomers]))
    openness = crossing.border_openness(p["crossing"], now, lever)
    crossing.cross(
        month, leaving, p["crossing"], openness, lever, spared, on.enforcement_pressure, stamps, w.migrants, w.brokers, w.units,
        entries,
    )  # fmt: skip
    # From here on nobody enters the host country this month, and nobody but its authorities sends anybody home.
    here = presence.standing_within(present, Status.IN_TRANSIT, Status.PROTECTED, w.migrants)
    brought = presence.standing_within(here, Status.IN_TRANSIT, Status.HELD_BY_BROKERS, w.migrants)
    brokerage.pass_along(
        month, brought, p["brokerage"], lever, spared, seats, sellers, stamps, w.migrants, w.brokers, entries
    )  # fmt: skip
    market.open_stalls(
        month, seed, p["market"], now, lever, on.broker_adaptation, stamps, w.markets, w.stalls, w.households, w.society
    )  # fmt: skip
    market.trade(
        month, brought, state.attempts, p["market"], on.scarcity, on.enforcement_pressure, seats, stamps, w.migrants,
        w.brokers, w.households, w.markets, w.stalls, w.units, entries,
    )  # fmt: skip
    most = highest.highest_chances(p["life"], now.onward_openness, openness, lever, on.fear, reach)
    life.live(
        month, here, p["life"], most, now, openness, lever, spared, on.fear, seats, reach, stamps, w.migrants, w.children,
        w.households, w.brokers, w.services, w.society, entries,
    )  # fmt: skip
    surveillance.watch(
        month, here, course.areas, p["surveillance"], now, lever, spared, on.fear, stamps, w.migrants, w.brokers, w.units,
        w.society, entries,
    )  # fmt: skip
    removal = column_array(np.full(1, max(1.0, p["custody"].removal_places * scale) if on.queues else np.inf))
    in_hands = presence.standing_within(here, Status.IN_CUSTODY, Status.PROTECTED, w.migrants)
    custody.decide(
        month, in_hands, p["custody"], now, lever, on.fear, on.queues, removal, stamps, w.migrants, w.brokers, w.units,
        w.services, w.society, entries,
    )  # fmt: skip
    returned = presence.standing_within(present, Status.RETURNED_DETAINED, Status.RETURNED_RELEASED, w.migrants)
    returns.live_after_return(
        month, returned, p["returns"], now, lever, on.family_return, stamps, w.migrants, entries
    )  # fmt: skip
    upbringing.bring_up(month, p["upbringing"], now, lever, stamps, w.children, w.migrants, w.services, entries)
    adaptation.learn(here, p["adaptation"], on.fear, w.migrants, w.society)
    adaptation.adapt_brokers(
        month, seed, course.areas, p["adaptation"], lever, on.broker_adaptation, seats, p["adaptation"].usual_broker_income, stamps,
        w.brokers, w.units, w.society, entries,
    )  # fmt: skip
    usual_caseload = p["adaptation"].usual_caseload * scale
    adaptation.adapt_units(p["adaptation"], lever, on.enforcement_pressure, usual_caseload, w.units)
    _remember_protection(state, p["adaptation"].memory_of_the_seen)
    bookkeeping.count_stocks(month, present, w.migrants, state.resting, w.children, *state.stocks)
    state.ledger.close_month(month)
    state.month += 1


def _remember_protection(state: State, memory: float) -> None:
    """Keep the share of custody decisions that ended in protection, smoothed: what may pull others to leave."""
    protections, removals = state.world.society.protections.sum(), state.world.society.removals.sum()
    if protections + removals > 0:
        share = protections / (protections + removals)
        state.protection_signal = memory * state.protection_signal + (1.0 - memory) * float(share)
