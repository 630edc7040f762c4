"""The records of the catalogue: what each file may say, and what is refused."""

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Strict,
    StringConstraints,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)

from trafficsim.catalog.reading import nearest_id
from trafficsim.catalog.units import UNITS
from trafficsim.engine.calendar import month_index
from trafficsim.errors import UserError

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Number = Annotated[float, Strict(), Field(allow_inf_nan=False)]
Share = Annotated[float, Strict(), Field(ge=0.0, le=1.0, allow_inf_nan=False)]


def _known(name: str, info: ValidationInfo) -> str:
    """Refuse the id of evidence that does not exist; where no evidence was handed over, every id passes."""
    evidence = (info.context or {}).get("evidence")
    if evidence is not None and name not in evidence:
        raise ValueError(
            f"there is no evidence '{name}'.{nearest_id(name, evidence)} 'trafficsim catalog evidence' lists it"
        )
    return name


EvidenceId = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]*(-[A-Z0-9]+)*$"), AfterValidator(_known)]
Provenance = Annotated[
    Annotated[Literal["assumed"], Tag("[word]")] | Annotated[tuple[EvidenceId, ...], Tag("[ids]")],
    Discriminator(lambda source: "[word]" if isinstance(source, str) else "[ids]"),
]
"""Where a record comes from: ids of evidence, or the word "assumed"."""
Distribution = Literal["uniform", "log_uniform", "triangular", "fixed"]
"""How plausible values lie within a range: alike; alike in each order of magnitude; most near the default; one value only, so
that the range says no more than what may be set by hand."""
Grade = Literal["A", "B", "C", "D"]
"""A official count or several sources that agree · B one credible study · C weak or old · D assumed or one voice."""


def _in_order(months: dict[str, float]) -> dict[str, float]:
    """Refuse keys that are no months, or months that do not ascend."""
    try:
        indices = [month_index(month) for month in months]
    except UserError as error:
        raise ValueError(str(error)) from None
    if not indices:
        raise ValueError("no month is given; write at least one, for example 1996-01: 0.0")
    if indices[0] < 0:
        raise ValueError(f"{next(iter(months))} is before 1996-01, the first month of the calendar")
    if indices != sorted(set(indices)):
        raise ValueError("the months must ascend, each written once")
    return months


def _check_number(source: str | tuple[str, ...], because: str, info: ValidationInfo) -> None:
    """Refuse a number with no reason, or one whose evidence cannot carry it (:attr:`Evidence.carries_no_number`)."""
    if source == "assumed":
        if not because.strip():
            raise ValueError("an assumed value needs a 'because': one sentence that gives the reason")
        return
    if not source:
        raise ValueError("the source is an empty list; name the evidence, or write 'assumed' and a 'because'")
    evidence: Mapping[str, Any] | None = (info.context or {}).get("evidence")
    if evidence is None:
        return
    weak = {name: evidence[name].carries_no_number for name in source}
    for name, reason in weak.items():
        if "pattern" in evidence[name].kind:
            raise ValueError(f"{name} {reason}; take it out of the source")
    if all(weak.values()):
        told = "; ".join(f"{name} {reason}" for name, reason in weak.items())
        raise ValueError(
            f"no evidence carries the value: {told}. Name other evidence, or write 'assumed' and a 'because'"
        )


def _check_unit(unit: str, low: float, high: float) -> None:
    """Refuse a range that a known unit cannot have: a share of 1.5, a chance below 0."""
    if unit in UNITS and (problem := UNITS[unit].problem(low, high)):
        raise ValueError(f"the unit '{unit}' is {problem}; write another unit, or a range within it")


class Record(BaseModel):
    """A record that cannot be changed and knows every key it may have."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Parameter(Record):
    """One uncertain number: what it means, its unit, its default, the range it may move in and where it comes from.

    ``whole`` says that rules count with it, so that it is a whole number wherever it is drawn or set.
    """

    meaning: Text
    unit: Text
    default: Number
    range: tuple[Number, Number]
    distribution: Distribution
    whole: bool = False
    source: Provenance
    because: str = ""
    grade: Grade

    @model_validator(mode="after")
    def _check(self, info: ValidationInfo) -> Self:
        low, high = self.range
        if low > high:
            raise ValueError(f"the range [{low:g}, {high:g}] is upside down; write the lower end first")
        if self.whole and not all(value.is_integer() for value in (low, high, self.default)):
            raise ValueError("it is a whole number: so are its default and the ends of its range")
        if not low <= self.default <= high:
            raise ValueError(f"the default {self.default:g} lies outside the range [{low:g}, {high:g}]")
        if low == high and self.distribution != "fixed":
            raise ValueError(
                f"the range [{low:g}, {high:g}] and the distribution '{self.distribution}' do not fit: an empty range goes with "
                f"'fixed'"
            )
        if self.distribution == "log_uniform" and low <= 0:
            raise ValueError(f"a log_uniform distribution needs a range above 0, and it begins at {low:g}")
        _check_unit(self.unit, low, high)
        _check_number(self.source, self.because, info)
        return self


class Series(Record):
    """A number that changes with the calendar, the same under every policy."""

    meaning: Text
    unit: Text
    source: Provenance
    because: str = ""
    grade: Grade
    interpolation: Literal["step", "linear"]
    range: tuple[Number, Number]
    values: dict[str, Number]

    _months = field_validator("values")(_in_order)

    @model_validator(mode="after")
    def _check(self, info: ValidationInfo) -> Self:
        low, high = self.range
        if low > high:
            raise ValueError(f"the range [{low:g}, {high:g}] is upside down; write the lower end first")
        for month, value in self.values.items():
            if not low <= value <= high:
                raise ValueError(f"the value {value:g} of {month} lies outside the range [{low:g}, {high:g}]")
        _check_unit(self.unit, low, high)
        _check_number(self.source, self.because, info)
        return self


class Lever(Record):
    """Something the host state, or those who assist, can do; arms move it."""

    label: Text
    meaning: Text
    provisions: tuple[Annotated[str, StringConstraints(pattern=r"^A\d\d$"), AfterValidator(_known)], ...]
    questions: tuple[Annotated[str, StringConstraints(pattern=r"^Q[1-8]$")], ...]
    letter: tuple[Annotated[str, StringConstraints(pattern=r"^[SL]\d{1,2}$"), AfterValidator(_known)], ...]
    kind: Literal["protective", "adverse", "scenario"]
    status_quo: dict[str, Share]
    capacity_unit: Text | None

    _months = field_validator("status_quo")(_in_order)


class Indicator(Record):
    """Something a study counts, with its definition and the reason why it matters."""

    label: Text
    unit: Text
    definition: Text
    direction: Literal["less_is_better", "more_is_better", "neutral"]
    kind: Literal["flow", "stock"]
    source: Provenance
    events: tuple[Text, ...] = ()


class Transition(Record):
    """A move of a person between statuses, named by the event that counts it."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    label: Text
    left: tuple[Text, ...] = Field(alias="from", min_length=1)
    entered: tuple[Text, ...] = Field(alias="to", min_length=1)
    step: Text
    rule: Text
    source: Provenance


def inside(parameter: Parameter, value: float) -> bool:
    """Return whether ``value`` is a finite number within the parameter's range, and whole if it must be."""
    low, high = parameter.range
    return math.isfinite(value) and low <= value <= high and (not parameter.whole or float(value).is_integer())
