"""(m) Do ten million people, a hundred thousand runs, or thousands of runs in one worker bring it to its limits?

Each is the command that a user would type, in processes of its own whose resident memory is looked at four times a second.
What several processes share counts for each, so that a sum is an upper bound. Scales and years of the long studies are small
for the sake of the clock: what they try is the handing out, the taking back, the file, and whatever might pile up from run
to run. A day of kills, full disks and cut files is a test (``make soak``).
"""

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.findings import answer, finding
from benchmarks.scaling import LIVING_AT_SCALE_ONE
from benchmarks.watching import Watched, growth, watch
from trafficsim.processes.vocabulary import LABELS, Status

MEBIBYTE, GIBIBYTE = 2**20, 2**30
ARMS = ("status_quo", "non_refoulement_only", "identification_only", "letter_package")
PEOPLE, FEW_PEOPLE = 10**7, 10**4
RUNS, FEW_RUNS = 100_000, 40
RUNS_IN_A_WORKER, FEW_IN_A_WORKER = 5_000, 40
SHORT = ("policy_start=2001-01", "years=1", "scale=0.01", f"arms=[{','.join(ARMS)}]")
"""Sixty months of history, twelve months under each arm."""
GIBIBYTES_AT_MOST = 8.0
"""What an ordinary laptop has."""
GROWTH_AT_MOST = 8.0
"""MiB over 5,000 runs: a leak of two arrays of a small run would be more."""


def measure(quick: bool = False) -> dict[str, Any]:
    """Live through all three."""
    with (
        tempfile.TemporaryDirectory() as people,
        tempfile.TemporaryDirectory() as runs,
        tempfile.TemporaryDirectory() as worker,
    ):
        large = ten_million(Path(people), FEW_PEOPLE if quick else PEOPLE)
        many = hundred_thousand_runs(Path(runs), FEW_RUNS if quick else RUNS)
        long = one_worker(Path(worker), FEW_IN_A_WORKER if quick else RUNS_IN_A_WORKER)
    findings = [
        finding(
            f"'trafficsim sweep' of two arms with {large['living']:,} living persons in each: most memory of all its processes",
            large["peak_gibibytes"], "GiB", at_most=GIBIBYTES_AT_MOST, judged=not quick,
            note=f"{large['minutes']:.1f} minutes for 28 years of history and a year of each arm, lives compared one by one.",
        ),
        finding(
            f"a study of {many['runs']:,} runs from beginning to end", many["minutes"], "minutes",
            note=f"{many['histories']:,} histories more; two workers.",
        ),
        finding("its results file", many["megabytes"], "MB", note=f"{1e6 * many['megabytes'] / many['all']:,.0f} bytes a run."),
        finding(
            "growth of the process that hands out and writes, over these runs", many["parent_growth_mebibytes"], "MiB",
            note=f"It held {many['parent_peak_mebibytes']:.0f} MiB at most, all processes together "
            f"{many['peak_gibibytes']:.2f} GiB.",
        ),
        finding("the same command again: nothing to do", many["again_seconds"], "s"),
        finding("'trafficsim effects' of that file", many["effects_seconds"], "s",
                note=f"It held {many['effects_peak_mebibytes']:.0f} MiB."),
        finding("'trafficsim studies --verify' of that file", many["verify_seconds"], "s",
                note="Every run is held against its digest."),
        finding(
            f"growth of one worker over {long['runs']:,} runs", long["growth_mebibytes"], "MiB", at_most=GROWTH_AT_MOST,
            judged=not quick,
            note=f"From {long['early_mebibytes']:.1f} MiB, of {long['looks']:,} looks; before the third tenth it warms up.",
        ),
    ]  # fmt: skip
    return answer(
        "Do ten million people, a hundred thousand runs, or thousands of runs in one worker bring it to its limits?",
        findings, ten_million=large, hundred_thousand_runs=many, one_worker=long,
    )  # fmt: skip


def ten_million(folder: Path, people: int) -> dict[str, Any]:
    """Compare two arms among that many living persons."""
    scale = people / LIVING_AT_SCALE_ONE
    watched = watch(
        folder, "sweep", "--json", f"scale={scale:.6g}", "draws=0", "replicates=1", "policy_start=2024-04", "years=1",
        "executor=inline", "arms=[status_quo,letter_package]",
    )  # fmt: skip
    return {
        "scale": scale,
        "living": _living_at_the_end(folder / _file_of(folder, watched)),
        "peak_gibibytes": watched.peak / GIBIBYTE,
        "minutes": watched.seconds / 60,
    }


def hundred_thousand_runs(folder: Path, runs: int) -> dict[str, Any]:
    """Do so many runs in two workers; then ask their file what a user asks."""
    replicates = min(50, runs // len(ARMS))
    words = [
        *SHORT,
        "output=totals",
        f"draws={runs // len(ARMS) // replicates}",
        f"replicates={replicates}",
        "workers=2",
    ]
    watched = watch(folder, "sweep", "--json", *words)
    last = watched.events[-1]
    if last["failed"] or last["runs"] != runs + last["tasks"]:
        raise RuntimeError(f"not all runs were done: {last}")
    file = _file_of(folder, watched)
    again = watch(folder, "sweep", "--json", *words)
    effects = watch(folder, "effects", str(file), "--json")
    verify = watch(folder, "studies", str(file), "--verify")
    parent = watched.bytes_of(watched.parent)
    return {
        "runs": runs, "histories": last["tasks"], "all": last["runs"], "minutes": watched.seconds / 60,
        "megabytes": (folder / file).stat().st_size / 1e6, "peak_gibibytes": watched.peak / GIBIBYTE,
        "parent_peak_mebibytes": max(parent) / MEBIBYTE, "parent_growth_mebibytes": growth(parent) / MEBIBYTE,
        "again_seconds": again.seconds, "effects_seconds": effects.seconds,
        "effects_peak_mebibytes": effects.peak / MEBIBYTE, "verify_seconds": verify.seconds,
    }  # fmt: skip


def one_worker(folder: Path, runs: int) -> dict[str, Any]:
    """Do so many runs in one worker, of many plausible worlds, with all that is kept by default."""
    draws = min(50, runs // len(ARMS))
    words = [*SHORT, f"draws={draws}", f"replicates={runs // len(ARMS) // draws}", "workers=1"]
    watched = watch(folder, "sweep", "--json", *words)
    held = watched.bytes_of(watched.parent)  # a single worker is the command itself
    return {
        "runs": watched.events[-1]["runs"] - watched.events[-1]["tasks"], "looks": len(held),
        "early_mebibytes": sorted(held[2 * len(held) // 10 : 3 * len(held) // 10] or held)[0] / MEBIBYTE,
        "growth_mebibytes": growth(held) / MEBIBYTE, "held_mebibytes": [round(one / MEBIBYTE, 1) for one in held],
    }  # fmt: skip


def _file_of(folder: Path, watched: Watched) -> Path:
    return next(Path(event["database"]) for event in watched.events if event["event"] == "planned")


def _living_at_the_end(file: Path) -> int:
    """Return how many people were alive in the last month of the arm in which fewer were."""
    question = """
    select sum(count) from stocks where kind = 'migrant_status' and level != ?
    and run in (select id from runs where parent_run is not null)
    and month = (select max(month) from stocks) group by run
    """
    with closing(sqlite3.connect(file)) as connection:
        return int(min(row[0] for row in connection.execute(question, [LABELS[Status][Status.DEAD]])))
