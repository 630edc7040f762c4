"""One life under two policies: told as it was lived, and parted by the rule that its luck was held against."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

import trafficsim.processes
from trafficsim import cli
from trafficsim.catalog import catalog
from trafficsim.configuration import configure
from trafficsim.engine.calendar import month_index, month_label
from trafficsim.engine.draws import fill_stamps, uniform
from trafficsim.errors import UserError
from trafficsim.experiments.deciding import DECIDED_BY, STEPS, happens, place_in_month, rule_named, rules_of, step_of
from trafficsim.experiments.parting import UNTOLD, lives_that_part, parted_at, parting_of
from trafficsim.experiments.replicate import plan_of, run_task
from trafficsim.policy import LEVERS
from trafficsim.processes.vocabulary import Draw, Event, Status
from trafficsim.report.life_story import in_words, levers_explain

FOLDER = Path(trafficsim.processes.__file__).parent
SETTINGS = ["scale=0.02", "years=4", "replicates=1", "draws=0", "workers=1"]
PACKAGE = "arms=[status_quo,letter_package]"
DRAWN = {
    "life.report_chance": Draw.REPORTS,
    "life.met_outside_chance": Draw.MET_OUTSIDE,
    "surveillance.permit_becomes_status_chance": Draw.PERMIT_BECOMES_STATUS,
    "surveillance.takes_permit_chance": Draw.TAKES_PERMIT,
    "surveillance.detection_chance": Draw.DETECTED,
    "departure.share_deceived_or_abducted": Draw.CANDIDATE_MODE,
}
"""Rules whose chance is held against one draw of the month, and that draw."""


@pytest.fixture(scope="module")
def package():
    return configure([*SETTINGS, PACKAGE, "output.events=true", "output.monthly=false"])


@pytest.fixture(scope="module")
def parting_lives(package):
    return lives_that_part(package)


# Which rules decide an event.


def test_every_event_of_a_life_has_its_rules(package) -> None:
    outcome = run_task(package, plan_of(package)[0])
    logged = {Event(int(event)) for run in outcome.runs for event in np.unique(run.events["event"])}
    assert len(logged) > 50
    assert logged <= {event for events in DECIDED_BY.values() for event in events}
    assert set(UNTOLD) < logged


@pytest.mark.parametrize("step", STEPS)
def test_steps_and_events_are_those_of_the_code(step: str) -> None:
    advance = (FOLDER / "month.py").read_text().partition("def advance")[2]
    order = [name for name in re.findall(r"^    (\w+)\.\w+\(", advance, re.MULTILINE) if name in STEPS]
    assert list(dict.fromkeys(order)) == list(STEPS)
    text = (FOLDER / f"{step}.py").read_text() + (FOLDER / "happenings.py").read_text()
    for event, names in DECIDED_BY.get(step, {}).items():
        assert f"Event.{event.name}" in text
        for name in names:
            rule = rule_named(name)
            assert rule.says and set(rule.levers) <= set(LEVERS)
        assert (
            step_of(event, Status.IN_CUSTODY if step == "custody" else Status.IN_HIDING if step == "life" else None)
            == step
        )


def test_the_catalogues_rules_are_among_them() -> None:
    for name, transition in catalog().transitions.items():
        rules = {rule.name for rule in rules_of(Event[name.upper()], transition.step)}
        assert f"{transition.step}.{transition.rule}" in rules, name
        assert happens(Event[name.upper()]) == transition.label


def test_rules_say_what_they_read() -> None:
    removal = rule_named("custody.removal_chance")
    assert removal.levers == ("moratorium",) and not removal.hinders
    assert removal.says.startswith("Chance a month that a person awaiting return is removed")
    assert rule_named("-surveillance.spared_chance").hinders
    assert rule_named("surveillance.detection_chance").levers == ("data_firewall", "permit_surveillance")


def test_two_courses_are_parted_where_the_first_event_differs() -> None:
    a = [(5, Event.CROSSED, 0), (6, Event.DETECTED, 0), (6, Event.REMOVED, 0)]
    b = [(5, Event.CROSSED, 0), (6, Event.DETECTED, 0), (6, Event.RISK_ASSESSED, 0), (7, Event.PROTECTED, 0)]
    assert (parted_at(a, b), parted_at(a, a[:2]), parted_at(a, a), parted_at([], b)) == (2, 2, 3, 0)
    # A month asks after risk before it removes, and finds people before it decides on custody.
    assert place_in_month(Event.RISK_ASSESSED, "custody") < place_in_month(Event.REMOVED, "custody")
    assert place_in_month(Event.DETECTED, "surveillance") < place_in_month(Event.RISK_ASSESSED, "custody")
    assert step_of(Event.PROTECTED, Status.IN_CUSTODY) == "custody" != step_of(Event.PROTECTED, Status.FORCED_MARRIAGE)


# Lives of a real run.


def test_a_life_is_told_as_the_event_log_has_it(package, parting_lives) -> None:
    outcome = run_task(package, plan_of(package)[0])
    for one in parting_lives[:3]:
        life = parting_of(package, one.key)
        assert (life.fate_a, life.fate_b) == (one.fate_a, one.fate_b) and life.parting is not None
        for run, course in zip(outcome.runs[1:], (life.under_a, life.under_b), strict=True):
            log = np.concatenate([outcome.runs[0].events, run.events])
            own = log[log["person_key"] == np.uint64(int(one.key, 16))]
            expected = [
                (month_label(month), happens(Event(event))) for month, event, _ in own.tolist() if event not in UNTOLD
            ]
            told = [(each.month, each.event) for each in (*life.shared, *course) if each.child == 0]
            assert told == expected


def test_the_luck_lies_between_what_the_rule_gave(package, parting_lives) -> None:
    """The proof that the right rule is named: what it gave under one arm is above the draw, under the other below it."""
    checked = set()
    for key in [*dict.fromkeys(one.key for one in parting_lives)][:10]:
        life = parting_of(package, key)
        parting = life.parting
        assert parting is not None and parting.month >= "2024-04"
        if parting.rule.name not in DRAWN:
            continue
        stamps = np.zeros(len(Draw), np.uint64)
        fill_stamps(stamps, life.seed, month_index(parting.month))
        luck = uniform(np.uint64(int(life.key, 16)), stamps[DRAWN[parting.rule.name]])
        low, high = sorted((parting.gave_a, parting.gave_b))
        assert low <= luck < high
        assert parting.only_under == life.arms[int(parting.gave_b > parting.gave_a)]
        checked.add(parting.rule.name)
    assert len(checked) >= 2


def test_a_lever_of_custody_parts_lives_in_custody_first() -> None:
    configuration = configure([*SETTINGS, "arms=[status_quo,non_refoulement_only]"])
    keys = [*dict.fromkeys(one.key for one in lives_that_part(configuration))][:10]
    partings = [parting_of(configuration, key).parting for key in keys]
    first = min(partings, key=lambda parting: parting.month)
    assert (first.rule.name, first.event) == ("custody.assessment_chance", "risk assessed")
    assert first.levers[0].what == "Non-refoulement assessment"
    for parting in partings:
        if parting.levers:
            assert parting.rule.step == "custody" and levers_explain(parting)
        else:  # downstream of what it did to others
            assert parting.own or parting.around or parting.step in ("brokerage", "market")


@pytest.mark.relation(
    "Under the same policy no life parts from itself.",
    kind="equality", level="whole model",
    reach="a policy without levers",
)  # fmt: skip
def test_the_same_policy_parts_no_life(tmp_path: Path, parting_lives) -> None:
    (tmp_path / "arm").mkdir()
    (tmp_path / "arm" / "empty.yaml").write_text("title: Nothing\nsummary: No lever moves.\nlevers: {}\n")
    same = configure([*SETTINGS, "arms=[status_quo,empty]"], [tmp_path])
    assert lives_that_part(same) == []
    life = parting_of(same, parting_lives[0].key)
    assert life.parting is None and life.under_a == life.under_b == () and life.shared
    assert life.fate_a == life.fate_b == parting_lives[0].fate_a


def test_children_belong_to_her_story(package, parting_lives) -> None:
    (one,) = (one for one in parting_lives if one.kind == "spared: separated from a child")
    life = parting_of(package, one.key)
    under_a = [*life.shared, *life.under_a]
    assert {each.event for each in under_a if each.child == 1} >= {"child born", "child separated"}
    born = next(each.month for each in under_a if each.child == 1)
    assert born in {each.month for each in under_a if each.event == "gave birth"}
    assert (
        in_words("child born", 1) == "first child: born" and in_words("crosses the border", 0) == "crosses the border"
    )


@pytest.mark.parametrize(
    ("key", "told"),
    [("00c0ffee00c0ffee", "There is no life 00c0ffee00c0ffee in replicate 0"), ("c0ffee", "16 hexadecimal"), ("x" * 16, "16 hex")],
)  # fmt: skip
def test_a_key_that_names_nobody_is_told(package, key: str, told: str) -> None:
    with pytest.raises(UserError, match=told):
        parting_of(package, key)


# The command.


def test_the_command_lists_lives_and_tells_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    words = ["scale=0.02", "years=3"]
    assert cli.main(["life", *words, "--json"]) == 0
    lives = json.loads(capsys.readouterr().out)
    kinds = [one["kind"] for one in lives]
    assert "spared: removed" in kinds and "another fate" in kinds
    assert cli.main(["life", *words]) == 0
    shown = capsys.readouterr().out
    assert all(one["key"] in shown for one in lives) and "trafficsim life KEY" in shown
    key = lives[kinds.index("spared: removed")]["key"]
    assert cli.main(["life", key, *words, "--json"]) == 0
    life = json.loads(capsys.readouterr().out)
    assert life["key"] == key and life["arms"] == ["status_quo", "letter_package"]
    assert cli.main(["life", key, *words]) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    told = " ".join(out.split())
    assert f"They part in {life['parting']['month']}, in the step" in told
    assert f"The rule asked is {life['parting']['rule']['name']}: “{life['parting']['rule']['says']}”" in told
    assert "stands for, nobody" in told and "is forcibly returned" in told


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["0" * 16, "1" * 16], "one life at a time"),
        (["0" * 16, "scale=0.005", "years=1"], "There is no life"),
        (["arms=[status_quo,letter_package,pre_2020]"], r"under two arms; here are 3"),
        (["arms=[status_quo]"], "here are 1"),
        (["replicate=x"], "replicate=x: it should be a whole number, 0 or more"),
        (["draw=3", "scale=0.005"], "draw=3: these settings have 0 draws"),
    ],
)
def test_mistakes_are_sentences(words: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["life", *words]) == 2
    out, err = capsys.readouterr()
    assert told in err and err.count("\n") == 1 and out == ""
