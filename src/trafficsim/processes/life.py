"""Step 6. Life in the host country: exploitation, work, health, pregnancy and birth, escape, onward passage, coerced
acts, reports, and identification outside custody.
"""

import math

from trafficsim.engine.compiling import compiled, rule, woven
from trafficsim.engine.draws import join, uniform
from trafficsim.processes.brokerage import meet_broker
from trafficsim.processes.happenings import (
    age_in_years,
    append_row,
    group_now,
    is_exploited,
    is_in_host_country,
    leave_holder,
    move,
    note,
    protect,
    take_into_custody,
    take_place,
    tally,
)
from trafficsim.processes.vocabulary import (
    Care,
    Draw,
    Event,
    Link,
    Permit,
    Purpose,
    Role,
    ServiceKind,
    Sex,
    Stage,
    Status,
    Stream,
)


@rule
def local_travel(p, permit, scheme):
    """How far a person can move about locally: since 2020 buses and taxis ask for a permit (the letter)."""
    return 1.0 - scheme * (1.0 - p.escape_without_local_travel) if permit == Permit.NONE else 1.0


@rule
def escape_chance(p, status, control, has_child, travel, lever):
    """Chance a month to get out of exploitation; dependence and control hold a person back, so does a child."""
    base = p.escape_monthly_marriage if status == Status.FORCED_MARRIAGE else p.escape_monthly_other
    tie = travel * (p.child_tie if has_child else 1.0)
    help_out = 1.0 + p.help_of_lawful_stay_to_escape * max(lever.lawful_stay, lever.permit_as_status)
    return min(1.0, base * 2.0 * (1.0 - control) * tie * help_out)


@rule
def onward_chance(p, status, sex, link, has_child, permit, area, openness):
    """Chance a month to reach a third country unaided by policy: one aggregate hazard; a child holds back, helpers help.

    The surveillance permit opens neither trains nor planes (the letter), save in the few areas where holders are
    reported to move about the country.
    """
    base = p.onward_monthly if status == Status.IN_HIDING else p.onward_monthly * p.onward_from_exploitation
    if status == Status.PROTECTED:
        base = p.onward_monthly * p.onward_from_protection
    if sex == Sex.MALE:
        base *= p.onward_men
    if link != Link.NONE:
        base *= p.onward_with_link
    if has_child:
        base *= p.child_tie
    if permit == Permit.STATUS:
        base *= 1.0 + p.onward_with_status
    elif permit == Permit.SURVEILLANCE and area <= p.areas_where_the_permit_travels:
        base *= p.onward_with_travelling_permit
    return min(1.0, base * openness)


@rule
def home_chance(p, sex, months_in_hiding, border_openness):
    """Chance a month to go home unforced; higher for men, fading with time, and held back by a closed border."""
    base = p.goes_home_men if sex == Sex.MALE else p.goes_home_women
    return base * border_openness * math.exp(-p.goes_home_fades * months_in_hiding)


@rule
def taken_chance(p, sex, permit, seller_reach, lever):
    """Chance a month that a person in hiding falls into the hands of brokers; a status of one's own shelters."""
    taken = p.taken_in_hiding_women if sex == Sex.FEMALE else p.taken_in_hiding_men
    taken *= seller_reach * (1.0 - p.prevention_effect_in_hiding * lever.prevention)
    if permit == Permit.STATUS:
        taken *= 1.0 - p.shelter_of_status
    return taken


@rule
def care_chance(p, status, permit):
    """Chance a month that a person gets health care unaided. The surveillance permit changes nothing (the letter)."""
    own = p.care_in_hiding if status == Status.IN_HIDING else p.care_in_exploitation
    if permit == Permit.STATUS:
        own = max(own, p.care_with_status)
    if status == Status.PROTECTED:
        own = max(own, p.care_when_protected)
    return own


@rule
def assisted_chance(p, own, lever):
    """Chance a month that a person whom care would not reach unaided, at a chance of ``own``, gets it through a service."""
    return (1.0 - own) * p.reach_of_assistance * lever.assistance


@rule
def remedy_chance(p, lever):
    """Chance a month that a protected person is granted a remedy: legal aid finds the way, accountability makes it one."""
    return p.remedy_monthly * lever.assistance * lever.accountability


@rule
def safe_passage_chance(p, lever):
    """Added chance a month to reach a third country by a safe passage that policy provides."""
    return p.onward_passage_monthly * lever.onward_passage


@rule
def departure_noticed_chance(p, status, permit, compliance, scheme):
    """Chance that an onward departure is noticed at once: messages fail to come, the daily picture is missing.

    A person under protection may go where she likes, so no departure of hers is looked out for.
    """
    if permit != Permit.SURVEILLANCE or status == Status.PROTECTED:
        return 0.0
    return scheme * (p.noticed_by_messages + (1.0 - p.noticed_by_messages) * p.noticed_by_picture * compliance)


@rule
def report_chance(p, trust, lever, fear_on):
    """Chance a month to report. Without a safe channel it is near zero; trust, non-punishment and legal aid raise it."""
    believed = trust if fear_on else p.trust_without_feedback
    channel = max(lever.identification, lever.accountability)
    safety = 1.0 + p.safety_of_non_punishment * lever.non_punishment + p.safety_of_firewall * lever.data_firewall
    stay = 1.0 + p.safety_of_stay * lever.lawful_stay
    return min(1.0, p.report_monthly * believed * (p.channel_today + channel) * safety * stay)


@rule
def report_turned_chance(p, lever):
    """Chance that a report is turned against the person who makes it."""
    return p.report_turned_against * (1.0 - lever.non_punishment)


@rule
def charged_chance(p, lever):
    """Chance that a victim is charged for an act under coercion."""
    return p.charged_for_coerced_act * (1.0 - lever.non_punishment)


@rule
def met_outside_chance(p, trust, lever, fear_on):
    """Chance a month that a service identifies a trafficked person outside custody, without self-identification."""
    believed = trust if fear_on else p.trust_without_feedback
    return p.met_outside_monthly * lever.identification * (0.5 + believed)


@rule
def conception_chance(p, status, age):
    """Chance of conceiving this month."""
    if age < p.fertile_from or age >= p.fertile_until:
        return 0.0
    if status == Status.FORCED_MARRIAGE:
        return p.conceives_in_marriage
    if status == Status.SEXUAL_EXPLOITATION:
        return p.conceives_in_sexual_exploitation
    return p.conceives_elsewhere


@rule
def death_chance(p, status, age, treated):
    """Chance of dying this month in the host country."""
    base = p.dies_monthly * math.exp(p.death_rises_with_age * (age - p.age_of_reference))
    if is_exploited(status):
        base *= p.death_in_exploitation
    return min(1.0, base * (p.death_with_care if treated else 1.0))


@compiled
def give_birth(month, mother, p, stamps, migrants, children, households, entries):
    """A child is born in the host country."""
    row = append_row(children)
    key = join(join(migrants.key[mother], month), Stream.CHILDREN)
    status = migrants.status[mother]
    children.key[row] = key
    children.mother[row] = mother
    children.elder[row] = migrants.youngest[mother]
    children.household[row] = migrants.holder[mother] if is_exploited(status) else -1
    children.birth_month[row] = month
    children.sex[row] = 0 if uniform(key, stamps[Draw.CHILD_SEX]) < p.girls_at_birth else 1
    children.area[row] = migrants.area[mother]
    children.alive[row] = 1
    children.care[row] = Care.WITH_MOTHER.value
    migrants.youngest[mother] = row
    migrants.children[mother] += 1
    if children.household[row] >= 0:
        households.children[children.household[row]] += 1
    note(entries, migrants, mother, month, Event.GAVE_BIRTH, 1)


@compiled
def live(month, present, p, highest, circumstances, border_openness, lever, spared, fear_on, seats, seller_reach, stamps, migrants,
         children, households, brokers, services, society, entries):  # fmt: skip
    """One month of every person in the host country: births wherever they stand, the rest outside custody."""
    scheme = circumstances.permit_scheme * lever.permit_surveillance
    for row in present:
        status = migrants.status[row]
        if migrants.due[row] >= 0 and migrants.due[row] <= month and is_in_host_country(status):
            migrants.due[row] = -1
            give_birth(month, row, p, stamps, migrants, children, households, entries)
        if status < Status.FORCED_MARRIAGE or status > Status.PROTECTED or status == Status.IN_CUSTODY:
            continue
        group = group_now(migrants, row, month)
        treated = seek_care(row, group, p, lever, stamps, migrants, services, entries)
        if dies(month, row, treated, p, highest, stamps, migrants):
            leave_holder(brokers, migrants, row)
            move(entries, migrants, row, month, Status.DEAD, Event.DIED_IN_HOST_COUNTRY)
            continue
        conceive(month, row, p, highest, stamps, migrants, entries)
        if go_onward(
            month, row, p, circumstances, scheme, highest, lever, spared, stamps, migrants, brokers, services, entries
        ):  # fmt: skip
            continue
        if status == Status.PROTECTED:
            protected_month(month, row, group, p, lever, stamps, migrants, services, entries)
            continue
        if seek_help(
            month, row, p, highest, lever, spared, fear_on, stamps, migrants, brokers, services, society, entries
        ):  # fmt: skip
            continue
        if is_exploited(status):
            exploited_month(month, row, group, p, highest, lever, scheme, seats, stamps, migrants, brokers, entries)
        else:
            month_in_hiding(
                month, row, group, p, highest, border_openness, lever, seats, seller_reach, stamps, migrants, brokers, entries
            )  # fmt: skip


@woven
def seek_care(row, group, p, lever, stamps, migrants, services, entries):
    """Health care this month: by one's own means, or through a service that policy provides. True when treated."""
    draw = uniform(migrants.key[row], stamps[Draw.CARE])
    own = care_chance(p, migrants.status[row], migrants.permit[row])
    treated = draw < own
    if not treated and draw < own + assisted_chance(p, own, lever):
        treated = take_place(services, ServiceKind.HEALTH, migrants.area[row])
    migrants.treated[row] = 1 if treated else 0
    tally(entries, group, Event.CARE_RECEIVED if treated else Event.UNTREATED_MONTH, 1)
    return treated


@woven
def dies(month, row, treated, p, highest, stamps, migrants):
    """True when the person dies this month."""
    draw = uniform(migrants.key[row], stamps[Draw.DIES])
    if draw >= highest.death:
        return False
    return draw < death_chance(p, migrants.status[row], age_in_years(month, migrants.birth_month[row]), treated)


@woven
def conceive(month, row, p, highest, stamps, migrants, entries):
    """Pregnancy."""
    draw = uniform(migrants.key[row], stamps[Draw.CONCEIVES])
    if draw < highest.conception and migrants.due[row] < 0 and migrants.sex[row] == Sex.FEMALE:
        age = age_in_years(month, migrants.birth_month[row])
        if draw < conception_chance(p, migrants.status[row], age):
            migrants.due[row] = month + int(p.months_of_pregnancy)
            note(entries, migrants, row, month, Event.CONCEIVED, 1)


@woven
def go_onward(month, row, p, circumstances, scheme, highest, lever, spared, stamps, migrants, brokers, services,
              entries):  # fmt: skip
    """Onward passage to a third country, alone or by a safe passage that policy provides. True when it changed her place."""
    key = migrants.key[row]
    draw = uniform(key, stamps[Draw.GOES_ONWARD])
    with_help = safe_passage_chance(p, lever)
    if draw >= highest.onward + with_help:
        return False
    status, permit, has_child = migrants.status[row], migrants.permit[row], migrants.children[row] > 0
    own = onward_chance(
        p, status, migrants.sex[row], migrants.link[row], has_child, permit, migrants.area[row],
        circumstances.onward_openness,
    )  # fmt: skip
    if draw >= own + with_help:
        return False
    if draw >= own:
        if not take_place(services, ServiceKind.ONWARD_PASSAGE, migrants.area[row]):
            return False
    else:
        compliance = migrants.compliance[row] if is_exploited(status) else 0.0
        noticed = departure_noticed_chance(p, status, permit, compliance, scheme)
        noticed_now = uniform(key, stamps[Draw.DEPARTURE_NOTICED]) < noticed
        if noticed_now and uniform(key, stamps[Draw.SPARED_ON_DEPARTURE]) >= spared:
            take_into_custody(month, row, brokers, migrants, entries, Event.DEPARTURE_NOTICED)
            return True
    leave_holder(brokers, migrants, row)
    move(entries, migrants, row, month, Status.IN_THIRD_COUNTRY, Event.WENT_TO_THIRD_COUNTRY)
    leave_host_country(migrants, row)
    return True


@compiled
def leave_host_country(migrants, row):
    """Beyond the host country: no area, no permit of its, and a child yet to be born is not born there."""
    migrants.area[row] = 0
    migrants.permit[row] = Permit.NONE.value
    migrants.due[row] = -1


@woven
def protected_month(month, row, group, p, lever, stamps, migrants, services, entries):
    """A month under protection: legal aid may win a remedy."""
    tally(entries, group, Event.PROTECTED_MONTH, 1)
    if migrants.remedied[row] == 0 and migrants.times_trafficked[row] > 0:
        if uniform(migrants.key[row], stamps[Draw.REMEDY]) < remedy_chance(p, lever):
            if take_place(services, ServiceKind.LEGAL_AID, migrants.area[row]):
                migrants.remedied[row] = 1
                note(entries, migrants, row, month, Event.REMEDY_GRANTED, 1)


@woven
def seek_help(month, row, p, highest, lever, spared, fear_on, stamps, migrants, brokers, services, society, entries):
    """Reporting, and being found by a service outside custody. True when it changed where the person stands."""
    key = migrants.key[row]
    draw = uniform(key, stamps[Draw.REPORTS])
    if draw < highest.report and draw < report_chance(p, migrants.trust[row], lever, fear_on):
        note(entries, migrants, row, month, Event.REPORTED, 1)
        society.reports[migrants.area[row]] += 1.0
        if receive_report(month, row, p, lever, spared, stamps, migrants, brokers, services, society, entries):
            return True
    if highest.met_outside > 0.0 and migrants.times_trafficked[row] > 0 and migrants.identified[row] == 0:
        if uniform(key, stamps[Draw.MET_OUTSIDE]) < met_outside_chance(p, migrants.trust[row], lever, fear_on):
            return protect_outside(month, row, migrants, brokers, services, society, entries)
    return False


@compiled
def protect_outside(month, row, migrants, brokers, services, society, entries):
    """Protection outside custody if there is a place of refuge; one who has been trafficked is identified, if not before."""
    if not take_place(services, ServiceKind.SHELTER, migrants.area[row]):
        return False
    if migrants.times_trafficked[row] > 0 and migrants.identified[row] == 0:
        migrants.identified[row] = 1
        note(entries, migrants, row, month, Event.IDENTIFIED_OUTSIDE_CUSTODY, 1)
    protect(month, row, brokers, migrants, society, entries)
    return True


@compiled
def receive_report(month, row, p, lever, spared, stamps, migrants, brokers, services, society, entries):
    """A report ends in protection, in custody, or in nothing. True when it changed where the person stands.

    Where victims are identified, whoever complains is protected for it (A14), but only one who has been trafficked is named
    a victim: protection of the others is bare, and lapses where no right to stay stands behind it.
    """
    key = migrants.key[row]
    draw = uniform(key, stamps[Draw.REPORT_RECEIVED])
    if draw < lever.identification:
        return protect_outside(month, row, migrants, brokers, services, society, entries)
    turned = draw >= 1.0 - report_turned_chance(p, lever)
    if turned and uniform(key, stamps[Draw.SPARED_AFTER_REPORT]) >= spared:
        take_into_custody(month, row, brokers, migrants, entries, Event.REPORT_LED_TO_CUSTODY)
        return True
    return False


@woven
def escapes(row, p, highest, lever, scheme, stamps, migrants):
    """True when the person gets out of exploitation this month."""
    draw = uniform(migrants.key[row], stamps[Draw.ESCAPES])
    if draw >= highest.escape:
        return False
    travel = local_travel(p, migrants.permit[row], scheme)
    return draw < escape_chance(
        p, migrants.status[row], migrants.control[row], migrants.children[row] > 0, travel, lever
    )


@woven
def exploited_month(month, row, group, p, highest, lever, scheme, seats, stamps, migrants, brokers, entries):
    """A month in exploitation: counted, and left by escape, by sale to another, or through a coerced act."""
    key, status = migrants.key[row], migrants.status[row]
    tally(entries, group, Event.EXPLOITED_MONTH, 1)
    if migrants.also_sexually_exploited[row] == 1 or status == Status.SEXUAL_EXPLOITATION:
        tally(entries, group, Event.SEXUAL_EXPLOITATION_MONTH, 1)
    if migrants.also_forced_to_work[row] == 1 or migrants.purpose[row] == Purpose.FORCED_LABOUR:
        tally(entries, group, Event.FORCED_LABOUR_MONTH, 1)
    if escapes(row, p, highest, lever, scheme, stamps, migrants):
        leave_holder(brokers, migrants, row)
        move(entries, migrants, row, month, Status.IN_HIDING, Event.ESCAPED_EXPLOITATION)
        return
    if uniform(key, stamps[Draw.SOLD_ON]) < p.sold_on_monthly:
        broker = meet_broker(key, stamps[Draw.SELLER_PICK_SOLD_ON], migrants.area[row], Role.SELLER, seats, brokers)
        if broker >= 0:
            migrants.holder[row] = broker
            brokers.caseload[broker] += 1
            move(entries, migrants, row, month, Status.HELD_BY_BROKERS, Event.SOLD_ON)
            return
    coerced_act(month, row, p, lever, stamps, migrants, brokers, entries)


@woven
def coerced_act(month, row, p, lever, stamps, migrants, brokers, entries):
    """Made to carry drugs, with or without knowing it; unless policy forbids it, the victim is charged."""
    key = migrants.key[row]
    if uniform(key, stamps[Draw.COERCED_TO_CARRY]) >= p.coerced_to_carry_monthly:
        return
    note(entries, migrants, row, month, Event.COERCED_TO_CARRY, 1)
    if uniform(key, stamps[Draw.CHARGED]) < charged_chance(p, lever):
        take_into_custody(month, row, brokers, migrants, entries, Event.CHARGED_FOR_COERCED_ACT)
        migrants.stage[row] = Stage.SENTENCED.value
        migrants.until[row] = month + int(p.sentence_for_coerced_act)
        note(entries, migrants, row, month, Event.PROSECUTED_AS_OFFENDER, 1)


@woven
def month_in_hiding(month, row, group, p, highest, border_openness, lever, seats, seller_reach, stamps, migrants, brokers,
                    entries):  # fmt: skip
    """A month in hiding: going home, or falling into the hands of brokers."""
    key = migrants.key[row]
    tally(entries, group, Event.HIDING_MONTH, 1)
    draw = uniform(key, stamps[Draw.GOES_HOME])
    if draw < highest.home and draw < home_chance(
        p, migrants.sex[row], month - migrants.status_since[row], border_openness
    ):
        move(entries, migrants, row, month, Status.RETURNED_RELEASED, Event.WENT_HOME)
        leave_host_country(migrants, row)
        return
    draw, area = uniform(key, stamps[Draw.FINDS_BROKERS_AGAIN]), migrants.area[row]
    if draw < highest.taken and draw < taken_chance(
        p, migrants.sex[row], migrants.permit[row], seller_reach[area], lever
    ):
        broker = meet_broker(key, stamps[Draw.SELLER_PICK_IN_HIDING], area, Role.SELLER, seats, brokers)
        if broker >= 0:
            migrants.holder[row] = broker
            brokers.caseload[broker] += 1
            move(entries, migrants, row, month, Status.HELD_BY_BROKERS, Event.TAKEN_BY_BROKERS)
            return
    coerced_act(month, row, p, lever, stamps, migrants, brokers, entries)
