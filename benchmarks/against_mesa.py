"""(a) How much faster is the compiled run than the same rules in an ordinary Mesa model?

The ordinary model is :mod:`benchmarks.mesa_twin`: real ``mesa.Agent`` objects whose methods call the same rule functions
in plain Python. That it lives the same lives is proved in ``tests/test_twin.py``; here it draws from ``model.random`` as
any Mesa model does, since keyed draws in plain Python would flatter the compiled run. It is written as somebody would who
knows Python well: it skips lives at rest, keeps no path of a life, and uses slots.

Both live through the same months at the same scale, each alone in a process, timed by processor time without set-up; the
compiled run is warm. A person-month is a month lived by somebody alive, in whatever status; the second ratio counts those
lived in the host country only. Each run is divided by its own person-months, which differ by chance.

Run it alone with ``python -m benchmarks.against_mesa``.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
AT_LEAST = 100.0
"""The ratio that the compiled run should reach on one core."""
SEED = 1
UNTIL = "2004-01"
SCALE, QUICK_SCALE = 1.0, 0.1
REPEATS = 3


def measure(quick: bool = False) -> dict[str, float | str]:
    """Time both models and return figures by name: seconds, person-months, ns a person-month, and the two ratios.

    ``quick`` uses a small scale, at which the fixed cost of a month weighs on the compiled run: its ratio is too low to
    judge by.
    """
    scale = QUICK_SCALE if quick else SCALE
    settings = {"rng": SEED, "scale": scale, "policy_start": UNTIL, "years": 1}
    twin = _child("benchmarks.mesa_twin", settings, plain_python=True)
    compiled = _child("benchmarks.against_mesa", settings, plain_python=False)
    found: dict[str, float | str] = {"scale": scale, "from": "1996-01", "until": UNTIL}
    for name, run in (("mesa", twin), ("compiled", compiled)):
        found[f"{name}_seconds"] = run["seconds"]
        for persons in ("living", "host"):
            found[f"{name}_{persons}_person_months"] = run[f"{persons}_person_months"]
            found[f"{name}_ns_per_{persons}_person_month"] = run["seconds"] / run[f"{persons}_person_months"] * 1e9
    for persons, ratio in (("living", "ratio"), ("host", "ratio_in_host_country")):
        ours, theirs = (float(found[f"{name}_ns_per_{persons}_person_month"]) for name in ("compiled", "mesa"))
        found[ratio] = theirs / ours
    return found


def _child(module: str, settings: dict[str, Any], plain_python: bool) -> dict[str, float]:
    """Run a module in a process of its own and return the JSON that it prints."""
    environment = {key: value for key, value in os.environ.items() if key != "NUMBA_DISABLE_JIT"}
    if plain_python:
        environment["NUMBA_DISABLE_JIT"] = "1"
    command = [sys.executable, "-m", module, json.dumps(settings), "--until", UNTIL]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def _time_compiled(settings: dict[str, Any], until: str) -> dict[str, float]:
    """Return the median processor time of some warm compiled runs, and the person-months of one."""
    from trafficsim import TraffickingModel
    from trafficsim.processes.vocabulary import Status

    warm = TraffickingModel(**settings | {"scale": 0.01})
    warm.run_until(until)
    seconds = []
    for _ in range(REPEATS):
        model = TraffickingModel(**settings)
        begin = time.process_time()
        model.run_until(until)
        seconds.append(time.process_time() - begin)
    by_status = model.state.stocks.by_status.sum(axis=0)
    return {
        "seconds": statistics.median(seconds),
        "living_person_months": int(by_status[: Status.DEAD].sum()),
        "host_person_months": int(by_status[Status.IN_TRANSIT : Status.PROTECTED + 1].sum()),
    }


def main(arguments: list[str]) -> None:
    """Print figures of the whole comparison, or those of the compiled run alone when its settings are given."""
    if "--until" in arguments:
        print(json.dumps(_time_compiled(json.loads(arguments[0]), arguments[2])))
        return
    for name, figure in measure(quick="--quick" in arguments).items():
        print(f"{name:40s} {figure if isinstance(figure, str) else format(figure, ',.4g')}")


if __name__ == "__main__":
    main(sys.argv[1:])
