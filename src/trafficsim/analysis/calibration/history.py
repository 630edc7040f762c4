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
    ``purposes`` has bit p set where the person was ever exploited for purpose p. ``scale`` is simulated people a real one.
    """

    state: State
    scale: float
    departed: NDArray[np.int32]
    first_sold: NDArray[np.int32]
    purposes: NDArray[np.uint8]

    def ever(self, purpose: Purpose) -> NDArray[np.bool_]:
        """Return whether each person was ever exploited for ``purpose``."""
        return (self.purposes >> int(purpose)) & 1 == 1


def live_history(
    point: Mapping[str, Mapping[str, float]], seed: int, scale: float, end: str,
    assumptions: Catalog | None = None, lived: Callable[[int], None] | None = None,
) -> History:  # fmt: skip
    """Live through the status quo from 1996-01 up to and without ``end`` ("2016-01").

    ``point`` maps process to name to value, in place of the defaults of ``assumptions`` (default: the package's
    catalogue); ``lived`` is told after each month how many have been lived through. Raises :class:`UserError` for a name
    or a value that the catalogue does not allow.
    """
    months = month_index(end)
    course = course_of(
        STATUS_QUO, seed, scale, policy_start="1996-01", years=-(-months // 12), parameters=point, assumptions=assumptions
    )  # fmt: skip
    state = begin(course)
    rows = np.zeros(months, np.int64)
    first_sold, purposes = np.full(1024, -1, np.int32), np.zeros(1024, np.uint8)
    for month in range(months):
        advance(state, course)
        migrants = state.world.migrants
        rows[month] = number = int(migrants.size[0])
        if number > len(purposes):
            more = max(number - len(purposes), len(purposes))
            first_sold = np.concatenate([first_sold, np.full(more, -1, np.int32)])
            purposes = np.concatenate([purposes, np.zeros(more, np.uint8)])
        purposes[:number] |= np.left_shift(1, migrants.purpose[:number]).astype(np.uint8)
        sold = (first_sold[:number] < 0) & (np.asarray(migrants.times_trafficked[:number]) > 0)
        first_sold[:number][sold] = month
        if lived:
            lived(month + 1)
    number = int(rows[-1])
    departed = np.searchsorted(rows, np.arange(number), side="right").astype(np.int32)
    return History(state, scale, departed, first_sold[:number], purposes[:number])
