"""Figures of a calibration, from the stored posterior alone: what moved, which targets are met, whether the path is sound."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from trafficsim.catalog import Catalog, Parameter
from trafficsim.catalog.posteriors import Posterior
from trafficsim.designs import value_at
from trafficsim.report.figures.style import (
    BLACK,
    BLUE,
    GREY,
    GRID,
    ORANGE,
    SKY,
    VERMILION,
    legend_below,
    legend_height,
    plain_number,
    sheet,
    wrapped,
)

COLUMNS = 3
BINS = 18
MOST_PANELS = 12


def small_print(about: Mapping[str, Any]) -> str:
    """Return what stands at the foot of each figure."""
    return (
        f"A posterior says which assumptions agree with surveys and counts of {about['years']} under this model; it says nothing "
        f"of the effect of a policy, of which there are no data. Corridor {about['corridor']}, {about['draws']} draws; rules "
        f"{about['model_version']}. Areas are synthetic."
    )


def draw_posterior(posterior: Posterior, known: Catalog) -> Figure:
    """Draw prior and posterior of the parameters that the data inform most, at most :data:`MOST_PANELS`."""
    found = posterior.about["parameters"]
    order = sorted(posterior.names, key=lambda name: -found[name]["contraction"])
    shown = [name for name in order if found[name]["data"] != "not"][:MOST_PANELS]
    informed = sum(each["data"] == "informed" for each in found.values())
    some = sum(each["data"] == "somewhat" for each in found.values())
    heading = (
        f"What the data say of assumptions: of {len(found)} fitted, {informed} are informed (30 % of the prior's variance is "
        f"gone, or more), {some} somewhat, {len(found) - informed - some} not; the {len(shown)} most informed"
    )
    rows = -(-len(shown) // COLUMNS)
    labels = ["prior: the catalogue's range", "posterior", "the catalogue's default"]
    figure, part, foot = sheet(1.75 * rows, heading, small_print(posterior.about), legend_height(labels))
    axes = np.ravel(part.subplots(rows, COLUMNS, squeeze=False))
    values = np.array(posterior.rows)
    for axis, name in zip(axes, shown, strict=False):
        process, _, own = name.partition(".")
        _density(axis, known.parameters[process][own], values[:, posterior.names.index(name)], name)
    for axis in axes[len(shown) :]:
        axis.remove()
    legend_below(
        foot, [Patch(color=GREY, alpha=0.35), Patch(color=BLUE), Line2D([], [], color=BLACK, linestyle=":")], labels
    )
    return figure


def _density(axis: Axes, parameter: Parameter, values: NDArray[np.float64], name: str) -> None:
    """Draw both as densities over the parameter's own unit, on a logarithmic axis where its distribution is even there."""
    edges = value_at(parameter, np.linspace(0.0, 1.0, BINS + 1))
    low, high = parameter.range
    spaced = np.geomspace if parameter.distribution == "log_uniform" else np.linspace
    edges = spaced(low, high, BINS + 1)
    prior = value_at(parameter, (np.arange(20_000) + 0.5) / 20_000)
    for numbers, style in ((prior, {"color": GREY, "alpha": 0.35}), (values, {"color": BLUE, "histtype": "step"})):
        weights = np.full(len(numbers), 100.0 / len(numbers))
        axis.hist(numbers, edges, weights=weights, linewidth=1.6, **style)  # type: ignore[arg-type]
    if parameter.distribution == "log_uniform":
        axis.set_xscale("log")
    axis.axvline(parameter.default, color=BLACK, linestyle=":", linewidth=1.2)
    axis.xaxis.set_major_formatter(plain_number)
    axis.xaxis.set_minor_formatter(lambda *_: "")
    if parameter.distribution == "log_uniform":
        axis.set_xticks(
            [low, float(np.sqrt(low * high)), high],
            [plain_number(float(f"{each:.2g}")) for each in (low, np.sqrt(low * high), high)],
        )
    axis.set_title(wrapped(f"{name}: {parameter.meaning}", 2.5, 8.0, 3), fontsize=8)
    axis.set_xlabel(wrapped(parameter.unit, 3.0, 7.5, 1), fontsize=7.5)
    axis.set_ylabel("% of draws", fontsize=7.5)
    axis.tick_params(labelsize=7.5)


def draw_targets(posterior: Posterior, says: Mapping[str, str]) -> Figure:
    """Draw data, prior and posterior predictive of every statistic, relative to the data; ``says`` has the targets' words."""
    found: Mapping[str, Any] = posterior.about["targets"]
    unmet = len(posterior.about["unmet"])
    heading = (
        f"Targets: what the model predicts against the data that it was fitted to; {unmet} of {len(found)} are not met"
    )
    labels = [
        "data (interval, or value ± 2 sd)",
        "prior predictive, middle 90 %",
        "posterior predictive, middle 90 %",
        "not met",
    ]
    figure, part, foot = sheet(0.155 * len(found) + 0.6, heading, small_print(posterior.about), legend_height(labels))
    axis = part.subplots()
    for place, (_, each) in enumerate(found.items()):
        y = len(found) - place
        low, high = each["data"]
        middle = float(np.sqrt(max(low, 1e-9) * high)) if low > 0 else (low + high) / 2.0
        axis.fill_betweenx([y - 0.38, y + 0.38], low / middle, high / middle, color=ORANGE, alpha=0.45, linewidth=0)
        met = each["verdict"] == "met"
        for offset, key, colour in ((0.16, "prior", GREY), (-0.16, "posterior", BLUE if met else VERMILION)):
            ends = np.array(each[key]) / middle
            axis.hlines(y + offset, ends[0], ends[2], color=colour, linewidth=1.8)
            axis.plot(ends[1], y + offset, "o", color=colour, markersize=3)
    axis.set_xscale("log")
    axis.set_xlim(0.15, 11.0)
    axis.set_xticks([0.2, 0.5, 1, 2, 5], ["0.2", "0.5", "1", "2", "5"])
    axis.xaxis.set_minor_formatter(lambda *_: "")
    axis.axvline(1.0, color=BLACK, linewidth=0.6)
    axis.set_xlabel("relative to the middle of the data (logarithmic)")
    names = [f"{name}: {says[name.partition('/')[0]]}" for name in found]
    axis.set_yticks(range(len(found), 0, -1), [wrapped(name, 3.7, 7.0, 1) for name in names], fontsize=7)
    axis.set_ylim(0.2, len(found) + 0.8)
    axis.grid(axis="x", color=GRID, linewidth=0.5)
    axis.set_axisbelow(True)
    handles = [
        Patch(color=ORANGE, alpha=0.45),
        *(Line2D([], [], color=colour, marker="o", markersize=3) for colour in (GREY, BLUE, VERMILION)),
    ]
    legend_below(foot, handles, labels)
    return figure


def draw_ranks(posterior: Posterior) -> Figure:
    """Draw how often the truth had which rank in posteriors of known truths, against the band that luck allows."""
    from trafficsim.analysis.calibration.proving import bands

    proof = posterior.about["proof"]
    number, draws = proof["proofs"], proof["draws"]
    below = np.array(list(proof["ranks_below"].values())) / number  # (parameters, places)
    uneven = [name for name, chance in proof["chances"].items() if chance < 0.05]
    heading = (
        f"Does the path find what is known? Ranks of the truth in {number} posteriors of simulated data: "
        f"{len(uneven)} of {len(below)} parameters leave the 95 % band of even ranks; about {0.05 * len(below):.0f} would by luck"
    )
    labels = ["one parameter", "one that leaves the band", "95 % band of even ranks, simultaneous over ranks"]
    figure, part, foot = sheet(3.6, heading, small_print(posterior.about), legend_height(labels))
    axis = part.subplots()
    rank = np.arange(draws)
    even = (rank + 1) / (draws + 1)
    lower, upper = bands(number, draws)
    axis.fill_between(even, lower - even, upper - even, step="mid", color=SKY, alpha=0.35, linewidth=0)
    places = np.array(proof["places"])
    for name, row in zip(proof["ranks_below"], below, strict=True):
        off = name in uneven
        axis.plot(
            even[places], row - even[places], color=VERMILION if off else GREY, linewidth=1.4 if off else 0.7,
            alpha=1.0 if off else 0.7,
        )  # fmt: skip
    axis.set_xlim(0.0, 1.0)
    axis.set_xlabel("rank of the truth among the posterior's draws, as a share")
    axis.set_ylabel("truths up to this rank,\nless the share expected")
    axis.grid(color=GRID, linewidth=0.5)
    handles = [
        Line2D([], [], color=GREY, linewidth=0.9), Line2D([], [], color=VERMILION, linewidth=1.4), Patch(color=SKY, alpha=0.35),
    ]  # fmt: skip
    legend_below(foot, handles, labels)
    return figure
