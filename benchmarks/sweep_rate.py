"""(h) How many runs a second does a sweep of full-scale runs bring, against Mesa's and the EMA Workbench's way of sweeping?

The study has 1,000 points of two parameters and three arms; a run is one arm at one point, ten years after a history from
1996. Ours is measured on the first points of it, as ``trafficsim sweep`` does them: in two processes, into a results file
that keeps totals, arms branching from a history that they share. The others drive the ordinary Mesa model
(:mod:`benchmarks.mesa_twin`) through whole runs: ``mesa.batch_run`` and the EMA Workbench's ``MultiprocessingEvaluator``,
each with two processes. A full-scale run of theirs would take a quarter of an hour; they are measured at a small scale and
reckoned up by living person-months and processor time, as if both processes were always busy; ours by the clock, from the
beginning of the first run.

The EMA Workbench is no dependency: ``pip install 'trafficsim[bench]'``.
"""

import importlib.util
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.executors import drive
from benchmarks.findings import answer, finding, in_a_process_of_its_own, missing
from benchmarks.mesa_twin.sweeping import SWEEPS, VARIED
from trafficsim.configuration import Configuration, configure
from trafficsim.experiments.replicate import plan_of
from trafficsim.model import TraffickingModel
from trafficsim.processes.vocabulary import Status

AT_LEAST = 100.0
POINTS, MEASURED = 1000, 24
ARMS = ("status_quo", "non_refoulement_only", "letter_package")
END = "2034-04"
TWIN_SCALE, TWIN_POINTS = 0.05, 2
PROCESSES = 2
OTHERS = {"batch_run": "mesa.batch_run", "ema_workbench": "the EMA Workbench's MultiprocessingEvaluator"}


def measure(quick: bool = False) -> dict[str, Any]:
    """Measure ours, each of the others that is installed, and set them beside each other."""
    scale, points, end = (0.01, 2, "1997-01") if quick else (1.0, MEASURED, END)
    configuration = study_of_scale(scale, quick)
    with tempfile.TemporaryDirectory() as folder:
        ours = drive(configuration, plan_of(configuration)[:points], Path(folder) / "study.sqlite")
    rate = len(ARMS) * ours["tasks"] / ours["wall"]
    whole = person_months(scale, end)
    findings = [
        finding(
            f"sweep of {POINTS:,} points x {len(ARMS)} arms at scale {scale:g}, two processes, totals into a file", rate,
            "runs a second",
            note=f"Measured on {points} of the points: {ours['tasks'] * len(ARMS)} runs and {ours['tasks']} histories in "
            f"{ours['wall']:.1f} s. The whole study would take {POINTS * len(ARMS) / rate / 60:.0f} minutes.",
        )
    ]  # fmt: skip
    details: dict[str, Any] = {"ours": ours, "person_months_of_a_run": whole}
    for module, name in OTHERS.items():
        what = f"our runs a second against those of {name} over the ordinary Mesa model"
        if module == "ema_workbench" and importlib.util.find_spec(module) is None:
            findings.append(missing(what, "not installed: pip install ema_workbench"))
            continue
        theirs = _others(module, quick)
        details[module] = theirs
        nanoseconds = 1e9 * theirs["seconds"] / theirs["person_months"]
        their_rate = PROCESSES / (nanoseconds * 1e-9 * whole)
        findings.append(
            finding(
                what, rate / their_rate, "times", at_least=AT_LEAST, judged=not quick,
                note=f"{their_rate:.2g} runs a second, reckoned up by person-months from {theirs['runs']} runs at scale "
                f"{theirs['scale']:g} ({nanoseconds:,.0f} ns a living person-month) to the {whole:,} of a run at scale "
                f"{scale:g}.",
            )
        )  # fmt: skip
    return answer("How many runs a second does a parameter sweep bring?", findings, **details)


def study_of_scale(scale: float, quick: bool = False) -> Configuration:
    """Return the study of 1,000 points, or a tiny one."""
    small = ["policy_start=1996-06", "years=1"] if quick else []
    vary = ",".join(f"market.{name}" for name in VARIED)
    return configure(
        [
            f"arms=[{','.join(ARMS)}]", f"draws={POINTS}", "replicates=1", f"study.vary=[{vary}]", f"scale={scale}",
            "output=totals", f"workers={PROCESSES}", *small,
        ]
    )  # fmt: skip


def person_months(scale: float, end: str) -> int:
    """Return the months lived by everybody alive in one run of ours."""
    model = TraffickingModel(rng=1, scale=scale)
    model.run_until(end)
    return int(model.state.stocks.by_status[:, : Status.DEAD].sum())


def _others(module: str, quick: bool) -> dict[str, Any]:
    """Let one of the others do its sweep in a process of its own, in plain Python as it is written."""
    settings = {"scale": 0.001, "until": "1997-01", "points": 1} if quick else {
        "scale": TWIN_SCALE, "until": END, "points": TWIN_POINTS,
    }  # fmt: skip
    told = in_a_process_of_its_own("benchmarks.sweep_rate", module, json.dumps(settings), NUMBA_DISABLE_JIT="1")
    return json.loads(told.splitlines()[-1])


def main(arguments: list[str]) -> None:
    """Print as JSON what one of the others took."""
    settings = json.loads(arguments[1])
    runs = SWEEPS[arguments[0]](ARMS, PROCESSES, **settings)
    print(
        json.dumps(
            {
                "runs": len(runs),
                "scale": settings["scale"],
                "seconds": sum(run["seconds"] for run in runs),
                "person_months": sum(run["person_months"] for run in runs),
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1:])
