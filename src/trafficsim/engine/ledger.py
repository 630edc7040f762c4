"""The ledger: what happened, counted by month and group, and on request kept event by event.

Compiled code writes into the cells of the current month; at the month's end they are folded into monthly sums by each
dimension and into a yearly cross-table. Cells are int64: money sums fit as well as counts. Moves from one state to
another are counted month by month, and in all by event, so that the books can be balanced against the stocks.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from trafficsim.engine.compiling import compiled
from trafficsim.engine.draws import word
from trafficsim.engine.tables import column_array

DIMENSIONS = ("area", "purpose", "sex", "age_band")


class Entries(NamedTuple):
    """What compiled code sees of the ledger."""

    cells: np.ndarray
    """int64 (events, groups): counts of the current month; a group is an area, purpose, sex and age band in one number."""
    moves: np.ndarray
    """int32 (events, states left, states entered): lives that an event moved in the current month."""
    log_month: np.ndarray
    log_event: np.ndarray
    log_key: np.ndarray
    log_size: np.ndarray
    """int64 (2,): rows used, and 1 when the log is kept."""


@compiled
def count(entries, month, event, group, key, amount):
    """Count ``amount`` (whole) of ``event`` for one life of ``group``, and note it in the log when one is kept."""
    entries.cells[event, group] += amount
    if entries.log_size[1] != 0:
        row = entries.log_size[0]
        if row < len(entries.log_month):
            entries.log_month[row] = month
            entries.log_event[row] = event
            entries.log_key[row] = word(key)
        entries.log_size[0] = row + 1


@compiled
def fold_cells(cells, year, in_all, by_area, by_purpose, by_sex, by_age_band):
    """Add the month's cells to the year's and to the month's sums by each dimension, and clear them."""
    events, areas, purposes, sexes, age_bands = year.shape
    for event in range(events):
        group = -1
        for area in range(areas):
            for purpose in range(purposes):
                for sex in range(sexes):
                    for band in range(age_bands):
                        group += 1
                        counted = cells[event, group]
                        if counted == 0:
                            continue
                        cells[event, group] = 0
                        year[event, area, purpose, sex, band] += counted
                        in_all[event] += counted
                        by_area[event, area] += counted
                        by_purpose[event, purpose] += counted
                        by_sex[event, sex] += counted
                        by_age_band[event, band] += counted


@compiled
def fold_moves(moves, of_month, by_event):
    """Add the month's moves to the sums, and clear them."""
    events, states, _ = moves.shape
    for event in range(events):
        for left in range(states):
            for entered in range(states):
                moved = moves[event, left, entered]
                if moved == 0:
                    continue
                moves[event, left, entered] = 0
                of_month[left, entered] += moved
                by_event[event, left, entered] += moved


class Ledger:
    """Counts of one run.

    Args:
        shape: numbers of (events, areas, purposes, sexes, age bands).
        states: number of states that a life can be in. ``moves``, int32 (months, states left, states entered), and
            ``moves_by_event``, int64 (events, states left, states entered), count who went from one to another.
        months: length of the run's horizon.
        log: keep the event log as well.

    """

    def __init__(self, shape: Sequence[int], states: int, months: int, log: bool = False) -> None:
        self.shape = tuple(shape)
        self.monthly = np.zeros((months, self.shape[0]), np.int64)
        self.monthly_by = {
            name: np.zeros((months, self.shape[0], levels), np.int64)
            for name, levels in zip(DIMENSIONS, self.shape[1:], strict=True)
        }
        self.yearly = np.zeros((-(-months // 12), *self.shape), np.int64)
        self.moves = np.zeros((months, states, states), np.int32)
        self.moves_by_event = np.zeros((self.shape[0], states, states), np.int64)
        capacity = 1 << 16 if log else 0
        self.entries = Entries(
            column_array(np.zeros((self.shape[0], math.prod(self.shape[1:])), np.int64)),
            column_array(np.zeros((self.shape[0], states, states), np.int32)),
            np.zeros(capacity, np.int16),
            np.zeros(capacity, np.int16),
            np.zeros(capacity, np.uint64),
            column_array(np.array([0, int(log)], np.int64)),
        )

    def reserve_log(self, rows: int) -> None:
        """Make room for ``rows`` more entries of the log."""
        if self.entries.log_size[1] and self.entries.log_size[0] + rows > len(self.entries.log_month):
            extra = max(rows, len(self.entries.log_month))
            self.entries = self.entries._replace(
                **{name: np.concatenate([array, np.zeros(extra, array.dtype)]) for name, array in self._log_columns()}
            )

    def _log_columns(self) -> list[tuple[str, np.ndarray]]:
        return [(name, getattr(self.entries, name)) for name in ("log_month", "log_event", "log_key")]

    def close_month(self, month: int) -> None:
        """Fold the month's cells into the sums and clear them."""
        by = self.monthly_by
        fold_cells(
            self.entries.cells, self.yearly[month // 12], self.monthly[month], by["area"][month], by["purpose"][month],
            by["sex"][month], by["age_band"][month],
        )  # fmt: skip
        fold_moves(self.entries.moves, self.moves[month], self.moves_by_event)

    def log(self) -> np.ndarray:
        """Return the event log as a structured array (month, event, person_key), in the order of occurrence."""
        rows = int(self.entries.log_size[0])
        log = np.empty(rows, [("month", np.int16), ("event", np.int16), ("person_key", np.uint64)])
        for field, (_, array) in zip(("month", "event", "person_key"), self._log_columns(), strict=True):
            log[field] = array[:rows]
        return log

    def copy(self) -> "Ledger":
        """Return an independent copy, for a fork."""
        twin = object.__new__(Ledger)
        twin.shape = self.shape
        twin.monthly = self.monthly.copy()
        twin.monthly_by = {name: array.copy() for name, array in self.monthly_by.items()}
        twin.yearly = self.yearly.copy()
        twin.moves = self.moves.copy()
        twin.moves_by_event = self.moves_by_event.copy()
        twin.entries = Entries(*(array.copy() for array in self.entries))
        return twin
