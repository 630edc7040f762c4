"""Taking over what a damaged results file holds unharmed, run by run, each checked against its digest."""

import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from trafficsim.experiments.content import CONTENT_TABLES, digest_of
from trafficsim.experiments.files import close, connected, opened
from trafficsim.experiments.schema import FOREIGN_KEYS, OF_PAIRS, TABLES

OF_RUNS = {
    "study_runs": ("run",),
    "run_series": ("run",),
    **dict.fromkeys(OF_PAIRS, ("run_a", "run_b")),
}
"""The tables that tell of runs beside those that hold what came of them, with the columns that name runs."""

_LIVES_IN = "(select coalesce(sum(lives), 0) from {0} where {0}.run_a = changed_lives.run_a and {0}.run_b = changed_lives.run_b)"
TORN_PAIRS = f"lives_compared is not {_LIVES_IN.format('fates')} or harms_met is not {_LIVES_IN.format('harmed_lives')}"
"""Comparisons of lives of which a part is lost: each life that was compared has a fate under both arms."""


def salvage(damaged: Path, path: Path) -> int:
    """Copy the runs that are unharmed in the file ``damaged`` into the file at ``path``; return how many there are.

    The damaged file is only read. Descriptions of studies are copied as far as they can be read; those of a study that
    goes on are written anew in any case.
    """
    database = opened(path)
    try:
        with closing(connected(damaged, "ro")) as source, database.atomic():
            source.execute("PRAGMA writable_schema = on")  # else SQLite reads nothing of a file that is cut short
            database.execute("PRAGMA defer_foreign_keys = on")  # parents may be what was lost
            for table in TABLES:
                if table not in (*CONTENT_TABLES, *OF_RUNS, "runs"):
                    _copy(source, database.conn, table)
            unharmed = {run[0] for run in _unharmed_runs(source, database.conn)}
            for table, columns in OF_RUNS.items():
                _copy_of_runs(source, database.conn, table, columns, unharmed)
            database.execute(f"delete from changed_lives where {TORN_PAIRS}")
            for table in OF_PAIRS:
                database.execute(
                    f"delete from {table} where (run_a, run_b) not in (select run_a, run_b from changed_lives)"
                )
            _drop_what_hangs(database)
        return len(unharmed)
    finally:
        close(database)


def _drop_what_hangs(database: Database) -> None:
    """Delete rows that refer to what was lost; runs without a study wait for one that asks for them."""
    references = [(table, *reference) for table, several in FOREIGN_KEYS.items() for reference in several]
    deleted = True
    while deleted:  # what referred to a row that is deleted now hangs in its turn
        deleted = False
        for table, column, parent, key in references:
            hanging = f"{column} is not null and {column} not in (select {key} from {parent})"
            deleted |= database.execute(f"delete from {table} where {hanging}").rowcount > 0


def digest_in(connection: sqlite3.Connection, run: int) -> str:
    """Return the digest of what the file holds of a run, as :func:`~trafficsim.experiments.content.digest_of` makes it."""
    return digest_of({table: content_in(connection, table, run) for table in CONTENT_TABLES})


def content_in(connection: sqlite3.Connection, table: str, run: int) -> Iterator[Sequence[Any]]:
    """Return the rows that a table holds of a run, as :func:`~trafficsim.experiments.content.content_rows` gives them."""
    columns = [column for column in TABLES[table] if column != "run"]
    order = "rowid" if table == "events" else ", ".join(columns)
    return connection.execute(f"select {', '.join(columns)} from {table} where run = ? order by {order}", [run])


def _unharmed_runs(source: sqlite3.Connection, target: sqlite3.Connection) -> Iterator[Sequence[Any]]:
    """Copy and yield the runs whose rows can be read and have their digest, a history before those that branch from it."""
    columns, copied = list(TABLES["runs"]), set()
    place = {name: columns.index(name) for name in ("id", "parent_run", "digest")}
    for number in range(1, _last_run(source) + 1):
        try:
            run = source.execute(f"select {', '.join(columns)} from runs where id = ?", [number]).fetchone()
            if run is None or digest_in(source, number) != run[place["digest"]]:
                continue
            if run[place["parent_run"]] is not None and run[place["parent_run"]] not in copied:
                continue
            rows = {table: [(number, *row) for row in content_in(source, table, number)] for table in CONTENT_TABLES}
        except sqlite3.DatabaseError:
            continue  # this one is harmed
        _insert(target, "runs", [run])
        for table, content in rows.items():
            _insert(target, table, content)
        copied.add(number)
        yield run


def _last_run(source: sqlite3.Connection) -> int:
    """Return the highest number that a run may have, as far as any table can still tell, from its end or its beginning."""
    highest = 0
    for table, column in (("runs", "id"), ("study_runs", "run"), ("totals", "run")):
        for question in (f"select max({column}) from {table}", f"select {column} from {table}"):
            with suppress(sqlite3.DatabaseError):
                for (number,) in source.execute(question):
                    highest = max(highest, number or 0)
    return highest


def _copy(source: sqlite3.Connection, target: sqlite3.Connection, table: str) -> None:
    """Copy the rows of a table up to where it can no longer be read."""
    rows = []
    with suppress(sqlite3.DatabaseError):
        for row in source.execute(f"select {', '.join(TABLES[table])} from {table}"):
            rows.append(row)
    _insert(target, table, rows)


def _copy_of_runs(
    source: sqlite3.Connection, target: sqlite3.Connection, table: str, names: Sequence[str], runs: Collection[int]
) -> None:
    """Copy the rows of a table in which every column of ``names`` names one of the ``runs``."""
    columns = list(TABLES[table])
    places = [columns.index(name) for name in names]
    question = f"select {', '.join(columns)} from {table} where {names[0]} = ?"
    for run in runs:  # one by one: beyond a page that is lost there may be more
        with suppress(sqlite3.DatabaseError):
            rows = source.execute(question, [run]).fetchall()
            _insert(target, table, [row for row in rows if all(row[place] in runs for place in places)])


def _insert(target: sqlite3.Connection, table: str, rows: Sequence[Sequence[Any]]) -> None:
    columns = list(TABLES[table])
    target.executemany(
        f"insert or ignore into {table} ({', '.join(columns)}) values ({', '.join('?' * len(columns))})", rows
    )
