"""How wide an interval is for how many replicates: what the pilot predicts, and what subsets of it really had."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import LogLocator

from trafficsim.analysis.measures import ALL, Measures
from trafficsim.analysis.power import half_width_at, observed_widths
from trafficsim.report.figures.effects import _with_places
from trafficsim.report.figures.style import (
    BLACK,
    BLUE,
    GREY,
    GRID,
    ORANGE,
    WIDTH,
    grid,
    legend_below,
    legend_height,
    page,
    panels,
    plain_number,
    wrapped,
)

MOST_PANELS = 9
FEWEST_FOR_SUBSETS = 5
"""Replicates below which subsets say nothing."""


def draw_widths(
    needs: pd.DataFrame, measures: Measures, frames: Mapping[str, pd.DataFrame], level: float
) -> Figure | None:
    """Draw half widths against replicates for the differences of the first arm: a panel an indicator (and group), at most nine.

    Nothing is drawn where the pilot shows no spread at all.
    """
    shown = needs[(needs["arm"] == needs["arm"].iloc[0]) & (needs["spread"] > 0)] if len(needs) else needs
    shown = shown[:MOST_PANELS]
    if shown.empty:
        return None
    arm, against = (measures.arms[shown[key].iloc[0]] for key in ("arm", "against"))
    words = ["predicted from all replicates", "mean of subsets", "5 % to 95 % of subsets", "wanted"]
    heading = f"How wide the interval of the difference is: “{arm}” against “{against}” ({100 * level:.0f} % intervals by luck)"
    figure, part, foot = page(grid(len(shown))[0] * 2.1, heading, _with_places(frames, measures), legend_height(words))
    for axis, row in zip(panels(part, len(shown), share_y=False), shown.itertuples(), strict=True):
        differences = measures.table(row.indicator, row.level, row.arm) - measures.table(
            row.indicator, row.level, row.against
        )
        whole = ~np.isnan(differences).any(axis=1) if measures.worlds > 1 else slice(None)
        by_replicate = differences[whole].mean(axis=0)
        _panel(axis, by_replicate[~np.isnan(by_replicate)], float(row.wanted), level)
        one = measures.indicators.loc[row.indicator]
        group = "" if measures.by == ALL else f", {row.level}"
        axis.set_title(wrapped(f"{one['label']}{group} ({one['unit']})", (WIDTH - 0.6) / 3 - 0.3, 8.5), fontsize=8.5)
    part.supxlabel("replicates", fontsize=9)
    part.supylabel("half the width of the interval", fontsize=9)
    handles = [
        Line2D([], [], color=BLUE), Line2D([], [], color=BLACK, marker="o", linestyle="none", markersize=4),
        Patch(color=GREY, alpha=0.4), Line2D([], [], color=ORANGE, linestyle="--"),
    ]  # fmt: skip
    legend_below(foot, handles, words)
    return figure


def _panel(axis: Axes, differences: np.ndarray, wanted: float, level: float) -> None:
    pilot, spread = len(differences), float(differences.std(ddof=1))
    numbers = np.unique(np.geomspace(2, max(50, 4 * pilot), 40).round().astype(int))
    axis.plot(numbers, [half_width_at(spread, int(each), level) for each in numbers], color=BLUE, linewidth=1.4)
    if pilot >= FEWEST_FOR_SUBSETS:
        some = np.unique(np.linspace(3, pilot - 1, 8).round().astype(int))
        low, mean, high = observed_widths(differences, some, level).T
        axis.fill_between(some, low, high, color=GREY, alpha=0.4, linewidth=0)
        axis.plot(some, mean, color=BLACK, marker="o", linestyle="none", markersize=3)
    if wanted > 0:
        axis.axhline(wanted, color=ORANGE, linestyle="--", linewidth=1.2)
    axis.set_xscale("log")
    axis.set_yscale("log")
    ticks = [each for each in (2, 5, 10, 20, 50, 100, 200, 500, 1000) if each <= numbers[-1]]
    axis.set_xticks(ticks, [plain_number(each) for each in ticks], fontsize=8)
    axis.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.yaxis.set_major_formatter(plain_number)
    axis.yaxis.set_minor_formatter("")
    axis.xaxis.set_minor_formatter("")
    axis.tick_params(labelsize=8)
    axis.grid(color=GRID)
    axis.set_axisbelow(True)
