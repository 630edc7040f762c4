"""Step 9. Return: questioning, punishment by motive and link under the regime of the year, release, leaving again.

Violence is counted and never depicted.
"""

import math

from trafficsim.engine.compiling import compiled, rule
from trafficsim.engine.draws import uniform
from trafficsim.processes.happenings import move, note
from trafficsim.processes.vocabulary import Draw, Event, Link, Motive, Status


@rule
def sentence_months(p, circumstances, past_returns, link, lever):
    """Months of detention after return: first or repeated, far longer where helpers from abroad are found."""
    months = circumstances.sentence_first_months if past_returns <= 1 else circumstances.sentence_repeat_months
    if link != Link.NONE:
        months *= p.sentence_factor_with_link
    return int(months * (1.0 - lever.origin_decriminalisation) + p.months_of_questioning)


@rule
def torture_chance(p, link, motive, lever):
    """Chance of torture or inhuman treatment on return; much higher with a link to helpers."""
    base = p.tortured_on_return
    if link != Link.NONE:
        base = p.tortured_with_link
    elif motive == Motive.PERSECUTION:
        base = 0.5 * (p.tortured_on_return + p.tortured_with_link)
    return base * (1.0 - lever.origin_decriminalisation)


@rule
def torture_later_chance(p, link, lever):
    """Chance of torture in a later month of detention: for those with a link to helpers."""
    return p.tortured_later_monthly * (1.0 - lever.origin_decriminalisation) if link != Link.NONE else 0.0


@rule
def forced_abortion_chance(p, lever):
    """Chance that a pregnancy is ended by force on return."""
    return p.forced_abortion_on_return * (1.0 - lever.origin_decriminalisation)


@rule
def punished_as_linked_chance(link, lever):
    """Chance that a link to helpers is punished on return: certain, as long as leaving is punished at all."""
    return 1.0 - lever.origin_decriminalisation if link != Link.NONE else 0.0


@rule
def most_who_leave_again(p, pressure):
    """What the chance to leave again cannot exceed, whoever it is."""
    return p.leaves_again_monthly * pressure + p.returns_for_child_monthly


@rule
def leave_again_chance(p, months_since, has_child, pressure, family_on):
    """Chance a month to mean to leave again; a child left behind draws back, time settles."""
    settled = math.exp(-months_since / p.months_to_settle)
    base = p.leaves_again_monthly * settled * pressure
    if has_child and family_on:
        base += p.returns_for_child_monthly
    return min(1.0, base)


@compiled
def receive_returned(month, row, p, circumstances, lever, stamps, migrants, entries):
    """The first month after a forced return."""
    key = migrants.key[row]
    link = migrants.link[row]
    migrants.area[row] = 0
    if uniform(key, stamps[Draw.TORTURED]) < torture_chance(p, link, migrants.motive[row], lever):
        note(entries, migrants, row, month, Event.TORTURED, 1)
    if migrants.due[row] >= 0:
        if uniform(key, stamps[Draw.FORCED_ABORTION]) < forced_abortion_chance(p, lever):
            note(entries, migrants, row, month, Event.FORCED_ABORTION, 1)
        migrants.due[row] = -1
    if uniform(key, stamps[Draw.PUNISHED_AS_LINKED]) < punished_as_linked_chance(link, lever):
        note(entries, migrants, row, month, Event.PUNISHED_AS_LINKED, 1)
    migrants.until[row] = month + sentence_months(p, circumstances, migrants.past_returns[row], link, lever)


@compiled
def live_after_return(month, present, p, circumstances, lever, family_on, stamps, migrants, entries):
    """One month of everybody detained or released at origin after a return, forced or not."""
    pressure = circumstances.departure_pressure / p.usual_pressure
    most = most_who_leave_again(p, pressure)
    for row in present:
        key = migrants.key[row]
        if migrants.status[row] == Status.RETURNED_DETAINED:
            if migrants.until[row] < 0:
                receive_returned(month, row, p, circumstances, lever, stamps, migrants, entries)
            elif uniform(key, stamps[Draw.TORTURED_LATER]) < torture_later_chance(p, migrants.link[row], lever):
                note(entries, migrants, row, month, Event.TORTURED_LATER, 1)
            if uniform(key, stamps[Draw.DIES_DETAINED]) < p.dies_in_detention_monthly:
                move(entries, migrants, row, month, Status.DEAD, Event.DIED_IN_DETENTION)
            elif month >= migrants.until[row]:
                migrants.until[row] = -1
                move(entries, migrants, row, month, Status.RETURNED_RELEASED, Event.RELEASED_AT_ORIGIN)
            continue
        if migrants.intends[row] == 1:
            continue
        draw = uniform(key, stamps[Draw.LEAVES_AGAIN])
        if draw >= most:
            continue  # spares most lives the exponential
        has_child = migrants.children[row] > 0
        months_since = month - migrants.status_since[row]
        if draw < leave_again_chance(p, months_since, has_child, pressure, family_on):
            migrants.intends[row] = 1
            note(entries, migrants, row, month, Event.LEFT_AGAIN, 1)
            if has_child and family_on:
                migrants.motive[row] = Motive.FAMILY.value
                note(entries, migrants, row, month, Event.LEFT_AGAIN_FOR_CHILD, 1)
            elif migrants.motive[row] >= Motive.DECEPTION:
                migrants.motive[row] = Motive.WORK_OR_TRADE.value
            if migrants.link[row] == Link.NONE and migrants.past_returns[row] > 0:
                # Return hardens intent: more of those who leave again do so with helpers (E-I03).
                if uniform(key, stamps[Draw.LINK_AFTER_RETURN]) < p.linked_after_return:
                    migrants.link[row] = Link.THIRD_COUNTRY.value
