"""What a study's results file is to blame for is said of the file, from Python as on the command line."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Concatenate, Protocol

from trafficsim.experiments.blaming import blaming


class OfFile(Protocol):
    """What is read from a results file."""

    _path: Path | None


def blamed[Self: OfFile, **Arguments, Result](
    method: Callable[Concatenate[Self, Arguments], Result],
) -> Callable[Concatenate[Self, Arguments], Result]:
    """Let an error of ``method`` be told of the file, where that is not what was written."""

    @wraps(method)
    def told(self: Self, *arguments: Arguments.args, **named: Arguments.kwargs) -> Result:
        with blaming([self._path] if self._path else []):
            return method(self, *arguments, **named)

    return told
