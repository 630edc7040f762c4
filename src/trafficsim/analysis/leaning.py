"""Which assumptions a result leans on, from worlds at hand: rank correlation with a noise floor.

Spearman's rank correlation (Spearman 1904) of each parameter with a score of each world. With well over a hundred parameters
some correlate by chance, so one counts only beyond the floor that chance passes, for any of them, once in a hundred times
(Bonferroni's correction). It sees what rises or falls steadily with a parameter, and no more than that.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from trafficsim.catalog import Parameter, catalog

CHANCE = 0.01
"""How often chance may name any parameter at all."""


@dataclass(frozen=True)
class Lean:
    """A parameter ("market.price_bride") and its rank correlation with the score, -1 to 1."""

    parameter: str
    correlation: float

    @property
    def record(self) -> Parameter:
        """What the catalogue says of it: meaning, unit, range, grade, source."""
        process, _, name = self.parameter.partition(".")
        return catalog().parameters[process][name]

    @property
    def is_assumed(self) -> bool:
        """Whether no evidence stands behind its value."""
        return self.record.source == "assumed"


@dataclass(frozen=True)
class Leaning:
    """The parameters beyond the noise ``floor``, strongest first, out of ``parameters`` that were looked at."""

    leans: tuple[Lean, ...]
    floor: float
    parameters: int


def leaning_of(points: pd.DataFrame, score: ArrayLike) -> Leaning:
    """Return the parameters, columns of ``points`` (worlds, parameters), that ``score``, shape (worlds,), moves with."""
    scores = np.asarray(score, dtype=np.float64)
    worlds, parameters = points.shape
    if worlds < 4 or not parameters or np.ptp(scores) == 0:
        return Leaning((), float("nan"), parameters)
    t = float(stdtrit(worlds - 2, 1.0 - CHANCE / (2 * parameters)))
    floor = t / float(np.sqrt(worlds - 2 + t * t))
    ranks = _standard_ranks(points.to_numpy(dtype=np.float64))
    correlations = ranks.T @ _standard_ranks(scores[:, None])[:, 0] / worlds
    beyond = [
        Lean(name, float(value)) for name, value in zip(points.columns, correlations, strict=True) if abs(value) > floor
    ]
    return Leaning(tuple(sorted(beyond, key=lambda lean: -abs(lean.correlation))), floor, parameters)


def _standard_ranks(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each column's ranks with mean 0 and variance 1; 0 throughout where all values are equal."""
    ranks = pd.DataFrame(columns).rank().to_numpy()
    ranks = ranks - ranks.mean(axis=0)
    spread = ranks.std(axis=0)
    return np.divide(ranks, spread, out=np.zeros_like(ranks), where=spread > 0)
