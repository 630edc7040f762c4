"""The catalogue of relations that tests hold, from the marks on the tests themselves."""

import ast
from dataclasses import dataclass
from pathlib import Path

from generating import markdown as md

TESTS = Path(__file__).parents[2] / "tests"
KINDS = {
    "equality": "What must not matter",
    "symmetry": "What may be exchanged",
    "scaling": "What grows with what",
    "conservation": "What adds up",
    "limit": "What must vanish, or be met exactly",
    "monotone": "What goes one way only",
    "independence": "What has nothing to do with each other",
}
LEVELS = ("rule", "process", "whole model", "study", "analysis")


@dataclass(frozen=True)
class Relation:
    """What ``@pytest.mark.relation`` says of a test; with ``because``, the test shows that the relation does not hold."""

    says: str
    kind: str
    level: str
    reach: str
    file: str
    test: str
    because: str = ""


def relations() -> list[Relation]:
    """Return every relation, in the order of files and of the tests within them."""
    found = []
    for path in sorted(TESTS.glob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            for mark in node.decorator_list if isinstance(node, ast.FunctionDef) else ():
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.relation":
                    (says,) = (ast.literal_eval(one) for one in mark.args)
                    told = {str(one.arg): ast.literal_eval(one.value) for one in mark.keywords}
                    found.append(Relation(says, file=path.name, test=node.name, **told))
    return found


def relations_part() -> str:
    """Return the catalogue, by kind; those that do not hold come last, with the reason."""
    known = relations()
    held = [one for one in known if not one.because]
    levels = ", ".join(f"{level} {sum(one.level == level for one in held)}" for level in LEVELS)
    blocks = [
        f"**{len(held)} relations are held by tests**, by level: {levels}. {len(known) - len(held)} more do not hold."
    ]
    for kind, title in KINDS.items():
        blocks += [md.heading(2, title), "\n".join(_entry(one) for one in held if one.kind == kind)]
    blocks += [
        md.heading(2, "Relations that do not hold, and why"),
        "One might expect them. Each has a test that shows a run in which it fails, so that we should notice if it came to hold.",
        "\n".join(_entry(one) for one in known if one.because),
    ]
    return md.part(*blocks)


def _entry(one: Relation) -> str:
    """Return a relation as a point of a list: a table would give the tests' names more room than the words."""
    why = f" It does not hold: {md.text(one.because[0].lower() + one.because[1:])}" if one.because else ""
    place = f"{one.level[0].upper()}{one.level[1:]}; {md.text(one.reach)}"
    return f"- **{md.text(one.says)}**{why}  \n  {place}.  \n  `{one.file}::{one.test}`"
