"""(f) From the command to the first table: one full-scale replicate of three arms, with and without compiled rules at hand.

The clock runs from the start of the process until the table's last line is on the standard output; figures come after it.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.findings import ROOT, answer, finding

WARM_AT_MOST, COLD_AT_MOST = 5.0, 60.0
LAST_LINE = "Database:"
ARMS = "arms=[status_quo,non_refoulement_only,letter_package]"


def measure(quick: bool = False) -> dict[str, Any]:
    """Time the command warm (the least of three) and cold (an empty folder of compiled code)."""
    settings = [ARMS, "draws=0", "replicates=1", *(["scale=0.01", "years=1"] if quick else [])]
    with tempfile.TemporaryDirectory() as folder:
        _seconds(settings, {})
        warm = min(_seconds(settings, {}) for _ in range(1 if quick else 3))
        findings = [
            finding("command to first table, compiled rules at hand", warm, "s", at_most=WARM_AT_MOST, judged=not quick)
        ]
        if not quick:
            cache = Path(folder) / "compiled"
            cold = _seconds(settings, {"NUMBA_CACHE_DIR": str(cache)})
            findings.append(
                finding("the same when the rules have to be compiled first", cold, "s", at_most=COLD_AT_MOST)
            )
    return answer("How long from the command to the first table?", findings, settings=settings)


def _seconds(settings: list[str], environment: dict[str, str]) -> float:
    """Return the seconds until the table stands on the standard output; the figures are waited for.

    Each time in a folder of its own: what a file holds already would not be lived through again.
    """
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "trafficsim", "compare", *settings, f"output.folder={folder}"],
            cwd=ROOT, env=os.environ | environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        seconds = None
        assert process.stdout is not None
        for line in process.stdout:
            if seconds is None and line.startswith(LAST_LINE):
                seconds = time.perf_counter() - began
        _, errors = process.communicate()
    if process.returncode or seconds is None:
        raise RuntimeError(f"trafficsim compare failed:\n{errors[-2000:]}")
    return seconds
