"""Robust choice: how arms that a person lists stand in all plausible worlds, harm by harm, with no weighting of harms.

Regret is that of Savage (1951): in each world the harm under an arm beyond that under the best arm on the list.
Satisficing counts the worlds in which stated conditions hold: the domain criterion of Starr (1962), used for robust decisions
by Lempert, Groves, Popper and Bankes (2006) and set beside regret by Herman, Reed, Zeff and Characklis (2015).
Harms are never added up: where arms trade one harm for another, that is told (Pareto dominance, over all harms at once).

An arm that adds to what harms rights-holders, or moves an outside condition, is shown for comparison: it is measured
against the arms that can be chosen and never counts among them.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from trafficsim.analysis.paired import LEVEL
from trafficsim.analysis.worlds import Worlds
from trafficsim.catalog.reading import nearest, one_of
from trafficsim.errors import UserError
from trafficsim.policy import LEVERS

HARMS = (
    "refoulement", "tortured", "trafficked", "trafficked_again", "months_in_exploitation", "months_in_detention",
    "children_separated", "deaths",
)  # fmt: skip
"""The harms that are looked at unless others are named."""

OF_OTHERS = ("brokers_income", "brokers_prosecuted")
"""What befalls brokers: no harm to a rights-holder, and no score."""

RESAMPLES = 1000
"""Bootstrap samples of the worlds."""

REGRET = [
    "harm", "arm", "choosable", "level", "best_share", "best_low", "best_high", "regret_mean", "regret_mean_low",
    "regret_mean_high", "regret_p90", "regret_p90_low", "regret_p90_high", "regret_max", "regret_max_world",
    "relative_mean", "relative_p90", "relative_max",
]  # fmt: skip
SATISFICING = ["arm", "choosable", "condition", "share", "low", "high", "undecided"]
DOMINANCE = ["arm", "choosable", "dominated", "low", "high", "most_often_by", "by_it"]

ALL_CONDITIONS = "all"
"""Stands in the place of a condition where all of them are meant."""


@dataclass(frozen=True)
class Condition:
    """A sentence about one indicator in one world: at most (or at least) so many times the baseline's level there."""

    indicator: str
    at_most: bool
    factor: float

    def __str__(self) -> str:
        """Return it as it is written: "refoulement<=0.5"."""
        return f"{self.indicator}{'<=' if self.at_most else '>='}{self.factor:g}"

    def holds(self, levels: NDArray[np.float64], baseline: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return where it holds; no division, so that a world with none under the baseline can be judged, too."""
        bound = self.factor * baseline
        return levels <= bound if self.at_most else levels >= bound


@dataclass(frozen=True)
class Robustness:
    """What :func:`robustness` returns. Shares are of worlds, their intervals Wilson's; intervals of regret are bootstrapped.

    ``regret`` has a row a harm and arm (columns ``REGRET``): ``level`` is the mean over worlds, ``best_*`` the share of
    worlds in which no arm that can be chosen does less of this harm, ``regret_*`` in the harm's unit, ``relative_*`` in
    parts of the baseline's level in the same world. ``satisficing`` has a row an arm and condition, and one for all of them
    (columns ``SATISFICING``); ``undecided`` is the share of worlds in which replicates disagree. ``dominance`` has a
    row an arm (columns ``DOMINANCE``): the share of worlds in which another arm does less of some harm and more of
    none, the arm that does so most often, and in which share it does.
    """

    baseline: str
    harms: tuple[str, ...]
    conditions: tuple[Condition, ...]
    regret: pd.DataFrame
    satisficing: pd.DataFrame
    dominance: pd.DataFrame
    worlds: int
    replicates: int
    level: float

    def tidy(self) -> pd.DataFrame:
        """Return all of it as one long table: measure, harm or condition, arm, value, low, high."""
        rows: list[tuple[str, str, str, float, float, float]] = []
        for row in self.regret.itertuples():
            rows.append(("best_share", row.harm, row.arm, row.best_share, row.best_low, row.best_high))
            for name in ("regret_mean", "regret_p90"):
                ends = (getattr(row, f"{name}_low"), getattr(row, f"{name}_high"))
                rows.append((name, row.harm, row.arm, getattr(row, name), *ends))
            for name in ("level", "regret_max", "relative_mean", "relative_p90", "relative_max"):
                rows.append((name, row.harm, row.arm, getattr(row, name), np.nan, np.nan))
        for row in self.satisficing.itertuples():
            rows.append(("satisfied", row.condition, row.arm, row.share, row.low, row.high))
        for row in self.dominance.itertuples():
            rows.append(("dominated", "", row.arm, row.dominated, row.low, row.high))
        return pd.DataFrame(rows, columns=["measure", "of", "arm", "value", "low", "high"])


def conditions_in(text: str) -> tuple[Condition, ...]:
    """Return the conditions in ``text``, such as "refoulement<=0.5, trafficked_again<=1"; :class:`UserError` else."""
    found = []
    for part in filter(None, (part.strip() for part in text.strip().removeprefix("[").removesuffix("]").split(","))):
        match = re.fullmatch(r"(\w+)\s*(<=|>=)\s*(\d+(?:\.\d*)?|\.\d+)", part)
        if not match:
            raise UserError(
                f"satisfy: '{part}' is no condition; write INDICATOR<=FACTOR or INDICATOR>=FACTOR, the factor in parts of the "
                f"baseline's level in the same world, such as 'refoulement<=0.5, trafficked_again<=1'."
            )
        found.append(Condition(match[1], match[2] == "<=", float(match[3])))
    return tuple(found)


def share_interval(count: int, of: int, level: float = LEVEL) -> tuple[float, float]:
    """Return the interval of a share by Wilson's score (1927), which holds at 0 and at 1 as well."""
    if of == 0:
        return float("nan"), float("nan")
    z, share = float(ndtri(0.5 + level / 2)), count / of
    middle = (share + z**2 / (2 * of)) / (1 + z**2 / of)
    half = z / (1 + z**2 / of) * np.sqrt(share * (1 - share) / of + z**2 / (4 * of**2))
    return (0.0 if count == 0 else float(middle - half)), (1.0 if count == of else float(middle + half))


def regrets(levels: ArrayLike, choosable: ArrayLike) -> NDArray[np.float64]:
    """Return the regret of each arm in each world, for ``levels`` of a harm, shape (worlds, arms).

    The best is taken among the arms that are ``choosable``, shape (arms,); one that is not may come out below zero.
    """
    table = np.asarray(levels, dtype=np.float64)
    return table - table[:, np.asarray(choosable, dtype=bool)].min(axis=1, keepdims=True)


def dominated_by(levels: ArrayLike) -> NDArray[np.bool_]:
    """Return where arm j does less of some harm than arm i, and more of none: shape (worlds, i, j).

    ``levels`` has the shape (worlds, arms, harms).
    """
    table = np.asarray(levels, dtype=np.float64)
    worlds, arms, _ = table.shape
    found = np.zeros((worlds, arms, arms), dtype=bool)
    for arm in range(arms):
        own = table[:, arm : arm + 1]
        found[:, arm] = (table <= own).all(axis=2) & (table < own).any(axis=2)
    return found


def only_compared(arms: pd.DataFrame) -> list[str]:
    """Return the arms that are shown for comparison and never counted among those to choose.

    ``arms`` is the table of a study. Such an arm raises an adverse lever above today's, or moves an outside condition (a
    lever of kind ``scenario``) otherwise than the baseline does.
    """
    levers = {row.arm: json.loads(row.levers) for row in arms.sort_values("place").itertuples()}
    outside = {arm: _outside(given) for arm, given in levers.items()}
    baseline = next(iter(levers))
    return [arm for arm, given in levers.items() if _is_adverse(given) or outside[arm] != outside[baseline]]


def _is_adverse(levers: Mapping[str, Mapping[str, object]]) -> bool:
    def today(name: str) -> float:
        return list(LEVERS[name].status_quo.values())[-1]

    return any(
        name in LEVERS and LEVERS[name].kind == "adverse" and float(str(value["coverage"])) > today(name)
        for name, value in levers.items()
    )


def _outside(levers: Mapping[str, Mapping[str, object]]) -> dict[str, object]:
    return {
        name: value["coverage"] for name, value in levers.items() if name in LEVERS and LEVERS[name].kind == "scenario"
    }


def checked_harms(worlds: Worlds, harms: Sequence[str]) -> tuple[str, ...]:
    """Return ``harms``; :class:`UserError` for what is no harm to a rights-holder, or is not there."""
    known = {
        name: row.direction
        for name, row in worlds.indicators.iterrows()
        if name in worlds.values.columns.get_level_values(0)
    }
    allowed = [name for name, direction in known.items() if direction == "less_is_better" and name not in OF_OTHERS]
    for harm in harms:
        if harm not in allowed:
            reason = "it counts no harm to rights-holders" if harm in known else "there is no such indicator"
            raise UserError(f"harms: '{harm}': {reason}.{nearest(harm, allowed)} Allowed: {one_of(allowed)}.")
    if len(set(harms)) != len(harms) or not harms:
        raise UserError("harms: name each harm once, and one at least.")
    return tuple(harms)


def check_conditions(worlds: Worlds, conditions: Sequence[Condition]) -> None:
    """Raise :class:`UserError` for a condition that protects nobody, or asks for what is not there."""
    for condition in conditions:
        worlds.level(condition.indicator, worlds.baseline)  # tells an unknown indicator
        direction = worlds.indicators.loc[condition.indicator, "direction"]
        right = {"less_is_better": True, "more_is_better": False}.get(direction, condition.at_most)
        if condition.indicator in OF_OTHERS or direction == "neutral" or condition.at_most != right:
            raise UserError(
                f"satisfy: '{condition}' is no condition that protects: a harm to rights-holders should be at most (<=), what "
                f"protects them at least (>=) so much; '{condition.indicator}' counts "
                f"{worlds.indicators.loc[condition.indicator, 'label'].lower()}."
            )


def robustness(
    worlds: Worlds, harms: Sequence[str] = HARMS, conditions: Sequence[Condition] = (),
    compared: Sequence[str] = (), level: float = LEVEL, seed: int = 0,
) -> Robustness:  # fmt: skip
    """Return how the arms of a study stand over its worlds, by the means over the replicates of each.

    ``compared`` lists arms that are not to be chosen (:func:`only_compared`). Regret and dominance are among those that
    can be; what they are worth is measured against these. A maximum over noisy means is too high: the more replicates, the
    less. Raises :class:`UserError` for harms or conditions that count no harm to rights-holders.
    """
    harms = checked_harms(worlds, harms)
    check_conditions(worlds, conditions)
    arms = list(worlds.arms)
    choosable = np.array([arm not in compared for arm in arms])
    if not choosable.any():
        raise UserError("Every arm of this study is for comparison only: name one that people could choose.")
    # (worlds, arms, harms)
    levels = np.stack([_means(worlds, harm) for harm in harms], axis=2)
    samples = np.random.default_rng(seed).integers(worlds.number, size=(RESAMPLES, worlds.number))
    rows = [
        row
        for place, harm in enumerate(harms)
        for row in _regret_rows(harm, arms, choosable, levels[:, :, place], worlds.points.index, samples, level)
    ]
    return Robustness(
        baseline=worlds.baseline,
        harms=harms,
        conditions=tuple(conditions),
        regret=pd.DataFrame(rows, columns=REGRET),
        satisficing=pd.DataFrame(_satisficing_rows(worlds, conditions, choosable, level), columns=SATISFICING),
        dominance=pd.DataFrame(_dominance_rows(arms, choosable, levels, level), columns=DOMINANCE),
        worlds=worlds.number,
        replicates=worlds.replicates,
        level=level,
    )


def _means(worlds: Worlds, indicator: str) -> NDArray[np.float64]:
    """Return the means over replicates, shape (worlds, arms)."""
    return np.stack([worlds.level(indicator, arm).mean(axis=1) for arm in worlds.arms], axis=1)


def _regret_rows(
    harm: str, arms: Sequence[str], choosable: NDArray[np.bool_], levels: NDArray[np.float64], names: pd.Index,
    samples: NDArray[np.int64], level: float,
) -> list[tuple]:  # fmt: skip
    found = regrets(levels, choosable)
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(levels[:, :1] > 0, found / levels[:, :1], np.nan)
    ends = [(1 - level) / 2, (1 + level) / 2]
    rows = []
    for place, arm in enumerate(arms):
        own = found[:, place]
        best = int((own <= 0).sum())
        mean = np.quantile(own[samples].mean(axis=1), ends) if len(own) > 1 else [np.nan, np.nan]
        high = np.quantile(np.quantile(own[samples], 0.9, axis=1), ends) if len(own) > 1 else [np.nan, np.nan]
        part = relative[:, place][~np.isnan(relative[:, place])]
        parts = (part.mean(), np.quantile(part, 0.9), part.max()) if len(part) else (np.nan,) * 3
        rows.append(
            (
                harm, arm, bool(choosable[place]), float(levels[:, place].mean()), best / len(own),
                *share_interval(best, len(own), level), float(own.mean()), *map(float, mean),
                float(np.quantile(own, 0.9)), *map(float, high), float(own.max()), int(names[int(own.argmax())]),
                *map(float, parts),
            )
        )  # fmt: skip
    return rows


def _satisficing_rows(
    worlds: Worlds, conditions: Sequence[Condition], choosable: NDArray[np.bool_], level: float
) -> list[tuple]:
    rows = []
    for arm, can in zip(worlds.arms, choosable, strict=True):
        by_mean: list[NDArray[np.bool_]] = []
        by_run: list[NDArray[np.bool_]] = []
        for condition in conditions:
            own, baseline = (worlds.level(condition.indicator, each) for each in (arm, worlds.baseline))
            by_mean.append(condition.holds(own.mean(axis=1), baseline.mean(axis=1)))
            by_run.append(condition.holds(own, baseline))
        told = [(str(one), mean, run) for one, mean, run in zip(conditions, by_mean, by_run, strict=True)]
        if len(told) > 1:
            told.append((ALL_CONDITIONS, np.all(by_mean, axis=0), np.all(by_run, axis=0)))
        for name, mean, run in told:
            split = float((run.any(axis=1) != run.all(axis=1)).mean()) if worlds.replicates > 1 else float("nan")
            count = int(mean.sum())
            rows.append((arm, bool(can), name, count / len(mean), *share_interval(count, len(mean), level), split))
    return rows


def _dominance_rows(
    arms: Sequence[str], choosable: NDArray[np.bool_], levels: NDArray[np.float64], level: float
) -> list[tuple]:
    found = dominated_by(levels) & choosable[None, None, :]
    rows = []
    for place, arm in enumerate(arms):
        count = int(found[:, place].any(axis=1).sum())
        by = found[:, place].mean(axis=0)
        most = arms[int(by.argmax())] if count else ""
        rows.append(
            (
                arm, bool(choosable[place]), count / len(found), *share_interval(count, len(found), level), most,
                float(by.max()),
            )
        )  # fmt: skip
    return rows
