"""Points cover the catalogue's ranges as their distributions say, and the two sources of spread are told apart."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import trafficsim
from trafficsim.analysis.spread import two_sources
from trafficsim.catalog import catalog
from trafficsim.configuration import configure
from trafficsim.designs import METHODS, latin_hypercube, parameter_points, uncertain_parameters, value_at
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


@pytest.mark.parametrize(
    ("words", "design", "draws"),
    [
        ([], "posterior", 20),
        (["study=teaching"], "posterior", 20),
        (["corridor=teaching"], "latin_hypercube", 20),  # nobody calibrated it
        (["study.vary=[market]"], "latin_hypercube", 20),
        (["design=sobol"], "sobol", 32),
        (["draws=7"], "posterior", 7),
        (["draws=0"], "posterior", 0),
        (["design=grid", "+study.grid.market.price_bride=[2000,4000]"], "grid", 2),
    ],
)
def test_worlds_of_a_study_that_does_not_say_how_many(words, design, draws):
    study = configure(words).study
    assert (study.design, study.draws) == (design, draws)


def test_a_laid_out_design_does_not_guess_its_size():
    with pytest.raises(UserError, match=r"study\.design=morris needs study\.draws=N"):
        configure(["design=morris"])


def test_a_design_may_vary_some_assumptions_only():
    configuration = configure(["draws=4", "study.vary=[market,custody.assessment_sensitivity]"])
    for point in configuration.points():
        assert set(point) == {"market", "custody"}
        assert set(point["custody"]) == {"assessment_sensitivity"}
        assert len(point["market"]) == sum(process == "market" for process, _, _ in UNCERTAIN)


def test_a_grid_takes_every_combination():
    words = [
        "design=grid",
        "+study.grid.market.price_bride=[2000,4000]",
        "+study.grid.custody.assessment_sensitivity=[0.7,0.8,0.9]",
    ]
    configuration = configure([*words, "parameters.market.price_bride=3000", "parameters.market.price_work=1500"])
    points = configuration.points()
    assert configuration.study.draws == len(points) == 6
    found = [(point["market"]["price_bride"], point["custody"]["assessment_sensitivity"]) for point in points]
    assert found == [(price, chance) for price in (2000, 4000) for chance in (0.7, 0.8, 0.9)]
    assert {point["market"]["price_work"] for point in points} == {
        1500
    }  # what is set by hand and not in the grid holds


def test_points_come_from_a_file_whose_content_counts_and_not_its_name(tmp_path):
    for name in ("one", "other"):
        (tmp_path / f"{name}.csv").write_text(
            "market.price_bride,custody.assessment_sensitivity\n2000,0.7\n4000,0.8\n\n"
        )
    one, other = (configure(["design=file", f"study.points={tmp_path}/{name}.csv"]) for name in ("one", "other"))
    assert one.points() == [
        {"market": {"price_bride": 2000.0}, "custody": {"assessment_sensitivity": 0.7}},
        {"market": {"price_bride": 4000.0}, "custody": {"assessment_sensitivity": 0.8}},
    ]
    assert one.hash() == other.hash()
    (tmp_path / "one.csv").write_text("market.price_bride\n2000\n4000\n")
    assert configure(["design=file", f"study.points={tmp_path}/one.csv"]).hash() != other.hash()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (
            "market.price_brid\n2000\n",
            r"points.csv, line 2.market: there is no parameter 'price_brid'. Did you mean 'price_bride'",
        ),
        (
            "market.price_bride\n2000\n99\n",
            r"points.csv, line 3.market.price_bride = 99.0: allowed are numbers from 2000 to 30000",
        ),
        ("market.price_bride\nmuch\n", r"points.csv, line 2: 'much' is not a number"),
        ("market.price_bride\n2000,3\n", r"line 2: 2 values, but 1 names in line 1"),
        ("market.price_bride,market.price_bride\n1,1\n", r"line 1: a parameter is named twice"),
        ("", r"holds no point"),
        ("market.price_bride\n\xff\n", r"cannot be read"),
        (None, r"nowhere.csv' cannot be read"),
    ],
)
def test_a_wrong_file_of_points_is_told_with_its_line(content, told, tmp_path):
    file = tmp_path / ("nowhere.csv" if content is None else "points.csv")
    if content is not None:
        file.write_bytes(content.encode("latin-1"))
    with pytest.raises(UserError, match=told):
        configure(["design=file", f"study.points={file}"])


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["draws=4", "study.vary=[markt]"], "'markt' is neither a process nor an uncertain parameter. Did you mean 'market'"),
        (["design=grid", "study.vary=[market]", "+study.grid.market.price_bride=[2000]"], "study.vary goes with"),
        (["draws=4", "+study.grid.market.price_bride=[2000]"], "study.grid goes with study.design=grid"),
        (["design=grid", "draws=3", "+study.grid.market.price_bride=[2000]"], "the grid holds 1 points; leave draws out"),
        (["design=grid", "study.grid.market.price_bride=[2000]"], r"added with '\+study\.grid\.PROCESS\.NAME"),
        (["design=file"], "study.design=file needs study.points=FILE.csv"),
    ],
)  # fmt: skip
def test_a_design_that_contradicts_itself_is_told(words, told):
    with pytest.raises(UserError, match=told):
        configure(words)


def test_points_are_those_of_scipy():
    from scipy import stats
    from scipy.stats import qmc

    ours, theirs = latin_hypercube(5, 64, np.random.default_rng(3)), qmc.LatinHypercube(5, rng=np.random.default_rng(3))
    assert np.array_equal(ours, theirs.random(64))
    for _, name, one in uncertain_parameters(catalog()):
        low, high = one.range
        theirs = {
            "uniform": lambda low=low, high=high: stats.uniform(low, high - low),
            "log_uniform": lambda low=low, high=high: stats.loguniform(low, high),
            "triangular": lambda low=low, high=high, mode=one.default: stats.triang(
                (mode - low) / (high - low), low, high - low
            ),
        }[one.distribution]()
        expected = theirs.ppf(ours[:, 0])
        assert value_at(one, ours[:, 0]) == pytest.approx(np.rint(expected) if one.whole else expected, rel=1e-12), name


WHOLE = [(process, name) for process, name, one in uncertain_parameters(catalog()) if one.whole]


@pytest.mark.parametrize(("process", "name"), WHOLE)
def test_what_rules_count_with_is_drawn_in_whole_numbers_without_losing_half_a_unit(process, name):
    one = catalog().parameters[process][name]
    quantiles = (np.arange(4_000) + 0.5) / 4_000
    drawn, between = value_at(one, quantiles), value_at(one.model_copy(update={"whole": False}), quantiles)
    assert np.array_equal(drawn, np.rint(drawn))
    assert drawn.mean() == pytest.approx(between.mean(), abs=0.15)
    assert (drawn.min(), drawn.max()) == one.range


def test_a_whole_number_is_asked_for_in_whole_numbers():
    with pytest.raises(UserError, match=r"sentence_in_custody = 7.5: allowed are whole numbers from 6 to 36"):
        configure(["parameters.custody.sentence_in_custody=7.5"])


def test_every_number_that_a_rule_cuts_to_a_whole_one_is_whole():
    """Where a loop writes ``int(p.name)``, a share of a unit would be lost."""
    loops = "".join(path.read_text() for path in (Path(trafficsim.__file__).parent / "processes").glob("*.py"))
    cut = set(re.findall(r"int\(p\.(\w+)\)", loops))
    assert cut >= {"messages_monthly", "areas"}
    known = catalog().parameters
    assert not [name for name in cut for named in known.values() if name in named and not named[name].whole]


def test_a_study_over_other_ranges_is_another_study(monkeypatch):
    """Else worlds of two catalogues would stand under one name."""
    words = ["design=latin_hypercube", "draws=3"]
    before = configure(words)
    market = catalog().parameters["market"]
    wider = market["price_bride"].model_copy(update={"range": (500.0, 40_000.0)})
    monkeypatch.setitem(catalog().parameters, "market", {**market, "price_bride": wider})
    after = configure(words)
    assert after.catalog_digest == before.catalog_digest  # its value is the same
    assert after.points_digest != before.points_digest
    assert configure(["draws=0"]).points_digest == ""
