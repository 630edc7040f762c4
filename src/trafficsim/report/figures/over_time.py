"""Figures over time: the flow of people through statuses, and in whose care children are."""

from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from trafficsim.experiments.result import HISTORY
from trafficsim.report.figures.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    WIDTH,
    YELLOW,
    Frames,
    grid,
    page,
    panels,
    plain_number,
    replicates,
    titles_of,
    wrapped,
)

STATUSES = {
    "forced marriage": ("in forced marriage", VERMILION),
    "sexual exploitation": ("in sexual exploitation", ORANGE),
    "forced labour": ("in forced labour", YELLOW),
    "domestic servitude": ("in domestic servitude", PURPLE),
    "held by brokers": ("held by brokers", BLACK),
    "in hiding": ("in hiding", GREY),
    "in custody": ("in custody", SKY),
    "protected": ("protected", GREEN),
}
CARE = {
    "with mother": ("with the mother", GREEN),
    "fathers household": ("in the father's household", SKY),
    "with others": ("with others", GREY),
    "orphanage": ("in an orphanage", ORANGE),
    "sold": ("sold", VERMILION),
    "reunited abroad": ("reunited abroad", BLUE),
}
"""Level in the file: words and colour, from the bottom of the stack to its top."""

LEGEND_WIDTH = 2.1
MOST_YEARS_BEFORE = 12


def draw_statuses(frames: Frames) -> Figure | None:
    """Draw where people in the host country stand, month by month, a panel an arm."""
    heading = f"People in the host country by status, month by month ({replicates(frames)})"
    return _stacked(frames, "migrant_status", STATUSES, heading, "simulated people")


def draw_children(frames: Frames) -> Figure | None:
    """Draw in whose care children born in the host country are, month by month, a panel an arm."""
    heading = f"Children under 18 born in the host country: in whose care they are ({replicates(frames)})"
    return _stacked(frames, "child_care", CARE, heading, "simulated children")


def _stacked(frames: Frames, kind: str, layers: dict[str, tuple[str, str]], heading: str, unit: str) -> Figure | None:
    stocks, titles = frames["stocks"], titles_of(frames)
    stocks = stocks[stocks["kind"] == kind]
    if stocks.empty:  # the study was run with output.monthly=false
        return None
    means = stocks.groupby(["arm", "month", "level"])["count"].mean().unstack("level").fillna(0.0)
    rows, columns = grid(len(titles))
    figure, part, _ = page(0.3 + 2.4 * rows if rows > 1 else 3.4, heading, frames)
    sides: Any = part.subfigures(1, 2, width_ratios=[WIDTH - LEGEND_WIDTH, LEGEND_WIDTH])
    drawing, beside = sides
    axes = panels(drawing, len(titles))
    parting = _years(means.loc[next(iter(titles))].index)[0]
    window = len(means.loc[next(iter(titles))]) / 12
    before = means.loc[HISTORY] if HISTORY in means.index.get_level_values("arm") else means.iloc[:0].droplevel("arm")
    before = before[_years(before.index) >= parting - min(MOST_YEARS_BEFORE, max(3.0, window))]
    for axis, (arm, title) in zip(axes, titles.items(), strict=True):
        whole = pd.concat([before, means.loc[arm]])
        axis.stackplot(
            _years(whole.index),
            [whole[level] for level in layers],
            colors=[colour for _, colour in layers.values()],
            labels=[words for words, _ in layers.values()],
            edgecolor="white",
            linewidth=0.3,
        )
        axis.axvline(parting, color=BLACK, linewidth=1, linestyle="--")
        axis.set_title(wrapped(title, (WIDTH - LEGEND_WIDTH - 0.7) / columns))
        axis.margins(x=0, y=0.12)
        axis.set_ylim(bottom=0)
        axis.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        axis.xaxis.set_major_formatter("{x:.0f}")
        axis.yaxis.set_major_formatter(FuncFormatter(plain_number))
    axes[0].annotate(
        "policies part" if len(titles) > 1 else "policy window",
        (parting, 1),
        xycoords=("data", "axes fraction"),
        xytext=(4, -2),
        textcoords="offset points",
        va="top",
        fontsize=8,
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 1},
    )
    drawing.supylabel(unit, fontsize=9)
    drawing.supxlabel("year", fontsize=9)
    handles, labels = axes[0].get_legend_handles_labels()
    beside.legend(handles[::-1], labels[::-1], loc="upper left", bbox_to_anchor=(0, 0.95))
    return figure


def _years(months: pd.Index) -> pd.Index:
    """Return months written YYYY-MM as years with a fraction."""
    return months.str[:4].astype(float) + (months.str[5:7].astype(float) - 1.0) / 12.0
