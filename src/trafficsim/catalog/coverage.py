"""Where each statement of the letter stands in the model: what names it as a source, which rules carry it, or why nothing does.

>>> from trafficsim.catalog.coverage import coverage
>>> row = coverage()["S31"]
>>> row.rules, "levers.data_firewall" in row.named_by
(('surveillance.detection_chance',), True)
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Self

from pydantic import StringConstraints, model_validator

from trafficsim.catalog import FOLDER, Catalog, catalog
from trafficsim.catalog.reading import at, nearest_id, read_mapping, validated
from trafficsim.catalog.records import Record, Text
from trafficsim.errors import UserError

RuleName = Annotated[str, StringConstraints(pattern=r"^[a-z_]+\.[a-z_]+$")]


class Remark(Record):
    """What a person says of one statement: ``how`` the model represents it and by which ``rules``, or why it is ``absent``."""

    how: Text | None = None
    rules: tuple[RuleName, ...] = ()
    absent: Text | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.how is None) == (self.absent is None):
            raise ValueError("say either 'how' it is represented or why it is 'absent', not both")
        if self.absent and self.rules:
            raise ValueError("what is 'absent' cannot have rules")
        return self


@dataclass(frozen=True)
class Row:
    """One statement: what it ``says``, what in the catalogue names it as a source, and the remark on it."""

    says: str
    named_by: tuple[str, ...]
    how: str
    rules: tuple[str, ...]
    absent: str

    @property
    def is_settled(self) -> bool:
        """True when the statement is represented, or it is said why not; never both."""
        return bool(self.named_by or self.rules or self.how) != bool(self.absent)


def load_remarks(path: Path | str, known: Catalog) -> dict[str, Remark]:
    """Read the remarks by id; :class:`UserError` names file, line and id for whatever does not fit."""
    path = Path(path)
    remarks = {}
    for name, content in (written := read_mapping(path, path.name)).items():
        line = written.lines[name]
        if name not in known.evidence:
            raise UserError(
                f"{at(path.name, line)}there is no evidence '{name}'.{nearest_id(str(name), known.evidence)}"
            )
        remarks[name] = validated(Remark, content, path.name, name, line)
    return remarks


@cache
def coverage() -> dict[str, Row]:
    """Return a row for each statement (S), lever asked for (L) and provision (A) of the letter, in order."""
    known = catalog()
    remarks = load_remarks(FOLDER / "coverage.yaml", known)
    rows = {}
    for name, record in known.evidence.items():
        if name[0] in "SLA":
            remark, named_by = remarks.get(name), tuple(known.named_by(name))
            if remark is None:
                rows[name] = Row(record.says, named_by, "", (), "")
            else:
                rows[name] = Row(record.says, named_by, remark.how or "", remark.rules, remark.absent or "")
    return rows
