"""The highest chance a month that anybody has of what happens in step 6. Most draws lie above it: then no rule is asked."""

from typing import NamedTuple

from trafficsim.engine.compiling import compiled
from trafficsim.processes.life import (
    conception_chance,
    death_chance,
    escape_chance,
    home_chance,
    met_outside_chance,
    onward_chance,
    report_chance,
    taken_chance,
)
from trafficsim.processes.vocabulary import AREAS, Link, Permit, Sex, Status

SEXES, LINKS, PERMITS = len(Sex), len(Link), len(Permit)
HIGHEST_AGE = 120
"""Years that nobody outlives."""


class Highest(NamedTuple):
    """The highest chance a month that anybody can have. Most draws are above it, and then no rule need be asked."""

    death: float
    conception: float
    onward: float
    report: float
    met_outside: float
    escape: float
    home: float
    taken: float


@compiled
def highest_chances(p, openness_onward, border_openness, lever, fear_on, seller_reach):
    """What the rules give to whoever has most to hope or to fear of each."""
    death = conception = escape = onward = reach = 0.0
    for status in range(Status.FORCED_MARRIAGE.value, Status.PROTECTED.value + 1):
        conception = max(conception, conception_chance(p, status, p.fertile_from))
        for yes in (False, True):
            death = max(death, death_chance(p, status, HIGHEST_AGE, yes))
            escape = max(escape, escape_chance(p, status, 0.0, yes, 1.0, lever))
            onward = max(onward, highest_onward_chance(p, status, yes, openness_onward))
    for area in range(1, AREAS + 1):
        reach = max(reach, seller_reach[area])
    return Highest(
        death,
        conception,
        onward,
        report_chance(p, 1.0, lever, fear_on),
        met_outside_chance(p, 1.0, lever, fear_on),
        escape,
        max(home_chance(p, Sex.FEMALE, 0, border_openness), home_chance(p, Sex.MALE, 0, border_openness)),
        max(
            taken_chance(p, Sex.FEMALE, Permit.NONE, reach, lever), taken_chance(p, Sex.MALE, Permit.NONE, reach, lever)
        ),
    )


@compiled
def highest_onward_chance(p, status, has_child, openness):
    """The highest chance of onward passage over both sexes, all links, permits and areas."""
    highest = 0.0
    for sex in range(SEXES):
        for link in range(LINKS):
            for permit in range(PERMITS):
                for area in range(1, AREAS + 1):
                    chance = onward_chance(p, status, sex, link, has_child, permit, area, openness)
                    highest = max(highest, chance)
    return highest
