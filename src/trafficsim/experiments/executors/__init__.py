"""Executors: where the tasks of a study are done. The same tasks give the same outcomes on each, bit for bit.

Each is a generator function of one shape, :data:`Executor`. Outcomes come in the order in which they are finished, and
whatever a task does, the others go on: one that cannot be done comes back as a :class:`~trafficsim.experiments.result.Failure`.
"""

import os
from collections.abc import Callable, Generator, Sequence

from trafficsim.configuration import Configuration
from trafficsim.experiments.result import Failure, Outcome, Task

Finished = tuple[Task, Outcome | Failure]

MonthsLived = Callable[[int], None]
"""Told again and again how many months of all tasks have been lived through so far."""

Executor = Callable[[Configuration, Sequence[Task], int, MonthsLived], Generator[Finished]]
"""Does tasks, numbered from 0, with so many workers at a time; closing the generator ends the work soon."""


def executor_of(configuration: Configuration) -> Executor:
    """Return the executor that the configuration names; one worker on this machine needs no process of its own."""
    from trafficsim.experiments.executors.dask import on_dask
    from trafficsim.experiments.executors.inline import in_this_process
    from trafficsim.experiments.executors.processes import in_processes

    kind = configuration.executor.kind
    if kind == "processes" and workers_of(configuration) == 1:
        kind = "inline"
    return {"inline": in_this_process, "processes": in_processes, "dask": on_dask}[kind]


def workers_of(configuration: Configuration) -> int:
    """Return how many tasks are done at a time on this machine."""
    if configuration.executor.kind == "inline":
        return 1
    return configuration.executor.workers or usable_cores()


def usable_cores() -> int:
    """Return how many cores this process may use."""
    usable: Callable[[], int | None] = getattr(os, "process_cpu_count", os.cpu_count)
    return usable() or 1
