"""A study world by world: each draw of assumptions with what every arm brought in it.

What asks how much a result leans on assumptions (sensitivity, claims, robust choice, what to find out next) begins here:
a table of assumptions with a row a world, and beside it arrays of shape (worlds, replicates).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trafficsim.analysis.summary import arm_totals
from trafficsim.catalog.reading import nearest, one_of
from trafficsim.errors import UserError
from trafficsim.experiments.frames import open_study

TABLES = ("studies", "arms", "indicators", "limits", "totals", "draws")
"""The tables of a study that worlds are made of."""


@dataclass(frozen=True)
class Worlds:
    """The worlds of one study.

    ``points`` holds the assumptions that differ between worlds: one row a world (index ``draw``), one column a parameter
    ("market.price_bride"), in the parameter's unit; it has no column where the study draws no assumptions. ``values`` holds
    totals, index (draw, replicate), columns (indicator, arm), of those worlds in which every replicate is finished.
    ``arms`` maps each arm's name to its title, the baseline first; ``indicators`` has a row for each (label, unit, direction).
    """

    study: str
    arms: dict[str, str]
    indicators: pd.DataFrame
    limits: tuple[str, ...]
    points: pd.DataFrame
    values: pd.DataFrame

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


def worlds_of(frames: Mapping[str, pd.DataFrame]) -> Worlds:
    """Return the worlds of the study in ``frames``, which holds :data:`TABLES`.

    Worlds in which a replicate of an arm is missing are left out. Raises :class:`UserError` where none is left.
    """
    study, arms = frames["studies"].iloc[0], frames["arms"].sort_values("place")
    totals = arm_totals(frames["totals"])
    values = totals.pivot(index=["draw", "replicate"], columns=["indicator", "arm"], values="value")
    runs = totals.groupby("draw")[["arm", "replicate"]].apply(lambda world: len(world.drop_duplicates()))
    complete = runs.index[runs == len(arms) * study["replicates"]]
    if complete.empty:
        raise UserError(f"Study {study['id']} has no world in which every arm and replicate is finished.")
    values = values.loc[values.index.get_level_values("draw").isin(complete)].sort_index()
    return Worlds(
        study=study["id"],
        arms=dict(zip(arms["arm"], arms["title"], strict=True)),
        indicators=frames["indicators"].sort_values("place").set_index("name"),
        limits=tuple(frames["limits"]["text"]),
        points=_points(frames["draws"], complete),
        values=values,
    )


def open_worlds(path: Path | str, study: str | None = None) -> Worlds:
    """Return the worlds of a study in the file at ``path`` (the newest, or the one whose id is ``study``)."""
    return worlds_of(open_study(path, study, TABLES))


def _points(draws: pd.DataFrame, complete: pd.Index) -> pd.DataFrame:
    if draws.empty:
        return pd.DataFrame(index=pd.Index(complete, name="draw"))
    named = draws.assign(parameter=draws["process"] + "." + draws["name"])
    order = named["parameter"].drop_duplicates()  # the catalogue's, which a pivot would sort
    return named.pivot(index="draw", columns="parameter", values="value").loc[complete, order]
