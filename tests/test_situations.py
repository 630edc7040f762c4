"""Every situation that somebody wrote down comes true; ``situations/README.md`` explains how to read and to add one."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from situations import luck, words
from situations.expectations import differences
from situations.reading import FOLDER, Situation, situation, situations_in

from trafficsim.catalog.reading import read_mapping
from trafficsim.engine.draws import uniform
from trafficsim.errors import UserError
from trafficsim.policy import LEVER_NAMES
from trafficsim.processes.circumstances import Switches
from trafficsim.processes.vocabulary import Draw, Status

ALL = {
    f"{path.stem}: {title}": one
    for path in sorted(FOLDER.glob("[0-9]*.yaml"))
    for title, one in situations_in(path).items()
}


def find(title: str) -> Situation:
    titles = {name.partition(": ")[2]: one for name, one in ALL.items()}
    return titles[words.pick(title, titles, "higher_than or lower_than", "situation")]


@pytest.mark.parametrize("name", ALL)
def test_situation(name: str) -> None:
    told = differences(ALL[name], find)
    assert not told, f"{ALL[name].where}: " + "; ".join(told) + "."


# The situations together.


def test_they_speak_of_every_lever_switch_and_status() -> None:
    assert len(ALL) >= 60
    assert {lever for one in ALL.values() for lever in one.arm.levers} == set(LEVER_NAMES)
    switched = {switch for one in ALL.values() for switch in one.feedbacks}
    assert switched == set(Switches._fields) - {"pull"}  # the pull acts on how many leave, not on a life
    begun = {Status(int(one.person.get("status", Status.IN_HIDING))) for one in ALL.values() if one.person}
    ended = {one.then["status"] for one in ALL.values() if "status" in one.then}
    assert {words.spoken(status) for status in begun} | ended == {words.spoken(status) for status in Status}


def test_every_event_comes_about_in_one_of_them() -> None:
    told: set[str] = set()
    for one in ALL.values():
        told |= set(one.then.get("happened", ()))
        told |= {name for name, number in one.then.get("counted", {}).items() if number}
        told |= set(one.then.get("of_4000_such_lives", {}).get("happened", {}))
    assert told == set(words.EVENTS)


def test_every_draw_of_a_life_is_named_in_one_of_them() -> None:
    named = {draw for one in ALL.values() for month in one.luck for draw in month}
    which_of_several = {
        Draw.BROKER_PICK, Draw.STALL, Draw.PARTNER_PICK, Draw.SELLER_PICK_SOLD_ON, Draw.SELLER_PICK_IN_HIDING,
    }  # fmt: skip
    assert named == set(Draw) - which_of_several - set(luck.BEFORE_THE_MONTH)


# What is wrong is told.

RIGHT = """
because: [S32]
month: 2024-05
policy: {lawful_stay: 0.5}
person: {status: forced marriage, permit: surveillance, age: 30}
household: {compliance: 1.0}
luck: {detected: happens}
then: {status: in custody, happened: [assurance broken, detected], person: {identified: no}, counted: {detained month: 1}}
"""


def changed(*change: tuple[str, Any]) -> dict[str, Any]:
    content = yaml.safe_load(RIGHT)
    for place, value in change:
        *way, last = place.split(".")
        inner = content
        for key in way:
            inner = inner[key]
        inner[last] = value
    return content


def test_the_example_of_these_tests_is_true() -> None:
    assert not differences(situation(changed(), "mine"), find)


SLIPS = {
    "a key": ("polcy", "status_quo", "Did you mean 'policy'?"),
    "a key of then": ("then.hapened", [], "Did you mean 'happened'?"),
    "a column": ("person.permitt", "none", "Did you mean 'permit'?"),
    "a status": ("person.status", "forced mariage", "Did you mean 'forced marriage'?"),
    "yes or no": ("person.identified", 1, "write yes or no"),
    "a number": ("household.compliance", "much", "write a number"),
    "a draw": ("luck.detectd", "happens", "Did you mean 'detected'?"),
    "a draw before the month": ("luck.household preference", "happens", "settled before"),
    "luck": ("luck.detected", "maybe", "write happens, does not happen, or a number"),
    "an arm": ("policy", "letter_pakage", "Did you mean 'letter_package'?"),
    "a lever": ("policy.lawful_sty", 1.0, "Did you mean 'lawful_stay'?"),
    "places of a lever that has none": ("policy.moratorium", {"places": 1}, "no capacity"),
    "coverage": ("policy.lawful_stay", 2, "levers.lawful_stay.coverage"),
    "a month": ("month", "2024-13", "Write it as YYYY-MM"),
    "months": ("months", 0, "a whole number from 1"),
    "luck of too few months": ("luck", [{}, {}], "luck is written for 2"),
    "evidence": ("because", ["S320"], "there is no evidence 'S320'"),
    "no evidence": ("because", [], "list ids of evidence"),
    "a process": ("parameters", {"surveilance": {}}, "Did you mean 'surveillance'?"),
    "a parameter": ("parameters", {"surveillance": {"assurance_kep": 0.1}}, "Did you mean 'assurance_kept'?"),
    "a range": ("parameters", {"surveillance": {"assurance_kept": 3}}, "allowed are numbers from 0 to 0.8"),
    "a switch": ("feedbacks", {"feer": False}, "Did you mean 'fear'?"),
    "a series": ("circumstances", {"demand": 1}, "Did you mean 'demand_index'?"),
    "an event": ("then.happened", ["detectd"], "Did you mean 'detected'?"),
    "a counted event": ("then.counted", {"detained months": 1}, "Did you mean 'detained month'?"),
    "a status in the end": ("then.status", "in custdy", "Did you mean 'in custody'?"),
    "a column in the end": ("then.person", {"identifid": False}, "Did you mean 'identified'?"),
    "a child that there is not": ("then.child", {"sold": True}, "there is no child in this situation"),
    "a broker that there is not": ("then.broker", {"active": True}, "there is no broker in this situation"),
    "a rule": ("then.chances", [{"rule": "surveillance.detection_chanc", "is": 1}], "surveillance.detection_chance"),
    "what a rule reads": (
        "then.chances",
        [{"rule": "surveillance.detection_chance", "complianc": 1, "is": 1}],
        "Did you mean 'compliance'?",
    ),
    "what a rule needs": ("then.chances", [{"rule": "surveillance.detection_chance", "is": 1}], "needs 'effort_share'"),
    "no comparison": ("then.chances", [{"rule": "custody.screening_chance"}], "say what"),
    "another situation": (
        "then.chances",
        [{"rule": "custody.screening_chance", "higher_than": "Today it does nt"}],
        "Did you mean 'Today it does not'?",
    ),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_told_with_the_nearest_right_word(slip: str) -> None:
    place, value, sentence = SLIPS[slip]
    with pytest.raises(UserError) as told:
        differences(situation(changed((place, value)), "mine"), find)
    assert sentence in str(told.value)
    assert str(told.value).startswith(("mine", "policy", "There is no arm", "'2024-13'", "higher_than"))


@pytest.mark.parametrize("missing", ["because", "month", "then"])
def test_what_is_missing_is_told(missing: str) -> None:
    content = changed()
    del content[missing]
    with pytest.raises(UserError, match=f"the key '{missing}' is missing"):
        situation(content, "mine")


@pytest.mark.parametrize(
    ("place", "value", "sentence"),
    [
        ("then.status", "in hiding", "the status is 'in custody', not 'in hiding'"),
        ("then.happened", ["detected"], "what happened is [assurance broken, detected], not [detected]"),
        ("then.happened", [], "not []"),
        ("then.counted", {"detained month": 2}, "'detained month' was counted 1 times, not 2"),
        ("then.person", {"identified": True}, "person.identified is no, not yes"),
        ("then.person", {"age": 31}, "person.age is 30, not 31"),
        ("then.person", {"trust": 0.5}, "person.trust is"),
        ("then.person", {"held": True}, "person.held is no, not yes"),
        ("then.chances", [{"rule": "custody.screening_chance", "is": 0.5}], "should be: is 0.5"),
        ("then.of_4000_such_lives", {"happened": {"detected": 0.5}}, "luck would allow"),
        ("then.of_4000_such_lives", {"status": {"in custody": {"between": [0.5, 1.0]}}}, "should be: between"),
    ],
)
def test_what_does_not_follow_is_told(place: str, value: Any, sentence: str) -> None:
    assert any(sentence in told for told in differences(situation(changed((place, value)), "mine"), find))


def test_a_file_may_not_tell_two_things_under_one_title(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("one: {because: [S32]}\none: {because: [S33]}\n")
    with pytest.raises(UserError, match=r"mine\.yaml.*'one' is written twice"):
        situations_in(path)


def test_the_page_for_lawyers_shows_situations_as_they_are() -> None:
    page = (FOLDER.parents[1] / "docs" / "situations.md").read_text(encoding="utf-8")
    shown = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(\w.*?)```", page, re.DOTALL)]
    kept = {title: content for path in FOLDER.glob("[0-9]*.yaml") for title, content in read_mapping(path).items()}
    assert len(shown) == 2
    for block in shown:
        for title, content in block.items():
            assert content == kept[title]


# Luck is what was asked for.

keys = st.integers(0, 2**64 - 1)


@settings(derandomize=True, deadline=None, database=None)
@given(keys, st.floats(0.0, 1.0, exclude_max=True))
def test_a_stamp_gives_this_life_this_draw(key: int, draw: float) -> None:
    assert uniform(np.uint64(key), np.uint64(luck.stamp_for(key, draw))) == pytest.approx(draw, abs=1e-15)


@settings(derandomize=True, deadline=None, database=None)
@given(keys, st.integers(0, 600))
def test_names_come_apart_again(name: int, number: int) -> None:
    assert luck.unjoin(luck.joined(name, number), number) == name


@pytest.mark.parametrize("happens", [(), luck.STAY[:1], luck.STAY[1:3], luck.STAY])
def test_a_stay_in_custody_goes_as_told(happens: tuple[Draw, ...]) -> None:
    stay = luck.joined(luck.key_for_stay(dict.fromkeys(happens, luck.HAPPENS), 340), 340)
    for draw in luck.STAY:
        drawn = uniform(np.uint64(stay), int(draw))
        assert drawn < 0.02 if draw in happens else drawn > 0.98
