"""The figure of a validation: predictive intervals against what was held out."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from trafficsim.analysis.validation.judging import PASSES, Row, Validation
from trafficsim.report.figures.style import (
    BLUE,
    GRID,
    ORANGE,
    VERMILION,
    legend_below,
    legend_height,
    plain_number,
    sheet,
    wrapped,
)


def draw_validation(found: Validation, foot_note: str) -> Figure:
    """Draw a panel for each pattern: intervals of the predictions, and the data."""
    passed = sum(verdict.verdict == PASSES for verdict in found.verdicts)
    inside, numbers, overlapping, ranges = found.counted()
    heading = (
        f"Patterns that no fit has seen: {passed} of {len(found.verdicts)} pass; {inside} of {numbers} numbers lie within the "
        f"middle 90 % of {found.runs} predictions, {overlapping} of {ranges} ranges overlap with it"
    )
    labels = ["data", "predicted: median and middle 90 %, data within or overlapping", "the same, data outside"]
    panels = [(verdict, [row for row in found.rows if row.pattern == verdict.pattern]) for verdict in found.verdicts]
    units = [
        (verdict, unit, [row for row in rows if row.unit == unit]) for verdict, rows in panels for unit in _units(rows)
    ]
    heights = [0.28 * len(rows) + 0.85 for _, _, rows in units]
    figure, part, foot = sheet(sum(heights), heading, foot_note, legend_height(labels))
    axes = np.ravel(part.subplots(len(units), 1, squeeze=False, gridspec_kw={"height_ratios": heights}))
    for axis, (verdict, unit, rows) in zip(axes, units, strict=True):
        _panel(axis, rows, unit)
        axis.set_title(wrapped(f"{verdict.pattern} {verdict.verdict}: {verdict.because}", 5.8, 8.5, 2), fontsize=8.5)
    handles = [
        Patch(color=ORANGE, alpha=0.8),
        *(Line2D([], [], color=colour, marker="o", markersize=4) for colour in (BLUE, VERMILION)),
    ]
    legend_below(foot, handles, labels)
    return figure


def _units(rows: list[Row]) -> list[str]:
    return list(dict.fromkeys(row.unit for row in rows))


def _panel(axis: Axes, rows: list[Row], unit: str) -> None:
    for place, row in enumerate(rows):
        y, colour = len(rows) - place, BLUE if row.covered else VERMILION
        low, high = row.data
        axis.hlines(y - 0.12, row.low, row.high, color=colour, linewidth=2)
        axis.plot(row.median, y - 0.12, "o", color=colour, markersize=4)
        if high > low:
            axis.fill_betweenx([y + 0.06, y + 0.3], low, high, color=ORANGE, alpha=0.8, linewidth=0)
        else:
            axis.plot(low, y + 0.18, "D", color=ORANGE, markersize=5)
    axis.set_yticks(range(len(rows), 0, -1), [wrapped(row.what, 3.6, 8.0, 1) for row in rows], fontsize=8)
    axis.set_ylim(0.4, len(rows) + 0.6)
    axis.set_xlim(0.0, None)
    axis.xaxis.set_major_formatter(plain_number)
    axis.set_xlabel(unit, fontsize=8)
    axis.tick_params(axis="x", labelsize=8)
    axis.grid(axis="x", color=GRID, linewidth=0.5)
    axis.set_axisbelow(True)
