"""One implementation of the reference process, asked all that ``benchmarks/reference.md`` asks; prints JSON.

``python -m benchmarks.peers.measure NAME`` and ``... NAME memory``, each for a process of its own. Runs in the peers'
environment, so it needs NumPy and the implementation, nothing else.
"""

import ast
import json
import sys
import time
import tokenize
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers.exact import expected_stocks
from benchmarks.peers.process import ARMS, MONTHS

Simulate = Callable[[int, int, int, str], NDArray[np.int64]]

PEOPLE_EXACT, REPLICATES = 12, 4_000
LOOKS = (6, 12, 24, 36, 60)
"""After how many months stocks are set against the exact ones."""
STANDARD_ERRORS_AT_MOST = 5.0
PEOPLE_LUCK, PAIRS = 200, 400
COMMON_SIZE, LARGE_SIZE = 10_000, 1_000_000
SECONDS_AT_MOST = 60.0
SECONDS_EACH = 12.0
"""About how long replicates go on being made for an answer."""


def ask(simulate: Simulate) -> dict[str, Any]:
    """Return what was found of an implementation, but for its memory."""
    began = time.process_time()
    simulate(PEOPLE_EXACT, LOOKS[0], 1, ARMS[0])
    first = time.process_time() - began
    return {
        "seconds_of_the_first_call": first,
        "person_months_a_second": speeds(simulate),
        **agreement(simulate),
        **luck(simulate),
    }


def speeds(simulate: Simulate) -> dict[str, float]:
    """Return person-months a second of processor time, by size."""
    taken = _least_seconds(simulate, COMMON_SIZE, calls=3)
    found = {str(COMMON_SIZE): COMMON_SIZE * MONTHS / taken}
    expected = taken * LARGE_SIZE / COMMON_SIZE
    if expected < SECONDS_AT_MOST:
        taken = _least_seconds(simulate, LARGE_SIZE, calls=1 if expected > SECONDS_EACH else 3)
        found[str(LARGE_SIZE)] = LARGE_SIZE * MONTHS / taken
    return found


def agreement(simulate: Simulate, replicates: int = REPLICATES, seconds: float = SECONDS_EACH) -> dict[str, Any]:
    """Return the largest distance of a mean stock from the exact one, in standard errors, and of how many replicates."""
    largest, made = 0.0, []
    for arm in ARMS:
        exact = expected_stocks(PEOPLE_EXACT, MONTHS, arm)
        stocks = _as_many(lambda seed, arm=arm: simulate(PEOPLE_EXACT, MONTHS, seed, arm), replicates, seconds)
        largest = max(largest, distance(stocks, exact))
        made.append(len(stocks))
    return {"standard_errors": largest, "replicates": min(made), "agrees": largest < STANDARD_ERRORS_AT_MOST}


def distance(stocks: NDArray[np.int64], exact: NDArray[np.float64]) -> float:
    """Return how far the mean of ``stocks`` (replicates, months + 1, 5) lies from the exact ones, in standard errors."""
    looks = list(LOOKS)
    errors = stocks.std(axis=0, ddof=1)[looks] / np.sqrt(len(stocks))
    return float(np.max(np.abs(stocks.mean(axis=0) - exact)[looks] / errors))


def luck(simulate: Simulate, pairs: int = PAIRS, seconds: float = SECONDS_EACH) -> dict[str, Any]:
    """Return the variance of the difference between arms with equal seeds over that with others, and its 90 % interval."""
    exploited = {
        arm: _as_many(lambda seed, arm=arm: simulate(PEOPLE_LUCK, MONTHS, seed, arm)[-1, 2], pairs, seconds)
        for arm in ARMS
    }
    number = min(len(found) for found in exploited.values())
    first, second = (exploited[arm][:number].astype(float) for arm in ARMS)
    draws = np.random.default_rng(1).integers(number, size=(2_000, number))
    ratios = _variance_ratio(first[draws], second[draws], np.roll(second, 1)[draws])
    return {
        "variance_ratio": float(_variance_ratio(first, second, np.roll(second, 1))),
        "variance_ratio_interval": np.quantile(ratios, [0.05, 0.95]).tolist(),
        "pairs": number,
    }


def _variance_ratio(first: NDArray[Any], second: NDArray[Any], other: NDArray[Any]) -> Any:
    return (first - second).var(axis=-1) / (first - other).var(axis=-1)


def _as_many(made: Callable[[int], Any], most: int, seconds: float) -> NDArray[Any]:
    """Return what comes of seed after seed, for so many, or as long as there is time."""
    began, found = time.process_time(), []
    while len(found) < most and (time.process_time() - began < seconds or len(found) < 30):
        found.append(made(len(found)))
    return np.array(found)


def _least_seconds(simulate: Simulate, size: int, calls: int) -> float:
    taken = []
    for seed in range(calls):
        began = time.process_time()
        simulate(size, MONTHS, seed, ARMS[0])
        taken.append(time.process_time() - began)
    return min(taken)


def memory(simulate: Simulate) -> float:
    """Return the most bytes a person that a run takes beyond what the process held before; Linux only."""
    simulate(PEOPLE_EXACT, LOOKS[0], 1, ARMS[0])
    before = _kibibytes("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew (proc_pid_clear_refs(5))
    simulate(LARGE_SIZE, LOOKS[0], 1, ARMS[0])
    return (_kibibytes("VmHWM") - before) * 1024 / LARGE_SIZE


def _kibibytes(field: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field))


def lines_of_code(path: Path) -> int:
    """Return how many lines of a file hold code: no comment, no docstring, no blank line."""
    with path.open("rb") as file:
        tokens = [token for token in tokenize.tokenize(file.readline) if token.string.strip() and token.type > 0]
    code = {
        line
        for token in tokens
        if token.type not in (tokenize.COMMENT, tokenize.ENCODING)
        for line in range(token.start[0], token.end[0] + 1)
    }
    for node in ast.walk(ast.parse(path.read_text())):
        if (
            isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
            and ast.get_docstring(node, clean=False) is not None
        ):
            text = node.body[0]
            code -= set(range(text.lineno, (text.end_lineno or text.lineno) + 1))
    return len(code)


def main() -> None:
    """Ask the implementation that is named."""
    name = sys.argv[1]
    module = import_module(f"benchmarks.peers.in_{name}")
    if sys.argv[2:] == ["memory"]:
        print(json.dumps({"bytes_a_person": memory(module.simulate)}))
        return
    library = {"engine": "numba"}.get(name, name)
    print(json.dumps({
        "version": version(library), "lines": lines_of_code(Path(module.__file__)), **ask(module.simulate),
    }))  # fmt: skip


if __name__ == "__main__":
    main()
