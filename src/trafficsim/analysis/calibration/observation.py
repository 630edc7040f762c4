"""The observation model: what the surveys and counts behind the targets would have seen of a simulated history.

Almost every figure was asked of people who had reached the third country by then. So a simulated figure is taken from
simulated arrivals of the same years, never from everybody in the host country; the stock, returns, children and prices are
counted where they were said to be. Counts are divided by the scale.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from trafficsim.analysis.calibration.history import History
from trafficsim.processes.vocabulary import AgeBand, Care, Event, Motive, Purpose, Sex, Status

FIRST_YEAR = 1996
HOST_COUNTRY = slice(Status.IN_TRANSIT, Status.PROTECTED + 1)
CHILDREN_IN_HOST_COUNTRY = (Care.WITH_MOTHER, Care.FATHERS_HOUSEHOLD, Care.ORPHANAGE, Care.SOLD, Care.WITH_OTHERS)
INTERVIEWED = {"women": 47, "men": 11}
"""The sample of E-D01: its share of trafficked people is of women and men together."""


class Arrivals:
    """Those who reached the third country, one row each, with what a survey among them would have asked."""

    def __init__(self, history: History) -> None:
        migrants, number = history.state.world.migrants, len(history.departed)
        there = np.flatnonzero(np.asarray(migrants.status[:number]) == Status.IN_THIRD_COUNTRY)
        self.rows = there
        arrived = np.asarray(migrants.status_since)[there].astype(np.int64)
        born = np.asarray(migrants.birth_month)[there].astype(np.int64)
        self.year = FIRST_YEAR + arrived // 12
        self.woman = np.asarray(migrants.sex)[there] == Sex.FEMALE
        self.age = (arrived - born) // 12
        self.stay_years = (arrived - history.departed[there]) / 12.0
        self.returns = np.asarray(migrants.past_returns)[there].astype(np.int64)
        self.motive = np.asarray(migrants.motive)[there]
        self.trafficked = np.asarray(migrants.times_trafficked)[there] > 0
        self.married = history.ever(Purpose.FORCED_MARRIAGE)[there]
        self.in_sex_trade = history.ever(Purpose.SEXUAL_EXPLOITATION)[there]
        sold = history.first_sold[there]
        self.age_when_sold = np.where(sold >= 0, (sold - born) // 12, -1)


def year_of(year: int) -> slice:
    """Return the months of a year, 0 being 1996-01."""
    return slice((year - FIRST_YEAR) * 12, (year - FIRST_YEAR + 1) * 12)


def years_of(first: int, last: int) -> slice:
    """Return the months from the first year to the end of the last."""
    return slice(year_of(first).start, year_of(last).stop)


def share(part: NDArray[np.bool_], of: NDArray[np.bool_] | None = None) -> float:
    """Return which share of those who fulfil ``of`` (default: all) fulfil ``part`` too; NaN where there is nobody."""
    among = part if of is None else part[of]
    return float(among.mean()) if len(among) else float("nan")


def ratio(part: float, whole: float) -> float:
    """Return part over whole; NaN where there is no whole."""
    return part / whole if whole > 0 else float("nan")


def observe(history: History, last_year: int = 2015) -> dict[str, float]:
    """Return every statistic that a target may name, "C1/2002" and the like, in the target's unit; NaN where undefined.

    ``last_year`` is the last that surveys without a year of their own have asked about.
    """
    arrivals = Arrivals(history)
    found: dict[str, float] = {}
    found |= _arrivals_by_year(arrivals, history.scale, last_year)
    found |= _stocks(history)
    found |= _returns(history)
    found |= _surveys(arrivals, last_year)
    found |= _children(history)
    found["C11/ratio"] = _price_ratio(history, last_year)
    return found


def _arrivals_by_year(arrivals: Arrivals, scale: float, last_year: int) -> dict[str, float]:
    found: dict[str, float] = {}
    for year in range(2002, last_year + 1):
        women = float((arrivals.woman & (arrivals.year == year)).sum())
        everybody = float((arrivals.year == year).sum())
        found[f"C1/{year}"] = women / scale
        found[f"C2/{year}"] = ratio(women, everybody)
    return found


def stock_in_host_country(history: History, year: int, sex: Sex | None = None) -> float:
    """Return people in the host country in the middle of a year, of one sex or both, at full scale."""
    stock = history.state.stocks.by_status_and_sex[year_of(year).start + 6, HOST_COUNTRY]
    return float(stock.sum() if sex is None else stock[:, sex].sum()) / history.scale


def _stocks(history: History) -> dict[str, float]:
    found = {f"C3/{year}": stock_in_host_country(history, year) for year in (1998, 2002, 2007, 2009)}
    for year in (1998, 2009):
        found[f"C4/{year}"] = ratio(stock_in_host_country(history, year, Sex.FEMALE), found[f"C3/{year}"])
    return found


def _returns(history: History) -> dict[str, float]:
    removed = history.state.ledger.monthly[:, Event.REMOVED] / history.scale
    women = history.state.ledger.monthly_by["sex"][:, Event.REMOVED, Sex.FEMALE] / history.scale
    return {
        "C5/2002": float(removed[year_of(2002)].sum()),
        "C5/1998-2006": float(removed[years_of(1998, 2006)].sum()) / 9.0,
        "C5/women-2005-2015": float(women[years_of(2005, 2015)].sum()),
    }


def _surveys(arrivals: Arrivals, last_year: int) -> dict[str, float]:
    asked = arrivals.year <= last_year
    women, men = asked & arrivals.woman, asked & ~arrivals.woman
    of_women, of_men = share(arrivals.trafficked, women), share(arrivals.trafficked, men)
    interviewed = sum(INTERVIEWED.values())
    found = {
        "C6/trafficked": (INTERVIEWED["women"] * of_women + INTERVIEWED["men"] * of_men) / interviewed,
        "C6/forced-marriage": share(arrivals.married, women),
        "C6/sex-trade": share(arrivals.in_sex_trade, women),
        "C7/deceived": share(arrivals.motive >= Motive.DECEPTION, asked),
        "C13/returns": float("nan"),
        "C15/women-20-39": share((arrivals.age >= 20) & (arrivals.age < 40), women),
    }
    ages = {decade: float((women & (arrivals.age_when_sold // 10 == decade)).sum()) for decade in (1, 2, 3)}
    found["C8/10s-of-10-39"] = ratio(ages[1], sum(ages.values()))
    found["C8/20s-of-20-39"] = ratio(ages[2], ages[2] + ages[3])
    for year in (2002, 2003, 2005, 2009):
        stays = arrivals.stay_years[arrivals.year == year]
        found[f"C9/mean-{year}"] = float(stays.mean()) if len(stays) else float("nan")
    for year in (2005, 2006, 2007):
        found[f"C9/within-a-year-{year}"] = share(arrivals.stay_years < 1.0, arrivals.year == year)
    returned = asked & (arrivals.returns > 0)
    if returned.any():
        found["C13/returns"] = float(arrivals.returns[returned].mean())
    motives = {motive: float((asked & (arrivals.motive == motive)).sum()) for motive in Motive}
    own = motives[Motive.WORK_OR_TRADE] + motives[Motive.FAMILY] + motives[Motive.PERSECUTION]
    found["C14/work-of-own"] = ratio(motives[Motive.WORK_OR_TRADE], own)
    found["C14/family-of-rest"] = ratio(motives[Motive.FAMILY], motives[Motive.FAMILY] + motives[Motive.PERSECUTION])
    return found


def _children(history: History) -> dict[str, float]:
    by_care = history.state.stocks.by_care
    return {
        f"C10/{year}": float(by_care[year_of(year).start + 6, list(CHILDREN_IN_HOST_COUNTRY)].sum()) / history.scale
        for year in (2009, 2012)
    }


def _price_ratio(history: History, last_year: int) -> float:
    counts = history.state.ledger.monthly_by["age_band"][: year_of(last_year).stop].sum(axis=0)
    old, young = (
        ratio(float(counts[Event.PRICE_PAID, band]), float(counts[Event.TRAFFICKED, band]))
        for band in (AgeBand.FROM_40, AgeBand.FROM_18_TO_29)
    )
    return ratio(old, young)


def statistics_of(found: Mapping[str, float], names: list[str]) -> NDArray[np.float64]:
    """Return the named statistics as an array."""
    return np.array([found[name] for name in names], np.float64)
