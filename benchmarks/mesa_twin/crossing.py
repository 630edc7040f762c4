"""Step 3. Crossing."""

from trafficsim.processes.crossing import (
    arrival_area,
    attempt_chance,
    crossing_outcome,
    let_pass_chance,
    needs_broker,
)
from trafficsim.processes.vocabulary import CrossingOutcome, Draw, Event, Status


class Crossing:
    """The part of a migrant that crosses the border."""

    __slots__ = ()

    def cross(self, p, openness, origin_guard, host_guard, pressure_on):
        """Try to cross, or give the plan up, or wait."""
        draw, key = self.model.draw, self.key
        if draw(key, Draw.ATTEMPTS_CROSSING) >= attempt_chance(p, openness, self.hardship):
            if draw(key, Draw.DESISTS) < p.desists_monthly:
                self.intends = 0
                self.note(Event.DESISTED)
            return
        effort = 0.5 * (origin_guard.effort + host_guard.effort)
        guided = draw(key, Draw.SEEKS_BROKER) < needs_broker(p, self.motive, effort, pressure_on)
        self.intends = 0
        self.guided = int(guided)
        outcome = crossing_outcome(
            p, guided, origin_guard.effort, origin_guard.corruption, host_guard.effort, draw(key, Draw.CROSSING_OUTCOME)
        )
        if outcome == CrossingOutcome.DIED:
            self.move(Status.DEAD, Event.DIED_CROSSING)
        elif outcome == CrossingOutcome.ARRESTED_AT_ORIGIN and not self.is_let_pass():
            self.move(Status.RETURNED_DETAINED, Event.ARRESTED_AT_ORIGIN_BORDER)
            self.until = self.model.month + int(p.detention_after_origin_arrest)
        else:
            self.area = arrival_area(p, draw(key, Draw.ARRIVAL_AREA))
            if outcome == CrossingOutcome.ARRESTED_AT_HOST and draw(key, Draw.SPARED_AT_BORDER) >= self.model.spared:
                self.fall_into_custody(Event.ARRESTED_AT_HOST_BORDER)
            else:
                self.move(Status.IN_TRANSIT, Event.CROSSED)

    def is_let_pass(self):
        """True when guards on the origin side let the person go."""
        return self.model.draw(self.key, Draw.LET_PASS_AT_ORIGIN) < let_pass_chance(self.model.lever)
