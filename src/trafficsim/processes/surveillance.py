"""Step 7. Surveillance: from 2020 the temporary residence permit, taken out of fear, which exposes and does not protect.

Counts intrusion (phones screened, messages, pictures) as a harm to privacy. Detection is one aggregate hazard: nothing
here says how to find or to hide a person, and no optimiser over it exists.
"""

from trafficsim.engine.compiling import compiled, rule, woven
from trafficsim.engine.draws import uniform
from trafficsim.processes.happenings import (
    area_weight,
    group_now,
    is_exploited,
    note,
    take_into_custody,
    tally,
    unit_row,
)
from trafficsim.processes.vocabulary import Draw, Event, Permit, Sex, Status, UnitKind

PERMITS = len(Permit)


@rule
def takes_permit_chance(p, scheme, surveillance, in_marriage, has_child, trust, fear_on):
    """Chance a month to register, out of fear of removal rather than for any benefit."""
    believed = trust if fear_on else p.trust_without_feedback
    eligible = 1.0 if in_marriage or has_child else p.permit_reach_outside_marriage
    return p.takes_permit_monthly * scheme * surveillance * eligible * (0.5 + (1.0 - believed))


@rule
def permit_becomes_status_chance(p, lever):
    """Chance a month that a person is given the lawful status."""
    return p.permit_becomes_status_monthly * lever.permit_as_status


@rule
def campaign_strength(p, circumstances, lever):
    """Strength of the campaign of removal: the dated series, and what policy adds to it."""
    return circumstances.removal_campaign * (1.0 + p.enforcement_lever_effect * lever.removal_enforcement)


@rule
def detection_chance(
    p, status, permit, compliance, campaign, effort, effort_share, weight, firewall, origin_takes_back
):
    """Chance a month to be found by police; a household that complies with surveillance rather hands a person over.

    ``weight`` is the area's: areas nearer the border are policed more.
    """
    base = p.detected_monthly * campaign * effort * effort_share * weight
    if is_exploited(status):
        base *= p.detection_in_household * (0.5 + compliance)
    if permit == Permit.SURVEILLANCE:
        # The register feeds the list of removals unless its data may not be used for that, which never exposes more.
        base *= p.permit_exposure * (1.0 - firewall) + min(p.permit_exposure, p.permit_assurance) * firewall
    elif permit == Permit.STATUS:
        base *= p.detection_with_status
    if origin_takes_back < 0.5:
        base *= p.detection_while_returns_are_blocked
    return min(1.0, base)


@rule
def spared_chance(p, lever):
    """Chance that a person found without papers is not detained at all, under lawful stay and non-punishment.

    It holds wherever authorities of the host country come upon a person: at the border, when a broker is gone, on a
    journey that was noticed, on a report, or in a search. Each has a draw of its own.
    """
    return 1.0 - (1.0 - p.spared_by_non_punishment * lever.non_punishment) * (
        1.0 - p.spared_by_stay * lever.lawful_stay
    )


@woven
def effort_share(p, units, police, watched):
    """Share of the effort of a police unit that bears on a person."""
    finds = 1.0 if watched else p.surveillance_finds_others
    return units.share_removal[police] + units.share_surveillance[police] * finds


@compiled
def highest_detection_chance(areas, p, circumstances, campaign, scheme, lever, units):
    """The highest chance of being found that anybody has this month; a draw above it asks no further."""
    highest = 0.0
    for area in range(1, areas + 1):
        police = unit_row(UnitKind.LOCAL_POLICE, area)
        weight = area_weight(p.policing_area_slope, area, areas)
        for permit in range(PERMITS):
            share = effort_share(p, units, police, permit == Permit.SURVEILLANCE and scheme > 0.0)
            for status in (Status.FORCED_MARRIAGE.value, Status.IN_HIDING.value):
                chance = detection_chance(
                    p, status, permit, 1.0, campaign, units.effort[police], share, weight, lever.data_firewall,
                    circumstances.origin_accepts_returns,
                )  # fmt: skip
                highest = max(highest, chance)
    return highest


@compiled
def watch(month, present, areas, p, circumstances, lever, spared, fear_on, stamps, migrants, brokers, units, society,
          entries):  # fmt: skip
    """Permits, checks and detection of everybody outside custody in the host country."""
    scheme = circumstances.permit_scheme * lever.permit_surveillance
    campaign = campaign_strength(p, circumstances, lever)
    becoming = permit_becomes_status_chance(p, lever)
    highest_taking = takes_permit_chance(
        p, circumstances.permit_scheme, lever.permit_surveillance, True, True, 0.0, fear_on
    )
    highest = highest_detection_chance(areas, p, circumstances, campaign, scheme, lever, units)
    for row in present:
        status = migrants.status[row]
        exploited = is_exploited(status)
        if not exploited and status != Status.IN_HIDING:
            continue
        key = migrants.key[row]
        permit = migrants.permit[row]
        if permit == Permit.NONE and scheme > 0.0:
            draw = uniform(key, stamps[Draw.TAKES_PERMIT])
            if draw < highest_taking and migrants.sex[row] == Sex.FEMALE and draw < takes_permit_chance(
                p, circumstances.permit_scheme, lever.permit_surveillance, status == Status.FORCED_MARRIAGE,
                migrants.children[row] > 0, migrants.trust[row], fear_on,
            ):  # fmt: skip
                permit = Permit.SURVEILLANCE.value
                migrants.permit[row] = permit
                note(entries, migrants, row, month, Event.PERMIT_TAKEN_UNDER_COERCION, 1)
        if permit != Permit.STATUS and becoming > 0.0:
            if uniform(key, stamps[Draw.PERMIT_BECOMES_STATUS]) < becoming:
                permit = Permit.STATUS.value
                migrants.permit[row] = permit
                note(entries, migrants, row, month, Event.PERMIT_BECAME_STATUS, 1)
        watched = permit == Permit.SURVEILLANCE and scheme > 0.0
        draw = uniform(key, stamps[Draw.DETECTED])
        if not watched and draw >= highest:
            continue
        compliance = migrants.compliance[row] if exploited else 0.0
        if watched:
            # Two or three checks a month in the letter: the fraction is drawn.
            checks = int(p.phone_checks_monthly * lever.permit_surveillance + uniform(key, stamps[Draw.PHONE]))
            group = group_now(migrants, row, month)
            tally(entries, group, Event.PHONE_SCREENED, checks)
            tally(entries, group, Event.MESSAGE_SENT, int(p.messages_monthly))
            if status == Status.FORCED_MARRIAGE and uniform(key, stamps[Draw.PICTURE]) < compliance:
                tally(entries, group, Event.PICTURE_SENT, int(p.pictures_monthly))
        area = migrants.area[row]
        police = unit_row(UnitKind.LOCAL_POLICE, area)
        chance = detection_chance(
            p, status, permit, compliance, campaign, units.effort[police], effort_share(p, units, police, watched),
            area_weight(p.policing_area_slope, area, areas), lever.data_firewall,
            circumstances.origin_accepts_returns,
        )  # fmt: skip
        if draw < chance:
            if uniform(key, stamps[Draw.SPARED_CUSTODY]) < spared:
                continue
            if permit == Permit.SURVEILLANCE:
                if uniform(key, stamps[Draw.ASSURANCE_KEPT]) < p.assurance_kept:
                    continue
                note(entries, migrants, row, month, Event.ASSURANCE_BROKEN, 1)
                society.assurances_broken[area] += 1.0
            take_into_custody(month, row, brokers, migrants, entries, Event.DETECTED)
            units.caseload[police] += 1
