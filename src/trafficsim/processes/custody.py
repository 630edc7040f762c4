"""Step 8. Custody decision: a chain, each link of which policy can make or leave out.

screened -> identified -> referred -> protected; risk assessed -> found at risk -> not removed; otherwise prosecuted,
bought out, or queued for return. Under the status quo nearly nobody is screened or assessed (the letter), so the chain
falls through to the queue.
"""

from trafficsim.engine.compiling import compiled, rule
from trafficsim.engine.draws import uniform
from trafficsim.processes.happenings import move, note, tally, unit_row
from trafficsim.processes.life import protect
from trafficsim.processes.vocabulary import Draw, Event, Stage, Status, UnitKind


@rule
def screening_chance(p, lever):
    """Chance a month in custody to be screened as a possible victim of trafficking."""
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
def removal_chance(p, effort, lever):
    """Chance a month that a person awaiting return is removed, when the origin takes people back."""
    return min(1.0, p.removed_monthly * effort * (1.0 - lever.moratorium))


@compiled
def free(month, row, migrants, entries):
    """Let a person go: out of custody, without status."""
    move(entries, migrants, row, month, Status.IN_HIDING, Event.RELEASED_FROM_CUSTODY)
    migrants.stage[row] = Stage.NONE.value
    migrants.until[row] = -1


@compiled
def decide(month, rows, p, circumstances, lever, fear_on, queues_on, screening_places, shelter_places,
           removal_places, stamps, migrants, brokers, units, society, entries):  # fmt: skip
    """One month of every person in custody."""
    for row in range(rows):
        if migrants.status[row] != Status.IN_CUSTODY:
            continue
        key, area = migrants.key[row], migrants.area[row]
        tally(entries, migrants, row, month, Event.DETAINED_MONTH, 1)
        if migrants.stage[row] == Stage.SENTENCED:
            if month < migrants.until[row]:
                continue
            migrants.stage[row] = Stage.DETAINED.value
        trafficked = migrants.times_trafficked[row] > 0
        if migrants.identified[row] == 0 and screening_places[0] >= 1.0:
            if uniform(key, stamps[Draw.SCREENED]) < screening_chance(p, lever):
                if queues_on:
                    screening_places[0] -= 1.0
                note(entries, migrants, row, month, Event.SCREENED, 1)
                if uniform(key, stamps[Draw.IDENTIFIED]) < identification_chance(
                    p, trafficked, migrants.trust[row], fear_on
                ):
                    migrants.identified[row] = 1
                    note(entries, migrants, row, month, Event.IDENTIFIED, 1)
        if migrants.protected_from_removal[row] == 0:
            if uniform(key, stamps[Draw.ASSESSED]) < assessment_chance(p, lever):
                note(entries, migrants, row, month, Event.RISK_ASSESSED, 1)
                if uniform(key, stamps[Draw.RISK_FOUND]) < risk_found_chance(p, migrants.at_risk[row] == 1):
                    migrants.protected_from_removal[row] = 1
                    note(entries, migrants, row, month, Event.RISK_FOUND, 1)
        if migrants.identified[row] == 1 and shelter_places[area] >= 1.0:
            if uniform(key, stamps[Draw.REFERRED]) < p.referred_when_identified:
                if queues_on:
                    shelter_places[area] -= 1.0
                note(entries, migrants, row, month, Event.REFERRED, 1)
                protect(month, row, brokers, migrants, society, entries, Event.IDENTIFIED)
                continue
        if migrants.protected_from_removal[row] == 1:
            # Found at risk: stay is granted where the law provides it, else the person is merely let go.
            if uniform(key, stamps[Draw.STAY_GRANTED]) < max(lever.lawful_stay, p.stay_after_risk_found):
                migrants.stage[row] = Stage.NONE.value
                move(entries, migrants, row, month, Status.PROTECTED, Event.PROTECTED)
                society.protections[area] += 1.0
            else:
                free(month, row, migrants, entries)
            continue
        if migrants.stage[row] == Stage.DETAINED:
            if uniform(key, stamps[Draw.PROSECUTED]) < p.prosecuted_in_custody * (1.0 - lever.non_punishment):
                note(entries, migrants, row, month, Event.PROSECUTED_AS_OFFENDER, 1)
                migrants.stage[row] = Stage.SENTENCED.value
                migrants.until[row] = month + int(p.sentence_in_custody)
                continue
            migrants.stage[row] = Stage.AWAITING_RETURN.value
        if (
            uniform(key, stamps[Draw.BOUGHT_OUT])
            < p.bought_out_monthly * units.corruption[unit_row(UnitKind.DETENTION_AND_REMOVAL, area)]
        ):
            free(month, row, migrants, entries)
            continue
        if circumstances.origin_accepts_returns > 0.5 and removal_places[0] >= 1.0:
            if uniform(key, stamps[Draw.REMOVED]) < removal_chance(
                p, units.effort[unit_row(UnitKind.DETENTION_AND_REMOVAL, area)], lever
            ):
                if queues_on:
                    removal_places[0] -= 1.0
                remove(month, row, migrants, units, society, entries)
                continue
        tally(entries, migrants, row, month, Event.AWAITING_RETURN_MONTH, 1)
    for row in range(rows):
        if migrants.status[row] == Status.PROTECTED and migrants.identified[row] == 0:
            if (
                lever.lawful_stay <= 0.0
                and uniform(migrants.key[row], stamps[Draw.PROTECTION_ENDS]) < p.stay_lapses_monthly
            ):
                move(entries, migrants, row, month, Status.IN_HIDING, Event.RELEASED_FROM_CUSTODY)


@compiled
def remove(month, row, migrants, units, society, entries):
    """Carry out a removal; of a person at risk it is refoulement."""
    note(entries, migrants, row, month, Event.REMOVED, 1)
    if migrants.at_risk[row] == 1:
        note(entries, migrants, row, month, Event.REMOVED_AT_RISK, 1)
    society.removals[migrants.area[row]] += 1.0
    units.caseload[unit_row(UnitKind.DETENTION_AND_REMOVAL, migrants.area[row])] += 1
    migrants.status[row] = Status.RETURNED_DETAINED.value
    migrants.status_since[row] = month
    migrants.stage[row] = Stage.NONE.value
    migrants.past_returns[row] = min(migrants.past_returns[row] + 1, 100)
    migrants.until[row] = -1
    migrants.permit[row] = 0
