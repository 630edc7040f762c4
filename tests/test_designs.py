"""Points cover the catalogue's ranges as their distributions say, and the two sources of spread are told apart."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trafficsim.analysis.spread import two_sources
from trafficsim.catalog import catalog
from trafficsim.designs import METHODS, parameter_points, uncertain_parameters, value_at
from trafficsim.errors import UserError

UNCERTAIN = uncertain_parameters(catalog())


@pytest.mark.parametrize("method", METHODS)
def test_points_lie_within_their_ranges_and_can_be_made_again(method):
    points = parameter_points(catalog(), 16, method, seed=7)
    assert len(points) == 16
    for point in points:
        catalog().checked(point)  # refuses what is unknown or out of range
        assert sum(len(named) for named in point.values()) == len(UNCERTAIN)
    assert points == parameter_points(catalog(), 16, method, seed=7)
    assert points != parameter_points(catalog(), 16, method, seed=8)


def test_a_latin_hypercube_visits_each_slice_of_each_range_once():
    points = parameter_points(catalog(), 20, seed=3)
    slices = np.linspace(0, 1, 21)
    for process, name, parameter in UNCERTAIN:
        edges = value_at(parameter, slices)
        values = sorted(point[process][name] for point in points)
        assert all(low <= value <= high for low, value, high in zip(edges[:-1], values, edges[1:], strict=True)), name


@given(quantile=st.floats(0, 1), place=st.integers(0, len(UNCERTAIN) - 1))
def test_values_rise_with_the_quantile_and_stay_within_the_range(quantile, place):
    _, _, parameter = UNCERTAIN[place]
    value = float(value_at(parameter, np.array([quantile]))[0])
    assert parameter.range[0] <= value <= parameter.range[1]
    assert value <= float(value_at(parameter, np.array([min(1.0, quantile + 0.01)]))[0])


def test_distributions_mean_what_they_say():
    by_kind = {parameter.distribution: parameter for _, _, parameter in UNCERTAIN}
    middle = np.array([0.5])
    uniform, log_uniform = by_kind["uniform"], by_kind["log_uniform"]
    assert value_at(uniform, middle)[0] == pytest.approx(sum(uniform.range) / 2)
    assert value_at(log_uniform, middle)[0] == pytest.approx(np.sqrt(log_uniform.range[0] * log_uniform.range[1]))
    triangular = by_kind["triangular"]
    values = value_at(triangular, np.linspace(0.0005, 0.9995, 1000))
    density, edges = np.histogram(values, 20)
    peak = edges[density.argmax()], edges[density.argmax() + 1]
    width = edges[1] - edges[0]
    assert peak[0] - width <= triangular.default <= peak[1] + width


def test_a_wrong_design_is_told():
    with pytest.raises(UserError, match="latin_hypercube, sobol"):
        parameter_points(catalog(), 4, "grid")
    with pytest.raises(UserError, match=r"powers of two; write 8 or 16"):
        parameter_points(catalog(), 12, "sobol")


def test_the_two_sources_are_told_apart():
    """Known components: assumptions 9, seeds 1, residual 4."""
    luck = np.random.default_rng(1)
    table = (
        10 + 3 * luck.standard_normal((400, 1)) + luck.standard_normal((1, 300)) + 2 * luck.standard_normal((400, 300))
    )
    spread = two_sources(table)
    assert spread.mean == pytest.approx(10, abs=0.5)
    assert spread.share_of_assumptions == pytest.approx(9 / 14, abs=0.05)
    assert spread.world_high - spread.world_low == pytest.approx(2 * 1.645 * 3, rel=0.12)
    assert spread.luck_high - spread.luck_low < 0.5


def test_spread_by_hand():
    spread = two_sources([[1.0, 3.0], [5.0, 7.0], [-3.0, -1.0]])  # worlds differ, seeds by 2, no residual
    assert spread.mean == 2.0
    assert spread.share_of_assumptions == pytest.approx(16 / (16 + 2))
    assert (spread.share_below_zero, spread.share_above_zero) == (pytest.approx(1 / 3), pytest.approx(2 / 3))


def test_one_replicate_cannot_tell_them_apart():
    spread = two_sources([[1.0], [2.0]])
    assert np.isnan(spread.share_of_assumptions)
    assert np.isnan(spread.luck_low)
    assert two_sources([[0.0, 0.0], [0.0, 0.0]]).share_above_zero == 0.0
