"""Luck as a situation wants it: what each named draw of a life is, and that nothing else befalls it by chance.

A draw is a pure function of a key (whose life) and a stamp (which draw, which month), and both mix reversibly. So for any
wanted value there is a stamp that gives it to this life, and for a draw without a stamp a key. The month itself is lived
by the model's own compiled code, which finds this luck where it always looks.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np

from trafficsim.engine.draws import join
from trafficsim.errors import UserError
from trafficsim.processes import month as months
from trafficsim.processes.vocabulary import Draw

HAPPENS, DOES_NOT = 0.0, 0.98
"""A thing that happens by the best luck there is; and one that does not, unless it is all but certain."""

STAY = (Draw.SCREENED, Draw.IDENTIFIED, Draw.ASSESSED, Draw.RISK_FOUND)
"""Draws that hold for a whole stay in custody: they have no stamp, and hang on the key and the month of arrest."""

BEFORE_THE_MONTH = (Draw.FIRST_SEAT_ACTIVE, Draw.BROKER_FROM_ORIGIN, Draw.HOUSEHOLD_PREFERENCE)
"""Draws that a situation cannot speak of: they set the scene, or need a rival."""

_ALL = 2**64 - 1
_GOLDEN = 0x9E3779B97F4A7C15
_UNDO_1, _UNDO_2 = pow(0xBF58476D1CE4E5B9, -1, 2**64), pow(0x94D049BB133111EB, -1, 2**64)
_WIDTH = 0.02


def unmix(bits: Any) -> Any:
    """Return what :func:`trafficsim.engine.draws.mix` makes ``bits`` of; ``bits`` is an int or an array of uint64."""
    cut = (lambda value: value) if isinstance(bits, np.ndarray) else (lambda value: value & _ALL)
    bits = bits ^ (bits >> 31) ^ (bits >> 62)
    bits = cut(bits * _UNDO_2)
    bits = bits ^ (bits >> 27) ^ (bits >> 54)
    bits = cut(bits * _UNDO_1)
    return bits ^ (bits >> 30) ^ (bits >> 60)


def unjoin(name: int, number: int) -> int:
    """Return the name that :func:`trafficsim.engine.draws.join` made ``name`` of, together with ``number``."""
    return (unmix(int(name)) - (int(number) + 1) * _GOLDEN) & _ALL


def joined(name: int, *numbers: int) -> int:
    """Return the name that the engine joins of ``name`` and the ``numbers``, one after the other."""
    for number in numbers:
        name = int(join(np.uint64(name), int(number)))
    return name


def stamp_for(key: int, draw: float) -> int:
    """Return the stamp at which the life ``key`` draws ``draw``; the same call with a stamp gives a key."""
    return unmix(int(draw * 2.0**53) << 11) ^ int(key)


def value_of(wanted: Any, where: str) -> float:
    """Return the draw that "happens", "does not happen" or a number from 0 to 1 stands for."""
    if wanted == "happens":
        return HAPPENS
    if wanted == "does not happen":
        return DOES_NOT
    if isinstance(wanted, int | float) and not isinstance(wanted, bool) and 0.0 <= wanted < 1.0:
        return float(wanted)
    raise UserError(f"{where} = {wanted!r}: write happens, does not happen, or a number from 0 to below 1.")


def key_for_stay(luck: Mapping[Draw, float], since: int) -> int:
    """Return the key of a life that, taken into custody in month ``since``, draws as ``luck`` says (nearly)."""
    return unjoin(_stay(tuple(luck.get(draw, DOES_NOT) for draw in STAY)), since)


@cache
def _stay(wanted: tuple[float, ...]) -> int:
    """Return the name of a stay with these four draws, each within ``_WIDTH``, found by search."""
    random = np.random.default_rng(1)
    low = np.minimum(wanted, 1.0 - _WIDTH)
    with np.errstate(over="ignore"):
        while True:
            first = random.uniform(low[0], low[0] + _WIDTH, 1 << 18)
            names = unmix((first * 2.0**53).astype(np.uint64) << 11) ^ np.uint64(STAY[0])
            for draw, least in zip(STAY[1:], low[1:], strict=True):
                drawn = (_mix(names ^ np.uint64(draw)) >> 11) * 2.0**-53
                names = names[(least <= drawn) & (drawn < least + _WIDTH)]
            if len(names):
                return int(names[0])


def _mix(bits: np.ndarray) -> np.ndarray:
    bits = (bits ^ (bits >> 30)) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> 27)) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> 31)


@contextmanager
def lived_with(stamps: np.ndarray) -> Iterator[None]:
    """Let the months within be lived with these ``stamps`` (uint64, one a kind of draw)."""
    usual = months.fill_stamps

    def given(filled: np.ndarray, seed: int, month: int) -> None:
        filled[:] = stamps

    months.fill_stamps = given
    try:
        yield
    finally:
        months.fill_stamps = usual
