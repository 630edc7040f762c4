"""What is asked of a study, and the one way to an answer: a quantity in each world, then a method's indices."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trafficsim.analysis.sensitivity.given_data import delta, pawn
from trafficsim.analysis.sensitivity.laid_out import morris, sobol, whole_blocks
from trafficsim.analysis.sensitivity.regional import Regional, regional
from trafficsim.analysis.sensitivity.results import TOLERANCE, Indices
from trafficsim.analysis.spread import two_sources
from trafficsim.analysis.worlds import Worlds
from trafficsim.errors import UserError
from trafficsim.layouts import Layout

Method = Literal["morris", "sobol", "pawn", "delta", "regional"]
ENTANGLED = 6.0
"""Standard errors beyond which a rank correlation is no chance, among all pairs of hundreds of parameters."""

DESIGN_OF = {"morris": "morris", "sobol": "saltelli"}
"""The design that a method asks for; others take any points that are independent."""


@dataclass(frozen=True)
class Quantity:
    """An indicator under an arm, or what ``arm`` changes in it against ``baseline``, in the same worlds and by the same luck."""

    indicator: str
    arm: str
    baseline: str = ""

    def values(self, worlds: Worlds) -> NDArray[np.float64]:
        """Return the quantity, shape (worlds, replicates). Raises :class:`UserError` for an unknown indicator or arm."""
        if self.baseline:
            return worlds.difference(self.indicator, self.arm, self.baseline)
        return worlds.level(self.indicator, self.arm)


@dataclass(frozen=True)
class Answer:
    """What a method says of a quantity.

    ``luck`` is the share of one run's variance that luck makes, and not the assumptions; NaN with one replicate, where it
    cannot be told: indices then belong to one common luck, with which parameters may interact. ``entangled`` names the two
    parameters whose ranks are most correlated over the worlds, with the correlation, where that is beyond chance, as in
    draws of a posterior: an index by PAWN, delta or a sign then also tells what a parameter stands for.
    """

    method: Method
    quantity: Quantity
    found: Indices | Regional
    luck: float
    entangled: tuple[str, str, float] | None = None


def ask(worlds: Worlds, quantity: Quantity, method: Method, tolerance: float = TOLERANCE) -> Answer:
    """Return what ``method`` says of ``quantity`` in the study's worlds, each counted with its mean over replicates.

    Replicates have equal luck in each world. Raises :class:`UserError` where the study's design does not allow the method.
    """
    table = quantity.values(worlds)
    complete = table[~np.isnan(table).any(axis=1)]
    luck = 1.0 - two_sources(complete).share_of_assumptions if len(complete) > 1 else np.nan
    values = table.mean(axis=1)
    if method == "regional":
        if not quantity.baseline:
            raise UserError(
                "method=regional asks what decides the sign of a difference between arms: write of=difference."
            )
        points, values, _ = independent(worlds.points, values, worlds.layout)
        return Answer(method, quantity, regional(points, values), luck, entangled(points))
    found = indices(method, worlds.points, values, worlds.layout, tolerance)
    given = method in ("pawn", "delta")
    return Answer(
        method,
        quantity,
        found,
        luck,
        entangled(independent(worlds.points, values, worlds.layout)[0]) if given else None,
    )


def indices(
    method: Literal["morris", "sobol", "pawn", "delta"], points: pd.DataFrame, values: NDArray[np.float64],
    layout: Layout | None = None, tolerance: float = TOLERANCE,
) -> Indices:  # fmt: skip
    """Return the indices by ``method`` of ``values`` (NaN: none), shape (worlds,), for ``points``, a row a world.

    ``layout`` says how points belong together, where they do. Raises :class:`UserError` where the method needs another
    design, or more points.
    """
    if method in ("pawn", "delta"):
        points, values, left_out = independent(points, values, layout)
        found = (pawn if method == "pawn" else delta)(points, values, tolerance)
    else:
        wanted = DESIGN_OF[method]
        if layout is None or layout.design != wanted:
            raise UserError(
                f"method={method} needs a study of design {wanted}: run 'trafficsim sensitivity method={method}' without a "
                f"file, or ask the study with method=pawn, delta or regional."
            )
        whole = whole_blocks(points, values, layout)
        points, values, left_out = points[whole], values[whole], int((~whole).sum())
        found = morris(points, values, layout, tolerance) if method == "morris" else sobol(layout, values, tolerance)
    return Indices(**{**vars(found), "left_out": left_out})


def independent(
    points: pd.DataFrame, values: NDArray[np.float64], layout: Layout | None
) -> tuple[pd.DataFrame, NDArray[np.float64], int]:
    """Return points that are independent of each other, what varies in them, their values, and how many have none.

    Of Saltelli's design these are the two samples without what lies between them. Raises :class:`UserError` for Morris'.
    """
    keep = np.ones(len(points), bool)
    if layout is not None and layout.design == "morris":
        raise UserError(
            "The points of a Morris design hang together, so that pawn, delta and regional cannot be asked of them: run "
            "them on a study of design latin_hypercube, sobol or saltelli."
        )
    if layout is not None:
        keep = np.isin(points.index.to_numpy() % layout.block, (0, layout.block - 1))
    valued = keep & ~np.isnan(values)
    points = points[valued]
    points = points.loc[:, (points != points.iloc[0]).any() if len(points) else []]
    if points.shape[1] == 0:
        raise UserError("The study varies no assumption, so that there is nothing to be sensitive to: give it draws.")
    return points, values[valued], int((keep & ~valued).sum())


def entangled(points: pd.DataFrame) -> tuple[str, str, float] | None:
    """Return the two columns whose ranks are most correlated, and by how much, where chance would hardly make it so."""
    ranks = points.rank().to_numpy()
    if ranks.shape[1] < 2 or len(ranks) < 3:
        return None
    found = np.triu(np.corrcoef(ranks, rowvar=False), 1)
    one, other = np.unravel_index(np.abs(found).argmax(), found.shape)
    chance = ENTANGLED / np.sqrt(len(ranks) - 1)
    return (
        (points.columns[one], points.columns[other], float(found[one, other]))
        if abs(found[one, other]) > chance
        else None
    )
