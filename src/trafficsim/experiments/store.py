"""The results file: one SQLite database that explains itself in any SQLite browser.

One writer. Each replicate is one transaction, written when it is finished: whatever ends a study before its time, what
was finished is in the file. Definitions, units, sources and limits stand in tables beside the numbers.
"""

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlite_utils import Database

from trafficsim.engine.calendar import month_label
from trafficsim.errors import UserError
from trafficsim.experiments.explanations import description, explanations
from trafficsim.experiments.result import Outcome, RunRecord, StudyResult
from trafficsim.experiments.schema import APPLICATION_ID, FORM, KEYS, STUDY_TABLES, TABLES, create_tables
from trafficsim.processes.vocabulary import LABELS, Event

EVENTS_AT_A_TIME = 100_000

SQLITE_FILE = b"SQLite format 3\0"
"""How every SQLite file begins."""


class StudyWriter:
    """Writes a study into the file at ``path``, replicate by replicate, beside other studies that are there already.

    A context manager: on entering, the file is made or opened, and an earlier writing of the same study taken out, so
    that a place where nothing can be written is known before anything is computed. ``replicates`` counts what was
    written. Raises :class:`UserError` where the file cannot be written, is in use, or is not ours.
    """

    def __init__(self, path: Path | str, study: StudyResult) -> None:
        self.path, self.study, self.replicates = Path(path), study, 0
        self._database: Database

    def __enter__(self) -> "StudyWriter":
        """Open the file and write what is known before the first replicate."""
        with _told(self.path):
            self._database = _opened(self.path)
            try:
                with self._database.atomic():
                    _begin_study(self._database, self.study)
            except BaseException:
                self._database.close()
                raise
        return self

    def write(self, outcome: Outcome) -> None:
        """Write one replicate, whole or not at all."""
        with _told(self.path), self._database.atomic():
            _write_outcome(self._database, self.study.study_id, outcome)
        self.replicates += 1

    def __exit__(self, kind: Any, *_: Any) -> None:
        """Leave one plain file."""
        try:
            with _told(self.path):
                _close(self._database)
        except UserError:
            if kind is None:
                raise


def save_study(result: StudyResult, path: Path | str) -> Path:
    """Write a finished study into the file at ``path``, beside studies that are there already; return the path.

    A study of the same id is replaced, in one transaction. Raises :class:`UserError` like :class:`StudyWriter`.
    """
    path = Path(path)
    with _told(path):
        database = _opened(path)
        try:
            with database.atomic():
                _begin_study(database, result)
                for _, outcome in sorted(result.outcomes.items()):
                    _write_outcome(database, result.study_id, outcome)
        finally:
            _close(database)
    return path


def check_ours(path: Path | str) -> None:
    """Raise :class:`UserError` when there is a file at ``path`` that trafficsim has not made, or not in this form.

    An empty file or database is nobody's, hence free to be used.
    """
    path = Path(path)
    if not path.exists() or (path.is_file() and path.stat().st_size == 0):
        return
    if path.is_file():
        with path.open("rb") as file:
            if file.read(len(SQLITE_FILE)) != SQLITE_FILE:
                raise UserError(f"{path} is not an SQLite file. It is left as it is; name another file.")
    with _readable(path) as connection:
        application, form = (
            connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
        )
        empty = connection.execute("select count(*) from sqlite_master").fetchone()[0] == 0
    if application != APPLICATION_ID and not empty:
        raise UserError(
            f"{path} is an SQLite file, but not one of trafficsim's. It is left as it is; name another file."
        )
    if application == APPLICATION_ID and form != FORM:
        raise UserError(
            f"{path} comes from a version of trafficsim whose tables have another form ({form}, not {FORM}). It is left as "
            f"it is; name another file, or read it with that version."
        )


def _in_use(path: Path) -> str:
    return (
        f"The results file {path} is in use: another study is writing it, or a program has it open. Wait or close it, or "
        f"choose another place with output.folder=FOLDER."
    )


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Say in a sentence why a file could not be written."""
    try:
        yield
    except (OSError, sqlite3.DatabaseError) as problem:
        if isinstance(problem, sqlite3.IntegrityError | sqlite3.ProgrammingError):
            raise  # ours, not the file's
        if "locked" in str(problem):
            raise UserError(_in_use(path)) from problem
        raise UserError(
            f"The results file {path} could not be written: {getattr(problem, 'strerror', None) or problem}. What was in it "
            f"before is still there. Free some room, or choose another place with output.folder=FOLDER."
        ) from problem


@contextmanager
def _readable(path: Path) -> Iterator[sqlite3.Connection]:
    """Connect to the file at ``path`` for reading, and say in a sentence why it cannot be read."""
    try:
        with closing(_connected(path, "ro")) as connection:
            yield connection
    except (sqlite3.DatabaseError, pd.errors.DatabaseError) as problem:
        if "locked" in str(problem):
            raise UserError(_in_use(path)) from problem
        if "no such table" in str(problem):
            raise UserError(f"{path} holds no study.") from problem
        raise UserError(f"{path} cannot be read: {problem}.") from problem


@contextmanager
def reading(path: Path | str) -> Iterator[sqlite3.Connection]:
    """Connect to a results file for reading; :class:`UserError` where there is none, or it is not ours or in use."""
    path = Path(path)
    if not path.is_file() or path.stat().st_size == 0:
        raise UserError(f"There is no database '{path}'; name the file that compare or run has written.")
    check_ours(path)
    with _readable(path) as connection:
        yield connection


def _connected(path: Path, mode: str) -> sqlite3.Connection:
    """Connect to the file at ``path``, whatever characters it has in its name."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", timeout=2.0, uri=True)


def _opened(path: Path) -> Database:
    """Open the file for this process alone, with its tables made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    check_ours(path)
    database = Database(_connected(path, "rwc"))
    try:
        for setting in ("foreign_keys = on", "locking_mode = exclusive", "journal_mode = wal"):
            database.execute(f"PRAGMA {setting}")
        with database.atomic():
            create_tables(database)
    except BaseException:
        database.close()
        raise
    return database


def _close(database: Database) -> None:
    """Fold the write-ahead log into the file and close it."""
    try:
        database.execute("PRAGMA journal_mode = delete")
    finally:
        database.close()


def _begin_study(database: Database, study: StudyResult) -> None:
    """Take an earlier writing of the same study out, children first, and write all but the replicates."""
    chosen = [study.study_id]
    for table in ("monthly", "totals", "stocks", "events"):
        database.execute(f"delete from {table} where run in (select id from runs where study = ?)", chosen)
    database.execute("delete from runs where study = ? and parent_run is not null", chosen)
    for table in STUDY_TABLES:
        database.execute(f"delete from {table} where study = ?", chosen)
    for table, rows in {**explanations(), **description(study)}.items():
        _write(database, table, rows)


def _write(database: Database, table: str, rows: Iterable[Sequence[Any]]) -> None:
    """Write rows, their values in the order of the table's columns; a row with the same key is changed in place."""
    columns, key = list(TABLES[table]), KEYS.get(table, ())
    keys = [key] if isinstance(key, str) else list(key)
    sql = f"insert into {table} ({', '.join(columns)}) values ({', '.join('?' * len(columns))})"
    if keys:
        changes = ", ".join(f"{column} = excluded.{column}" for column in columns if column not in keys)
        sql += f" on conflict ({', '.join(keys)}) do {f'update set {changes}' if changes else 'nothing'}"
    database.conn.executemany(sql, rows)


def _write_outcome(database: Database, study_id: str, outcome: Outcome) -> None:
    numbers: dict[str, int] = {}
    for number, run in enumerate(
        outcome.runs, database.execute("select coalesce(max(id), 0) + 1 from runs").fetchone()[0]
    ):
        numbers[run.run_id] = number
        parent = numbers[run.parent] if run.parent else None
        _write_run(database, number, study_id, parent, run)
    _write(database, "fates", ((study_id, *row) for row in outcome.fates))
    _write(database, "changed_lives", ((study_id, *row) for row in outcome.changed_lives))


def _write_run(database: Database, number: int, study_id: str, parent: int | None, run: RunRecord) -> None:
    first, labels = month_label(run.first_month), [month_label(run.first_month + month) for month in range(run.months)]
    _write(
        database, "runs",
        [(number, study_id, run.arm, run.draw, run.replicate, str(run.seed), parent, first, run.months, run.seconds, run.run_id)],
    )  # fmt: skip
    _write(
        database, "monthly",
        (
            (number, name, label, value)
            for name, values in run.monthly.items()
            for label, value in zip(labels, values.tolist(), strict=True)
            if not np.isnan(value)
        ),
    )  # fmt: skip
    _write(database, "totals", ((number, *row) for row in run.totals if not np.isnan(row[-1])))
    _write(
        database, "stocks",
        ((number, kind, level, labels[month - run.first_month], count) for month, kind, level, count in run.stocks),
    )  # fmt: skip
    if run.events is not None:
        _write(database, "events", _event_rows(number, run.events))


def _event_rows(number: int, events: NDArray[Any]) -> Iterator[Sequence[Any]]:
    """Yield rows piece by piece: as Python objects, a whole log would take ten times its room."""
    words = LABELS[Event]
    for start in range(0, len(events), EVENTS_AT_A_TIME):
        for month, event, key in events[start : start + EVENTS_AT_A_TIME].tolist():
            yield number, month_label(month), f"{key:016x}", words[event]


FRAMES = (
    "studies", "indicators", "levers", "limits", "arms", "parameters", "draws", "runs", "fates", "changed_lives",
    "monthly", "totals", "stocks",
)  # fmt: skip
"""The tables that :func:`open_study` returns; events are left out, for they may be larger than memory."""


def open_study(path: Path | str, study: str | None = None, tables: Collection[str] = FRAMES) -> dict[str, pd.DataFrame]:
    """Return ``tables`` of one study as data frames by name (the newest study, or the one whose id is ``study``).

    ``monthly``, ``totals`` and ``stocks`` carry the arm, the draw and the replicate of their run. Raises :class:`UserError` where
    the file is missing, is not ours, or has no such study.
    """
    with reading(path) as connection:
        studies = [row[0] for row in connection.execute("select id from studies order by created, rowid")]
        if not studies or (study is not None and study not in studies):
            raise UserError(
                f"{path} holds no study{f' {study}' if study else ''}. It holds: {', '.join(studies) or 'none'}."
            )
        chosen = study or studies[-1]
        frames: dict[str, pd.DataFrame] = {}
        for table in tables:
            sql, values = f"select * from {table}", []
            if "run" in TABLES[table]:
                sql = f"select arm, draw, replicate, {table}.* from {table} join runs on runs.id = run where study = ?"
                values = [chosen]
            elif table == "studies" or "study" in TABLES[table]:
                sql, values = f"{sql} where {'id' if table == 'studies' else 'study'} = ?", [chosen]
            frames[table] = pd.read_sql_query(sql, connection, params=values)
        return frames


def frames_of(result: StudyResult) -> dict[str, pd.DataFrame]:
    """Return what :func:`open_study` would for a study in memory, save ``runs`` and what changes month by month."""
    rows: dict[str, list[Sequence[Any]]] = {**explanations(), **description(result)}
    rows["fates"] = [(result.study_id, *row) for row in result.fates]
    rows["changed_lives"] = [(result.study_id, *row) for row in result.changed_lives]
    frames = {table: pd.DataFrame(rows[table], columns=list(TABLES[table])) for table in FRAMES if table in rows}
    totals = [
        (run.arm, run.draw, run.replicate, *row) for run in result.runs for row in run.totals if not np.isnan(row[-1])
    ]  # fmt: skip
    frames["totals"] = pd.DataFrame(totals, columns=["arm", "draw", "replicate", *list(TABLES["totals"])[1:]])
    return frames
