"""What the rules say of themselves: the order of the month, their words, and what each of them reads, draws and counts."""

import ast
import inspect
import re
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

import trafficsim.processes
from trafficsim.catalog import catalog

FOLDER = Path(trafficsim.processes.__file__).parent
READS_OF = {"presence": "returns"}
"""Modules whose ``p`` holds the parameters of another process."""


@dataclass
class Function:
    """A function of the processes: its kind (rule, loop or piece of a loop), its words, and the names in its text."""

    module: str
    name: str
    kind: str
    words: str
    parameters: list[tuple[str, str]] = field(default_factory=list)
    levers: list[str] = field(default_factory=list)
    series: list[str] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    draws: list[str] = field(default_factory=list)

    @property
    def full_name(self) -> str:
        """Module and name, as the coverage of the letter writes it."""
        return f"{self.module}.{self.name}"


@dataclass
class Step:
    """One step of the month: its module, its title, what it says of itself and its functions in order."""

    number: int
    module: str
    title: str
    words: str
    functions: list[Function]


@cache
def functions() -> dict[str, Function]:
    """Return every function of the processes by its full name, module by module in the order of the text."""
    found = {}
    for path in sorted(FOLDER.glob("*.py")):
        module = path.stem
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                function = _function(module, node)
                found[function.full_name] = function
    return found


def _function(module: str, node: ast.FunctionDef) -> Function:
    decorators = [each.id for each in node.decorator_list if isinstance(each, ast.Name)]
    kind = "rule" if "rule" in decorators else "loop" if "compiled" in decorators else "piece"
    function = Function(module, node.name, kind, inspect.cleandoc(ast.get_docstring(node) or ""))
    known = catalog()
    attributes = [each for each in ast.walk(node) if isinstance(each, ast.Attribute)]
    for each in sorted(attributes, key=lambda found: (found.lineno, found.col_offset)):
        owner, name = _owner(each.value), each.attr
        if owner == "p" and name in known.parameters.get(process := READS_OF.get(module, module), {}):
            _add(function.parameters, (process, name))
        elif owner.startswith("[") and name in known.parameters.get(owner[1:], {}):
            _add(function.parameters, (owner[1:], name))
        elif owner == "lever" and name in known.levers:
            _add(function.levers, name)
        elif owner in ("circumstances", "now") and name in known.series:
            _add(function.series, name)
        elif owner == "Event":
            _add(function.events, name)
        elif owner == "Draw":
            _add(function.draws, name)
    return function


def _owner(node: ast.expr) -> str:
    """Return the name before a dot: ``p``, or ``[market`` for ``p["market"]``."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
        return f"[{node.slice.value}"
    return ""


def _add[T](names: list[T], name: T) -> None:
    if name not in names:
        names.append(name)


@cache
def steps() -> list[Step]:
    """Return the steps of the month in the order in which :func:`trafficsim.processes.month.advance` takes them.

    Circumstances come first and call nothing: they are data.
    """
    tree = ast.parse((FOLDER / "month.py").read_text(encoding="utf-8"))
    advance = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "advance")
    order = ["circumstances"]
    for (
        statement
    ) in advance.body:  # a step is a loop called for what it does; calls within an expression only look something up
        call = statement.value if isinstance(statement, ast.Expr) else None
        if (
            isinstance(call, ast.Call)
            and isinstance(call.func, ast.Attribute)
            and isinstance(call.func.value, ast.Name)
        ):
            module = call.func.value.id
            if module not in order and _first_line(module).startswith("Step "):
                order.append(module)
    return [_step(module) for module in order]


def _module(name: str) -> ModuleType | None:
    return import_module(f"trafficsim.processes.{name}") if (FOLDER / f"{name}.py").is_file() else None


def _first_line(module: str) -> str:
    found = _module(module)
    return inspect.cleandoc(found.__doc__ or "") if found else ""


def _step(module: str) -> Step:
    words = re.fullmatch(r"Step (\d+)\. ([^:]+): (.*)", _first_line(module), re.DOTALL)
    if words is None:
        raise ValueError(f"processes/{module}.py: its docstring should begin 'Step N. Title: what happens'.")
    own = [function for function in functions().values() if function.module == module]
    said = words[3][0].upper() + words[3][1:]
    return Step(int(words[1]), module, words[2], said, own)


def users_of(kind: str, name: object) -> list[Function]:
    """Return the functions that name a parameter, lever, series, event or draw; ``kind`` is the field in the plural."""
    return [function for function in functions().values() if name in getattr(function, kind)]
