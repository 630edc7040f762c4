"""Where two courses of the same lives begin to differ: the first month, the lives in it, and the rule that decided the event.

It serves two arms of one study, and two results files of the same settings that were made by two states of the code, or with
two versions of Python or a library. Lives are joined by ``person_key``: luck is keyed to the life and the event, so equal keys
drew equal luck, and what differs is the rules, or what they were told.
"""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module

import numpy as np
import pandas as pd

from trafficsim.experiments.deciding import Rule, place_in_month, rules_of, status_after, step_of
from trafficsim.experiments.parting import UNTOLD, parted_at
from trafficsim.processes.vocabulary import LABELS, Event

COLUMNS = ["month", "person_key", "event"]
NOTHING = "nothing"

Course = list[tuple[str, str]]
"""What happened in a life, in order: month and event."""


@dataclass(frozen=True)
class FirstDifference:
    """The first event that two courses of a life do not share.

    ``here`` and ``there`` are what happened in either course in its place, as "2025-03: removed", or "nothing". ``event`` is
    the earlier of the two, the one that was decided first; ``rules`` are those asked for it, in order, and ``sources`` where each
    stands: file and line of the code that is installed.
    """

    key: str
    month: str
    here: str
    there: str
    event: str
    step: str
    rules: tuple[Rule, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Divergence:
    """How the logs of two runs of the same lives differ; ``month`` and ``first`` are None where they do not.

    ``lives`` are the keys of those that differ in ``month``, in the order of the step in which they do; ``by_the_end`` counts all
    that differ in any month, of ``compared`` lives to which anything happened.
    """

    month: str | None
    lives: tuple[str, ...]
    first: FirstDifference | None
    by_the_end: int
    compared: int


def divergence(here: pd.DataFrame, there: pd.DataFrame, before: pd.DataFrame | None = None) -> Divergence:
    """Return where two logs of events begin to differ.

    Each has columns month (YYYY-MM), person_key and event, in the order in which things happened; ``before`` is the log of the
    history that both share, which tells where people stood.
    """
    both = [log[COLUMNS].assign(place=log.groupby("person_key").cumcount()) for log in (here, there)]
    joined = both[0].merge(both[1], on=["person_key", "place"], how="outer", suffixes=("_here", "_there"))
    same = (joined["month_here"] == joined["month_there"]) & (joined["event_here"] == joined["event_there"])
    compared, apart = joined["person_key"].nunique(), joined[~same]
    if apart.empty:
        return Divergence(None, (), None, 0, compared)
    first = apart.sort_values("place").drop_duplicates("person_key")
    months = first[["month_here", "month_there"]].min(axis=1)
    month = str(months.min())
    keys = sorted(first.loc[months == month, "person_key"])
    courses = [_courses(log, keys) for log in (here, there)]
    known = {} if before is None else _courses(before, keys)
    found = [_of_life(key, known.get(key, []), [each.get(key, []) for each in courses]) for key in keys]
    order = np.lexsort(
        ([each.key for each in found], [place_in_month(_event(each.event), each.step) for each in found])
    )
    ordered = [found[at] for at in order]
    return Divergence(month, tuple(each.key for each in ordered), ordered[0], len(first), compared)


def _of_life(key: str, known: Course, courses: Sequence[Course]) -> FirstDifference:
    at = parted_at(*courses)
    decided = []
    for course in courses:
        if at < len(course):
            month, word = course[at]
            status = None
            for _, earlier in (*known, *course[:at]):
                status = status_after(_event(earlier), status)
            step = step_of(_event(word), status)
            decided.append((month, place_in_month(_event(word), step), word, step))
    month, _, word, step = min(decided)
    rules = tuple(rules_of(_event(word), step))
    one, other = (f"{course[at][0]}: {course[at][1]}" if at < len(course) else NOTHING for course in courses)
    return FirstDifference(key, month, one, other, word, step, rules, tuple(source_of(rule.name) for rule in rules))


def _courses(log: pd.DataFrame, keys: Sequence[str]) -> dict[str, Course]:
    """Return what happened to each of the lives, without what only comes with another event, unless there is nothing else."""
    untold, found = {LABELS[Event][event] for event in UNTOLD}, {}
    for key, own in log[log["person_key"].isin(keys)].groupby("person_key"):
        told = own[~own["event"].isin(untold)]
        rows = told if len(told) else own
        found[str(key)] = list(zip(rows["month"], rows["event"], strict=True))
    return found


@cache
def _words() -> Mapping[str, Event]:
    return {LABELS[Event][event]: event for event in Event}


def _event(word: str) -> Event:
    return _words()[word]


@cache
def source_of(rule: str) -> str:
    """Return where a rule stands: "trafficsim/processes/custody.py, line 120"."""
    module, _, function = rule.partition(".")
    found = getattr(import_module(f"trafficsim.processes.{module}"), function)
    _, line = inspect.getsourcelines(getattr(found, "py_func", found))
    return f"trafficsim/processes/{module}.py, line {line}"


def numbers_apart(here: pd.DataFrame, there: pd.DataFrame) -> pd.DataFrame:
    """Return the totals that differ between two runs or studies, the largest difference for its size first.

    Both have columns arm, draw, replicate, indicator and value; a total that one of them has not counts as 0. Columns: arm,
    indicator, here, there (means over runs), runs (in how many they differ), relative (the largest difference for its size).
    """
    index = ["arm", "draw", "replicate", "indicator"]
    joined = here.merge(there, on=index, how="outer", suffixes=("_here", "_there")).fillna(
        {"value_here": 0.0, "value_there": 0.0}
    )
    joined["apart"] = joined["value_here"] != joined["value_there"]
    size = joined[["value_here", "value_there"]].abs().max(axis=1).replace(0.0, 1.0)
    joined["relative"] = (joined["value_here"] - joined["value_there"]).abs() / size
    grouped = joined.groupby(["arm", "indicator"], sort=False).agg(
        here=("value_here", "mean"), there=("value_there", "mean"), runs=("apart", "sum"), relative=("relative", "max")
    )
    found = grouped[grouped["runs"] > 0].reset_index()
    return found.sort_values(["relative", "arm", "indicator"], ascending=[False, True, True], ignore_index=True)
