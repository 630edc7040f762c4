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


@pytest.mark.relation(
    "Until a policy begins, everybody's life is the same under it as without it.",
    kind="equality", level="whole model",
    reach="the letter's package from 2001",
)  # fmt: skip
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
