"""The evidence: what the letter says, what it asks for, what it cites, and the figures published elsewhere, with sources.

It stands in ``evidence/*.yaml``, one record an id, and ``evidence/sources.yaml``, one entry a source. Ids tell the class:

======  ====================================================  =====================
S01     a claim of the letter                                 :class:`Claim`
L1      what the letter asks for, as a lever                  :class:`Asked`
A01     a provision that the letter cites                     :class:`Provision`
E-A01   a published figure, mechanism, check or gap           :class:`Figure`
X01     a tension between records                             :class:`Tension`
C1, V1  a target of calibration, a pattern held out           :class:`Yardstick`
======  ====================================================  =====================
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, ValidationInfo, model_validator

from trafficsim.catalog.evidence_sources import Source, read_sources, read_table
from trafficsim.catalog.reading import at, nearest, read_mapping, validated
from trafficsim.catalog.records import EvidenceId, Number, Record, Text
from trafficsim.errors import UserError

LETTER = "al-chn-3-2024"
"""The citation key of the letter AL CHN 3/2024. What rests on it alone is alleged."""

SOURCES_FILE = "sources.yaml"

Kind = Literal[
    "parameter",  # a claim that gives a number
    "mechanism",  # how one thing leads to another
    "outcome",  # something a study should count
    "lever",  # something that policy could change
    "anchor",  # a provision of law
    "context",  # what surrounds the rest, and enters no rule
    "figure",  # a published number
    "check",  # our own arithmetic or a check of a fact: a bound of plausibility, never data
    "gap",  # a number that was looked for and not found
    "tension",  # records that disagree
    "target",  # what the model may be fitted to
    "pattern",  # what the model is judged by and never fitted to
]
Status = Literal["alleged", "reported", "official count", "derived", "assumed", "unverified"]
Confidence = Literal["high", "medium", "low", "none"]
"""high: official count, or several independent sources that agree; medium: one credible study with a stated sample; low:
one informant, advocacy or a copy of unclear origin; none: not graded."""


def _cited(key: str, info: ValidationInfo) -> str:
    """Refuse a citation key that does not resolve."""
    known = (info.context or {}).get("sources")
    if known is not None and key not in known:
        raise ValueError(f"there is no source '{key}' in {SOURCES_FILE}.{nearest(key, known)} Add it there")
    return key


def _several(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


def _in_words(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


CitationKey = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$"), AfterValidator(_cited)]


class Slip(Record):
    """Where the letter prints something that cannot be right. The documents and the model use what is right."""

    printed: Text
    correct: Text
    sure: Confidence
    because: Text
    sources: tuple[CitationKey, ...] = ()
    checked_by: tuple[EvidenceId, ...] = ()


class Evidence(Record):
    """One record of evidence. ``value`` is a number with a ``unit``, or text where the source gives several numbers.

    ``interval`` is the range that the source gives or that follows from its sample; ``related`` names the records that
    this one is drawn from, agrees with or contradicts; ``table`` is a CSV file beside the record.
    """

    kinds: ClassVar[frozenset[str]] = frozenset()
    """The kinds that records of this class may be of."""

    says: Text
    kind: Annotated[tuple[Kind, ...], BeforeValidator(_several), Field(min_length=1)]
    value: Number | Text | None = None
    unit: Text | None = None
    population: Text | None = None
    year: Annotated[Text | None, BeforeValidator(_in_words)] = None
    interval: tuple[Number, Number] | None = None
    table: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+\.csv$")] | None = None
    related: tuple[EvidenceId, ...] = ()
    outlier: bool = False
    slip: Slip | None = None
    sources: tuple[CitationKey, ...]
    confidence: Confidence
    status: Status
    note: Text | None = None

    @property
    def carries_no_number(self) -> str:
        """The reason why no parameter may rest on this record alone, as the end of a sentence; empty when it may."""
        if self.status == "unverified":
            return "is unverified"
        reasons = {
            "gap": "records that no figure was found",
            "check": "is a bound of plausibility, not data",
            "tension": "records a disagreement",
            "target": "is a target of calibration",
            "pattern": "is held out to judge the model",
        }
        found = next((reasons[kind] for kind in self.kind if kind in reasons), "")
        return found or ("is an outlier" if self.outlier else "")

    @model_validator(mode="after")
    def _hold_together(self) -> Self:
        if wrong := [kind for kind in self.kind if kind not in self.kinds]:
            raise ValueError(f"'{wrong[0]}' is no kind for such an id; allowed are {', '.join(sorted(self.kinds))}")
        if isinstance(self.value, float | int) and self.unit is None:
            raise ValueError(f"the value {self.value:g} has no unit; add one")
        if self.interval is not None:
            self._check_interval(*self.interval)
        self._check_status()
        return self

    def _check_interval(self, low: float, high: float) -> None:
        if low > high:
            raise ValueError(f"the interval [{low:g}, {high:g}] is upside down; write the lower end first")
        if low == high:
            raise ValueError(f"the interval [{low:g}, {high:g}] is empty; widen it or leave it out")
        if isinstance(self.value, float | int) and not low <= self.value <= high:
            raise ValueError(f"the value {self.value:g} lies outside the interval [{low:g}, {high:g}]")

    def _check_status(self) -> None:
        if set(self.sources) == {LETTER} and self.status != "alleged":
            raise ValueError(f"the status is '{self.status}', but what rests on the letter alone is 'alleged'")
        if self.status == "alleged" and LETTER not in self.sources:
            raise ValueError(f"the status is 'alleged', which means by the letter; cite {LETTER} or choose another")
        if self.status in ("reported", "official count") and not self.sources and "gap" not in self.kind:
            raise ValueError(f"the status is '{self.status}', so a source is needed; cite it, or write 'unverified'")
        if self.status == "official count" and self.confidence in ("low", "none"):
            raise ValueError(f"an official count cannot have the confidence '{self.confidence}'")
        if self.status == "derived" and not self.related:
            raise ValueError("the status is 'derived'; name under 'related' what it is derived from")
        if (self.status == "unverified" or "gap" in self.kind) and self.confidence != "none":
            raise ValueError(f"the confidence is '{self.confidence}', but nothing was verified or found; write 'none'")


class _OfTheLetter(Evidence):
    """What the letter itself says; ``quote`` is a few words of it."""

    quote: Text | None = None

    @model_validator(mode="after")
    def _is_alleged(self) -> Self:
        if self.status != "alleged":
            raise ValueError(f"the status is '{self.status}', but all that the letter says is 'alleged'")
        return self


class Claim(_OfTheLetter):
    """A claim of the letter that a model can represent; ``calls_for`` is what a model needs for it."""

    kinds = frozenset({"parameter", "mechanism", "outcome", "lever", "anchor", "context"})
    calls_for: Text


class Asked(_OfTheLetter):
    """What the letter asks for (``question`` 1 to 8) or implies, as a lever: what it moves, what a study should report."""

    kinds = frozenset({"lever"})
    name: Text
    question: Annotated[int, Field(ge=1, le=8)] | None = None
    moves: Text
    reports: Text


class Provision(_OfTheLetter):
    """An instrument or article; ``says`` is what it requires, ``ratification`` its status for the host state by the letter.

    ``supports`` names the levers (L1 to L11) that it asks for or bears on.
    """

    kinds = frozenset({"anchor", "context"})
    instrument: Text
    article: Text | None = None
    ratification: Text
    supports: tuple[EvidenceId, ...]


class Figure(Evidence):
    """What somebody has published, or what follows from it."""

    kinds = frozenset({"figure", "mechanism", "context", "check", "gap"})


class Tension(Evidence):
    """Where records disagree; ``note`` says how the model handles it."""

    kinds = frozenset({"tension"})


class Yardstick(Evidence):
    """A target that the model may be fitted to, or a pattern held out; ``judged_by`` is the score or the rule to pass."""

    kinds = frozenset({"target", "pattern"})
    judged_by: Text


_CLASSES: dict[str, tuple[str, type[Evidence]]] = {
    "S": (r"S\d\d", Claim),
    "L": (r"L\d{1,2}", Asked),
    "A": (r"A\d\d", Provision),
    "E": (r"E-[A-Z](\d\d)?", Figure),
    "X": (r"X\d\d", Tension),
    "C": (r"C\d{1,2}", Yardstick),
    "V": (r"V\d{1,2}", Yardstick),
}
"""First letter of an id -> what the whole id looks like, and the class of its record. The order is that of the tables."""

Rows = Mapping[str, tuple[float, ...]]
"""A table of figures: column -> numbers, row by row."""


@dataclass(frozen=True)
class EvidenceBase:
    """All evidence by id, all sources by citation key, and the tables of the records that have one, by id."""

    records: dict[str, Evidence]
    sources: dict[str, Source]
    tables: dict[str, Rows]


def load_evidence(folder: Path | str) -> EvidenceBase:
    """Read a folder of evidence: ``sources.yaml``, every other ``*.yaml``, and the CSV files that records name.

    :class:`UserError` names file, line, key and what is allowed, for whatever does not fit or does not resolve.
    """
    root = Path(folder)
    sources = read_sources(root / SOURCES_FILE, f"{root.name}/{SOURCES_FILE}")
    files = {path: f"{root.name}/{path.name}" for path in sorted(root.glob("*.yaml")) if path.name != SOURCES_FILE}
    written: dict[str, tuple[str, int, Any]] = {}
    for path, shown_as in files.items():
        for name, content in (mapping := read_mapping(path, shown_as)).items():
            line = mapping.lines[name]
            _check_id(name, at(shown_as, line))
            if name in written:
                raise UserError(
                    f"{at(shown_as, line)}the id '{name}' is already taken, in {written[name][0]}, line "
                    f"{written[name][1]}; choose another."
                )
            written[name] = (shown_as, line, content)
    context = {"evidence": written.keys(), "sources": sources}
    records = {}
    for name in sorted(written, key=in_order):
        shown_as, line, content = written[name]
        records[name] = validated(_CLASSES[name[0]][1], content, shown_as, name, line, context)
        if name in records[name].related:
            raise UserError(f"{at(shown_as, line, name)}the record names itself under 'related'; take it out.")
    tables: dict[str, Rows] = {
        name: read_table(root / record.table, f"{root.name}/{record.table}")
        for name, record in records.items()
        if record.table
    }
    return EvidenceBase(records, sources, tables)


def in_order(name: str) -> tuple[int, str, int]:
    """Return a key that sorts ids as the tables do: S, L, A, E, X, C, V; E-A before E-A01; L2 before L10."""
    word, number = re.fullmatch(r"(.*?)(\d*)", name).groups()  # type: ignore[union-attr]
    return list(_CLASSES).index(name[0]), word, int(number or 0)


def _check_id(name: Any, where: str) -> None:
    pattern, _ = _CLASSES.get(str(name)[:1], ("", Evidence))
    if not isinstance(name, str) or not re.fullmatch(pattern, name):
        raise UserError(f"{where}'{name}' cannot be an id; write one like S01, L1, A01, E-A01, X01, C1 or V1.")
