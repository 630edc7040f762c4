"""Claims: what a file may say, in which worlds a claim holds, and each verdict from worlds that are made up for it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from made_up_worlds import assumptions, made_up
from statsmodels.stats.proportion import proportion_confint

import trafficsim
from trafficsim.analysis.claims import (
    CONDITIONAL,
    REFUTED,
    ROBUST,
    UNDECIDED,
    UNSUPPORTED,
    finding,
    judgement,
    percent,
)
from trafficsim.analysis.worlds import Worlds, worlds_of, worlds_of_group
from trafficsim.catalog import catalog
from trafficsim.catalog.reading import validated
from trafficsim.claims import Claim, claim_names, load_claim
from trafficsim.errors import UserError

SHIPPED = claim_names()
BASE, ARM = "status_quo", "letter_package"

WRITTEN = """
sentence: "Fewer are returned."
made_by: advocates
test:
  - {compare: ratio, indicator: removals, arm: letter_package, against: status_quo, at_most: 0.5}
evidence: [S51]
provisions: [A12]
counter: "None."
note: "None."
"""


def claim(*conditions: dict, **others) -> Claim:
    """Return a claim with ``conditions``, each a ratio of removals unless it says otherwise."""
    written = [{"compare": "ratio", "indicator": "removals", "arm": ARM, **each} for each in conditions]
    written = [{"against": BASE, **each} if each["compare"] != "share" else each for each in written]
    content = {"name": "mine", "sentence": "So.", "made_by": "critics", "test": written, "evidence": ["S51"]}
    return validated(Claim, {**content, "counter": "No.", "note": "Yes.", **others}, "mine.yaml")


HALVED = claim({"at_most": 0.5})


# What a file may say


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_claim_is_whole(name: str) -> None:
    shipped = load_claim(name)
    known = catalog()
    assert shipped.sentence.endswith(".")
    assert shipped.sources
    assert all(known.evidence[each].kind for each in (*shipped.evidence, *shipped.provisions))
    assert all(condition.words for condition in shipped.test)
    assert not {"China", "DPRK", "Korea"} & set(shipped.sentence.replace(".", " ").split())


def test_claims_of_all_kinds_ship() -> None:
    assert len(SHIPPED) >= 20
    makers = [load_claim(name).made_by for name in SHIPPED]
    assert all(makers.count(kind) >= 2 for kind in ("letter", "advocates", "critics", "governments", "researchers"))


@pytest.mark.parametrize("name", SHIPPED)
def test_the_test_of_a_shipped_claim_can_come_out_either_way(name: str) -> None:
    shipped, generator = load_claim(name), np.random.default_rng(8)
    needed = {(each, arm) for one in shipped.test for each in (one.indicator, one.of) if each for arm in one.arms}
    levels = {pair: np.exp(generator.uniform(0, 4, (1500, 1))) for pair in sorted(needed)}
    found = finding(shipped, dict.fromkeys(shipped.groups, made_up(levels)))
    assert 0.0 < found.share < 1.0


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("indicator: removals", "indicator: removal", r"claim/mine.yaml, line 5: test.0.indicator = 'removal': .*'removals'"),
        ("arm: letter_package", "arm: letter_pakage", r"line 5: test.0.arm .*no arm 'letter_pakage'.*'letter_package'"),
        ("against: status_quo", "against: letter_package", "compared with itself"),
        ("against: status_quo, ", "", "a ratio needs the key 'against'; add it"),
        ("ratio", "quotient", r"test.0.compare = 'quotient': it should be 'ratio', 'difference' or 'share'"),
        ("ratio", "difference", "the limit of a difference is 0, for totals grow with the scale"),
        ("ratio", "share", "a share needs the key 'of'"),
        ("at_most: 0.5", "at_most: -1", "never below 0"),
        (", at_most: 0.5", "", "a limit is missing; add one of at_most, at_least, below, above"),
        ("at_most: 0.5", "at_most: 0.5, below: 0.6", "two limits on the same side"),
        ("at_most: 0.5", "at_most: 0.5, at_least: 0.6", "leave nothing between them"),
        ("at_most: 0.5", "at_least: 0", "such a limit decides nothing"),
        ("at_most: 0.5", "at_most: half", r"test.0.at_most = 'half'"),
        ("at_most: 0.5", "atmost: 0.5", r"unknown key 'test.0.atmost'. Did you mean 'at_most'"),
        ("at_most: 0.5", "at_most: 0.5, group: {sex: woman}", r"sex: there is no 'woman'.*Allowed: female, male"),
        ("at_most: 0.5", "at_most: 0.5, group: {area: A}", "group.*'sex' or 'age_band'"),
        ("at_most: 0.5", "at_most: 0.5, group: {sex: female, age_band: under 12}", "name one group"),
        ("[S51]", "[S510]", r"line 6: evidence.0 = 'S510': .*no evidence 'S510'"),
        ("[S51]", "[]", "evidence"),
        ("[A12]", "[S51]", "provisions"),
        ("made_by: advocates", "made_by: Mary", "line 3: made_by = 'Mary'"),
        ('note: "None."', "", "the key 'note' is missing"),
        ("sentence:", "years: 0\nsentence:", "line 2: years = 0: it should be greater than or equal to 1"),
        ("sentence:", "name: other\nsentence:", "line 2: leave 'name' out"),
        ("sentence:", "action: os.system\nsentence:", "unknown key 'action'"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_file_is_one_sentence(tmp_path: Path, old: str, new: str, told: str) -> None:
    folder = tmp_path / "claim"
    folder.mkdir()
    assert old in WRITTEN
    (folder / "mine.yaml").write_text(WRITTEN.replace(old, new, 1))
    with pytest.raises(UserError, match=told) as problem:
        load_claim("mine", [tmp_path])
    assert "\n" not in str(problem.value)
    assert "mine.yaml" in str(problem.value)


def test_a_claim_of_ones_own_may_name_an_arm_of_ones_own(tmp_path: Path) -> None:
    for kind, text in (
        ("claim", WRITTEN.replace("arm: letter_package", "arm: gentle+moratorium_only")),
        ("arm", 'title: "Gentle"\nsummary: "Less."\nlevers: {assistance: {coverage: 0.4}}\n'),
    ):
        (tmp_path / kind).mkdir()
        (tmp_path / kind / ("mine.yaml" if kind == "claim" else "gentle.yaml")).write_text(text)
    mine = load_claim("mine", [tmp_path])
    assert mine.arms == ("gentle+moratorium_only", "status_quo")
    assert "mine" in claim_names([tmp_path])
    with pytest.raises(UserError, match=r"no claim 'mnie'.*Did you mean 'mine'"):
        load_claim("mnie", [tmp_path])


def test_a_claim_written_plain_is_read_back() -> None:
    for name in SHIPPED:
        shipped = load_claim(name)
        assert validated(Claim, shipped.plain(), name) == shipped


# In which worlds a claim holds


def levels(first, second, indicator: str = "removals") -> dict:
    return {(indicator, ARM): np.atleast_2d(first).T, (indicator, BASE): np.atleast_2d(second).T}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"at_most": 0.5}, [True, True, False, False, True]),
        ({"below": 0.5}, [True, False, False, False, False]),
        ({"at_least": 0.5}, [False, True, True, True, True]),
        ({"above": 0.5}, [False, False, True, True, False]),
        ({"at_least": 0.5, "at_most": 1}, [False, True, True, False, True]),
        ({"compare": "difference", "below": 0}, [True, True, False, False, False]),
        ({"compare": "difference", "at_most": 0}, [True, True, True, False, True]),
        ({"compare": "difference", "above": 0}, [False, False, False, True, False]),
    ],
)
def test_conditions(condition: dict, holds: list[bool]) -> None:
    worlds = made_up(levels([4, 5, 10, 11, 0], [10, 10, 10, 10, 0]))
    assert finding(claim(condition), worlds).holds.tolist() == holds


def test_a_share_is_of_another_indicator_under_the_same_arm() -> None:
    worlds = made_up({("removals", ARM): [[4], [6]], ("detected", ARM): [[10], [10]]})
    found = finding(claim({"compare": "share", "of": "detected", "at_most": 0.5}), worlds)
    assert found.holds.tolist() == [True, False]
    assert found.effect is not None
    assert (found.effect.kind, found.effect.median, found.effect.limits) == ("share", 50.0, (50.0,))


def test_all_conditions_must_hold() -> None:
    worlds = made_up(levels([4, 4, 9], [10, 10, 10]) | levels([4, 9, 4], [10, 10, 10], "deaths"))
    both = claim({"at_most": 0.5}, {"indicator": "deaths", "at_most": 0.5})
    assert finding(both, worlds).holds.tolist() == [True, False, False]


def test_replicates_of_a_world_are_taken_together() -> None:
    worlds = made_up({("removals", ARM): [[0, 9], [0, 11]], ("removals", BASE): [[10, 10], [10, 10]]})
    assert finding(HALVED, worlds).holds.tolist() == [True, False]


def test_the_effect_is_a_change_in_per_cent() -> None:
    effect = finding(HALVED, made_up(levels([5, 10, 20, 3], [10, 10, 10, 0]))).effect
    assert effect is not None
    assert (effect.median, effect.spread.worlds, effect.limits) == (
        0.0,
        3,
        (-50.0,),
    )  # the last has nothing to divide by
    assert effect.spread.mean == pytest.approx((-50 + 0 + 100) / 3)


@pytest.mark.parametrize(("passing", "worlds"), [(0, 60), (17, 60), (60, 60), (188, 200)])
def test_the_interval_of_the_share_is_wilsons(passing: int, worlds: int) -> None:
    found = finding(HALVED, made_up(levels(np.where(np.arange(worlds) < passing, 1, 9), np.full(worlds, 10))))
    low, high = proportion_confint(passing, worlds, alpha=0.1, method="wilson")
    assert (found.share, found.low, found.high) == pytest.approx((passing / worlds, low, high))


@pytest.mark.parametrize(("mean", "replicates"), [(8.0, 2), (40.0, 2), (40.0, 8), (400.0, 3)])
def test_the_share_in_doubt_is_that_of_answers_which_luck_made(mean: float, replicates: int) -> None:
    """Counts are drawn around known rates, so that it is known in which worlds the answer is wrong."""
    generator, number = np.random.default_rng(6), 3000
    ratio = np.exp(generator.normal(np.log(0.5), 0.5, number))
    base = mean * generator.uniform(0.5, 1.5, number)
    counts = {
        ("removals", BASE): generator.poisson(base[:, None], (number, replicates)),
        ("removals", ARM): generator.poisson((ratio * base)[:, None], (number, replicates)),
    }
    found = finding(HALVED, made_up(counts))
    wrong = (found.holds != (ratio <= 0.5)).mean()
    assert wrong > 0.01
    # Chances are reckoned from the estimate itself: they are a little low where luck is far beyond what a verdict allows.
    assert wrong * (0.95 if wrong < 0.12 else 0.75) - 0.01 < found.doubt < wrong * 1.3 + 0.01


def test_more_replicates_leave_less_in_doubt() -> None:
    generator = np.random.default_rng(1)
    rates = generator.uniform(5, 15, (400, 1))
    doubts = [
        finding(
            HALVED,
            made_up(
                {("removals", BASE): np.full((400, each), 20), ("removals", ARM): generator.poisson(rates, (400, each))}
            ),
        ).doubt
        for each in (2, 8, 32)
    ]
    assert doubts == sorted(doubts, reverse=True)
    assert doubts[2] < 0.5 * doubts[0]


def test_where_nothing_was_counted_nothing_is_known() -> None:
    assert (
        finding(HALVED, made_up({("removals", ARM): np.zeros((40, 2)), ("removals", BASE): np.zeros((40, 2))})).doubt
        == 0.5
    )


# Verdicts


def worlds_with(share: float, number: int = 200, replicates: int = 2, noise: float = 0.0, points=None) -> Worlds:
    """Return worlds of which the first ``share`` hold that removals are halved, with some scatter between replicates."""
    holds = np.arange(number) < round(share * number)
    mean = np.where(holds, 200.0, 800.0)[:, None]
    scatter = np.random.default_rng(9).uniform(-noise, noise, (number, replicates))
    return made_up(
        {("removals", ARM): np.maximum(mean + scatter, 0.0), ("removals", BASE): np.full((number, replicates), 1000.0)},
        points,
    )


@pytest.mark.parametrize(
    ("posterior", "prior", "word"),
    [
        (1.0, 1.0, ROBUST),
        (0.96, 0.85, ROBUST),
        (0.92, 0.95, CONDITIONAL),  # the interval reaches below nine in ten
        (1.0, 0.6, CONDITIONAL),  # it rests on the calibration
        (0.7, 0.1, CONDITIONAL),
        (0.52, 0.9, UNSUPPORTED),  # most worlds, but the interval holds one half
        (0.3, 0.9, UNSUPPORTED),
        (0.02, 0.5, UNSUPPORTED),  # it fails where worlds fit the data, yet not in the prior
        (0.02, 0.1, REFUTED),
        (0.0, 0.0, REFUTED),
    ],
)
def test_verdicts(posterior: float, prior: float, word: str) -> None:
    judged = judgement(HALVED, worlds_with(posterior), worlds_with(prior))
    assert judged.verdict.word == word
    assert percent(posterior) in judged.verdict.because
    assert percent(prior) in judged.verdict.because


def test_a_claim_that_a_rule_parts_is_conditional_however_seldom_it_holds() -> None:
    points = assumptions(200)
    ordered = points.sort_values(points.columns[7]).reset_index(drop=True).rename_axis("draw")
    by_rule = judgement(HALVED, worlds_with(0.3, points=ordered), worlds_with(0.3, points=ordered))
    assert by_rule.verdict.word == CONDITIONAL
    assert by_rule.posterior.conditions.outcome == "holds"
    assert points.columns[7] in by_rule.posterior.conditions.rules[0].words
    assert [lean.parameter for lean in by_rule.posterior.leaning.leans] == [points.columns[7]]
    by_nothing = judgement(HALVED, worlds_with(0.3, points=points), worlds_with(0.3, points=points))
    assert by_nothing.verdict.word == UNSUPPORTED
    assert by_nothing.posterior.leaning.leans == ()


@pytest.mark.parametrize(
    ("posterior", "prior", "told"),
    [
        ({"number": 20}, {}, "There are 20 worlds that fit the data; a verdict takes 30"),
        ({}, {"replicates": 1}, "With one replicate in the worlds of the wide prior, luck cannot be told"),
        ({"noise": 500.0}, {}, "Luck may have made the answer in"),
        ({"share": 0.96, "noise": 400.0}, {}, ", but not if the worlds in doubt through luck"),
    ],
)
def test_no_verdict_where_luck_decides(posterior: dict, prior: dict, told: str) -> None:
    judged = judgement(HALVED, worlds_with(**{"share": 1.0, **posterior}), worlds_with(**{"share": 1.0, **prior}))
    assert judged.verdict.word == UNDECIDED
    assert told in judged.verdict.because


@pytest.mark.relation(
    "The opposite claim gets the opposite verdict.",
    kind="symmetry", level="analysis",
    reach="made-up worlds",
)  # fmt: skip
def test_the_opposite_claim_gets_the_opposite_verdict() -> None:
    opposite = claim({"above": 0.5})
    for share, word in ((1.0, REFUTED), (0.0, ROBUST)):
        worlds = worlds_with(share)
        assert judgement(opposite, worlds, worlds).verdict.word == word


@pytest.mark.parametrize(
    ("share", "written"), [(0.0, "0 %"), (0.004, "0.4 %"), (0.94, "94 %"), (0.996, "99.6 %"), (1.0, "100 %")]
)
def test_what_is_nearly_all_is_not_told_as_all(share: float, written: str) -> None:
    assert percent(share) == written


# Groups


@pytest.fixture(scope="module")
def frames() -> dict[str, pd.DataFrame]:
    return trafficsim.compare(
        [BASE, ARM], draws=3, design="latin_hypercube", replicates=2, scale=0.02, years=2, workers=1
    ).frames


def test_groups_add_up_to_all(frames: dict[str, pd.DataFrame]) -> None:
    whole = worlds_of(frames)
    parts = [worlds_of_group(frames, "sex", level) for level in ("female", "male")]
    for indicator in ("removals", "trafficked", "detected"):
        added = sum(part.level(indicator, BASE) for part in parts)
        assert np.array_equal(added, whole.level(indicator, BASE))
    assert whole.level("removals", BASE).sum() > 0
    assert parts[0].points.equals(whole.points)


def test_a_claim_about_a_group_asks_for_it(frames: dict[str, pd.DataFrame]) -> None:
    of_women = claim({"at_most": 0.5, "group": {"sex": "female"}})
    with pytest.raises(UserError, match="the group 'sex=female' are missing"):
        finding(of_women, worlds_of(frames))
    found = finding(of_women, {"sex=female": worlds_of_group(frames, "sex", "female")})
    assert found.worlds == 3


def test_totals_by_group_that_were_not_kept_are_told(frames: dict[str, pd.DataFrame]) -> None:
    totals = frames["totals"]
    with pytest.raises(UserError, match=r"keeps no totals by sex: run it with output.groups=true"):
        worlds_of_group({**frames, "totals": totals[totals["dimension"] == "all"]}, "sex", "female")
