"""A change of results explained from what is stored: settings that differ first, then the first life, month and rule."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from trafficsim.analysis.beside import MUST_AGREE, changes
from trafficsim.analysis.divergence import Divergence, divergence, numbers_apart
from trafficsim.errors import UserError
from trafficsim.experiments.event_logs import TwoLogs, logs_of_arms, logs_of_files
from trafficsim.experiments.files import reading
from trafficsim.experiments.frames import open_study, whole_totals
from trafficsim.experiments.points import configuration_in, study_in

MADE_BY = {"model_version": "rules", "software_version": "trafficsim"}


@dataclass(frozen=True)
class RunApart:
    """One pair of runs: arm, draw and replicate, and how their lives differ."""

    arm: str
    draw: int
    replicate: int
    lives: Divergence


@dataclass(frozen=True)
class Explained:
    """What :func:`explain_files` and :func:`explain_arms` return.

    ``names`` are those of both sides; ``changed`` maps what differs in versions, assumptions and draws to both values, as text.
    ``runs`` are all that were compared; ``first`` is that whose lives differ earliest, None where none do. ``totals`` has a row
    for each arm and indicator that differs, as :func:`~trafficsim.analysis.divergence.numbers_apart` returns them.
    """

    names: tuple[str, str]
    changed: Mapping[str, tuple[str, str]]
    runs: tuple[RunApart, ...]
    first: RunApart | None
    totals: pd.DataFrame

    @property
    def differs(self) -> bool:
        """Whether a life, or a total, is not the same."""
        return self.first is not None or len(self.totals) > 0


def explain_files(first: Path, second: Path, study: str | None = None) -> Explained:
    """Return where two results files of the same lives begin to differ.

    Raises :class:`UserError` where their lives are not the same, or a file keeps no events.
    """
    ids, plain, made, draws = [], [], [], []
    for file, asked in ((first, study), (second, None)):
        with reading(file) as connection:
            chosen = study_in(connection, file, asked)
            plain.append(configuration_in(connection, file, chosen).plain())
        frames = open_study(file, chosen, ["studies", "draws"])
        ids.append(chosen)
        made.append(frames["studies"].iloc[0])
        draws.append(frames["draws"].set_index(["draw", "process", "name"])["value"])
    for key, words in MUST_AGREE.items():
        one, other = (each["study"].get(key) for each in plain)
        if one != other:
            raise UserError(
                f"{first} and {second} differ in {words} ({one} and {other}), so their lives are not the same. Run one of them "
                f"again with study.{key}={one}."
            )
    changed = {
        words: (str(made[0][key]), str(made[1][key])) for key, words in MADE_BY.items() if made[0][key] != made[1][key]
    }
    changed |= changes(plain[0], plain[1])
    here, there = draws[0].align(draws[1], join="inner")
    apart = int(np.count_nonzero(here.to_numpy() != there.to_numpy()))
    if apart:
        largest = float(((here - there).abs() / here.abs().replace(0.0, 1.0)).max())
        changed["values drawn"] = (
            f"{len(here):,} of them",
            f"{apart:,} otherwise, by up to {largest:.1e} of the value",
        )
    runs = _runs(logs_of_files(first, second, study))
    totals = numbers_apart(whole_totals(first, ids[0]), whole_totals(second, ids[1]))
    return Explained((str(first), str(second)), changed, runs, _first(runs), totals)


def explain_arms(file: Path, arms: tuple[str, str], study: str | None = None) -> Explained:
    """Return where the same lives begin to differ between two arms of one results file."""
    runs = _runs(logs_of_arms(file, arms, study))
    totals = whole_totals(file, study)
    one, other = (totals[totals["arm"] == name].assign(arm="both") for name in arms)
    return Explained(arms, {}, runs, _first(runs), numbers_apart(one, other))


def _runs(logs: Iterable[TwoLogs]) -> tuple[RunApart, ...]:
    return tuple(
        RunApart(each.arm, each.draw, each.replicate, divergence(each.here, each.there, each.before)) for each in logs
    )


def _first(runs: Iterable[RunApart]) -> RunApart | None:
    apart = [run for run in runs if run.lives.month is not None]
    return min(apart, key=lambda run: (str(run.lives.month), run.draw, run.replicate), default=None)
