"""The rows of a results file that explain it: the catalogue with its evidence, and what the study assumed."""

import json
from collections.abc import Iterator, Mapping, Sequence, Sized
from typing import Any, Protocol

from trafficsim.catalog import catalog
from trafficsim.catalog.corridors import Corridor
from trafficsim.catalog.coverage import coverage
from trafficsim.designs import LAID_OUT
from trafficsim.experiments.result import StudyResult
from trafficsim.experiments.schema import LIMITS, TABLES


def explanations() -> dict[str, list[Sequence[Any]]]:
    """Return the rows that are the same for each study: limits, meanings of columns, and the catalogue with its evidence."""
    known = catalog()
    return {
        "sources": [
            (key, "; ".join(author.literal for author in one.author), one.title, one.issued or "", one.url or "", one.note)
            for key, one in known.sources.items()
        ],
        "evidence": [
            (
                name, one.says, _words(one.kind), one.status, one.confidence, "" if one.value is None else str(one.value),
                *(getattr(one, field) or "" for field in ("unit", "population", "year", "note")),
            )
            for name, one in known.evidence.items()
        ],
        "evidence_sources": [(name, key) for name, one in known.evidence.items() for key in one.sources],
        "coverage": [(name, row.how, _words(row.rules), row.absent) for name, row in coverage().items()],
        "transitions": [
            (name, one.label, _words(one.left), _words(one.entered), one.step, one.rule)
            for name, one in known.transitions.items()
        ],
        "transition_evidence": [(name, each) for name, one in known.transitions.items() for each in _ids(one.source)],
        "limits": [*enumerate(LIMITS, 1)],
        "column_descriptions": [
            (table, column, meaning) for table, columns in TABLES.items() for column, (_, meaning) in columns.items()
        ],
        "indicators": [
            (name, one.label, one.unit, one.definition, one.direction, _words(one.source), place)
            for place, (name, one) in enumerate(known.indicators.items())
        ],
        "levers": [
            (name, one.label, one.meaning, _words(one.provisions), _words(one.questions), one.kind)
            for name, one in known.levers.items()
        ],
        "indicator_evidence": [(name, each) for name, one in known.indicators.items() for each in _ids(one.source)],
        "lever_evidence": [
            (name, each) for name, one in known.levers.items() for each in dict.fromkeys((*one.provisions, *one.letter))
        ],
    }  # fmt: skip


class Rows(Sized, Protocol):
    """Rows whose number is known before they are made."""

    def __iter__(self) -> Iterator[Sequence[Any]]: ...


class DrawRows:
    """A row for each value of each draw, made only when they are written: a large design has millions."""

    def __init__(self, study: StudyResult) -> None:
        self._study = study

    def __len__(self) -> int:
        return sum(len(values) for point in self._study.points for values in point.values())

    def __iter__(self) -> Iterator[Sequence[Any]]:
        for draw, point in enumerate(self._study.points):
            for process, values in point.items():
                for name, value in values.items():
                    yield self._study.study_id, draw, process, name, value


def description(study: StudyResult) -> Mapping[str, Rows]:
    """Return the rows that say what a study is: configuration, arms, and each parameter with the value used."""
    changed: Mapping[str, Mapping[str, float]] = study.configuration["parameters"]
    settings: Mapping[str, Any] = study.configuration["study"]
    untouched = catalog().defaults()
    here = Corridor.model_validate(study.configuration["corridor"]).assumptions()
    return {
        "configurations": [(study.configuration_hash, json.dumps(study.configuration, sort_keys=True))],
        "studies": [
            (
                study.study_id, study.name, study.created, study.configuration_hash,
                *(settings[name] for name in ("policy_start", "years", "scale")), str(settings["seed"]),
                settings["replicates"], settings["draws"], settings["design"],
                study.model_version, study.software_version,
            )
        ],
        "arms": [
            (study.study_id, arm["name"], arm["title"], arm["summary"], json.dumps(arm["levers"]), place)
            for place, arm in enumerate(study.arms)
        ],
        "parameters": [
            (
                study.study_id, process, name, one.meaning, one.unit, changed.get(process, {}).get(name, one.default),
                untouched[process][name], *one.range, one.distribution, _words(one.source), one.because, one.grade,
            )
            for process, named in here.parameters.items()
            for name, one in named.items()
        ],
        "parameter_evidence": [
            (study.study_id, process, name, each)
            for process, named in here.parameters.items()
            for name, one in named.items()
            for each in _ids(one.source)
        ],
        "series": [
            (
                study.study_id, name, one.meaning, one.unit, json.dumps(one.values), one.interpolation, _words(one.source),
                one.because, one.grade,
            )
            for name, one in here.series.items()
        ],
        "series_evidence": [
            (study.study_id, name, each) for name, one in here.series.items() for each in _ids(one.source)
        ],
        "draws": [] if settings["design"] in LAID_OUT else DrawRows(study),
    }  # fmt: skip


def _words(source: Any) -> str:
    return source if isinstance(source, str) else ", ".join(source)


def _ids(source: Any) -> tuple[str, ...]:
    return () if source == "assumed" else tuple(dict.fromkeys(source))
