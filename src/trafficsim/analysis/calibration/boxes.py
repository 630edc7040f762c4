"""How likely errors that lean on each other lie within limits, all at once.

The limits are taken one after another, and what the first ones say moves mean and covariance of the rest, as if a normal
distribution that is cut off were normal again (Mendell and Elston 1974). In one dimension, and without correlation, that is
exact.
"""

import numpy as np
from numpy.typing import NDArray

NARROWEST = 1e-6
"""The least variance that a cut leaves, in units of what was there: far out in a tail the difference is lost to rounding."""


def log_probability_within(
    means: NDArray[np.float64], covariance: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the logarithm of the chance of lying between ``low`` and ``high``, shape (points,).

    ``means``, shape (points, limits), are those of normal variables with one ``covariance``, shape (limits, limits).
    """
    points, limits = means.shape
    means, left = means.copy(), np.repeat(covariance[None], points, axis=0)
    total = np.zeros(points)
    for place in range(limits):
        spread = np.sqrt(left[:, place, place])
        lower, upper = (low[place] - means[:, place]) / spread, (high[place] - means[:, place]) / spread
        chance = log_normal_between(lower, upper)
        total += chance
        at_lower, at_upper = (np.exp(-0.5 * (end**2 + np.log(2.0 * np.pi)) - chance) for end in (lower, upper))
        moved = at_lower - at_upper
        kept = np.clip(1.0 + lower * at_lower - upper * at_upper - moved**2, NARROWEST, 1.0)
        gain = left[:, place, place + 1 :] / spread[:, None]
        means[:, place + 1 :] += gain * moved[:, None]
        left[:, place + 1 :, place + 1 :] -= gain[:, :, None] * gain[:, None, :] * (1.0 - kept)[:, None, None]
    return total


def log_normal_between(lower: NDArray[np.float64], upper: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the logarithm of a standard normal variable's chance of lying between, exact far out on either side."""
    from scipy.special import log_ndtr

    # Where both ends lie above nil, work from the other side, where the numbers are not all 1.
    above = lower > 0.0
    big, small = log_ndtr(np.where(above, -lower, upper)), log_ndtr(np.where(above, -upper, lower))
    return np.asarray(big + np.log1p(-np.exp(np.minimum(small - big, -1e-12))))
