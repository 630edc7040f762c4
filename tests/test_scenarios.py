"""What a run is told, by scenario or by name: as Mesa's examples do it, and refused in a sentence where it is wrong."""

import inspect
import multiprocessing

import mesa
import numpy as np
import pytest
from mesa.experimental.scenarios import Scenario

import trafficsim
from trafficsim import Migrant, TraffickingScenario
from trafficsim.catalog import catalog
from trafficsim.catalog.corridors import load_corridor
from trafficsim.errors import UserError
from trafficsim.policy import load_arm
from trafficsim.processes.vocabulary import LABELS, Status

SMALL = 0.002


def small(model_class=trafficsim.TraffickingModel, **values):
    return model_class(**{"rng": 7, "scale": SMALL} | values)


def same_lives(first, second):
    return first.month == second.month and all(
        np.array_equal(a, b)
        for one, other in zip(first.state.world, second.state.world, strict=True)
        for a, b in zip(one, other, strict=True)
    )


@pytest.fixture
def start_method():
    """Put back how processes start, which ``mesa.batch_run`` changes for good."""
    before = multiprocessing.get_start_method(allow_none=True)
    yield
    multiprocessing.set_start_method(before, force=True)


class Lenient(TraffickingScenario):
    """A scenario with a parameter of the user's own."""

    share_let_go: float = 0.5


class WithThreshold(trafficsim.TraffickingModel):
    """A model with an argument of the user's own."""

    def __init__(self, threshold=0.5, **values):
        super().__init__(**values)
        self.threshold = threshold


class LenientModel(trafficsim.TraffickingModel):
    scenario_class = Lenient

    def step(self):
        super().step()
        for person in self.agents_by_type[Migrant].select(lambda one: one.status is Status.IN_CUSTODY):
            if self.random.random() < self.scenario.share_let_go:
                person.status = Status.IN_HIDING


def test_scenarios_as_in_mesas_examples():
    scenario = TraffickingScenario(rng=7, arm="letter_package", scale=SMALL, policy_start="2000-01", years=2)
    model = trafficsim.TraffickingModel(scenario=scenario)
    assert model.scenario is scenario and scenario.model is model and model.arm.name == "letter_package"
    model.run_until("2001-01")
    said = small(arm="letter_package", policy_start="2000-01", years=2)
    said.run_until("2001-01")
    assert same_lives(model, said)
    assert dict(said.scenario) == dict(scenario)
    assert model.agents_by_type[Migrant][0].scenario is scenario
    with pytest.raises(ValueError, match="Cannot change scenario"):
        scenario.arm = "status_quo"


def test_a_scenario_with_more_parameters():
    plain, kept, let_go = small(), small(LenientModel, share_let_go=0.0), small(LenientModel, share_let_go=1.0)
    for model in (plain, kept, let_go):
        model.run_until("1999-01")
    assert same_lives(plain, kept) and not same_lives(plain, let_go)
    assert let_go.status_counts()["in custody"] == 0
    assert let_go.fork().scenario.share_let_go == 1.0
    assert let_go.fork("letter_package").scenario.share_let_go == 1.0


def test_a_plain_mesa_scenario_does_too():
    model = trafficsim.TraffickingModel(scenario=Scenario(rng=3, scale=SMALL))
    assert (model.seed, model.scenario.scale, model.scenario.arm) == (3, SMALL, "status_quo")


def test_scenarios_carry_parameters_and_feedbacks():
    known = catalog().parameters["custody"]
    name, parameter = next((name, each) for name, each in known.items() if each.default != each.range[0])
    low = float(parameter.range[0])
    mine = {"custody": {name: low}}
    model = trafficsim.TraffickingModel(
        scenario=TraffickingScenario(rng=7, scale=SMALL, parameters=mine, feedbacks={"fear": False})
    )
    mine["custody"][name] = parameter.range[1]
    assert model.scenario.parameters == {"custody": {name: low}}
    assert getattr(model.course.parameters["custody"], name) == low
    assert getattr(model.fork("letter_package").course.parameters["custody"], name) == low
    assert getattr(small().course.parameters["custody"], name) == parameter.default != low
    assert not model.course.switches.fear and small().course.switches.fear


def test_another_corridor():
    model = small(corridor="teaching")
    assert model.corridor == load_corridor("teaching") and model.course.areas == len(model.corridor.areas)
    said = trafficsim.TraffickingModel(scenario=TraffickingScenario(rng=7, scale=SMALL, corridor=model.corridor))
    for one in (model, said):
        one.run_until("1998-01")
    assert same_lives(model, said)
    assert model.fork("letter_package").course.areas == model.course.areas


def test_numbers_of_numpy_will_do():
    model = small(rng=np.int64(7), scale=np.float64(SMALL), years=np.int64(5))
    assert (model.seed, model.scenario.years) == (7, 5)


@pytest.mark.parametrize("model_class", [trafficsim.TraffickingModel, LenientModel, WithThreshold])
def test_reset_in_solaraviz_keeps_what_was_said(model_class):
    # What its Reset does: values that the model's signature names go to the model, the scenario's others to a new scenario.
    model = small(model_class)
    said = {"arm": "permit_reform", "rng": 11, "scale": SMALL}
    signature = inspect.signature(type(model).__init__).parameters
    to_model = {name: value for name, value in said.items() if name in signature}
    to_scenario = {name: value for name, value in said.items() if name not in signature}
    again = model_class(**to_model, scenario=type(model.scenario)(**to_scenario))
    assert (again.arm.name, again.seed, again.scenario.scale) == ("permit_reform", 11, SMALL)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"arm": "letter_pakage"}, "Did you mean 'letter_package'"),
        ({"arm": 3}, "name of an arm"),
        ({"corridor": "teachin"}, "Did you mean 'teaching'"),
        ({"corridor": 3}, "name of a corridor"),
        ({"amr": "status_quo"}, "no 'amr'. Did you mean 'arm'"),
        ({"seed": 1}, "Write rng="),
        ({"rng": -1}, "whole number from 0"),
        ({"rng": "42"}, "whole number from 0"),
        ({"rng": 1.5}, "whole number from 0"),
        ({"scale": 0}, "scale = 0: allowed is a number from"),
        ({"years": 1.5}, "years = 1.5: allowed is a whole number"),
        ({"policy_start": "2024"}, "month written YYYY-MM"),
        ({"parameters": {"custdy": {}}}, "Did you mean 'custody'"),
        ({"parameters": "custody"}, "should be a dictionary"),
        ({"feedbacks": {"feer": False}}, "Did you mean 'fear'"),
        ({"feedbacks": {"fear": 2}}, "true or false"),
        ({"event_log": 3}, "True or False"),
        ({"scenario": "status_quo"}, "should be a TraffickingScenario"),
        ({"scenario": Scenario(amr="x")}, "Did you mean 'arm'"),
        ({"scenario": TraffickingScenario(rng=1), "rng": 2}, "rng = 2, but the scenario has 1"),
        ({"scenario": TraffickingScenario(), "arm": "letter_package"}, "arm = 'letter_package', but the scenario has"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(values, message):
    with pytest.raises(UserError, match=message):
        trafficsim.TraffickingModel(**values)


def test_one_scenario_for_several_seeds_and_models(start_method):
    scenario = TraffickingScenario(scale=SMALL, arm="letter_package", policy_start="1996-06", years=1)
    seeds = mesa.batch_run(
        trafficsim.TraffickingModel, {"scenario": [scenario]}, rng=[1, 2], max_steps=12, display_progress=False
    )
    alone = [small(rng=seed, arm="letter_package", policy_start="1996-06", years=1) for seed in (1, 2)]
    for model in alone:
        model.run_for(12)
    counted = [{name: each[name] for name in LABELS[Status].values()} for each in seeds]
    assert counted == [model.status_counts() for model in alone]
    first = trafficsim.TraffickingModel(scenario=scenario)
    second = trafficsim.TraffickingModel(scenario=scenario)
    assert first.scenario is scenario and second.scenario is not scenario
    assert dict(second.scenario) == dict(scenario) and second.seed != first.seed


def test_the_arm_may_come_first_without_its_name():
    assert trafficsim.TraffickingModel("permit_reform", rng=3, scale=SMALL).scenario.arm == "permit_reform"
    with pytest.raises(UserError, match="given twice"):
        trafficsim.TraffickingModel("permit_reform", arm="status_quo")


def test_saying_the_same_twice_is_no_contradiction():
    arm = load_arm("permit_reform")
    scenario = TraffickingScenario(rng=3, scale=SMALL, arm=arm)
    model = trafficsim.TraffickingModel(scenario=scenario, rng=3, arm=arm, scale=SMALL)
    assert (model.seed, model.arm) == (3, arm)
    assert trafficsim.TraffickingModel(scenario=TraffickingScenario(rng=3, scale=SMALL), rng=None).seed == 3
