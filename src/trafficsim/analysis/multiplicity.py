"""What a difference over replicates is worth where many are looked at: p values, and their adjustment for the family.

A p value here is about luck alone: how often replicates as different as these would come about if, *in this model at these
assumptions*, the arm changed nothing. It says nothing of whether the assumptions are right, nor of the real world.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr


def paired_p(differences: ArrayLike) -> float:
    """Return the two-sided p value of Student's paired t test that the mean of ``differences``, one a replicate, is 0.

    It goes with :func:`~trafficsim.analysis.paired.mean_with_interval`: equal differences show no spread, so the sign test
    takes its place; 1 where all are 0; NaN for less than two replicates. Absent values (NaN) are passed over.
    """
    numbers = np.asarray(differences, dtype=np.float64)
    numbers = numbers[~np.isnan(numbers)]
    count = len(numbers)
    if count < 2:
        return np.nan
    if numbers.min() == numbers.max():
        return 1.0 if numbers[0] == 0.0 else 2.0 ** (1 - count)
    statistic = numbers.mean() / (numbers.std(ddof=1) / count**0.5)
    return float(2.0 * stdtr(count - 1, -abs(statistic)))


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """Return p values adjusted so that the chance of *any* false alarm in the family is kept (Holm 1979); shape (tests,).

    Absent values (NaN) stay absent and do not count as tests.
    """
    return _adjusted(p_values, lambda ordered, count: np.maximum.accumulate(ordered * (count - np.arange(count))))


def benjamini_hochberg(p_values: ArrayLike) -> NDArray[np.float64]:
    """Return p values adjusted so that the expected *share* of false alarms is kept (Benjamini and Hochberg 1995).

    It holds for tests that depend on each other positively, as indicators of the same lives mostly do (Benjamini and
    Yekutieli 2001). Absent values (NaN) stay absent and do not count as tests.
    """

    def step_up(ordered: NDArray[np.float64], count: int) -> NDArray[np.float64]:
        return np.minimum.accumulate((ordered * count / np.arange(1, count + 1))[::-1])[::-1]

    return _adjusted(p_values, step_up)


def _adjusted(
    p_values: ArrayLike, adjust: Callable[[NDArray[np.float64], int], NDArray[np.float64]]
) -> NDArray[np.float64]:
    values = np.asarray(p_values, dtype=np.float64)
    found = np.full(values.shape, np.nan)
    told = np.flatnonzero(~np.isnan(values))
    order = told[np.argsort(values[told], kind="stable")]
    if len(order):
        found[order] = np.minimum(1.0, adjust(values[order], len(order)))
    return found
