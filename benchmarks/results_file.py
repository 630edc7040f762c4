"""(i) How fast is the results file written, how large does it grow, and how soon is a finished study known to be finished?

*Writing* is set beside the plainest way there is, :mod:`csv` with one file a table, on the same outcomes: with totals only,
as sweeps of very many runs keep them, and with all that is kept by default. Each outcome is a transaction of the results
file, with its indexes; the CSV files have none and are flushed after each outcome.

*Resuming* a finished study is the real command, in a process of its own. Its file is filled without a simulation: a few
real outcomes are written again and again, each time under the identities of another place in the plan.
"""

import csv
import dataclasses
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.findings import ROOT, answer, finding
from trafficsim.configuration import Configuration, configure
from trafficsim.experiments.content import content_rows
from trafficsim.experiments.replicate import Identities, plan_of, run_task, seed_of
from trafficsim.experiments.result import HISTORY, Outcome, Task
from trafficsim.experiments.schema import TABLES
from trafficsim.experiments.store import StudyWriter
from trafficsim.experiments.study import study_of

SECONDS_AT_MOST = 2.0
ARMS = "arms=[status_quo,non_refoulement_only,letter_package]"
SMALL = "scale=0.0005"
PLACES_WRITTEN = {"totals": 500, "default": 25}
PLACES_RESUMED = 2500
MILLION = 10**6


def measure(quick: bool = False) -> dict[str, Any]:
    """Write outcomes both ways, and resume a study of 10,000 runs that is finished."""
    findings, details = [], {}
    for output, places in PLACES_WRITTEN.items():
        found = _written(output, 4 if quick else places)
        details[output] = found
        findings += _findings_of_writing(output, found)
    resumed = _resumed(3 if quick else PLACES_RESUMED, 1 if quick else 3)
    details["resumed"] = resumed
    findings.append(
        finding(
            "bytes of a point of a design of all assumptions in the results file",
            resumed["bytes_of_a_point"],
            "bytes",
            note="Once a point, however many arms and replicates it has.",
        )
    )
    findings.append(
        finding(
            f"'trafficsim sweep' of a finished study of {resumed['runs']:,} runs says that there is nothing to do",
            resumed["seconds"], "s", at_most=SECONDS_AT_MOST, judged=not quick,
            note=f"From the start of the process to its end. The file has {resumed['bytes'] / 1e6:.1f} MB.",
        )
    )  # fmt: skip
    return answer("How fast is the results file written, and how soon is it read again?", findings, **details)


def _findings_of_writing(output: str, found: dict[str, float]) -> list[dict[str, Any]]:
    kept = "totals only" if output == "totals" else "all that is kept by default"
    findings = [
        finding(
            f"rows written a second into the results file, {kept}", found["rows"] / found["seconds"], "rows a second",
            note=f"{found['runs'] / found['seconds']:,.0f} runs a second; CSV files: "
            f"{found['rows'] / found['csv_seconds']:,.0f} rows and {found['runs'] / found['csv_seconds']:,.0f} runs.",
        ),
        finding(
            f"bytes of a run in the results file, {kept}", found["bytes"] / found["runs"], "bytes",
            note=f"{found['csv_bytes'] / found['runs']:,.0f} in CSV files; {found['rows'] / found['runs']:,.0f} rows a run.",
        ),
    ]  # fmt: skip
    if output == "totals":
        findings.append(
            finding(
                f"a results file of {MILLION:,} runs, {kept}", MILLION * found["bytes"] / found["runs"] / 1e9, "GB",
                note="Reckoned up from the bytes of a run.",
            )
        )  # fmt: skip
    return findings


def _written(output: str, places: int) -> dict[str, float]:
    """Write the same outcomes into a results file and into CSV files; return times and sizes."""
    configuration = configure([ARMS, "draws=0", f"replicates={places}", "scale=0.05", f"output={output}"])
    outcomes = list(disguised_outcomes(configuration))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "study.sqlite"
        with StudyWriter(path, study_of(configuration)):
            pass  # tables and explanations, which do not grow with the runs
        before = path.stat().st_size
        with StudyWriter(path, study_of(configuration)) as writer:
            began = time.perf_counter()
            for outcome in outcomes:
                writer.write(outcome)
            seconds = time.perf_counter() - began
            tables = ("runs", "totals", "monthly", "stocks", "fates", "harmed_lives", "changed_lives")
            rows = sum(writer.connection.execute(f"select count(*) from {table}").fetchone()[0] for table in tables)
        began = time.perf_counter()
        write_csv(folder / "csv", outcomes)
        csv_seconds = time.perf_counter() - began
        return {
            "runs": sum(len(outcome.runs) for outcome in outcomes),
            "rows": rows,
            "seconds": seconds,
            "bytes": path.stat().st_size - before,
            "csv_seconds": csv_seconds,
            "csv_bytes": sum(file.stat().st_size for file in (folder / "csv").iterdir()),
        }


def write_csv(folder: Path, outcomes: Sequence[Outcome]) -> None:
    """Write outcomes as plainly as can be: one CSV file a table, flushed after each outcome."""
    folder.mkdir()
    with ExitStack() as stack:
        tables = ("runs", "totals", "monthly", "stocks", "fates", "harmed_lives", "changed_lives")
        files = {table: stack.enter_context((folder / f"{table}.csv").open("w", newline="")) for table in tables}
        writers = {table: csv.writer(file) for table, file in files.items()}
        for table, writer in writers.items():
            writer.writerow(TABLES[table])
        number = 0
        for outcome in outcomes:
            for run in outcome.runs:
                number += 1
                writers["runs"].writerow(
                    (
                        number,
                        run.run_id,
                        run.seed,
                        run.parent,
                        run.first_month,
                        run.months,
                        run.seconds,
                        "",
                        run.kept,
                        run.digest,
                    )
                )
                for table, rows in content_rows(run).items():
                    if table in writers:
                        writers[table].writerows((number, *row) for row in rows)
            writers["fates"].writerows(outcome.fates)
            writers["harmed_lives"].writerows(outcome.harmed_lives)
            writers["changed_lives"].writerows(outcome.changed_lives)
            for file in files.values():
                file.flush()


def disguised_outcomes(configuration: Configuration) -> Iterator[Outcome]:
    """Yield an outcome for each place of the plan: one of a few real ones, under the identities of that place."""
    tasks, names = plan_of(configuration), Identities(configuration)
    real = [run_task(configuration, task) for task in tasks[:3]]
    arms = {arm.name: arm for arm in configuration.arms} | {HISTORY: None}
    for task in tasks:
        yield _disguised(real[task.number % len(real)], task, seed_of(configuration, task.place.replicate), names, arms)


def _disguised(outcome: Outcome, task: Task, seed: int, names: Identities, arms: dict[str, Any]) -> Outcome:
    history = names.of(None, seed, task.point)
    runs = [
        dataclasses.replace(
            run, draw=task.place.draw, replicate=task.place.replicate, seed=seed,
            run_id=names.of(arms[run.arm], seed, task.point), parent=history if run.parent else None,
        )
        for run in outcome.runs
    ]  # fmt: skip
    return Outcome(
        runs,
        [(*task.place, *row[2:]) for row in outcome.fates],  # type: ignore[misc]
        [(*task.place, *row[2:]) for row in outcome.harmed_lives],  # type: ignore[misc]
        [(*task.place, *row[2:]) for row in outcome.changed_lives],  # type: ignore[misc]
    )


def _resumed(places: int, repeats: int) -> dict[str, float]:
    """Return the least time that the command took on a study of which all is at hand, and how large that was."""
    with tempfile.TemporaryDirectory() as folder:
        settings = [ARMS, SMALL, f"draws={places}", "replicates=1", "output=totals", f"output.folder={folder}"]
        configuration = configure(settings)
        path = Path(folder) / configuration.study.name / "study.sqlite"
        with StudyWriter(path, study_of(configuration)):
            pass
        points = path.stat().st_size
        with StudyWriter(Path(folder) / "without.sqlite", dataclasses.replace(study_of(configuration), points=[])):
            pass
        points -= (Path(folder) / "without.sqlite").stat().st_size
        with StudyWriter(path, study_of(configuration)) as writer:
            for outcome in disguised_outcomes(configuration):
                writer.write(outcome)
        seconds = min(_seconds_to_resume(settings) for _ in range(repeats))
        return {
            "runs": 4 * places,
            "seconds": seconds,
            "bytes": path.stat().st_size,
            "bytes_of_a_point": points / places,
        }


def _seconds_to_resume(settings: list[str]) -> float:
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "trafficsim", "sweep", *settings],
        cwd=ROOT, env=os.environ, capture_output=True, text=True,
    )  # fmt: skip
    seconds = time.perf_counter() - began
    if done.returncode or "nothing to do" not in done.stdout:
        raise RuntimeError(f"trafficsim sweep did not find the study finished:\n{done.stdout}{done.stderr[-2000:]}")
    return seconds


if __name__ == "__main__":
    for each in measure()["findings"]:
        print(f"{each['what']}: {each['measured']:,.1f} {each['unit']}. {each['note']}")
