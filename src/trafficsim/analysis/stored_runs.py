"""Runs of which only a few numbers are kept: done over processes, written to a file as they go, and gone on with next time."""

import hashlib
import json
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trafficsim.experiments.executors.many import in_many_processes

KEEP_EVERY = 40
"""Runs between two writes to disk."""

Told = Callable[[int, int], None]
"""Told how many runs of how many are done."""


def key_of(settings: Mapping[str, Any]) -> str:
    """Return a hash of everything that decides what runs give."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


def seed_of_run(seed: int, kind: str, run: int) -> int:
    """Return the seed of a run of some kind: luck differs from run to run."""
    digest = hashlib.sha256(f"{seed}/{kind}/{run}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def numbers_of_runs[Job](
    path: Path, key: str, columns: int, work: Callable[[tuple[int, Job]], tuple[int, list[float]]], jobs: Sequence[Job],
    workers: int, told: Told | None = None,
) -> NDArray[np.float64]:  # fmt: skip
    """Return what ``work`` gives for each job, shape (jobs, columns), NaN where a run has no such number.

    What the file at ``path`` holds under ``key`` is taken over; a file of another key is begun anew. ``work`` is given
    (number of the job, job) and gives (that number, numbers). Stopped, by Ctrl-C too, what was done is on disk.
    """
    found = _at_hand(path, key, (len(jobs), columns))
    missing = np.flatnonzero(np.isnan(found).all(axis=1)).tolist()
    done = len(jobs) - len(missing)
    if not missing:
        return found
    try:
        for run, numbers in in_many_processes(work, [(run, jobs[run]) for run in missing], workers):
            found[run] = numbers
            done += 1
            if told:
                told(done, len(jobs))
            if done % KEEP_EVERY == 0:
                _keep(path, key, found)
    finally:
        _keep(path, key, found)
    return found


def _at_hand(path: Path, key: str, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Return what is on disk, NaN elsewhere, and where the file cannot be read: its runs are lived through again."""
    if path.is_file():
        unreadable = suppress(ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error)
        # A stranger's pickle would run code.
        with unreadable, path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            if str(stored["key"]) == key and stored["found"].shape == shape and stored["found"].dtype == np.float64:
                return stored["found"]
    return np.full(shape, np.nan)


def _keep(path: Path, key: str, found: NDArray[np.float64]) -> None:
    """Write what is there; a reader, or a kill, meets the old file or the new one and nothing between."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".part")
    with beside.open("wb") as file:
        np.savez_compressed(file, key=key, found=found)
    beside.replace(path)
