"""A status-quo history, lived through with what surveys ask about and no column keeps: when, by what, how often.

The rules are untouched. Rows of migrants are appended in the month in which a person first decides to leave, so the number of
rows at each month's end dates every first departure; purposes and the first sale are noted at each month's end.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trafficsim.catalog import Catalog
from trafficsim.course import course_of
from trafficsim.engine.calendar import month_index
from trafficsim.experiments.replicate import STATUS_QUO
from trafficsim.processes.month import State, advance, begin
from trafficsim.processes.vocabulary import Purpose


@dataclass(frozen=True)
class History:
    """A history up to and without ``end``; arrays have a row a migrant, in the order of first departure.

    ``departed`` is the month of first departure, ``first_sold`` that of the first sale (-1: never), 0 being 1996-01;
    ``purposes`` has bit p set where the person was ever exploited for purpose p; ``first_motive`` and ``first_link`` are
    those of the first departure. ``scale`` is simulated people a real one.
    """

    state: State
    scale: float
    departed: NDArray[np.int32]
    first_sold: NDArray[np.int32]
    purposes: NDArray[np.uint8]
    first_motive: NDArray[np.int8]
    first_link: NDArray[np.int8]

    def ever(self, purpose: Purpose) -> NDArray[np.bool_]:
        """Return whether each person was ever exploited for ``purpose``."""
        return (self.purposes >> int(purpose)) & 1 == 1


def live_history(
    point: Mapping[str, Mapping[str, float]], seed: int, scale: float, end: str,
    assumptions: Catalog | None = None, watch: Callable[[State], None] | None = None,
) -> History:  # fmt: skip
    """Live through the status quo from 1996-01 up to and without ``end`` ("2016-01").

    ``point`` maps process to name to value, in place of the defaults of ``assumptions`` (default: the package's
    catalogue); ``watch`` is shown the state after each month. Raises :class:`UserError` for a name or a value that the
    catalogue does not allow.
    """
    months = month_index(end)
    course = course_of(
        STATUS_QUO, seed, scale, policy_start="1996-01", years=-(-months // 12), parameters=point, assumptions=assumptions
    )  # fmt: skip
    state = begin(course)
    notes = _Notes(months)
    for _ in range(months):
        advance(state, course)
        notes.take(state)
        if watch:
            watch(state)
    return notes.history(state, scale)


class _Notes:
    """What is written down at each month's end, a row a migrant; room grows as rows are appended."""

    def __init__(self, months: int) -> None:
        self.rows = np.zeros(months, np.int64)
        self.month = self.number = 0
        self.first_sold, self.purposes = np.zeros(0, np.int32), np.zeros(0, np.uint8)
        self.first_motive, self.first_link = np.zeros(0, np.int8), np.zeros(0, np.int8)

    def take(self, state: State) -> None:
        migrants, before = state.world.migrants, self.number
        self.rows[self.month] = self.number = number = int(migrants.size[0])
        if number > len(self.purposes):
            more = max(number - len(self.purposes), len(self.purposes), 1024)
            self.first_sold = np.concatenate([self.first_sold, np.full(more, -1, np.int32)])
            self.purposes = np.concatenate([self.purposes, np.zeros(more, np.uint8)])
            self.first_motive = np.concatenate([self.first_motive, np.zeros(more, np.int8)])
            self.first_link = np.concatenate([self.first_link, np.zeros(more, np.int8)])
        self.first_motive[before:number] = migrants.motive[before:number]
        self.first_link[before:number] = migrants.link[before:number]
        self.purposes[:number] |= np.left_shift(1, migrants.purpose[:number]).astype(np.uint8)
        sold = (self.first_sold[:number] < 0) & (np.asarray(migrants.times_trafficked[:number]) > 0)
        self.first_sold[:number][sold] = self.month
        self.month += 1

    def history(self, state: State, scale: float) -> History:
        number = self.number
        departed = np.searchsorted(self.rows, np.arange(number), side="right").astype(np.int32)
        return History(
            state, scale, departed, self.first_sold[:number], self.purposes[:number], self.first_motive[:number],
            self.first_link[:number],
        )  # fmt: skip
