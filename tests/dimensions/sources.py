"""Where the units come from: parameters, series, levers, columns, and the arguments and answers of functions."""

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from dimensions.quantities import LUCK, Quantity, quantity
from trafficsim import processes
from trafficsim.catalog import catalog
from trafficsim.catalog.reading import read_mapping
from trafficsim.processes.population import DECLARATIONS

FOLDER = Path(str(processes.__file__)).parent
MODULES = tuple(
    sorted(path.stem for path in FOLDER.glob("*.py") if path.stem not in ("__init__", "vocabulary", "population"))
)
PROCESS_OF = {"presence": "returns", "highest": "life"}
"""Modules that read the parameters of another step."""
READ_AS = read_mapping(Path(__file__).with_name("read_as.yaml"), "read_as.yaml")


@dataclass(frozen=True)
class Holder:
    """Something whose fields have units: the parameters of a process, the levers, a table, ..."""

    kind: str
    name: str = ""


CODE = Holder("code")
"""A word, a row or a key: it has no dimension, and nothing is counted with it."""


@dataclass(frozen=True)
class Function:
    """One function of the processes."""

    module: str
    node: ast.FunctionDef
    rule: bool

    @property
    def title(self) -> str:
        return f"{self.module}.{self.node.name}"


@cache
def module_tree(module: str) -> ast.Module:
    return ast.parse((FOLDER / f"{module}.py").read_text(encoding="utf-8"))


@cache
def functions() -> dict[str, Function]:
    """Return every function of the processes by its title."""
    found = {}
    for module in MODULES:
        for node in module_tree(module).body:
            if isinstance(node, ast.FunctionDef):
                marks = {one.id for one in node.decorator_list if isinstance(one, ast.Name)}
                found[f"{module}.{node.name}"] = Function(module, node, "rule" in marks)
    return found


@cache
def imported(module: str) -> dict[str, str]:
    """Return which function of the processes each name of a module stands for: name -> title."""
    names = {title.partition(".")[2]: title for title in functions() if title.startswith(f"{module}.")}
    for node in module_tree(module).body:
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith(f"{processes.__name__}."):
            source = str(node.module).rpartition(".")[2]
            names |= {one.name: f"{source}.{one.name}" for one in node.names if f"{source}.{one.name}" in functions()}
    return names


class Units:
    """The units in force; ``slips`` replaces some: ("adaptation.risk_repels", "exponent")."""

    def __init__(self, slips: dict[str, str] | None = None) -> None:
        self.slips = slips or {}

    def field(self, holder: Holder, name: str) -> Quantity | Holder | None:
        """Return what a field of a holder is; None where nothing is known."""
        match holder.kind:
            case "parameters":
                known = catalog().parameters[holder.name].get(name)
                place = f"{holder.name}.{name}"
                return quantity(self.slips.get(place, known.unit)) if known else None
            case "levers":
                return quantity("share")
            case "series":
                known_series = catalog().series.get(name)
                return quantity(self.slips.get(name, known_series.unit)) if known_series else None
            case "highest":
                return quantity("probability per month")
            case "table":
                return quantity(unit) if (unit := column_unit(holder.name, name)) else CODE
            case "world":
                return Holder("table", name) if name in DECLARATIONS else None
            case "course":
                fields = {
                    "parameters": Holder("processes"),
                    "levers": Holder("levers"),
                    "circumstances": Holder("series"),
                }
                return fields.get(name, self.argument("", name))
        return None

    def argument(self, module: str, name: str) -> Quantity | Holder | None:
        """Return what an argument of a function of ``module`` is."""
        if name == "p":
            process = PROCESS_OF.get(module, module)
            return Holder("parameters", process) if process in catalog().parameters else None
        if name in READ_AS["holders"]:
            return Holder(READ_AS["holders"][name])
        if name in READ_AS["codes"]:
            return CODE
        if name in DECLARATIONS:
            return Holder("table", name)
        unit = READ_AS["arguments"].get(name)
        return LUCK if unit == "luck" else quantity(unit) if unit else None


def column_unit(table: str, column: str) -> str:
    """Return the unit of a column as rules take it: its own, or the one that stands in its place for a reason."""
    place = f"{table}.{column}"
    if place in READ_AS["columns"]:
        return str(READ_AS["columns"][place]["is"])
    named: dict[str, Any] = {one.name: one for one in DECLARATIONS[table].columns}
    return "" if column not in named or named[column].unit in ("row", "bits") else named[column].unit
