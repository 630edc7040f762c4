"""Value of information and the research agenda: known functions, a dummy, metamorphic relations, the catalogue, the command."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from made_worlds import made_worlds
from scipy.integrate import quad
from scipy.stats import norm

from trafficsim import cli
from trafficsim.analysis import information as module
from trafficsim.analysis.agenda import agenda, known_of, sentence_on
from trafficsim.analysis.information import BELOW, NOT_CONVERGED, RANKED, SPREAD, VERDICT, information
from trafficsim.analysis.robustness import conditions_in
from trafficsim.catalog import catalog
from trafficsim.cli.choosing import _most_worlds
from trafficsim.configuration import configure
from trafficsim.errors import UserError

NAMES = ["market.price_bride", "market.price_venue", "market.price_work", "custody.assessment_sensitivity"]


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch):
    monkeypatch.setattr(module, "SHUFFLES", 40)
    monkeypatch.setattr(module, "RESAMPLES", 40)


def points(values):
    return pd.DataFrame(values, columns=NAMES[: values.shape[1]], index=pd.RangeIndex(len(values), name="draw"))


def found_for(inputs, difference, **more):
    """Information on parameters where one harm differs by ``difference`` from none under the baseline."""
    levels = {("deaths", "now"): np.zeros(np.shape(difference)), ("deaths", "arm"): difference}
    return information(made_worlds(levels, points(inputs)), ["deaths"], **more)


def gains(found, gain):
    return found.gains[found.gains["gain"] == gain].set_index("parameter")


def uniform(number, columns=4, seed=1):
    return np.random.default_rng(seed).uniform(size=(number, columns))


def test_shares_of_a_linear_function_are_the_analytic_ones():
    inputs = uniform(3000)
    weights = np.array([4.0, 2.0, 1.0, 0.0])
    found = gains(found_for(inputs, inputs @ weights), SPREAD)
    np.testing.assert_allclose(found["value"], weights**2 / (weights**2).sum(), atol=0.025)
    assert found["state"].tolist()[:2] == [RANKED, RANKED]
    assert found["state"].tolist()[3] == BELOW


def test_shares_of_ishigamis_function_are_the_analytic_ones():
    inputs = uniform(4000) * 2 * np.pi - np.pi
    a, b = 7.0, 0.1
    values = (
        np.sin(inputs[:, 0]) + a * np.sin(inputs[:, 1]) ** 2 + b * inputs[:, 2] ** 4 * np.sin(inputs[:, 0])
    )  # Ishigami and Homma 1990
    first = 0.5 * (1 + b * np.pi**4 / 5) ** 2
    second, both = a**2 / 8, b**2 * np.pi**8 * (1 / 18 - 1 / 50)
    found = gains(found_for(inputs, values), SPREAD)
    np.testing.assert_allclose(found["value"], np.array([first, second, 0, 0]) / (first + second + both), atol=0.025)
    assert found["state"].tolist() == [RANKED, RANKED, BELOW, BELOW]  # the third acts with the first alone
    for name, known in zip(NAMES, np.array([first, second]) / (first + second + both), strict=False):
        assert found.loc[name, "low"] - 0.02 <= known <= found.loc[name, "high"] + 0.02


def value_of_verdict(weight, mean):
    """The analytic reduction of the chance of a wrong sign of mean + weight z + sqrt(1 - weight^2) e, once z is known."""
    rest = np.sqrt(1 - weight**2)
    known, _ = quad(lambda z: abs(norm.cdf((mean + weight * z) / rest) - 0.5) * norm.pdf(z), -8, 8)
    return known - abs(norm.cdf(mean) - 0.5)


@pytest.mark.parametrize("mean", [0.0, 0.5])
def test_the_value_of_a_verdict_is_the_analytic_one(mean):
    inputs = np.random.default_rng(3).normal(size=(6000, 3))
    found = gains(found_for(inputs, mean + 0.6 * inputs[:, 0] + 0.8 * inputs[:, 1]), VERDICT)
    expected = [value_of_verdict(0.6, mean), value_of_verdict(0.8, mean), 0.0]
    np.testing.assert_allclose(found["value"], expected, atol=0.02)
    assert found["state"].tolist() == [RANKED, RANKED, BELOW]


def test_knowing_everything_settles_every_verdict():
    inputs = uniform(2000)
    found = found_for(inputs, inputs[:, 0] - 0.35)
    wrong = found.questions.set_index("gain").loc[VERDICT, "wrong"]
    assert wrong == pytest.approx(0.35, abs=0.03)
    assert gains(found, VERDICT).loc[NAMES[0], "value"] == pytest.approx(wrong, abs=0.05)
    assert gains(found, SPREAD).loc[NAMES[0], "value"] == pytest.approx(1.0, abs=1e-3)


def test_a_verdict_that_is_certain_has_nothing_to_settle():
    inputs = uniform(500)
    found = gains(found_for(inputs, inputs[:, 0] - 2.0), VERDICT)
    assert (found["value"] == 0.0).all()
    assert (found["state"] == BELOW).all()


def test_dummies_stay_below_the_noise_floor_as_often_as_it_says():
    above = 0
    for seed in range(40):
        noise = np.random.default_rng(seed).normal(size=300)
        found = found_for(uniform(300, seed=seed), noise)
        above += (gains(found, SPREAD)["state"] != BELOW).any()
    assert above <= 4  # one study of a hundred; five of forty would be a chance of one in ten thousand


def test_too_few_worlds_for_a_narrow_interval_are_not_converged():
    inputs = uniform(70)
    found = gains(found_for(inputs, inputs[:, 0] + uniform(70, seed=9)[:, 0]), SPREAD)
    assert found.loc[NAMES[0], "state"] == NOT_CONVERGED


@pytest.mark.relation(
    "What is worth finding out depends neither on units nor on the order of worlds.",
    kind="symmetry", level="analysis",
    reach="made-up worlds",
)  # fmt: skip
def test_units_and_order_do_not_matter():
    inputs = uniform(300)
    values = inputs[:, 0] ** 2 + inputs[:, 1]
    plain = gains(found_for(inputs, values), SPREAD)["value"]
    other = gains(found_for(np.exp(3 * inputs), 7 * values + 100), SPREAD)["value"]
    np.testing.assert_allclose(other, plain, atol=1e-9)
    turned = gains(found_for(inputs[::-1], values[::-1]), SPREAD)["value"]
    np.testing.assert_allclose(turned, plain, atol=1e-9)


def test_what_a_parameter_tells_of_another_counts_for_it():
    inputs = uniform(1000)
    inputs[:, 1] = inputs[:, 0] + 0.1 * inputs[:, 1]
    found = gains(found_for(inputs, inputs[:, 0]), SPREAD)
    assert found.loc[NAMES[1], "value"] > 0.9


def test_differences_are_in_parts_of_the_baseline_or_counts():
    inputs = uniform(1500)
    people, share = 100 + 900 * inputs[:, 0], inputs[:, 1]
    worlds = made_worlds({("deaths", "now"): people, ("deaths", "arm"): people * share}, points(inputs))
    relative, counts = (
        gains(information(worlds, ["deaths"], differences=one), SPREAD) for one in ("relative", "counts")
    )
    assert relative.loc[NAMES[1], "value"] == pytest.approx(1.0, abs=0.01)
    assert relative.loc[NAMES[0], "state"] == BELOW
    assert counts.loc[NAMES[0], "state"] == RANKED


def test_luck_is_told_apart():
    inputs, generator = uniform(800), np.random.default_rng(4)
    luck = generator.normal(scale=np.sqrt(1 / 12), size=(800, 4))  # in a run as much variance as the parameter brings
    found = found_for(inputs, inputs[:, :1] + luck)
    assert found.questions["luck_share"].iloc[0] == pytest.approx(0.2, abs=0.03)
    assert gains(found, SPREAD).loc[NAMES[0], "value"] == pytest.approx(0.8, abs=0.03)


def test_conditions_are_asked_of_too():
    inputs = uniform(400)
    levels = {("deaths", "now"): np.full(400, 100.0), ("deaths", "arm"): 100 * inputs[:, 0]}
    found = information(made_worlds(levels, points(inputs)), ["deaths"], conditions_in("deaths<=0.5"))
    condition = found.questions[found.questions["of"] == "deaths<=0.5"].iloc[0]
    assert condition["holds"] == pytest.approx(0.5, abs=0.1)
    best = found.ranking(VERDICT).iloc[0]
    assert (best["parameter"], best["of"]) == (NAMES[0], "deaths<=0.5")


def test_a_parameter_that_does_not_vary_is_not_asked_about():
    inputs = uniform(100)
    inputs[:, 2] = 0.5
    assert set(found_for(inputs, inputs[:, 0]).gains["parameter"]) == {NAMES[0], NAMES[1], NAMES[3]}


@pytest.mark.parametrize(
    ("inputs", "sentence"),
    [(uniform(20), "too few"), (np.full((100, 2), 0.5), "assumptions that differ between worlds")],
)
def test_what_cannot_be_told_is_said(inputs, sentence):
    with pytest.raises(UserError, match=sentence):
        found_for(inputs, np.arange(len(inputs), dtype=float))


def test_the_agenda_ranks_and_says_what_is_known():
    inputs = uniform(1000)
    found = found_for(inputs, 2 * inputs[:, 1] + inputs[:, 0] - 1.4)
    listed = agenda(found, catalog())
    assert listed["parameter"].tolist()[:2] == [NAMES[1], NAMES[0]]
    assert listed["place"].tolist()[:2] == [1.0, 2.0]
    assert listed["place"].isna().tolist()[2:] == [True, True]
    first = listed.iloc[0]
    record = catalog().parameters["market"]["price_venue"]
    assert (first["grade"], first["source"], first["meaning"]) == (record.grade, "E-E02", record.meaning)
    assert "Rests on E-E02" in sentence_on(first.to_dict(), catalog())
    assumed = listed[listed["parameter"] == "market.price_work"].iloc[0]
    assert sentence_on(assumed.to_dict(), catalog()).startswith("No figure: assumed (grade D).")


@pytest.mark.parametrize(
    ("process", "name", "gaps", "nearby", "tensions"),
    [
        ("surveillance", "permit_exposure", ("E-L08",), (), ()),
        ("market", "price_bride", (), (), ("X04",)),
        ("brokerage", "taken_alone_women", (), ("E-D14", "E-D15"), ("X02",)),
    ],
)
def test_gaps_and_tensions_are_those_that_the_evidence_ties_to_a_parameter(process, name, gaps, nearby, tensions):
    known = known_of(catalog(), process, name)
    assert (known.gaps, known.gaps_nearby, known.tensions) == (gaps, nearby, tensions)


def test_every_parameter_has_a_sentence():
    for process, named in catalog().parameters.items():
        for name, record in named.items():
            known = known_of(catalog(), process, name)
            row = {
                "source": ", ".join(known.source) or "assumed", "grade": record.grade, "because": record.because,
                "gaps": ", ".join(known.gaps), "gaps_nearby": ", ".join(known.gaps_nearby),
                "tensions": ", ".join(known.tensions),
            }  # fmt: skip
            assert sentence_on(row, catalog()).endswith((".", "."))


def test_the_command_from_settings_to_figure(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = [
        "arms=[status_quo,letter_package]",
        "draws=64",
        "scale=0.005",
        "years=1",
        "policy_start=1998-01",
        "workers=1",
    ]
    assert (
        cli.main(["agenda", *words, "design=latin_hypercube", "harms=[removals,deaths]", "satisfy=removals<=0.5"]) == 0
    )
    told = " ".join(capsys.readouterr().out.split())
    assert "64 plausible worlds" in told
    assert "noise floor" in told
    assert "not a count of real people" in told
    assert Path("results/agenda/figures/agenda.svg").is_file()
    assert cli.main(["agenda", "results/agenda/study.sqlite", "--json", "harms=deaths"]) == 0
    plain = json.loads(capsys.readouterr().out)
    assert (plain["worlds"], plain["replicates"]) == (64, 1)
    assert all(one["floor"] > 0 for one in plain["questions"])
    assert len(plain["agenda"]) > 200
    assert cli.main(["agenda", "results/agenda/study.sqlite", "--csv", "by=verdict"]) == 0
    assert capsys.readouterr().out.startswith("place,parameter,meaning")


def test_an_agenda_takes_as_many_worlds_as_there_are():
    posterior = _most_worlds(["scale=0.1"])
    assert 64 <= posterior <= 1000
    configuration = configure([f"draws={posterior}", "design=posterior"])
    assert len(configuration.points()) == posterior
    assert _most_worlds(["design=latin_hypercube"]) == _most_worlds(["corridor=teaching"]) == 1000


def test_an_unknown_gain_is_told(capsys):
    assert cli.main(["agenda", "by=cost"]) == cli.USER_ERROR
    assert "Allowed: spread, verdict" in capsys.readouterr().err
