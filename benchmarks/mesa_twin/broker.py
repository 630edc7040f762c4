"""Brokers, and step 11 for them: prosecution, exit, entry and ties."""

import mesa

from trafficsim.processes.adaptation import entry_chance, leaving_chance
from trafficsim.processes.vocabulary import Draw, Event, Role, Side, Stream


class Broker(mesa.Agent):
    """Whoever has a seat in the network; the seat stays when somebody else takes it over."""

    __slots__ = (
        "active", "area", "capital", "caseload", "entered", "from_origin", "income", "key", "partner", "perceived_risk",
        "role", "seat", "side",
    )  # fmt: skip

    def __init__(self, model, seat, area, role, p):
        super().__init__(model)
        luck = model.luck
        self.seat = seat
        self.key = luck.name(luck.seed, Stream.FIRST_BROKERS, seat)
        self.area = area
        self.role = role
        self.side = Side.ORIGIN if role <= Role.GUIDE else Side.HOST
        works = luck.draw_for_life(self.key, Draw.FIRST_SEAT_ACTIVE) < p.usually_active
        self.active = int(works and area <= model.number_of_areas)
        self.from_origin = int(luck.draw_for_life(self.key, Draw.BROKER_FROM_ORIGIN) < p.share_from_origin)
        self.partner = None
        self.capital = self.income = 0.0
        self.caseload = 0
        self.perceived_risk = 0.0
        self.entered = 0

    def settle_accounts(self, p, chance, area_income, usual_income, adaptation_on):
        """A month's end: keep some money, be prosecuted, leave, or see the empty seat taken over."""
        model, draw = self.model, self.model.draw
        self.capital += self.income * p.broker_keeps
        self.income = 0.0
        if self.active:
            if draw(self.key, Draw.BROKER_PROSECUTED) < chance:
                self.be_prosecuted()
            elif adaptation_on:
                leaving = leaving_chance(p, self.perceived_risk, area_income, usual_income)
                if draw(self.key, Draw.BROKER_LEAVES) < leaving:
                    self.active = 0
                    self.tell(Event.BROKER_LEFT)
        elif self.caseload == 0:
            entering = p.broker_enters_monthly
            if adaptation_on:
                entering = entry_chance(p, self.perceived_risk, area_income, usual_income)
            if draw(self.key, Draw.BROKER_ENTERS) < entering:
                self.active = 1
                self.capital = 0.0
                self.entered = model.month
                self.key = model.luck.name(model.luck.seed, Stream.LATER_BROKERS, self.seat, model.month)
                self.tell(Event.BROKER_ENTERED)

    def be_prosecuted(self):
        """Be taken out of the network, whose tie is cut."""
        self.active = 0
        self.model.areas[self.area].arrests_of_brokers += 1.0
        self.tell(Event.BROKER_PROSECUTED)
        if self.partner is not None:
            self.partner = None
            self.tell(Event.EDGE_CUT)

    def mend_tie(self, p):
        """A cut tie, or one to a partner who has left, regrows where there is money."""
        if self.role == Role.SELLER or not self.active:
            return
        if self.partner is not None and self.partner.active:
            return
        draw = self.model.draw
        if draw(self.key, Draw.EDGE_REGROWS) >= p.tie_regrows_monthly:
            return
        seats = self.model.seats[self.area][self.role + 1]
        start = int(draw(self.key, Draw.PARTNER_PICK) * len(seats))
        for candidate in seats[start:] + seats[:start]:
            if candidate.active:
                self.partner = candidate
                self.tell(Event.EDGE_REGREW)
                return

    def tell(self, event):
        """Count an event of this broker."""
        self.model.ledger.cells[event, self.area, 0, 0, 0, 0] += 1
