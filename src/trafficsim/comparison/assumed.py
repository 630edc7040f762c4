"""What is assumed and what can be compared, as data frames: arms, levers, indicators, parameters."""

import pandas as pd

from trafficsim.catalog import catalog
from trafficsim.catalog.reading import nearest, one_of
from trafficsim.errors import UserError
from trafficsim.policy import arm_names, load_arm


def arms() -> pd.DataFrame:
    """Return the arms that ship, by name: title, summary, and which levers each moves."""
    found = [load_arm(name) for name in arm_names()]
    return _frame(
        {"arm": one.name, "title": one.title, "summary": one.summary, "levers": ", ".join(one.levers)} for one in found
    )


def levers() -> pd.DataFrame:
    """Return the levers that an arm can move, by name: what each means, who asks for it, and its kind."""
    return _frame(
        {"lever": name, "label": one.label, "meaning": one.meaning, "kind": one.kind, "provisions": ", ".join(one.provisions),
         "questions": ", ".join(map(str, one.questions))}
        for name, one in catalog().levers.items()
    )  # fmt: skip


def indicators() -> pd.DataFrame:
    """Return what is counted, by name: in words, unit, definition, and which way is better."""
    return _frame(
        {"indicator": name, "label": one.label, "unit": one.unit, "definition": one.definition, "direction": one.direction}
        for name, one in catalog().indicators.items()
    )  # fmt: skip


def parameters(process: str | None = None) -> pd.DataFrame:
    """Return the numbers that the rules read, by "process.name": meaning, unit, value, plausible range, source and grade.

    ``process`` keeps to one step of the month. Raises :class:`~trafficsim.errors.UserError` for one that there is not.
    """
    known = catalog().parameters
    if process is not None and process not in known:
        raise UserError(f"There is no process '{process}'.{nearest(process, known)} Allowed: {one_of(known)}.")
    return _frame(
        {"parameter": f"{step}.{name}", "meaning": one.meaning, "unit": one.unit, "default": one.default,
         "low": one.range[0], "high": one.range[1], "source": one.source if isinstance(one.source, str) else ", ".join(one.source),
         "grade": one.grade}
        for step, named in known.items() if process in (None, step)
        for name, one in named.items()
    )  # fmt: skip


def _frame(rows: object) -> pd.DataFrame:
    frame = pd.DataFrame(rows)
    return frame.set_index(frame.columns[0])
