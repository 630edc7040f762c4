"""Calibration, from the targets to the stored posterior: waves, emulator, sampling, and a look at what real runs say.

Begin to read here. Everything is a pure function of the settings, the rules, the catalogue and the targets.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from trafficsim.analysis.calibration.emulator import Emulator, fit_emulator
from trafficsim.analysis.calibration.likelihood import Comparison
from trafficsim.analysis.calibration.matching import not_ruled_out
from trafficsim.analysis.calibration.sampling import Chain, sample
from trafficsim.analysis.calibration.targets import Targets, load_targets
from trafficsim.analysis.calibration.waves import Place, Space, Wave, first_wave, live_wave
from trafficsim.catalog import Catalog
from trafficsim.catalog.corridors import load_corridor
from trafficsim.errors import UserError

WALKERS_A_DIMENSION = 3
FEWEST_CHECKED = 20


@dataclass(frozen=True)
class Settings:
    """How a calibration is done. The first wave has ``runs`` histories, each later one half as many, the check an eighth.

    ``scale`` is simulated people a real one; ``steps`` the most that the sampler makes; ``proofs`` how many simulated
    histories with known assumptions the posterior is tried on; ``workers`` 0 uses every core.
    """

    corridor: str = "first"
    seed: int = 20240322
    scale: float = 0.2
    waves: int = 2
    runs: int = 1600
    draws: int = 512
    steps: int = 30_000
    proofs: int = 64
    workers: int = 0
    folder: Path = Path("results/calibration")


class Listener(Protocol):
    """Who wants to know how a calibration goes."""

    def said(self, sentence: str) -> None:
        """Something is done, and what came of it."""

    def moved(self, what: str, done: int, of: int) -> None:
        """So much of something is done."""


class Silent:
    """Nobody wants to know."""

    def said(self, sentence: str) -> None:
        """Say nothing."""

    def moved(self, what: str, done: int, of: int) -> None:
        """Show nothing."""


@dataclass(frozen=True)
class Matched:
    """What the waves left: ``comparisons`` one after each wave, the last from all runs that are not ruled out.

    ``left`` is the share of the prior that is not ruled out after each wave.
    """

    waves: list[Wave]
    comparisons: list[Comparison]
    left: list[float]

    def plausible(self, points: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which points no wave but the last, which weighs and does not rule out, has ruled out."""
        found = np.ones(len(points), bool)
        for comparison in self.comparisons[:-1]:
            found &= comparison.plausible(points)
        return found


@dataclass(frozen=True)
class Fitted:
    """A posterior: ``draws`` of the fitted parameters as quantiles, shape (draws, fitted), in random order.

    ``outside`` is the share of the chain that history matching had ruled out, which is dropped.
    """

    draws: NDArray[np.float64]
    chain: Chain
    outside: float


class Calibration:
    """One calibration: what is needed at every step."""

    def __init__(self, settings: Settings, listener: Listener | None = None, targets: Targets | None = None) -> None:
        self.settings, self.listener = settings, listener or Silent()
        self.targets = targets or load_targets(settings.corridor)
        self.known: Catalog = load_corridor(settings.corridor).assumptions()
        self.space = Space.of(self.known, self.targets)
        self.place = Place(settings.folder / settings.corridor, settings.seed, settings.scale, settings.workers)

    def generator(self, *words: int) -> np.random.Generator:
        """Return a generator of its own for each use."""
        return np.random.default_rng([self.settings.seed, *words])

    @cached_property
    def matched(self) -> Matched:
        """The waves, lived through as far as they are not on disk, and what they leave."""
        settings, left = self.settings, list[float]()
        waves, comparisons = list[Wave](), list[Comparison]()
        for number in range(1, settings.waves + 1):
            waves.append(self.live(number, self._points(number, waves, comparisons)))
            comparison = Comparison.of(self.targets, self._emulator(waves, comparisons))
            comparisons.append(comparison)
            _, share = not_ruled_out(comparisons, 1, self.space_fitted, self.generator(number, 9))
            left.append(share)
            explained = float(np.median(comparison.emulator.explained))
            self.listener.said(
                f"Wave {number}: {len(waves[-1].observed):,} histories; the emulator explains "
                f"{100 * explained:.0f} % of a statistic's variance (median); {share:.2g} of the prior is not ruled out."
            )
        return Matched(waves, comparisons, left)

    @property
    def space_fitted(self) -> int:
        """How many parameters are fitted."""
        return len(self.space.fitted)

    def live(self, number: int, quantiles: NDArray[np.float64]) -> Wave:
        """Live through a wave, or take it from disk."""
        return live_wave(
            number, quantiles, self.space, self.known, self.targets.names, self.place,
            lambda done, of: self.listener.moved(f"wave {number}: histories", done, of),
        )  # fmt: skip

    def _points(self, number: int, waves: Sequence[Wave], comparisons: Sequence[Comparison]) -> NDArray[np.float64]:
        runs = self.settings.runs
        if number == 1:
            return first_wave(self.space, self.place, runs)
        fitted, _ = not_ruled_out(comparisons, runs // 2, self.space_fitted, self.generator(number))
        return self.space.with_others(fitted, self.generator(number, 1))

    def _emulator(self, waves: Sequence[Wave], comparisons: Sequence[Comparison]) -> Emulator:
        """Return an emulator of all runs at points that are not ruled out."""
        quantiles = self.space.of_fitted(np.concatenate([wave.quantiles for wave in waves]))
        observed = np.concatenate([wave.observed for wave in waves])
        keep = np.ones(len(quantiles), bool)
        for comparison in comparisons:
            keep &= comparison.plausible(quantiles)
        return fit_emulator(quantiles[keep], self.targets.on_scales(observed[keep]))

    def start(self, comparison: Comparison, comparisons: Sequence[Comparison], words: int) -> NDArray[np.float64]:
        """Return where walkers begin: likely points among those that are plausible, shape (walkers, fitted)."""
        walkers = WALKERS_A_DIMENSION * self.space_fitted
        points, _ = not_ruled_out(comparisons[:1], 20 * walkers, self.space_fitted, self.generator(words, 2))
        return points[np.argsort(-comparison.log_likelihood(points))[:walkers]]

    def sampled(self, comparison: Comparison, comparisons: Sequence[Comparison], words: int) -> Chain:
        """Return a chain of the posterior under ``comparison``."""
        return sample(
            comparison.log_likelihood, self.start(comparison, comparisons, words), self.settings.seed + words,
            self.settings.steps, lambda done, of: self.listener.moved("sampling: steps", done, of),
        )  # fmt: skip

    def inside(self, chain: Chain, comparisons: Sequence[Comparison]) -> tuple[NDArray[np.float64], float]:
        """Return points of the chain that are plausible to all comparisons, and which share of it is not."""
        points = chain.draw(
            min(8 * max(self.settings.draws, self.settings.runs // 2), len(chain.flat())), self.generator(7)
        )
        keep = np.ones(len(points), bool)
        for comparison in comparisons:
            keep &= comparison.plausible(points)
        return points[keep], 1.0 - float(keep.mean())

    @cached_property
    def fitted(self) -> Fitted:
        """The posterior; :class:`UserError` where the chain has not converged: then it is no result."""
        matched = self.matched
        chain = self.sampled(matched.comparisons[-1], matched.comparisons, 100)
        if not chain.converged:
            raise UserError(
                f"The chain has not converged after {self.settings.steps:,} steps: R-hat {chain.r_hat:.3f}, autocorrelation time "
                f"{chain.autocorrelation:.0f} steps, {chain.steps:,} steps kept. Nothing is stored; give it steps="
                f"{2 * self.settings.steps}."
            )
        points, outside = self.inside(chain, matched.comparisons[:-1])
        if len(points) < self.settings.draws:
            raise UserError(f"Only {len(points)} draws are plausible; ask for fewer, draws={len(points)}.")
        self.listener.said(
            f"Posterior: {chain.effective:,.0f} independent draws, R-hat {chain.r_hat:.3f}; {100 * outside:.1f} % ruled out."
        )
        return Fitted(points[: self.settings.draws], chain, outside)

    @cached_property
    def check(self) -> Wave:
        """Histories at draws of the posterior, what is not fitted anywhere in its range: the posterior predictive."""
        number = min(max(self.settings.runs // 8, FEWEST_CHECKED), self.settings.draws)
        quantiles = self.space.with_others(self.fitted.draws[:number], self.generator(200))
        return self.live(200, quantiles)
