"""Differences between arms over replicates that share their luck.

Every replicate lives the same lives under each arm, so differences are taken within a replicate and Student's t interval
is put around their mean (Student 1908); pairing takes out the luck that arms share (common random numbers, see Law 2015,
"Simulation Modeling and Analysis", chapter 11).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit

LEVEL = 0.90


@dataclass(frozen=True)
class Estimate:
    """A mean over replicates with its interval; the interval is absent (NaN) where the spread cannot be told."""

    mean: float
    low: float
    high: float
    level: float
    replicates: int


def mean_with_interval(values: ArrayLike, level: float = LEVEL) -> Estimate:
    """Return the mean of ``values``, one a replicate, with its Student t interval; absent values (NaN) are passed over.

    A few equal values other than zero show no spread, yet say little: they have an interval only where as many equal
    signs would be significant in a sign test at this level (five for 90 %).
    """
    numbers = np.asarray(values, dtype=np.float64)
    numbers = numbers[~np.isnan(numbers)]
    count = len(numbers)
    if count == 0:
        return Estimate(np.nan, np.nan, np.nan, level, 0)
    mean = float(numbers.mean())
    if count == 1:
        return Estimate(mean, np.nan, np.nan, level, 1)
    if numbers.min() == numbers.max():
        told = mean == 0.0 or 2.0 ** (1 - count) <= 1.0 - level
        return Estimate(mean, mean, mean, level, count) if told else Estimate(mean, np.nan, np.nan, level, count)
    half = float(stdtrit(count - 1, 0.5 + level / 2)) * float(numbers.std(ddof=1)) / count**0.5
    return Estimate(mean, mean - half, mean + half, level, count)


def paired_difference(baseline: ArrayLike, arm: ArrayLike, level: float = LEVEL) -> Estimate:
    """Return the mean of arm minus baseline, replicate by replicate, with its interval; both of shape (replicates,)."""
    return mean_with_interval(np.asarray(arm, dtype=np.float64) - np.asarray(baseline, dtype=np.float64), level)


def independent_difference(baseline: ArrayLike, arm: ArrayLike, level: float = LEVEL) -> Estimate:
    """Return the difference of means of two independent samples with Welch's interval (Welch 1947)."""
    first, second = np.asarray(baseline, dtype=np.float64), np.asarray(arm, dtype=np.float64)
    difference = float(second.mean() - first.mean())
    if min(len(first), len(second)) < 2:
        return Estimate(difference, np.nan, np.nan, level, min(len(first), len(second)))
    from scipy import stats  # takes half a second to import, which a first table need not wait for

    interval = stats.ttest_ind(second, first, equal_var=False).confidence_interval(level)
    return Estimate(difference, float(interval.low), float(interval.high), level, min(len(first), len(second)))


def replicates_needed(differences: ArrayLike, half_width: float, level: float = LEVEL) -> int:
    """Return how many replicates Student's interval of this half width takes, at the spread of ``differences``; at least two."""
    from trafficsim.analysis.power import number_for  # which builds on this file

    return number_for(float(np.std(np.asarray(differences, dtype=np.float64), ddof=1)), half_width, level)
