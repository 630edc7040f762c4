"""Step 4. Brokerage: after the border, custody of a person passes along a network of brokers until it is offered for sale.

Brokers stand in fixed seats, one block of seats for each area and role; a seat whose broker has left is inactive until
somebody takes it over. A person is met by the first active seat after a keyed one, so that one broker more or less
changes few other meetings.
"""

from trafficsim.engine.compiling import compiled, rule
from trafficsim.engine.draws import join, uniform
from trafficsim.processes.happenings import leave_holder, move, note, take_into_custody
from trafficsim.processes.vocabulary import Draw, Event, Motive, Role, Sex, Status, Stream

ROLES = len(Role)


@rule
def reach(p, activity):
    """How far brokers reach at an ``activity`` relative to the usual: it saturates, for few brokers meet many arrivals."""
    return activity / (activity + p.activity_half_point) * (1.0 + p.activity_half_point)


@rule
def taken_chance(p, lever, sex, motive, guided, seller_activity):
    """Chance that a new arrival falls into the hands of brokers who sell people."""
    if motive >= Motive.DECEPTION:
        return 1.0
    if sex == Sex.FEMALE:
        chance = p.taken_when_guided_women if guided else p.taken_alone_women
    else:
        chance = p.taken_when_guided_men if guided else p.taken_alone_men
    return min(1.0, chance * reach(p, seller_activity) * (1.0 - p.prevention_effect_on_taking * lever.prevention))


@rule
def first_seat(area, role, seats):
    """Row of the first seat of this area and role."""
    return ((area - 1) * ROLES + role) * seats


@compiled
def seat_first(seed, areas, seats, active_share, from_origin_share, brokers):
    """Fill the seats before the first month; each broker is tied to the one in the same seat of the next role."""
    stream = join(seed, Stream.FIRST_BROKERS)
    for row in range(brokers.size[0]):
        key = join(stream, row)
        brokers.key[row] = key
        brokers.area[row] = row // (ROLES * seats) + 1
        brokers.role[row] = row // seats % ROLES
        works = brokers.area[row] <= areas and uniform(key, Draw.FIRST_SEAT_ACTIVE.value) < active_share
        brokers.active[row] = 1 if works else 0
        brokers.from_origin[row] = 1 if uniform(key, Draw.BROKER_FROM_ORIGIN.value) < from_origin_share else 0
        if brokers.role[row] != Role.SELLER:
            brokers.partner[row] = row + seats


@compiled
def meet_broker(key, stamp, area, role, seats, brokers):
    """Row of the broker of this area and role whom this life meets, -1 when none is active."""
    first = first_seat(area, role, seats)
    start = int(uniform(key, stamp) * seats)
    for step in range(seats):
        row = first + (start + step) % seats
        if brokers.active[row] == 1:
            return row
    return -1


@compiled
def take_in(month, row, area, seats, stamps, migrants, brokers, entries):
    """Give the arrival in ``row`` to a transporter of the area, or let it go where none works."""
    broker = meet_broker(migrants.key[row], stamps[Draw.BROKER_PICK], area, Role.TRANSPORTER, seats, brokers)
    if broker < 0:
        return False
    migrants.holder[row] = broker
    brokers.caseload[broker] += 1
    move(entries, migrants, row, month, Status.HELD_BY_BROKERS, Event.TAKEN_BY_BROKERS)
    return True


@compiled
def pass_along(month, present, p, lever, spared, seats, seller_activity, stamps, migrants, brokers, entries):
    """Arrivals are taken or go into hiding; those held escape, are freed, or pass to the next in the network.

    ``present`` holds the rows of those in transit or held by brokers.
    """
    for row in present:
        status = migrants.status[row]
        key, area = migrants.key[row], migrants.area[row]
        if status == Status.IN_TRANSIT:
            if migrants.status_since[row] == month:
                continue
            chance = taken_chance(
                p, lever, migrants.sex[row], migrants.motive[row], migrants.guided[row] == 1, seller_activity[area]
            )
            taken = uniform(key, stamps[Draw.TAKEN_BY_BROKERS]) < chance
            if not (taken and take_in(month, row, area, seats, stamps, migrants, brokers, entries)):
                move(entries, migrants, row, month, Status.IN_HIDING, Event.WENT_INTO_HIDING)
            continue
        holder = migrants.holder[row]
        if brokers.active[holder] == 0:
            found = uniform(key, stamps[Draw.FOUND_WHEN_BROKER_GONE]) < p.found_when_broker_gone
            if found and uniform(key, stamps[Draw.SPARED_WHEN_BROKER_GONE]) >= spared:
                take_into_custody(month, row, brokers, migrants, entries, Event.FOUND_WHEN_BROKER_GONE)
            else:
                leave_holder(brokers, migrants, row)
                move(entries, migrants, row, month, Status.IN_HIDING, Event.FREED_WHEN_BROKER_GONE)
            continue
        if uniform(key, stamps[Draw.ESCAPES_BROKERS]) < p.escapes_brokers_monthly:
            leave_holder(brokers, migrants, row)
            move(entries, migrants, row, month, Status.IN_HIDING, Event.ESCAPED_BROKERS)
            continue
        partner = brokers.partner[holder]
        if brokers.role[holder] != Role.SELLER and partner >= 0 and brokers.active[partner] == 1:
            if uniform(key, stamps[Draw.PASSED_ALONG]) < p.passed_along_monthly:
                brokers.caseload[holder] -= 1
                brokers.caseload[partner] += 1
                migrants.holder[row] = partner
                note(entries, migrants, row, month, Event.PASSED_ALONG, 1)
