"""Step 6. Life in the host country."""

from trafficsim.processes.happenings import is_exploited, is_in_host_country
from trafficsim.processes.life import (
    assisted_chance,
    care_chance,
    charged_chance,
    conception_chance,
    death_chance,
    departure_noticed_chance,
    escape_chance,
    home_chance,
    local_travel,
    met_outside_chance,
    onward_chance,
    remedy_chance,
    report_chance,
    report_turned_chance,
    safe_passage_chance,
)
from trafficsim.processes.vocabulary import Draw, Event, Permit, Purpose, Role, ServiceKind, Sex, Stage, Status

from .child import Child


class LifeInHostCountry:
    """The part of a migrant that lives, bears children, flees, goes on, reports and is found."""

    __slots__ = ()

    def live(self, p, openness, fear_on, seller_reach):
        """One month outside custody; a birth comes wherever the mother stands in the host country."""
        draw, status = self.model.draw, self.status
        if 0 <= self.due <= self.model.month and is_in_host_country(status):
            self.due = -1
            self.give_birth(p)
        if status < Status.FORCED_MARRIAGE or status > Status.PROTECTED or status == Status.IN_CUSTODY:
            return
        treated = self.seek_care(p)
        if draw(self.key, Draw.DIES) < death_chance(p, status, self.age, treated):
            self.leave_holder()
            self.move(Status.DEAD, Event.DIED_IN_HOST_COUNTRY)
            return
        if self.due < 0 and self.sex == Sex.FEMALE:
            self.conceive(p)
        if self.go_onward(p):
            return
        if status == Status.PROTECTED:
            self.live_protected(p)
        elif not self.seek_help(p, fear_on):
            if status == Status.IN_HIDING:
                self.live_in_hiding(p, openness, seller_reach)
            else:
                self.live_exploited(p)

    def give_birth(self, p):
        """A child is born in the host country."""
        child = Child(self.model, self, p)
        self.youngest = child
        self.children += 1
        if child.household is not None:
            child.household.children += 1
        self.note(Event.GAVE_BIRTH)

    def seek_care(self, p):
        """Get health care unaided, or through a service. True when treated."""
        model = self.model
        draw, own = model.draw(self.key, Draw.CARE), care_chance(p, self.status, self.permit)
        treated = draw < own
        if not treated and draw < own + assisted_chance(p, own, model.lever):
            treated = model.services[ServiceKind.HEALTH][self.area].take_place()
        self.treated = int(treated)
        self.tally(Event.CARE_RECEIVED if treated else Event.UNTREATED_MONTH)
        return treated

    def conceive(self, p):
        """Become pregnant, perhaps."""
        model = self.model
        if model.draw(self.key, Draw.CONCEIVES) < conception_chance(p, self.status, self.age):
            self.due = model.month + int(p.months_of_pregnancy)
            self.note(Event.CONCEIVED)

    def go_onward(self, p):
        """Reach a third country, unaided or by a safe passage. True when it changed where the person stands."""
        model, status, permit = self.model, self.status, self.permit
        lever, now = model.lever, model.now
        own = onward_chance(
            p, status, self.sex, self.link, self.children > 0, permit, self.area, now.onward_openness
        )  # fmt: skip
        draw = model.draw(self.key, Draw.GOES_ONWARD)
        if draw >= own + safe_passage_chance(p, lever):
            return False
        if draw >= own:
            if not model.services[ServiceKind.ONWARD_PASSAGE][self.area].take_place():
                return False
        else:
            compliance = self.compliance if is_exploited(status) else 0.0
            scheme = now.permit_scheme * lever.permit_surveillance
            noticed = departure_noticed_chance(p, status, permit, compliance, scheme)
            noticed_now = model.draw(self.key, Draw.DEPARTURE_NOTICED) < noticed
            if noticed_now and model.draw(self.key, Draw.SPARED_ON_DEPARTURE) >= model.spared:
                self.fall_into_custody(Event.DEPARTURE_NOTICED)
                return True
        self.leave_holder()
        self.move(Status.IN_THIRD_COUNTRY, Event.WENT_TO_THIRD_COUNTRY)
        self.leave_host_country()
        return True

    def live_protected(self, p):
        """A month under protection: legal aid may win a remedy."""
        model = self.model
        self.tally(Event.PROTECTED_MONTH)
        if self.remedied or self.times_trafficked == 0:
            return
        if model.draw(self.key, Draw.REMEDY) < remedy_chance(p, model.lever):
            if model.services[ServiceKind.LEGAL_AID][self.area].take_place():
                self.remedied = 1
                self.note(Event.REMEDY_GRANTED)

    def seek_help(self, p, fear_on):
        """Report, or be met by a service. True when it changed where the person stands."""
        model, trust = self.model, self.trust
        if model.draw(self.key, Draw.REPORTS) < report_chance(p, trust, model.lever, fear_on):
            self.note(Event.REPORTED)
            model.areas[self.area].reports += 1.0
            if self.have_report_received(p):
                return True
        if self.times_trafficked > 0 and not self.identified:
            if model.draw(self.key, Draw.MET_OUTSIDE) < met_outside_chance(p, trust, model.lever, fear_on):
                return self.be_protected_outside_custody()
        return False

    def have_report_received(self, p):
        """A report ends in protection, in custody, or in nothing."""
        lever, draw = self.model.lever, self.model.draw(self.key, Draw.REPORT_RECEIVED)
        if draw < lever.identification:
            return self.be_protected_outside_custody()
        turned = draw >= 1.0 - report_turned_chance(p, lever)
        if turned and self.model.draw(self.key, Draw.SPARED_AFTER_REPORT) >= self.model.spared:
            self.fall_into_custody(Event.REPORT_LED_TO_CUSTODY)
            return True
        return False

    def be_protected_outside_custody(self):
        """Be protected where there is a place of refuge; one who has been trafficked is identified, if not before."""
        if not self.model.services[ServiceKind.SHELTER][self.area].take_place():
            return False
        if self.times_trafficked > 0 and not self.identified:
            self.identified = 1
            self.note(Event.IDENTIFIED_OUTSIDE_CUSTODY)
        self.be_protected()
        return True

    def live_exploited(self, p):
        """A month in exploitation: escape, sale to another, or a coerced act."""
        model, key, status = self.model, self.key, self.status
        self.tally(Event.EXPLOITED_MONTH)
        if self.also_sexually_exploited or status == Status.SEXUAL_EXPLOITATION:
            self.tally(Event.SEXUAL_EXPLOITATION_MONTH)
        if self.also_forced_to_work or self.purpose == Purpose.FORCED_LABOUR:
            self.tally(Event.FORCED_LABOUR_MONTH)
        travel = local_travel(p, self.permit, model.now.permit_scheme * model.lever.permit_surveillance)
        escape = escape_chance(p, status, self.control, self.children > 0, travel, model.lever)
        if model.draw(key, Draw.ESCAPES) < escape:
            self.leave_holder()
            self.move(Status.IN_HIDING, Event.ESCAPED_EXPLOITATION)
            return
        if model.draw(key, Draw.SOLD_ON) < p.sold_on_monthly:
            broker = self.meet_broker(Role.SELLER, Draw.SELLER_PICK_SOLD_ON)
            if broker is not None:
                self.be_held_by(broker, Event.SOLD_ON)
                return
        self.be_made_to_carry(p)

    def be_made_to_carry(self, p):
        """A coerced act, for which the victim may be charged."""
        model, key = self.model, self.key
        if model.draw(key, Draw.COERCED_TO_CARRY) >= p.coerced_to_carry_monthly:
            return
        self.note(Event.COERCED_TO_CARRY)
        if model.draw(key, Draw.CHARGED) < charged_chance(p, model.lever):
            self.fall_into_custody(Event.CHARGED_FOR_COERCED_ACT)
            self.stage = Stage.SENTENCED
            self.until = model.month + int(p.sentence_for_coerced_act)
            self.note(Event.PROSECUTED_AS_OFFENDER)

    def live_in_hiding(self, p, openness, seller_reach):
        """A month in hiding: going home, or falling into the hands of brokers."""
        model, key, sex = self.model, self.key, self.sex
        self.tally(Event.HIDING_MONTH)
        if model.draw(key, Draw.GOES_HOME) < home_chance(p, sex, model.month - self.status_since, openness):
            self.move(Status.RETURNED_RELEASED, Event.WENT_HOME)
            self.leave_host_country()
            return
        taken = p.taken_in_hiding_women if sex == Sex.FEMALE else p.taken_in_hiding_men
        taken *= seller_reach[self.area] * (1.0 - p.prevention_effect_in_hiding * model.lever.prevention)
        if self.permit == Permit.STATUS:
            taken *= 1.0 - p.shelter_of_status
        if model.draw(key, Draw.FINDS_BROKERS_AGAIN) < taken:
            broker = self.meet_broker(Role.SELLER, Draw.SELLER_PICK_IN_HIDING)
            if broker is not None:
                self.be_held_by(broker, Event.TAKEN_BY_BROKERS)
                return
        self.be_made_to_carry(p)
