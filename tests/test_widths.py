"""Tables on narrow terminals: nothing is cut off, and words stay whole where there is room for them."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from trafficsim.configuration import configure
from trafficsim.experiments.frames import frames_of
from trafficsim.experiments.study import run_study
from trafficsim.report.table import print_comparison
from trafficsim.report.widths import print_whole

DIFFERENCE = ["−6.1 better", "worlds −7.9 to −4.2", "luck −9.8 to −2.4"]
NUMBERS = [["10.8"], ["4.8"], DIFFERENCE, ["0.44", "0.34 to 0.55"], ["100 % of 6", "below 0", "assumptions 38 %"]]
LABEL = "Forced returns of people at risk (events)"


def printed(width: int, label: str, columns: list[list[str]], narrow: int = 20) -> str:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("Indicator", min_width=narrow, max_width=34)
    for _ in columns:
        table.add_column("", justify="right", min_width=6)
    table.add_row(label, *("\n".join(lines) for lines in columns))
    out = io.StringIO()
    print_whole(table, Console(file=out, width=width))
    return out.getvalue()


@pytest.mark.parametrize("width", [72, 80, 90, 120, 200])
def test_no_word_of_a_table_is_cut_off(width: int) -> None:
    shown = printed(width, LABEL, NUMBERS)
    assert max(map(len, shown.splitlines())) <= width
    wanted = [*LABEL.split(), *(word for lines in NUMBERS for line in lines for word in line.split())]
    assert sorted(word for word in shown.split() if set(word) != {"─"} and word != "Indicator") == sorted(wanted)


@given(
    width=st.integers(60, 140),
    words=st.lists(st.text(alphabet="abcdefgh", min_size=1, max_size=40), min_size=1, max_size=6),
)
def test_words_too_long_for_the_terminal_are_broken_and_not_cut(width: int, words: list[str]) -> None:
    shown = printed(width, "x", [[word] for word in words])
    assert max(map(len, shown.splitlines())) <= width
    assert sum(shown.count(letter) for letter in "bf") == sum(word.count(letter) for word in words for letter in "bf")


def test_a_comparison_over_worlds_is_whole_on_a_narrow_terminal() -> None:
    words = ["arms=[status_quo,non_refoulement_only]", "draws=6", "replicates=2", "scale=0.01", "years=1", "workers=1"]
    frames = frames_of(run_study(configure([*words, "policy_start=2010-01"])))
    narrow, wide = io.StringIO(), io.StringIO()
    print_comparison(frames, Console(file=narrow, width=80))
    print_comparison(frames, Console(file=wide, width=200))
    assert max(map(len, narrow.getvalue().splitlines())) <= 80
    for word in ("better", "worse", "unclear", "draws", "luck", "below", "above", "assumptions", "%", "to"):
        assert narrow.getvalue().split().count(word) == wide.getvalue().split().count(word), word
    assert "…" not in narrow.getvalue()
