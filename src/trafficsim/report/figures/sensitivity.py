"""Figures of a sensitivity analysis: ranked indices, indicators side by side, convergence, and what decides a sign."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from trafficsim.analysis.sensitivity.questions import Answer
from trafficsim.analysis.sensitivity.regional import Regional
from trafficsim.analysis.sensitivity.results import LEVEL, Indices
from trafficsim.analysis.worlds import Worlds
from trafficsim.catalog import Catalog, catalog
from trafficsim.experiments.frames import open_study
from trafficsim.report.figures import save_figure
from trafficsim.report.figures.style import (
    ARM_COLOURS,
    ARM_MARKERS,
    BLACK,
    BLUE,
    GREY,
    GRID,
    SKY,
    VERMILION,
    WIDTH,
    Frames,
    grid,
    legend_below,
    legend_height,
    page,
    plain_number,
    wrapped,
)
from trafficsim.report.sensitivity import asked, described
from trafficsim.report.table import number

TABLES = ("studies", "limits")
RANKED, MAPPED, FOLLOWED, DISTRIBUTIONS = 20, 25, 6, 6
"""How many factors the figures show: ranked, in the heat map, over sample size, as distributions."""
LABELS_WIDTH = 3.6

NAMES = {"morris": "Morris’ method", "sobol": "Sobol’ indices", "pawn": "PAWN", "delta": "delta"}
AXES = {
    "morris": "mu*: mean change over the whole range ({unit})",
    "sobol": "share of the variance",
    "pawn": "PAWN index: median Kolmogorov-Smirnov distance",
    "delta": "delta: mean shift of the density",
    "regional": "distance between worlds above and below zero",
}


def draw_sensitivity(answers: Sequence[Answer], worlds: Worlds, database: Path, folder: Path) -> list[Path]:
    """Draw the answers to questions asked of a stored study, as PNG and SVG; return the PNG files."""
    frames: Frames = open_study(database, worlds.study, TABLES)
    frames["totals"] = worlds.values.index.to_frame(index=False)
    drawings: dict[str, Callable[[], Figure | None]] = {}
    for answer in answers:
        quantity = answer.quantity
        change = ["change"] * bool(quantity.baseline)
        name = "-".join(["sensitivity", answer.method, quantity.indicator, quantity.arm, *change])
        if isinstance(answer.found, Regional):
            drawings[name] = partial(draw_distributions, answer, answer.found, worlds, frames)
        else:
            drawings[name] = partial(draw_ranking, answer, answer.found, worlds, frames)
            drawings[f"{name}-convergence"] = partial(draw_convergence, answer, answer.found, worlds, frames)
    mapped = [answer for answer in answers if isinstance(answer.found, Indices) and answer.found.varies]
    if len(mapped) > 1:
        drawings[f"sensitivity-{mapped[0].method}-map"] = partial(draw_map, mapped, worlds, frames)
    return [path for name, draw in drawings.items() for path in save_figure(draw, folder, name)]


def _label(factor: str, known: Catalog, inches: float = LABELS_WIDTH) -> str:
    meaning, _, grade = described(factor, known)
    return wrapped(f"{meaning} [{grade.replace(' ', '')}]", inches, 8.0, 2)


def draw_ranking(answer: Answer, found: Indices, worlds: Worlds, frames: Frames) -> Figure | None:
    """Draw the indices that have converged as ranked bars with intervals; of those that have not only the interval."""
    if not found.varies:
        return None
    known = catalog()
    told = found.table[found.table["verdict"] == "converged"]
    ranked = found.table[found.table["verdict"].isin(["converged", "not converged"])].head(RANKED)
    if ranked.empty:
        return None
    handles: list[Line2D | Patch] = []
    words: list[str] = []
    if len(told):
        handles.append(Patch(color=BLUE))
        words.append({"sobol": "total order", "morris": "mu*"}.get(answer.method, "index"))
    if answer.method == "sobol" and len(told):
        handles.append(Line2D([], [], color=BLACK, marker="D", linestyle="none", markersize=4))
        words.append("first order, where it has converged")
    handles.append(Line2D([], [], color=GREY, linewidth=2.5))
    words.append("not converged: its interval alone")
    if not np.isnan(found.floor):
        handles.append(Line2D([], [], color=VERMILION, linestyle="--"))
        words.append("a dummy assumption reaches so far")
    heading = f"Which assumptions it leans on, by {NAMES[answer.method]}: {asked(answer, worlds)}"
    figure, part, foot = page(0.95 + 0.34 * len(ranked), heading, frames, legend_height(words))
    axis = part.subplots()
    for height, (_, row) in enumerate(ranked.iterrows()):
        if row["verdict"] == "converged":
            axis.barh(-height, row["index"], height=0.6, color=BLUE)
            error = [[row["index"] - row["low"]], [row["high"] - row["index"]]]
            axis.errorbar(row["index"], -height, xerr=error, color=BLACK, capsize=3, linestyle="none")
            if answer.method == "sobol" and row["first_verdict"] in ("converged", "negligible"):
                axis.plot(
                    max(row["first"], 0.0), -height, color=BLACK, marker="D", markersize=4, markeredgecolor="white"
                )
        else:
            axis.plot([row["low"], row["high"]], [-height, -height], color=GREY, linewidth=2.5, solid_capstyle="butt")
    if not np.isnan(found.floor):
        axis.axvline(found.floor, color=VERMILION, linestyle="--", linewidth=1)
    labels = [_label(str(factor), known) for factor in ranked.index]
    _finish(axis, labels, AXES[answer.method].format(unit=worlds.indicators["unit"].get(answer.quantity.indicator, "")))
    axis.set_xlim(left=0.0)
    left = len(found.table) - len(ranked)
    rest = f"; {left} more have smaller ones, or none that can be told" if left else ""
    title = (
        f"{found.count('converged')} of {len(found.table)} have converged{rest}. Bars: {100 * LEVEL:.0f} % intervals. "
        f"[A–D]: grade of evidence."
    )
    axis.set_title(wrapped(title, WIDTH - LABELS_WIDTH, 8.0), fontsize=8)
    legend_below(foot, handles, words)
    return figure


def _finish(axis: Axes, labels: Sequence[str], title: str) -> None:
    axis.set_yticks(range(0, -len(labels), -1), labels, fontsize=8)
    axis.set_ylim(-len(labels) + 0.4, 0.6)
    axis.tick_params(axis="y", length=0)
    axis.set_xlabel(title)
    axis.xaxis.set_major_formatter(FuncFormatter(plain_number))
    axis.grid(axis="x", color=GRID)
    axis.set_axisbelow(True)


def draw_convergence(answer: Answer, found: Indices, worlds: Worlds, frames: Frames) -> Figure | None:
    """Draw how the indices of the leading factors move with the number of worlds, each with its interval."""
    if not found.varies:
        return None
    known, leading = catalog(), list(found.table.index[:FOLLOWED])
    labels = [_label(factor, known, 6.5).replace("\n", " ") for factor in leading]
    heading = f"Has it converged? {NAMES[answer.method]} against the number of worlds: {asked(answer, worlds)}"
    dummy = not np.isnan(found.floor)
    figure, part, foot = page(3.6, heading, frames, 0.1 + 0.2 * (len(labels) + dummy))
    axis = part.subplots()
    sizes = sorted(found.steps["points"].unique())
    handles: list[Any] = []
    for place, factor in enumerate(leading):
        own = found.steps[found.steps["factor"] == factor].set_index("points").loc[sizes]
        shifted = np.arange(len(sizes)) + 0.08 * (place - (len(leading) - 1) / 2)
        errors = [own["index"] - own["low"], own["high"] - own["index"]]
        style: dict[str, Any] = {"color": ARM_COLOURS[place], "marker": ARM_MARKERS[place]}
        handles.append(axis.errorbar(shifted, own["index"], yerr=errors, capsize=2, linewidth=1, markersize=5, **style))
    if dummy:
        handles.append(axis.axhline(found.floor, color=VERMILION, linestyle="--", linewidth=1))
        labels.append("a dummy assumption reaches so far, with all worlds")
    axis.set_xticks(range(len(sizes)), [f"{size:,}" for size in sizes])
    axis.set_xlabel("worlds")
    axis.set_ylabel(
        wrapped(AXES[answer.method].format(unit=worlds.indicators["unit"].get(answer.quantity.indicator, "")), 2.4)
    )
    axis.set_ylim(bottom=0.0)
    axis.yaxis.set_major_formatter(FuncFormatter(plain_number))
    axis.grid(axis="y", color=GRID)
    axis.set_title(f"The largest of {len(found.table)}, whether converged or not. Bars: {100 * LEVEL:.0f} % intervals.",
                   fontsize=8)  # fmt: skip
    assert foot is not None
    foot.legend(handles, labels, loc="center left", ncols=1)
    return figure


def draw_map(answers: Sequence[Answer], worlds: Worlds, frames: Frames) -> Figure | None:
    """Draw factors against quantities: each index as a share of the largest of its column; what has not converged is hatched.

    None where nothing has converged.
    """
    known = catalog()
    shares, verdicts = {}, {}
    for place, answer in enumerate(answers):
        assert isinstance(answer.found, Indices)
        shares[place] = answer.found.table["index"] / answer.found.table["index"].max()
        verdicts[place] = answer.found.table["verdict"]
    table, words = pd.DataFrame(shares), pd.DataFrame(verdicts)
    converged = table.where(words == "converged")
    # Those that matter to any quantity; of equals, those that are open.
    rank = converged.max(axis=1).fillna(0.0) + 0.001 * table.where(words == "not converged").max(axis=1).fillna(0.0)
    if not (words == "converged").any(axis=None):
        return None
    chosen = rank[rank > 0.0].sort_values(ascending=False, kind="stable").index[:MAPPED]
    table, words = table.loc[chosen], words.loc[chosen]
    several = len({answer.quantity.arm for answer in answers}) > 1
    titles = []
    for answer in answers:
        label = str(worlds.indicators["label"].get(answer.quantity.indicator, answer.quantity.indicator))
        titles.append(f"{label} ({worlds.arms[answer.quantity.arm]})" if several else label)
    first = answers[0]
    of = f"what “{worlds.arms[first.quantity.arm]}” changes" if first.quantity.baseline else "levels"
    heading = f"Which assumptions matter to what, by {NAMES[first.method]}" + ("" if several else f": {of}")
    legend = [
        "converged: share of the largest index of its column",
        "negligible",
        "within noise: as a dummy",
        "not converged",
    ]
    figure, part, foot = page(1.6 + 0.34 * len(chosen), heading, frames, legend_height(legend))
    axis = part.subplots()
    colours = matplotlib.colormaps["Blues"]
    for row, factor in enumerate(chosen):
        for column in table.columns:
            share, word = table.loc[factor, column], words.loc[factor, column]
            corner = (column - 0.5, -row - 0.5)
            if word == "converged":
                axis.add_patch(
                    matplotlib.patches.Rectangle(corner, 1, 1, facecolor=colours(0.1 + 0.8 * share), edgecolor="white")
                )
                axis.text(column, -row, f"{share:.2f}", ha="center", va="center", fontsize=7.5,
                          color="white" if share > 0.6 else BLACK)  # fmt: skip
            elif word in ("negligible", "within noise"):
                axis.plot(column, -row, color=GREY, marker="." if word == "negligible" else "x", markersize=4)
            else:
                axis.add_patch(
                    matplotlib.patches.Rectangle(
                        corner, 1, 1, facecolor="none", edgecolor=GREY, hatch="////", linewidth=0
                    )
                )
    axis.set_xlim(-0.5, len(answers) - 0.5)
    axis.set_ylim(-len(chosen) + 0.5, 0.5)
    axis.set_yticks(range(0, -len(chosen), -1), [_label(str(factor), known) for factor in chosen], fontsize=8)
    room = max(0.5, (WIDTH - LABELS_WIDTH) / len(answers) - 0.1)
    axis.set_xticks(range(len(answers)), [wrapped(title, room, 8.0, 5) for title in titles], fontsize=8)
    axis.xaxis.tick_top()
    axis.tick_params(length=0)
    for side in axis.spines.values():
        side.set_visible(False)
    handles = [
        Patch(color=colours(0.7)), Line2D([], [], color=GREY, marker=".", linestyle="none"),
        Line2D([], [], color=GREY, marker="x", linestyle="none", markersize=4),
        Patch(facecolor="none", edgecolor=GREY, hatch="////", linewidth=0),
    ]  # fmt: skip
    legend_below(foot, handles, legend)
    return figure


def draw_distributions(answer: Answer, found: Regional, worlds: Worlds, frames: Frames) -> Figure | None:
    """Draw how the parameters that decide the sign are spread in worlds above zero and in worlds below; a panel each."""
    deciding = found.deciding[:DISTRIBUTIONS]
    if not deciding:
        return None
    known = catalog()
    handles = [Line2D([], [], color=SKY, linewidth=2), Line2D([], [], color=VERMILION, linewidth=2, linestyle="--")]
    words = [f"worlds in which it is above zero ({found.worlds_above:,})", f"below zero ({found.worlds_below:,})"]
    heading = f"Which assumptions decide its sign: {asked(answer, worlds)}"
    rows, columns = grid(len(deciding))
    figure, part, foot = page(2.5 * rows, heading, frames, legend_height(words))
    axes = list(np.ravel(part.subplots(rows, columns, sharey=True, squeeze=False)))
    for axis in axes[len(deciding) :]:
        axis.remove()
    for place, (axis, factor) in enumerate(zip(axes, deciding, strict=False)):
        process, _, name = factor.partition(".")
        record = known.parameters[process][name]
        for sign, handle in ((1, handles[0]), (-1, handles[1])):
            own = np.sort(worlds.points.loc[found.signs.index[found.signs == sign], factor].to_numpy())
            axis.step(own, 100.0 * np.arange(1, len(own) + 1) / len(own), where="post", color=handle.get_color(),
                      linestyle=handle.get_linestyle(), linewidth=1.6)  # fmt: skip
        row = found.table.loc[factor]
        inches = WIDTH / columns - 0.7
        axis.set_title(
            f"{wrapped(record.meaning, inches, 8.0, 3)}\ndistance {number(row['distance'])}, p {row['p_value']:.1g}, "
            f"grade {record.grade}", fontsize=8,
        )  # fmt: skip
        axis.set_xlabel(wrapped(record.unit, inches, 8.0, 1), fontsize=8)
        if record.distribution == "log_uniform" and record.range[1] > 20 * record.range[0]:
            axis.set_xscale("log")
        else:
            axis.xaxis.set_major_locator(MaxNLocator(4))
            axis.xaxis.set_major_formatter(FuncFormatter(plain_number))
        axis.set_ylim(0, 100)
        axis.tick_params(labelsize=8)
        axis.grid(color=GRID)
        if place % columns == 0:
            axis.set_ylabel("per cent of worlds\nup to this value", fontsize=8)
    legend_below(foot, handles, words)
    return figure
