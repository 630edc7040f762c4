"""Step 11. Adaptation: what is seen changes what people do next.

Removals seen chill trust and protections warm it; reports become prosecutions where the state is accountable;
prosecutions cut the network and scare brokers off, profit regrows it; police effort follows caseload.
"""

import math

from trafficsim.engine.compiling import compiled, rule, woven
from trafficsim.engine.draws import join, uniform
from trafficsim.processes.brokerage import first_seat
from trafficsim.processes.happenings import group_of_area, is_in_host_country, tally, unit_row
from trafficsim.processes.vocabulary import AREAS, Draw, Event, Role, Stream, UnitKind


@rule
def next_trust(p, trust, removals_seen, protections_seen):
    """Trust after a month: each removal known chills it, each protection warms it, and it drifts back slowly."""
    change = p.trust_warmed_by_protection * protections_seen * (1.0 - trust)
    change -= p.trust_chilled_by_removal * removals_seen * trust
    change += p.trust_recovery * (p.initial_trust_level - trust)
    return min(1.0, max(0.0, trust + change))


@rule
def prosecution_chance(p, reports_per_broker, share_brokers, effort, lever, corruption):
    """Chance a month that a broker is prosecuted: reports lead there, if the state investigates and is not bought."""
    will = p.investigated_today + (1.0 - p.investigated_today) * lever.accountability
    clean = 1.0 - corruption * (1.0 - lever.accountability)
    evidence = p.prosecutions_per_report * reports_per_broker
    policing = p.prosecuted_by_policing * share_brokers * effort
    return min(1.0, will * clean * (evidence + policing))


@rule
def leaving_chance(p, perceived_risk, income, usual_income):
    """Chance a month that a broker stops, from perceived risk and thin income."""
    thin = max(0.0, 1.0 - income / usual_income)
    return min(
        1.0, p.broker_leaves_monthly + p.broker_leaves_from_risk * perceived_risk + p.broker_leaves_when_poor * thin
    )


@rule
def entry_chance(p, perceived_risk, income, usual_income):
    """Chance a month that somebody takes an empty seat: profit draws, risk repels."""
    profit = min(p.most_profit_pull, income / usual_income)
    return min(1.0, p.broker_enters_monthly * profit * math.exp(-p.risk_repels * perceived_risk))


@rule
def usual_effort(p, kind, lever):
    """Effort that policy sets; guards of the origin do not follow the host country's policy."""
    if kind == UnitKind.ORIGIN_BORDER_GUARD:
        return 1.0
    return 1.0 + p.effort_of_enforcement_only * lever.removal_enforcement


@rule
def follows_caseload(kind):
    """True for police, and for those who detain and remove; border guards keep no caseload that their effort could follow."""
    return kind == UnitKind.LOCAL_POLICE or kind == UnitKind.DETENTION_AND_REMOVAL


@rule
def next_effort(p, effort, usual, caseload, usual_caseload):
    """Effort after a month: it follows caseload a little and drifts back to what policy sets."""
    pressure = (caseload - usual_caseload) / (caseload + usual_caseload + 1.0)
    return max(0.0, effort + p.effort_adjustment * (usual * (1.0 + p.effort_follows_caseload * pressure) - effort))


@compiled
def learn(present, p, fear_on, migrants, society):
    """Update what is seen in each area, then each person's trust."""
    for area in range(1, AREAS + 1):
        society.persons[area] = 0.0
    for row in present:
        if is_in_host_country(migrants.status[row]):
            society.persons[migrants.area[row]] += 1.0
    for area in range(1, AREAS + 1):
        persons = max(society.persons[area], 1.0)
        memory = p.memory_of_the_seen
        betrayals = society.removals[area] + p.weight_of_broken_assurance * society.assurances_broken[area]
        society.removals_seen[area] = memory * society.removals_seen[area] + (1.0 - memory) * betrayals / persons
        society.protections_seen[area] = (
            memory * society.protections_seen[area] + (1.0 - memory) * society.protections[area] / persons
        )
    if fear_on:
        for row in present:
            if is_in_host_country(migrants.status[row]):
                area = migrants.area[row]
                migrants.trust[row] = next_trust(
                    p, migrants.trust[row], society.removals_seen[area], society.protections_seen[area]
                )


@compiled
def adapt_brokers(month, seed, areas, p, lever, adaptation_on, seats, usual_income, stamps, brokers, units, society,
                  entries):  # fmt: skip
    """Prosecutions, exits, entries and ties of the broker network, area by area."""
    for area in range(1, areas + 1):
        group = group_of_area(area)
        active, income = 0, 0.0
        for row in range(first_seat(area, 0, seats), first_seat(area + 1, 0, seats)):
            active += brokers.active[row]
            income += brokers.income[row]
        memory = p.memory_of_the_seen
        earned = income / max(active, 1)
        society.broker_income[area] = memory * society.broker_income[area] + (1.0 - memory) * earned
        police = unit_row(UnitKind.LOCAL_POLICE, area)
        # Without adaptation a broker's fate hangs on nothing that one of the lives does.
        reports = society.reports[area] / max(active, 1) if adaptation_on else 0.0
        chance = prosecution_chance(
            p, reports, units.share_brokers[police], units.effort[police], lever,
            units.corruption[police],
        )  # fmt: skip
        society.arrests_of_brokers[area] = 0.0
        for row in range(first_seat(area, 0, seats), first_seat(area + 1, 0, seats)):
            key = brokers.key[row]
            brokers.capital[row] += brokers.income[row] * p.broker_keeps
            brokers.income[row] = 0.0
            if brokers.active[row] == 1:
                if uniform(key, stamps[Draw.BROKER_PROSECUTED]) < chance:
                    brokers.active[row] = 0
                    society.arrests_of_brokers[area] += 1.0
                    tally(entries, group, Event.BROKER_PROSECUTED, 1)
                    if brokers.partner[row] >= 0:
                        brokers.partner[row] = -1
                        tally(entries, group, Event.EDGE_CUT, 1)
                elif adaptation_on and uniform(key, stamps[Draw.BROKER_LEAVES]) < leaving_chance(
                    p, brokers.perceived_risk[row], society.broker_income[area], usual_income
                ):
                    brokers.active[row] = 0
                    tally(entries, group, Event.BROKER_LEFT, 1)
            elif brokers.caseload[row] == 0:
                draw = uniform(key, stamps[Draw.BROKER_ENTERS])
                inviting = p.broker_enters_monthly
                if adaptation_on:
                    inviting = entry_chance(p, brokers.perceived_risk[row], society.broker_income[area], usual_income)
                if draw < inviting:
                    brokers.active[row] = 1
                    brokers.capital[row] = 0.0
                    brokers.entered[row] = month
                    brokers.key[row] = join(join(join(seed, Stream.LATER_BROKERS), row), month)
                    tally(entries, group, Event.BROKER_ENTERED, 1)
        prosecuted = society.arrests_of_brokers[area] / max(active, 1)
        society.prosecutions_seen[area] = memory * society.prosecutions_seen[area] + (1.0 - memory) * prosecuted
        for row in range(first_seat(area, 0, seats), first_seat(area + 1, 0, seats)):
            brokers.perceived_risk[row] = society.prosecutions_seen[area]
            mend_tie(row, area, group, p, seats, stamps, brokers, entries)


@woven
def mend_tie(row, area, group, p, seats, stamps, brokers, entries):
    """A cut tie, or one to a partner who has left, regrows with time."""
    role = brokers.role[row]
    if role == Role.SELLER or brokers.active[row] == 0:
        return
    partner = brokers.partner[row]
    if partner >= 0 and brokers.active[partner] == 1:
        return
    key = brokers.key[row]
    if uniform(key, stamps[Draw.EDGE_REGROWS]) >= p.tie_regrows_monthly:
        return
    first = first_seat(area, role + 1, seats)
    start = int(uniform(key, stamps[Draw.PARTNER_PICK]) * seats)
    for step in range(seats):
        candidate = first + (start + step) % seats
        if brokers.active[candidate] == 1:
            brokers.partner[row] = candidate
            tally(entries, group, Event.EDGE_REGREW, 1)
            return


@compiled
def adapt_units(p, lever, pressure_on, usual_caseload, units):
    """Effort, its split and corruption of enforcement units."""
    for row in range(units.size[0]):
        kind = units.kind[row]
        usual = usual_effort(p, kind, lever)
        if pressure_on:
            caseload = float(units.caseload[row]) if follows_caseload(kind) else usual_caseload
            units.effort[row] = next_effort(p, units.effort[row], usual, caseload, usual_caseload)
        else:
            units.effort[row] = usual
        units.caseload[row] = 0
        if kind == UnitKind.LOCAL_POLICE:
            units.share_screening[row] = p.share_screening_under_policy * lever.identification
            units.share_brokers[row] = p.share_brokers_today + p.share_brokers_under_policy * lever.accountability
            asked_for = units.share_screening[row] + units.share_brokers[row]
            if asked_for > 1.0:  # effort can be spent only once
                units.share_screening[row] /= asked_for
                units.share_brokers[row] /= asked_for
            rest = max(0.0, 1.0 - units.share_screening[row] - units.share_brokers[row])
            units.share_surveillance[row] = rest * p.share_surveillance_of_rest * lever.permit_surveillance
            units.share_removal[row] = rest - units.share_surveillance[row]
        if kind != UnitKind.ORIGIN_BORDER_GUARD:
            units.corruption[row] = p.usual_corruption * (
                1.0 - p.accountability_against_corruption * lever.accountability
            )
