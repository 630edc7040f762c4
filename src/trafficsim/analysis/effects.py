"""What an arm changes against another in the same lives: differences and ratios by indicator and group, and how sure.

Luck and assumptions are told apart. At one set of assumptions, replicates tell luck: Student's interval of the paired
difference, Fieller's of the ratio, a p value, and which differences stand when the whole family that is shown is tested at
once. Where a study draws assumptions there is no p value: a test over replicates would ask only whether luck alone made a
difference *within* the model, and the share of worlds with the same sign says more. Then the interval holds the middle of
the worlds, and the interval over replicates stands beside it.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from trafficsim.analysis.measures import ALL, Measures
from trafficsim.analysis.multiplicity import benjamini_hochberg, holm, paired_p
from trafficsim.analysis.paired import LEVEL, mean_with_interval
from trafficsim.analysis.ratios import paired_ratio
from trafficsim.analysis.spread import two_sources
from trafficsim.errors import UserError


@dataclass(frozen=True)
class Effect:
    """An arm against another, for one quantity.

    ``mean`` and ``mean_against`` are the two levels. ``low`` and ``high`` of the difference, and of the ratio of the levels,
    hold the middle ``level`` of the worlds where there are several, else they are the interval over replicates, which
    ``luck_low`` and ``luck_high`` are in any case. ``share_of_assumptions`` is the part of the difference's variance that
    assumptions explain; ``share_below`` and ``share_above`` are the parts of the worlds whose difference is below and above
    zero; ``p`` is Student's, of one world. What cannot be told is absent (NaN): a ratio where the level against is 0, an
    interval of one replicate.
    """

    mean_against: float
    mean: float
    difference: float
    low: float
    high: float
    luck_low: float
    luck_high: float
    ratio: float
    ratio_low: float
    ratio_high: float
    ratio_luck_low: float
    ratio_luck_high: float
    share_of_assumptions: float
    share_below: float
    share_above: float
    p: float
    worlds: int
    replicates: int


KEYS = ("indicator", "level", "arm", "against")
COLUMNS = (*KEYS, *(field.name for field in fields(Effect)), "p_holm", "p_benjamini_hochberg", "stands")


@dataclass(frozen=True)
class Effects:
    """Effects of a study. ``table`` has the columns :data:`COLUMNS`, a row an indicator, level of ``by`` and arm.

    ``family`` says in words which differences were tested together; ``stands`` is true where Holm's adjusted p value of one
    of them is at most 1 - ``level``, so that the chance of any false alarm in the family is no larger than that. With several
    worlds nothing is tested, and ``stands`` is true where the middle ``level`` of them leaves zero out and they are not so few
    that equal signs would be no surprise.
    """

    study: str
    by: str
    against: str
    level: float
    family: str
    table: pd.DataFrame

    @property
    def worlds(self) -> int:
        """The most worlds that a row rests on."""
        return int(self.table["worlds"].max())

    @property
    def replicates(self) -> int:
        """The most replicates that a row rests on."""
        return int(self.table["replicates"].max())


def effect_of(against: ArrayLike, arm: ArrayLike, level: float = LEVEL) -> Effect:
    """Return the effect of ``arm`` ``against`` another, both of shape (worlds, replicates) and paired; NaN where there is no value.

    In one world a replicate without a value is passed over; of several, a world in which a replicate lacks one is left out.
    """
    first, second = np.asarray(against, dtype=np.float64), np.asarray(arm, dtype=np.float64)
    there = ~(np.isnan(first) | np.isnan(second))
    several = len(first) > 1
    if several:
        whole = there.all(axis=1)
        first, second = first[whole], second[whole]
    else:
        first, second = first[:, there[0]], second[:, there[0]]
    if first.size == 0:
        return _ABSENT
    if several:
        return _over_worlds(first, second, level)
    difference = mean_with_interval(second[0] - first[0], level)
    ratio = paired_ratio(first[0], second[0], level)
    interval, of_ratio = (difference.low, difference.high), (ratio.low, ratio.high)
    return Effect(
        float(first.mean()), float(second.mean()), difference.mean, *interval, *interval, ratio.ratio, *of_ratio, *of_ratio,
        np.nan, np.nan, np.nan, paired_p(second[0] - first[0]), *first.shape,
    )  # fmt: skip


_NO = float("nan")
_ABSENT = Effect(_NO, _NO, _NO, _NO, _NO, _NO, _NO, _NO, _NO, _NO, _NO, _NO, _NO, _NO, _NO, _NO, 0, 0)


def _over_worlds(first: np.ndarray, second: np.ndarray, level: float) -> Effect:
    spread = two_sources(second - first, level)
    world_low, world_high = (spread.world_low, spread.world_high) if len(first) > 1 else (np.nan, np.nan)
    over_luck = paired_ratio(first.mean(axis=0), second.mean(axis=0), level)
    base = first.mean(axis=1)
    by_world = second.mean(axis=1)[base > 0] / base[base > 0]
    low, high = np.quantile(by_world, [(1 - level) / 2, (1 + level) / 2]) if len(by_world) > 1 else (np.nan, np.nan)
    return Effect(
        float(first.mean()), float(second.mean()), spread.mean, world_low, world_high, spread.luck_low, spread.luck_high,
        over_luck.ratio, float(low), float(high), over_luck.low, over_luck.high, spread.share_of_assumptions,
        spread.share_below_zero, spread.share_above_zero, np.nan, *first.shape,
    )  # fmt: skip


def effects(measures: Measures, arms: Sequence[str] = (), against: str | None = None, level: float = LEVEL) -> Effects:
    """Return the effects of ``arms`` (none named: all others) against another (None: the first arm of the study).

    Raises :class:`UserError` for an unknown arm, or where no arm is left to compare.
    """
    base = measures.arm(against) if against else next(iter(measures.arms))
    others = [measures.arm(name) for name in dict.fromkeys(arms or measures.arms) if name != base]
    if not others:
        raise UserError(
            f"There is nothing to compare: study {measures.study} has '{base}' and no other arm that was asked for. "
            f"'trafficsim compare arms=[{base},...]' makes a study of several."
        )
    rows = []
    for indicator, label in measures.rows:
        first = measures.table(indicator, label, base)
        for arm in others:
            found = effect_of(first, measures.table(indicator, label, arm), level)
            rows.append((indicator, label, arm, base, *asdict(found).values()))
    table = pd.DataFrame(rows, columns=list(COLUMNS[:-3]))
    table["p_holm"], table["p_benjamini_hochberg"] = holm(table["p"]), benjamini_hochberg(table["p"])
    # So few worlds that a coin would give all of them the same sign tell nothing.
    told = ((table["low"] > 0.0) | (table["high"] < 0.0)) & (2.0 ** (1 - table["worlds"]) <= 1.0 - level)
    table["stands"] = told if measures.worlds > 1 else table["p_holm"] <= 1.0 - level
    return Effects(measures.study, measures.by, base, level, _family(measures, table, others), table)


def _family(measures: Measures, table: pd.DataFrame, others: Sequence[str]) -> str:
    def counted(number: int, one: str, many: str) -> str:
        return f"{number} {one if number == 1 else many}"

    parts = [counted(table["indicator"].nunique(), "indicator", "indicators")]
    if measures.by != ALL:
        parts.append(f"their levels by {measures.by.replace('_', ' ')}")
    parts.append(counted(len(others), "arm", "arms"))
    return f"{counted(int((table['worlds'] > 0).sum()), 'difference', 'differences')}: {' × '.join(parts)}"
