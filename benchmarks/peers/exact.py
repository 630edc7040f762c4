"""The exact expected stocks of the reference process: a Markov chain over how many people are in each status.

Lives depend on each other through the market alone, and the market sees how many people are on offer, not who. So the five
counts are a Markov chain. A population of 12 has 1,820 states, and its chain is multiplied out month by month.
"""

from itertools import product
from math import comb

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers.process import (
    DEPARTURE,
    ESCAPE,
    GOING_HOME,
    IDENTIFICATION,
    RELEASE,
    REMOVAL,
    Status,
    places,
)

Chances = dict[tuple[int, int], float]
"""How many go one way, and how many the other -> chance."""


def expected_stocks(size: int, months: int, arm: str) -> NDArray[np.float64]:
    """Return the expected number of people in each status, at the start and after each month; shape (months + 1, 5)."""
    states = [state for state in product(range(size + 1), repeat=len(Status)) if sum(state) == size]
    number = {state: place for place, state in enumerate(states)}
    step = np.zeros((len(states), len(states)))
    for state in states:
        for after, chance in _after_a_month(state, size, arm).items():
            step[number[state], number[after]] += chance
    counts = np.array(states, dtype=np.float64)
    chances = np.zeros(len(states))
    chances[number[(size, 0, 0, 0, 0)]] = 1.0
    stocks = [chances @ counts]
    for _ in range(months):
        chances = chances @ step
        stocks.append(chances @ counts)
    return np.array(stocks)


def _after_a_month(state: tuple[int, ...], size: int, arm: str) -> dict[tuple[int, ...], float]:
    """Return the chance of each state that may follow."""
    origin, offer, exploited, custody, protected = state
    taken = min(offer, places(size))
    found: dict[tuple[int, ...], float] = {}
    for (left, _), a in _ways(origin, DEPARTURE, 0.0).items():
        for (identified, out), b in _ways(exploited, IDENTIFICATION, ESCAPE).items():
            for (removed, released), c in _ways(custody, REMOVAL[arm], RELEASE).items():
                for (home, _), d in _ways(protected, GOING_HOME, 0.0).items():
                    after = (
                        origin - left + removed + home,
                        offer - taken + left,
                        exploited - identified - out + taken,
                        custody - removed - released + identified,
                        protected - home + out + released,
                    )
                    found[after] = found.get(after, 0.0) + a * b * c * d
    return found


def _ways(people: int, first: float, second: float) -> Chances:
    """Return the chances that so many go one way, and so many of those who do not go it go the other."""
    return {
        (one, other): comb(people, one) * first**one * (1 - first) ** (people - one)
        * comb(people - one, other) * second**other * (1 - second) ** (people - one - other)
        for one in range(people + 1)
        for other in range(people - one + 1)
        if second or not other
    }  # fmt: skip
