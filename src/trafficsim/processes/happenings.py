"""How something happens to a person: counted, noted on the life's path, and marked for the comparison of fates."""

import numpy as np

from trafficsim.engine.compiling import compiled, rule, woven
from trafficsim.engine.draws import join, word
from trafficsim.engine.ledger import ROOM_FOR_DEPARTURE, add, count
from trafficsim.processes.vocabulary import (
    AGE_BAND_STARTS,
    AREAS,
    AgeBand,
    Departure,
    Event,
    Mark,
    Motive,
    Purpose,
    Sex,
    Stage,
    Status,
)

_LOW_32_BITS = 0xFFFFFFFF
PURPOSES, SEXES, AGE_BANDS = len(Purpose), len(Sex), len(AgeBand)
MOST_COUNTED = 100
"""Where the counters of a life stop: they are kept in 8 bits."""

_, _FROM_12, _FROM_18, _FROM_30, _FROM_40 = AGE_BAND_STARTS

# Marks are bits in a column: one look-up instead of a chain of ifs.
MARK_OF_EVENT = np.zeros(len(Event), np.uint16)
for _event, _mark in (
    (Event.REMOVED, Mark.REMOVED),
    (Event.PROTECTED, Mark.PROTECTED),
    (Event.TRAFFICKED, Mark.TRAFFICKED),
    (Event.TRAFFICKED_AGAIN, Mark.TRAFFICKED_AGAIN),
    (Event.TORTURED, Mark.TORTURED),
    (Event.FORCED_ABORTION, Mark.FORCED_ABORTION),
    (Event.WENT_TO_THIRD_COUNTRY, Mark.REACHED_THIRD_COUNTRY),
    (Event.PROSECUTED_AS_OFFENDER, Mark.PROSECUTED),
    (Event.IDENTIFIED, Mark.IDENTIFIED),
    (Event.IDENTIFIED_OUTSIDE_CUSTODY, Mark.IDENTIFIED),
):
    MARK_OF_EVENT[_event] = _mark


@rule
def age_in_years(month, birth_month):
    """Whole years of age."""
    return (month - birth_month) // 12


@rule
def age_band(years):
    """The age band that results are grouped by."""
    # A sum, for ages come in no order that a processor could foresee.
    return (years >= _FROM_12) + (years >= _FROM_18) + (years >= _FROM_30) + (years >= _FROM_40)


@rule
def departure_of(motive):
    """How a journey with this motive began: by the person's own decision, or by deception or abduction."""
    return Departure.OWN_DECISION + (motive >= Motive.DECEPTION)


@rule
def group_of(area, purpose, sex, band, departure):
    """The number of the group that results are counted by: area, purpose, sex, age band and mode of departure in one."""
    return (((area * PURPOSES + purpose) * SEXES + sex) * AGE_BANDS + band) * ROOM_FOR_DEPARTURE + departure


@rule
def is_exploited(status):
    """True in the four statuses of exploitation."""
    return Status.FORCED_MARRIAGE <= status <= Status.DOMESTIC_SERVITUDE


@rule
def is_in_host_country(status):
    """True wherever a person stands on the host country's soil, custody and protection included."""
    return Status.IN_TRANSIT <= status <= Status.PROTECTED


@rule
def group_of_area(area):
    """The group of what happens in an area to nobody whose purpose, sex or age is counted, such as a broker."""
    return group_of(area, 0, 0, 0, 0)


@woven
def group_now(migrants, row, month):
    """The group of the migrant in ``row`` this month."""
    band = age_band(age_in_years(month, migrants.birth_month[row]))
    departure = departure_of(migrants.motive[row])
    return group_of(migrants.area[row], migrants.purpose[row], migrants.sex[row], band, departure)


@compiled
def note(entries, migrants, row, month, event, amount):
    """Count ``amount`` of ``event`` for the migrant in ``row`` and put it on that life's path."""
    migrants.path[row] = word(join(join(migrants.path[row], event), month)) & word(_LOW_32_BITS)
    migrants.marks[row] |= MARK_OF_EVENT[event]
    count(entries, month, event, group_now(migrants, row, month), migrants.key[row], amount)


@woven
def tally(entries, group, event, amount):
    """Count a month lived in a state by a person of ``group``: it follows from the path, so it leaves no trace on it."""
    add(entries, event, group, amount)


@compiled
def move(entries, migrants, row, month, status, event):
    """Let ``event`` bring the migrant in ``row`` into ``status``: the only way that a status ever changes."""
    note(entries, migrants, row, month, event, 1)
    entries.moves[event, migrants.status[row], status] += 1
    migrants.status[row] = status
    migrants.status_since[row] = month


@compiled
def leave_holder(brokers, migrants, row):
    """End the hold of a broker or household on the migrant in ``row``."""
    holder = migrants.holder[row]
    if migrants.status[row] == Status.HELD_BY_BROKERS and holder >= 0:
        brokers.caseload[holder] -= 1
    migrants.holder[row] = -1


@rule
def one_more(count):
    """One more, up to what a small column holds."""
    return min(count + 1, MOST_COUNTED)


@rule
def area_weight(slope, area, areas):
    """Weight of an area where the first of ``areas`` has most and the last least; the mean over areas is 1."""
    return 1.0 + slope * (areas + 1 - 2 * area) / areas


@compiled
def append_row(table):
    """Claim the next row of a table whose capacity was checked before the month began."""
    row = table.size[0]
    table.size[0] = row + 1
    return row


@rule
def purpose_of(status):
    """The purpose that a status of exploitation stands for."""
    return status - Status.FORCED_MARRIAGE + Purpose.FORCED_MARRIAGE.value


@rule
def status_of(purpose):
    """The status of exploitation that a purpose leads to."""
    return purpose - Purpose.FORCED_MARRIAGE + Status.FORCED_MARRIAGE.value


@rule
def unit_row(kind, area):
    """Row of the enforcement unit of a kind in an area; area 0 stands for the border as a whole."""
    return kind * (AREAS + 1) + area


@rule
def service_row(kind, area):
    """Row of the protection service of a kind in an area (1 to 6)."""
    return kind * AREAS + area - 1


@compiled
def take_place(services, kind, area):
    """Take a free place of a service, or queue: True when there was one."""
    row = service_row(kind, area)
    if services.places[row] >= 1.0:
        services.places[row] -= 1.0
        services.served[row] += 1
        return True
    services.queue[row] += 1
    return False


@compiled
def take_into_custody(month, row, brokers, migrants, entries, event):
    """A person falls into the hands of the host country's authorities: a new chain of decisions begins."""
    leave_holder(brokers, migrants, row)
    move(entries, migrants, row, month, Status.IN_CUSTODY, event)
    migrants.stage[row] = Stage.DETAINED.value
    migrants.screened[row] = 0
    migrants.assessed[row] = 0


@compiled
def protect(month, row, brokers, migrants, society, entries):
    """Take a person under protection, with leave to remain."""
    leave_holder(brokers, migrants, row)
    migrants.stage[row] = Stage.NONE.value
    migrants.until[row] = -1
    move(entries, migrants, row, month, Status.PROTECTED, Event.PROTECTED)
    society.protections[migrants.area[row]] += 1.0
