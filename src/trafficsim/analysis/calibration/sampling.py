"""Sampling the posterior: an ensemble of walkers (Goodman and Weare 2010; ter Braak 2006), and whether it has converged.

Quantiles of the catalogue's distributions are sampled, so that the prior is uniform on the unit cube. The walkers go about in
the normal scores of the quantiles, where there is no wall to run into.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LogDensity = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""The logarithm of a density, up to a constant, at points of shape (points, dimensions): shape (points,)."""

HIGHEST_R_HAT = 1.02
FEWEST_TIMES = 40
"""A chain is converged when it is so many autocorrelation times long and R-hat is below the limit."""


@dataclass(frozen=True)
class Chain:
    """What the walkers visited after the burn-in: ``points``, shape (steps, walkers, dimensions).

    ``autocorrelation`` is the longest autocorrelation time in steps over the dimensions, ``r_hat`` the largest split R-hat.
    """

    points: NDArray[np.float64]
    autocorrelation: float
    r_hat: float
    acceptance: float

    @property
    def steps(self) -> int:
        return self.points.shape[0]

    @property
    def converged(self) -> bool:
        """Whether the chain may be called a result."""
        return self.converged_at(FEWEST_TIMES, HIGHEST_R_HAT)

    def converged_at(self, times: float, r_hat: float) -> bool:
        """Return whether it is ``times`` autocorrelation times long, and R-hat no more than ``r_hat``."""
        return self.r_hat <= r_hat and self.steps >= times * self.autocorrelation

    @property
    def effective(self) -> float:
        """Independent points that the chain is worth."""
        return self.steps * self.points.shape[1] / self.autocorrelation

    def flat(self) -> NDArray[np.float64]:
        """Return all points, shape (steps × walkers, dimensions)."""
        return self.points.reshape(-1, self.points.shape[2])

    def draw(self, number: int, generator: np.random.Generator) -> NDArray[np.float64]:
        """Return ``number`` points in random order, spread evenly over the chain, shape (number, dimensions)."""
        every = self.flat()
        places = np.linspace(0, len(every) - 1, number).astype(int)
        return every[generator.permutation(places)]


def sample(
    density: LogDensity, start: NDArray[np.float64], seed: int, most_steps: int = 20_000,
    told: Callable[[int, int], None] | None = None, times: float = FEWEST_TIMES, r_hat: float = HIGHEST_R_HAT,
) -> Chain:  # fmt: skip
    """Return a chain of ``density`` within the unit cube, begun at ``start``, shape (walkers, dimensions).

    It goes on until it has converged (see :meth:`Chain.converged_at`) or made ``most_steps``; the first half is the
    burn-in. ``told`` hears of steps made.
    """
    import emcee
    from scipy.special import ndtr, ndtri

    walkers, dimensions = start.shape

    def of_scores(scores: NDArray[np.float64]) -> NDArray[np.float64]:
        return density(ndtr(scores)) - 0.5 * (scores**2).sum(axis=1)

    moves = [(emcee.moves.DEMove(), 0.7), (emcee.moves.StretchMove(), 0.2), (emcee.moves.DESnookerMove(), 0.1)]
    sampler = emcee.EnsembleSampler(walkers, dimensions, of_scores, moves=moves, vectorize=True)
    generator = np.random.RandomState(seed % 2**32)
    state = emcee.State(ndtri(np.clip(start, 1e-6, 1.0 - 1e-6)), random_state=generator.get_state())
    chain, made, block = None, 0, 500
    while made < most_steps:
        state = sampler.run_mcmc(state, min(block, most_steps - made), skip_initial_state_check=True)
        made = sampler.iteration
        if told:
            told(made, most_steps)
        points = sampler.get_chain(discard=made // 2)
        accepted = float(sampler.acceptance_fraction.mean())
        chain = Chain(ndtr(points), autocorrelation_time(points), split_r_hat(points), accepted)
        if chain.converged_at(times, r_hat):
            break
        block = max(500, made // 2)
    assert chain is not None
    return chain


def autocorrelation_time(points: NDArray[np.float64]) -> float:
    """Return the longest autocorrelation time over the dimensions, in steps (Sokal's window, as emcee has it)."""
    import emcee

    return float(np.max(emcee.autocorr.integrated_time(points, tol=0, quiet=True)))


def split_r_hat(points: NDArray[np.float64]) -> float:
    """Return the largest rank-normalised split R-hat over the dimensions (Vehtari et al. 2021), each walker a chain.

    Walkers of one ensemble lean on each other, so this is a lower bound; the autocorrelation time is asked as well.
    """
    from scipy.special import ndtri
    from scipy.stats import rankdata

    half = points.shape[0] // 2
    if half < 2:
        return float("inf")
    chains = np.concatenate([points[:half], points[half : 2 * half]], axis=1)
    worst = 1.0
    for dimension in range(chains.shape[2]):
        values = chains[:, :, dimension]
        normal = ndtri((rankdata(values).reshape(values.shape) - 0.375) / (values.size + 0.25))
        within = normal.var(axis=0, ddof=1).mean()
        between = half * normal.mean(axis=0).var(ddof=1)
        worst = max(worst, float(np.sqrt(((half - 1) / half * within + between / half) / within)))
    return worst
