"""The schematic: origin, border, host country with six areas, third countries, and people flowing between statuses.

It is no map: places have no positions, and areas A to F are synthetic. Numbers in the boxes are people at the end of the
month; arrows are moves over the last months, as wide as the square root of their number, and their dots go on with the months.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trafficsim.app.drawing import INK, plain
from trafficsim.app.simulation import Run
from trafficsim.engine.calendar import month_label
from trafficsim.processes.vocabulary import AREAS, LABELS, Status
from trafficsim.report.figures.over_time import STATUSES
from trafficsim.report.figures.style import BLUE

WIDTH, HEIGHT = 620, 470
WINDOW = 12
"""Months over which moves are summed: a single month of a small run is mostly noise."""

EXPLOITED = (Status.FORCED_MARRIAGE, Status.SEXUAL_EXPLOITATION, Status.FORCED_LABOUR, Status.DOMESTIC_SERVITUDE)
COLOURS = {status: STATUSES[name][1] for status, name in LABELS[Status].items() if name in STATUSES}
IN_WORDS = {status: STATUSES[name][0] for status, name in LABELS[Status].items() if name in STATUSES}
OTHER = "#8a8a8a"


@dataclass(frozen=True)
class Box:
    """A place for one status or several: middle, width and height, what it is called, and what it means."""

    statuses: tuple[Status, ...]
    x: float
    y: float
    wide: float
    tall: float
    words: str
    means: str


BOXES: dict[str, Box] = {
    "origin": Box((Status.AT_ORIGIN,), 70, 78, 112, 46, "at origin", "has meant to leave, and is at home now"),
    "released": Box((Status.RETURNED_RELEASED,), 70, 198, 112, 46, "returned, free", "was returned and is no longer detained"),
    "detained": Box((Status.RETURNED_DETAINED,), 70, 296, 112, 46, "returned, held", "is detained after a return"),
    "border": Box((Status.IN_TRANSIT,), 158, 120, 16, 16, "", "is crossing the border"),
    "brokers": Box((Status.HELD_BY_BROKERS,), 234, 78, 106, 46, "held by brokers", "is held to be sold or passed on"),
    "hiding": Box((Status.IN_HIDING,), 234, 208, 106, 46, "in hiding", "lives without papers, with nobody holding her or him"),
    "custody": Box((Status.IN_CUSTODY,), 234, 298, 106, 46, "in custody", "is detained by the host state"),
    "exploited": Box(EXPLOITED, 425, 122, 144, 134, "in exploitation", "is held and exploited"),
    "protected": Box((Status.PROTECTED,), 425, 298, 106, 46, "protected", "was identified and may lawfully stay"),
    "third": Box((Status.IN_THIRD_COUNTRY,), 563, 170, 96, 46, "abroad", "has reached a third country"),
    "dead": Box((Status.DEAD,), 563, 298, 96, 46, "died", "has died since 1996, wherever that was"),
}  # fmt: skip
PLACE_OF = {status: name for name, box in BOXES.items() for status in box.statuses}

ARROWS: tuple[tuple[str, str, float], ...] = (
    ("origin", "border", 0), ("released", "border", 0), ("origin", "detained", -40), ("border", "brokers", 0),
    ("border", "hiding", 0), ("brokers", "exploited", 10), ("exploited", "brokers", 10), ("brokers", "hiding", 12),
    ("hiding", "brokers", 12), ("exploited", "hiding", 0), ("exploited", "custody", 0), ("hiding", "custody", 12),
    ("custody", "hiding", 12), ("custody", "detained", 0), ("detained", "released", 0), ("hiding", "released", 0),
    ("exploited", "protected", 0), ("hiding", "protected", 0), ("custody", "protected", 0), ("exploited", "third", 0),
    ("hiding", "third", 34), ("protected", "third", 0), ("protected", "hiding", 22),
)  # fmt: skip
"""Arrows that are drawn where people moved so: from, to, and how far the arrow bends. Deaths are told in words."""


@dataclass(frozen=True)
class Snapshot:
    """What the schematic shows of one arm: people by status, by area and status, and moves between boxes."""

    counts: NDArray[np.int64]
    by_area: NDArray[np.int64]
    flows: dict[tuple[str, str], int]
    deaths: int
    months: int


def snapshot(run: Run, first_month: int) -> Snapshot:
    """Return how an arm stands. Moves are summed over the last year, or since the arms part where that is later."""
    state = run.model.state
    begin = max(min(first_month, state.month - 1), state.month - WINDOW, 0)
    moves = np.asarray(state.ledger.moves[begin : state.month]).sum(axis=0)
    flows: dict[tuple[str, str], int] = {}
    deaths = 0
    for left, entered in zip(*np.nonzero(moves), strict=True):
        pair, number = (PLACE_OF[Status(left)], PLACE_OF[Status(entered)]), int(moves[left, entered])
        if pair[1] == "dead":
            deaths += number
        elif pair[0] != pair[1]:
            flows[pair] = flows.get(pair, 0) + number
    migrants = state.world.migrants
    rows = int(migrants.size[0])
    cell = np.asarray(migrants.area[:rows]).astype(np.int64) * len(Status) + np.asarray(migrants.status[:rows])
    by_area = np.bincount(cell, minlength=(AREAS + 1) * len(Status)).reshape(AREAS + 1, len(Status))
    return Snapshot(run.by_status[-1], by_area, flows, deaths, state.month - begin)


def draw(run: Run, now: Snapshot, all_shown: Sequence[Snapshot], areas: Sequence[str]) -> str:
    """Return the schematic of one arm; widths and bars have one scale for ``all_shown``, so that arms can be compared."""
    widest = max((number for each in all_shown for number in each.flows.values()), default=1)
    tallest = max(
        int(each.by_area[1:, Status.HELD_BY_BROKERS : Status.PROTECTED + 1].sum(axis=1).max()) for each in all_shown
    )
    month = run.model.month
    last = month_label(month - 1)
    window = f"the last {now.months} months" if now.months > 1 else "the last month"
    parts = [_ground(), _arrows(now, widest, month, window), _boxes(now, window), _areas(now, tallest, areas)]
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(in_words(run, now))}" font-size="13" '
        f'fill="{INK}"><title>{escape(run.label)}: where people stand at the end of {last}</title>{"".join(parts)}</svg>'
    )


def in_words(run: Run, now: Snapshot) -> str:
    """Return what the schematic shows as text."""
    people = ", ".join(
        f"{plain(float(now.counts[list(box.statuses)].sum()))} {box.words}" for box in BOXES.values() if box.words
    )
    flows = sorted(now.flows.items(), key=lambda one: -one[1])[:6]
    moved = "; ".join(f"{number} from {_called(a)} to {_called(b)}" for (a, b), number in flows)
    return (
        f"Schematic of arm {run.label} at the end of {month_label(run.model.month - 1)}: {people}. "
        f"Most frequent moves in the last {now.months} months: {moved or 'none'}."
    )


def _called(name: str) -> str:
    return BOXES[name].words or "the border"


def _ground() -> str:
    """Return the three countries and the border, which never change."""
    return (
        '<rect x="4" y="8" width="136" height="330" rx="8" fill="#f4f4f0"/>'
        '<rect x="172" y="8" width="332" height="454" rx="8" fill="#eef3f8"/>'
        '<rect x="510" y="8" width="106" height="220" rx="8" fill="#eef6ee"/>'
        '<line x1="158" y1="8" x2="158" y2="338" stroke="#555" stroke-width="2" stroke-dasharray="5 5"/>'
        '<g font-weight="600"><text x="72" y="28" text-anchor="middle">Country of origin</text>'
        '<text x="338" y="28" text-anchor="middle">Host country</text>'
        '<text x="563" y="28" text-anchor="middle">Third countries</text></g>'
        '<text x="158" y="354" text-anchor="middle" font-size="12">border</text>'
    )


def _arrows(now: Snapshot, widest: int, month: int, window: str) -> str:
    drawn, labels = [], []
    for a, b, bend in ARROWS:
        number = now.flows.get((a, b), 0)
        if number == 0:
            continue
        (x0, y0), (xc, yc), (x1, y1) = _curve(BOXES[a], BOXES[b], bend)
        wide = 1.2 + 7.0 * math.sqrt(number / widest)
        hint = f"{_called(a)} → {_called(b)}: {number:,} moves in {window}"
        dots = []
        count = min(6, 1 + int(5 * math.sqrt(number / widest)))
        for place in range(count):
            t = ((place + 0.37 * month) / count) % 1.0 * 0.86 + 0.04
            x, y = ((1 - t) ** 2 * p + 2 * t * (1 - t) * c + t * t * q for p, c, q in ((x0, xc, x1), (y0, yc, y1)))
            dots.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{max(1.5, wide / 3.2):.1f}" fill="#1b3a55"/>')
        drawn.append(
            f'<g><title>{escape(hint)}</title><path d="M{x0:.1f},{y0:.1f} Q{xc:.1f},{yc:.1f} {x1:.1f},{y1:.1f}" fill="none" '
            f'stroke="#9db2c6" stroke-width="{wide:.1f}"/>{_head(xc, yc, x1, y1, wide)}{"".join(dots)}</g>'
        )
        x, y = (0.25 * p + 0.5 * c + 0.25 * q for p, c, q in ((x0, xc, x1), (y0, yc, y1)))
        labels.append(f'<text x="{x:.1f}" y="{y + 4:.1f}">{number:,}</text>')
    return (
        "".join(drawn) + '<g font-size="11" text-anchor="middle" fill="#123" stroke="#fff" stroke-width="3" '
        f'paint-order="stroke" pointer-events="none">{"".join(labels)}</g>'
    )


def _curve(a: Box, b: Box, bend: float) -> tuple[tuple[float, float], tuple[float, float], tuple[float, float]]:
    """Return begin, control point and end of the arrow from box to box; ``bend`` moves it to the right of its way."""
    dx, dy = b.x - a.x, b.y - a.y
    far = math.hypot(dx, dy)
    nx, ny = -dy / far, dx / far
    side = bend * 0.6
    start = _edge(a, b.x + nx * side, b.y + ny * side, nx * side, ny * side)
    end = _edge(b, a.x + nx * side, a.y + ny * side, nx * side, ny * side)
    middle = ((start[0] + end[0]) / 2 + nx * bend, (start[1] + end[1]) / 2 + ny * bend)
    return start, middle, end


def _edge(box: Box, x: float, y: float, shift_x: float, shift_y: float) -> tuple[float, float]:
    """Return where the way from the box's middle, a little aside, towards a point leaves the box."""
    from_x = box.x + max(-box.wide / 2 + 6, min(box.wide / 2 - 6, shift_x))
    from_y = box.y + max(-box.tall / 2 + 6, min(box.tall / 2 - 6, shift_y))
    dx, dy = x - from_x, y - from_y
    reach = [
        ((box.wide / 2 + 2) * math.copysign(1, dx) - (from_x - box.x)) / dx if dx else math.inf,
        ((box.tall / 2 + 2) * math.copysign(1, dy) - (from_y - box.y)) / dy if dy else math.inf,
    ]
    t = min(reach)
    return from_x + t * dx, from_y + t * dy


def _head(xc: float, yc: float, x: float, y: float, wide: float) -> str:
    far = math.hypot(x - xc, y - yc) or 1.0
    ux, uy, size = (x - xc) / far, (y - yc) / far, 3.2 + wide
    corners = [
        (x, y),
        (x - ux * size - uy * size * 0.6, y - uy * size + ux * size * 0.6),
        (x - ux * size + uy * size * 0.6, y - uy * size - ux * size * 0.6),
    ]
    return f'<polygon points="{" ".join(f"{px:.1f},{py:.1f}" for px, py in corners)}" fill="#5d7893"/>'


def _boxes(now: Snapshot, window: str) -> str:
    parts = []
    for name, box in BOXES.items():
        left, top = box.x - box.wide / 2, box.y - box.tall / 2
        number = int(now.counts[list(box.statuses)].sum())
        if name == "border":
            parts.append(
                f"<g><title>{number:,} crossing the border at the end of the month</title>"
                f'<circle cx="{box.x}" cy="{box.y}" r="7" fill="#fff" stroke="#555" stroke-width="2"/></g>'
            )
            continue
        fill = COLOURS.get(box.statuses[0], BLUE if name == "third" else OTHER)
        hint = f"{box.words}: {number:,} people. Each of them {box.means}."
        if name == "dead":
            hint += f" {now.deaths:,} died in {window}."
        parts.append(
            f'<g><title>{escape(hint)}</title><rect x="{left}" y="{top}" width="{box.wide}" height="{box.tall}" rx="5" '
            f'fill="#fff" stroke="#666"/>'
        )
        if name == "exploited":
            parts.append(f'<text x="{left + 10}" y="{top + 19}">{box.words}</text>')
            parts.append(
                f'<text x="{left + box.wide - 8}" y="{top + 19}" text-anchor="end" font-weight="700" font-size="15">'
                f"{number:,}</text>"
            )
            for row, status in enumerate(EXPLOITED):
                y = top + 42 + 24 * row
                words = (
                    IN_WORDS[status]
                    .removeprefix("in ")
                    .replace("domestic ", "")
                    .replace("sexual exploitation", "sexual")
                )
                parts.append(
                    f'<rect x="{left + 8}" y="{y - 11}" width="13" height="13" fill="{COLOURS[status]}" stroke="#444"/>'
                    f'<text x="{left + 27}" y="{y}" font-size="12">{escape(words)}</text><text x="{left + box.wide - 8}" '
                    f'y="{y}" text-anchor="end" font-weight="600">{int(now.counts[status]):,}</text>'
                )
        else:
            parts.append(
                f'<rect x="{left}" y="{top}" width="8" height="{box.tall}" fill="{fill}"/>'
                f'<text x="{left + 14}" y="{box.y - 5}" font-size="12">{escape(box.words)}</text>'
                f'<text x="{left + 14}" y="{box.y + 15}" font-weight="700" font-size="15">{number:,}</text>'
            )
        parts.append("</g>")
    return "".join(parts)


def _areas(now: Snapshot, tallest: int, areas: Sequence[str]) -> str:
    """Return a bar for each area: people there by status, in the order and colours of the boxes."""
    parts = ['<text x="336" y="346" text-anchor="middle" font-weight="600">People by area</text>']
    wide = 316 / max(1, len(areas))
    for number, area in enumerate(areas, start=1):
        x, foot, tall = 178 + wide * (number - 0.5), 440.0, 68.0
        told, top = [], foot
        bars = []
        for status in [status for status in Status if status in COLOURS]:
            people = int(now.by_area[number, status])
            if people:
                height = tall * people / max(1, tallest)
                top -= height
                told.append(f"{people:,} {IN_WORDS[status]}")
                bars.append(
                    f'<rect x="{x - 15:.1f}" y="{top:.2f}" width="30" height="{height:.2f}" fill="{COLOURS[status]}" '
                    f'stroke="#fff" stroke-width="0.6"/>'
                )
        total = int(now.by_area[number, list(COLOURS)].sum())
        parts.append(
            f"<g><title>Area {escape(area)} (synthetic): {escape(', '.join(told) or 'nobody')}</title>"
            f'<line x1="{x - 20:.1f}" x2="{x + 20:.1f}" y1="{foot}" y2="{foot}" stroke="#555"/>{"".join(bars)}'
            f'<text x="{x:.1f}" y="{foot + 15}" text-anchor="middle">{escape(area)}</text>'
            f'<text x="{x:.1f}" y="{top - 4:.1f}" text-anchor="middle" font-size="11">{total:,}</text></g>'
        )
    return "".join(parts)


def areas_of(run: Run) -> list[str]:
    """Return the names of the corridor's areas."""
    areas: Any = run.model.corridor.areas
    return list(areas)
