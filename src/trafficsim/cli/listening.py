"""How a study is watched: a bar on a terminal, events for other programs, a log beside the results."""

import json
import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from trafficsim.experiments.conduct import Conclusion, Listener
from trafficsim.experiments.result import Failure, Task
from trafficsim.experiments.study import Agenda

EVENTS_EVERY = 1.0
"""Seconds between two events that tell how far a study is."""


class Watch(Listener):
    """Shows how a study goes, as lines of JSON on standard output where ``as_json``, else as a bar on a terminal.

    The bar is on standard error, and only where that is a terminal; ``log`` is a file for what happened when.
    """

    def __init__(self, bar: Progress, log: logging.Logger, as_json: bool) -> None:
        self._bar, self._log, self._as_json = bar, log, as_json
        self._row = bar.add_task(
            "loading the rules (the first time they are compiled, for half a minute or so)", total=None
        )
        self._tasks, self._failed, self._began, self._told = 0, 0, time.monotonic(), 0.0

    def event(self, name: str, **content: Any) -> None:
        """Tell of something: in the log, and to other programs."""
        self._log.info("%s %s", name, json.dumps(content))
        if self._as_json:
            print(json.dumps({"event": name, **content}), flush=True)

    def noticed(self, sentence: str) -> None:
        """Say what a person should know of."""
        self.event("noticed", sentence=sentence)
        if not self._as_json:
            self._bar.console.print(f"trafficsim: {sentence}", highlight=False, soft_wrap=True, markup=False)

    def planned(self, conclusion: Conclusion, agenda: Agenda) -> None:
        """Say what there is to do."""
        self._tasks, self._began = len(agenda.tasks), time.monotonic()
        self.event(
            "planned", study=conclusion.study.study_id, database=str(conclusion.database), tasks=conclusion.tasks,
            at_hand=conclusion.at_hand, to_do=self._tasks,
        )  # fmt: skip

    def lived(self, finished: int, share: float) -> None:
        """Move the bar."""
        now = time.monotonic()
        if share <= 0.0:
            return
        rate = finished / max(now - self._began, 1e-9)
        words = f"{finished} of {self._tasks} replicates, {rate:.2g} a second"
        self._bar.update(
            self._row,
            description=f"{words}{f', {self._failed} failed' if self._failed else ''}",
            completed=share,
            total=1.0,
        )
        if now - self._told >= EVENTS_EVERY:
            self._told, left = now, (now - self._began) * (1.0 - share) / share
            self.event(
                "progress", finished=finished, failed=self._failed, of=self._tasks, share=round(share, 4),
                a_second=round(rate, 3), seconds_left=round(left, 1),
            )  # fmt: skip

    def failed(self, task: Task, failure: Failure) -> None:
        """Count it, and keep the whole story in the log."""
        self._failed += 1
        self.event("failed", draw=task.place.draw, replicate=task.place.replicate, reason=failure.reason)
        self._log.error("%s", failure.details)


@contextmanager
def watched(log: Path | None = None, as_json: bool = False) -> Iterator[Watch]:
    """Watch a study for as long as the context lasts; ``log`` is a file that is written on at its end."""
    logger = logging.Logger("trafficsim.study")
    handler: logging.Handler = logging.NullHandler()
    if log:
        log.parent.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(log, encoding="utf-8")
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger.addHandler(handler)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    silent = as_json or not sys.stderr.isatty()
    try:
        with Progress(*columns, console=Console(stderr=True), transient=True, disable=silent) as bar:
            yield Watch(bar, logger, as_json)
    finally:
        handler.close()
