"""PAWN and delta: indices from any sample whose points are independent, such as a Latin hypercube or Sobol' points.

Both ask how the distribution of a result changes where one parameter is known to lie in a slice of its range, so they need
neither a design of their own nor a variance that means much. What a parameter without any influence would reach is told by
dummies: columns of chance (Khorashadi Zadeh et al. 2017, "Comparison of variance-based and moment-independent global
sensitivity analysis approaches by application to the SWAT model").
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from trafficsim.analysis.sensitivity.results import LEVEL, SEED, TOLERANCE, Indices, judged, sizes_up_to

SLICES = 10
DUMMIES = 100
RESAMPLES = 60
LEAST_POINTS = 32
GRID = 100
"""Places at which densities are set beside each other."""

Estimate = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]
"""Returns an index of each column of (points, columns) for values of shape (points,)."""


def pawn(points: pd.DataFrame, values: NDArray[np.float64], tolerance: float = TOLERANCE) -> Indices:
    """Return PAWN indices: the median, over slices of the parameter, of the Kolmogorov-Smirnov distance to all points.

    Pianosi and Wagener (2018, "Distribution-based sensitivity analysis from a generic input-output sample"), with
    :data:`SLICES` slices of equally many points. Intervals come from resampling points.
    """
    return _judged("pawn", points, values, pawn_indices, tolerance)


def delta(points: pd.DataFrame, values: NDArray[np.float64], tolerance: float = TOLERANCE) -> Indices:
    """Return delta of each parameter: half of the area, on average, by which knowing it moves the density of the result.

    Borgonovo (2007), estimated from given data and with the bias taken out by resampling as Plischke, Borgonovo and Smith
    (2013, "Global sensitivity measures from given data", equations 26 and 30) say; SALib does the same, one parameter and
    one resample at a time.
    """
    return _judged("delta", points, values, delta_indices, tolerance)


def _judged(
    method: str, points: pd.DataFrame, values: NDArray[np.float64], indices: Estimate, tolerance: float
) -> Indices:
    generator = np.random.default_rng(SEED)
    names, inputs = list(points.columns), points.to_numpy(dtype=np.float64)
    sizes = sizes_up_to(len(values), LEAST_POINTS, "worlds")
    if np.ptp(values) == 0.0:
        still = pd.DataFrame(0.0, names, ["index", "low", "high"])
        return judged(method, lambda size: still, sizes, 1, floor=0.0, tolerance=tolerance)

    def estimate(size: int) -> pd.DataFrame:
        return pd.DataFrame(
            dict(zip(("index", "low", "high"), spread(inputs[:size], values[:size]), strict=True)), names
        )

    def spread(columns: NDArray[np.float64], results: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
        chosen = generator.integers(len(results), size=(RESAMPLES, len(results)))
        resampled = np.array([indices(columns[rows], results[rows]) for rows in chosen])
        index = indices(columns, results)
        if method == "delta":
            index = np.maximum(2.0 * index - resampled.mean(axis=0), 0.0)
        half = float(ndtri(0.5 + LEVEL / 2)) * resampled.std(axis=0, ddof=1)
        return index, np.maximum(index - half, 0.0), index + half

    chance = generator.permuted(np.tile(np.arange(len(values), dtype=np.float64), (DUMMIES, 1)), axis=1).T
    dummies, _, _ = spread(chance, values)
    # As high as, with 95 % confidence, none of as many dummies as there are parameters comes; they are about normal.
    floor = float(dummies.mean() + ndtri(1.0 - 0.05 / len(names)) * dummies.std(ddof=1))
    return judged(method, estimate, sizes, 1, floor=floor, tolerance=tolerance)


def pawn_indices(inputs: NDArray[np.float64], values: NDArray[np.float64], slices: int = SLICES) -> NDArray[np.float64]:
    """Return the PAWN index of each column of ``inputs``, shape (points, columns), for ``values``, shape (points,)."""
    number, columns = inputs.shape
    ranks = np.empty((number, columns), np.int64)
    np.put_along_axis(ranks, inputs.argsort(axis=0, kind="stable"), np.arange(number)[:, None], axis=0)
    order = values.argsort(kind="stable")
    ordered = values[order]
    sliced = (ranks * slices // number)[order]
    last = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))  # of equal values: distributions jump there
    whole = ((last + 1) / number).astype(np.float32)[:, None]
    distances = np.empty((slices, columns), np.float32)
    for one in range(slices):
        counts = np.cumsum(sliced == one, axis=0, dtype=np.float32)
        distances[one] = np.abs(counts[last] / counts[-1] - whole).max(axis=0)
    return np.median(distances, axis=0).astype(np.float64)


def delta_indices(inputs: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return delta of each column of ``inputs``, shape (points, columns), for ``values``, shape (points,), with its bias.

    Densities are by Gaussian kernels with Silverman's width; the number of slices is that of Plischke et al. (2013).
    """
    number = len(values)
    exponent = 2.0 / (7.0 + np.tanh((1500.0 - number) / 500.0))
    slices = min(int(np.ceil(number**exponent)), 48)
    ends = np.floor(np.linspace(0, number, slices + 1)).astype(np.int64)
    sizes = np.diff(ends)
    grid = np.linspace(values.min(), values.max(), GRID)
    width = _silverman(number) * values.std(ddof=1)
    whole = _kernels(values, grid, np.full(number, width)).sum(axis=0) / number
    found = np.empty(inputs.shape[1])
    for column in range(inputs.shape[1]):
        own = values[inputs[:, column].argsort(kind="stable")]
        sums, squares = np.add.reduceat(own, ends[:-1]), np.add.reduceat(own * own, ends[:-1])
        spreads = np.sqrt(np.maximum(squares - sums**2 / sizes, 0.0) / np.maximum(sizes - 1, 1))
        told = spreads > 1e-9 * np.abs(values).max()  # of a slice in which nothing varies no density can be told
        widths = np.where(told, _silverman(sizes) * spreads, 1.0)
        density = np.add.reduceat(_kernels(own, grid, np.repeat(widths, sizes)), ends[:-1], axis=0) / sizes[:, None]
        apart = np.trapezoid(np.abs(whole - density), grid, axis=1)
        found[column] = float((sizes * apart * told).sum() / (2 * number))
    return found


def _silverman(number: Any) -> Any:
    return (number * 0.75) ** -0.2


def _kernels(values: NDArray[np.float64], grid: NDArray[np.float64], width: NDArray[np.float64]) -> NDArray[np.float64]:
    scaled = (grid[None, :] - values[:, None]) / width[:, None]
    return np.exp(-0.5 * scaled * scaled) / (width[:, None] * np.sqrt(2.0 * np.pi))
