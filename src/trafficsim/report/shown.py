"""Tables that show themselves: as text on a terminal, as HTML in a notebook, the same words and numbers in both.

What is printed to a rich console is printed here to one that keeps it, and is then written as HTML: tables with headings for
columns and rows, which readers of screens announce, colours that go with a word, and no style sheet, which notebooks refuse.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from trafficsim.report.choice import console

STYLES = {
    "bold": "font-weight:600",
    "italic": "font-style:italic",
    "dim": "opacity:.75",
    "green": "color:#008062;font-weight:600",
    "red": "color:#c75300;font-weight:600",
}
"""How rich's styles are written in HTML; on light and dark pages, the colours have a contrast that can be read."""

_CELL = "text-align:{side};vertical-align:top;padding:.15em .8em .15em 0;white-space:nowrap;font-weight:normal"


@dataclass(frozen=True)
class Shown:
    """A table of results with what it rests on: ``print`` it, or let a notebook show it.

    ``draw`` prints it to a console.
    """

    draw: Callable[[Console], None]

    def __str__(self) -> str:
        """Return it as text, as wide as the terminal."""
        out = console()
        kept = Console(width=out.width, file=io.StringIO(), color_system=None, force_jupyter=False)
        self.draw(kept)
        assert isinstance(kept.file, io.StringIO)
        return kept.file.getvalue().rstrip("\n")

    def __repr__(self) -> str:
        """Return it as text: in an interactive shell a table shows itself."""
        return str(self)

    def _repr_html_(self) -> str:
        return html_of(self.draw)


def html_of(draw: Callable[[Console], None]) -> str:
    """Return what ``draw`` prints to a console, as HTML."""
    kept = _Kept()
    draw(kept)
    return f'<div style="max-width:70em">{"".join(kept.parts)}</div>'


class _Kept(Console):
    """A console, as wide as any table, that keeps as HTML what is printed to it."""

    def __init__(self) -> None:
        super().__init__(width=10_000, file=io.StringIO(), color_system=None, force_jupyter=False)
        self.parts: list[str] = []

    def print(self, *objects: Any, style: Any = None, **_: Any) -> None:
        for each in objects:
            if isinstance(each, Table):
                self.parts.append(_table(each))
            else:
                written = _written(each)
                inner = f'<span style="{STYLES[style]}">{written}</span>' if style in STYLES else written
                self.parts.append(f'<p style="margin:.4em 0">{inner}</p>')


def _table(table: Table) -> str:
    sides = ["right" if column.justify == "right" else "left" for column in table.columns]
    heads = [
        f'<th scope="col" style="{_CELL.format(side=side)};border-bottom:1px solid">{_written(column.header)}</th>'
        for side, column in zip(sides, table.columns, strict=True)
    ]
    rows = []
    for first, *others in zip(*([*column.cells] for column in table.columns), strict=True):
        cells = [f'<th scope="row" style="{_CELL.format(side=sides[0])};white-space:normal">{_written(first)}</th>']
        cells += [
            f'<td style="{_CELL.format(side=side)}">{_written(cell)}</td>'
            for side, cell in zip(sides[1:], others, strict=True)
        ]
        rows.append(f"<tr>{''.join(cells)}</tr>")
    caption = f'<caption style="text-align:left">{_written(table.title)}</caption>' if table.title else ""
    return (
        f'<div style="overflow:auto;max-height:40em"><table style="border-collapse:collapse;margin:.4em 0">{caption}'
        f"<thead><tr>{''.join(heads)}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _written(cell: Any) -> str:
    """Return a text of rich as HTML, escaped, with its styles."""
    text = cell if isinstance(cell, Text) else Text(str(cell))
    whole = "".join(_part(part) for part in text.divide(sorted(_ends(text))))
    return f'<span style="{STYLES[str(text.style)]}">{whole}</span>' if str(text.style) in STYLES else whole


def _ends(text: Text) -> set[int]:
    """Return the places within a text where a style begins or ends."""
    return {end for span in text.spans for end in (span.start, span.end) if 0 < end < len(text)}


def _part(part: Text) -> str:
    written = escape(part.plain).replace("\n", "<br>")
    styles = ";".join(STYLES[str(span.style)] for span in part.spans if str(span.style) in STYLES)
    return f'<span style="{styles}">{written}</span>' if styles and written else written
