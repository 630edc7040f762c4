"""Figures made from the code and the catalogue, as SVG. Each carries a mark of what it was drawn from.

Two versions of matplotlib draw the same picture with other bytes; so what is compared is the mark, not the picture.
"""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from generating.model_parts import EXPLOITATION, plain_name
from trafficsim.catalog import catalog
from trafficsim.engine.calendar import month_index, month_label
from trafficsim.processes.circumstances import Switches
from trafficsim.report.figures.style import BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILION

SETTINGS = {"font.size": 9, "svg.hashsalt": "trafficsim", "axes.spines.top": False, "axes.spines.right": False}


@dataclass(frozen=True)
class Drawing:
    """A picture: what it is made from, as plain lists and numbers, and how it is drawn."""

    content: Callable[[], Any]
    figure: Callable[[Any], Figure]


def mark_of(drawing: Drawing) -> str:
    """Return the mark of a drawing: a hash of its content and of this file."""
    content = json.dumps(drawing.content(), sort_keys=True) + Path(__file__).read_text(encoding="utf-8")
    return hashlib.sha256(content.encode()).hexdigest()


def mark_in(path: Path) -> str:
    """Return the mark that a picture carries, empty where there is none."""
    if not path.is_file():
        return ""
    found = re.search(r"<dc:identifier>(\w+)</dc:identifier>", path.read_text(encoding="utf-8"))
    return found[1] if found else ""


def draw(drawing: Drawing, path: Path) -> None:
    """Draw a picture into the file ``path``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with matplotlib.rc_context(SETTINGS):
        metadata = {"Date": None, "Creator": None, "Identifier": mark_of(drawing)}
        drawing.figure(drawing.content()).savefig(path, metadata=metadata, bbox_inches="tight")
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(line.rstrip() for line in lines) + "\n", encoding="utf-8")


# The moves between statuses

HOME = "home"
BOXES: dict[str, tuple[float, float, float, float, str]] = {
    HOME: (1.35, 5.35, 2.5, 2.5, "#f4f4f4"),
    "at_origin": (1.35, 5.95, 2.1, 0.7, "white"),
    "returned_released": (1.35, 4.75, 2.1, 0.7, "white"),
    "returned_detained": (1.35, 1.0, 2.1, 0.8, VERMILION),
    "in_transit": (4.7, 6.2, 1.7, 0.7, GREY),
    "held_by_brokers": (8.0, 6.2, 1.9, 0.7, GREY),
    "exploitation": (12.0, 5.7, 2.5, 2.1, ORANGE),
    "in_hiding": (5.6, 3.7, 1.7, 0.7, SKY),
    "in_custody": (6.3, 1.0, 1.7, 0.8, VERMILION),
    "protected": (10.6, 1.0, 1.8, 0.8, GREEN),
    "in_third_country": (13.6, 2.6, 1.9, 0.8, BLUE),
}
"""Centre, width, height and colour of each box; dead is no box but a cross at the end of a short arrow."""
CURVES: dict[tuple[str, str], tuple[float, float]] = {
    ("in_hiding", "held_by_brokers"): (-0.18, 0.5),
    ("held_by_brokers", "in_hiding"): (-0.18, 0.5),
    ("exploitation", "held_by_brokers"): (0.22, 0.5),
    ("held_by_brokers", "exploitation"): (0.22, 0.5),
    ("in_hiding", "in_custody"): (0.28, 0.5),
    ("in_custody", "in_hiding"): (0.28, 0.5),
    ("in_custody", "protected"): (-0.14, 0.5),
    ("protected", "in_custody"): (-0.14, 0.5),
    ("in_hiding", "protected"): (-0.12, 0.42),
    ("protected", "in_hiding"): (-0.12, 0.58),
    ("exploitation", "in_custody"): (0.0, 0.40),
    ("exploitation", "in_hiding"): (0.0, 0.45),
    ("in_hiding", "in_third_country"): (-0.08, 0.62),
    ("held_by_brokers", "in_custody"): (-0.1, 0.45),
    ("returned_detained", "returned_released"): (0.35, 0.5),
    (HOME, "returned_detained"): (0.35, 0.5),
    (HOME, "in_custody"): (0.0, 0.72),
}
"""How far an arrow bends and where along it its number stands; the others run straight."""
DEATHS = {
    HOME: (0.15, 1.55),
    "exploitation": (0.95, 1.35),
    "in_hiding": (-1.0, -0.75),
    "protected": (0.5, -0.85),
    "returned_detained": (-0.55, -0.85),
}
"""Where the short arrow of death ends, from the centre of each box."""


def _box_of(status: str) -> str:
    return "exploitation" if status in EXPLOITATION else status


def _moves() -> dict[str, Any]:
    """Return each move with the boxes that it joins, and the boxes with their words."""
    moves = []
    for name, move in catalog().transitions.items():
        left = {_box_of(status) for status in move.left}
        if {"at_origin", "returned_released"} <= left:
            left = left - {"at_origin", "returned_released"} | {HOME}
        moves.append([name, move.label, sorted(left), sorted({_box_of(status) for status in move.entered})])
    return {"moves": moves, "exploitation": [plain_name(status) for status in EXPLOITATION]}


def _draw_moves(content: dict[str, Any]) -> Figure:
    figure = Figure(figsize=(10.5, 8.2))
    axes = figure.add_axes((0, 0.27, 1, 0.73))
    axes.set(xlim=(-0.2, 14.8), ylim=(-0.2, 7.2))
    axes.axis("off")
    patches = {name: _draw_box(axes, name, content["exploitation"]) for name in BOXES}
    arrows: dict[tuple[str, str], list[int]] = {}
    for number, (_, _, left, entered) in enumerate(content["moves"], 1):
        for start in left:
            for end in entered:
                arrows.setdefault((start, end), []).append(number)
    for (start, end), numbers in arrows.items():
        _draw_arrow(axes, patches, start, end, _in_short(numbers))
    legend = figure.add_axes((0.02, 0, 0.98, 0.26))
    legend.axis("off")
    height = -(-len(content["moves"]) // 2)
    for number, (_, label, _, _) in enumerate(content["moves"], 1):
        column, line = divmod(number - 1, height)
        legend.text(0.5 * column, 1 - line / height, f"{number}", ha="right", va="top", weight="bold")
        legend.text(0.5 * column + 0.01, 1 - line / height, label, va="top")
    legend.text(0.5, 0.0, "✕", ha="right", va="top", weight="bold")
    legend.text(0.51, 0.0, "is dead", va="top")
    return figure


def _in_short(numbers: list[int]) -> str:
    """Return ascending numbers with runs of three or more drawn together: 15-17, 19."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs)


def _draw_box(axes: Axes, name: str, exploitation: list[str]) -> FancyBboxPatch:
    x, y, width, height, colour = BOXES[name]
    patch = FancyBboxPatch(
        (x - width / 2, y - height / 2),
        width,
        height,
        boxstyle="round,pad=0,rounding_size=0.12",
        facecolor=matplotlib.colors.to_rgba(colour, 0.35 if colour.startswith("#") and name != HOME else 1.0),
        edgecolor="#444444" if name != HOME else "#bbbbbb",
        zorder=1 if name == HOME else 2,
    )
    axes.add_patch(patch)
    if name == HOME:
        return patch
    said = "\n".join(["in exploitation:", *exploitation]) if name == "exploitation" else plain_name(name)
    axes.text(x, y, said, ha="center", va="center", zorder=5)
    return patch


def _draw_arrow(axes: Axes, patches: dict[str, FancyBboxPatch], start: str, end: str, numbers: str) -> None:
    a = np.array(BOXES[start][:2])
    if end == "dead":
        b = a + np.array(DEATHS[start])
        bend, place = 0.0, 1.0
        axes.text(*b, "✕", ha="center", va="center", color="#444444", zorder=4)
        left = b[0] < a[0]
        beside = {"xytext": (-8, 0), "ha": "right"} if left else {"xytext": (8, 0), "ha": "left"}
        axes.annotate(numbers, b, textcoords="offset points", va="center", fontsize=8, zorder=6, **beside)
    else:
        b = np.array(BOXES[end][:2])
        bend, place = CURVES.get((start, end), (0.0, 0.5))
    axes.add_patch(
        FancyArrowPatch(
            tuple(a),
            tuple(b),
            connectionstyle=f"arc3,rad={bend}",
            arrowstyle="-|>",
            mutation_scale=11,
            patchA=patches[start],
            patchB=patches.get(end),
            shrinkA=1,
            shrinkB=1 if end != "dead" else 5,
            color="#444444",
            linewidth=1.1,
            zorder=3,
        )
    )
    if end == "dead":
        return
    control = (a + b) / 2 + bend * np.array([b[1] - a[1], a[0] - b[0]])
    at = (1 - place) ** 2 * a + 2 * place * (1 - place) * control + place**2 * b
    axes.text(
        *at,
        numbers,
        fontsize=8,
        ha="center",
        va="center",
        zorder=6,
        bbox={"boxstyle": "round,pad=0.18", "facecolor": "white", "edgecolor": "#888888", "linewidth": 0.6},
    )


# The dated series


def _series() -> list[Any]:
    end = month_index("2034-04")
    return [
        [name, series.unit, series.interpolation, catalog().series_values(name, end).round(6).tolist()]
        for name, series in catalog().series.items()
    ]


def _draw_series(content: list[Any]) -> Figure:
    columns = 3
    rows = -(-len(content) // columns)
    figure = Figure(figsize=(10.5, 1.95 * rows), layout="constrained")
    panels = figure.subplots(rows, columns, sharex=True).ravel()
    for axis, (name, unit, interpolation, values) in zip(panels, content, strict=False):
        years = 1996 + np.arange(len(values)) / 12
        top = max(values) * 1.12
        if interpolation == "step":
            axis.step(years, values, where="post", color=BLUE, linewidth=1.6)
        else:
            axis.plot(years, values, color=BLUE, linewidth=1.6)
        axis.axvline(1996 + month_index("2024-04") / 12, color=PURPLE, linewidth=0.8, linestyle=":")
        axis.set(ylim=(0.0, top), xlim=(1996, 1996 + len(values) / 12))
        axis.set_title(plain_name(name), fontsize=9, loc="left")
        axis.set_ylabel(unit, fontsize=7)
        axis.tick_params(labelsize=7)
    for axis in panels[len(content) :]:
        axis.axis("off")
    figure.supxlabel(f"year; dotted: {month_label(month_index('2024-04'))}, when policies usually start", fontsize=8)
    return figure


# The feedbacks

TOPICS: dict[str, tuple[float, float]] = {
    "policing without\nprotection": (1.6, 5.4),
    "removals seen": (1.6, 3.2),
    "children\nleft behind": (1.6, 0.8),
    "need for brokers,\nand their price": (6.0, 5.4),
    "trust in the\nauthorities": (5.0, 3.2),
    "mothers who\nleave again": (5.0, 0.8),
    "reports and\nidentification": (8.6, 3.2),
    "protection seen": (6.9, 2.0),
    "people trafficked": (12.0, 0.8),
    "prosecutions\nof brokers": (12.0, 3.2),
    "brokers at work": (12.0, 5.4),
    "departures": (9.0, 0.1),
}
INFLUENCES: list[tuple[str, str, str, str, float]] = [
    ("policing without\nprotection", "removals seen", "+", "", 0.0),
    ("policing without\nprotection", "need for brokers,\nand their price", "+", "enforcement_pressure", 0.0),
    ("need for brokers,\nand their price", "brokers at work", "+", "broker_adaptation", 0.0),
    ("removals seen", "trust in the\nauthorities", "−", "fear", 0.0),
    ("removals seen", "children\nleft behind", "+", "", 0.0),
    ("children\nleft behind", "mothers who\nleave again", "+", "family_return", 0.0),
    ("mothers who\nleave again", "people trafficked", "+", "", 0.0),
    ("trust in the\nauthorities", "reports and\nidentification", "+", "fear", 0.0),
    ("reports and\nidentification", "prosecutions\nof brokers", "+", "", 0.0),
    ("reports and\nidentification", "protection seen", "+", "", -0.2),
    ("protection seen", "trust in the\nauthorities", "+", "fear", -0.2),
    ("protection seen", "departures", "+ ?", "pull", 0.0),
    ("departures", "people trafficked", "+", "", 0.0),
    ("prosecutions\nof brokers", "brokers at work", "−", "", 0.0),
    ("brokers at work", "people trafficked", "+", "", -0.6),
    ("people trafficked", "brokers at work", "+", "broker_adaptation", 1.15),
]
"""From, to, direction, the switch that turns it off (none: always on), and how far the arrow bends."""


def _influences() -> list[Any]:
    named = {switch for *_, switch, _ in INFLUENCES if switch}
    if unknown := named - set(Switches._fields):
        raise ValueError(f"drawings.py: there is no switch {sorted(unknown)}")
    return [list(each) for each in INFLUENCES]


def _draw_influences(content: list[Any]) -> Figure:
    figure = Figure(figsize=(10.5, 4.9))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0.2, 15.6), ylim=(-0.3, 5.9))
    axes.axis("off")
    boxes = {}
    for name, (x, y) in TOPICS.items():
        width = 0.4 + 0.105 * max(map(len, name.splitlines()))
        height = 0.42 + 0.26 * name.count("\n")
        boxes[name] = FancyBboxPatch(
            (x - width / 2, y - height / 2),
            width,
            height,
            boxstyle="round,pad=0,rounding_size=0.1",
            facecolor="white",
            edgecolor="#444444",
            zorder=2,
        )
        axes.add_patch(boxes[name])
        axes.text(x, y, name, ha="center", va="center", zorder=4)
    for start, end, direction, switch, bend in content:
        colour = VERMILION if direction == "−" else GREY if "?" in direction else BLUE
        a, b = np.array(TOPICS[start]), np.array(TOPICS[end])
        arrow = FancyArrowPatch(
            tuple(a),
            tuple(b),
            connectionstyle=f"arc3,rad={bend}",
            arrowstyle="-|>",
            mutation_scale=12,
            patchA=boxes[start],
            patchB=boxes[end],
            shrinkA=1,
            shrinkB=1,
            color=colour,
            linewidth=1.3,
            linestyle="--" if "?" in direction else "-",
        )
        axes.add_patch(arrow)
        at = (a + b) / 2 + bend / 2 * np.array([b[1] - a[1], a[0] - b[0]])
        said = f"{direction} {plain_name(switch)}".strip()
        white = {"boxstyle": "round,pad=0.12", "facecolor": "white", "edgecolor": "none"}
        axes.text(*at, said, fontsize=7.5, color=colour, ha="center", va="center", zorder=5, bbox=white)
    return figure


DRAWINGS: dict[str, Drawing] = {
    "transitions.svg": Drawing(_moves, _draw_moves),
    "series.svg": Drawing(_series, _draw_series),
    "feedbacks.svg": Drawing(_influences, _draw_influences),
}
