"""Worlds of a study: assumptions and results side by side."""

import numpy as np
import pytest

import trafficsim
from trafficsim.analysis.worlds import open_worlds, worlds_of
from trafficsim.errors import UserError

ARMS = ["status_quo", "letter_package"]


@pytest.fixture(scope="module")
def comparison():
    return trafficsim.compare(ARMS, draws=4, replicates=2, scale=0.01, years=1, workers=1)


def test_worlds_hold_what_the_study_says(comparison, tmp_path):
    worlds = open_worlds(comparison.save(tmp_path / "study.sqlite"))
    assert list(worlds.arms) == ARMS
    assert (worlds.number, worlds.replicates) == (4, 2)
    price = worlds.points["market.price_bride"]
    assert price.tolist() == [point["market"]["price_bride"] for point in comparison.result.points]
    for run in comparison.result.runs:
        if run.arm in ARMS:
            value = next(value for name, dimension, _, value in run.totals if (name, dimension) == ("removals", "all"))
            assert worlds.level("removals", run.arm)[run.draw, run.replicate] == value
    assert np.array_equal(
        worlds.difference("removals", "letter_package"),
        worlds.level("removals", "letter_package") - worlds.level("removals", "status_quo"),
    )


def test_a_world_that_is_not_finished_is_left_out(comparison):
    frames = dict(comparison.frames)
    totals = frames["totals"]
    frames["totals"] = totals[~((totals["draw"] == 2) & (totals["replicate"] == 1) & (totals["arm"] == ARMS[1]))]
    worlds = worlds_of(frames)
    assert worlds.points.index.tolist() == [0, 1, 3]
    assert worlds.level("removals", ARMS[0]).shape == (3, 2)


def test_a_study_without_draws_is_one_world():
    comparison = trafficsim.compare(ARMS[:1], draws=0, replicates=2, scale=0.01, years=1, workers=1)
    worlds = worlds_of(comparison.frames)
    assert worlds.points.shape == (1, 0)
    assert worlds.level("removals", "status_quo").shape == (1, 2)


def test_unknown_names_are_told(comparison):
    worlds = worlds_of(comparison.frames)
    with pytest.raises(UserError, match=r"no arm 'letter_pakage'.*letter_package"):
        worlds.level("removals", "letter_pakage")
    with pytest.raises(UserError, match=r"no indicator 'removal'.*removals"):
        worlds.level("removal", "status_quo")
