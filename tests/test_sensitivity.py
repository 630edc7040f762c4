"""Sensitivity: functions whose indices are known, through the same functions that analyse a study."""

import numpy as np
import pandas as pd
import pytest
from SALib.analyze import delta as salib_delta
from SALib.analyze import pawn as salib_pawn
from SALib.test_functions import Ishigami, Sobol_G

from trafficsim.analysis.sensitivity.given_data import delta_indices, pawn_indices
from trafficsim.analysis.sensitivity.questions import Quantity, ask, entangled, indices
from trafficsim.analysis.sensitivity.regional import holm, regional
from trafficsim.analysis.sensitivity.results import Indices, savage_correlation, sizes_up_to, verdicts
from trafficsim.analysis.worlds import Worlds
from trafficsim.designs import latin_hypercube
from trafficsim.errors import UserError
from trafficsim.layouts import base_quantiles, layout_of, spread_out

ISHIGAMI = ["first.x1", "first.x2", "second.x3", "second.inert"]
TOTAL, FIRST = [0.5576, 0.4424, 0.2437, 0.0], [0.3139, 0.4424, 0.0, 0.0]
"""Ishigami with A = 7, B = 0.1, analytic (Saltelli et al. 2008); the fourth input is not used."""

G = np.array([0.0, 1.0, 4.5, 9.0, 99.0, 99.0])
G_NAMES = [f"g.x{number}" for number in range(6)]


def ishigami(quantiles):
    return Ishigami.evaluate(np.pi * (2 * quantiles[:, :3] - 1), A=7.0, B=0.1)


def sobol_g(quantiles):
    return Sobol_G.evaluate(quantiles, a=G)


def of_design(design, names, blocks, function, groups="none", seed=5):
    layout = layout_of(design, names, groups)
    quantiles = spread_out(layout, base_quantiles(layout, blocks, seed))
    return pd.DataFrame(quantiles, pd.RangeIndex(len(quantiles), name="draw"), names), function(quantiles), layout


def hypercube(names, number, function, seed=2):
    quantiles = latin_hypercube(len(names), number, np.random.default_rng(seed))
    return pd.DataFrame(quantiles, pd.RangeIndex(number, name="draw"), names), function(quantiles)


@pytest.mark.parametrize(
    ("names", "function", "total", "first"),
    [
        (ISHIGAMI, ishigami, TOTAL, FIRST),
        (G_NAMES, sobol_g, Sobol_G.total_sensitivity_index(G), Sobol_G.sensitivity_index(G)),
    ],
)
def test_sobol_meets_the_analytic_indices(names, function, total, first):
    found = indices("sobol", *of_design("saltelli", names, 2048, function))
    table = found.table.loc[names]
    assert table["index"].to_numpy() == pytest.approx(np.asarray(total), abs=0.03)
    assert table["first"].to_numpy() == pytest.approx(np.asarray(first), abs=0.03)
    assert ((table["low"] - 0.01 <= total) & (total <= table["high"] + 0.01)).all()
    assert set(found.table["verdict"]) <= {"converged", "negligible"}
    assert found.agreement > 0.9
    assert list(found.steps["points"].unique()) == [size * (len(names) + 2) for size in (256, 512, 1024, 2048)]


def test_sobol_of_groups_is_that_of_what_they_join():
    found = indices("sobol", *of_design("saltelli", ISHIGAMI, 2048, ishigami, "process"))
    # The first group holds x1 and x2, and all that x3 does is together with x1.
    assert found.table.loc[["first", "second"], "index"].tolist() == pytest.approx([1.0, 0.2437], abs=0.03)
    assert found.table.loc[["first", "second"], "first"].tolist() == pytest.approx([0.7563, 0.0], abs=0.03)


def test_what_has_not_converged_is_not_a_result():
    few, many = (indices("sobol", *of_design("saltelli", ISHIGAMI, rows, ishigami)) for rows in (16, 4096))
    assert few.count("not converged") >= 3 and few.leaders == []
    assert many.count("not converged") == 0 and many.leaders == ["first.x1", "first.x2", "second.x3"]
    assert many.table.loc["second.inert", "verdict"] == "negligible"
    assert (few.table["high"] - few.table["low"]).max() > 5 * (many.table["high"] - many.table["low"]).max()


def test_morris_ranks_as_the_total_indices_do():
    found = indices("morris", *of_design("morris", G_NAMES, 200, sobol_g))
    assert list(found.table.index[:4]) == G_NAMES[:4]
    assert (found.table["index"].diff().dropna() <= 0).all()
    assert set(found.table.loc[G_NAMES[4:], "verdict"]) == {"negligible"}
    linear = indices("morris", *of_design("morris", ISHIGAMI, 20, lambda x: 3.0 * x[:, 0] - 2.0 * x[:, 1]))
    assert linear.table.loc[ISHIGAMI, "index"].tolist() == pytest.approx([3.0, 2.0, 0.0, 0.0])
    assert linear.table.loc[ISHIGAMI, "mu"].tolist() == pytest.approx([3.0, -2.0, 0.0, 0.0])
    assert linear.table["sigma"].max() < 1e-9
    assert linear.leaders == ["first.x1", "first.x2"]


def test_morris_of_groups():
    points = of_design("morris", ISHIGAMI, 40, lambda x: x[:, 0] + x[:, 1] + 10 * x[:, 2], "process")
    found = indices("morris", *points)
    assert list(found.table.index) == ["second", "first"]
    assert found.table.loc["second", "index"] == pytest.approx(10.0)
    assert np.isnan(found.table["sigma"]).all()


@pytest.mark.parametrize("method", ["pawn", "delta"])
def test_an_inert_input_is_within_noise_of_given_data(method):
    found = indices(method, *hypercube(ISHIGAMI, 800, ishigami))
    table = found.table
    assert table.loc["second.inert", "verdict"] in ("within noise", "negligible")
    assert table.loc["second.inert", "index"] <= found.floor
    assert (table.loc[["first.x1", "first.x2"], "index"] > found.floor).all()
    assert table.index[0] == "first.x2"  # it moves the whole distribution, x1 its spread
    nothing = indices(method, *hypercube(ISHIGAMI, 300, lambda x: np.random.default_rng(1).normal(size=len(x))))
    assert set(nothing.table["verdict"]) <= {"within noise", "negligible"}
    assert nothing.leaders == []


def test_pawn_is_that_of_salib():
    points, values = hypercube(ISHIGAMI, 400, ishigami)
    problem = {"num_vars": 4, "names": ISHIGAMI}
    theirs = salib_pawn.analyze(problem, points.to_numpy(), values, S=10)["median"]
    # SALib's slices leave out the largest value.
    assert pawn_indices(points.to_numpy(), values) == pytest.approx(theirs, abs=0.01)
    whole = np.floor(values)  # equal values are where distributions jump
    theirs = salib_pawn.analyze(problem, points.to_numpy(), whole, S=10)["median"]
    assert pawn_indices(points.to_numpy(), whole) == pytest.approx(theirs, abs=0.01)


def test_delta_is_that_of_salib():
    points, values = hypercube(ISHIGAMI, 350, ishigami)
    number = len(values)
    slices = int(np.ceil(number ** (2 / (7 + np.tanh((1500 - number) / 500)))))
    grid, ends = np.linspace(values.min(), values.max(), 100), np.linspace(0, number, slices + 1)
    theirs = [salib_delta.calc_delta(values, grid, points[name].to_numpy(), ends) for name in ISHIGAMI]
    assert delta_indices(points.to_numpy(), values) == pytest.approx(theirs, rel=1e-9)


def worlds_of_function(points, function, layout=None, luck=0.0):
    """Return a study's worlds whose result is a function of the assumptions, with two arms and two replicates."""
    generator = np.random.default_rng(3)
    index = pd.MultiIndex.from_product([points.index, [0, 1]], names=["draw", "replicate"])
    by_world = np.repeat(function(points.to_numpy()), 2)
    values = {("removals", "a"): generator.normal(size=len(index)) * luck, ("removals", "b"): by_world}
    columns = pd.MultiIndex.from_tuples(values, names=["indicator", "arm"])
    table = pd.DataFrame(np.column_stack(list(values.values())), index, columns)
    return Worlds("known", {"a": "A", "b": "B"}, pd.DataFrame(), (), points, table, layout)


def test_a_study_is_asked_by_level_and_by_difference():
    points, _, layout = of_design("saltelli", ISHIGAMI, 256, ishigami)
    worlds = worlds_of_function(points, ishigami, layout, luck=2.0)
    level = ask(worlds, Quantity("removals", "b"), "sobol", tolerance=0.5)
    assert level.luck == pytest.approx(0.0, abs=1e-9)
    assert level.found.table.loc[ISHIGAMI, "index"].to_numpy() == pytest.approx(np.array(TOTAL), abs=0.1)
    difference = ask(worlds, Quantity("removals", "b", "a"), "sobol")
    assert difference.luck == pytest.approx(4 / (4 + 13.84), abs=0.05)  # 13.84 is the variance of Ishigami
    # Luck that the draws do not share is left over by every factor.
    assert difference.found.table.loc["second.inert", "index"] > 0.05
    given = ask(worlds, Quantity("removals", "b"), "pawn")
    assert given.found.points == 512  # the two samples


def test_assumptions_that_hang_together_are_told():
    points, _ = hypercube([f"p.x{number}" for number in range(60)], 200, lambda x: x[:, 0])
    assert entangled(points) is None
    points["p.x7"] = np.exp(points["p.x3"] + 0.5 * points["p.x9"])
    one, other, correlation = entangled(points)
    assert (one, other) == ("p.x3", "p.x7") and correlation > 0.8
    assert ask(worlds_of_function(points, lambda x: x[:, 0]), Quantity("removals", "b"), "pawn").entangled is not None


def test_worlds_that_are_missing_cost_their_block():
    points, values, layout = of_design("morris", ISHIGAMI, 10, ishigami)
    values[3] = np.nan
    lost = points.index != 12
    found = indices("morris", points[lost], values[lost], layout)
    assert (found.points, found.left_out) == (40, 9)
    points, values, layout = of_design("saltelli", ISHIGAMI, 64, ishigami)
    values[7] = np.nan
    found = indices("sobol", points, values, layout)
    assert found.points == 32 * layout.block


def test_what_decides_the_sign_is_found_and_nothing_else():
    names = [f"p.x{number}" for number in range(40)]
    points, values = hypercube(names, 400, lambda x: x[:, 0] - 0.6 + 0.1 * x[:, 1])
    found = regional(points, values)
    assert found.deciding == ["p.x0"]
    assert found.worlds_above + found.worlds_below + found.worlds_at_zero == 400
    assert found.table.loc["p.x0", "above"] > 0.6 > found.table.loc["p.x0", "below"]
    nothing = regional(points, np.random.default_rng(5).normal(size=400))
    assert nothing.deciding == []
    one_sided = regional(points, np.abs(values) + 1)
    assert not one_sided.told and one_sided.table.empty


def test_holm_is_that_of_statsmodels():
    from statsmodels.stats.multitest import multipletests

    p_values = np.random.default_rng(1).uniform(size=30) ** 4
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1])


def test_verdicts():
    index = pd.Series([1.0, 0.9, 0.5, 0.01, 0.1])
    low, high = pd.Series([0.95, 0.7, 0.45, 0.0, 0.05]), pd.Series([1.05, 1.1, 0.55, 0.03, 0.15])
    half = pd.Series([1.1, 0.9, 0.9, 0.02, 0.1])
    found = verdicts(index, low, high, half, 1.0, np.nan, 0.2)
    assert found.tolist() == ["converged", "not converged", "not converged", "negligible", "converged"]
    assert verdicts(index, low, high, half, 1.0, 0.2, 0.2).tolist()[-1] == "within noise"
    assert set(verdicts(index * 0, low, high, half, 0.0, np.nan, 0.2)) == {"negligible"}


def test_leaders_weigh_most_in_the_agreement_of_rankings():
    one = np.arange(10.0)[::-1]
    leaders, others = one.copy(), one.copy()
    leaders[[0, 1]], others[[8, 9]] = one[[1, 0]], one[[9, 8]]
    assert savage_correlation(one, one) == pytest.approx(1.0)
    assert savage_correlation(one, leaders) < savage_correlation(one, others) < 1.0
    assert np.isnan(savage_correlation(one, one * 0))


def test_too_little_is_told():
    points, values = hypercube(ISHIGAMI, 40, ishigami)
    with pytest.raises(UserError, match="40 worlds are too few to tell an index from chance: 64 at least"):
        indices("pawn", points, values)
    with pytest.raises(UserError, match="method=sobol needs a study of design saltelli"):
        indices("sobol", points, values)
    with pytest.raises(UserError, match="hang together"):
        indices("delta", *of_design("morris", ISHIGAMI, 30, ishigami))
    with pytest.raises(UserError, match="varies no assumption"):
        indices("pawn", points * 0, values)
    assert sizes_up_to(100, 10, "worlds") == [12, 25, 50, 100]


@pytest.mark.parametrize("method", ["pawn", "delta", "sobol", "morris"])
def test_a_quantity_that_does_not_vary_has_no_leaders(method):
    design = {"sobol": "saltelli", "morris": "morris"}.get(method)
    still = lambda x: np.full(len(x), 3.0)  # noqa: E731
    found = indices(method, *(of_design(design, ISHIGAMI, 64, still) if design else hypercube(ISHIGAMI, 128, still)))
    assert isinstance(found, Indices) and not found.varies and found.leaders == []
