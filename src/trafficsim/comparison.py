"""``trafficsim.compare``: the main job from Python."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console

from trafficsim.analysis.summary import arm_totals, summarise
from trafficsim.configuration import configure
from trafficsim.experiments.frames import frames_of
from trafficsim.experiments.result import StudyResult
from trafficsim.experiments.store import save_study
from trafficsim.experiments.study import run_study
from trafficsim.report.table import print_comparison


@dataclass(frozen=True)
class Comparison:
    """What :func:`compare` returns: a result that shows, saves and hands out data frames."""

    result: StudyResult

    @cached_property
    def frames(self) -> dict[str, pd.DataFrame]:
        """The tables of a results file as data frames, save what changes month by month."""
        return frames_of(self.result)

    @property
    def totals(self) -> pd.DataFrame:
        """Each arm's total of each indicator in each draw and replicate."""
        return arm_totals(self.frames["totals"])

    @property
    def summary(self) -> pd.DataFrame:
        """Mean, interval and paired difference to the first arm, one row an indicator and arm."""
        return summarise(self.totals, [arm["name"] for arm in self.result.arms])

    def show(self) -> None:
        """Print the table that the command line prints."""
        print_comparison(self.frames, Console())

    def save(self, path: Path | str) -> Path:
        """Write the results file, beside other studies; :func:`trafficsim.report.figures.draw_figures` draws it."""
        return save_study(self.result, path)

    def __repr__(self) -> str:
        """Name the arms, the number of replicates, and in how many worlds there were so many."""
        arms = ", ".join(arm["name"] for arm in self.result.arms)
        worlds = max(1, len(self.result.points))
        among = f" in each of {worlds} worlds" if worlds > 1 else ""
        return f"<Comparison of {arms}; {len(self.result.outcomes) // worlds} replicates{among}>"


def compare(
    arms: Iterable[str] = ("status_quo", "non_refoulement_only", "letter_package"), **settings: Any
) -> Comparison:
    """Run ``arms`` on the same simulated lives and compare them with the first.

    ``settings`` are those of the command line: ``draws=64``, ``replicates=4``, ``scale=0.05``, ``seed=1``,
    ``policy_start="2001-01"``, ``years=10``, ``workers=1``, and any other key of the configuration with a double underscore for
    each dot, such as ``parameters__custody__assessment_sensitivity=0.6``. Raises :class:`~trafficsim.errors.UserError` for a
    wrong one.

    >>> from trafficsim import compare
    >>> compare(["status_quo", "non_refoulement_only"], draws=0, replicates=2, scale=0.01, years=1, workers=1)
    <Comparison of status_quo, non_refoulement_only; 2 replicates>
    """
    overrides = [f"arms=[{','.join(arms)}]"]
    overrides += [
        f"{name.replace('__', '.')}={str(value).lower() if isinstance(value, bool) else value}"
        for name, value in settings.items()
    ]
    return Comparison(run_study(configure(overrides)))
