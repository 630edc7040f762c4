"""The same rules as plain Python, without compilation, reach the same bits: tables, ledger, stocks, and after a fork."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

import trafficsim

COURSES = {
    # The default calendar through the years of the permit, then apart: as it was, and under the letter's package.
    "forked": [
        {"arm": "status_quo", "scale": 0.003, "policy_start": "2022-01", "years": 4},
        ["2022-01", "2025-01"],
        "letter_package",
    ],
    "letter_package": [
        {"arm": "letter_package", "scale": 0.006, "policy_start": "1998-01", "years": 4},
        ["1999-01", "2002-01"],
        None,
    ],
    "enforcement_only": [
        {"arm": "enforcement_only", "scale": 0.006, "policy_start": "1998-01", "years": 4},
        ["1999-01", "2002-01"],
        "border_closed",
    ],
}
SEED = 11


def live_through(settings, dates, arm_of_fork):
    """Return every array of a run, and of a fork of it made at the first of two dates, by name."""
    model = trafficsim.TraffickingModel(rng=SEED, **settings)
    model.run_until(dates[0])
    fork = model.fork(arm_of_fork)
    for one in (model, fork):
        one.run_until(dates[1])
    return {f"{name}/{key}": array for name, one in (("run", model), ("fork", fork)) for key, array in arrays(one)}


def arrays(model):
    for name, table in model.tables.items():
        used = int(table.size[0])
        yield from ((f"{name}.{column}", np.asarray(getattr(table, column)[:used])) for column in table._fields[:-1])
    for holder in (model.state.ledger, model.state.stocks):
        content = holder._asdict() if hasattr(holder, "_asdict") else vars(holder)
        yield from ((name, np.asarray(array)) for name, array in content.items() if isinstance(array, np.ndarray))
    yield from ((f"by_{name}", np.asarray(array)) for name, array in model.state.ledger.monthly_by.items())
    yield from (("protection_signal", np.float64(model.state.protection_signal)), ("month", np.int64(model.month)))


@pytest.mark.relation(
    "The same rules, compiled and as plain Python, give the same bits.",
    kind="equality", level="whole model",
    reach="three courses, each with a fork",
)  # fmt: skip
@pytest.mark.parametrize("name", COURSES)
def test_plain_python_reaches_the_same_bits(name, tmp_path):
    file = tmp_path / "plain.npz"
    subprocess.run(
        [sys.executable, __file__, json.dumps(COURSES[name]), str(file)],
        env=os.environ | {"NUMBA_DISABLE_JIT": "1"}, check=True,
    )  # fmt: skip
    compiled, plain = live_through(*COURSES[name]), dict(np.load(file))
    assert plain.pop("plain_python")
    assert compiled.keys() == plain.keys()
    apart = [key for key in compiled if not np.array_equal(compiled[key], plain[key])]
    assert apart == []
    assert [key for key in compiled if compiled[key].dtype != plain[key].dtype] == []
    # The course has what could differ: trafficking, removals, births, and a fork that went its own way.
    assert len(compiled["run/children.key"]) > 0
    assert compiled["run/migrants.times_trafficked"].max() > 1
    assert compiled["run/migrants.past_returns"].max() > 0
    same_paths = np.array_equal(compiled["run/migrants.path"], compiled["fork/migrants.path"])
    assert same_paths == (COURSES[name][2] is None)


if __name__ == "__main__":
    from trafficsim.engine.compiling import PLAIN_PYTHON

    np.savez(sys.argv[2], plain_python=PLAIN_PYTHON, **live_through(*json.loads(sys.argv[1])))
