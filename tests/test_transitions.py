"""Nobody's status changes in a way that the catalogue's table of transitions does not name."""

import ast
from pathlib import Path

import numpy as np
import pytest

import trafficsim
from trafficsim.catalog import catalog
from trafficsim.processes import month
from trafficsim.processes.vocabulary import Event, Status

TRANSITIONS = catalog().transitions
STATUSES = {status.name.lower() for status in Status}


@pytest.fixture(scope="module")
def moves():
    """Who moved by which event from where to where, in one history and several futures; int64 (events, from, to)."""
    history = trafficsim.TraffickingModel(rng=11, scale=0.1)
    history.run_until("2024-04")
    total = np.zeros_like(history.state.ledger.moves_by_event)
    for arm in (
        "status_quo",
        "letter_package+border_reopened",
        "non_refoulement_only+border_reopened",
        "moratorium_only+border_reopened",
        "enforcement_only+border_reopened",
    ):
        future = history.fork(arm)
        future.run_until("2034-04")
        total += future.state.ledger.moves_by_event
    return total


@pytest.mark.relation(
    "Nobody moves between statuses in a way that the table does not name, and every way is taken by "
    "somebody.",
    kind="conservation", level="whole model",
    reach="one history, five futures",
)  # fmt: skip
def test_every_move_is_in_the_table(moves):
    seen = {(Event(e).name.lower(), Status(a).name.lower(), Status(b).name.lower()) for e, a, b in np.argwhere(moves)}
    declared = {(name, a, b) for name, move in TRANSITIONS.items() for a in move.left for b in move.entered}
    assert not seen - declared
    assert {name for name, _, _ in seen} == set(TRANSITIONS)  # and every transition of the table happens


def test_names_are_those_of_the_rules():
    for name, move in TRANSITIONS.items():
        assert Event[name.upper()]
        assert set(move.left) | set(move.entered) <= STATUSES
        source = Path(month.__file__).with_name(f"{move.step}.py").read_text()
        functions = {node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}
        assert move.rule in functions, f"{move.step}.py has no function {move.rule}"


def test_only_one_function_changes_a_status():
    """Every other write would escape the ledger; a new row begins at origin."""
    written = []
    for path in sorted(Path(month.__file__).parent.glob("*.py")):
        for function in ast.walk(ast.parse(path.read_text())):
            if isinstance(function, ast.FunctionDef):
                for node in ast.walk(function):
                    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
                        if isinstance(node.value, ast.Attribute) and node.value.attr == "status":
                            written.append(f"{path.stem}.{function.name}")
    assert sorted(written) == ["departure.depart", "happenings.move"]
