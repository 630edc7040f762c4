"""The course of a run: the catalogue's numbers, the dated circumstances and an arm's levers, put together."""

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from trafficsim.catalog import Catalog, catalog
from trafficsim.engine.calendar import MONTHS_A_YEAR, month_index
from trafficsim.errors import UserError
from trafficsim.policy import LEVER_NAMES, Arm, levers_at
from trafficsim.processes.circumstances import Circumstances, Switches
from trafficsim.processes.month import Course

MODEL_VERSION = "2"
"""Raised whenever a change is meant to alter results."""


@cache
def model_version() -> str:
    """Return the version of the rules: the number above and the beginning of the hash of their own text.

    The hash tells two states of the rules apart even where nobody thought that a change would alter a result.
    """
    folder, digest = Path(__file__).parent, hashlib.sha256()
    for path in sorted(
        [*folder.glob("engine/*.py"), *folder.glob("processes/*.py"), Path(__file__), folder / "policy.py"]
    ):
        digest.update(path.name.encode() + path.read_bytes())
    return f"{MODEL_VERSION}-{digest.hexdigest()[:8]}"


def course_of(
    arm: Arm,
    seed: int,
    scale: float = 1.0,
    policy_start: str = "2024-04",
    years: int = 10,
    parameters: Mapping[str, Mapping[str, float]] | None = None,
    feedbacks: Mapping[str, bool] | None = None,
    assumptions: Catalog | None = None,
) -> Course:
    """Return all that decides a run: the catalogue's numbers with ``parameters`` in their place, under ``arm``.

    ``parameters`` maps process to name to value; ``feedbacks`` maps a switch to on or off (all on by default).
    Raises :class:`UserError` for an unknown name, a value outside its range or a horizon that makes no sense.
    """
    assumptions = assumptions or catalog()
    start = month_index(policy_start)
    months = start + years * MONTHS_A_YEAR
    series = {name: assumptions.series_values(name, months) for name in Circumstances._fields}
    circumstances = [
        Circumstances(*(float(series[name][month]) for name in Circumstances._fields)) for month in range(months)
    ]
    schedule, capacity = arm.lever_schedule(assumptions, months, start)
    switches = dict.fromkeys(Switches._fields, True) | dict(feedbacks or {})
    unknown = set(switches) - set(Switches._fields)
    if unknown:
        raise UserError(f"feedbacks: there is no switch {sorted(unknown)}. Allowed: {', '.join(Switches._fields)}.")
    return Course(
        seed=int(seed),
        scale=float(scale),
        parameters=assumptions.parameter_tuples(parameters),
        circumstances=circumstances,
        levers=[levers_at(row) for row in schedule],
        capacity=dict(zip(LEVER_NAMES, capacity.tolist(), strict=True)),
        switches=Switches(**switches),
    )
