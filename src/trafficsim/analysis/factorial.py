"""Two-level factorial designs from which all pairs of factors can be told: full up to four factors, fractional beyond.

A fraction is written by its generators: each further factor is the product of some of the first ones. Those below are from the
table of the NIST/SEMATECH e-Handbook of Statistical Methods, section 5.3.3.4.7, after Box, Hunter and Hunter (1978). All have
resolution V or more: no main effect and no pair of factors is confounded with another of these, though pairs are with sets of three
and more. Signs are chosen so that the run with every factor off is part of each design.
"""

import itertools
import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

GENERATORS: dict[int, tuple[tuple[int, ...], ...]] = {
    2: (), 3: (), 4: (),
    5: ((1, 2, 3, 4),),
    6: ((1, 2, 3, 4, 5),),
    7: ((1, 2, 3, 4, 5, 6),),
    8: ((1, 2, 3, 4), (1, 2, 5, 6)),
    9: ((1, 3, 4, 6, 7), (2, 3, 5, 6, 7)),
    10: ((1, 2, 3, 7), (2, 3, 4, 5), (1, 3, 4, 6)),
    11: ((1, 2, 3, 7), (2, 3, 4, 5), (1, 3, 4, 6), (1, 2, 3, 4, 5, 6, 7)),
}  # fmt: skip
"""Number of factors -> for each generated factor, the factors (from 1) whose product it is."""

FEWEST, MOST = min(GENERATORS), max(GENERATORS)


def two_level_design(factors: int) -> NDArray[np.int8]:
    """Return the runs of the design for so many factors, shape (runs, factors): 1 where a factor is on, -1 where it is off.

    In the first run every factor is off. ``factors`` is from :data:`FEWEST` to :data:`MOST`.
    """
    generators = GENERATORS[factors]
    base = factors - len(generators)
    runs = np.array(list(itertools.product((-1, 1), repeat=base)), dtype=np.int8)
    # A product of an even number of factors is 1 where all are off; its sign is turned, so that it is off there, too.
    further = [
        runs[:, [factor - 1 for factor in word]].prod(axis=1) * (-1 if len(word) % 2 == 0 else 1) for word in generators
    ]
    return np.column_stack([runs, *further]).astype(np.int8)


def resolution(factors: int) -> float:
    """Return the length of the shortest word of the defining relation, infinite for a full design."""
    base = factors - len(GENERATORS[factors])
    words = [{*word, base + place + 1} for place, word in enumerate(GENERATORS[factors])]
    shortest = math.inf
    for count in range(1, len(words) + 1):
        for chosen in itertools.combinations(words, count):
            product: set[int] = set()
            for word in chosen:
                product ^= word
            shortest = min(shortest, len(product))
    return shortest


def pairs_of(factors: int) -> list[tuple[int, int]]:
    """Return all pairs of factors, from 0, in the order in which effects of pairs are given."""
    return list(itertools.combinations(range(factors), 2))


def model_matrix(signs: ArrayLike) -> NDArray[np.float64]:
    """Return the columns of mean, main effects and pairs for ``signs``, shape (runs, 1 + factors + pairs)."""
    table = np.asarray(signs, dtype=np.float64)
    pairs = [table[:, first] * table[:, second] for first, second in pairs_of(table.shape[1])]
    return np.column_stack([np.ones(len(table)), table, *pairs])


def is_orthogonal(signs: ArrayLike) -> bool:
    """Return whether mean, main effects and pairs can all be told from these runs, each independently of the others."""
    matrix = model_matrix(signs)
    return bool(np.array_equal(matrix.T @ matrix, len(matrix) * np.eye(matrix.shape[1])))


def effects(
    signs: ArrayLike, responses: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return main effects, effects of pairs, and the share of variance that they explain together, by least squares.

    ``responses`` has the shape (units, runs), the runs of an orthogonal design. A main effect, shape (units, factors), is the
    mean change when the factor goes from off to on, over all settings of the others. The effect of a pair, shape (units,
    pairs), is how much more the one changes where the other is on than where it is off: y11 - y10 - y01 + y00 in the mean over the
    settings of the others. The share, shape (units,), is NaN where nothing varies.
    """
    table = np.asarray(signs, dtype=np.float64)
    values = np.asarray(responses, dtype=np.float64)
    matrix = model_matrix(table)
    coefficients = values @ matrix / len(table)
    spread = ((values - values.mean(axis=1, keepdims=True)) ** 2).mean(axis=1)
    explained = (coefficients[:, 1:] ** 2).sum(axis=1)
    share = np.full(len(values), np.nan)
    np.divide(explained, spread, out=share, where=spread > 0)
    factors = table.shape[1]
    return 2.0 * coefficients[:, 1 : factors + 1], 4.0 * coefficients[:, factors + 1 :], share
