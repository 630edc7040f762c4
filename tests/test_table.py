"""The printed table: each indicator, the paired differences, and how many lives changed, at any width."""

import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from trafficsim.catalog import catalog
from trafficsim.configuration import configure
from trafficsim.experiments.frames import frames_of
from trafficsim.experiments.study import run_study
from trafficsim.report.table import number, print_comparison, signed

ARMS = ["status_quo", "non_refoulement_only", "letter_package", "identification_only", "enforcement_only", "pre_2020"]
Frames = dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def frames() -> Frames:
    words = [f"arms=[{','.join(ARMS)}]", "draws=0", "scale=0.02", "years=2", "replicates=3", "workers=1"]
    return frames_of(run_study(configure(words)))


def some(frames: Frames, arms: list[str], replicates: int = 3) -> Frames:
    """Return the study with some of its arms and replicates only."""
    kept = dict(frames)
    kept["arms"] = frames["arms"][frames["arms"]["arm"].isin(arms)]
    kept["totals"] = frames["totals"][frames["totals"]["arm"].isin(arms) & (frames["totals"]["replicate"] < replicates)]
    kept["changed_lives"] = frames["changed_lives"][frames["changed_lives"]["replicate"] < replicates]
    return kept


def printed(frames: Frames, width: int) -> str:
    out = io.StringIO()
    print_comparison(frames, Console(file=out, width=width))
    return out.getvalue()


@pytest.mark.parametrize("width", [80, 120, 200])
@pytest.mark.parametrize("arms", [ARMS[:1], ARMS[:2], ARMS[:3], ARMS])
def test_each_number_is_whole_at_any_width(frames: Frames, width: int, arms: list[str]) -> None:
    shown = printed(some(frames, arms), width)
    assert max(map(len, shown.splitlines())) <= width
    assert "…" not in shown
    words = " ".join(shown.split())
    totals = frames["totals"]
    for arm in arms:
        for indicator in ("months_in_exploitation", "privacy_intrusions", "removals"):
            own = totals[(totals["arm"] == arm) & (totals["indicator"] == indicator) & (totals["dimension"] == "all")]
            assert number(own["value"].mean()) in words
    for title in frames["arms"].set_index("arm").loc[arms, "title"]:
        assert all(word in words for word in title.split())


def test_a_narrow_terminal_gets_a_block_for_each_policy(frames: Frames) -> None:
    wide, narrow = (printed(some(frames, ARMS[:3]), width) for width in (200, 80))
    assert wide.count("Indicator") == 1
    assert narrow.count("Indicator") == 2


def test_every_indicator_has_its_line_and_unit(frames: Frames) -> None:
    shown = printed(some(frames, ARMS[:2]), 200)
    with_value = set(frames["totals"]["indicator"])
    for name, record in catalog().indicators.items():
        assert (f" {record.label}"[:50] in shown) == (name in with_value)
        assert name not in with_value or f"({record.unit})" in shown


def test_a_difference_is_told_with_its_interval_and_meaning(frames: Frames) -> None:
    kept = some(frames, ["status_quo", "letter_package"])
    totals = kept["totals"]
    protected = (totals["indicator"] == "protected") & (totals["dimension"] == "all")
    totals.loc[protected & (totals["arm"] == "status_quo"), "value"] = [10.0, 20.0, 30.0]
    totals.loc[protected & (totals["arm"] == "letter_package"), "value"] = [1019.0, 1020.0, 1021.0]
    lines = printed(kept, 200).splitlines()
    (at,) = (place for place, line in enumerate(lines) if line.strip().startswith("People taken under protection"))
    # Differences 1009, 1000, 991: mean 1000, spread 9, Student's t for two degrees of freedom 2.92.
    assert lines[at].split()[-4:] == ["20", "1,020", "+1,000", "better"]
    assert lines[at + 1].strip() == "+985 to +1,015"
    assert "90 % interval" in "".join(lines)


def test_a_single_replicate_claims_nothing(frames: Frames) -> None:
    shown = printed(some(frames, ARMS[:3], replicates=1), 200)
    assert "one replicate (of 3 planned)" in shown
    assert not {"better", "worse", "unclear"} & set(shown.split())
    assert "run more replicates" in shown


def test_lives_that_changed_are_counted(frames: Frames) -> None:
    shown = " ".join(printed(some(frames, ARMS[:3]), 120).split())
    changed = (
        frames["changed_lives"].query("arm_b == 'letter_package'")[["lives_changed", "lives_compared"]].mean().round()
    )
    lives, compared = (f"{value:,.0f}" for value in changed)
    assert (
        f"The letter's full package: {lives} of {compared} simulated lives went otherwise than under “Status quo”"
        in shown
    )
    assert "not a count of real people" in shown


def test_nothing_finished_is_said(frames: Frames) -> None:
    assert "nothing to compare" in printed(some(frames, ARMS[:2], replicates=0), 120)


def test_markup_in_a_title_is_only_a_title(frames: Frames) -> None:
    kept = some(frames, ARMS[:2])
    kept["arms"] = kept["arms"].assign(title=["[red]x", "[/red] y"])
    assert "[red]x" in printed(kept, 120)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (3.0, "3"),
        (2.25, "2.2"),
        (-1234.6, "−1,235"),
        (0.333, "0.33"),
        (-0.05, "−0.05"),
        (np.nan, "–"),
    ],
)
def test_numbers_are_written_for_reading(value: float, written: str) -> None:
    assert number(value) == written


@given(value=st.floats(-1e9, 1e9))
def test_a_written_number_is_near_the_number(value: float) -> None:
    read = float(signed(value).replace("−", "-").replace(",", ""))
    assert read == pytest.approx(value, rel=0.06, abs=1e-300)
    assert signed(value).startswith("+") == (value > 0)
