"""The evidence and its sources as rows and tables: who says a number, and what in the model rests on a claim."""

from collections.abc import Iterable
from typing import Any

from rich.table import Table
from rich.text import Text

from trafficsim.catalog import Catalog, Evidence
from trafficsim.catalog.evidence_records import Provision
from trafficsim.catalog.reading import nearest, nearest_id
from trafficsim.errors import UserError

Rows = dict[str, dict[str, Any]]
"""Records by name, as plain mappings."""

_GROUPS = {
    "S": "claims of the letter",
    "L": "what it asks for",
    "A": "provisions it cites",
    "E-": "figures, by group E-A to E-Q",
    "X": "tensions",
    "C": "targets of calibration",
    "V": "patterns held out",
}


def evidence_rows(known: Catalog, name: str | None) -> Rows:
    """Return the records of evidence that ``name`` picks: an id, or the beginning of some; all without a name.

    Each tells under ``named_by`` what in the catalogue rests on it.
    """
    picked = _picked(known.evidence, (name or "").upper())
    if not picked:
        raise UserError(
            f"There is nothing called '{name}' in evidence.{nearest_id((name or '').upper(), known.evidence)} Write an id, or "
            f"how some begin: {', '.join(f'{start} ({what})' for start, what in _GROUPS.items())}."
        )
    rows = {each: known.evidence[each].model_dump(mode="json") | {"named_by": known.named_by(each)} for each in picked}
    for each in rows.keys() & known.evidence_tables.keys():
        rows[each]["table"] = {column: list(values) for column, values in known.evidence_tables[each].items()}
    return rows


def source_rows(known: Catalog, name: str | None) -> Rows:
    """Return the sources that ``name`` picks, a citation key or the beginning of some, as CSL-JSON."""
    picked = _picked(known.sources, name or "")
    if not picked:
        raise UserError(
            f"There is nothing called '{name}' in sources.{nearest(name or '', known.sources)} 'trafficsim catalog sources' "
            "lists them."
        )
    return {key: known.sources[key].csl() for key in picked}


def _picked(names: Iterable[str], word: str) -> list[str]:
    """Return the name that ``word`` is, if it ends in a digit or stands alone, else all names that begin with it."""
    begin = [name for name in names if name.startswith(word)]
    return [word] if word in begin and word[-1:].isdigit() else begin


def evidence_table(rows: Rows) -> Table:
    """Return one line for each record: what it says, how much, how far to trust it."""
    table = Table("id", "says", "value", "status", title="Evidence", title_justify="left")
    table.columns[0].no_wrap = True
    table.caption = "One of them in full, with its sources: trafficsim catalog evidence ID"
    for name, row in rows.items():
        graded = "" if row["confidence"] == "none" else f", {row['confidence']}"
        table.add_row(name, Text(row["says"]), Text(quantity(row)), row["status"] + graded)
    return table


def source_table(rows: Rows) -> Table:
    """Return one line for each source: who, what, when."""
    table = Table("key", "source", "issued", title="Sources", title_justify="left")
    table.columns[0].overflow = "fold"
    table.caption = "One of them in full: trafficsim catalog sources KEY · for a reference manager: --json"
    for key, row in rows.items():
        who = ", ".join(author["literal"] for author in row["author"])
        issued = "-".join(f"{part:02d}" for part in row["issued"]["date-parts"][0]) if "issued" in row else "unknown"
        table.add_row(key, Text(f"{who}. {row['title']}"), issued)
    return table


def quantity(row: dict[str, Any]) -> str:
    """Return a record's value with its unit and interval, as far as it has them."""
    value, unit, interval = row["value"], row["unit"], row["interval"]
    if value is None:
        return ""
    words = value if isinstance(value, str) else _number(value)
    if interval and not isinstance(value, str):
        words += f" ({_number(interval[0])} to {_number(interval[1])})"
    return f"{words} · {unit}" if unit else words


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:g}"


def told_in_full(known: Catalog, kind: str, name: str, row: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of one record with the ids and citation keys in it spelt out, ready to print."""
    if kind == "sources":
        issued = known.sources[name].issued or "unknown"
        return row | {
            "author": [author["literal"] for author in row["author"]],
            "issued": issued,
            "cited_by": known.cited_by(name),
        }
    if kind == "evidence":
        return {
            key: _spelt_out(known, key, value)
            for key, value in row.items()
            if value not in (None, "", [], False) or key == "named_by"
        }
    return {key: _spelt_out(known, key, value) for key, value in row.items()}


def _provision(record: Evidence) -> str:
    if not isinstance(record, Provision):
        return record.says
    article = record.article or ""
    where = f", article {article}" if article[:1].isdigit() else f", {article}" if article else ""
    return f"{record.instrument}{where}: {record.says}"


def _spelt_out(known: Catalog, key: str, value: Any) -> Any:
    if key == "sources":
        return "\n".join(f"{each}: {known.sources[each].citation}" for each in value)
    if key == "provisions":
        return "\n".join(f"{each}: {_provision(known.evidence[each])}" for each in value)
    if key in ("related", "source", "supports", "letter") and isinstance(value, list):
        return "\n".join(f"{each} ({known.evidence[each].status}): {known.evidence[each].says}" for each in value)
    if key == "slip":
        return "\n".join(
            f"{field}: {', '.join(told) if isinstance(told, list) else told}" for field, told in value.items() if told
        )
    if key == "table":
        return "\n".join(
            ", ".join(f"{name} {number}" for name, number in zip(value, line, strict=True))
            for line in zip(*value.values(), strict=True)
        )
    if key == "named_by":
        return "\n".join(value) or "nothing in the catalogue"
    return value
