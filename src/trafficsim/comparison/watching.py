"""How far a study is, for who waits at a notebook or a terminal; nothing where nobody watches."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from trafficsim.experiments.conduct import Conclusion, Listener
from trafficsim.experiments.result import Failure, Task
from trafficsim.experiments.study import Agenda

EVERY = 0.3
"""Seconds between two words on how far it is."""

WAIT = 1.0
"""Seconds before the first word: what is done sooner needs none."""


class Watch(Listener):
    """Says how far a study is through ``say``, which shows a line in the place of the last one."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say, self._began, self._said = say, time.monotonic(), 0.0

    def noticed(self, sentence: str) -> None:
        """Keep to how far it is; what is to be known of the study stands in its tables."""

    def planned(self, conclusion: Conclusion, agenda: Agenda) -> None:
        """Wait for the first replicate."""

    def failed(self, task: Task, failure: Failure) -> None:
        """Leave it to the end."""

    def lived(self, finished: int, share: float) -> None:
        """Say how far it is, now and then."""
        now = time.monotonic()
        if now - self._began < WAIT or now - self._said < EVERY or share <= 0.0:
            return
        self._said, left = now, (now - self._began) * (1.0 - share) / share
        self._say(f"{100 * share:.0f} % lived through, {finished:,} replicates finished, about {left:,.0f} s left")


@contextmanager
def watched(progress: bool | None = None) -> Iterator[Watch]:
    """Watch a study for as long as the context lasts; None: where a notebook or a terminal is watched."""
    if progress is False:
        yield Watch(lambda line: None)
    elif _in_notebook():
        with _line_in_notebook() as say:
            yield Watch(say)
    elif progress or sys.stderr.isatty():
        from rich.console import Console

        with Console(stderr=True).status("Living through the study ...") as status:
            yield Watch(status.update)
    else:
        yield Watch(lambda line: None)


def _in_notebook() -> bool:
    running: Any = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return hasattr(running, "kernel")


@contextmanager
def _line_in_notebook() -> Iterator[Callable[[str], None]]:
    """Give one line of the notebook's output to write on; nothing is left of it."""
    from html import escape

    from IPython.display import HTML, display

    shown: list[Any] = []

    def say(line: str) -> None:
        content = HTML(f"<i>{escape(line)}</i>") if line else HTML("")
        if shown:
            shown[0].update(content)
        elif line:
            shown.append(display(content, display_id=True))

    try:
        yield say
    finally:
        say("")
