"""What a benchmark hands back: plain dictionaries, the same for all, that become a table, JSON and a page."""

import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]

LIBRARIES = ("trafficsim", "numpy", "numba", "mesa")


def finding(
    what: str,
    measured: float,
    unit: str,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
    judged: bool = True,
    note: str = "",
) -> dict[str, Any]:
    """Return one line of a table.

    Args:
        what: what was measured, in words.
        measured: the figure, in ``unit`` ("times", "ns", "s", "bytes", ...).
        unit: unit of the figure and of the bound.
        at_least: the bound, where more is better.
        at_most: the bound, where less is better.
        judged: False where there was too little to judge by, as in a quick run.
        note: a sentence that a reader needs with the figure.

    """
    met = None
    if judged and at_least is not None:
        met = bool(measured >= at_least)
    if judged and at_most is not None:
        met = bool(measured <= at_most)
    wanted = {key: value for key, value in (("at_least", at_least), ("at_most", at_most)) if value is not None}
    return {
        "what": what,
        "measured": float(measured),
        "unit": unit,
        "wanted": wanted or None,
        "met": met,
        "note": note,
    }


def missing(what: str, note: str) -> dict[str, Any]:
    """Return a line of a table that has no figure, and ``note`` says why."""
    return {"what": what, "measured": None, "unit": "", "wanted": None, "met": None, "note": note}


def answer(question: str, findings: Sequence[dict[str, Any]], **details: Any) -> dict[str, Any]:
    """Return what a benchmark found: the question it answers, its findings, and figures behind them."""
    return {"question": question, "findings": list(findings), "details": details}


def least_processor_time(work: Callable[[], Any], repeats: int) -> float:
    """Return the least processor time, in seconds, that ``work`` took in ``repeats`` calls: noise only ever adds."""
    taken = []
    for _ in range(repeats):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return min(taken)


def in_a_process_of_its_own(module: str, *arguments: str, **environment: str) -> str:
    """Run ``python -m module`` from the project's root and return what it printed: memory is then its own.

    Raises ``RuntimeError`` with the end of its error output where it failed.
    """
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"{module} {' '.join(arguments)} failed:\n{done.stderr[-2000:]}")
    return done.stdout


def machine() -> dict[str, Any]:
    """Describe where and when a run was made, without a name or a path."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": _memory_gib(),
        "system": platform.system(),
        "python": platform.python_version(),
        **{library: version(library) for library in LIBRARIES},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _memory_gib() -> int | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)
    except (ValueError, OSError):
        return None
