"""The same lives under two arms: each counted once, harms as the run itself marks them, shares with honest intervals."""

import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import trafficsim
from trafficsim.analysis.counterfactuals import GROUPS, SAME_HARM, Counterfactuals, table_of
from trafficsim.analysis.shares import FEW, clopper_pearson, share_of
from trafficsim.errors import UserError
from trafficsim.experiments.frames import open_study
from trafficsim.experiments.lives import FATES, HARMS, NOT_DEPARTED, Lives, compare_lives
from trafficsim.experiments.studies import problems_of
from trafficsim.processes.vocabulary import Mark, Status

ARMS = ["status_quo", "letter_package"]
SETTINGS = {"scale": 0.02, "policy_start": "2010-01", "years": 2, "draws": 0, "workers": 1}


@pytest.fixture(scope="module")
def comparison():
    return trafficsim.compare(ARMS, replicates=2, **SETTINGS)


@pytest.fixture(scope="module")
def swapped():
    return trafficsim.compare(ARMS[::-1], replicates=2, **SETTINGS)


def some_lives(keys: list[int], generator: np.random.Generator) -> Lives:
    number = len(keys)
    return Lives(
        np.array(sorted(keys), np.uint64),
        generator.integers(0, 3, number).astype(np.uint32),
        generator.integers(0, len(FATES) - 1, number),
        generator.integers(0, 1 << 16, number).astype(np.uint16),
    )


@pytest.mark.relation(
    "Each life is counted once when two policies are compared, and the comparison the other way round is "
    "its mirror image.",
    kind="symmetry", level="study",
    reach="made-up lives (Hypothesis)",
)  # fmt: skip
@given(a=st.sets(st.integers(0, 30)), b=st.sets(st.integers(0, 30)), seed=st.integers(0, 99))
def test_each_life_is_counted_once_and_arms_can_be_swapped(a: set[int], b: set[int], seed: int) -> None:
    generator = np.random.default_rng(seed)
    first, second = some_lives([*a], generator), some_lives([*b], generator)
    found = compare_lives(first, second)
    one, other = (
        {key: (path, FATES[fate], harms) for key, path, fate, harms in zip(*map(list, life), strict=True)}
        for life in ((lives.key, lives.path, lives.fate, lives.harms) for lives in (first, second))
    )
    absent = (None, NOT_DEPARTED, 0)
    pairs = [(one.get(key, absent), other.get(key, absent)) for key in one.keys() | other.keys()]
    assert found.compared == len(a | b)
    assert found.changed == sum(x[0] != y[0] for x, y in pairs)
    assert {row[:2]: row[2] for row in found.fates} == Counter((x[1], y[1]) for x, y in pairs)
    harmed = Counter(
        (harm, int(x[2] & bit > 0), int(y[2] & bit > 0), x[1], y[1])
        for x, y in pairs
        for harm, bit in HARMS.items()
        if (x[2] | y[2]) & bit
    )
    assert {row[:-1]: row[-1] for row in found.harmed} == harmed
    assert found.harms_met == harmed.total()
    back = compare_lives(second, first)
    assert {(y, x): n for x, y, n in back.fates} == {(x, y): n for x, y, n in found.fates}
    assert sorted((h, b, a, y, x, n) for h, a, b, x, y, n in back.harmed) == sorted(found.harmed)


def test_harms_are_those_that_the_runs_themselves_mark(comparison) -> None:
    run = comparison.result.runs[0]
    settings = {name: SETTINGS[name] for name in ("scale", "policy_start", "years")}
    history = trafficsim.TraffickingModel(rng=run.seed, **settings)
    history.run_until("2010-01")
    before = history.table("migrants")
    dead = np.flatnonzero(before.status[: before.size[0]] == Status.DEAD)
    before.marks[:] = 0
    rows = comparison.frames["harmed_lives"].query("replicate == 0")
    for arm, column in zip(ARMS, ("harmed_a", "harmed_b"), strict=True):
        model = history.fork(arm)
        model.run_until("2012-01")
        migrants = model.table("migrants")
        marks, status = (getattr(migrants, name)[: migrants.size[0]] for name in ("marks", "status"))
        expected = {mark.name.lower().replace("_", " "): int((marks & mark > 0).sum()) for mark in Mark}
        expected |= {"separated from a child": expected["separated from child"]}
        expected |= {"died": int((status == Status.DEAD).sum()) - len(dead)}
        counted = rows[rows[column] == 1].groupby("harm")["lives"].sum()
        assert {harm: counted.get(harm, 0) for harm in HARMS} == {harm: expected[harm] for harm in HARMS}
        assert counted["removed"] > 5 and counted["died"] > 0


def test_harms_and_fates_agree(comparison) -> None:
    """One fate a life: whoever is dead at the end died, and nobody is told to be returned who was not."""
    fates, harmed = comparison.frames["fates"], comparison.frames["harmed_lives"]
    for arm in ("a", "b"):
        died = harmed[(harmed["harm"] == "died") & (harmed[f"harmed_{arm}"] == 1)]
        assert set(died[f"fate_{arm}"]) == {"died"}
        assert died["lives"].sum() == fates[fates[f"fate_{arm}"] == "died"]["lives"].sum()
        removed = harmed[(harmed["harm"] == "removed") & (harmed[f"harmed_{arm}"] == 1)]
        assert set(removed[f"fate_{arm}"]) <= {"removed", "died"}
        returned = fates[fates[f"fate_{arm}"] == "removed"]["lives"].sum()
        assert removed[removed[f"fate_{arm}"] == "removed"]["lives"].sum() == returned


@pytest.mark.relation(
    "The parts of a harm add up to the whole, and who is spared one way is harmed the other way.",
    kind="symmetry", level="study",
    reach="two arms, both ways round",
)  # fmt: skip
def test_shares_of_a_harm_are_whole_and_swap_with_the_arms(comparison, swapped) -> None:
    here, back = Counterfactuals(comparison.frames), Counterfactuals(swapped.frames)
    assert (here.baseline, back.baseline) == tuple(ARMS)
    others = {one.harm: one for one in back.harms()}
    assert here.harms()
    for one in here.harms():
        other = others[one.harm]
        assert repr((one.spared, one.anew)) == repr((other.anew, other.spared))  # NaN is NaN
        assert repr((one.under_baseline, one.under_arm)) == repr((other.under_arm, other.under_baseline))
        difference = one.under_arm.mean - one.under_baseline.mean
        assert one.difference.mean == pytest.approx(difference) == pytest.approx(one.anew.part - one.spared.part)
        fates = here.fates_of(one.harm)
        assert repr([each.lives for each in fates]) == repr([each.lives for each in back.fates_of(one.harm, "arm")])
        assert fates[0].fate == SAME_HARM
        assert sum(each.lives.part for each in fates) == pytest.approx(one.under_baseline.mean)
        if one.under_baseline.mean:
            assert sum(each.lives.share for each in fates) == pytest.approx(1.0)
            assert fates[0].lives.share == pytest.approx(1.0 - one.spared.share)


def test_rows_of_the_matrix_hold_every_life(comparison, swapped) -> None:
    here = Counterfactuals(comparison.frames)
    matrix = table_of(here.transitions()).pivot(index="fate_baseline", columns="fate_arm", values="lives_part")
    back = table_of(Counterfactuals(swapped.frames).transitions())
    back = back.pivot(index="fate_arm", columns="fate_baseline", values="lives_part")
    pd.testing.assert_frame_equal(
        matrix.loc[:, matrix.sum() > 0], back.loc[matrix.index, matrix.columns[matrix.sum() > 0]], check_names=False
    )
    compared = comparison.frames["changed_lives"]["lives_compared"]
    assert matrix.to_numpy().sum() == pytest.approx(compared.mean()) == here.compared
    assert matrix["did not leave"].sum() + matrix.loc["did not leave"].sum() > 0  # seen, though few


def test_every_fate_has_its_place() -> None:
    assert sorted(fate for group in GROUPS.values() for fate in group) == sorted(set(FATES))


def test_the_interval_of_a_share_is_that_of_a_weighted_regression() -> None:
    """With weights 1/whole the slope is the ratio of totals, and White's variance (HC1) is the ratio estimator's."""
    generator = np.random.default_rng(3)
    whole = generator.integers(20, 60, 8).astype(float)
    part = generator.binomial(whole.astype(int), 0.3).astype(float)
    found = share_of([part], [whole])
    fitted = sm.WLS(part, whole, weights=1.0 / whole).fit(cov_type="HC1", use_t=True)
    assert found.share == pytest.approx(fitted.params[0]) == part.sum() / whole.sum()
    assert (found.low, found.high) == pytest.approx(tuple(fitted.conf_int(0.1)[0]))
    assert (found.part, found.whole) == (part.mean(), whole.mean())


@pytest.mark.parametrize(("part", "whole"), [(0, 7), (7, 7), (2, 9), (1, 400), (398, 400)])
def test_few_lives_have_the_exact_interval(part: int, whole: int) -> None:
    exact = stats.binomtest(part, whole).proportion_ci(0.9, method="exact")
    assert clopper_pearson(part, whole) == pytest.approx((exact.low, exact.high))
    found = share_of([[part, 0]], [[whole - 3, 3]])
    assert min(part, whole - part) < FEW
    assert (found.low, found.high) == pytest.approx((exact.low, exact.high))


def test_shares_cover_as_often_as_they_say() -> None:
    """Also where lives are few: the interval may be too wide there, never too narrow."""
    generator = np.random.default_rng(5)
    for true, size, highest in ((0.3, 40, 0.93), (0.02, 12, 1.0)):
        covered = []
        for _ in range(600):
            whole = generator.poisson(size, (1, 10))
            found = share_of(generator.binomial(whole, true), whole)
            covered.append(found.low <= true <= found.high)
        assert 0.87 < np.mean(covered) <= highest


def test_one_replicate_and_nobody_harmed_have_no_interval() -> None:
    assert np.isnan([share_of([[3]], [[9]]).low, share_of([[0, 0]], [[0, 0]]).share]).all()
    assert share_of([[3]], [[9]]).share == pytest.approx(1 / 3)


def test_worlds_are_held_apart_from_luck() -> None:
    generator = np.random.default_rng(2)
    whole = generator.integers(50, 90, (40, 3))
    part = generator.binomial(whole, generator.uniform(0.2, 0.8, (40, 1)))
    whole[7] = part[7] = 0  # a world in which the harm met nobody has no share
    found = share_of(part, whole)
    by_world = np.delete(part, 7, 0).sum(1) / np.delete(whole, 7, 0).sum(1)
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(by_world, [0.05, 0.95])))
    assert found.share == pytest.approx(part.sum() / whole.sum())
    assert found.low < found.luck_low < found.share < found.luck_high < found.high
    assert (found.worlds, found.replicates) == (40, 3)


@pytest.mark.parametrize("part", [[0, 0, 0], [1, 0, 0], [9, 4, 7]])
def test_the_same_luck_in_more_worlds_makes_nobody_surer(part: list[int]) -> None:
    whole = [12, 11, 14]
    one, many = share_of([part], [whole]), share_of([part] * 40, [whole] * 40)
    assert (many.luck_low, many.luck_high) == pytest.approx((one.luck_low, one.luck_high))


def test_worlds_that_are_not_finished_are_left_out() -> None:
    frames = trafficsim.compare(ARMS, replicates=2, **SETTINGS | {"years": 1, "draws": 3}).frames
    whole = Counterfactuals(frames)
    assert (whole.worlds, whole.replicates) == (3, 2)
    torn = {
        name: table[~((table["draw"] == 1) & (table["replicate"] == 0))] if "arm_a" in table else table
        for name, table in frames.items()
    }
    left = Counterfactuals(torn)
    assert (left.worlds, left.replicates) == (2, 2)
    removed = frames["harmed_lives"].query("harm == 'removed' and harmed_a == 1 and draw != 1")["lives"].sum()
    assert left.harms()[0].under_baseline.mean == pytest.approx(removed / 4)


def test_what_cannot_be_compared_is_told(comparison) -> None:
    frames = comparison.frames
    with pytest.raises(UserError, match=r"no arm 'letter_pakage' beside its baseline.*letter_package"):
        Counterfactuals(frames, "letter_pakage")
    with pytest.raises(UserError, match="no arm 'status_quo' beside"):
        Counterfactuals(frames, "status_quo")
    with pytest.raises(UserError, match=r"no harm 'torture'.*tortured"):
        Counterfactuals(frames).fates_of("torture")
    with pytest.raises(UserError, match="one arm alone"):
        Counterfactuals({**frames, "arms": frames["arms"][:1]})
    with pytest.raises(UserError, match=r"leave output\.lives on"):
        Counterfactuals({**frames, "changed_lives": frames["changed_lives"][:0]})


def test_the_file_holds_the_same_and_knows_when_it_is_torn(comparison, tmp_path: Path) -> None:
    path = comparison.save(tmp_path / "study.sqlite")
    stored = open_study(path)
    assert repr(Counterfactuals(stored).harms()) == repr(Counterfactuals(comparison.frames).harms())
    assert list(problems_of(path)) == []
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("delete from harmed_lives where harm = 'tortured' and run_b = 3")
    assert [problem.partition(": ")[2] for problem in problems_of(path)] == [
        "the fates of the lives of runs 2 and 3 are not as they were written."
    ]
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("pragma user_version = 2")
    with pytest.raises(UserError, match=r"another form \(2, not 3\)"):
        open_study(path)
