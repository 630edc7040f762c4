"""Luck as a pure function of (seed, whose life, which event, which month, how many-th).

A counter-based generator in the sense of Salmon et al. (2011, "Parallel random numbers: as easy as 1, 2, 3"): there is
no state to advance, so one life meets the same luck in every arm, in every order of evaluation and on any number of
workers. The mixing function is the finaliser of SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom
number generators"), whose output passes the usual test batteries.

A *stamp* is the mixed (seed, event, month), made once a month; a *key* is the 64-bit name of a life. Both are well mixed,
so their exclusive-or names one draw, and one round of mixing makes it a number.
"""

from typing import Any

import numpy as np

from trafficsim.engine.compiling import PLAIN_PYTHON, compiled, woven

# Plain Python integers do not wrap; masking them makes both modes agree bit for bit.
_word: Any = int if PLAIN_PYTHON else np.uint64
_MASK = _word(0xFFFFFFFFFFFFFFFF)
_GOLDEN = _word(0x9E3779B97F4A7C15)
_MULTIPLIER_1 = _word(0xBF58476D1CE4E5B9)
_MULTIPLIER_2 = _word(0x94D049BB133111EB)
_SHIFT_1, _SHIFT_2, _SHIFT_3, _SHIFT_UNIT = _word(30), _word(27), _word(31), _word(11)
_UNIT = 1.0 / 9007199254740992.0  # 2**-53: the 53 bits that a double holds

if PLAIN_PYTHON:

    def word(number):
        """Read ``number`` as 64 bits without sign."""
        return int(number) & _MASK

else:

    @compiled
    def word(number):
        """Read ``number`` as 64 bits without sign."""
        return np.uint64(number)


@woven
def mix(bits):
    """Scatter 64 bits so that near inputs give unrelated outputs (a bijection)."""
    bits = ((bits ^ (bits >> _SHIFT_1)) * _MULTIPLIER_1) & _MASK
    bits = ((bits ^ (bits >> _SHIFT_2)) * _MULTIPLIER_2) & _MASK
    return bits ^ (bits >> _SHIFT_3)


@woven
def join(bits, number):
    """Make one 64-bit name of a name and a number (a month, an ordinal, a row of a stream)."""
    return mix((word(bits) + ((word(number) + _word_one) * _GOLDEN & _MASK)) & _MASK)


_word_one = _word(1)


@woven
def uniform(key, stamp):
    """Return the number in [0, 1) that this life draws at this stamp."""
    return float(mix(word(key) ^ word(stamp)) >> _SHIFT_UNIT) * _UNIT


@compiled
def preference(key, other, stamp):
    """Return how life ``key`` ranks ``other`` at this stamp, in [0, 1): small comes first."""
    return float(mix(join(key, other) ^ word(stamp)) >> _SHIFT_UNIT) * _UNIT


@compiled
def fill_stamps(stamps, seed, month):
    """Write the stamps of one month, one for each kind of draw, into ``stamps`` (uint64, one entry a kind)."""
    base = join(join(word(seed), month), 0x5EED)
    for kind in range(len(stamps)):
        stamps[kind] = join(base, kind)
