"""One study alone, copied into a file of its own: whole, in a fixed order, and without traces of the computer that made it."""

import json
import re
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from trafficsim.experiments.content import CONTENT_TABLES
from trafficsim.experiments.files import check_whole, close, opened, reading
from trafficsim.experiments.schema import KEYS, OF_PAIRS, STUDY_TABLES, TABLES

_RUNS = "select run from study_runs where study = :study"
_WITH_HISTORIES = f"{_RUNS} union select parent_run from runs where id in ({_RUNS}) and parent_run is not null"
_WHICH = {
    "studies": "id = :study",
    "configurations": "hash in (select configuration from studies where id = :study)",
    "runs": f"id in ({_WITH_HISTORIES})",
    **dict.fromkeys(CONTENT_TABLES, f"run in ({_WITH_HISTORIES})"),
    **dict.fromkeys(OF_PAIRS, f"run_a in ({_RUNS}) and run_b in ({_RUNS})"),
    **dict.fromkeys(STUDY_TABLES, "study = :study"),
    **dict.fromkeys(("run_series", "series_parts"), "false"),
}
"""Which rows belong to a study; of other tables, which explain, all are copied.

Series in Parquet files beside the results file stay there: they are made to be large, and each run can be made again.
"""

NO_PLACE = {"output": {"folder": "results"}, "executor": {"address": ""}, "study": {"points": "points.csv"}}
"""What stands in a copy in place of folders, files and hosts; none of it is part of the configuration's hash."""

_TRACES = (
    (re.compile(r"""\b[a-z]+://[^\s"'<>,;)]+"""), "(address)"),
    (re.compile(r"""(["'])(?:[A-Za-z]:)?[/\\][^"'\n]*[/\\]([^"'/\\\n]*)\1"""), r"\1\2\1"),
    (re.compile(r"""(?<!\w)(?:[A-Za-z]:)?[/\\](?:[^\s"'/\\:,;]+[/\\])+"""), ""),
)
"""What may tell of a computer in the story of a failure, and what takes its place: addresses, folders in quotes, folders."""


def copy_study(source: Path | str, study: str, target: Path) -> None:
    """Copy a study and its runs from the file ``source`` into a new file at ``target``; equal rows make equal bytes.

    Raises :class:`UserError` where the source is missing, not ours or damaged, and :class:`OSError` where there is no room.
    """
    with reading(source) as connection:
        check_whole(source)
        try:
            _copy_all(connection, study, target)
        except sqlite3.OperationalError as problem:  # the source is whole, so it is the copy that cannot be written
            raise OSError(str(problem)) from problem


def _copy_all(source: sqlite3.Connection, study: str, target: Path) -> None:
    database = opened(target)
    try:
        with database.atomic():
            database.execute("PRAGMA defer_foreign_keys = on")
            for table in TABLES:
                _copy(source, database.conn, table, study)
    finally:
        close(database)


def without_places(plain: dict[str, Any]) -> dict[str, Any]:
    """Return a plain configuration with no folder, file or host of the computer in it."""
    changed = dict(plain)
    for group, values in NO_PLACE.items():
        own = dict(plain[group])
        changed[group] = own | {key: value for key, value in values.items() if own.get(key)}
    return changed


def without_traces(text: str) -> str:
    """Return the story of a failure with no address and no folder of a computer in it."""
    for pattern, instead in _TRACES:
        text = pattern.sub(instead, text)
    return text


def _copy(source: sqlite3.Connection, target: sqlite3.Connection, table: str, study: str) -> None:
    columns = ", ".join(TABLES[table])
    key = KEYS.get(table, "rowid")
    order = key if isinstance(key, str) else ", ".join(key)
    where = f" where {_WHICH[table]}" if table in _WHICH else ""
    rows: Iterable[Sequence[Any]] = source.execute(
        f"select {columns} from {table}{where} order by {order}", {"study": study} if where else {}
    )
    if table == "configurations":
        rows = [(name, json.dumps(without_places(json.loads(content)), sort_keys=True)) for name, content in rows]
    if table == "failures":  # a traceback names folders, and so may a reason
        rows = [tuple(without_traces(cell) if isinstance(cell, str) else cell for cell in row) for row in rows]
    target.executemany(f"insert into {table} ({columns}) values ({', '.join('?' * len(TABLES[table]))})", rows)
