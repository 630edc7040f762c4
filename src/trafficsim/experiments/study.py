"""A study: arms × draws of assumptions × replicates. The same plan gives the same results wherever it is lived through."""

import hashlib
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

from trafficsim.configuration import Configuration
from trafficsim.course import model_version
from trafficsim.errors import UserError
from trafficsim.experiments.content import kept_of, suffices
from trafficsim.experiments.executors import executor_of, workers_of
from trafficsim.experiments.replicate import Identities, months_of, places_of, plan_of, point_at, seed_of
from trafficsim.experiments.result import HISTORY, Failure, Outcome, StudyResult, Task

Progress = Callable[[int, float], None]
"""Told again and again how many tasks are finished and which share of all months, 0 to 1, has been lived through."""


class StudyInterrupted(KeyboardInterrupt):
    """Ctrl-C during a study; ``result`` holds the replicates that were finished."""

    def __init__(self, result: StudyResult) -> None:
        super().__init__("The study was interrupted; what was finished is kept.")
        self.result = result


def run_study(configuration: Configuration, progress: Progress | None = None) -> StudyResult:
    """Run every arm of ``configuration`` on every replicate and return what came out, in memory.

    Raises :class:`StudyInterrupted` on Ctrl-C, :class:`UserError` with the reason of the first task that cannot be done.
    """
    result = study_of(configuration)
    try:
        with closing(finished_tasks(configuration, plan_of(configuration), progress)) as finished:
            for task, outcome in finished:
                if isinstance(outcome, Failure):
                    raise UserError(outcome.reason)
                result.outcomes[task.number] = outcome
    except KeyboardInterrupt:
        raise StudyInterrupted(result) from None
    return result


def study_of(configuration: Configuration) -> StudyResult:
    """Return the study that ``configuration`` describes, before anything has come of it."""
    fingerprint, rules = configuration.hash(), model_version()
    # Other rules make another study of the same configuration: the two stand beside each other.
    name = hashlib.sha256(f"{fingerprint}/{rules}".encode()).hexdigest()[:12]
    return StudyResult(
        name=configuration.study.name,
        study_id=f"{configuration.study.name}-{name}",
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        configuration=configuration.plain(),
        configuration_hash=fingerprint,
        model_version=rules,
        software_version=_software_version(),
        arms=[arm.plain() for arm in configuration.arms],
        points=configuration.points(),
    )


@dataclass
class Agenda:
    """What a study has still to do, and what it can take over: ``at_hand`` holds (draw, replicate, arm, identity).

    ``histories`` holds the identity of each task's history.
    """

    tasks: list[Task] = field(default_factory=list)
    histories: list[str] = field(default_factory=list)
    at_hand: list[tuple[int, int, str, str]] = field(default_factory=list)


def agenda_of(configuration: Configuration, runs: Mapping[str, str], pairs: Collection[tuple[str, str]] = ()) -> Agenda:
    """Return what is left to do, where ``runs`` (identity -> what is kept) and compared ``pairs`` are at hand already.

    An arm is lived through when its run is not at hand, or less of it is kept than is wanted, or when its lives have not
    been compared with those of the first arm and shall be; the first arm then goes with it.
    """
    agenda, names, points = Agenda(), Identities(configuration), configuration.points()
    wanted, compare = kept_of(configuration.output), configuration.output.lives
    for place in places_of(configuration):
        point, seed = point_at(configuration, points, place.draw), seed_of(configuration, place.replicate)
        history = names.of(None, seed, point)
        branches = [names.of(arm, seed, point) for arm in configuration.arms]
        missing = {number for number, name in enumerate(branches) if not suffices(runs.get(name, ""), wanted)}
        if compare:
            apart = {number for number, name in enumerate(branches) if number and (branches[0], name) not in pairs}
            missing |= apart | ({0} if apart else set())
        if not missing and not suffices(runs.get(history, ""), wanted):
            missing = {0}
        labels = [HISTORY, *(arm.name for arm in configuration.arms)]
        agenda.at_hand += [
            (*place, label, name) for label, name in zip(labels, [history, *branches], strict=True) if name in runs
        ]
        if missing:
            agenda.histories.append(history)
            agenda.tasks.append(Task(len(agenda.tasks), place, tuple(sorted(missing)), point))
    return agenda


def finished_tasks(
    configuration: Configuration, tasks: Sequence[Task], progress: Progress | None = None
) -> Generator[tuple[Task, Outcome | Failure]]:
    """Yield (task, what came of it) as tasks are finished, in whatever order that is; close the generator to stop early."""
    months, finished = sum(months_of(configuration, task) for task in tasks), 0

    def months_lived(count: int) -> None:
        if progress:
            progress(finished, count / months)

    workers = max(1, min(workers_of(configuration), len(tasks)))
    with closing(executor_of(configuration)(configuration, tasks, workers, months_lived)) as done:
        for task, outcome in done:
            finished += 1
            yield task, outcome
    if progress:
        progress(finished, 1.0)


def _software_version() -> str:
    try:
        return version("trafficsim")
    except PackageNotFoundError:  # run from a folder of sources
        return "not installed"
