"""The reference process on trafficsim's engine: a rule of one life, a compiled loop over rows, luck by life and event."""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers.process import DEPARTURE, ESCAPE, GOING_HOME, IDENTIFICATION, RELEASE, REMOVAL, Status, places
from trafficsim.engine.compiling import compiled, rule
from trafficsim.engine.draws import fill_stamps, join, uniform
from trafficsim.engine.tables import Column, TableDeclaration


class Draw(IntEnum):
    """What luck decides."""

    DEPARTURE = 0
    MARKET = 1
    IDENTIFICATION = 2
    ESCAPE = 3
    REMOVAL = 4
    RELEASE = 5
    GOING_HOME = 6


PEOPLE = TableDeclaration(
    "ReferencePeople",
    [
        Column("key", np.uint64, "", "name of the life, by which it draws"),
        Column("status", np.int8, "", "where it stands", Status.AT_ORIGIN, Status),
    ],
)


@rule
def next_status(status, key, stamps, removal):
    """Where someone stands after a month; whoever is on offer waits for the market."""
    if status == Status.AT_ORIGIN.value and uniform(key, stamps[Draw.DEPARTURE.value]) < DEPARTURE:
        return Status.ON_OFFER.value
    if status == Status.EXPLOITED.value:
        if uniform(key, stamps[Draw.IDENTIFICATION.value]) < IDENTIFICATION:
            return Status.IN_CUSTODY.value
        if uniform(key, stamps[Draw.ESCAPE.value]) < ESCAPE:
            return Status.PROTECTED.value
    if status == Status.IN_CUSTODY.value:
        if uniform(key, stamps[Draw.REMOVAL.value]) < removal:
            return Status.AT_ORIGIN.value
        if uniform(key, stamps[Draw.RELEASE.value]) < RELEASE:
            return Status.PROTECTED.value
    if status == Status.PROTECTED.value and uniform(key, stamps[Draw.GOING_HOME.value]) < GOING_HOME:
        return Status.AT_ORIGIN.value
    return status


@compiled
def name_lives(people, seed):
    """Give each life its name."""
    for row in range(people.size[0]):
        people.key[row] = join(seed, row)


@compiled
def candidates(people, stamps, ranks, rows):
    """Write who is on offer, and their rank in the market, and return how many these are."""
    found = 0
    for row in range(people.size[0]):
        if people.status[row] == Status.ON_OFFER.value:
            ranks[found] = uniform(people.key[row], stamps[Draw.MARKET.value])
            rows[found] = row
            found += 1
    return found


@compiled
def live(people, stamps, removal, stocks):
    """Take everyone through a month, and count."""
    for row in range(people.size[0]):
        people.status[row] = next_status(people.status[row], people.key[row], stamps, removal)
        stocks[people.status[row]] += 1


def simulate(size: int, months: int, seed: int, arm: str) -> NDArray[np.int64]:
    """Return the stocks at the start and after each month; shape (months + 1, 5)."""
    people = PEOPLE.allocate(size)
    people.size[0] = size
    name_lives(people, seed)
    stamps, ranks, rows = np.zeros(len(Draw), np.uint64), np.empty(size), np.empty(size, np.int64)
    stocks = np.zeros((months + 1, len(Status)), np.int64)
    stocks[0, Status.AT_ORIGIN] = size
    for month in range(months):
        fill_stamps(stamps, seed, month)
        found, wanted = candidates(people, stamps, ranks, rows), places(size)
        taken = rows[:found] if found <= wanted else rows[np.argpartition(ranks[:found], wanted)[:wanted]]
        live(people, stamps, REMOVAL[arm], stocks[month + 1])
        people.status[taken] = Status.EXPLOITED
        stocks[month + 1, Status.ON_OFFER] -= len(taken)
        stocks[month + 1, Status.EXPLOITED] += len(taken)
    return stocks
