"""An emulator: what a history would show at assumptions that were never lived through, and how wrong that may be.

Each statistic is a quadratic regression on the assumptions that matter to it (lasso), and a Gaussian process on what is left
where that predicts better (as in Craig et al. 1997 and Vernon, Goldstein and Bower 2010). Whatever it cannot say, luck and
the assumptions that are not fitted among it, is measured on runs that it has not seen.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

FOLDS = 5
PAIRED = 12
"""So many of the most influential assumptions enter each regression with their products too."""
GP_INPUTS, GP_POINTS = 6, 350
GP_MUST_GAIN = 0.03
"""A Gaussian process stays where it lowers the variance of what is unexplained by this share, in runs it has not seen."""
FEWEST_RUNS = 60


@dataclass
class _Mean:
    """The mean of one statistic."""

    pairs: NDArray[np.int64]
    coefficients: NDArray[np.float64]
    intercept: float
    inputs: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    process: Any = None

    def smooth(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        return self.intercept + _features(x, self.pairs) @ self.coefficients

    def __call__(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        mean = self.smooth(x)
        return mean if self.process is None else mean + self.process.predict(x[:, self.inputs])


@dataclass
class Emulator:
    """Predicts every statistic on its scale from quantiles of the fitted assumptions.

    ``residual`` is the covariance, shape (statistics, statistics), of its errors in runs that it has not seen; ``explained``
    the share of each statistic's variance that it explains there.
    """

    means: list[_Mean]
    residual: NDArray[np.float64]
    explained: NDArray[np.float64]
    processes: int

    def __post_init__(self) -> None:
        dimensions = self.means[0].pairs.max() + 1 if len(self.means[0].pairs) else 0
        self._joined = _joined(self.means, int(dimensions))

    def predict(self, quantiles: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the expected statistics, shape (points, statistics), at ``quantiles``, shape (points, assumptions)."""
        x = 2.0 * quantiles - 1.0
        pairs, coefficients, intercepts = self._joined
        found = intercepts + _features(x, pairs) @ coefficients
        for place, mean in enumerate(self.means):
            if mean.process is not None:
                found[:, place] += mean.process.predict(x[:, mean.inputs])
        return found


def _features(x: NDArray[np.float64], pairs: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the assumptions, their squares and the products of ``pairs``, shape (points, features)."""
    return np.hstack([x, x**2 - 1.0 / 3.0, x[:, pairs[:, 0]] * x[:, pairs[:, 1]]])


def _joined(means: list[_Mean], _: int) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the pairs of all statistics, and coefficients, shape (features, statistics), in their order."""
    every = sorted({(int(a), int(b)) for mean in means for a, b in mean.pairs})
    place = {pair: number for number, pair in enumerate(every)}
    own = len(means[0].coefficients) - len(means[0].pairs)
    coefficients = np.zeros((own + len(every), len(means)))
    for column, mean in enumerate(means):
        coefficients[:own, column] = mean.coefficients[:own]
        for (a, b), value in zip(mean.pairs, mean.coefficients[own:], strict=True):
            coefficients[own + place[int(a), int(b)], column] = value
    pairs = np.array(every, np.int64).reshape(-1, 2)
    return pairs, coefficients, np.array([mean.intercept for mean in means])


def fit_emulator(quantiles: NDArray[np.float64], statistics: NDArray[np.float64], processes: bool = True) -> Emulator:
    """Return the emulator of ``statistics``, shape (runs, statistics), on their scales, NaN where a run has none.

    ``quantiles``, shape (runs, assumptions), are those of the fitted assumptions only, each 0 to 1. ``processes`` says
    whether Gaussian processes are tried. Raises :class:`ValueError` for fewer than :data:`FEWEST_RUNS` runs.
    """
    if len(quantiles) < FEWEST_RUNS:
        raise ValueError(f"an emulator needs {FEWEST_RUNS} runs at least, not {len(quantiles)}")
    x = 2.0 * quantiles - 1.0
    means, errors, explained = [], np.full(statistics.shape, np.nan), np.zeros(statistics.shape[1])
    for place in range(statistics.shape[1]):
        there = np.isfinite(statistics[:, place])
        mean, error = _fit_one(x[there], statistics[there, place], processes)
        means.append(mean)
        errors[there, place] = error
        variance = statistics[there, place].var()
        explained[place] = 1.0 - error.var() / variance if variance > 0 else 0.0
    return Emulator(means, _covariance(errors), explained, sum(mean.process is not None for mean in means))


def _covariance(errors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean product of errors, over the runs that have both statistics; a little on the diagonal keeps it regular."""
    there = np.isfinite(errors)
    filled = np.where(there, errors, 0.0)
    covariance = filled.T @ filled / np.maximum(there.T.astype(float) @ there, 1.0)
    return covariance + np.diag(1e-9 + 1e-3 * np.diag(covariance))


def _fit_one(x: NDArray[np.float64], y: NDArray[np.float64], processes: bool) -> tuple[_Mean, NDArray[np.float64]]:
    """Return the mean of one statistic, and its errors in runs left out, shape (runs,)."""
    from sklearn.linear_model import LassoCV, Ridge

    if y.std() < 1e-12:
        nothing = np.zeros((0, 2), np.int64)
        return _Mean(nothing, np.zeros(2 * x.shape[1]), float(y.mean())), y - y.mean()
    pairs = _pairs(x, y)
    features = _features(x, pairs)
    penalty = LassoCV(alphas=30, cv=FOLDS, max_iter=5000, tol=1e-3).fit(features, y)
    chosen = np.flatnonzero(penalty.coef_)
    fold = np.arange(len(y)) % FOLDS
    ridge = Ridge(alpha=1.0)

    def fitted(rows: NDArray[np.bool_]) -> _Mean:
        coefficients = np.zeros(features.shape[1])
        if not len(chosen):
            return _Mean(pairs, coefficients, float(y[rows].mean()))
        ridge.fit(features[rows][:, chosen], y[rows])
        coefficients[chosen] = ridge.coef_
        return _Mean(pairs, coefficients, float(ridge.intercept_))

    errors = np.empty(len(y))
    for number in range(FOLDS):
        left = fold == number
        errors[left] = y[left] - fitted(~left).smooth(x[left])
    mean = fitted(np.ones(len(y), bool))
    if processes and len(chosen):
        _add_process(mean, x, y - mean.smooth(x), errors, fold)
    return mean, errors


def _pairs(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the products that the regression may use: of the assumptions that go with the statistic most."""
    together = np.abs((x - x.mean(0)).T @ (y - y.mean())) / np.maximum(x.std(0), 1e-9)
    strongest = np.sort(np.argsort(together)[::-1][:PAIRED])
    upper = np.triu_indices(len(strongest), 1)
    return np.column_stack([strongest[upper[0]], strongest[upper[1]]]).astype(np.int64)


def _add_process(
    mean: _Mean, x: NDArray[np.float64], left: NDArray[np.float64], errors: NDArray[np.float64], fold: NDArray[np.int64]
) -> None:
    """Put a Gaussian process on what the regression leaves, if it predicts that in runs it has not seen."""
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, WhiteKernel

    own = x.shape[1]
    weight = np.abs(mean.coefficients[:own]) + np.abs(mean.coefficients[own : 2 * own])
    inputs = np.sort(np.argsort(weight)[::-1][:GP_INPUTS])
    spread = left.std()
    seen = np.flatnonzero(fold != 0)[:GP_POINTS]
    kernel = 0.3 * spread**2 * RBF(np.ones(len(inputs)), (0.2, 20.0)) + WhiteKernel(0.7 * spread**2, (1e-10, 1e3))
    process = GaussianProcessRegressor(kernel, normalize_y=False, copy_X_train=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a length at its bound: an input that does not matter
        process.fit(x[seen][:, inputs], left[seen])
    unseen = fold == 0
    if len(seen) == GP_POINTS:
        unseen = np.ones(len(left), bool)
        unseen[seen] = False
    better = left[unseen] - process.predict(x[unseen][:, inputs])
    gained = 1.0 - better.var() / left[unseen].var()
    if gained < GP_MUST_GAIN:
        return
    mean.inputs, mean.process = inputs, process
    errors *= np.sqrt(1.0 - gained)
