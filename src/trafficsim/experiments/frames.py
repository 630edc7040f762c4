"""Studies as data frames, read from a results file or made of one in memory."""

from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd

from trafficsim.errors import UserError
from trafficsim.experiments.explanations import Rows, description, explanations
from trafficsim.experiments.files import reading
from trafficsim.experiments.result import StudyResult
from trafficsim.experiments.schema import TABLES
from trafficsim.experiments.series import series_of

FRAMES = (
    "studies", "indicators", "levers", "limits", "arms", "parameters", "draws", "runs", "failures", "fates",
    "changed_lives", "monthly", "totals", "stocks",
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
        studies = [row[0] for row in connection.execute("select id from studies order by created, rowid")]
        if not studies or (study is not None and study not in studies):
            raise UserError(
                f"{path} holds no study{f' {study}' if study else ''}. It holds: {', '.join(studies) or 'none'}."
            )
        chosen = [study or studies[-1]]
        frames: dict[str, pd.DataFrame] = {}
        for table in tables:
            sql, values = _query(table, chosen)
            frames[table] = pd.read_sql_query(sql, connection, params=values)
            if table in ("monthly", "stocks"):
                beside = series_of(Path(path), connection, chosen[0], table)
                if beside is not None:
                    own = frames[table]
                    frames[table] = beside[own.columns] if own.empty else pd.concat([own, beside[own.columns]])
        return frames


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
    rows: dict[str, Rows] = {**explanations(), **description(result), "failures": []}
    frames = {table: pd.DataFrame(list(rows[table]), columns=list(TABLES[table])) for table in FRAMES if table in rows}
    for table, pairs in (("fates", result.fates), ("changed_lives", result.changed_lives)):
        frames[table] = pd.DataFrame(
            [(result.study_id, *row) for row in pairs], columns=[*PAIR, *list(TABLES[table])[2:]]
        )
    totals = [
        (run.arm, run.draw, run.replicate, *row) for run in result.runs for row in run.totals if not np.isnan(row[-1])
    ]  # fmt: skip
    frames["totals"] = pd.DataFrame(totals, columns=["arm", "draw", "replicate", *list(TABLES["totals"])[1:]])
    return frames
