"""Robust choice: regret, satisficing and dominance against hand-computed tables and against other sources."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from made_worlds import made_worlds
from scipy.stats import binomtest

from trafficsim import cli
from trafficsim.analysis.robustness import (
    Condition,
    conditions_in,
    dominated_by,
    only_compared,
    regrets,
    robustness,
    share_interval,
)
from trafficsim.errors import UserError
from trafficsim.policy import load_arm

# Three worlds, three arms, two harms; the numbers below are worked out by hand.
LEVELS = {
    ("refoulement", "now"): [100, 200, 10], ("refoulement", "first"): [40, 120, 10], ("refoulement", "second"): [50, 60, 20],
    ("deaths", "now"): [10, 10, 10], ("deaths", "first"): [12, 8, 10], ("deaths", "second"): [9, 9, 11],
}  # fmt: skip


@pytest.fixture
def found():
    return robustness(
        made_worlds(LEVELS), ["refoulement", "deaths"], conditions_in("refoulement<=0.5, deaths<=1"), level=0.9
    )


def row(frame, **keys):
    rows = frame
    for column, value in keys.items():
        rows = rows[rows[column] == value]
    assert len(rows) == 1
    return rows.iloc[0]


@pytest.mark.parametrize(
    ("harm", "arm", "mean", "largest", "world", "best", "relative"),
    [
        ("refoulement", "now", (60 + 140 + 0) / 3, 140, 1, 1 / 3, 0.7),
        ("refoulement", "first", (0 + 60 + 0) / 3, 60, 1, 2 / 3, 0.3),
        ("refoulement", "second", (10 + 0 + 10) / 3, 10, 0, 1 / 3, 1.0),
        ("deaths", "now", (1 + 2 + 0) / 3, 2, 1, 1 / 3, 0.2),
        ("deaths", "first", (3 + 0 + 0) / 3, 3, 0, 2 / 3, 0.3),
        ("deaths", "second", (0 + 1 + 1) / 3, 1, 1, 1 / 3, 0.1),
    ],
)
def test_regret_is_as_computed_by_hand(found, harm, arm, mean, largest, world, best, relative):
    one = row(found.regret, harm=harm, arm=arm)
    assert one["regret_mean"] == pytest.approx(mean)
    assert (one["regret_max"], one["regret_max_world"]) == (largest, world)
    assert one["best_share"] == pytest.approx(best)
    assert one["relative_max"] == pytest.approx(relative)
    assert one["regret_mean_low"] <= mean <= one["regret_mean_high"]


@pytest.mark.parametrize(
    ("arm", "refoulement", "deaths", "both"), [("now", 0, 3, 0), ("first", 1, 2, 0), ("second", 2, 2, 2)]
)
def test_satisficing_is_as_computed_by_hand(found, arm, refoulement, deaths, both):
    for condition, count in (("refoulement<=0.5", refoulement), ("deaths<=1", deaths), ("all", both)):
        one = row(found.satisficing, arm=arm, condition=condition)
        assert one["share"] == pytest.approx(count / 3)
        assert one["low"] <= one["share"] <= one["high"]


def test_dominance_is_as_computed_by_hand(found):
    shares = found.dominance.set_index("arm")
    # World 0: "second" does less of both than "now"; world 1: both do; world 2: "second" does more of both than either.
    assert shares["dominated"].tolist() == pytest.approx([2 / 3, 0, 1 / 3])
    assert shares.loc["now", ["most_often_by", "by_it"]].tolist() == ["second", pytest.approx(2 / 3)]


def test_replicates_that_disagree_are_told():
    worlds = made_worlds({("deaths", "now"): [[10, 10], [10, 10]], ("deaths", "arm"): [[9, 10.5], [8, 9]]})
    found = robustness(worlds, ["deaths"], conditions_in("deaths<=1"))
    one = row(found.satisficing, arm="arm", condition="deaths<=1")
    assert (one["share"], one["undecided"]) == (1.0, 0.5)


@pytest.mark.parametrize(("count", "of"), [(0, 7), (3, 10), (64, 64), (500, 1000)])
def test_intervals_of_shares_are_those_of_scipy(count, of):
    known = binomtest(count, of).proportion_ci(0.9, method="wilson")
    assert share_interval(count, of, 0.9) == pytest.approx((known.low, known.high))


RANDOM = np.random.default_rng(5).gamma(2.0, 50.0, (40, 4, 3))


def test_a_dominated_arm_changes_no_regret_and_any_arm_lowers_none():
    before = regrets(RANDOM[:, :3, 0], [True] * 3)
    worse = np.column_stack([RANDOM[:, :3, 0], RANDOM[:, 0, 0] + 1.0])
    assert np.array_equal(regrets(worse, [True] * 4)[:, :3], before)
    assert (regrets(RANDOM[:, :, 0], [True] * 4)[:, :3] >= before).all()


def test_an_arm_for_comparison_changes_nobodys_regret():
    before = regrets(RANDOM[:, :3, 0], [True] * 3)
    lower = np.column_stack([RANDOM[:, :3, 0], RANDOM[:, :3, 0].min(axis=1) - 1.0])
    after = regrets(lower, [True, True, True, False])
    assert np.array_equal(after[:, :3], before)
    assert (after[:, 3] == -1.0).all()


@pytest.mark.relation(
    "The order of policies and harms changes no regret.",
    kind="symmetry", level="analysis",
    reach="made-up worlds",
)  # fmt: skip
def test_the_order_of_arms_and_of_harms_does_not_matter():
    order = [2, 0, 3, 1]
    assert np.array_equal(regrets(RANDOM[:, order, 0], [True] * 4), regrets(RANDOM[:, :, 0], [True] * 4)[:, order])
    whole = dominated_by(RANDOM)
    assert np.array_equal(dominated_by(RANDOM[:, order][:, :, ::-1]), whole[:, order][:, :, order])


def test_dominance_is_a_strict_order():
    whole = dominated_by(np.round(RANDOM / 60))  # with ties
    assert whole.any()
    assert not (whole & whole.transpose(0, 2, 1)).any()
    twice = (whole[:, :, :, None] & whole[:, None, :, :]).any(axis=2)
    assert not (twice & ~whole).any()


@pytest.mark.relation(
    "Regret grows with the unit of a harm, and relative regret does not.",
    kind="scaling", level="analysis",
    reach="made-up worlds",
)  # fmt: skip
def test_regret_does_not_depend_on_the_unit():
    worlds = made_worlds({(harm, arm): [7.0 * x for x in values] for (harm, arm), values in LEVELS.items()})
    plain, scaled = (robustness(one, ["deaths"]).regret for one in (made_worlds(LEVELS), worlds))
    assert scaled["regret_max"].tolist() == pytest.approx((7 * plain["regret_max"]).tolist())
    assert scaled["relative_max"].tolist() == pytest.approx(plain["relative_max"].tolist())


def arms_table(*names):
    rows = [(name, json.dumps(load_arm(name).plain()["levers"]), place) for place, name in enumerate(names)]
    return pd.DataFrame(rows, columns=["arm", "levers", "place"])


@pytest.mark.parametrize(
    ("names", "compared"),
    [
        (["status_quo", "letter_package", "enforcement_only"], ["enforcement_only"]),
        (["status_quo", "border_closed", "surveillance_removed"], ["border_closed"]),
        (["border_reopened", "letter_package+border_reopened"], []),
        (["border_reopened", "letter_package"], ["letter_package"]),
    ],
)
def test_adverse_arms_and_outside_conditions_are_for_comparison(names, compared):
    assert only_compared(arms_table(*names)) == compared


def test_conditions_are_read():
    assert conditions_in("[refoulement<=0.5, protected >= 2]") == (
        Condition("refoulement", True, 0.5),
        Condition("protected", False, 2.0),
    )
    assert [str(one) for one in conditions_in("deaths<=1.0")] == ["deaths<=1"]


@pytest.mark.parametrize(
    ("harms", "satisfy", "sentence"),
    [
        (["brokers_income"], "", "it counts no harm to rights-holders"),
        (["refoulment"], "", r"no such indicator.*refoulement"),
        (["deaths", "deaths"], "", "name each harm once"),
        (["deaths"], "deaths<0.5", "'deaths<0.5' is no condition"),
        (["deaths"], "deaths>=2", "is no condition that protects"),
        (["deaths"], "death<=1", "no indicator 'death'"),
        (["deaths"], "brokers_income<=1", "is no condition that protects"),
    ],
)
def test_what_is_no_harm_is_told(harms, satisfy, sentence):
    worlds = made_worlds({**LEVELS, ("brokers_income", "now"): [1, 1, 1], ("brokers_income", "first"): [1, 1, 1],
                          ("brokers_income", "second"): [1, 1, 1]})  # fmt: skip
    with pytest.raises(UserError, match=sentence):
        robustness(worlds, harms, conditions_in(satisfy))


SETTINGS = ["draws=4", "replicates=2", "scale=0.01", "years=1", "workers=1"]


def test_the_command_from_settings_to_figure(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    arms = "arms=[status_quo,non_refoulement_only,letter_package,enforcement_only]"
    assert cli.main(["robust", arms, *SETTINGS, "harms=[removals,deaths]", "satisfy=removals<=1"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "4 plausible worlds" in told
    assert "(comparison" in told
    assert "not a count of real people" in told
    assert Path("results/robust/figures/trade_offs.svg").is_file()
    assert cli.main(["robust", "results/robust/study.sqlite", "--json"]) == 0
    plain = json.loads(capsys.readouterr().out)
    assert (plain["worlds"], plain["replicates"]) == (4, 2)
    assert {one["arm"] for one in plain["regret"] if not one["choosable"]} == {"enforcement_only"}
    assert cli.main(["robust", "results/robust/study.sqlite", "--csv", "harms=deaths"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "measure,of,arm,value,low,high"
    assert {line.split(",")[1] for line in lines if line.startswith("regret_mean")} == {"deaths"}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["scale=0.01"], "list the arms"),
        (["study.sqlite", "scale=0.01"], "does not go with the results file"),
        (["study.sqlite"], "study.sqlite"),
        (["arms=[status_quo,letter_package]", "satisfy=deaths"], "is no condition"),
        (["arms=[status_quo,letter_package]", "--study", "x"], "name the file"),
    ],
)
def test_mistakes_are_told_before_anything_is_run(words, sentence, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["robust", *words]) == cli.USER_ERROR
    assert sentence in capsys.readouterr().err
    assert not Path("results").exists()
