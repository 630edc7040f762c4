"""Every example in a docstring does what it says."""

import doctest
import importlib
from pathlib import Path

import pytest

import trafficsim

PACKAGE = Path(trafficsim.__file__).parent
WITH_EXAMPLES = sorted(
    ".".join(("trafficsim", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")
    for path in PACKAGE.rglob("*.py")
    if ">>> " in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples(name):
    outcome = doctest.testmod(importlib.import_module(name))
    assert outcome.attempted > 0 and outcome.failed == 0


def test_what_a_user_meets_first_has_examples():
    assert {"trafficsim", "trafficsim.model", "trafficsim.agents", "trafficsim.engine.views"} <= set(WITH_EXAMPLES)
