"""Sweeps as users begin them: in processes of their own."""

import subprocess
import sys
from pathlib import Path

FILE = Path("results/study/study.sqlite")


def command(*words: str) -> list[str]:
    """Return the command line of trafficsim with ``words``."""
    return [sys.executable, "-m", "trafficsim", *words]


def sweep(folder: Path, *words: str, **options: object) -> subprocess.CompletedProcess[str]:
    """Run a sweep in a process of its own, to its end."""
    return subprocess.run(
        command("sweep", *words), cwd=folder, capture_output=True, text=True, timeout=300, check=False, **options
    )  # type: ignore[call-overload]


def finished(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a sweep to its end, which must be a good one."""
    done = sweep(folder, *words)
    assert done.returncode == 0, done.stderr
    return done
