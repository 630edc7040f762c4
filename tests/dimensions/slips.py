"""Wrong units put into the catalogue one at a time: which of them are found, and by what."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from dimensions.quantities import MONTHLY, Quantity, quantity
from dimensions.sources import Units, functions
from dimensions.walk import Walker
from trafficsim.catalog import Parameter, catalog
from trafficsim.catalog.units import UNITS

MONTH = (("month", 1),)


@dataclass(frozen=True)
class Slip:
    """A parameter with another unit: whether its dimension differs, and what found it ("rules", "range", "name" or nothing)."""

    place: str
    unit: str
    wrong: str
    dimension: bool
    found: str


def parameters() -> dict[str, Parameter]:
    """Return every parameter by PROCESS.NAME."""
    return {f"{step}.{name}": one for step, named in catalog().parameters.items() for name, one in named.items()}


@cache
def _fields() -> dict[str, set[str]]:
    """Return the fields that each function's text names."""
    return {
        title: {node.attr for node in ast.walk(function.node) if isinstance(node, ast.Attribute)}
        for title, function in functions().items()
    }


def readers(name: str) -> list[str]:
    """Return the functions whose text names a parameter."""
    return [title for title, fields in _fields().items() if name in fields]


def misnamed(place: str, unit: str) -> bool:
    """True where a parameter's name promises another unit: NAME_monthly, months_of_NAME, share_NAME."""
    name, what = place.partition(".")[2], quantity(unit)
    monthly = dict(what.powers).get("month") == dict(MONTHLY)["month"]
    in_months = name.startswith("months_") or name.endswith("_in_months")
    return (
        (name.endswith("_monthly") and not monthly)
        or (in_months and what.powers != MONTH)
        or (name.startswith("share_") and (what.kind, what.powers) != ("chance", ()))
    )


def other_units(unit: str) -> list[str]:
    """Return one unit of parameters for each quantity that is not that of ``unit``."""
    one_each: dict[Quantity, str] = {}
    for known in dict.fromkeys(one.unit for one in parameters().values()):
        one_each.setdefault(quantity(known), known)
    return [wrong for what, wrong in one_each.items() if what != quantity(unit)]


def slips() -> Iterator[Slip]:
    """Try every wrong unit of every parameter."""
    for place, one in parameters().items():
        for wrong in other_units(one.unit):
            yield Slip(
                place, one.unit, wrong, quantity(wrong).powers != quantity(one.unit).powers, found_by(place, one, wrong)
            )


def found_by(place: str, one: Parameter, wrong: str) -> str:
    """Return what finds a wrong unit, or nothing."""
    walker = Walker(Units({place: wrong}))
    if any(walker.walk(title).told for title in readers(place.partition(".")[2])):
        return "rules"
    if UNITS[wrong].problem(*one.range):
        return "range"
    return "name" if misnamed(place, wrong) else ""
