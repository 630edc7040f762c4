"""Tasks spread over processes of this machine, so that none is lost or done twice whatever happens to a process.

Each worker has a pipe of its own, which breaks when it dies, even in the middle of an outcome. (A queue that several share
would leave the reader waiting for the rest, and a lock that died with its holder closed for ever.) The processes are forked
from a server that has loaded the compiled rules already; where they still have to be compiled, that is done there, once.
"""

import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.reduction import ForkingPickler
from queue import SimpleQueue
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
"""So many times in a row each process may be lost before it has lived through a month of anything."""

BATCH_SECONDS = 0.1
"""Handing a batch over and taking its outcomes back costs about a millisecond."""

LOOK_EVERY = 0.2
"""Seconds between two looks at how far the processes are."""

BATCHES_AHEAD = 2
"""Batches that a worker has at a time, so that it need not wait for the next."""

LOST = (EOFError, OSError)
"""What a pipe says whose other end is gone."""


class _StudyOverError(BaseException):
    """The study is over, so the task is not done to its end."""


@dataclass(eq=False)
class _Worker:
    """A process, this end of its pipe, and the batches that it has, the first of them under way."""

    process: Any
    pipe: Connection
    batches: list[list[Task]] = field(default_factory=list)

    def hand_over(self, batch: list[Task]) -> None:
        """Let a batch be done; a worker that is gone is found out when its pipe is read."""
        self.batches.append(batch)
        with suppress(*LOST):
            self.pipe.send(batch)


def in_processes(
    configuration: Configuration, tasks: Sequence[Task], workers: int, months_lived: MonthsLived
) -> Generator[Finished]:
    """Do the tasks in ``workers`` processes; closing the generator stops them within a month of simulated time.

    A task whose process was killed is done again, in the end with no other beside it.
    """
    context = _context()
    # Months lived, one number a task, and whether to stop. No locks: a killed process would hold them.
    shared = (context.RawArray("q", len(tasks)), context.RawValue("b", 0))
    counts = np.frombuffer(shared[0], np.int64)
    batches, kills, alone = Batches(tasks, workers, BATCH_SECONDS), Counter[int](), list[Task]()
    crew, losses = list[_Worker](), 0
    try:
        while batches or alone or any(worker.batches for worker in crew):
            _keep_busy(crew, lambda: _begun(context, configuration, shared), workers, batches, alone)
            for pipe in wait([worker.pipe for worker in crew], LOOK_EVERY):
                worker = next(one for one in crew if one.pipe is pipe)
                try:
                    # Not recv(): Ctrl-C within it leaves a word of Python's own on the screen.
                    outcomes = ForkingPickler.loads(worker.pipe.recv_bytes())
                except LOST:
                    crew.remove(worker)
                    losses = 0 if any(counts[task.number] for batch in worker.batches for task in batch) else losses + 1
                    if losses > BREAKS_ALLOWED * workers:
                        raise UserError(
                            "The processes of the study are killed before they begin; there is too little memory."
                        ) from None
                    yield from _after_a_loss(worker, counts, kills, batches, alone)
                    continue
                if isinstance(outcomes, BaseException):
                    raise outcomes
                losses = 0
                for task, outcome in zip(worker.batches.pop(0), outcomes, strict=True):
                    batches.learn(outcome)
                    if alone and alone[0] is task:
                        alone.pop(0)
                    yield task, outcome
            months_lived(int(counts.sum()))
    finally:
        shared[1].value = 1
        for worker in crew:
            worker.pipe.close()  # it ends when it finds nothing to do, or nobody to tell


def _keep_busy(
    crew: list[_Worker], begin: Callable[[], _Worker], workers: int, batches: Batches, alone: list[Task]
) -> None:
    """Hand over what waits; a task that is to be done alone is handed over when nothing else is under way."""
    if alone:
        if not any(worker.batches for worker in crew):
            if not crew:
                crew.append(begin())
            crew[0].hand_over([alone[0]])
        return
    while batches and len(crew) < workers:
        crew.append(begin())
        crew[-1].hand_over(batches.take())
    for _ in range(BATCHES_AHEAD):
        for worker in crew:
            if batches and len(worker.batches) < BATCHES_AHEAD:
                worker.hand_over(batches.take())


def _after_a_loss(
    worker: _Worker, counts: Any, kills: Counter[int], batches: Batches, alone: list[Task]
) -> Iterator[Finished]:
    """Let what a lost worker had be done again; yield the task that was given its last chance."""
    worker.pipe.close()
    worker.process.kill()  # what cannot tell any more need not go on
    lost = sorted(task for batch in worker.batches for task in batch)
    kills.update(task.number for task in lost if counts[task.number] > 0)
    counts[[task.number for task in lost]] = 0
    if alone and kills[alone[0].number] > KILLS_ALLOWED:
        given_up = alone.pop(0)
        lost.remove(given_up)
        yield given_up, _killed()
    again = [task for task in lost if task not in alone]
    alone += [task for task in again if kills[task.number] >= KILLS_ALLOWED]
    batches.put_back([task for task in again if kills[task.number] < KILLS_ALLOWED])


def _killed() -> Failure:
    reason = (
        f"A process of the study was killed {KILLS_ALLOWED + 1} times at this task, the last time with no other beside it, "
        f"most often a sign that the memory is full. Use a smaller scale."
    )
    return Failure(reason, reason)


def _context() -> Any:
    """Return how processes are begun: forked from a server that has loaded the rules, where the system can."""
    methods = multiprocessing.get_all_start_methods()
    context: Any = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
    if "forkserver" in methods:
        context.set_forkserver_preload(["trafficsim.experiments.executors.preloaded"])
    return context


def _begun(context: Any, configuration: Configuration, shared: tuple[Any, Any]) -> _Worker:
    own, its = context.Pipe()
    process = context.Process(target=_work, args=(its, configuration, *shared), daemon=True)
    with main_module_hidden():
        process.start()
    its.close()  # else the pipe would not break with the worker
    return _Worker(process, own)


def _work(pipe: Connection, configuration: Configuration, months: Any, stop: Any) -> None:
    """Be a worker: do the tasks of one batch after another, until there is nobody to tell."""
    join_the_parent()
    waiting: SimpleQueue[list[Task] | None] = SimpleQueue()
    threading.Thread(target=_read_ahead, args=(pipe, waiting), daemon=True).start()
    with suppress(*LOST, _StudyOverError):
        while batch := waiting.get():
            try:
                outcomes: Any = _outcomes(configuration, batch, months, stop)
            except Exception as problem:  # ours: tasks have their errors written down
                outcomes = problem
            pipe.send(outcomes)


def _read_ahead(pipe: Connection, waiting: "SimpleQueue[list[Task] | None]") -> None:
    """Take batches at any time: otherwise parent and worker could both wait for the other to read."""
    with suppress(*LOST):
        while True:
            waiting.put(pipe.recv())
    waiting.put(None)


def _outcomes(configuration: Configuration, batch: list[Task], months: Any, stop: Any) -> list[Outcome | Failure]:
    """Do the tasks of a batch."""
    outcomes = []
    for task in batch:

        def lived(count: int, number: int = task.number) -> None:
            if stop.value:
                raise _StudyOverError
            months[number] = count

        outcomes.append(attempted(configuration, task, lived))
    return outcomes


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
