"""(j) How long does a sensitivity analysis take, over all uncertain assumptions, on two cores?

The full Sobol' study has 1,024 rows of the two samples, so 226 points for each with every uncertain assumption by itself, and
three arms, ten years, one simulated person for each real one. A few of its tasks, from all over the design, are lived through
in two processes and stored, and reckoned up by the clock; what comes before and after is measured on the size itself: the plan
of all tasks, and the analysis of made-up totals, with its resampling and its check of convergence. The same is said of what one
would do instead: fewer simulated people, assumptions joined by process, or Morris' screening and Sobol' indices of those that
lead. The screening is really done, by the command, from a file that is not there to the table.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.executors import drive
from benchmarks.findings import ROOT, answer, finding, in_a_process_of_its_own
from trafficsim.configuration import Configuration, configure
from trafficsim.experiments.result import Place, Task
from trafficsim.experiments.study import agenda_of
from trafficsim.layouts import LaidOutPoints, layout_of, layout_over

HOURS_AT_MOST = 1.0
MINUTES_AT_MOST = 10.0
ROWS = 1024
ARMS = "arms=[status_quo,non_refoulement_only,letter_package]"
TASKS = 16
LEADING = 20
TRAJECTORIES = 10
SCREENING = ("scale=0.05", "arms=[status_quo,letter_package]")
QUICK = (
    "policy_start=1996-06",
    "years=1",
    "study.vary=[market.price_bride,market.price_work,departure.cost_elasticity]",
)


def measure(quick: bool = False) -> dict[str, Any]:
    """Measure tasks at two scales, the plan and the analysis of the full size, and a screening from beginning to end."""
    small, rows = (QUICK, 16) if quick else ((), ROWS)
    large, little = (0.01, 0.005) if quick else (1.0, 0.1)
    full = study_of(rows, large, "none", small)
    points = full.study.draws
    by_scale = {scale: _tasks(study_of(rows, scale, "none", small), 2 if quick else TASKS) for scale in (large, little)}
    plan = json.loads(in_a_process_of_its_own("benchmarks.sensitivity", "plan", str(rows), *small))
    factors = full.points().layout.factors  # type: ignore[attr-defined]
    analysis = json.loads(in_a_process_of_its_own("benchmarks.sensitivity", "analysis", str(rows), str(len(factors))))
    grouped = study_of(rows, large, "process", small).study.draws
    screening = _screening(quick)
    each = {scale: one["wall"] / one["tasks"] for scale, one in by_scale.items()}
    hours = points * each[large] / 3600
    busy = by_scale[large]["seconds"] / (2 * by_scale[large]["wall"])
    whole = hours + (plan["seconds"] + analysis["seconds"]) / 3600
    leading = (LEADING + 2) * rows
    findings = [
        finding(
            f"a full Sobol' study: {rows:,} rows, {len(factors)} assumptions, {points:,} points, three arms, scale {large:g}",
            whole, "hours", at_most=HOURS_AT_MOST, judged=not quick,
            note=f"Reckoned up from {by_scale[large]['tasks']} tasks (a history and three arms, {each[large]:.2f} s each by the "
            f"clock, on two cores): it misses one hour by a factor of {whole / HOURS_AT_MOST:,.0f}. Of the time, "
            f"{100 * busy * hours / whole:.1f} % are runs, {100 * (1 - busy) * hours / whole:.1f} % what the executor and the "
            f"results file take beside them, {100 * plan['seconds'] / 3600 / whole:.2f} % the plan, "
            f"{100 * analysis['seconds'] / 3600 / whole:.2f} % the analysis.",
        ),
        finding(f"the same at scale {little:g}", points * each[little] / 3600, "hours",
                note=f"{each[little]:.3f} s a task by the clock."),
        finding(
            f"the same with assumptions joined by process (groups=process): {grouped:,} points, scale {large:g}",
            grouped * each[large] / 3600, "hours",
            note=f"At scale {little:g}: {grouped * each[little] / 3600:.2f} hours.",
        ),
        finding(
            f"Morris' screening, then Sobol' indices of the {LEADING} that lead: {leading:,} points, scale {large:g}",
            (leading + TRAJECTORIES * (len(factors) + 1)) * each[large] / 3600, "hours",
            note=f"At scale {little:g}: {(leading + TRAJECTORIES * (len(factors) + 1)) * each[little] / 3600:.2f} hours.",
        ),
        finding(
            f"Morris' screening of {screening['factors']} assumptions by {screening['trajectories']} trajectories, two arms, "
            f"scale {screening['scale']:g}, from the command to the table",
            screening["seconds"] / 60, "minutes", at_most=MINUTES_AT_MOST, judged=not quick,
            note=f"Really done: {screening['points']:,} points, {screening['runs']:,} runs and histories; "
            f"{screening['bytes'] / 1e6:.0f} MB on disk.",
        ),
        finding(f"the plan of the full study: what {points:,} tasks are, and what of them is at hand", plan["seconds"], "s",
                note=f"Peak memory {plan['gibibytes']:.1f} GiB."),
        finding(
            f"Sobol' indices of one quantity from {points:,} totals, resampled 200 times at four sizes", analysis["seconds"], "s",
            note=f"Peak memory {analysis['gibibytes']:.2f} GiB.",
        ),
    ]  # fmt: skip
    return answer(
        "How long does a sensitivity analysis over all uncertain assumptions take?", findings,
        tasks={f"scale {scale:g}": one for scale, one in by_scale.items()}, plan=plan, analysis=analysis, screening=screening,
    )  # fmt: skip


def study_of(rows: int, scale: float, groups: str, small: tuple[str, ...] = ()) -> Configuration:
    """Return the study of so many rows of the two samples, three arms, all uncertain assumptions or those ``small`` names."""
    settings = [ARMS, f"scale={scale}", "replicates=1", "output=totals", "workers=2", f"study.groups={groups}", *small]
    varied = configure([*settings, "design=morris", "draws=0"])
    layout, _ = layout_over(varied.assumptions(), "saltelli", varied.study.vary, varied.study.groups, varied.parameters)
    return configure([*settings, "design=saltelli", f"draws={rows * layout.block}"])


def _tasks(configuration: Configuration, number: int) -> dict[str, float]:
    """Live through a few tasks from all over the design, in two processes, into a results file."""
    points = configuration.points()
    assert isinstance(points, LaidOutPoints)
    places = np.linspace(0, len(points) - 1, number).astype(int).tolist()
    arms = tuple(range(len(configuration.arms)))
    tasks = [Task(place, Place(draw, 0), arms, points[draw]) for place, draw in enumerate(places)]
    with tempfile.TemporaryDirectory() as folder:
        return drive(configuration, tasks, Path(folder) / "study.sqlite")


def _screening(quick: bool) -> dict[str, Any]:
    """Let the command screen, in a process of its own and into a folder of its own; return what it took."""
    import sqlite3

    size, settings = (
        (4, ("scale=0.005", "arms=[status_quo,letter_package]", *QUICK)) if quick else (TRAJECTORIES, SCREENING)
    )
    with tempfile.TemporaryDirectory() as folder:
        words = [
            "method=morris",
            "indicator=departures",
            f"size={size}",
            *settings,
            "workers=2",
            f"output.folder={folder}",
        ]
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "trafficsim", "sensitivity", *words],
            cwd=ROOT,
            env=os.environ,
            capture_output=True,
            text=True,
        )
        seconds = time.perf_counter() - began
        if done.returncode:
            raise RuntimeError(f"trafficsim sensitivity failed:\n{done.stderr[-2000:]}")
        path = Path(folder) / "sensitivity-morris" / "study.sqlite"
        with sqlite3.connect(path) as connection:
            points, scale = connection.execute("select draws, scale from studies").fetchone()
            runs = connection.execute("select count(*) from runs").fetchone()[0]
        connection.close()
        return {
            "seconds": seconds, "points": points, "runs": runs, "trajectories": size, "factors": points // size - 1,
            "scale": scale, "bytes": path.stat().st_size, "told": done.stdout,
        }  # fmt: skip


def plan(rows: int, small: tuple[str, ...]) -> None:
    """Make the plan of the full study, as each sweep does before its first run. For a process of its own."""
    configuration = study_of(rows, 1.0, "none", small)
    began = time.perf_counter()
    tasks = len(agenda_of(configuration, {}).tasks)
    print(json.dumps({"tasks": tasks, "seconds": time.perf_counter() - began, "gibibytes": _peak()}))


def analysis(rows: int, factors: int) -> None:
    """Analyse made-up totals of the full size: a sum in which few factors weigh, and noise. For a process of its own."""
    from trafficsim.analysis.sensitivity.laid_out import sobol
    from trafficsim.layouts import base_quantiles, spread_out

    layout = layout_of("saltelli", [f"made.up{number}" for number in range(factors)])
    points = spread_out(layout, base_quantiles(layout, rows, 1))
    values = points @ (1.0 / (1.0 + np.arange(factors))) + np.random.default_rng(1).normal(0.0, 0.05, len(points))
    began = time.perf_counter()
    sobol(layout, values)
    print(json.dumps({"seconds": time.perf_counter() - began, "gibibytes": _peak()}))


def _peak() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return (peak if sys.platform == "darwin" else peak * 1024) / 2**30


if __name__ == "__main__":
    what, number, *others = sys.argv[1:]
    if what == "plan":
        plan(int(number), tuple(others))
    else:
        analysis(int(number), int(others[0]))
