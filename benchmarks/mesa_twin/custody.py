"""Step 8. Custody decision."""

from trafficsim.processes.custody import (
    assessment_chance,
    bought_out_chance,
    identification_chance,
    lapse_chance,
    may_be_removed,
    prosecuted_chance,
    referral_chance,
    release_chance,
    removal_chance,
    risk_found_chance,
    screening_chance,
    stay_chance,
)
from trafficsim.processes.happenings import one_more
from trafficsim.processes.vocabulary import Draw, Event, Permit, ServiceKind, Stage, Status


class InCustody:
    """The part of a migrant about whom the authorities decide."""

    __slots__ = ()

    def let_protection_lapse(self, p):
        """Protection without recognition as a victim and without lawful stay may end."""
        if self.model.draw(self.key, Draw.PROTECTION_ENDS) < lapse_chance(p, self.model.lever):
            self.move(Status.IN_HIDING, Event.PROTECTION_LAPSED)

    def be_decided_about(self, p, fear_on, queues_on):
        """One month in custody."""
        model, key = self.model, self.key
        lever, draw = model.lever, model.draw
        self.tally(Event.DETAINED_MONTH)
        if not (self.screened or self.identified):
            self.be_screened(p, fear_on)
        serving = self.stage == Stage.SENTENCED and model.month < self.until
        if not (serving or self.assessed or self.protected_from_removal):
            self.be_assessed(p)
        if self.be_referred(p, serving) or serving:
            return
        if self.stage == Stage.SENTENCED:
            self.stage = Stage.AWAITING_RETURN
            self.until = -1
        if not may_be_removed(self.protected_from_removal, self.permit):
            self.be_spared_removal(p)
            return
        if self.stage == Stage.DETAINED:
            if draw(key, Draw.PROSECUTED) < prosecuted_chance(p, lever):
                self.note(Event.PROSECUTED_AS_OFFENDER)
                self.stage = Stage.SENTENCED
                self.until = model.month + int(p.sentence_in_custody)
                return
            self.stage = Stage.AWAITING_RETURN
        unit = model.removal_units[self.area]
        bought_out = draw(key, Draw.BOUGHT_OUT) < bought_out_chance(p, unit.corruption)
        if bought_out or draw(key, Draw.RELEASED_AS_REMOVAL_IS_BARRED) < release_chance(p, lever):
            self.be_freed()
        elif (
            model.now.origin_accepts_returns > 0.5
            and model.removal_places >= 1.0
            and draw(key, Draw.REMOVED) < removal_chance(p, unit.effort, lever)
        ):
            if queues_on:
                model.removal_places -= 1.0
            self.be_removed(unit)
        else:
            self.tally(Event.AWAITING_RETURN_MONTH)

    def be_freed(self):
        """Be let go, without status."""
        self.move(Status.IN_HIDING, Event.RELEASED_FROM_CUSTODY)
        self.stage = Stage.NONE
        self.until = -1

    def be_screened(self, p, fear_on):
        """Screening for trafficking, once a stay."""
        model, luck = self.model, self.luck_of_stay
        if luck.screened >= screening_chance(p, model.lever):
            return
        if not model.services[ServiceKind.SCREENING][self.area].take_place():
            return
        self.screened = 1
        self.note(Event.SCREENED)
        if luck.identified < identification_chance(p, self.times_trafficked > 0, self.trust, fear_on):
            self.identified = 1
            self.note(Event.IDENTIFIED)

    def be_assessed(self, p):
        """Assessment of the risk on return, once a stay."""
        if self.luck_of_stay.assessed >= assessment_chance(p, self.model.lever):
            return
        self.assessed = 1
        self.note(Event.RISK_ASSESSED)
        if self.luck_of_stay.risk_found < risk_found_chance(p, self.at_risk == 1):
            self.protected_from_removal = 1
            self.note(Event.RISK_FOUND)

    def be_referred(self, p, serving):
        """What follows from identification. True when the person leaves custody."""
        model = self.model
        if self.identified and model.draw(self.key, Draw.REFERRED) < referral_chance(p, serving, model.lever):
            if model.services[ServiceKind.SHELTER][self.area].take_place():
                self.note(Event.REFERRED)
                self.be_protected()
                return True
        return False

    def be_spared_removal(self, p):
        """What follows where the law bars removal: leave to remain for a person at risk, or being let go."""
        model = self.model
        if self.protected_from_removal and model.draw(self.key, Draw.STAY_GRANTED) < stay_chance(p, model.lever):
            self.be_protected()
        else:
            self.be_freed()

    def be_removed(self, unit):
        """Removal; of a person at risk it is refoulement."""
        self.move(Status.RETURNED_DETAINED, Event.REMOVED)
        if self.at_risk:
            self.note(Event.REMOVED_AT_RISK)
        self.model.areas[self.area].removals += 1.0
        unit.caseload += 1
        self.stage = Stage.NONE
        self.past_returns = one_more(self.past_returns)
        self.until = -1
        self.permit = Permit.NONE
