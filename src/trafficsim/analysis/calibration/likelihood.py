"""How well assumptions agree with the targets: the implausibility that rules out, and the likelihood that weighs.

Both hold an emulator's expectation against the data with every error counted: the source's, the model's discrepancy, luck,
and what the emulator does not know.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from trafficsim.analysis.calibration.boxes import log_probability_within
from trafficsim.analysis.calibration.emulator import Emulator
from trafficsim.analysis.calibration.targets import Targets

CUTOFFS = (3.5, 3.0, 2.7)
"""A point is implausible where its largest, second or third largest implausibility exceeds these.

By Pukelsheim's (1994) rule 95 % of any unimodal distribution lies within 3 sd; with dozens of targets the largest is let go
farther, so that no single one of them rules.
"""


@dataclass(frozen=True)
class _Given:
    """What follows from the errors' covariance for single values (``normal``) and, given these, for intervals.

    ``whitening`` makes the errors of single values independent, of sd 1, when multiplied from the right; ``carried``, shape
    (single values, intervals), carries them over to the intervals' means; ``covariance`` is what is left there.
    """

    normal: NDArray[np.bool_]
    whitening: NDArray[np.float64]
    carried: NDArray[np.float64]
    covariance: NDArray[np.float64]


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
    def _given(self) -> "_Given":
        normal = self.low == self.high
        among, across = self.errors[np.ix_(normal, normal)], self.errors[np.ix_(normal, ~normal)]
        whitening = np.linalg.inv(np.linalg.cholesky(among)).T
        carried = np.linalg.solve(among, across)
        return _Given(normal, whitening, carried, self.errors[np.ix_(~normal, ~normal)] - across.T @ carried)

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

        All errors are normal together: single values have their density, and the rest must fall, given these, between the
        ends of their intervals (:func:`log_probability_within`).
        """
        return self.log_likelihood_of(self.emulator.predict(quantiles))

    def log_likelihood_of(self, expected: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the same for expectations at hand, shape (points, statistics)."""
        given = self._given
        off = self.low[given.normal] - expected[:, given.normal]
        total = -0.5 * ((off @ given.whitening) ** 2).sum(axis=1)
        apart = ~given.normal
        if apart.any():
            means = expected[:, apart] + off @ given.carried
            total += log_probability_within(means, given.covariance, self.low[apart], self.high[apart])
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
