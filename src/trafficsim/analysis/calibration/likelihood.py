"""How well assumptions agree with the targets: the implausibility that rules out, and the likelihood that weighs.

Both hold an emulator's expectation against the data with every error counted: the source's, the model's discrepancy, luck,
and what the emulator does not know.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trafficsim.analysis.calibration.emulator import Emulator
from trafficsim.analysis.calibration.targets import Targets

CUTOFFS = (3.5, 3.0, 2.7)
"""A point is implausible where its largest, second or third largest implausibility exceeds these.

By Pukelsheim's (1994) rule 95 % of any unimodal distribution lies within 3 sd; with dozens of targets the largest is let go
farther, so that no single one of them rules.
"""


@dataclass(frozen=True)
class Comparison:
    """Holds statistics against the data; ``low`` and ``high``, shape (statistics,), are the data's ends on their scales.

    ``low`` and ``high`` are the targets' own unless synthetic data stand in their place.
    """

    targets: Targets
    emulator: Emulator
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    @classmethod
    def of(cls, targets: Targets, emulator: Emulator) -> "Comparison":
        """Return the comparison with the targets' own data."""
        low, high = (np.array([getattr(one, end) for one in targets.statistics]) for end in ("low", "high"))
        return cls(targets, emulator, low, high)

    @cached_property
    def errors(self) -> NDArray[np.float64]:
        """The covariance of all errors, shape (statistics, statistics)."""
        sources = np.array([one.sd for one in self.targets.statistics])
        return self.emulator.residual + self.targets.discrepancy() + np.diag(sources**2)

    @cached_property
    def _whitening(self) -> Any:
        """What makes the errors of the single values independent, of sd 1, when multiplied from the right."""
        normal = self.low == self.high
        return np.linalg.inv(np.linalg.cholesky(self.errors[np.ix_(normal, normal)])).T

    def implausibility(self, quantiles: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how many standard deviations each expectation lies off the data, shape (points, statistics)."""
        expected = self.emulator.predict(quantiles)
        off = np.maximum(np.maximum(self.low - expected, expected - self.high), 0.0)
        return off / np.sqrt(np.diag(self.errors))

    def plausible(self, quantiles: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which points are not ruled out by :data:`CUTOFFS`, shape (points,)."""
        implausibility = self.implausibility(quantiles)
        number = min(len(CUTOFFS), implausibility.shape[1])
        largest = -np.sort(-implausibility, axis=1)[:, :number]
        return (largest <= np.array(CUTOFFS[:number])).all(axis=1)

    def log_likelihood(self, quantiles: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the logarithm of the likelihood, up to a constant, shape (points,).

        Single values are normal together; an interval is uniform over its width, blurred by the other errors, and counted
        on its own.
        """
        return self.log_likelihood_of(self.emulator.predict(quantiles))

    def log_likelihood_of(self, expected: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the same for expectations at hand, shape (points, statistics)."""
        from scipy.special import log_ndtr

        normal = self.low == self.high
        total = np.zeros(len(expected))
        if normal.any():
            off = expected[:, normal] - self.low[normal]
            total -= 0.5 * ((off @ self._whitening) ** 2).sum(axis=1)
        if not normal.all():
            spread = np.sqrt(np.diag(self.errors)[~normal])
            upper = log_ndtr((self.high[~normal] - expected[:, ~normal]) / spread)
            lower = log_ndtr((self.low[~normal] - expected[:, ~normal]) / spread)
            # Where both ends lie far below, work from the other side, where the numbers are not all 1.
            far = expected[:, ~normal] < self.low[~normal]
            upper_tail = log_ndtr((expected[:, ~normal] - self.low[~normal]) / spread)
            lower_tail = log_ndtr((expected[:, ~normal] - self.high[~normal]) / spread)
            big, small = np.where(far, upper_tail, upper), np.where(far, lower_tail, lower)
            total += (big + np.log1p(-np.exp(np.minimum(small - big, -1e-12)))).sum(axis=1)
        return total

    def with_synthetic(self, statistics: NDArray[np.float64], generator: np.random.Generator) -> "Comparison":
        """Return the comparison with data as they would be if ``statistics``, shape (statistics,), were the truth's run.

        The sources' errors and the discrepancy are drawn as the likelihood assumes; intervals keep their width.
        """
        own = self.targets.discrepancy() + np.diag([one.sd**2 for one in self.targets.statistics])
        seen = statistics + generator.multivariate_normal(np.zeros(len(own)), own)
        half = (self.high - self.low) / 2.0
        middle = seen + half * generator.uniform(-1.0, 1.0, len(half))
        return Comparison(self.targets, self.emulator, middle - half, middle + half)
