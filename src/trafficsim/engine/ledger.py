"""The ledger: what happened, counted by month and group, and on request kept event by event.

Compiled code writes into the cells of the current month; at the month's end they are folded into monthly sums by each
dimension. Cells are int64: money sums fit as well as counts. Moves from one state to another are counted month by month,
and in all by event, so that the books can be balanced against the stocks.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from trafficsim.engine.compiling import compiled, woven
from trafficsim.engine.draws import word
from trafficsim.engine.tables import column_array

DIMENSIONS = ("area", "purpose", "sex", "age_band", "departure")
BITS_OF_DEPARTURE = 2
"""The lowest bits of a group's number say how the journey began, the others are its cell: area, purpose, sex, age band."""
ROOM_FOR_DEPARTURE = 1 << BITS_OF_DEPARTURE


class Entries(NamedTuple):
    """What compiled code sees of the ledger."""

    cells: np.ndarray
    """int64 (events, groups): counts of the current month; here a group is an area, purpose, sex and age band in one number."""
    departures: np.ndarray
    """int64 (events, modes of departure): the same counts by departure, which in the cells would take three times as many."""
    moves: np.ndarray
    """int32 (events, states left, states entered): lives that an event moved in the current month."""
    log_month: np.ndarray
    log_event: np.ndarray
    log_key: np.ndarray
    log_size: np.ndarray
    """int64 (2,): rows used, and 1 when the log is kept."""


@woven
def add(entries, event, group, amount):
    """Add ``amount`` (whole) of ``event`` to what ``group`` stands for."""
    entries.cells[event, group >> BITS_OF_DEPARTURE] += amount
    entries.departures[event, group & (ROOM_FOR_DEPARTURE - 1)] += amount


@compiled
def count(entries, month, event, group, key, amount):
    """Count ``amount`` (whole) of ``event`` for one life of ``group``, and note it in the log when one is kept."""
    add(entries, event, group, amount)
    if entries.log_size[1] != 0:
        row = entries.log_size[0]
        if row < len(entries.log_month):
            entries.log_month[row] = month
            entries.log_event[row] = event
            entries.log_key[row] = word(key)
        entries.log_size[0] = row + 1


@compiled
def fold_cells(entries, in_all, by_area, by_purpose, by_sex, by_age_band, by_departure):
    """Add the month's cells to the month's sums by each dimension, and clear them."""
    events, areas = by_area.shape
    purposes, sexes, age_bands = by_purpose.shape[1], by_sex.shape[1], by_age_band.shape[1]
    groups = purposes * sexes * age_bands
    for event in range(events):
        in_event = 0
        for departure in range(by_departure.shape[1]):
            counted = entries.departures[event, departure]
            entries.departures[event, departure] = 0
            by_departure[event, departure] += counted
            in_event += counted
        if in_event == 0:
            continue  # nothing is ever taken away, so all its cells are empty
        in_all[event] += in_event
        for area in range(areas):
            group = area * groups
            for purpose in range(purposes):
                for sex in range(sexes):
                    for band in range(age_bands):
                        counted = entries.cells[event, group]
                        group += 1
                        if counted == 0:
                            continue
                        entries.cells[event, group - 1] = 0
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
        shape: numbers of (events, areas, purposes, sexes, age bands, modes of departure).
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
        self.moves = np.zeros((months, states, states), np.int32)
        self.moves_by_event = np.zeros((self.shape[0], states, states), np.int64)
        capacity = 1 << 16 if log else 0
        self.entries = Entries(
            column_array(np.zeros((self.shape[0], math.prod(self.shape[1:-1])), np.int64)),
            column_array(np.zeros((self.shape[0], self.shape[-1]), np.int64)),
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
            self.entries, self.monthly[month], by["area"][month], by["purpose"][month], by["sex"][month],
            by["age_band"][month], by["departure"][month],
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
        twin.moves = self.moves.copy()
        twin.moves_by_event = self.moves_by_event.copy()
        twin.entries = Entries(*(array.copy() for array in self.entries))
        return twin
