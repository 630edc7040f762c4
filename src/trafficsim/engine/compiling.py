"""How a rule becomes fast: the same function text runs compiled (numba) or, with ``NUMBA_DISABLE_JIT=1``, as plain Python.

Both must give the same bits. So rules use neither ``**`` nor fast-math, and integers that wrap are written so that they
wrap alike in both (see :mod:`trafficsim.engine.draws`).
"""

from collections.abc import Callable
from typing import Any

import numba

PLAIN_PYTHON: bool = bool(numba.config.DISABLE_JIT)
"""True when nothing is compiled: the slow reference run that the compiled one is checked against."""


def compiled(function: Callable[..., Any]) -> Any:
    """Compile ``function`` on first use and keep the machine code on disk for the next process."""
    return numba.njit(function, cache=True, error_model="numpy")


rule = compiled
"""A rule of one life: numbers in, a number or a decision out, and nothing else touched."""
