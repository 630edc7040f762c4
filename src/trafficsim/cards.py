"""How a model and its agents show themselves in a notebook: small tables and one drawing, with nothing loaded from elsewhere."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from trafficsim.catalog.limits import LIMITS
from trafficsim.engine.calendar import FIRST_YEAR, MONTHS_A_YEAR, month_label
from trafficsim.engine.tables import Column, TableDeclaration
from trafficsim.processes.vocabulary import LABELS, Status

LINES: Mapping[str, tuple[str, tuple[Status, ...]]] = {
    "in exploitation": ("#D55E00", (Status.FORCED_MARRIAGE, Status.SEXUAL_EXPLOITATION, Status.FORCED_LABOUR,
                                    Status.DOMESTIC_SERVITUDE)),
    "in hiding": ("#7a7a7a", (Status.IN_HIDING,)),
    "in custody": ("#3A9BDC", (Status.IN_CUSTODY,)),
    "protected": ("#009E73", (Status.PROTECTED,)),
}  # fmt: skip
"""The lines that are drawn: words, a colour that is read on light and dark pages, and the statuses that they add up."""

UNTOLD = ("path", "rested_as")
"""Columns that say nothing of a person: they count for the model's own sake."""

WIDE, HIGH, LEFT, RIGHT, TOP, BOTTOM = 520, 210, 48, 118, 12, 26
LINE_OF_WORDS = 14
"""Pixels: the drawing, its margins, and the least distance of two words beside it."""


class SaysWho:
    """An agent that tells in words who or what it is; ``told`` names the columns that its ``repr`` gives."""

    told: ClassVar[tuple[str, ...]] = ()
    declaration: ClassVar[TableDeclaration]
    row: int

    def __repr__(self) -> str:
        """Name the kind of agent, its row, and what it is."""
        words = ", ".join(self._words(name) for name in self.told)
        return f"<{type(self).__name__}, row {self.row}{': ' if words else ''}{words}>"

    def _words(self, name: str) -> str:
        value = getattr(self, name)
        if name == "age":
            return f"{value} years"
        column = self.declaration.column[name]
        return LABELS[column.labels][value] if column.labels else f"{name} {value:g}"

    def _repr_html_(self) -> str:
        rows = [
            (column.name, self._value(column), f"{column.meaning}{f' [{column.unit}]' if column.unit else ''}")
            for column in self.declaration.columns
            if column.name not in UNTOLD
        ]
        return (
            f"<div><b>{escape(repr(self)[1:-1])}</b>{_table(('column', 'value', 'meaning'), rows)}"
            f"<p><i>Simulated: it is, and stands for, nobody and no place.</i></p></div>"
        )

    def _value(self, column: Column) -> str:
        value = getattr(self, column.name)
        if column.labels:
            return LABELS[column.labels].get(int(value), str(value))
        if column.name == "key":
            return f"{value:016x}"  # as `trafficsim life` names a life
        if column.unit == "month":
            return "–" if value == -1 == column.default else month_label(int(value))
        return f"{value:.4g}"


def card_of_model(heading: str, counts: Mapping[str, int], by_status: NDArray[Any], branch: int) -> str:
    """Return a model as HTML: its heading, how many migrants have each status now, and the months behind it as a drawing.

    ``by_status`` holds stocks, shape (months lived through, statuses); ``branch`` is the month in which the policy begins.
    """
    people = sum(counts.values())
    rows = [(name, f"{count:,}") for name, count in counts.items()]
    drawing = _drawing(by_status, branch) if len(by_status) > 1 else "<p>No month has been lived through yet.</p>"
    return (
        f'<div style="max-width:60em"><b>{escape(heading)}</b>'
        f'<div style="display:flex;flex-wrap:wrap;gap:2em;align-items:flex-start">'
        f"{_table((f'status of {people:,} migrants', 'number'), rows)}{drawing}</div>"
        f"<p><i>{escape(LIMITS[0])}</i></p></div>"
    )


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table as HTML, the first column as headings of the rows, the second set to the right."""
    styles = [f"text-align:{side};padding:.1em 1em .1em 0;font-weight:normal" for side in ("left", "right", "left")]

    def cell(place: int, words: str, scope: str) -> str:
        kind, attribute = ("th", f' scope="{scope}"') if scope else ("td", "")
        return f'<{kind}{attribute} style="{styles[place]}">{escape(words)}</{kind}>'

    head = "".join(cell(place, words, "col") for place, words in enumerate(heads))
    body = "".join(
        f"<tr>{''.join(cell(place, words, '' if place else 'row') for place, words in enumerate(row))}</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _drawing(by_status: NDArray[Any], branch: int) -> str:
    """Return the stocks of :data:`LINES` over time as SVG; words beside each line's end say what it is."""
    months = len(by_status)
    lines = {words: by_status[:, list(statuses)].sum(axis=1) for words, (_, statuses) in LINES.items()}
    top = _round_up(max(int(line.max()) for line in lines.values()))
    across, down = (WIDE - LEFT - RIGHT) / (months - 1), (HIGH - TOP - BOTTOM) / top

    def x(month: float) -> float:
        return LEFT + across * month

    def y(number: float) -> float:
        return HIGH - BOTTOM - down * number

    parts = [_text(LEFT - 6, y(number) + 4, f"{number:,.10g}", "end") for number in (0, top / 2, top)]
    parts += [
        f'<path d="M{LEFT} {y(n):.1f}H{WIDE - RIGHT}" stroke="currentColor" opacity=".15"/>' for n in (0, top / 2, top)
    ]
    every = max(1, -(-months // (6 * MONTHS_A_YEAR)))
    parts += [
        _text(x(month), HIGH - 8, str(FIRST_YEAR + month // MONTHS_A_YEAR), "middle")
        for month in range(0, months, every * MONTHS_A_YEAR)
    ]
    if 0 < branch < months:
        parts.append(
            f'<path d="M{x(branch):.1f} {TOP}V{HIGH - BOTTOM}" stroke="currentColor" stroke-dasharray="3 3" opacity=".6"/>'
        )
        parts.append(_text(x(branch) - 4, TOP + 9, "policy", "end"))
    places = _apart([y(float(line[-1])) for line in lines.values()])
    step = max(1, months // 400)
    for (words, line), place in zip(lines.items(), places, strict=True):
        colour = LINES[words][0]
        path = " ".join(f"{x(month):.1f},{y(float(line[month])):.1f}" for month in range(0, months, step))
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(_text(WIDE - RIGHT + 8, place + 4, words, "start", colour))
    told = "; ".join(f"{words} {int(line[-1]):,}" for words, line in lines.items())
    return (
        f'<svg width="{WIDE}" height="{HIGH}" viewBox="0 0 {WIDE} {HIGH}" role="img" font-family="sans-serif" font-size="11" '
        f'fill="currentColor"><title>{escape(f"Migrants month by month; at the end: {told}")}</title>{"".join(parts)}</svg>'
    )


def _text(x: float, y: float, words: str, anchor: str, colour: str = "currentColor") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{escape(words)}</text>'


def _round_up(number: int) -> int:
    """Return the first of 2, 4, 10, 20, 40, 100 ... that is not below ``number``."""
    step = 1
    while True:
        for top in (2 * step, 4 * step, 10 * step):
            if top >= number:
                return top
        step *= 10


def _apart(places: Sequence[float]) -> list[float]:
    """Return places moved downwards, and all of them up again where there is no room, so that no two words lie on each other."""
    moved = np.array(places, dtype=np.float64)
    lowest = HIGH - BOTTOM
    order = np.argsort(moved)
    for before, after in pairwise(order):
        moved[after] = max(moved[after], moved[before] + LINE_OF_WORDS)
    moved[order[-1]] = min(moved[order[-1]], lowest)
    for after, before in pairwise(order[::-1]):
        moved[before] = min(moved[before], moved[after] - LINE_OF_WORDS)
    return [float(place) for place in moved]
