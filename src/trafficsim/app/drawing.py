"""Charts as SVG, made from text: a new picture for every month takes a millisecond, stays sharp and can be read aloud.

Matplotlib draws the figures of studies; for a picture that changes several times a second it is too slow.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

from trafficsim.engine.calendar import FIRST_YEAR, MONTHS_A_YEAR
from trafficsim.report.figures.style import ARM_COLOURS

DASHES = ("", "7 3", "2 3", "9 3 2 3")
"""Of the lines of the first, second ... arm, so that they are told apart without their colours."""
SHAPES = ("circle", "square", "triangle", "diamond")
WIDTH, HEIGHT = 320, 172
LEFT, RIGHT, TOP, BOTTOM = 46, 12, 12, 24
INK, FAINT = "#222222", "#d9d9d9"


@dataclass(frozen=True)
class Line:
    """One arm's line in a chart. ``place`` decides its colour, dashes and marker; NaN leaves a gap."""

    label: str
    place: int
    values: NDArray[np.float64]


def colour(place: int) -> str:
    """Return the colour of the arm at this place."""
    return ARM_COLOURS[place % len(ARM_COLOURS)]


def plain(value: float) -> str:
    """Write a number: thousands apart, a true minus sign, no more digits than are read."""
    if not math.isfinite(value):
        return "–"
    digits = 0 if abs(value) >= 10 or float(value).is_integer() else 2
    return f"{value:,.{digits}f}".replace("-", "\N{MINUS SIGN}")


def marker(place: int, x: float, y: float, size: float = 3.6) -> str:
    """Return the marker of the arm at this place."""
    shape, ink = SHAPES[place % len(SHAPES)], colour(place)
    if shape == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size}" fill="{ink}"/>'
    if shape == "square":
        return f'<rect x="{x - size:.1f}" y="{y - size:.1f}" width="{2 * size}" height="{2 * size}" fill="{ink}"/>'
    points = {
        "triangle": [(0, -1.2), (1.1, 0.9), (-1.1, 0.9)],
        "diamond": [(0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)],
    }[shape]
    written = " ".join(f"{x + size * dx:.1f},{y + size * dy:.1f}" for dx, dy in points)
    return f'<polygon points="{written}" fill="{ink}"/>'


def swatch(place: int) -> str:
    """Return a short piece of an arm's line, for a legend."""
    return (
        f'<svg width="34" height="12" aria-hidden="true"><line x1="1" y1="6" x2="33" y2="6" stroke="{colour(place)}" '
        f'stroke-width="2.2" stroke-dasharray="{DASHES[place % len(DASHES)]}"/>{marker(place, 17, 6)}</svg>'
    )


def over_time(
    title: str, unit: str, lines: Sequence[Line], first: int, last: int, marks: Sequence[int] = (), hint: str = ""
) -> str:
    """Return a chart of lines by month: values stand for the months from ``first`` on, the axis reaches to ``last``.

    ``marks`` are months at which a thin line stands, such as the one in which the arms part; ``hint`` explains the title.
    """
    top = max((float(np.nanmax(line.values)) for line in lines if np.isfinite(line.values).any()), default=0.0)
    ticks = nice_ticks(top)
    high, span = ticks[-1] or 1.0, max(1, last - first)
    wide, tall = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def at(month: float) -> float:
        return LEFT + wide * (month - first) / span

    def up(value: float) -> float:
        return TOP + tall * (1.0 - value / high)

    parts = [_ticks_of_value(ticks, up), _ticks_of_years(first, last, at)]
    parts += [
        f'<line x1="{at(month):.1f}" x2="{at(month):.1f}" y1="{TOP}" y2="{TOP + tall}" stroke="#666" stroke-dasharray="2 2"/>'
        for month in marks
        if first <= month <= last
    ]
    told = []
    for line in lines:
        there = np.flatnonzero(np.isfinite(line.values))
        if not len(there):
            told.append(f"{line.label}: none")
            continue
        points = " ".join(f"{at(first + int(k)):.1f},{up(float(line.values[k])):.1f}" for k in there)
        end = int(there[-1])
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{colour(line.place)}" stroke-width="1.8" '
            f'stroke-dasharray="{DASHES[line.place % len(DASHES)]}" stroke-linejoin="round"/>'
            + marker(line.place, at(first + end), up(float(line.values[end])))
        )
        told.append(f"{line.label}: {plain(float(line.values[end]))}")
    return framed(title, unit, "".join(parts), f"{unit}; latest. " + "; ".join(told), hint)


def by_category(
    title: str, unit: str, categories: Sequence[str], lines: Sequence[Line], hint: str = "", digits: int = 2
) -> str:
    """Return a chart of markers by category, a little apart from each other for each arm."""
    top = max((float(np.nanmax(line.values)) for line in lines if np.isfinite(line.values).any()), default=0.0)
    ticks = nice_ticks(top)
    high = ticks[-1] or 1.0
    wide, tall = 2 * WIDTH - LEFT - RIGHT, HEIGHT + 40 - TOP - BOTTOM
    step = wide / max(1, len(categories))

    def up(value: float) -> float:
        return TOP + tall * (1.0 - value / high)

    parts = [_ticks_of_value(ticks, up, 2 * WIDTH)]
    for number, name in enumerate(categories):
        parts.append(
            f'<text x="{LEFT + step * (number + 0.5):.1f}" y="{TOP + tall + 16}" text-anchor="middle">{escape(name)}</text>'
        )
    told = []
    for line in lines:
        shift = 11.0 * (line.place - (len(lines) - 1) / 2)
        points, words = [], []
        for number, value in enumerate(line.values):
            if np.isfinite(value):
                points.append((LEFT + step * (number + 0.5) + shift, up(float(value))))
                words.append(f"{categories[number]} {value:.{digits}f}")
        parts.append(
            f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}" fill="none" stroke="{colour(line.place)}" '
            f'stroke-width="1" stroke-dasharray="{DASHES[line.place % len(DASHES)]}"/>'
        )
        parts += [marker(line.place, x, y, 4.6) for x, y in points]
        told.append(f"{line.label}: {', '.join(words) or 'nobody'}")
    return framed(title, unit, "".join(parts), f"{unit}. " + "; ".join(told), hint, 2 * WIDTH, HEIGHT + 40)


def framed(
    title: str, unit: str, drawn: str, told: str, hint: str = "", width: int = WIDTH, height: int = HEIGHT
) -> str:
    """Return a chart in its frame: heading and unit in words, the drawing with its text alternative."""
    return (
        f'<figure class="chart"><figcaption title="{escape(hint or title)}"><b>{escape(title)}</b> '
        f'<span class="unit">{escape(unit)}</span></figcaption>'
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(f"{title}: {told}")}" '
        f'font-size="11" fill="{INK}"><title>{escape(hint or title)}\n{escape(told)}</title>{drawn}</svg></figure>'
    )


def nice_ticks(top: float) -> list[float]:
    """Return ticks from 0 to at least ``top``, in steps of 1, 2 or 5 times a power of ten."""
    if not top > 0.0:
        return [0.0, 1.0]
    step = 10.0 ** math.floor(math.log10(top / 3.0))
    step *= next(factor for factor in (1, 2, 5, 10) if factor * step * 4 >= top)
    return [step * number for number in range(math.ceil(round(top / step, 9)) + 1)]


def _ticks_of_value(ticks: Sequence[float], up: Callable[[float], float], width: int = WIDTH) -> str:
    parts = []
    for tick in ticks:
        y = up(tick)
        parts.append(
            f'<line x1="{LEFT}" x2="{width - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{FAINT}"/>'
            f'<text x="{LEFT - 5}" y="{y + 4:.1f}" text-anchor="end">{f"{tick:,.10g}"}</text>'
        )
    return "".join(parts)


def _ticks_of_years(first: int, last: int, at: Callable[[float], float]) -> str:
    years = range(FIRST_YEAR + math.ceil(first / MONTHS_A_YEAR), FIRST_YEAR + last // MONTHS_A_YEAR + 1)
    every = next((step for step in (1, 2, 5, 10, 20) if len(years) / step <= 7), 50)
    parts = []
    for year in years:
        if year % every == 0:
            x = at((year - FIRST_YEAR) * MONTHS_A_YEAR)
            parts.append(
                f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{HEIGHT - BOTTOM}" y2="{HEIGHT - BOTTOM + 4}" stroke="{INK}"/>'
                f'<text x="{x:.1f}" y="{HEIGHT - 6}" text-anchor="middle">{year}</text>'
            )
    return "".join(parts)
