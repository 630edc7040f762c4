"""Step 10. Children born in the host country."""

import mesa

from trafficsim.processes.happenings import age_band, age_in_years, is_exploited
from trafficsim.processes.upbringing import (
    contact_chance,
    harm_factor,
    has_mother,
    help_towards_contact,
    help_towards_reunion,
    mothers_name_chance,
    orphanage_chance,
    registration_chance,
    reunion_chance,
)
from trafficsim.processes.vocabulary import Care, Draw, Event, Mark, Registration, ServiceKind, Sex, Status, Stream


class Child(mesa.Agent):
    """A child; things are done to it, or for it."""

    __slots__ = (
        "alive", "area", "birth_month", "care", "contact", "elder", "forced_labour", "goes_with_her", "household", "key",
        "months_apart", "mother", "registration", "reunited", "separated_since", "sex", "sexual_exploitation", "sold",
    )  # fmt: skip

    def __init__(self, model, mother, p):
        super().__init__(model)
        self.key = model.luck.name(mother.key, model.month, Stream.CHILDREN)
        self.mother = mother
        self.elder = mother.youngest
        self.household = mother.holder if is_exploited(mother.status) else None
        self.birth_month = model.month
        self.sex = Sex.FEMALE if model.draw(self.key, Draw.CHILD_SEX) < p.girls_at_birth else Sex.MALE
        self.goes_with_her = model.luck.draw_for_life(self.key, Draw.CHILD_GOES_WITH_HER)
        self.area = mother.area
        self.alive = 1
        self.registration = Registration.NONE
        self.care = Care.WITH_MOTHER
        self.separated_since = -1
        self.months_apart = 0
        self.sold = self.forced_labour = self.sexual_exploitation = 0
        self.contact = self.reunited = 0
        model.minors.append(self)

    @property
    def age(self):
        """Age in whole years."""
        return age_in_years(self.model.month, self.birth_month)

    @property
    def is_minor_in_host_country(self):
        """True for a child under 18 in the host country."""
        return self.alive and self.care != Care.GROWN_UP and self.care != Care.REUNITED_ABROAD

    def tell(self, event):
        """Count an event of this child."""
        self.model.ledger.cells[event, self.area, 0, self.sex, age_band(self.age), 0] += 1

    def grow(self, p):
        """One month of a child."""
        model, mother, care = self.model, self.mother, self.care
        months = model.month - self.birth_month
        if months == 0:
            self.tell(Event.CHILD_BORN)
        if months >= p.months_of_childhood:
            self.care = Care.GROWN_UP
            mother.children -= 1
            return
        if model.draw(self.key, Draw.CHILD_DIES) < p.child_dies_monthly:
            self.alive = 0
            mother.children -= 1
            return
        if self.registration < Registration.FATHERS_FAMILY:
            self.be_registered(p)
        if care != Care.WITH_MOTHER:
            self.live_apart(p)
        elif not self.is_with_mother(p):
            self.lose_mother(p)
        if self.care != Care.REUNITED_ABROAD:
            self.be_exposed(p)

    def is_with_mother(self, p):
        """True while the mother cares for the child."""
        mother = self.mother
        return has_mother(
            p, mother.status, name_of(mother.holder), name_of(self.household), self.reunited == 1, self.goes_with_her,
            self.model.lever.child_and_family,
        )  # fmt: skip

    def be_registered(self, p):
        """Registration of a child that has none, or an uncertain one."""
        model, lever = self.model, self.model.lever
        draw = model.draw(self.key, Draw.CHILD_REGISTERED)
        if draw < registration_chance(p, model.now.registration_ease, self.separated_since >= 0, lever):
            if model.draw(self.key, Draw.CHILD_MOTHERS_NAME) < mothers_name_chance(p, lever):
                self.registration = Registration.WITH_MOTHERS_NAME
                self.tell(Event.CHILD_REGISTERED_MOTHER)
            else:
                self.registration = Registration.FATHERS_FAMILY
                self.tell(Event.CHILD_REGISTERED_FATHER)
        elif self.registration == Registration.NONE and draw >= 1.0 - p.uncertain_status_monthly:
            self.registration = Registration.UNCERTAIN
            self.tell(Event.CHILD_LEFT_UNCERTAIN)

    def lose_mother(self, p):
        """The child goes to an orphanage, or stays with the father's household, or with others."""
        model = self.model
        self.separated_since = model.month
        self.mother.marks |= Mark.SEPARATED_FROM_CHILD
        self.tell(Event.CHILD_SEPARATED)
        has_household = self.household is not None
        if model.draw(self.key, Draw.CHILD_ORPHANAGE) < orphanage_chance(p, has_household, model.lever):
            self.care = Care.ORPHANAGE
            self.tell(Event.CHILD_TAKEN_TO_ORPHANAGE)
        else:
            self.care = Care.FATHERS_HOUSEHOLD if has_household else Care.WITH_OTHERS

    def comes_about(self, kind, own, added):
        """True when it happens by the family's own means, or through the service if it has a place."""
        draw = self.model.draw(self.key, kind)
        if draw < own:
            return True
        return draw < own + added and self.model.services[ServiceKind.CHILD_AND_FAMILY][self.area].take_place()

    def live_apart(self, p):
        """A month apart from the mother: contact from afar, reunion."""
        mother, lever = self.mother, self.model.lever
        status = mother.status
        self.months_apart += 1
        self.tell(Event.CHILD_SEPARATED_MONTH)
        if not self.contact:
            own, added = contact_chance(p, status), help_towards_contact(p, status, lever)
            if self.comes_about(Draw.CHILD_CONTACT, own, added):
                self.contact = mother.contact = 1
                self.tell(Event.CHILD_CONTACTED)
        own = reunion_chance(p, status, self.registration)
        added = help_towards_reunion(p, status, self.registration, lever)
        if self.comes_about(Draw.CHILD_REUNITED, own, added):
            self.reunited = 1
            self.separated_since = -1
            self.tell(Event.CHILD_REUNITED)
            if status == Status.IN_THIRD_COUNTRY:
                self.care = Care.REUNITED_ABROAD
                mother.children -= 1
            else:
                self.care = Care.WITH_MOTHER

    def be_exposed(self, p):
        """Harms to a child."""
        model, key = self.model, self.key
        separated = self.care != Care.WITH_MOTHER
        factor = harm_factor(p, separated, self.registration, self.care == Care.ORPHANAGE, model.lever)
        if separated and not self.sold and model.draw(key, Draw.CHILD_SOLD) < p.child_sold_monthly * factor:
            self.sold = 1
            self.care = Care.SOLD
            self.tell(Event.CHILD_SOLD)
        if self.age < p.age_children_are_put_to_work:
            return
        if not self.forced_labour and model.draw(key, Draw.CHILD_LABOUR) < p.child_labour_monthly * factor:
            self.forced_labour = 1
            self.tell(Event.CHILD_FORCED_LABOUR)
        exploited = p.child_sexual_exploitation_monthly * factor
        if not self.sexual_exploitation and model.draw(key, Draw.CHILD_EXPLOITED) < exploited:
            self.sexual_exploitation = 1
            self.tell(Event.CHILD_SEXUALLY_EXPLOITED)


def name_of(agent):
    """Return the number that tells an agent from all others, -1 for nobody: rules take numbers."""
    return -1 if agent is None else agent.unique_id
