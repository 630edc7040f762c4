"""Each mutant in its rule's place, and the rule's own table of cases held against it."""

import ast
import os
import random
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from situations.tables import CASES, DIRECTIONS, RULES, case_fails, moves

from mutation.operators import Mutant, mutants
from trafficsim import processes
from trafficsim.catalog.reading import read_mapping

EQUIVALENT = Path(__file__).with_name("equivalent.yaml")
"""Mutants that cannot be told from the rule by anything that a run can ask, each with the reason."""


@dataclass(frozen=True)
class Trial:
    """One mutant of the rule ``title``: whether its table noticed (``killed``), and if it cannot, why not (``because``)."""

    title: str
    mutant: Mutant
    killed: bool
    because: str


def plain_python() -> bool:
    """Return whether rules run as plain Python: compiled ones would go on calling each other unchanged."""
    return os.environ.get("NUMBA_DISABLE_JIT") == "1"


@cache
def equivalent() -> dict[str, dict[str, str]]:
    """Return, of each rule, its equivalent mutants and the reasons."""
    return {title: dict(each) for title, each in read_mapping(EQUIVALENT, EQUIVALENT.name).items()}


@cache
def mutants_of(title: str) -> tuple[Mutant, ...]:
    """Return every mutant of one rule."""
    rule = RULES[title]
    module = import_module(f"{processes.__name__}.{rule.module}")
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    (function,) = (one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name == rule.name)
    function.decorator_list = []
    function.body = function.body[1:]  # the docstring
    return tuple(mutants(function, vars(module)))


def try_all(titles: Iterable[str], share: float = 1.0, seed: int = 1) -> list[Trial]:
    """Return the trial of each mutant of the rules, or of a random share of them."""
    luck = random.Random(seed)
    chosen = [(title, one) for title in titles for one in mutants_of(title) if luck.random() < share]
    return [attempt(title, one) for title, one in chosen]


def attempt(title: str, mutant: Mutant) -> Trial:
    """Put ``mutant`` in the place of its rule and return whether a case of its table, or a direction, fails."""
    rule = RULES[title]
    module = import_module(f"{processes.__name__}.{rule.module}")
    usual = getattr(module, rule.name)
    made: dict[str, Any] = {}
    exec(compile(ast.Module([mutant.function], []), f"<mutant of {title}>", "exec"), vars(module), made)
    setattr(module, rule.name, made[rule.name])
    try:
        killed = _noticed(title)
    finally:
        setattr(module, rule.name, usual)
    return Trial(title, mutant, killed, equivalent().get(title, {}).get(mutant.says, ""))


def _noticed(title: str) -> bool:
    try:
        return any(case_fails(name, number) for name, number in CASES if name == title) or not all(
            moves(name, way, field) for name, way, field in DIRECTIONS if name == title
        )
    except (ArithmeticError, TypeError, ValueError, IndexError):
        return True
