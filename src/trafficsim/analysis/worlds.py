"""A study world by world: each draw of assumptions with what every arm brought in it.

What asks how much a result leans on assumptions (sensitivity, claims, robust choice, what to find out next) begins here:
a table of assumptions with a row a world, and beside it arrays of shape (worlds, replicates).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trafficsim.analysis.summary import arm_totals
from trafficsim.catalog.reading import nearest, one_of
from trafficsim.errors import UserError
from trafficsim.experiments.frames import open_study, whole_totals
from trafficsim.experiments.points import assumptions_in, wide
from trafficsim.experiments.result import PRICE
from trafficsim.layouts import Layout

TABLES = ("studies", "arms", "indicators", "limits", "totals", "draws")
"""The tables of a study that worlds are made of."""


@dataclass(frozen=True)
class Worlds:
    """The worlds of one study.

    ``points`` holds the assumptions that differ between worlds: one row a world (index ``draw``), one column a parameter
    ("market.price_bride"), in the parameter's unit; it has no column where the study draws no assumptions. ``values`` holds
    totals, index (draw, replicate), columns (indicator, arm), of those worlds in which every replicate is finished.
    ``arms`` maps each arm's name to its title, the baseline first; ``indicators`` has a row for each (label, unit, direction).
    ``layout`` says how worlds belong together, where the study's design is one of :mod:`trafficsim.layouts`.
    """

    study: str
    arms: dict[str, str]
    indicators: pd.DataFrame
    limits: tuple[str, ...]
    points: pd.DataFrame
    values: pd.DataFrame
    layout: Layout | None = None

    @property
    def number(self) -> int:
        """How many worlds there are."""
        return len(self.points)

    @property
    def replicates(self) -> int:
        """How many replicates each world has."""
        return len(self.values) // max(1, self.number)

    @property
    def baseline(self) -> str:
        """The first arm, which others are compared with."""
        return next(iter(self.arms))

    def level(self, indicator: str, arm: str) -> NDArray[np.float64]:
        """Return the totals of an indicator under an arm, shape (worlds, replicates); NaN where there is no value.

        Raises :class:`UserError` for an indicator or an arm that the study lacks.
        """
        if arm not in self.arms:
            raise UserError(
                f"Study {self.study} has no arm '{arm}'.{nearest(arm, self.arms)} It has: {one_of(self.arms)}."
            )
        if (indicator, arm) not in self.values.columns:
            known = sorted({name for name, _ in self.values.columns})
            raise UserError(f"Study {self.study} has no indicator '{indicator}'.{nearest(indicator, known)}")
        return self.values[indicator, arm].to_numpy(dtype=np.float64).reshape(self.number, self.replicates)

    def difference(self, indicator: str, arm: str, baseline: str | None = None) -> NDArray[np.float64]:
        """Return arm minus baseline (the first arm unless named), paired by world and replicate, shape (worlds, replicates)."""
        return self.level(indicator, arm) - self.level(indicator, baseline or self.baseline)


def worlds_of(
    frames: Mapping[str, pd.DataFrame], points: pd.DataFrame | None = None, layout: Layout | None = None
) -> Worlds:
    """Return the worlds of the study in ``frames``, which holds :data:`TABLES`; ``points`` take the place of table ``draws``.

    Worlds in which a replicate of an arm is missing are left out. Raises :class:`UserError` where none is left.
    """
    study, arms = frames["studies"].iloc[0], frames["arms"].sort_values("place")
    totals = arm_totals(frames["totals"])
    values = totals.pivot(index=["draw", "replicate"], columns=["indicator", "arm"], values="value")
    runs = totals.drop_duplicates(["draw", "arm", "replicate"]).groupby("draw").size()
    complete = runs.index[runs == len(arms) * study["replicates"]]
    if complete.empty:
        raise UserError(f"Study {study['id']} has no world in which every arm and replicate is finished.")
    values = values.loc[values.index.get_level_values("draw").isin(complete)].sort_index()
    return Worlds(
        study=study["id"],
        arms=dict(zip(arms["arm"], arms["title"], strict=True)),
        indicators=frames["indicators"].sort_values("place").set_index("name"),
        limits=tuple(frames["limits"]["text"]),
        points=_points(wide(frames["draws"]) if points is None else points, complete),
        values=values,
        layout=layout,
    )


def open_worlds(path: Path | str, study: str | None = None, indicators: Collection[str] = ()) -> Worlds:
    """Return the worlds of a study in the file at ``path`` (the newest, or the one whose id is ``study``).

    ``indicators`` narrows what is read; none named: all.
    """
    frames = open_study(path, study, [name for name in TABLES if name not in ("totals", "draws")])
    frames["totals"] = whole_totals(path, study, indicators)
    return worlds_of(frames, *assumptions_in(path, study))


def worlds_of_group(
    frames: Mapping[str, pd.DataFrame], dimension: str, level: str, points: pd.DataFrame | None = None
) -> Worlds:
    """Return worlds with the totals of one group of people, such as ("sex", "female") or ("age_band", "12 to 17").

    What was counted for nobody of the group is 0. Raises :class:`UserError` where the study keeps no totals by group.
    """
    totals, index = frames["totals"], ["arm", "draw", "replicate", "indicator"]
    if not (totals["dimension"] == dimension).any():
        raise UserError(
            f"Study {frames['studies'].iloc[0]['id']} keeps no totals by {dimension}: run it with output.groups=true."
        )
    of_all = totals[totals["dimension"] == "all"].set_index(index)
    of_group = totals[(totals["dimension"] == dimension) & (totals["level"] == level)].set_index(index)["value"]
    values = of_group.reindex(of_all.index)
    counted = of_all.index.get_level_values("indicator") != PRICE  # a mean price of nobody is no price of 0
    filled = of_all.assign(value=values.where(~counted, values.fillna(0.0))).reset_index()
    return worlds_of({**frames, "totals": filled}, points)


def _points(points: pd.DataFrame, complete: pd.Index) -> pd.DataFrame:
    return pd.DataFrame(index=pd.Index(complete, name="draw")) if points.empty else points.loc[complete]
