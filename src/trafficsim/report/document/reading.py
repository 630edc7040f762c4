"""What a report reads of its study, once: tables, effects against the baseline, and how far the study is."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from trafficsim.analysis.effects import Effects, effects
from trafficsim.analysis.measures import ALL, Measures, measures_in
from trafficsim.analysis.paired import LEVEL
from trafficsim.configuration import Configuration
from trafficsim.engine.calendar import FIRST_YEAR, MONTHS_A_YEAR
from trafficsim.errors import UserError
from trafficsim.experiments.files import reading
from trafficsim.experiments.frames import open_study
from trafficsim.experiments.points import configuration_in
from trafficsim.report import figures
from trafficsim.report.figures.indicators import HEADLINES

MANY = 5
"""Policies beside the baseline from which they are not named one by one in a sentence."""

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip

LAID_OUT_BY_HAND = ("grid", "file", "morris")
"""Designs whose points are not spread as plausible values are."""

TABLES = (*figures.TABLES, "levers", "runs", "failures")


@dataclass(frozen=True)
class Reported:
    """A study as its report knows it.

    ``arms`` maps each arm's name to its title, the baseline first; ``indicators`` has a row for each that the file knows.
    ``measures`` are absent (None) where no whole world is finished, and ``missing`` then says so. ``main`` are the effects on the
    main indicators, tested together; ``other`` those on all others. Both are absent where there is one arm alone.
    """

    file: Path
    study: pd.Series
    configuration: Configuration
    frames: Mapping[str, pd.DataFrame]
    arms: dict[str, str]
    indicators: pd.DataFrame
    measures: Measures | None
    missing: str
    main: Effects | None
    other: Effects | None

    @property
    def id(self) -> str:
        """The study's id."""
        return str(self.study["id"])

    @property
    def baseline(self) -> str:
        """The name of the arm that others are compared with."""
        return next(iter(self.arms))

    @property
    def others(self) -> list[str]:
        """The names of all other arms."""
        return list(self.arms)[1:]

    @property
    def other_titles(self) -> str:
        """Name all other arms, or say how many they are."""
        titles = [f"“{self.arms[arm]}”" for arm in self.others]
        if len(titles) >= MANY:
            return f"{len(titles)} other policies"
        return " and ".join([", ".join(titles[:-1]), titles[-1]] if len(titles) > 1 else titles)

    @property
    def worlds(self) -> int:
        """How many worlds are finished in every arm and replicate."""
        return self.measures.worlds if self.measures else 0

    @property
    def finished(self) -> int:
        """How many replicates were finished, counted in each world."""
        return len(self.frames["totals"][["draw", "replicate"]].drop_duplicates())

    @property
    def planned(self) -> int:
        """How many were planned."""
        return int(self.study["replicates"] * max(1, self.study["draws"]))

    @property
    def extent(self) -> str:
        """Say over how many worlds and replicates a number of the sentences and tables is taken."""
        if self.measures is None:
            return "no finished world"
        each = counted(self.measures.replicates, "replicate")
        return f"{self.worlds} worlds, {each} each" if self.worlds > 1 else f"one set of assumptions, {each}"

    @property
    def worlds_are(self) -> str:
        """Say what the study's draws are: worlds that are plausible, or points that somebody laid out."""
        return "points of the design" if self.study["design"] in LAID_OUT_BY_HAND else "plausible worlds"

    @property
    def window(self) -> str:
        """Say over which months totals are taken: "from April 2024 to March 2034"."""
        first = self.configuration.study.first_policy_month
        return f"from {month_in_words(first)} to {month_in_words(self.configuration.study.end_month - 1)}"

    @property
    def measured(self) -> list[str]:
        """The names of the indicators that have a value in some run: a mean price has none where nobody was sold."""
        return list(dict.fromkeys(name for name, _ in self.measures.rows)) if self.measures else []

    def label(self, indicator: str) -> str:
        """Return an indicator in words."""
        return str(self.indicators.loc[indicator, "label"])

    def unit(self, indicator: str) -> str:
        """Return the unit of an indicator."""
        return str(self.indicators.loc[indicator, "unit"])

    def direction(self, indicator: str) -> str:
        """Return which way of an indicator is better."""
        return str(self.indicators.loc[indicator, "direction"])


def read_study(file: Path | str, study: str | None = None) -> Reported:
    """Return the study in a results file (the newest, or the one whose id is ``study``).

    Raises :class:`UserError` where there is none, or where it holds no finished replicate.
    """
    file = Path(file)
    frames = open_study(file, study, TABLES)
    one = frames["studies"].iloc[0]
    if frames["totals"].empty:
        raise UserError(f"{file} holds no finished replicate, so there is nothing to report.")
    with reading(file) as connection:
        configuration = configuration_in(connection, file, one["id"])
    indicators = frames["indicators"].sort_values("place").set_index("name")
    arms = frames["arms"].sort_values("place")
    measures, missing = _measured(file, one["id"])
    main = [name for name in HEADLINES if name in indicators.index]
    return Reported(
        file=file,
        study=one,
        configuration=configuration,
        frames=frames,
        arms=dict(zip(arms["arm"], arms["title"], strict=True)),
        indicators=indicators,
        measures=measures,
        missing=missing,
        main=_effects(file, one["id"], measures, main),
        other=_effects(file, one["id"], measures, [name for name in indicators.index if name not in main]),
    )


def _measured(file: Path, study: str) -> tuple[Measures | None, str]:
    try:
        return measures_in(file, study), ""
    except UserError as why:
        return None, str(why)


def _effects(file: Path, study: str, measures: Measures | None, indicators: list[str]) -> Effects | None:
    if measures is None or len(measures.arms) < 2 or not indicators:
        return None
    return effects(measures_in(file, study, ALL, indicators), level=LEVEL)


def month_in_words(month: int) -> str:
    """Return a month, counted from January 1996, as "April 2024"."""
    return f"{MONTHS[month % MONTHS_A_YEAR]} {FIRST_YEAR + month // MONTHS_A_YEAR}"


def counted(number: int, one: str, many: str = "") -> str:
    """Return "1 replicate" or "2 replicates"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def level_of(reported: Reported, indicator: str, arm: str) -> Any:
    """Return the values of an indicator under an arm, shape (worlds, replicates)."""
    assert reported.measures is not None
    return reported.measures.table(indicator, ALL, arm)
