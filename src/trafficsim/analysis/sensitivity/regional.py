"""Which assumptions decide the sign of a difference between arms: Monte Carlo filtering.

Worlds in which the difference is above zero are set beside those in which it is below (Hornberger and Spear 1981; Saltelli et al.
2008, "Global Sensitivity Analysis: The Primer", chapter 5): where a parameter is spread otherwise in the one than in the
other, it decides with. The distance is that of Kolmogorov and Smirnov, with Holm's correction (1979) for as many tests as there
are parameters. It tells of parameters that decide by themselves; one that decides only together with another may pass.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trafficsim.analysis.multiplicity import holm

SIGNIFICANT = 0.05
LEAST_WORLDS = 10
"""Worlds on either side of zero, below which nothing is told."""

Flip = Literal["decides the sign", "not converged", "not told"]


@dataclass(frozen=True)
class Regional:
    """Which parameters decide the sign of a difference.

    ``table`` has a row a parameter, the largest distance first: ``distance`` between its values in worlds above and below
    zero (0 to 1), ``p_value`` corrected for the number of parameters, the medians ``above`` and ``below``, and ``verdict``:
    "decides the sign", "not converged" (significant, but the two halves of the worlds disagree on the direction), or "not
    told". ``signs`` holds the sign of each world that was used, by its number; ``worlds_above``, ``worlds_below`` and
    ``worlds_at_zero`` count them.
    """

    table: pd.DataFrame
    signs: pd.Series
    worlds_above: int
    worlds_below: int
    worlds_at_zero: int

    @property
    def told(self) -> bool:
        """Whether there are enough worlds on both sides of zero to tell anything."""
        return min(self.worlds_above, self.worlds_below) >= LEAST_WORLDS

    @property
    def deciding(self) -> list[str]:
        """The parameters that decide the sign, the largest distance first."""
        return list(self.table.index[self.table["verdict"] == "decides the sign"])


def regional(points: pd.DataFrame, differences: NDArray[np.float64]) -> Regional:
    """Return which columns of ``points`` decide the sign of ``differences``, shape (worlds,).

    Where fewer than :data:`LEAST_WORLDS` worlds lie on one side of zero, the table is empty.
    """
    from scipy.stats import ks_2samp

    signs = pd.Series(np.sign(differences).astype(np.int64), points.index)
    counts = [int((signs == sign).sum()) for sign in (1, -1, 0)]
    columns = ["distance", "p_value", "above", "below", "verdict"]
    if min(counts[:2]) < LEAST_WORLDS:
        return Regional(pd.DataFrame(columns=columns), signs, *counts)
    above, below = points[signs > 0], points[signs < 0]
    found = [ks_2samp(above[name], below[name]) for name in points.columns]
    p_values = holm(np.array([one.pvalue for one in found]))
    half = np.arange(len(signs)) < len(signs) // 2
    stable = (_direction(points[half], signs[half]) == _direction(points[~half], signs[~half])).to_numpy()
    verdict = np.where(p_values > SIGNIFICANT, "not told", np.where(stable, "decides the sign", "not converged"))
    table = pd.DataFrame(
        {
            "distance": [float(one.statistic) for one in found], "p_value": p_values, "above": above.median(),
            "below": below.median(), "verdict": verdict,
        },
        index=points.columns,
    )  # fmt: skip
    return Regional(table.sort_values("distance", ascending=False, kind="stable"), signs, *counts)


def _direction(points: pd.DataFrame, signs: pd.Series) -> pd.Series:
    """Return in which direction each parameter lies in worlds above zero, against those below: by mean ranks."""
    ranks = points.rank()
    return np.sign(ranks[signs > 0].mean() - ranks[signs < 0].mean())
