"""Results files as a stranger, a slip or a broken disk would leave them: each a small change of one that is whole."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

from fuzzing.odd import HUGE, NAMES, ODD
from trafficsim.configuration import hash_of
from trafficsim.experiments.salvage import digest_in
from trafficsim.experiments.schema import STUDY_TABLES, TABLES

_ENDLESS = "with recursive n(x) as (select 1 union all select x + 1 from n) select"
_USED = ["studies", "arms", "runs", "study_runs", "indicators", "totals", "monthly", "stocks", "changed_lives", "fates",
         "harmed_lives", "parameters", "draws", "configurations", "limits", "levers", "series"]  # fmt: skip
"""Tables that most commands read; the others, which explain, are changed as well but more seldom."""


def loosened(path: Path) -> None:
    """Let every column of a file have no value, so that changes can take one away; :func:`tightened` undoes it."""
    _in_schema(path, "update sqlite_master set sql = replace(sql, ' NOT NULL', ' /*NOT NULL*/') where type = 'table'")


def tightened(path: Path) -> None:
    """Let the tables say again what they said at first."""
    _in_schema(path, "update sqlite_master set sql = replace(sql, ' /*NOT NULL*/', ' NOT NULL') where type = 'table'")


def _connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA synchronous = off")
    connection.execute("PRAGMA journal_mode = memory")
    return connection


def _in_schema(path: Path, statement: str) -> None:
    with closing(_connected(path)) as connection:
        connection.execute("PRAGMA writable_schema = on")
        connection.execute(statement)
        connection.commit()


def changed(path: Path, random: Random) -> str:
    """Change the file at ``path``, which :func:`loosened` made, in one to three ways; return which, in words."""
    ways = random.choices([*_IN_TABLES], [weight for _, weight in _IN_TABLES.values()], k=random.choice([1, 1, 2, 3]))
    told = []
    with closing(_connected(path)) as connection:
        for way in ways:
            try:
                told.append(f"{way}: {_IN_TABLES[way][0](connection, random)}")
                connection.commit()
            except (
                sqlite3.Error,
                ValueError,
                OverflowError,
                KeyError,
                TypeError,
                IndexError,
                RecursionError,
                AttributeError,
            ):
                connection.rollback()
    tightened(path)
    return "; ".join(told)


def torn(path: Path, random: Random) -> str:
    """Change the bytes of the file at ``path``; return how, in words."""
    content = bytearray(path.read_bytes())
    way = random.choice(["bits", "page", "cut", "header", "zeros", "insert", "swap", "begin"])
    if way == "bits":
        for _ in range(random.choice([1, 3, 30, 3_000])):
            content[random.randrange(len(content))] = random.randrange(256)
    elif way == "header":
        for _ in range(random.choice([1, 2, 8])):
            content[random.randrange(100)] = random.choice([0, 1, 255, random.randrange(256)])
    elif way == "cut":
        del content[random.choice([0, 1, 15, 99, 100, 511, 4096, random.randrange(len(content))]) :]
    elif way == "insert":
        content[(place := random.randrange(len(content))) : place] = random.randbytes(random.choice([1, 100, 4096]))
    elif way == "begin":
        content[:16] = random.randbytes(16)
    else:
        size = 4096
        a, b = (size * random.randrange(len(content) // size) for _ in "ab")
        instead = {"page": random.randbytes(size), "zeros": bytes(size), "swap": bytes(content[b : b + size])}[way]
        content[a : a + size] = instead
    path.write_bytes(content)
    return way


def _table(random: Random) -> str:
    return random.choice(_USED if random.random() < 0.8 else list(TABLES))


def _odd(random: Random) -> Any:
    kind = random.randrange(7)
    if kind == 0:
        return None
    if kind == 1:
        return random.randbytes(random.choice([0, 1, 40]))
    if kind == 2:
        return random.choice([0, -1, 1, 2, 10**6, 2**31, 2**62, -(2**63), 2**63 - 1])
    if kind == 3:
        return random.choice([0.0, -0.5, 1e308, -1e308, float("inf"), -float("inf"), 5e-324, 0.5])
    return random.choice([*ODD, *NAMES, *HUGE])[: random.choice([10, 10_000])]


def _cell(connection: sqlite3.Connection, random: Random) -> str:
    table = _table(random)
    column = random.choice(list(TABLES[table]))
    rows = random.choice(["", f" where {column} = (select {column} from {table} limit 1 offset {random.randrange(9)})"])
    value = _odd(random)
    connection.execute(f"update or ignore {table} set {column} = ?{rows}", [value])
    return f"{table}.{column} = {value!r:.60}{rows}"


def _number(connection: sqlite3.Connection, random: Random) -> str:
    """Another number in a column of numbers, or another word of the same column: of the right kind, and wrong."""
    table = _table(random)
    column = random.choice(list(TABLES[table]))
    kind = TABLES[table][column][0]
    if kind is str:
        connection.execute(
            f"update or ignore {table} set {column} = (select {column} from {table} order by {column} limit 1 offset ?)",
            [random.randrange(4)],
        )
        return f"{table}.{column} is one word"
    value = kind(random.choice([0, -1, 1, 3, 7, 10**4, 10**9, -(10**9), 2**53]))
    connection.execute(f"update or ignore {table} set {column} = ?", [value])
    return f"{table}.{column} = {value}"


def _rows_out(connection: sqlite3.Connection, random: Random) -> str:
    table = _table(random)
    column = random.choice(list(TABLES[table]))
    some = random.choice(["", f" where {column} = (select {column} from {table} limit 1 offset {random.randrange(9)})"])
    connection.execute(f"delete from {table}{some}")
    return f"{table}{some}"


def _rows_in(connection: sqlite3.Connection, random: Random) -> str:
    table = _table(random)
    columns = list(TABLES[table])
    place = random.randrange(len(columns))
    row = connection.execute(f"select * from {table} limit 1 offset {random.randrange(9)}").fetchone()
    row = [*row[:place], _odd(random), *row[place + 1 :]]
    connection.execute(f"insert or ignore into {table} values ({', '.join('?' * len(columns))})", row)
    return f"{table}.{columns[place]} = {row[place]!r:.60}"


def _schema(connection: sqlite3.Connection, random: Random) -> str:
    table = random.choice(list(TABLES))
    column = random.choice(list(TABLES[table]))
    statements = random.choice([
        [f"drop table {table}"],
        [f"alter table {table} rename to other"],
        [f'alter table {table} rename to "{table.upper()}_"', f'alter table "{table.upper()}_" rename to "{table.upper()}"'],
        [f"alter table {table} rename column {column} to other"],
        [f"alter table {table} drop column {column}"],
        [f"alter table {table} add column other text"],
        [f"alter table {table} add column more int generated always as (1) virtual"],
        [f"create trigger t after insert on {table} begin delete from runs; end"],
        [f"alter table {table} rename to old", f"create view {table} as {_ENDLESS} x as {column} from n"],
        [f"alter table {table} rename to old", f"create view {table} as select * from old"],
        ["drop view comparison", f"create view comparison as {_ENDLESS} x from n"],
        ["drop view who_says"],
        [f"create table \"{random.choice(NAMES[:8])} of mine\" (a)"],
        ["create view mine as select randomblob(1000000000)"],
        [f"pragma user_version = {random.choice([0, 1, 4, -1, 2**31 - 1])}"],
        [f"pragma application_id = {random.choice([0, 1, -1])}"],
    ])  # fmt: skip
    for statement in statements:
        connection.execute(statement)
    return "; ".join(statements)


def _configuration(connection: sqlite3.Connection, random: Random) -> str:
    """Another configuration, and with one in two its hash as well: a forgery that fits together."""
    before, content = connection.execute("select hash, content from configurations limit 1").fetchone()
    plain = json.loads(content)
    where, told = plain, []
    while isinstance(where, dict | list) and where:
        key = random.choice(list(where)) if isinstance(where, dict) else random.randrange(len(where))
        told.append(str(key))
        if not isinstance(where[key], dict | list) or random.random() < 0.15:
            odd = _odd(random)
            where[key] = random.choice([[], {}, [odd], {"a": 1}, str(odd)]) if isinstance(odd, bytes) else odd
            break
        where = where[key]
    text = json.dumps(plain)
    if random.random() < 0.3:
        place = random.randrange(len(text))
        text = (
            text[:place] + random.choice(["", "]", "}", '"', "NaN", "[" * 50_000]) + text[place + random.randrange(9) :]
        )
    connection.execute("update configurations set content = ?", [text])
    forged = random.random() < 0.5
    if forged:
        after = hash_of(json.loads(text))
        connection.execute("update configurations set hash = ?", [after])
        connection.execute("update studies set configuration = ?", [after])
    return f"{'.'.join(told)}, {'hash made again' if forged else 'hash left'}, before {before[:6]}"


def _name(connection: sqlite3.Connection, random: Random) -> str:
    """Another name of the study, or of an arm, wherever it stands."""
    name = random.choice(NAMES)[:9_999]
    if random.random() < 0.5:
        connection.execute("update studies set id = ?, name = ?", [name, name])
        for table in STUDY_TABLES:
            connection.execute(f"update {table} set study = ?", [name])
        return f"study {name!r:.40}"
    arm = connection.execute("select arm from arms limit 1 offset ?", [random.randrange(2)]).fetchone()[0]
    for table in ("arms", "study_runs"):
        connection.execute(f"update {table} set arm = ? where arm = ?", [name, arm])
    connection.execute("update arms set title = ?, summary = ? where arm = ?", [name, name, name])
    return f"arm {name!r:.40}"


def _forged_run(connection: sqlite3.Connection, random: Random) -> str:
    """Other numbers of a run, and its digest made again."""
    run = random.choice([row[0] for row in connection.execute("select id from runs")])
    table, column = random.choice(
        [("totals", "value"), ("totals", "level"), ("monthly", "value"), ("monthly", "month"), ("stocks", "count")]
    )
    value = _odd(random)
    connection.execute(f"update or ignore {table} set {column} = ? where run = ?", [value, run])
    connection.execute("update runs set digest = ? where id = ?", [digest_in(connection, run), run])
    return f"run {run}, {table}.{column} = {value!r:.60}"


_IN_TABLES: dict[str, tuple[Callable[[sqlite3.Connection, Random], str], int]] = {
    "cell": (_cell, 6), "number": (_number, 5), "rows out": (_rows_out, 3), "rows in": (_rows_in, 2), "schema": (_schema, 2),
    "configuration": (_configuration, 4), "name": (_name, 2), "forged run": (_forged_run, 1),
}  # fmt: skip
