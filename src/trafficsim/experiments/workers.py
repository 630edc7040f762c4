"""Replicates spread over local processes, so that no replicate is lost or done twice whatever happens to a process.

The processes are forked from a server that has loaded the compiled rules already; where they still have to be compiled,
that is done there, once.
"""

import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np

from trafficsim.configuration import Configuration
from trafficsim.errors import UserError
from trafficsim.experiments.replicate import plan_of, run_replicate
from trafficsim.experiments.result import Outcome

BREAKS_ALLOWED = 3
"""So many times in a row a process may be killed before a study gives up."""

LOOK_EVERY = 0.2
"""Seconds between two looks at how far the processes are."""

_shared: Any = None
"""In a worker: (months lived, one number a place of the plan; whether to stop). No locks: a killed process holds none."""


class _StudyOverError(Exception):
    """The study is over, so the replicate is not lived to its end."""


def outcomes_of_workers(
    configuration: Configuration, workers: int, months_lived: Callable[[int], None]
) -> Generator[tuple[int, Outcome], None, None]:
    """Yield (place in the plan, outcome) in the order in which ``workers`` processes finish; tell months lived in between.

    A replicate whose process was killed is done again. Raises :class:`UserError` when processes are killed again and
    again. Closing the generator stops the processes within a month of simulated time.
    """
    places = len(plan_of(configuration))
    methods = multiprocessing.get_all_start_methods()
    context: Any = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
    if "forkserver" in methods:
        context.set_forkserver_preload(["trafficsim.experiments.preloaded"])
    shared = (context.RawArray("q", places), context.RawValue("b", 0))
    counts = np.frombuffer(shared[0], np.int64)
    waiting, breaks = list(range(places)), 0
    running: dict[Future[Outcome], int] = {}
    pool = ProcessPoolExecutor(workers, context, _start_worker, shared)
    try:
        while waiting or running:
            broken = not _submit(pool, configuration, waiting, running, 2 * workers)
            finished, _ = wait(running, LOOK_EVERY, FIRST_COMPLETED)
            for future in finished:
                if isinstance(future.exception(), BrokenProcessPool):
                    broken = True
                    continue
                breaks = 0
                yield running.pop(future), future.result()
            if broken:
                breaks += 1
                waiting = sorted([*running.values(), *waiting])
                running.clear()
                if breaks == BREAKS_ALLOWED:
                    raise UserError(
                        f"A process of the study was killed {breaks} times in a row, most often a sign that the memory is "
                        f"full. Use fewer processes (workers=1) or a smaller scale."
                    )
                pool = ProcessPoolExecutor(workers, context, _start_worker, shared)
            months_lived(int(counts.sum()))
    finally:
        shared[1].value = 1
        pool.shutdown(wait=False, cancel_futures=True)


def _submit(
    pool: ProcessPoolExecutor, configuration: Configuration, waiting: list[int], running: dict[Future[Outcome], int], limit: int
) -> bool:  # fmt: skip
    """Keep the pool busy with ``waiting`` replicates; return whether it still takes any."""
    try:
        while waiting and len(running) < limit:
            with _main_module_hidden():
                running[pool.submit(_run, configuration, waiting[0])] = waiting[0]
            waiting.pop(0)
    except BrokenProcessPool:
        return False
    return True


def _run(configuration: Configuration, number: int) -> Outcome:
    """Live through the replicate at place ``number`` of the plan, in a worker."""
    months, stop = _shared

    def lived(count: int) -> None:
        if stop.value:
            raise _StudyOverError
        months[number] = count

    return run_replicate(configuration, plan_of(configuration)[number], lived)


def _start_worker(months: Any, stop: Any) -> None:
    """Leave Ctrl-C to the parent, end with it, and keep imported modules out of the garbage collector's way."""
    global _shared
    _shared = (months, stop)
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
def _main_module_hidden() -> Iterator[None]:
    """Keep processes that start from importing the user's script: it need not be guarded by ``if __name__ ...``.

    Workers run functions of this package only, so they have no need of it.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
