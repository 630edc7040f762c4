"""Studies as data frames, read from a results file or made of one in memory."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from trafficsim.experiments.explanations import DrawRows, Rows, description, explanations
from trafficsim.experiments.files import frame_in, reading
from trafficsim.experiments.points import laid_out_in, study_in
from trafficsim.experiments.result import HISTORY, StudyResult
from trafficsim.experiments.schema import OF_PAIRS, TABLES
from trafficsim.experiments.series import series_of
from trafficsim.layouts import LaidOutPoints

FRAMES = (
    "studies", "indicators", "levers", "limits", "arms", "parameters", "draws", "runs", "failures", "fates",
    "harmed_lives", "changed_lives", "monthly", "totals", "stocks",
)  # fmt: skip
"""The tables that :func:`open_study` returns; events are left out, for they may be larger than memory."""

PAIR = ["study", "draw", "replicate", "arm_a", "arm_b"]
"""What names two runs whose lives were compared."""

_OF_PAIRS = """
select a.study, a.draw, a.replicate, a.arm as arm_a, b.arm as arm_b, {columns}
from {table}
join study_runs as a on a.run = run_a
join study_runs as b on b.run = run_b and b.study = a.study and b.draw = a.draw and b.replicate = a.replicate
where a.study = ?
order by a.draw, a.replicate, a.arm, b.arm
"""


def open_study(path: Path | str, study: str | None = None, tables: Collection[str] = FRAMES) -> dict[str, pd.DataFrame]:
    """Return ``tables`` of one study as data frames by name (the newest study, or the one whose id is ``study``).

    ``runs``, ``monthly``, ``totals`` and ``stocks`` carry the arm, the draw and the replicate of their run. Raises
    :class:`UserError` where the file is missing, is not ours, or has no such study.
    """
    with reading(path) as connection:
        chosen = [study_in(connection, path, study)]
        frames: dict[str, pd.DataFrame] = {}
        for table in tables:
            sql, values = _query(table, chosen)
            frames[table] = frame_in(connection, path, sql, values)
            if table in ("monthly", "stocks"):
                beside = series_of(Path(path), connection, chosen[0], table)
                if beside is not None:
                    own = frames[table]
                    frames[table] = beside[own.columns] if own.empty else pd.concat([own, beside[own.columns]])
            if table == "draws":
                points = laid_out_in(connection, path, chosen[0])
                if points is not None:
                    frames[table] = _draws(chosen[0], points)
        return frames


def whole_totals(path: Path | str, study: str | None = None, indicators: Collection[str] = ()) -> pd.DataFrame:
    """Return the totals over all groups of each arm of a study, as table ``totals`` of :func:`open_study` has them.

    ``indicators`` narrows them; none named: all. Of a very large study no more is read than that.
    """
    return group_totals(path, study, "all", indicators).drop(columns="level")


def group_totals(
    path: Path | str, study: str | None = None, dimension: str = "all", indicators: Collection[str] = ()
) -> pd.DataFrame:
    """Return the totals by the groups of one dimension; columns arm, draw, replicate, indicator, dimension, level, value."""
    with reading(path) as connection:
        chosen = study_in(connection, path, study)
        return frame_in(
            connection,
            path,
            "select arm, draw, replicate, indicator, dimension, level, value from study_runs "
            "join totals on totals.run = study_runs.run "
            f"where study = ? and arm != '{HISTORY}' {_among(indicators)}and dimension = ?",
            [chosen, *indicators, dimension],
        )


def monthly_values(path: Path | str, study: str | None = None, indicators: Collection[str] = ()) -> pd.DataFrame:
    """Return the series of each arm of a study, narrowed to ``indicators`` (none named: all); a month with none may be absent.

    Columns: arm, draw, replicate, indicator, month (YYYY-MM), value.
    """
    columns = ["arm", "draw", "replicate", "indicator", "month", "value"]
    with reading(path) as connection:
        chosen = study_in(connection, path, study)
        own = frame_in(
            connection,
            path,
            f"select {', '.join(columns)} from study_runs join monthly on monthly.run = study_runs.run "
            f"where study = ? and arm != '{HISTORY}' {_among(indicators)}",
            [chosen, *indicators],
        )
        beside = series_of(Path(path), connection, chosen, "monthly")
    if beside is None:
        return own
    wanted = (beside["arm"] != HISTORY) & (beside["indicator"].isin(list(indicators)) | (not indicators))
    return beside.loc[wanted, columns] if own.empty else pd.concat([own, beside.loc[wanted, columns]])


def _among(indicators: Collection[str]) -> str:
    return f"and indicator in ({', '.join('?' * len(indicators))}) " if indicators else ""


def _draws(study: str, points: LaidOutPoints) -> pd.DataFrame:
    """Return the rows of table ``draws`` for points that the configuration gives again."""
    values = points.values()
    number, columns = values.shape
    names = [name.partition(".") for name in points.layout.parameters]
    rows: dict[str, Any] = {
        "study": study,
        "draw": np.repeat(np.arange(number), columns),
        "process": np.tile(np.array([process for process, _, _ in names], object), number),
        "name": np.tile(np.array([name for _, _, name in names], object), number),
        "value": values.ravel(),
    }
    return pd.DataFrame(rows, columns=list(TABLES["draws"]))


def _query(table: str, chosen: list[str]) -> tuple[str, list[str]]:
    """Return the question for the rows of ``table`` that belong to the study ``chosen``."""
    columns = TABLES[table]
    if table == "runs":
        return (
            "select study, draw, replicate, arm, runs.* from runs join study_runs on run = id where study = ? order by id",
            chosen,
        )
    if "run_a" in columns:
        return _OF_PAIRS.format(table=table, columns=", ".join(list(columns)[2:])), chosen
    if "run" in columns and "study" not in columns:
        return (
            f"select arm, draw, replicate, {table}.* from {table} join study_runs on study_runs.run = {table}.run "
            f"where study = ?",
            chosen,
        )
    if table == "studies" or "study" in columns:
        return f"select * from {table} where {'id' if table == 'studies' else 'study'} = ?", chosen
    return f"select * from {table}", []


def frames_of(result: StudyResult) -> dict[str, pd.DataFrame]:
    """Return what :func:`open_study` would for a study in memory, save ``runs`` and what changes month by month."""
    rows: dict[str, Rows] = {**explanations(), **description(result), "draws": DrawRows(result), "failures": []}
    frames = {table: pd.DataFrame(list(rows[table]), columns=list(TABLES[table])) for table in FRAMES if table in rows}
    for table in OF_PAIRS:
        frames[table] = pd.DataFrame(
            [(result.study_id, *row) for row in getattr(result, table)], columns=[*PAIR, *list(TABLES[table])[2:]]
        )
    totals = [
        (run.arm, run.draw, run.replicate, *row) for run in result.runs for row in run.totals if not np.isnan(row[-1])
    ]  # fmt: skip
    frames["totals"] = pd.DataFrame(totals, columns=["arm", "draw", "replicate", *list(TABLES["totals"])[1:]])
    return frames
