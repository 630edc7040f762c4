"""The numbers of the reference process, as ``benchmarks/reference.md`` gives them; no model, and nothing to install."""

from enum import IntEnum


class Status(IntEnum):
    """Where a person stands."""

    AT_ORIGIN = 0
    ON_OFFER = 1
    EXPLOITED = 2
    IN_CUSTODY = 3
    PROTECTED = 4


DEPARTURE = 0.10
"""Chance a month to leave the origin, after which one is on offer."""
IDENTIFICATION = 0.06
"""Chance a month to be found while exploited, after which one is in custody."""
ESCAPE = 0.02
"""Chance a month to get out, of those exploited who are not found."""
REMOVAL = {"status_quo": 0.30, "non_refoulement": 0.03}
"""Chance a month to be removed to the origin while in custody, by arm."""
RELEASE = 0.10
"""Chance a month to be released into protection, of those in custody who are not removed."""
GOING_HOME = 0.01
"""Chance a month to go home from protection."""

ARMS = tuple(REMOVAL)
MONTHS = 60


def places(size: int) -> int:
    """Return how many people at most are taken from the offer in a month."""
    return max(1, size // 25)
