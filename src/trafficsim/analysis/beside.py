"""One assumption changed: what arms change in one study beside what the same arms change in another, in the same lives.

Luck is keyed to the life and the event, so two studies with equal seeds, scale and months give the same people the same luck,
whatever their assumptions are. So the two are paired, replicate by replicate and world by world.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from trafficsim.analysis.effects import effect_of
from trafficsim.analysis.measures import Measures
from trafficsim.analysis.paired import LEVEL
from trafficsim.errors import UserError

MUST_AGREE = {
    "policy_start": "the month in which arms part", "years": "the years", "scale": "the scale", "seed": "the seed",
    "design": "the design of the worlds",
}  # fmt: skip
COLUMNS = [
    "indicator", "arm", "here", "there", "difference", "low", "high", "luck_low", "luck_high", "share_below", "share_above", "p",
    "worlds", "replicates", "word",
]  # fmt: skip


@dataclass(frozen=True)
class Beside:
    """What :func:`beside` returns.

    ``table`` has a row an indicator and arm (columns ``COLUMNS``): of the first arm the levels ``here`` and ``there``, of each
    other what it changes against the first in either study, each a mean, and ``difference`` (there less here) with its interval:
    over the middle of the worlds, or over replicates where there is one world. ``word`` says whether it is told: more, less,
    unclear, the same, no value. ``changed`` maps each setting or assumption that differs to its two values, as text.
    """

    table: pd.DataFrame
    changed: Mapping[str, tuple[str, str]]
    level: float


def beside(
    here: Measures, there: Measures, settings: tuple[Mapping[str, Any], Mapping[str, Any]], level: float = LEVEL
) -> Beside:
    """Return how what arms change differs between two studies, of which ``settings`` are the plain configurations.

    Raises :class:`UserError` where their lives are not the same, or where they share no arm, replicate or indicator.
    """
    for key, words in MUST_AGREE.items():
        one, other = (each["study"].get(key) for each in settings)
        if one != other:
            raise UserError(
                f"The studies {here.study} and {there.study} differ in {words} ({one} and {other}), so their lives are not the "
                f"same and cannot be paired. Run one of them again with study.{key}={one}."
            )
    arms = [name for name in here.arms if name in there.arms]
    base = next(iter(here.arms))
    if base not in there.arms or next(iter(there.arms)) != base:
        raise UserError(f"The studies {here.study} and {there.study} have not the same first arm, '{base}' here.")
    shared = here.values.index.intersection(there.values.index)
    indicators = [pair for pair in here.rows if pair in set(there.rows)]
    if not len(shared) or not indicators:
        raise UserError(f"The studies {here.study} and {there.study} share no finished replicate, or no indicator.")
    worlds = shared.get_level_values("draw").nunique()
    rows = []
    for indicator, group in indicators:
        for arm in arms:
            one, other = (
                _of(each.values.loc[shared], indicator, group, arm, base).reshape(worlds, -1) for each in (here, there)
            )
            found = effect_of(one, other, level)
            word = _word(found.difference, found.low, found.high)
            rows.append(
                (
                    indicator, arm, found.mean_against, found.mean, found.difference, found.low, found.high, found.luck_low,
                    found.luck_high, found.share_below, found.share_above, found.p, found.worlds, found.replicates, word,
                )
            )  # fmt: skip
    return Beside(pd.DataFrame(rows, columns=COLUMNS), changes(*settings), level)


def _of(values: pd.DataFrame, indicator: str, group: str, arm: str, base: str) -> np.ndarray:
    """Return the level of the first arm, or what another changes against it."""
    own = values[indicator, group, arm].to_numpy(np.float64)
    return own if arm == base else own - values[indicator, group, base].to_numpy(np.float64)


def _word(difference: float, low: float, high: float) -> str:
    if np.isnan(difference):
        return "no value"
    if difference == 0.0 and (np.isnan(low) or low == high == 0.0):
        return "the same"
    if np.isnan(low) or low <= 0.0 <= high:
        return "unclear"
    return "more" if low > 0.0 else "less"


def changes(here: Mapping[str, Any], there: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Return what differs between two plain configurations: assumptions, levers of equal arms, feedbacks, corridor."""
    first, second = ({key: each[key] for key in ("parameters", "corridor")} for each in (here, there))
    for flat, whole in ((first, here), (second, there)):
        flat["arms"] = {arm["name"]: arm["levers"] for arm in whole["arms"]}
        flat["feedbacks"] = whole["study"].get("feedbacks", {})
    known, new = _flat(first), _flat(second)
    own_arms = [{arm["name"] for arm in each["arms"]} for each in (here, there)]
    ignored = tuple(f"arms.{name}." for name in own_arms[0] ^ own_arms[1])
    return {
        key.removeprefix("parameters."): (known.get(key, "as in the catalogue"), new.get(key, "as in the catalogue"))
        for key in sorted(set(known) | set(new))
        if known.get(key) != new.get(key) and not key.startswith(ignored or "\0")
    }


def _flat(nested: Any, before: str = "") -> dict[str, str]:
    if isinstance(nested, Mapping):
        return {name: text for key, value in nested.items() for name, text in _flat(value, f"{before}{key}.").items()}
    return {before.removesuffix("."): nested if isinstance(nested, str) else json.dumps(nested)}
