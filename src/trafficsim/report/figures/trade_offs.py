"""Trade-offs among harms: each arm a line across parallel axes, one a harm, less harm downward on all of them."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from trafficsim.analysis.robustness import Robustness
from trafficsim.analysis.worlds import Worlds
from trafficsim.report.figures.style import (
    BLACK,
    GRID,
    WIDTH,
    Frames,
    legend_below,
    legend_height,
    mark,
    page,
    plain_number,
    wrapped,
)
from trafficsim.report.table import number

HIGHEST = 300.0
"""Per cent of the baseline. What lies above is drawn at the edge, with an arrow."""
FAINT_WORLDS = 40
"""Worlds drawn as faint lines; more would be a blot."""


def draw_trade_offs(worlds: Worlds, found: Robustness, frames: Frames) -> Figure:
    """Draw the levels of each harm under each arm, in per cent of the baseline's in the same world.

    Marks are medians over worlds, bars hold the middle ``found.level`` of them, faint lines are single worlds.
    """
    arms = dict(worlds.arms)
    can = found.dominance.set_index("arm")["choosable"]
    labels = [f"{title}{'' if can[arm] else ' (comparison only)'}" for arm, title in arms.items()]
    relative = {arm: _relative(worlds, found, arm) for arm in arms}
    middle = np.concatenate([np.nanquantile(each, 0.5 + found.level / 2, axis=0) for each in relative.values()])
    top = min(HIGHEST, max(115.0, 1.05 * float(np.nanmax(middle))))
    heading = (
        f"Harm under each policy, in per cent of “{arms[found.baseline]}” in the same world: "
        f"median and middle {100 * found.level:.0f} % of {found.worlds:,} worlds"
    )
    figure, part, foot = page(4.6, heading, frames, legend_height([*labels, "one world"]))
    axis = part.subplots()
    places = np.arange(len(found.harms))
    width = min(0.5, 0.09 * len(arms))
    offsets = np.linspace(-width / 2, width / 2, len(arms)) if len(arms) > 1 else np.zeros(1)
    for each, arm in enumerate(arms):
        values, style = relative[arm], mark(each)
        if arm == found.baseline:
            axis.axhline(100.0, color=style["color"], linewidth=1.2)
            continue
        for world in values[: FAINT_WORLDS if found.worlds > 1 else 0]:
            axis.plot(places + offsets[each], world, color=style["color"], alpha=0.10, linewidth=0.7)
        low, median, high = np.nanquantile(
            values, [(1 - found.level) / 2, 0.5, (1 + found.level) / 2], axis=0
        )  # (harms,)
        line = "-" if can[arm] else (0, (4, 2))
        axis.vlines(
            places + offsets[each], np.minimum(low, top), np.minimum(high, top), color=style["color"], linewidth=1.6
        )
        axis.plot(places + offsets[each], np.minimum(median, top), linestyle=line, linewidth=1.6, markersize=6, **style)
        for place in places[high > top]:
            axis.annotate("▲", (place + offsets[each], top), fontsize=7, color=style["color"], ha="center", va="bottom")
    _label(axis, worlds, found, frames, top)
    handles = [
        Line2D([], [], linestyle="-" if can[arm] else (0, (4, 2)), **(mark(each) if each else {"color": BLACK}))
        for each, arm in enumerate(arms)
    ]
    faint = Line2D([], [], color=BLACK, alpha=0.3, linewidth=0.7)
    legend_below(foot, [*handles, faint], [*labels, "one world"])
    return figure


def _relative(worlds: Worlds, found: Robustness, arm: str) -> NDArray[np.float64]:
    """Return levels in per cent of the baseline's, shape (worlds, harms); NaN where there is none under the baseline."""
    columns = []
    for harm in found.harms:
        own, base = (worlds.level(harm, each).mean(axis=1) for each in (arm, found.baseline))
        columns.append(np.where(base > 0, 100.0 * own / np.where(base > 0, base, 1.0), np.nan))
    table = np.stack(columns, axis=1)
    table[:, np.isnan(table).all(axis=0)] = 100.0 if arm == found.baseline else 0.0  # a harm that no world has
    return table


def _label(axis: Axes, worlds: Worlds, found: Robustness, frames: Frames, top: float) -> None:
    records = frames["indicators"].set_index("name")
    names = []
    for harm in found.harms:
        level = worlds.level(harm, found.baseline).mean()
        record = records.loc[harm]
        names.append(
            wrapped(record["label"], (WIDTH - 1.2) / len(found.harms), 8.0, 4)
            + "\n"
            + wrapped(f"100 % = {number(level)} {record['unit']}", (WIDTH - 1.2) / len(found.harms), 7.5, 3)
        )
    axis.set_xticks(range(len(names)), names, fontsize=7.5)
    axis.set_xlim(-0.5, len(names) - 0.5)
    axis.set_ylim(0, top)
    axis.yaxis.set_major_formatter(plain_number)
    axis.set_ylabel("per cent of the baseline\n\N{LEFTWARDS ARROW} less harm")
    for place in range(len(names)):
        axis.axvline(place, color=GRID, linewidth=1, zorder=0)
    axis.grid(axis="y", color=GRID, linewidth=0.5)
    axis.set_axisbelow(True)
