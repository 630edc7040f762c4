"""Designs: points in the space of assumptions, each a plausible world in which every arm is lived through.

Latin hypercube sampling is that of McKay, Beckman and Conover (1979), Sobol' points are scrambled after Owen (1998); both
come from SciPy. A point's coordinate is the quantile of the parameter's distribution over its range in the catalogue.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.stats import qmc

from trafficsim.catalog import Catalog, Parameter
from trafficsim.errors import UserError
from trafficsim.experiments.result import Point

METHODS = ("latin_hypercube", "sobol")


def uncertain_parameters(known: Catalog) -> list[tuple[str, str, Parameter]]:
    """Return (process, name, parameter) of each parameter that has a range, in the order of the catalogue."""
    return [
        (process, name, parameter)
        for process, named in known.parameters.items()
        for name, parameter in named.items()
        if parameter.distribution != "fixed"
    ]


def value_at(parameter: Parameter, quantile: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the values of the parameter's distribution at ``quantile`` (0 to 1), same shape, within its range."""
    (low, high), default = parameter.range, parameter.default
    by_distribution: dict[str, Callable[[], NDArray[np.float64]]] = {
        "fixed": lambda: np.full_like(quantile, default),
        "uniform": lambda: stats.uniform.ppf(quantile, low, high - low),
        "log_uniform": lambda: stats.loguniform.ppf(quantile, low, high),
        "triangular": lambda: stats.triang.ppf(quantile, (default - low) / (high - low), low, high - low),
    }
    return np.clip(by_distribution[parameter.distribution](), low, high)


def parameter_points(known: Catalog, number: int, method: str = "latin_hypercube", seed: int = 0) -> list[Point]:
    """Return ``number`` points over the ranges of all uncertain parameters; equal arguments give equal points.

    Raises :class:`UserError` for an unknown method, and for Sobol' points whose number is not a power of two, for only
    then are they balanced.
    """
    if method not in METHODS:
        raise UserError(f"study.design = '{method}': allowed are {', '.join(METHODS)}.")
    if method == "sobol" and number & (number - 1):
        raise UserError(
            f"study.draws = {number}: Sobol' points are balanced only in powers of two; write "
            f"{1 << (number.bit_length() - 1)} or {1 << number.bit_length()}, or study.design=latin_hypercube."
        )
    uncertain = uncertain_parameters(known)
    generator = np.random.default_rng(seed)
    if method == "sobol":
        quantiles = qmc.Sobol(len(uncertain), rng=generator).random_base2(number.bit_length() - 1)
    else:
        quantiles = qmc.LatinHypercube(len(uncertain), rng=generator).random(number)
    columns = [value_at(parameter, quantiles[:, place]) for place, (_, _, parameter) in enumerate(uncertain)]
    points: list[Point] = [{} for _ in range(number)]
    for (process, name, _), values in zip(uncertain, columns, strict=True):
        for point, value in zip(points, values.tolist(), strict=True):
            point.setdefault(process, {})[name] = value
    return points
