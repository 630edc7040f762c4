"""The ordinary Mesa model: agents as objects, and the twelve steps of a month."""

import math
from collections import Counter

import mesa
import numpy as np

from trafficsim.course import course_of
from trafficsim.policy import Arm, load_arm
from trafficsim.processes.brokerage import reach
from trafficsim.processes.crossing import border_openness
from trafficsim.processes.departure import monthly_departures, share_deceived_or_abducted
from trafficsim.processes.happenings import area_weight
from trafficsim.processes.surveillance import campaign_strength, spared_chance
from trafficsim.processes.vocabulary import (
    AREAS,
    Care,
    Draw,
    Purpose,
    Role,
    ServiceKind,
    Status,
    Stream,
    UnitKind,
)

from .area import Area
from .broker import Broker
from .child import Child
from .institutions import EnforcementUnit, ProtectionService
from .ledger import Ledger
from .luck import KeyedLuck, OrdinaryLuck
from .market import Market, Stall
from .migrant import Migrant

IN_AREAS = range(1, AREAS + 1)
IN_BROKERS_REACH = (Status.IN_TRANSIT, Status.HELD_BY_BROKERS)
EXPLOITED_OR_HIDING = frozenset(range(Status.FORCED_MARRIAGE, Status.IN_HIDING + 1))
IN_HOST_COUNTRY = frozenset(range(Status.IN_TRANSIT, Status.PROTECTED + 1))


class TwinModel(mesa.Model):
    """One corridor, month by month from January 1996.

    Args:
        arm: name of an arm, or an :class:`~trafficsim.policy.Arm`.
        rng: a whole number.
        luck: ``"ordinary"`` draws from ``model.random``, ``"keyed"`` as the compiled model does.
        settings: ``scale``, ``policy_start``, ``years``, ``parameters``, ``feedbacks`` as for ``TraffickingModel``.

    """

    def __init__(self, arm="status_quo", rng=None, luck="ordinary", **settings):
        super().__init__(rng=rng)
        arm = arm if isinstance(arm, Arm) else load_arm(arm)
        self.course = course_of(arm, int(self._seed), **settings)
        self.luck = KeyedLuck(self.course.seed) if luck == "keyed" else OrdinaryLuck(self.random)
        self.draw = self.luck.draw
        self.number_of_areas = self.course.areas
        self.month = 0
        self.protection_signal = 0.0
        self.removal_places = 0.0
        self.ledger = Ledger()
        # Those whom a month can touch, in the order in which they came: to visit the others too would only cost time.
        self.present: list[Migrant] = []
        self.minors: list[Child] = []
        self.children_abroad = 0
        self.migrants_at_rest: Counter[tuple[int, int]] = Counter()
        self.found_brokers()
        self.found_institutions()
        self.found_markets()
        self.datacollector = mesa.DataCollector({"by_status_and_sex": count_migrants, "by_care": count_children})

    def found_brokers(self):
        """Seat the brokers, each tied to the one in the same seat of the next role."""
        p, number = self.course.parameters["brokerage"], self.course.seats()
        self.seats, seat = {}, 0
        for area in IN_AREAS:
            self.seats[area] = {}
            for role in Role:
                self.seats[area][role] = [Broker(self, seat + place, area, role, p) for place in range(number)]
                seat += number
            for role in Role:
                if role != Role.SELLER:
                    for broker, partner in zip(self.seats[area][role], self.seats[area][role + 1], strict=True):
                        broker.partner = partner

    def found_institutions(self):
        """Set up areas, enforcement units and protection services."""
        p = self.course.parameters["adaptation"]
        self.areas = [Area(self, number, p.usual_broker_income) for number in range(AREAS + 1)]
        units = {
            kind: [EnforcementUnit(self, kind, area, p) for area in range(AREAS + 1)] for kind in UnitKind
        }  # fmt: skip
        self.origin_guard = units[UnitKind.ORIGIN_BORDER_GUARD][0]
        self.host_guard = units[UnitKind.HOST_BORDER_GUARD][0]
        self.police = units[UnitKind.LOCAL_POLICE]
        self.removal_units = units[UnitKind.DETENTION_AND_REMOVAL]
        self.services = {kind: {area: ProtectionService(self, kind, area) for area in IN_AREAS} for kind in ServiceKind}

    def found_markets(self):
        """Set up the markets with their stalls."""
        p = self.course.parameters["market"]
        widths = {
            Purpose.FORCED_MARRIAGE: p.stalls_marriage,
            Purpose.SEXUAL_EXPLOITATION: p.stalls_venue,
            Purpose.FORCED_LABOUR: p.stalls_labour,
            Purpose.DOMESTIC_SERVITUDE: p.stalls_servitude,
        }
        self.markets, first = {}, 0
        for area in IN_AREAS:
            self.markets[area] = {}
            for purpose, width in widths.items():
                weight = area_weight(p.demand_area_slope, area, self.number_of_areas)
                number = max(1, round(width * weight * self.course.scale)) if area <= self.number_of_areas else 0
                names = [self.luck.name(self.luck.seed, Stream.HOUSEHOLDS, first + place) for place in range(number)]
                self.markets[area][purpose] = Market(self, area, purpose, p, [Stall(name) for name in names])
                first += number

    def step(self):
        """Live through one month."""
        course, month = self.course, self.month
        self.now, self.lever = course.circumstances[month], course.levers[month]
        self.spared = spared_chance(course.parameters["surveillance"], self.lever)
        self.begin_month()
        self.depart()
        self.cross()
        self.pass_along()
        self.trade()
        self.live()
        self.watch()
        self.decide()
        self.live_after_return()
        self.bring_up()
        self.adapt()
        self.datacollector.collect(self)
        self.ledger.close_month()
        self.month += 1
        self.running = self.month < course.months

    def begin_month(self):
        """Step 1, and who can be touched this month."""
        course, p = self.course, self.course.parameters
        self.luck.begin_month(self.month)
        settling, present = p["returns"], []
        for migrant in self.present:
            if migrant.has_come_to_rest(settling):
                migrant.rested_as = migrant.status
                self.migrants_at_rest[migrant.status, migrant.sex] += 1
            else:
                migrant.grow_older()
                present.append(migrant)
        self.present = present
        self.seller_activity = self.activity(Role.SELLER)
        self.seller_reach = [reach(p["brokerage"], activity) for activity in self.seller_activity]
        self.recruiter_activity = float(np.mean(self.activity(Role.RECRUITER)[1 : self.number_of_areas + 1]))
        for area in self.areas:
            area.begin_month()
        self.agents_by_type[ProtectionService].do("open", course)

    def activity(self, role):
        """Return active brokers of a role relative to the usual number, by area; none outside the areas."""
        usual = self.course.parameters["brokerage"].usually_active * self.course.seats()
        return [0.0, *(sum(broker.active for broker in self.seats[area][role]) / usual for area in IN_AREAS)]

    def depart(self):
        """Step 2. Of this month's candidates, some decide to leave."""
        course, p, luck = self.course, self.course.parameters["departure"], self.luck
        slots = math.ceil(p.candidates_monthly * course.scale)
        signal = self.protection_signal if course.switches.pull else 0.0
        leaving = monthly_departures(p, self.now, self.lever, signal)
        chance = min(1.0, leaving * course.scale / max(slots, 1))
        deceived = share_deceived_or_abducted(p, self.lever, self.recruiter_activity)
        stream = luck.name(luck.seed, self.month, Stream.CANDIDATES)
        for slot in range(slots):
            key = luck.name(stream, slot)
            if self.draw(key, Draw.CANDIDATE_DEPARTS) < chance:
                self.present.append(Migrant(self, key, p, deceived))

    def cross(self):
        """Step 3. Those who mean to leave try."""
        course, p = self.course, self.course.parameters["crossing"]
        self.openness = border_openness(p, self.now, self.lever)
        for migrant in self.present:
            if migrant.intends:
                migrant.cross(
                    p, self.openness, self.origin_guard, self.host_guard, course.switches.enforcement_pressure
                )  # fmt: skip

    def pass_along(self):
        """Step 4. Arrivals are taken or hide; those held are freed, escape or are passed along."""
        p, month, activity = self.course.parameters["brokerage"], self.month, self.seller_activity
        for migrant in self.present:
            if migrant.status in IN_BROKERS_REACH:
                if migrant.status == Status.HELD_BY_BROKERS:
                    migrant.be_passed_along(p)
                elif migrant.status_since != month:
                    migrant.arrive(p, activity)

    def trade(self):
        """Step 5. Households seek, sellers offer, and prices move."""
        p, on = self.course.parameters["market"], self.course.switches
        markets = [market for by_purpose in self.markets.values() for market in by_purpose.values()]
        for market in markets:
            market.open(p, on.broker_adaptation)
        for migrant in self.present:
            if migrant.status == Status.HELD_BY_BROKERS and migrant.holder.role == Role.SELLER:
                migrant.be_offered(p, on.scarcity)
        for market in markets:
            market.settle(p)
            if on.scarcity:
                market.move_price(p, on.enforcement_pressure)

    def live(self):
        """Step 6. Everybody in the host country lives a month."""
        p, fear_on = self.course.parameters["life"], self.course.switches.fear
        openness, seller_reach = self.openness, self.seller_reach
        for migrant in self.present:
            if migrant.status in IN_HOST_COUNTRY:
                migrant.live(p, openness, fear_on, seller_reach)

    def watch(self):
        """Step 7. Permits, checks, detection."""
        p, fear_on = self.course.parameters["surveillance"], self.course.switches.fear
        campaign = campaign_strength(p, self.now, self.lever)
        for migrant in self.present:
            if migrant.status in EXPLOITED_OR_HIDING:
                migrant.be_watched(p, campaign, fear_on)

    def decide(self):
        """Step 8. Decisions about those in custody, in the order in which they came."""
        course, on, p = self.course, self.course.switches, self.course.parameters["custody"]
        self.removal_places = max(1.0, p.removal_places * course.scale) if on.queues else math.inf
        for migrant in self.present:
            if migrant.status == Status.IN_CUSTODY:
                migrant.be_decided_about(p, on.fear, on.queues)
            elif migrant.status == Status.PROTECTED and not migrant.identified:
                migrant.let_protection_lapse(p)

    def live_after_return(self):
        """Step 9. Those detained or released at origin."""
        p, family_on = self.course.parameters["returns"], self.course.switches.family_return
        pressure = self.now.departure_pressure / p.usual_pressure
        for migrant in self.present:
            if migrant.status == Status.RETURNED_DETAINED:
                migrant.live_detained(p)
            elif migrant.status == Status.RETURNED_RELEASED and not migrant.intends:
                migrant.live_released(p, pressure, family_on)

    def bring_up(self):
        """Step 10. The children."""
        p = self.course.parameters["upbringing"]
        for child in self.minors:
            child.grow(p)
        self.children_abroad += sum(child.care == Care.REUNITED_ABROAD for child in self.minors)
        self.minors = [child for child in self.minors if child.is_minor_in_host_country]

    def adapt(self):
        """Step 11. What is seen changes what people do next."""
        course, on, p = self.course, self.course.switches, self.course.parameters["adaptation"]
        persons = Counter(migrant.area for migrant in self.present if migrant.status in IN_HOST_COUNTRY)
        for area in self.areas[1:]:
            area.learn(p, float(persons[area.number]))
        if on.fear:
            for migrant in self.present:
                if migrant.status in IN_HOST_COUNTRY:
                    migrant.learn(p, self.areas[migrant.area])
        for area in self.areas[1 : self.number_of_areas + 1]:
            brokers = [broker for role in Role for broker in self.seats[area.number][role]]
            area.adapt_brokers(p, brokers, on.broker_adaptation)
        usual_caseload = p.usual_caseload * course.scale
        self.agents_by_type[EnforcementUnit].do("adapt", p, usual_caseload, on.enforcement_pressure)
        protections, removals = sum(a.protections for a in self.areas), sum(a.removals for a in self.areas)
        if protections + removals > 0:
            share, memory = protections / (protections + removals), p.memory_of_the_seen
            self.protection_signal = memory * self.protection_signal + (1.0 - memory) * share


def count_migrants(model):
    """Return how many migrants of each sex stand in each status."""
    return model.migrants_at_rest + Counter((migrant.status, migrant.sex) for migrant in model.present)


def count_children(model):
    """Return how many children are in each kind of care."""
    return Counter(child.care for child in model.minors) + Counter({Care.REUNITED_ABROAD: model.children_abroad})
