"""Rules by name, called with words: which rules there are, what each reads, and its value for what is given."""

import ast
import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from situations import words
from situations.reading import assumed

from trafficsim import processes
from trafficsim.catalog import catalog
from trafficsim.errors import UserError
from trafficsim.policy import LEVER_NAMES, Levers
from trafficsim.processes.circumstances import Circumstances
from trafficsim.processes.vocabulary import (
    AgeBand,
    CrossingOutcome,
    Departure,
    Link,
    Motive,
    Permit,
    Purpose,
    Registration,
    Role,
    ServiceKind,
    Sex,
    Status,
    Stratum,
    UnitKind,
)

SPOKEN = {
    "status": Status, "mother_status": Status, "sex": Sex, "motive": Motive, "link": Link, "permit": Permit,
    "registration": Registration, "purpose": Purpose, "role": Role, "departure": Departure,
}  # fmt: skip
"""Arguments that are written as words."""
GIVES = {
    "age band": AgeBand, "crossing outcome": CrossingOutcome, "departure": Departure, "link": Link, "motive": Motive,
    "purpose": Purpose, "status": Status, "stratum": Stratum,
}  # fmt: skip
"""What a rule may give besides a chance, a number, and yes or no."""
_PARAMETERS_OF = {"presence": "returns"}


@dataclass(frozen=True)
class Rule:
    """One function marked ``@rule``: its arguments, and the fields of ``p``, ``lever`` and ``circumstances`` that it reads."""

    module: str
    name: str
    arguments: tuple[str, ...]
    reads: tuple[tuple[str, str], ...]

    @property
    def title(self) -> str:
        """The name as situations write it."""
        return f"{self.module}.{self.name}"

    @property
    def process(self) -> str:
        """The process whose parameters the rule reads."""
        return _PARAMETERS_OF.get(self.module, self.module)

    def fields(self, argument: str) -> tuple[str, ...]:
        """Return the fields of ``p``, ``lever`` or ``circumstances`` that the rule reads, by itself or through another rule."""
        return tuple(sorted({field for owner, field in self.reads if owner == argument}))

    def __call__(self, **arguments: Any) -> Any:
        """Return what the rule's own text gives; compiled runs give the same bits (another test holds that)."""
        function = getattr(import_module(f"{processes.__name__}.{self.module}"), self.name)
        return getattr(function, "py_func", function)(**arguments)


@cache
def all_rules() -> dict[str, Rule]:
    """Return every rule of the processes by its title, in the order of the files."""
    return {rule.title: rule for rule in _found()}


def _found() -> Iterator[Rule]:
    for path in sorted(Path(inspect.getfile(processes)).parent.glob("*.py")):
        functions = {node.name: node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)}
        for name, function in functions.items():
            if any(isinstance(mark, ast.Name) and mark.id == "rule" for mark in function.decorator_list):
                arguments = tuple(argument.arg for argument in function.args.args)
                yield Rule(path.stem, name, arguments, tuple(sorted(_reads(function, functions))))


def _reads(function: ast.FunctionDef, others: Mapping[str, ast.FunctionDef]) -> set[tuple[str, str]]:
    found = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id in ("p", "lever", "circumstances"):
                found.add((node.value.id, node.attr))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in others:
            if any(isinstance(argument, ast.Name) and argument.id == "p" for argument in node.args):
                found |= _reads(others[node.func.id], others)
    return found


def evaluate(rule: Rule, given: Mapping[str, Any], where: str, facts: Mapping[str, Any] | None = None) -> Any:
    """Return the value of ``rule`` for what is ``given`` in words; arguments that are not given come from ``facts``.

    ``given`` may hold arguments, and fields written as ``p.NAME``, ``lever.NAME`` and ``circumstances.NAME``.
    """
    fields = [f"{owner}.{name}" for owner, name in rule.reads]
    words.refuse_unknown(given, [*rule.arguments, *fields], where)
    facts = facts or {}
    arguments: dict[str, Any] = {}
    for name in rule.arguments:
        if name == "p":
            changed = _changed(given, "p")
            catalog().checked({rule.process: changed}, where)
            default = facts.get("p") or _assumed_parameters()
            arguments[name] = default[rule.process]._replace(**changed)
        elif name == "lever":
            default = facts.get("lever") or Levers(*(0.0 for _ in LEVER_NAMES))
            arguments[name] = default._replace(**_changed(given, "lever"))
        elif name == "circumstances":
            default = facts.get("circumstances") or Circumstances(**dict.fromkeys(Circumstances._fields, 1.0))
            arguments[name] = default._replace(**_changed(given, "circumstances"))
        elif name in given:
            arguments[name] = argument(rule, name, given[name], where)
        elif name in facts:
            arguments[name] = facts[name]
        else:
            raise UserError(f"{where}: the rule {rule.title} also needs '{name}'; write it.")
    return rule(**arguments)


def argument(rule: Rule, name: str, value: Any, where: str) -> Any:
    """Return the argument ``name`` as the rule takes it."""
    if words_of := vocabulary_of(rule, name):
        return int(words.member(words_of, value, where))
    if name == "area" and isinstance(value, str):
        return words.area(value, where)
    return value if isinstance(value, bool) else words.number(value, f"{where}.{name}")


@cache
def _assumed_parameters() -> dict[str, Any]:
    return catalog().parameter_tuples(assumed({}, "assumptions.yaml"))


def vocabulary_of(rule: Rule, name: str) -> Any:
    """Return the list of words that the argument ``name`` is written with, or nothing for a number, yes or no."""
    if name == "kind":
        return ServiceKind if rule.name == "service_row" else UnitKind
    return SPOKEN.get(name)


def answer(value: Any, gives: str) -> Any:
    """Return what a rule gave, as a situation writes it."""
    if gives in GIVES:
        return words.spoken(GIVES[gives](int(value)))
    return bool(value) if gives == "yes or no" else float(value)


def _changed(given: Mapping[str, Any], owner: str) -> dict[str, float]:
    return {name.partition(".")[2]: float(value) for name, value in given.items() if name.startswith(f"{owner}.")}
