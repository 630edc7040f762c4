"""Differences between arms over replicates that share their luck.

Every replicate lives the same lives under each arm, so differences are taken within a replicate and Student's t interval
is put around their mean (Student 1908); pairing takes out the luck that arms share (common random numbers, see Law 2015,
"Simulation Modeling and Analysis", chapter 11).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from trafficsim.experiments.result import StudyResult

LEVEL = 0.90


@dataclass(frozen=True)
class Estimate:
    """A mean over replicates with its interval; the interval is absent (NaN) for a single replicate."""

    mean: float
    low: float
    high: float
    level: float
    replicates: int


def mean_with_interval(values: ArrayLike, level: float = LEVEL) -> Estimate:
    """Return the mean of ``values``, one a replicate, with its Student t interval."""
    numbers = np.asarray(values, dtype=np.float64)
    numbers = numbers[~np.isnan(numbers)]
    count = len(numbers)
    if count == 0:
        return Estimate(np.nan, np.nan, np.nan, level, 0)
    mean = float(numbers.mean())
    if count == 1:
        return Estimate(mean, np.nan, np.nan, level, 1)
    error = float(stats.sem(numbers))
    if error == 0.0:
        return Estimate(mean, mean, mean, level, count)
    low, high = stats.t.interval(level, count - 1, loc=mean, scale=error)
    return Estimate(mean, float(low), float(high), level, count)


def paired_difference(baseline: ArrayLike, arm: ArrayLike, level: float = LEVEL) -> Estimate:
    """Return the mean of arm minus baseline, replicate by replicate, with its interval; both of shape (replicates,)."""
    return mean_with_interval(np.asarray(arm, dtype=np.float64) - np.asarray(baseline, dtype=np.float64), level)


def independent_difference(baseline: ArrayLike, arm: ArrayLike, level: float = LEVEL) -> Estimate:
    """Return the difference of means of two independent samples with Welch's interval (Welch 1947)."""
    first, second = np.asarray(baseline, dtype=np.float64), np.asarray(arm, dtype=np.float64)
    difference = float(second.mean() - first.mean())
    if min(len(first), len(second)) < 2:
        return Estimate(difference, np.nan, np.nan, level, min(len(first), len(second)))
    interval = stats.ttest_ind(second, first, equal_var=False).confidence_interval(level)
    return Estimate(difference, float(interval.low), float(interval.high), level, min(len(first), len(second)))


def replicates_needed(differences: ArrayLike, half_width: float, level: float = LEVEL) -> int:
    """Return how many replicates an interval of this half width takes, by the normal approximation; at least two."""
    spread = float(np.std(np.asarray(differences, dtype=np.float64), ddof=1))
    return max(2, int(np.ceil((stats.norm.ppf(0.5 + level / 2) * spread / half_width) ** 2)))


def totals_frame(result: StudyResult) -> pd.DataFrame:
    """Return each arm's total of each indicator in each replicate: columns arm, replicate, indicator, value."""
    rows = [
        (run.arm, run.replicate, name, value)
        for run in result.runs
        if run.parent is not None
        for name, dimension, _, value in run.totals
        if dimension == "all"
    ]
    return pd.DataFrame(rows, columns=["arm", "replicate", "indicator", "value"])


def summarise(totals: pd.DataFrame, arms: list[str], level: float = LEVEL) -> pd.DataFrame:
    """Return one row an indicator and arm: mean, interval, and the paired difference to the first arm with its interval.

    ``totals`` has the columns arm, replicate, indicator and value.
    """
    table = totals.pivot_table(index=["indicator", "replicate"], columns="arm", values="value")
    rows = []
    for indicator in totals["indicator"].unique():
        values = table.loc[indicator] if indicator in table.index.get_level_values(0) else pd.DataFrame(columns=arms)
        for arm in arms:
            if arm not in values:
                continue
            own = mean_with_interval(values[arm], level)
            difference = paired_difference(values[arms[0]], values[arm], level)
            rows.append(
                {
                    "indicator": indicator, "arm": arm, "mean": own.mean, "low": own.low, "high": own.high,
                    "difference": difference.mean, "difference_low": difference.low, "difference_high": difference.high,
                    "replicates": own.replicates,
                }
            )  # fmt: skip
    return pd.DataFrame(rows)
