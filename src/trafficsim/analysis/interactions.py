"""Interactions between levers: which pairs do more together than apart, from the arms of a factorial design.

Whether two levers interact depends on the scale. In counts, two levers that each spare half of the people overlap: half of those
that the second would spare the first has spared already. In ratios they do not: each halves what is left. Both are told here.
Effects are taken in each plausible world by itself, over arms that share their luck; their spread is that between worlds.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr, stdtrit

from trafficsim.analysis.factorial import FEWEST, MOST, effects, is_orthogonal, pairs_of, two_level_design
from trafficsim.analysis.multiplicity import holm
from trafficsim.analysis.paired import LEVEL
from trafficsim.analysis.robustness import HARMS, checked_harms
from trafficsim.analysis.worlds import Worlds
from trafficsim.catalog.reading import nearest, one_of
from trafficsim.errors import UserError
from trafficsim.policy import LEVERS, arm_names, load_arm

COUNTS, RATIO = "counts", "ratio"
ROUNDING = 1e-12
"""Effects, in parts of the harm or its logarithm, that are no further apart are equal but for rounding."""
FEWEST_WORLDS = 10
"""Of fewer worlds it cannot be said that nine in ten agree."""
SCALES = (COUNTS, RATIO)

LESS, MORE, UNTOLD = "less harm together", "more harm together", "not told apart"
"""Verdicts on a pair: against what the two do apart, added up (counts) or multiplied (ratio)."""

EFFECTS = [
    "harm", "scale", "first", "second", "effect", "world_low", "world_high", "mean_low", "mean_high", "same_sign",
    "p_adjusted", "verdict", "count", "units",
]  # fmt: skip
FIT = ["harm", "scale", "explained", "explained_low", "units"]


@dataclass(frozen=True)
class Interactions:
    """What :func:`interactions` returns.

    ``effects`` has a row a harm, scale and pair of levers, and rows with no ``second`` for single levers (columns
    ``EFFECTS``). On the scale ``counts``, ``effect`` is in parts of the harm with no lever in the same world, and ``count``
    the same in the harm's unit; on the scale ``ratio`` it is a factor: 0.8 means a fifth less harm than the two make apart.
    It is the mean over units (worlds; replicates where there is one world only), ``world_*`` hold the middle ``level`` of them,
    ``mean_*`` is Student's interval of the mean, made simultaneous over all pairs (Bonferroni), and ``same_sign`` the share of
    units on the mean's side. Over worlds a pair is told apart where that share is ``level`` or more of ten
    worlds or more: more worlds make a mean surer, not an assumption. Over replicates it is told by ``p_adjusted``, Holm's
    (1979) over all pairs, which is absent over worlds. ``fit`` says for each harm and scale how much of the
    variance between arms single levers and pairs explain (columns ``FIT``); the rest is left to sets of three and more.
    """

    levers: tuple[str, ...]
    harms: tuple[str, ...]
    effects: pd.DataFrame
    fit: pd.DataFrame
    units: int
    unit: str
    level: float

    @property
    def pairs(self) -> pd.DataFrame:
        """The rows of pairs alone."""
        return self.effects[self.effects["second"] != ""]


def package_levers() -> tuple[str, ...]:
    """Return the levers that the letter asks for: those that its full package raises and that protect."""
    return tuple(name for name in load_arm("letter_package").levers if LEVERS[name].kind == "protective")


def arms_of_design(levers: Sequence[str]) -> list[str]:
    """Return the names of the arms of the factorial design over ``levers``, the status quo first.

    Each lever is set as in its single arm, LEVER_only. Raises :class:`UserError` for a lever that has none, for one that is not
    protective, for a lever named twice, and for too few or too many.
    """
    allowed = [name for name in LEVERS if LEVERS[name].kind == "protective" and f"{name}_only" in arm_names()]
    for name in levers:
        if name not in allowed:
            raise UserError(
                f"levers: '{name}' is no protective lever.{nearest(name, allowed)} Allowed: {one_of(allowed)}."
            )
    if len(set(levers)) != len(levers) or not FEWEST <= len(levers) <= MOST:
        raise UserError(f"levers: name from {FEWEST} to {MOST} different levers.")
    return [
        "+".join(f"{name}_only" for name, sign in zip(levers, run, strict=True) if sign > 0) or "status_quo"
        for run in two_level_design(len(levers))
    ]


def signs_of(arms: pd.DataFrame) -> tuple[tuple[str, ...], NDArray[np.int8]]:
    """Return the levers of a study's table of ``arms`` and which arm has which, shape (arms, levers): 1 on, -1 off.

    Raises :class:`UserError` where these arms are no design from which pairs can be told.
    """
    given = [json.loads(text) for text in arms.sort_values("place")["levers"]]
    levers = tuple(name for name in LEVERS if any(name in one for one in given))
    signs = np.array([[1 if name in one else -1 for name in levers] for one in given], dtype=np.int8)
    alike = all(
        len({json.dumps({key: value for key, value in one[name].items() if key != "because"}) for one in given if name in one}) == 1
        for name in levers
    )  # fmt: skip
    if len(levers) < FEWEST or not alike or not is_orthogonal(signs):
        raise UserError(
            "The arms of this study are no factorial design from which pairs of levers can be told; "
            "'trafficsim interactions' without a file runs one."
        )
    return levers, signs


def interactions(
    worlds: Worlds, levers: Sequence[str], signs: ArrayLike, harms: Sequence[str] = HARMS, level: float = LEVEL
) -> Interactions:
    """Return main effects and effects of pairs on each harm and scale; arms and ``signs`` come from :func:`signs_of`.

    Where a harm has no case under some arm of a world, that world has no ratio and is left out on that scale.
    """
    harms = checked_harms(worlds, harms)
    by_world = worlds.number > 1
    rows: list[tuple] = []
    fits: list[tuple] = []
    for harm in harms:
        # (worlds, replicates, arms), then (units, arms)
        table = np.stack([worlds.level(harm, arm) for arm in worlds.arms], axis=2)
        values = table.mean(axis=1) if by_world else table[0]
        none = values[:, (np.asarray(signs) < 0).all(axis=1).argmax()]
        for scale in SCALES:
            with np.errstate(divide="ignore", invalid="ignore"):
                responses = values / none[:, None] if scale == COUNTS else np.log(values)
            kept = np.isfinite(responses).all(axis=1)
            single, pairs, explained = effects(signs, responses[kept])
            counted = effects(signs, values[kept])
            fits.append((harm, scale, *_lowest(explained), int(kept.sum())))
            rows += _rows(harm, scale, [(name, "") for name in levers], single, counted[0], level, by_world)
            named = [(levers[first], levers[second]) for first, second in pairs_of(len(levers))]
            rows += _rows(harm, scale, named, pairs, counted[1], level, by_world)
    return Interactions(
        levers=tuple(levers),
        harms=harms,
        effects=pd.DataFrame(rows, columns=EFFECTS),
        fit=pd.DataFrame(fits, columns=FIT),
        units=worlds.number if by_world else worlds.replicates,
        unit="worlds" if by_world else "replicates",
        level=level,
    )


def _lowest(explained: NDArray[np.float64]) -> tuple[float, float]:
    known = explained[~np.isnan(explained)]
    return (float(known.mean()), float(known.min())) if len(known) else (float("nan"), float("nan"))


def _rows(
    harm: str, scale: str, named: Sequence[tuple[str, str]], values: NDArray[np.float64], counts: NDArray[np.float64],
    level: float, by_world: bool,
) -> list[tuple]:  # fmt: skip
    """Return a row for each name; ``values`` and ``counts`` have the shape (units, names)."""
    units, number = values.shape
    blank = np.full(number, np.nan)
    mean, low, high, half = blank, blank, blank, blank
    p = np.ones(number)
    if units:
        mean = values.mean(axis=0)
        low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2], axis=0)
    if units > 1:
        error = values.std(axis=0, ddof=1) / units**0.5
        half = stdtrit(units - 1, 1 - (1 - level) / (2 * number)) * error
        # Equal effects show no spread, yet a few of them say little: the sign test takes the place of Student's.
        still, signs_alike = error <= ROUNDING, 2.0 ** (1 - units)
        mean = np.where(np.abs(mean) <= ROUNDING, 0.0, mean)
        with np.errstate(divide="ignore", invalid="ignore"):
            p = np.where(still, np.where(mean == 0, 1.0, signs_alike), 2 * stdtr(units - 1, -np.abs(mean / error)))
        if signs_alike * number > 1 - level:
            half = np.where(still & (mean != 0), np.nan, half)
    adjusted = np.full(number, np.nan) if by_world else holm(p)
    write = np.exp if scale == RATIO else np.asarray
    rows = []
    for place, (first, second) in enumerate(named):
        sides = (np.sign(values[:, place]) == np.sign(mean[place])).mean() if units else np.nan
        told = units >= FEWEST_WORLDS and sides >= level if by_world else units > 1 and adjusted[place] <= 1 - level
        verdict = UNTOLD if not told or mean[place] == 0.0 else LESS if mean[place] < 0 else MORE
        rows.append(
            (
                harm, scale, first, second, float(write(mean[place])), float(write(low[place])), float(write(high[place])),
                float(write(mean[place] - half[place])), float(write(mean[place] + half[place])), float(sides),
                float(adjusted[place]), verdict if second else "", float(counts[:, place].mean()) if units else np.nan, units,
            )
        )  # fmt: skip
    return rows


def titles_of_levers(levers: Sequence[str]) -> Mapping[str, str]:
    """Return each lever's label by name."""
    return {name: LEVERS[name].label for name in levers}
