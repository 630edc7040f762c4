"""Differences over replicates: pairing, intervals, and what may be said from few numbers."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from trafficsim.analysis.paired import (
    independent_difference,
    mean_with_interval,
    paired_difference,
    replicates_needed,
)
from trafficsim.analysis.summary import arm_totals, summarise, verdict

numbers = st.floats(-1e6, 1e6).map(lambda value: round(value, 3))


def test_the_interval_is_students() -> None:
    found = mean_with_interval([4.0, 6.0, 8.0])
    assert (found.mean, found.replicates) == (6.0, 3)
    half = 2.9199855803537 * 2.0 / np.sqrt(3.0)  # Student's t, two degrees of freedom, 90 %
    assert (found.low, found.high) == pytest.approx((6.0 - half, 6.0 + half))


def test_the_interval_covers_as_often_as_it_says() -> None:
    generator = np.random.default_rng(1)
    samples = generator.normal(10.0, 3.0, (2000, 5))
    covered = np.mean([found.low <= 10.0 <= found.high for found in map(mean_with_interval, samples)])
    assert 0.88 < covered < 0.92


@pytest.mark.relation(
    "Luck that two policies share does not enter their difference.",
    kind="symmetry", level="analysis",
    reach="made-up numbers (Hypothesis)",
)  # fmt: skip
@given(shared=st.lists(numbers, min_size=2, max_size=20), difference=st.lists(numbers, min_size=20, max_size=20))
def test_luck_that_arms_share_does_not_count(shared: list[float], difference: list[float]) -> None:
    own = np.array(difference[: len(shared)])
    found = paired_difference(shared, np.array(shared) + own)
    assert found.mean == pytest.approx(own.mean(), abs=1e-6, rel=1e-6)
    if not np.isnan(found.low):
        assert found.low <= found.mean <= found.high


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([], False), ([3.0], False), ([np.nan, 3.0], False), ([-1.0] * 2, False), ([-1.0] * 4, False), ([-1.0] * 5, True),
        ([0.0] * 2, True), ([0.1] * 3, False), ([1.0, 2.0], True), ([1.0, np.nan, 2.0], True),
    ],
)  # fmt: skip
def test_few_equal_numbers_have_no_interval(values: list[float], told: bool) -> None:
    found = mean_with_interval(values)
    assert np.isnan(found.low) == np.isnan(found.high) != told
    assert found.replicates == np.count_nonzero(~np.isnan(values))


def test_unpaired_differences_have_welchs_interval() -> None:
    first, second = [1.0, 2.0, 3.0, 4.0], [5.0, 9.0, 7.0]
    found = independent_difference(first, second)
    low, high = stats.ttest_ind(second, first, equal_var=False).confidence_interval(0.9)
    assert (found.mean, found.low, found.high) == pytest.approx((4.5, low, high))
    assert np.isnan(independent_difference([1.0], second).low)


def test_more_replicates_are_needed_for_a_narrower_interval() -> None:
    differences = [9.0, 10.0, 11.0, 10.5, 9.5]
    wide, narrow = (replicates_needed(differences, half) for half in (0.5, 0.05))
    assert 2 <= wide < narrow
    # Where replicates are few, Student's interval takes some two more than the square root's law.
    assert narrow == pytest.approx(100 * (wide - 2), rel=0.1)


@pytest.mark.parametrize(
    ("low", "high", "direction", "word"),
    [
        (-3, -1, "less_is_better", "better"), (1, 3, "less_is_better", "worse"), (1, 3, "more_is_better", "better"),
        (-3, -1, "more_is_better", "worse"), (-1, 1, "less_is_better", "unclear"), (0, 2, "more_is_better", "unclear"),
        (0, 0, "less_is_better", "no change"), (0, 0, "neutral", "no change"), (np.nan, np.nan, "less_is_better", "unclear"),
        (-3, -1, "neutral", "lower"), (1, 3, "neutral", "higher"), (-1, 3, "neutral", "unclear"),
    ],
)  # fmt: skip
def test_a_difference_is_said_in_a_word(low: float, high: float, direction: str, word: str) -> None:
    assert verdict(low, high, direction) == word


def test_a_summary_pairs_by_replicate() -> None:
    rows = [
        (arm, 0, replicate, "removals", dimension, "all", value)
        for dimension in ("all", "sex")
        for arm, values in {"history": [9, 9, 9], "a": [10, 20, 30], "b": [11, 22, 33]}.items()
        for replicate, value in enumerate(map(float, values))
    ]
    # A price has no value where nobody was sold, so that replicate has no difference.
    rows += [
        (arm, 0, number, "price", "all", "all", 5.0 + number)
        for arm, number in [("a", 0), ("b", 0), ("b", 1), ("a", 2), ("b", 2)]
    ]
    frame = pd.DataFrame(rows, columns=["arm", "draw", "replicate", "indicator", "dimension", "level", "value"])
    totals = arm_totals(frame.sample(frac=1.0, random_state=1))  # in whatever order replicates were finished
    found = summarise(totals, ["a", "b"]).set_index(["indicator", "arm"])
    assert found.loc[("removals", "b"), "difference"] == 2.0
    assert found.loc[("removals", "a"), ["difference", "difference_low", "difference_high"]].tolist() == [0.0, 0.0, 0.0]
    assert found.loc[("price", "a"), "replicates"] == 2
    assert found.loc[("price", "b"), ["difference", "replicates"]].tolist() == [0.0, 3]


def test_of_several_worlds_a_difference_is_relative_to_each_worlds_own_baseline() -> None:
    """A policy that halves a harm in every world halves it, however much the worlds differ in how large the harm is."""
    base = np.array([10.0, 100.0, 1000.0])
    rows = [
        (arm, draw, replicate, "deaths", factor * value)
        for arm, factor in (("a", 1.0), ("b", 0.5))
        for draw, value in enumerate(base)
        for replicate in range(2)
    ]
    totals = pd.DataFrame(rows, columns=["arm", "draw", "replicate", "indicator", "value"])
    row = summarise(totals, ["a", "b"]).set_index("arm").loc["b"]
    assert (row["relative_low"], row["relative_high"]) == (pytest.approx(-0.5), pytest.approx(-0.5))
    assert row["difference_low"] < 10 * row["difference_high"]
