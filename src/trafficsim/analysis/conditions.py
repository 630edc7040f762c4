"""Under which assumptions something holds or fails, as a few readable rules: scenario discovery (Bryant and Lempert 2010).

A classification tree (CART; Breiman, Friedman, Olshen and Stone 1984), at most three questions deep and pruned by
cross-validation to the smallest within one standard error of the best, is grown on two thirds of the worlds. Its leaves that
gather the rarer answer are the rules. Each is then looked up in the third of the worlds that the tree never saw: coverage
and density are told of these, and a rule is kept only where its density there is beyond chance (Fisher's exact test,
shared out over the candidates).
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

DEPTH, MOST_RULES = 3, 3
FEWEST = 15
"""Worlds with the rarer answer below which no condition can be told."""
HELD_OUT = 1.0 / 3.0
CHANCE = 0.01
"""How often worlds that nothing tells apart may yield a rule."""
MOST_OF_OUTCOME = 0.5
"""Share of the rarer answer's worlds that rules must take in before they part the worlds."""
SEED = 20240322
"""Of the split into worlds to learn from and worlds held out."""


@dataclass(frozen=True)
class Bound:
    """A parameter ("market.price_bride") above ``above`` and at most ``at_most``, in its unit; None where there is no bound."""

    parameter: str
    above: float | None
    at_most: float | None

    @property
    def words(self) -> str:
        """The bound as a reader says it."""
        if self.above is None:
            return f"{self.parameter} at most {self.at_most:.3g}"
        if self.at_most is None:
            return f"{self.parameter} above {self.above:.3g}"
        return f"{self.parameter} from {self.above:.3g} to {self.at_most:.3g}"


@dataclass(frozen=True)
class Rule:
    """Bounds that hold together. Of the worlds held out with the answer in question ``coverage`` are within them, and of those
    within them ``density`` have that answer; ``worlds`` of those held out are within, and ``chance`` is the p-value.
    """

    bounds: tuple[Bound, ...]
    coverage: float
    density: float
    worlds: int
    chance: float

    @property
    def words(self) -> str:
        """The rule as a reader says it."""
        return " and ".join(bound.words for bound in self.bounds)


@dataclass(frozen=True)
class Conditions:
    """Rules for one answer, ``outcome`` "fails" or "holds": that which is rarer, and so can be told from the rest.

    ``told`` is a sentence where there is no rule, and why. ``base`` is the share of that answer among the worlds held out;
    ``elsewhere`` its share among those held out that no rule takes in.
    """

    outcome: str
    rules: tuple[Rule, ...]
    told: str
    base: float
    elsewhere: float
    coverage: float
    density: float

    def tell_apart(self, share: float) -> bool:
        """Whether the rules part the worlds: ``share`` of those held out within them, and outside them, are as they say.

        They must also take in most of the worlds with that outcome (``MOST_OF_OUTCOME``): a rare one is rare outside
        of any rule.
        """
        found = bool(self.rules) and self.coverage >= MOST_OF_OUTCOME
        return found and self.density >= share and 1.0 - self.elsewhere >= share


def conditions_of(points: pd.DataFrame, holds: ArrayLike) -> Conditions:
    """Return rules over the parameters, columns of ``points`` (worlds, parameters), for where ``holds`` (worlds,) is not so,
    or for where it is, whichever is rarer. Equal arguments give equal rules.
    """
    answer = np.asarray(holds, dtype=bool)
    outcome = "fails" if answer.mean() >= 0.5 else "holds"
    target = answer if outcome == "holds" else ~answer
    nothing = Conditions(outcome, (), "", float(target.mean()) if len(target) else np.nan, np.nan, 0.0, np.nan)
    if not points.shape[1]:
        return replace(nothing, told="All worlds share the same assumptions.")
    if target.sum() < FEWEST:
        other = "holds" if outcome == "fails" else "fails"
        rare = f"{outcome} in {target.sum()} of {len(target)}"
        return replace(nothing, told=f"It {other} in nearly all worlds ({rare}), so that no conditions can be told.")
    learnt, held_out = _split(target)
    values = points.to_numpy(dtype=np.float64)
    leaves = _leaves(values[learnt], target[learnt], list(points.columns))
    inside = [(bounds, _within(points.iloc[held_out], bounds)) for bounds in leaves]
    tested = target[held_out]
    rules = [_rule(bounds, within, tested) for bounds, within in inside]
    kept = [place for place, rule in enumerate(rules) if rule.chance < CHANCE / len(rules)]
    if not kept:
        return replace(nothing, told="No rule was found that worlds held out bear out.")
    taken = np.logical_or.reduce([inside[place][1] for place in kept])
    return Conditions(
        outcome,
        tuple(rules[place] for place in kept),
        "",
        float(tested.mean()),
        float(tested[~taken].mean()) if not taken.all() else np.nan,
        float(tested[taken].sum() / tested.sum()),
        float(tested[taken].mean()),
    )


def _split(target: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the places of the worlds to learn from and of those held out, either answer shared out alike."""
    generator = np.random.default_rng(SEED)
    held_out = []
    for answer in (False, True):
        places = generator.permutation(np.flatnonzero(target == answer))
        held_out.append(places[: round(HELD_OUT * len(places))])
    chosen = np.sort(np.concatenate(held_out))
    return np.setdiff1d(np.arange(len(target)), chosen), chosen


def _leaves(values: NDArray[np.float64], target: NDArray[np.bool_], names: list[str]) -> list[tuple[Bound, ...]]:
    """Return the bounds of the leaves where the answer is denser than overall, those with most of it first."""
    tree = _pruned_tree(values, target).tree_
    found: list[tuple[float, tuple[Bound, ...]]] = []

    def walk(node: int, low: dict[int, float], high: dict[int, float]) -> None:
        if tree.children_left[node] == tree.children_right[node]:
            share, worlds = float(tree.value[node][0][1]), int(tree.n_node_samples[node])
            if (low or high) and share > 0.5:  # of the weighted worlds: denser than in the whole
                places = dict.fromkeys([*low, *high])
                bounds = tuple(Bound(names[place], low.get(place), high.get(place)) for place in places)
                found.append((share * worlds, bounds))
            return
        place, cut = int(tree.feature[node]), float(tree.threshold[node])
        walk(tree.children_left[node], low, {**high, place: min(cut, high.get(place, np.inf))})
        walk(tree.children_right[node], {**low, place: max(cut, low.get(place, -np.inf))}, high)

    walk(0, {}, {})
    return [bounds for _, bounds in sorted(found, key=lambda each: -each[0])[:MOST_RULES]]


def _pruned_tree(values: NDArray[np.float64], target: NDArray[np.bool_]):  # type: ignore[no-untyped-def]
    """Return a tree of the smallest size whose cross-validated error is within one standard error of the least.

    Both answers weigh alike, so that the rarer one is not passed over.
    """
    from sklearn.model_selection import StratifiedKFold, cross_val_score
    from sklearn.tree import DecisionTreeClassifier

    def tree(pruning: float) -> DecisionTreeClassifier:
        return DecisionTreeClassifier(
            max_depth=DEPTH, min_samples_leaf=5, class_weight="balanced", ccp_alpha=pruning, random_state=SEED
        )

    path = tree(0.0).cost_complexity_pruning_path(values, target).ccp_alphas
    candidates = np.unique(np.clip(np.sqrt(path[:-1] * path[1:]), 0.0, None)) if len(path) > 1 else path
    folds = StratifiedKFold(5, shuffle=True, random_state=SEED)
    scores = np.array(
        [cross_val_score(tree(each), values, target, cv=folds, scoring="balanced_accuracy") for each in candidates]
    )
    means = scores.mean(axis=1)
    best = int(means.argmax())
    error = scores[best].std(ddof=1) / np.sqrt(scores.shape[1])
    return tree(float(candidates[means >= means[best] - error].max())).fit(values, target)


def _within(points: pd.DataFrame, bounds: tuple[Bound, ...]) -> NDArray[np.bool_]:
    within = np.ones(len(points), dtype=bool)
    for bound in bounds:
        values = points[bound.parameter].to_numpy()
        if bound.above is not None:
            within &= values > bound.above
        if bound.at_most is not None:
            within &= values <= bound.at_most
    return within


def _rule(bounds: tuple[Bound, ...], within: NDArray[np.bool_], target: NDArray[np.bool_]) -> Rule:
    from scipy.stats import fisher_exact

    counts = [
        [(within & target).sum(), (within & ~target).sum()],
        [(~within & target).sum(), (~within & ~target).sum()],
    ]
    chance = float(fisher_exact(counts, alternative="greater").pvalue)
    number = int(within.sum())
    return Rule(
        bounds,
        coverage=float(counts[0][0] / target.sum()),
        density=float(counts[0][0] / number) if number else float("nan"),
        worlds=number,
        chance=chance,
    )
