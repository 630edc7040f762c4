"""Heat maps of pairs of levers: where two together bring less harm than apart, and where they overlap."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from trafficsim.analysis.interactions import COUNTS, RATIO, UNTOLD, Interactions, titles_of_levers
from trafficsim.report.figures.style import BLACK, BLUE, SMALL_PRINT, VERMILION, WIDTH, Frames, page, wrapped
from trafficsim.report.table import MINUS

DIVERGING = LinearSegmentedColormap.from_list("less to more harm", [BLUE, "#f7f7f7", VERMILION])
DIAGONAL = "#e8e8e8"
LABELS = 2.3
"""Inches for the names of levers."""

HEADINGS = {
    COUNTS: "in counts: beyond the sum of the two,\nper cent of the harm with no lever",
    RATIO: "in ratios: beyond the product of the two,\nper cent more or less",
}


def draw_interactions(found: Interactions, harm: str, frames: Frames) -> Figure:
    """Draw two heat maps of all pairs on one harm, one a scale; framed cells are told apart from no interaction."""
    titles, count = titles_of_levers(found.levers), len(found.levers)
    record = frames["indicators"].set_index("name").loc[harm]
    size = (WIDTH - LABELS - 0.9) / 2
    heading = (
        f"{record['label']}: what two levers change together beyond what they change apart; "
        f"mean of {found.units:,} {found.unit}"
    )
    figure, part, _ = page(size + 1.5, heading, frames)
    axes = part.subplots(1, 2, sharey=True)
    for axis, scale in zip(axes, (COUNTS, RATIO), strict=True):
        _draw(axis, found, harm, scale)
        axis.set_title(HEADINGS[scale], fontsize=8.5)
        axis.set_xticks(range(count), [str(place + 1) for place in range(count)], fontsize=8)
        axis.set_aspect("equal")
        axis.tick_params(length=0)
        for spine in axis.spines.values():
            spine.set_visible(False)
    names = [f"{wrapped(title, LABELS - 0.2, 8.0, 2)}  {place + 1}" for place, title in enumerate(titles.values())]
    axes[0].set_yticks(range(count), names, fontsize=8)
    bar = part.colorbar(
        _colours(1.0), ax=list(axes), orientation="horizontal", fraction=0.035, pad=0.03, aspect=50, ticks=[-1, 0, 1]
    )
    bar.ax.set_xticklabels(["less harm together", "as apart", "more harm together (overlap)"], fontsize=8)
    first, _, last = bar.ax.get_xticklabels()
    first.set_horizontalalignment("left")
    last.set_horizontalalignment("right")
    bar.outline.set_visible(False)
    rule = "nine in ten worlds agree on the sign" if found.unit == "worlds" else "Holm over all pairs"
    part.supxlabel(
        f"Framed: told apart from no interaction ({rule}). Grey: what the lever changes by itself. Colours end at the "
        "largest effect of each map.", fontsize=7.5, color=SMALL_PRINT,
    )  # fmt: skip
    return figure


def _colours(most: float):  # type: ignore[no-untyped-def]
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    return ScalarMappable(Normalize(-most, most), DIVERGING)


def _draw(axis: Axes, found: Interactions, harm: str, scale: str) -> None:
    """Draw the lower triangle of pairs and the diagonal of single levers."""
    rows = found.effects[(found.effects["harm"] == harm) & (found.effects["scale"] == scale)]
    effects = {(row.first, row.second): row for row in rows.itertuples()}
    place = {name: number for number, name in enumerate(found.levers)}

    def size(row) -> float:  # type: ignore[no-untyped-def]
        return float(np.log(row.effect)) if scale == RATIO else float(row.effect)

    sizes = [abs(size(row)) for row in effects.values() if row.second and np.isfinite(size(row))]
    colours = _colours(max([*sizes, 1e-9]))
    small = 6.0 if len(found.levers) > 8 else 8.0
    for (first, second), row in effects.items():
        x, y = place[first], place[second or first]
        told = bool(second) and row.verdict != UNTOLD
        known = np.isfinite(row.effect)
        colour = colours.to_rgba(size(row)) if second and known else DIAGONAL
        axis.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor=colour, edgecolor="white", linewidth=0.5))
        if told:
            axis.add_patch(
                Rectangle((x - 0.46, y - 0.46), 0.92, 0.92, fill=False, edgecolor=BLACK, linewidth=1.1, zorder=3)
            )
        if known:
            dark = bool(second) and abs(size(row)) > 0.65 * max([*sizes, 1e-9])
            axis.text(
                x, y, _cell(row.effect, scale), ha="center", va="center", fontsize=small, zorder=4,
                color="white" if dark else BLACK,
            )  # fmt: skip
    axis.set_xlim(-0.5, len(found.levers) - 0.5)
    axis.set_ylim(len(found.levers) - 0.5, -0.5)


def _cell(effect: float, scale: str) -> str:
    """Write an effect as per cent with its sign; on the scale of ratios, how much more or less than the product."""
    value = 100 * (effect - 1.0 if scale == RATIO else effect)
    written = f"{value:+.0f}" if abs(value) >= 9.95 else f"{value:+.1f}"
    return "0" if float(written) == 0.0 else written.replace("-", MINUS)
