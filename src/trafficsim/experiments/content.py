"""What is kept of a run, row by row as its tables hold it, and the digest that tells whether two runs are the same."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trafficsim.configuration import Output
from trafficsim.engine.calendar import month_label
from trafficsim.experiments.result import RunRecord
from trafficsim.processes.vocabulary import LABELS, Event

CONTENT_TABLES = ("totals", "monthly", "stocks", "events")
"""The tables that hold what came of a run."""

EVENTS_AT_A_TIME = 100_000


IN_PARQUET = "monthly in parquet"
"""What is kept of a run whose series lie in a Parquet file beside the results file."""


def kept_of(output: Output) -> str:
    """Return what is kept of each run under ``output``, in words: "totals, groups, monthly"."""
    return kept_in(asdict(output))


def kept_in(output: Mapping[str, Any]) -> str:
    """Return the same for the plain form of an output, as a stored configuration has it."""
    monthly = IN_PARQUET if output["series"] == "parquet" else "monthly"
    words = {"groups": "groups", "monthly": monthly, "events": "events"}
    return ", ".join(["totals", *(word for name, word in words.items() if output[name])])


def suffices(kept: str, wanted: str) -> bool:
    """Return whether a run of which ``kept`` was kept has all that is ``wanted``."""
    return set(wanted.split(", ")) <= set(kept.split(", "))


def content_rows(run: RunRecord) -> dict[str, Iterable[Sequence[Any]]]:
    """Return the rows of each of :data:`CONTENT_TABLES`, without the number of the run, in the order of their keys."""
    labels = [month_label(run.first_month + month) for month in range(run.months)]
    in_file = IN_PARQUET not in run.kept
    return {
        "totals": sorted(row for row in run.totals if not np.isnan(row[-1])),
        "monthly": [
            (name, label, value)
            for name in sorted(run.monthly if in_file else ())
            for label, value in zip(labels, run.monthly[name].tolist(), strict=True)
            if not np.isnan(value)
        ],
        "stocks": sorted(
            (kind, level, labels[month - run.first_month], count)
            for month, kind, level, count in (run.stocks if in_file else ())
        ),
        "events": () if run.events is None else _event_rows(run.events),
    }


def content_digest(run: RunRecord) -> str:
    """Return the SHA-256 of what is kept of a run."""
    return digest_of(content_rows(run))


def digest_of(rows: Mapping[str, Iterable[Sequence[Any]]]) -> str:
    """Return the SHA-256 of rows by table, as :func:`content_rows` gives them and as a file holds them."""
    digest = hashlib.sha256()
    for table in CONTENT_TABLES:
        digest.update(f"{table}\n".encode())
        for row in rows[table]:
            digest.update(f"{tuple(row)!r}\n".encode())
    return digest.hexdigest()


def _event_rows(events: NDArray[Any]) -> Iterator[Sequence[Any]]:
    """Yield rows piece by piece: as Python objects, a whole log would take ten times its room."""
    words = LABELS[Event]
    for start in range(0, len(events), EVENTS_AT_A_TIME):
        for month, event, key in events[start : start + EVENTS_AT_A_TIME].tolist():
            yield month_label(month), f"{key:016x}", words[event]
