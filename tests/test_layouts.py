"""Designs whose points belong together: Morris' trajectories and Saltelli's samples, and how a results file gives them again."""

import numpy as np
import pytest

from trafficsim.analysis.worlds import open_worlds
from trafficsim.catalog import catalog
from trafficsim.configuration import configure
from trafficsim.designs import uncertain_parameters
from trafficsim.errors import UserError
from trafficsim.experiments.frames import open_study
from trafficsim.experiments.reproduce import reproduced, stored_run
from trafficsim.experiments.store import save_study
from trafficsim.experiments.study import run_study
from trafficsim.layouts import base_quantiles, layout_of, spread_out

NAMES = ["market.a", "market.b", "life.c", "life.d", "custody.e"]
SMALL = [
    "scale=0.01",
    "years=1",
    "replicates=1",
    "executor=inline",
    "arms=[status_quo,letter_package]",
    "output=totals",
]


@pytest.mark.parametrize("groups", ["none", "process"])
def test_saltellis_points_are_those_of_salib(groups):
    from SALib.sample import sobol

    layout = layout_of("saltelli", NAMES, groups)
    problem = {"num_vars": 5, "names": NAMES, "bounds": [[0, 1]] * 5}
    if groups == "process":
        problem["groups"] = [name.partition(".")[0] for name in NAMES]
    theirs = sobol.sample(problem, 16, calc_second_order=False, seed=np.random.default_rng(4))
    ours = spread_out(layout, base_quantiles(layout, 16, 4))
    assert ours.shape == (16 * layout.block, 5)
    assert np.array_equal(ours, theirs)


@pytest.mark.parametrize("groups", ["none", "process"])
def test_along_a_trajectory_each_factor_moves_once(groups):
    layout = layout_of("morris", NAMES, groups)
    points = spread_out(layout, base_quantiles(layout, 6, 1)).reshape(6, layout.block, 5)
    steps = np.diff(points, axis=1)
    assert np.allclose(np.unique(np.abs(steps).round(12)), [0, 2 / 3])
    for trajectory in steps != 0:
        moved = [tuple(np.flatnonzero(step)) for step in trajectory]
        members = {
            tuple(np.flatnonzero(np.asarray(layout.factor_of) == factor)) for factor in range(len(layout.factors))
        }
        assert set(moved) == members and len(moved) == len(members)


@pytest.mark.relation(
    "A larger design of worlds begins with the smaller one.",
    kind="equality", level="analysis",
    reach="two designs",
)  # fmt: skip
@pytest.mark.parametrize("design", ["morris", "saltelli"])
def test_a_larger_design_begins_with_the_smaller_one(design):
    layout = layout_of(design, NAMES)
    small, large = (spread_out(layout, base_quantiles(layout, blocks, 9)) for blocks in (8, 16))
    assert np.array_equal(large[: len(small)], small)


def test_points_of_a_study_vary_what_is_uncertain_and_hold_what_is_set_by_hand():
    configuration = configure(
        ["design=saltelli", "draws=32", "study.vary=[market.price_bride,market.price_work]", "study.seed=3",
         "parameters.custody.assessment_sensitivity=0.6", "study.groups=none"]
    )  # fmt: skip
    points = configuration.points()
    assert len(points) == 32 and len(points[3:6]) == 3
    for point in points:
        catalog().checked(point)
        assert set(point["market"]) == {"price_bride", "price_work"}
        assert point["custody"] == {"assessment_sensitivity": 0.6}
    first = [point["market"] for point in points][:4]
    assert first[1]["price_work"] == first[0]["price_work"] and first[1]["price_bride"] == first[3]["price_bride"]
    assert first[2]["price_bride"] == first[0]["price_bride"] and first[2]["price_work"] == first[3]["price_work"]
    held = configure(["design=morris", "draws=4", "study.vary=[market.price_bride,market.price_work]",
                      "parameters.market.price_work=1000"])  # fmt: skip
    assert held.points()[0]["market"]["price_work"] == 1000.0
    assert held.points().layout.parameters == ("market.price_bride",)


def test_values_are_those_of_the_single_points():
    points = configure(["design=morris", "draws=22", "study.groups=process"]).points()
    names = [f"{process}.{name}" for process, name, _ in uncertain_parameters(catalog())]
    assert list(points.layout.parameters) == names
    one = points[13]
    assert [one[name.partition(".")[0]][name.partition(".")[2]] for name in names] == points.values()[13].tolist()


MANY = len(uncertain_parameters(catalog()))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["design=morris", "draws=100"], rf"draws = 100: a morris design of {MANY} factors has {MANY + 1} points"),
        (["design=morris", "draws=30", "study.groups=process"], r"draws = 30: a morris design of 10 factors has 11 points"),
        (["design=morris", f"draws={MANY + 1}"], rf"that is one trajectory; two at least, study.draws={2 * (MANY + 1)}"),
        (["design=saltelli", "draws=36", "study.groups=process"], r"3 rows .* study.draws=24 or study.draws=48"),
        (["design=saltelli", "draws=100", "study.vary=[market.price_bryde]"], r"study.vary: 'market.price_bryde'"),
        (["design=sobol", "draws=16", "study.groups=process"], r"study.groups goes with study.design=morris, saltelli"),
        (["design=morris", "draws=4", "study.points=a.csv"], r"study.points goes with study.design=file"),
        (["design=morris", "draws=4", "study.vary=[market.price_bride]", "parameters.market.price_bride=3000"],
         r"every parameter that it names is set by hand"),
    ],
)  # fmt: skip
def test_mistakes_are_told(words, sentence):
    with pytest.raises(UserError, match=sentence):
        configure(words)


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    configuration = configure([*SMALL, "design=morris", "draws=6", "study.vary=[market.price_bride,market.price_work]"])
    return save_study(run_study(configuration), tmp_path_factory.mktemp("laid_out") / "study.sqlite"), configuration


def test_a_file_gives_the_points_again_that_it_does_not_hold(stored):
    path, configuration = stored
    worlds = open_worlds(path, indicators=["removals"])
    assert worlds.layout == configuration.points().layout
    assert np.array_equal(worlds.points.to_numpy(), configuration.points().values())
    assert {indicator for indicator, _ in worlds.values.columns} == {"removals"}
    frames = open_study(path)
    assert len(frames["draws"]) == 12
    pivot = frames["draws"].pivot(index="draw", columns="name", values="value")
    assert np.array_equal(pivot["price_work"], worlds.points["market.price_work"])
    whole = open_worlds(path)
    assert np.array_equal(whole.level("removals", "status_quo"), worlds.level("removals", "status_quo"))


def test_a_run_of_such_a_study_is_lived_through_again(stored):
    path, _ = stored
    run = stored_run(path, "2")
    assert reproduced(run).identical


def test_a_design_that_comes_out_otherwise_is_refused(stored, tmp_path):
    import shutil
    import sqlite3

    path = tmp_path / "study.sqlite"
    shutil.copy(stored[0], path)
    with sqlite3.connect(path) as connection:
        connection.execute("update configurations set content = json_set(content, '$.study.seed', 5)")
    connection.close()
    with pytest.raises(UserError, match="its design morris comes out otherwise here"):
        open_worlds(path)
