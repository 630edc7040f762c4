"""One replicate: a shared history, lived once and forked into the arms, and the same lives compared between them.

Lives are matched by key. A replicate is a pure function of the configuration and its place in the plan, so it is the same
on any number of workers. Where a study draws assumptions, each replicate is lived through in every draw with the same luck.
"""

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trafficsim.catalog import catalog
from trafficsim.configuration import Configuration
from trafficsim.course import MODEL_VERSION, course_of
from trafficsim.engine.ledger import DIMENSIONS
from trafficsim.experiments.result import HISTORY, PRICE, Outcome, Point, RunRecord
from trafficsim.policy import Arm
from trafficsim.processes.month import Course, State, advance, begin
from trafficsim.processes.vocabulary import AREA_LABELS, LABELS, AgeBand, Care, Event, Mark, Purpose, Sex, Status

STATUS_QUO = Arm.from_plain(
    {"name": HISTORY, "title": "Shared history", "summary": "The status quo before the arms part.", "levers": {}}
)
DIMENSION_CODES: dict[str, type[IntEnum]] = {"purpose": Purpose, "sex": Sex, "age_band": AgeBand}
PERSON_FATES = ("died", "removed")
FATE_LABELS = [*PERSON_FATES, *(LABELS[Status][code] for code in Status)]
NOT_DEPARTED = "did not leave in this arm"

Lived = Callable[[int], None]
"""Told after each month how many months of the replicate have been lived through; may raise to end it."""


@dataclass
class _Lives:
    """The lives of one arm at its end, sorted by key."""

    key: NDArray[np.uint64]
    path: NDArray[np.uint32]
    fate: NDArray[np.int64]


def seed_of(configuration: Configuration, replicate: int) -> int:
    """Return the seed of a replicate: the study's seed for the first, then well-separated ones."""
    if replicate == 0:
        return configuration.study.seed
    digest = hashlib.sha256(f"{configuration.study.seed}/{replicate}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


class Place(NamedTuple):
    """A place in the plan of a study: a draw of assumptions and a replicate, both from 0."""

    draw: int
    replicate: int


def plan_of(configuration: Configuration) -> list[Place]:
    """Return every place of the study's plan, draw by draw."""
    study = configuration.study
    return [Place(draw, replicate) for draw in range(max(1, study.draws)) for replicate in range(study.replicates)]


def points_of(configuration: Configuration) -> list[Point]:
    """Return the assumptions of each draw, none where they stand as they are; what was set by hand stays as set.

    Raises :class:`UserError` where the design does not suit the number of draws.
    """
    study = configuration.study
    if study.draws == 0:
        return []
    from trafficsim.experiments.designs import parameter_points  # SciPy's statistics take half a second to load

    points = parameter_points(configuration.assumptions(), study.draws, study.design, study.seed)
    for point in points:
        for process, values in configuration.parameters.items():
            point.setdefault(process, {}).update(values)
    return points


def assumptions_of(configuration: Configuration, draw: int) -> Point:
    """Return what differs from the corridor's defaults in a draw."""
    if configuration.study.draws == 0:
        return configuration.parameters
    fingerprint = configuration.hash()
    if fingerprint not in _drawn:
        _drawn.clear()
        _drawn[fingerprint] = points_of(configuration)
    return _drawn[fingerprint][draw]


_drawn: dict[str, list[Point]] = {}
"""The points of the latest study, by the hash of its configuration: a worker lives through many places of one plan."""


def months_of(configuration: Configuration) -> int:
    """Return how many months one replicate lives through: its history, then each arm's window."""
    study = configuration.study
    return study.first_policy_month + len(configuration.arms) * (study.end_month - study.first_policy_month)


def run_replicate(configuration: Configuration, place: Place, lived: Lived | None = None) -> Outcome:
    """Live through one replicate's history, fork it into each arm, and compare the lives with the first arm's."""
    study, seed = configuration.study, seed_of(configuration, place.replicate)
    branch, end = study.first_policy_month, study.end_month
    settings: dict[str, Any] = {
        "scale": study.scale,
        "policy_start": study.policy_start,
        "years": study.years,
        "parameters": assumptions_of(configuration, place.draw),
        "feedbacks": {name: getattr(study.feedbacks, name) for name in study.feedbacks.__dataclass_fields__},
        "assumptions": configuration.assumptions(),
    }
    months_lived = 0

    def live(state: State, course: Course, until: int) -> None:
        nonlocal months_lived
        while state.month < until:
            advance(state, course)
            months_lived += 1
            if lived:
                lived(months_lived)

    began = time.perf_counter()
    course = course_of(STATUS_QUO, seed, **settings)
    state = begin(course, configuration.output.events)
    live(state, course, branch)
    runs = [_record(state, configuration, None, place, slice(0, branch), began)]
    # What people carry over from history is not an outcome of the arms.
    state.world.migrants.marks[:] = 0
    first_log_row = int(state.ledger.entries.log_size[0])
    people_at_branch = int(state.world.migrants.size[0])
    dead_before = np.asarray(state.world.migrants.status[:people_at_branch] == Status.DEAD)
    lives: list[_Lives] = []
    for number, arm in enumerate(configuration.arms):
        began = time.perf_counter()
        course = course_of(arm, seed, **settings)
        fork = state if number == len(configuration.arms) - 1 else state.copy()
        live(fork, course, end)
        runs.append(_record(fork, configuration, arm, place, slice(branch, end), began, first_log_row))
        lives.append(_lives(fork, dead_before, people_at_branch))
    outcome = Outcome(runs, [], [])
    baseline = configuration.arms[0].name
    for arm, other in zip(configuration.arms[1:], lives[1:], strict=True):
        pairs, lives_changed, compared = _compare(lives[0], other)
        outcome.fates.extend((*place, baseline, arm.name, a, b, n) for a, b, n in pairs)
        outcome.changed_lives.append((*place, baseline, arm.name, lives_changed, compared))
    return outcome


def run_identity(configuration: Configuration, arm: Arm | None, seed: int, draw: int = 0) -> str:
    """Return the name of a run: a hash of everything that decides its result."""
    plain = configuration.plain()
    study = plain["study"]
    content = {
        "model": MODEL_VERSION,
        "catalog": catalog().digest(),
        "arm": arm.plain()["levers"] if arm else HISTORY,
        "seed": seed,
        "study": {name: study[name] for name in ("policy_start", "years", "scale", "feedbacks")},
        "corridor": plain["corridor"],
        "parameters": assumptions_of(configuration, draw),
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:24]


def _lives(state: State, dead_before: NDArray[np.bool_], people_at_branch: int) -> _Lives:
    migrants = state.world.migrants
    rows = int(migrants.size[0])
    keep = np.ones(rows, bool)
    keep[:people_at_branch] = ~dead_before
    status, marks = migrants.status[:rows][keep].astype(np.int64), migrants.marks[:rows][keep]
    fate = status + len(PERSON_FATES)
    fate[(marks & Mark.REMOVED) > 0] = PERSON_FATES.index("removed")
    fate[status == Status.DEAD] = PERSON_FATES.index("died")
    key = migrants.key[:rows][keep]
    order = np.argsort(key)
    return _Lives(key[order], migrants.path[:rows][keep][order], fate[order])


def _compare(a: _Lives, b: _Lives) -> tuple[list[tuple[str, str, int]], int, int]:
    """Match lives by key; return the cross-table of fates, the lives that changed and the lives compared."""
    keys = np.union1d(a.key, b.key)
    places = len(FATE_LABELS) + 1
    fates, paths = [], []
    for lives in (a, b):
        at = np.minimum(np.searchsorted(lives.key, keys), len(lives.key) - 1) if len(lives.key) else np.zeros(0, int)
        here = lives.key[at] == keys if len(lives.key) else np.zeros(len(keys), bool)
        fates.append(np.where(here, lives.fate[at] if len(lives.key) else 0, places - 1))
        paths.append(np.where(here, lives.path[at] if len(lives.key) else 0, 0))
    table = np.bincount(fates[0] * places + fates[1], minlength=places * places).reshape(places, places)
    labels = [*FATE_LABELS, NOT_DEPARTED]
    pairs = [(labels[i], labels[j], int(table[i, j])) for i, j in zip(*np.nonzero(table), strict=True)]
    return pairs, int((paths[0] != paths[1]).sum()), len(keys)


def _record(
    state: State, configuration: Configuration, arm: Arm | None, place: Place, window: slice, began: float,
    first_log_row: int = 0,
) -> RunRecord:  # fmt: skip
    """Return what the run of ``arm`` (None: the history) brought in its months, as far as ``output`` asks for it."""
    keep, seed = configuration.output, seed_of(configuration, place.replicate)
    return RunRecord(
        arm=arm.name if arm else HISTORY,
        draw=place.draw,
        replicate=place.replicate,
        seed=seed,
        run_id=run_identity(configuration, arm, seed, place.draw),
        parent=run_identity(configuration, None, seed, place.draw) if arm else None,
        first_month=window.start,
        months=window.stop - window.start,
        seconds=time.perf_counter() - began,
        monthly=monthly_indicators(state, window) if keep.monthly else {},
        totals=total_indicators(state, window, configuration.corridor.areas),
        stocks=_stocks(state, window) if keep.monthly else [],
        events=state.ledger.log()[first_log_row:] if keep.events else None,
    )


def _event_columns() -> dict[str, list[int]]:
    """Return which ledger events make up each indicator of the catalogue."""
    return {name: [Event[event] for event in record.events] for name, record in catalog().indicators.items()}


def monthly_indicators(state: State, window: slice) -> dict[str, NDArray[np.float64]]:
    """Return each indicator month by month, shape (months,); the mean price is absent where nobody was sold."""
    counts, found = state.ledger.monthly[window], {}
    for name, events in _event_columns().items():
        if name == PRICE:
            found[name] = _mean_price(counts[:, Event.PRICE_PAID], counts[:, Event.TRAFFICKED])
        else:
            found[name] = counts[:, events].sum(axis=1).astype(np.float64)
    return found


def _mean_price(paid: NDArray[Any], sold: NDArray[Any]) -> NDArray[np.float64]:
    return np.divide(paid, sold, out=np.full(np.shape(paid), np.nan), where=np.asarray(sold) > 0)


def total_indicators(state: State, window: slice, areas: Sequence[str]) -> list[tuple[str, str, str, float]]:
    """Return totals over the window: (indicator, dimension, level, value), "all" and each group that occurs.

    ``areas`` are the names of the corridor's areas.
    """
    totals: list[tuple[str, str, str, float]] = []
    sums: dict[str, tuple[Sequence[str], NDArray[np.int64]]] = {
        "all": (["all"], state.ledger.monthly[window].sum(axis=0)[:, None])
    }
    for dimension in DIMENSIONS:
        codes = DIMENSION_CODES.get(dimension)
        levels: Sequence[str] = [LABELS[codes][code] for code in codes] if codes else [AREA_LABELS[0], *areas]
        sums[dimension] = (levels, state.ledger.monthly_by[dimension][window].sum(axis=0)[:, : len(levels)])
    for name, events in _event_columns().items():
        for dimension, (levels, table) in sums.items():
            if name == PRICE:
                values = _mean_price(table[Event.PRICE_PAID], table[Event.TRAFFICKED])
            else:
                values = table[events].sum(axis=0).astype(np.float64)
            for level, value in zip(levels, values.tolist(), strict=True):
                if dimension == "all" or value > 0:
                    totals.append((name, dimension, level, value))
    return totals


def _stocks(state: State, window: slice) -> list[tuple[int, str, str, int]]:
    stocks: list[tuple[int, str, str, int]] = []
    for kind, labels, table in (
        ("migrant_status", [LABELS[Status][code] for code in Status], state.stocks.by_status),
        ("child_care", [LABELS[Care][code] for code in Care], state.stocks.by_care),
    ):
        for month in range(window.start, window.stop):
            stocks += [(month, kind, label, int(count)) for label, count in zip(labels, table[month], strict=True)]
    return stocks
