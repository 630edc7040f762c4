"""Two sources of spread: luck over replicates, and what is not known about the assumptions.

Every draw of assumptions is lived through with the same seeds, so differences between arms form a table of draws by
replicates. Its variance is taken apart as in a two-way analysis of variance without repetition (Scheffé 1959, chapter 4):
what differs between draws beyond the residual is due to assumptions; what differs between seeds, and the residual, to luck.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from trafficsim.analysis.paired import LEVEL, mean_with_interval


@dataclass(frozen=True)
class Spread:
    """The mean of a quantity over plausible worlds and what it varies with.

    ``luck_low`` and ``luck_high`` are the interval of the mean over replicates, averaged over worlds; ``world_low`` and
    ``world_high`` hold the middle ``level`` of the worlds' means; ``share_of_assumptions`` is the part of one run's
    variance that assumptions explain (NaN for a single replicate or world); ``share_below_zero`` and
    ``share_above_zero`` are the parts of worlds whose mean is below or above zero.
    """

    mean: float
    luck_low: float
    luck_high: float
    world_low: float
    world_high: float
    share_of_assumptions: float
    share_below_zero: float
    share_above_zero: float
    worlds: int
    replicates: int
    level: float


def two_sources(values: ArrayLike, level: float = LEVEL) -> Spread:
    """Take apart ``values``, shape (draws, replicates), of a quantity such as a paired difference."""
    table = np.asarray(values, dtype=np.float64)
    worlds, replicates = table.shape
    by_world, by_replicate = table.mean(axis=1), table.mean(axis=0)
    luck = mean_with_interval(by_replicate, level)
    low, high = np.quantile(by_world, [(1 - level) / 2, (1 + level) / 2])
    return Spread(
        mean=float(table.mean()),
        luck_low=luck.low,
        luck_high=luck.high,
        world_low=float(low),
        world_high=float(high),
        share_of_assumptions=_share_of_assumptions(table),
        share_below_zero=float((by_world < 0).mean()),
        share_above_zero=float((by_world > 0).mean()),
        worlds=worlds,
        replicates=replicates,
        level=level,
    )


def _share_of_assumptions(table: np.ndarray) -> float:
    worlds, replicates = table.shape
    if worlds < 2 or replicates < 2:
        return float("nan")
    grand = table.mean()
    by_world, by_replicate = table.mean(axis=1), table.mean(axis=0)
    residual = table - by_world[:, None] - by_replicate[None, :] + grand
    mean_square_residual = float((residual**2).sum() / ((worlds - 1) * (replicates - 1)))
    assumptions = max(0.0, float(by_world.var(ddof=1)) - mean_square_residual / replicates)
    seeds = max(0.0, float(by_replicate.var(ddof=1)) - mean_square_residual / worlds)
    total = assumptions + seeds + mean_square_residual
    return assumptions / total if total > 0 else float("nan")
