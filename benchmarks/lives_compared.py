"""(j) How long does it take to compare two runs life by life?

Two runs of a million people each, made up: nearly all lives are in both, rows stand in no order of their keys, and one life in
twenty went otherwise. What is timed is what a study does after the runs: the lives are read from the tables of both runs, sorted
and matched by key, and counted by fate and by each harm.
"""

from typing import Any, NamedTuple

import numpy as np

from benchmarks.findings import answer, finding, least_processor_time
from trafficsim.experiments.lives import compare_lives, lives_of
from trafficsim.processes.vocabulary import Status

SECONDS_AT_MOST = 2.0
MILLION = 10**6


class _Migrants(NamedTuple):
    key: np.ndarray
    path: np.ndarray
    marks: np.ndarray
    status: np.ndarray
    size: np.ndarray


class _World(NamedTuple):
    migrants: _Migrants


class _State(NamedTuple):
    world: _World


def measure(quick: bool = False) -> dict[str, Any]:
    """Compare two runs of a million persons (a thousand where ``quick``)."""
    persons = 1000 if quick else MILLION
    a, b = made_up(persons)
    nobody = np.zeros(0, bool)
    found = compare_lives(lives_of(a, nobody), lives_of(b, nobody))  # type: ignore[arg-type]
    repeats = 1 if quick else 5
    whole = least_processor_time(lambda: compare_lives(lives_of(a, nobody), lives_of(b, nobody)), repeats)  # type: ignore[arg-type]
    read = least_processor_time(lambda: lives_of(b, nobody), repeats)  # type: ignore[arg-type]
    return answer(
        "How long does it take to compare two runs life by life?",
        [
            finding(
                f"comparison of two runs of {persons:,} persons, by fate and by eight harms", whole, "s",
                at_most=SECONDS_AT_MOST, judged=not quick,
                note=f"{found.changed:,} of {found.compared:,} lives went otherwise. Of this time {2 * read:.2f} s go into "
                f"reading the tables of both runs and sorting their lives.",
            )
        ],
        persons=persons, seconds=whole, seconds_to_read_one=read,
    )  # fmt: skip


def made_up(persons: int) -> tuple[_State, _State]:
    """Return the ends of two runs that share most lives; a thousandth left under one of them alone."""
    generator = np.random.default_rng(20240322)
    alone = max(1, persons // 1000)
    keys = generator.integers(0, 2**64, persons + alone, np.uint64)
    status = generator.integers(0, len(Status), persons + alone, np.int8)
    marks = generator.integers(0, 1024, persons + alone, np.uint16) & generator.integers(
        0, 1024, persons + alone, np.uint16
    )
    path = generator.integers(0, 2**32, persons + alone, np.uint32)
    otherwise = generator.uniform(size=persons + alone) < 0.05
    first = _state(keys[:persons], path[:persons], marks[:persons], status[:persons])
    other = _state(
        keys[alone:], np.where(otherwise, ~path, path)[alone:], np.where(otherwise, np.roll(marks, 1), marks)[alone:],
        np.where(otherwise, np.roll(status, 1), status)[alone:],
    )  # fmt: skip
    return first, other


def _state(key: np.ndarray, path: np.ndarray, marks: np.ndarray, status: np.ndarray) -> _State:
    return _State(_World(_Migrants(key, path, marks, status, np.array([len(key)]))))


if __name__ == "__main__":
    for each in measure()["findings"]:
        print(f"{each['what']}: {each['measured']:.3f} {each['unit']}. {each['note']}")
