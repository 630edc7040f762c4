"""A fixed study comes out as it did, to the bit; and where results differ, the first month, life and rule are told."""

import copy
import json
import shutil
import sqlite3
from contextlib import closing

import pandas as pd
import pytest
from benchmarks import golden

import trafficsim as ts
from trafficsim import cli
from trafficsim.analysis.divergence import divergence
from trafficsim.analysis.explained import explain_arms, explain_files
from trafficsim.errors import UserError
from trafficsim.processes.vocabulary import LABELS, Event

ARMS = ["status_quo", "letter_package"]
SETTINGS = {
    "scale": 0.02, "policy_start": "2012-01", "years": 2, "replicates": 2, "draws": 0, "executor": "inline",
    "output__events": True,
}  # fmt: skip


@pytest.fixture(scope="module")
def known():
    return json.loads(golden.GOLDEN.read_text())


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stability")
    found = {}
    for name, more in (("usual", {}), ("changed", {"parameters": {"custody": {"assessment_sensitivity": 0.6}}})):
        found[name] = ts.compare(ARMS, **SETTINGS, **more).save(folder / f"{name}.sqlite")
    return found


def test_the_fixed_study_comes_out_as_it_did(known):
    said = golden.verdict(known, golden.lived())
    assert not said, said


def test_the_fixed_study_has_what_could_change(known):
    assert len(known["runs"]) == len(golden.WORLDS) * 2 * (len(golden.ARMS) + 1)
    assert {table for run in known["runs"].values() for table in run} == {"totals", "monthly", "stocks", "events"}
    arms = [known["runs"][f"middle, draw 0, replicate 0, {arm}"]["events"]["all"] for arm in golden.ARMS]
    assert len(set(arms)) == len(arms)


def changed(known, value, *path):
    other = copy.deepcopy(known)
    at = other
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return other


RUN = "middle, draw 0, replicate 1, status_quo"
TABLE = ("runs", RUN, "monthly", "2025-03")


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (TABLE, lambda old: f"0123456789 {old.partition(' ')[2]}", "only last bits differ"),
        (TABLE, lambda _: "0123456789 9876543210", f"results differ, first in monthly of {RUN}, 2025-03. To see"),
        (("rules",), lambda _: "3-00000000", "comes out as before. Since the rules' text changed as well: write"),
        (("people", "status_quo, migrants", "status"), lambda _: "0123456789", "first in status of status_quo, migrants."),
    ],
)  # fmt: skip
def test_a_change_is_told_in_sentences(known, path, value, said):
    old = known
    for key in path:
        old = old[key]
    assert said in golden.verdict(known, changed(known, value(old), *path))


def test_what_to_do_depends_on_whether_the_rules_changed(known):
    other = changed(known, "0 0", *TABLE)
    assert "trafficsim explain OLD/middle.sqlite NEW/middle.sqlite" in golden.verdict(known, other)
    assert "Neither the rules' text" in golden.verdict(known, other)
    told = golden.verdict(known, changed(other, "2-ffffffff", "rules"))
    assert "write the golden hashes anew with 'make golden', and note in CHANGELOG.md" in told


def test_equal_files_have_no_first_difference(files, capsys):
    assert cli.main(["explain", str(files["usual"]), str(files["usual"])]) == 0
    assert "No life differs" in capsys.readouterr().out


def test_one_assumption_changed_is_named_with_the_rule_that_reads_it(files, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    found = explain_files(files["usual"], files["changed"])
    assert found.changed == {"custody.assessment_sensitivity": ("as in the catalogue", "0.6")}
    assert found.first.lives.first.step == "custody"
    assert "custody.risk_found_chance" in [rule.name for rule in found.first.lives.first.rules]
    assert any(
        source.startswith("trafficsim/processes/custody.py, line ") for source in found.first.lives.first.sources
    )
    assert cli.main(["explain", str(files["usual"]), str(files["changed"])]) == 1
    out = capsys.readouterr().out
    assert f"The first difference is in {found.first.lives.month}" in out
    assert found.first.lives.first.key in out


def test_two_arms_part_where_the_life_followed_through_them_parts(files):
    found = explain_arms(files["usual"], ("status_quo", "letter_package"))
    first = found.first
    story = ts.open(files["usual"]).life(first.lives.first.key, replicate=first.replicate).story
    if story.parting is None:  # the key is a child's, told within its mother's life
        pytest.skip("the first life is a child")
    assert story.parting.month == first.lives.month
    assert story.parting.rule.name in [rule.name for rule in first.lives.first.rules]


def test_an_event_taken_out_of_a_file_is_found(files, tmp_path):
    doctored = tmp_path / "doctored.sqlite"
    shutil.copy(files["usual"], doctored)
    with closing(sqlite3.connect(doctored)) as connection, connection:
        row, key, month = connection.execute(
            "select events.rowid, person_key, month from events join study_runs using (run) "
            "where arm = 'status_quo' and replicate = 1 order by events.rowid desc limit 1"
        ).fetchone()
        connection.execute("delete from events where rowid = ?", [row])
    found = explain_files(files["usual"], doctored)
    assert found.first.lives.lives == (key,)
    assert (found.first.lives.month, found.first.replicate, found.first.arm) == (month, 1, "status_quo")
    assert found.first.lives.first.there == "nothing"
    assert sum(run.lives.by_the_end for run in found.runs) == 1
    assert found.totals.empty


def test_of_two_lives_in_a_month_the_earlier_step_comes_first():
    words = {name: LABELS[Event][Event[name]] for name in ("CROSSED", "REMOVED")}
    log = pd.DataFrame(
        [("2020-02", "0" * 16, words["REMOVED"]), ("2020-02", "1" * 16, words["CROSSED"])],
        columns=["month", "person_key", "event"],
    )
    found = divergence(log, log.iloc[:0])
    assert found.lives == ("1" * 16, "0" * 16)
    assert found.first.rules[0].name == "crossing.crossing_outcome"


def test_mistakes_are_told(files, tmp_path):
    silent = ts.compare(ARMS, **{**SETTINGS, "output__events": False, "years": 1}).save(tmp_path / "silent.sqlite")
    with pytest.raises(UserError, match=r"output\.events=true"):
        explain_arms(silent, ("status_quo", "letter_package"))
    with pytest.raises(UserError, match="differ in the years"):
        explain_files(files["usual"], silent)
    with pytest.raises(UserError, match="has no arm 'permits'"):
        explain_arms(files["usual"], ("status_quo", "permits"))


def test_it_takes_two_files_or_two_arms(files, capsys):
    assert cli.main(["explain", str(files["usual"])]) != 0
    assert "two of its arms" in capsys.readouterr().err
