"""Step 4. Brokerage: after the border, and along the network."""

from trafficsim.processes.brokerage import taken_chance
from trafficsim.processes.vocabulary import Draw, Event, Role, Status


class Brokerage:
    """The part of a migrant that falls into the hands of brokers and is passed along by them."""

    __slots__ = ()

    def meet_broker(self, role, kind):
        """Return the first active broker of a role from a drawn seat on, or nobody."""
        seats = self.model.seats[self.area][role]
        start = int(self.model.draw(self.key, kind) * len(seats))
        for broker in seats[start:]:
            if broker.active:
                return broker
        for broker in seats[:start]:
            if broker.active:
                return broker
        return None

    def be_held_by(self, broker, event):
        """Come into the hands of a broker."""
        self.holder = broker
        broker.caseload += 1
        self.move(Status.HELD_BY_BROKERS, event)

    def arrive(self, p, seller_activity):
        """A month after the border: taken by brokers, or into hiding."""
        model = self.model
        chance = taken_chance(p, model.lever, self.sex, self.motive, self.guided == 1, seller_activity[self.area])
        if model.draw(self.key, Draw.TAKEN_BY_BROKERS) < chance:
            broker = self.meet_broker(Role.TRANSPORTER, Draw.BROKER_PICK)
            if broker is not None:
                self.be_held_by(broker, Event.TAKEN_BY_BROKERS)
                return
        self.move(Status.IN_HIDING, Event.WENT_INTO_HIDING)

    def be_passed_along(self, p):
        """A month in the hands of brokers: freed, escaped, or handed to the next."""
        draw, key, broker = self.model.draw, self.key, self.holder
        if not broker.active:
            found = draw(key, Draw.FOUND_WHEN_BROKER_GONE) < p.found_when_broker_gone
            if found and draw(key, Draw.SPARED_WHEN_BROKER_GONE) >= self.model.spared:
                self.fall_into_custody(Event.FOUND_WHEN_BROKER_GONE)
            else:
                self.leave_holder()
                self.move(Status.IN_HIDING, Event.FREED_WHEN_BROKER_GONE)
        elif draw(key, Draw.ESCAPES_BROKERS) < p.escapes_brokers_monthly:
            self.leave_holder()
            self.move(Status.IN_HIDING, Event.ESCAPED_BROKERS)
        elif broker.role != Role.SELLER and broker.partner is not None and broker.partner.active:
            if draw(key, Draw.PASSED_ALONG) < p.passed_along_monthly:
                broker.caseload -= 1
                broker.partner.caseload += 1
                self.holder = broker.partner
                self.note(Event.PASSED_ALONG)
