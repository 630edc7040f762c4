"""Every rule of the processes: hand-computed cases, its direction, and that a chance is a chance whatever is assumed.

The cases stand in ``situations/rules/*.yaml``, one file for each module of the processes, and are explained in
``situations/README.md``.
"""

import math
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from situations import words
from situations.rules import GIVES, Rule, answer, evaluate, vocabulary_of
from situations.tables import CASES, DIRECTIONS, RULES, TABLES, case_fails, moves, reach

from trafficsim.catalog import catalog
from trafficsim.processes.vocabulary import Purpose, Status

KEYS = ("gives", "usual", "cases", "rises_with", "falls_with")
EXPLOITED = range(Status.FORCED_MARRIAGE, Status.DOMESTIC_SERVITUDE + 1)


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
    told = case_fails(title, number)
    assert not told, told


@pytest.mark.relation(
    "A chance lies between 0 and 1, whatever is assumed.",
    kind="limit", level="rule",
    reach="every rule, all arguments, levers and parameters over their ranges (Hypothesis)",
)  # fmt: skip
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


@pytest.mark.relation(
    "More of one thing moves a rule one way only.",
    kind="monotone", level="rule",
    reach="every rule, every lever that it reads and the arguments that its table names (Hypothesis)",
)  # fmt: skip
@pytest.mark.parametrize(("title", "way", "name"), DIRECTIONS, ids=lambda part: str(part))
def test_direction(title: str, way: str, name: str) -> None:
    """More of one thing never moves a rule against its direction; at the usual values it does move it."""
    rule, where = RULES[title], TABLES[title][0]
    sign = 1.0 if way == "rises_with" else -1.0
    assert moves(title, way, name), where

    @settings(max_examples=40, deadline=None, derandomize=True, database=None)
    @given(everything(rule), values(rule, name), values(rule, name))
    def holds(given_words: dict[str, Any], one: Any, other: Any) -> None:
        less, more = sorted((one, other))
        before = evaluate(rule, given_words | {name: less}, where)
        after = evaluate(rule, given_words | {name: more}, where)
        assert sign * (after - before) >= -1e-12 * abs(before)

    holds()


@pytest.mark.relation(
    "More of one thing moves a rule the same way at every corner of what may be assumed.",
    kind="monotone", level="rule",
    reach="every direction of every rule, at random corners of the ranges",
)  # fmt: skip
@pytest.mark.parametrize(("title", "way", "name"), DIRECTIONS, ids=lambda part: str(part))
def test_direction_at_the_ends_of_what_may_be_assumed(title: str, way: str, name: str) -> None:
    """At the corners of the ranges, drawn by a seed: Hypothesis chooses its examples by what else is loaded."""
    rule, (where, entry) = RULES[title], TABLES[title]
    sign = 1.0 if way == "rises_with" else -1.0
    low, high = reach(rule, name)
    fields = [f"{owner}.{field}" for owner, field in rule.reads if f"{owner}.{field}" != name]
    luck = random.Random(1)
    for _ in range(60):
        corner = entry["usual"] | {field: float(luck.choice(reach(rule, field))) for field in fields}
        before, after = (evaluate(rule, corner | {name: end}, where) for end in (low, high))
        assert sign * (after - before) >= -1e-12 * abs(before), corner


def test_every_lever_that_a_rule_reads_has_a_direction() -> None:
    stated = {(title, name) for title, _, name in DIRECTIONS}
    read = {(title, f"lever.{field}") for title, rule in RULES.items() for field in rule.fields("lever")}
    assert not read - stated
