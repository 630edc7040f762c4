"""The model: a :class:`mesa.Model` whose agents are rows of tables and whose month is compiled."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from mesa import Model
from mesa.experimental.scenarios import Scenario
from mesa.time import Priority, Schedule

from trafficsim.agents import Broker, Child, EnforcementUnit, Household, Migrant, ProtectionService
from trafficsim.course import course_of
from trafficsim.engine.calendar import month_index, month_label
from trafficsim.engine.views import TableModelMixin
from trafficsim.errors import UserError
from trafficsim.policy import Arm, load_arm
from trafficsim.processes.month import Course, State, advance, begin
from trafficsim.processes.population import DECLARATIONS
from trafficsim.processes.vocabulary import Status


class TraffickingScenario(Scenario):
    """What one run is about. Every value can be given to :class:`TraffickingModel` by the same name."""

    arm: str = "status_quo"
    scale: float = 1.0
    policy_start: str = "2024-04"
    years: int = 10


class TraffickingModel(TableModelMixin, Model):
    """One corridor, month by month from January 1996.

    Args:
        arm: a named policy (``trafficsim catalog arms``), a combination "a+b", or an :class:`~trafficsim.policy.Arm`.
        rng: a whole number; equal numbers give equal luck, life by life, under every policy.
        scale: simulated people for one real person; 1 is the default, less is for teaching.
        policy_start: month "YYYY-MM" in which the arm's levers begin to move, also in the past.
        years: length of the policy window.
        parameters: values in place of the catalogue's defaults, process -> name -> value.
        feedbacks: switches of feedback to turn off, such as ``{"fear": False}``.
        event_log: keep every event of every life.
        scenario: a Mesa scenario with these values instead.

    ``step()`` lives through one month; ``run_until("2034-04")`` through all months before that date. Subclass it and
    override ``step`` to add a rule of your own between two months.

    """

    agent_classes = (Migrant, Child, Broker, Household, EnforcementUnit, ProtectionService)

    def __init__(
        self,
        arm: str | Arm = "status_quo",
        rng: int | None = None,
        scale: float = 1.0,
        policy_start: str = "2024-04",
        years: int = 10,
        parameters: Mapping[str, Mapping[str, float]] | None = None,
        feedbacks: Mapping[str, bool] | None = None,
        event_log: bool = False,
        **kwargs: Any,
    ) -> None:
        scenario = kwargs.pop("scenario", None)
        if scenario is not None:
            arm = getattr(scenario, "arm", arm)
            scale = getattr(scenario, "scale", scale)
            policy_start = getattr(scenario, "policy_start", policy_start)
            years = getattr(scenario, "years", years)
            rng = scenario.rng
        self.arm = arm if isinstance(arm, Arm) else load_arm(arm)
        if scenario is None:
            if rng is None:
                rng = int(np.random.default_rng().integers(2**31))
            scenario = TraffickingScenario(
                rng=rng, arm=self.arm.name, scale=scale, policy_start=policy_start, years=years
            )
        super().__init__(rng=rng, scenario=scenario, **kwargs)
        self._settings: dict[str, Any] = {
            "scale": scale, "policy_start": policy_start, "years": years, "parameters": parameters, "feedbacks": feedbacks,
        }  # fmt: skip
        self.course: Course = course_of(self.arm, int(self._seed), **self._settings)
        self.state: State = begin(self.course, event_log)

    @property
    def tables(self) -> dict[str, Any]:
        """The tables by name."""
        return dict(zip(DECLARATIONS, self.state.world, strict=True))

    @property
    def month(self) -> int:
        """The month that comes next, 0 being January 1996."""
        return self.state.month

    @property
    def date(self) -> str:
        """The month that comes next, as YYYY-MM."""
        return month_label(self.state.month)

    def step(self) -> None:
        """Live through one month."""
        if self.state.month >= self.course.months:
            raise UserError(f"The run ends before {month_label(self.course.months)}; make a model with more years.")
        advance(self.state, self.course)
        self.running = self.state.month < self.course.months

    def run_until(self, end_time: float | str) -> None:
        """Live through all months before ``end_time``: a date "YYYY-MM", or Mesa's time, months since January 1996."""
        super().run_until(float(month_index(end_time)) if isinstance(end_time, str) else end_time)

    def fork(self, arm: str | Arm | None = None) -> "TraffickingModel":
        """Return a copy of the run that goes on under ``arm`` (by default the same one, exactly as this would)."""
        twin = type(self)(arm=arm or self.arm, rng=int(self._seed), **self._settings)
        twin.state = self.state.copy()
        twin._continue_at(self.time, self.steps)
        return twin

    def _continue_at(self, time: float, steps: int) -> None:
        schedule: Any = self._default_schedule  # type: ignore[has-type]
        schedule.stop()
        self.time, self.steps = time, steps
        self._default_schedule = self.schedule_recurring(
            self._do_step, Schedule(interval=1.0, start=time + 1.0), priority=Priority.HIGH
        )

    def status_counts(self) -> dict[str, int]:
        """Return the number of migrants in each status."""
        migrants = self.state.world.migrants
        counts = np.bincount(migrants.status[: migrants.size[0]], minlength=len(Status))
        return {status.name.lower().replace("_", " "): int(counts[status]) for status in Status}

    def __repr__(self) -> str:
        """Name the arm, the date and the size."""
        people = int(self.state.world.migrants.size[0])
        return f"<{type(self).__name__} arm={self.arm.name} date={self.date} migrants={people}>"
