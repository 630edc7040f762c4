"""A study: arms × replicates. Each replicate's history is lived once and forked into the arms.

Lives are matched by key, so arms are compared person by person. The same plan gives the same results on any number of
workers, for a replicate is a pure function of its seed and the configuration.
"""

import gc
import hashlib
import json
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trafficsim.catalog import catalog
from trafficsim.configuration import Configuration
from trafficsim.course import MODEL_VERSION, course_of
from trafficsim.engine.ledger import DIMENSIONS
from trafficsim.experiments.result import RunRecord, StudyResult
from trafficsim.policy import Arm
from trafficsim.processes.month import State, advance, begin
from trafficsim.processes.vocabulary import AREA_LABELS, LABELS, AgeBand, Care, Event, Mark, Purpose, Sex, Status

HISTORY = "history"
STATUS_QUO = Arm.from_plain(
    {"name": HISTORY, "title": "Shared history", "summary": "The status quo before the arms part.", "levers": {}}
)
LEVELS: dict[str, list[str]] = {
    "area": list(AREA_LABELS),
    "purpose": [LABELS[Purpose][code] for code in Purpose],
    "sex": [LABELS[Sex][code] for code in Sex],
    "age_band": [LABELS[AgeBand][code] for code in AgeBand],
}
PRICE = "mean_price_paid"
PERSON_FATES = ("died", "removed")

Progress = Callable[[int, int], None]


class StudyInterrupted(KeyboardInterrupt):
    """Ctrl-C during a study; ``result`` holds the replicates that were finished."""

    def __init__(self, result: StudyResult) -> None:
        super().__init__("The study was interrupted; what was finished is kept.")
        self.result = result


@dataclass
class _Lives:
    """The lives of one arm at its end, sorted by key."""

    key: NDArray[np.uint64]
    path: NDArray[np.uint32]
    fate: NDArray[np.int64]


FATE_LABELS = [*PERSON_FATES, *(LABELS[Status][code] for code in Status)]
NOT_DEPARTED = "did not leave in this arm"


def run_study(configuration: Configuration, progress: Progress | None = None) -> StudyResult:
    """Run every arm of ``configuration`` on every replicate and return what came out.

    ``progress`` is called with (replicates done, replicates in all). Raises :class:`StudyInterrupted` on Ctrl-C.
    """
    study = configuration.study
    result = _empty_result(configuration)
    done: dict[int, tuple[list[RunRecord], list[Any], list[Any]]] = {}
    workers = min(study.workers or os.cpu_count() or 1, study.replicates)
    try:
        for replicate, outcome in _outcomes(configuration, workers):
            done[replicate] = outcome
            if progress:
                progress(len(done), study.replicates)
    except KeyboardInterrupt:
        raise StudyInterrupted(_collected(result, done)) from None
    return _collected(result, done)


def _empty_result(configuration: Configuration) -> StudyResult:
    created = datetime.now(UTC).isoformat(timespec="seconds")
    fingerprint = configuration.hash()
    return StudyResult(
        name=configuration.study.name,
        study_id=f"{configuration.study.name}-{fingerprint[:12]}",
        created=created,
        configuration=configuration.plain(),
        configuration_hash=fingerprint,
        model_version=MODEL_VERSION,
        software_version=version("trafficsim"),
        arms=[arm.plain() for arm in configuration.arms],
    )


def _collected(result: StudyResult, done: dict[int, tuple[list[RunRecord], list[Any], list[Any]]]) -> StudyResult:
    """Put replicates in order, whatever order they were finished in."""
    for replicate in sorted(done):
        runs, fates, changed = done[replicate]
        result.runs += runs
        result.fates += fates
        result.changed_lives += changed
    return result


def _outcomes(configuration: Configuration, workers: int) -> Any:
    replicates = range(configuration.study.replicates)
    if workers <= 1:
        for replicate in replicates:
            yield replicate, run_replicate(configuration, replicate)
        return
    waiting = list(replicates)
    running: dict[Future[Any], int] = {}
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["trafficsim.experiments.study"])
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_start_worker)
    # The first replicate compiles, or loads compiled code, once for all.
    yield waiting[0], run_replicate(configuration, waiting.pop(0))
    try:
        while waiting or running:
            while waiting and len(running) < 2 * workers:
                replicate = waiting.pop(0)
                running[pool.submit(run_replicate, configuration, replicate)] = replicate
            finished: set[Future[Any]]
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                replicate = running.pop(future)
                try:
                    yield replicate, future.result()
                except BrokenProcessPool:
                    # A worker was killed: begin a new pool and do again what was under way.
                    waiting = sorted([replicate, *running.values(), *waiting])
                    running.clear()
                    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_start_worker)
                    break
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _start_worker() -> None:
    """Leave Ctrl-C to the parent, and keep imported modules out of the garbage collector's way."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.freeze()


def seed_of(configuration: Configuration, replicate: int) -> int:
    """Return the seed of a replicate: the study's seed for the first, then well-separated ones."""
    if replicate == 0:
        return configuration.study.seed
    digest = hashlib.sha256(f"{configuration.study.seed}/{replicate}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def run_replicate(
    configuration: Configuration, replicate: int
) -> tuple[list[RunRecord], list[tuple[int, str, str, str, str, int]], list[tuple[int, str, str, int, int]]]:
    """Live through one replicate's history, fork it into each arm, and compare the lives with the first arm's."""
    study, seed = configuration.study, seed_of(configuration, replicate)
    branch, end = study.first_policy_month, study.end_month
    settings: dict[str, Any] = {
        "scale": study.scale,
        "policy_start": study.policy_start,
        "years": study.years,
        "parameters": configuration.parameters,
        "feedbacks": {name: getattr(study.feedbacks, name) for name in study.feedbacks.__dataclass_fields__},
    }
    began = time.perf_counter()
    course = course_of(STATUS_QUO, seed, **settings)
    state = begin(course, configuration.output.events)
    while state.month < branch:
        advance(state, course)
    history_id = run_identity(configuration, None, seed)
    runs = [_record(state, configuration, HISTORY, replicate, seed, None, history_id, 0, branch, began)]
    # What people carry over from history is not an outcome of the arms.
    state.world.migrants.marks[:] = 0
    first_log_row = int(state.ledger.entries.log_size[0])
    people_at_branch = int(state.world.migrants.size[0])
    gone = _dead_keys(state)
    lives: list[_Lives] = []
    for number, arm in enumerate(configuration.arms):
        began = time.perf_counter()
        course = course_of(arm, seed, **settings)
        fork = state if number == len(configuration.arms) - 1 else state.copy()
        while fork.month < end:
            advance(fork, course)
        record = _record(
            fork, configuration, arm.name, replicate, seed, history_id, run_identity(configuration, arm, seed), branch,
            end - branch, began, first_log_row,
        )  # fmt: skip
        runs.append(record)
        lives.append(_lives(fork, gone, people_at_branch))
    fates: list[tuple[int, str, str, str, str, int]] = []
    changed: list[tuple[int, str, str, int, int]] = []
    baseline = configuration.arms[0].name
    for arm, other in zip(configuration.arms[1:], lives[1:], strict=True):
        pairs, lives_changed, compared = _compare(lives[0], other)
        fates += [(replicate, baseline, arm.name, a, b, n) for a, b, n in pairs]
        changed.append((replicate, baseline, arm.name, lives_changed, compared))
    return runs, fates, changed


def run_identity(configuration: Configuration, arm: Arm | None, seed: int) -> str:
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
        "parameters": plain["parameters"],
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:24]


def _dead_keys(state: State) -> NDArray[np.bool_]:
    migrants = state.world.migrants
    return np.asarray(migrants.status[: migrants.size[0]] == Status.DEAD)


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
    state: State, configuration: Configuration, arm: str, replicate: int, seed: int, parent: str | None, run_id: str,
    first: int, months: int, began: float, first_log_row: int = 0,
) -> RunRecord:  # fmt: skip
    window = slice(first, first + months)
    events = None
    if configuration.output.events:
        events = state.ledger.log()[first_log_row:]
    return RunRecord(
        arm=arm, replicate=replicate, seed=seed, run_id=run_id, parent=parent, first_month=first, months=months,
        seconds=time.perf_counter() - began, monthly=monthly_indicators(state, window),
        totals=total_indicators(state, window), stocks=_stocks(state, window), events=events,
    )  # fmt: skip


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


def total_indicators(state: State, window: slice) -> list[tuple[str, str, str, float]]:
    """Return totals over the window: (indicator, dimension, level, value), "all" and each group that occurs."""
    totals: list[tuple[str, str, str, float]] = []
    sums: dict[str, tuple[Sequence[str], NDArray[np.int64]]] = {
        "all": (["all"], state.ledger.monthly[window].sum(axis=0)[:, None])
    }
    for dimension in DIMENSIONS:
        sums[dimension] = (LEVELS[dimension], state.ledger.monthly_by[dimension][window].sum(axis=0))
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
