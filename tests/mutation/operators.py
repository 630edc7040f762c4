"""What is changed in a rule: one place at a time, as a slip of the hand would (DeMillo, Lipton and Sayward 1978)."""

import ast
import copy
import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

COMPARED = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,),
}  # fmt: skip
COUNTED = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult}
SWAPPED = {"min": "max", "max": "min"}


@dataclass(frozen=True)
class Mutant:
    """A rule with one place changed: the kind of change, the place before and after, and the whole function."""

    kind: str
    before: str
    after: str
    line: int
    function: ast.FunctionDef

    @property
    def says(self) -> str:
        """The change in one line, by which the list of equivalent mutants names it."""
        return f"{self.before} => {self.after}"


def mutants(function: ast.FunctionDef, names: Mapping[str, Any]) -> list[Mutant]:
    """Return every mutant of ``function``; ``names`` are those of its module, so that its constants are known.

    Two changes that read alike are told apart by the number of the place, counted within the function.
    """
    places = list(ast.walk(function))
    found: list[Mutant] = []
    said: dict[str, int] = {}
    for number, node in enumerate(places):
        for kind, changed in _changes(node, names):
            before, after = ast.unparse(node), "(left out)" if isinstance(changed, ast.Pass) else ast.unparse(changed)
            said[f"{before} => {after}"] = said.get(f"{before} => {after}", 0) + 1
            time = said[f"{before} => {after}"]
            whole = _with(function, number, changed)
            found.append(Mutant(kind, before, after + (f" ({time})" if time > 1 else ""), node.lineno, whole))
    return found


def _with(function: ast.FunctionDef, number: int, changed: ast.AST) -> ast.FunctionDef:
    """Return a copy of ``function`` in which the node that is walked as the ``number``-th is another."""
    whole = copy.deepcopy(function)
    target = list(ast.walk(whole))[number]

    class Put(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> Any:
            return ast.copy_location(copy.deepcopy(changed), node) if node is target else self.generic_visit(node)

    return ast.fix_missing_locations(Put().visit(whole))


def _changes(node: ast.AST, names: Mapping[str, Any]) -> Iterator[tuple[str, ast.AST]]:
    """Give each change of one node."""
    match node:
        case ast.Constant(value=bool()):
            yield "constant", ast.Constant(not node.value)
        case ast.Constant(value=int()):
            yield "constant", ast.Constant(node.value + 1)
        case ast.Constant(value=float()):
            yield "constant", ast.Constant(round(1.1 * node.value, 9) or 0.1)
        case ast.Name(ctx=ast.Load()) if isinstance(names.get(node.id), int | float):
            yield "constant", _more(node, "+", 1)
        case ast.Attribute(value=ast.Name(id=owner)):
            yield from _fields(node, owner, names)
        case ast.Compare():
            for place, operator in enumerate(node.ops):
                for other in COMPARED.get(type(operator), ()):
                    changed = copy.deepcopy(node)
                    changed.ops[place] = other()
                    yield "comparison", changed
        case ast.BinOp():
            if type(node.op) in COUNTED:
                yield "arithmetic", ast.BinOp(node.left, COUNTED[type(node.op)](), node.right)
            if isinstance(node.op, ast.Sub) and isinstance(node.left, ast.Constant) and node.left.value == 1:
                yield "complement", node.right
        case ast.AugAssign():
            yield "statement", ast.Pass()
            if type(node.op) in COUNTED:
                yield "arithmetic", ast.AugAssign(node.target, COUNTED[type(node.op)](), node.value)
        case ast.UnaryOp(op=ast.USub() | ast.Not()):
            yield "sign", node.operand
        case ast.BoolOp():
            other_word = ast.Or() if isinstance(node.op, ast.And) else ast.And()
            yield "and, or", ast.BoolOp(other_word, node.values)
        case ast.Call(func=ast.Name(id="min" | "max" as name)):
            yield "limit", ast.Call(ast.Name(SWAPPED[name], ast.Load()), node.args, [])
            for one in node.args:
                yield "limit", one
        case ast.If(test=ast.Name() | ast.Attribute()):
            yield "condition", ast.If(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)
        case ast.IfExp(test=ast.Name() | ast.Attribute()):
            yield "condition", ast.IfExp(node.test, node.orelse, node.body)


def _fields(node: ast.Attribute, owner: str, names: Mapping[str, Any]) -> Iterator[tuple[str, ast.AST]]:
    """Give the changes of ``lever.X`` (dropped, or always on), ``p.X`` and ``circumstances.X`` (a tenth more), ``Status.X``."""
    if owner == "lever":
        yield "lever", ast.Constant(0.0)
        yield "lever", ast.Constant(1.0)
    elif owner in ("p", "circumstances"):
        yield "parameter", _more(node, "*", 1.1)
    elif isinstance(kind := names.get(owner), enum.EnumMeta):
        members = list(kind.__members__)
        other = members[(members.index(node.attr) + 1) % len(members)]
        yield "constant", ast.Attribute(node.value, other, ast.Load())


def _more(node: ast.expr, sign: str, amount: float) -> ast.BinOp:
    return ast.BinOp(node, ast.Add() if sign == "+" else ast.Mult(), ast.Constant(amount))
