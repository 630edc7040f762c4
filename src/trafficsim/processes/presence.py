"""Whom a month can touch: everybody whose life, as the rules have it, has not come to rest.

Most rows of a long run are lives at rest: people who gave up leaving, settled after a return, reached a third country or
died. Each is noticed once and remembered with the status in which it rests, so that a life that somebody's own rule wakes
(by giving it another status or the intent to leave) is seen at once. Later steps of the month visit the others only.
"""

from typing import Any

import numpy as np

from trafficsim.engine.compiling import compiled, rule
from trafficsim.engine.tables import column_array
from trafficsim.processes.vocabulary import Status


@rule
def is_settled(p, months_since_release, has_child):
    """True when a released person will not leave again: time has passed, and no child in the host country draws back."""
    return (months_since_release > p.months_until_settled) & (not has_child)


@rule
def rests(p, status, intends, months_in_status, has_child):
    """True when no rule can touch this life any more."""
    # Without a branch, for statuses come in no order that a processor could foresee.
    settled = (status == Status.RETURNED_RELEASED) & is_settled(p, months_in_status, has_child)
    gone = (status == Status.AT_ORIGIN) | (status == Status.IN_THIRD_COUNTRY) | (status == Status.DEAD)
    return (intends == 0) & (settled | gone)


@compiled
def find_present(month, p, migrants, resting, present, leaving):
    """Write the rows of lives not at rest into ``present``, and those who mean to leave into ``leaving`` as well.

    Both are uint32 with room for all rows. Return how many each holds, and how many of the present give birth this month.
    ``resting``, int64 (statuses, sexes), counts the lives at rest and is kept up to date.
    """
    # Most lives rest. The first pass tells them apart without a branch, which takes a third of the time.
    awake = 0
    for row in range(migrants.size[0]):
        present[awake] = row
        awake += (migrants.rested_as[row] != migrants.status[row]) | (migrants.intends[row] != 0)
    found, found_leaving, births = 0, 0, 0
    for row in present[:awake]:
        status, intends, rested_as = migrants.status[row], migrants.intends[row], migrants.rested_as[row]
        if rested_as >= 0:
            resting[rested_as, migrants.sex[row]] -= 1
            migrants.rested_as[row] = -1
        if rests(p, status, intends, month - migrants.status_since[row], migrants.children[row] > 0):
            resting[status, migrants.sex[row]] += 1
            migrants.rested_as[row] = status
        else:
            present[found] = row
            found += 1
            leaving[found_leaving] = row
            found_leaving += intends == 1
            births += (migrants.due[row] >= 0) & (migrants.due[row] <= month)
    return found, found_leaving, births


def standing_within(rows: np.ndarray, first: int, last: int, migrants: Any) -> np.ndarray:
    """Return those of ``rows`` (uint32) whose status is one of ``first`` to ``last``, in the same order.

    A step that meets only whom it can touch is faster by far than one that passes over most of those it meets.
    """
    chosen = column_array(np.empty(len(rows), np.uint32))
    return chosen[: _choose(rows, migrants.status, int(first), int(last), chosen)]


@compiled
def _choose(rows, statuses, first, last, chosen):
    number = 0
    for row in rows:
        status = statuses[row]
        chosen[number] = row
        number += (status >= first) & (status <= last)
    return number
