"""Shares of lives: ratios of totals over replicates, with intervals that stay honest where few lives were counted.

A share is the ratio of two totals, never a mean of ratios, for replicates with more lives should count for more. Its
interval over replicates is that of the ratio estimator (Cochran 1977, "Sampling Techniques", chapter 6) with Student's t.
Where either side of the share counts but a few lives, or replicates show no spread, that theory tells nothing, and the exact
interval of Clopper and Pearson (1934) for the lives of all replicates together takes its place. Worlds share their luck, so a
replicate that is lived through in many worlds counts with its mean over these, as one and not as many.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv, stdtrit

from trafficsim.analysis.paired import LEVEL

FEW = 5
"""Lives, in all replicates together, below which a count is too small for Student's interval."""


@dataclass(frozen=True)
class Share:
    """A share of lives: ``part`` of ``whole``, both mean simulated lives a replicate; ``share`` is NaN where whole is 0.

    ``low`` and ``high`` are the interval over replicates, or hold the middle ``level`` of the worlds where there are several;
    ``luck_low`` and ``luck_high`` are over replicates in any case. They are NaN where one replicate cannot tell.
    """

    part: float
    whole: float
    share: float
    low: float
    high: float
    luck_low: float
    luck_high: float
    level: float
    worlds: int
    replicates: int


def share_of(parts: ArrayLike, wholes: ArrayLike, level: float = LEVEL) -> Share:
    """Return the share of ``parts`` in ``wholes``, lives counted by world and replicate, both of shape (worlds, replicates).

    A world in which the whole is 0 has no share of its own and is left out of their interval.
    """
    part, whole = np.asarray(parts, dtype=np.float64), np.asarray(wholes, dtype=np.float64)
    worlds, replicates = part.shape
    total = whole.sum()
    share = float(part.sum() / total) if total else np.nan
    luck_low, luck_high = _over_replicates(part.mean(axis=0), whole.mean(axis=0), level)
    low, high = luck_low, luck_high
    if worlds > 1 and not _few(part, whole):
        own = whole.sum(axis=1)
        by_world = part.sum(axis=1)[own > 0] / own[own > 0]
        low, high = np.quantile(by_world, [(1 - level) / 2, (1 + level) / 2])
    return Share(
        float(part.mean()), float(whole.mean()), share, float(low), float(high), luck_low, luck_high, level, worlds,
        replicates,
    )  # fmt: skip


def _few(part: NDArray[np.float64], whole: NDArray[np.float64]) -> bool:
    return bool(min(part.sum(), whole.sum() - part.sum()) < FEW)


def _over_replicates(part: NDArray[np.float64], whole: NDArray[np.float64], level: float) -> tuple[float, float]:
    """Return the interval of the share over replicates; both, in lives of one world, of shape (replicates,)."""
    replicates, total = len(part), whole.sum()
    if replicates < 2 or total == 0:
        return np.nan, np.nan
    share = part.sum() / total
    spread = float(np.std(part - share * whole, ddof=1))
    if _few(part, whole) or spread == 0.0:
        return clopper_pearson(float(part.sum()), float(total), level)
    half = float(stdtrit(replicates - 1, 0.5 + level / 2)) * spread / replicates**0.5 / float(whole.mean())
    return max(0.0, float(share - half)), min(1.0, float(share + half))


def clopper_pearson(part: float, whole: float, level: float = LEVEL) -> tuple[float, float]:
    """Return the exact interval of a share when ``part`` of ``whole`` were counted."""
    tail = (1.0 - level) / 2.0
    low = 0.0 if part == 0 else float(betaincinv(part, whole - part + 1, tail))
    high = 1.0 if part == whole else float(betaincinv(part + 1, whole - part, 1.0 - tail))
    return low, high
