"""Agents that are views of rows, and what their sets can do and refuse beyond Mesa's own."""

import mesa
import numpy as np
import pytest

import trafficsim
from trafficsim import Broker, Child, Migrant, TraffickingModel
from trafficsim.engine.agent_sets import MixedRowSet, RowSet
from trafficsim.engine.table_model import TableModelMixin
from trafficsim.engine.tables import Column, PlainArray, TableDeclaration
from trafficsim.engine.views import RowAgent
from trafficsim.errors import UserError
from trafficsim.processes.vocabulary import Sex, Status


class Helper(mesa.Agent):
    """An ordinary Mesa agent, as a user would write it."""

    def __init__(self, model, area):
        super().__init__(model)
        self.area = area


@pytest.fixture(scope="module")
def history():
    made = TraffickingModel(rng=7, scale=0.001)
    made.run_until("2002-01")
    for area in (1, 2, 3):
        Helper(made, area)
    return made


def test_the_length_of_whole_sets_needs_no_look_at_the_agents(history, monkeypatch):
    lengths = len(history.agents_by_type[Migrant]), len(history.agents)

    def fail(*_):
        raise AssertionError("looked at the agents")

    for kind in (RowSet, MixedRowSet):
        monkeypatch.setattr(kind, "_all_keys", fail)
        monkeypatch.setattr(kind, "_made", fail)
    assert (len(history.agents_by_type[Migrant]), len(history.agents)) == lengths


def test_the_models_own_sets_grow_and_cannot_be_changed(history):
    model = history.fork()
    migrants, everybody = model.agents_by_type[Migrant], model.agents
    then, counted = len(migrants), migrants.copy()
    model.run_for(24)
    assert len(migrants) > then == len(counted)
    assert len(everybody) == sum(len(agents) for agents in model.agents_by_type.values())
    for whole in (migrants, everybody):
        for change in (whole.add, whole.discard, whole.remove):
            with pytest.raises(TypeError, match="work on a copy"):
                change(migrants[0])


def test_only_agents_of_the_model_can_be_added(history):
    other = history.fork()
    migrants, several = history.agents_by_type[Migrant].copy(), history.agents.copy()
    with pytest.raises(TypeError, match="Broker"):
        migrants.add(Broker(history, 0))
    for agents in (migrants, several):
        with pytest.raises(TypeError, match="own model"):
            agents.add(Migrant(other, 0))
        with pytest.raises(TypeError):
            agents.add(Migrant(history, len(history.agents_by_type[Migrant])))
        assert Migrant(other, 0) not in agents
    both = migrants.select(at_most=1) | history.agents_by_type[Broker]
    assert both.to_list()[:2] == [Migrant(history, 0), Broker(history, 0)]


def test_boolean_arrays_select_as_functions_do(history):
    migrants = history.agents_by_type[Migrant]
    assert migrants.select(migrants.column("sex") == Sex.FEMALE) == migrants.select(lambda one: one.sex == Sex.FEMALE)
    few = migrants.select(at_most=10).shuffle()
    by_array = few.select(few.column("sex") == Sex.FEMALE, at_most=2)
    assert by_array.to_list() == few.select(lambda one: one.sex == Sex.FEMALE, at_most=2).to_list()
    with pytest.raises(UserError, match="one True or False for each of 10 agents"):
        few.select(migrants.column("sex") == Sex.FEMALE)


def test_paths_of_attributes(history):
    exploited = history.agents_by_type[Migrant].select(lambda one: one.is_exploited)
    assert exploited.sort("held_by.row").to_list() == exploited.sort(lambda one: one.held_by.row).to_list()


def test_writing_columns(history):
    model = history.fork()
    migrants = model.agents_by_type[Migrant]
    some = migrants.select(lambda one: one.row % 2 == 0)
    others = migrants.select(lambda one: one.row % 2 == 1).get("trust")
    assert some.set("trust", 0.5) is some
    assert set(some.get("trust")) == {0.5} and migrants.select(lambda one: one.row % 2 == 1).get("trust") == others
    some.set("trust", np.linspace(0, 1, len(some)))
    assert some.get("trust") == np.linspace(0, 1, len(some)).tolist()
    someone = some[0]
    someone.status = Status.DEAD
    assert model.agents_by_type[Migrant][0].status is Status.DEAD
    some.set("status", 7)
    assert set(some.get("status")) == {Status.IN_HIDING}


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("area", 1.7, "whole numbers from -128 to 127"),
        ("area", 300, "whole numbers from -128 to 127"),
        ("area", float("nan"), "whole numbers"),
        ("key", -1, "whole numbers from 0"),
        ("status", 99, "IN_CUSTODY = 8"),
        ("status", "in custody", "numbers"),
        ("trust", None, "numbers"),
    ],
)
def test_a_value_that_a_column_cannot_hold_is_refused(history, column, value, message):
    model = history.fork()
    before = model.agents_by_type[Migrant].get(column)
    with pytest.raises(UserError, match=rf"Migrant\.{column} = .*{message}"):
        setattr(Migrant(model, 0), column, value)
    with pytest.raises(UserError, match=message):
        model.agents_by_type[Migrant].set(column, value)
    assert model.agents_by_type[Migrant].get(column) == before


def test_views(history):
    first, again, child = Migrant(history, 0), Migrant(history, 0), Child(history, 0)
    assert first == again and hash(first) == hash(again) and first != child
    assert first != Migrant(history.fork(), 0)
    assert isinstance(first, mesa.Agent) and first.model is history and first.pos is None
    assert first.random is history.random and first.rng is history.rng and first.scenario is history.scenario
    with pytest.raises(AttributeError, match="has no column 'nickname'"):
        first.nickname = "x"
    with pytest.raises(TypeError, match="cannot be removed"):
        first.remove()
    assert Migrant.trust.__doc__.endswith("[0 to 1]")


def test_unique_ids_are_unique_in_a_model(history):
    ids = history.agents.get("unique_id")
    assert len(set(ids)) == len(ids) and min(ids) == 1
    assert history.agents_by_type[Migrant].get("unique_id") == list(range(1, len(history.agents_by_type[Migrant]) + 1))


def test_ordinary_agents_leave_every_set_when_they_are_removed(history):
    model = history.fork()
    several = model.agents.select(lambda one: one.area == 2)
    helper = next(iter(model.agents_by_type[Helper].select(lambda one: one.area == 2)))
    size = len(several)
    assert helper in several and helper in model.agents
    helper.remove()
    assert helper not in several and helper not in model.agents
    assert len(several) == size - 1 == len(several.to_list())


def test_an_agent_removed_meanwhile_is_not_called(history):
    model = history.fork()
    model.called = []

    class Rival(mesa.Agent):
        def step(self):
            self.model.called.append(self)
            for rival in self.model.agents_by_type[Rival].to_list():
                if rival is not self:
                    rival.remove()

    Rival.create_agents(model, 3)
    model.agents.shuffle_do("step")
    assert len(model.called) == 1 and model.agents_by_type[Rival].to_list() == model.called


def test_views_of_the_slow_reference_run():
    flock = TableDeclaration("Flock", [Column("age", np.int8, "", ""), Column("sex", np.int8, "", "", labels=Sex)])

    class Sheep(RowAgent, table="sheep", declaration=flock):
        pass

    class Farm(TableModelMixin, mesa.Model):
        agent_classes = (Sheep,)
        sheep = flock.tuple_type(*(array.view(PlainArray) for array in flock.allocate(2)))

        def table(self, name):
            return self.sheep

    farm = Farm(rng=1)
    farm.sheep.size[0] = 1
    farm.agents.do(lambda sheep: setattr(sheep, "age", sheep.age + 1))
    assert farm.agents.get(["age", "sex"]) == [[1, Sex.FEMALE]]
    assert Sheep(farm, 0).sex is Sex.FEMALE and type(Sheep(farm, 0).age) is int


def test_the_package_offers_its_agent_types():
    kinds = set(TraffickingModel.agent_classes)
    assert {getattr(trafficsim, kind.__name__) for kind in kinds} == kinds
