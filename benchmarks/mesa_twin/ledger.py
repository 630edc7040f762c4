"""What is counted: events by group and moves between statuses, month by month."""

from collections import defaultdict


class Ledger:
    """Counts of one run.

    ``cells`` maps (event, area, purpose, sex, age band, departure) to the number of the current month, ``moves`` maps (event,
    status left, status entered) to persons; ``months`` and ``months_of_moves`` keep both for each month that is over.
    """

    def __init__(self) -> None:
        self.cells: defaultdict[tuple[int, int, int, int, int, int], int] = defaultdict(int)
        self.moves: defaultdict[tuple[int, int, int], int] = defaultdict(int)
        self.months: list[dict[tuple[int, int, int, int, int, int], int]] = []
        self.months_of_moves: list[dict[tuple[int, int, int], int]] = []

    def close_month(self) -> None:
        """Put the month's counts aside and begin new ones."""
        self.months.append(self.cells)
        self.months_of_moves.append(self.moves)
        self.cells, self.moves = defaultdict(int), defaultdict(int)
