"""The catalogue as tables on the terminal, or as JSON for programs."""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Column, Table
from rich.text import Text

from trafficsim.catalog import catalog, load_catalog
from trafficsim.catalog.corridors import corridor_names, load_corridor
from trafficsim.catalog.coverage import coverage
from trafficsim.catalog.reading import nearest, one_of
from trafficsim.errors import UserError
from trafficsim.policy import arm_names, load_arm
from trafficsim.report.evidence_tables import (
    Rows,
    evidence_rows,
    evidence_table,
    source_rows,
    source_table,
    told_in_full,
)


def print_catalog(
    kind: str | None = None,
    name: str | None = None,
    as_json: bool = False,
    search_path: Iterable[Path | str] = (),
    console: Console | None = None,
) -> None:
    """Print the records of one ``kind`` (all kinds: what there is), or the one called ``name``, as a table or JSON."""
    console = console or Console()
    if as_json:
        print(catalog_as_json(kind, name, search_path), file=console.file)
        return
    kinds = [kind] if kind else list(_KINDS)
    content = {each: _rows(each, name, search_path) for each in kinds}
    if not kind:
        table = Table("kind", "records", "shown by", title="The catalogue", title_justify="left")
        for each, rows in content.items():
            table.add_row(each, str(len(rows)), f"trafficsim catalog {each}")
        console.print(table)
        return
    rows = content[kind]
    if kind == "evidence" and name:
        name = name.upper()
    if name in rows:
        _print_record(console, name, told_in_full(catalog(), kind, name, rows.pop(name)))
    if rows:
        console.print(_KINDS[kind](rows))


def catalog_as_json(kind: str | None = None, name: str | None = None, search_path: Iterable[Path | str] = ()) -> str:
    """Return the records of one ``kind`` (all kinds: what there is), or the one called ``name``, as JSON."""
    plain: dict[str, Any] = {each: _rows(each, name, search_path) for each in ([kind] if kind else _KINDS)}
    if "sources" in plain:
        plain["sources"] = list(plain["sources"].values())  # CSL-JSON, as reference managers expect it
    return json.dumps(plain[kind] if kind else plain, indent=2, ensure_ascii=False)


def _rows(kind: str, name: str | None, search_path: Iterable[Path | str]) -> Rows:
    """Return the records of ``kind`` by name, or those that ``name`` picks."""
    if kind == "arms":
        names = arm_names(search_path)
        return {each: load_arm(each, search_path).plain() for each in ([name] if name else names)}
    if kind == "corridors":
        names = corridor_names(search_path)
        return {each: load_corridor(each, search_path).plain() for each in ([name] if name else names)}
    known = load_catalog()  # where people look, it is checked that every source exists and carries its number
    if kind in ("evidence", "sources"):
        return evidence_rows(known, name) if kind == "evidence" else source_rows(known, name)
    if kind == "parameters":
        rows = {
            f"{process}.{each}": parameter.model_dump(mode="json")
            for process, named in known.parameters.items()
            for each, parameter in named.items()
        }
        if name in known.parameters:
            return {each: row for each, row in rows.items() if each.startswith(f"{name}.")}
    elif kind == "coverage":
        rows = {each: json.loads(json.dumps(asdict(row))) for each, row in coverage().items()}
    else:
        rows = {each: record.model_dump(mode="json") for each, record in getattr(known, kind).items()}
    if name is None:
        return rows
    if name not in rows:
        choices = [*known.parameters, *rows] if kind == "parameters" else list(rows)
        allowed = list(known.parameters) if kind == "parameters" else choices
        raise UserError(
            f"There is nothing called '{name}' in {kind}.{nearest(name, choices)} Allowed: {one_of(allowed)}."
        )
    return {name: rows[name]}


def _table(title: str, *columns: str) -> Table:
    kind = title.lower().split()[-1]
    table = Table(title=title, title_justify="left", caption=f"One of them in full: trafficsim catalog {kind} NAME")
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column == columns[0])
    return table


def _parameters(rows: Rows) -> Group:
    """One table for each process, for their names are long."""
    tables: dict[str, Table] = {}
    widest = max(len(full_name.partition(".")[2]) for full_name in rows)
    for full_name, row in rows.items():
        process, _, name = full_name.partition(".")
        if process not in tables:
            name_column = Column("name", no_wrap=True, min_width=widest)
            tables[process] = Table(
                name_column, "meaning", "default (range)", "unit", title=process, title_justify="left"
            )
        low, high = row["range"]
        tables[process].add_row(name, row["meaning"], f"{row['default']:g} ({low:g} to {high:g})", row["unit"])
    return Group(*tables.values(), "Source and grade of one of them: trafficsim catalog parameters PROCESS.NAME")


def _series(rows: Rows) -> Table:
    table = _table("Dated series", "name", "meaning", "values", "unit")
    for name, row in rows.items():
        table.add_row(name, row["meaning"], _words(row["values"]), row["unit"])
    return table


def _levers(rows: Rows) -> Table:
    table = _table("Levers", "name", "meaning", "asked for by")
    for name, row in rows.items():
        asked = row["questions"] if row["kind"] == "protective" else [row["kind"]]
        table.add_row(name, row["meaning"], _words(asked))
    return table


def _arms(rows: Rows) -> Table:
    table = _table("Arms", "name", "title", "summary")
    for name, row in rows.items():
        table.add_row(name, row["title"], row["summary"])
    return table


def _corridors(rows: Rows) -> Table:
    table = _table("Corridors", "name", "summary", "areas")
    for name, row in rows.items():
        table.add_row(name, row["summary"], _words(row["areas"]))
    return table


def _transitions(rows: Rows) -> Table:
    table = _table("Transitions", "name", "from", "to", "rule")
    for name, row in rows.items():
        left, entered = (_words(row[side]).replace("_", " ") for side in ("left", "entered"))
        table.add_row(name, left, entered, f"{row['step']}: {row['rule']}")
    return table


def _coverage(rows: Rows) -> Table:
    table = _table("Coverage", "statement", "says (alleged, AL CHN 3/2024)", "in the model")
    for name, row in rows.items():
        absent = f"Not in the model. {row['absent']}" if row["absent"] else ""
        places = _words([*row["rules"], *row["named_by"]])
        table.add_row(
            name, row["says"], absent or " ".join(part for part in (row["how"], f"[dim]{places}[/dim]") if part)
        )
    return table


def _indicators(rows: Rows) -> Table:
    table = _table("Indicators", "name", "definition", "unit")
    for name, row in rows.items():
        table.add_row(name, row["definition"], row["unit"])
    return table


_KINDS: dict[str, Callable[[Rows], RenderableType]] = {
    "parameters": _parameters,
    "series": _series,
    "levers": _levers,
    "arms": _arms,
    "indicators": _indicators,
    "transitions": _transitions,
    "corridors": _corridors,
    "coverage": _coverage,
    "evidence": evidence_table,
    "sources": source_table,
}


def _print_record(console: Console, name: str, row: dict[str, Any]) -> None:
    """Print every field of one record, a line each."""
    table = Table(title=name, title_justify="left", show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for key, value in row.items():
        if (
            isinstance(value, dict) and value and all(isinstance(each, dict) for each in value.values())
        ):  # an arm's levers
            for each, fields in value.items():
                told = "; ".join(
                    f"{field} {_words(content)}" for field, content in fields.items() if field != "because"
                )
                table.add_row(each, f"{told}\n{fields.get('because', '')}")
        else:
            table.add_row(key, Text(_words(value)))
    console.print(table)


def _words(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_words(each)}" for key, each in value.items()) or "none"
    if isinstance(value, list | tuple):
        return ", ".join(_words(each) for each in value) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)
