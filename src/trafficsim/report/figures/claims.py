"""Claims as rows: in which share of plausible worlds each holds, how large its effect is there, and the verdict."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from trafficsim.analysis.claims import (
    CONDITIONAL,
    NEARLY_ALL,
    NEARLY_NONE,
    REFUTED,
    ROBUST,
    UNDECIDED,
    UNSUPPORTED,
    Effect,
    Judgement,
)
from trafficsim.claims import MAKERS
from trafficsim.report.claims import in_order, small_print
from trafficsim.report.figures.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    GRID,
    ORANGE,
    VERMILION,
    legend_below,
    legend_height,
    sheet,
    wrapped,
)

COLOURS = {ROBUST: GREEN, CONDITIONAL: BLUE, UNSUPPORTED: ORANGE, REFUTED: VERMILION, UNDECIDED: "#555555"}
LABELS_WIDTH = 3.9
ROW = 0.37
LEAST, MOST = -100.0, 200.0
"""Per cent. Beyond the right end an arrow is drawn."""


def draw_claims(judgements: Sequence[Judgement], studies: Sequence[Mapping[str, Any]]) -> Figure:
    """Draw the claims, those with the same verdict together; ``studies`` say where the results come from."""
    judgements = in_order(judgements)
    handles = [
        Line2D([], [], color=BLACK, marker="o", linestyle="none"),
        Line2D([], [], color=BLACK, marker="o", markerfacecolor="white", linestyle="none"),
        Line2D([], [], color=BLACK, marker="|", markersize=11, markeredgewidth=2, linestyle="none"),
        Line2D([], [], color=BLACK, marker=">", linestyle="none"),
    ]
    words = ["worlds that fit the data", "wide prior", "limit that the claim names", f"more than +{MOST:.0f} %"]
    heading = "In which plausible worlds each claim holds, and how large the effect is there"
    figure, part, foot = sheet(0.8 + ROW * len(judgements), heading, small_print(studies), legend_height(words))
    shares, effects, verdicts = part.subplots(1, 3, width_ratios=[1.0, 1.15, 0.4])
    verdicts.axis("off")
    for row, judged in enumerate(judgements):
        colour = COLOURS[judged.verdict.word]
        for found, shift, face in ((judged.posterior, -0.13, colour), (judged.prior, 0.17, "white")):
            ends = [[100 * (found.share - found.low)], [100 * (found.high - found.share)]]
            shares.errorbar(
                100 * found.share, row + shift, xerr=np.maximum(ends, 0.0), color=colour, marker="o", markersize=4,
                markerfacecolor=face, capsize=2, linewidth=1, linestyle="none",
            )  # fmt: skip
            _draw_effect(effects, row + shift, found.effect, colour, face)
        word = wrapped(judged.verdict.word, 0.72, 8.0)
        verdicts.text(0.0, row, word, va="center", fontsize=7.5, color=colour, weight="bold")
    sentences = [
        wrapped(f"{each.claim.sentence} ({MAKERS[each.claim.made_by]})", LABELS_WIDTH, 6.8, 3) for each in judgements
    ]
    for axis, labels in ((shares, sentences), (effects, [""] * len(judgements)), (verdicts, [])):
        axis.set_yticks(range(len(labels)), labels, fontsize=6.8)
        axis.set_ylim(len(judgements) - 0.4, -0.6)
        axis.tick_params(axis="y", length=0)
        axis.tick_params(axis="x", labelsize=8)
        axis.set_axisbelow(True)
        for row in range(1, len(judgements)):
            axis.axhline(row - 0.5, color=GRID, linewidth=0.5)
    for share, style in ((NEARLY_NONE, ":"), (0.5, "-"), (NEARLY_ALL, ":")):
        shares.axvline(100 * share, color=GREY, linewidth=0.8, linestyle=style)
    shares.set_xlim(-4, 104)
    shares.set_xticks([0, 25, 50, 75, 100])
    shares.set_xlabel("holds in per cent of the worlds\n(and 90 % interval)", fontsize=8)
    effects.axvline(0, color=BLACK, linewidth=0.8)
    effects.set_xlim(LEAST - 15, MOST + 15)
    effects.set_xticks([-100, 0, 100, 200], ["\N{MINUS SIGN}100", "0", "+100", "+200"])
    effects.set_xlabel("change of what is tested first, per cent\n(median, middle 90 % of worlds)", fontsize=8)
    legend_below(foot, handles, words)
    return figure


def _draw_effect(axis: Axes, height: float, effect: Effect | None, colour: str, face: str) -> None:
    if effect is None:
        return
    if effect.median > MOST:
        axis.plot(MOST, height, linestyle="none", color=colour, marker=">", markersize=4, markerfacecolor=face)
    else:
        low, high = np.clip([effect.spread.world_low, effect.spread.world_high], LEAST, MOST)
        ends = np.maximum([[effect.median - low], [high - effect.median]], 0.0)
        axis.errorbar(
            effect.median, height, xerr=ends, color=colour, marker="o", markersize=4, markerfacecolor=face, capsize=2,
            linewidth=1, linestyle="none",
        )  # fmt: skip
    for limit in effect.limits:
        if LEAST <= limit <= MOST:
            axis.plot(limit, height, linestyle="none", color=BLACK, marker="|", markersize=8, markeredgewidth=1.5)
