"""The model as a Mesa user meets it: data collection, batches, scenarios, own agents and rules, copies and pickles."""

import copy
import multiprocessing
import pickle
from collections import Counter
from functools import partial

import cloudpickle
import mesa
import numpy as np
import pytest
from mesa.experimental.data_collection import DataRecorder
from mesa.time import Schedule

import trafficsim
from trafficsim import Broker, Child, EnforcementUnit, Household, Migrant, ProtectionService, TraffickingScenario
from trafficsim.errors import UserError
from trafficsim.processes.vocabulary import LABELS, Status

SMALL = 0.002


def small(model_class=trafficsim.TraffickingModel, **values):
    return model_class(**{"rng": 7, "scale": SMALL} | values)


@pytest.fixture(scope="module")
def history():
    made = small()
    made.run_until("2002-01")
    return made


def same_lives(first, second):
    return first.month == second.month and all(
        np.array_equal(a, b)
        for one, other in zip(first.state.world, second.state.world, strict=True)
        for a, b in zip(one, other, strict=True)
    )


# Time and luck


@pytest.mark.relation(
    "Month by month, some months at once, or all at once: the same lives.",
    kind="equality", level="whole model",
    reach="one run, 72 months",
)  # fmt: skip
def test_stepping_and_running_agree(history):
    stepped = small()
    for _ in range(24):
        stepped.step()
    stepped.run_for(24)
    stepped.run_until(60.0)
    stepped.run_until("2002-01")
    assert same_lives(stepped, history)
    assert stepped.time == stepped.month == stepped.steps == 72 and stepped.date == "2002-01"
    stepped.run_until("2002-01")
    assert stepped.time == 72


def test_a_run_ends_with_its_policy_window():
    model = small(policy_start="1996-06", years=1)
    for too_far in (lambda: model.run_until("1998-01"), lambda: model.run_for(36)):
        with pytest.raises(UserError, match="ends before 1997-06"):
            too_far()
    assert model.month == 0
    model.run_model()
    assert model.date == "1997-06" and not model.running
    with pytest.raises(UserError, match="more years"):
        model.step()


@pytest.mark.relation(
    "Luck that somebody draws for other ends changes no life.",
    kind="equality", level="whole model",
    reach="one run",
)  # fmt: skip
def test_random_and_rng_are_mesas_and_leave_lives_alone(history):
    ordinary = mesa.Model(rng=7)
    model = small()
    assert [model.random.random(), model.rng.random()] == [ordinary.random.random(), ordinary.rng.random()]
    model.run_until("2002-01")
    assert same_lives(model, history)


def test_a_model_without_a_seed_says_what_it_drew():
    model = small(rng=None)
    assert model.seed == model.scenario.rng
    assert small(rng=None).seed != model.seed
    model.run_until("1998-01")
    again = small(rng=model.seed)
    again.run_until("1998-01")
    assert same_lives(model, again)


# Agents


def test_every_type_is_there_from_the_start():
    model = small()
    types = [Migrant, Child, Broker, Household, EnforcementUnit, ProtectionService]
    assert model.agent_types == types == list(model.agents_by_type)
    assert len(model.agents_by_type[Migrant]) == 0 < len(model.agents_by_type[Broker])
    assert all(issubclass(kind, mesa.Agent) for kind in types)


class Monitor(mesa.Agent):
    """An ordinary agent of a user's: a visitor who writes down how many people are in custody."""

    def __init__(self, model, area=0):
        super().__init__(model)
        self.area, self.seen = area, []

    def step(self):
        migrants = self.model.agents_by_type[Migrant]
        self.seen.append(len(migrants.select(migrants.column("status") == Status.IN_CUSTODY)))


class Monitored(trafficsim.TraffickingModel):
    def __init__(self, monitors=2, **values):
        super().__init__(**values)
        Monitor.create_agents(self, monitors, area=list(range(1, monitors + 1)))

    def step(self):
        super().step()
        self.agents_by_type[Monitor].shuffle_do("step")


def test_ordinary_agents_stand_beside_ours():
    model = small(Monitored, monitors=2)
    assert model.agent_types[-1] is Monitor and len(model.agents_by_type[Monitor]) == 2
    model.run_until("1999-01")
    monitors = model.agents.select(agent_type=Monitor)
    assert [len(monitor.seen) for monitor in monitors] == [36, 36] and max(monitors.to_list()[0].seen) > 0
    everybody = Counter(type(agent) for agent in model.agents)
    assert everybody == {kind: len(agents) for kind, agents in model.agents_by_type.items() if len(agents)}
    alone = small()
    alone.run_until("1999-01")
    assert same_lives(model, alone)
    one = monitors.to_list()[0]
    one.remove()
    assert one not in model.agents and len(model.agents_by_type[Monitor]) == 1
    model.remove_all_agents()
    assert len(model.agents_by_type[Monitor]) == 0 < len(model.agents)


class OwnMigrant(Migrant):
    """A user's own view of migrants, with a behaviour of its own."""

    def step(self):
        if self.status is Status.IN_HIDING:
            self.trust = 1.0


class WithOwnMigrants(trafficsim.TraffickingModel):
    agent_classes = (OwnMigrant, *trafficsim.TraffickingModel.agent_classes[1:])


def test_agents_with_a_behaviour_of_their_own():
    model = small(WithOwnMigrants)
    model.run_until("2003-01")
    model.agents.do("step")
    assert set(model.agents_by_type[OwnMigrant].select(lambda one: one.status is Status.IN_HIDING).get("trust")) == {
        1.0
    }
    assert all(type(child.mothers_view) is OwnMigrant for child in model.agents_by_type[Child])
    mothers = model.agents_by_type[OwnMigrant].select(lambda one: one.youngest >= 0)
    assert len(mothers) and all(child.mothers_view == mother for mother in mothers for child in mother.her_children)


# Rules of one's own, between two months


class AmnestyByStep(trafficsim.TraffickingModel):
    def step(self):
        super().step()
        for person in self.agents_by_type[Migrant].select(lambda one: one.status == Status.IN_CUSTODY):
            person.status = Status.IN_HIDING


class AmnestyByColumn(trafficsim.TraffickingModel):
    def step(self):
        super().step()
        migrants = self.agents_by_type[Migrant]
        migrants.select(migrants.column("status") == Status.IN_CUSTODY).set("status", Status.IN_HIDING)


def let_go(person):
    if person.status == Status.IN_CUSTODY:
        person.status = Status.IN_HIDING


class AmnestyByFunction(trafficsim.TraffickingModel):
    def step(self):
        super().step()
        self.agents_by_type[Migrant].do(let_go)


class AmnestyBySchedule(trafficsim.TraffickingModel):
    def __init__(self, **values):
        super().__init__(**values)
        self.amnesty = self.schedule_recurring(self.let_all_go, Schedule(interval=1.0, start=1.0))

    def let_all_go(self):
        self.agents.select(agent_type=Migrant).shuffle_do(let_go)


AMNESTIES = [AmnestyByStep, AmnestyByColumn, AmnestyByFunction, AmnestyBySchedule]


@pytest.mark.parametrize("amnesty", AMNESTIES)
def test_a_rule_of_ones_own(amnesty, history):
    model, first = small(amnesty), small(AmnestyByStep)
    model.run_until("2002-01")
    first.run_until("2002-01")
    assert model.status_counts()["in custody"] == 0 < model.status_counts()["in hiding"]
    assert same_lives(model, first) and not same_lives(model, history)
    assert model.steps == 72


# Copies


def clones(model):
    return {
        "fork": model.fork(),
        "deepcopy": copy.deepcopy(model),
        "pickle": pickle.loads(pickle.dumps(model)),
        "cloudpickle": cloudpickle.loads(cloudpickle.dumps(model)),
    }


@pytest.mark.relation(
    "A run that is copied or saved goes on as the original.",
    kind="equality", level="whole model",
    reach="three kinds of models, all ways to copy",
)  # fmt: skip
@pytest.mark.parametrize("model_class", [trafficsim.TraffickingModel, Monitored, AmnestyBySchedule])
def test_copies_go_on_exactly_as_the_original(model_class):
    model = small(model_class, event_log=True)
    model.run_until("2000-01")
    model.watched = {model.agents_by_type[Migrant][3]}
    copies = clones(model)
    for one in copies.values():
        one.run_until("2001-01")
    assert model.date == "2000-01"
    model.run_until("2001-01")
    expected = model.random.random(), model.rng.random()
    for one in copies.values():
        assert type(one) is model_class and same_lives(one, model)
        assert np.array_equal(one.state.ledger.log(), model.state.ledger.log())
        assert (one.random.random(), one.rng.random()) == expected
        assert (one.time, one.steps, one.scenario.model) == (model.time, model.steps, one)
        assert one.watched == {one.agents_by_type[Migrant][3]}
        if model_class is Monitored:
            assert one.agents_by_type[Monitor].get("seen") == model.agents_by_type[Monitor].get("seen")


def test_a_class_made_on_the_spot_can_be_sent_to_another_process():
    class Local(trafficsim.TraffickingModel):
        def step(self):
            super().step()
            self.agents_by_type[Migrant].set("trust", 1.0)

    model = small(Local)
    model.run_until("1998-01")
    twin = cloudpickle.loads(cloudpickle.dumps(model))
    for one in (model, twin):
        one.run_until("1999-01")
    assert same_lives(model, twin) and set(twin.agents_by_type[Migrant].get("trust")) == {1.0}


@pytest.mark.relation(
    "A fork under another policy is the run that had that policy from the start.",
    kind="equality", level="whole model",
    reach="one run",
)  # fmt: skip
def test_forks_part_under_another_arm():
    history = small(policy_start="2000-01", years=3)
    history.run_until("2000-01")
    forked = history.fork("letter_package")
    whole = small(arm="letter_package", policy_start="2000-01", years=3)
    for one in (history, forked, whole):
        one.run_until("2003-01")
    assert same_lives(forked, whole) and not same_lives(forked, history)
    assert (forked.arm.name, forked.scenario.arm) == ("letter_package", "letter_package")
    assert (history.arm.name, history.scenario.arm) == ("status_quo", "status_quo")


# Data collection


def number_of(model, kind):
    return len(model.agents_by_type[kind])


class Collecting(trafficsim.TraffickingModel):
    """A model with a data collector, written as Mesa's documentation shows."""

    def __init__(self, **values):
        super().__init__(**values)
        self.datacollector = mesa.DataCollector(
            model_reporters={
                "date": "date",
                "people": lambda model: len(model.agents),
                "mean trust": lambda model: (
                    model.agents_by_type[Migrant].agg("trust", np.mean) if model.month else None
                ),
                "migrants": partial(number_of, kind=Migrant),
                "children": [number_of, [self, Child]],
                "statuses": self.status_counts,
            },
            agent_reporters={"area": "area", "kind": lambda agent: type(agent).__name__},
            agenttype_reporters={
                Migrant: {"status": "status", "age": lambda person: person.age},
                Broker: {"role": "role"},
                mesa.Agent: {"area": "area"},
            },
            tables={"Deaths": ["unique_id", "age"]},
        )
        self.datacollector.collect(self)

    def step(self):
        alive = self.agents_by_type[Migrant].select(lambda person: person.status is not Status.DEAD)
        super().step()
        for person in alive.select(lambda person: person.status is Status.DEAD):
            self.datacollector.add_table_row("Deaths", {"unique_id": person.unique_id, "age": person.age})
        self.datacollector.collect(self)


def test_data_collection():
    model = small(Collecting)
    model.run_for(24)
    collected = model.datacollector
    whole = collected.get_model_vars_dataframe()
    assert len(whole) == 25 and whole["date"].iloc[-1] == model.date
    assert whole["migrants"].iloc[-1] == len(model.agents_by_type[Migrant]) == sum(whole["statuses"].iloc[-1].values())
    assert whole["people"].iloc[-1] == len(model.agents)
    assert 0 < whole["mean trust"].iloc[-1] < 1

    agents = collected.get_agent_vars_dataframe()
    assert agents.index.is_unique and agents.index.names == ["Step", "AgentID"]
    last = agents.xs(24.0, level="Step")
    assert Counter(last["kind"]) == Counter(type(agent).__name__ for agent in model.agents)
    assert dict(last["area"]) == dict(zip(model.agents.get("unique_id"), model.agents.get("area"), strict=True))

    migrants = collected.get_agenttype_vars_dataframe(Migrant).xs(24.0, level="Step")
    assert migrants["status"].tolist() == model.agents_by_type[Migrant].get("status")
    assert migrants["age"].tolist() == [person.age for person in model.agents_by_type[Migrant]]
    assert len(collected.get_agenttype_vars_dataframe(mesa.Agent)) == len(agents)

    deaths = collected.get_table_dataframe("Deaths")
    dead = model.agents_by_type[Migrant].select(lambda person: person.status is Status.DEAD)
    assert sorted(deaths["unique_id"]) == sorted(dead.get("unique_id"))


def test_statuses_are_collected_unless_the_user_collects(history):
    collected = history.datacollector.get_model_vars_dataframe()
    assert collected["month"].tolist()[:2] == ["1996-01", "1996-02"] and len(collected) == history.month
    assert collected[list(LABELS[Status].values())].iloc[-1].to_dict() == history.status_counts()


def test_mesas_newer_data_registry_follows_our_sets():
    model = small()
    registered = model.data_registry.track_agents(model.agents_by_type[Migrant], "migrants", "status")
    model.data_registry.track_model(model, "dates", "date").record(DataRecorder(model))
    model.run_for(6)
    assert [each["unique_id"] for each in registered.data] == model.agents_by_type[Migrant].get("unique_id")


# Batches


@pytest.fixture
def start_method():
    """Put back how processes start, which ``mesa.batch_run`` changes for good."""
    before = multiprocessing.get_start_method(allow_none=True)
    yield
    multiprocessing.set_start_method(before, force=True)


def test_batch_run_over_arms_and_seeds(start_method):
    shared = {"scale": SMALL, "policy_start": "1998-01", "years": 2}
    results = mesa.batch_run(
        trafficsim.TraffickingModel,
        parameters={"arm": ["status_quo", "letter_package"], **shared, "feedbacks": [{"fear": False}]},
        rng=[1, 2, 3],
        max_steps=36,
        data_collection_period=12,
        display_progress=False,
    )
    runs = {(each["arm"], each["rng"]) for each in results}
    assert len(runs) == 6 and len(results) == 18
    before = {
        seed: {str(_counts(each)) for each in results if each["Step"] == 13 and each["rng"] == seed} for seed in (1, 2)
    }
    assert len(before[1]) == len(before[2]) == 1 and before[1] != before[2]  # one history a seed, under both arms
    last = {(each["arm"], each["rng"]): each for each in results if each["Step"] == 25}
    alone = small(arm="letter_package", rng=2, policy_start="1998-01", years=2, feedbacks={"fear": False})
    alone.run_for(25)
    assert _counts(last["letter_package", 2]) == alone.status_counts()


def _counts(record):
    return {name: record[name] for name in LABELS[Status].values()}


def test_batch_run_in_other_processes(start_method):
    arguments = {
        "parameters": {"scenario": [TraffickingScenario(arm=arm, rng=5, scale=SMALL) for arm in ("status_quo", "pre_2020")]},
        "max_steps": 12,
        "display_progress": False,
    }  # fmt: skip
    here = mesa.batch_run(trafficsim.TraffickingModel, **copy.deepcopy(arguments))
    there = mesa.batch_run(trafficsim.TraffickingModel, number_processes=2, **arguments)
    assert sorted(map(str, map(_counts, here))) == sorted(map(str, map(_counts, there)))
    assert len(here) == 2


def test_batch_run_collects_agents(start_method):
    results = mesa.batch_run(
        Collecting, {"scale": SMALL, "arm": "status_quo"}, rng=[1], max_steps=12, display_progress=False
    )
    assert {"AgentID", "area", "role"} <= set().union(*results)
