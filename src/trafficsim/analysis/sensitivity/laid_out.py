"""Morris' elementary effects and Sobol' indices, by SALib, from the designs that they ask for (:mod:`trafficsim.layouts`)."""

import warnings
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trafficsim.analysis.sensitivity.results import LEVEL, RESAMPLES, SEED, TOLERANCE, Indices, judged, sizes_up_to
from trafficsim.errors import UserError
from trafficsim.layouts import LEVELS, Layout

LEAST_TRAJECTORIES, LEAST_ROWS = 2, 8


def morris(points: pd.DataFrame, values: NDArray[np.float64], layout: Layout, tolerance: float = TOLERANCE) -> Indices:
    """Return mu* of each factor: the mean size of what moving it over its whole range would change, in ``values``' unit.

    Further columns: ``mu``, the mean with its sign (near 0 beside a large mu* where effects differ in sign), and ``sigma``,
    their spread (large beside mu* where effects are not additive; NaN for groups). Morris (1991); mu* after Campolongo,
    Cariboni and Saltelli (2007), who say that a screening by few trajectories ranks, and does not measure. The range is that
    of quantiles, so that a parameter's distribution counts. ``points`` and ``values`` are those of whole trajectories, as
    :func:`whole_blocks` leaves them.
    """
    from SALib.analyze import morris as salib

    inputs = points[list(layout.parameters)].to_numpy(dtype=np.float64)
    problem = _problem(layout)

    def estimate(trajectories: int) -> pd.DataFrame:
        rows = slice(0, trajectories * layout.block)
        found = salib.analyze(
            problem, inputs[rows], values[rows], num_resamples=RESAMPLES, conf_level=LEVEL, num_levels=LEVELS, seed=SEED
        )
        columns = {name: np.ma.filled(found[name], np.nan) for name in ("mu_star", "mu_star_conf", "mu", "sigma")}
        by_name = pd.DataFrame(columns, index=found["names"]).loc[list(layout.factors)]
        index, half = by_name["mu_star"], by_name["mu_star_conf"]
        return pd.DataFrame(
            {"index": index, "low": (index - half).clip(lower=0.0), "high": index + half, "mu": by_name["mu"],
             "sigma": by_name["sigma"]}
        )  # fmt: skip

    sizes = sizes_up_to(len(values) // layout.block, LEAST_TRAJECTORIES, "trajectories")
    return judged("morris", estimate, sizes, layout.block, tolerance=tolerance)


def sobol(layout: Layout, values: NDArray[np.float64], tolerance: float = TOLERANCE) -> Indices:
    """Return Sobol' indices: ``index`` is that of total order, ``first`` that of first order, each a share of the variance.

    Total order: what would be left of the variance, on average, if all but this factor were known; first order: how much
    would go, on average, if this factor were known. Estimators of Saltelli et al. (2010). ``values`` are those of whole
    blocks, as :func:`whole_blocks` leaves them.
    """
    from SALib.analyze import sobol as salib

    problem = {"num_vars": len(layout.factors), "names": list(layout.factors)}

    def estimate(rows: int) -> pd.DataFrame:
        own = values[: rows * layout.block]
        if np.ptp(own) == 0.0:
            return pd.DataFrame(0.0, list(layout.factors), ["index", "low", "high", "first", "first_low", "first_high"])
        with warnings.catch_warnings():  # of a resample in which nothing varies
            warnings.simplefilter("ignore")
            found = salib.analyze(
                problem, own, calc_second_order=False, num_resamples=RESAMPLES, conf_level=LEVEL, seed=SEED
            )
        total, first = found["ST"], found["S1"]
        return pd.DataFrame(
            {
                "index": total, "low": np.maximum(total - found["ST_conf"], 0.0), "high": total + found["ST_conf"],
                "first": first, "first_low": first - found["S1_conf"], "first_high": first + found["S1_conf"],
            },
            index=list(layout.factors),
        )  # fmt: skip

    sizes = sizes_up_to(len(values) // layout.block, LEAST_ROWS, "rows of the two samples")
    return judged("sobol", estimate, sizes, layout.block, tolerance=tolerance, beside=["first"])


def whole_blocks(points: pd.DataFrame, values: NDArray[np.float64], layout: Layout) -> NDArray[np.bool_]:
    """Return which rows belong to a block of which every point is there and has a value, shape (worlds,).

    ``points`` has the number of each world as its index; what a missing world leaves of its trajectory is of no use.
    """
    there = np.zeros((int(points.index.max()) // layout.block + 1) * layout.block, bool)
    there[points.index.to_numpy()] = ~np.isnan(values)
    whole = there.reshape(-1, layout.block).all(axis=1)
    if layout.design == "saltelli" and whole.any():
        number = int(whole.cumsum().max())
        kept = np.flatnonzero(whole)[: 1 << (number.bit_length() - 1)]  # estimators want a power of two
        whole = np.isin(np.arange(len(whole)), kept)
    if not whole.any():
        raise UserError("No trajectory, or row of the two samples, is finished with a value at each of its points.")
    return np.repeat(whole, layout.block)[points.index.to_numpy()]


def _problem(layout: Layout) -> dict[str, Any]:
    groups = [layout.factors[place] for place in layout.factor_of]
    return {
        "num_vars": len(layout.parameters),
        "names": list(layout.parameters),
        "bounds": [[0.0, 1.0]] * len(layout.parameters),
        "groups": groups if len(layout.factors) < len(layout.parameters) else None,
    }
