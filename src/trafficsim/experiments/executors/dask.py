"""Tasks spread over a Dask cluster: one made on this machine for the study, or one that runs already.

Dask does a task of a lost worker again by itself. A lost scheduler ends the study; what was finished is in its file, and
the same command goes on from there.
"""

import logging
from asyncio import CancelledError as WorkCancelledError
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from trafficsim.configuration import Configuration
from trafficsim.errors import UserError
from trafficsim.experiments.executors import Finished, MonthsLived
from trafficsim.experiments.executors.batches import Batches
from trafficsim.experiments.executors.inline import attempted
from trafficsim.experiments.replicate import months_of
from trafficsim.experiments.result import Failure, Outcome, Task

BATCH_SECONDS = 0.5
"""A call through the scheduler costs 2 ms or so."""

SECONDS_TO_CONNECT = 20


def on_dask(
    configuration: Configuration, tasks: Sequence[Task], workers: int, months_lived: MonthsLived
) -> Generator[Finished]:
    """Do the tasks on the cluster that the configuration names; closing the generator leaves the rest undone.

    Raises :class:`UserError` where Dask is not installed, or its scheduler cannot be reached or is lost.
    """
    try:
        from distributed import as_completed
    except ImportError:
        raise UserError("executor=dask needs Dask: pip install 'trafficsim[dask]'.") from None
    # What Dask has to say of a lost connection is told in a sentence below, not as its own errors in between.
    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    months = 0
    with _client(configuration, workers) as client, _lost_scheduler_told():
        at_once = 2 * max(1, sum(client.nthreads().values()))
        batches = Batches(tasks, max(1, at_once // 2), BATCH_SECONDS)
        running: dict[Any, list[Task]] = {}
        ready = as_completed(loop=client.loop)

        def submit() -> None:
            batch = batches.take()
            # The configuration goes along: handed out beforehand, it would be lost with the workers that hold it.
            future = client.submit(run_batch, configuration, batch, pure=False)
            running[future] = batch
            ready.add(future)

        while batches and len(running) < at_once:
            submit()
        while running:
            future = next(ready)
            batch = running.pop(future)
            for task, outcome in zip(batch, _outcomes(future, batch), strict=True):
                batches.learn(outcome)
                months += months_of(configuration, task)
                yield task, outcome
            months_lived(months)
            if batches:
                submit()


def run_batch(configuration: Configuration, batch: Sequence[Task]) -> list[Outcome | Failure]:
    """Do the tasks of a batch, in a worker."""
    return [attempted(configuration, task) for task in batch]


def _outcomes(future: Any, batch: Sequence[Task]) -> list[Outcome | Failure]:
    """Return what came of a batch; one that its workers died of again and again has failed."""
    from distributed import KilledWorker

    try:
        return future.result()
    except KilledWorker as problem:
        reason = (
            f"Workers of the cluster were killed at this task, most often a sign that their memory is full: {problem}"
        )
        return [Failure(reason, reason) for _ in batch]


@contextmanager
def _client(configuration: Configuration, workers: int) -> Iterator[Any]:
    """Connect to the scheduler at ``executor.address``, or to a cluster made here for as long as it is needed."""
    from distributed import Client, LocalCluster

    address = configuration.executor.address
    with ExitStack() as stack:
        if not address:
            cluster = LocalCluster(
                n_workers=workers, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=logging.CRITICAL
            )
            address = stack.enter_context(cluster)
        try:
            client = Client(address, timeout=SECONDS_TO_CONNECT, set_as_default=False)
        except (OSError, ValueError) as problem:
            raise UserError(
                f"executor.address = '{configuration.executor.address}': no Dask scheduler answers there ({problem}). "
                f"Write the address that it printed when it started, such as tcp://head-node:8786."
            ) from problem
        yield stack.enter_context(client)


@contextmanager
def _lost_scheduler_told() -> Iterator[None]:
    from distributed.client import FutureCancelledError
    from distributed.comm import CommClosedError

    try:
        yield
    except (CommClosedError, FutureCancelledError, WorkCancelledError, OSError, TimeoutError) as problem:
        raise UserError(
            f"The Dask scheduler was lost ({type(problem).__name__}). What was finished is kept: start the scheduler again "
            f"and repeat the command, or write executor=processes."
        ) from problem
