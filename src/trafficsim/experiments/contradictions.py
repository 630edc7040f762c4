"""Where a results file contradicts itself: asked when a command stumbles over one, to say which of both is wrong.

Digests tell whether the numbers of a run are those that were written (:mod:`~trafficsim.experiments.studies`). Here all else
is held against what the study's own configuration gives: what a study and its arms are, what was assumed, which run is which.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from trafficsim.configuration import Configuration
from trafficsim.errors import UserError
from trafficsim.experiments.explanations import description, explanations
from trafficsim.experiments.files import reading
from trafficsim.experiments.form import LARGE, LARGEST, cells_of
from trafficsim.experiments.lives import FATES
from trafficsim.experiments.points import configuration_in
from trafficsim.experiments.schema import TABLES
from trafficsim.experiments.store import pairs_at_hand, runs_at_hand
from trafficsim.experiments.study import agenda_of, study_of

_OWN_TIME = {"studies": {"created", "software_version"}, "configurations": {"content"}}
"""Columns that differ though all is right: when it was made, by which software, and where it was written to."""

_MONTH = "month not glob '[12][0-9][0-9][0-9]-[01][0-9]' or substr(month, 6) not between '01' and '12'"
_NO_SENSE = {
    **{
        f"a month in table {table}": f"select 1 from {table} where {_MONTH}"
        for table in ("monthly", "stocks", "events")
    },
    "a harm in table harmed_lives": "select 1 from harmed_lives where harmed_a not in (0, 1) or harmed_b not in (0, 1)",
    **{
        f"a number of lives in table {table}": f"select 1 from {table} where {column} not between 0 and {LARGEST}"
        for table, column in (("fates", "lives"), ("harmed_lives", "lives"), ("changed_lives", "lives_compared"))
    },
}


def contradictions(path: Path) -> Iterator[str]:
    """Yield, in sentences, what the results file at ``path`` says that cannot be right."""
    with reading(path) as connection:
        for table in TABLES:
            if table in LARGE:
                for column in cells_of(connection, table):
                    yield f"{path}: column {column} of table {table} cannot be what was written there."
        for what, question in _NO_SENSE.items():
            if connection.execute(f"{question} limit 1").fetchone():
                yield f"{path}: {what} cannot be what was written there."
        fates = {word for (word,) in connection.execute("select fate_a from fates union select fate_b from fates")}
        for word in sorted(fates - set(FATES)):
            yield f"{path}: table fates has a fate '{word}' that these rules do not know."
        yield from _of_table(path, connection, "", explanations())
        for study, version in connection.execute("select id, model_version from studies").fetchall():
            try:
                configuration = configuration_in(connection, path, study)
                yield from _of_study(path, connection, study, version, configuration)
            except UserError as problem:
                yield str(problem)


def _of_study(
    path: Path, connection: sqlite3.Connection, study: str, version: str, configuration: Configuration
) -> Iterator[str]:
    whole = study_of(configuration)
    if version != whole.model_version:
        yield f"{path}: study {study} was made by other rules ({version}, here are {whole.model_version})."
        return
    if whole.study_id != study:
        yield f"{path}: study {study} has the configuration of {whole.study_id}."
        return
    yield from _of_table(path, connection, study, description(whole))
    expected = agenda_of(configuration, runs_at_hand(connection), pairs_at_hand(connection)).at_hand
    found = connection.execute(
        "select draw, replicate, arm, identity from study_runs join runs on runs.id = run where study = ?", [study]
    ).fetchall()
    for draw, replicate, arm, identity in sorted(set(found) ^ set(expected), key=str):
        yield f"{path}: run {identity} is not {arm}, draw {draw}, replicate {replicate} of study {study}."


def _of_table(
    path: Path, connection: sqlite3.Connection, study: str, tables: Mapping[str, Iterable[Sequence[Any]]]
) -> Iterator[str]:
    """Yield which of ``tables`` have other rows in the file; of a study its own, where one is named."""
    for table, rows in tables.items():
        columns = [column for column in TABLES[table] if column not in _OWN_TIME.get(table, ())]
        places = [list(TABLES[table]).index(column) for column in columns]
        own = (
            {"studies": " where id = ?", "configurations": " where false"}.get(table, " where study = ?")
            if study
            else ""
        )
        stored = connection.execute(f"select {', '.join(columns)} from {table}{own}", [study] * own.count("?"))
        found = Counter(tuple(map(_plain, row)) for row in stored)
        expected = Counter(tuple(_plain(row[place]) for place in places) for row in rows)
        if table != "configurations" and found != expected:
            yield f"{path}: table {table} does not hold what this trafficsim writes there{f' for study {study}' if study else ''}."


def _plain(cell: Any) -> Any:
    """Return a cell; of one that holds JSON, the same in the order of its keys, which says nothing."""
    return json.dumps(json.loads(cell), sort_keys=True) if isinstance(cell, str) and cell.startswith("{") else cell
