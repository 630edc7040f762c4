"""What a study says of each indicator: levels and paired differences, over luck and, where it draws them, over assumptions."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from trafficsim.analysis.paired import LEVEL, Estimate, mean_with_interval
from trafficsim.analysis.spread import Spread, two_sources
from trafficsim.experiments.result import HISTORY

SUMMARY = [
    "indicator", "arm", "mean", "low", "high", "difference", "difference_low", "difference_high", "luck_low", "luck_high",
    "share_of_assumptions", "draws_below", "draws_above", "draws", "replicates", "relative_low", "relative_high",
]  # fmt: skip


def verdict(low: float, high: float, direction: str) -> str:
    """Return what a difference with this interval means: better, worse (lower, higher where neither), unclear, no change."""
    if low == high == 0.0:
        return "no change"
    if np.isnan(low) or low <= 0.0 <= high:
        return "unclear"
    if direction == "neutral":
        return "lower" if high < 0.0 else "higher"
    return "better" if (high < 0.0) == (direction == "less_is_better") else "worse"


def arm_totals(totals: pd.DataFrame) -> pd.DataFrame:
    """Return each arm's total of each indicator in each run, from the table ``totals`` of a study.

    Groups and the shared history are left out; columns: arm, draw, replicate, indicator, value.
    """
    whole = totals[(totals["dimension"] == "all") & (totals["arm"] != HISTORY)]
    return whole[["arm", "draw", "replicate", "indicator", "value"]].reset_index(drop=True)


def estimate(values: pd.Series, level: float = LEVEL) -> Estimate:
    """Return the mean of ``values``, indexed by (draw, replicate), with its interval; absent values (NaN) are passed over.

    With one draw it is Student's interval of the mean over replicates; with several it holds the middle ``level`` of the
    draws' means.
    """
    return _estimate_and_spread(values, level)[0]


def _estimate_and_spread(values: pd.Series, level: float) -> tuple[Estimate, Spread | None]:
    table = values.unstack("replicate")
    if len(table) == 1:
        return mean_with_interval(values, level), None
    # A draw in which a value is absent for some replicate cannot be compared with the others.
    complete = table.dropna()
    if complete.empty:
        return mean_with_interval(values, level), None
    spread = two_sources(complete, level)
    return Estimate(spread.mean, spread.world_low, spread.world_high, level, spread.worlds * spread.replicates), spread


def summarise(totals: pd.DataFrame, arms: Sequence[str], level: float = LEVEL) -> pd.DataFrame:
    """Return one row an indicator and arm: mean, interval, and the paired difference to the first arm with its interval.

    ``totals`` has the columns arm, draw, replicate, indicator and value, each combination once; the first of ``arms`` is
    the baseline. With one draw of assumptions intervals are over replicates; with several they hold the middle ``level``
    of the draws, and ``luck_low`` and ``luck_high`` are the interval over replicates, ``share_of_assumptions`` the part
    of the difference's variance that assumptions explain, ``draws_below`` and ``draws_above`` the parts of the draws in
    which the difference is below and above zero (NaN with one draw). ``draws`` and ``replicates`` count the runs that the
    difference rests on: a mean price has none where nobody was sold. ``relative_low`` and ``relative_high`` are the interval of
    the difference in parts of the baseline: with several draws the middle ``level`` of what it is in each draw, of the
    baseline's mean there. Columns: ``SUMMARY``.
    """
    index = ["indicator", "draw", "replicate"]
    table = totals.pivot(index=index, columns="arm", values="value").reindex(columns=list(arms))
    rows = []
    for indicator in totals["indicator"].unique():
        values = table.loc[indicator]
        for arm in arms:
            own = estimate(values[arm], level)
            difference, spread = _estimate_and_spread(values[arm] - values[arms[0]], level)
            luck, share, below, above, draws = difference, np.nan, np.nan, np.nan, 1
            if spread:
                luck = Estimate(spread.mean, spread.luck_low, spread.luck_high, level, spread.replicates)
                share, draws = spread.share_of_assumptions, spread.worlds
                below, above = spread.share_below_zero, spread.share_above_zero
            rows.append(
                (
                    indicator, arm, own.mean, own.low, own.high, difference.mean, difference.low, difference.high,
                    luck.low, luck.high, share, below, above, draws, own.replicates // draws,
                    *_relative(values[arms[0]], values[arm], difference, level),
                )
            )  # fmt: skip
    return pd.DataFrame(rows, columns=SUMMARY)


def _relative(base: pd.Series, own: pd.Series, difference: Estimate, level: float) -> tuple[float, float]:
    """Return the interval of the difference in parts of the baseline."""
    first, second = base.unstack("replicate"), own.unstack("replicate")
    if len(first) == 1:
        mean = float(np.nanmean(first)) if first.notna().any(axis=None) else 0.0
        return (difference.low / mean, difference.high / mean) if mean else (np.nan, np.nan)
    whole = first.notna().all(axis=1) & second.notna().all(axis=1)
    mean_first, mean_second = first[whole].mean(axis=1), second[whole].mean(axis=1)
    there = mean_first > 0
    if there.sum() < 2:
        return np.nan, np.nan
    low, high = np.quantile(mean_second[there] / mean_first[there] - 1.0, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
