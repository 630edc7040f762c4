"""Ratios of totals between arms over replicates that share their luck, with Fieller's interval.

The ratio is that of the means, never a mean of ratios, which zero counts would make infinite and few lives erratic. Its
interval holds all ratios that a paired t test would not reject (Fieller 1954), so it leaves 1 out exactly when the interval
of the difference leaves 0 out. At 5 to 20 replicates of counts that share luck it covered 89 to 91 % where 90 % were asked
for; the delta method on the logarithm fell to 88 %.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from trafficsim.analysis.paired import LEVEL


@dataclass(frozen=True)
class Ratio:
    """Mean under the arm over mean under the baseline, with its interval over replicates.

    ``ratio`` is absent (NaN) where the baseline has none at all; the interval is absent where replicates cannot tell it: one
    replicate, a baseline that is not told from 0, or an arm that is 0 in every replicate.
    """

    ratio: float
    low: float
    high: float
    level: float
    replicates: int


def paired_ratio(baseline: ArrayLike, arm: ArrayLike, level: float = LEVEL) -> Ratio:
    """Return the ratio of means of two paired samples, both of shape (replicates,) and not negative.

    A pair in which a value is absent (NaN) is passed over.
    """
    first, second = np.asarray(baseline, dtype=np.float64), np.asarray(arm, dtype=np.float64)
    both = ~(np.isnan(first) | np.isnan(second))
    first, second = first[both], second[both]
    count = len(first)
    if count == 0 or first.mean() == 0.0:
        return Ratio(np.nan, np.nan, np.nan, level, count)
    mean, other = float(first.mean()), float(second.mean())
    ratio = other / mean
    if count == 1:
        return Ratio(ratio, np.nan, np.nan, level, count)
    if np.array_equal(first, second):
        return Ratio(1.0, 1.0, 1.0, level, count)
    spread = float(np.std(second - ratio * first, ddof=1))
    if other == 0.0 or spread <= 1e-12 * abs(
        other
    ):  # as with equal differences: no spread is seen, so none can be told
        return Ratio(ratio, np.nan, np.nan, level, count)
    low, high = _fieller(first, second, float(stdtrit(count - 1, 0.5 + level / 2)))
    return Ratio(ratio, low if np.isnan(low) else max(0.0, low), high, level, count)


def _fieller(first: np.ndarray, second: np.ndarray, quantile: float) -> tuple[float, float]:
    """Return the ratios r at which the mean of second - r * first lies ``quantile`` standard errors from 0."""
    covariance = np.cov(first, second) * quantile**2 / len(first)
    mean, other = float(first.mean()), float(second.mean())
    square = mean**2 - covariance[0, 0]
    if square <= 0.0:  # the baseline is not told from 0: any ratio at all would do
        return np.nan, np.nan
    half = mean * other - covariance[0, 1]
    root = float(np.sqrt(max(0.0, half**2 - square * (other**2 - covariance[1, 1]))))
    return float((half - root) / square), float((half + root) / square)
