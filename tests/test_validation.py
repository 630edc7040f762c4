"""Held-out patterns: judged by their own rules, and able to fail."""

import numpy as np
import pytest

from trafficsim.analysis.validation.judging import FAILS, IN_PART, PASSES, judged
from trafficsim.analysis.validation.outlook import NAMES, outlook
from trafficsim.catalog import catalog
from trafficsim.cli import main

TABLE = catalog().evidence_tables["E-A"]
WOMEN = dict(zip(TABLE["year"], TABLE["women"], strict=True))
TOTAL = dict(zip(TABLE["year"], TABLE["total"], strict=True))


def as_it_was(**changed):
    """Return predictions that agree with everything held out, with a little luck; ``changed`` names what does not."""
    truth = {f"women/{year}": WOMEN[year] for year in range(2014, 2026)}
    truth |= {f"share/{year}": WOMEN[year] / TOTAL[year] for year in range(2014, 2026)}
    truth |= {"direct/2014": 300, "long-stay/2014": 300, "direct/2025": 5, "long-stay/2025": 150, "stock/2025": 15_000}
    truth |= {"registered/2008": 0.5, "registered/2012": 0.97, "political/first": 0.49, "political/second": 0.91}
    for name, factor in changed.items():
        for each in truth:
            if each.startswith(name):
                truth[each] *= factor
    luck = np.random.default_rng(1).normal(1.0, 0.02, (60, len(NAMES)))
    return np.array([truth[name] for name in NAMES]) * luck


def verdicts(predicted):
    return {each.pattern: each.verdict for each in judged(predicted, catalog()).verdicts}


def test_what_agrees_with_the_data_passes():
    found = judged(as_it_was(), catalog())
    assert {each.verdict for each in found.verdicts} == {PASSES}
    assert found.coverage > 0.9
    inside, numbers, overlapping, ranges = found.counted()
    assert inside == numbers > 10 and overlapping == ranges > 2  # a range is never counted as a number
    assert {row.meets for row in found.rows} == {"yes", "overlaps"}


@pytest.mark.parametrize(
    ("changed", "pattern", "verdict"),
    [
        ({"women": 2.0}, "V1", FAILS),
        ({"women/202": 30.0}, "V2", FAILS),
        ({"direct/2025": 100.0}, "V3", FAILS),
        ({"stock": 0.3}, "V8", FAILS),
        ({"stock": 0.66}, "V8", IN_PART),
        ({"registered/2012": 0.3}, "V12", FAILS),
        ({"political/second": 0.3}, "V15", FAILS),
    ],
)
def test_what_contradicts_the_data_fails(changed, pattern, verdict):
    assert verdicts(as_it_was(**changed))[pattern] == verdict


def test_patterns_that_were_not_quite_unseen_say_so():
    overlap = {each.pattern: each.overlap for each in judged(as_it_was(), catalog()).verdicts}
    assert "E-I03" in overlap["V15"] and "linked_after_return" in overlap["V15"]
    assert "E-K09" in overlap["V12"] and "registered_monthly" in overlap["V12"]
    assert not overlap["V8"] or "E-B06" in overlap["V8"]


def test_an_outlook_gives_every_number():
    found = dict(zip(NAMES, outlook({}, 5, 0.02, catalog()), strict=True))
    assert all(
        0 <= value <= 1 for name, value in found.items() if name.split("/")[0] in ("share", "registered", "political")
    )
    assert found["stock/2025"] > 0
    assert found["women/2021"] < found["women/2019"]


def test_the_command_prints_verdicts_and_draws(tmp_path, capsys):
    words = ["validate", "draws=3", "scale=0.01", "workers=1", f"folder={tmp_path}"]
    assert main(words) == 0
    first = capsys.readouterr().out
    assert "V15" in first and "Held-out patterns, 3 histories" in first
    assert (tmp_path / "first/figures/validation.png").is_file()
    assert main(words) == 0  # from what is on disk
    assert capsys.readouterr().out == first


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["validate", "corridor=teaching"], "was never calibrated"),
        (["validate", "draws=1000"], "holds 512 draws"),
        (["validate", "drows=3"], "Did you mean 'draws'?"),
        (["validate", "scale=none"], "scale=none: it should be a number"),
        (["calibrate", "runs=10"], "runs=10: it should be a whole number, 160 or more"),
        (["calibrate", "corridor=teaching"], "There are no targets for the corridor 'teaching'"),
        (["calibrate", "--report", "corridor=teaching"], "was never calibrated"),
    ],
)
def test_a_wrong_word_is_told(words, told, capsys):
    assert main(words) == 2
    assert told in capsys.readouterr().err
