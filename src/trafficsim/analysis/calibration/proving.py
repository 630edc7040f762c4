"""Proof that the path from data to posterior works: simulation-based calibration (Talts et al. 2018).

Histories are lived through at assumptions that are known, data are made of them as the errors say, and the posterior is found
by the same path. If the path is right, the truth's rank among the posterior's draws is uniform, whatever it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from trafficsim.analysis.calibration.calibrating import WALKERS_A_DIMENSION, Calibration
from trafficsim.analysis.calibration.likelihood import Comparison
from trafficsim.analysis.calibration.matching import not_ruled_out
from trafficsim.analysis.calibration.sampling import sample
from trafficsim.experiments.executors.many import in_many_processes

DRAWS = 63
"""Draws of each posterior that the truth is ranked among: ranks 0 to 63."""
STEPS, TIMES, R_HAT = 15_000, 10, 1.15
"""A proof's chain is shorter than the result's: dozens of independent draws are asked of it, not exact tails."""
WAVE = 300


@dataclass(frozen=True)
class Proof:
    """``ranks`` of the truth, 0 to ``draws``, shape (proofs, parameters), and whether each chain had converged.

    ``left_out`` counts truths of which no data could be made, since a statistic of their history does not exist.
    """

    ranks: NDArray[np.int64]
    draws: int
    converged: NDArray[np.bool_]
    left_out: int = 0

    def coverage(self, level: float) -> NDArray[np.float64]:
        """Return how often the central interval of the posterior held the truth, one share a parameter."""
        place = (self.ranks + 0.5) / (self.draws + 1)
        return (np.abs(place - 0.5) <= level / 2.0).mean(axis=0)

    def chances(self) -> NDArray[np.float64]:
        """Return :func:`chance_of_ranks` for each parameter."""
        return np.array([chance_of_ranks(column, self.draws) for column in self.ranks.T])


def rank_of(truth: NDArray[np.float64], draws: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return how many draws, shape (draws, parameters), lie below the truth, one number a parameter."""
    return (draws < truth).sum(axis=0)


def chance_of_ranks(ranks: NDArray[np.int64], draws: int) -> float:
    """Return how likely ranks as uneven as these, or more so, are if they are uniform on 0 to ``draws``.

    Unevenness is the smallest two-sided binomial tail of the empirical distribution over all ranks, so that small chances
    say that it leaves the simultaneous bands of Säilynoja, Bürkner and Vehtari (2022).
    """
    reference = _tails_by_luck(len(ranks), draws)
    return float((1 + (reference <= _smallest_tail(ranks[None, :], draws)[0]).sum()) / (1 + len(reference)))


@cache
def _tails_by_luck(number: int, draws: int, sets: int = 1_999) -> NDArray[np.float64]:
    generator = np.random.default_rng([number, draws])
    return _smallest_tail(generator.integers(0, draws + 1, (sets, number)), draws)


def _smallest_tail(ranks: NDArray[np.int64], draws: int) -> NDArray[np.float64]:
    """Return the smallest tail for each set of ranks, shape (sets,)."""
    from scipy.stats import binom

    number = ranks.shape[1]
    below = (ranks[:, :, None] <= np.arange(draws)).sum(axis=1)  # (sets, places)
    chance = np.arange(1, draws + 1) / (draws + 1)
    lower = binom.cdf(below, number, chance)
    upper = binom.sf(below - 1, number, chance)
    return np.minimum(lower, upper).min(axis=1)


def bands(number: int, draws: int, level: float = 0.95) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the simultaneous bands, lower and upper, of the distribution of uniform ranks at 0 to ``draws`` - 1."""
    from scipy.stats import binom

    tail = float(np.quantile(_tails_by_luck(number, draws), 1.0 - level))
    chance = np.arange(1, draws + 1) / (draws + 1)
    return binom.ppf(tail, number, chance) / number, binom.isf(tail, number, chance) / number


def prove(calibration: Calibration) -> Proof:
    """Return the proof on histories at points that no wave rules out; they are lived through as far as not on disk."""
    matched, settings = calibration.matched, calibration.settings
    ruling = matched.comparisons[:-1] or matched.comparisons
    truths, _ = not_ruled_out(ruling, settings.proofs, calibration.space_fitted, calibration.generator(WAVE))
    wave = calibration.live(WAVE, calibration.space.with_others(truths, calibration.generator(WAVE, 1)))
    scaled = calibration.targets.on_scales(wave.observed)
    comparison = matched.comparisons[-1]
    jobs = [
        (number, truths[number], scaled[number], comparison, tuple(ruling), settings.seed)
        for number in range(settings.proofs)
        if np.isfinite(scaled[number]).all()
    ]
    ranks, converged = np.zeros((len(jobs), calibration.space_fitted), np.int64), np.zeros(len(jobs), bool)
    place = {job[0]: row for row, job in enumerate(jobs)}
    for done, (number, rank, whether) in enumerate(in_many_processes(prove_one, jobs, settings.workers), 1):
        ranks[place[number]], converged[place[number]] = rank, whether
        calibration.listener.moved("proofs: posteriors of known truths", done, len(jobs))
    return Proof(ranks, DRAWS, converged, settings.proofs - len(jobs))


def prove_one(
    job: tuple[int, NDArray[np.float64], NDArray[np.float64], Comparison, Sequence[Comparison], int],
) -> tuple[int, NDArray[np.int64], bool]:
    """Return the ranks of one truth in the posterior of data made of its history, and whether the chain converged."""
    number, truth, statistics, comparison, ruling, seed = job
    generator = np.random.default_rng([seed, WAVE, number])
    synthetic = comparison.with_synthetic(statistics, generator)
    walkers = WALKERS_A_DIMENSION * len(truth)
    start, _ = not_ruled_out(ruling[:1], 20 * walkers, len(truth), generator)
    start = start[np.argsort(-synthetic.log_likelihood(start))[:walkers]]
    chain = sample(synthetic.log_likelihood, start, seed + number, STEPS, times=TIMES, r_hat=R_HAT)
    points = chain.draw(min(len(chain.flat()), 20 * DRAWS), generator)
    for each in ruling:
        points = points[each.plausible(points)]
    enough = len(points) >= DRAWS
    points = points[:DRAWS] if enough else chain.draw(DRAWS, generator)
    return number, rank_of(truth, points), chain.converged_at(TIMES, R_HAT) and enough
