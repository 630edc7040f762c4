"""The tables of cases notice slips in the rules: a twentieth of all mutants is tried here, all of them by ``make mutants``."""

import ast
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from mutation.operators import mutants
from mutation.page import LEAST, PAGE
from mutation.trial import equivalent, mutants_of
from situations.tables import RULES

from trafficsim.processes.vocabulary import Status

ROW = re.compile(r"^\| `([a-z_.]+)` \| (\d+) \| (\d+) \| (\d+) \|$", re.MULTILINE)
SAMPLE = """
from mutation.page import score
from mutation.trial import try_all
from situations.tables import RULES
trials = try_all(RULES, share=0.05, seed=7)
unexpected = [f"{one.title}: {one.mutant.says}" for one in trials if one.killed == bool(one.because)]
print(len(trials), score(trials), *unexpected, sep="\\n")
"""


def sampled() -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", SAMPLE], capture_output=True, text=True, check=True,
        env=os.environ | {"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": os.pathsep.join([*sys.path, str(Path(__file__).parent)])},
    )  # fmt: skip
    return done.stdout.splitlines()


def test_a_twentieth_of_the_mutants_is_noticed() -> None:
    number, share, *unexpected = sampled()
    assert int(number) > 40
    assert float(share) >= LEAST
    told = PAGE.read_text(encoding="utf-8")
    survives = [one for one in unexpected if "- `{}`: `{}".format(*one.partition(" => ")[0].split(": ", 1)) not in told]
    assert not survives, "neither noticed nor named on the page: run 'make mutants'"


def test_the_page_speaks_of_the_rules_as_they_are() -> None:
    told = {title: (int(number), int(same)) for title, number, _, same in ROW.findall(PAGE.read_text(encoding="utf-8"))}
    assert told == {title: (len(mutants_of(title)), len(equivalent().get(title, {}))) for title in RULES}
    noticed = [(int(killed), int(number) - int(same)) for _, number, killed, same in ROW.findall(PAGE.read_text())]
    assert sum(killed for killed, _ in noticed) >= LEAST * sum(able for _, able in noticed)


def test_equivalent_mutants_are_mutants_and_have_a_reason() -> None:
    for title, each in equivalent().items():
        assert set(each) <= {one.says for one in mutants_of(title)}, title
        assert all(because.endswith(".") for because in each.values())


@pytest.mark.parametrize(
    ("rule", "changed"),
    [
        ("return p.x < 2", ["p.x <= 2", "p.x >= 2", "p.x * 1.1 < 2", "p.x < 3"]),
        ("return a <= b <= c", ["a < b <= c", "a > b <= c", "a <= b < c", "a <= b > c"]),
        ("return 1.0 - lever.x", ["1.0 + lever.x", "lever.x", "1.1 - lever.x", "1.0 - 0.0", "1.0 - 1.0"]),
        ("return a and (not b)", ["a or (not b)", "a and b"]),
        ("return max(a, b)", ["min(a, b)", "a", "b"]),
        ("return a == Status.DEAD", ["a != Status.DEAD", "a == Status.AT_ORIGIN"]),
        ("return a if b else c", ["c if b else a"]),
    ],
)
def test_every_slip_is_made(rule: str, changed: list[str]) -> None:
    (function,) = ast.parse(f"def rule(p, lever, a, b, c):\n    {rule}").body
    assert isinstance(function, ast.FunctionDef)
    made = [ast.unparse(one.function.body[0]).removeprefix("return ") for one in mutants(function, {"Status": Status})]
    assert Counter(made) == Counter(ast.unparse(ast.parse(one)) for one in changed)
    assert np.unique(made).size == len(made)
