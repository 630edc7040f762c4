"""The model written again as ordinary Mesa objects (``benchmarks/mesa_twin``), with the same rules, reaches the same lives."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import trafficsim
from trafficsim.policy import Arm, load_arm
from trafficsim.processes.circumstances import Switches
from trafficsim.processes.vocabulary import Care, Event, Permit, Status

ROOT = Path(__file__).parents[1]
SEED = 23


def with_few_places(name):
    """Return an arm as plain data, its services with so few places that people queue."""
    arm = load_arm(name).plain()
    for lever in ("identification", "assistance", "child_and_family", "onward_passage"):
        arm["levers"][lever]["capacity"] = 40.0
    return arm


NO_FEEDBACK = dict.fromkeys(Switches._fields, False)
COURSES = {
    "default calendar, with permits": ("2025-06", {"scale": 0.004, "years": 2}),
    "the package with few places": (
        "2006-01",
        {"arm": with_few_places("letter_package"), "scale": 0.01, "policy_start": "2000-01", "years": 6},
    ),
    "enforcement only": (
        "2002-01",
        {"arm": "enforcement_only", "scale": 0.01, "policy_start": "1999-01", "years": 3},
    ),
    "no feedback, three areas": (
        "2002-01",
        {"scale": 0.01, "policy_start": "2002-01", "years": 1, "feedbacks": NO_FEEDBACK, "parameters": {"crossing": {"areas": 3}}},
    ),
}  # fmt: skip


def twin(settings, until, luck, file):
    """Run the twin in plain Python, in a process of its own, and return its tables and counts by name."""
    command = [sys.executable, "-m", "benchmarks.mesa_twin", json.dumps(settings)]
    options = ["--until", until, "--luck", luck, "--save", str(file)]
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1"}
    subprocess.run(command + options, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
    return dict(np.load(file))


def compiled(settings, until):
    """Return the compiled run's tables and counts by the twin's names, and the model."""
    arm = settings.get("arm", "status_quo")
    arm = Arm.from_plain(arm) if isinstance(arm, dict) else arm
    model = trafficsim.TraffickingModel(**settings | {"arm": arm})
    model.run_until(until)
    found = {
        f"{name}.{column}": getattr(table, column)[: table.size[0]]
        for name, table in model.tables.items()
        for column in table._fields[:-1]
    }
    ledger = model.state.ledger
    found |= {name: getattr(ledger, name) for name in ("monthly", "moves", "moves_by_event")}
    found |= {f"monthly_by_{name}": array for name, array in ledger.monthly_by.items()}
    found |= model.state.stocks._asdict() | {"protection_signal": model.state.protection_signal}
    return found, model


@pytest.mark.relation(
    "The model written a second time, as ordinary Mesa objects, gives the same lives.",
    kind="equality", level="whole model",
    reach="four courses",
)  # fmt: skip
@pytest.mark.parametrize("name", COURSES)
def test_twin_reaches_the_same_lives(name, tmp_path):
    until, settings = COURSES[name]
    settings = settings | {"rng": SEED}
    theirs = twin(settings, until, "keyed", tmp_path / "twin.npz")
    ours, model = compiled(settings, until)
    assert ours.keys() == theirs.keys()
    assert [key for key in ours if not np.array_equal(ours[key], theirs[key])] == []
    assert model.date == until
    assert len(np.unique(ours["migrants.path"])) > 100  # lives, not one life many times


def test_the_courses_meet_what_could_differ():
    """Permits, queues, shelters, births, separations, brokers who come and go: a proof over none of these would be empty."""
    quo, _ = compiled(COURSES["default calendar, with permits"][1] | {"rng": SEED}, "2025-06")
    package, _ = compiled(COURSES["the package with few places"][1] | {"rng": SEED}, "2006-01")
    counts = quo["monthly"].sum(axis=0)
    for event in (Event.PHONE_SCREENED, Event.REMOVED, Event.TORTURED, Event.LEFT_AGAIN, Event.CHILD_SEPARATED,
                  Event.BROKER_ENTERED, Event.EDGE_REGREW, Event.TRAFFICKED_AGAIN, Event.PASSED_ALONG):  # fmt: skip
        assert counts[event] > 0, event.name
    assert (quo["migrants.permit"] == Permit.SURVEILLANCE).any()
    assert (quo["children.care"] == Care.GROWN_UP).any()
    counts = package["monthly"].sum(axis=0)
    for event in (Event.SCREENED, Event.RISK_FOUND, Event.REFERRED, Event.PROTECTED, Event.CARE_RECEIVED,
                  Event.BROKER_PROSECUTED, Event.CHILD_REGISTERED_MOTHER, Event.IDENTIFIED_OUTSIDE_CUSTODY):  # fmt: skip
        assert counts[event] > 0, event.name
    assert package["services.queue"].sum() > 0
    assert np.isfinite(package["services.capacity"]).all()


@pytest.mark.relation(
    "Another source of luck gives a population that is alike.",
    kind="symmetry", level="whole model",
    reach="one course, six standard deviations",
)  # fmt: skip
def test_ordinary_luck_gives_alike_populations(tmp_path):
    """With Mesa's own luck the twin is another run of the same model: about as many people stand where they stood."""
    settings = {"rng": SEED, "scale": 0.02, "policy_start": "2002-01", "years": 1}
    theirs = twin(settings, "2002-01", "ordinary", tmp_path / "twin.npz")
    ours, _ = compiled(settings, "2002-01")
    assert not np.array_equal(ours["by_status"], theirs["by_status"])
    ours, theirs = (run["by_status"][:72].sum(axis=0) for run in (ours, theirs))  # person-months
    large = [Status.AT_ORIGIN, Status.IN_HIDING, Status.RETURNED_RELEASED]
    np.testing.assert_allclose(theirs[large], ours[large], rtol=0.25)  # some six standard deviations of the difference
    held = slice(Status.HELD_BY_BROKERS, Status.DOMESTIC_SERVITUDE + 1)
    np.testing.assert_allclose(theirs[held].sum(), ours[held].sum(), rtol=0.5)
