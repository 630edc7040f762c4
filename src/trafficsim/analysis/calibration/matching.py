"""History matching (Craig et al. 1997; Vernon, Goldstein and Bower 2010): what no emulator so far rules out."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trafficsim.analysis.calibration.likelihood import Comparison
from trafficsim.errors import UserError

AT_A_TIME, MOST_TRIES = 5_000, 2_000_000
"""Points that are looked at together, and in all, for those that are left."""


def not_ruled_out(
    comparisons: Sequence[Comparison], number: int, dimensions: int, generator: np.random.Generator
) -> tuple[NDArray[np.float64], float]:
    """Return ``number`` points, shape (number, dimensions), drawn evenly from what is plausible to every comparison.

    The second result is the share of the unit cube that is left, from all points that were looked at. Raises
    :class:`UserError` where hardly anything is left: then targets and model contradict each other.
    """
    found: list[NDArray[np.float64]] = []
    left = tried = 0
    while left < number or tried < 4 * AT_A_TIME:
        points = generator.uniform(size=(AT_A_TIME, dimensions))
        tried += AT_A_TIME
        for comparison in comparisons:
            points = points[comparison.plausible(points)] if len(points) else points
        found.append(points)
        left += len(points)
        if tried >= MOST_TRIES and left < number:
            raise UserError(
                f"History matching leaves {left} of {tried:,} points: the targets and the model contradict each other. Widen a "
                f"discrepancy that is too sure of the model, or see which target is never met (--report)."
            )
    return np.concatenate(found)[:number], left / tried
