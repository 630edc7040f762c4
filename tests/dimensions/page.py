"""The page on units: what they are, what was walked, which slips are found, and what is known to be wrong."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from dimensions.slips import Slip, parameters
from dimensions.sources import READ_AS, Units, functions
from dimensions.walk import Walk, Walker
from trafficsim.catalog import catalog
from trafficsim.catalog.reading import read_mapping
from trafficsim.catalog.units import UNITS
from trafficsim.processes.population import DECLARATIONS

PAGE = Path(__file__).parents[2] / "docs" / "review" / "units.md"
KNOWN = read_mapping(Path(__file__).with_name("known.yaml"), "known.yaml")
LEAST = 0.9
"""The share of wrong dimensions that must be found."""


def walks() -> dict[str, Walk]:
    """Return the walk of every function of the processes."""
    walker = Walker(Units())
    return {title: walker.walk(title) for title in functions()}


def score(tried: Sequence[Slip]) -> float:
    """Return the share of slips that are found."""
    return sum(bool(one.found) for one in tried) / len(tried)


def uses() -> dict[str, Counter[str]]:
    """Return how often each unit is used: by parameters, series, indicators, levers and columns."""
    found: dict[str, Counter[str]] = {unit: Counter() for unit in UNITS}
    for what, units in {
        "parameters": [one.unit for one in parameters().values()],
        "series": [one.unit for one in catalog().series.values()],
        "indicators": [one.unit for one in catalog().indicators.values()],
        "levers": [one.capacity_unit for one in catalog().levers.values() if one.capacity_unit],
        "columns": [one.unit for table in DECLARATIONS.values() for one in table.columns if one.unit],
    }.items():
        for unit in units:
            found.setdefault(unit, Counter())[what] += 1
    return found


def page(tried: Sequence[Slip]) -> str:
    """Return ``docs/review/units.md``."""
    walked = walks()
    rules = [title for title, one in functions().items() if one.rule]
    whole = [title for title in rules if walked[title].seen == walked[title].judged]
    seen, judged = (sum(getattr(one, what) for one in walked.values()) for what in ("seen", "judged"))
    wrong, alike = ([one for one in tried if one.dimension == differs] for differs in (True, False))
    missed: dict[str, list[str]] = {}
    for one in wrong:
        if not one.found:
            missed.setdefault(f"`{one.place}` ({one.unit})", []).append(one.wrong)
    by = Counter(one.found for one in wrong if one.found)
    used = uses()
    exceptions = [
        f"- `{title}`: `{expression}`"
        for kind in ("steps", "complements", "chances") for title, said in READ_AS[kind].items() for expression in said
    ]  # fmt: skip
    return "\n".join(
        [
            "# Units and dimensions", "",
            "Each number of the catalogue, each column of the agents' tables and each indicator has a unit from one list, and each",
            "unit has a dimension and ends that it cannot go beyond: a share lies between 0 and 1. A catalogue whose ranges",
            "go beyond them is refused when it is read. `make units` writes this page, and a test holds it.", "",
            "A unit that nobody checks is a word. So the text of every rule and of every loop that calls one is walked with units",
            "in the place of numbers: nothing may be added or compared that differs in dimension, no power of e is taken of what",
            "has one, luck is held against chances alone, and each rule gives what it is declared to give. Both branches of",
            "every condition are walked, whatever the numbers are.", "",
            f"**All {len(rules)} rules and {len(walked) - len(rules)} loops and helpers are walked.** In "
            f"{len(whole)} rules all is known of every operation; of all {seen} operations with numbers, {judged} can be judged"
            f" ({100 * judged / seen:.0f} %). {sum(len(one.told) for one in walked.values())} do not fit.", "",
            f"**Of {len(wrong)} wrong dimensions put into the catalogue one at a time, {100 * score(wrong):.1f} % are found**: "
            f"{by['rules']} by the rules' text, {by['range']} by the range, {by['name']} by the parameter's name. At least "
            f"{100 * LEAST:.0f} % must be.",
            f"Of {len(alike)} units of the same dimension but another kind (a factor for a share, a relative change for a factor)",
            f"{100 * score(alike):.1f} % are found; many cannot be, for a chance times a factor is a chance.", "",
            "## The units", "",
            "Counts of brokers, households, areas and proposals are pure numbers.", "",
            "| unit | dimension | range | what it means | used by |", "| --- | --- | --- | --- | --- |",
            *(
                f"| {name} | {unit.dimension or 'none'} | {_ends(unit.low, unit.high)} | {unit.meaning} | "
                f"{', '.join(f'{number} {_counted(what, number)}' for what, number in used[name].items()) or 'rules alone'} |"
                for name, unit in UNITS.items()
            ), "",
            "## Where a month passes, and other exceptions", "",
            "A model in steps of a month adds what changes in a month to what there is. These are the places; an exception that is",
            "no longer needed fails the test.", "", *exceptions, "",
            "## Columns that are read with another unit than they are declared with", "",
            "Their declaration is part of the rules' text, and a change of it would give every published result another name.", "",
            *(f"- `{place}`: read as {one['is']}. {one['because']}" for place, one in READ_AS["columns"].items()), "",
            "## Known faults", "",
            *(f"- `{place}`: {because}" for place, because in KNOWN["not_whole"].items()), "",
            "## Wrong dimensions that nothing finds", "",
            *(f"- {place}: {', '.join(units)}" for place, units in missed.items()), "",
        ]
    )  # fmt: skip


def _counted(what: str, number: int) -> str:
    return what if number > 1 or what == "series" else what.removesuffix("s")


def _ends(low: float, high: float) -> str:
    return "any" if low == -float("inf") else f"{low:g} to {high:g}" if high < float("inf") else f"≥ {low:g}"
