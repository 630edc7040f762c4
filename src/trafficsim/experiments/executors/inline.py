"""Tasks one after another, in this process."""

import traceback
from collections.abc import Generator, Sequence

from trafficsim.configuration import Configuration
from trafficsim.errors import UserError
from trafficsim.experiments.executors import Finished, MonthsLived
from trafficsim.experiments.replicate import Lived, months_of, run_task
from trafficsim.experiments.result import Failure, Outcome, Task


def in_this_process(
    configuration: Configuration, tasks: Sequence[Task], workers: int, months_lived: MonthsLived
) -> Generator[Finished]:
    """Do the tasks in order; ``workers`` is of no use here."""
    before = 0
    for task in tasks:

        def lived(count: int, before: int = before) -> None:
            months_lived(before + count)

        yield task, attempted(configuration, task, lived)
        before += months_of(configuration, task)


def attempted(configuration: Configuration, task: Task, lived: Lived | None = None) -> Outcome | Failure:
    """Return what comes of a task, be it an error: an error in one run is no reason to give up the others."""
    try:
        return run_task(configuration, task, lived)
    except MemoryError:
        return Failure(out_of_memory(configuration), traceback.format_exc())
    except Exception as problem:
        reason = str(problem) if isinstance(problem, UserError) else f"{type(problem).__name__}: {problem}"
        return Failure(reason, traceback.format_exc())


def out_of_memory(configuration: Configuration) -> str:
    """Return the sentence for a task that did not get the memory it asked for."""
    return (
        f"There is not enough memory for scale={configuration.study.scale:g}: use fewer workers (workers=1) or a smaller "
        f"scale."
    )
