"""Whether a results file has the tables that we make, and in each cell what its column holds: a stranger may have made it.

SQLite keeps what it is given: text where a number should be, a view in the place of a table, a trigger that acts when rows
are written. None of it is run or computed with.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from functools import cache
from typing import NamedTuple

import numpy as np
import pandas as pd
from sqlite_utils import Database

from trafficsim.experiments.content import CONTENT_TABLES
from trafficsim.experiments.schema import OF_PAIRS, TABLES, create_tables

MAY_BE_EMPTY = {"parent_run"}
"""Columns without a value in some rows."""

LARGEST = 1e15
"""No number of ours comes near it, whatever its unit."""

LARGE = {*CONTENT_TABLES, *OF_PAIRS, "runs", "study_runs", "run_series", "draws"}
"""Tables that grow with the runs: their cells are looked at when they are read, the others' whenever a file is opened."""

_COLUMNS = """
select m.type, m.name, m.sql, c.name, c.type, c.pk, c.hidden
from sqlite_master as m, pragma_table_xinfo(m.name) as c
where m.type in ('table', 'view') and m.name in (select value from json_each(?))
order by m.name, c.cid
"""
_IN_CELLS = {str: "text", int: "integer", float: "real"}
_SENSE = {
    "a study's years, replicates, draws or scale": (
        "select 1 from studies where years not between 1 and 50 or replicates < 1 or draws < 0 or not scale between 0 and 1e6"
    ),
    "a study's first month": (
        "select 1 from studies where policy_start not glob '[12][0-9][0-9][0-9]-[01][0-9]' "
        "or substr(policy_start, 6) not between '01' and '12'"
    ),
    "the order of a study's arms": (
        "select 1 from studies left join arms on arms.study = studies.id group by studies.id "
        "having count(arms.arm) = 0 or min(place) <> 0 or max(place) <> count(*) - 1 or count(distinct place) <> count(*)"
    ),
    "an empty table of limits or indicators": (
        "select 1 where not exists (select 1 from limits) or not exists (select 1 from indicators)"
    ),
    "the order of the indicators": (
        "select 1 from (select count(*) as number, count(distinct place) as places from indicators) "
        "where number <> places"
    ),
    "the levers of an arm": "select 1 from arms where not json_valid(levers) or json_type(levers) <> 'object'",
    "the values of a series": (
        "select 1 from series where not json_valid(dated_values) or json_type(dated_values) <> 'object'"
    ),
}
"""What must not be found in the small tables, each as a question."""


class _Column(NamedTuple):
    name: str
    kind: str
    key: int
    hidden: int


class _Part(NamedTuple):
    """A table or a view as a file holds it; of a view, what it asks counts too."""

    kind: str
    sql: str
    columns: tuple[_Column, ...]


def strange_parts(connection: sqlite3.Connection) -> list[str]:
    """Return, in words, what a file has that acts or answers in a table's place, and tables of ours with other columns."""
    found = [
        f"a trigger '{name}' that no results file has"
        for (name,) in connection.execute("select name from sqlite_master where type = 'trigger'")
    ]
    there = _parts(connection, _ours())
    for name, part in there.items():
        if part != _ours()[name]:
            found.append(f"a {part.kind} '{name}' that is not as we make it")
    return sorted(found)


def missing_parts(connection: sqlite3.Connection) -> list[str]:
    """Return the names of the tables and views that a file lacks."""
    return sorted(_ours().keys() - _parts(connection, _ours()).keys())


def wrong_cells(connection: sqlite3.Connection) -> Iterator[str]:
    """Yield, in words, what stands in the small tables of a file that their columns do not hold."""
    for table in TABLES:
        if table not in LARGE:
            for column in cells_of(connection, table):
                yield f"column {column} of table {table}"
    for what, question in _SENSE.items():
        if connection.execute(f"{question} limit 1").fetchone():
            yield what


def cells_of(connection: sqlite3.Connection, table: str) -> list[str]:
    """Return the columns of a table in which something stands that they do not hold."""
    wrong = []
    for column, (kind, _) in TABLES[table].items():
        odd = f"typeof({column}) <> '{_IN_CELLS[kind]}'" + (
            f" and {column} is not null" if column in MAY_BE_EMPTY else ""
        )
        odd += f" or abs({column}) > {LARGEST}" if kind is float else ""
        if connection.execute(f"select 1 from {table} where {odd} limit 1").fetchone():
            wrong.append(column)
    return wrong


def wrong_columns(frame: pd.DataFrame) -> list[str]:
    """Return the columns of a frame, read from tables of ours, that hold something else than they should."""
    wrong = []
    for name in frame.columns:
        column, kind = frame[name], _kind_of(name, frame)
        if kind is None or column.empty or name in MAY_BE_EMPTY:
            continue
        right = {
            str: lambda column: isinstance(column.dtype, pd.StringDtype) and not column.hasnans,
            int: lambda column: column.dtype == np.int64,
            float: lambda column: column.dtype.kind in "if" and bool((column.abs() <= LARGEST).all()),
        }[kind]
        if not right(column):
            wrong.append(str(name))
    return wrong


def _kind_of(column: str, frame: pd.DataFrame) -> type | None:
    """Return what a column holds; None for one whose name stands for several things, and this frame does not tell which."""
    kinds = {
        columns[column][0]
        for name, columns in TABLES.items()
        if column in columns and columns.keys() <= {*frame.columns}
    } or {columns[column][0] for columns in TABLES.values() if column in columns}
    kinds |= {str} if column in ("arm_a", "arm_b") else set()
    return next(iter(kinds)) if len(kinds) == 1 else None


@cache
def _ours() -> dict[str, _Part]:
    with closing(Database(memory=True)) as database:
        create_tables(database)
        names = [name for (name,) in database.execute("select name from sqlite_master where type in ('table', 'view')")]
        return _parts(database.conn, names)


def _parts(connection: sqlite3.Connection, names: Iterable[str]) -> dict[str, _Part]:
    found: dict[str, _Part] = {}
    for kind, table, sql, *column in connection.execute(_COLUMNS, [json.dumps(list(names))]):
        asked = " ".join(sql.split()) if kind == "view" else ""
        before = found.get(table, _Part(kind, asked, ()))
        found[table] = before._replace(columns=(*before.columns, _Column(*column)))
    return found
