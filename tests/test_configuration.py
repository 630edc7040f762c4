"""Arms and configurations: what a lawyer writes, what is refused, and that two ways to say one thing are one study."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import trafficsim.configuration
from trafficsim.catalog import catalog
from trafficsim.configuration import Configuration, Executor, Output, Study, configure
from trafficsim.engine.calendar import month_index, month_label
from trafficsim.errors import UserError
from trafficsim.policy import LEVER_NAMES, LEVERS, Arm, Levers, LeverValue, arm_names, levers_at, load_arm

MINE = """\
title: Mine
summary: A trial of my own.
levers:
  identification: {coverage: 0.15, start: 2025-01, ramp_months: 6, capacity: 40, because: question 2}
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    for name, text in [("arm/mine.yaml", MINE), ("study/mine.yaml", "name: mine\nyears: 3\n")]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize("name", arm_names())
def test_every_arm_of_the_package_says_what_it_is_and_why(name: str) -> None:
    arm = load_arm(name)
    assert arm.title and arm.summary
    assert all(value.because for value in arm.levers.values())
    assert Arm.from_plain(json.loads(json.dumps(arm.plain()))) == arm


def test_each_protective_lever_has_an_arm_of_its_own() -> None:
    for name in (name for name, lever in LEVERS.items() if lever.kind == "protective"):
        assert list(load_arm(f"{name}_only").levers) == [name]
    assert load_arm("status_quo").levers == {}


def test_the_package_of_the_letter_answers_every_question() -> None:
    levers = load_arm("letter_package").levers
    assert {question for name in levers for question in LEVERS[name].questions} == {f"Q{n}" for n in range(1, 9)}
    assert not {"moratorium", "origin_decriminalisation", "removal_enforcement"} & set(levers)
    without = load_arm("letter_package_without_accountability").levers
    assert set(levers) - set(without) == {"accountability"}


def test_the_exception_of_article_33_is_not_cited_as_the_rule() -> None:
    for name in arm_names():
        assert "33(2)" not in str(load_arm(name).plain())


def test_arms_join_with_a_plus() -> None:
    both = load_arm("letter_package+border_reopened")
    assert set(both.levers) == set(load_arm("letter_package").levers) | {"border_reopening"}
    assert both.name == "letter_package+border_reopened"
    assert "Border reopened" in both.title
    assert load_arm("permit_reform+permit_reform").levers == load_arm("permit_reform").levers


def test_arms_that_disagree_are_not_joined() -> None:
    with pytest.raises(UserError, match=r"'letter_package' and 'permit_reform'.*permit_surveillance.*differently"):
        load_arm("letter_package+permit_reform")


@pytest.mark.parametrize("name", ["letter_pakage", "", "a+", "../arm/status_quo", "letter_package+"])
def test_an_unknown_arm_is_told(name: str) -> None:
    with pytest.raises(UserError, match="There is no arm"):
        load_arm(name)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("identification:", "identificaton:", "Did you mean 'identification'"),
        ("coverage: 0.15", "coverage: 15", r"coverage = 15: allowed is a number from 0.0 to 1.0"),
        ("coverage: 0.15", "covrage: 0.15", "Did you mean 'coverage'"),
        ("start: 2025-01", "start: 2025", "YYYY-MM"),
        ("ramp_months: 6", "ramp_months: 6.5", "ramp_months"),
        ("capacity: 40", "capacity: -1", "capacity"),
        ("title: Mine", "tilte: Mine", "arm/mine.yaml"),
        ("title: Mine", "title: Mine\ntitle: Yours", "line 2.*written twice"),
        ("identification: {", "non_punishment: {", "no capacity"),
    ],
)
def test_a_slip_in_an_arm_is_told(own: Path, old: str, new: str, told: str) -> None:
    path = own / "arm/mine.yaml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(UserError, match=told) as error:
        load_arm("mine", [own])
    assert "mine.yaml" in str(error.value)


def test_a_schedule_rises_from_the_status_quo_to_the_arm() -> None:
    arm = Arm("x", "X", "x", {"identification": LeverValue(0.8, ramp_months=3, capacity=50.0)})
    start = month_index("2024-04")
    schedule, capacity = arm.lever_schedule(catalog(), start + 24, "2024-04")
    column = LEVER_NAMES.index("identification")
    assert schedule[:start, column].tolist() == [0.0] * start
    assert schedule[start : start + 6, column] == pytest.approx([0.2, 0.4, 0.6, 0.8, 0.8, 0.8])
    assert capacity[column] == 50
    assert np.isinf(np.delete(capacity, column)).all()
    untouched = np.delete(schedule, column, axis=1)
    assert (untouched == np.delete(catalog().lever_baseline(start + 24), column, axis=1)).all()


def test_without_a_ramp_a_lever_acts_at_once() -> None:
    arm = load_arm("surveillance_removed")
    schedule, _ = arm.lever_schedule(catalog(), 400, 339)
    row = levers_at(schedule[339])
    assert isinstance(row, Levers)
    assert (levers_at(schedule[338]).permit_surveillance, row.permit_surveillance) == (1.0, 0.0)


@given(
    coverage=st.floats(0, 1),
    ramp=st.integers(0, 60),
    start=st.integers(0, 500),
    name=st.sampled_from(LEVER_NAMES),
)
def test_a_schedule_stays_between_status_quo_and_goal_and_arrives(coverage, ramp, start, name) -> None:
    arm = Arm("x", "X", "x", {name: LeverValue(coverage, start=month_label(start), ramp_months=ramp)})
    schedule, _ = arm.lever_schedule(catalog(), 600, 0)
    baseline, column = catalog().lever_baseline(600), LEVER_NAMES.index(name)
    assert (schedule[:start] == baseline[:start]).all()
    assert schedule.min() >= 0.0
    assert schedule.max() <= 1.0
    assert schedule[start + ramp :, column] == pytest.approx(coverage)


def test_what_is_not_said_is_the_default() -> None:
    configuration = configure()
    assert configuration.arms[0].name == "status_quo"
    assert (configuration.study.policy_start, configuration.study.years) == ("2024-04", 10)
    assert configuration.parameters == {}
    assert configuration.study.feedbacks.fear is True


def test_the_files_called_default_say_what_is_built_in() -> None:
    folder = Path(trafficsim.configuration.__file__).parent / "configs"
    for group, name, kind in [
        ("study", "default", Study), ("output", "default", Output), ("executor", "processes", Executor)
    ]:  # fmt: skip
        written = yaml.safe_load((folder / group / f"{name}.yaml").read_text())
        assert json.loads(json.dumps(dataclasses.asdict(kind()))).items() >= written.items()
        assert written.keys() >= dataclasses.asdict(kind()).keys() - {"address"}


def test_short_and_long_names_say_the_same() -> None:
    assert configure(["scale=0.1", "seed=7"]) == configure(["study.scale=0.1", "study.seed=7"])
    assert configure(["study=teaching"]).study.scale == 0.05
    assert configure(["study=teaching", "scale=2"]).study.scale == 2.0


def test_an_arm_can_be_changed_where_it_is_named() -> None:
    configuration = configure(
        ["arms=[status_quo]", "arm=letter_package+border_closed", "arm.levers.assistance.coverage=0.4"]
    )
    assert [arm.name for arm in configuration.arms] == ["status_quo", "letter_package+border_closed"]
    assert configuration.arms[1].levers["assistance"].coverage == 0.4
    assert configuration.arms[1].levers["border_closure"].coverage == 1.0
    assert configuration.arms[1].title == "The letter's full package + Border closed"


def test_the_hash_follows_what_results_depend_on() -> None:
    base = configure(["arms=[status_quo]"])
    assert base.hash() == configure(["arms=[status_quo]", "workers=3", "output.folder=elsewhere"]).hash()
    changed = [
        "scale=0.5",
        "seed=1",
        "years=3",
        "study.feedbacks.pull=false",
        "arm=permit_reform",
        "policy_start=2020-01",
    ]
    hashes = {configure(["arms=[status_quo]", change]).hash() for change in changed}
    assert len(hashes | {base.hash()}) == len(changed) + 1
    json.dumps(base.plain(), allow_nan=False)


def test_a_parameter_set_to_its_default_is_the_same_study() -> None:
    process, named = next(iter(catalog().parameters.items()))
    name, parameter = next(iter(named.items()))
    low, high = parameter.range
    other = high if parameter.default != high else low
    key = f"parameters.{process}.{name}"
    assert configure([f"{key}={parameter.default!r}"]).hash() == configure().hash()
    assert configure([f"{key}={other!r}"]).parameters == {process: {name: other}}


def test_files_of_ones_own(own: Path) -> None:
    configuration = configure(["study=mine", "arms=[status_quo,mine]"], config_dirs=[own])
    assert (configuration.study.name, configuration.study.years, configuration.study.replicates) == ("mine", 3, 4)
    assert configuration.arms[1].levers["identification"].capacity == 40
    assert configure(["arms=[status_quo]", "arm=mine"], [own]).arms[1] == configuration.arms[1]
    searched = configure([f"hydra.searchpath=[file://{own}]", "arms=[mine]"])
    assert searched.arms[0] == configuration.arms[1]


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("scale=0.0004", r"scale = 0.0004: allowed is a number from 0.0005 to 200"),
        ("scale=201", "0.0005 to 200"),
        ("scale=nan", "0.0005 to 200"),
        ("replicates=0", r"replicates = 0: allowed is a whole number from 1 to 100000"),
        ("replicates=2.5", "whole number from 1 to 100000"),
        ("years=51", "1 to 50"),
        ("years=true", "1 to 50"),
        ("seed=-1", "from 0 to 9223372036854775807"),
        ("seed=9223372036854775808", "from 0 to 9223372036854775807"),
        ("workers=257", "0 to 256"),
        ("policy_start=2024-13", "YYYY-MM, from 1996-01 to 2040-01"),
        ("policy_start=1995-12", "YYYY-MM, from 1996-01 to 2040-01"),
        ("policy_start=2040-02", "YYYY-MM, from 1996-01 to 2040-01"),
        ("study.feedbacks.fear=maybe", "true or false"),
        ("study.feedbacks.feer=true", r"unknown key 'study.feedbacks.feer'. Did you mean 'fear'"),
        ("replicats=3", r"unknown key 'replicats'. Did you mean 'replicates'"),
        ("+replicats=3", "Did you mean 'replicates'"),
        ("+study.replicats=3", "Did you mean 'replicates'"),
        ("study=teachin", "Did you mean 'teaching'"),
        ("arm=letter_pakage", "Did you mean 'letter_package'"),
        ("arms=[status_qo]", "Did you mean 'status_quo'"),
        ("arms=[]", "No arm is named"),
        ("arms=[status_quo,status_quo]", "twice"),
        ("parameters.nowhere.x=1", "unknown key 'parameters.nowhere'"),
        ("+parameters.nowhere.x=1", "no process 'nowhere'"),
        ("scale", "'scale' cannot be read"),
        ("scale=1,2", "add -m"),
        ("scale=${nothing}", "nothing"),
        ("study=7", "must be a string"),
    ],
)
def test_a_wrong_setting_is_told_in_one_sentence(override: str, told: str) -> None:
    with pytest.raises(UserError, match=told) as error:
        configure([override])
    assert "\n" not in str(error.value)


def test_a_lever_that_would_never_act_is_told() -> None:
    for start in ("2024-03", "2034-04"):
        with pytest.raises(UserError, match=f"data_firewall.start = {start}"):
            configure(["arm=data_firewall_only", f"arm.levers.data_firewall.start={start}"])


def test_a_slip_in_a_file_of_ones_own_names_the_file(own: Path) -> None:
    (own / "study/mine.yaml").write_text("replicats: 3\n")
    with pytest.raises(UserError, match=r"study/mine.yaml: unknown key 'replicats'. Did you mean 'replicates'"):
        configure(["study=mine"], [own])
    (own / "study/mine.yaml").write_text("years: 3\nyears: 4\n")
    with pytest.raises(UserError, match=r"study/mine.yaml, line 2: the key 'years' is written twice"):
        configure(["study=mine"], [own])
    with pytest.raises(UserError, match="no configuration folder"):
        configure([], [own / "nowhere"])


@pytest.mark.parametrize(
    "override",
    [
        "+_target_=os.system",
        "+study._target_=os.system",
        "+study={_target_: os.system}",
        '+study.x={"_target_": os.system}',
        "hydra.launcher._target_=os.system",
        "+hydra.callbacks={x: {_target_: os.system}}",
        "++_x.y=1",
    ],
)
def test_a_configuration_cannot_call_code(override: str) -> None:
    with pytest.raises(UserError, match="may not call code"):
        configure([override])


@pytest.mark.parametrize(
    ("name", "text", "overrides"),
    [
        ("study/evil.yaml", "_target_: os.system\n", ["study=evil"]),
        ("arm/evil.yaml", MINE + "_target_: os.system\n", ["arm=evil"]),
        ("arm/evil.yaml", MINE + "_target_: os.system\n", ["arms=[evil]"]),
        ("evil/evil.yaml", "# @package hydra.callbacks\nx: {_target_: os.system}\n", ["+evil=evil"]),
    ],
)
def test_a_file_cannot_call_code(own: Path, name: str, text: str, overrides: list[str]) -> None:
    (own / name).parent.mkdir(exist_ok=True)
    (own / name).write_text(text)
    with pytest.raises(UserError, match=r"may not call code|unknown key '_target_'"):
        configure(overrides, [own])


def test_a_configuration_cannot_be_changed() -> None:
    configuration: Configuration = configure()
    with pytest.raises(AttributeError):
        configuration.study.scale = 2.0  # type: ignore[misc]


def test_configure_works_inside_a_hydra_program() -> None:
    from hydra import compose, initialize_config_module
    from hydra.core.global_hydra import GlobalHydra

    with initialize_config_module("trafficsim.configs", version_base="1.3"):
        configure(["years=2"])
        assert compose("output/default").output.folder == "results"
    assert not GlobalHydra.instance().is_initialized()
