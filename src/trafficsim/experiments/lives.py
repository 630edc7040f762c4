"""The same lives under two arms: matched by key, compared by what became of them and by the harms that they met.

Luck is keyed by life, so a life of one arm and the life of the same key in another differ by policy alone. A life may have
left under one arm only: that is a fate like any other, and stays visible.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from trafficsim.processes.month import State
from trafficsim.processes.vocabulary import LABELS, Mark, Status

PERSON_FATES = ("died", "removed")
FATE_LABELS = [*PERSON_FATES, *(LABELS[Status][code] for code in Status)]
"""What becomes of a life, one word each: dead; else forcibly returned since the arms parted, wherever the person stands now;
else the status in which she stands at the end."""
NOT_DEPARTED = "did not leave in this arm"
FATES = [*FATE_LABELS, NOT_DEPARTED]

_DIED = 1 << 15
"""Death is a status and no mark; beside the marks it takes a bit that none of them has."""
HARMS: dict[str, int] = {
    "removed": Mark.REMOVED,
    "trafficked": Mark.TRAFFICKED,
    "trafficked again": Mark.TRAFFICKED_AGAIN,
    "tortured": Mark.TORTURED,
    "forced abortion": Mark.FORCED_ABORTION,
    "separated from a child": Mark.SEPARATED_FROM_CHILD,
    "prosecuted": Mark.PROSECUTED,
    "died": _DIED,
}
"""The harms that a life may have met since the arms parted, at least once, and the bit that tells of each."""


@dataclass(frozen=True)
class Lives:
    """The lives of one arm at its end, sorted by key: a hash of all that happened, a fate (place in ``FATES``), harms (bits)."""

    key: NDArray[np.uint64]
    path: NDArray[np.uint32]
    fate: NDArray[np.int64]
    harms: NDArray[np.uint16]


class LivesCompared(NamedTuple):
    """How the same lives went under arms a and b.

    ``fates`` holds (fate under a, fate under b, lives), each life counted once; ``harmed`` holds (harm, whether it met them
    under a, under b, fate under a, fate under b, lives) of those whom it met under either; ``changed`` counts lives to whom
    anything at all happened otherwise, ``compared`` all, and ``harms_met`` sums the lives of ``harmed``.
    """

    fates: list[tuple[str, str, int]]
    harmed: list[tuple[str, int, int, str, str, int]]
    changed: int
    compared: int
    harms_met: int


def lives_of(state: State, dead_before: NDArray[np.bool_]) -> Lives:
    """Return the lives in ``state``, save those that had ended when the arms parted: ``dead_before`` has a row for each then."""
    migrants = state.world.migrants
    rows = int(migrants.size[0])
    keep = np.ones(rows, bool)
    keep[: len(dead_before)] = ~dead_before
    key, status = np.asarray(migrants.key[:rows])[keep], np.asarray(migrants.status[:rows])[keep]
    harms = np.asarray(migrants.marks[:rows])[keep]
    fate = status.astype(np.int64) + len(PERSON_FATES)
    fate[(harms & Mark.REMOVED) > 0] = PERSON_FATES.index("removed")
    fate[status == Status.DEAD] = PERSON_FATES.index("died")
    harms[status == Status.DEAD] |= _DIED
    order = np.argsort(key)
    return Lives(key[order], np.asarray(migrants.path[:rows])[keep][order], fate[order], harms[order])


@dataclass(frozen=True)
class Matched:
    """The lives of two arms side by side, those that left under one of them alone at the end."""

    key: NDArray[np.uint64]
    fate_a: NDArray[np.int64]
    fate_b: NDArray[np.int64]
    harms_a: NDArray[np.uint16]
    harms_b: NDArray[np.uint16]
    changed: NDArray[np.bool_]


def matched(a: Lives, b: Lives) -> Matched:
    """Match lives by key."""
    at = np.searchsorted(b.key, a.key)
    in_both = np.zeros(len(a.key), bool)
    inside = at < len(b.key)
    in_both[inside] = b.key[at[inside]] == a.key[inside]
    at = at[in_both]
    only_b = np.ones(len(b.key), bool)
    only_b[at] = False
    lives, absent = len(a.key) + int(only_b.sum()), len(FATES) - 1
    fate_a, harms_a = np.full(lives, absent), np.zeros(lives, np.uint16)
    fate_b, harms_b = np.full(lives, absent), np.zeros(lives, np.uint16)
    changed = np.ones(lives, bool)
    here = np.flatnonzero(in_both)
    fate_a[: len(a.key)], harms_a[: len(a.key)] = a.fate, a.harms
    fate_b[here], harms_b[here] = b.fate[at], b.harms[at]
    fate_b[len(a.key) :], harms_b[len(a.key) :] = b.fate[only_b], b.harms[only_b]
    changed[here] = a.path[here] != b.path[at]
    return Matched(np.concatenate([a.key, b.key[only_b]]), fate_a, fate_b, harms_a, harms_b, changed)


def compare_lives(a: Lives, b: Lives) -> LivesCompared:
    """Match lives by key and count how they went."""
    lives = matched(a, b)
    fates = [(FATES[i], FATES[j], n) for i, j, n in _counts(lives.fate_a, lives.fate_b)]
    harmed = []
    for harm, bit in HARMS.items():
        met = np.flatnonzero((lives.harms_a | lives.harms_b) & bit)
        # Whom it met, in one number: 1 under b alone, 2 under a alone, 3 under both.
        whom = 2 * ((lives.harms_a[met] & bit) > 0) + ((lives.harms_b[met] & bit) > 0)
        for i, j, n in _counts(whom * len(FATES) + lives.fate_a[met], lives.fate_b[met]):
            under, fate_a = divmod(i, len(FATES))
            harmed.append((harm, under >> 1, under & 1, FATES[fate_a], FATES[j], n))
    return LivesCompared(
        fates, harmed, int(lives.changed.sum()), len(lives.key), sum(row[-1] for row in harmed)
    )  # fmt: skip


def _counts(first: NDArray[np.int64], second: NDArray[np.int64]) -> list[tuple[int, int, int]]:
    """Return (first, second, how often) of each pair that occurs; ``second`` holds places in ``FATES``."""
    table = np.bincount(first * len(FATES) + second)
    places = np.flatnonzero(table)
    return list(zip(*(each.tolist() for each in (*divmod(places, len(FATES)), table[places])), strict=True))
