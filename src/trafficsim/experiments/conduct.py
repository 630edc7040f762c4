"""A study from its configuration to its file: what is at hand is taken over, the rest is lived through and stored."""

from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from trafficsim.configuration import Configuration
from trafficsim.errors import UserError
from trafficsim.experiments.files import DamagedFileError, check_ours, check_whole, kept_aside
from trafficsim.experiments.replicate import places_of
from trafficsim.experiments.result import Failure, Outcome, StudyResult, Task
from trafficsim.experiments.salvage import salvage
from trafficsim.experiments.staleness import posterior_notices
from trafficsim.experiments.store import StudyWriter, pairs_at_hand, runs_at_hand
from trafficsim.experiments.study import Agenda, agenda_of, finished_tasks, study_of

REASONS_KEPT = 10


class Listener(Protocol):
    """Who wants to know how a study goes."""

    def noticed(self, sentence: str) -> None:
        """Something that a person should know of."""

    def planned(self, conclusion: "Conclusion", agenda: Agenda) -> None:
        """What there is to do."""

    def lived(self, finished: int, share: float) -> None:
        """So many tasks are finished, and this share of all months, 0 to 1, has been lived through."""

    def failed(self, task: Task, failure: Failure) -> None:
        """A task could not be done."""


@dataclass
class Conclusion:
    """How far a study came: ``tasks`` were planned, one a draw and replicate, and ``at_hand`` of them needed nothing more.

    ``finished`` and ``failed`` count those that were done now, ``runs`` what these brought; ``reasons`` holds why the first
    few failed, and ``stopped`` is what ended the work early, if anything.
    """

    database: Path
    study: StudyResult
    tasks: int = 0
    at_hand: int = 0
    finished: int = 0
    failed: int = 0
    runs: int = 0
    reasons: list[str] = field(default_factory=list)
    stopped: BaseException | None = None

    @property
    def complete(self) -> bool:
        """Whether every task of the study is in the file."""
        return self.at_hand + self.finished == self.tasks


def conduct_study(configuration: Configuration, path: Path, listener: Listener) -> Conclusion:
    """Do what the study in the file at ``path`` still lacks, one transaction an outcome; return how far it came.

    A damaged file is put aside whole, and what it holds unharmed is taken over. What could not be done, an error in one
    run, is written down and the study goes on; Ctrl-C and whatever else stops all work (:class:`UserError`) is returned
    with what was stored before. Raises :class:`UserError` where nothing can be begun.
    """
    study = study_of(configuration)
    for sentence in posterior_notices(configuration):
        listener.noticed(sentence)
    make_whole(path, listener)
    with StudyWriter(path, study) as writer:
        agenda = agenda_of(configuration, runs_at_hand(writer.connection), pairs_at_hand(writer.connection))
        writer.take_over(agenda.at_hand)
        planned = len(places_of(configuration))
        conclusion = Conclusion(path, study, planned, planned - len(agenda.tasks))
        listener.planned(conclusion, agenda)
        try:
            with closing(finished_tasks(configuration, agenda.tasks, listener.lived)) as finished:
                for task, outcome in finished:
                    if isinstance(outcome, Outcome):
                        _check_version(agenda, task, outcome)
                        writer.write(outcome)
                        conclusion.finished += 1
                        conclusion.runs += len(outcome.runs)
                    else:
                        writer.write_failure(task, outcome, [configuration.arms[number].name for number in task.arms])
                        conclusion.failed += 1
                        conclusion.reasons = [*conclusion.reasons, outcome.reason][:REASONS_KEPT]
                        listener.failed(task, outcome)
            writer.flush()
        except (KeyboardInterrupt, UserError) as stop:
            conclusion.stopped = stop
            with suppress(UserError):  # the disk is still full
                writer.flush()
            # Ctrl-C may come between the storing of an outcome and the counting of it.
            left = agenda_of(configuration, runs_at_hand(writer.connection), pairs_at_hand(writer.connection)).tasks
            conclusion.finished = len(agenda.tasks) - len(left)
    return conclusion


def make_whole(path: Path, listener: Listener) -> None:
    """Where the file at ``path`` is ours and damaged, put it aside and take over what it holds unharmed."""
    try:
        check_ours(path)
        check_whole(path)
    except DamagedFileError as problem:
        aside = kept_aside(path)
        kept = salvage(aside, path)
        listener.noticed(
            f"{problem} The damaged file is kept as {aside.name}; {kept} of its runs are unharmed and were taken over, the "
            f"others are lived through again."
        )


def _check_version(agenda: Agenda, task: Task, outcome: Outcome) -> None:
    """Refuse an outcome of other rules than those of this process: a cluster may have another version installed."""
    if outcome.runs[0].run_id != agenda.histories[task.number]:
        raise UserError(
            "The workers have another version of trafficsim, or another catalogue, than this computer: install the same."
        )
