"""Step 9. Return."""

from trafficsim.processes.returns import (
    forced_abortion_chance,
    leave_again_chance,
    most_who_leave_again,
    punished_as_linked_chance,
    sentence_months,
    torture_chance,
    torture_later_chance,
)
from trafficsim.processes.vocabulary import Draw, Event, Link, Motive, Status


class Returned:
    """The part of a migrant that is held at origin after a return, is released, and may leave again."""

    __slots__ = ()

    def be_received(self, p):
        """The first month after a forced return."""
        model, key, link = self.model, self.key, self.link
        lever = model.lever
        self.area = 0
        if model.draw(key, Draw.TORTURED) < torture_chance(p, link, self.motive, lever):
            self.note(Event.TORTURED)
        if self.due >= 0:
            if model.draw(key, Draw.FORCED_ABORTION) < forced_abortion_chance(p, lever):
                self.note(Event.FORCED_ABORTION)
            self.due = -1
        if model.draw(key, Draw.PUNISHED_AS_LINKED) < punished_as_linked_chance(link, lever):
            self.note(Event.PUNISHED_AS_LINKED)
        self.until = model.month + sentence_months(p, model.now, self.past_returns, link, lever)

    def live_detained(self, p):
        """A month in detention at origin."""
        model, key = self.model, self.key
        if self.until < 0:
            self.be_received(p)
        elif model.draw(key, Draw.TORTURED_LATER) < torture_later_chance(p, self.link, model.lever):
            self.note(Event.TORTURED_LATER)
        if model.draw(key, Draw.DIES_DETAINED) < p.dies_in_detention_monthly:
            self.move(Status.DEAD, Event.DIED_IN_DETENTION)
        elif model.month >= self.until:
            self.until = -1
            self.move(Status.RETURNED_RELEASED, Event.RELEASED_AT_ORIGIN)

    def live_released(self, p, pressure, family_on):
        """A month at liberty at origin: leave again, perhaps."""
        model, key, has_child = self.model, self.key, self.children > 0
        draw = model.draw(key, Draw.LEAVES_AGAIN)
        if draw >= most_who_leave_again(p, pressure):
            return  # no chance is larger: spares most lives the exponential
        if draw >= leave_again_chance(p, model.month - self.status_since, has_child, pressure, family_on):
            return
        self.intends = 1
        self.note(Event.LEFT_AGAIN)
        if has_child and family_on:
            self.motive = Motive.FAMILY
            self.note(Event.LEFT_AGAIN_FOR_CHILD)
        elif self.motive >= Motive.DECEPTION:
            self.motive = Motive.WORK_OR_TRADE
        if self.link == Link.NONE and self.past_returns > 0:
            if model.draw(key, Draw.LINK_AFTER_RETURN) < p.linked_after_return:
                self.link = Link.THIRD_COUNTRY
