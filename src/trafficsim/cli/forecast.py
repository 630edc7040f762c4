"""``trafficsim sweep --dry-run``: how many runs, how long, how much disk, from a few that are lived through and thrown away."""

import json
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from trafficsim.cli.filing import in_bytes
from trafficsim.configuration import Configuration
from trafficsim.errors import UserError
from trafficsim.experiments.executors import workers_of
from trafficsim.experiments.files import reading
from trafficsim.experiments.replicate import places_of, run_task
from trafficsim.experiments.result import Outcome
from trafficsim.experiments.series import series_folder
from trafficsim.experiments.store import StudyWriter, pairs_at_hand, runs_at_hand
from trafficsim.experiments.studies import studies_in
from trafficsim.experiments.study import Agenda, agenda_of, study_of

TRIALS = 3


class Forecast(NamedTuple):
    """What a sweep would take: tasks in all and still to do, runs to do, seconds for each task, bytes in all."""

    tasks: int
    to_do: int
    runs: int
    seconds_a_task: float
    workers: int
    seconds: float
    bytes: float


def forecast(configuration: Configuration, path: Path) -> Forecast:
    """Live through a few of the tasks that the file at ``path`` lacks, and reckon with their time and room."""
    agenda = _agenda(configuration, path)
    tasks, workers = agenda.tasks, workers_of(configuration)
    runs = sum(1 + len(task.arms) for task in tasks)
    if not tasks:
        return Forecast(len(places_of(configuration)), 0, 0, 0.0, workers, 0.0, 0.0)
    run_task(configuration, tasks[0])  # loads the rules, compiled or to be compiled
    # Tasks from the whole design, for assumptions may make some runs longer than others.
    trials = [tasks[place] for place in sorted({0, len(tasks) // 2, len(tasks) - 1})][:TRIALS]
    outcomes, began = [], time.perf_counter()
    for task in trials:
        outcomes.append(run_task(configuration, task))
    each = (time.perf_counter() - began) / len(trials)
    return Forecast(
        len(places_of(configuration)), len(tasks), runs, each, workers, each * len(tasks) / min(workers, len(tasks)),
        _room(configuration, path, outcomes, len(tasks)),
    )  # fmt: skip


def _agenda(configuration: Configuration, path: Path) -> Agenda:
    if not path.exists():
        return agenda_of(configuration, {})
    with reading(path) as connection:
        return agenda_of(configuration, runs_at_hand(connection), pairs_at_hand(connection))


def _room(configuration: Configuration, path: Path, outcomes: list[Outcome], tasks: int) -> float:
    """Return the bytes that so many ``tasks`` take in the file at ``path``, and the study itself where it is not there."""
    study = study_of(configuration)
    with tempfile.TemporaryDirectory() as folder:
        trial = Path(folder) / "trial.sqlite"
        with StudyWriter(trial, study):
            pass
        itself = trial.stat().st_size
        with StudyWriter(trial, study) as writer:
            for outcome in outcomes:
                writer.write(outcome)
        series = sum(part.stat().st_size for part in series_folder(trial).glob("*"))
        each = (trial.stat().st_size + series - itself) / len(outcomes)
    there = path.exists() and any(line.study == study.study_id for line in studies_in(path))
    return each * tasks + (0.0 if there else itself)


def show_forecast(configuration: Configuration, path: Path, as_json: bool) -> int:
    """Print what the sweep into the file at ``path`` would take; nothing is left on disk."""
    try:
        found = forecast(configuration, path)
    except MemoryError:
        raise UserError("There is not enough memory for a single replicate: use a smaller scale.") from None
    if as_json:
        print(json.dumps(found._asdict()))
        return 0
    print(f"{found.tasks:,} replicates (draws × replicates), each a history and {len(configuration.arms)} arms.")
    if not found.to_do:
        print(f"All of them are in {path}: there is nothing to do.")
        return 0
    print(
        f"To do: {found.to_do:,} replicates, {found.runs:,} runs; {found.tasks - found.to_do:,} are in {path} already."
    )
    print(
        f"Time: about {in_time(found.seconds)} with {found.workers} workers ({found.seconds_a_task:.3g} s a replicate on one, "
        f"from a few that were timed)."
    )
    print(f"Disk: about {in_bytes(found.bytes)} more.")
    return 0


def in_time(seconds: float) -> str:
    """Return a time as people write it."""
    for unit, length in (("days", 86_400.0), ("hours", 3_600.0), ("minutes", 60.0)):
        if seconds >= 2 * length:
            return f"{seconds / length:.2g} {unit}"
    return f"{seconds:.2g} seconds"
