"""Batches of tasks, long enough that handing them over costs next to nothing, short enough to keep all workers busy."""

import math
from collections.abc import Iterable, Sequence

from trafficsim.experiments.result import Failure, Outcome, Task

LARGEST = 64
"""Tasks in a batch at most: their outcomes travel together and are held in memory together."""


class Batches:
    """Hands out ``tasks`` in batches of about ``seconds`` each, learning from the first outcomes how long tasks take."""

    def __init__(self, tasks: Iterable[Task], workers: int, seconds: float) -> None:
        self._waiting = list(reversed(list(tasks)))
        self._workers, self._seconds = workers, seconds
        self._done, self._taken = 0, 0.0

    def __len__(self) -> int:
        """Return how many tasks wait."""
        return len(self._waiting)

    def take(self) -> list[Task]:
        """Return the next batch; empty when nothing waits."""
        size = 1
        if self._done and self._taken > 0.0:
            size = math.ceil(self._seconds * self._done / self._taken)
        # Near the end batches shrink, so that no worker is left with a long one while others have none.
        share = math.ceil(len(self._waiting) / (2 * self._workers))
        size = min(size, share, LARGEST, len(self._waiting))
        return [self._waiting.pop() for _ in range(size)]

    def put_back(self, tasks: Sequence[Task]) -> None:
        """Let ``tasks`` be done again, before all others."""
        self._waiting.extend(reversed(tasks))

    def learn(self, outcome: Outcome | Failure) -> None:
        """Take note of how long an outcome took."""
        if isinstance(outcome, Outcome):
            self._done += 1
            self._taken += sum(run.seconds for run in outcome.runs)
