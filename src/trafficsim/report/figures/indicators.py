"""Figures of indicators: their totals under each arm, and what changes against the baseline in the same lives."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from trafficsim.analysis.paired import LEVEL
from trafficsim.analysis.summary import arm_totals, summarise, verdict
from trafficsim.report.figures.style import (
    BLACK,
    BLUE,
    GREY,
    GRID,
    VERMILION,
    WIDTH,
    Frames,
    finished,
    grid,
    intervals,
    legend_below,
    legend_height,
    mark,
    page,
    panels,
    plain_number,
    titles_of,
    window,
    wrapped,
)
from trafficsim.report.table import signed

HEADLINES = (
    "refoulement", "tortured", "months_in_exploitation", "trafficked", "trafficked_again", "months_in_detention",
    "identified", "protected", "months_untreated", "brokers_prosecuted", "children_separated", "months_of_separation",
    "children_reunited", "deaths",
)  # fmt: skip
"""The indicators that are drawn; the table and the file hold all."""

MEANINGS: dict[str, dict[str, Any]] = {
    "better": {"color": BLUE, "marker": "o"},
    "worse": {"color": VERMILION, "marker": "D"},
    "unclear": {"color": GREY, "marker": "o", "markerfacecolor": "white"},
    "no change": {"color": GREY, "marker": "."},
    "one replicate, no interval": {"color": BLACK, "marker": "x"},
}
LABELS_WIDTH = 2.5
LEAST, MOST = -100.0, 200.0
"""Per cent. Beyond the right end an arrow is drawn: there, what matters is the number beside it."""
EDGES = LEAST, MOST + 8.0
"""Where intervals that reach beyond are cut off, with an arrow."""


def _headlines(frames: Frames) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the summary by (indicator, arm) and the records of the indicators that are drawn, in their order."""
    summary = summarise(arm_totals(frames["totals"]), list(titles_of(frames))).set_index(["indicator", "arm"])
    known = set(summary.index.get_level_values("indicator"))
    records = frames["indicators"].set_index("name")
    return summary, records.loc[[name for name in HEADLINES if name in known and name in records.index]]


def _interval(heading: str, frames: Frames) -> str:
    return f"{heading} ({intervals(frames, LEVEL)})"


def draw_indicators(frames: Frames) -> Figure:
    """Draw each headline indicator under each arm, with its interval; a panel each, from zero."""
    titles = titles_of(frames)
    summary, records = _headlines(frames)
    names = [wrapped(title, 1.7, 8.0, 2) for title in titles.values()]
    rows, columns = grid(len(records))
    figure, part, _ = page(
        rows * (0.95 + 0.24 * len(titles)), _interval(f"Totals {window(frames)} under each policy", frames), frames
    )
    axes = np.ravel(part.subplots(rows, columns, squeeze=False))
    for axis in axes[len(records) :]:
        axis.remove()
    for place, (axis, one) in enumerate(zip(axes, records.itertuples(), strict=False)):
        reached = 0.0
        for number, arm in enumerate(titles):
            row = summary.loc[one.Index, arm]
            error = None if np.isnan(row["low"]) else [[row["mean"] - row["low"]], [row["high"] - row["mean"]]]
            axis.errorbar(row["mean"], -number, xerr=error, capsize=3, markersize=5, linestyle="none", **mark(number))
            reached = max(reached, np.nanmax([row["mean"], row["high"]]))
        axis.set_yticks(range(0, -len(titles), -1), names if place % columns == 0 else [""] * len(titles), fontsize=8)
        axis.set_ylim(-len(titles) + 0.4, 0.6)
        axis.set_xlim(-0.04 * (reached or 1.0), 1.06 * (reached or 1.0))
        axis.set_title(wrapped(f"{one.label} ({one.unit})", (WIDTH - 2.3) / columns, 8.5), fontsize=8.5)
        axis.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
        axis.xaxis.set_major_formatter(FuncFormatter(plain_number))
        axis.tick_params(axis="x", labelsize=8)
        axis.grid(axis="x", color=GRID)
        axis.set_axisbelow(True)
    return figure


def draw_differences(frames: Frames) -> Figure | None:
    """Draw the paired difference of each arm to the baseline, in per cent of the baseline, with the number beside it.

    With several draws the bar holds the middle of what the difference is in each draw, in per cent of the baseline there.
    """
    baseline, *others = titles = titles_of(frames)
    if not others:
        return None
    summary, records = _headlines(frames)
    labels = [wrapped(f"{one.label} ({one.unit})", LABELS_WIDTH, 8.0, 2) for one in records.itertuples()]
    rows, columns = grid(len(others))
    explained = ["better", "worse", "unclear", "no change"] if finished(frames) > 1 else ["one replicate, no interval"]
    handles = [Line2D([], [], linestyle="none", **MEANINGS[word]) for word in explained]
    handles.append(Line2D([], [], linestyle="none", color=BLACK, marker=">"))
    words = [*explained, f"more than +{MOST:.0f} %, or from none"]
    heading = _interval(f"What changes against “{titles[baseline]}” in the same lives", frames)
    figure, part, foot = page(rows * (0.7 + 0.3 * len(records)), heading, frames, legend_height(words))
    axes = panels(part, len(others))
    for axis, arm in zip(axes, others, strict=True):
        for height, one in enumerate(records.itertuples()):
            row, base = summary.loc[one.Index, arm], summary.loc[(one.Index, baseline), "mean"]
            word = verdict(row["difference_low"], row["difference_high"], one.direction)
            style = MEANINGS[word if finished(frames) > 1 else explained[0]]
            percent = 100.0 / base if base else np.inf
            middle = row["difference"] * percent if row["difference"] else 0.0
            if middle > MOST:
                axis.plot(MOST, -height, linestyle="none", **{**style, "marker": ">"})
            else:
                ends = 100.0 * np.array([row["relative_low"], row["relative_high"]])
                known = not np.isnan(ends).any()
                axis.plot(middle, -height, linestyle="none", markersize=5, zorder=3, **style)
                if known:
                    # The mean over worlds may lie beyond the middle of them, so that the bar is drawn by itself.
                    axis.hlines(-height, *np.clip(ends, *EDGES), color=style["color"], linewidth=1.5)
                    axis.plot(np.clip(ends, *EDGES), [-height] * 2, "|", color=style["color"], markersize=6)
                for edge, sign, beyond in zip(EDGES, "<>", (ends[0] < EDGES[0], ends[1] > EDGES[1]), strict=True):
                    if known and beyond:
                        axis.plot(edge, -height, marker=sign, color=style["color"], markersize=5)
            axis.annotate(
                signed(row["difference"]), (1.02, -height), xycoords=("axes fraction", "data"), fontsize=8, va="center",
                color=style["color"] if word in ("better", "worse") else "#444444", annotation_clip=False,
            )  # fmt: skip
        axis.axvline(0, color=BLACK, linewidth=1)
        axis.set_xlim(LEAST - 8, MOST + 15)
        axis.set_xticks([-100, 0, 100, 200], ["\N{MINUS SIGN}100", "0", "+100", "+200"], fontsize=8)
        axis.set_ylim(-len(records) + 0.4, 0.6)
        axis.set_yticks(range(0, -len(records), -1), labels, fontsize=8)
        axis.tick_params(axis="y", length=0)
        axis.set_title(wrapped(titles[arm], (WIDTH - LABELS_WIDTH) / columns - 0.3))
        axis.grid(axis="x", color=GRID)
        axis.set_axisbelow(True)
    part.supxlabel(f"difference, per cent of the mean under “{wrapped(titles[baseline], 5.0, lines=1)}”; its number at the right",
                   fontsize=9)  # fmt: skip
    legend_below(foot, handles, words)
    return figure
