"""Every rule of the processes: hand-computed cases, its direction, and that a chance is a chance whatever is assumed.

The cases stand in ``situations/rules/*.yaml``, one file for each module of the processes, and are explained in
``situations/README.md``.
"""

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from situations import words
from situations.reading import FOLDER
from situations.rules import GIVES, Rule, all_rules, answer, evaluate, vocabulary_of

from trafficsim.catalog import catalog
from trafficsim.catalog.reading import read_mapping
from trafficsim.processes.vocabulary import Purpose, Status

KEYS = ("gives", "usual", "cases", "rises_with", "falls_with")
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
EXPLOITED = range(Status.FORCED_MARRIAGE, Status.DOMESTIC_SERVITUDE + 1)


def reach(rule: Rule, name: str) -> tuple[Any, Any]:
    """Return the ends of the range that an argument or a field such as ``lever.prevention`` can move in."""
    owner, _, field = name.rpartition(".")
    if owner == "p":
        return catalog().parameters[rule.process][field].range
    if owner == "circumstances":
        return SERIES[field]
    return YES_OR_NO if name in SWITCHES else REACH.get(name, SHARE)


def values(rule: Rule, name: str) -> Any:
    """Return the Hypothesis strategy of an argument or field, in the words of a table."""
    kind = vocabulary_of(rule, name)
    if kind is not None:
        allowed = [one for one in kind if not (name == "purpose" and one == Purpose.NONE)]
        if rule.name == "purpose_of":
            allowed = [Status(one) for one in EXPLOITED]
        return st.sampled_from([words.spoken(one) for one in allowed])
    low, high = reach(rule, name)
    if isinstance(low, bool):
        return st.booleans()
    if isinstance(low, int) and not name.startswith(("p.", "circumstances.")):
        return st.sampled_from([low, high]) | st.integers(low, high)
    ends = st.sampled_from([float(low), float(high)])  # often
    owner, _, field = name.rpartition(".")
    if owner == "p" and catalog().parameters[rule.process][field].whole:
        return ends | st.integers(int(low), int(high)).map(float)
    return ends | st.floats(float(low), float(high))


def everything(rule: Rule) -> Any:
    """Return the strategy of all that a rule reads, each over the whole of its range."""
    named = [name for name in rule.arguments if name not in ("p", "lever", "circumstances")]
    fields = [f"{owner}.{field}" for owner, field in rule.reads]
    return st.fixed_dictionaries({name: values(rule, name) for name in (*named, *fields)})


def value(title: str, **given_words: Any) -> Any:
    where, entry = TABLES[title]
    return answer(evaluate(RULES[title], entry["usual"] | given_words, where), entry["gives"])


def test_every_rule_has_a_table_and_every_table_a_rule() -> None:
    assert not set(RULES) - set(TABLES), "rules without cases: add them to tests/situations/rules"
    assert not set(TABLES) - set(RULES), "tables without a rule"
    for title, (where, entry) in TABLES.items():
        words.refuse_unknown(entry, KEYS, where)
        assert entry["gives"] in ("chance", "number", "yes or no", *GIVES), where
        assert len(entry["cases"]) > 1, where
        assert not title.endswith("_chance") or entry["gives"] == "chance", where


@pytest.mark.parametrize(("title", "number"), CASES, ids=lambda part: str(part))
def test_case(title: str, number: int) -> None:
    where, entry = TABLES[title]
    case = dict(entry["cases"][number])
    case.pop("because", None)
    wanted = case.pop("is")
    found = value(title, **case)
    if isinstance(wanted, bool | str):
        assert found == wanted, where
    else:
        assert found == pytest.approx(wanted, rel=1e-3, abs=1e-12), where


@pytest.mark.parametrize("title", TABLES)
def test_a_chance_is_a_chance_and_a_number_a_number_whatever_is_assumed(title: str) -> None:
    rule, (where, entry) = RULES[title], TABLES[title]

    @settings(max_examples=60, deadline=None, derandomize=True, database=None)
    @given(everything(rule))
    def holds(given_words: dict[str, Any]) -> None:
        found = answer(evaluate(rule, given_words, where), entry["gives"])
        if entry["gives"] == "chance":
            assert 0.0 <= found <= 1.0
        elif entry["gives"] == "number":
            assert math.isfinite(found)

    holds()


@pytest.mark.parametrize(("title", "way", "name"), DIRECTIONS, ids=lambda part: str(part))
def test_direction(title: str, way: str, name: str) -> None:
    """More of one thing never moves a rule against its direction; at the usual values it does move it."""
    rule, where = RULES[title], TABLES[title][0]
    sign = 1.0 if way == "rises_with" else -1.0
    low, high = reach(rule, name)
    assert sign * (value(title, **{name: high}) - value(title, **{name: low})) > 0.0, where

    @settings(max_examples=40, deadline=None, derandomize=True, database=None)
    @given(everything(rule), values(rule, name), values(rule, name))
    def holds(given_words: dict[str, Any], one: Any, other: Any) -> None:
        less, more = sorted((one, other))
        before = evaluate(rule, given_words | {name: less}, where)
        after = evaluate(rule, given_words | {name: more}, where)
        assert sign * (after - before) >= -1e-12 * abs(before)

    holds()


def test_every_lever_that_a_rule_reads_has_a_direction() -> None:
    stated = {(title, name) for title, _, name in DIRECTIONS}
    read = {(title, f"lever.{field}") for title, rule in RULES.items() for field in rule.fields("lever")}
    assert not read - stated
