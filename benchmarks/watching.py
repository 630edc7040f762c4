"""How much memory a command and its processes take while they are at work, looked at a few times a second."""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

LOOK_EVERY = 0.25
"""Seconds between two looks."""


@dataclass
class Watched:
    """What a command took.

    ``looks`` holds for each look the seconds since the start and the resident bytes of each process that lived then, by its
    number; ``parent`` is the number of the command itself, ``events`` what it told of as lines of JSON.
    """

    parent: int = 0
    seconds: float = 0.0
    looks: list[tuple[float, dict[int, int]]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)

    @property
    def peak(self) -> int:
        """The most bytes that all its processes held together; what they share counts for each."""
        return max(sum(held.values()) for _, held in self.looks)

    def bytes_of(self, process: int) -> list[int]:
        """Return what one process held, look by look."""
        return [held[process] for _, held in self.looks if process in held]


def watch(folder: Path, *words: str) -> Watched:
    """Run ``trafficsim`` with ``words`` in a folder and watch it to its end.

    Raises ``RuntimeError`` with what it said where it failed.
    """
    began, watched = time.perf_counter(), Watched()
    with (folder / "output").open("w+") as output, (folder / "errors").open("w+") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "trafficsim", *words], cwd=folder, stdout=output, stderr=errors, env=os.environ
        )
        watched.parent = process.pid
        while process.poll() is None:
            watched.looks.append((time.perf_counter() - began, _held_by(process.pid)))
            time.sleep(LOOK_EVERY)
        watched.seconds = time.perf_counter() - began
        if process.returncode:
            errors.seek(0)
            raise RuntimeError(f"trafficsim {' '.join(words)} failed:\n{errors.read()[-2000:]}")
        output.seek(0)
        for line in output:
            with suppress(json.JSONDecodeError):
                watched.events.append(json.loads(line))
    return watched


def _held_by(parent: int) -> dict[int, int]:
    held = {}
    with suppress(psutil.NoSuchProcess):
        command = psutil.Process(parent)
        for process in (command, *command.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                held[process.pid] = process.memory_info().rss
    return held


def growth(values: Sequence[int]) -> float:
    """Return by how much the last tenth of the looks lies above the third tenth, median by median: what comes before warms up."""
    tenth = max(len(values) // 10, 1)
    return statistics.median(values[-tenth:]) - statistics.median(values[2 * tenth : 3 * tenth] or values[:tenth])
