"""Who was spared what: of those whom each harm met under the baseline, what became of the same lives under each other arm."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from trafficsim.analysis.counterfactuals import GROUPS, SAME_HARM, Counterfactuals, other_arms
from trafficsim.report.figures.style import (
    BLACK,
    BLUE,
    DARK,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    WIDTH,
    YELLOW,
    Frames,
    legend_below,
    legend_height,
    page,
    titles_of,
    wrapped,
)
from trafficsim.report.harm_tables import WORDS, percent, range_of
from trafficsim.report.table import number

COLOURS = {
    SAME_HARM: VERMILION,
    "died": BLACK,
    "forcibly returned": "white",
    "exploited or held by brokers": ORANGE,
    "in custody": SKY,
    "in hiding or in transit": GREY,
    "at origin, not forcibly returned": YELLOW,
    "did not leave": PURPLE,
    "in a third country": BLUE,
    "protected": GREEN,
}
"""What became of a life, in the order of a bar."""
assert set(COLOURS) == {SAME_HARM, *GROUPS}
LEAST_LABELLED = 6.0
INCHES_A_HARM = 0.42


def draw_harms(frames: Frames) -> Figure | None:
    """Draw for each arm a bar a harm: what became of those whom it met under the baseline; who was spared, who met it anew."""
    compared = set(frames["changed_lives"]["arm_b"])
    found = [Counterfactuals(frames, arm) for arm in other_arms(frames) if arm in compared]
    shown = [(one, harms) for one in found if (harms := [each for each in one.harms() if each.under_baseline.mean])]
    if not shown:
        return None
    titles = titles_of(frames)
    words = [fate if fate == SAME_HARM else f"spared it; {fate}" for fate in COLOURS]
    heights = [1.05 + INCHES_A_HARM * len(harms) for _, harms in shown]
    heading = f"Who was spared what: people whom a harm met under “{titles[found[0].baseline]}”, under another policy"
    figure, part, foot = page(sum(heights), heading, frames, legend_height(words))
    panels = np.ravel(part.subplots(len(shown), 1, squeeze=False, height_ratios=heights))
    for axis, (one, harms) in zip(panels, shown, strict=True):
        for row, harm in enumerate(harms):
            _draw_bar(axis, row, {each.fate: 100.0 * each.lives.share for each in one.fates_of(harm.harm)})
            anew = f"{number(harm.anew.part)} met it anew"
            interval = f" ({range_of(harm.spared)})" if range_of(harm.spared) else ""
            axis.text(101.5, row, f"spared {percent(harm.spared.share)}{interval}\n{anew}", va="center", fontsize=7.5)
        labels = [f"{WORDS[harm.harm]}\n{number(harm.under_baseline.mean)} lives" for harm in harms]
        axis.set_yticks(range(len(harms)), labels, fontsize=8)
        axis.set_xlim(0, 136)
        axis.set_xticks([0, 25, 50, 75, 100])
        axis.spines["bottom"].set_bounds(0, 100)
        axis.invert_yaxis()
        axis.set_title(wrapped(one.title, 0.7 * WIDTH))
        axis.set_xlabel(
            f"per cent of those whom the harm met under the baseline\nlives: mean a replicate; {_intervals(one)}",
            fontsize=8, loc="left",
        )  # fmt: skip
    legend_below(foot, [Patch(linewidth=0.5, **_look(fate)) for fate in COLOURS], words)
    return figure


def _draw_bar(axis: Axes, row: int, shares: dict[str, float]) -> None:
    left = 0.0
    for fate, colour in COLOURS.items():
        share = shares[fate]
        axis.barh(row, share, left=left, height=0.75, linewidth=0.5, **_look(fate))
        if share >= LEAST_LABELLED:
            axis.text(
                left + share / 2, row, f"{share:.0f} %", ha="center", va="center", fontsize=8,
                color="white" if colour in DARK else "black",
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0} if colour == "white" else None,
            )  # fmt: skip
        left += share


def _look(fate: str) -> dict[str, Any]:
    """Return how the part of a bar looks that stands for a fate; there are more fates than colours to tell apart."""
    if COLOURS[fate] == "white":
        return {"facecolor": "white", "edgecolor": VERMILION, "hatch": "////"}
    return {"facecolor": COLOURS[fate], "edgecolor": "white"}


def _intervals(one: Counterfactuals) -> str:
    if one.worlds > 1:
        return f"in brackets the middle {100 * one.level:.0f} % of {one.worlds} draws of assumptions"
    if one.replicates > 1:
        return f"in brackets {100 * one.level:.0f} % intervals over {one.replicates} replicates"
    return "one replicate: no interval"
