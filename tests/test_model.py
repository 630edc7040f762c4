"""The model as a user meets it: Mesa's words, forks, equal luck, books that balance."""

import numpy as np
import pytest

import trafficsim
from trafficsim.processes.vocabulary import Status

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


def test_run_until_and_step_agree(model):
    stepped = trafficsim.TraffickingModel(arm="status_quo", rng=7, scale=SCALE)
    while stepped.date != "2003-01":
        stepped.step()
    assert same_state(stepped, model)
    assert stepped.time == model.time == model.month == 84


def test_fork_goes_on_as_the_original(model):
    original = model.fork()
    fork = original.fork()
    for one in (original, fork):
        one.run_until("2005-01")
    assert same_state(original, fork)
    assert model.date == "2003-01"


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


def test_mesa_vocabulary(model):
    migrants = model.agents_by_type[trafficsim.Migrant]
    exploited = migrants.select(lambda person: person.is_exploited)
    assert 0 < len(exploited) < len(migrants)
    assert exploited.agg("status", min) >= Status.FORCED_MARRIAGE
    groups = migrants.groupby("status").count()
    assert groups[Status.IN_HIDING] == model.status_counts()["in hiding"]
    held = exploited.to_list()[0].held_by
    assert isinstance(held, trafficsim.Household)


def test_a_users_rule_between_two_months():
    class Amnesty(trafficsim.TraffickingModel):
        def step(self):
            super().step()
            for person in self.agents_by_type[trafficsim.Migrant].select(lambda one: one.status == Status.IN_CUSTODY):
                person.status = Status.IN_HIDING

    made = Amnesty(rng=7, scale=SCALE)
    made.run_until("1999-01")
    assert made.status_counts()["in custody"] == 0
    assert made.status_counts()["in hiding"] > 0


def test_perfect_non_refoulement_removes_nobody_at_risk():
    arm = trafficsim.model.Arm.from_plain(
        {
            "name": "perfect",
            "title": "Perfect non-refoulement",
            "summary": "Every removal is assessed.",
            "levers": {"non_refoulement": {"coverage": 1.0, "ramp_months": 0}},
        }
    )
    made = trafficsim.TraffickingModel(
        arm=arm, rng=7, scale=SCALE, policy_start="2000-01", years=4,
        parameters={"custody": {"assessment_sensitivity": 1.0}},
    )  # fmt: skip
    made.run_until("2004-01")
    from trafficsim.processes.vocabulary import Event

    refoulement = made.state.ledger.monthly[:, Event.REMOVED_AT_RISK]
    assert refoulement[:48].sum() > 0
    assert refoulement[48:].sum() == 0


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
