"""What a finished study is in memory: plain records that the store, the table and the figures read."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass
class RunRecord:
    """One run: the shared history of a replicate ("history") or one arm that branched from it.

    ``monthly`` maps an indicator to its values, shape (months,); ``totals`` holds (indicator, dimension, level, value)
    over the run's months; ``stocks`` holds (month, kind, level, count); months count from January 1996.
    """

    arm: str
    replicate: int
    seed: int
    run_id: str
    parent: str | None
    first_month: int
    months: int
    seconds: float
    monthly: dict[str, NDArray[np.float64]]
    totals: list[tuple[str, str, str, float]]
    stocks: list[tuple[int, str, str, int]]
    events: NDArray[Any] | None = None


@dataclass
class StudyResult:
    """A study: its configuration and all runs, the first arm being the baseline.

    ``fates`` holds (replicate, arm a, arm b, fate under a, fate under b, lives), lives matched by key;
    ``changed_lives`` holds (replicate, arm a, arm b, lives changed, lives compared).
    """

    name: str
    study_id: str
    created: str
    configuration: dict[str, Any]
    configuration_hash: str
    model_version: str
    software_version: str
    arms: list[dict[str, Any]]
    runs: list[RunRecord] = field(default_factory=list)
    fates: list[tuple[int, str, str, str, str, int]] = field(default_factory=list)
    changed_lives: list[tuple[int, str, str, int, int]] = field(default_factory=list)
