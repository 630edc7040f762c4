"""What a study brings in: plain records that the store, the table and the figures read."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trafficsim.designs import Point

HISTORY = "history"
"""What stands in the place of an arm for the run from which all arms of a replicate branch."""

PRICE = "mean_price_paid"
"""The one indicator that is a quotient: of what was paid and how often."""


class Place(NamedTuple):
    """A place in the plan of a study: a draw of assumptions and a replicate, both from 0."""

    draw: int
    replicate: int


class Task(NamedTuple):
    """A piece of work: one history, forked into those arms of the study (by number) whose runs are asked for.

    ``number`` is its place among the tasks; ``point`` holds the assumptions in place of the corridor's defaults.
    """

    number: int
    place: Place
    arms: tuple[int, ...]
    point: Point


class Failure(NamedTuple):
    """A task that could not be done: what went wrong in a sentence, and the whole story for whoever must mend it."""

    reason: str
    details: str


@dataclass
class RunRecord:
    """One run: the shared history of a replicate ("history") or one arm that branched from it.

    ``draw`` is the world, from 0; ``run_id`` is a hash of everything that decides the result, ``parent`` that of the
    history a run branched from. ``monthly`` maps an indicator to its values, shape (months,); ``totals`` holds (indicator,
    dimension, level, value) over the run's months; ``stocks`` holds (month, kind, level, count); months count from
    January 1996. ``monthly`` and ``stocks`` are empty where ``output.monthly`` is off; ``events`` is None unless
    ``output.events`` is on. ``seconds`` is the processor time it took; ``kept`` names what was kept of
    it, and ``digest`` is the SHA-256 of all that.
    """

    arm: str
    draw: int
    replicate: int
    seed: int
    run_id: str
    parent: str | None
    first_month: int
    months: int
    seconds: float
    monthly: dict[str, NDArray[np.float64]]
    totals: list[tuple[str, str, str, float]]
    stocks: list[tuple[int, str, str, int]]
    events: NDArray[Any] | None = None
    kept: str = ""
    digest: str = ""


class Outcome(NamedTuple):
    """What one replicate brought in one draw: its runs, history first, and how the same lives went under each arm.

    ``fates`` holds (draw, replicate, arm a, arm b, fate under a, fate under b, lives), lives matched by key;
    ``harmed_lives`` holds (draw, replicate, arm a, arm b, harm, met under a, under b, fate under a, under b, lives);
    ``changed_lives`` holds (draw, replicate, arm a, arm b, lives changed, lives compared, lives in ``harmed_lives``).
    """

    runs: list[RunRecord]
    fates: list[tuple[int, int, str, str, str, str, int]]
    harmed_lives: list[tuple[int, int, str, str, str, int, int, str, str, int]]
    changed_lives: list[tuple[int, int, str, str, int, int, int]]


@dataclass
class StudyResult:
    """A study: its configuration and what has come of it so far, by place in its plan; the first arm is the baseline.

    ``points`` holds the assumptions of each draw, process -> name -> value; it is empty where they stand as they are.
    """

    name: str
    study_id: str
    created: str
    configuration: dict[str, Any]
    configuration_hash: str
    model_version: str
    software_version: str
    arms: list[dict[str, Any]]
    points: Sequence[Point] = field(default_factory=list)
    outcomes: dict[int, Outcome] = field(default_factory=dict)

    @property
    def runs(self) -> list[RunRecord]:
        """All runs, in the order of the plan."""
        return [run for number in sorted(self.outcomes) for run in self.outcomes[number].runs]

    @property
    def fates(self) -> list[tuple[int, int, str, str, str, str, int]]:
        """The fates of :class:`Outcome`, in the order of the plan."""
        return [row for number in sorted(self.outcomes) for row in self.outcomes[number].fates]

    @property
    def harmed_lives(self) -> list[tuple[int, int, str, str, str, int, int, str, str, int]]:
        """The harmed lives of :class:`Outcome`, in the order of the plan."""
        return [row for number in sorted(self.outcomes) for row in self.outcomes[number].harmed_lives]

    @property
    def changed_lives(self) -> list[tuple[int, int, str, str, int, int, int]]:
        """The changed lives of :class:`Outcome`, in the order of the plan."""
        return [row for number in sorted(self.outcomes) for row in self.outcomes[number].changed_lives]
