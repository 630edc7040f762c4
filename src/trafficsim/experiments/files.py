"""Results files on disk: whose they are, whether they are whole, and in a sentence why one cannot be used."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
from sqlite_utils import Database

from trafficsim.errors import UserError
from trafficsim.experiments.form import missing_parts, strange_parts, wrong_cells, wrong_columns
from trafficsim.experiments.schema import APPLICATION_ID, FORM, create_tables

SQLITE_FILE = b"SQLite format 3\0"
"""How every SQLite file begins."""
HEADER, APPLICATION_AT = 100, 68
"""Bytes of its header, and where in it the application's mark stands (sqlite.org/fileformat2.html)."""


class DamagedFileError(UserError):
    """A results file that is cut short or overwritten in part."""


def check_ours(path: Path | str) -> None:
    """Raise :class:`UserError` when there is a file at ``path`` that trafficsim has not made, or not in this form.

    An empty file or database is nobody's, hence free to be used.
    """
    path, not_ours = (
        Path(path),
        "is an SQLite file, but not one of trafficsim's. It is left as it is; name another file.",
    )
    if not path.exists() or is_empty(path):
        return
    if not path.is_file():
        raise UserError(f"{path} is not a file. It is left as it is; name another.")
    with path.open("rb") as file:
        header = file.read(HEADER)
    if header:
        if not header.startswith(SQLITE_FILE):
            raise UserError(f"{path} is not an SQLite file. It is left as it is; name another file.")
    try:
        with _readable(path) as connection:
            application, form = (
                connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
            )
            empty = connection.execute("select count(*) from sqlite_master").fetchone()[0] == 0
            strange = strange_parts(connection) if (application, form) == (APPLICATION_ID, FORM) else []
    except DamagedFileError as problem:
        # What the file says of itself stands at its very beginning, whatever else is lost.
        if int.from_bytes(header[APPLICATION_AT : APPLICATION_AT + 4]) != APPLICATION_ID:
            raise UserError(f"{path} {not_ours}") from problem
        raise
    if application != APPLICATION_ID and not empty:
        raise UserError(f"{path} {not_ours}")
    if strange:
        raise UserError(f"{path} has {strange[0]}. It is left as it is, and nothing of it is run.")
    if application == APPLICATION_ID and form != FORM:
        raise UserError(
            f"{path} comes from a version of trafficsim whose tables have another form ({form}, not {FORM}). It is left as "
            f"it is; name another file, or read it with that version."
        )


def is_empty(path: Path) -> bool:
    """Return whether there is nothing in a file, and nothing that waits beside it to be folded into it."""
    log = path.with_name(f"{path.name}-wal")
    return path.is_file() and path.stat().st_size == 0 and not (log.is_file() and log.stat().st_size > 0)


def check_whole(path: Path | str) -> None:
    """Raise :class:`DamagedFileError` when the file at ``path`` is cut short, or its pages do not fit together.

    Nothing is read of what the rows say; :func:`trafficsim.experiments.studies.verify` does that too.
    """
    path = Path(path)
    if not path.is_file() or is_empty(path):
        return
    with closing(connected(path, "rw")) as connection:
        try:
            problems = [row[0] for row in connection.execute("PRAGMA quick_check(1)")]
        except (sqlite3.DatabaseError, UnicodeDecodeError) as problem:
            if "locked" in str(problem):
                raise in_use(path) from problem
            problems = [str(problem)]
    if problems != ["ok"]:
        raise DamagedFileError(f"{path} is damaged: {problems[0].splitlines()[-1].strip()}.")


class FileInUseError(UserError):
    """A results file that another program holds."""


def in_use(path: Path) -> FileInUseError:
    """Return the error for a file that another program holds."""
    return FileInUseError(
        f"The results file {path} is in use: another study is writing it, or a program has it open. Wait or close it, or "
        f"choose another place with output.folder=FOLDER."
    )


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Say in a sentence why a file could not be written."""
    try:
        yield
    except (OSError, sqlite3.DatabaseError) as problem:
        if isinstance(problem, sqlite3.IntegrityError | sqlite3.ProgrammingError):
            raise  # ours, not the file's
        if "locked" in str(problem):
            raise in_use(path) from problem
        raise UserError(
            f"The results file {path} could not be written: {getattr(problem, 'strerror', None) or problem}. What was in it "
            f"before is still there. Free some room, or choose another place with output.folder=FOLDER."
        ) from problem


@contextmanager
def _readable(path: Path) -> Iterator[sqlite3.Connection]:
    """Connect to the file at ``path`` for reading, and say in a sentence why it cannot be read."""
    try:
        with closing(connected(path, "ro")) as connection:
            yield connection
    except (sqlite3.DatabaseError, pd.errors.DatabaseError, UnicodeDecodeError) as problem:
        if "locked" in str(problem):
            raise in_use(path) from problem
        if "no such table" in str(problem):
            raise UserError(f"{path} holds no study.") from problem
        raise DamagedFileError(f"{path} cannot be read: {problem}.") from problem


@contextmanager
def reading(path: Path | str) -> Iterator[sqlite3.Connection]:
    """Connect to a results file for reading; :class:`UserError` where there is none, or it is not ours or in use."""
    path = Path(path)
    if not path.is_file() or is_empty(path):
        raise UserError(f"There is no database '{path}'; name the file that compare, run or sweep has written.")
    check_ours(path)
    with _readable(path) as connection:
        if missing := missing_parts(connection):
            raise DamagedFileError(f"{path} holds no study: it lacks table {missing[0]}.")
        for wrong in wrong_cells(connection):
            raise DamagedFileError(f"{path}: {wrong} cannot be what was written there.")
        yield connection


def frame_in(
    connection: sqlite3.Connection, path: Path | str, question: str, values: Sequence[Any] = ()
) -> pd.DataFrame:
    """Return the rows that answer a question to a results file; :class:`DamagedFileError` where a column holds what it cannot."""
    frame = pd.read_sql_query(question, connection, params=list(values))
    return checked_columns(frame, path)


def checked_columns(frame: pd.DataFrame, path: Path | str) -> pd.DataFrame:
    """Return the frame; :class:`DamagedFileError` where a column holds what it cannot."""
    for column in wrong_columns(frame):
        raise DamagedFileError(f"{path}: what is read as column {column} cannot be what was written there.")
    return frame


def connected(path: Path, mode: str) -> sqlite3.Connection:
    """Connect to the file at ``path``, whatever characters it has in its name."""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", timeout=2.0, uri=True)
    try:
        connection.execute("PRAGMA trusted_schema = off")  # a stranger may have written the definitions in it
    except BaseException:
        connection.close()
        raise
    return connection


def opened(path: Path) -> Database:
    """Open the file for this process alone, with its tables made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    check_ours(path)
    database = Database(connected(path, "rwc"))
    try:
        for setting in ("foreign_keys = on", "locking_mode = exclusive", "journal_mode = wal", "synchronous = normal"):
            database.execute(f"PRAGMA {setting}")
        with database.atomic():
            create_tables(database)
    except BaseException:
        database.close()
        raise
    return database


def close(database: Database) -> None:
    """Fold the write-ahead log into the file and close it."""
    try:
        database.execute("PRAGMA journal_mode = delete")
    finally:
        database.close()


def kept_aside(path: Path) -> Path:
    """Rename a damaged file, and its write-ahead log, to a name that is free beside it; return that name."""
    number = 1
    while (aside := path.with_name(f"{path.stem}.damaged-{number}{path.suffix}")).exists():
        number += 1
    for ending in ("-wal", "-shm", "-journal"):
        companion = path.with_name(path.name + ending)
        if companion.exists():
            companion.rename(aside.with_name(aside.name + ending))
    return path.rename(aside)
