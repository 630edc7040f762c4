"""Indicators of a study by group or by year: for each arm a table of worlds by replicates, read from its file when asked for.

Groups are those that results are counted by (area, purpose, sex, age band, how the latest journey began); years are twelve
months each, from the month in which the arms part. A group that the file does not name had none: 0. A mean price has no 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trafficsim.catalog import catalog
from trafficsim.catalog.reading import nearest, one_of
from trafficsim.engine.calendar import MONTHS_A_YEAR, month_index, month_label
from trafficsim.engine.ledger import DIMENSIONS
from trafficsim.errors import UserError
from trafficsim.experiments.content import IN_PARQUET
from trafficsim.experiments.frames import group_totals, monthly_values, open_study
from trafficsim.experiments.result import HISTORY, PRICE
from trafficsim.processes.vocabulary import AREA_LABELS, LABELS, AgeBand, Departure, Purpose, Sex

ALL, YEAR = "all", "year"
BY = (*DIMENSIONS, YEAR)
"""What effects can be told apart by."""

PAID, SOLD = "brokers_income", "trafficked"
"""The indicators whose quotient is the mean price."""

_OF_BROKERS = ("BROKER_", "EDGE_")
"""How the names of events begin that happen to brokers, who have neither sex nor age here."""

_ORDER = {
    place: number
    for number, place in enumerate([AREA_LABELS[0], *(LABELS[kind][code] for kind in (Sex, AgeBand, Purpose, Departure)
                                                      for code in kind)])
}  # fmt: skip


@dataclass(frozen=True)
class Measures:
    """Indicators of one study, told apart by ``by`` ("all" for not at all).

    ``arms`` maps each arm's name to its title, the baseline first; ``indicators`` has a row for each that was read (label,
    unit, direction), in the catalogue's order. ``values`` holds them by (draw, replicate), a column for each (indicator,
    level, arm), of those places of the plan that every arm has lived through: with several worlds, whole worlds only.
    """

    study: str
    by: str
    arms: dict[str, str]
    indicators: pd.DataFrame
    values: pd.DataFrame

    @property
    def worlds(self) -> int:
        """How many draws of assumptions there are."""
        return self.values.index.get_level_values("draw").nunique()

    @property
    def replicates(self) -> int:
        """How many replicates each of them has."""
        return len(self.values) // max(1, self.worlds)

    @property
    def rows(self) -> list[tuple[str, str]]:
        """Each indicator with each of its levels, in order."""
        return list(dict.fromkeys((indicator, level) for indicator, level, _ in self.values.columns))

    def table(self, indicator: str, level: str, arm: str) -> NDArray[np.float64]:
        """Return an indicator under an arm, shape (worlds, replicates); NaN where there is no value."""
        return self.values[indicator, level, arm].to_numpy(dtype=np.float64).reshape(self.worlds, self.replicates)

    def arm(self, name: str) -> str:
        """Return ``name`` if it is an arm of the study; :class:`UserError` says which there are."""
        if name not in self.arms:
            raise UserError(
                f"Study {self.study} has no arm '{name}'.{nearest(name, self.arms)} It has: {one_of(self.arms)}."
            )
        return name


def measures_in(path: Path | str, study: str | None = None, by: str = ALL, indicators: Sequence[str] = ()) -> Measures:
    """Return ``indicators`` (none named: all) of a study in the file at ``path``, told apart by ``by`` (one of :data:`BY`).

    Raises :class:`UserError` for an unknown name, where nothing is finished, or where the file does not hold what is asked for.
    """
    frames = open_study(path, study, ["studies", "arms", "indicators", "runs"])
    one, records = frames["studies"].iloc[0], frames["indicators"].sort_values("place").set_index("name")
    unknown = [name for name in indicators if name not in records.index]
    if unknown:
        raise UserError(
            f"There is no indicator '{unknown[0]}'.{nearest(unknown[0], list(records.index))} "
            f"'trafficsim catalog indicators' shows them."
        )
    chosen = records.loc[[name for name in records.index if not indicators or name in indicators]]
    chosen = _of_those_told_apart(chosen, by)
    arms = frames["arms"].sort_values("place")
    places = _places(frames["runs"], list(arms["arm"]), one)
    if len(places) == 0:
        raise UserError(f"Study {one['id']} has no replicate that every arm has lived through.")
    _check_kept(frames["runs"], by, f"Study {one['id']} of {path}")
    found = _by_year(path, one, chosen) if by == YEAR else group_totals(path, one["id"], by, list(chosen.index))
    if by != ALL and found.empty:
        raise UserError(
            f"Study {one['id']} of {path} holds nothing by {by}: it was made before results were counted so, or nothing happened."
        )
    return Measures(
        study=one["id"],
        by=by,
        arms=dict(zip(arms["arm"], arms["title"], strict=True)),
        indicators=chosen,
        values=_wide(found, places, list(chosen.index), list(arms["arm"])),
    )


def _places(runs: pd.DataFrame, arms: list[str], study: pd.Series) -> pd.MultiIndex:
    """Return the (draw, replicate) that every arm has lived through; with several worlds, those of whole worlds."""
    lived = runs[runs["arm"].isin(arms)].groupby(["draw", "replicate"])["arm"].nunique()
    whole = lived[lived == len(arms)].index.to_frame(index=False)
    if study["draws"] > 1:
        whole = whole[whole.groupby("draw")["replicate"].transform("size") == study["replicates"]]
    return pd.MultiIndex.from_frame(whole.sort_values(["draw", "replicate"]))


def _of_those_told_apart(chosen: pd.DataFrame, by: str) -> pd.DataFrame:
    """Return the indicators without those of brokers, where people are told apart by what brokers do not have."""
    if by in (ALL, YEAR, "area"):
        return chosen
    known = catalog().indicators
    of_brokers = [
        name
        for name in chosen.index
        if name in known and all(each.startswith(_OF_BROKERS) for each in known[name].events)
    ]
    if len(of_brokers) == len(chosen):
        raise UserError(f"{one_of(of_brokers)}: brokers are not told apart by {by}; by area and year they are.")
    return chosen.drop(index=of_brokers)


def _check_kept(runs: pd.DataFrame, by: str, where: str) -> None:
    if by == ALL:
        return
    words = {"monthly", IN_PARQUET} if by == YEAR else {"groups"}
    if not all(words & set(kept.split(", ")) for kept in runs.loc[runs["arm"] != HISTORY, "kept"]):
        setting = "output.monthly=true" if by == YEAR else "output.groups=true"
        raise UserError(
            f"{where} keeps no {'series by month' if by == YEAR else 'totals by group'}, so nothing can be told by {by}. "
            f"The same study with {setting} (the default; output=totals turns it off) lives its runs through again."
        )


def _by_year(path: Path | str, study: pd.Series, chosen: pd.DataFrame) -> pd.DataFrame:
    """Return totals by twelve months from the start of the policy; columns as of ``group_totals``, save ``dimension``."""
    names = list(
        dict.fromkeys(
            [*(name for name in chosen.index if name != PRICE), *([PAID, SOLD] if PRICE in chosen.index else [])]
        )
    )
    monthly = monthly_values(path, study["id"], names)
    labels = {month: _year_of(month, study["policy_start"]) for month in monthly["month"].unique()}
    keys = ["arm", "draw", "replicate", "indicator", "level"]
    found = monthly.assign(level=monthly["month"].map(labels)).groupby(keys, as_index=False)["value"].sum()
    if PRICE in chosen.index:
        both = found.pivot(index=[key for key in keys if key != "indicator"], columns="indicator", values="value")
        prices = both[PAID] / both[SOLD].where(both[SOLD] > 0)
        found = pd.concat([found, prices.dropna().rename("value").reset_index().assign(indicator=PRICE)])
    return found[found["indicator"].isin(chosen.index)]


def _year_of(month: str, start: str) -> str:
    first = month_index(month) - (month_index(month) - month_index(start)) % MONTHS_A_YEAR
    return f"{month_label(first)} to {month_label(first + MONTHS_A_YEAR - 1)}"


def _wide(found: pd.DataFrame, places: pd.MultiIndex, indicators: list[str], arms: list[str]) -> pd.DataFrame:
    """Return a row a place and a column for each (indicator, level, arm); what the file does not name is 0, save a price."""
    values = found.pivot(index=["draw", "replicate"], columns=["indicator", "level", "arm"], values="value")
    ordered = sorted(found["level"].unique(), key=lambda level: (_ORDER.get(level, len(_ORDER)), level))
    named = set(zip(found["indicator"], found["level"], strict=True))
    columns = pd.MultiIndex.from_tuples(
        [
            (indicator, level, arm)
            for indicator in indicators
            for level in ordered
            if (indicator, level) in named
            for arm in arms
        ],
        names=["indicator", "level", "arm"],
    )
    values = values.reindex(index=places, columns=columns)
    counts = [column for column in columns if column[0] != PRICE]
    values[counts] = values[counts].fillna(0.0)
    return values
