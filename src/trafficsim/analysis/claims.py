"""In which plausible worlds a claim holds, and what may be said of it.

A condition is a comparison of totals with a limit, which a world passes where a *margin*, linear in the totals, is not above
zero: "A at most c times B" is A − c·B ≤ 0. A margin has a mean over replicates also where B is zero, which a ratio has not.

Luck: the scatter of margins between replicates of the same world, in units of the counts' own scale (as in a quasi-Poisson
model: variance proportional to the mean; McCullagh and Nelder 1989, chapter 6), pooled over worlds, gives each world's
margin a standard error, and so the chance that more runs would turn the answer of that world. The mean of these chances is
the share of worlds *in doubt through luck*.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from trafficsim.analysis.conditions import Conditions, conditions_of
from trafficsim.analysis.leaning import Leaning, leaning_of
from trafficsim.analysis.paired import LEVEL
from trafficsim.analysis.spread import Spread, two_sources
from trafficsim.analysis.worlds import Worlds
from trafficsim.claims import LOWER, Claim, Condition
from trafficsim.errors import UserError

Values = NDArray[np.float64]

ROBUST, CONDITIONAL, UNSUPPORTED, REFUTED = "robust", "conditional", "unsupported", "refuted"
UNDECIDED = "more runs are needed"
VERDICTS = (ROBUST, CONDITIONAL, UNSUPPORTED, REFUTED, UNDECIDED)

FEWEST_WORLDS = 30
"""Below it no verdict is given."""
MOST_DOUBT = 0.10
"""Share of worlds in doubt through luck above which no verdict is given."""
NEARLY_ALL, NEARLY_NONE = 0.90, 0.10
"""What the share of the worlds that fit the data must reach, or stay below, for robust and refuted."""
NEARLY_ALL_OF_PRIOR, NEARLY_NONE_OF_PRIOR = 0.75, 0.25
"""The same for the wide prior, whose worlds include some that fit no data."""
TOLD_APART = 0.80
"""Share of the held-out worlds that a rule calls so which must be so, for a claim to hold on conditions."""


@dataclass(frozen=True)
class Effect:
    """What the first condition of a claim compares, world by world.

    ``change``: by how many per cent the indicator differs from that under the other arm; ``share``: how many per cent it is
    of the other indicator. ``median`` is over worlds; ``spread`` takes luck and assumptions apart; ``limits`` are those of
    the condition in the same unit. Worlds in which there is nothing to divide by are left out.
    """

    kind: str
    median: float
    spread: Spread
    limits: tuple[float, ...]


@dataclass(frozen=True)
class Answer:
    """In which of some worlds a claim holds, and no more than that.

    ``holds`` and ``score`` (-1 to 1, above 0 where it fails) have a row for each world, ``low`` to ``high`` is the Wilson interval
    of the share in which it holds (Wilson 1927), and ``doubt`` the share of worlds whose answer luck may turn (NaN with a
    single replicate).
    """

    holds: NDArray[np.bool_]
    score: Values
    low: float
    high: float
    doubt: float
    effect: Effect | None

    @property
    def share(self) -> float:
        """The share of the worlds in which it holds."""
        return float(self.holds.mean())


@dataclass(frozen=True)
class Finding:
    """What one set of worlds says of a claim.

    ``share`` of the worlds in which it holds, with its Wilson interval (``low`` to ``high``; Wilson 1927); ``doubt`` is the
    share of worlds whose answer luck may turn (NaN with a single replicate); ``holds`` has a row for each world.
    """

    study: str
    worlds: int
    replicates: int
    level: float
    share: float
    low: float
    high: float
    doubt: float
    holds: NDArray[np.bool_]
    effect: Effect | None
    conditions: Conditions
    leaning: Leaning


@dataclass(frozen=True)
class Verdict:
    """One of :data:`VERDICTS`, and the sentence that says why."""

    word: str
    because: str


@dataclass(frozen=True)
class Judgement:
    """A claim, what the worlds that fit the data and those of the wide prior say of it, and the verdict."""

    claim: Claim
    posterior: Finding
    prior: Finding
    verdict: Verdict


def judgement(
    claim: Claim, posterior: Worlds | Mapping[str, Worlds], prior: Worlds | Mapping[str, Worlds], level: float = LEVEL
) -> Judgement:
    """Put ``claim`` to the test in the worlds that fit the data and, apart, in those of the wide prior.

    Where its conditions ask for groups, each argument maps a group's name ("" for everybody, "sex=female") to the worlds
    with that group's totals (:func:`~trafficsim.analysis.worlds.worlds_of_group`).
    """
    of_posterior, of_prior = finding(claim, posterior, level), finding(claim, prior, level)
    return Judgement(claim, of_posterior, of_prior, verdict(of_posterior, of_prior))


def finding(claim: Claim, worlds: Worlds | Mapping[str, Worlds], level: float = LEVEL) -> Finding:
    """Return in which of ``worlds`` the claim holds, how large its effect is, where it parts and what it leans on.

    Raises :class:`UserError` where the worlds lack an arm, an indicator or a group that the claim needs.
    """
    whole = worlds if isinstance(worlds, Worlds) else next(iter(worlds.values()))
    found = answer(claim, worlds, level)
    return Finding(
        study=whole.study,
        worlds=whole.number,
        replicates=whole.replicates,
        level=level,
        share=found.share,
        low=found.low,
        high=found.high,
        doubt=found.doubt,
        holds=found.holds,
        effect=found.effect,
        conditions=conditions_of(whole.points, found.holds),
        leaning=leaning_of(whole.points, found.score),
    )


def answer(claim: Claim, worlds: Worlds | Mapping[str, Worlds], level: float = LEVEL) -> Answer:
    """Return in which of ``worlds`` the claim holds, without asking what sets these apart from the others.

    Raises :class:`UserError` where the worlds lack an arm, an indicator or a group that the claim needs.
    """
    from scipy.stats import binomtest  # takes half a second to import

    by_group = {"": worlds} if isinstance(worlds, Worlds) else worlds
    margins = [margin for condition in claim.test for margin in _margins(condition, _of_group(by_group, condition))]
    holds = np.logical_and.reduce([margin.passes for margin in margins])
    held = binomtest(int(holds.sum()), len(holds)).proportion_ci(level, method="wilson")
    return Answer(
        holds=holds,
        score=np.array([margin.score for margin in margins]).max(axis=0),
        low=float(held.low),
        high=float(held.high),
        doubt=_doubt(margins, holds),
        effect=_effect(claim.test[0], _of_group(by_group, claim.test[0]), level),
    )


def _of_group(by_group: Mapping[str, Worlds], condition: Condition) -> Worlds:
    if condition.group_name not in by_group:
        raise UserError(
            f"The totals of the group '{condition.group_name}' are missing, which the claim's test asks for."
        )
    return by_group[condition.group_name]


@dataclass(frozen=True)
class _Margin:
    """One margin in each world: whether it ``passes``; its ``score`` from -1 to 1, above 0 where it does not; and ``surely``,
    the chance that more runs would not turn the answer.
    """

    passes: NDArray[np.bool_]
    score: Values
    surely: Values


def _two_sides(condition: Condition, worlds: Worlds) -> tuple[Values, Values]:
    """Return what is compared and what it is compared with, each of shape (worlds, replicates)."""
    first = worlds.level(condition.indicator, condition.arm)
    second = worlds.level(condition.of or condition.indicator, condition.against or condition.arm)
    return np.nan_to_num(first), np.nan_to_num(second)  # a mean price is absent where nobody was sold


def _margins(condition: Condition, worlds: Worlds) -> list[_Margin]:
    first, second = _two_sides(condition, worlds)
    found = []
    for name, limit in condition.limits.items():
        times = 1.0 if condition.compare == "difference" else limit
        sign = -1.0 if name in LOWER else 1.0
        found.append(_margin(sign * (first - times * second), first, times * second, times, name in ("below", "above")))
    return found


def _margin(margin: Values, first: Values, second: Values, times: float, strict: bool) -> _Margin:
    """Judge one margin, shape (worlds, replicates); ``second`` is what ``first`` is compared with, ``times`` included."""
    mean = margin.mean(axis=1)
    size = (first + second).mean(axis=1)
    expected = (first + times * second).mean(axis=1)  # proportional to the variance, where counts scatter by themselves
    worlds, replicates = margin.shape
    counted = expected > 0
    if replicates < 2:
        surely = np.full(worlds, np.nan)
    else:
        squares = ((margin - mean[:, None]) ** 2).sum(axis=1)
        dispersion = float((squares[counted] / expected[counted]).sum()) / max(1, int(counted.sum()) * (replicates - 1))
        error = np.sqrt(dispersion * expected / replicates)
        # Where luck changes nothing in any world the answer is sure; where nothing was counted it is not known at all.
        surely = np.where(counted, 1.0, 0.5)
        told = counted & (error > 0)
        surely[told] = ndtr(np.abs(mean[told]) / error[told])
    score = np.divide(mean, size, out=np.zeros(worlds), where=size > 0)
    return _Margin(mean < 0 if strict else mean <= 0, score, surely)


def _doubt(margins: list[_Margin], holds: NDArray[np.bool_]) -> float:
    """Return the mean chance that luck made the answer: a world holds by all margins, and fails by its worst."""
    passes, surely = np.array([each.passes for each in margins]), np.array([each.surely for each in margins])
    all_pass = np.where(passes, surely, 1.0 - surely).prod(axis=0)
    return float(np.where(holds, 1.0 - all_pass, all_pass).mean())


def _effect(condition: Condition, worlds: Worlds, level: float) -> Effect | None:
    first, second = _two_sides(condition, worlds)
    base = second.mean(axis=1)
    usable = base > 0
    if not usable.any():
        return None
    change = condition.compare != "share"
    table = 100.0 * ((first - second if change else first)[usable] / base[usable, None])
    spread = two_sources(table, level)
    if condition.compare == "difference":
        limits: tuple[float, ...] = (0.0,)
    else:
        limits = tuple(100.0 * (limit - change) for limit in condition.limits.values())
    return Effect("change" if change else "share", float(np.median(table.mean(axis=1))), spread, limits)


def verdict(posterior: Finding, prior: Finding) -> Verdict:
    """Return what may be said of a claim, from what both sets of worlds say; the rules stand in docs/guides/claims.md.

    The interval of each share is taken, not the share. Where the word would be another if the worlds in doubt through luck
    had answered otherwise, no verdict is given.
    """
    for told, found in (("that fit the data", posterior), ("of the wide prior", prior)):
        if found.worlds < FEWEST_WORLDS:
            return Verdict(UNDECIDED, f"There are {found.worlds} worlds {told}; a verdict takes {FEWEST_WORLDS}.")
        if found.replicates < 2:
            return Verdict(UNDECIDED, f"With one replicate in the worlds {told}, luck cannot be told from assumptions.")
        if found.doubt > MOST_DOUBT:
            return Verdict(
                UNDECIDED,
                f"Luck may have made the answer in {percent(found.doubt)} of the worlds {told}, and a verdict allows "
                f"{percent(MOST_DOUBT)}: use a larger scale or more replicates.",
            )
    word = _word(posterior, prior, 0.0)
    if any(_word(posterior, prior, turn) != word for turn in (-1.0, 1.0)):
        return Verdict(
            UNDECIDED,
            f"It would be '{word}', but not if the worlds in doubt through luck ({percent(posterior.doubt)} of those that fit "
            f"the data, {percent(prior.doubt)} of the prior's) had answered otherwise: use a larger scale or more replicates.",
        )
    shares = f"{_told(posterior)} of the worlds that fit the data, and in {_told(prior)} of the wide prior's"
    return Verdict(word, f"It holds in {shares}.")


def _word(posterior: Finding, prior: Finding, turn: float) -> str:
    """Return the verdict if a ``turn`` of -1 or 1 moved each share by the worlds in doubt."""
    low, high = posterior.low + turn * posterior.doubt, posterior.high + turn * posterior.doubt
    low_prior, high_prior = prior.low + turn * prior.doubt, prior.high + turn * prior.doubt
    if low >= NEARLY_ALL and low_prior >= NEARLY_ALL_OF_PRIOR:
        return ROBUST
    if high <= NEARLY_NONE and high_prior <= NEARLY_NONE_OF_PRIOR:
        return REFUTED
    if low > 0.5 or posterior.conditions.tell_apart(TOLD_APART):
        return CONDITIONAL
    return UNSUPPORTED


def percent(share: float) -> str:
    """Write a share for reading; what is nearly all is not told as all."""
    value = 100.0 * share
    return f"{value:.0f} %" if value in (0.0, 100.0) or 1.0 <= value <= 99.0 else f"{value:.1f} %"


def _told(found: Finding) -> str:
    return f"{percent(found.share)} ({percent(found.low)} to {percent(found.high)})"
