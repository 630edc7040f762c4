"""Migrants: step 2, departure, makes one; the later steps are the classes that this one is put together from."""

import mesa

from trafficsim.processes.adaptation import next_trust
from trafficsim.processes.departure import draw_age, draw_link, draw_motive, draw_stratum
from trafficsim.processes.happenings import age_band, age_in_years
from trafficsim.processes.presence import rests
from trafficsim.processes.vocabulary import Draw, Event, Motive, Permit, Purpose, Sex, Stage, Status

from .brokerage import Brokerage
from .crossing import Crossing
from .custody import InCustody
from .happenings import Happenings
from .life import LifeInHostCountry
from .market import OnOffer
from .returns import Returned
from .surveillance import UnderSurveillance

MAY_REST = frozenset((Status.AT_ORIGIN, Status.IN_THIRD_COUNTRY, Status.RETURNED_RELEASED, Status.DEAD))


class Migrant(
    Crossing, Brokerage, OnOffer, LifeInHostCountry, UnderSurveillance, InCustody, Returned, Happenings, mesa.Agent
):
    """A person who leaves, or means to leave, the country of origin."""

    # Slots, because Python finds attributes of an object that has more than thirty of them slowly otherwise.
    __slots__ = (
        "age", "also_forced_to_work", "also_sexually_exploited", "area", "assessed", "at_risk", "band", "birth_month",
        "children", "compliance", "contact", "control", "due", "guided", "hardship", "holder", "identified", "intends", "key",
        "link", "luck_of_stay", "marks", "motive", "past_returns", "path", "permit", "proposals", "protected_from_removal",
        "purpose", "remedied", "rested_as", "screened", "sex", "stage", "status", "status_since", "stratum",
        "times_trafficked", "treated", "trust", "until", "youngest",
    )  # fmt: skip

    def __init__(self, model, key, p, share_deceived):
        super().__init__(model)
        draw = model.draw
        self.key = key
        female = draw(key, Draw.CANDIDATE_SEX) < model.now.women_share
        self.sex = Sex.FEMALE if female else Sex.MALE
        months_old = draw_age(p, draw(key, Draw.CANDIDATE_AGE_BAND), draw(key, Draw.CANDIDATE_AGE))
        self.birth_month = model.month - months_old
        self.stratum = draw_stratum(p, draw(key, Draw.CANDIDATE_STRATUM))
        mode = draw(key, Draw.CANDIDATE_MODE)
        if female and mode < share_deceived:
            by_force = mode < share_deceived * p.abducted_among_deceived
            self.motive = Motive.ABDUCTION if by_force else Motive.DECEPTION
        else:
            self.motive = draw_motive(p, draw(key, Draw.CANDIDATE_MOTIVE))
        self.link = draw_link(p, draw(key, Draw.CANDIDATE_LINK))
        self.trust = p.initial_trust * 2.0 * draw(key, Draw.CANDIDATE_TRUST)
        self.hardship = draw(key, Draw.CANDIDATE_HARDSHIP)
        self.at_risk = int(draw(key, Draw.CANDIDATE_AT_RISK) < p.share_at_risk)
        self.age = age_in_years(model.month, self.birth_month)
        self.band = age_band(self.age)
        self.begin_journey()

    def begin_journey(self):
        """Mean to leave, with nothing behind yet."""
        self.status = Status.AT_ORIGIN
        self.status_since = self.model.month
        self.rested_as = -1
        self.intends = 1
        self.path = self.marks = 0
        self.area = self.guided = 0
        self.holder = None
        self.purpose = Purpose.NONE
        self.also_forced_to_work = self.also_sexually_exploited = 0
        self.control = self.compliance = 0.0
        self.times_trafficked = self.past_returns = 0
        self.permit = Permit.NONE
        self.stage = Stage.NONE
        self.until = self.due = -1
        self.identified = self.screened = self.assessed = self.protected_from_removal = 0
        self.children = 0
        self.youngest = None
        self.treated = self.contact = self.remedied = 0
        self.note(Event.DECIDED_TO_LEAVE)
        if self.motive >= Motive.DECEPTION:
            self.note(Event.DECEIVED_OR_ABDUCTED)

    def has_come_to_rest(self, p):
        """True when no rule can touch this life any more."""
        if self.status not in MAY_REST:
            return False
        months = self.model.month - self.status_since
        return rests(p, self.status, self.intends, months, self.children > 0)

    def grow_older(self):
        """Count the years."""
        if (self.model.month - self.birth_month) % 12 == 0:
            self.age = age_in_years(self.model.month, self.birth_month)
            self.band = age_band(self.age)

    def learn(self, p, area):
        """Trust the authorities more or less after what is seen in the area."""
        self.trust = next_trust(p, self.trust, area.removals_seen, area.protections_seen)
