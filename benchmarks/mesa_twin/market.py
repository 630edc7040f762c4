"""Step 5. Market: households seek at stalls, sellers' offers propose to them, and prices move."""

from trafficsim.processes.happenings import one_more, status_of
from trafficsim.processes.market import base_price, choose_purpose, next_price, price_factor, refill_chance
from trafficsim.processes.vocabulary import Draw, Event, Purpose, Role, Sex, Stream

from .household import Household


class Stall:
    """A place in a market where one household at a time seeks a person."""

    __slots__ = ("household", "name", "offer", "rank")

    def __init__(self, name):
        self.name = name
        self.household = None
        self.offer = None
        self.rank = 0.0  # how the household ranks the offer that it would take

    def consider(self, offer, rank):
        """Take the better of two offers for the time being; return the one that must look elsewhere, or None."""
        if self.offer is not None and rank >= self.rank:
            return offer
        rejected, self.offer, self.rank = self.offer, offer, rank
        return rejected


class Market:
    """The market of one area and purpose."""

    def __init__(self, model, area, purpose, p, stalls):
        self.model = model
        self.area = area
        self.purpose = purpose
        self.price = base_price(p, purpose)
        self.stalls = stalls
        self.offers = self.seekers = self.sold = 0

    def open(self, p, adaptation_on):
        """Households begin and cease to seek."""
        model, draw = self.model, self.model.draw
        prosecutions_seen = model.areas[self.area].prosecutions_seen
        refill = refill_chance(p, model.now.demand_index, model.lever, prosecutions_seen, adaptation_on)
        self.offers = self.seekers = self.sold = 0
        for stall in self.stalls:
            stall.offer = None
            if stall.household is not None:
                if draw(stall.name, Draw.STALL_EMPTIES) < p.household_gives_up_monthly:
                    stall.household.seeking = 0
                    stall.household = None
                    continue
            elif draw(stall.name, Draw.STALL_REFILLS) < refill:
                key = model.luck.name(stall.name, model.month)
                stall.household = Household(model, key, self.purpose, self.area, base_price(p, self.purpose), p)
            else:
                continue
            self.seekers += 1

    def asking_price(self, p, migrant):
        """Price asked for this person."""
        return self.price * price_factor(p, self.purpose, migrant.age)

    def settle(self, p):
        """Turn the acceptances that stood to the end into sales."""
        for stall in self.stalls:
            if stall.offer is not None:
                stall.offer.be_handed_over(self.purpose, stall.household, self.asking_price(p, stall.offer), p)
                self.sold += 1
                stall.household = stall.offer = None

    def move_price(self, p, pressure_on):
        """Let scarcity, risk and policing move the price."""
        model = self.model
        risk = policing = 0.0
        if pressure_on:
            risk = seller_risk(model.seats[self.area][Role.SELLER])
            policing = model.police[self.area].effort - 1.0
        base = base_price(p, self.purpose)
        self.price = next_price(p, self.price, base, self.offers, self.seekers, risk, policing)


def seller_risk(sellers):
    """Mean risk that the active ones of these sellers perceive."""
    total, number = 0.0, 0
    for seller in sellers:
        if seller.active:
            total += seller.perceived_risk
            number += 1
    return total / number if number else 0.0


class OnOffer:
    """The part of a migrant that is offered and sold."""

    __slots__ = ()

    def be_offered(self, p, scarcity_on):
        """Be offered for a purpose this month."""
        model, key = self.model, self.key
        purpose = choose_purpose(p, self.sex, model.draw(key, Draw.PURPOSE))
        market = model.markets[self.area][purpose]
        market.offers += 1
        if scarcity_on:
            self.proposals = 0
            offer = self
            while offer is not None:
                rejected = offer.propose(p, market)
                offer = None if rejected is offer else rejected
        elif model.draw(key, Draw.SALE_WITHOUT_SCARCITY) < p.sale_chance_without_scarcity:
            price = base_price(p, purpose)
            name = model.luck.name(key, model.month, Stream.HOUSEHOLDS_OF_SALES)
            household = Household(model, name, purpose, self.area, price, p)
            market.sold += 1
            self.be_handed_over(purpose, household, price * price_factor(p, purpose, self.age), p)

    def propose(self, p, market):
        """Go down this offer's list of stalls; return the offer left over, itself or one displaced, or None."""
        luck, stalls = self.model.luck, market.stalls
        while self.proposals < p.proposals_a_month:
            stall = stalls[int(luck.nth_draw(self.key, self.proposals, Draw.STALL) * len(stalls))]
            self.proposals += 1
            household = stall.household
            if household is not None and market.asking_price(p, self) <= household.wealth:
                rejected = stall.consider(self, luck.rank(household.key, self.key))
                if rejected is not self:
                    return rejected
        return self

    def be_handed_over(self, purpose, household, price, p):
        """Be taken in by a household: trafficked, for the first time or again."""
        draw, key, seller = self.model.draw, self.key, self.holder
        self.leave_holder()
        seller.income += price
        household.take_in(self, price)
        self.holder = household
        self.purpose = purpose
        self.control = household.control
        self.compliance = household.compliance
        worked = draw(key, Draw.ALSO_FORCED_TO_WORK) < p.share_also_forced_to_work
        self.also_forced_to_work = int(worked and purpose != Purpose.FORCED_LABOUR)
        self.move(status_of(purpose), Event.TRAFFICKED)
        self.note(Event.PRICE_PAID, round(price))
        if self.times_trafficked > 0:
            self.note(Event.TRAFFICKED_AGAIN)
        self.times_trafficked = one_more(self.times_trafficked)
        abused = draw(key, Draw.ALSO_SEXUALLY_EXPLOITED) < p.share_also_sexually_exploited
        other_purpose = purpose != Purpose.SEXUAL_EXPLOITATION
        self.also_sexually_exploited = int(abused and other_purpose and self.sex == Sex.FEMALE)
        if purpose == Purpose.FORCED_MARRIAGE and self.age < p.age_of_majority:
            self.note(Event.MARRIED_AS_CHILD)
