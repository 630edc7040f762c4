"""What each method of sensitivity analysis brings: indices with intervals, and which of them have converged.

An index from too few points is not a result. After Sarrazin, Pianosi and Wagener (2016, "Global sensitivity analysis of
environmental models: convergence and validation") three things are asked: is the interval by resampling narrow, is the
ranking stable, and are those that matter little told from the others. Their measures are taken over here relative to the
largest index; the bounds below are our choice.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trafficsim.errors import UserError

LEVEL = 0.90
"""Level of all intervals."""
RESAMPLES = 200
SEED = 19520322
"""Of resampling, so that equal results have equal intervals."""

TOLERANCE = 0.2
"""Width of an interval, and distance to the index from half of the points, that a converged index may have; of the largest."""
NEGLIGIBLE = 0.05
"""Upper end of the interval below which an index is told to be negligible; of the largest."""

Verdict = Literal["converged", "negligible", "within noise", "not converged"]
VERDICTS: tuple[Verdict, ...] = ("converged", "negligible", "within noise", "not converged")

COLUMNS = ["index", "low", "high"]


@dataclass(frozen=True)
class Indices:
    """Indices of one quantity by one method.

    ``table`` has a row a factor (a parameter, or a group of them), the largest index first: ``index`` with its interval
    ``low`` and ``high``, ``half`` (the same from the first half of the points), ``verdict``, and columns that are the
    method's own. Of a factor whose verdict is neither "converged" nor "negligible" no number is a result.
    ``steps`` holds the indices by number of ``points``, in columns points, factor, index, low, high. ``floor`` is what a
    dummy parameter reaches (NaN where the method has none); ``agreement`` the correlation of the ranks from half of the points and
    from all, by Savage scores, so that the leaders count most. ``points`` were used, ``left_out`` not, for want of a value.
    """

    method: str
    table: pd.DataFrame
    steps: pd.DataFrame
    floor: float
    agreement: float
    points: int
    left_out: int = 0
    tolerance: float = TOLERANCE

    @property
    def varies(self) -> bool:
        """Whether the quantity differs between points at all."""
        return bool((self.table["index"] > 0.0).any())

    @property
    def leaders(self) -> list[str]:
        """The factors whose index has converged and is not negligible, the largest first."""
        return list(self.table.index[self.table["verdict"] == "converged"])

    def count(self, verdict: Verdict) -> int:
        """Return how many factors have this verdict."""
        return int((self.table["verdict"] == verdict).sum())


Estimator = Callable[[int], pd.DataFrame]
"""Returns the indices from the first so many blocks of points: a row a factor, :data:`COLUMNS` and the method's own."""


def judged(
    method: str, estimate: Estimator, sizes: Sequence[int], block: int, *, floor: float = np.nan,
    tolerance: float = TOLERANCE, left_out: int = 0, beside: Sequence[str] = (),
) -> Indices:  # fmt: skip
    """Return the indices from the largest of ``sizes`` (blocks, ascending, the last but one half of it), judged.

    ``beside`` names further indices that the estimator gives, each with columns NAME, NAME_low and NAME_high; each gets its
    own NAME_verdict, relative to the same largest index. Blocks have ``block`` points.
    """
    found = {size: estimate(size) for size in sizes}
    whole, half = found[sizes[-1]], found[sizes[-2]]
    largest = float(whole["index"].max())
    table = whole.assign(half=half["index"])
    table["verdict"] = verdicts(table["index"], table["low"], table["high"], half["index"], largest, floor, tolerance)
    for name in beside:
        index, low, high = (table[column] for column in (name, f"{name}_low", f"{name}_high"))
        table[f"{name}_verdict"] = verdicts(index, low, high, half[name], largest, floor, tolerance)
    steps = pd.concat(
        [
            one[COLUMNS].rename_axis("factor").reset_index().assign(points=size * block)
            for size, one in found.items()
        ],
        ignore_index=True,
    )  # fmt: skip
    agreement = savage_correlation(half["index"].to_numpy(), whole["index"].to_numpy())
    table = table.sort_values("index", ascending=False, kind="stable")
    return Indices(method, table, steps, floor, agreement, sizes[-1] * block, left_out, tolerance)


def verdicts(
    index: pd.Series, low: pd.Series, high: pd.Series, half: pd.Series, largest: float, floor: float, tolerance: float
) -> pd.Series:
    """Return the verdict on each index, all of which are set beside ``largest``.

    *Within noise*: no more than a dummy parameter reaches (``floor``, NaN for none). *Negligible*: the whole interval is below
    :data:`NEGLIGIBLE` of the largest. *Converged*: the interval is no wider than ``tolerance`` of the largest, and half of
    the points gave an index no further off. *Not converged*: none of these.
    """
    if not largest > 0.0:
        return pd.Series("negligible", index.index)
    narrow = ((high - low) <= tolerance * largest) & ((half - index).abs() <= tolerance * largest)
    found = np.where(narrow, "converged", "not converged")
    found = np.where((high <= NEGLIGIBLE * largest) & (half <= tolerance * largest), "negligible", found)
    if not np.isnan(floor):
        found = np.where((index <= floor) & (found != "negligible"), "within noise", found)
    return pd.Series(found, index.index)


def savage_correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Return the correlation of the Savage scores of two rankings (Iman and Conover 1987), NaN where one has no order.

    The score of rank i of n is 1/i + 1/(i+1) + ... + 1/n, so that agreement on the leaders weighs most.
    """
    if len(one) < 3 or np.ptp(one) == 0.0 or np.ptp(other) == 0.0:
        return np.nan
    scores = np.cumsum(1.0 / np.arange(len(one), 0, -1))[::-1]
    ranked = [np.empty(len(one)), np.empty(len(one))]
    for given, values in zip(ranked, (one, other), strict=True):
        given[np.argsort(-values, kind="stable")] = scores
    return float(np.corrcoef(ranked[0], ranked[1])[0, 1])


def sizes_up_to(blocks: int, least: int, what: str) -> list[int]:
    """Return some numbers of blocks that rise to ``blocks``, each half of the next, none below ``least``.

    Raises :class:`UserError`, naming ``what`` they are, where not even half of all is enough.
    """
    if blocks // 2 < least:
        raise UserError(f"{blocks:,} {what} are too few to tell an index from chance: {2 * least} at least.")
    sizes = [blocks]
    while len(sizes) < 4 and sizes[0] // 2 >= least:
        sizes.insert(0, sizes[0] // 2)
    return sizes
