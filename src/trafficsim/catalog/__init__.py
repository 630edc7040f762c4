"""The catalogue: every parameter, dated series, lever and indicator, each with its unit, its range and its source.

>>> from trafficsim.catalog import catalog
>>> catalog().levers["non_refoulement"].questions
('Q8',)
>>> catalog().evidence["S20"].status, catalog().sources["al-chn-3-2024"].issued
('alleged', '2024-03-22')
"""

import hashlib
import json
import keyword
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trafficsim.catalog.evidence_records import Evidence, EvidenceBase, Rows, load_evidence
from trafficsim.catalog.evidence_sources import Source
from trafficsim.catalog.reading import at, nearest, one_of, read_mapping, validated
from trafficsim.catalog.records import Indicator, Lever, Parameter, Record, Series, Transition, inside
from trafficsim.catalog.tuples import tuple_class
from trafficsim.engine.calendar import month_index
from trafficsim.errors import UserError

__all__ = [
    "Catalog",
    "Evidence",
    "Indicator",
    "Lever",
    "Parameter",
    "Series",
    "Source",
    "catalog",
    "load_catalog",
    "load_evidence",
    "load_levers",
]

FOLDER = Path(__file__).parent
"""Where the package keeps its own catalogue."""

Overrides = Mapping[str, Mapping[str, float]]
"""Values in place of the catalogue's defaults: process -> name -> value."""


@dataclass(frozen=True)
class Catalog:
    """What is assumed, and on what evidence.

    ``parameters`` maps a process to its parameters by name, in the order of the file. The evidence in ``evidence_folder`` is
    read when somebody asks for it, never by a run: so what calibration must not see, it does not see.
    """

    parameters: dict[str, dict[str, Parameter]]
    series: dict[str, Series]
    levers: dict[str, Lever]
    indicators: dict[str, Indicator]
    transitions: dict[str, Transition]
    evidence_folder: Path = field(default=FOLDER / "evidence", compare=False)

    @property
    def evidence(self) -> dict[str, Evidence]:
        """The records of evidence by id."""
        return _evidence_in(self.evidence_folder).records

    @property
    def sources(self) -> dict[str, Source]:
        """The sources of the evidence by citation key."""
        return _evidence_in(self.evidence_folder).sources

    @property
    def evidence_tables(self) -> dict[str, Rows]:
        """The columns of each table of evidence, by the id of the record that has it."""
        return _evidence_in(self.evidence_folder).tables

    def defaults(self) -> dict[str, dict[str, float]]:
        """Return the default of each parameter: process -> name -> value."""
        return {
            process: {name: parameter.default for name, parameter in named.items()}
            for process, named in self.parameters.items()
        }

    def checked(self, overrides: Overrides, where: str = "parameters") -> dict[str, dict[str, float]]:
        """Return ``overrides`` as floats; :class:`UserError` for an unknown name or a value outside its range."""
        result: dict[str, dict[str, float]] = {}
        for process, values in overrides.items():
            named = self.parameters.get(process)
            if named is None:
                raise UserError(
                    f"{where}: there is no process '{process}'.{nearest(process, self.parameters)} "
                    f"Allowed: {one_of(self.parameters)}."
                )
            if not isinstance(values, Mapping):
                raise UserError(
                    f"{where}.{process} = {values!r}: write a name and a value, {where}.{process}.NAME=VALUE."
                )
            result[process] = {}
            for name, value in values.items():
                if name not in named:
                    raise UserError(
                        f"{where}.{process}: there is no parameter '{name}'.{nearest(name, named)} "
                        f"'trafficsim catalog parameters' lists them."
                    )
                low, high = named[name].range
                numbers = "whole numbers" if named[name].whole else "numbers"
                if (
                    isinstance(value, bool)
                    or not isinstance(value, int | float | np.number)
                    or not inside(named[name], value)
                ):
                    raise UserError(
                        f"{where}.{process}.{name} = {value!r}: allowed are {numbers} from {low:g} to {high:g} "
                        f"({named[name].unit}); the default is {named[name].default:g}."
                    )
                result[process][name] = float(value)
        return result

    def parameter_classes(self) -> dict[str, Any]:
        """Return the named-tuple class of each process, its fields in the order of the file."""
        return {process: _process_class(process, tuple(named)) for process, named in self.parameters.items()}

    def parameter_tuples(self, overrides: Overrides | None = None) -> dict[str, Any]:
        """Return a named tuple of floats for each process: the defaults, with ``overrides`` in their place."""
        changed = self.checked(overrides or {})
        return {
            process: made(
                **{name: float(p.default) for name, p in self.parameters[process].items()} | changed.get(process, {})
            )
            for process, made in self.parameter_classes().items()
        }

    def series_values(self, name: str, months: int) -> NDArray[np.float64]:
        """Return the series month by month from 1996-01, shape ``(months,)``, flat before the first and after the last value."""
        if name not in self.series:
            raise UserError(f"There is no series '{name}'.{nearest(name, self.series)} Allowed: {one_of(self.series)}.")
        series = self.series[name]
        return monthly(series.values, months, linear=series.interpolation == "linear")

    def lever_baseline(self, months: int) -> NDArray[np.float64]:
        """Return each lever's coverage under the status quo, shape ``(months, levers)``, columns in catalogue order."""
        return np.stack([monthly(lever.status_quo, months) for lever in self.levers.values()], axis=1)

    def named_by(self, evidence_id: str) -> list[str]:
        """Return what names a record of evidence as its source: "parameters.market.price", "levers.identification", ..."""
        named: list[tuple[str, tuple[str, ...] | str]] = [
            (f"parameters.{process}.{name}", parameter.source)
            for process, parameters in self.parameters.items()
            for name, parameter in parameters.items()
        ]
        named += [(f"series.{name}", series.source) for name, series in self.series.items()]
        named += [(f"levers.{name}", lever.provisions + lever.letter) for name, lever in self.levers.items()]
        named += [(f"indicators.{name}", indicator.source) for name, indicator in self.indicators.items()]
        named += [(f"transitions.{name}", transition.source) for name, transition in self.transitions.items()]
        return [place for place, ids in named if ids != "assumed" and evidence_id in ids]

    def cited_by(self, key: str) -> list[str]:
        """Return the ids of the evidence that cites a source, also for what a slip of the letter should have said."""
        return [
            name
            for name, record in self.evidence.items()
            if key in record.sources or (record.slip and key in record.slip.sources)
        ]

    def digest(self) -> str:
        """Return a fingerprint of every number of the catalogue: it changes when a result could change, not with the words."""
        numbers = {
            "parameters": self.defaults(),
            "series": {name: [series.interpolation, series.values] for name, series in self.series.items()},
            "levers": {name: lever.status_quo for name, lever in self.levers.items()},
        }
        return hashlib.sha256(json.dumps(numbers, sort_keys=True).encode()).hexdigest()


def monthly(values: Mapping[str, float], months: int, linear: bool = False) -> NDArray[np.float64]:
    """Return dated ``values`` for months 0 to ``months`` - 1, as steps or on straight lines, held flat at both ends."""
    known = np.array([month_index(month) for month in values])
    numbers = np.array(list(values.values()), dtype=np.float64)
    every = np.arange(months)
    if linear:
        return np.interp(every, known, numbers)
    return numbers[np.clip(np.searchsorted(known, every, side="right") - 1, 0, None)]


def _process_class(process: str, names: tuple[str, ...]) -> Any:
    return tuple_class("".join(word.capitalize() for word in process.split("_")) + "Parameters", names)


def _records[R: Record](
    path: Path, kind: type[R], shown_as: str, evidence: Mapping[str, Evidence] | None = None
) -> dict[str, R]:
    """Return the records of one file by name; with ``evidence``, every id that they name must be there."""
    records = {}
    context = None if evidence is None else {"evidence": evidence}
    for name, content in (written := read_mapping(path, shown_as)).items():
        line = written.lines[name]
        if not isinstance(name, str) or not name.isidentifier() or name.startswith("_") or keyword.iskeyword(name):
            raise UserError(
                f"{at(shown_as, line)}'{name}' cannot be a name; use small letters, digits and '_', a letter first."
            )
        records[name] = validated(kind, content, shown_as, name, line, context)
    return records


def load_levers(folder: Path | str | None = None, evidence: Mapping[str, Evidence] | None = None) -> dict[str, Lever]:
    """Return the levers of a catalogue's folder (default: the package's own), in the order of the file."""
    return _records(Path(folder or FOLDER) / "levers.yaml", Lever, "levers.yaml", evidence)


def load_catalog(folder: Path | str | None = None) -> Catalog:
    """Read a catalogue's folder: ``parameters/*.yaml``, ``series.yaml``, ``levers.yaml``, ``indicators.yaml``,
    ``transitions.yaml`` and ``evidence/``.

    A folder without ``evidence`` rests on the package's own. :class:`UserError` names the file, the line, the key, the
    value, what is allowed and the nearest right name.
    """
    root = Path(folder or FOLDER)
    if not root.is_dir():
        raise UserError(f"There is no catalogue folder '{root}'.")
    own = root / "evidence"
    if own.is_dir() and root != FOLDER:
        _evidence_in.cache_clear()  # the folder is the user's, and may have changed
    else:
        own = FOLDER / "evidence"
    return _catalog_in(root, own, _evidence_in(own).records)


def _catalog_in(root: Path, evidence_folder: Path, known: Mapping[str, Evidence] | None) -> Catalog:
    """Return the catalogue of a folder, its sources checked against the evidence that is ``known``, if any is."""
    return Catalog(
        parameters={
            path.stem: _records(path, Parameter, f"parameters/{path.name}", known)
            for path in sorted((root / "parameters").glob("*.yaml"))
        },
        series=_records(root / "series.yaml", Series, "series.yaml", known),
        levers=load_levers(root, known),
        indicators=_records(root / "indicators.yaml", Indicator, "indicators.yaml", known),
        transitions=_records(root / "transitions.yaml", Transition, "transitions.yaml", known),
        evidence_folder=evidence_folder,
    )


@cache
def _evidence_in(folder: Path) -> EvidenceBase:
    return load_evidence(folder)


@cache
def catalog() -> Catalog:
    """Return the package's own catalogue, read once.

    That its sources exist and carry its numbers is checked by :func:`load_catalog`, in the tests and where the catalogue is
    shown, and not here: a run has no need of the evidence.
    """
    return _catalog_in(FOLDER, FOLDER / "evidence", None)
