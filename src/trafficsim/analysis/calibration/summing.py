"""What a calibration found, in numbers: which assumptions are informed, which targets are met, and how it was done."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trafficsim.analysis.calibration.calibrating import Calibration
from trafficsim.analysis.calibration.proving import Proof
from trafficsim.analysis.calibration.storing import values_of
from trafficsim.analysis.calibration.targets import Statistic, on_scale

BINS = 20
INFORMED, SOMEWHAT = 0.3, 0.1
"""Contractions, the share of a prior's variance that the data take away, from which a parameter counts as informed."""
FIFTH, MOVED = 0.2, 0.1
"""An end of a range, as a share of its prior; and by how much of its prior another median must move to be told."""
FAR = 2.0
"""Standard deviations beyond which a target is not met."""


@dataclass(frozen=True)
class ParameterFound:
    """What the data say about one fitted parameter, on its quantiles: the prior is uniform from 0 to 1.

    ``contraction`` is 1 - posterior variance / prior variance; ``divergence`` the Kullback-Leibler divergence from prior to
    posterior in nats; ``low``, ``median`` and ``high`` are values in the parameter's unit (5, 50 and 95 %).
    """

    name: str
    low: float
    median: float
    high: float
    contraction: float
    divergence: float

    @property
    def verdict(self) -> str:
        """In a word, what the data do."""
        return "informed" if self.contraction >= INFORMED else "somewhat" if self.contraction >= SOMEWHAT else "not"


@dataclass(frozen=True)
class TargetFound:
    """One statistic of a target: data, prior predictive and posterior predictive (5, 50 and 95 %), in its unit.

    ``off`` is the distance of the posterior predictive mean from the data in standard deviations of source and prediction;
    ``off_with_discrepancy`` counts the model's discrepancy as well. ``narrowed`` is by which share the middle 90 % of the
    predictions are narrower after than before, on the target's scale: a vague prediction meets a target easily.
    """

    name: str
    target: str
    data: tuple[float, float]
    prior: tuple[float, float, float]
    posterior: tuple[float, float, float]
    off: float
    off_with_discrepancy: float
    narrowed: float

    @property
    def verdict(self) -> str:
        """Whether the target is met."""
        if self.off <= FAR:
            return "met"
        return "only with discrepancy" if self.off_with_discrepancy <= FAR else "not met"


def parameters_found(calibration: Calibration) -> list[ParameterFound]:
    """Return what is known of each fitted parameter, in the targets' order."""
    draws = calibration.fitted.draws
    values = values_of(calibration.known, calibration.targets, draws)
    found = []
    for place, name in enumerate(calibration.targets.fitted):
        low, median, high = (float(value) for value in np.quantile(values[:, place], (0.05, 0.5, 0.95)))
        found.append(ParameterFound(name, low, median, high, contraction(draws[:, place]), divergence(draws[:, place])))
    return found


def contraction(quantiles: NDArray[np.float64]) -> float:
    """Return the share of a uniform prior's variance that is gone; negative where the posterior is wider than that."""
    return float(1.0 - quantiles.var(ddof=1) * 12.0)


def divergence(quantiles: NDArray[np.float64]) -> float:
    """Return the Kullback-Leibler divergence from the uniform prior in nats, from a histogram; its bias is taken off."""
    counts, _ = np.histogram(quantiles, BINS, (0.0, 1.0))
    shares = counts[counts > 0] / counts.sum()
    return float(max(0.0, (shares * np.log(shares * BINS)).sum() - (BINS - 1) / (2.0 * len(quantiles))))


def targets_found(calibration: Calibration) -> list[TargetFound]:
    """Return how prior and posterior predictive lie to each statistic's data."""
    prior, posterior = calibration.matched.waves[0].observed, calibration.check.observed
    return [
        _target_found(one, prior[:, place], posterior[:, place])
        for place, one in enumerate(calibration.targets.statistics)
    ]


def _target_found(one: Statistic, prior: NDArray[np.float64], posterior: NDArray[np.float64]) -> TargetFound:
    scaled = on_scale(posterior[np.isfinite(posterior)], one.scale, one.counts)
    mean, variance = float(scaled.mean()), float(scaled.var())
    distance = max(one.low - mean, mean - one.high, 0.0)
    off = distance / np.sqrt(variance + one.sd**2)
    with_discrepancy = distance / np.sqrt(variance + one.sd**2 + one.discrepancy**2)
    ranges = [
        tuple(float(value) for value in np.nanquantile(values, (0.05, 0.5, 0.95))) for values in (prior, posterior)
    ]
    widths = [float(np.ptp(on_scale(np.array([each[0], each[2]]), one.scale, one.counts))) for each in ranges]
    return TargetFound(
        one.name, one.target, one.in_unit(), ranges[0], ranges[1], float(off), float(with_discrepancy),  # type: ignore[arg-type]
        1.0 - widths[1] / widths[0],
    )  # fmt: skip


def at_ends(draws: NDArray[np.float64], place: int) -> dict[str, tuple[float, dict[int, float]]]:
    """Return the posterior where the parameter at ``place`` lies in the lowest, or highest, fifth of its prior.

    For each end: which share of ``draws``, quantiles of shape (draws, parameters), lie there, and place -> median there of
    each other parameter whose median is :data:`MOVED` away from that over all draws.
    """
    found = {}
    medians = np.median(draws, axis=0)
    for end, inside in (("lowest", draws[:, place] <= FIFTH), ("highest", draws[:, place] >= 1.0 - FIFTH)):
        there = np.median(draws[inside], axis=0) if inside.any() else medians
        moved = {
            other: float(there[other])
            for other in np.flatnonzero(np.abs(there - medians) >= MOVED).tolist()
            if other != place
        }
        found[end] = (float(inside.mean()), moved)
    return found


def ends_found(calibration: Calibration) -> dict[str, Any]:
    """Return :func:`at_ends` of each parameter that the targets name, over the whole chain, in the parameters' units."""
    fitted, targets, result = calibration.fitted, calibration.targets, {}
    points = fitted.chain.draw(min(20_000, len(fitted.chain.flat())), calibration.generator(8))

    def in_unit(other: int, quantile: float) -> float:
        row = np.full((1, len(targets.fitted)), quantile)
        return float(values_of(calibration.known, targets, row)[0, other])

    medians = np.median(points, axis=0)
    for parameter in targets.ends.values():
        result[parameter] = {
            end: {
                "share": _short(share),
                "moved": {
                    targets.fitted[other]: {
                        "there": _short(in_unit(other, value)), "all": _short(in_unit(other, float(medians[other]))),
                    }
                    for other, value in moved.items()
                },
            }
            for end, (share, moved) in at_ends(points, targets.fitted.index(parameter)).items()
        }  # fmt: skip
    return result


def emulator_bias(calibration: Calibration) -> NDArray[np.float64]:
    """Return how far the emulator was off in the check's runs, which it never saw: mean error in residual sd, one a statistic."""
    quantiles = calibration.space.of_fitted(calibration.check.quantiles)
    comparison = calibration.matched.comparisons[-1]
    error = calibration.targets.on_scales(calibration.check.observed) - comparison.emulator.predict(quantiles)
    return np.nanmean(error, axis=0) / np.sqrt(np.diag(comparison.emulator.residual))


def about(calibration: Calibration) -> dict[str, Any]:
    """Return all that the YAML file beside the draws says of the calibration, as plain numbers and words."""
    settings, matched, fitted = calibration.settings, calibration.matched, calibration.fitted
    targets, bias = targets_found(calibration), emulator_bias(calibration)
    kept = {
        key: value
        for key, value in asdict(settings).items()
        if key in ("seed", "scale", "waves", "runs", "draws", "steps", "proofs")
    }
    worst = int(np.argmax(np.abs(bias)))
    return {
        "method": (
            "History matching in waves (quadratic regression and Gaussian processes as emulator), then an ensemble sampler on the "
            "emulated likelihood within what is not implausible; what is not fitted keeps its ranges and is counted as error."
        ),
        "years": "1996-2015",
        "settings": kept,
        "waves": [
            {
                "histories": len(wave.observed),
                "not_ruled_out": _short(share),
                "explained_median": _short(float(np.median(comparison.emulator.explained))),
                "gaussian_processes": comparison.emulator.processes,
            }
            for wave, comparison, share in zip(matched.waves, matched.comparisons, matched.left, strict=True)
        ],
        "chain": {
            "walkers": int(fitted.chain.points.shape[1]),
            "steps_kept": int(fitted.chain.steps),
            "autocorrelation_steps": _short(fitted.chain.autocorrelation),
            "r_hat": _short(fitted.chain.r_hat, 4),
            "independent_draws": round(fitted.chain.effective),
            "acceptance": _short(fitted.chain.acceptance),
            "outside_of_waves": _short(fitted.outside),
        },
        "check": {
            "histories": len(calibration.check.observed),
            "emulator_bias_largest_sd": _short(float(bias[worst])),
            "emulator_bias_at": calibration.targets.names[worst],
            "emulator_bias_rms_sd": _short(float(np.sqrt((bias**2).mean()))),
        },
        "parameters": {
            each.name: {
                "low": _short(each.low), "median": _short(each.median), "high": _short(each.high),
                "contraction": _short(each.contraction, 2), "divergence": _short(each.divergence, 2), "data": each.verdict,
            }
            for each in parameters_found(calibration)
        },
        "targets": {
            each.name: {
                "data": _shorts(each.data), "prior": _shorts(each.prior), "posterior": _shorts(each.posterior),
                "off": _short(each.off, 2), "narrowed": _short(each.narrowed, 2), "verdict": each.verdict,
            }
            for each in targets
        },
        "unmet": [each.name for each in targets if each.verdict != "met"],
        "not_fitted": dict(calibration.targets.not_fitted),
        "ends": ends_found(calibration),
    }  # fmt: skip


def proof_in_words(proof: Proof, names: tuple[str, ...]) -> dict[str, Any]:
    """Return a proof as plain numbers: how many truths have at most each rank, and how likely such ranks are if even."""
    places = list(range(3, proof.draws, 4))
    return {
        "proofs": len(proof.ranks),
        "converged": int(proof.converged.sum()),
        "left_out": proof.left_out,
        "draws": proof.draws,
        "coverage_50": _short(float(proof.coverage(0.5).mean())),
        "coverage_90": _short(float(proof.coverage(0.9).mean())),
        "chances": {name: _short(float(each), 2) for name, each in zip(names, proof.chances(), strict=True)},
        "places": places,
        "ranks_below": {
            name: [int((column <= place).sum()) for place in places]
            for name, column in zip(names, proof.ranks.T, strict=True)
        },
    }


def _short(value: float, digits: int = 3) -> float:
    return float(f"{value:.{digits}g}")


def _shorts(values: tuple[float, ...]) -> list[float]:
    return [_short(value) for value in values]
