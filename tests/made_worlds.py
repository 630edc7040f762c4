"""Worlds made up for tests of what is computed from worlds."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from trafficsim.analysis.worlds import Worlds
from trafficsim.catalog import catalog


def made_worlds(levels: Mapping[tuple[str, str], ArrayLike], points: pd.DataFrame | None = None) -> Worlds:
    """Return worlds in which (indicator, arm) has these levels, shape (worlds,) or (worlds, replicates)."""
    tables = {key: np.atleast_2d(np.asarray(values, dtype=float).T).T for key, values in levels.items()}
    worlds, replicates = next(iter(tables.values())).shape
    index = pd.MultiIndex.from_product([range(worlds), range(replicates)], names=["draw", "replicate"])
    values = pd.DataFrame({key: table.ravel() for key, table in tables.items()}, index=index)
    values.columns.names = ["indicator", "arm"]
    arms = dict.fromkeys(arm for _, arm in levels)
    known = catalog().indicators
    indicators = pd.DataFrame(
        [
            (name, known[name].label, known[name].unit, known[name].direction)
            for name in dict.fromkeys(i for i, _ in levels)
        ],
        columns=["name", "label", "unit", "direction"],
    ).set_index("name")
    if points is None:
        points = pd.DataFrame(index=pd.RangeIndex(worlds, name="draw"))
    return Worlds("made", {arm: arm.replace("_", " ") for arm in arms}, indicators, ("Made up.",), points, values)
