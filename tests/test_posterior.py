"""Studies draw their worlds from the posterior of their corridor, and say so where it no longer fits."""

import shutil

import numpy as np
import pytest

from trafficsim.catalog import catalog, posteriors
from trafficsim.catalog.posteriors import has_posterior, load_posterior, read_posterior
from trafficsim.configuration import Configuration, configure
from trafficsim.designs import posterior_points, uncertain_parameters
from trafficsim.errors import UserError
from trafficsim.experiments.staleness import posterior_notices

FIRST = load_posterior("first")


@pytest.fixture
def posterior_of(monkeypatch, tmp_path):
    """Put a changed posterior in the place of the package's."""

    def put(old, new):
        for suffix in ("csv", "yaml"):
            shutil.copy(posteriors.FOLDER / f"first.{suffix}", tmp_path)
        for path in tmp_path.glob("first.*"):
            text = path.read_text()
            path.write_text(text.replace(old, new) if old in text else text)
        monkeypatch.setattr(posteriors, "FOLDER", tmp_path)
        read_posterior.cache_clear()
        return load_posterior("first")

    yield put
    read_posterior.cache_clear()


@pytest.mark.parametrize(
    ("words", "design"),
    [
        ([], "posterior"),
        (["draws=4"], "posterior"),
        (["corridor=teaching"], "latin_hypercube"),
        (["corridor=letter_chronology", "draws=4"], "latin_hypercube"),
        (["draws=4", "study.vary=[market]"], "latin_hypercube"),
        (["draws=4", "design=sobol"], "sobol"),
    ],
)
def test_where_no_design_is_named_the_posterior_is_drawn_from_if_there_is_one(words, design):
    configuration = configure(words)
    assert configuration.study.design == design  # the study's file says which
    assert Configuration.from_plain(configuration.plain()).study.design == design


def test_draws_are_those_of_the_posterior_and_a_latin_hypercube_over_the_rest():
    points = configure(["draws=8", "seed=3"]).points()
    assert points == configure(["draws=8", "seed=3"]).points()
    for point, row in zip(points, FIRST.rows, strict=False):
        drawn = {f"{process}.{name}": value for process, named in point.items() for name, value in named.items()}
        assert [drawn[name] for name in FIRST.names] == list(row)
        assert len(drawn) == len(uncertain_parameters(catalog()))
    others = [f"{process}.{name}" for process, name, _ in uncertain_parameters(catalog())]
    prevention = [point["market"]["prevention_effect_on_demand"] for point in points]
    assert "market.prevention_effect_on_demand" in set(others) - set(FIRST.names)
    low, high = catalog().parameters["market"]["prevention_effect_on_demand"].range
    slices = np.floor((np.array(prevention) - low) / (high - low) * 8)
    assert sorted(slices) == list(range(8))  # one in each eighth of the range
    again = configure(["draws=8", "seed=4"]).points()
    assert [point["life"]["goes_home_men"] for point in again] == [point["life"]["goes_home_men"] for point in points]
    assert [point["market"]["prevention_effect_on_demand"] for point in again] != prevention


def test_what_is_set_by_hand_is_not_drawn():
    points = configure(["draws=4", "parameters.life.goes_home_men=0.2"]).points()
    assert {point["life"]["goes_home_men"] for point in points} == {0.2}


def test_every_stored_draw_lies_within_the_ranges_of_the_catalogue():
    assert len(FIRST.rows) >= 512
    assert len(posterior_points(catalog(), FIRST, len(FIRST.rows))) == len(FIRST.rows)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["draws=4", "design=posterior", "corridor=teaching"], "the corridor 'teaching' was never calibrated"),
        (["draws=600", "design=posterior"], "holds 512 draws; write fewer, or study.design=latin_hypercube"),
        (["draws=4", "design=posterior", "study.vary=[market]"], "study.vary goes with study.design=latin_hypercube, sobol"),
    ],
)  # fmt: skip
def test_a_posterior_that_cannot_be_drawn_from_is_told(words, told):
    with pytest.raises(UserError, match=told):
        configure(words)


def test_a_posterior_of_todays_rules_and_numbers_gives_no_notice():
    assert posterior_notices(configure(["draws=4"])) == []
    assert posterior_notices(configure(["draws=4", "design=latin_hypercube"])) == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("model_version: 2-", "model_version: 1-", "was fitted to rules of version 1; these are 2"),
        ("catalog_digest: ", "catalog_digest: 0", "with other numbers in the catalogue"),
        ("life.goes_home_men: [0.03", "life.goes_home_men: [0.01", "within other ranges of life.goes_home_men"),
    ],
)
def test_a_posterior_that_is_out_of_date_says_so(posterior_of, old, new, told):
    posterior_of(old, new)
    (sentence,) = posterior_notices(configure(["draws=4"]))
    assert told in sentence
    assert "trafficsim calibrate" in sentence


def test_a_draw_outside_todays_ranges_is_refused_with_the_parameter(posterior_of):
    row = next(iter(FIRST.rows))
    first = f"{row[0]:g},"
    posterior_of(f"\n{first}", "\n7.5,")
    with pytest.raises(
        UserError, match=r"posteriors/first\.csv\.brokerage\.escapes_brokers_monthly = 7\.5: allowed are numbers"
    ):
        configure(["draws=512"])


def test_a_damaged_posterior_is_told(posterior_of):
    with pytest.raises(UserError, match=r"posteriors/first\.csv"):
        posterior_of(",", ";,")
    assert has_posterior("first")
