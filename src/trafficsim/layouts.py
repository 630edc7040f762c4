"""Designs whose points belong together: Morris' trajectories, and Saltelli's two samples with one factor exchanged.

A trajectory begins at a random point of a grid of :data:`LEVELS` quantiles and moves one factor after the other by more
than half of its range (Morris 1991); SALib makes them. A block of Saltelli's design (Saltelli et al. 2010, "Variance based
sensitivity analysis of model output") is a row of a sample A, the same row with each factor in its turn taken from a sample
B, and the row of B; A and B are the two halves of scrambled Sobol' points. What is a factor: a parameter, or all uncertain
parameters of a process moved together.

A design of more trajectories or blocks begins with all points of the smaller one, so that a study of it takes over what
was lived through before.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, overload

import numpy as np
from numpy.typing import NDArray

from trafficsim.catalog import Catalog, Parameter
from trafficsim.designs import LARGEST_DESIGN, Point, uncertain_parameters, value_at
from trafficsim.errors import UserError

LEVELS = 4
"""Quantiles at which Morris' trajectories look: 0, 1/3, 2/3 and 1. A step is two of three such parts."""

BLOCKS = {"morris": "trajectory", "saltelli": "row of the two samples"}
"""What points belong together in each design."""


@dataclass(frozen=True)
class Layout:
    """How the points of a design belong together.

    ``parameters`` names the columns ("market.price_bride"), ``factors`` what is moved as one, and ``factor_of`` holds the
    place among ``factors`` of each column.
    """

    design: Literal["morris", "saltelli"]
    parameters: tuple[str, ...]
    factors: tuple[str, ...]
    factor_of: tuple[int, ...]

    @property
    def block(self) -> int:
        """How many points belong together: a trajectory, or a row of A and B with what lies between them."""
        return len(self.factors) + {"morris": 1, "saltelli": 2}[self.design]


def layout_of(
    design: Literal["morris", "saltelli"], parameters: Sequence[str], groups: Literal["none", "process"] = "none"
) -> Layout:
    """Return the layout of a design over ``parameters`` ("market.price_bride"), each a factor or joined by process."""
    factors = list(parameters)
    if groups == "process":
        factors = list(dict.fromkeys(name.partition(".")[0] for name in parameters))
    places = {name: place for place, name in enumerate(factors)}
    of = tuple(places[name.partition(".")[0] if groups == "process" else name] for name in parameters)
    return Layout(design, tuple(parameters), tuple(factors), of)


def base_quantiles(layout: Layout, blocks: int, seed: int) -> NDArray[np.float64]:
    """Return what all points of the design follow from, as quantiles from 0 to 1; equal arguments give equal ones.

    Of shape (points, parameters) for Morris' design, and (blocks, 2 parameters), A beside B, for Saltelli's.
    """
    number = len(layout.parameters)
    if layout.design == "saltelli":
        from scipy.stats import qmc

        return qmc.Sobol(2 * number, rng=np.random.default_rng(seed)).random_base2(blocks.bit_length() - 1)
    from SALib.sample.morris import sample

    factors = [layout.factors[place] for place in layout.factor_of]
    problem = {
        "num_vars": number,
        "names": list(layout.parameters),
        "bounds": [[0.0, 1.0]] * number,
        "groups": factors if len(layout.factors) < number else None,
    }
    return np.clip(sample(problem, blocks, LEVELS, seed=np.random.default_rng(seed)), 0.0, 1.0)


def spread_out(layout: Layout, base: NDArray[np.float64], rows: slice | None = None) -> NDArray[np.float64]:
    """Return the points that follow from ``base`` (quantiles or values), shape (points, parameters); ``rows`` cuts blocks."""
    if layout.design == "morris":
        return base
    number, factor_of = len(layout.parameters), np.asarray(layout.factor_of)
    base = base[rows or slice(None)]
    first, second = base[:, None, :number], base[:, None, number:]
    exchanged = np.zeros((layout.block, number), bool)
    exchanged[1:-1] = factor_of[None, :] == np.arange(len(layout.factors))[:, None]
    exchanged[-1] = True
    return np.where(exchanged, second, first).reshape(-1, number)


class LaidOutPoints(Sequence[Point]):
    """The points of a design, each made when it is asked for: all of them at once would take gigabytes.

    ``layout`` says how they belong together; ``base`` holds what they follow from, in the parameters' units.
    """

    def __init__(
        self, layout: Layout, parameters: Sequence[Parameter], base: NDArray[np.float64],
        held: Mapping[str, Mapping[str, float]],
    ) -> None:  # fmt: skip
        """Hold the quantiles ``base`` as values of ``parameters``; ``held`` are values that are the same in all points."""
        self.layout, self._held = layout, held
        columns = base.shape[1]
        self.base = np.column_stack(
            [value_at(parameters[column % len(parameters)], base[:, column]) for column in range(columns)]
        )
        self._places = [name.partition(".")[::2] for name in layout.parameters]

    def __len__(self) -> int:
        return len(self.base) * (self.layout.block if self.layout.design == "saltelli" else 1)

    @overload
    def __getitem__(self, number: int) -> Point: ...

    @overload
    def __getitem__(self, number: slice) -> list[Point]: ...

    def __getitem__(self, number: int | slice) -> Point | list[Point]:
        if isinstance(number, slice):
            return [self[one] for one in range(*number.indices(len(self)))]
        if not -len(self) <= number < len(self):
            raise IndexError(number)
        number %= len(self)
        point: Point = {}
        for (process, name), value in zip(self._places, self._row(number).tolist(), strict=True):
            point.setdefault(process, {})[name] = value
        for process, values in self._held.items():
            point.setdefault(process, {}).update(values)
        return point

    def _row(self, number: int) -> NDArray[np.float64]:
        if self.layout.design == "morris":
            return self.base[number]
        block, place = divmod(number, self.layout.block)
        return spread_out(self.layout, self.base, slice(block, block + 1))[place]

    def values(self) -> NDArray[np.float64]:
        """Return all points as an array, shape (points, parameters), in the order of the layout's parameters."""
        return spread_out(self.layout, self.base)

    def digest(self) -> str:
        """Return a fingerprint of all values: a design that is made again is the same where this is the same."""
        return hashlib.sha256(np.ascontiguousarray(self.base).tobytes()).hexdigest()


def layout_over(
    known: Catalog, design: Literal["morris", "saltelli"], vary: Sequence[str], groups: Literal["none", "process"],
    held: Mapping[str, Mapping[str, float]],
) -> tuple[Layout, list[Parameter]]:  # fmt: skip
    """Return the layout over the uncertain parameters that ``vary`` names, without those ``held``, and their records."""
    uncertain = [one for one in uncertain_parameters(known, vary) if one[1] not in held.get(one[0], {})]
    if not uncertain:
        raise UserError("study.vary: every parameter that it names is set by hand, so that nothing is left to vary.")
    layout = layout_of(design, [f"{process}.{name}" for process, name, _ in uncertain], groups)
    return layout, [one[2] for one in uncertain]


def laid_out_points(
    known: Catalog, design: Literal["morris", "saltelli"], *, draws: int, seed: int, vary: Sequence[str] = (),
    groups: Literal["none", "process"] = "none", held: Mapping[str, Mapping[str, float]],
) -> LaidOutPoints | list[Point]:  # fmt: skip
    """Return ``draws`` points of the design over the uncertain parameters that ``vary`` names; none for 0 draws.

    Parameters in ``held`` keep the value that they have there and are no part of the design. Raises :class:`UserError` where
    so many points are no whole design.
    """
    if not draws:
        return []
    layout, parameters = layout_over(known, design, vary, groups, held)
    blocks, rest = divmod(draws, layout.block)
    if rest:
        raise UserError(
            f"study.draws = {draws}: a {design} design of {len(layout.factors)} factors has {layout.block} points for each "
            f"{BLOCKS[design]}; write a multiple, such as study.draws={16 * layout.block}."
        )
    if draws > LARGEST_DESIGN:
        raise UserError(f"study.draws = {draws:,}: {LARGEST_DESIGN:,} points at most.")
    if design == "morris" and blocks < 2:
        raise UserError(f"study.draws = {draws}: that is one trajectory; two at least, study.draws={2 * layout.block}.")
    if design == "saltelli" and (blocks < 2 or blocks & (blocks - 1)):
        low = max(2, 1 << (blocks.bit_length() - 1))
        raise UserError(
            f"study.draws = {draws}: that is {blocks} rows of the two samples, and Sobol' points are balanced only in powers "
            f"of two; write study.draws={low * layout.block} or study.draws={2 * low * layout.block}."
        )
    return LaidOutPoints(layout, parameters, base_quantiles(layout, blocks, seed), held)
