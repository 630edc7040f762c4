"""The sources that evidence cites, as CSL, and the tables of figures beside it."""

import csv
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, TypeAdapter, ValidationError

from trafficsim.catalog.reading import Located, at, read_mapping, validated
from trafficsim.catalog.records import Record, Text
from trafficsim.errors import UserError


def _address(url: str) -> str:
    """Refuse what no browser would open."""
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or "." not in (parts.hostname or "") or re.search(r"\s", url):
        raise ValueError("it should be an address that begins with http:// or https://")
    return url


def _written(value: Any) -> Any:
    """Take a bare 2002 or 2002-02-17, which YAML reads as a number and a date, for the text that it was."""
    return str(value) if isinstance(value, int | date) and not isinstance(value, bool) else value


def _date(text: str) -> str:
    parts = text.split("-")
    try:
        date(*(int(part) for part in [*parts, "1", "1"][:3]))
    except ValueError:
        raise ValueError("it should be a date that exists, YYYY, YYYY-MM or YYYY-MM-DD") from None
    return text


Issued = Annotated[
    str,
    BeforeValidator(_written),
    StringConstraints(pattern=r"^\d{4}(-\d\d){0,2}$"),
    AfterValidator(_date),
]


class Author(Record):
    """An author or organisation, by the name under which the source appeared."""

    literal: Text


class Source(Record):
    """One source, in the words of the Citation Style Language (CSL 1.0.2); ``note`` says how it was read."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    type: Literal[
        "article-journal",
        "article-magazine",
        "article-newspaper",
        "book",
        "broadcast",
        "dataset",
        "document",
        "entry-encyclopedia",
        "legislation",
        "post-weblog",
        "report",
        "speech",
        "thesis",
        "treaty",
        "webpage",
    ]
    author: Annotated[tuple[Author, ...], Field(min_length=1)]
    title: Text
    container_title: Annotated[Text | None, Field(alias="container-title")] = None
    publisher: Text | None = None
    number: Text | None = None
    volume: Text | None = None
    issue: Text | None = None
    page: Text | None = None
    issued: Issued | None = None
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")] | None = None
    url: Annotated[Annotated[str, AfterValidator(_address)] | None, Field(alias="URL")] = None
    note: Text

    @property
    def citation(self) -> str:
        """The source in a line: who, what, when, where."""
        first, *others = (author.literal for author in self.author)
        who = f"{first} and {len(others)} others" if len(others) > 1 else ", ".join([first, *others])
        parts = [who, self.title, self.container_title, self.issued or "date unknown", self.url]
        return ". ".join(part.rstrip(".") for part in parts if part)

    def csl(self) -> dict[str, Any]:
        """Return the entry as CSL-JSON, which reference managers read."""
        entry = self.model_dump(mode="json", by_alias=True, exclude_none=True)
        if self.issued:
            entry["issued"] = {"date-parts": [[int(part) for part in self.issued.split("-")]]}
        return entry


def read_sources(path: Path, shown_as: str) -> dict[str, Source]:
    """Return the sources of a CSL YAML file by citation key."""
    content = read_mapping(path, shown_as)
    entries = content.get("references")
    if content.keys() != {"references"} or not isinstance(entries, list):
        raise UserError(f"{shown_as}: it must hold one key, 'references', with a list of sources: '- id: ...'.")
    sources: dict[str, Source] = {}
    lines: dict[str, int] = {}
    for number, entry in enumerate(entries, 1):
        line = min(entry.lines.values(), default=None) if isinstance(entry, Located) else None
        name = str(entry.get("id", "")) if isinstance(entry, Mapping) else ""
        source = validated(Source, entry, shown_as, name or f"source {number}", line)
        if source.id in sources:
            raise UserError(
                f"{at(shown_as, line)}the citation key '{source.id}' is already taken, on line {lines[source.id]}; "
                "choose another."
            )
        sources[source.id], lines[source.id] = source, line or 0
    return sources


_Count = TypeAdapter(Annotated[int | float, Field(allow_inf_nan=False)])


def read_table(path: Path, shown_as: str) -> dict[str, tuple[float, ...]]:
    """Return a CSV file of numbers, column by column: ``year`` first, ascending; women and men add up to the total."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file, strict=True)
            columns = list(reader.fieldnames or ())
            if columns[:1] != ["year"] or len(set(columns)) < len(columns):
                raise UserError(f"{shown_as}, line 1: the first column must be 'year', and each name stand once.")
            rows = [_row(row, at(shown_as, reader.line_num)) for row in reader]
    except FileNotFoundError:
        raise UserError(f"There is no file '{shown_as}', which a record of evidence names as its table.") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{shown_as} cannot be read: {error}.") from None
    for number, row in enumerate(rows):
        where = at(shown_as, number + 2)
        if number and row["year"] <= rows[number - 1]["year"]:
            raise UserError(f"{where}the years must ascend, each written once.")
        if {"women", "men", "total"} <= row.keys() and row["women"] + row["men"] != row["total"]:
            raise UserError(
                f"{where}{row['women']:g} women and {row['men']:g} men make "
                f"{row['women'] + row['men']:g}, not the total {row['total']:g}."
            )
    return {column: tuple(row[column] for row in rows) for column in columns}


def _row(row: Mapping[str | None, Any], where: str) -> dict[str, float]:
    """Return the numbers of one line by column."""
    if None in row or None in row.values():
        raise UserError(f"{where}the line must have as many values as there are columns.")
    numbers: dict[str, float] = {}
    for column, text in row.items():
        try:
            numbers[str(column)] = _Count.validate_python(text)
        except ValidationError:
            raise UserError(f"{where}{column} = '{text}' is no number.") from None
    return numbers
