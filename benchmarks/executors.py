"""(g) Which share of the processors' time do the executors leave to the runs themselves?

The tasks of a study are done by each executor and their outcomes written into a results file, as ``trafficsim sweep`` does
it. The clock runs from the beginning of the first task to the end of the last; what comes before, the start of the
workers, is told apart. In that time the runs took so much processor time (:attr:`RunRecord.seconds`): the rest went
to handing tasks over and outcomes back, to digests, to writing, and to waiting.

Beside them stand two processes that share nothing, each living through half of the tasks and throwing the outcomes away:
no executor leaves more. What a task costs there against one alone is the price of sharing caches and memory.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.findings import ROOT, answer, finding, in_a_process_of_its_own
from trafficsim.configuration import Configuration, configure
from trafficsim.experiments.replicate import plan_of, run_task
from trafficsim.experiments.result import Outcome, Task
from trafficsim.experiments.store import StudyWriter
from trafficsim.experiments.study import finished_tasks, study_of

AT_LEAST = 95.0
WORKERS = 2
EXECUTORS = ("processes", "dask", "inline")
SIZES = {
    "0.1 s": ("scale=0.03", "policy_start=2015-01", "years=5", "arms=[status_quo]", "replicates=120"),
    "0.5 s": ("scale=0.25", "arms=[status_quo,non_refoulement_only,letter_package]", "replicates=48"),
}
QUICK_SIZES = {"0.01 s": ("scale=0.0005", "policy_start=1998-01", "years=1", "arms=[status_quo]", "replicates=12")}
BY_NAME = SIZES | QUICK_SIZES


def measure(quick: bool = False) -> dict[str, Any]:
    """Let each executor do the same tasks, each in a process of its own."""
    findings, details = [], {}
    for size in QUICK_SIZES if quick else SIZES:
        found = {kind: _by_executor(kind, size) for kind in EXECUTORS}
        found["apart"], found["alone"] = _apart(size, WORKERS, WORKERS), _apart(size, 1, 4)
        details[size] = found
        apart, alone = found["apart"], found["alone"]
        findings += [
            finding(
                f"share of {one['workers']} cores that the executor '{kind}' leaves to runs, tasks of {size}",
                100.0 * one["share"], "%", at_least=AT_LEAST if kind == "processes" else None, judged=not quick,
                note=f"{one['tasks']} tasks of {one['seconds'] / one['tasks']:.3f} s of processor time in {one['wall']:.1f} s; "
                f"starting took {one['start']:.1f} s before. The process that hands out and writes took {one['parent']:.2f} s."
                if one["workers"] > 1
                else f"{one['tasks']} tasks of {one['seconds'] / one['tasks']:.3f} s, one after another.",
            )
            for kind, one in found.items()
            if kind in EXECUTORS
        ]  # fmt: skip
        findings += [
            finding(
                f"the same of {WORKERS} processes that share nothing, tasks of {size}", 100.0 * apart["share"], "%",
                note="The most that any executor could leave on that day.",
            ),
            finding(
                f"processor time of a task when {WORKERS} are done at once, against one alone, tasks of {size}",
                apart["seconds"] / apart["tasks"] / (alone["seconds"] / alone["tasks"]), "times",
                note="They share caches and memory.",
            ),
        ]  # fmt: skip
    return answer("Which share of the processors' time do the executors leave to the runs?", findings, sizes=details)


def study_of_size(size: str, kind: str = "processes") -> Configuration:
    """Return the study whose tasks are of that size, for an executor."""
    return configure([*BY_NAME[size], "draws=0", "output=totals", f"executor={kind}", f"workers={WORKERS}"])


def drive(configuration: Configuration, tasks: Sequence[Task], path: Path) -> dict[str, float]:
    """Do the tasks on the configuration's executor and write their outcomes into a file; return what it took."""
    called, first, seconds, runs = time.perf_counter(), None, 0.0, 0
    parent = time.process_time()
    with StudyWriter(path, study_of(configuration)) as writer:
        for _, outcome in finished_tasks(configuration, tasks):
            now = time.perf_counter()
            if not isinstance(outcome, Outcome):
                raise RuntimeError(outcome.details)
            own = sum(run.seconds for run in outcome.runs)
            first = now - own if first is None else first
            seconds, runs = seconds + own, runs + len(outcome.runs)
            writer.write(outcome)
            ended = time.perf_counter()
    assert first is not None
    workers = 1 if configuration.executor.kind == "inline" else WORKERS
    return {
        "tasks": len(tasks), "runs": runs, "workers": workers, "start": first - called, "wall": ended - first,
        "seconds": seconds, "share": seconds / (workers * (ended - first)), "parent": time.process_time() - parent,
    }  # fmt: skip


def _by_executor(kind: str, size: str) -> dict[str, float]:
    return json.loads(in_a_process_of_its_own("benchmarks.executors", kind, size))


def _apart(size: str, number: int, parts: int) -> dict[str, float]:
    """Let ``number`` processes that know nothing of each other begin at the same moment, each with one of ``parts``."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "benchmarks.executors", "apart", size, str(place), str(parts)],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for place in range(number)
    ]  # fmt: skip
    for process in processes:
        assert process.stdin and process.stdout
        if process.stdout.readline() != "ready\n":
            raise RuntimeError("a process that should live through tasks did not begin")
    for process in processes:
        process.stdin.write("go\n")  # type: ignore[union-attr]
        process.stdin.flush()  # type: ignore[union-attr]
    told = [json.loads(process.communicate()[0]) for process in processes]
    wall, seconds = max(one["wall"] for one in told), sum(one["seconds"] for one in told)
    return {
        "tasks": sum(one["tasks"] for one in told), "workers": number, "wall": wall, "seconds": seconds,
        "share": seconds / (number * wall),
    }  # fmt: skip


def _live_apart(size: str, place: int, parts: int) -> None:
    """Live through every ``parts``-th task, from the ``place``-th on, when told to; print what it took."""
    configuration = study_of_size(size)
    tasks = plan_of(configuration)[place::parts]
    run_task(configuration, tasks[0])  # loads the compiled rules
    print("ready", flush=True)
    sys.stdin.readline()
    began = time.perf_counter()
    seconds = sum(run.seconds for task in tasks for run in run_task(configuration, task).runs)
    print(json.dumps({"tasks": len(tasks), "seconds": seconds, "wall": time.perf_counter() - began}), flush=True)


def main(arguments: list[str]) -> None:
    """Print what one executor took, in a process of its own."""
    kind, size = arguments[:2]
    if kind == "apart":
        _live_apart(size, int(arguments[2]), int(arguments[3]))
        return
    configuration = study_of_size(size, kind)
    tasks = plan_of(configuration)
    if kind == "inline":
        run_task(configuration, tasks[0])  # loads the compiled rules, as the others' start does
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(drive(configuration, tasks, Path(folder) / "study.sqlite")))


if __name__ == "__main__":
    main(sys.argv[1:])
