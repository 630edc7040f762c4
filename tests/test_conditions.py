"""Conditions under which something fails, and assumptions that it leans on: found where they are, not where they are not."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from made_up_worlds import assumptions
from scipy import stats

from trafficsim.analysis.conditions import FEWEST, Bound, Conditions, Rule, conditions_of
from trafficsim.analysis.leaning import CHANCE, leaning_of

WORLDS = 200


@pytest.mark.parametrize("cut", [0.55, 0.7, 0.85])
def test_a_threshold_is_found(cut: float) -> None:
    points = assumptions(WORLDS)
    name = points.columns[7]
    found = conditions_of(points, points[name] <= cut)
    assert found.outcome == "fails"
    assert [bound.parameter for rule in found.rules for bound in rule.bounds] == [name]
    bound = found.rules[0].bounds[0]
    assert bound.at_most is None
    assert bound.above == pytest.approx(cut, abs=0.05)
    assert found.rules[0].density > 0.9
    assert found.tell_apart(0.8)
    assert found.rules[0].words == f"{name} above {bound.above:.3g}"


def test_a_rule_that_takes_in_little_of_the_rarer_answer_parts_nothing() -> None:
    rule = Rule((Bound("a.b", 0.9, None),), coverage=0.3, density=1.0, worlds=20, chance=0.0)
    found = Conditions("holds", (rule,), "", base=0.2, elsewhere=0.15, coverage=0.3, density=1.0)
    assert not found.tell_apart(0.8)  # although 85 % of the worlds outside of it fail
    assert replace(found, coverage=0.6).tell_apart(0.8)


def test_the_rarer_answer_is_told() -> None:
    points = assumptions(WORLDS)
    found = conditions_of(points, points.iloc[:, 3] > 0.75)
    assert found.outcome == "holds"
    assert found.rules[0].bounds[0].above == pytest.approx(0.75, abs=0.05)
    assert found.elsewhere < 0.1


def test_two_parameters_together_are_found_in_spite_of_luck() -> None:
    points = assumptions(WORLDS, seed=3)
    first, second = points.columns[[7, 9]]
    fails = (points[first] > 0.5) & (points[second] > 0.4)
    turned = np.random.default_rng(3).uniform(size=WORLDS) < 0.05
    found = conditions_of(points, ~fails ^ turned)
    assert {bound.parameter for bound in found.rules[0].bounds} == {first, second}
    assert found.rules[0].density > 0.7
    assert found.rules[0].chance < 0.01


def test_coverage_and_density_are_those_of_worlds_held_out() -> None:
    """With a tenth of the answers turned by luck no rule is right in more than about nine in ten."""
    points = assumptions(600, seed=5)
    turned = np.random.default_rng(5).uniform(size=600) < 0.1
    found = conditions_of(points, (points.iloc[:, 0] <= 0.6) ^ turned)
    rule = found.rules[0]
    assert rule.density == pytest.approx(0.9, abs=0.08)
    assert rule.coverage == pytest.approx(0.86, abs=0.1)  # 0.4 · 0.9 of the failing, of 0.4 · 0.9 + 0.6 · 0.1
    assert rule.worlds < 600 / 3


def test_noise_yields_no_rule() -> None:
    generator = np.random.default_rng(11)
    for seed, share in enumerate([0.3, 0.5, 0.5, 0.7, 0.8, 0.6, 0.4, 0.55]):
        found = conditions_of(assumptions(WORLDS, seed), generator.uniform(size=WORLDS) < share)
        assert found.rules == ()
        assert "No rule was found" in found.told
        assert not found.tell_apart(0.5)


@pytest.mark.parametrize(("failing", "says"), [(0, "holds in nearly all worlds"), (FEWEST - 1, "holds in nearly all")])
def test_where_nearly_all_is_alike_no_conditions_can_be_told(failing: int, says: str) -> None:
    found = conditions_of(assumptions(WORLDS), np.arange(WORLDS) >= failing)
    assert found.rules == ()
    assert says in found.told
    assert f"fails in {failing} of {WORLDS}" in found.told


def test_without_assumptions_that_differ_no_conditions_can_be_told() -> None:
    found = conditions_of(pd.DataFrame(index=range(100)), np.arange(100) < 50)
    assert found.told == "All worlds share the same assumptions."


def test_equal_worlds_give_equal_rules() -> None:
    points = assumptions(WORLDS)
    holds = points.iloc[:, 2] + points.iloc[:, 4] < 1.0
    assert conditions_of(points, holds) == conditions_of(points, holds)


def test_leaning_is_spearmans_correlation_beyond_the_floor() -> None:
    points = assumptions(WORLDS)
    score = points.iloc[:, 7] ** 3 - 0.4 * points.iloc[:, 9] + np.random.default_rng(2).normal(0, 0.05, WORLDS)
    found = leaning_of(points, score)
    assert [lean.parameter for lean in found.leans] == list(points.columns[[7, 9]])
    for lean in found.leans:
        assert lean.correlation == pytest.approx(stats.spearmanr(points[lean.parameter], score).statistic)
    assert found.leans[0].correlation > 0 > found.leans[1].correlation
    assert found.leans[0].record.grade in "ABCD"


def test_the_floor_is_where_the_smallest_of_all_p_values_lies() -> None:
    points = assumptions(WORLDS)
    floor = leaning_of(points, np.random.default_rng(0).normal(size=WORLDS)).floor
    t = floor * np.sqrt((WORLDS - 2) / (1 - floor**2))
    assert 2 * stats.t.sf(t, WORLDS - 2) * points.shape[1] == pytest.approx(CHANCE)


def test_noise_leans_on_nothing() -> None:
    generator = np.random.default_rng(4)
    leaning = [leaning_of(assumptions(WORLDS, seed), generator.normal(size=WORLDS)) for seed in range(40)]
    assert sum(bool(found.leans) for found in leaning) <= 2  # 0.4 are to be expected


def test_ties_and_equal_columns_lean_on_nothing() -> None:
    points = assumptions(WORLDS)
    points.iloc[:, 0] = 0.5
    assert leaning_of(points, np.ones(WORLDS)).leans == ()
    assert all(lean.parameter != points.columns[0] for lean in leaning_of(points, points.iloc[:, 1]).leans)
