"""Arms from Python: those that ship, and one's own, written in a line."""

from collections.abc import Mapping
from typing import Any

from trafficsim.catalog.reading import nearest, one_of
from trafficsim.errors import UserError
from trafficsim.policy import LEVERS, Arm, arm_names, load_arm


def arm(
    name: str, /, *, base: str | Arm | None = None, title: str = "", summary: str = "", **levers: float | Mapping[str, Any]
) -> Arm:  # fmt: skip
    """Return the arm ``name``: one that ships or, where levers are given, one of your own.

    Args:
        name: of an arm that ships ("letter_package", or two joined, "a+b"), or the name that yours shall have.
        base: an arm that yours begins from; the levers given take the place of its own.
        title: in words, for tables and figures (default: the name).
        summary: in a sentence (default: made from the levers).
        levers: each the share that it reaches, 0 to 1, or a mapping with ``coverage`` and, as in a file,
            ``start``, ``ramp_months``, ``capacity``, ``because``.

    Raises:
        UserError: for an arm or lever that there is not, a value that is not allowed, or a name that is taken.

    >>> from trafficsim import arm
    >>> arm("first_aid", non_refoulement=0.8, assistance={"coverage": 0.6, "capacity": 200}).title
    'First aid'
    >>> arm("half", base="letter_package", non_refoulement=0.5).levers["non_refoulement"].coverage
    0.5

    """
    if base is None and not levers:
        if title or summary:
            raise UserError(f"arm '{name}': a title or summary alone makes no arm; name its levers, or base=ARM.")
        return load_arm(name)
    if name in arm_names():
        raise UserError(
            f"There is an arm '{name}' already; give yours a name of its own, and base='{name}' to change it."
        )
    start = load_arm(base) if isinstance(base, str) else base
    described = dict(start.plain()["levers"]) if start else {}
    for lever, value in levers.items():
        if lever not in LEVERS:
            raise UserError(
                f"arm '{name}': there is no lever '{lever}'.{nearest(lever, LEVERS)} Allowed: {one_of(LEVERS)}."
            )
        described[lever] = dict(value) if isinstance(value, Mapping) else {"coverage": value}
    content = {"name": name, "title": title or name.replace("_", " ").capitalize(), "levers": described}
    made = Arm.from_plain(content | {"summary": summary or "An arm of one's own."})
    if summary:
        return made
    reach = "; ".join(f"{LEVERS[each].label}: {100 * value.coverage:g} %" for each, value in made.levers.items())
    return Arm.from_plain(content | {"summary": f"An arm of one's own. {reach}."})
