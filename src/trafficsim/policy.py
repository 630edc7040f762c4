"""Policies: an arm is a bundle of levers, each with a coverage, a start and a pace; never code.

>>> from trafficsim.policy import load_arm
>>> sorted(load_arm("permit_reform").levers)
['data_firewall', 'permit_as_status', 'permit_surveillance']
"""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, Field, Strict, StringConstraints, field_validator
from pydantic.dataclasses import dataclass

from trafficsim.catalog import Catalog, Lever, load_levers
from trafficsim.catalog.named_files import names_in, read_named
from trafficsim.catalog.reading import nearest, one_of, validated
from trafficsim.catalog.records import Share
from trafficsim.catalog.tuples import tuple_class
from trafficsim.engine.calendar import month_index
from trafficsim.errors import UserError

ARM_FOLDER = Path(__file__).parent / "configs" / "arm"
"""The arms that come with the package, one file each."""

POLICY_START = "policy_start"

LEVERS: dict[str, Lever] = load_levers()
LEVER_NAMES: tuple[str, ...] = tuple(LEVERS)
"""Every lever, in the order of the catalogue: the order of the columns of a schedule."""

Levers = tuple_class("Levers", LEVER_NAMES)
"""One month's coverage of each lever, as a named tuple of floats: rules read ``lever.non_refoulement``."""


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class LeverValue:
    """What an arm does with one lever.

    ``coverage`` is the share reached (0 to 1) once ``ramp_months`` have gone by after ``start`` ("policy_start" or
    YYYY-MM); ``capacity`` is a limit in persons per month at full scale, ``None`` for none; ``because`` names the
    provisions and the question of the letter that ask for it.
    """

    coverage: Share
    start: str = POLICY_START
    ramp_months: Annotated[int, Strict(), Field(ge=0, le=600)] = 0
    capacity: Annotated[float, Strict(), Field(ge=0, allow_inf_nan=False)] | None = None
    because: str = ""

    @field_validator("start", mode="before")
    @classmethod
    def _month(cls, start: Any) -> str:
        if start != POLICY_START:
            try:
                month_index(start)
            except UserError:
                raise ValueError("it should be 'policy_start' or a month written YYYY-MM") from None
        return str(start)

    def start_month(self, policy_start: int) -> int:
        """Return the month in which the lever begins to move, 0 being 1996-01."""
        return policy_start if self.start == POLICY_START else month_index(self.start)


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Arm:
    """A named policy: what a study compares."""

    name: Annotated[str, StringConstraints(min_length=1)]
    title: Annotated[str, StringConstraints(min_length=1)]
    summary: Annotated[str, StringConstraints(min_length=1)]
    levers: dict[str, LeverValue] = dataclasses.field(default_factory=dict)

    @field_validator("levers")
    @classmethod
    def _known(cls, levers: dict[str, LeverValue]) -> dict[str, LeverValue]:
        for name, value in levers.items():
            if name not in LEVERS:
                raise ValueError(f"there is no lever '{name}'.{nearest(name, LEVERS)} Allowed: {one_of(LEVERS)}")
            if value.capacity is not None and LEVERS[name].capacity_unit is None:
                raise ValueError(f"the lever '{name}' has no capacity; write 'capacity: null' or leave it out")
        return levers

    @classmethod
    def from_plain(cls, content: Mapping[str, Any], where: str = "") -> "Arm":
        """Return the arm that a plain mapping describes; ``where`` begins the message of an error."""
        return validated(cls, dict(content), where or f"arm '{content.get('name', '?')}'")

    def plain(self) -> dict[str, Any]:
        """Return the arm as plain dictionaries, numbers and text; :meth:`from_plain` reads them back."""
        return dataclasses.asdict(self)

    def lever_schedule(
        self, catalog: Catalog, months: int, policy_start: int | str
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return each lever's coverage by month, shape ``(months, levers)``, and its capacity, shape ``(levers,)``.

        Months count from 1996-01, columns follow the catalogue. Before its start a lever has the status quo's coverage;
        from its start it moves from there to the arm's coverage in ``ramp_months`` + 1 equal steps, the first at once.
        Capacity is in persons per month at full scale, infinite where there is no limit.
        """
        names = list(catalog.levers)
        schedule = catalog.lever_baseline(months)
        capacity = np.full(len(names), np.inf)
        policy_month = month_index(policy_start) if isinstance(policy_start, str) else policy_start
        every = np.arange(months)
        for name, value in self.levers.items():
            if name not in catalog.levers:
                raise UserError(f"arm '{self.name}': this catalogue has no lever '{name}'.{nearest(name, names)}")
            column = names.index(name)
            start = value.start_month(policy_month)
            reached = np.clip((every - start + 1) / (value.ramp_months + 1), 0.0, 1.0)
            baseline = schedule[:, column]
            schedule[:, column] = baseline + (value.coverage - baseline) * reached
            if value.capacity is not None:
                capacity[column] = value.capacity
        return schedule, capacity


def levers_at(row: Sequence[float] | NDArray[np.float64]) -> Any:
    """Return one row of a schedule as :data:`Levers`."""
    return Levers(*(float(value) for value in row))


def arm_names(search_path: Iterable[Path | str] = ()) -> list[str]:
    """Return the names of the arms in the package and in the ``arm`` folders of ``search_path``, sorted."""
    return names_in(_folders(search_path))


def load_arm(name: str, search_path: Iterable[Path | str] = ()) -> Arm:
    """Return the arm ``name``, or the combination ``a+b``, from the package or else from ``search_path``.

    ``search_path`` lists configuration folders, each with a folder ``arm`` in it. A lever that two combined arms set
    differently is refused, for no rule could say which of them holds.
    """
    parts = [part.strip() for part in name.split("+")]
    return combined([_load(part, tuple(search_path)) for part in parts])


def combined(arms: Sequence[Arm]) -> Arm:
    """Return one arm with the levers of all ``arms``; :class:`UserError` when two set the same lever differently."""
    if len(arms) == 1:
        return arms[0]
    levers: dict[str, LeverValue] = {}
    owner: dict[str, str] = {}
    for arm in arms:
        for lever, value in arm.levers.items():
            if lever in levers and dataclasses.replace(levers[lever], because=value.because) != value:
                raise UserError(
                    f"The arms '{owner[lever]}' and '{arm.name}' set the lever '{lever}' differently, so they cannot be "
                    f"combined; write an arm of your own that says which value holds."
                )
            levers[lever], owner[lever] = value, arm.name
    return Arm(
        name="+".join(arm.name for arm in arms),
        title=" + ".join(arm.title for arm in arms),
        summary=" ".join(arm.summary for arm in arms),
        levers=levers,
    )


def _folders(search_path: Iterable[Path | str]) -> list[Path]:
    return [ARM_FOLDER, *(Path(folder) / "arm" for folder in search_path)]


def _load(name: str, search_path: tuple[Path | str, ...]) -> Arm:
    content, shown_as = read_named(name, _folders(search_path), "arm", ", or several joined by '+'")
    return Arm.from_plain({"name": name} | content, shown_as)
