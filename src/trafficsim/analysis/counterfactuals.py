"""What would have happened, life by life: who was spared a harm under another arm, who met it anew, and what became of them.

Luck is keyed by life, so each simulated life is compared with itself. Results are typed and small, and :func:`table_of`
makes data frames of them. Shares are ratios of totals with the intervals of :mod:`trafficsim.analysis.shares`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trafficsim.analysis.paired import LEVEL, Estimate
from trafficsim.analysis.shares import Share, share_of
from trafficsim.analysis.summary import estimate
from trafficsim.catalog.reading import nearest, one_of
from trafficsim.errors import UserError
from trafficsim.experiments.lives import HARMS, NOT_DEPARTED

TABLES = ("studies", "arms", "limits", "fates", "harmed_lives", "changed_lives")
"""The tables of a study that are read for it."""

GROUPS: dict[str, frozenset[str]] = {
    "protected": frozenset({"protected"}),
    "in a third country": frozenset({"in third country"}),
    "in hiding or in transit": frozenset({"in hiding", "in transit"}),
    "at origin, not forcibly returned": frozenset({"at origin", "returned detained", "returned released"}),
    "did not leave": frozenset({NOT_DEPARTED}),
    "in custody": frozenset({"in custody"}),
    "exploited or held by brokers": frozenset(
        {"forced marriage", "sexual exploitation", "forced labour", "domestic servitude", "held by brokers"}
    ),
    "forcibly returned": frozenset({"removed"}),
    "died": frozenset({"died", "dead"}),
}
"""Fates as people are told of them, and those of the file that they stand for; each of these has its place in one group."""

SAME_HARM = "met the same harm"
"""What is said of a harmed life in the place of its fate, where the harm met it under the other arm as well."""

_GROUP_OF = {fate: place for place, fates in enumerate(GROUPS.values()) for fate in fates}

Under = Literal["baseline", "arm"]


@dataclass(frozen=True)
class HarmCompared:
    """One harm in the same lives: whom it met, mean simulated lives a replicate with intervals.

    ``spared`` is the share of those whom it met under the baseline and not under the arm; ``anew`` the share of those whom
    it met under the arm and not under the baseline.
    """

    baseline: str
    arm: str
    harm: str
    under_baseline: Estimate
    under_arm: Estimate
    difference: Estimate
    spared: Share
    anew: Share


@dataclass(frozen=True)
class FateOfHarmed:
    """Of those whom a harm met under one arm (``under``), the share that had this ``fate`` under the other.

    ``fate`` is ``SAME_HARM`` or one of ``GROUPS``; the shares of all fates of a harm sum to one.
    """

    baseline: str
    arm: str
    harm: str
    under: Under
    fate: str
    lives: Share


@dataclass(frozen=True)
class Transition:
    """Of the lives with ``fate_baseline``, the share that had ``fate_arm`` under the other arm; both of ``GROUPS``."""

    baseline: str
    arm: str
    fate_baseline: str
    fate_arm: str
    lives: Share


class Counterfactuals:
    """The lives of a study's baseline beside those of one other arm.

    Args:
        frames: holds :data:`TABLES`, as :func:`~trafficsim.experiments.frames.open_study` returns them.
        arm: the other arm (default: the last). Worlds in which a replicate is missing are left out.
        level: of all intervals.

    Raises:
        UserError: where the study has no such arm, or lives were not compared.

    """

    def __init__(self, frames: Mapping[str, pd.DataFrame], arm: str | None = None, level: float = LEVEL) -> None:
        arms = frames["arms"].sort_values("place")
        titles = dict(zip(arms["arm"], arms["title"], strict=True))
        self.baseline, *others = titles
        study = frames["studies"].iloc[0]["id"]
        if not others:
            raise UserError(f"Study {study} has one arm alone, so no life can be compared with itself under another.")
        self.arm, self.level = arm or others[-1], level
        if self.arm not in others:
            raise UserError(
                f"Study {study} has no arm '{self.arm}' beside its baseline.{nearest(self.arm, others)} It has: {one_of(others)}."
            )
        self.title_of_baseline, self.title = titles[self.baseline], titles[self.arm]
        places = self._own(frames["changed_lives"])
        whole = places.groupby("draw")["replicate"].nunique() if len(places) else pd.Series(dtype=int)
        complete = whole.index[whole == whole.max()]
        if complete.empty:
            raise UserError(
                f"Study {study} has compared no lives under '{self.arm}' with those under '{self.baseline}': leave output.lives "
                f"on, and finish a replicate."
            )
        places = places[places["draw"].isin(complete)].sort_values(["draw", "replicate"])
        self._places = pd.MultiIndex.from_frame(places[["draw", "replicate"]])
        self.worlds, self.replicates = len(complete), int(whole.max())
        self.compared = float(places["lives_compared"].mean())
        self._fates, self._harmed = self._own(frames["fates"]), self._own(frames["harmed_lives"])

    def harms(self) -> list[HarmCompared]:
        """Return each harm that met anybody under either arm."""
        found = []
        for harm in HARMS:
            counts = self._whom(harm)
            only_b, only_a, both = np.moveaxis(counts[:, :, 1:], 2, 0)
            if not counts.sum():
                continue
            found.append(
                HarmCompared(
                    self.baseline, self.arm, harm, self._estimate(only_a + both), self._estimate(only_b + both),
                    self._estimate(only_b - only_a), share_of(only_a, only_a + both, self.level),
                    share_of(only_b, only_b + both, self.level),
                )
            )  # fmt: skip
        return found

    def fates_of(self, harm: str, under: Under = "baseline") -> list[FateOfHarmed]:
        """Return what became, under the other arm, of those whom ``harm`` met under the one that ``under`` names."""
        rows = self._rows(harm)
        here, there, fate = (
            ("harmed_a", "harmed_b", "fate_b") if under == "baseline" else ("harmed_b", "harmed_a", "fate_a")
        )
        rows = rows[rows[here] == 1]
        cell = np.where(rows[there] == 1, 0, 1 + rows[fate].map(_GROUP_OF).to_numpy(dtype=np.int64))
        counts = self._counts(rows, cell, 1 + len(GROUPS))
        wholes = counts.sum(axis=2)
        return [
            FateOfHarmed(self.baseline, self.arm, harm, under, name, share_of(counts[:, :, place], wholes, self.level))
            for place, name in enumerate((SAME_HARM, *GROUPS))
        ]

    def transitions(self) -> list[Transition]:
        """Return the matrix of fates, row by row: each fate under the baseline that occurs, with every fate under the arm."""
        rows = self._fates
        cell = rows["fate_a"].map(_GROUP_OF).to_numpy(dtype=np.int64) * len(GROUPS)
        cell = cell + rows["fate_b"].map(_GROUP_OF).to_numpy(dtype=np.int64)
        counts = self._counts(rows, cell, len(GROUPS) ** 2).reshape(self.worlds, self.replicates, len(GROUPS), -1)
        return [
            Transition(
                self.baseline, self.arm, one, other, share_of(counts[:, :, i, j], counts[:, :, i].sum(axis=2), self.level)
            )
            for i, one in enumerate(GROUPS)
            if counts[:, :, i].sum()
            for j, other in enumerate(GROUPS)
        ]  # fmt: skip

    def _own(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of a table that compare these two arms; studies of a file may share runs, and so comparisons."""
        return table[(table["arm_a"] == self.baseline) & (table["arm_b"] == self.arm)]

    def _rows(self, harm: str) -> pd.DataFrame:
        if harm not in HARMS:
            raise UserError(f"There is no harm '{harm}'.{nearest(harm, HARMS)} Allowed: {one_of(HARMS)}.")
        return self._harmed[self._harmed["harm"] == harm]

    def _whom(self, harm: str) -> NDArray[np.float64]:
        """Return lives by world, replicate and whom the harm met: nobody, under the arm alone, the baseline alone, both."""
        rows = self._rows(harm)
        return self._counts(rows, (2 * rows["harmed_a"] + rows["harmed_b"]).to_numpy(dtype=np.int64), 4)

    def _counts(self, rows: pd.DataFrame, cell: NDArray[np.int64], cells: int) -> NDArray[np.float64]:
        """Return the lives of ``rows`` by the ``cell`` that each stands for, shape (worlds, replicates, cells)."""
        place = self._places.get_indexer(pd.MultiIndex.from_frame(rows[["draw", "replicate"]]))
        used = place >= 0
        counts = np.bincount(
            place[used] * cells + cell[used], rows["lives"].to_numpy(dtype=np.float64)[used], len(self._places) * cells
        )
        return counts.reshape(self.worlds, self.replicates, cells)

    def _estimate(self, lives: NDArray[np.float64]) -> Estimate:
        return estimate(pd.Series(lives.ravel(), index=self._places), self.level)


def other_arms(frames: Mapping[str, pd.DataFrame]) -> list[str]:
    """Return the arms that were compared with the baseline, in the order of the study."""
    return frames["arms"].sort_values("place")["arm"].tolist()[1:]


def table_of(results: Iterable[HarmCompared | FateOfHarmed | Transition]) -> pd.DataFrame:
    """Return results of one kind as a data frame, a row each; a column such as ``spared_low`` for a field of a field."""
    return pd.DataFrame([dict(_flat(asdict(one))) for one in results])


def _flat(record: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    for name, value in record.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}_")
        else:
            yield f"{prefix}{name}", value
