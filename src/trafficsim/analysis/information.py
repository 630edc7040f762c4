"""Value of information: what would be gained if one assumption were known, from the worlds of a stored study.

Two gains are told for each uncertain parameter, without weighing them against each other. The first is how much the spread of a
difference between arms would shrink: the expected reduction of its variance, first-order, Var(E[Y|X]) / Var(Y). The second is
how much rarer a wrong verdict (less harm than the baseline or not, a condition that holds or not) would be: the expected value of
partial perfect information for a 0-1 loss. Both need E[Y|X] only, by regression on the parameter from given data (Strong, Oakley
and Brennan 2014, "Estimating multiparameter partial expected value of perfect information from a probabilistic sensitivity
analysis sample"; Plischke, Borgonovo and Smith 2013): here on Legendre polynomials of the parameter's rank, the variance
adjusted for their number, the fit of a verdict shrunk by as much (positive-part James and Stein 1961), so that a parameter without
influence comes out near zero.

What the best of as many parameters without influence would still reach in a question by chance, once in a hundred studies, is
its noise floor: results of worlds are shuffled against their assumptions (Westfall and Young 1993). Intervals come from
resampling worlds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trafficsim.analysis.paired import LEVEL
from trafficsim.analysis.robustness import HARMS, Condition, check_conditions, checked_harms
from trafficsim.analysis.worlds import Worlds
from trafficsim.errors import UserError

DEGREE, VERDICT_DEGREE = 6, 3
"""Of the polynomials: enough for a parameter that matters at both ends and in the middle. The chance of a verdict has a simpler
form, and whatever bends it further is mostly noise, which 0-1 losses make more of."""

LEAST_WORLDS = 64
SHUFFLES, RESAMPLES = 200, 200
FLOOR_LEVEL = 0.99
WIDEST, WIDEST_OF_VALUE = 0.1, 0.2
"""An interval that is wider than either, of all or of the value itself, tells no rank: the index has not converged (after
Sarrazin, Pianosi and Wagener 2016, "Global sensitivity analysis of environmental models").
"""

RELATIVE, COUNTS = "relative", "counts"
"""How differences between arms are taken: in parts of the baseline's level in the same world, or in the harm's unit."""

RANKED, BELOW, NOT_CONVERGED = "ranked", "below the noise floor", "not converged"
SPREAD, VERDICT = "spread", "verdict"

QUESTIONS = ["gain", "question", "arm", "of", "mean", "spread", "luck_share", "holds", "wrong", "floor"]
GAINS = ["gain", "parameter", "question", "arm", "of", "value", "low", "high", "state"]


@dataclass(frozen=True)
class Information:
    """What :func:`information` returns.

    ``questions`` has a row a question (columns ``QUESTIONS``): of gain ``spread`` with mean, standard deviation over worlds
    and the part of its variance that is luck (NaN for one replicate); of gain ``verdict`` with the share of worlds in which it
    ``holds`` and that in which the likelier answer is ``wrong``. ``gains`` has a row a parameter and question (columns
    ``GAINS``): the part of the variance that would go, or the share of worlds by which wrong verdicts would become rarer,
    with its interval and whether it is ranked. ``floor`` is a question's noise floor. ``differences`` says how they were
    taken: in parts of the baseline's level, or in the harm's unit.
    """

    baseline: str
    questions: pd.DataFrame
    gains: pd.DataFrame
    worlds: int
    replicates: int
    level: float
    differences: str = RELATIVE

    def ranking(self, gain: str = SPREAD) -> pd.DataFrame:
        """Return the parameters, the largest gain in any one question first, with that question.

        No average over questions is taken: that would weigh one harm against another. Only gains that are ``ranked`` count;
        parameters without one come last, in the order of their largest estimate. Columns: parameter, question, arm, of, value,
        low, high, state, answered (how many questions are told more of by this parameter than by noise).
        """
        rows = self.gains[self.gains["gain"] == gain]
        answered = (rows["state"] == RANKED).groupby(rows["parameter"]).sum()
        ordered = rows.assign(rank=rows["state"] == RANKED).sort_values(
            ["rank", "value"], ascending=False, kind="stable"
        )
        best = ordered.drop_duplicates("parameter").drop(columns=["rank", "gain"])
        return best.assign(answered=best["parameter"].map(answered)).reset_index(drop=True)


def information(
    worlds: Worlds,
    harms: Sequence[str] = HARMS,
    conditions: Sequence[Condition] = (),
    differences: str = RELATIVE,
    level: float = LEVEL,
    seed: int = 0,
) -> Information:
    """Return the value of knowing each parameter that differs between ``worlds``, for each arm but the baseline.

    Questions are the difference to the baseline in each of ``harms``, whether it is below zero, and whether each of
    ``conditions`` holds. Differences are ``relative`` to the baseline's level in the same world (to one case, where there is
    less), or ``counts``: these depend on how many people there are in a world as well. Parameters need not be independent:
    what one tells of another counts for it. Raises :class:`UserError` for fewer than :data:`LEAST_WORLDS` worlds, for one
    arm only, and where nothing is uncertain.
    """
    harms = checked_harms(worlds, harms)
    check_conditions(worlds, conditions)
    points = worlds.points.loc[:, worlds.points.nunique() > 1]
    if len(worlds.arms) < 2 or points.empty:
        raise UserError("Two arms at least are needed, and assumptions that differ between worlds (draws=1000).")
    if worlds.number < LEAST_WORLDS:
        raise UserError(
            f"{worlds.number} worlds are too few to tell what a parameter is worth; {LEAST_WORLDS} at least."
        )
    questions, values_apart, verdicts = _questions(worlds, harms, conditions, differences)
    fits = _Fits(_basis(points), values_apart, verdicts)
    generator = np.random.default_rng(seed)
    whole = np.ones(worlds.number)
    values = fits.gains(whole)
    floors = questions["floor"] = _floors(fits, whole, generator)
    resampled = np.stack(
        [
            fits.gains(np.bincount(rows, minlength=worlds.number).astype(np.float64))
            for rows in _samples(generator, worlds.number)
        ]
    )
    ends = np.quantile(resampled - resampled.mean(axis=0), [(1 - level) / 2, (1 + level) / 2], axis=0)
    low, high = (np.maximum(values + end, 0.0) for end in ends)
    rows = [
        (
            question.gain, parameter, question.question, question.arm, question.of, max(0.0, float(values[place, column])),
            float(low[place, column]), float(high[place, column]),
            _state(values[place, column], high[place, column] - low[place, column], floors[column]),
        )
        for column, question in enumerate(questions.itertuples())
        for place, parameter in enumerate(points.columns)
    ]  # fmt: skip
    told = pd.DataFrame(rows, columns=GAINS)
    return Information(worlds.baseline, questions, told, worlds.number, worlds.replicates, level, differences)


def _state(value: float, width: float, floor: float) -> str:
    if value <= floor:
        return BELOW
    return RANKED if width <= max(WIDEST, WIDEST_OF_VALUE * value) else NOT_CONVERGED


def _samples(generator: np.random.Generator, number: int) -> Iterator[NDArray[np.int64]]:
    for _ in range(RESAMPLES):
        yield generator.integers(number, size=number)


def _questions(
    worlds: Worlds, harms: Sequence[str], conditions: Sequence[Condition], differences: str
) -> tuple[pd.DataFrame, NDArray[np.float64], NDArray[np.float64]]:
    """Return the table of questions, the differences, and the verdicts as 0 and 1, both of shape (worlds, questions)."""
    rows: list[tuple] = []
    apart, verdicts = [], []
    others = [arm for arm in worlds.arms if arm != worlds.baseline]
    for arm in others:
        for harm in harms:
            table = worlds.difference(harm, arm)
            if differences == RELATIVE:
                table = table / np.maximum(worlds.level(harm, worlds.baseline).mean(axis=1, keepdims=True), 1.0)
            mean = table.mean(axis=1)
            spread = (mean.mean(), mean.std(ddof=1), _luck(table))
            rows.append((SPREAD, f"{harm} under {arm}", arm, harm, *spread, np.nan, np.nan, np.nan))
            apart.append(mean)
    for arm in others:
        held = [(f"less of {harm} under {arm}", harm, worlds.difference(harm, arm).mean(axis=1) < 0) for harm in harms]
        for condition in conditions:
            own, base = (worlds.level(condition.indicator, each).mean(axis=1) for each in (arm, worlds.baseline))
            held.append((f"{condition} under {arm}", str(condition), condition.holds(own, base)))
        for name, of, holds in held:
            share = float(holds.mean())
            rows.append((VERDICT, name, arm, of, np.nan, np.nan, np.nan, share, min(share, 1.0 - share), np.nan))
            verdicts.append(holds)
    table = pd.DataFrame(rows, columns=QUESTIONS)
    return table, np.stack(apart, axis=1), np.stack(verdicts, axis=1).astype(np.float64)


def _luck(table: NDArray[np.float64]) -> float:
    """Return the part of the variance of the worlds' means, over replicates that share their seeds, that is luck."""
    worlds, replicates = table.shape
    if replicates < 2:
        return float("nan")
    residual = table - table.mean(axis=1, keepdims=True) - table.mean(axis=0, keepdims=True) + table.mean()
    luck = (residual**2).sum() / ((worlds - 1) * (replicates - 1)) / replicates
    spread = table.mean(axis=1).var(ddof=1)
    return float(min(1.0, luck / spread)) if spread > 0 else float("nan")


def _basis(points: pd.DataFrame) -> NDArray[np.float64]:
    """Return for each parameter polynomials of its rank, shape (parameters, worlds, 1 + DEGREE), the first constant."""
    ranks = (points.rank(method="average").to_numpy() - 0.5) / len(points)
    columns = np.polynomial.legendre.legvander(2.0 * ranks - 1.0, DEGREE) * np.sqrt(2.0 * np.arange(DEGREE + 1) + 1.0)
    return np.ascontiguousarray(columns.transpose(1, 0, 2))


@dataclass(frozen=True)
class _Fits:
    """Regressions of all questions on each parameter by itself."""

    basis: NDArray[np.float64]
    differences: NDArray[np.float64]
    verdicts: NDArray[np.float64]

    def gains(self, weights: NDArray[np.float64], order: NDArray[np.int64] | None = None) -> NDArray[np.float64]:
        """Return gains of shape (parameters, questions), where a world counts ``weights`` times.

        ``order`` shuffles results against assumptions.
        """
        order = np.arange(len(weights)) if order is None else order
        spread, _ = _regressed(self.basis, weights, self.differences[order])
        _, fitted = _regressed(self.basis[:, :, : VERDICT_DEGREE + 1], weights, self.verdicts[order])
        number = weights.sum()
        centre = weights @ self.verdicts[order] / number
        right = ((fitted + centre > 0.5) == (self.verdicts[order] > 0.5)).astype(np.float64)
        return np.column_stack(
            [spread, np.einsum("w,pwq->pq", weights, right) / number - np.maximum(centre, 1.0 - centre)]
        )


def _regressed(
    basis: NDArray[np.float64], weights: NDArray[np.float64], results: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the share of variance told, adjusted, shape (parameters, questions), and the shrunk fits about the mean."""
    number, distinct, terms = weights.sum(), np.count_nonzero(weights), basis.shape[2]
    about = results - weights @ results / number
    spread = weights @ about**2 / number
    weighted = np.ascontiguousarray((basis * weights[None, :, None]).transpose(0, 2, 1))
    # A parameter with few different values has fewer polynomials than these: a grain of a ridge leaves those that are not.
    gram = weighted @ basis + 1e-9 * number * np.eye(terms)
    moments = weighted @ about
    coefficients = np.linalg.solve(gram, moments)
    told, shrink = np.zeros(moments.shape[::2]), np.zeros(moments.shape[::2])
    np.divide((coefficients * moments).sum(axis=1) / number, spread, out=told, where=spread > 0)
    adjusted = np.where(spread > 0, 1.0 - (1.0 - told) * (distinct - 1) / (distinct - terms), 0.0)
    np.divide(np.maximum(adjusted, 0.0), told, out=shrink, where=told > 0)
    return adjusted, basis @ (coefficients * shrink[:, None, :])


def _floors(fits: _Fits, whole: NDArray[np.float64], generator: np.random.Generator) -> NDArray[np.float64]:
    """Return for each question what the best of all parameters reaches by chance, in one of a hundred studies."""
    best = [fits.gains(whole, generator.permutation(len(whole))).max(axis=0) for _ in range(SHUFFLES)]
    return np.maximum(np.quantile(best, FLOOR_LEVEL, axis=0), 1.0 / len(whole))  # less than one world cannot be told
