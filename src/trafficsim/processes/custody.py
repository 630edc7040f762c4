"""Step 8. Custody decision: a chain, each link of which policy can make or leave out.

screened -> identified -> referred -> protected; risk assessed -> found at risk -> not removed; otherwise prosecuted,
bought out, or queued for return. Under the status quo nearly nobody is screened or assessed (the letter), so the chain
falls through to the queue. Screening reaches those who serve a sentence too; once it is served they go through the rest
of the chain like everybody else, and are not tried again.
"""

from trafficsim.engine.compiling import compiled, rule, woven
from trafficsim.engine.draws import join, uniform
from trafficsim.processes.happenings import group_now, move, note, one_more, protect, take_place, tally, unit_row
from trafficsim.processes.vocabulary import Draw, Event, Permit, ServiceKind, Stage, Status, UnitKind


@rule
def screening_chance(p, lever):
    """Chance that a stay in custody includes screening for trafficking."""
    return p.screened_today + (1.0 - p.screened_today) * lever.identification


@rule
def identification_chance(p, trafficked, trust, fear_on):
    """Chance that screening recognises a person: sensitivity for the trafficked, false positives for others."""
    if not trafficked:
        return 1.0 - p.identification_specificity
    believed = trust if fear_on else p.trust_without_feedback
    return min(1.0, p.identification_sensitivity * (1.0 - p.candour * (1.0 - believed)))


@rule
def assessment_chance(p, lever):
    """Chance that a removal is preceded by a real assessment of the risk on return."""
    return min(1.0, p.assessed_today + (1.0 - p.assessed_today) * lever.non_refoulement)


@rule
def risk_found_chance(p, at_risk):
    """Chance that an assessment finds risk: sensitivity, or one minus specificity."""
    return p.assessment_sensitivity if at_risk else 1.0 - p.assessment_specificity


@rule
def referral_chance(p, serving, lever):
    """Chance a month that an identified person is referred; out of a sentence only as far as victims are not punished."""
    return p.referred_when_identified * (lever.non_punishment if serving else 1.0)


@rule
def may_be_removed(protected_from_removal, permit):
    """True unless the law bars it: a person found at risk, or who holds a lawful status, is not returned."""
    return protected_from_removal == 0 and permit != Permit.STATUS


@rule
def stay_chance(p, lever):
    """Chance that a person found at risk is granted leave to remain, rather than merely let go."""
    return max(lever.lawful_stay, p.stay_after_risk_found)


@rule
def lapse_chance(p, lever):
    """Chance a month that protection of a person who was not identified lapses: no right to stay stands behind it."""
    return p.stay_lapses_monthly if lever.lawful_stay <= 0.0 else 0.0


@rule
def prosecuted_chance(p, lever):
    """Chance that a person detained is prosecuted as an offender."""
    return p.prosecuted_in_custody * (1.0 - lever.non_punishment)


@rule
def bought_out_chance(p, corruption):
    """Chance a month to be bought out of custody.

    Accountability lowers corruption and so closes this way out as well: known, and no reason against accountability.
    """
    return p.bought_out_monthly * corruption


@rule
def removal_chance(p, effort, lever):
    """Chance a month that a person awaiting return is removed, when the origin takes people back."""
    return min(1.0, p.removed_monthly * effort * (1.0 - lever.moratorium))


@rule
def release_chance(p, lever):
    """Chance a month of release because removal is suspended by law: to go on detaining would be arbitrary."""
    return p.released_as_removal_is_barred * lever.moratorium


@compiled
def free(month, row, migrants, entries):
    """Let a person go: out of custody, with no other papers than before."""
    move(entries, migrants, row, month, Status.IN_HIDING, Event.RELEASED_FROM_CUSTODY)
    migrants.stage[row] = Stage.NONE.value
    migrants.until[row] = -1


@compiled
def decide(month, present, p, circumstances, lever, fear_on, queues_on, removal_places, stamps, migrants, brokers, units,
           services, society, entries):  # fmt: skip
    """One month of every person in custody, and of those whose bare protection may lapse; ``present`` holds both."""
    lapsing = lapse_chance(p, lever)
    for row in present:
        status = migrants.status[row]
        if status == Status.PROTECTED and migrants.identified[row] == 0:
            if uniform(migrants.key[row], stamps[Draw.PROTECTION_ENDS]) < lapsing:
                move(entries, migrants, row, month, Status.IN_HIDING, Event.PROTECTION_LAPSED)
            continue
        if status != Status.IN_CUSTODY:
            continue
        tally(entries, group_now(migrants, row, month), Event.DETAINED_MONTH, 1)
        screen(month, row, p, lever, fear_on, migrants, services, entries)
        serving = migrants.stage[row] == Stage.SENTENCED and month < migrants.until[row]
        if not serving:
            assess(month, row, p, lever, migrants, entries)
        if refer(month, row, serving, p, lever, stamps, migrants, brokers, services, society, entries) or serving:
            continue
        if migrants.stage[row] == Stage.SENTENCED:  # served: the decision on return is still to come
            migrants.stage[row] = Stage.AWAITING_RETURN.value
            migrants.until[row] = -1
        if spare_removal(month, row, p, lever, stamps, migrants, brokers, society, entries):
            continue
        if migrants.stage[row] == Stage.DETAINED:
            if uniform(migrants.key[row], stamps[Draw.PROSECUTED]) < prosecuted_chance(p, lever):
                note(entries, migrants, row, month, Event.PROSECUTED_AS_OFFENDER, 1)
                migrants.stage[row] = Stage.SENTENCED.value
                migrants.until[row] = month + int(p.sentence_in_custody)
                continue
            migrants.stage[row] = Stage.AWAITING_RETURN.value
        unit = unit_row(UnitKind.DETENTION_AND_REMOVAL, migrants.area[row])
        if uniform(migrants.key[row], stamps[Draw.BOUGHT_OUT]) < bought_out_chance(p, units.corruption[unit]):
            free(month, row, migrants, entries)
            continue
        if uniform(migrants.key[row], stamps[Draw.RELEASED_AS_REMOVAL_IS_BARRED]) < release_chance(p, lever):
            free(month, row, migrants, entries)
            continue
        if circumstances.origin_accepts_returns > 0.5 and removal_places[0] >= 1.0:
            if uniform(migrants.key[row], stamps[Draw.REMOVED]) < removal_chance(p, units.effort[unit], lever):
                if queues_on:
                    removal_places[0] -= 1.0
                remove(month, row, unit, migrants, units, society, entries)
                continue
        tally(entries, group_now(migrants, row, month), Event.AWAITING_RETURN_MONTH, 1)


@compiled
def stay_draw(migrants, row, draw):
    """One draw for a whole stay in custody, so that a longer stay is no second chance."""
    return uniform(join(migrants.key[row], migrants.status_since[row]), draw)


@woven
def screen(month, row, p, lever, fear_on, migrants, services, entries):
    """Screening, once a stay, without waiting for the person to identify herself."""
    if migrants.screened[row] == 1 or migrants.identified[row] == 1:
        return
    if stay_draw(migrants, row, Draw.SCREENED.value) >= screening_chance(p, lever):
        return
    if not take_place(services, ServiceKind.SCREENING, migrants.area[row]):
        return
    migrants.screened[row] = 1
    note(entries, migrants, row, month, Event.SCREENED, 1)
    chance = identification_chance(p, migrants.times_trafficked[row] > 0, migrants.trust[row], fear_on)
    if stay_draw(migrants, row, Draw.IDENTIFIED.value) < chance:
        migrants.identified[row] = 1
        note(entries, migrants, row, month, Event.IDENTIFIED, 1)


@woven
def assess(month, row, p, lever, migrants, entries):
    """Assessment of the risk on return, once a stay, before any removal."""
    if migrants.assessed[row] == 1 or migrants.protected_from_removal[row] == 1:
        return
    if stay_draw(migrants, row, Draw.ASSESSED.value) >= assessment_chance(p, lever):
        return
    migrants.assessed[row] = 1
    note(entries, migrants, row, month, Event.RISK_ASSESSED, 1)
    if stay_draw(migrants, row, Draw.RISK_FOUND.value) < risk_found_chance(p, migrants.at_risk[row] == 1):
        migrants.protected_from_removal[row] = 1
        note(entries, migrants, row, month, Event.RISK_FOUND, 1)


@woven
def refer(month, row, serving, p, lever, stamps, migrants, brokers, services, society, entries):
    """What follows from identification. True when the person leaves custody."""
    if migrants.identified[row] == 0:
        return False
    if uniform(migrants.key[row], stamps[Draw.REFERRED]) >= referral_chance(p, serving, lever):
        return False
    if not take_place(services, ServiceKind.SHELTER, migrants.area[row]):
        return False
    note(entries, migrants, row, month, Event.REFERRED, 1)
    protect(month, row, brokers, migrants, society, entries)
    return True


@woven
def spare_removal(month, row, p, lever, stamps, migrants, brokers, society, entries):
    """What follows where the law bars removal. True when the person leaves custody."""
    if may_be_removed(migrants.protected_from_removal[row], migrants.permit[row]):
        return False
    # Found at risk: leave to remain where the law provides it; else, or with a status already, the person is let go.
    at_risk = migrants.protected_from_removal[row] == 1
    if at_risk and uniform(migrants.key[row], stamps[Draw.STAY_GRANTED]) < stay_chance(p, lever):
        protect(month, row, brokers, migrants, society, entries)
    else:
        free(month, row, migrants, entries)
    return True


@compiled
def remove(month, row, unit, migrants, units, society, entries):
    """Carry out a removal; of a person at risk it is refoulement."""
    move(entries, migrants, row, month, Status.RETURNED_DETAINED, Event.REMOVED)
    if migrants.at_risk[row] == 1:
        note(entries, migrants, row, month, Event.REMOVED_AT_RISK, 1)
    society.removals[migrants.area[row]] += 1.0
    units.caseload[unit] += 1
    migrants.stage[row] = Stage.NONE.value
    migrants.past_returns[row] = one_more(migrants.past_returns[row])
    migrants.until[row] = -1
    migrants.permit[row] = 0
