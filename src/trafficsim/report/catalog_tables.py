"""The catalogue as tables on the terminal, or as JSON for programs."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from trafficsim.catalog import catalog
from trafficsim.catalog.reading import nearest, one_of
from trafficsim.errors import UserError
from trafficsim.policy import arm_names, load_arm

Rows = dict[str, dict[str, Any]]
"""Records by name, as plain mappings."""


def print_catalog(
    kind: str | None = None,
    name: str | None = None,
    as_json: bool = False,
    search_path: Iterable[Path | str] = (),
    console: Console | None = None,
) -> None:
    """Print the records of one ``kind`` (all kinds: what there is), or the one called ``name``, as a table or JSON."""
    console = console or Console()
    kinds = [kind] if kind else list(_KINDS)
    content = {each: _rows(each, name, search_path) for each in kinds}
    if as_json:
        print(json.dumps(content[kind] if kind else content, indent=2, ensure_ascii=False), file=console.file)
        return
    if not kind:
        table = _table("The catalogue", "kind", "records", "shows")
        for each, rows in content.items():
            table.add_row(each, str(len(rows)), f"trafficsim catalog {each}")
        console.print(table)
        return
    rows = content[kind]
    if name in rows:
        _print_record(console, name, rows[name])
    else:
        console.print(_KINDS[kind](rows))


def _rows(kind: str, name: str | None, search_path: Iterable[Path | str]) -> Rows:
    """Return the records of ``kind`` by name, or those that ``name`` picks."""
    if kind == "arms":
        names = arm_names(search_path)
        rows = {each: load_arm(each, search_path).plain() for each in ([name] if name else names)}
        return rows
    known = catalog()
    if kind == "parameters":
        rows = {
            f"{process}.{each}": parameter.model_dump(mode="json")
            for process, named in known.parameters.items()
            for each, parameter in named.items()
        }
        if name in known.parameters:
            return {each: row for each, row in rows.items() if each.startswith(f"{name}.")}
    else:
        rows = {each: record.model_dump(mode="json") for each, record in getattr(known, kind).items()}
    if name is None:
        return rows
    if name not in rows:
        choices = [*known.parameters, *rows] if kind == "parameters" else list(rows)
        allowed = list(known.parameters) if kind == "parameters" else choices
        raise UserError(f"There is nothing called '{name}' in {kind}.{nearest(name, choices)} Allowed: {one_of(allowed)}.")
    return {name: rows[name]}


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", show_lines=False)
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column == columns[0])
    return table


def _parameters(rows: Rows) -> Table:
    table = _table("Parameters", "name", "meaning", "default", "range", "unit", "grade", "source")
    for name, row in rows.items():
        low, high = row["range"]
        table.add_row(
            name, row["meaning"], f"{row['default']:g}", f"{low:g} to {high:g}", row["unit"], row["grade"], _words(row["source"])
        )
    return table


def _series(rows: Rows) -> Table:
    table = _table("Dated series", "name", "meaning", "values", "unit", "grade", "source")
    for name, row in rows.items():
        values = ", ".join(f"{month}: {value:g}" for month, value in row["values"].items())
        table.add_row(name, row["meaning"], values, row["unit"], row["grade"], _words(row["source"]))
    return table


def _levers(rows: Rows) -> Table:
    table = _table("Levers", "name", "label", "meaning", "kind", "asked for by", "status quo")
    for name, row in rows.items():
        asked = _words([*row["questions"], *row["provisions"]])
        quo = ", ".join(f"{month}: {value:g}" for month, value in row["status_quo"].items())
        table.add_row(name, row["label"], row["meaning"], row["kind"], asked, quo)
    return table


def _arms(rows: Rows) -> Table:
    table = _table("Arms", "name", "title", "summary", "levers (coverage)")
    for name, row in rows.items():
        levers = ", ".join(f"{lever} ({value['coverage']:g})" for lever, value in row["levers"].items())
        table.add_row(name, row["title"], row["summary"], levers or "none")
    return table


def _indicators(rows: Rows) -> Table:
    table = _table("Indicators", "name", "label", "unit", "definition", "better", "source")
    for name, row in rows.items():
        better = row["direction"].replace("_is_better", "").replace("neutral", "–")
        table.add_row(name, row["label"], row["unit"], row["definition"], better, _words(row["source"]))
    return table


_KINDS: dict[str, Callable[[Rows], Table]] = {
    "parameters": _parameters,
    "series": _series,
    "levers": _levers,
    "arms": _arms,
    "indicators": _indicators,
}


def _print_record(console: Console, name: str, row: dict[str, Any]) -> None:
    """Print every field of one record, a line each."""
    table = Table(title=name, title_justify="left", show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for key, value in row.items():
        if isinstance(value, dict) and value and all(isinstance(each, dict) for each in value.values()):  # an arm's levers
            for each, fields in value.items():
                told = "; ".join(f"{field} {_words(content)}" for field, content in fields.items() if field != "because")
                table.add_row(each, f"{told}\n{fields.get('because', '')}")
        else:
            table.add_row(key, _words(value))
    console.print(table)


def _words(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_words(each)}" for key, each in value.items()) or "none"
    if isinstance(value, list | tuple):
        return ", ".join(_words(each) for each in value) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)
