"""Tables that fit the terminal with every number whole."""

from rich.console import Console
from rich.measure import Measurement
from rich.table import Column, Table

NARROWEST = 6
"""Characters below which no column is squeezed."""


def print_whole(table: Table, console: Console) -> None:
    """Print a table with widths set so that nothing is cut off.

    Left to itself, rich squeezes the widest columns below their minimum, widens them again and cuts off what no longer
    fits: a reader then sees "−4.9 to −". Here columns that need little more than their longest word get it first.
    """
    boundless = console.options.update(width=10_000)
    natural = Measurement.get(console, boundless, table).maximum
    if natural > console.width:
        ranges = [_range(column, console) for column in table.columns]
        room = console.width - (natural - sum(most for _, most in ranges))
        wished = [
            (max(least, min(column.min_width or 0, most)), most)
            for column, (least, most) in zip(table.columns, ranges, strict=True)
        ]
        ranges = wished if sum(least for least, _ in wished) <= room else ranges
        for column, width in zip(table.columns, _widths(ranges, room), strict=True):
            column.min_width = column.max_width = None
            column.width, column.no_wrap, column.overflow = width, False, "fold"
    console.print(table)


def _range(column: Column, console: Console) -> tuple[int, int]:
    """Return the longest word and the longest line of a column, as far as it may widen."""
    boundless = console.options.update(width=10_000)
    cells = [Measurement.get(console, boundless, cell or "") for cell in (column.header, *column.cells)]
    least, most = (max(getattr(cell, name) for cell in cells) for name in ("minimum", "maximum"))
    if column.max_width is not None:
        least, most = min(least, column.max_width), min(most, column.max_width)
    return least, max(most, column.min_width or 0)


def _widths(ranges: list[tuple[int, int]], room: int) -> list[int]:
    widths = [least for least, _ in ranges]
    while sum(widths) > room and max(widths) > NARROWEST:  # words themselves are broken, the longest first
        widths[widths.index(max(widths))] -= 1
    for place in sorted(range(len(ranges)), key=lambda place: ranges[place][1] - widths[place]):
        widths[place] += max(0, min(ranges[place][1] - widths[place], room - sum(widths)))
    return widths
