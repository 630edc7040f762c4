"""A study over draws of assumptions: every replicate in every world, with the same luck, and the two sources told apart."""

import io
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from trafficsim import compare
from trafficsim.catalog import catalog
from trafficsim.comparison import Comparison
from trafficsim.configuration import configure
from trafficsim.designs import uncertain_parameters
from trafficsim.errors import UserError
from trafficsim.experiments.frames import open_study
from trafficsim.experiments.replicate import places_of
from trafficsim.experiments.study import run_study, study_of
from trafficsim.report.figures import draw_figures
from trafficsim.report.table import print_comparison

SMALL = ["arms=[status_quo,letter_package]", "scale=0.01", "years=2", "draws=4", "replicates=2", "workers=1"]


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return Comparison(run_study(configure([*SMALL, "parameters.custody.assessment_sensitivity=0.6"])))


@pytest.fixture(scope="module")
def database(comparison: Comparison, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return comparison.save(tmp_path_factory.mktemp("draws") / "study.sqlite")


def test_every_replicate_is_lived_in_every_draw(comparison):
    places = {(run.draw, run.replicate) for run in comparison.result.runs}
    assert places == set(places_of(configure(SMALL)))
    assert len(places) == 8
    seeds = {run.replicate: run.seed for run in comparison.result.runs}
    assert all(run.seed == seeds[run.replicate] for run in comparison.result.runs)  # the same luck in each world
    identities = {run.run_id for run in comparison.result.runs}
    assert len(identities) == len(comparison.result.runs)
    by_draw = comparison.totals.query("arm == 'status_quo' and replicate == 0").groupby("indicator")["value"]
    assert by_draw.nunique().max() == 4  # worlds differ


def test_the_file_holds_each_draws_assumptions(comparison, database):
    with closing(sqlite3.connect(database)) as connection:
        assert not connection.execute("pragma foreign_key_check").fetchall()
        count = connection.execute("select draw, count(*) from draws group by draw").fetchall()
        assert count == [(draw, len(uncertain_parameters(catalog()))) for draw in range(4)]
        outside = connection.execute(
            "select count(*) from draws join parameters using (study, process, name) where draws.value not between low and high"
        ).fetchone()
        assert outside == (0,)
        # What was set by hand is not drawn.
        by_hand = connection.execute(
            "select distinct value from draws where name = 'assessment_sensitivity'"
        ).fetchall()
        assert by_hand == [(0.6,)]
        runs = connection.execute("select distinct runs from comparison where indicator = 'Forced returns'").fetchall()
        assert runs == [(8,)]


def test_the_summary_tells_luck_and_assumptions_apart(comparison):
    summary = comparison.summary.set_index(["indicator", "arm"])
    row = summary.loc["months_in_exploitation", "letter_package"]
    assert (row["draws"], row["replicates"]) == (4, 2)
    totals = comparison.totals.query("indicator == 'months_in_exploitation'").set_index(["draw", "replicate", "arm"])[
        "value"
    ]
    differences = (totals.unstack("arm")["letter_package"] - totals.unstack("arm")["status_quo"]).unstack("replicate")
    assert row["difference"] == pytest.approx(differences.to_numpy().mean())
    low, high = np.quantile(differences.mean(axis=1), [0.05, 0.95])
    assert (row["difference_low"], row["difference_high"]) == pytest.approx((low, high))
    assert 0.0 <= row["share_of_assumptions"] <= 1.0
    assert row["draws_below"] == (differences.mean(axis=1) < 0).mean()


def test_the_table_and_the_figures_say_so(comparison, database, tmp_path):
    out = io.StringIO()
    print_comparison(open_study(database), Console(file=out, width=140))
    words = " ".join(out.getvalue().split())
    assert "mean of 8 replicates in 4 draws of assumptions" in words
    assert "% of draws below 0" in words and "assumptions" in words and "luck" in words
    figures = draw_figures(database, tmp_path)
    assert "4 draws of assumptions, 2 replicates each" in figures[0].with_suffix(".svg").read_text()


def test_the_same_on_two_workers(comparison):
    again = run_study(configure([*SMALL[:-1], "workers=2", "parameters.custody.assessment_sensitivity=0.6"]))
    assert [run.run_id for run in again.runs] == [run.run_id for run in comparison.result.runs]
    for one, other in zip(again.runs, comparison.result.runs, strict=True):
        np.testing.assert_equal(one.totals, other.totals)  # a price that is absent equals itself


def test_without_draws_nothing_is_drawn():
    study = study_of(configure(["arms=[status_quo]", "draws=0"]))
    assert study.points == []
    assert compare(["status_quo"], draws=0, scale=0.01, years=1, replicates=1, workers=1).summary["draws"].eq(1).all()


def test_a_wrong_design_is_told_before_anything_is_computed():
    with pytest.raises(UserError, match=r"powers of two; write 2 or 4"):
        study_of(configure(["draws=3", "design=sobol"]))
    with pytest.raises(UserError, match="needs values to combine"):
        configure(["draws=3", "design=grid"])
    with pytest.raises(
        UserError, match="'posterior', 'latin_hypercube', 'sobol', 'grid', 'file', 'morris' or 'saltelli'"
    ):
        configure(["draws=3", "design=halton"])
    assert len(study_of(configure(["draws=4", "design=sobol"])).points) == 4
