"""The tables of cases of every rule, how far each argument can go, and whether a rule does what its table says."""

import math
from typing import Any

from situations.reading import FOLDER
from situations.rules import Rule, all_rules, answer, evaluate

from trafficsim.catalog import catalog
from trafficsim.catalog.reading import read_mapping

TABLES = {
    f"{path.stem}.{name}": (f"rules/{path.name}: {name}", entry)
    for path in sorted((FOLDER / "rules").glob("*.yaml"))
    for name, entry in read_mapping(path, f"rules/{path.name}").items()
}
RULES = all_rules()
CASES = [(title, number) for title, (_, entry) in TABLES.items() for number in range(len(entry["cases"]))]
DIRECTIONS = [
    (title, way, name)
    for title, (_, entry) in TABLES.items()
    for way in ("rises_with", "falls_with")
    for name in entry.get(way, ())
]

SHARE, YES_OR_NO = (0.0, 1.0), (False, True)
REACH: dict[str, tuple[Any, Any]] = {
    "activity": (0.0, 2.5), "age": (0, 140), "area": (1, 6), "areas": (6, 6), "base": (500.0, 30000.0),
    "birth_month": (-600, 460), "campaign": (0.0, 9.0), "caseload": (0, 5000), "count": (0, 100), "ease": (0.0, 4.0),
    "demand_index": (0.1, 3.0), "effort": (0.0, 5.0), "guard_effort": (0.0, 5.0), "host_effort": (0.0, 5.0),
    "household": (-1, 5), "income": (0.0, 1e5), "intends": (0, 1), "month": (0, 600), "months_in_hiding": (0, 600),
    "months_in_status": (0, 600), "months_since": (0, 600), "months_since_release": (0, 600), "mothers_holder": (-1, 5),
    "offers": (0, 1000), "openness": (0.0, 2.0), "origin_effort": (0.0, 5.0), "past_returns": (0, 100),
    "policing": (-1.0, 4.0), "pressure": (0.0, 12.0), "price": (100.0, 1e5), "recruiter_activity": (0.0, 2.5),
    "reports_per_broker": (0.0, 100.0), "seats": (2, 30), "seekers": (0, 1000), "seller_activity": (0.0, 2.5),
    "slope": (-0.6, 0.9), "usual": (0.0, 3.0), "usual_caseload": (1.0, 2000.0), "usual_income": (300.0, 6000.0),
    "weight": (0.2, 1.8), "years": (0, 110),
}  # fmt: skip
"""How far each argument can go in a run; arguments that are not named go from 0 to 1."""
SWITCHES = (
    "adaptation_on", "at_risk", "family_on", "fear_on", "guided", "has_child", "has_household", "in_marriage",
    "in_orphanage", "pressure_on", "protected_from_removal", "reunited", "separated", "serving", "trafficked", "treated",
)  # fmt: skip
SERIES = {name: series.range for name, series in catalog().series.items()}


def reach(rule: Rule, name: str) -> tuple[Any, Any]:
    """Return the ends of the range that an argument or a field such as ``lever.prevention`` can move in."""
    owner, _, field = name.rpartition(".")
    if owner == "p":
        return catalog().parameters[rule.process][field].range
    if owner == "circumstances":
        return SERIES[field]
    return YES_OR_NO if name in SWITCHES else REACH.get(name, SHARE)


def value(title: str, **given_words: Any) -> Any:
    where, entry = TABLES[title]
    return answer(evaluate(RULES[title], entry["usual"] | given_words, where), entry["gives"])


def case_fails(title: str, number: int) -> str:
    """Return what a case wants and what the rule gave instead, or nothing where it comes true."""
    where, entry = TABLES[title]
    case = dict(entry["cases"][number])
    case.pop("because", None)
    wanted = case.pop("is")
    found = value(title, **case)
    near = not isinstance(wanted, bool | str) and math.isclose(found, wanted, rel_tol=1e-3, abs_tol=1e-12)
    return "" if near or found == wanted else f"{where}, case {number + 1}: it is {found!r}, not {wanted!r}."


def moves(title: str, way: str, name: str) -> bool:
    """Return whether a rule moves its way, at the usual values, over the whole range of one argument or field."""
    sign = 1.0 if way == "rises_with" else -1.0
    low, high = reach(RULES[title], name)
    return bool(sign * (value(title, **{name: high}) - value(title, **{name: low})) > 0.0)
