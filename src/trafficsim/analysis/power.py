"""How many replicates a comparison takes, told from a pilot: for an interval of a wanted width, or to show a difference.

What a pilot of few replicates says of the spread is itself uncertain, so each number comes with one for the upper end of
the spread's interval. Power is that of the paired t test, by Student's noncentral distribution (Cohen 1988, chapter 2).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from trafficsim.analysis.measures import Measures
from trafficsim.analysis.paired import LEVEL

POWER = 0.80
MOST = 10**6
"""Replicates beyond which nobody would go; what would take more is told as this number."""


@dataclass(frozen=True)
class Need:
    """What an interval of ``half_width`` around a mean takes, from a pilot of ``pilot`` replicates (or worlds).

    ``spread`` is the pilot's standard deviation and ``now`` the half width that the pilot itself has; ``needed`` is for that
    spread, ``needed_at_most`` for the upper end of its ``level`` interval (chi-squared). ``smallest`` is the smallest mean
    difference that the pilot's number shows with a chance of ``power``. NaN or 0 where a pilot of one cannot tell.
    """

    half_width: float
    spread: float
    now: float
    needed: int
    needed_at_most: int
    smallest: float
    pilot: int
    level: float
    power: float


def need_of(differences: ArrayLike, half_width: float, level: float = LEVEL, power: float = POWER) -> Need:
    """Return what ``differences``, one a replicate (or world), say of an interval of ``half_width``; NaN are passed over."""
    values = np.asarray(differences, dtype=np.float64)
    values = values[~np.isnan(values)]
    pilot = len(values)
    if pilot < 2:
        return Need(half_width, np.nan, np.nan, 0, 0, np.nan, pilot, level, power)
    from scipy.stats import chi2

    spread = float(values.std(ddof=1))
    at_most = spread * float(np.sqrt((pilot - 1) / chi2.ppf((1 - level) / 2, pilot - 1)))
    return Need(
        half_width, spread, half_width_at(spread, pilot, level), number_for(spread, half_width, level),
        number_for(at_most, half_width, level), smallest_difference(spread, pilot, level, power), pilot, level, power,
    )  # fmt: skip


NEEDS = (
    "indicator", "level", "arm", "against", "mean_against", "difference", "wanted", "spread", "half_width", "replicates",
    "replicates_needed", "replicates_needed_at_most", "smallest_difference", "worlds", "half_width_of_worlds", "worlds_needed",
    "worlds_needed_at_most",
)  # fmt: skip


def needs_of(
    measures: Measures, arms: Sequence[str], against: str, width: float, relative: bool = True, level: float = LEVEL
) -> pd.DataFrame:
    """Return what each difference takes for an interval of ``width`` each way; columns :data:`NEEDS`.

    ``width`` is in parts of the mean under ``against`` where ``relative``, else in the indicator's unit. Replicates are those
    of an interval over luck, in the worlds at hand; worlds, where there are several, are those of an interval of the mean
    over all plausible worlds, with the replicates at hand.
    """
    rows = []
    for indicator, label in measures.rows:
        first = measures.table(indicator, label, against)
        for arm in arms:
            difference = measures.table(indicator, label, arm) - first
            whole = ~np.isnan(difference).any(axis=1)
            if len(difference) > 1:
                first_there, difference = first[whole], difference[whole]
            else:
                first_there, difference = first[~np.isnan(first + difference)], difference
            if difference.size == 0 or np.isnan(difference).all():
                continue
            base = float(first_there.mean())
            wanted = width * base if relative else width
            luck = need_of(difference.mean(axis=0), wanted, level)
            worlds = need_of(difference.mean(axis=1), wanted, level)
            over = (
                (worlds.pilot, worlds.now, worlds.needed, worlds.needed_at_most)
                if worlds.pilot > 1
                else (1, np.nan, 0, 0)
            )
            rows.append(
                (
                    indicator, label, arm, against, base, float(np.nanmean(difference)), wanted, luck.spread, luck.now,
                    luck.pilot, luck.needed, luck.needed_at_most, luck.smallest, *over,
                )
            )  # fmt: skip
    return pd.DataFrame(rows, columns=list(NEEDS))


def half_width_at(spread: float, number: int, level: float = LEVEL) -> float:
    """Return half the width of Student's interval of a mean over ``number`` replicates; NaN for less than two."""
    return float(stdtrit(number - 1, 0.5 + level / 2)) * spread / number**0.5 if number > 1 else np.nan


def number_for(spread: float, half_width: float, level: float = LEVEL) -> int:
    """Return the least number of replicates whose interval is no wider than ``half_width`` each way; at least two."""
    if spread == 0.0:
        return 2
    if not half_width > 0.0 or half_width_at(spread, MOST, level) > half_width:
        return MOST
    low, high = (
        1,
        2,
    )  # Student's interval narrows with every replicate, so the least is between a too small and a sufficient one
    while half_width_at(spread, high, level) > half_width:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if half_width_at(spread, middle, level) <= half_width else (middle, high)
    return high


def power_of(difference: float, spread: float, number: int, level: float = LEVEL) -> float:
    """Return the chance that ``number`` replicates show a mean difference at this level, where single ones have ``spread``."""
    from scipy.stats import nct

    quantile = float(stdtrit(number - 1, 0.5 + level / 2))
    shift = abs(difference) / spread * number**0.5
    # scipy's far tail of this distribution gives way to NaN, where it is 0.
    return float(nct.sf(quantile, number - 1, shift) + np.nan_to_num(nct.cdf(-quantile, number - 1, shift)))


def smallest_difference(spread: float, number: int, level: float = LEVEL, power: float = POWER) -> float:
    """Return the smallest mean difference that ``number`` replicates show with a chance of ``power``; NaN for one."""
    if number < 2:
        return np.nan
    if spread == 0.0:
        return 0.0
    from scipy.optimize import brentq

    top = 2.0
    while power_of(top * spread, spread, number, level) < power:
        top *= 2.0
    return spread * float(brentq(lambda ratio: power_of(ratio, 1.0, number, level) - power, 1e-9, top))


def observed_widths(
    differences: ArrayLike, numbers: ArrayLike, level: float = LEVEL, subsets: int = 200, seed: int = 1
) -> NDArray[np.float64]:
    """Return half widths that subsets of the replicates really have, shape (numbers, 3): 5th percentile, mean, 95th.

    For each of ``numbers`` so many subsets are drawn without replacement: a check of the curve that a pilot predicts.
    """
    values, generator = np.asarray(differences, dtype=np.float64), np.random.default_rng(seed)
    found = []
    for number in np.asarray(numbers, dtype=np.int64):
        drawn = np.stack([generator.permutation(values)[:number] for _ in range(subsets)])
        widths = drawn.std(axis=1, ddof=1) * half_width_at(1.0, int(number), level)
        found.append([np.quantile(widths, 0.05), widths.mean(), np.quantile(widths, 0.95)])
    return np.array(found, dtype=np.float64).reshape(-1, 3)
