"""The logs of two runs side by side, read from results files, for whoever asks where the same lives part."""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from trafficsim.errors import UserError
from trafficsim.experiments.files import reading
from trafficsim.experiments.points import study_in
from trafficsim.experiments.result import HISTORY

_RUNS = """
select arm, draw, replicate, run, kept, parent_run, coalesce(place, -1) as place
from study_runs join runs on runs.id = run left join arms using (study, arm)
where study_runs.study = ? order by draw, replicate, place
"""
_LOG = "select month, person_key, event from events where run = ? order by rowid"


@dataclass(frozen=True)
class TwoLogs:
    """What happened in two runs of the same lives; columns month, person_key, event, in order.

    ``arm`` names their arm, or both as "A against B"; ``before`` is the history that the first branched from.
    """

    arm: str
    draw: int
    replicate: int
    here: pd.DataFrame
    there: pd.DataFrame
    before: pd.DataFrame | None


def logs_of_files(first: Path, second: Path, study: str | None = None) -> Iterator[TwoLogs]:
    """Yield the logs of each run that two files share, by draw and replicate, the history before the arms.

    Raises :class:`UserError` where a file keeps no events, or where they share no run.
    """
    with ExitStack() as stack:
        connections = [stack.enter_context(reading(path)) for path in (first, second)]
        runs = [
            _runs(connection, path, chosen)
            for connection, path, chosen in zip(connections, (first, second), (study, None), strict=True)
        ]
        joined = runs[0].merge(runs[1], on=["arm", "draw", "replicate"], suffixes=("", "_there"))
        if joined.empty:
            raise UserError(f"{first} and {second} share no finished run: of no arm, draw and replicate.")
        for row in joined.itertuples():
            history = None if row.arm == HISTORY else row.parent_run
            yield TwoLogs(
                str(row.arm), int(row.draw), int(row.replicate), _log(connections[0], row.run),
                _log(connections[1], row.run_there), None if pd.isna(history) else _log(connections[0], history),
            )  # fmt: skip


def logs_of_arms(file: Path, arms: tuple[str, str], study: str | None = None) -> Iterator[TwoLogs]:
    """Yield the logs of two arms of one study, by draw and replicate. Raises :class:`UserError` for an arm it has not."""
    with reading(file) as connection:
        runs = _runs(connection, file, study)
        known = [name for name in runs["arm"].unique() if name != HISTORY]
        for name in arms:
            if name not in known:
                raise UserError(f"{file} has no arm '{name}'. It has: {', '.join(known)}.")
        sides = [runs[runs["arm"] == name] for name in arms]
        for row in sides[0].merge(sides[1], on=["draw", "replicate"], suffixes=("", "_there")).itertuples():
            before = None if pd.isna(row.parent_run) else _log(connection, row.parent_run)
            yield TwoLogs(
                f"{arms[0]} against {arms[1]}", int(row.draw), int(row.replicate), _log(connection, row.run),
                _log(connection, row.run_there), before,
            )  # fmt: skip


def _runs(connection: sqlite3.Connection, path: Path, study: str | None) -> pd.DataFrame:
    runs = pd.read_sql_query(_RUNS, connection, params=[study_in(connection, path, study)])
    if not runs["kept"].str.contains("events").all():
        raise UserError(
            f"{path} keeps no events of lives, so no life can be followed in it. Run the study again with output.events=true."
        )
    return runs


def _log(connection: sqlite3.Connection, run: object) -> pd.DataFrame:
    return pd.read_sql_query(_LOG, connection, params=[int(str(run).partition(".")[0])])
