"""Factorial designs and interactions between levers: resolution, exact recovery, multiplicity, the command."""

import itertools
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from made_worlds import made_worlds

from trafficsim import cli
from trafficsim.analysis.factorial import (
    GENERATORS,
    effects,
    is_orthogonal,
    model_matrix,
    pairs_of,
    resolution,
    two_level_design,
)
from trafficsim.analysis.interactions import (
    LESS,
    MORE,
    UNTOLD,
    arms_of_design,
    interactions,
    package_levers,
    signs_of,
)
from trafficsim.errors import UserError
from trafficsim.policy import load_arm


@pytest.mark.parametrize("factors", sorted(GENERATORS))
def test_no_effect_of_order_two_or_less_is_confounded_with_another(factors):
    design = two_level_design(factors)
    assert len(design) == 2 ** (factors - len(GENERATORS[factors]))
    assert (design[0] == -1).all()
    assert len(np.unique(design, axis=0)) == len(design)
    columns = model_matrix(design)
    assert columns.shape[1] == 1 + factors + factors * (factors - 1) // 2
    for first, second in itertools.combinations(columns.T, 2):
        assert first @ second == 0
    assert is_orthogonal(design)
    assert resolution(factors) >= 5


def test_the_eleven_levers_take_128_arms_for_55_pairs():
    levers = package_levers()
    arms = arms_of_design(levers)
    assert (len(levers), len(arms), len(set(arms)), len(pairs_of(11))) == (11, 128, 128, 55)
    assert arms[0] == "status_quo"
    assert resolution(11) == 5
    table = arms_table(arms)
    named, signs = signs_of(table)
    assert set(named) == set(levers)
    again = two_level_design(11)[:, [levers.index(name) for name in named]]
    assert np.array_equal(signs, again)


def test_a_design_of_resolution_four_is_refused():
    runs = np.array(list(itertools.product((-1, 1), repeat=3)))
    assert not is_orthogonal(np.column_stack([runs, runs.prod(axis=1)]))


def arms_table(names):
    rows = [(name, json.dumps(load_arm(name).plain()["levers"]), place) for place, name in enumerate(names)]
    return pd.DataFrame(rows, columns=["arm", "levers", "place"])


LEVERS = ("non_refoulement", "identification", "assistance", "prevention", "accountability")


def responses(scale):
    """Made-up responses over the design of five levers, in which only two pairs interact."""
    on = (two_level_design(5) + 1) / 2
    single = np.array([-10.0, -20.0, 5.0, 0.0, -2.0])
    pairs = {(0, 1): 6.0, (2, 4): -3.0}
    total = on @ single + sum(size * on[:, a] * on[:, b] for (a, b), size in pairs.items())
    return (single, pairs, 100.0 + total if scale == "counts" else 100.0 * np.exp(total / 50.0))


def test_an_additive_response_is_recovered_exactly():
    single, pairs, values = responses("counts")
    main, pair, explained = effects(two_level_design(5), values[None])
    for place, (a, b) in enumerate(pairs_of(5)):
        assert pair[0, place] == pytest.approx(pairs.get((a, b), 0.0), abs=1e-10)
    expected = np.add(single, [3.0, 3.0, -1.5, 0.0, -1.5])  # half of each pair's effect, over on and off of the other
    assert main[0] == pytest.approx(expected)
    assert explained == pytest.approx(1.0)


def test_least_squares_is_that_of_numpy():
    values = np.random.default_rng(1).normal(size=(3, 16))
    columns = model_matrix(two_level_design(5))
    known = np.linalg.lstsq(columns, values.T, rcond=None)[0]
    main, pair, _ = effects(two_level_design(5), values)
    np.testing.assert_allclose(main.T, 2 * known[1:6])
    np.testing.assert_allclose(pair.T, 4 * known[6:])


def worlds_from(tables, harm="refoulement"):
    """Worlds with an arm a run, from levels of shape (worlds, runs)."""
    names = arms_of_design(LEVERS)
    return made_worlds({(harm, name): tables[:, place] for place, name in enumerate(names)}), arms_table(names)


def found_for(tables):
    worlds, arms = worlds_from(tables)
    levers, signs = signs_of(arms)
    return interactions(worlds, levers, signs, ["refoulement"])


def pair_row(found, scale, one, other):
    rows = found.pairs[(found.pairs["scale"] == scale)]
    rows = rows[rows.apply(lambda row: {row["first"], row["second"]} == {one, other}, axis=1)]
    assert len(rows) == 1
    return rows.iloc[0]


def test_a_multiplicative_response_is_recovered_exactly_on_its_scale():
    _, pairs, values = responses("ratio")
    found = found_for(np.stack([values, 3 * values, 0.5 * values]))
    for a, b in pairs_of(5):
        row = pair_row(found, "ratio", LEVERS[a], LEVERS[b])
        assert row["effect"] == pytest.approx(np.exp(pairs.get((a, b), 0.0) / 50.0))
    # On the scale of counts the same response has interactions where the ratio has none.
    assert abs(pair_row(found, "counts", LEVERS[0], LEVERS[4])["effect"]) > 1e-3
    fit = found.fit.set_index("scale")["explained"]
    assert fit["ratio"] == pytest.approx(1.0)
    assert fit["counts"] < 1.0


def test_effects_of_counts_are_in_parts_of_the_harm_without_levers():
    _, _, values = responses("counts")
    found = found_for(np.stack([values, 4 * values]))
    row = pair_row(found, "counts", LEVERS[0], LEVERS[1])
    assert row["effect"] == pytest.approx(0.06)
    assert row["count"] == pytest.approx((6.0 + 24.0) / 2)


def noisy(sizes, worlds=12, noise=2.0):
    generator = np.random.default_rng(8)
    on = (two_level_design(5) + 1) / 2
    table = np.full((worlds, len(on)), 1000.0) + generator.normal(scale=noise, size=(worlds, len(on)))
    for (a, b), size in sizes.items():
        table += size * (on[:, a] * on[:, b])[None]
    return table


def test_verdicts_tell_pairs_that_interact_from_those_that_do_not():
    found = found_for(noisy({(0, 1): -30.0, (2, 3): 30.0}))
    for scale in ("counts", "ratio"):
        verdicts = {
            frozenset((row.first, row.second)): row.verdict
            for row in found.pairs[found.pairs["scale"] == scale].itertuples()
        }
        assert verdicts.pop(frozenset((LEVERS[0], LEVERS[1]))) == LESS
        assert verdicts.pop(frozenset((LEVERS[2], LEVERS[3]))) == MORE
        assert set(verdicts.values()) == {UNTOLD}


def test_worlds_that_contradict_each_other_tell_nothing_however_many_they_are():
    """A mean far from nil is no finding where every fifth world has the other sign: more worlds would not change that."""
    on = (two_level_design(5) + 1) / 2
    sizes = np.where(np.arange(200) % 5 == 0, -10.0, 30.0)
    found = found_for(1000.0 + sizes[:, None] * (on[:, 0] * on[:, 1])[None])
    row = pair_row(found, "counts", LEVERS[0], LEVERS[1])
    assert row["mean_low"] > 0
    assert row["same_sign"] == pytest.approx(0.8)
    assert row["verdict"] == UNTOLD


@pytest.mark.parametrize(("worlds", "verdict"), [(2, UNTOLD), (12, MORE)])
def test_equal_effects_in_few_worlds_tell_nothing(worlds, verdict):
    on = (two_level_design(5) + 1) / 2
    either_ends_it = 100.0 * (1 - on[:, 0]) * (1 - on[:, 1])
    found = found_for(np.stack([(1 + place) * either_ends_it for place in range(worlds)]))
    row = pair_row(found, "counts", LEVERS[0], LEVERS[1])
    assert row["effect"] == pytest.approx(1.0)
    assert row["verdict"] == verdict
    assert np.isnan(row["mean_low"]) == (verdict == UNTOLD)


def test_simultaneous_intervals_hold_all_pairs_as_often_as_they_say():
    generator, held = np.random.default_rng(3), 0
    signs = two_level_design(5)
    worlds, _ = worlds_from(np.full((6, 16), 1.0))
    for _ in range(150):
        table = 1000.0 + generator.normal(size=(6, 16))
        worlds.values[:] = table
        found = interactions(worlds, LEVERS, signs, ["refoulement"]).pairs
        found = found[found["scale"] == "counts"]
        held += bool(((found["mean_low"] <= 0) & (found["mean_high"] >= 0)).all())
    assert 0.85 <= held / 150 <= 0.99


@pytest.mark.relation(
    "The order of policies and worlds changes no interaction.",
    kind="symmetry", level="analysis",
    reach="made-up worlds",
)  # fmt: skip
def test_the_order_of_arms_and_worlds_does_not_matter():
    table = noisy({(0, 1): -30.0})
    _, arms = worlds_from(table)
    order = [0, *np.random.default_rng(6).permutation(np.arange(1, 16))]
    names = [arms["arm"][place] for place in order]
    shuffled = made_worlds(
        {("refoulement", name): table[::-1, place] for name, place in zip(names, order, strict=True)}
    )
    levers, signs = signs_of(arms_table(names))
    again = interactions(shuffled, levers, signs, ["refoulement"]).effects
    pd.testing.assert_frame_equal(found_for(table).effects, again, check_exact=False)


def test_a_world_without_a_case_has_no_ratio():
    table = noisy({})
    table[0, 3] = 0.0
    fit = found_for(table).fit.set_index("scale")["units"]
    assert fit.to_dict() == {"counts": 12, "ratio": 11}


@pytest.mark.parametrize(
    ("levers", "sentence"),
    [
        (["permit_surveillance", "assistance"], "no protective lever"),
        (["asistance", "prevention"], "assistance"),
        (["assistance"], "from 2 to 11"),
        (["assistance", "assistance"], "different levers"),
    ],
)
def test_levers_that_cannot_be_crossed_are_told(levers, sentence):
    with pytest.raises(UserError, match=sentence):
        arms_of_design(levers)


@pytest.mark.parametrize(
    "names",
    [
        ["status_quo", "letter_package"],
        ["status_quo", "assistance_only", "prevention_only"],
        ["status_quo", "assistance_only", "prevention_only", "assistance_only+accountability_only"],
    ],
)
def test_arms_that_are_no_design_are_told(names):
    with pytest.raises(UserError, match="no factorial design"):
        signs_of(arms_table(names))


def test_the_command_from_settings_to_figure(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = ["levers=[non_refoulement,assistance]", "draws=3", "replicates=1", "scale=0.01", "years=1", "workers=1"]
    assert cli.main(["interactions", *words, "harms=[refoulement,deaths]"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "4 arms" in told
    assert "not a count of real people" in told
    assert Path("results/interactions/figures/interactions_refoulement.svg").is_file()
    assert cli.main(["interactions", "results/interactions/study.sqlite", "--json", "harms=deaths"]) == 0
    plain = json.loads(capsys.readouterr().out)
    assert (plain["levers"], plain["units"]) == (["non_refoulement", "assistance"], 3)
    assert {one["harm"] for one in plain["effects"]} == {"deaths"}
    assert cli.main(["interactions", "results/interactions/study.sqlite", "--csv"]) == 0
    assert capsys.readouterr().out.startswith("harm,scale,first,second,effect")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [(["arms=[status_quo]"], "arms follow from the levers"), (["levers=[enforcement]"], "no protective lever")],
)
def test_mistakes_are_told_before_anything_is_run(words, sentence, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["interactions", *words]) == cli.USER_ERROR
    assert sentence in capsys.readouterr().err
    assert not Path("results").exists()
