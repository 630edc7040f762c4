"""Tasks spread over processes of this machine, so that none is lost or done twice whatever happens to a process.

The processes are forked from a server that has loaded the compiled rules already; where they still have to be compiled,
that is done there, once.
"""

import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np

from trafficsim.configuration import Configuration
from trafficsim.errors import UserError
from trafficsim.experiments.executors import Finished, MonthsLived
from trafficsim.experiments.executors.batches import Batches
from trafficsim.experiments.executors.inline import attempted
from trafficsim.experiments.result import Failure, Outcome, Task

KILLS_ALLOWED = 3
"""So many times processes may be killed while a task is under way before it is done alone, then given up."""

BREAKS_ALLOWED = 20
"""So many times in a row all processes may be lost with nothing finished in between."""

BATCH_SECONDS = 0.1
"""Handing a batch over and taking its outcomes back costs about a millisecond."""

LOOK_EVERY = 0.2
"""Seconds between two looks at how far the processes are."""

_shared: Any = None
"""In a worker: (months lived, one number a task; whether to stop). No locks: a killed process holds none."""


class _StudyOverError(BaseException):
    """The study is over, so the task is not done to its end."""


def in_processes(
    configuration: Configuration, tasks: Sequence[Task], workers: int, months_lived: MonthsLived
) -> Generator[Finished]:
    """Do the tasks in ``workers`` processes; closing the generator stops them within a month of simulated time.

    A task whose process was killed is done again, in the end with no other beside it.
    """
    methods = multiprocessing.get_all_start_methods()
    context: Any = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
    if "forkserver" in methods:
        context.set_forkserver_preload(["trafficsim.experiments.executors.preloaded"])
    shared = (context.RawArray("q", len(tasks)), context.RawValue("b", 0))
    counts = np.frombuffer(shared[0], np.int64)
    batches, kills = Batches(tasks, workers, BATCH_SECONDS), Counter[int]()
    alone: list[Task] = []
    running: dict[Future[list[Outcome | Failure]], list[Task]] = {}

    def pool_of_workers() -> ProcessPoolExecutor:
        return ProcessPoolExecutor(workers, context, _start_worker, shared)

    pool, breaks = pool_of_workers(), 0
    try:
        while batches or alone or running:
            if alone and not running:
                _submit(pool, configuration, [alone[0]], running)
            while not alone and batches and len(running) < 2 * workers:
                _submit(pool, configuration, batches.take(), running)
            broken = False
            finished, _ = wait(running, LOOK_EVERY, FIRST_COMPLETED)
            for future in finished:
                if isinstance(future.exception(), BrokenProcessPool):
                    broken = True  # all batches under way are lost with the pool
                    continue
                breaks = 0
                for task, outcome in zip(running.pop(future), future.result(), strict=True):
                    batches.learn(outcome)
                    if alone and alone[0] is task:
                        alone.pop(0)
                    yield task, outcome
            breaks += broken
            if breaks > BREAKS_ALLOWED:
                raise UserError("The processes of the study are killed before they begin; there is too little memory.")
            if broken:
                lost = sorted(task for batch in running.values() for task in batch)
                running.clear()
                kills.update(task.number for task in lost if counts[task.number] > 0)
                counts[[task.number for task in lost]] = 0
                if alone and kills[alone[0].number] > KILLS_ALLOWED:
                    yield alone.pop(0), _killed()
                again = [task for task in lost if task not in alone]
                alone += [task for task in again if kills[task.number] >= KILLS_ALLOWED]
                batches.put_back([task for task in again if kills[task.number] < KILLS_ALLOWED])
                pool = pool_of_workers()
            months_lived(int(counts.sum()))
    finally:
        shared[1].value = 1
        pool.shutdown(wait=False, cancel_futures=True)


def _killed() -> Failure:
    reason = (
        f"A process of the study was killed {KILLS_ALLOWED + 1} times at this task, the last time with no other beside it, "
        f"most often a sign that the memory is full. Use a smaller scale."
    )
    return Failure(reason, reason)


def _submit(
    pool: ProcessPoolExecutor, configuration: Configuration, batch: list[Task], running: dict[Future[Any], list[Task]]
) -> None:
    try:
        with main_module_hidden():
            future = pool.submit(_run, configuration, batch)
    except BrokenProcessPool as problem:  # found out here first; told as any other batch that was lost
        future = Future()
        future.set_exception(problem)
    running[future] = batch


def _run(configuration: Configuration, batch: list[Task]) -> list[Outcome | Failure]:
    """Do the tasks of a batch, in a worker."""
    months, stop = _shared
    outcomes = []
    for task in batch:

        def lived(count: int, number: int = task.number) -> None:
            if stop.value:
                raise _StudyOverError
            months[number] = count

        outcomes.append(attempted(configuration, task, lived))
    return outcomes


def _start_worker(months: Any, stop: Any) -> None:
    """Take what is shared with the parent, and be its worker."""
    global _shared
    _shared = (months, stop)
    join_the_parent()


def join_the_parent() -> None:
    """Leave Ctrl-C to the parent, end with it, and keep imported modules out of the garbage collector's way."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    gc.freeze()


def _end_with_parent() -> None:
    """A parent that was killed cannot say so; without this, its workers would wait for work for ever."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


@contextmanager
def main_module_hidden() -> Iterator[None]:
    """Keep processes that start from importing the user's script: it need not be guarded by ``if __name__ ...``.

    Workers run functions of this package only, so they have no need of it.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
