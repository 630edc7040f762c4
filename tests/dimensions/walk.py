"""The walk: each expression is taken apart, and what cannot be added, compared or raised to a power is told."""

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from dimensions.quantities import CHANCES, LUCK, MONTHLY, YES_OR_NO, Quantity, joined, product, quantity
from dimensions.sources import CODE, MODULES, READ_AS, Function, Holder, Units, functions, imported

Known = Quantity | Holder | None
Names = dict[str, Known]
DRAWS = ("uniform", "preference", "stay_draw")
SAME = ("int", "float", "round", "abs")


@dataclass
class Walk:
    """What came of walking one function: what does not fit, how many operations were seen and judged, what it gives."""

    told: list[str] = field(default_factory=list)
    seen: int = 0
    judged: int = 0
    gives: list[Known] = field(default_factory=list)
    exceptions: set[str] = field(default_factory=set)


class Walker:
    """Walks functions with :class:`Units` in the place of numbers."""

    def __init__(self, units: Units) -> None:
        self.units = units
        self._done: dict[str, Walk] = {}

    def walk(self, title: str) -> Walk:
        """Return what comes of walking a function; one that is asked for again is not walked again."""
        if title not in self._done:
            self._done[title] = Walk()  # for a function that would ask for itself
            self._done[title] = _Visit(self, functions()[title]).result
        return self._done[title]

    def walk_text(self, module: str, text: str) -> list[str]:
        """Return what is told of a function that stands nowhere, as if it stood in ``module``."""
        (node,) = ast.parse(text).body
        assert isinstance(node, ast.FunctionDef)
        return _Visit(self, Function(module, node, False)).result.told

    def answer(self, title: str) -> Known:
        """Return what a function gives: as it is declared, or, for a loop's helper, as its own text has it."""
        if title in READ_AS["gives"]:
            unit = READ_AS["gives"][title]
            return quantity(unit) if unit != "code" else CODE
        given = self.walk(title).gives
        return given[0] if given and all(one == given[0] for one in given) else None


class _Visit:
    """One function on its way."""

    def __init__(self, walker: Walker, function: Function) -> None:
        self.walker, self.function, self.result = walker, function, Walk()
        self.names: Names = {
            one.arg: walker.units.argument(function.module, one.arg) for one in function.node.args.args
        }
        self.block(function.node.body)
        if function.title in READ_AS["gives"]:
            self._check_answers(READ_AS["gives"][function.title])

    def tell(self, node: ast.AST, words: str) -> None:
        self.result.told.append(
            f"{self.function.title}, line {getattr(node, 'lineno', 0)}: {ast.unparse(node)}: {words}"
        )

    def _check_answers(self, unit: str) -> None:
        if unit == "code":
            return
        declared = quantity(unit)
        for given in self.result.gives:
            self.result.seen += 1
            if given == CODE:
                self.result.seen -= 1
            if not isinstance(given, Quantity):
                continue
            self.result.judged += 1
            if given.literal is None and given.powers != declared.powers:
                self.tell(self.function.node.args, f"gives a {given}, not a {declared}")
            elif given.literal is None and declared.kind == "chance" and given.kind not in CHANCES:
                self.tell(self.function.node.args, f"gives a {given}, not a chance")

    # Statements.

    def block(self, statements: Iterable[ast.stmt]) -> bool:
        """Walk statements in order; True where none after them is reached."""
        ends = [self.statement(one) for one in statements]
        return any(ends)

    def statement(self, node: ast.stmt) -> bool:
        match node:
            case ast.Return(value=value):
                if value is not None:
                    self.result.gives.append(self.of(value))
                return True
            case ast.Continue() | ast.Break():
                return True
            case ast.Assign(targets=targets, value=value):
                found = self.of(value)
                for target in targets:
                    self.put(target, value, found)
            case ast.AugAssign(target=target, op=op, value=value):
                old = self.of(target)
                self.put(target, node, self.combined(node, op, old, self.of(value)))
            case ast.If(test=test, body=body, orelse=orelse):
                self.of(test)
                return self.branches(body, orelse)
            case ast.For(target=target, iter=over, body=body):
                self.of(over)
                self.put(target, over, Quantity() if _is_range(over) else CODE if _is_name(over) else None)
                self.branches(body, [])
            case ast.While(test=test, body=body):
                self.of(test)
                self.branches(body, [])
            case ast.Expr(value=value):
                self.of(value)
        return False

    def branches(self, first: list[ast.stmt], second: list[ast.stmt]) -> bool:
        """Walk two ways; a name that both leave behind must be of one dimension."""
        before = dict(self.names)
        ends = self.block(first)
        one, self.names = self.names, dict(before)
        also_ends = self.block(second)
        if ends or also_ends:
            self.names = self.names if ends else one
            return ends and also_ends
        for name, known in one.items():
            other = self.names.get(name, known)
            if isinstance(known, Quantity) and isinstance(other, Quantity) and known != other:
                self.names[name] = self.unified(first[0], [known, other])
            elif known != other:
                self.names[name] = None
            else:
                self.names[name] = known
        return False

    def put(self, target: ast.expr, value: ast.AST, found: Known) -> None:
        """Assign; a column takes only what has its unit."""
        match target:
            case ast.Name(id=name):
                self.names[name] = found
            case ast.Tuple(elts=parts):
                values = value.elts if isinstance(value, ast.Tuple) else [None] * len(parts)
                for part, one in zip(parts, values, strict=True):
                    self.put(part, one or value, self.of(one) if one is not None else None)
            case ast.Subscript() | ast.Attribute():
                place = self.of(target)
                if isinstance(place, Quantity) and isinstance(found, Quantity):
                    self.unified(value, [place, found])

    # Expressions.

    def of(self, node: ast.expr) -> Known:
        match node:
            case ast.Constant(value=bool()):
                return YES_OR_NO
            case ast.Constant(value=int() | float() as value):
                return Quantity(literal=float(value))
            case ast.Name(id=name):
                return self.names.get(name, CODE if name.lstrip("_")[0].isupper() else None)
            case ast.Attribute(value=ast.Name(id=name)) if name[0].isupper():
                return CODE
            case ast.Attribute(value=ast.Name(id="np"), attr="inf"):
                return Quantity(literal=float("inf"))
            case ast.Attribute(value=inner, attr="value"):
                return self.of(inner)
            case ast.Attribute(value=inner, attr=name):
                holder = self.of(inner)
                return self.walker.units.field(holder, name) if isinstance(holder, Holder) else None
            case ast.Subscript(value=inner, slice=where):
                held = self.of(inner)
                if isinstance(held, Holder) and held.kind == "processes" and isinstance(where, ast.Constant):
                    return Holder("parameters", str(where.value))
                self.of(where)
                return held
            case ast.UnaryOp(op=ast.Not(), operand=inner):
                self.of(inner)
                return YES_OR_NO
            case ast.UnaryOp(operand=inner):
                return self.of(inner)
            case ast.BinOp(left=left, op=op, right=right):
                return self.combined(node, op, self.of(left), self.of(right))
            case ast.BoolOp(values=values):
                for one in values:
                    self.of(one)
                return YES_OR_NO
            case ast.Compare(left=left, ops=ops, comparators=others):
                parts = [left, *others]
                for one, op, other in zip(parts, ops, others, strict=False):
                    if not isinstance(op, ast.In | ast.NotIn):
                        self.compared(node, self.of(one), self.of(other))
                return YES_OR_NO
            case ast.IfExp(test=test, body=body, orelse=orelse):
                self.of(test)
                return self.unified(node, [self.of(body), self.of(orelse)])
            case ast.Call():
                return self.call(node)
        return None

    def combined(self, node: ast.AST, op: ast.operator, left: Known, right: Known) -> Known:
        """Return what comes of one operation."""
        if isinstance(op, ast.BitAnd | ast.BitOr | ast.BitXor | ast.Mod | ast.LShift | ast.RShift):
            return left if isinstance(op, ast.Mod) else YES_OR_NO
        if isinstance(left, Holder) or isinstance(right, Holder):
            return CODE
        self.result.seen += 1
        if left is None or right is None:
            return None
        self.result.judged += 1
        match op:
            case ast.Mult():
                return product(left, right)
            case ast.Div():
                return product(left, right, -1)
            case ast.FloorDiv() if right.literal == 12.0 and left.powers == (("month", 1),):
                return replace(left, powers=(("year", 1),))
            case ast.FloorDiv():
                return product(left, right, -1)
        return self.added(node, left, right, isinstance(op, ast.Add))

    def added(self, node: ast.AST, left: Quantity, right: Quantity, plus: bool) -> Quantity | None:
        """Return a sum or a difference. What is a part of 1 has a complement; what changes 1 is added to it."""
        if left.literal is None and right.literal is None:
            return self.unified(node, [left, right], seen=False)
        number, other = (left, right) if left.literal is not None else (right, left)
        if other.literal is not None:
            return Quantity(literal=number.literal)
        if number.literal == 1.0 and not plus and number is left:
            if other.kind not in ("chance", "luck") and not self.expected(node, "complements"):
                self.tell(node, f"what is left of 1 is asked of a {other}")
            return replace(other, kind="chance" if other.kind == "scaled" else other.kind)
        if number.literal == 1.0 and plus and other.kind in CHANCES:
            self.tell(node, f"a {other} is added to 1")
        return replace(other, kind="number")

    def compared(self, node: ast.AST, left: Known, right: Known) -> None:
        """Judge a comparison: alike in dimension; luck is held against chances alone."""
        if isinstance(left, Holder) or isinstance(right, Holder):
            return
        self.result.seen += 1
        if left is None or right is None:
            return
        self.result.judged += 1
        for luck, other in ((left, right), (right, left)):
            if luck.kind == "luck" and other.literal is None:
                if other.kind not in (*CHANCES, "luck") or other.powers not in ((), MONTHLY):
                    self.tell(node, f"luck is held against a {other}")
                return
        self.unified(node, [left, right], seen=False)

    def unified(self, node: ast.AST, parts: list[Known], seen: bool = True) -> Quantity | None:
        """Return what all parts are, or tell that they differ in dimension."""
        if seen:
            self.result.seen += 1
        if CODE in parts:
            self.result.seen -= seen
            return None
        known = [one for one in parts if isinstance(one, Quantity)]
        if len(known) < len(parts):
            return None
        if seen:
            self.result.judged += 1
        real = [one for one in known if one.literal is None]
        if not real:
            return known[0]
        dimensions = {one.powers for one in real}
        if len(dimensions) > 1:
            stock = next((one for one in real if self._steps(node, one, real)), None)
            if stock is None:
                self.tell(node, " and ".join(map(str, real)) + " go together")
                return None
            return None if isinstance(node, ast.AugAssign) else stock
        return Quantity(real[0].powers, joined({one.kind for one in real}))

    def _steps(self, node: ast.AST, stock: Quantity, parts: list[Quantity]) -> bool:
        """True where what changes in a month is added to a stock, in a place that is known for it."""
        return self.expected(node, "steps") and all(
            one.powers in (stock.powers, product(stock, Quantity(MONTHLY)).powers) for one in parts
        )

    def call(self, node: ast.Call) -> Known:
        """Return what a call gives; what is handed over must have the unit of the argument."""
        given = [self.of(one) for one in node.args]
        match node.func:
            case ast.Attribute(value=ast.Name(id="math"), attr="exp" | "log"):
                self.result.seen += 1
                power = given[0]
                if isinstance(power, Quantity):
                    self.result.judged += 1
                    if power.powers == MONTHLY and self.expected(node.args[0], "steps"):
                        return Quantity()
                    if power.powers or power.kind == "luck":
                        self.tell(node, f"of a {power}")
                return Quantity()
            case ast.Attribute(value=ast.Name(id=module), attr=name) if module in MODULES:
                return self.handed(node, f"{module}.{name}", given)
            case ast.Name(id=name) if name in DRAWS:
                return LUCK
            case ast.Name(id=name) if name in SAME:
                return given[0]
            case ast.Name(id="min" | "max" as name):
                return self.limited(node, name, given)
            case ast.Attribute(value=ast.Name(id="np"), attr="ceil") | ast.Name(id="column_array"):
                return given[0]
            case ast.Attribute(value=ast.Name(id="np"), attr="full"):
                return given[1]
            case ast.Name(id=name) if name in imported(self.function.module):
                return self.handed(node, imported(self.function.module)[name], given)
        return None

    def limited(self, node: ast.AST, name: str, given: list[Known]) -> Known:
        """Return the smallest or largest of several: what cannot exceed 1 is a chance, if it was one before it was scaled."""
        found = self.unified(node, given)
        at_most_1 = name == "min" and any(isinstance(one, Quantity) and one.literal == 1.0 for one in given)
        if found is None or not at_most_1:
            return found
        if found.kind == "scaled" or (found.kind == "number" and self.expected(node, "chances")):
            return replace(found, kind="chance")
        return found

    def expected(self, node: ast.AST, what: str) -> bool:
        """True where this expression is listed as an exception of its kind; that it was needed is kept."""
        listed = READ_AS[what].get(self.function.title, ())
        if not listed or (said := ast.unparse(node)) not in listed:
            return False
        self.result.exceptions.add(said)
        return True

    def handed(self, node: ast.Call, title: str, given: list[Any]) -> Known:
        called = functions().get(title)
        if called is None:
            return None
        for argument, one in zip(called.node.args.args, given, strict=False):
            declared = self.walker.units.argument(called.module, argument.arg)
            if isinstance(declared, Quantity) and isinstance(one, Quantity):
                self.result.seen += 1
                self.result.judged += 1
                if one.literal is None and one.powers != declared.powers:
                    self.tell(node, f"'{argument.arg}' is a {declared}, and a {one} is handed over")
        return self.walker.answer(title)


def _is_name(node: ast.expr) -> bool:
    return isinstance(node, ast.Name)


def _is_range(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range"
