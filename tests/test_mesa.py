"""One contract for Mesa's own agent sets and ours: the same calls on the same data give the same answers."""

import copy
import gc
import pickle
import warnings
from collections import Counter
from dataclasses import dataclass
from enum import IntEnum
from random import Random
from typing import Any

import mesa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mesa.agentset import AbstractAgentSet, AgentSet, GroupBy

from trafficsim import Broker, Household, Migrant, TraffickingModel
from trafficsim.engine.agent_sets import MixedRowSet, RowSet
from trafficsim.engine.table_model import TableModelMixin
from trafficsim.engine.tables import Column, TableDeclaration
from trafficsim.engine.views import RowAgent

TYPES = TraffickingModel.agent_classes


class Helper(mesa.Agent):
    """An ordinary Mesa agent, as a user would write it."""

    def __init__(self, model, area):
        super().__init__(model)
        self.area = area


def twin_class(agent_class):
    """Return an ordinary Mesa agent class with the same derived properties, its columns being plain attributes."""
    columns = agent_class.declaration.column
    derived = {name: value for name, value in vars(agent_class).items() if name not in columns}
    return type(agent_class.__name__, (mesa.Agent,), {n: v for n, v in derived.items() if isinstance(v, property)})


TWINS = {agent_class: twin_class(agent_class) for agent_class in TYPES} | {Helper: Helper}


class TwinModel(mesa.Model):
    """An ordinary Mesa model with an ordinary agent for each agent of ``model``, in the same order."""

    def __init__(self, model):
        super().__init__(rng=1)
        self.month = model.month
        for agent_class, agents in model.agents_by_type.items():
            for agent in agents:
                if agent_class is Helper:
                    twin = Helper(self, agent.area)
                else:
                    twin = TWINS[agent_class](self)
                    for name in agent_class.declaration.column:
                        setattr(twin, name, getattr(agent, name))
                twin.twin_of = identity(agent)


def identity(agent):
    if hasattr(agent, "twin_of"):
        return agent.twin_of
    return (type(agent).__name__, agent.row if isinstance(agent, RowAgent) else agent.unique_id)


def plain(result: Any) -> Any:
    """Return a result with agents as identities and everything else with its type, so that results can be compared."""
    if isinstance(result, AbstractAgentSet | list | tuple):
        return [plain(each) for each in result]
    if isinstance(result, mesa.Agent):
        return identity(result)
    if isinstance(result, GroupBy):
        return [(plain(name), plain(group)) for name, group in result]
    if isinstance(result, dict):
        return {name: plain(value) for name, value in result.items()}
    return type(result).__name__, result


@dataclass
class Pair:
    """One set of ours, and Mesa's own set of ordinary agents with the same data."""

    ours: Any
    theirs: Any
    model: Any
    twins: Any

    def both(self, call):
        """Return what ``call`` gives for our set and for Mesa's, each drawing equal luck."""
        self.ours.random, self.theirs.random = Random(5), Random(5)
        answer = call(self.ours, lambda agent_class: agent_class)
        with warnings.catch_warnings():  # Mesa's operators lose the random generator where nothing is left
            warnings.filterwarnings("ignore", "No Agents specified", UserWarning)
            return answer, call(self.theirs, TWINS.__getitem__)


@pytest.fixture(scope="module")
def history():
    made = TraffickingModel(rng=7, scale=0.001)
    made.run_until("2002-01")
    for area in (1, 2, 3):
        Helper(made, area)
    return made


KINDS = {
    "all of one type": lambda model: model.agents_by_type[Migrant],
    "some of one type": lambda model: model.agents_by_type[Migrant].select(lambda one: one.row % 3 > 0).shuffle(),
    "none of one type": lambda model: model.agents_by_type[Migrant].select(lambda one: False),
    "all types": lambda model: model.agents,
    "several types": lambda model: model.agents.select(lambda one: one.unique_id % 3 > 0).shuffle(),
    "no type": lambda model: model.agents.select(lambda one: False),
}


@pytest.fixture(params=KINDS)
def pair(request, history):
    model = history.fork()
    twins = TwinModel(model)
    by_identity = {twin.twin_of: twin for twin in twins.agents}
    ours = KINDS[request.param](model)
    return Pair(ours, AgentSet([by_identity[identity(agent)] for agent in ours], Random(5)), model, twins)


def is_near(agent, limit=2):
    return agent.area <= limit


def move_on(agent, by=1):
    agent.area = (agent.area + by) % 7
    return agent.area


SELECTIONS = {
    "nothing said": lambda agents, of: agents.select(),
    "function": lambda agents, of: agents.select(is_near),
    "number": lambda agents, of: agents.select(at_most=7),
    "more than there are": lambda agents, of: agents.select(at_most=10**6),
    "none": lambda agents, of: agents.select(at_most=0),
    "share": lambda agents, of: agents.select(at_most=0.3),
    "all as a share": lambda agents, of: agents.select(at_most=1.0),
    "odd limit": lambda agents, of: agents.select(at_most=2.5),
    "function and number": lambda agents, of: agents.select(is_near, at_most=3),
    "function and share": lambda agents, of: agents.select(is_near, at_most=0.25),
    "type": lambda agents, of: agents.select(agent_type=of(Migrant)),
    "another type": lambda agents, of: agents.select(agent_type=of(Broker)),
    "ordinary type": lambda agents, of: agents.select(agent_type=of(Helper)),
    "base type": lambda agents, of: agents.select(agent_type=mesa.Agent),
    "type, function and number": lambda agents, of: agents.select(is_near, 5, agent_type=of(Migrant)),
    "type and share": lambda agents, of: agents.select(at_most=0.5, agent_type=of(Household)),
    "shuffle": lambda agents, of: agents.shuffle(),
    "shuffle, then some": lambda agents, of: agents.shuffle().select(at_most=0.5).shuffle(),
    "sort": lambda agents, of: agents.sort("area"),
    "sort ascending": lambda agents, of: agents.sort("area", ascending=True),
    "sort by function": lambda agents, of: agents.sort(lambda agent: -agent.area),
    "copy": lambda agents, of: copy.copy(agents),
    "set": lambda agents, of: copy.copy(agents).set("area", 3),
    "do": lambda agents, of: copy.copy(agents).do(move_on, by=2),
    "do of nothing": lambda agents, of: copy.copy(agents).do("step"),
    "shuffle_do": lambda agents, of: copy.copy(agents).shuffle_do(move_on),
    "and": lambda agents, of: agents.select(is_near) & agents.select(at_most=0.5),
    "or": lambda agents, of: agents.select(is_near) | agents.select(at_most=3),
    "minus": lambda agents, of: copy.copy(agents) - agents.select(is_near),
    "either": lambda agents, of: agents.select(is_near) ^ agents.select(at_most=0.5),
}
IN_PLACE = {
    "select": lambda agents, of: agents.select(is_near, at_most=0.6, inplace=True),
    "select by type": lambda agents, of: agents.select(agent_type=of(Migrant), inplace=True),
    "shuffle": lambda agents, of: agents.shuffle(inplace=True),
    "sort": lambda agents, of: agents.sort("area", inplace=True),
}
ANSWERS = {
    "len": lambda agents, of: len(agents),
    "to_list": lambda agents, of: agents.to_list(),
    "get": lambda agents, of: agents.get("area"),
    "get several": lambda agents, of: agents.get(["area", "area"]),
    "get none": lambda agents, of: agents.get([]),
    "get missing": lambda agents, of: agents.get("age", handle_missing="default", default_value=-1),
    "get several missing": lambda agents, of: agents.get(["status", "area"], "default"),
    "map": lambda agents, of: agents.map(is_near, limit=3),
    "map with a change": lambda agents, of: (agents.map(move_on), agents.get("area")),
    "map a method": lambda agents, of: agents.map("step"),
    "do, then get": lambda agents, of: agents.do(move_on).get("area"),
    "shuffle_do": lambda agents, of: (met := [], agents.shuffle_do(met.append))[0],
    "agg": lambda agents, of: agents.agg("area", sum),
    "agg by NumPy": lambda agents, of: agents.agg("area", np.sum),
    "agg several": lambda agents, of: agents.agg("area", [len, sum, np.sum, sorted, Counter, np.size]),
    "agg of none": lambda agents, of: agents.agg("area", []),
    "group": lambda agents, of: agents.groupby("area"),
    "group by function": lambda agents, of: agents.groupby(is_near),
    "group as lists": lambda agents, of: agents.groupby("area", result_type="list"),
    "count": lambda agents, of: agents.groupby("area").count(),
    "agg of groups": lambda agents, of: agents.groupby("area").agg("area", max),
    "agg of groups by NumPy": lambda agents, of: agents.groupby("area").agg("area", np.mean),
    "agg of listed groups": lambda agents, of: agents.groupby("area", "list").agg("area", np.mean),
    "map of groups": lambda agents, of: agents.groupby("area").map(len),
    "method of groups": lambda agents, of: agents.groupby("area").map("get", "area"),
    "do of groups": lambda agents, of: agents.groupby("area").do("do", move_on),
    "groups": lambda agents, of: len(agents.groupby("area")),
    "equal": lambda agents, of: (agents == agents.shuffle(), agents == agents.select(at_most=0.5)),
    "subset": lambda agents, of: (agents.select(is_near) <= agents, agents <= agents.select(is_near)),
    "disjoint": lambda agents, of: agents.select(is_near).isdisjoint(copy.copy(agents) - agents.select(is_near)),
    "contains": lambda agents, of: [agent in agents.select(is_near) for agent in agents],
}


@pytest.mark.parametrize("name", SELECTIONS)
def test_sets_hold_the_agents_that_mesas_would(name, pair):
    ours, theirs = pair.both(SELECTIONS[name])
    assert plain(ours) == plain(theirs)
    assert isinstance(ours, RowSet | MixedRowSet) and len(ours) == len(theirs)
    assert ours.random is pair.ours.random
    assert plain(pair.ours.get("area")) == plain(pair.theirs.get("area"))  # both were left alike


@pytest.mark.parametrize("name", IN_PLACE)
def test_changes_in_place(name, pair):
    pair.ours = pair.ours.copy()
    ours, theirs = pair.both(IN_PLACE[name])
    assert ours is pair.ours and theirs is pair.theirs
    assert plain(ours) == plain(theirs)


@pytest.mark.parametrize("name", ANSWERS)
def test_answers_are_mesas(name, pair):
    ours, theirs = pair.both(ANSWERS[name])
    assert plain(ours) == plain(theirs)
    assert plain(pair.ours.get("area")) == plain(pair.theirs.get("area"))


def test_adding_and_taking_out(pair):
    assert pair.model.agents_by_type[Migrant].to_list()[5] == Migrant(pair.model, 5)
    twin = next(each for each in pair.twins.agents if each.twin_of == ("Migrant", 5))
    ours = pair.ours.select(lambda one: identity(one) != ("Migrant", 5))
    theirs = pair.theirs.select(lambda one: identity(one) != ("Migrant", 5))
    for agents, one in ((ours, Migrant(pair.model, 5)), (theirs, twin)):
        agents.discard(one)
        with pytest.raises(KeyError):
            agents.remove(one)
        agents.add(one)
        agents.add(one)
        assert one in agents
    assert plain(ours) == plain(theirs) and identity(ours.to_list()[-1]) == ("Migrant", 5)
    for agents, one in ((ours, Migrant(pair.model, 5)), (theirs, twin)):
        agents.remove(one)
        assert one not in agents
    assert plain(ours) == plain(theirs)


def test_an_attribute_that_nobody_has(pair):
    for agents in (pair.ours, pair.theirs):
        if len(agents):
            with pytest.raises(AttributeError, match="nothing_such"):
                agents.get("nothing_such")
        with pytest.raises(ValueError, match="handle_missing"):
            agents.get("area", handle_missing="ignore")


def test_indexing_and_slices(pair):
    listed = pair.theirs.to_list()  # Mesa's own indexing is deprecated, its model.agents has it still
    for item in (slice(2, 9), slice(None, None, -2), slice(10**6, None)):
        assert plain(pair.ours[item]) == plain(listed[item])
    for item in (0, 7, -1, 10**6):
        if -len(listed) <= item < len(listed):
            assert identity(pair.ours[item]) == identity(listed[item])
        else:
            with pytest.raises(IndexError):
                pair.ours[item]


def test_derived_sets_survive_the_garbage_collector(history):
    # Mesa's own sets refer to agents weakly, and nobody else keeps a view.
    for whole in (history.agents_by_type[Migrant], history.agents):
        derived = {
            name: call(whole, lambda kind: kind) for name, call in SELECTIONS.items() if name not in ("set", "do")
        }
        derived |= {str(area): group for area, group in whole.groupby("area")}
        before = {name: plain(agents) for name, agents in derived.items()}
        gc.collect()
        assert {name: plain(agents) for name, agents in derived.items()} == before
    assert len(AgentSet(history.agents_by_type[Migrant], Random(5))) == 0


def test_a_pickled_set_brings_its_model_along(pair):
    twin = pickle.loads(pickle.dumps(pair.ours))
    assert plain(twin) == plain(pair.ours)
    assert twin.model is not pair.model
    twin.set("area", 0)
    assert plain(pair.ours.get("area")) == plain(pair.theirs.get("area"))


# Random data and random chains of calls, on a model that has nothing to do with trafficking.


class Breed(IntEnum):
    WHITE = 0
    BLACK = 1


FLOCK = [("Sheep", 0), ("Goats", 1)]
DECLARATIONS = {
    name: TableDeclaration(
        name,
        [
            Column("age", np.int8, "years", "age"),
            Column("weight", np.float64, "kg", "weight"),
            Column("breed", np.int8, "", "breed", labels=Breed),
        ],
    )
    for name, _ in FLOCK
}


class Sheep(RowAgent, table="Sheep", declaration=DECLARATIONS["Sheep"]):
    pass


class Goat(RowAgent, table="Goats", declaration=DECLARATIONS["Goats"]):
    pass


class Farm(TableModelMixin, mesa.Model):
    agent_classes = (Sheep, Goat)

    def __init__(self, *flocks):
        super().__init__(rng=1)
        self.flocks = {}
        for (name, _), animals in zip(FLOCK, flocks, strict=True):
            declaration = DECLARATIONS[name]
            table = declaration.allocate(len(animals) + 2)
            table.size[0] = len(animals)
            for row, values in enumerate(animals):
                for column, value in zip(declaration.columns, values, strict=True):
                    getattr(table, column.name)[row] = value
            self.flocks[name] = table

    def table(self, name):
        return self.flocks[name]


class Animal(mesa.Agent):
    def __init__(self, model, twin):
        super().__init__(model)
        self.age, self.weight, self.breed, self.twin_of = twin.age, twin.weight, twin.breed, identity(twin)


class OrdinaryFarm(mesa.Model):
    def __init__(self, agents):
        super().__init__(rng=1)
        self.animals = [Animal(self, agent) for agent in agents]


animals = st.lists(
    st.tuples(
        st.integers(-128, 127), st.floats(-9, 9, width=16), st.sampled_from(list(Breed)),
    ), max_size=6,
)  # fmt: skip
columns = st.sampled_from(["age", "weight", "breed"])
limits = st.one_of(st.integers(0, 8), st.floats(0, 1), st.just(float("inf")))
steps = st.lists(
    st.one_of(
        st.tuples(st.just("select"), columns, st.integers(-9, 9), limits, st.booleans()),
        st.tuples(st.just("sort"), columns, st.booleans(), st.booleans()),
        st.tuples(st.just("shuffle"), st.booleans()),
        st.tuples(st.just("set"), st.just("age"), st.integers(-128, 127)),
        st.tuples(st.just("double"), columns),
        st.tuples(st.just("group"), columns, st.integers(0, 5)),
        st.tuples(st.just("discard"), st.integers(0, 5)),
    ),
    max_size=8,
)


def taken(agents, step, *given):
    """Return the set after one step of a random chain."""
    match step:
        case "select":
            column, threshold, at_most, inplace = given
            return agents.select(lambda one: getattr(one, column) > threshold, at_most=at_most, inplace=inplace)
        case "sort":
            column, ascending, inplace = given
            return agents.sort(column, ascending=ascending, inplace=inplace)
        case "shuffle":
            return agents.shuffle(inplace=given[0])
        case "set":
            return agents.set(*given)
        case "double":
            return agents.do(lambda one: setattr(one, "weight", one.weight + getattr(one, given[0])))
        case "group":
            column, which = given
            groups = list(agents.groupby(column))
            return groups[which][1] if which < len(groups) else agents
        case "discard":
            if given[0] < len(agents):
                agents.discard(agents.to_list()[given[0]])
            return agents


@given(flocks=st.tuples(animals, animals), chain=steps, several=st.booleans())
@settings(max_examples=150, deadline=None)
def test_any_chain_of_calls_leads_to_the_same_agents_and_data(flocks, chain, several):
    farm = Farm(*flocks)
    ours = (farm.agents if several else farm.agents_by_type[Sheep]).copy()
    twins = OrdinaryFarm(ours)
    theirs = AgentSet(twins.animals, Random(5))
    ours.random = Random(5)
    for step in chain:
        ours, theirs = taken(ours, *step), taken(theirs, *step)
        assert plain(ours) == plain(theirs)
        names = ["age", "weight", "breed"]
        assert plain(ours.get(names)) == plain(theirs.get(names))
        assert plain(ours.agg("age", [sum, np.sum, np.size])) == plain(theirs.agg("age", [sum, np.sum, np.size]))
