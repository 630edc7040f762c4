"""A study as Python has it: it prints, draws and hands out data frames, whether it was run just now or opened from a file."""

import dataclasses
import shutil
import tempfile
import weakref
from collections.abc import Iterable, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from trafficsim.analysis.paired import LEVEL
from trafficsim.analysis.summary import arm_totals, summarise
from trafficsim.catalog.reading import nearest, one_of
from trafficsim.comparison.blamed import blamed
from trafficsim.comparison.lives import Life, lives_in
from trafficsim.configuration import Configuration
from trafficsim.errors import UserError
from trafficsim.experiments.files import reading
from trafficsim.experiments.frames import FRAMES, frames_of, open_study
from trafficsim.experiments.points import configuration_in, study_in
from trafficsim.experiments.result import StudyResult
from trafficsim.experiments.store import save_study

if TYPE_CHECKING:
    import matplotlib.figure

    import trafficsim.analysis.beside
    from trafficsim.analysis.counterfactuals import Counterfactuals
    from trafficsim.analysis.effects import Effects
    from trafficsim.analysis.measures import Measures
    from trafficsim.report.shown import Shown

BY_MONTH = ("monthly", "stocks")
"""Tables that may be large: they are read when they are asked for."""

TABLES = ("totals", "effects", "fates")
EFFECTS, YEARS = "effects", "effects_by_year"
OF_EFFECTS = ("by", "indicators", "arms", "against", "level", "ratio")


class Comparison:
    """A study of one arm or several on the same lives: ``print`` it, let a notebook show it, draw it, take its data frames.

    :func:`trafficsim.compare`, :func:`trafficsim.run` and :func:`trafficsim.open` make it. All that it hands out is read from
    a results file; one that lives in memory makes a temporary file when it is first asked for more than its totals.
    """

    def __init__(self, result: StudyResult | None = None, path: Path | None = None, study: str | None = None) -> None:
        self._result, self._path, self._study = result, path, study

    @property
    def result(self) -> StudyResult:
        """What came out, as records. Raises :class:`UserError` where the study was opened from a file."""
        if self._result is None:
            raise UserError(
                f"The study in {self._path} was opened from its file; ask for frames, levels() or effects()."
            )
        return self._result

    @property
    def path(self) -> Path:
        """The results file that it is read from."""
        if self._path is None:
            assert self._result is not None
            folder = Path(tempfile.mkdtemp(prefix="trafficsim-"))
            weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
            self._path = save_study(self._result, folder / "study.sqlite")
        return self._path

    @cached_property
    def study(self) -> str:
        """The study's name, with the beginning of a hash of its configuration and the rules."""
        if self._result is not None:
            return self._result.study_id
        with reading(self.path) as connection:
            return study_in(connection, self.path, self._study)

    @cached_property
    def configuration(self) -> Configuration:
        """All that the study was told: ``configuration.hash()`` lets others run exactly the same."""
        with reading(self.path) as connection:
            return configuration_in(connection, self.path, self.study)

    @cached_property
    def frames(self) -> dict[str, pd.DataFrame]:
        """The tables of a results file as data frames, save what changes month by month and what each run cost."""
        if self._result is not None:
            return frames_of(self._result)
        return open_study(self.path, self.study, [table for table in FRAMES if table not in (*BY_MONTH, "runs")])

    @property
    def arms(self) -> dict[str, str]:
        """Each arm's title by its name, the baseline first."""
        arms = self.frames["arms"].sort_values("place")
        return dict(zip(arms["arm"], arms["title"], strict=True))

    @property
    def totals(self) -> pd.DataFrame:
        """Each arm's total of each indicator in each draw and replicate."""
        return arm_totals(self.frames["totals"])

    @cached_property
    def summary(self) -> pd.DataFrame:
        """Mean, interval and paired difference to the first arm, one row an indicator and arm, in the catalogue's order."""
        places = self.frames["indicators"].set_index("name")["place"]
        found = summarise(self.totals, [*self.arms])
        return found.sort_values("indicator", key=lambda names: names.map(places), kind="stable", ignore_index=True)

    def levels(self, indicators: str | Sequence[str] | None = ()) -> pd.DataFrame:
        """Return what each arm comes to: indicator, label, unit, arm, mean, low, high; a row an indicator and arm.

        Intervals hold the middle 90 % of the worlds, in one world 90 % of luck. ``indicators`` narrows them (default: all).
        """
        own = self.summary[["indicator", "arm", "mean", "low", "high"]]
        return self._in_words(own[own["indicator"].isin(self._indicators(indicators))])

    @blamed
    def effects(
        self, by: str = "all", indicators: str | Sequence[str] | None = (), arms: str | Sequence[str] | None = (),
        against: str | None = None, level: float = LEVEL,
    ) -> pd.DataFrame:  # fmt: skip
        """Return what arms change in the same lives, with intervals: a row an indicator, group or year, and arm.

        Args:
            by: "all", or told apart by "area", "purpose", "sex", "age_band", "departure" or "year".
            indicators: which ones (default: the headline indicators; "all" for every one).
            arms: which ones (default: all but the one they are compared with).
            against: the arm they are compared with (default: the first).
            level: of intervals and tests.

        Columns: those of :class:`trafficsim.analysis.effects.Effects`, the indicator's label and unit, and ``word``: better,
        worse, unclear, no change (lower or higher where neither is better).

        """
        found, _ = self._effects(by, indicators, arms, against, level)
        return self._in_words(found.table.assign(word=self._words(found)))

    @blamed
    def beside(
        self, other: "Comparison", indicators: str | Sequence[str] | None = (), level: float = LEVEL
    ) -> "trafficsim.analysis.beside.Beside":
        """Return what arms change here beside what they change in ``other``, a study of the same lives with something changed.

        The result's ``table`` is a data frame (see :class:`trafficsim.analysis.beside.Beside`), and ``changed`` says what
        differs. Raises :class:`UserError` where seed, scale or months differ, so that the lives are not the same.
        """
        from trafficsim.analysis.beside import beside
        from trafficsim.analysis.measures import ALL, measures_in

        names = self._indicators(indicators)
        here, there = (measures_in(each.path, each.study, ALL, names) for each in (self, other))
        return beside(here, there, (self.configuration.plain(), other.configuration.plain()), level)

    @blamed
    def series(self, indicators: str | Sequence[str] | None = ()) -> pd.DataFrame:
        """Return indicators month by month: arm ("history" before arms part), draw, replicate, indicator, month, value."""
        names = self._indicators(indicators)
        monthly = self._by_month("monthly")
        return monthly[monthly["indicator"].isin(names)].reset_index(drop=True)

    @blamed
    def stocks(self, kind: str = "migrant_status") -> pd.DataFrame:
        """Return how many people there are in each status (or, of kind "child_care", children in whose care) at each month's end.

        Columns: arm ("history" before arms part), draw, replicate, month, level, count.
        """
        stocks = self._by_month("stocks")
        kinds = sorted(stocks["kind"].unique())
        if kind not in kinds:
            raise UserError(f"kind = {kind!r}: there is no such kind.{nearest(kind, kinds)} Allowed: {one_of(kinds)}.")
        columns = ["arm", "draw", "replicate", "month", "level", "count"]
        return stocks.loc[stocks["kind"] == kind, columns].reset_index(drop=True)

    @blamed
    def harms(self, arm: str | None = None) -> pd.DataFrame:
        """Return each harm in the same lives under the baseline and ``arm`` (default: the last): met, spared, met anew."""
        from trafficsim.analysis.counterfactuals import table_of

        return table_of(self._counterfactuals(arm).harms())

    @blamed
    def fates(self, arm: str | None = None, harm: str | None = None) -> pd.DataFrame:
        """Return each fate under the baseline with those of the same lives under ``arm`` (default: the last).

        ``harm`` ("removed", "trafficked", ...) keeps to those whom it met under the baseline, and what became of them.
        """
        from trafficsim.analysis.counterfactuals import table_of

        found = self._counterfactuals(arm)
        return table_of(found.fates_of(harm) if harm else found.transitions())

    def lives(self, arm: str | None = None, *, replicate: int = 0, draw: int = 0, each: int = 1) -> pd.DataFrame:
        """Return some lives that part between the baseline and ``arm`` (default: the last), as :func:`trafficsim.lives` does."""
        return lives_in(self._of_two(arm), replicate, draw, each)

    def life(self, key: int | str, arm: str | None = None, *, replicate: int = 0, draw: int = 0) -> Life:
        """Return one life under the baseline and ``arm`` (default: the last), to where and why its two courses part."""
        from trafficsim.experiments.parting import parting_of

        return Life(parting_of(self._of_two(arm), key, replicate, draw))

    @property
    def figures(self) -> tuple[str, ...]:
        """The names that :meth:`plot` knows."""
        from trafficsim.report.figures import DRAWINGS

        return (*DRAWINGS, EFFECTS, YEARS)

    @blamed
    def plot(self, name: str = "", **options: Any) -> "matplotlib.figure.Figure":
        """Return a figure by its name (default: the differences between arms, or the levels of a single arm).

        ``figures`` lists the names. "effects" and "effects_by_year" take the options of :meth:`effects`, and "effects" also
        ``ratio=True``. The figure is matplotlib's, and shows itself in a notebook; ``savefig`` writes it.
        """
        import matplotlib

        from trafficsim.report.figures import DRAWINGS, TABLES
        from trafficsim.report.figures.effects import draw_effects, draw_years
        from trafficsim.report.figures.style import SETTINGS

        name = name or ("differences" if len(self.arms) > 1 else "indicators")
        if name not in self.figures:
            raise UserError(
                f"There is no figure '{name}'.{nearest(name, self.figures)} Allowed: {one_of(self.figures)}."
            )
        with matplotlib.rc_context(SETTINGS):
            if name in DRAWINGS:
                _refuse(options, (), f"figure '{name}'")
                figure = DRAWINGS[name](open_study(self.path, self.study, TABLES))
            else:
                _refuse(options, OF_EFFECTS, f"figure '{name}'")
                ratio = options.pop("ratio", False)
                found, measures = self._effects(**options | ({"by": "year"} if name == YEARS else {}))
                draw = draw_years if found.by == "year" else partial(draw_effects, ratio=ratio)
                figure = draw(found, measures, self.frames)
        if figure is None:
            raise UserError(
                f"The study holds nothing that '{name}' shows: it has one arm, or keeps no series or lives."
            )
        return figure

    @blamed
    def table(self, name: str = "totals", **options: Any) -> "Shown":
        """Return a table as the command line prints it; ``print`` it, or let a notebook show it.

        "totals": each indicator under each arm. "effects", with the options of :meth:`effects` and ``ratio=True``. "fates",
        with ``arm``, ``harm`` and ``matrix=True``: who was spared a harm, who was harmed anew, and what became of them.
        """
        from trafficsim.report.shown import Shown

        if name not in TABLES:
            raise UserError(f"There is no table '{name}'.{nearest(name, TABLES)} Allowed: {one_of(TABLES)}.")
        if name == "totals":
            from trafficsim.report.table import print_comparison

            _refuse(options, (), "table 'totals'")
            return Shown(partial(print_comparison, self.frames))
        if name == "fates":
            return Shown(self._print_fates(**_refuse(options, ("arm", "harm", "matrix"), "table 'fates'")))
        from trafficsim.report.effects import print_effects

        ratio = _refuse(options, OF_EFFECTS, "table 'effects'").pop("ratio", False)
        return Shown(partial(print_effects, *self._effects(**options), self.frames, ratio))

    def show(self) -> None:
        """Print the table that the command line prints."""
        print(self)

    def save(self, path: Path | str) -> Path:
        """Write the results file, beside other studies if it is there already; return its path."""
        if self._result is not None:
            return save_study(self._result, path)
        raise UserError(f"The study is in {self._path} already; copy that file, or 'trafficsim bundle' it for others.")

    @blamed
    def report(self, folder: Path | str) -> list[Path]:
        """Write the study as a page and a PDF, with its figures in a folder ``figures`` there; return the paths of both.

        Raises :class:`UserError` where the folder cannot be written, and, after the page, where the library that sets the PDF
        is not installed.
        """
        from trafficsim.report.document.reading import read_study
        from trafficsim.report.document.whole import document_of
        from trafficsim.report.document.writing import write_report
        from trafficsim.report.figures import draw_figures

        drawn = draw_figures(self.path, Path(folder) / "figures", self.study)
        return list(write_report(document_of(read_study(self.path, self.study), drawn), folder))

    @blamed
    def __str__(self) -> str:
        """Return the table that the command line prints."""
        return str(self.table())

    def __repr__(self) -> str:
        """Name the arms, the number of replicates, and in how many worlds there were so many."""
        places = self.totals[["draw", "replicate"]].drop_duplicates()
        worlds = max(1, places["draw"].nunique())
        among = f" in each of {worlds} worlds" if worlds > 1 else ""
        number = len(places) // worlds
        return f"<Comparison of {', '.join(self.arms)}; {number} {'replicate' if number == 1 else 'replicates'}{among}>"

    @blamed
    def _repr_html_(self) -> str:
        return self.table()._repr_html_()

    def _effects(
        self, by: str = "all", indicators: str | Sequence[str] | None = (), arms: str | Sequence[str] | None = (),
        against: str | None = None, level: float = LEVEL,
    ) -> "tuple[Effects, Measures]":  # fmt: skip
        from trafficsim.analysis.effects import effects
        from trafficsim.analysis.measures import ALL, BY, measures_in
        from trafficsim.report.figures.indicators import HEADLINES

        if by not in (ALL, *BY):
            raise UserError(f"by = {by!r}: there is no such group.{nearest(by, BY)} Allowed: {one_of([ALL, *BY])}.")
        if not 0.0 < level < 1.0:
            raise UserError(f"level = {level!r}: it should lie between 0 and 1.")
        chosen = _listed(indicators) or list(HEADLINES)
        measures = measures_in(self.path, self.study, by, [] if chosen == ["all"] else chosen)
        return effects(measures, _listed(arms), against, level), measures

    def _words(self, found: "Effects") -> list[str]:
        from trafficsim.report.effects import word_of

        direction = self.frames["indicators"].set_index("name")["direction"]
        return [word_of(row, direction[row.indicator]) for row in found.table.itertuples()]

    def _counterfactuals(self, arm: str | None) -> "Counterfactuals":
        from trafficsim.analysis.counterfactuals import Counterfactuals

        return Counterfactuals(self.frames, arm)

    def _print_fates(self, arm: str | None = None, harm: str | None = None, matrix: bool = False) -> Any:
        from trafficsim.report.harm_tables import print_fates, print_harms, print_legend, print_matrix

        found = self._counterfactuals(arm)
        if harm:
            found.fates_of(harm)  # a wrong word is told at once

        def draw(console: Any) -> None:
            print_harms(self.frames, found, console)
            if harm:
                print_fates(found, harm, console)
            if matrix:
                print_matrix(found, console)
            print_legend(self.frames, found, console)

        return draw

    def _of_two(self, arm: str | None) -> Configuration:
        first, *others = self.configuration.arms
        named = {one.name: one for one in others}
        if not named or (arm and arm not in named):
            name = f"'{arm}'" if arm else "beside its baseline"
            raise UserError(f"The study has no arm {name}.{nearest(arm or '', named)} It has: {one_of(self.arms)}.")
        return dataclasses.replace(self.configuration, arms=(first, named[arm] if arm else others[-1]))

    def _by_month(self, table: str) -> pd.DataFrame:
        found = open_study(self.path, self.study, [table])[table]
        if found.empty:
            raise UserError(f"Study {self.study} keeps no series by month; run it with output={{'monthly': True}}.")
        return found.drop(columns="run")

    def _indicators(self, wanted: str | Sequence[str] | None) -> list[str]:
        known = list(self.frames["indicators"]["name"])
        for name in _listed(wanted):
            if name not in known:
                raise UserError(f"There is no indicator '{name}'.{nearest(name, known)} Allowed: {one_of(known)}.")
        return _listed(wanted) or known

    def _in_words(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return a frame with the indicator's label and unit behind its name."""
        known = self.frames["indicators"].set_index("name")
        frame = frame.reset_index(drop=True)
        for place, column in enumerate(("label", "unit"), 1):
            frame.insert(place, column, frame["indicator"].map(known[column]))
        return frame


def _listed(names: str | Iterable[str] | None) -> list[str]:
    return [names] if isinstance(names, str) else list(names or ())


def _refuse(options: dict[str, Any], allowed: Sequence[str], what: str) -> dict[str, Any]:
    """Return ``options``; :class:`UserError` for one that ``what`` does not take."""
    for name in options:
        if name not in allowed:
            takes = f" It takes: {one_of(allowed)}." if allowed else " It takes none."
            raise UserError(f"The {what} has no option '{name}'.{nearest(name, allowed)}{takes}")
    return options
