"""The units of the catalogue and of the agents' columns: what each means, its dimension, and how far it can go.

>>> UNITS["probability per month"].dimension, UNITS["share"].high
('1/month', 1.0)
"""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Unit:
    """One unit.

    ``dimension`` is what it is made of: factors over factors ("persons/month"), or nothing for a pure number. Counts of brokers,
    households, areas and proposals are pure numbers; persons, reports, money and time are not, since rules take rates of
    them. ``kind`` tells a chance from other numbers: luck, drawn from 0 to 1, is held against chances alone.
    """

    meaning: str
    dimension: str = ""
    low: float = 0.0
    high: float = math.inf
    kind: str = "number"

    def problem(self, low: float, high: float) -> str:
        """Return what is wrong with a range in this unit, or nothing where it lies within the unit's own."""
        if self.low <= low and high <= self.high:
            return ""
        ends = f"from {self.low:g} to {self.high:g}" if self.high < math.inf else f"from {self.low:g} on"
        return f"{self.meaning}: it goes {ends}, and the range is [{low:g}, {high:g}]"


def _chance(meaning: str, dimension: str = "") -> Unit:
    return Unit(meaning, dimension, high=1.0, kind="chance")


MONEY = "yuan of the letter's scale"

UNITS = {
    "probability": _chance("chance that something happens on an occasion"),
    "probability per month": _chance("chance that something happens in a month", "1/month"),
    "share": _chance("part of a whole"),
    "0 to 1": _chance("a degree, from none to full"),
    "0 or 1": _chance("no or yes"),
    "index 0 to 1": _chance("a degree, from none to full"),
    "factor": Unit("what something is multiplied with; 1 changes nothing"),
    "relative change": Unit("what is added to 1 before something is multiplied; 0 changes nothing", low=-1.0, kind="change"),
    "ratio": Unit("one amount divided by another of its kind"),
    "exponent": Unit("strength of an effect that multiplies by e to this power"),
    "index": Unit("a level without a unit of its own"),
    "index, 1 = usual": Unit("a level, the usual one being 1"),
    "index, 2009 = 1": Unit("a level, that of 2009 being 1"),
    "index, 2010 = 1": Unit("a level, that of 2010 being 1"),
    "index, 2011 = 1": Unit("a level, that of 2011 being 1"),
    "index -1 to 1": Unit("a balance of two opposites", low=-1.0, high=1.0),
    "per unit of monthly risk": Unit("effect for each unit of a chance a month", "month"),
    "per report": Unit("for each report", "1/reports"),
    "month": Unit("a month of the calendar, counted from January 1996", "month", low=-math.inf),
    "months": Unit("a time in months", "month"),
    "years": Unit("a time in years", "year"),
    "per month": Unit("speed: part of the way that is gone in a month", "1/month"),
    "per year": Unit("exponent for each year", "1/year"),
    "persons": Unit("persons counted", "persons"),
    "persons per month": Unit("persons counted in a month", "persons/month"),
    "person-months": Unit("months, summed over persons", "persons month"),
    "reports per month": Unit("reports counted in a month", "reports/month"),
    "reports per broker and month": Unit("reports in a month, for each broker", "reports/month"),
    "per person and month": Unit("cases in a month, for each person", "1/month", high=1.0, kind="chance"),
    "per broker and month": Unit("cases in a month, for each broker", "1/month", high=1.0, kind="chance"),
    "children": Unit("children counted"),
    "child-months": Unit("months, summed over children", "month"),
    "events": Unit("cases counted; one person may have several"),
    "persons and returns": Unit("cases counted, one for each person and return"),
    "checks": Unit("checks, messages and pictures counted"),
    "checks per month": Unit("checks counted in a month", "1/month"),
    "messages per month": Unit("messages counted in a month", "1/month"),
    "pictures per month": Unit("pictures counted in a month", "1/month"),
    "areas": Unit("number of areas"),
    "brokers": Unit("number of brokers"),
    "brokers per month": Unit("brokers counted in a month", "1/month"),
    "households": Unit("number of households"),
    "farms and workshops": Unit("number of farms and workshops"),
    "homes": Unit("number of homes"),
    "venues": Unit("number of venues"),
    "count": Unit("a number of things"),
    "bits": Unit("marks, one a bit"),
    "row": Unit("row of a table, -1 for none", low=-1.0),
    MONEY: Unit("money, as the letter tells prices; only ratios mean anything", "yuan"),
    f"{MONEY} per month": Unit("money in a month", "yuan/month"),
    "yuan per active broker": Unit("money, for each broker who works", "yuan"),
}  # fmt: skip
"""Every unit that the shipped catalogue and the tables may name; a test refuses others. A catalogue of your own may name more."""
