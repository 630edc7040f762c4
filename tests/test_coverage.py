"""Every statement of the letter is in the model, or it is said why not."""

import importlib

import pytest

from trafficsim.catalog import catalog
from trafficsim.catalog.coverage import coverage, load_remarks
from trafficsim.errors import UserError

ROWS = coverage()
IDS = [*(f"S{n:02d}" for n in range(1, 67)), *(f"L{n}" for n in range(1, 12)), *(f"A{n:02d}" for n in range(1, 48))]


def test_every_statement_has_its_row():
    assert list(ROWS) == IDS


@pytest.mark.parametrize("name", IDS)
def test_a_statement_is_represented_or_it_is_said_why_not(name):
    assert ROWS[name].is_settled


def test_rules_that_are_named_exist():
    for name, row in ROWS.items():
        for rule in row.rules:
            module, _, function = rule.partition(".")
            assert hasattr(importlib.import_module(f"trafficsim.processes.{module}"), function), f"{name}: {rule}"


def test_what_nothing_carries_is_said_to_be_absent(tmp_path):
    """The check can fail: an id that nothing names and nobody speaks of is not settled."""
    from trafficsim.catalog.coverage import Row

    assert not Row("x", (), "", (), "").is_settled
    assert not Row("x", ("levers.assistance",), "", (), "left out").is_settled


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("S99: {how: x}", "line 1: there is no evidence 'S99'.*S66"),
        ("S01: {}", "S01: say either 'how'"),
        ("S01: {how: x, absent: y}", "not both"),
        ("S01: {absent: y, rules: [life.live]}", "cannot have rules"),
        ("S01: {how: x, rules: [live]}", "rules"),
        ("S01: {hwo: x}", "Did you mean 'how'"),
    ],
)
def test_a_slip_is_told(tmp_path, text, told):
    path = tmp_path / "coverage.yaml"
    path.write_text(text)
    with pytest.raises(UserError, match=told):
        load_remarks(path, catalog())
