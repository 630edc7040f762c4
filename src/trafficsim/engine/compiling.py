"""How a rule becomes fast: the same function text runs compiled (numba) or, with ``NUMBA_DISABLE_JIT=1``, as plain Python.

Both must give the same bits. So rules use neither ``**`` nor fast-math, and integers that wrap are written so that they
wrap alike in both (see :mod:`trafficsim.engine.draws`).
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba


def _cache_folder() -> str:
    """Return where machine code is kept: a folder for each state of the sources.

    Numba looks at the date of one file only, so a rule that calls a changed rule of another file would go on unchanged.
    """
    package = Path(__file__).parents[1]
    state = hashlib.sha256()
    for folder in ("engine", "processes"):
        for source in sorted((package / folder).glob("*.py")):
            state.update(source.read_bytes())
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return str(home / "trafficsim" / "compiled" / state.hexdigest()[:16])


if not os.environ.get("NUMBA_CACHE_DIR"):
    numba.config.CACHE_DIR = _cache_folder()

PLAIN_PYTHON: bool = bool(numba.config.DISABLE_JIT)
"""True when nothing is compiled: the slow reference run that the compiled one is checked against."""


def compiled(function: Callable[..., Any]) -> Any:
    """Compile ``function`` on first use and keep the machine code on disk for the next process.

    Compiled code neither allocates nor counts references (``_nrt=False``): tables are kept alive by the caller, and
    counting references to some thirty columns at each call took six times as long as the rules themselves.
    """
    return numba.njit(function, cache=True, error_model="numpy", _nrt=False)


def woven(function: Callable[..., Any]) -> Any:
    """Compile ``function`` as part of the loop that calls it: for what every life passes through every month.

    Handing a table's columns to a function that is not woven in costs more than most rules.
    """
    return numba.njit(function, cache=True, error_model="numpy", _nrt=False, forceinline=True)


rule = woven
"""A rule of one life: numbers in, a number or a decision out, and nothing else touched."""
