"""What a status-quo history shows of the patterns that were held out: one set of numbers a run."""

import numpy as np
from numpy.typing import NDArray

from trafficsim.analysis.calibration.history import History, live_history
from trafficsim.analysis.calibration.observation import Arrivals, ratio, share, stock_in_host_country, year_of
from trafficsim.catalog import Catalog
from trafficsim.designs import Point
from trafficsim.processes.month import State
from trafficsim.processes.vocabulary import Care, Link, Motive, Registration

END, LAST_YEAR = "2026-01", 2025
ARRIVAL_YEARS = range(2014, LAST_YEAR + 1)
REGISTRATION_YEARS = (2008, 2012)
LONG_STAY, DIRECT = 5.0, 1.0
"""Years: a long stay is of five or more before arrival, a direct arrival within one."""

NAMES = (
    *(f"women/{year}" for year in ARRIVAL_YEARS),
    *(f"share/{year}" for year in ARRIVAL_YEARS),
    *(f"direct/{year}" for year in (2014, 2025)),
    *(f"long-stay/{year}" for year in (2014, 2025)),
    "stock/2025",
    *(f"registered/{year}" for year in REGISTRATION_YEARS),
    "political/first",
    "political/second",
)


def outlook(point: Point, seed: int, scale: float, known: Catalog) -> list[float]:
    """Live through 1996 to 2025 and return the numbers of :data:`NAMES`: persons at full scale, and shares; NaN if undefined."""
    registered: dict[int, float] = {}

    def watch(state: State) -> None:
        for year in REGISTRATION_YEARS:
            if state.month == year_of(year).start + 6:
                registered[year] = _registered(state)

    history = live_history(point, seed, scale, END, known, watch)
    return [_numbers(history, registered)[name] for name in NAMES]


def _registered(state: State) -> float:
    """Return which share of the children alive in the host country is registered, in the father's family or with the mother."""
    children = state.world.children
    number = int(children.size[0])
    care, registration = np.asarray(children.care[:number]), np.asarray(children.registration[:number])
    here = (np.asarray(children.alive[:number]) == 1) & ~np.isin(care, (Care.GROWN_UP, Care.REUNITED_ABROAD))
    return share(registration >= Registration.FATHERS_FAMILY, here)


def _numbers(history: History, registered: dict[int, float]) -> dict[str, float]:
    arrivals = Arrivals(history)
    found: dict[str, float] = {}
    for year in ARRIVAL_YEARS:
        of_year = arrivals.year == year
        women = float((of_year & arrivals.woman).sum())
        found[f"women/{year}"] = women / history.scale
        found[f"share/{year}"] = ratio(women, float(of_year.sum()))
        found[f"direct/{year}"] = float((of_year & (arrivals.stay_years < DIRECT)).sum()) / history.scale
        found[f"long-stay/{year}"] = float((of_year & (arrivals.stay_years >= LONG_STAY)).sum()) / history.scale
    found[f"stock/{LAST_YEAR}"] = stock_in_host_country(history, LAST_YEAR)
    found |= {f"registered/{year}": registered[year] for year in REGISTRATION_YEARS}
    return found | _political(history)


def _political(history: History) -> dict[str, float]:
    """Return how many of the returned among arrivals left for political reasons or bound for the third country.

    The survey behind the pattern asked people who had been returned and had since arrived; so do we. First: as they first
    left. Second: as they left the last time.
    """
    migrants, number = history.state.world.migrants, len(history.departed)
    arrivals = Arrivals(history)
    asked = arrivals.rows[arrivals.returns > 0]

    def political(motive: NDArray[np.int8], link: NDArray[np.int8]) -> float:
        return share(((motive == Motive.PERSECUTION) | (link != Link.NONE))[asked])

    return {
        "political/first": political(history.first_motive, history.first_link),
        "political/second": political(np.asarray(migrants.motive[:number]), np.asarray(migrants.link[:number])),
    }
