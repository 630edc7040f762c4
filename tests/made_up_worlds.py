"""Worlds that no model made: totals and assumptions as a test wants them."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from trafficsim.analysis.worlds import Worlds
from trafficsim.catalog import catalog


def made_up(levels: Mapping[tuple[str, str], ArrayLike], points: pd.DataFrame | None = None) -> Worlds:
    """Return worlds with ``levels``, (indicator, arm) -> totals of shape (worlds, replicates), and their ``points``."""
    tables = {name: np.asarray(table, dtype=np.float64) for name, table in levels.items()}
    worlds, replicates = next(iter(tables.values())).shape
    index = pd.MultiIndex.from_product([range(worlds), range(replicates)], names=["draw", "replicate"])
    columns = pd.MultiIndex.from_tuples(tables, names=["indicator", "arm"])
    values = pd.DataFrame(np.column_stack([table.ravel() for table in tables.values()]), index, columns)
    arms = dict.fromkeys(["status_quo", *(arm for _, arm in tables)])
    return Worlds(
        study="made-up",
        arms={arm: arm for arm in arms},
        indicators=pd.DataFrame([vars(record) for record in catalog().indicators.values()], catalog().indicators),
        limits=("Made up.", "All of it."),
        points=pd.DataFrame(index=pd.RangeIndex(worlds, name="draw")) if points is None else points,
        values=values,
    )


def assumptions(worlds: int, seed: int = 1, parameters: int = 60) -> pd.DataFrame:
    """Return made-up assumptions: so many parameters of the catalogue, each even over 0 to 1."""
    names = [f"{process}.{name}" for process, named in catalog().parameters.items() for name in named][:parameters]
    drawn = np.random.default_rng(seed).uniform(size=(worlds, len(names)))
    return pd.DataFrame(drawn, pd.RangeIndex(worlds, name="draw"), names)
