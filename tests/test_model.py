"""The model as a user meets it: equal luck, books that balance, arms that part. What is Mesa's stands in test_mesa*.py."""

import numpy as np
import pytest

import trafficsim

SCALE = 0.01


@pytest.fixture(scope="module")
def model():
    made = trafficsim.TraffickingModel(arm="status_quo", rng=7, scale=SCALE)
    made.run_until("2003-01")
    return made


def same_state(first, second):
    return all(
        np.array_equal(a, b)
        for one, other in zip(first.state.world, second.state.world, strict=True)
        for a, b in zip(one, other, strict=True)
    )


def test_everybody_has_one_status_and_stocks_follow(model):
    counts = model.status_counts()
    assert sum(counts.values()) == len(model.agents_by_type[trafficsim.Migrant])
    assert model.state.stocks.by_status[model.month - 1].tolist() == list(counts.values())


def test_arms_are_equal_before_policy_and_part_after_it():
    early = {
        arm: trafficsim.TraffickingModel(arm=arm, rng=3, scale=SCALE, policy_start="2001-01", years=3)
        for arm in ("status_quo", "letter_package")
    }
    for one in early.values():
        one.run_until("2001-01")
    assert same_state(*early.values())
    for one in early.values():
        one.run_until("2003-12")
    assert early["letter_package"].status_counts()["protected"] > 0
    assert early["status_quo"].status_counts()["protected"] == 0


def test_comparison_table_and_file(tmp_path):
    comparison = trafficsim.compare(["status_quo", "letter_package"], replicates=2, scale=SCALE, years=2, workers=1)
    summary = comparison.summary.set_index(["indicator", "arm"])
    assert summary.loc[("protected", "letter_package"), "mean"] > 0
    assert summary.loc[("protected", "status_quo"), "mean"] == 0
    from trafficsim.experiments.store import open_study
    from trafficsim.report.figures import draw_figures

    path = comparison.save(tmp_path / "study.sqlite")
    frames = open_study(path)
    stored = frames["totals"].query("indicator == 'removals' and dimension == 'all' and arm == 'status_quo'")["value"]
    assert stored.mean() == summary.loc[("removals", "status_quo"), "mean"]
    figures = draw_figures(path, tmp_path / "figures")
    assert all(figure.stat().st_size > 10_000 for figure in figures)
