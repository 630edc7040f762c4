"""Effects: intervals, tests and numbers of replicates agree with SciPy and statsmodels and cover as often as they say."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestPower
from statsmodels.stats.weightstats import DescrStatsW

from trafficsim.analysis.effects import COLUMNS, effect_of
from trafficsim.analysis.multiplicity import benjamini_hochberg, holm, paired_p
from trafficsim.analysis.paired import mean_with_interval, replicates_needed
from trafficsim.analysis.power import (
    MOST,
    half_width_at,
    need_of,
    number_for,
    observed_widths,
    power_of,
    smallest_difference,
)
from trafficsim.analysis.ratios import paired_ratio

NAN = float("nan")


def counts(generator: np.random.Generator, mean: float, ratio: float, replicates: int, shared: float = 0.5) -> NDArray:
    """Return counts under a baseline and an arm that share luck, shape (2, replicates); the true ratio is ``ratio``."""
    luck = generator.gamma(10.0, 0.1, replicates)
    common = generator.poisson(mean * luck * shared)
    kept = min(1.0, ratio)
    baseline = common + generator.poisson(mean * luck * (1.0 - shared))
    arm = generator.binomial(common, kept) + generator.poisson(mean * luck * (ratio - shared * kept))
    return np.array([baseline, arm], dtype=np.float64)


@pytest.mark.parametrize("replicates", [3, 8, 40])
def test_differences_and_their_p_values_are_those_of_scipy_and_statsmodels(replicates: int) -> None:
    baseline, arm = counts(np.random.default_rng(replicates), 40.0, 0.8, replicates)
    found = effect_of([baseline], [arm], 0.9)
    test = stats.ttest_rel(arm, baseline)
    interval = test.confidence_interval(0.9)
    assert found.p == pytest.approx(test.pvalue)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))
    described = DescrStatsW(arm - baseline)
    assert (found.low, found.high) == pytest.approx(described.tconfint_mean(0.1))
    assert found.p == pytest.approx(described.ttest_mean(0.0)[1])
    assert (found.luck_low, found.luck_high, found.worlds, found.replicates) == (found.low, found.high, 1, replicates)


@pytest.mark.parametrize(
    ("differences", "p"),
    [([0.0] * 3, 1.0), ([2.0] * 5, 1 / 16), ([-1.0] * 2, 0.5), ([3.0], NAN), ([], NAN), ([NAN, 1.0], NAN)],
)
def test_p_values_go_with_intervals_where_there_is_no_spread(differences: list[float], p: float) -> None:
    assert paired_p(differences) == pytest.approx(p, nan_ok=True)
    interval = mean_with_interval(differences)
    if not np.isnan(p) and interval.mean != 0.0:
        assert np.isnan(interval.low) == (p > 0.1)


p_values = st.lists(st.one_of(st.floats(0.0, 1.0), st.just(NAN)), max_size=30)


@settings(max_examples=30, deadline=None)
@given(p_values)
def test_corrections_are_those_of_statsmodels(values: list[float]) -> None:
    told = ~np.isnan(values) if values else np.zeros(0, bool)
    for ours, method in ((holm, "holm"), (benjamini_hochberg, "fdr_bh")):
        found = ours(values)
        assert np.isnan(found[~told]).all()
        if told.any():
            assert found[told] == pytest.approx(multipletests(np.array(values)[told], method=method)[1])
    if told.any():
        assert benjamini_hochberg(values)[told] == pytest.approx(stats.false_discovery_control(np.array(values)[told]))


def test_holm_keeps_the_chance_of_any_false_alarm() -> None:
    generator, alarms = np.random.default_rng(5), []
    for _ in range(600):
        luck = generator.normal(size=8)[:, None]  # indicators of the same lives go together
        differences = generator.normal(size=(8, 20)) + luck
        p = np.array([paired_p(column) for column in differences.T])
        alarms.append((p.min() <= 0.1, holm(p).min() <= 0.1))
    uncorrected, corrected = np.mean(alarms, axis=0)
    assert uncorrected > 0.2
    assert corrected < 0.12


@pytest.mark.parametrize(("mean", "ratio"), [(8.0, 0.3), (30.0, 1.0), (300.0, 0.7), (30.0, 1.5)])
@pytest.mark.parametrize("replicates", [5, 20])
def test_intervals_of_ratios_cover_as_often_as_they_say(mean: float, ratio: float, replicates: int) -> None:
    generator = np.random.default_rng(round(1000 * mean * ratio) + replicates)
    found = [paired_ratio(*counts(generator, mean, ratio, replicates), 0.9) for _ in range(2000)]
    told = [each for each in found if not np.isnan(each.low)]
    assert len(told) > 1950
    covered = np.mean([each.low <= ratio <= each.high for each in told])
    assert (
        0.88 < covered < 0.93
    )  # 90 %, give or take two standard errors of the simulation and the skew of small counts


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000))
def test_a_ratio_leaves_one_out_when_the_difference_leaves_zero_out(seed: int) -> None:
    baseline, arm = counts(np.random.default_rng(seed), 25.0, 0.85, 6)
    ratio, difference = paired_ratio(baseline, arm), mean_with_interval(arm - baseline)
    if not np.isnan(ratio.low):
        assert (ratio.low <= 1.0 <= ratio.high) == (difference.low <= 0.0 <= difference.high)
        assert ratio.low <= ratio.ratio <= ratio.high


@pytest.mark.parametrize(
    ("baseline", "arm", "ratio", "told"),
    [
        ([0, 0, 0], [1, 2, 3], NAN, False),  # from none: absent, not infinite
        ([0, 0, 0], [0, 0, 0], NAN, False),
        ([4, 2, 6], [0, 0, 0], 0.0, False),  # none in three replicates is not none for ever
        ([4, 2, 6], [4, 2, 6], 1.0, True),
        ([4, 2, 6], [8, 4, 12], 2.0, False),  # the same ratio three times shows no spread
        ([0, 0, 1], [3, 0, 0], 3.0, False),  # a baseline that is hardly there
        ([4], [2], 0.5, False),
        ([4, NAN, 6, 5], [2, 3, 2, 2], 0.4, True),
    ],
)
def test_ratios_are_honest_about_zeros(baseline: list[float], arm: list[float], ratio: float, told: bool) -> None:
    found = paired_ratio(baseline, arm)
    assert found.ratio == pytest.approx(ratio, nan_ok=True)
    assert np.isnan(found.low) == np.isnan(found.high) != told


def two_way(generator: np.random.Generator, worlds: int, replicates: int) -> NDArray:
    """Return differences that vary with the world (standard deviation 3), with luck (1) and with both together (2)."""
    return (
        -5.0
        + generator.normal(0.0, 3.0, (worlds, 1))
        + generator.normal(0.0, 1.0, (1, replicates))
        + generator.normal(0.0, 2.0, (worlds, replicates))
    )


def test_luck_and_assumptions_are_those_of_an_analysis_of_variance() -> None:
    worlds, replicates = 30, 6
    table = two_way(np.random.default_rng(3), worlds, replicates)
    found = effect_of(np.full(table.shape, 100.0), 100.0 + table)
    rows = pd.DataFrame(
        {"value": table.ravel(), "world": np.repeat(np.arange(worlds), replicates), "seed": np.tile(np.arange(replicates), worlds)}
    )  # fmt: skip
    squares = anova_lm(ols("value ~ C(world) + C(seed)", rows).fit())
    mean_square = squares["sum_sq"] / squares["df"]
    residual = mean_square["Residual"]
    assumptions = (mean_square["C(world)"] - residual) / replicates
    seeds = max(0.0, (mean_square["C(seed)"] - residual) / worlds)
    assert found.share_of_assumptions == pytest.approx(assumptions / (assumptions + seeds + residual))
    assert found.share_of_assumptions == pytest.approx(9 / 14, abs=0.2)
    assert (found.worlds, found.replicates) == (worlds, replicates)
    interval = stats.ttest_1samp(table.mean(axis=0), 0.0).confidence_interval(0.9)
    assert (found.luck_low, found.luck_high) == pytest.approx((interval.low, interval.high))
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(table.mean(axis=1), [0.05, 0.95])))
    assert found.share_below == (table.mean(axis=1) < 0).mean()
    assert np.isnan(found.p)  # luck alone is not tested where worlds differ


def test_the_interval_by_luck_covers_the_mean_of_the_worlds_at_hand() -> None:
    generator, covered = np.random.default_rng(8), []
    for _ in range(800):
        of_worlds = generator.normal(-5.0, 3.0, (12, 1))
        table = of_worlds + generator.normal(0.0, 1.0, (1, 5)) + generator.normal(0.0, 2.0, (12, 5))
        found = effect_of(np.full(table.shape, 100.0), 100.0 + table)
        covered.append(found.luck_low <= of_worlds.mean() <= found.luck_high)
    assert 0.87 < np.mean(covered) < 0.93


def test_worlds_with_an_absent_value_are_left_out_and_one_world_left_tells_nothing_of_worlds() -> None:
    baseline = np.array([[10.0, 12.0, 11.0], [20.0, NAN, 22.0], [8.0, 9.0, 7.0]])
    found = effect_of(baseline, baseline - [[1.0], [2.0], [3.0]] + [[0.0, 0.5, 1.0]] * 3)
    assert (found.worlds, found.replicates, found.difference) == (2, 3, pytest.approx(-1.5))
    baseline[2, 0] = NAN
    found = effect_of(baseline, baseline * 0.9)
    assert found.worlds == 1
    assert all(np.isnan(each) for each in (found.p, found.low, found.ratio_low))
    assert effect_of(baseline * NAN, baseline).worlds == 0
    assert len(COLUMNS) == len(set(COLUMNS))


def test_a_ratio_over_worlds_passes_over_worlds_with_none() -> None:
    baseline = np.array([[10.0, 10.0], [0.0, 0.0], [20.0, 20.0]])
    found = effect_of(baseline, baseline / 2)
    assert (found.ratio, found.ratio_low, found.ratio_high) == (0.5, 0.5, 0.5)
    assert found.share_below == pytest.approx(2 / 3)


@pytest.mark.parametrize(("spread", "wanted"), [(1.0, 0.5), (3.0, 0.1), (10.0, 30.0), (2.0, 1.99)])
def test_as_many_replicates_are_asked_for_as_the_width_takes_and_no_more(spread: float, wanted: float) -> None:
    number = number_for(spread, wanted, 0.9)

    def half(count: int) -> float:
        return float(stats.t.ppf(0.95, count - 1)) * spread / count**0.5

    assert half(number) <= wanted
    assert number == 2 or half(number - 1) > wanted
    assert half_width_at(spread, number, 0.9) == pytest.approx(half(number))


def test_the_normal_approximation_would_ask_for_too_few_replicates() -> None:
    differences = np.array([9.0, 10.0, 11.0, 10.5, 9.5])
    spread = differences.std(ddof=1)
    assert replicates_needed(differences, spread) > int(np.ceil(1.6449**2))
    assert replicates_needed([1.0, 1.0, 1.0], 0.1) == 2
    assert number_for(1.0, 0.0) == number_for(1.0, 1e-9) == MOST
    assert np.isnan(need_of([1.0], 0.1).spread)


@pytest.mark.parametrize("replicates", [3, 6, 20, 100])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_power_is_that_of_statsmodels(replicates: int, level: float) -> None:
    reference = TTestPower()
    for difference in (0.3, 1.0, 2.5):
        expected = np.nan_to_num(reference.power(difference / 2.0, replicates, 1.0 - level), nan=1.0)  # its far tail
        assert power_of(difference, 2.0, replicates, level) == pytest.approx(expected, abs=1e-6)
    smallest = smallest_difference(2.0, replicates, level, 0.8)
    expected = reference.solve_power(None, nobs=replicates, alpha=1.0 - level, power=0.8)
    assert smallest == pytest.approx(2.0 * expected, rel=1e-4)


def test_a_pilot_says_how_uncertain_it_is_and_more_often_than_not_is_enough() -> None:
    generator = np.random.default_rng(4)
    truth = number_for(3.0, 0.5, 0.9)
    pilots = [need_of(generator.normal(10.0, 3.0, 10), 0.5, 0.9) for _ in range(250)]
    assert np.median([each.needed for each in pilots]) == pytest.approx(truth, rel=0.15)
    assert np.mean([each.needed_at_most >= truth for each in pilots]) == pytest.approx(0.95, abs=0.03)
    assert all(each.needed <= each.needed_at_most for each in pilots)


def test_subsets_have_the_width_that_is_predicted() -> None:
    differences = np.random.default_rng(6).normal(5.0, 2.0, 60)
    low, mean, high = observed_widths(differences, [5, 20, 50]).T
    predicted = [half_width_at(float(differences.std(ddof=1)), number) for number in (5, 20, 50)]
    assert mean == pytest.approx(predicted, rel=0.1)
    assert (low <= mean).all() and (mean <= high).all()
    assert (np.diff(high - low) < 0).all()
