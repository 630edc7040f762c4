"""The studies that results files hold: how far each is, what failed, and whether a file says what was written into it."""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from trafficsim.course import model_version
from trafficsim.errors import UserError
from trafficsim.experiments.files import SQLITE_FILE, DamagedFileError, check_whole, reading
from trafficsim.experiments.salvage import TORN_PAIRS, digest_in
from trafficsim.experiments.series import problems_of_parts

_STUDIES = """
select studies.id, studies.created, studies.model_version, max(1, studies.draws) * studies.replicates,
       (select count(*) from arms where arms.study = studies.id),
       (select count(*) from study_runs where study_runs.study = studies.id),
       (select count(*) from failures where failures.study = studies.id)
from studies order by studies.created, studies.rowid
"""

_FAILURES = "select draw, replicate, arms, reason, details from failures where study = ? order by draw, replicate"


@dataclass(frozen=True)
class StudyLine:
    """One study of a file: ``runs`` of ``planned`` (an arm or a history each) are there, and ``failures`` tasks failed."""

    file: Path
    study: str
    created: str
    model_version: str
    arms: int
    runs: int
    planned: int
    failures: int

    @property
    def state(self) -> str:
        """Say in a word or two how the study stands."""
        if self.model_version != model_version():
            return "other rules"
        if self.runs >= self.planned:
            return "complete"
        return "failures" if self.failures else "unfinished"


class FailureLine(NamedTuple):
    """One task that could not be done."""

    draw: int
    replicate: int
    arms: str
    reason: str
    details: str


def result_files(places: Iterable[Path | str]) -> list[Path]:
    """Return the SQLite files at ``places``: files as they are named, folders with all that lies below them.

    Raises :class:`UserError` for a place that does not exist.
    """
    files: list[Path] = []
    for place in map(Path, places):
        if place.is_dir():
            files += sorted(path for path in place.rglob("*.sqlite") if path.is_file())
        elif place.is_file():
            files.append(place)
        else:
            raise UserError(f"There is no file or folder '{place}'.")
    return list(dict.fromkeys(files))


def studies_in(file: Path) -> list[StudyLine]:
    """Return the studies of a file, oldest first. Raises :class:`UserError` like :func:`~.files.reading`."""
    with reading(file) as connection:
        return [
            StudyLine(file, study, created, version, arms, runs, places * (arms + 1), failures)
            for study, created, version, places, arms, runs, failures in connection.execute(_STUDIES)
        ]


def failures_in(file: Path, study: str) -> list[FailureLine]:
    """Return the tasks of a study that could not be done."""
    with reading(file) as connection:
        return [FailureLine(*row) for row in connection.execute(_FAILURES, [study])]


def problems_of(file: Path) -> Iterator[str]:
    """Yield what is wrong with a results file: pages, references, and each run that is not as it was written."""
    with file.open("rb") as opened:
        if opened.read(len(SQLITE_FILE)) != SQLITE_FILE:
            yield f"{file} is not an SQLite file: its beginning is overwritten, or it never was one."
            return
    try:
        check_whole(file)
    except DamagedFileError as problem:
        yield str(problem)
    try:
        with reading(file) as connection:
            for table, *_ in connection.execute("PRAGMA foreign_key_check"):
                yield f"{file}: a row of table {table} refers to what is not there."
            yield from problems_of_parts(file, connection)
            for a, b in connection.execute(f"select run_a, run_b from changed_lives where {TORN_PAIRS}"):
                yield f"{file}: the fates of the lives of runs {a} and {b} are not as they were written."
            for number, identity, digest in connection.execute("select id, identity, digest from runs").fetchall():
                try:
                    found = digest_in(connection, number)
                except sqlite3.DatabaseError:
                    found = ""
                if found != digest:
                    yield f"{file}: run {number} ({identity}) is not as it was written."
    except DamagedFileError as problem:
        yield str(problem)
