"""What all figures share: the page, colours that colour-blind readers tell apart, arms' marks, the words at the foot.

Colours are those of Okabe and Ito (2008).
"""

import io
import math
import textwrap
from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from trafficsim.engine.calendar import month_index, month_label

BLUE, ORANGE, GREEN, VERMILION, SKY, PURPLE, YELLOW, BLACK, GREY = (
    "#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#F0E442", "#000000", "#999999",
)  # fmt: skip
DARK = (BLUE, GREEN, VERMILION, BLACK)
"""Colours on which white letters are read best."""
GRID, SMALL_PRINT = "#dddddd", "#555555"

ARM_COLOURS = (BLACK, BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY)
ARM_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", "*")

SETTINGS: Any = {
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "svg.fonttype": "none",  # letters stay letters: they can be searched, read aloud and translated
    "svg.hashsalt": "trafficsim",  # the same file from the same results
}

WIDTH = 9.5
"""Inches. On a page of documentation the letters are then about as large as those around the figure."""

Frames = dict[str, pd.DataFrame]


class Sheet(Figure):
    """A figure that shows itself in a notebook, whether or not pyplot is used there; its heading is what is read aloud."""

    heading = ""

    def _repr_png_(self) -> tuple[bytes, dict[str, str]]:
        page = io.BytesIO()
        with matplotlib.rc_context(SETTINGS):
            self.savefig(page, dpi=100)
        return page.getvalue(), {"alt": self.heading}


def titles_of(frames: Frames) -> dict[str, str]:
    """Return each arm's title by name, the baseline first."""
    arms = frames["arms"].sort_values("place")
    return dict(zip(arms["arm"], arms["title"], strict=True))


def finished(frames: Frames) -> int:
    """Return how many replicates the study holds, counted in each draw of assumptions."""
    return len(frames["totals"][["draw", "replicate"]].drop_duplicates())


def draws(frames: Frames) -> int:
    """Return in how many draws of assumptions the study was lived through."""
    return int(frames["totals"]["draw"].nunique())


def replicates(frames: Frames) -> str:
    """Return "one replicate", "mean of 20 replicates" or "mean of 64 draws of assumptions, 4 replicates each"."""
    count, worlds = finished(frames), draws(frames)
    if worlds > 1:
        each = math.ceil(count / worlds)
        return f"mean of {worlds} draws of assumptions, {'one replicate' if each == 1 else f'{each} replicates'} each"
    return "one replicate" if count == 1 else f"mean of {count} replicates"


def intervals(frames: Frames, level: float) -> str:
    """Return what the intervals of a figure are, in words."""
    if finished(frames) == 1:
        return "one replicate: no interval"
    if draws(frames) > 1:
        return f"{replicates(frames)}; bars hold {100 * level:.0f} % of the draws"
    return f"{replicates(frames)}, {100 * level:.0f} % intervals"


def window(frames: Frames) -> str:
    """Return "from 2024-04 to 2034-03", the months over which totals are taken."""
    study = frames["studies"].iloc[0]
    return (
        f"from {study['policy_start']} to {month_label(month_index(study['policy_start']) + 12 * study['years'] - 1)}"
    )


def mark(number: int) -> dict[str, Any]:
    """Return colour and marker of the arm with this number; no two of the first 63 are alike."""
    return {"color": ARM_COLOURS[number % len(ARM_COLOURS)], "marker": ARM_MARKERS[number % len(ARM_MARKERS)]}


def wrapped(text: str, inches: float, size: float = 9.0, lines: int = 3) -> str:
    """Break ``text`` into at most so many lines that fit a width in inches, at letters of ``size`` points."""
    width = max(8, int(inches * 72.0 / (0.53 * size)))
    return "\n".join(textwrap.wrap(text, width, max_lines=lines, placeholder=" …", break_on_hyphens=False))


def page(height: float, heading: str, frames: Frames, foot: float = 0.0) -> tuple[Figure, SubFigure, SubFigure | None]:
    """Return a figure with its heading and small print, the part of ``height`` inches for the drawing, and one of
    ``foot`` inches below it for a legend.
    """
    study = frames["studies"].iloc[0]
    small = (
        f"{frames['limits']['text'].iloc[0]} Study {study['id']}: {replicates(frames)}, scale {study['scale']:g} "
        f"(simulated people for each real one); trafficsim {study['software_version']}."
    )
    return sheet(height, heading, small, foot)


def sheet(
    height: float, heading: str, small_print: str, foot: float = 0.0
) -> tuple[Figure, SubFigure, SubFigure | None]:
    """Return what :func:`page` does, for a figure that is not of one study alone and brings its own small print."""
    head = wrapped(heading, WIDTH - 0.2, 12.0)
    small = wrapped(small_print, WIDTH - 0.5, 7.0, 4)
    heights = [0.15 + 0.2 * _lines(head), height, foot, 0.12 + 0.12 * _lines(small)]
    kept = [inches for inches in heights if inches]
    figure = Sheet(figsize=(WIDTH, sum(kept)), layout="constrained")
    figure.heading = heading
    parts: Any = figure.subfigures(len(kept), 1, height_ratios=kept)
    parts[0].text(0.1 / WIDTH, 0.5, head, fontsize=12, va="center")
    parts[-1].text(0.1 / WIDTH, 0.5, small, fontsize=7, va="center", color=SMALL_PRINT)
    return figure, parts[1], parts[2] if foot else None


def _lines(text: str) -> int:
    return text.count("\n") + 1


def panels(part: SubFigure, number: int, share_y: bool = True) -> list[Axes]:
    """Return ``number`` panels in rows of at most three, those not needed left out."""
    rows, columns = grid(number)
    axes = list(np.ravel(part.subplots(rows, columns, sharex=True, sharey=share_y, squeeze=False)))
    for axis in axes[number:]:
        axis.remove()
    for axis in axes[:number]:
        axis.xaxis.set_tick_params(labelbottom=True)
    return axes[:number]


def grid(number: int) -> tuple[int, int]:
    """Return rows and columns for so many panels."""
    columns = 2 if number == 4 else min(3, number)
    return math.ceil(number / columns), columns


def legend_columns(labels: Sequence[str]) -> int:
    """Return how many columns of a legend fit the page; labels run down the columns."""

    def inches(columns: int) -> float:
        parts = np.array_split(np.array([len(label) for label in labels]), columns)
        return sum(0.62 + 0.068 * int(part.max()) for part in parts)

    return max((columns for columns in range(1, len(labels) + 1) if inches(columns) <= WIDTH), default=1)


def legend_height(labels: Sequence[str]) -> float:
    """Return the inches that :func:`legend_below` needs."""
    return 0.1 + 0.2 * math.ceil(len(labels) / legend_columns(labels))


def legend_below(part: SubFigure | None, handles: Sequence[Any], labels: Sequence[str]) -> None:
    """Write the legend into the part of the page that is kept for it."""
    assert part is not None
    part.legend(handles, labels, loc="center left", ncols=legend_columns(labels))


def plain_number(value: float, _: Any = None) -> str:
    """Write the number at a tick: thousands apart, a true minus sign."""
    return f"{value:,.10g}".replace("-", "\N{MINUS SIGN}")
