"""The results file: one SQLite database that explains itself in any SQLite browser.

One writer. Each outcome is one transaction, written when it is finished: whatever ends a study before its time, what was
finished is in the file. A run is named by all that decides its result, and studies of a file share those that are equal,
so that a study is taken up where it was left and a changed arm is the only one that is lived through again. Definitions,
units, sources and limits stand in tables beside the numbers.
"""

import sqlite3
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from trafficsim.engine.calendar import month_label
from trafficsim.errors import UserError
from trafficsim.experiments.content import CONTENT_TABLES, IN_PARQUET, content_rows, kept_in, suffices
from trafficsim.experiments.explanations import description, explanations
from trafficsim.experiments.files import close, opened, told
from trafficsim.experiments.result import Failure, Outcome, RunRecord, StudyResult, Task
from trafficsim.experiments.schema import KEYS, OF_PAIRS, STUDY_TABLES, TABLES
from trafficsim.experiments.series import (
    check_parquet,
    forget_lost_parts,
    forget_unused_parts,
    part_at,
    write_part,
)

OUTCOMES_IN_A_PART, SECONDS_IN_A_PART = 64, 5.0
"""When a Parquet file of series is written: what waits for it is what a kill may cost."""


class StudyWriter:
    """Writes a study into the file at ``path``, outcome by outcome, beside other studies that are there already.

    A context manager: on entering, the file is made or opened, so that a place where nothing can be written is known
    before anything is computed. ``replicates`` counts what was written, ``failed`` the tasks that could not be done. Raises
    :class:`UserError` where the file cannot be written, is in use, or is not ours.
    """

    def __init__(self, path: Path | str, study: StudyResult) -> None:
        self.path, self.study, self.replicates, self.failed = Path(path), study, 0, 0
        self._in_parquet = IN_PARQUET in kept_in(study.configuration["output"])
        self._waiting: list[Outcome] = []
        self._waiting_since = 0.0
        self._database: Database

    def __enter__(self) -> "StudyWriter":
        """Open the file and write what is known before the first outcome."""
        if self._in_parquet:
            check_parquet()
        with told(self.path):
            self._database = opened(self.path)
            try:
                with self._database.atomic():
                    _begin_study(self._database, self.study)
                    forget_lost_parts(self.path, self._database.conn)
                self._database.execute("PRAGMA wal_checkpoint(truncate)")  # so that the file itself says what it is
            except BaseException:
                self._database.close()
                raise
        return self

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection to the file, for questions."""
        return self._database.conn

    def take_over(self, runs: Iterable[tuple[int, int, str, str]]) -> None:
        """Make runs that are in the file part of this study: (draw, replicate, arm, identity)."""
        with told(self.path), self._database.atomic():
            self._database.conn.executemany(
                "insert or ignore into study_runs select ?, ?, ?, ?, id from runs where identity = ?",
                ((self.study.study_id, *run) for run in runs),
            )

    def write(self, outcome: Outcome) -> None:
        """Write one outcome, whole or not at all; where series go into Parquet files, a few of them together."""
        if not self._waiting:
            self._waiting_since = time.monotonic()
        self._waiting.append(outcome)
        full = len(self._waiting) >= OUTCOMES_IN_A_PART or time.monotonic() - self._waiting_since > SECONDS_IN_A_PART
        if full or not self._in_parquet:
            self.flush()

    def flush(self) -> None:
        """Write the outcomes that still wait for company, whole or not at all."""
        outcomes, self._waiting = self._waiting, []
        if not outcomes:
            return
        with told(self.path):
            part = self._write_series(outcomes) if self._in_parquet else None
            with self._database.atomic():
                for outcome in outcomes:
                    _write_outcome(self._database, self.study, outcome)
                if part:
                    _refer_to_part(self._database, *part)
        self.replicates += len(outcomes)

    def _write_series(self, outcomes: Sequence[Outcome]) -> tuple[str, str, int, list[str]] | None:
        """Write a part with the series of the runs that are new; return its name, digest, rows and identities."""
        new = [run for outcome in outcomes for run in outcome.runs if not suffices(self._kept(run.run_id), run.kept)]
        return (*write_part(self.path, new), [run.run_id for run in new]) if new else None

    def _kept(self, identity: str) -> str:
        """Return what the file keeps of a run."""
        row = self._database.execute("select kept from runs where identity = ?", [identity]).fetchone()
        return row[0] if row else ""

    def write_failure(self, task: Task, failure: Failure, arms: Sequence[str]) -> None:
        """Write down that a task could not be done, and why."""
        row = (
            self.study.study_id,
            *task.place,
            ", ".join(arms),
            *failure,
            datetime.now(UTC).isoformat(timespec="seconds"),
        )
        with told(self.path), self._database.atomic():
            _write(self._database, "failures", [row])
        self.failed += 1

    def __exit__(self, kind: Any, *_: Any) -> None:
        """Leave one plain file."""
        try:
            try:
                self.flush()
            finally:
                with told(self.path):
                    close(self._database)
        except UserError:
            if kind is None:
                raise


def runs_at_hand(connection: sqlite3.Connection) -> dict[str, str]:
    """Return what is kept of each run of a file, by its identity."""
    return dict(connection.execute("select identity, kept from runs"))


def pairs_at_hand(connection: sqlite3.Connection) -> set[tuple[str, str]]:
    """Return the identities of each two runs of a file whose lives were compared."""
    return set(
        connection.execute(
            "select a.identity, b.identity from changed_lives "
            "join runs as a on a.id = run_a join runs as b on b.id = run_b"
        )
    )


def save_study(result: StudyResult, path: Path | str) -> Path:
    """Write a study in memory into the file at ``path``, beside studies that are there already; return the path.

    Raises :class:`UserError` like :class:`StudyWriter`.
    """
    with StudyWriter(path, result) as writer:
        for _, outcome in sorted(result.outcomes.items()):
            writer.write(outcome)
    return Path(path)


def delete_study(path: Path | str, study: str) -> int:
    """Take a study out of the file at ``path``, and the runs that no other study there has; return how many these were.

    Raises :class:`UserError` where there is no such study, or the file cannot be written.
    """
    path = Path(path)
    with told(path):
        database = opened(path)
        try:
            with database.atomic():
                if not database.execute("select 1 from studies where id = ?", [study]).fetchone():
                    raise UserError(f"{path} holds no study {study}; 'trafficsim studies {path}' lists them.")
                for table in reversed(STUDY_TABLES):
                    database.execute(f"delete from {table} where study = ?", [study])
                database.execute("delete from studies where id = ?", [study])
                deleted = _delete_orphans(database)
                unused = [part_at(path, part) for part in forget_unused_parts(database.conn)]
            for part in unused:
                part.unlink(missing_ok=True)
            database.execute("vacuum")
        finally:
            close(database)
    return deleted


def _refer_to_part(database: Database, part: str, digest: str, rows: int, identities: Sequence[str]) -> None:
    """Write down which part holds the series of which runs."""
    _write(database, "series_parts", [(part, digest, rows)])
    database.conn.executemany(
        "insert or replace into run_series select id, ? from runs where identity = ?",
        ((part, identity) for identity in identities),
    )


def _delete_orphans(database: Database) -> int:
    """Delete the runs that belong to no study, what came of them first."""
    orphans = "select id from runs where id not in (select run from study_runs)"
    for table in (*CONTENT_TABLES, "run_series", *OF_PAIRS):
        for column in ("run", "run_a", "run_b"):
            if column in TABLES[table]:
                database.execute(f"delete from {table} where {column} in ({orphans})")
    branches = database.execute(f"delete from runs where parent_run is not null and id in ({orphans})").rowcount
    return branches + database.execute(f"delete from runs where id in ({orphans})").rowcount


def _begin_study(database: Database, study: StudyResult) -> None:
    """Write all of a study but what came of it, as far as it is not there already."""
    for table, rows in {**explanations(), **description(study)}.items():
        own = {"studies": "id = ?", "configurations": "hash = ?"}.get(
            table, "study = ?" if table in STUDY_TABLES else ""
        )
        values = [study.configuration_hash if table == "configurations" else study.study_id] if own else []
        count = f"select count(*) from {table}{f' where {own}' if own else ''}"
        if not own or database.execute(count, values).fetchone()[0] < len(rows):
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


def _write_outcome(database: Database, study: StudyResult, outcome: Outcome) -> None:
    numbers: dict[str, int] = {}
    by_arm: dict[str, int] = {}
    for run in outcome.runs:
        numbers[run.run_id] = by_arm[run.arm] = _write_run(
            database, study.model_version, numbers[run.parent] if run.parent else None, run
        )
        _write(database, "study_runs", [(study.study_id, run.draw, run.replicate, run.arm, by_arm[run.arm])])
    for table in OF_PAIRS:
        _write(database, table, [(by_arm[a], by_arm[b], *rest) for _, _, a, b, *rest in getattr(outcome, table)])
    place = (study.study_id, outcome.runs[0].draw, outcome.runs[0].replicate)
    database.execute("delete from failures where study = ? and draw = ? and replicate = ?", place)


def _write_run(database: Database, model_version: str, parent: int | None, run: RunRecord) -> int:
    """Write a run, unless the file holds as much of it already; return its number."""
    found = database.execute("select id, kept, digest from runs where identity = ?", [run.run_id]).fetchone()
    if found:
        number, kept, digest = found
        if kept == run.kept and digest != run.digest:
            raise UserError(
                f"Run {run.run_id} ({run.arm}, draw {run.draw}, replicate {run.replicate}) came out otherwise than it stands "
                f"in the file, which equal settings never should: 'trafficsim studies --verify' tells whether the file is whole."
            )
        if suffices(kept, run.kept):
            return number
        for table in CONTENT_TABLES:
            database.execute(f"delete from {table} where run = ?", [number])
    else:
        number = database.execute("select coalesce(max(id), 0) + 1 from runs").fetchone()[0]
    first = month_label(run.first_month)
    _write(
        database, "runs",
        [(number, run.run_id, str(run.seed), parent, first, run.months, run.seconds, model_version, run.kept, run.digest)],
    )  # fmt: skip
    for table, rows in content_rows(run).items():
        _write(database, table, ((number, *row) for row in rows))
    return number
