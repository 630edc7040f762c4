"""One run of a results file, lived through again from what the file itself holds, and compared with what was stored."""

import dataclasses
import itertools
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from trafficsim.configuration import Configuration, Output
from trafficsim.course import model_version
from trafficsim.designs import LAID_OUT, Point
from trafficsim.errors import UserError
from trafficsim.experiments.content import IN_PARQUET, content_rows
from trafficsim.experiments.files import DamagedFileError, check_whole, reading
from trafficsim.experiments.points import configuration_in, points_again
from trafficsim.experiments.replicate import Identities, run_task
from trafficsim.experiments.result import HISTORY, Place, RunRecord, Task
from trafficsim.experiments.salvage import content_in, digest_in

_PLACES = """
select studies.id, study_runs.draw, study_runs.replicate, study_runs.arm
from study_runs join studies on studies.id = study_runs.study
where study_runs.run = ? order by studies.created, studies.rowid, study_runs.draw, study_runs.replicate
"""
"""Where a run stands; studies of a file share runs, and any of them has all that made it."""

NUMBER_OF_KEYS = {"totals": 3, "monthly": 2, "stocks": 3}
"""How many columns of a table's rows name what the last column tells."""


class StoredRun(NamedTuple):
    """A run as a file holds it, with all that made it: ``configuration`` is of its arm alone, ``point`` that of its draw."""

    file: Path
    number: int
    identity: str
    study: str
    place: Place
    arm: str
    kept: str
    digest: str
    model_version: str
    configuration: Configuration
    point: Point


class Difference(NamedTuple):
    """One number that differs: the table and the row that it stands in, and both values, None where there is no such row."""

    table: str
    row: str
    in_file: Any
    here: Any


@dataclasses.dataclass(frozen=True)
class Reproduction:
    """What came of living through a run again; ``remarks`` say what else a reader must know, in sentences.

    ``identical`` is whether all that was kept is the same, bit for bit, and ``differences`` holds what is not.
    """

    run: StoredRun
    identical: bool
    digest: str
    remarks: list[str]
    differences: list[Difference]


def stored_run(path: Path | str, name: str) -> StoredRun:
    """Return the run of the file at ``path`` that ``name`` names: its identity, a unique beginning of it, or its number.

    Raises :class:`UserError` where there is no such run, or several, and :class:`DamagedFileError` for a file that cannot
    tell any more how the run was made.
    """
    path = Path(path)
    with reading(path) as connection:
        check_whole(path)
        number = _number_of(connection, path, name)
        identity, kept, digest, version = connection.execute(
            "select identity, kept, digest, model_version from runs where id = ?", [number]
        ).fetchone()
        found = connection.execute(_PLACES, [number]).fetchone()
        if found is None:
            raise UserError(
                f"{path}: run {identity} belongs to no study any more, so that nothing tells how it was made."
            )
        study, draw, replicate, arm = found
        configuration = configuration_in(connection, path, study)
        configuration = _for_one_arm(configuration, arm, kept, f"{path}: study {study}")
        laid_out = configuration.study.design in LAID_OUT and configuration.study.draws
        point = (
            points_again(configuration, f"{path}: study {study}")[draw]
            if laid_out
            else _point(connection, path, study, configuration, draw)
        )
    place = Place(draw, replicate)
    return StoredRun(path, number, identity, study, place, arm, kept, digest, version, configuration, point)


def reproduced(run: StoredRun) -> Reproduction:
    """Live through a run again and compare all that was kept of it."""
    configuration = run.configuration
    names = Identities(configuration)
    outcome = run_task(configuration, Task(0, run.place, (0,), run.point))
    record = outcome.runs[0 if run.arm == HISTORY else 1]
    with reading(run.file) as connection:
        stored = digest_in(connection, run.number)
        differences = [] if stored == record.digest else list(_differences(connection, run.number, record))
    remarks = _remarks(run, names, record)
    if stored != run.digest:
        remarks.append("What the file holds of this run was changed after it was written: its digest is another.")
    return Reproduction(run, record.digest == stored == run.digest, record.digest, remarks, differences)


def foreign(run: StoredRun) -> str:
    """Return, in a sentence, what makes this trafficsim another one than that which made the run; "" for nothing."""
    if run.model_version != model_version():
        return (
            f"Run {run.identity} was made by other rules: version {run.model_version}, here is {model_version()}. Install "
            f"the trafficsim that made it to have the same numbers."
        )
    if run.configuration.catalog_digest != run.configuration.assumptions().digest():
        return (
            f"Run {run.identity} was made with another catalogue than this trafficsim has; install the one that made it to "
            f"have the same numbers."
        )
    return ""


def _remarks(run: StoredRun, names: Identities, record: RunRecord) -> list[str]:
    """Return why the run could not come out the same, if anything tells."""
    told = foreign(run)
    if told:
        return [told]
    if record.run_id != run.identity:
        return [
            f"The settings that the file holds would name this run {record.run_id}, not {run.identity}: the settings or the "
            f"name were changed after it was made, or the catalogue was."
        ]
    return []


def _number_of(connection: sqlite3.Connection, path: Path, name: str) -> int:
    """Return the number of the one run that ``name`` names."""
    exact = connection.execute("select id from runs where identity = ?", [name]).fetchone()
    if exact:
        return exact[0]
    if name.isdecimal() and int(name) < 2**63:
        numbered = connection.execute("select id from runs where id = ?", [int(name)]).fetchone()
        if numbered:
            return numbered[0]
    found = connection.execute(
        "select id, identity from runs where substr(identity, 1, ?) = ? order by identity limit 4", [len(name), name]
    ).fetchall()
    if len(found) == 1:
        return found[0][0]
    if found and name:
        several = ", ".join(identity for _, identity in found[:3])
        raise UserError(f"{path}: several runs begin with '{name}': {several} ... Write more of it.")
    example = connection.execute("select min(id), max(id), identity from runs").fetchone()
    if example[0] is None:
        raise UserError(f"{path} holds no run yet.")
    raise UserError(
        f"{path} holds no run '{name}'. Its runs have numbers from {example[0]} to {example[1]} and identities such as "
        f"{example[2]}; 'trafficsim export {path}' lists them in runs.csv."
    )


def _for_one_arm(configuration: Configuration, arm: str, kept: str, where: str) -> Configuration:
    """Return the configuration with the one arm (for the history: any), keeping of its run what was kept."""
    arms = [each for each in configuration.arms if each.name == arm or arm == HISTORY][:1]
    if not arms:
        raise DamagedFileError(f"{where}: its configuration has no arm '{arm}'.")
    words = kept.split(", ")
    output = Output(
        groups="groups" in words,
        monthly="monthly" in words or IN_PARQUET in words,
        series="parquet" if IN_PARQUET in words else "file",
        events="events" in words,
        lives=False,
    )
    return dataclasses.replace(configuration, arms=tuple(arms), output=output)


def _point(
    connection: sqlite3.Connection, path: Path, study: str, configuration: Configuration, draw: int
) -> Point:  # fmt: skip
    """Return the assumptions of a draw as the file holds them: whoever reruns it need not have the design's own file."""
    if not configuration.study.draws:
        return configuration.parameters
    point: Point = {}
    rows = connection.execute("select process, name, value from draws where study = ? and draw = ?", [study, draw])
    for process, name, value in rows:
        point.setdefault(process, {})[name] = value
    if not point:
        raise DamagedFileError(f"{path}: table draws lacks draw {draw} of study {study}.")
    return configuration.assumptions().checked(point, f"{path}: draw {draw} of study {study}")


def _differences(connection: sqlite3.Connection, number: int, record: RunRecord) -> Iterator[Difference]:
    """Yield each number that differs, and of events the first line and how many there are."""
    rows = content_rows(record)
    for table, keys in NUMBER_OF_KEYS.items():
        stored, here = (_by_key(each, keys) for each in (content_in(connection, table, number), rows[table]))
        for key in sorted(stored.keys() | here.keys(), key=lambda key: (key[1] != "all", key)):  # wholes first
            if stored.get(key) != here.get(key):
                yield Difference(table, ", ".join(key), stored.get(key), here.get(key))
    pairs = itertools.zip_longest(content_in(connection, "events", number), rows["events"])
    for line, (a, b) in enumerate(pairs, 1):
        if a is None or b is None or tuple(a) != tuple(b):
            yield Difference("events", f"line {line}", a and " ".join(a), b and " ".join(b))
            return


def _by_key(rows: Iterable[Sequence[Any]], keys: int) -> dict[tuple[str, ...], Any]:
    return {tuple(map(str, row[:keys])): row[keys] for row in rows}
