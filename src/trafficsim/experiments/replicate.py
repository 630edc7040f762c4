"""One replicate: a shared history, lived once and forked into the arms, and the same lives compared between them.

Lives are matched by key. A replicate is a pure function of the configuration and its place in the plan, so it is the same
wherever it is lived through. Where a study draws assumptions, each replicate is lived through in every draw with the same luck.
"""

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trafficsim.catalog import catalog
from trafficsim.configuration import Configuration
from trafficsim.course import course_of, model_version
from trafficsim.designs import Point
from trafficsim.engine.ledger import DIMENSIONS
from trafficsim.experiments.content import content_digest, kept_of
from trafficsim.experiments.lives import Lives, compare_lives, lives_of
from trafficsim.experiments.result import HISTORY, PRICE, Outcome, Place, RunRecord, Task
from trafficsim.policy import Arm
from trafficsim.processes.month import Course, State, advance, begin
from trafficsim.processes.vocabulary import AREA_LABELS, LABELS, AgeBand, Care, Departure, Event, Purpose, Sex, Status

STATUS_QUO = Arm.from_plain(
    {"name": HISTORY, "title": "Shared history", "summary": "The status quo before the arms part.", "levers": {}}
)
DIMENSION_CODES: dict[str, type[IntEnum]] = {
    "purpose": Purpose, "sex": Sex, "age_band": AgeBand, "departure": Departure,
}  # fmt: skip

Lived = Callable[[int], None]
"""Told after each month how many months of the replicate have been lived through; may raise to end it."""


def seed_of(configuration: Configuration, replicate: int) -> int:
    """Return the seed of a replicate: the study's seed for the first, then well-separated ones."""
    if replicate == 0:
        return configuration.study.seed
    digest = hashlib.sha256(f"{configuration.study.seed}/{replicate}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def places_of(configuration: Configuration) -> list[Place]:
    """Return every place of the study's plan, draw by draw."""
    study = configuration.study
    return [Place(draw, replicate) for draw in range(max(1, study.draws or 0)) for replicate in range(study.replicates)]


def point_at(configuration: Configuration, points: Sequence[Point], draw: int) -> Point:
    """Return what differs from the corridor's defaults in a draw; ``points`` are those of the configuration."""
    return points[draw] if points else configuration.parameters


def plan_of(configuration: Configuration) -> list[Task]:
    """Return all work of the study, every arm at every place."""
    points, arms = configuration.points(), tuple(range(len(configuration.arms)))
    return [
        Task(number, place, arms, point_at(configuration, points, place.draw))
        for number, place in enumerate(places_of(configuration))
    ]


def months_of(configuration: Configuration, task: Task) -> int:
    """Return how many months a task lives through: its history, then each arm's window."""
    study = configuration.study
    return study.first_policy_month + len(task.arms) * (study.end_month - study.first_policy_month)


def settings_of(configuration: Configuration, point: Point) -> dict[str, Any]:
    """Return what :func:`~trafficsim.course.course_of` is told beside arm and seed, with the assumptions of ``point``."""
    study = configuration.study
    return {
        "scale": study.scale,
        "policy_start": study.policy_start,
        "years": study.years,
        "parameters": point,
        "feedbacks": {name: getattr(study.feedbacks, name) for name in study.feedbacks.__dataclass_fields__},
        "assumptions": configuration.assumptions(),
    }


def run_task(configuration: Configuration, task: Task, lived: Lived | None = None) -> Outcome:
    """Live through one replicate's history and fork it into each arm of the task.

    Where lives are to be compared (``output.lives``), those of the task's first arm are compared with each other's.
    """
    study, seed = configuration.study, seed_of(configuration, task.place.replicate)
    branch, end = study.first_policy_month, study.end_month
    settings = settings_of(configuration, task.point)
    months_lived = 0

    def live(state: State, course: Course, until: int) -> None:
        nonlocal months_lived
        while state.month < until:
            advance(state, course)
            months_lived += 1
            if lived:
                lived(months_lived)

    names = Identities(configuration)
    began = time.thread_time()
    course = course_of(STATUS_QUO, seed, **settings)
    state = begin(course, configuration.output.events)
    live(state, course, branch)
    runs = [_record(state, configuration, names, None, task, slice(0, branch), began)]
    # What people carry over from history is not an outcome of the arms.
    state.world.migrants.marks[:] = 0
    first_log_row = int(state.ledger.entries.log_size[0])
    people_at_branch = int(state.world.migrants.size[0])
    dead_before = np.asarray(state.world.migrants.status[:people_at_branch] == Status.DEAD)
    arms = [configuration.arms[number] for number in task.arms]
    lives: list[Lives] = []
    for arm in arms:
        began = time.thread_time()
        course = course_of(arm, seed, **settings)
        fork = state if arm is arms[-1] else state.copy()
        live(fork, course, end)
        runs.append(_record(fork, configuration, names, arm, task, slice(branch, end), began, first_log_row))
        if configuration.output.lives:
            lives.append(lives_of(fork, dead_before))
    outcome = Outcome(runs, [], [], [])
    for arm, other in zip(arms[1:], lives[1:], strict=False):
        pair, compared = (*task.place, arms[0].name, arm.name), compare_lives(lives[0], other)
        outcome.fates.extend((*pair, *row) for row in compared.fates)
        outcome.harmed_lives.extend((*pair, *row) for row in compared.harmed)
        outcome.changed_lives.append((*pair, compared.changed, compared.compared, compared.harms_met))
    return outcome


class Identities:
    """Names runs by a hash of everything that decides their results: equal names, equal results.

    That is the rules' own text, the catalogue, the corridor, the study's settings, the arm's levers, the seed and the
    assumptions; where a run is lived through, and what is kept of it, are no part of it.
    """

    def __init__(self, configuration: Configuration) -> None:
        plain = configuration.plain()
        self._settings = _digest(
            {
                "model": model_version(),
                "catalog": catalog().digest(),
                "study": {name: plain["study"][name] for name in ("policy_start", "years", "scale", "feedbacks")},
                "corridor": plain["corridor"],
            }
        )
        self._arms = {arm.name: _digest(arm.plain()["levers"]) for arm in configuration.arms}
        self._point: tuple[Point | None, str] = (None, "")

    def of(self, arm: Arm | None, seed: int, point: Point) -> str:
        """Return the name of the run of ``arm`` (None: the history) at ``seed`` with the assumptions of ``point``."""
        if point is not self._point[0]:
            self._point = (point, _digest(point))
        levers = HISTORY if arm is None else self._arms[arm.name]
        return hashlib.sha256(f"{self._settings}/{levers}/{seed}/{self._point[1]}".encode()).hexdigest()[:24]


def _digest(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _record(
    state: State, configuration: Configuration, names: Identities, arm: Arm | None, task: Task, window: slice,
    began: float, first_log_row: int = 0,
) -> RunRecord:  # fmt: skip
    """Return what the run of ``arm`` (None: the history) brought in its months, as far as ``output`` asks for it."""
    keep, seed = configuration.output, seed_of(configuration, task.place.replicate)
    totals = total_indicators(state, window, configuration.corridor.areas, DIMENSIONS if keep.groups else ())
    record = RunRecord(
        arm=arm.name if arm else HISTORY,
        draw=task.place.draw,
        replicate=task.place.replicate,
        seed=seed,
        run_id=names.of(arm, seed, task.point),
        parent=names.of(None, seed, task.point) if arm else None,
        first_month=window.start,
        months=window.stop - window.start,
        seconds=time.thread_time() - began,
        monthly=monthly_indicators(state, window) if keep.monthly else {},
        totals=totals,
        stocks=_stocks(state, window) if keep.monthly else [],
        events=state.ledger.log()[first_log_row:] if keep.events else None,
        kept=kept_of(keep),
    )
    record.digest = content_digest(record)
    return record


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


def total_indicators(
    state: State, window: slice, areas: Sequence[str], dimensions: Sequence[str] = DIMENSIONS
) -> list[tuple[str, str, str, float]]:
    """Return totals over the window: (indicator, dimension, level, value), "all" and each group that occurs.

    ``areas`` are the names of the corridor's areas, ``dimensions`` those that people are grouped by.
    """
    totals: list[tuple[str, str, str, float]] = []
    sums: dict[str, tuple[Sequence[str], NDArray[np.int64]]] = {
        "all": (["all"], state.ledger.monthly[window].sum(axis=0)[:, None])
    }
    for dimension in dimensions:
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
