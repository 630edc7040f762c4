"""Designs: points in the space of assumptions, each a plausible world in which every arm is lived through.

Latin hypercube sampling is that of McKay, Beckman and Conover (1979); Sobol' points come from SciPy, scrambled after Owen
(1998). A point's coordinate is the quantile of the parameter's distribution over its range in the catalogue.
A grid takes every combination of listed values; a file brings points from anywhere else; the posterior of a corridor holds
what calibration left of the assumptions that were fitted, and a Latin hypercube adds the others.
"""

import csv
import hashlib
import itertools
import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from trafficsim.catalog import Catalog, Parameter
from trafficsim.catalog.posteriors import Posterior, has_posterior, load_posterior
from trafficsim.catalog.reading import nearest, one_of
from trafficsim.errors import UserError

Point = dict[str, dict[str, float]]
"""Assumptions in place of defaults: process -> name -> value."""

Grid = Mapping[str, Mapping[str, Sequence[float]]]
"""Values to combine: process -> name -> values."""

Design = Literal["posterior", "latin_hypercube", "sobol", "grid", "file", "morris", "saltelli"]

POSTERIOR: Design = "posterior"
METHODS = ("latin_hypercube", "sobol")
LAID_OUT = ("morris", "saltelli")
"""Designs of :mod:`trafficsim.layouts`, whose points belong together."""
DRAWN = (POSTERIOR, *METHODS)
"""Designs that draw every assumption save those set by hand, as many times as ``draws`` says."""
LARGEST_DESIGN = 1_000_000
"""Points a study may have: all of them are held in memory."""


def default_design(corridor: str, vary: Sequence[str] = ()) -> Design:
    """Return the design of a study that names none: the posterior where the corridor has one, else a Latin hypercube.

    ``vary`` is over the ranges of the catalogue, hence a Latin hypercube too.
    """
    return POSTERIOR if has_posterior(corridor) and not vary else "latin_hypercube"


def points_of_design(
    known: Catalog, design: str, *, draws: int, seed: int, corridor: str = "", vary: Sequence[str] = (),
    grid: Grid | None = None, file: str = "",
) -> list[Point]:  # fmt: skip
    """Return the points of a study's design; equal arguments (and file) give equal points.

    ``grid`` and ``file`` say themselves how many points there are, and ``draws`` is 0 or that number; ``corridor`` names
    whose posterior it is. Raises :class:`UserError` for whatever the catalogue ``known`` does not allow, or where the
    settings contradict each other.
    """
    grid = grid or {}
    check_settings(design, vary, grid, file)
    if design in METHODS:
        return parameter_points(known, draws, design, seed, vary) if draws else []
    if design == POSTERIOR:
        return posterior_points(known, load_posterior(corridor), draws, seed)
    points = grid_points(known, grid) if design == "grid" else points_in_file(known, file)
    if draws not in (0, len(points)):
        raise UserError(f"study.draws = {draws}: the {design} holds {len(points)} points; leave draws out.")
    return points


def check_settings(design: str, vary: Sequence[str], grid: Grid, file: str, groups: str = "none") -> None:
    """Refuse settings that belong to another design."""
    for key, given, belongs in (
        ("vary", vary, (*METHODS, *LAID_OUT)), ("grid", grid, ("grid",)), ("points", file, ("file",)),
        ("groups", groups != "none", LAID_OUT),
    ):  # fmt: skip
        if given and design not in belongs:
            raise UserError(f"study.{key} goes with study.design={one_of(belongs)}, not with {design}.")


def uncertain_parameters(known: Catalog, vary: Sequence[str] = ()) -> list[tuple[str, str, Parameter]]:
    """Return (process, name, parameter) of each parameter that has a range, in the order of the catalogue.

    ``vary`` narrows to processes ("market") and parameters ("market.price_bride"). Raises :class:`UserError` for a name
    that is neither, or is not uncertain.
    """
    found = [
        (process, name, parameter)
        for process, named in known.parameters.items()
        for name, parameter in named.items()
        if parameter.distribution != "fixed"
    ]
    if not vary:
        return found
    names = {f"{process}.{name}" for process, name, _ in found} | {process for process, _, _ in found}
    for wanted in vary:
        if wanted not in names:
            raise UserError(
                f"study.vary: '{wanted}' is neither a process nor an uncertain parameter.{nearest(wanted, names)} "
                f"Write a process (market) or PROCESS.NAME (market.price_bride)."
            )
    return [one for one in found if one[0] in vary or f"{one[0]}.{one[1]}" in vary]


def digest_of_ranges(known: Catalog, vary: Sequence[str] = ()) -> str:
    """Return a fingerprint of all that decides points over the catalogue's ranges, but for their number, method and seed."""
    ranges = [
        [process, name, *one.range, one.default, one.distribution, one.whole]
        for process, name, one in uncertain_parameters(known, vary)
    ]
    return hashlib.sha256(json.dumps(ranges).encode()).hexdigest()


def value_at(parameter: Parameter, quantile: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the values of the parameter's distribution at ``quantile`` (0 to 1), same shape, within its range.

    A whole number is the nearest one, not the next below: rules that count would otherwise count half a unit too few.
    """
    (low, high), default = parameter.range, parameter.default
    by_distribution: dict[str, Callable[[], NDArray[np.float64]]] = {
        "fixed": lambda: np.full_like(quantile, default),
        "uniform": lambda: low + (high - low) * quantile,
        "log_uniform": lambda: np.exp(math.log(low) + (math.log(high) - math.log(low)) * quantile),
        "triangular": lambda: low + (high - low) * _triangular(quantile, (default - low) / (high - low)),
    }
    values = np.clip(by_distribution[parameter.distribution](), low, high)
    return np.rint(values) if parameter.whole else values


def _triangular(quantile: NDArray[np.float64], mode: float) -> NDArray[np.float64]:
    """Return the values at ``quantile`` of the triangular distribution from 0 to 1 with that mode."""
    rising, falling = np.sqrt(mode * quantile), 1.0 - np.sqrt((1.0 - mode) * (1.0 - quantile))
    return np.where(quantile < mode, rising, falling)


def latin_hypercube(dimensions: int, number: int, generator: np.random.Generator) -> NDArray[np.float64]:
    """Return ``number`` points, shape (number, dimensions): in each dimension one in each of as many equal parts.

    The same as SciPy's, whose statistics take half a second to load.
    """
    generator = generator.spawn(1)[0]
    within = generator.uniform(size=(number, dimensions))
    parts = np.tile(np.arange(1, number + 1), (dimensions, 1))
    for row in parts:
        generator.shuffle(row)
    return (parts.T - within) / number


def parameter_points(
    known: Catalog, number: int, method: str = "latin_hypercube", seed: int = 0, vary: Sequence[str] = ()
) -> list[Point]:
    """Return ``number`` points over the ranges of the uncertain parameters; equal arguments give equal points.

    ``vary`` narrows them to processes ("market") and parameters ("market.price_bride"). Raises :class:`UserError` for an
    unknown method, and for Sobol' points whose number is not a power of two, for only then are they balanced.
    """
    if method not in METHODS:
        raise UserError(f"study.design = '{method}': allowed are {', '.join(METHODS)}.")
    if method == "sobol" and number & (number - 1):
        raise UserError(
            f"study.draws = {number}: Sobol' points are balanced only in powers of two; write "
            f"{1 << (number.bit_length() - 1)} or {1 << number.bit_length()}, or study.design=latin_hypercube."
        )
    return _points_over(uncertain_parameters(known, vary), number, method, seed)


def posterior_points(known: Catalog, posterior: Posterior, number: int, seed: int = 0) -> list[Point]:
    """Return the first ``number`` draws of the posterior, each with a point of a Latin hypercube for what was not fitted.

    Raises :class:`UserError` where the posterior holds fewer draws, or a value outside the range that ``known`` now gives.
    """
    if number > len(posterior.rows):
        raise UserError(
            f"study.draws = {number}: the posterior of the corridor '{posterior.corridor}' holds {len(posterior.rows)} draws; "
            f"write fewer, or study.design=latin_hypercube."
        )
    fitted = set(posterior.names)
    others = [one for one in uncertain_parameters(known) if f"{one[0]}.{one[1]}" not in fitted]
    points = _points_over(others, number, METHODS[0], seed) if number else []
    for point, row in zip(points, posterior.rows, strict=False):
        drawn = _point(known, posterior.names, row, f"posteriors/{posterior.corridor}.csv")
        for process, values in drawn.items():
            point[process] = values | point.get(process, {})
    return points


def _points_over(uncertain: Sequence[tuple[str, str, Parameter]], number: int, method: str, seed: int) -> list[Point]:
    """Return ``number`` points over the ranges of these parameters, which stand process by process."""
    generator = np.random.default_rng(seed)
    if method == "sobol":
        from scipy.stats import qmc

        quantiles = qmc.Sobol(len(uncertain), rng=generator).random_base2(number.bit_length() - 1)
    else:
        quantiles = latin_hypercube(len(uncertain), number, generator)
    points: list[Point] = [{} for _ in range(number)]
    columns = ((*one, quantiles[:, place]) for place, one in enumerate(uncertain))
    for process, group in itertools.groupby(columns, key=lambda column: column[0]):
        named = [(name, value_at(parameter, quantile)) for _, name, parameter, quantile in group]
        names = [name for name, _ in named]
        rows = np.column_stack([values for _, values in named]).tolist()
        for point, values in zip(points, rows, strict=True):
            point[process] = dict(zip(names, values, strict=True))
    return points


def grid_points(known: Catalog, grid: Grid) -> list[Point]:
    """Return every combination of the values listed for each parameter, the last changing first."""
    axes = {f"{process}.{name}": values for process, named in grid.items() for name, values in named.items()}
    if not axes or not all(axes.values()):
        raise UserError(
            "study.design=grid needs values to combine: write '+study.grid.market.price_bride=[2000,4000]', or "
            "'grid: {market: {price_bride: [2000, 4000]}}' in a study file."
        )
    number = math.prod(len(values) for values in axes.values())
    if number > LARGEST_DESIGN:
        raise UserError(f"study.grid has {number:,} combinations; {LARGEST_DESIGN:,} at most.")
    return [_point(known, list(axes), values, "study.grid") for values in itertools.product(*axes.values())]


def points_in_file(known: Catalog, file: str) -> list[Point]:
    """Return the points in the CSV file: one a line, below a line of the parameters' names ("market.price_bride").

    Raises :class:`UserError` naming file and line for a name or a value that the catalogue does not allow.
    """
    if not file:
        raise UserError("study.design=file needs study.points=FILE.csv, its columns named like market.price_bride.")
    points: list[Point] = []
    try:
        with Path(file).open(newline="", encoding="utf-8-sig") as opened:
            lines = csv.reader(opened, strict=True)
            names = [name.strip() for name in next(lines, [])]
            if len(set(names)) != len(names):
                raise UserError(f"{file}, line 1: a parameter is named twice.")
            for values in lines:
                where = f"{file}, line {lines.line_num}"
                if not values:
                    continue
                if len(values) != len(names):
                    raise UserError(f"{where}: {len(values)} values, but {len(names)} names in line 1.")
                points.append(_point(known, names, [_number(value, where) for value in values], where))
                if len(points) > LARGEST_DESIGN:
                    raise UserError(f"{file} holds more than {LARGEST_DESIGN:,} points.")
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise UserError(f"study.points = '{file}' cannot be read: {problem}.") from problem
    if not points:
        raise UserError(f"{file} holds no point: line 1 names parameters, each further line gives their values.")
    return points


def _number(text: str, where: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UserError(f"{where}: '{text}' is not a number.") from None


def _point(known: Catalog, names: Sequence[str], values: Sequence[float], where: str) -> Point:
    point: Point = {}
    for name, value in zip(names, values, strict=True):
        process, _, own = name.partition(".")
        point.setdefault(process, {})[own] = value
    return known.checked(point, where)
