"""A study: arms × draws of assumptions × replicates. The same plan gives the same results on any number of workers."""

import os
from collections.abc import Callable, Generator
from contextlib import closing
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

from trafficsim.configuration import Configuration
from trafficsim.course import MODEL_VERSION
from trafficsim.errors import UserError
from trafficsim.experiments.replicate import months_of, plan_of, points_of, run_replicate
from trafficsim.experiments.result import Outcome, StudyResult
from trafficsim.experiments.workers import outcomes_of_workers

Progress = Callable[[int, float], None]
"""Told again and again how many replicates are finished and which share of all months, 0 to 1, has been lived through."""


class StudyInterrupted(KeyboardInterrupt):
    """Ctrl-C during a study; ``result`` holds the replicates that were finished."""

    def __init__(self, result: StudyResult) -> None:
        super().__init__("The study was interrupted; what was finished is kept.")
        self.result = result


def run_study(configuration: Configuration, progress: Progress | None = None) -> StudyResult:
    """Run every arm of ``configuration`` on every replicate and return what came out.

    Raises :class:`StudyInterrupted` on Ctrl-C, :class:`UserError` where memory does not suffice.
    """
    result = study_of(configuration)
    try:
        with closing(finished_replicates(configuration, progress)) as finished:
            for number, outcome in finished:
                result.outcomes[number] = outcome
    except KeyboardInterrupt:
        raise StudyInterrupted(result) from None
    return result


def study_of(configuration: Configuration) -> StudyResult:
    """Return the study that ``configuration`` describes, before anything has come of it."""
    fingerprint = configuration.hash()
    return StudyResult(
        name=configuration.study.name,
        study_id=f"{configuration.study.name}-{fingerprint[:12]}",
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        configuration=configuration.plain(),
        configuration_hash=fingerprint,
        model_version=MODEL_VERSION,
        software_version=_software_version(),
        arms=[arm.plain() for arm in configuration.arms],
        points=points_of(configuration),
    )


def finished_replicates(
    configuration: Configuration, progress: Progress | None = None
) -> Generator[tuple[int, Outcome], None, None]:
    """Yield (place in the plan, outcome) as replicates are finished, in whatever order that is.

    Close the generator to stop early. Raises :class:`UserError` where memory does not suffice.
    """
    study, plan = configuration.study, plan_of(configuration)
    months, finished = months_of(configuration) * len(plan), 0

    def months_lived(count: int) -> None:
        if progress:
            progress(finished, count / months)

    workers = min(study.workers or _cores(), len(plan))
    outcomes = _one_by_one(configuration, months_lived)
    if workers > 1:
        outcomes = outcomes_of_workers(configuration, workers, months_lived)
    try:
        with closing(outcomes):
            for number, outcome in outcomes:
                finished += 1
                yield number, outcome
    except MemoryError:
        raise UserError(
            f"There is not enough memory for scale={study.scale:g} on {workers} processes: use a smaller scale, or workers=1."
        ) from None
    if progress:
        progress(finished, 1.0)


def _software_version() -> str:
    try:
        return version("trafficsim")
    except PackageNotFoundError:  # run from a folder of sources
        return "not installed"


def _cores() -> int:
    """Return how many cores this process may use."""
    usable: Callable[[], int | None] = getattr(os, "process_cpu_count", os.cpu_count)
    return usable() or 1


def _one_by_one(
    configuration: Configuration, months_lived: Callable[[int], None]
) -> Generator[tuple[int, Outcome], None, None]:
    """Yield (place in the plan, outcome) in order, lived through in this process."""
    each = months_of(configuration)
    for number, place in enumerate(plan_of(configuration)):

        def lived(count: int, before: int = number * each) -> None:
            months_lived(before + count)

        yield number, run_replicate(configuration, place, lived)
