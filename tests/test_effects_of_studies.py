"""The effects in a study's file: groups and years told apart, what is missing told as it is, and the command end to end."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from trafficsim import cli
from trafficsim.analysis.effects import COLUMNS, effects
from trafficsim.analysis.measures import BY, measures_in
from trafficsim.analysis.multiplicity import holm
from trafficsim.analysis.power import needs_of
from trafficsim.configuration import configure
from trafficsim.errors import UserError
from trafficsim.experiments.frames import open_study
from trafficsim.experiments.result import PRICE
from trafficsim.experiments.store import save_study
from trafficsim.experiments.study import run_study

ARMS = ["status_quo", "non_refoulement_only", "letter_package"]
FEW = ["trafficked", "refoulement", "children_separated", PRICE]


def stored(folder: Path, *words: str) -> Path:
    settings = [f"arms=[{','.join(ARMS)}]", "scale=0.02", "years=2", "workers=1", *words]
    return save_study(run_study(configure(settings)), folder / "study.sqlite")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stored(tmp_path_factory.mktemp("one_world"), "draws=0", "replicates=6")


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stored(tmp_path_factory.mktemp("worlds"), "draws=6", "replicates=2", "years=1", "scale=0.01")


def told(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert cli.main(["effects", *words]) == 0
    return capsys.readouterr().out


@pytest.mark.relation(
    "What a policy changes for each group adds up to what it changes for all.",
    kind="conservation", level="analysis",
    reach="one study",
)  # fmt: skip
@pytest.mark.parametrize("by", BY)
def test_groups_add_up_to_all_and_so_do_their_differences(file: Path, by: str) -> None:
    whole, parts = (effects(measures_in(file, by=each, indicators=FEW)).table for each in ("all", by))
    counts = (
        parts[parts["indicator"] != PRICE].groupby(["indicator", "arm"])[["mean", "mean_against", "difference"]].sum()
    )
    expected = whole[whole["indicator"] != PRICE].set_index(["indicator", "arm"])[counts.columns]
    pd.testing.assert_frame_equal(counts.sort_index(), expected.sort_index(), check_exact=False)


def test_children_and_brokers_have_no_departure_and_men_are_not_deceived(file: Path) -> None:
    measures = measures_in(file, by="departure")
    levels: dict[str, set[str]] = {}
    for indicator, level in measures.rows:
        levels.setdefault(indicator, set()).add(level)
    assert levels["children_separated"] == levels["children_born"] == {"none"}
    assert levels["trafficked"] == {"own decision", "deceived or abducted"}
    assert "brokers_prosecuted" not in levels
    assert "brokers_prosecuted" in dict(measures_in(file, by="area").rows)
    with closing(sqlite3.connect(file)) as connection:
        rows = dict(
            connection.execute(
                "select dimension || level, sum(value) from totals where indicator = 'departures' group by dimension, level"
            ).fetchall()
        )
    assert 0 < rows["departuredeceived or abducted"] < rows["sexfemale"]


def test_a_year_is_twelve_months_from_the_start_of_the_policy(file: Path) -> None:
    measures = measures_in(file, by="year", indicators=FEW)
    assert [level for indicator, level in measures.rows if indicator == "refoulement"] == [
        "2024-04 to 2025-03", "2025-04 to 2026-03",
    ]  # fmt: skip
    monthly = open_study(file, tables=["monthly"])["monthly"]
    own = monthly[(monthly["arm"] == ARMS[0]) & (monthly["month"] >= "2025-04")]
    for name in ("refoulement", "trafficked"):
        summed = own[own["indicator"] == name].groupby("replicate")["value"].sum()
        assert measures.table(name, "2025-04 to 2026-03", ARMS[0])[0].tolist() == summed.tolist()
    paid = own[own["indicator"] == "brokers_income"].groupby("replicate")["value"].sum()
    prices = paid / own[own["indicator"] == "trafficked"].groupby("replicate")["value"].sum()
    assert measures.table(PRICE, "2025-04 to 2026-03", ARMS[0])[0] == pytest.approx(prices.to_numpy(), nan_ok=True)


def test_a_group_that_the_file_does_not_name_had_none_and_a_price_no_value(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        named = connection.execute(
            "select count(*) from totals join study_runs using (run) "
            "where dimension = 'area' and indicator = 'children_separated' and arm = 'letter_package'"
        ).fetchone()[0]
    measures = measures_in(file, by="area", indicators=["children_separated"])
    tables = [measures.table(*row, "letter_package") for row in measures.rows]
    assert np.count_nonzero(np.array(tables) == 0.0) == 6 * len(tables) - named
    tables += [measures_in(file, by="age_band").table("tortured", "12 to 17", arm) for arm in ARMS]
    assert min(table.min() for table in tables) == 0.0
    prices = measures_in(file, by="age_band", indicators=[PRICE]).values
    assert (prices.stack(["indicator", "level", "arm"]).dropna() > 0).all()
    assert prices.isna().to_numpy().any()


def test_the_table_is_that_of_the_arrays_and_its_family_is_all_that_it_shows(file: Path) -> None:
    measures = measures_in(file, by="sex", indicators=FEW)
    found = effects(measures, ["letter_package"], "non_refoulement_only", 0.95)
    table = found.table
    assert list(table.columns) == list(COLUMNS)
    assert set(table["arm"]) == {"letter_package"} and set(table["against"]) == {"non_refoulement_only"}
    row = table[(table["indicator"] == "refoulement") & (table["level"] == "female")].iloc[0]
    first, second = (measures.table("refoulement", "female", arm)[0] for arm in (found.against, "letter_package"))
    test = stats.ttest_rel(second, first)
    interval = test.confidence_interval(0.95)
    assert (row["low"], row["high"], row["p"]) == pytest.approx((interval.low, interval.high, test.pvalue))
    assert table["p_holm"].to_numpy() == pytest.approx(holm(table["p"]), nan_ok=True)
    assert (table["stands"] == (table["p_holm"] <= 0.05)).all()
    assert found.family == f"{len(table)} differences: 4 indicators × their levels by sex × 1 arm"


@pytest.mark.relation(
    "What one policy changes against another is the difference of what both change against a third.",
    kind="equality", level="analysis",
    reach="one study",
)  # fmt: skip
def test_an_arm_against_another_is_the_difference_of_their_differences(file: Path) -> None:
    measures = measures_in(file, indicators=["refoulement", "deaths"])
    against_first = effects(measures).table.set_index(["indicator", "arm"])["difference"]
    other = effects(measures, ["letter_package"], "non_refoulement_only").table.set_index("indicator")["difference"]
    for name in ("refoulement", "deaths"):
        parts = against_first[name, "letter_package"] - against_first[name, "non_refoulement_only"]
        assert other[name] == pytest.approx(parts)


def test_worlds_are_not_tested_and_stand_only_where_the_middle_of_them_agrees(worlds: Path) -> None:
    found = effects(measures_in(worlds))
    table = found.table
    assert (found.worlds, found.replicates) == (6, 2)
    assert table["p"].isna().all() and table["p_holm"].isna().all()
    stands = table[table["stands"]]
    assert len(stands)
    assert ((stands["low"] > 0) | (stands["high"] < 0)).all()
    refoulement = table[(table["indicator"] == "refoulement") & (table["arm"] == "letter_package")].iloc[0]
    assert refoulement["share_below"] > 0.8


def test_what_it_takes_is_told_for_luck_and_for_worlds(file: Path, worlds: Path) -> None:
    one = needs_of(measures_in(file, indicators=FEW), ["letter_package"], "status_quo", 0.1)
    assert (one["worlds_needed"] == 0).all()
    relative = one.set_index("indicator")
    units = needs_of(measures_in(file, indicators=FEW), ["letter_package"], "status_quo", 5.0, relative=False)
    assert relative.loc["refoulement", "wanted"] == pytest.approx(0.1 * relative.loc["refoulement", "mean_against"])
    assert (units["wanted"] == 5.0).all()
    enough = needs_of(
        measures_in(file, indicators=["refoulement"]), ["letter_package"], "status_quo",
        float(relative.loc["refoulement", "half_width"]), relative=False,
    )  # fmt: skip
    assert enough["replicates_needed"].iloc[0] == 6  # its own width takes as many as there are
    several = needs_of(measures_in(worlds, indicators=["refoulement"]), ["letter_package"], "status_quo", 0.1)
    assert several["worlds_needed"].iloc[0] > 6


@pytest.mark.parametrize(
    "words", [[], ["--by", "sex", "--ratio"], ["--by", "year"], ["--by", "departure"], ["--width", "10%"]]
)
@pytest.mark.parametrize("study", ["file", "worlds"])
def test_the_command_prints_and_draws(
    study: str, words: list[str], request: pytest.FixtureRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    path = request.getfixturevalue(study)
    monkeypatch.setenv("COLUMNS", "120")
    several = ["--indicator", "refoulement", "--indicator", "children_separated", "--indicator", PRICE]
    out = told(capsys, str(path), *words, *several, "--folder", str(tmp_path))
    assert max(map(len, out.splitlines())) <= 120
    assert "Forced returns of people" in " ".join(out.split())
    assert "not a count of real people" in out
    assert ("no evidence on the real world" in " ".join(out.split())) == (study == "file" and "--width" not in words)
    assert len(list(tmp_path.glob("*.png"))) == len(list(tmp_path.glob("*.svg"))) == 1


def test_the_numbers_go_to_other_programs(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ask = [str(file), "--by", "sex", "--indicator", "refoulement", "--arm", "letter_package"]
    plain = json.loads(told(capsys, *ask, "--json"))
    assert plain["family"] == "2 differences: 1 indicator × their levels by sex × 1 arm"
    assert [row["level"] for row in plain["effects"]] == ["female", "male"]
    assert plain["effects"][0]["share_below"] is None
    told(capsys, *ask, "--csv", str(tmp_path / "effects.csv"))
    table = pd.read_csv(tmp_path / "effects.csv")
    assert table["difference"].tolist() == pytest.approx([row["difference"] for row in plain["effects"]])
    needs = json.loads(told(capsys, *ask, "--width-in-units", "2", "--json"))["needs"]
    assert needs[0]["wanted"] == 2.0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--arm", "letter_pakage"], "no arm 'letter_pakage'"),
        (["--against", "nobody"], "no arm 'nobody'"),
        (["--arm", "status_quo"], "nothing to compare"),
        (["--indicator", "refoulment"], "no indicator 'refoulment'"),
        (["--by", "sex", "--indicator", "brokers_prosecuted"], "brokers are not told apart by sex"),
    ],
)
def test_mistakes_are_told(file: Path, words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["effects", str(file), *words]) == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--csv", "/dev/null/here.csv"], "--csv /dev/null/here.csv: the table could not be written"),
        (["--width", "abc"], "abc: it should lie between 0 and 1, as 0.1 does, or be a per cent, as 10%"),
        (["--width", "10"], "or be a per cent, as 10%"),
        (["--width-in-units", "many"], "many: it should be a number above 0"),
    ],
)
def test_what_cannot_be_written_or_read_is_told_in_a_sentence(
    file: Path, words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = cli.main(["effects", str(file), "--indicator", "refoulement", *words])
    except SystemExit as stop:  # argparse's own way
        code = stop.code
    assert code == 2
    told = " ".join(capsys.readouterr().err.split())
    assert sentence in told and "%%" not in told


def test_a_file_without_groups_or_months_says_what_to_do(tmp_path: Path) -> None:
    path = stored(tmp_path, "draws=0", "replicates=2", "years=1", "scale=0.01", "output=totals")
    assert effects(measures_in(path, indicators=["refoulement"])).table["replicates"].tolist() == [2, 2]
    for by, setting in (("sex", "output.groups=true"), ("year", "output.monthly=true")):
        with pytest.raises(UserError, match=setting):
            measures_in(path, by=by)


def test_a_study_of_one_replicate_has_differences_and_nothing_that_stands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = stored(tmp_path, "draws=0", "replicates=1", "years=1", "scale=0.01", "output.series=parquet")
    table = effects(measures_in(path, by="year", indicators=FEW)).table
    assert not table["stands"].any()
    assert table["low"].isna().sum() + (table["difference"] == 0).sum() >= len(table)
    out = told(capsys, str(path), "--folder", str(tmp_path))
    assert "one replicate" in out
    told(capsys, str(path), "--folder", str(tmp_path), "--width", "0.1")
