"""Step 5. Market: offers of brokers meet households that seek, area by area and purpose by purpose.

A market is counted as harm, never steered: no price can be set by a user. Matching is deferred acceptance (Gale and
Shapley 1962) on keyed preferences over a fixed number of stalls in each market: with strict preferences its outcome does
not depend on the order of proposals, and one more offer disturbs few other matches.
"""

import math

from trafficsim.engine.compiling import compiled, rule
from trafficsim.engine.draws import join, preference, uniform
from trafficsim.processes.brokerage import first_seat
from trafficsim.processes.happenings import (
    age_in_years,
    append_row,
    leave_holder,
    move,
    note,
    one_more,
    status_of,
    unit_row,
)
from trafficsim.processes.vocabulary import AREAS, Draw, Event, Purpose, Role, Sex, Status, Stream, UnitKind

PURPOSES = len(Purpose) - 1


@rule
def price_factor(p, purpose, age):
    """Price of an age relative to youth: for brides it falls evenly to the letter's ratio past 40; else it is flat."""
    if purpose != Purpose.FORCED_MARRIAGE or age <= p.age_price_begins_to_fall:
        return 1.0
    if age >= p.age_price_stops_falling:
        return p.price_ratio_old_to_young
    passed = (age - p.age_price_begins_to_fall) / (p.age_price_stops_falling - p.age_price_begins_to_fall)
    return 1.0 - (1.0 - p.price_ratio_old_to_young) * passed


@rule
def choose_purpose(p, sex, draw):
    """Purpose for which a seller offers a person; shares that come to more than the whole are taken in proportion."""
    if sex == Sex.MALE:
        return Purpose.FORCED_LABOUR.value if draw < p.share_labour_men else Purpose.DOMESTIC_SERVITUDE.value
    draw *= max(1.0, p.share_marriage_women + p.share_sexual_women + p.share_servitude_women)
    if draw < p.share_marriage_women:
        return Purpose.FORCED_MARRIAGE.value
    if draw < p.share_marriage_women + p.share_sexual_women:
        return Purpose.SEXUAL_EXPLOITATION.value
    if draw < p.share_marriage_women + p.share_sexual_women + p.share_servitude_women:
        return Purpose.DOMESTIC_SERVITUDE.value
    return Purpose.FORCED_LABOUR.value


@rule
def next_price(p, price, base, offers, seekers, risk, policing):
    """Price after a month: scarcity pulls it, sellers' risk and policing beyond the usual add to it, and it drifts back."""
    scarcity = (seekers - offers) / (seekers + offers + 1.0)
    target = base * math.exp(
        p.price_response_to_scarcity * (scarcity - p.usual_scarcity)
        + p.price_response_to_risk * risk
        + p.price_response_to_policing * policing
    )
    return price * math.exp(p.price_adjustment_monthly * math.log(target / price))


@rule
def refill_chance(p, demand_index, lever, prosecutions_seen, adaptation_on):
    """Chance that an empty stall gets a new seeking household this month."""
    deterrence = min(1.0, p.deterrence_of_demand * prosecutions_seen) if adaptation_on else 0.0
    prevented = p.prevention_effect_on_demand * lever.prevention
    return p.stall_refills_monthly * demand_index * (1.0 - prevented) * (1.0 - deterrence)


@compiled
def new_household(month, key, purpose, area, price, p, stamps, households):
    """Append a household that seeks a person."""
    row = append_row(households)
    households.key[row] = key
    households.kind[row] = purpose
    households.area[row] = area
    households.wealth[row] = price * p.usual_wealth_to_price * (0.5 + uniform(key, stamps[Draw.HOUSEHOLD_WEALTH]))
    households.control[row] = uniform(key, stamps[Draw.HOUSEHOLD_CONTROL])
    households.compliance[row] = uniform(key, stamps[Draw.HOUSEHOLD_COMPLIANCE])
    households.seeking[row] = 1
    households.entered[row] = month
    return row


@compiled
def open_stalls(month, seed, p, circumstances, lever, adaptation_on, stamps, markets, stalls, households, society):
    """Households begin and cease to seek; count those who do."""
    base = join(seed, Stream.HOUSEHOLDS)
    for market in range(markets.size[0]):
        area, purpose = markets.area[market], markets.purpose[market]
        refill = refill_chance(p, circumstances.demand_index, lever, society.prosecutions_seen[area], adaptation_on)
        seekers = 0
        first = markets.first_stall[market]
        for stall in range(first, first + markets.stalls[market]):
            name = join(base, stall)
            household = stalls.household[stall]
            if household >= 0 and uniform(name, stamps[Draw.STALL_EMPTIES]) < p.household_gives_up_monthly:
                households.seeking[household] = 0
                stalls.household[stall] = -1
            elif household < 0 and uniform(name, stamps[Draw.STALL_REFILLS]) < refill:
                # Wealth follows the base price, not today's, so that households are alike under every policy.
                stalls.household[stall] = new_household(
                    month, join(name, month), purpose, area, base_price(p, purpose), p, stamps, households
                )
            stalls.offer[stall] = -1
            if stalls.household[stall] >= 0:
                seekers += 1
        markets.seekers[market] = seekers
        markets.offers[market] = 0
        markets.sold[market] = 0


@rule
def base_price(p, purpose):
    """Usual price of a person in the youngest band, in the letter's yuan; only ratios mean anything."""
    if purpose == Purpose.FORCED_MARRIAGE:
        return p.price_bride
    if purpose == Purpose.SEXUAL_EXPLOITATION:
        return p.price_venue
    return p.price_work


@compiled
def propose(offer, attempts, p, month, stamps, migrants, markets, market, stalls, households):
    """Let one offer propose down its list; returns the offer that is left without a stall, or -1."""
    first, width = markets.first_stall[market], markets.stalls[market]
    while attempts[offer] < p.proposals_a_month:
        key = migrants.key[offer]
        stall = first + int(uniform(join(key, attempts[offer]), stamps[Draw.STALL]) * width)
        attempts[offer] += 1
        household = stalls.household[stall]
        if household < 0:
            continue
        age = age_in_years(month, migrants.birth_month[offer])
        asked = markets.price[market] * price_factor(p, markets.purpose[market], age)
        if asked > households.wealth[household]:
            continue
        rival = stalls.offer[stall]
        if rival < 0:
            stalls.offer[stall] = offer
            return -1
        stamp = stamps[Draw.HOUSEHOLD_PREFERENCE]
        name = households.key[household]
        if preference(name, key, stamp) < preference(name, migrants.key[rival], stamp):
            stalls.offer[stall] = offer
            return rival
    return offer


@compiled
def hand_over(month, row, purpose, household, price, p, stamps, migrants, brokers, households, entries):
    """A household takes a person in: the person is trafficked, for the first time or again."""
    seller = migrants.holder[row]
    leave_holder(brokers, migrants, row)
    brokers.income[seller] += price
    households.paid[household] = price
    households.holds[household] = row
    households.seeking[household] = 0
    migrants.holder[row] = household
    migrants.purpose[row] = purpose
    # Copied, for households stand in no order of those whom they hold: a look at each would cost more than the rest.
    migrants.control[row] = households.control[household]
    migrants.compliance[row] = households.compliance[household]
    worked = uniform(migrants.key[row], stamps[Draw.ALSO_FORCED_TO_WORK]) < p.share_also_forced_to_work
    migrants.also_forced_to_work[row] = 1 if worked and purpose != Purpose.FORCED_LABOUR else 0
    move(entries, migrants, row, month, status_of(purpose), Event.TRAFFICKED)
    note(entries, migrants, row, month, Event.PRICE_PAID, round(price))
    if migrants.times_trafficked[row] > 0:
        note(entries, migrants, row, month, Event.TRAFFICKED_AGAIN, 1)
    migrants.times_trafficked[row] = one_more(migrants.times_trafficked[row])
    abused = uniform(migrants.key[row], stamps[Draw.ALSO_SEXUALLY_EXPLOITED]) < p.share_also_sexually_exploited
    also = abused and purpose != Purpose.SEXUAL_EXPLOITATION and migrants.sex[row] == Sex.FEMALE
    migrants.also_sexually_exploited[row] = 1 if also else 0
    age = age_in_years(month, migrants.birth_month[row])
    if purpose == Purpose.FORCED_MARRIAGE and age < p.age_of_majority:
        note(entries, migrants, row, month, Event.MARRIED_AS_CHILD, 1)


@compiled
def trade(month, present, attempts, p, scarcity_on, pressure_on, seats, stamps, migrants, brokers, households, markets, stalls,
          units, entries):  # fmt: skip
    """Match this month's offers with the stalls and settle; then move prices. ``attempts`` (int8, one a row) is scratch."""
    for row in present:
        if migrants.status[row] != Status.HELD_BY_BROKERS or brokers.role[migrants.holder[row]] != Role.SELLER:
            continue
        attempts[row] = 0
        key = migrants.key[row]
        purpose = choose_purpose(p, migrants.sex[row], uniform(key, stamps[Draw.PURPOSE]))
        market = (migrants.area[row] - 1) * PURPOSES + purpose - 1
        markets.offers[market] += 1
        if scarcity_on:
            offer = row
            while offer >= 0:
                left = propose(offer, attempts, p, month, stamps, migrants, markets, market, stalls, households)
                if left == offer:
                    break
                offer = left
        elif uniform(key, stamps[Draw.SALE_WITHOUT_SCARCITY]) < p.sale_chance_without_scarcity:
            price = base_price(p, purpose)
            household = new_household(
                month, join(join(key, month), Stream.HOUSEHOLDS_OF_SALES), purpose, migrants.area[row], price, p, stamps, households
            )  # fmt: skip
            factor = price_factor(p, purpose, age_in_years(month, migrants.birth_month[row]))
            markets.sold[market] += 1
            hand_over(month, row, purpose, household, price * factor, p, stamps, migrants, brokers, households, entries)
    for market in range(markets.size[0]):
        settle(month, market, p, stamps, migrants, brokers, households, markets, stalls, entries)
        if scarcity_on:
            purpose, area = markets.purpose[market], markets.area[market]
            risk = seller_risk(area, seats, brokers) if pressure_on else 0.0
            policing = units.effort[unit_row(UnitKind.LOCAL_POLICE, area)] - 1.0 if pressure_on else 0.0
            markets.price[market] = next_price(
                p, markets.price[market], base_price(p, purpose), markets.offers[market], markets.seekers[market], risk,
                policing,
            )  # fmt: skip


@compiled
def settle(month, market, p, stamps, migrants, brokers, households, markets, stalls, entries):
    """Turn the tentative acceptances of one market into sales."""
    first, purpose = markets.first_stall[market], markets.purpose[market]
    for stall in range(first, first + markets.stalls[market]):
        row = stalls.offer[stall]
        if row < 0:
            continue
        age = age_in_years(month, migrants.birth_month[row])
        price = markets.price[market] * price_factor(p, purpose, age)
        household = stalls.household[stall]
        hand_over(month, row, purpose, household, price, p, stamps, migrants, brokers, households, entries)
        markets.sold[market] += 1
        stalls.household[stall] = -1
        stalls.offer[stall] = -1


@compiled
def seller_risk(area, seats, brokers):
    """Mean perceived risk of the active sellers of an area."""
    total, number = 0.0, 0
    for row in range(first_seat(area, Role.SELLER.value, seats), first_seat(area, Role.SELLER.value + 1, seats)):
        if brokers.active[row] == 1:
            total += brokers.perceived_risk[row]
            number += 1
    return total / number if number > 0 else 0.0


@rule
def market_row(area, purpose):
    """Row of the market of an area (1 to 6) and purpose (1 to 4)."""
    return (area - 1) * PURPOSES + purpose - 1


NUMBER_OF_MARKETS = AREAS * PURPOSES
