"""Series by month in Parquet files beside a results file, for studies whose series would make it too large to handle.

A part holds the series of several runs, is named by its own content and never changed. It is whole on disk before the
results file speaks of it, so that a study that is killed leaves at most a part that nobody refers to.
"""

import hashlib
import importlib.util
import os
import re
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from trafficsim.catalog.reading import shortened
from trafficsim.engine.calendar import month_label
from trafficsim.errors import UserError
from trafficsim.experiments.content import IN_PARQUET
from trafficsim.experiments.files import DamagedFileError
from trafficsim.experiments.result import RunRecord

INDICATOR = "indicator"
"""The kind of a series that table ``monthly`` would hold; other kinds are those of table ``stocks``."""

_PART = re.compile(r"[0-9a-f]{24}\.parquet")

_PARTS = """
select distinct part from run_series join study_runs using (run) where study = ?
"""
_RUNS = """
select identity, arm, draw, replicate, run from study_runs join runs on runs.id = run where study = ?
"""


def series_folder(path: Path) -> Path:
    """Return the folder of the parts that belong to the results file at ``path``."""
    return path.parent / "series"


def part_at(path: Path, part: str) -> Path:
    """Return where a part of the results file at ``path`` lies; :class:`DamagedFileError` for a name that is none of ours.

    A stranger may have written the name: it shall lead to no other file, which would be read, or deleted with a study.
    """
    if not _PART.fullmatch(str(part)):
        raise DamagedFileError(f"{path}: {shortened(repr(part))} is not the name of a file with series.")
    return series_folder(path) / part


def check_parquet() -> None:
    """Raise :class:`UserError` where Parquet files cannot be written."""
    if importlib.util.find_spec("pyarrow") is None:
        raise UserError(
            "output.series=parquet needs pyarrow, which is not installed: pip install 'trafficsim[parquet]'."
        )


def write_part(path: Path, runs: Sequence[RunRecord]) -> tuple[str, str, int]:
    """Write the series of ``runs`` into a part beside the results file at ``path``; return its name, SHA-256 and rows."""
    frame = pd.DataFrame(
        [row for run in runs for row in _rows(run)], columns=["identity", "kind", "name", "month", "value"]
    )
    for column in ("identity", "kind", "name", "month"):
        frame[column] = frame[column].astype("category")  # each word once
    folder = series_folder(path)
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f"unfinished-{os.getpid()}.parquet"
    frame.to_parquet(unfinished, index=False, compression="zstd")
    with unfinished.open("rb+") as written:
        digest = hashlib.file_digest(written, "sha256").hexdigest()
        os.fsync(written.fileno())
    part = f"{digest[:24]}.parquet"
    unfinished.replace(folder / part)
    return part, digest, len(frame)


def _rows(run: RunRecord) -> Iterable[Sequence[Any]]:
    labels = [month_label(run.first_month + month) for month in range(run.months)]
    for name in sorted(run.monthly):
        for label, value in zip(labels, run.monthly[name].tolist(), strict=True):
            if value == value:  # the mean price of a month without a sale is absent
                yield run.run_id, INDICATOR, name, label, value
    for month, kind, level, count in sorted(run.stocks, key=lambda row: (row[1], row[2], row[0])):
        yield run.run_id, kind, level, labels[month - run.first_month], float(count)


def series_of(path: Path, connection: sqlite3.Connection, study: str, table: str) -> pd.DataFrame | None:
    """Return what table ``monthly`` or ``stocks`` would hold of a study whose series lie in parts; None where none do.

    Raises :class:`UserError` where a part is missing or cannot be read.
    """
    parts = [part for (part,) in connection.execute(_PARTS, [study])]
    if not parts:
        return None
    check_parquet()
    frames = []
    for part in parts:
        file = part_at(path, part)
        try:
            frames.append(pd.read_parquet(file, filters=[("kind", "==" if table == "monthly" else "!=", INDICATOR)]))
        except (OSError, ValueError) as problem:
            raise UserError(
                f"{file} cannot be read: {problem}. The same study lives its runs through again."
            ) from problem
    series = pd.concat(frames, ignore_index=True).astype(dict.fromkeys(("identity", "kind", "name", "month"), "str"))
    runs = pd.read_sql_query(_RUNS, connection, params=[study])
    found = runs.merge(series, on="identity").drop(columns="identity")
    if table == "monthly":
        return found.drop(columns="kind").rename(columns={"name": "indicator"})
    return found.rename(columns={"name": "level", "value": "count"}).astype({"count": "int64"})


def problems_of_parts(path: Path, connection: sqlite3.Connection) -> Iterable[str]:
    """Yield what is wrong with the parts that a results file refers to."""
    for part, digest in connection.execute("select part, sha256 from series_parts order by part"):
        file = part_at(path, part)
        if not file.is_file():
            yield f"{file} is missing: the series of some runs of {path} are in it."
        elif hashlib.sha256(file.read_bytes()).hexdigest() != digest:
            yield f"{file} is not as it was written. Delete it, and the same study lives its runs through again."


def forget_lost_parts(path: Path, connection: sqlite3.Connection) -> None:
    """Forget the parts that are no longer there, so that their runs are lived through again."""
    for (part,) in connection.execute("select part from series_parts").fetchall():
        if not part_at(path, part).is_file():
            runs = "id in (select run from run_series where part = ?)"
            connection.execute(f"update runs set kept = replace(kept, ', {IN_PARQUET}', '') where {runs}", [part])
            connection.execute("delete from run_series where part = ?", [part])
    forget_unused_parts(connection)


def forget_unused_parts(connection: sqlite3.Connection) -> list[str]:
    """Forget the parts that hold the series of no run any more; return their names."""
    unused = "part not in (select part from run_series)"
    names = [part for (part,) in connection.execute(f"select part from series_parts where {unused}")]
    connection.execute(f"delete from series_parts where {unused}")
    return names
