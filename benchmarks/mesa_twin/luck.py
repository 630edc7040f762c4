"""Two kinds of luck with one face: the engine's keyed draws for the proof, Mesa's own generator for the timing.

A call names the life and the kind of draw. Keyed luck needs both; ordinary luck ignores them, and costs no more than the
``self.random.random()`` that an ordinary Mesa agent would write.
"""

from random import Random
from typing import NamedTuple

import numpy as np

from trafficsim.engine.draws import fill_stamps, join, preference, uniform
from trafficsim.processes.vocabulary import Draw

_LOW_32_BITS = 0xFFFFFFFF


class LuckOfStay(NamedTuple):
    """The draws that hold for one whole stay in custody, however long it lasts."""

    screened: float
    identified: float
    assessed: float
    risk_found: float


class KeyedLuck:
    """Luck as a pure function of the seed, the life, the kind of draw and the month, as in the compiled model."""

    keeps_paths = True

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.stamps: list[int] = []

    def begin_month(self, month: int) -> None:
        """Make the stamps of a month."""
        stamps = np.zeros(len(Draw), np.uint64)
        fill_stamps(stamps, self.seed, month)
        self.stamps = stamps.tolist()

    def draw(self, key: int, kind: int) -> float:
        """Return this month's draw of a kind."""
        return uniform(key, self.stamps[kind])

    def nth_draw(self, key: int, number: int, kind: int) -> float:
        """Return one of several draws of a kind in one month."""
        return uniform(join(key, number), self.stamps[kind])

    def draw_for_life(self, key: int, kind: int) -> float:
        """Return a draw that lasts as long as the life does."""
        return uniform(key, int(kind))

    def draws_of_stay(self, key: int, since: int) -> LuckOfStay:
        """Return the draws of a stay in custody that began in month ``since``."""
        name = join(key, since)
        return LuckOfStay(
            uniform(name, int(Draw.SCREENED)),
            uniform(name, int(Draw.IDENTIFIED)),
            uniform(name, int(Draw.ASSESSED)),
            uniform(name, int(Draw.RISK_FOUND)),
        )

    def rank(self, key: int, other: int) -> float:
        """Return how the household ``key`` ranks the person ``other``; small comes first."""
        return preference(key, other, self.stamps[Draw.HOUSEHOLD_PREFERENCE])

    def name(self, cause: int, *numbers: int) -> int:
        """Return the name of something new, made from its cause."""
        for number in numbers:
            cause = join(cause, number)
        return cause

    def continued(self, path: int, event: int, month: int) -> int:
        """Return a life's path after one more event."""
        return join(join(path, event), month) & _LOW_32_BITS


class OrdinaryLuck:
    """Luck as any Mesa model has it: the next number of ``model.random``."""

    keeps_paths = False

    def __init__(self, random: Random) -> None:
        self.seed = 0
        draw = random.random
        self.draw = self.draw_for_life = self.rank = lambda key, kind: draw()
        self.nth_draw = lambda key, number, kind: draw()
        self.draws_of_stay = lambda key, since: LuckOfStay(draw(), draw(), draw(), draw())

    def begin_month(self, month: int) -> None:
        """Nothing to prepare."""

    def name(self, cause: int, *numbers: int) -> int:
        """Nobody needs a name: Mesa gives each agent a ``unique_id``."""
        return 0
