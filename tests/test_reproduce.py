"""One run lived through again from the results file alone: identical, or told where it is not."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from trafficsim import course
from trafficsim.cli import main
from trafficsim.configuration import Configuration, configure, hash_of
from trafficsim.errors import UserError
from trafficsim.experiments import reproduce, studies
from trafficsim.experiments.reproduce import reproduced, stored_run
from trafficsim.experiments.store import save_study
from trafficsim.experiments.study import run_study

SMALL = [
    "draws=0", "scale=0.01", "policy_start=2000-01", "years=1", "replicates=1", "executor=inline",
    "parameters.custody.candour=0.45",
    "arms=[status_quo]", "arm=permit_reform", "arm.levers.data_firewall.coverage=0.35",
]  # fmt: skip


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study over the points of a CSV file that is gone since."""
    folder = tmp_path_factory.mktemp("reproduce")
    points = folder / "mine.csv"
    points.write_text("market.price_bride,custody.assessment_sensitivity\n2500,0.65\n3700,0.7\n")
    path = save_study(run_study(configure([*SMALL, "design=file", f"study.points={points}"])), folder / "study.sqlite")
    points.unlink()
    return path


@pytest.fixture
def database(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(original, tmp_path / "study.sqlite"))


def change(path: Path, sql: str, *values: object) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        assert connection.execute(sql, values).rowcount > 0


def runs_of(path: Path, arm: str) -> list[tuple[int, str]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(
            "select id, identity from runs join study_runs on run = id where arm = ? order by draw", [arm]
        ).fetchall()


@pytest.mark.parametrize("settings", [SMALL, ["study=teaching", "corridor=teaching", "draws=4", "output=totals"]])
def test_a_configuration_comes_back_from_what_was_written_of_it(settings):
    configuration = configure(settings)
    plain = json.loads(json.dumps(configuration.plain()))
    assert Configuration.from_plain(plain) == configuration
    assert hash_of(plain) == configuration.hash()


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (lambda plain: plain.update(unheard=1), "unknown key 'unheard'"),
        (lambda plain: plain.update(arms=[]), "arms should be a list"),
        (lambda plain: plain["study"].update(years="ten"), "years"),
        (lambda plain: plain["arms"][0]["levers"].update(magic={"coverage": 1.0}), "magic"),
    ],
)
def test_a_harmed_configuration_is_refused_in_a_sentence(harm, told):
    plain = configure(SMALL).plain()
    harm(plain)
    with pytest.raises(UserError, match=told):
        Configuration.from_plain(plain, "study.sqlite")


@pytest.mark.parametrize("arm", ["history", "status_quo", "arm"])
def test_a_run_of_a_file_of_points_is_the_same_without_that_file(database, arm, capsys):
    name = {"arm": "permit_reform"}.get(arm, arm)
    number, identity = runs_of(database, name)[1]
    assert main(["reproduce", str(database), identity[:10]]) == 0
    told = capsys.readouterr().out
    assert "Identical" in told and f"{name}, draw 1, replicate 0" in told
    assert stored_run(database, str(number)).identity == identity


def test_each_run_has_its_own_number(database):
    """The beginnings of identities are hexadecimal, and may look like numbers."""
    change(database, "update runs set identity = '2' || substr(identity, 2) where id = 1")
    assert stored_run(database, "2").number == 2


def test_a_changed_value_is_told_with_both_numbers(database, capsys):
    number, identity = runs_of(database, "permit_reform")[0]
    change(
        database, "update totals set value = 4321 where run = ? and indicator = 'trafficked' and level = 'all'", number
    )
    assert main(["reproduce", str(database), identity]) == 1
    told = capsys.readouterr().out
    assert "Different" in told and "totals, trafficked, all, all: 4321.0 in the file" in told
    assert "what was written once came out again" in told
    assert main(["reproduce", str(database), identity, "--json"]) == 1
    plain = json.loads(capsys.readouterr().out)
    assert plain["identical"] is False and plain["digest"] == plain["digest_here"]
    assert [(each["row"], each["in_file"]) for each in plain["differences"]] == [("trafficked, all, all", 4321.0)]


def test_lost_rows_are_told(database):
    number, identity = runs_of(database, "status_quo")[0]
    change(database, "delete from stocks where run = ? and month = '2000-03'", number)
    differences = reproduced(stored_run(database, identity)).differences
    assert differences and all(each.table == "stocks" and each.in_file is None for each in differences)


def test_changed_assumptions_are_told(database):
    change(database, "update draws set value = value * 1.01 where draw = 0 and name = 'price_bride'")
    outcome = reproduced(stored_run(database, runs_of(database, "status_quo")[0][1]))
    assert not outcome.identical
    assert any("would name this run" in remark for remark in outcome.remarks)


def test_other_rules_are_told_first_and_tried_all_the_same(database, monkeypatch, capsys):
    for module in (course, reproduce, studies):
        monkeypatch.setattr(module, "model_version", lambda: "99-abcdef01")
    assert main(["reproduce", str(database), runs_of(database, "status_quo")[0][1]]) == 0
    told = capsys.readouterr().out
    assert "other rules" in told and "99-abcdef01" in told
    assert told.index("other rules") < told.index("Identical")


def test_another_catalogue_is_told(database):
    content = json.dumps(configure([*SMALL, "draws=2"]).plain() | {"catalog_digest": "0" * 64})
    change(database, "update configurations set content = ?", content)
    assert any("another catalogue" in each for each in reproduced(stored_run(database, "1")).remarks)


@pytest.mark.parametrize(
    ("name", "told"),
    [("zz", "holds no run 'zz'.*numbers from 1 to 6"), ("999999", "holds no run"), ("", "holds no run|several runs")],
)
def test_no_such_run(database, name, told, capsys):
    assert main(["reproduce", str(database), name]) == 2
    with pytest.raises(UserError, match=told):
        stored_run(database, name)


def test_a_beginning_of_several_is_refused(database):
    change(database, "update runs set identity = 'abc' || id")
    with pytest.raises(UserError, match=r"several runs begin with 'ab'.*Write more"):
        stored_run(database, "ab")
    assert stored_run(database, "abc3").number == 3


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("update configurations set content = '{'", "missing or unreadable"),
        ("delete from draws", "table draws lacks draw"),
        ("delete from study_runs", "belongs to no study"),
    ],
)
def test_what_made_a_run_may_be_lost(database, sql, told):
    change(database, sql)
    with pytest.raises(UserError, match=told):
        stored_run(database, "1")


def test_a_damaged_file_is_told(database, capsys):
    content = bytearray(database.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    database.write_bytes(content)
    assert main(["reproduce", str(database), "1"]) == 2
    assert "trafficsim: " in capsys.readouterr().err
