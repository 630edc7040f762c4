"""Rules take their numbers from the catalogue and from nowhere else."""

import ast
from pathlib import Path

import pytest

import trafficsim.processes.month as month
from trafficsim.catalog import catalog

MODULES = sorted(
    path
    for path in Path(month.__file__).parent.glob("*.py")
    if path.stem not in ("vocabulary", "population", "__init__")
)
HARMLESS = {0, 1, -1, 0.5, 2, 12}
"""None, all, the other way, a half or the middle, twice, months of a year: they say nothing about the world."""


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_no_rule_holds_a_number_of_its_own(path):
    found = [
        f"{path.name}:{node.lineno}: {node.value!r} in {function.name}"
        for function in ast.walk(ast.parse(path.read_text()))
        if isinstance(function, ast.FunctionDef) and function.name != "begin"  # room for 64 rows is no assumption
        for node in ast.walk(function)
        if isinstance(node, ast.Constant) and type(node.value) in (int, float) and node.value not in HARMLESS
    ]
    assert not found


def test_every_parameter_is_read_by_a_rule_and_every_rule_reads_only_what_there_is():
    read = {
        node.attr
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and isinstance(node.value, (ast.Name, ast.Subscript))
    }
    unread = [
        f"{process}.{name}" for process, named in catalog().parameters.items() for name in named if name not in read
    ]
    assert not unread
