"""What each lever of the package does alone, and what is lost without it: the figure and the sentences of one experiment."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from trafficsim.report.document.reading import Reported
from trafficsim.report.figures.style import (
    BLUE,
    GREY,
    GRID,
    ORANGE,
    Frames,
    grid,
    legend_below,
    legend_height,
    page,
    wrapped,
)
from trafficsim.report.harm_tables import percent

HARMS = (
    "refoulement", "trafficked_again", "months_in_exploitation", "months_in_detention", "children_separated", "deaths",
)  # fmt: skip
"""The harms that findings are told of; the results file holds all that is counted."""

AGREE = 0.9
"""Share of the worlds that must agree on a sign."""


def levers_of(reported: Reported) -> list[tuple[str, str, str]]:
    """Return (label, arm with it alone, package without it) of each lever, from what the arms themselves set."""
    arms = {arm.name: arm for arm in reported.configuration.arms}
    package = arms["letter_package"]
    labels = dict(zip(reported.frames["levers"]["name"], reported.frames["levers"]["label"], strict=True))
    found = []
    for lever in package.levers:
        alone = next(name for name, arm in arms.items() if set(arm.levers) == {lever})
        without = next(name for name, arm in arms.items() if set(arm.levers) == set(package.levers) - {lever})
        label = "Permit's surveillance ended" if lever == "permit_surveillance" else str(labels[lever])
        found.append((label, alone, without))
    return found


def spared(reported: Reported, harm: str) -> list[tuple[str, NDArray[np.float64], NDArray[np.float64]]]:
    """Return for each lever what it spares alone, and what the package spares less without it, in parts of the baseline.

    Each of shape (worlds,); below zero where there is more harm with the lever than without.
    """

    def level(arm: str) -> NDArray[np.float64]:
        assert reported.measures is not None
        return np.asarray(reported.measures.table(harm, "all", arm), np.float64).mean(axis=1)

    base, package = level(reported.baseline), level("letter_package")
    base = np.where(base > 0, base, np.nan)  # where nobody is harmed, nothing can be spared
    return [
        (label, (base - level(alone)) / base, (level(without) - package) / base)
        for label, alone, without in levers_of(reported)
    ]


def clear(values: NDArray[np.float64]) -> bool:
    """Whether nine in ten worlds agree on the sign."""
    return bool(max((values > 0).mean(), (values < 0).mean()) >= AGREE)


def draw_alone_and_left_out(reported: Reported, frames: Frames) -> Figure:
    """Draw, harm by harm, what each lever spares alone, and what is lost when it is left out of the package."""
    words = [
        "spared by the lever alone",
        "lost when it is left out of the package",
        "unclear: worlds disagree on the sign",
    ]
    handles = [Line2D([], [], color=colour, marker=sign, linestyle="none", markersize=5, markerfacecolor=face)
               for colour, sign, face in ((BLUE, "o", BLUE), (ORANGE, "D", ORANGE), (GREY, "o", "white"))]  # fmt: skip
    rows, columns = grid(len(HARMS))
    count = len(levers_of(reported))
    heading = (
        "What each lever of the package spares alone, and what is lost without it: median and middle 90 % of the worlds"
    )
    figure, part, foot = page(rows * (0.7 + 0.27 * count), heading, frames, legend_height(words))
    axes = np.ravel(part.subplots(rows, columns, squeeze=False, sharey=True))
    for axis, harm in zip(axes, HARMS, strict=False):
        for place, (_, alone, lost) in enumerate(spared(reported, harm)):
            for values, shift, colour, sign in ((alone, -0.14, BLUE, "o"), (lost, 0.16, ORANGE, "D")):
                there = 100 * values[~np.isnan(values)]
                low, middle, high = np.quantile(there, (0.05, 0.5, 0.95))
                axis.hlines(place + shift, low, high, color=colour, linewidth=1.2)
                face = colour if clear(there) else "white"
                axis.plot(middle, place + shift, sign, color=colour, markersize=4.5, markerfacecolor=face)
        axis.axvline(0, color="black", linewidth=0.8)
        axis.set_title(wrapped(reported.label(harm), 3.0, 8.5, 2), fontsize=8.5)
        axis.set_xscale("symlog", linthresh=10)
        axis.set_xticks([-100, -10, 0, 10, 100], ["−100", "−10", "0", "10", "100"], fontsize=7.5)
        axis.set_ylim(count - 0.5, -0.5)
        axis.grid(axis="x", color=GRID)
        axis.set_axisbelow(True)
    for axis in axes[::columns]:
        axis.set_yticks(
            range(count), [wrapped(label, 1.7, 7.5, 2) for label, _, _ in levers_of(reported)], fontsize=7.5
        )
    for axis in axes[len(HARMS) :]:
        axis.remove()
    part.supxlabel(
        "per cent of the harm under the status quo (even below 10, logarithmic beyond); left of zero: more harm with the lever",
        fontsize=8,
    )
    legend_below(foot, handles, words)
    return figure


def alone_in_words(reported: Reported) -> str:
    """Return what the figure shows: the strongest lever alone, and the greatest loss, harm by harm."""
    told = []
    for harm in HARMS:
        found = spared(reported, harm)
        best = max(found, key=lambda one: float(np.nanmedian(one[1])))
        loss = max(found, key=lambda one: float(np.nanmedian(one[2])))
        told.append(
            f"{reported.label(harm)}: alone, “{best[0]}” spares most (median {100 * np.nanmedian(best[1]):.0f} %); left out, "
            f"“{loss[0]}” is missed most ({100 * np.nanmedian(loss[2]):.0f} %)"
        )
    return "Dots with intervals, a panel a harm. " + "; ".join(told) + "."


def several(reported: Reported) -> str:
    """Return, harm by harm, which levers are clear alone and within the package."""
    lines = []
    for harm in HARMS:
        found = spared(reported, harm)

        def names(place: int, sign: int, found: list = found) -> str:
            told = [(float(np.nanmedian(one[place])), one[0]) for one in found if clear(one[place])]
            chosen = sorted((each for each in told if sign * each[0] > 0), key=lambda each: -abs(each[0]))
            return (
                ", ".join(f"{label} ({'−' if value < 0 else ''}{percent(abs(value))})" for value, label in chosen)
                or "none"
            )

        lines.append(
            f"- **{reported.label(harm)}.** Spared by a lever alone, in nine of ten worlds: {names(1, 1)}. Made worse by one "
            f"alone: {names(1, -1)}. Lost when one is left out of the package: {names(2, 1)}. Less of the harm without it: "
            f"{names(2, -1)}."
        )
    return "Medians over worlds, in per cent of the harm under the status quo.\n\n" + "\n".join(lines)
