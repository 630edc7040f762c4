"""Step 3. Crossing: one aggregate hazard, alone or with a broker; death and arrest on either side are possible.

No places, routes or methods: only how open the border is and how hard guards work.
"""

import math

from trafficsim.engine.compiling import compiled, rule
from trafficsim.engine.draws import uniform
from trafficsim.processes.happenings import area_weight, move, note, take_into_custody, unit_row
from trafficsim.processes.vocabulary import CrossingOutcome, Draw, Event, Motive, Status, UnitKind


@rule
def border_openness(p, circumstances, lever):
    """How open the border is: the dated series, less what policy closes, or what policy opens again."""
    return max(
        circumstances.border_openness * (1.0 - lever.border_closure), p.reopened_openness * lever.border_reopening
    )


@rule
def needs_broker(p, motive, guard_effort, pressure_on):
    """Chance of crossing with a broker: certain for the deceived and abducted, rising with policing on both sides for others."""
    if motive >= Motive.DECEPTION:
        return 1.0
    pressure = guard_effort - 1.0 if pressure_on else 0.0
    return min(1.0, max(0.0, p.guided_share * math.exp(p.broker_dependence_on_effort * pressure)))


@rule
def attempt_chance(p, openness, hardship):
    """Chance that a person who means to leave tries this month."""
    return min(1.0, p.attempt_monthly * openness * (0.5 + hardship))


@rule
def crossing_outcome(p, guided, origin_effort, origin_corruption, host_effort, draw):
    """What an attempt comes to (CrossingOutcome), from one draw."""
    death = p.death_crossing
    origin_arrest = p.arrest_origin_border * origin_effort * ((1.0 - origin_corruption) if guided else 1.0)
    host_arrest = p.arrest_host_border * host_effort
    if draw < death:
        return CrossingOutcome.DIED.value
    if draw < death + origin_arrest:
        return CrossingOutcome.ARRESTED_AT_ORIGIN.value
    if draw < death + origin_arrest + host_arrest:
        return CrossingOutcome.ARRESTED_AT_HOST.value
    return CrossingOutcome.CROSSED.value


@rule
def let_pass_chance(lever):
    """Chance that guards on the origin side let a person go whom they have met, since leaving is no longer punished."""
    return lever.origin_decriminalisation


@rule
def arrival_area(p, draw):
    """Area reached, A being 1; weights fall evenly from the first area of the corridor to the last."""
    total = 0.0
    areas = int(p.areas)
    for area in range(1, areas + 1):
        total += area_weight(p.area_slope, area, areas)
        if draw * areas < total:
            return area
    return areas


@compiled
def cross(month, leaving, p, openness, lever, spared, pressure_on, stamps, migrants, brokers, units, entries):
    """Let those who mean to leave, the rows of ``leaving``, try; the border's units set the risks.

    Whoever is met by guards and neither arrested nor detained goes on into the host country.
    """
    origin, host = unit_row(UnitKind.ORIGIN_BORDER_GUARD, 0), unit_row(UnitKind.HOST_BORDER_GUARD, 0)
    origin_effort, origin_corruption, host_effort = units.effort[origin], units.corruption[origin], units.effort[host]
    effort = 0.5 * (origin_effort + host_effort)
    for row in leaving:
        key = migrants.key[row]
        if uniform(key, stamps[Draw.ATTEMPTS_CROSSING]) >= attempt_chance(p, openness, migrants.hardship[row]):
            if uniform(key, stamps[Draw.DESISTS]) < p.desists_monthly:
                migrants.intends[row] = 0
                note(entries, migrants, row, month, Event.DESISTED, 1)
            continue
        broker_chance = needs_broker(p, migrants.motive[row], effort, pressure_on)
        guided = uniform(key, stamps[Draw.SEEKS_BROKER]) < broker_chance
        migrants.intends[row] = 0
        migrants.guided[row] = 1 if guided else 0
        outcome = crossing_outcome(
            p, guided, origin_effort, origin_corruption, host_effort, uniform(key, stamps[Draw.CROSSING_OUTCOME])
        )
        if outcome == CrossingOutcome.DIED:
            move(entries, migrants, row, month, Status.DEAD, Event.DIED_CROSSING)
            continue
        if outcome == CrossingOutcome.ARRESTED_AT_ORIGIN:
            if uniform(key, stamps[Draw.LET_PASS_AT_ORIGIN]) >= let_pass_chance(lever):
                move(entries, migrants, row, month, Status.RETURNED_DETAINED, Event.ARRESTED_AT_ORIGIN_BORDER)
                migrants.until[row] = month + int(p.detention_after_origin_arrest)
                continue
        migrants.area[row] = arrival_area(p, uniform(key, stamps[Draw.ARRIVAL_AREA]))
        if outcome == CrossingOutcome.ARRESTED_AT_HOST:
            if uniform(key, stamps[Draw.SPARED_AT_BORDER]) >= spared:
                take_into_custody(month, row, brokers, migrants, entries, Event.ARRESTED_AT_HOST_BORDER)
                continue
        move(entries, migrants, row, month, Status.IN_TRANSIT, Event.CROSSED)
