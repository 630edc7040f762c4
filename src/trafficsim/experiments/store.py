"""The results file: one SQLite database that explains itself in any SQLite browser.

One writer, write-ahead logging, one transaction a run. Definitions, units, sources and limits stand in tables beside the
numbers, tied to them by foreign keys.
"""

import json
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sqlite_utils import Database

from trafficsim.catalog import catalog
from trafficsim.engine.calendar import month_label
from trafficsim.errors import UserError
from trafficsim.experiments.result import RunRecord, StudyResult

APPLICATION_ID = 0x74726166
"""Marks an SQLite file as one of ours ("traf")."""

LIMITS = (
    "Scenario outcomes of a model built on allegations and survivor-sample data; not a count of real people.",
    "No effect size of any lever is known: lever strengths are assumptions with wide ranges.",
    "Intervals show luck over replicates at fixed assumptions unless a study says that it varies assumptions too.",
    "Areas are synthetic; nothing here locates anybody, and nothing here is a forecast.",
)

TABLES: dict[str, dict[str, tuple[type, str]]] = {
    "configurations": {"hash": (str, "SHA-256 of the canonical JSON"), "content": (str, "the configuration as JSON")},
    "studies": {
        "id": (str, "name and configuration hash"), "name": (str, "name"), "created": (str, "time of creation, UTC"),
        "configuration": (str, "hash of the configuration"), "model_version": (str, "version of the rules"),
        "software_version": (str, "version of trafficsim"),
    },
    "arms": {
        "study": (str, "study"), "arm": (str, "name"), "title": (str, "title"), "summary": (str, "in words"),
        "levers": (str, "levers as JSON"), "place": (int, "order; 0 is the baseline"),
    },
    "indicators": {
        "name": (str, "name"), "label": (str, "in words"), "unit": (str, "unit"), "definition": (str, "what is counted"),
        "direction": (str, "which way is better"), "source": (str, "why it matters: evidence ids"),
        "place": (int, "order in tables"),
    },
    "parameters": {
        "study": (str, "study"), "process": (str, "step of the month"), "name": (str, "name"), "meaning": (str, "meaning"),
        "unit": (str, "unit"), "value": (float, "value used"), "default_value": (float, "value of the catalogue"),
        "low": (float, "plausible from"), "high": (float, "plausible to"), "source": (str, "evidence ids, or assumed"),
        "reason": (str, "why"), "grade": (str, "A measured to D guess"),
    },
    "levers": {
        "name": (str, "name"), "label": (str, "in words"), "meaning": (str, "meaning"),
        "provisions": (str, "legal anchors"), "questions": (str, "questions of the letter"), "kind": (str, "kind"),
    },
    "runs": {
        "id": (str, "study and hash of all that decides the result"), "study": (str, "study"), "arm": (str, "arm, or history"),
        "replicate": (int, "replicate, from 0"), "seed": (str, "seed"), "parent_run": (str, "the history it branched from"),
        "first_month": (str, "first month"), "months": (int, "length"), "seconds": (float, "time it took"),
    },
    "monthly": {
        "run": (str, "run"), "month": (str, "YYYY-MM"), "indicator": (str, "indicator"), "value": (float, "in its unit"),
    },
    "totals": {
        "run": (str, "run"), "indicator": (str, "indicator"), "dimension": (str, "all, area, purpose, sex or age_band"),
        "level": (str, "group"), "value": (float, "over the run, in the indicator's unit"),
    },
    "stocks": {
        "run": (str, "run"), "month": (str, "YYYY-MM"), "kind": (str, "migrant_status or child_care"),
        "level": (str, "status or care"), "count": (int, "persons at the end of the month"),
    },
    "fates": {
        "study": (str, "study"), "replicate": (int, "replicate"), "arm_a": (str, "baseline"), "arm_b": (str, "other arm"),
        "fate_a": (str, "fate under the baseline"), "fate_b": (str, "fate of the same lives under the other arm"),
        "lives": (int, "lives"),
    },
    "changed_lives": {
        "study": (str, "study"), "replicate": (int, "replicate"), "arm_a": (str, "baseline"), "arm_b": (str, "other arm"),
        "lives_changed": (int, "lives that differ"), "lives_compared": (int, "lives compared"),
    },
    "events": {
        "run": (str, "run"), "month": (str, "YYYY-MM"), "person_key": (str, "name of a simulated life"), "event": (str, "event"),
    },
    "limits": {"id": (int, "number"), "text": (str, "what a result does not mean")},
    "column_descriptions": {
        "table_name": (str, "table"), "column_name": (str, "column"), "meaning": (str, "meaning"),
    },
}  # fmt: skip

KEYS: dict[str, Any] = {
    "studies": "id", "configurations": "hash", "arms": ("study", "arm"), "indicators": "name",
    "parameters": ("study", "process", "name"), "levers": "name", "runs": "id", "monthly": ("run", "indicator", "month"),
    "totals": ("run", "indicator", "dimension", "level"), "stocks": ("run", "kind", "level", "month"),
    "fates": ("study", "replicate", "arm_a", "arm_b", "fate_a", "fate_b"),
    "changed_lives": ("study", "replicate", "arm_a", "arm_b"), "limits": "id",
    "column_descriptions": ("table_name", "column_name"),
}  # fmt: skip

FOREIGN_KEYS: dict[str, list[tuple[str, str, str]]] = {
    "studies": [("configuration", "configurations", "hash")],
    "arms": [("study", "studies", "id")],
    "parameters": [("study", "studies", "id")],
    "runs": [("study", "studies", "id"), ("parent_run", "runs", "id")],
    "monthly": [("run", "runs", "id"), ("indicator", "indicators", "name")],
    "totals": [("run", "runs", "id"), ("indicator", "indicators", "name")],
    "stocks": [("run", "runs", "id")],
    "fates": [("study", "studies", "id")],
    "changed_lives": [("study", "studies", "id")],
    "events": [("run", "runs", "id")],
}

COMPARISON_VIEW = """
select runs.study, indicators.label, indicators.unit, runs.arm, avg(totals.value) as mean_over_replicates,
       count(*) as replicates, indicators.definition
from totals join runs on runs.id = totals.run join indicators on indicators.name = totals.indicator
where totals.dimension = 'all' and runs.arm <> 'history'
group by runs.study, indicators.name, runs.arm order by runs.study, indicators.place, runs.arm
"""


def save_study(result: StudyResult, path: Path | str) -> Path:
    """Write a study into the file at ``path``, beside studies that are there already; return the path.

    A study of the same id is replaced. Raises :class:`UserError` where the file cannot be written or is not ours.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _check_ours(path)
        database = Database(path)
        try:
            database.execute("PRAGMA foreign_keys = on")
            database.enable_wal()
            _create_tables(database)
            _write_study(database, result)
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            database.execute("PRAGMA journal_mode = delete")
        finally:
            database.close()
    except (OSError, sqlite3.Error) as problem:
        raise UserError(
            f"The results file {path} could not be written: {problem}. Choose another place with output.folder=FOLDER, "
            f"or free some room; nothing that was in the file is lost."
        ) from problem
    return path


def _check_ours(path: Path) -> None:
    """Refuse to write into a file that trafficsim has not made."""
    if not path.exists() or path.stat().st_size == 0:
        return
    try:
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            found = connection.execute("PRAGMA application_id").fetchone()[0]
        finally:
            connection.close()
    except sqlite3.DatabaseError as problem:
        raise UserError(
            f"{path} is not an SQLite file ({problem}). It is left as it is; name another file."
        ) from problem
    if found != APPLICATION_ID:
        raise UserError(
            f"{path} is an SQLite file, but not one of trafficsim's. It is left as it is; name another file."
        )


def _create_tables(database: Database) -> None:
    database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    for name, columns in TABLES.items():
        database.table(name).create(
            {column: kind for column, (kind, _) in columns.items()},
            pk=KEYS.get(name),
            foreign_keys=FOREIGN_KEYS.get(name, ()),
            if_not_exists=True,
        )
    database.table("runs").create_index(["study", "arm"], if_not_exists=True)
    database.create_view("comparison", COMPARISON_VIEW, replace=True)


def _write_study(database: Database, result: StudyResult) -> None:
    with database.conn:
        _forget(database, result.study_id)
        _write_catalogue(database, result)
    for run in result.runs:
        with database.conn:
            _write_run(database, result.study_id, run)
    with database.conn:
        _insert(
            database,
            "fates",
            (dict(zip(TABLES["fates"], (result.study_id, *row), strict=True)) for row in result.fates),
        )
        names = TABLES["changed_lives"]
        _insert(
            database, "changed_lives",
            (dict(zip(names, (result.study_id, *row), strict=True)) for row in result.changed_lives),
        )  # fmt: skip


def _insert(database: Database, table: str, rows: Iterable[dict[str, Any]]) -> None:
    columns = list(TABLES[table])
    sql = f"insert or replace into [{table}] ({', '.join(columns)}) values ({', '.join('?' * len(columns))})"
    database.conn.executemany(sql, ([row[column] for column in columns] for row in rows))


def _forget(database: Database, study_id: str) -> None:
    """Take an earlier writing of the same study out, children first."""
    for table in ("monthly", "totals", "stocks", "events"):
        database.execute(f"delete from [{table}] where run in (select id from runs where study = ?)", [study_id])
    database.execute("delete from runs where study = ? and parent_run is not null", [study_id])
    for table in ("runs", "arms", "parameters", "fates", "changed_lives"):
        database.execute(f"delete from [{table}] where study = ?", [study_id])


def _upsert(database: Database, table: str, rows: Iterable[dict[str, Any]]) -> None:
    """Write shared rows in place: replacing them would break what refers to them."""
    columns, key = list(TABLES[table]), KEYS[table]
    keys = [key] if isinstance(key, str) else list(key)
    rest = ", ".join(f"{column} = excluded.{column}" for column in columns if column not in keys)
    sql = (
        f"insert into [{table}] ({', '.join(columns)}) values ({', '.join('?' * len(columns))}) "
        f"on conflict ({', '.join(keys)}) do update set {rest}"
    )
    database.conn.executemany(sql, ([row[column] for column in columns] for row in rows))


def _write_catalogue(database: Database, result: StudyResult) -> None:
    known = catalog()
    _upsert(database, "limits", ({"id": number, "text": text} for number, text in enumerate(LIMITS, 1)))
    _upsert(
        database, "column_descriptions",
        (
            {"table_name": table, "column_name": column, "meaning": meaning}
            for table, columns in TABLES.items()
            for column, (_, meaning) in columns.items()
        ),
    )  # fmt: skip
    _upsert(
        database, "indicators",
        (
            {
                "name": name, "label": record.label, "unit": record.unit, "definition": record.definition,
                "direction": record.direction, "source": _words(record.source), "place": place,
            }
            for place, (name, record) in enumerate(known.indicators.items())
        ),
    )  # fmt: skip
    _upsert(
        database, "levers",
        (
            {
                "name": name, "label": lever.label, "meaning": lever.meaning, "provisions": _words(lever.provisions),
                "questions": _words(lever.questions), "kind": lever.kind,
            }
            for name, lever in known.levers.items()
        ),
    )  # fmt: skip
    content = json.dumps(result.configuration, sort_keys=True)
    _upsert(database, "configurations", [{"hash": result.configuration_hash, "content": content}])
    _upsert(
        database, "studies",
        [
            {
                "id": result.study_id, "name": result.name, "created": result.created,
                "configuration": result.configuration_hash, "model_version": result.model_version,
                "software_version": result.software_version,
            }
        ],
    )  # fmt: skip
    _insert(
        database, "arms",
        (
            {
                "study": result.study_id, "arm": arm["name"], "title": arm["title"], "summary": arm["summary"],
                "levers": json.dumps(arm["levers"]), "place": place,
            }
            for place, arm in enumerate(result.arms)
        ),
    )  # fmt: skip
    changed = result.configuration.get("parameters", {})
    _insert(
        database, "parameters",
        (
            {
                "study": result.study_id, "process": process, "name": name, "meaning": record.meaning, "unit": record.unit,
                "value": changed.get(process, {}).get(name, record.default), "default_value": record.default,
                "low": record.range[0], "high": record.range[1], "source": _words(record.source),
                "reason": record.because, "grade": record.grade,
            }
            for process, named in known.parameters.items()
            for name, record in named.items()
        ),
    )  # fmt: skip


def _words(source: Any) -> str:
    return source if isinstance(source, str) else ", ".join(source)


def _write_run(database: Database, study_id: str, run: RunRecord) -> None:
    identity = f"{study_id}/{run.run_id}"
    _insert(
        database, "runs",
        [
            {
                "id": identity, "study": study_id, "arm": run.arm, "replicate": run.replicate, "seed": str(run.seed),
                "parent_run": f"{study_id}/{run.parent}" if run.parent else None, "first_month": month_label(run.first_month),
                "months": run.months, "seconds": run.seconds,
            }
        ],
    )  # fmt: skip
    labels = [month_label(run.first_month + month) for month in range(run.months)]
    _insert(
        database, "monthly",
        (
            {"run": identity, "month": label, "indicator": name, "value": value}
            for name, values in run.monthly.items()
            for label, value in zip(labels, values.tolist(), strict=True)
            if not np.isnan(value)
        ),
    )  # fmt: skip
    _insert(
        database, "totals",
        (
            {"run": identity, "indicator": name, "dimension": dimension, "level": level, "value": value}
            for name, dimension, level, value in run.totals
            if not np.isnan(value)
        ),
    )  # fmt: skip
    _insert(
        database, "stocks",
        (
            {"run": identity, "month": month_label(month), "kind": kind, "level": level, "count": count}
            for month, kind, level, count in run.stocks
        ),
    )  # fmt: skip
    if run.events is not None:
        _write_events(database, identity, run.events)


def _write_events(database: Database, identity: str, events: Any) -> None:
    from trafficsim.processes.vocabulary import LABELS, Event

    words = LABELS[Event]
    _insert(
        database, "events",
        (
            {"run": identity, "month": month_label(month), "person_key": f"{key:016x}", "event": words[event]}
            for month, event, key in events.tolist()
        ),
    )  # fmt: skip


def open_study(path: Path | str, study: str | None = None) -> dict[str, pd.DataFrame]:
    """Return the tables of one study as data frames by name (the newest study, or the one whose id is ``study``).

    Runs carry their arm and replicate into ``monthly``, ``totals`` and ``stocks``. Raises :class:`UserError` where the
    file is missing, is not ours, or has no such study.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"There is no results file {path}.")
    _check_ours(path)
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        studies = pd.read_sql_query("select * from studies order by created", connection)
        if study is not None:
            studies = studies[studies["id"] == study]
        if studies.empty:
            raise UserError(f"{path} holds no study{f' {study}' if study else ''}.")
        chosen = studies["id"].iloc[-1]
        frames = {"studies": studies.tail(1)}
        for table in ("indicators", "levers", "limits"):
            frames[table] = pd.read_sql_query(f"select * from {table}", connection)
        for table in ("arms", "parameters", "runs", "fates", "changed_lives"):
            frames[table] = pd.read_sql_query(f"select * from {table} where study = ?", connection, params=[chosen])
        for table in ("monthly", "totals", "stocks"):
            frames[table] = pd.read_sql_query(
                f"select runs.arm, runs.replicate, {table}.* from {table} join runs on runs.id = {table}.run where study = ?",
                connection, params=[chosen],
            )  # fmt: skip
        return frames
    finally:
        connection.close()
