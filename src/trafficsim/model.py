"""The model: a :class:`mesa.Model` whose agents are rows of tables and whose month is compiled.

>>> from trafficsim import Migrant, TraffickingModel
>>> model = TraffickingModel(arm="letter_package", rng=1, scale=0.01, policy_start="2000-01", years=2)
>>> model.run_until("2001-01")
>>> len(model.agents_by_type[Migrant]) == sum(model.status_counts().values())
True

A rule of your own, between two months:

>>> class Amnesty(TraffickingModel):
...     def step(self):
...         super().step()
...         migrants = self.agents_by_type[Migrant]
...         migrants.select(lambda person: person.status.name == "IN_CUSTODY").set("trust", 1.0)
>>> amnesty = Amnesty(rng=1, scale=0.01)
>>> amnesty.run_until("1998-01")
>>> {person.trust for person in amnesty.agents if isinstance(person, Migrant) and person.status.name == "IN_CUSTODY"}
{1.0}
"""

import copy
import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from typing import Any, Self, TypedDict, Unpack

import numpy as np
from mesa import DataCollector, Model
from mesa.experimental.scenarios import Scenario
from numpy.typing import NDArray

from trafficsim.agents import Broker, Child, EnforcementUnit, Household, Migrant, ProtectionService
from trafficsim.cards import card_of_model
from trafficsim.catalog.corridors import Corridor, load_corridor
from trafficsim.catalog.reading import nearest, one_of, validated
from trafficsim.configuration import Study
from trafficsim.course import course_of
from trafficsim.engine.calendar import month_index, month_label
from trafficsim.engine.draws import join, uniform
from trafficsim.engine.table_model import TableModelMixin
from trafficsim.errors import UserError
from trafficsim.policy import Arm, load_arm
from trafficsim.processes.month import Course, State, advance, begin
from trafficsim.processes.population import DECLARATIONS
from trafficsim.processes.vocabulary import LABELS, Status

OWN_RULES = 0x0BEE
"""Sets the luck of users' rules apart from that of the model's own."""


class Settings(TypedDict, total=False):
    """What a run can be told, by name: see :class:`TraffickingScenario`."""

    arm: str | Arm
    corridor: str | Corridor
    rng: Any
    scale: float
    policy_start: str
    years: int
    parameters: Mapping[str, Mapping[str, float]] | None
    feedbacks: Mapping[str, bool] | None
    event_log: bool


class TraffickingScenario(Scenario):
    """What one run is about.

    Args:
        rng: a whole number; equal numbers give equal luck, life by life, under every policy.
        arm: a named policy (``trafficsim catalog arms``), a combination "a+b", or an :class:`~trafficsim.policy.Arm`.
        corridor: the name of a corridor ("first", "teaching"), or a :class:`~trafficsim.catalog.corridors.Corridor`.
        scale: simulated people for one real person; 1 is the default, less is for teaching.
        policy_start: month "YYYY-MM" in which the arm's levers begin to move, also in the past.
        years: length of the policy window.
        parameters: values in place of the corridor's own, process -> name -> value.
        feedbacks: switches of feedback to turn off, such as ``{"fear": False}``.
        event_log: keep every event of every life.

    Raises:
        UserError: for a name that is none of these. A subclass adds names by annotating them, each with a default.

    >>> scenario = TraffickingScenario(arm="permit_reform", rng=3, scale=0.01, feedbacks={"fear": False})
    >>> TraffickingModel(scenario=scenario).scenario.arm
    'permit_reform'

    """

    arm: str | Arm = "status_quo"
    corridor: str | Corridor = "first"
    scale: float = 1.0
    policy_start: str = "2024-04"
    years: int = 10
    parameters: Mapping[str, Mapping[str, float]] | None = None
    feedbacks: Mapping[str, bool] | None = None
    event_log: bool = False

    def __init__(self, *, rng: Any = None, **values: Any) -> None:
        allowed = ("rng", *self._scenario_defaults)
        for name in values:
            if name not in (*allowed, "_scenario_id"):  # the latter is Mesa's own, given when a scenario is made again
                hint = " Write rng=, as in Mesa." if name == "seed" else nearest(name, allowed)
                raise UserError(f"{type(self).__name__}: there is no '{name}'.{hint} Allowed: {one_of(allowed)}.")
        super().__init__(rng=_plain(rng), **{name: _plain(value) for name, value in values.items()})


def _plain(value: Any) -> Any:
    """Return a NumPy number as a Python number, and of a mapping a copy that nobody else can change."""
    if isinstance(value, np.generic):
        return value.item()
    return {key: _plain(each) for key, each in value.items()} if isinstance(value, Mapping) else value


class TraffickingModel(TableModelMixin, Model):
    """One corridor, month by month from January 1996.

    Args:
        named_arm: the arm, where it is given first and without its name: ``TraffickingModel("letter_package")``.
        scenario: a :class:`TraffickingScenario`, or a plain Mesa scenario with some of its names.
        values: what the scenario would hold, by name, such as ``arm="letter_package", rng=1, scale=0.01``.

    Raises:
        UserError: for an unknown name, a value that is not allowed, or one that differs from the scenario's. Only
            ``rng`` may be given beside a scenario that has none: one scenario, several seeds.

    ``step()`` lives through one month; ``run_until("2034-04")`` through all months before that date. Mesa's ``time`` is
    the number of months lived through. Subclass the model and override ``step`` to add a rule of your own between two
    months; a subclass with a scenario of its own names it in ``scenario_class``. ``datacollector`` keeps the
    number of migrants in each status month by month, unless you put one of your own in its place.

    """

    agent_classes = (Migrant, Child, Broker, Household, EnforcementUnit, ProtectionService)
    scenario_class: type[TraffickingScenario] = TraffickingScenario

    # With both scenario and rng (or arm) in the signature, Reset in Mesa's SolaraViz would pass both, and they would
    # disagree. As keywords that the signature does not name, SolaraViz puts all values into the scenario.
    def __init__(
        self, named_arm: str | Arm | None = None, /, *, scenario: Scenario | None = None, **values: Unpack[Settings]
    ) -> None:
        if named_arm is not None:
            if "arm" in values:
                raise UserError(
                    f"{type(self).__name__}: the arm is given twice, as {named_arm!r} and {values['arm']!r}."
                )
            values["arm"] = named_arm
        scenario = self._scenario_of(scenario, dict(values))
        self.arm, self.corridor = _arm(scenario.arm), _corridor(scenario.corridor)
        _refuse_unusable_seed(scenario.rng)
        if not isinstance(scenario.event_log, bool):
            raise UserError(f"event_log = {scenario.event_log!r}: allowed is True or False.")
        super().__init__(scenario=scenario)
        self.course: Course = _course(self.arm, self.corridor, self.seed, scenario)
        self.state: State = begin(self.course, scenario.event_log)
        self.datacollector = self._monthly = DataCollector(
            {"month": _last_month}
            | {name: partial(_number_in, status=status) for status, name in LABELS[Status].items()}
        )

    def _scenario_of(self, scenario: Any, values: dict[str, Any]) -> TraffickingScenario:
        """Return the scenario: the one given, or one made from ``values``; refuse two that disagree."""
        if scenario is None:
            if values.get("rng") is None:
                values["rng"] = int(np.random.default_rng().integers(2**31))
            return self.scenario_class(**values)
        if not isinstance(scenario, Scenario):
            raise UserError(f"scenario = {scenario!r}: it should be a {self.scenario_class.__name__}(...).")
        if not isinstance(scenario, TraffickingScenario):
            scenario = self.scenario_class(**dict(scenario))
        said = {name: value for name, value in values.items() if name != "rng" or value is not None}
        there = dict(scenario) if scenario.rng is not None else dict(scenario) | {"rng": said.get("rng")}
        for name, value in dict(type(scenario)(**said)).items():
            if name in said and value != there[name]:
                raise UserError(
                    f"{type(self).__name__}: {name} = {value!r}, but the scenario has {there[name]!r}. "
                    f"Say it in one place, best in the scenario."
                )
        if scenario.model is not None or there["rng"] is not scenario.rng:  # another model's, or one without a seed yet
            scenario = type(scenario)(**there)
        return scenario

    @property
    def seed(self) -> int:
        """The number that all luck of the run is drawn by."""
        return int(self._seed)

    def table(self, name: str) -> Any:
        """Return one of the tables of :mod:`trafficsim.processes.population` as it stands now."""
        return getattr(self.state.world, name)

    @property
    def tables(self) -> dict[str, Any]:
        """All tables by name."""
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
        self._refuse_beyond(self.state.month + 1)
        advance(self.state, self.course)
        self.running = self.state.month < self.course.months
        if self.datacollector is self._monthly:
            self.datacollector.collect(self)

    def run_until(self, end_time: float | str) -> None:
        """Live through all months before ``end_time``: a date "YYYY-MM", or Mesa's time, months since January 1996."""
        end = float(month_index(end_time)) if isinstance(end_time, str) else end_time
        self._refuse_beyond(end)
        if end != self.time:
            super().run_until(end)

    def run_for(self, duration: float) -> None:
        """Live through ``duration`` months."""
        self._refuse_beyond(self.time + duration)
        super().run_for(duration)

    def _refuse_beyond(self, end: float) -> None:
        if end > self.course.months:
            raise UserError(
                f"The run ends before {month_label(self.course.months)}; make a model with more years to go further."
            )

    def fork(self, arm: str | Arm | None = None) -> Self:
        """Return a copy of the run that goes on under ``arm`` (by default the same one, exactly as this would).

        All is copied: your own agents and attributes, collected data, and where ``random`` and ``rng`` stand.
        """
        twin = copy.deepcopy(self, {id(self.state): self.state.copy(), id(self.course): self.course})
        if arm is not None:
            twin.arm = _arm(arm)
            twin.scenario = type(self.scenario)(**dict(self.scenario) | {"arm": arm})
            twin.course = _course(twin.arm, self.corridor, self.seed, twin.scenario)
        return twin

    def luck(self, rule: str, agents: Any) -> NDArray[np.float64]:
        """Return a number in [0, 1) for each of ``agents``, to decide a rule of your own by in the month that comes.

        It hangs on the seed, the life, the month and the name of the ``rule``, and on nothing else: a life meets the same luck
        under every policy, so that runs stay matched. A number below 0.2 comes up with a chance of 0.2.
        """
        stamp = np.uint64(self.seed)
        for part in (self.month, OWN_RULES, int.from_bytes(hashlib.sha256(rule.encode()).digest()[:7], "big")):
            stamp = np.uint64(join(stamp, part))
        keys = np.array(agents.get("key"), dtype=np.uint64)
        return np.array([uniform(key, stamp) for key in keys], dtype=np.float64)

    def status_counts(self) -> dict[str, int]:
        """Return the number of migrants in each status."""
        migrants = self.state.world.migrants
        counts = np.bincount(migrants.status[: migrants.size[0]], minlength=len(Status))
        return {name: int(counts[status]) for status, name in LABELS[Status].items()}

    def __repr__(self) -> str:
        """Name the arm, the date and the size."""
        people = int(self.state.world.migrants.size[0])
        return f"<{type(self).__name__} arm={self.arm.name} date={self.date} migrants={people}>"

    def _repr_html_(self) -> str:
        scenario: Any = self.scenario
        heading = (
            f"{type(self).__name__}: “{self.arm.title}”, before {self.date}, scale {scenario.scale:g}, seed {self.seed}"
        )
        branch = month_index(scenario.policy_start) if self.arm.levers else -1
        return card_of_model(heading, self.status_counts(), self.state.stocks.by_status[: self.month], branch)


def _last_month(model: TraffickingModel) -> str:
    return month_label(model.month - 1)


def _number_in(model: TraffickingModel, status: int) -> int:
    return int(model.state.stocks.by_status[model.month - 1, status])


def _arm(arm: Any) -> Arm:
    if isinstance(arm, Arm):
        return arm
    if not isinstance(arm, str):
        raise UserError(f"arm = {arm!r}: it should be the name of an arm, or an Arm; see 'trafficsim catalog arms'.")
    return load_arm(arm)


def _corridor(corridor: Any) -> Corridor:
    if isinstance(corridor, Corridor):
        return corridor
    if not isinstance(corridor, str):
        raise UserError(f"corridor = {corridor!r}: it should be the name of a corridor, or a Corridor.")
    return load_corridor(corridor)


def _refuse_unusable_seed(rng: Any) -> None:
    largest = 2**63 - 1
    if isinstance(rng, str | bytes | float | bool) or (isinstance(rng, int) and not 0 <= rng <= largest):
        raise UserError(f"rng = {rng!r}: it should be a whole number from 0 to {largest}, or a NumPy generator.")


def _course(arm: Arm, corridor: Corridor, seed: int, scenario: TraffickingScenario) -> Course:
    """Return what decides the run, each value of the scenario within the range that a study allows."""
    parameters = _mapping(scenario, "parameters", '{"process": {"name": 0.5}}')
    feedbacks = _mapping(scenario, "feedbacks", '{"fear": False}')
    given = {name: getattr(scenario, name) for name in ("scale", "policy_start", "years")}
    study = validated(Study, given | {"feedbacks": feedbacks}, type(scenario).__name__)
    return course_of(
        arm,
        seed,
        study.scale,
        study.policy_start,
        study.years,
        parameters,
        asdict(study.feedbacks),
        corridor.assumptions(),
    )


def _mapping(scenario: TraffickingScenario, name: str, example: str) -> Mapping[str, Any]:
    value = getattr(scenario, name)
    if value is not None and not isinstance(value, Mapping):
        raise UserError(
            f"{name} = {value!r}: it should be a dictionary such as {example}; mesa.batch_run wants a list of them."
        )
    return value or {}
