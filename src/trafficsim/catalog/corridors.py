"""Corridors: what differs from the catalogue in one place of the world. A corridor is a file of a few lines, never code.

>>> from trafficsim.catalog import catalog
>>> from trafficsim.catalog.corridors import load_corridor
>>> load_corridor("teaching").assumptions().series["permit_scheme"].values
{'1996-01': 0.0, '2010-01': 1.0}
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from trafficsim.catalog import Catalog, catalog
from trafficsim.catalog.named_files import names_in, read_named
from trafficsim.catalog.reading import nearest, one_of, validated
from trafficsim.catalog.records import (
    Grade,
    Lever,
    Number,
    Parameter,
    Provenance,
    Record,
    Series,
    Share,
    Text,
)
from trafficsim.errors import UserError

CORRIDOR_FOLDER = Path(__file__).parents[1] / "configs" / "corridor"
"""The corridors that come with the package, one file each."""

AreaName = Annotated[str, StringConstraints(pattern=r"^[A-Z][a-z]*$", max_length=20)]


class ParameterHere(Record):
    """A default that holds in this corridor, with its own reason."""

    default: Number
    because: Text
    source: Provenance = "assumed"
    grade: Grade = "D"


class SeriesHere(Record):
    """A dated series that holds in this corridor, with its own reason."""

    values: dict[str, Number]
    because: Text
    interpolation: Literal["step", "linear"] | None = None
    source: Provenance = "assumed"
    grade: Grade = "D"


class LeverHere(Record):
    """How far a lever reaches here without any policy, by month."""

    status_quo: dict[str, Share]
    because: Text


class Corridor(Record):
    """Where: a country of origin, a host country's areas and third countries, none of them a place on a map.

    ``areas`` names up to six areas of the host country; ``parameters`` (process -> name), ``series`` and ``levers`` hold
    what differs from the catalogue; ranges, units and meanings stay the catalogue's.
    """

    name: Annotated[str, StringConstraints(pattern=r"^\w[\w.-]*$", max_length=100)]
    title: Text
    summary: Text
    areas: Annotated[tuple[AreaName, ...], Field(min_length=1, max_length=6)]
    parameters: dict[str, dict[str, ParameterHere]] = Field(default_factory=dict)
    series: dict[str, SeriesHere] = Field(default_factory=dict)
    levers: dict[str, LeverHere] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if len(set(self.areas)) < len(self.areas):
            raise ValueError(f"areas: each name may stand once; found {one_of(self.areas)}")
        if "areas" in self.parameters.get("crossing", {}):
            raise ValueError("parameters.crossing.areas: leave it out, the list 'areas' says how many there are")
        return self

    def plain(self) -> dict[str, Any]:
        """Return the corridor as plain dictionaries, lists, numbers and text."""
        return self.model_dump(mode="json")

    def assumptions(self, base: Catalog | None = None) -> Catalog:
        """Return the catalogue as it holds here; :class:`UserError` for an unknown name or a value out of its range."""
        base = base or catalog()
        where = f"corridor/{self.name}.yaml"
        # Only a corridor with reasons of its own has sources to check; the others leave the evidence unread.
        evidence = {"evidence": base.evidence} if self.series or self.levers else None
        parameters = {process: dict(named) for process, named in base.parameters.items()}
        number = {"default": float(len(self.areas)), "because": f"The corridor names {one_of(self.areas)}."}
        changes: dict[str, dict[str, Any]] = {
            process: {name: here.model_dump() for name, here in named.items()}
            for process, named in self.parameters.items()
        }
        changes.setdefault("crossing", {})["areas"] = number
        for process, named in changes.items():
            known = _known(parameters, process, f"{where}: parameters", "process")
            for name, change in named.items():
                record = _known(known, name, f"{where}: parameters.{process}", "parameter")
                known[name] = validated(
                    Parameter, record.model_dump() | change, f"{where}: parameters.{process}.{name}"
                )
        series = dict(base.series)
        for name, here in self.series.items():
            record = _known(series, name, f"{where}: series", "series")
            change = {key: value for key, value in here.model_dump().items() if value is not None}
            series[name] = validated(Series, record.model_dump() | change, where, f"series.{name}", context=evidence)
        levers = dict(base.levers)
        for name, lever_here in self.levers.items():
            record = _known(levers, name, f"{where}: levers", "lever")
            change = {"status_quo": lever_here.status_quo}
            levers[name] = validated(Lever, record.model_dump() | change, where, f"levers.{name}", context=evidence)
        return replace(base, parameters=parameters, series=series, levers=levers)


def _known(records: Mapping[str, Any], name: str, where: str, kind: str) -> Any:
    if name not in records:
        raise UserError(f"{where}: there is no {kind} '{name}'.{nearest(name, records)} Allowed: {one_of(records)}.")
    return records[name]


def corridor_names(search_path: Iterable[Path | str] = ()) -> list[str]:
    """Return the names of the corridors in the package and in the ``corridor`` folders of ``search_path``, sorted."""
    return names_in(_folders(search_path))


def load_corridor(name: str = "first", search_path: Iterable[Path | str] = ()) -> Corridor:
    """Return the corridor ``name`` from the package or else from ``search_path``; :class:`UserError` if there is none."""
    return _load(name, tuple(str(folder) for folder in search_path))


@cache
def _load(name: str, search_path: tuple[str, ...]) -> Corridor:
    content, shown_as = read_named(name, _folders(search_path), "corridor")
    return validated(Corridor, {"name": name} | content, shown_as)


def _folders(search_path: Iterable[Path | str]) -> list[Path]:
    return [CORRIDOR_FOLDER, *(Path(folder) / "corridor" for folder in search_path)]
