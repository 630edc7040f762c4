"""Targets as data: what a corridor is fitted to, read from ``targets/CORRIDOR.yaml`` and put on scales where errors add up.

Three kinds of error are kept apart, as in Kennedy and O'Hagan (2001): the source's (``sd``, or anywhere in an interval), the
model's own (``discrepancy``, by judgement) and, in the emulator, luck and whatever was not fitted.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from trafficsim.catalog.reading import one_of, read_mapping, validated
from trafficsim.catalog.records import EvidenceId, Number, Record, Text
from trafficsim.errors import UserError

FOLDER = Path(__file__).parent / "targets"
LAST_YEAR = 2015
"""Nothing later is fitted: what followed judges the model."""

Scale = Literal["linear", "log", "logit"]
LEAST_COUNT, LEAST_SHARE = 1.0, 0.002
"""Where a simulated count or share is nil, it stands for so much, so that logarithms exist."""
MOST_OF_A_RATIO = 10.0
"""Data above this are a count of persons, data below it a share or a ratio."""


def on_scale(values: NDArray[np.float64], scale: Scale, counts: bool) -> NDArray[np.float64]:
    """Return the values on the scale on which a target's errors add up, same shape; ``counts`` says that they are counts."""
    if scale == "log":
        return np.log(np.maximum(values, LEAST_COUNT if counts else LEAST_SHARE))
    if scale == "logit":
        shares = np.clip(values, LEAST_SHARE, 1.0 - LEAST_SHARE)
        return np.log(shares / (1.0 - shares))
    return values


def from_scale(values: NDArray[np.float64], scale: Scale) -> NDArray[np.float64]:
    """Return the values back in the target's unit, same shape."""
    back: dict[str, Callable[[Any], Any]] = {
        "linear": lambda each: each,
        "log": np.exp,
        "logit": lambda each: 1.0 / (1.0 + np.exp(-each)),
    }
    return back[scale](values)


class _Target(Record):
    says: Text
    unit: Text
    evidence: tuple[EvidenceId, ...]
    scale: Scale
    discrepancy: Annotated[float, Field(gt=0)] | dict[str, Annotated[float, Field(gt=0)]]
    years_apart: Annotated[float, Field(gt=0)] | None = None
    because: Text


def _check_named(given: object, statistics: Mapping[str, Any], key: str) -> None:
    """Refuse errors told apart by statistic that leave one out."""
    if isinstance(given, dict) and set(given) != set(statistics):
        raise ValueError(f"{key}: it should name each statistic once, or be one number; they are {one_of(statistics)}")


class _Normal(_Target):
    kind: Literal["normal"]
    sd: Annotated[float, Field(gt=0)] | dict[str, Annotated[float, Field(gt=0)]]
    values: dict[str, Number]

    @model_validator(mode="after")
    def _check(self) -> Self:
        _check_named(self.sd, self.values, "sd")
        _check_named(self.discrepancy, self.values, "discrepancy")
        return self


class _Interval(_Target):
    kind: Literal["interval"]
    sd: Annotated[float, Field(gt=0)]
    intervals: dict[str, tuple[Number, Number]]

    @model_validator(mode="after")
    def _check(self) -> Self:
        _check_named(self.discrepancy, self.intervals, "discrepancy")
        for name, (low, high) in self.intervals.items():
            if low >= high:
                raise ValueError(
                    f"intervals.{name}: [{low:g}, {high:g}] is empty or upside down; write the lower end first"
                )
        return self


class _Multinomial(_Target):
    kind: Literal["multinomial"]
    counts: dict[str, Annotated[float, Field(gt=0)]]
    nested: dict[str, tuple[tuple[str, ...], tuple[str, ...]]]

    @model_validator(mode="after")
    def _check(self) -> Self:
        _check_named(self.discrepancy, self.nested, "discrepancy")
        for name, (part, whole) in self.nested.items():
            if not set(part) < set(whole) or not part or not set(whole) <= set(self.counts):
                raise ValueError(
                    f"nested.{name}: it should be [[A], [A, B]], a part and the whole that it is of, out of {one_of(self.counts)}"
                )
        return self


class _File(Record):
    targets: dict[str, Annotated[_Normal | _Interval | _Multinomial, Field(discriminator="kind")]]
    not_fitted: dict[str, Text]
    ends: dict[str, Text] = Field(default_factory=dict)
    fitted: tuple[Text, ...]

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name, parameter in self.ends.items():
            if name not in self.not_fitted or parameter not in self.fitted:
                raise ValueError(f"ends.{name}: it names a fitted parameter beside a target that is not fitted")
        return self


@dataclass(frozen=True)
class Statistic:
    """One number that a simulated history is compared with.

    ``low`` and ``high`` are the ends of the data on the target's ``scale``, equal where the data are one value; ``sd`` is the
    source's error there, ``discrepancy`` the model's. ``unit`` and ``says`` are the target's; ``counts`` whether it is a count.
    """

    name: str
    target: str
    says: str
    unit: str
    scale: Scale
    low: float
    high: float
    sd: float
    discrepancy: float
    counts: bool = False

    @property
    def is_interval(self) -> bool:
        return self.high > self.low

    def in_unit(self) -> tuple[float, float]:
        """Return the ends of the data in the target's unit: of the interval, or value ± 2 sd."""
        spread = 0.0 if self.is_interval else 2.0 * self.sd
        ends = from_scale(np.array([self.low - spread, self.high + spread]), self.scale)
        return float(ends[0]), float(ends[1])


@dataclass(frozen=True)
class Targets:
    """What a corridor is fitted to. ``fitted`` are the parameters that may move ("life.onward_monthly").

    ``ends`` names, for targets not fitted, the parameter at both ends of which the posterior is told.
    """

    corridor: str
    statistics: tuple[Statistic, ...]
    years_apart: Mapping[str, float]
    fitted: tuple[str, ...]
    not_fitted: Mapping[str, str]
    digest: str
    ends: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """The statistics' names, in order."""
        return [one.name for one in self.statistics]

    def on_scales(self, observed: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return statistics, shape (runs, statistics), each on its own scale."""
        columns = [on_scale(observed[:, place], one.scale, one.counts) for place, one in enumerate(self.statistics)]
        return np.column_stack(columns)

    def discrepancy(self) -> NDArray[np.float64]:
        """Return the covariance of the model's own errors, shape (statistics, statistics).

        Errors of one target's years are alike where the years are near (Brynjarsdóttir and O'Hagan 2014 on why that
        matters: independent errors would make a wrong model ever surer).
        """
        deviation = np.array([one.discrepancy for one in self.statistics])
        correlation = np.eye(len(deviation))
        for target, apart in self.years_apart.items():
            places = [place for place, one in enumerate(self.statistics) if one.target == target]
            years = np.array([float(self.statistics[place].name.rpartition("/")[2]) for place in places])
            correlation[np.ix_(places, places)] = np.exp(-np.abs(years[:, None] - years[None, :]) / apart)
        return correlation * np.outer(deviation, deviation)


@cache
def load_targets(corridor: str = "first") -> Targets:
    """Return the targets of a corridor; :class:`UserError` where it has none, or the file says something impossible."""
    path = FOLDER / f"{corridor}.yaml"
    if not path.is_file():
        known = sorted(each.stem for each in FOLDER.glob("*.yaml"))
        raise UserError(f"There are no targets for the corridor '{corridor}'. Targets exist for: {one_of(known)}.")
    return read_targets(path)


def read_targets(path: Path) -> Targets:
    """Return the targets in the YAML file ``path``."""
    shown_as = f"targets/{path.name}"
    written = validated(_File, read_mapping(path, shown_as), shown_as)
    statistics = [one for name, target in written.targets.items() for one in _statistics(name, target, shown_as)]
    apart = {name: target.years_apart for name, target in written.targets.items() if target.years_apart}
    text = json.dumps([written.model_dump(mode="json")["targets"], list(written.fitted)], sort_keys=True)
    return Targets(
        path.stem, tuple(statistics), apart, written.fitted, written.not_fitted,
        hashlib.sha256(text.encode()).hexdigest()[:16], written.ends,
    )  # fmt: skip


def _statistics(name: str, target: _Normal | _Interval | _Multinomial, where: str) -> list[Statistic]:
    found: list[Statistic] = []
    for statistic, low, high, sd in _data(target):
        if any(year > LAST_YEAR for year in _years(statistic)):
            raise UserError(
                f"{where}: {statistic} lies after {LAST_YEAR}; later years judge the model and are not fitted."
            )
        discrepancy = target.discrepancy
        own = discrepancy[statistic] if isinstance(discrepancy, dict) else discrepancy
        counts = high > MOST_OF_A_RATIO
        ends = on_scale(np.array([low, high]), target.scale, counts)
        found.append(
            Statistic(
                statistic, name, target.says, target.unit, target.scale, float(ends[0]), float(ends[1]), sd, own, counts
            )
        )
    return found


def _data(target: _Normal | _Interval | _Multinomial) -> list[tuple[str, float, float, float]]:
    """Return (statistic, low, high, sd) of each of the target's statistics."""
    if isinstance(target, _Normal):
        sd = target.sd
        return [(name, value, value, sd[name] if isinstance(sd, dict) else sd) for name, value in target.values.items()]
    if isinstance(target, _Interval):
        return [(name, low, high, target.sd) for name, (low, high) in target.intervals.items()]
    return [_nested(name, part, whole, target.counts) for name, (part, whole) in target.nested.items()]


def _nested(
    name: str, part: Sequence[str], whole: Sequence[str], counts: Mapping[str, float]
) -> tuple[str, float, float, float]:
    """Return one of the nested shares that a multinomial falls into: they are independent, the log-odds nearly normal."""
    among = sum(counts[each] for each in whole)
    chance = sum(counts[each] for each in part) / among
    return name, chance, chance, float(1.0 / np.sqrt(among * chance * (1.0 - chance)))


def _years(statistic: str) -> list[int]:
    words = statistic.replace("/", "-").split("-")
    return [int(word) for word in words if word.isdigit() and len(word) == 4]
