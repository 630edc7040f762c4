"""The reference process in NumPy: a status for each person, a mask for each event, one draw for everyone each month."""

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers.process import DEPARTURE, ESCAPE, GOING_HOME, IDENTIFICATION, RELEASE, REMOVAL, Status, places


def simulate(size: int, months: int, seed: int, arm: str) -> NDArray[np.int64]:
    """Return the stocks at the start and after each month; shape (months + 1, 5)."""
    rng = np.random.default_rng(seed)
    status = np.zeros(size, dtype=np.int8)
    stocks = [np.bincount(status, minlength=len(Status))]
    for _ in range(months):
        # Everyone draws, whether or not it matters: so the same person draws the same under another policy.
        luck, rank = rng.random(size), rng.random(size)
        before = status.copy()

        status[(before == Status.AT_ORIGIN) & (luck < DEPARTURE)] = Status.ON_OFFER

        candidates = np.flatnonzero(before == Status.ON_OFFER)
        status[candidates[np.argsort(rank[candidates])[: places(size)]]] = Status.EXPLOITED

        exploited = before == Status.EXPLOITED
        status[exploited & (luck < IDENTIFICATION + (1 - IDENTIFICATION) * ESCAPE)] = Status.PROTECTED
        status[exploited & (luck < IDENTIFICATION)] = Status.IN_CUSTODY

        in_custody, removal = before == Status.IN_CUSTODY, REMOVAL[arm]
        status[in_custody & (luck < removal + (1 - removal) * RELEASE)] = Status.PROTECTED
        status[in_custody & (luck < removal)] = Status.AT_ORIGIN

        status[(before == Status.PROTECTED) & (luck < GOING_HOME)] = Status.AT_ORIGIN
        stocks.append(np.bincount(status, minlength=len(Status)))
    return np.array(stocks)
