"""Many small jobs of one kind over processes of this machine: for histories that are observed and not stored as runs."""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from typing import Any

from trafficsim.experiments.executors import usable_cores
from trafficsim.experiments.executors.processes import join_the_parent, main_module_hidden


def in_many_processes[Job, Found](
    work: Callable[[Job], Found], jobs: Sequence[Job], workers: int = 0
) -> Iterator[Found]:
    """Yield ``work(job)`` for each job as they are finished, in any order; ``workers`` 0 uses every core, 1 this process.

    ``work`` is a function of a module. Closing the iterator, or Ctrl-C, ends it with the jobs under way.
    """
    workers = min(workers or usable_cores(), len(jobs))
    if workers <= 1:
        yield from map(work, jobs)
        return
    methods = multiprocessing.get_all_start_methods()
    context: Any = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
    if "forkserver" in methods:
        context.set_forkserver_preload(["trafficsim.experiments.executors.preloaded"])
    pool = ProcessPoolExecutor(workers, context, join_the_parent)
    left, running = iter(jobs), set[Future[Found]]()
    try:
        while True:
            for job in left:
                with main_module_hidden():
                    running.add(pool.submit(work, job))
                if len(running) >= 3 * workers:
                    break
            if not running:
                return
            finished, running = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                yield future.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
