"""What is known of a number without its value: its dimension, and whether it is a chance, luck or something else."""

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache

from trafficsim.catalog.units import UNITS

Powers = tuple[tuple[str, int], ...]
MONTHLY: Powers = (("month", -1),)


@dataclass(frozen=True)
class Quantity:
    """A number of some dimension. ``literal`` is its value where the rule's own text holds it: it fits any dimension.

    ``kind``: a chance or a share of 1; a chance that is *scaled* by a factor; a *change*, to be added to 1; *luck*, drawn from 0
    to 1; or another *number*.
    """

    powers: Powers = ()
    kind: str = "number"
    literal: float | None = None

    def __str__(self) -> str:
        what = "*".join(name if power == 1 else f"{name}^{power}" for name, power in self.powers) or "no dimension"
        return f"{self.kind} of {what}" if self.literal is None else f"{self.literal:g}"


CHANCES = ("chance", "scaled")
LUCK = Quantity(kind="luck")
YES_OR_NO = Quantity(literal=1.0)


@cache
def quantity(unit: str) -> Quantity:
    """Return the quantity of a unit of the catalogue."""
    above, _, below = UNITS[unit].dimension.partition("/")
    powers: Counter[str] = Counter()
    for sign, words in ((1, above), (-1, below)):
        for word in re.findall(r"[a-z]+", words):
            powers[word] += sign
    return Quantity(tuple(sorted(powers.items())), UNITS[unit].kind)


def product(one: Quantity, other: Quantity, sign: int = 1) -> Quantity:
    """Return one times the other, or, with ``sign`` -1, one divided by the other."""
    powers = Counter(dict(one.powers))
    for name, power in other.powers:
        powers[name] += sign * power
    made = tuple(sorted((name, power) for name, power in powers.items() if power))
    if one.literal is not None and other.literal is not None:
        return Quantity(literal=one.literal)
    if other.literal is not None:
        return Quantity(made, one.kind)
    if sign < 0:
        return Quantity(made, "number")
    if one.literal is not None:
        return Quantity(made, other.kind)
    kinds = {one.kind, other.kind}
    if "change" in kinds:
        return Quantity(made, "change")
    if "luck" in kinds:
        return Quantity(made, "luck" if kinds <= {"luck", "chance"} else "number")
    if kinds <= {"chance", "number"}:
        return Quantity(made, kinds.pop() if len(kinds) == 1 else "scaled")
    return Quantity(made, "scaled")


def joined(kinds: set[str]) -> str:
    """Return the kind of what is one or the other, or the sum of both."""
    if kinds == {"chance", "scaled"}:
        return "scaled"
    return kinds.pop() if len(kinds) == 1 else "number"
