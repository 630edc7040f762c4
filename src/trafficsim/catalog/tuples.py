"""Named tuples of numbers, made from the catalogue, that compiled rules read as ``p.escape_monthly``.

Numba keeps compiled code on disk and finds it again by the *name* of such a class. If a class kept its name while its
fields moved, code compiled for the old order would read the wrong numbers. So a short fingerprint of the fields is part
of the name, and a class that exists no longer is answered with an empty stand-in that matches nothing.
"""

import hashlib
import re
import sys
from collections import namedtuple
from functools import cache
from typing import Any


@cache
def tuple_class(name: str, fields: tuple[str, ...]) -> Any:
    """Return the named-tuple class ``name`` with these fields; the same arguments always give the same class."""
    fingerprint = hashlib.sha256(" ".join(fields).encode()).hexdigest()[:8]
    full_name = f"{name}_{fingerprint}"
    made = namedtuple(full_name, fields, module=__name__)  # type: ignore[misc]
    setattr(sys.modules[__name__], full_name, made)
    return made


def __getattr__(name: str) -> Any:
    """Find the class ``name`` for pickle, in a process that has not made it yet."""
    if not re.fullmatch(r"[A-Za-z]\w*_[0-9a-f]{8}", name):
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    from trafficsim.catalog import catalog

    catalog().parameter_classes()
    if name in globals():
        return globals()[name]
    from trafficsim import policy  # makes the class of the levers

    if name in globals():
        return globals()[name]
    del policy
    made = namedtuple(name, (), module=__name__)  # type: ignore[misc]
    globals()[name] = made
    return made
