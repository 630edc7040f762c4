"""The catalogue refuses what is doubtful and says where; its numbers reach rules in the order of its files."""

import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trafficsim.catalog import Catalog, load_catalog, monthly
from trafficsim.errors import UserError

MARKET = """\
escape_monthly: {meaning: leaving, unit: x, default: 0.01, range: [0.002, 0.04], distribution: uniform, source: [S56], grade: B}
price: {meaning: a, unit: yuan, default: 5e3, range: [1000, 9999], distribution: log_uniform, source: assumed, because: A, grade: D}
"""
SERIES = """\
border: {meaning: openness, unit: share, source: [S03], grade: C, interpolation: step, range: [0, 1],
  values: {1996-03: 1.0, 1996-05: 0.2}}
hardship: {meaning: hardship, unit: share, source: [S12], grade: C, interpolation: linear, range: [0, 1],
  values: {1996-01: 0.0, 1996-05: 1.0}}
"""
LEVERS = """\
identification: {label: I, meaning: m, provisions: [A36], questions: [Q2], letter: [L2], kind: protective,
  status_quo: {1996-01: 0.0}, capacity_unit: persons per month}
permit_surveillance: {label: P, meaning: m, provisions: [], questions: [], letter: [S22], kind: adverse,
  status_quo: {1996-01: 0.0, 1996-04: 1.0}, capacity_unit: null}
"""
INDICATORS = """\
removals: {label: Removals, unit: removals, definition: d, direction: less_is_better, kind: flow, source: [S04]}
"""
TRANSITIONS = """\
removed: {label: is returned, from: [in_custody], to: [returned_detained], step: custody, rule: removal_chance, source: [S04]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "parameters").mkdir()
    for name, text in [
        ("parameters/market.yaml", MARKET),
        ("series.yaml", SERIES),
        ("levers.yaml", LEVERS),
        ("indicators.yaml", INDICATORS),
        ("transitions.yaml", TRANSITIONS),
    ]:
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.fixture
def small(folder: Path) -> Catalog:
    return load_catalog(folder)


def test_rules_read_parameters_by_name(small: Catalog) -> None:
    market = small.parameter_tuples()["market"]
    assert market.escape_monthly == 0.01
    assert market.price == 5000.0
    assert market._fields == ("escape_monthly", "price")
    assert all(isinstance(value, float) for value in market)


def test_an_override_replaces_one_default(small: Catalog) -> None:
    market = small.parameter_tuples({"market": {"escape_monthly": 0.02}})["market"]
    assert (market.escape_monthly, market.price) == (0.02, 5000.0)


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        ({"maket": {}}, "Did you mean 'market'"),
        ({"market": {"escpe_monthly": 0.01}}, "Did you mean 'escape_monthly'"),
        ({"market": {"escape_monthly": 0.5}}, "0.002 to 0.04"),
        ({"market": {"escape_monthly": "much"}}, "0.002 to 0.04"),
        ({"market": {"escape_monthly": float("nan")}}, "0.002 to 0.04"),
        ({"market": {"escape_monthly": True}}, "0.002 to 0.04"),
    ],
)
def test_a_wrong_override_is_told(small: Catalog, overrides: dict, told: str) -> None:
    with pytest.raises(UserError, match=told):
        small.parameter_tuples(overrides)


def test_the_class_of_a_process_stays_the_same(folder: Path) -> None:
    first, second = (load_catalog(folder).parameter_classes()["market"] for _ in range(2))
    assert first is second


def test_other_fields_never_share_the_name_of_a_class(folder: Path, small: Catalog) -> None:
    before = small.parameter_classes()["market"]
    (folder / "parameters/market.yaml").write_text("\n".join(reversed(MARKET.splitlines())))
    after = load_catalog(folder).parameter_classes()["market"]
    assert before._fields == tuple(reversed(after._fields))
    assert before.__name__ != after.__name__  # else code that numba compiled for one would be used for the other


def test_parameters_travel_to_another_process() -> None:
    from trafficsim.catalog import catalog

    tuples = catalog().parameter_tuples()
    code = "import pickle, sys; print(sum(sum(each) for each in pickle.load(sys.stdin.buffer).values()))"
    told = subprocess.run([sys.executable, "-c", code], input=pickle.dumps(tuples), capture_output=True, check=True)
    assert float(told.stdout) == pytest.approx(sum(sum(each) for each in tuples.values()))


def test_series_hold_flat_at_both_ends(small: Catalog) -> None:
    assert small.series_values("border", 7).tolist() == [1, 1, 1, 1, 0.2, 0.2, 0.2]
    assert small.series_values("hardship", 7).tolist() == [0, 0.25, 0.5, 0.75, 1, 1, 1]
    assert small.lever_baseline(5).tolist() == [[0, 0], [0, 0], [0, 0], [0, 1], [0, 1]]
    with pytest.raises(UserError, match="Did you mean 'border'"):
        small.series_values("boarder", 3)


@given(
    months=st.lists(st.integers(0, 400), min_size=1, max_size=12, unique=True).map(sorted),
    linear=st.booleans(),
    length=st.integers(1, 500),
    data=st.data(),
)
def test_a_series_stays_between_its_values_and_meets_each(months, linear, length, data) -> None:
    numbers = data.draw(st.lists(st.floats(0, 1), min_size=len(months), max_size=len(months)))
    labels = [f"{1996 + month // 12}-{month % 12 + 1:02d}" for month in months]
    values = monthly(dict(zip(labels, numbers, strict=True)), length, linear=linear)
    assert values.shape == (length,)
    assert min(numbers) <= values.min() and values.max() <= max(numbers)
    for month, number in zip(months, numbers, strict=True):
        if month < length:
            assert values[month] == pytest.approx(number)


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        (
            "parameters/market.yaml",
            "default: 0.01",
            "defualt: 0.01",
            r"market.yaml, line 1: escape_monthly.*Did you mean 'default'",
        ),
        ("parameters/market.yaml", "default: 0.01", "default: 0.5", r"escape_monthly: .*0.5 lies outside.*0.002, 0.04"),
        ("parameters/market.yaml", "default: 0.01", "default: little", r"default = 'little'.*a number"),
        ("parameters/market.yaml", "default: 0.01, ", "", r"escape_monthly: the key 'default' is missing"),
        ("parameters/market.yaml", "[0.002, 0.04]", "[0.04, 0.002]", "upside down"),
        ("parameters/market.yaml", "[0.002, 0.04]", "[0.01, 0.01]", "an empty range goes with 'fixed'"),
        (
            "parameters/market.yaml",
            "distribution: uniform",
            "distribution: normal",
            "distribution = 'normal'.*triangular",
        ),
        ("parameters/market.yaml", "[1000, 9999]", "[0, 10000]", "price: .*log_uniform"),
        ("parameters/market.yaml", "[0.002, 0.04]", "[0.002]", "escape_monthly: "),
        ("parameters/market.yaml", "default: 0.01", "default: .inf", "default = inf"),
        ("parameters/market.yaml", "grade: B", "grade: E", "grade = 'E'"),
        ("parameters/market.yaml", ", because: A", "", "price: .*because"),
        ("parameters/market.yaml", "price:", "escape_monthly:", r"line 2: the key 'escape_monthly' is written twice"),
        ("parameters/market.yaml", "unit: yuan", "unit: yuan, unit: won", r"line 2: the key 'unit' is written twice"),
        ("parameters/market.yaml", "price:", "pri ce:", "cannot be a name"),
        ("parameters/market.yaml", "price:", "class:", "cannot be a name"),
        ("parameters/market.yaml", "price: {", "price: [", "line 2"),
        ("series.yaml", "1996-05: 0.2", "1996-05: 1.2", "border: .*1.2 of 1996-05 lies outside"),
        ("series.yaml", "1996-05: 0.2", "1996-13: 0.2", "1996-13"),
        ("series.yaml", "1996-05: 0.2", "1996-02: 0.2", "ascend"),
        ("series.yaml", "1996-05: 0.2", "1995-02: 0.2", "ascend|before"),
        ("series.yaml", "interpolation: step", "interpolation: spline", "interpolation = 'spline'"),
        ("levers.yaml", "{1996-01: 0.0, 1996-04: 1.0}", "{1996-01: 0.0, 1996-04: 1.5}", "allowed|less than"),
        ("levers.yaml", "[Q2]", "[Q9]", "Q9"),
        ("levers.yaml", "kind: adverse", "kind: bad", "kind = 'bad'.*protective"),
        ("indicators.yaml", "kind: flow", "kind: flaw", "removals: kind = 'flaw'.*flow"),
        ("indicators.yaml", "removals:", "- removals:", "indicators.yaml"),
    ],
)
def test_a_slip_in_a_file_is_told_with_file_key_and_what_is_allowed(folder, file, old, new, told) -> None:
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1))
    with pytest.raises(UserError, match=told) as error:
        load_catalog(folder)
    assert file in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_folder_or_file_is_told(folder: Path) -> None:
    with pytest.raises(UserError, match="nowhere"):
        load_catalog(folder / "nowhere")
    (folder / "series.yaml").unlink()
    with pytest.raises(UserError, match=r"series\.yaml"):
        load_catalog(folder)


def test_the_digest_moves_with_the_numbers_and_not_with_the_words(folder: Path, small: Catalog) -> None:
    path = folder / "parameters/market.yaml"
    path.write_text(MARKET.replace("meaning: leaving", "meaning: getting away"))
    assert load_catalog(folder).digest() == small.digest()
    path.write_text(MARKET.replace("default: 0.01", "default: 0.02"))
    assert load_catalog(folder).digest() != small.digest()


def test_the_package_has_the_levers_of_the_letter() -> None:
    from trafficsim.policy import LEVERS

    protective = {name for name, lever in LEVERS.items() if lever.kind == "protective"}
    answered = {question for name in protective for question in LEVERS[name].questions}
    assert answered == {f"Q{number}" for number in range(1, 9)}
    assert not any(lever.questions for lever in LEVERS.values() if lever.kind != "protective")
    surveillance = monthly(LEVERS["permit_surveillance"].status_quo, 300)
    assert np.flatnonzero(surveillance)[0] == 24 * 12  # January 2020
