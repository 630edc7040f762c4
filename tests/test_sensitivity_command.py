"""``trafficsim sensitivity`` from the words typed to table, figures and files for programs."""

import csv
import io
import json

import pytest

from trafficsim import cli
from trafficsim.catalog import catalog
from trafficsim.cli.asking import own_settings
from trafficsim.cli.sensing import OWN, study_for
from trafficsim.designs import uncertain_parameters
from trafficsim.errors import UserError

TINY = [
    "scale=0.01", "years=1", "executor=inline", "policy_start=1999-01",
    "study.vary=[market.price_bride,departure.cost_elasticity]",
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("results")


def typed(*words):
    return cli.main(["sensitivity", *words])


def test_a_screening_from_command_to_figures(folder, capsys):
    asked = ["method=morris", "indicator=[removals,departures]", "of=level", "size=6", "arms=[status_quo]", *TINY]
    asked.append(f"output.folder={folder}")
    assert typed(*asked) == 0
    told = capsys.readouterr().out
    assert "Forced returns, under “Status quo”" in told
    assert "not a count of real people" in told and "one and the same luck" in told
    figures = {path.name for path in (folder / "sensitivity-morris" / "figures").glob("*.png")}
    assert "sensitivity-morris-departures-status_quo.png" in figures
    assert "sensitivity-morris-departures-status_quo-convergence.png" in figures
    database = folder / "sensitivity-morris" / "study.sqlite"
    before = database.read_bytes()
    assert typed(*asked, "--csv") == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert len(rows) == 2 * 2
    assert {row["factor"] for row in rows} == {"market.price_bride", "departure.cost_elasticity"}
    assert all((row["index"] == "") == (row["verdict"] == "not converged") for row in rows)
    assert database.stat().st_size == len(before)  # nothing was lived through again


def test_a_larger_size_takes_over_what_a_smaller_did(folder, capsys):
    asked = [
        "method=morris",
        "of=level",
        "arms=[status_quo]",
        *TINY,
        f"output.folder={folder}",
        "--json",
        "study.name=grows",
    ]
    for size in (4, 8):
        assert typed(*asked, f"size={size}") == 0
    planned = [
        json.loads(line.partition(" planned ")[2])
        for line in (folder / "grows" / "study.log").read_text().splitlines()
        if " planned " in line
    ]
    assert [one["tasks"] for one in planned] == [12, 24]
    assert planned[0]["at_hand"] == 0 and planned[1]["at_hand"] >= 12
    assert '"method": "morris"' in capsys.readouterr().out


def test_a_stored_study_is_asked_by_every_method_that_its_points_allow(folder, capsys):
    words = ["sweep", "study.name=stored", "design=sobol", "draws=64", "replicates=1", "output=totals", *TINY]
    assert cli.main([*words, "arms=[status_quo,letter_package]", f"output.folder={folder}"]) == 0
    file = str(folder / "stored" / "study.sqlite")
    capsys.readouterr()
    for method in ("pawn", "delta", "regional"):
        assert typed(file, f"method={method}", "indicator=departures", "--json") == 0
        answer = json.loads(capsys.readouterr().out)["answers"][0]
        assert (answer["method"], answer["arm"], answer["baseline"]) == (method, "letter_package", "status_quo")
        assert answer["share_of_luck"] is None
    assert typed(file, "method=sobol") == 2
    assert "method=sobol needs a study of design saltelli" in capsys.readouterr().err


def test_sobol_with_luck_told_apart(folder, capsys):
    words = ["method=sobol", "size=16", "replicates=2", "of=level", "arms=[status_quo]", "indicator=departures", *TINY]
    assert typed(*words, f"output.folder={folder}", "groups=process", "--json") == 0
    answer = json.loads(capsys.readouterr().out)["answers"][0]
    assert answer["worlds"] == 64 and answer["replicates"] == 2
    assert 0.0 <= answer["share_of_luck"] <= 1.0
    assert [row["factor"] for row in answer["factors"]] == ["departure", "market"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["indicator=removals"], "method=: there is no such method"),
        (["method=sobl"], "method=sobl: .*'sobol'"),
        (["method=morris", "indicator=removal"], "indicator=removal: .*'removals'"),
        (["method=morris", "draws=100"], "draws: how the assumptions are drawn follows from method, size=N"),
        (["method=morris", "size=1"], "size=1: it should be a whole number, 2 or more"),
        (["method=sobol", "size=100"], "100 rows of the two samples, .* powers of two"),
        (["method=pawn", "groups=process"], "groups=process goes with method=morris and sobol"),
        (["method=morris", "baseline=status_qo"], "arm=status_qo: .*'status_quo'"),
        (["method=regional", "of=level"], "write of=difference"),
        (["method=morris", "of=difference", "arms=[status_quo]"], "of=difference needs two arms"),
        (["method=morris", "of=level", "baseline=status_quo"], "baseline goes with of=difference"),
        (["a.sqlite", "method=pawn", "scale=0.1"], "'scale=0.1' would make another study"),
        (["a.sqlite", "b.sqlite", "method=pawn"], "Name one results file, not 2"),
        (["a.sqlite", "method=pawn", "tolerance=2"], "tolerance=2: it should be a number above 0, 1 at most"),
        (["method=pawn", "--study", "x"], "--study goes with a FILE"),
    ],
)
def test_mistakes_are_told_before_anything_is_lived_through(words, sentence, tmp_path, monkeypatch, capsys):
    import re

    monkeypatch.chdir(tmp_path)
    assert typed(*words) == 2
    assert re.search(sentence, capsys.readouterr().err.replace("\n", " "))
    assert not any(tmp_path.rglob("*.sqlite"))


def study(*words):
    own, rest = own_settings(words, OWN)
    return study_for(own["method"], own, rest)


def test_sizes_say_how_many_points_a_study_has():
    uncertain = len(uncertain_parameters(catalog()))
    assert study("method=morris").study.draws == 10 * (uncertain + 1)
    assert study("method=sobol").study.groups == "process"
    assert study("method=sobol").study.draws == 256 * 12
    assert study("method=sobol", "groups=none", "size=4").study.draws == 4 * (uncertain + 2)
    assert study("method=sobol", "study.vary=[market.price_bride]", "size=8").study.draws == 8 * 3
    given = study("method=delta", "scale=0.02").study
    assert (given.draws, given.design, given.scale, given.replicates, given.name) == (
        512, "latin_hypercube", 0.02, 1, "sensitivity-given",
    )  # fmt: skip
    with pytest.raises(UserError, match="nothing is left to vary"):
        study("method=morris", "study.vary=[market.price_bride]", "parameters.market.price_bride=3000")
