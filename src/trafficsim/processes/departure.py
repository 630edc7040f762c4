"""Step 2. Departure: prospective migrants come from a stream that the seed fixes; policy and circumstances thin it."""

import math

from trafficsim.engine.compiling import compiled, rule
from trafficsim.engine.draws import join, uniform
from trafficsim.processes.happenings import append_row, note
from trafficsim.processes.vocabulary import Draw, Event, Link, Motive, Sex, Status, Stratum, Stream


@rule
def monthly_departures(p, circumstances, lever, protection_signal):
    """Persons who decide to leave this month: pressure, held back by cost, lowered by prevention, perhaps raised by protection."""
    cost = math.exp(-p.cost_elasticity * math.log(circumstances.cost_index))
    prevention = 1.0 - p.prevention_effect_on_departures * lever.prevention
    pull = 1.0 + p.pull_of_protection * protection_signal
    return circumstances.departure_pressure * cost * prevention * pull


@rule
def share_deceived_or_abducted(p, lever, recruiter_activity):
    """Share of women who set out deceived or abducted; warnings lower it, fewer recruiters lower it."""
    return min(1.0, p.deceived_or_abducted_share * recruiter_activity * (1.0 - p.warning_effect * lever.prevention))


@rule
def draw_age(p, band_draw, age_draw):
    """Age in months at departure: a band, then evenly within it."""
    band_draw *= max(1.0, p.share_aged_12_to_17 + p.share_aged_18_to_29 + p.share_aged_30_to_39)
    if band_draw < p.share_aged_12_to_17:
        low, width = p.age_12_in_months, p.band_12_to_17_width
    elif band_draw < p.share_aged_12_to_17 + p.share_aged_18_to_29:
        low, width = p.age_18_in_months, p.band_18_to_29_width
    elif band_draw < p.share_aged_12_to_17 + p.share_aged_18_to_29 + p.share_aged_30_to_39:
        low, width = p.age_30_in_months, p.band_30_to_39_width
    else:
        low, width = p.age_40_in_months, p.band_40_and_over_width
    return int(low + width * age_draw)


@rule
def draw_stratum(p, draw):
    """Stratum of origin; shares that come to more than the whole are taken in proportion."""
    draw *= max(1.0, p.share_first_border_province + p.share_second_border_province + p.share_other_border)
    if draw < p.share_first_border_province:
        return Stratum.FIRST_BORDER_PROVINCE.value
    if draw < p.share_first_border_province + p.share_second_border_province:
        return Stratum.SECOND_BORDER_PROVINCE.value
    if draw < p.share_first_border_province + p.share_second_border_province + p.share_other_border:
        return Stratum.OTHER_BORDER.value
    return Stratum.INTERIOR.value


@rule
def draw_motive(p, draw):
    """Motive of a journey that is the person's own decision."""
    draw *= max(1.0, p.share_motive_persecution + p.share_motive_family)
    if draw < p.share_motive_persecution:
        return Motive.PERSECUTION.value
    if draw < p.share_motive_persecution + p.share_motive_family:
        return Motive.FAMILY.value
    return Motive.WORK_OR_TRADE.value


@rule
def draw_link(p, draw):
    """Helpers who stand behind the journey, if any."""
    if draw < p.linked_share * p.religious_among_linked:
        return Link.RELIGIOUS.value
    return Link.THIRD_COUNTRY.value if draw < p.linked_share else Link.NONE.value


@compiled
def depart(month, seed, slots, scale, p, circumstances, lever, protection_signal, recruiter_activity, stamps, migrants,
           entries):  # fmt: skip
    """Append those of this month's ``slots`` candidates who leave."""
    chance = min(1.0, monthly_departures(p, circumstances, lever, protection_signal) * scale / max(slots, 1))
    stream = join(join(seed, month), Stream.CANDIDATES)
    deceived = share_deceived_or_abducted(p, lever, recruiter_activity)
    for slot in range(slots):
        key = join(stream, slot)
        if uniform(key, stamps[Draw.CANDIDATE_DEPARTS]) >= chance:
            continue
        row = append_row(migrants)
        female = uniform(key, stamps[Draw.CANDIDATE_SEX]) < circumstances.women_share
        migrants.key[row] = key
        migrants.sex[row] = Sex.FEMALE.value if female else Sex.MALE.value
        months_old = draw_age(
            p, uniform(key, stamps[Draw.CANDIDATE_AGE_BAND]), uniform(key, stamps[Draw.CANDIDATE_AGE])
        )
        migrants.birth_month[row] = month - months_old
        migrants.stratum[row] = draw_stratum(p, uniform(key, stamps[Draw.CANDIDATE_STRATUM]))
        mode = uniform(key, stamps[Draw.CANDIDATE_MODE])
        if female and mode < deceived:
            by_force = mode < deceived * p.abducted_among_deceived
            migrants.motive[row] = Motive.ABDUCTION.value if by_force else Motive.DECEPTION.value
        else:
            migrants.motive[row] = draw_motive(p, uniform(key, stamps[Draw.CANDIDATE_MOTIVE]))
        migrants.link[row] = draw_link(p, uniform(key, stamps[Draw.CANDIDATE_LINK]))
        migrants.trust[row] = p.initial_trust * 2.0 * uniform(key, stamps[Draw.CANDIDATE_TRUST])
        migrants.hardship[row] = uniform(key, stamps[Draw.CANDIDATE_HARDSHIP])
        migrants.at_risk[row] = 1 if uniform(key, stamps[Draw.CANDIDATE_AT_RISK]) < p.share_at_risk else 0
        migrants.status[row] = Status.AT_ORIGIN.value
        migrants.status_since[row] = month
        migrants.intends[row] = 1
        note(entries, migrants, row, month, Event.DECIDED_TO_LEAVE, 1)
        if migrants.motive[row] >= Motive.DECEPTION:
            note(entries, migrants, row, month, Event.DECEIVED_OR_ABDUCTED, 1)
