"""The status process written a second time: the exact expected stocks and events when no life touches another.

With every feedback off, the statuses of one life are a Markov chain, once what the rules remember of the past (a link to
helpers, past returns, a permit, a sentence still to serve, months in hiding ...) is made part of the state. The expected
number of people in each state then follows month by month from the month's matrix, which is the product of one matrix
for each step (Kemeny and Snell 1960, *Finite Markov Chains*): ``stock(m) = M(m) [stock(m - 1) + departures(m)]``. While
no circumstance changes M is one matrix, and stocks are sums of its powers.

Nothing here calls a rule of the model. Only the words for statuses and events and the numbers of the catalogue are
shared; every chance is written again, after the description of the model, of its rules and of each parameter.

What is random but stays the same for a whole life is no part of the state: hardship (uniform) and being at risk on return
give chains side by side, one for each node of a Gauss-Legendre quadrature and each answer, and so does sex. How closely
a household controls a person and how far it serves surveillance (uniform, new with each sale) are nodes in the state.

Left out, and to be left out of a run that is compared: children, mortality that rises with age, limits of places,
enforcement that answers to what it sees.
"""

from typing import Any, NamedTuple

import numpy as np
from markov_states import (
    ALONE,
    AWAITING,
    COMPLIANCE,
    COMPLIANCE_WEIGHT,
    CONTROL,
    CONTROL_WEIGHT,
    DECEIVED,
    DETAINED,
    DIGITS,
    EXPLOITED,
    GUIDED,
    HARDSHIP,
    HARDSHIP_WEIGHT,
    INTENDS,
    KINDS,
    LABOUR,
    LAWFUL,
    MARRIAGE,
    NO_PERMIT,
    OF_A_LIFE,
    REMEMBERED,
    SELLER,
    SENTENCED,
    SERVITUDE,
    SETTLED,
    STAYS,
    SURVEILLANCE,
    TRANSPORTER,
    VENUE,
    States,
    Step,
    encode,
)
from scipy.sparse import csr_matrix

from trafficsim.processes.vocabulary import Event, Sex, Status

FEMALE, MALE = int(Sex.FEMALE), int(Sex.MALE)
JUST_REMOVED = 63
"""A sentence at origin that is still to be set."""
LONGEST_SENTENCE_AT_ORIGIN = 20
MOST_MONTHS_IN_HIDING = 60
"""Where months in hiding stop being told apart: the wish to go home has faded by then."""
PERSONS = len(HARDSHIP) * 2
"""Each hardship, first at risk on return, then not."""
PERSONS_ALIKE: dict[str, list[tuple[dict[str, Any], slice]]] = {
    "cross": [({"hardship": float(each)}, slice(2 * i, 2 * i + 2)) for i, each in enumerate(HARDSHIP)],
    "assess": [({"at_risk": True}, slice(0, None, 2)), ({"at_risk": False}, slice(1, None, 2))],
}
"""The steps that depend on hardship or risk, and the persons who have it."""

DETENTION: dict[str, Any] = {"status": Status.IN_CUSTODY, "stage": DETAINED, "screened": 0, "assessed": 0, "left": 0}
HIDING: dict[str, Any] = {"status": Status.IN_HIDING, "months": 0}
WITH_A_SELLER: dict[str, Any] = {"status": Status.HELD_BY_BROKERS, "role": SELLER, "arrested": 0}


class Units(NamedTuple):
    """How enforcement stands in a month: as the policy of the month before left it."""

    effort: float
    corruption: float
    share_removal: float
    share_surveillance: float
    share_brokers: float


class Month(NamedTuple):
    """All that a month's matrix depends on, apart from the parameters: circumstances, levers, units, active sellers."""

    now: Any
    lever: Any
    units: Units
    sellers: float


class Expected(NamedTuple):
    """Expected stocks (months, statuses) and events (months, events, statuses left, statuses entered).

    An event that changes something within a status, such as a permit, leaves and enters the same one.
    """

    stocks: np.ndarray
    events: np.ndarray


class Chain:
    """The chain of one sex under ``parameters`` (process -> named tuple, as a run's course has them)."""

    def __init__(self, parameters: dict[str, Any], sex: int) -> None:
        self.p, self.sex = parameters, sex
        self.settled_after = int(parameters["returns"].months_until_settled)
        self.states = States(np.concatenate([self._codes(int(status)) for status in Status]))
        self.matrices: dict[Any, tuple[csr_matrix, csr_matrix]] = {}

    def _codes(self, status: int) -> np.ndarray:
        """Return the codes of a status: every combination of what it remembers."""
        values = {name: np.arange(DIGITS[name]) for name in REMEMBERED[status]}
        if "area" in values:
            values["area"] = np.arange(1, int(self.p["crossing"].areas) + 1)
        if "months" in values:
            most = {Status.IN_TRANSIT: 1, Status.IN_HIDING: MOST_MONTHS_IN_HIDING}
            values["months"] = np.arange(most.get(Status(status), self.settled_after + 1) + 1)
        if status == Status.IN_CUSTODY:
            longest = int(max(self.p["custody"].sentence_in_custody, self.p["life"].sentence_for_coerced_act))
            values["left"] = np.arange(longest + 1)
        elif "left" in values:
            values["left"] = np.array([*range(LONGEST_SENTENCE_AT_ORIGIN + 1), JUST_REMOVED])
        grid = dict(zip(values, np.meshgrid(*values.values(), indexing="ij"), strict=True))
        digits = {name: each.ravel() for name, each in grid.items()}
        if status == Status.IN_CUSTODY:
            serving = (digits["stage"] == SENTENCED) | (digits["left"] == 0)
            digits = {name: each[serving] for name, each in digits.items()}
        return encode(digits | {"status": status})

    # The steps, in the order of the month.

    def settle(self, month: Month) -> Step:
        """After a time nobody leaves again."""
        step, d = Step(self.states), self.states.digit
        late = (d["status"] == Status.RETURNED_RELEASED) & (d["intends"] == STAYS) & (d["months"] > self.settled_after)
        step.draw(late, 1.0, intends=SETTLED, months=0, **dict.fromkeys(OF_A_LIFE, 0))
        return step

    def openness(self, month: Month) -> float:
        reopened = self.p["crossing"].reopened_openness * month.lever.border_reopening
        return max(month.now.border_openness * (1.0 - month.lever.border_closure), reopened)

    def weight_of_area(self, slope: float, area: Any) -> Any:
        """Weights fall evenly from the first area to the last; their mean is 1."""
        areas = int(self.p["crossing"].areas)
        return 1.0 + slope * (areas + 1 - 2 * area) / areas

    def cross(self, month: Month, hardship: float) -> Step:
        """Of those who mean to leave some try; of those who do not, some desist."""
        step, d, p = Step(self.states), self.states.digit, self.p["crossing"]
        tries = min(1.0, p.attempt_monthly * self.openness(month) * (0.5 + hardship))
        areas = int(p.areas)
        means_to, deceived = d["intends"] == INTENDS, d["journey"] == DECEIVED
        outcomes: list[tuple[Any, Event | None, dict[str, Any]]] = []
        for journey, chosen in (
            (DECEIVED, deceived), (GUIDED, ~deceived * p.guided_share), (ALONE, ~deceived * (1.0 - p.guided_share)),
        ):  # fmt: skip
            share = tries * chosen
            unbribed = 1.0 if journey == ALONE else 1.0 - self.p["adaptation"].usual_corruption
            dies, met = p.death_crossing, p.arrest_origin_border * unbribed
            stopped = met * (1.0 - month.lever.origin_decriminalisation)
            caught = p.arrest_host_border * month.units.effort * self.not_spared(month)
            detained_at_origin = {"status": Status.RETURNED_DETAINED, "left": int(p.detention_after_origin_arrest)}
            outcomes.append((share * dies, Event.DIED_CROSSING, {"status": Status.DEAD}))
            outcomes.append((share * stopped, Event.ARRESTED_AT_ORIGIN_BORDER, detained_at_origin))
            for area in range(1, areas + 1):
                here = share * self.weight_of_area(p.area_slope, area) / areas
                in_transit = {"status": Status.IN_TRANSIT, "area": area, "journey": journey, "months": 0}
                outcomes.append((here * caught, Event.ARRESTED_AT_HOST_BORDER, DETENTION | {"area": area}))
                outcomes.append((here * (1.0 - dies - stopped - caught), Event.CROSSED, in_transit))
        step.one_of(means_to, outcomes)
        step.draw(means_to, p.desists_monthly, Event.DESISTED, intends=STAYS)
        return step

    def not_spared(self, month: Month) -> float:
        """Chance that whoever the authorities of the host country come upon is detained."""
        p, lever = self.p["surveillance"], month.lever
        return (1.0 - p.spared_by_non_punishment * lever.non_punishment) * (1.0 - p.spared_by_stay * lever.lawful_stay)

    def reach(self, month: Month) -> float:
        half = self.p["brokerage"].activity_half_point
        return month.sellers * (1.0 + half) / (month.sellers + half)

    def pass_along(self, month: Month) -> Step:
        step, d, p, women = Step(self.states), self.states.digit, self.p["brokerage"], self.sex == FEMALE
        alone = p.taken_alone_women if women else p.taken_alone_men
        guided = p.taken_when_guided_women if women else p.taken_when_guided_men
        chance = np.where(d["journey"] == GUIDED, guided, alone) * self.reach(month)
        chance *= 1.0 - p.prevention_effect_on_taking * month.lever.prevention
        taken = np.where(d["journey"] == DECEIVED, 1.0, np.minimum(1.0, chance))
        arrived = (d["status"] == Status.IN_TRANSIT) & (d["months"] > 0)
        step.draw(arrived, taken, Event.TAKEN_BY_BROKERS, **(WITH_A_SELLER | {"role": TRANSPORTER}))
        step.draw(arrived, 1.0, Event.WENT_INTO_HIDING, **HIDING)
        held = d["status"] == Status.HELD_BY_BROKERS
        loose = held & (d["arrested"] == 1)
        found = p.found_when_broker_gone * self.not_spared(month)
        step.draw(loose, found, Event.FOUND_WHEN_BROKER_GONE, **DETENTION)
        step.draw(loose, 1.0, Event.FREED_WHEN_BROKER_GONE, **HIDING)
        step.draw(held, p.escapes_brokers_monthly, Event.ESCAPED_BROKERS, **HIDING)
        step.draw(held & (d["role"] != SELLER), p.passed_along_monthly, Event.PASSED_ALONG, role=d["role"] + 1)
        return step

    def sell(self, month: Month) -> Step:
        step, d, p = Step(self.states), self.states.digit, self.p["market"]
        if self.sex == FEMALE:
            shares = {MARRIAGE: p.share_marriage_women, VENUE: p.share_sexual_women, SERVITUDE: p.share_servitude_women}
            total = sum(shares.values())
            shares = {status: share / max(1.0, total) for status, share in shares.items()}
            shares[LABOUR] = max(0.0, 1.0 - total)
        else:
            shares = {LABOUR: p.share_labour_men, SERVITUDE: 1.0 - p.share_labour_men}
        offered = (d["status"] == Status.HELD_BY_BROKERS) & (d["role"] == SELLER)
        step.one_of(offered, [
            (p.sale_chance_without_scarcity * share * CONTROL_WEIGHT[i] * COMPLIANCE_WEIGHT[j], Event.TRAFFICKED,
             {"status": status, "trafficked": 1, "control": i, "compliance": j})
            for status, share in shares.items() for i in range(len(CONTROL)) for j in range(len(COMPLIANCE))
        ])  # fmt: skip
        return step

    def live(self, month: Month) -> Step:
        """Death, onward passage, reports, being met by a service, escape, being sold on, going home, coerced acts."""
        step, d, p, lever = Step(self.states), self.states.digit, self.p["life"], month.lever
        status, permit, women = d["status"], d["permit"], self.sex == FEMALE
        exploited, hiding, protected = (
            np.isin(status, EXPLOITED),
            status == Status.IN_HIDING,
            status == Status.PROTECTED,
        )
        free_or_held, at_large = exploited | hiding | protected, exploited | hiding

        cared = np.where(hiding, p.care_in_hiding, p.care_in_exploitation)
        cared = np.where(permit == LAWFUL, np.maximum(cared, p.care_with_status), cared)
        cared = np.where(protected, np.maximum(cared, p.care_when_protected), cared)
        cared += (1.0 - cared) * p.reach_of_assistance * lever.assistance
        dies = (
            p.dies_monthly
            * np.where(exploited, p.death_in_exploitation, 1.0)
            * (1.0 - cared * (1.0 - p.death_with_care))
        )
        step.draw(free_or_held, dies, Event.DIED_IN_HOST_COUNTRY, status=Status.DEAD)

        scheme = month.now.permit_scheme * lever.permit_surveillance
        onward = p.onward_monthly * month.now.onward_openness * (1.0 if women else p.onward_men)
        onward *= np.where(protected, p.onward_from_protection, np.where(exploited, p.onward_from_exploitation, 1.0))
        onward *= np.where(d["link"] == 1, p.onward_with_link, 1.0)
        may_travel = (permit == SURVEILLANCE) & (d["area"] <= p.areas_where_the_permit_travels)
        onward *= np.where(may_travel, p.onward_with_travelling_permit, 1.0)
        onward *= np.where(permit == LAWFUL, 1.0 + p.onward_with_status, 1.0)
        picture = p.noticed_by_picture * COMPLIANCE[d["compliance"]] * exploited
        watched = (permit == SURVEILLANCE) & ~protected
        noticed = scheme * (1.0 - (1.0 - p.noticed_by_messages) * (1.0 - picture)) * watched * self.not_spared(month)
        with_help = p.onward_passage_monthly * lever.onward_passage
        step.one_of(free_or_held, [
            (onward * noticed, Event.DEPARTURE_NOTICED, DETENTION),
            (onward * (1.0 - noticed) + with_help, Event.WENT_TO_THIRD_COUNTRY, {"status": Status.IN_THIRD_COUNTRY}),
        ])  # fmt: skip

        trust = p.trust_without_feedback
        reports = p.report_monthly * trust * (p.channel_today + max(lever.identification, lever.accountability))
        reports *= 1.0 + p.safety_of_non_punishment * lever.non_punishment + p.safety_of_firewall * lever.data_firewall
        reports = min(1.0, reports * (1.0 + p.safety_of_stay * lever.lawful_stay))
        turned = min(p.report_turned_against * (1.0 - lever.non_punishment), 1.0 - lever.identification)
        turned *= self.not_spared(month)
        recognised = {"status": Status.PROTECTED, "identified": 1}
        step.one_of(at_large, [
            (reports * lever.identification, Event.PROTECTED, {
                "status": Status.PROTECTED, "identified": np.maximum(d["identified"], d["trafficked"]),
            }),
            (reports * turned, Event.REPORT_LED_TO_CUSTODY, DETENTION),
        ])  # fmt: skip
        unknown = at_large & (d["trafficked"] == 1) & (d["identified"] == 0)
        met = p.met_outside_monthly * lever.identification * (0.5 + trust)
        step.draw(unknown, met, Event.PROTECTED, **recognised)

        escapes = np.where(status == MARRIAGE, p.escape_monthly_marriage, p.escape_monthly_other)
        escapes *= 2.0 * (1.0 - CONTROL[d["control"]])
        escapes *= np.where(permit == NO_PERMIT, 1.0 - scheme * (1.0 - p.escape_without_local_travel), 1.0)
        escapes *= 1.0 + p.help_of_lawful_stay_to_escape * max(lever.lawful_stay, lever.permit_as_status)
        step.draw(exploited, escapes, Event.ESCAPED_EXPLOITATION, **HIDING)
        step.draw(exploited, p.sold_on_monthly, Event.SOLD_ON, **WITH_A_SELLER)

        home = (p.goes_home_women if women else p.goes_home_men) * np.exp(-p.goes_home_fades * d["months"])
        released = {"status": Status.RETURNED_RELEASED, "intends": STAYS, "months": 0, "permit": NO_PERMIT}
        step.draw(hiding, home * self.openness(month), Event.WENT_HOME, **released)
        taken = (p.taken_in_hiding_women if women else p.taken_in_hiding_men) * self.reach(month)
        taken *= (1.0 - p.prevention_effect_in_hiding * lever.prevention) * np.where(
            permit == LAWFUL, 1.0 - p.shelter_of_status, 1.0
        )
        step.draw(hiding, taken, Event.TAKEN_BY_BROKERS, **WITH_A_SELLER)

        charged = p.coerced_to_carry_monthly * p.charged_for_coerced_act * (1.0 - lever.non_punishment)
        sentence = {"stage": SENTENCED, "left": int(p.sentence_for_coerced_act)}
        step.draw(at_large, charged, Event.CHARGED_FOR_COERCED_ACT, **(DETENTION | sentence))
        return step

    def at_large(self) -> np.ndarray:
        return np.isin(self.states.digit["status"], [*EXPLOITED, Status.IN_HIDING])

    def take_permits(self, month: Month) -> Step:
        step, d, p = Step(self.states), self.states.digit, self.p["surveillance"]
        invited = np.where(d["status"] == MARRIAGE, 1.0, p.permit_reach_outside_marriage)
        fear = 0.5 + (1.0 - p.trust_without_feedback)
        scheme = month.now.permit_scheme * month.lever.permit_surveillance if self.sex == FEMALE else 0.0
        takes = p.takes_permit_monthly * scheme * invited * fear
        step.draw(
            self.at_large() & (d["permit"] == NO_PERMIT), takes, Event.PERMIT_TAKEN_UNDER_COERCION, permit=SURVEILLANCE
        )
        return step

    def make_permits_lawful(self, month: Month) -> Step:
        step, p = Step(self.states), self.p["surveillance"]
        becomes = p.permit_becomes_status_monthly * month.lever.permit_as_status
        without = self.at_large() & (self.states.digit["permit"] != LAWFUL)
        step.draw(without, becomes, Event.PERMIT_BECAME_STATUS, permit=LAWFUL)
        return step

    def check(self, month: Month) -> Step:
        """The police find people; some are spared, some let go as permit holders were assured."""
        step, d, p, lever = Step(self.states), self.states.digit, self.p["surveillance"], month.lever
        holder, exploited = d["permit"] == SURVEILLANCE, np.isin(d["status"], EXPLOITED)
        found = p.detected_monthly * month.now.removal_campaign
        found *= 1.0 + p.enforcement_lever_effect * lever.removal_enforcement
        watched = holder & (month.now.permit_scheme * lever.permit_surveillance > 0.0)
        found = found * month.units.effort * (
            month.units.share_removal + month.units.share_surveillance * np.where(watched, 1.0, p.surveillance_finds_others)
        )  # fmt: skip
        found *= self.weight_of_area(p.policing_area_slope, d["area"])
        found *= np.where(exploited, p.detection_in_household * (0.5 + COMPLIANCE[d["compliance"]]), 1.0)
        exposure = (
            p.permit_exposure + (min(p.permit_assurance, p.permit_exposure) - p.permit_exposure) * lever.data_firewall
        )
        found *= np.choose(d["permit"], [1.0, exposure, p.detection_with_status])
        found *= 1.0 if month.now.origin_accepts_returns else p.detection_while_returns_are_blocked
        found *= self.not_spared(month)
        found *= np.where(holder, 1.0 - p.assurance_kept, 1.0)
        step.draw(self.at_large(), found, Event.DETECTED, **DETENTION)
        return step

    def before_a_decision(self) -> np.ndarray:
        d = self.states.digit
        return (d["status"] == Status.IN_CUSTODY) & ~((d["stage"] == SENTENCED) & (d["left"] > 0))

    def screen(self, month: Month) -> Step:
        """One draw for a whole stay, a sentence included: who was tried under today's coverage is not tried again.

        So coverage may rise from nothing once, and must then stay as it is.
        """
        step, d, p = Step(self.states), self.states.digit, self.p["custody"]
        untried = (d["status"] == Status.IN_CUSTODY) & (d["screened"] == 0) & (d["identified"] == 0)
        screened = p.screened_today + (1.0 - p.screened_today) * month.lever.identification
        candid = 1.0 - p.candour * (1.0 - p.trust_without_feedback)
        seen = np.where(d["trafficked"] == 1, p.identification_sensitivity * candid, 1.0 - p.identification_specificity)
        step.draw(untried, screened * seen, Event.IDENTIFIED, identified=1, screened=1)
        step.draw(untried, 1.0 if screened > 0.0 else 0.0, screened=1)
        return step

    def assess(self, month: Month, at_risk: bool) -> Step:
        """As :meth:`screen`: one draw for a whole stay."""
        step, d, p = Step(self.states), self.states.digit, self.p["custody"]
        untried = self.before_a_decision() & (d["assessed"] == 0) & (d["found_at_risk"] == 0)
        assessed = p.assessed_today + (1.0 - p.assessed_today) * month.lever.non_refoulement
        found = p.assessment_sensitivity if at_risk else 1.0 - p.assessment_specificity
        step.draw(untried, assessed * found, Event.RISK_FOUND, found_at_risk=1, assessed=1)
        step.draw(untried, 1.0 if assessed > 0.0 else 0.0, assessed=1)
        return step

    def decide(self, month: Month) -> Step:
        step, d, p, lever = Step(self.states), self.states.digit, self.p["custody"], month.lever
        bare = (d["status"] == Status.PROTECTED) & (d["identified"] == 0)
        freed = Event.RELEASED_FROM_CUSTODY
        step.draw(bare, 0.0 if lever.lawful_stay > 0.0 else p.stay_lapses_monthly, Event.PROTECTION_LAPSED, **HIDING)
        inside, identified = self.before_a_decision(), d["identified"] == 1
        serving = (d["status"] == Status.IN_CUSTODY) & ~inside
        referred = p.referred_when_identified
        step.draw(inside & identified, referred, Event.PROTECTED, status=Status.PROTECTED)
        step.draw(serving & identified, referred * lever.non_punishment, Event.PROTECTED, status=Status.PROTECTED)
        found = inside & (d["found_at_risk"] == 1)
        step.draw(found, max(lever.lawful_stay, p.stay_after_risk_found), Event.PROTECTED, status=Status.PROTECTED)
        step.draw(found | (inside & (d["permit"] == LAWFUL)), 1.0, freed, **HIDING)
        prosecuted = p.prosecuted_in_custody * (1.0 - lever.non_punishment)
        sentence = {"stage": SENTENCED, "left": int(p.sentence_in_custody)}
        step.draw(inside & (d["stage"] == DETAINED), prosecuted, **sentence)
        step.draw(inside, p.bought_out_monthly * month.units.corruption, freed, **HIDING)
        step.draw(inside, p.released_as_removal_is_barred * lever.moratorium, freed, **HIDING)
        removed = min(1.0, p.removed_monthly * month.units.effort * (1.0 - lever.moratorium))
        sent_back = {"returns": np.minimum(d["returns"] + 1, 2), "permit": NO_PERMIT, "left": JUST_REMOVED}
        sent_back |= {"status": Status.RETURNED_DETAINED}
        step.draw(inside, removed if month.now.origin_accepts_returns else 0.0, Event.REMOVED, **sent_back)
        step.draw(inside, 1.0, stage=AWAITING, left=0)
        return step

    def sentence(self, month: Month) -> Step:
        step, d, p = Step(self.states), self.states.digit, self.p["returns"]
        new = (d["status"] == Status.RETURNED_DETAINED) & (d["left"] == JUST_REMOVED)
        months = np.where(d["returns"] == 1, month.now.sentence_first_months, month.now.sentence_repeat_months)
        months = months * np.where(d["link"] == 1, p.sentence_factor_with_link, 1.0)
        months = months * (1.0 - month.lever.origin_decriminalisation) + p.months_of_questioning
        step.draw(new, 1.0, left=np.floor(months).astype(int))
        return step

    def live_after_return(self, month: Month) -> Step:
        step, d, p = Step(self.states), self.states.digit, self.p["returns"]
        detained = d["status"] == Status.RETURNED_DETAINED
        step.draw(detained, p.dies_in_detention_monthly, Event.DIED_IN_DETENTION, status=Status.DEAD)
        released = {"status": Status.RETURNED_RELEASED, "intends": STAYS, "months": 0}
        step.draw(detained & (d["left"] == 0), 1.0, Event.RELEASED_AT_ORIGIN, **released)
        at_home = (d["status"] == Status.RETURNED_RELEASED) & (d["intends"] == STAYS)
        leaves = p.leaves_again_monthly * month.now.departure_pressure / p.usual_pressure
        leaves = leaves * np.exp(-d["months"] / p.months_to_settle)
        hardened = p.linked_after_return * ((d["link"] == 0) & (d["returns"] > 0))
        step.one_of(at_home, [
            (leaves * hardened, Event.LEFT_AGAIN, {"intends": INTENDS, "link": 1}),
            (leaves * (1.0 - hardened), Event.LEFT_AGAIN, {"intends": INTENDS}),
        ])  # fmt: skip
        return step

    def arrest_brokers(self, month: Month) -> Step:
        step, d = Step(self.states), self.states.digit
        step.draw(d["status"] == Status.HELD_BY_BROKERS, self.prosecuted(month), arrested=1)
        return step

    def prosecuted(self, month: Month) -> float:
        """Chance that a broker is prosecuted this month: by policing alone."""
        p, accountability = self.p["adaptation"], month.lever.accountability
        will = p.investigated_today + (1.0 - p.investigated_today) * accountability
        clean = 1.0 - month.units.corruption * (1.0 - accountability)
        return will * clean * p.prosecuted_by_policing * month.units.share_brokers * month.units.effort

    def grow_older(self, month: Month) -> Step:
        """A month goes by: one more in hiding or since release, one less to serve."""
        step, d = Step(self.states), self.states.digit
        most = np.full(len(self.states), self.settled_after + 1)
        most[d["status"] == Status.IN_HIDING] = MOST_MONTHS_IN_HIDING
        most[d["status"] == Status.IN_TRANSIT] = 1
        counting = np.isin(d["status"], [Status.IN_TRANSIT, Status.IN_HIDING, Status.RETURNED_RELEASED])
        counting &= (d["months"] < most) & (d["intends"] != SETTLED)
        step.draw(counting, 1.0, months=d["months"] + 1)
        step.draw((d["left"] > 0) & (d["left"] != JUST_REMOVED), 1.0, left=d["left"] - 1)
        return step

    STEPS = (
        "settle", "cross", "pass_along", "sell", "live", "take_permits", "make_permits_lawful", "check", "screen",
        "assess", "decide", "sentence", "live_after_return", "arrest_brokers", "grow_older",
    )  # fmt: skip

    def live_through(self, month: Month, people: np.ndarray) -> np.ndarray:
        """Move ``people``, (states, persons), through a month; return the events, (kinds of event,)."""
        events = np.zeros(np.prod(KINDS))
        for name in self.STEPS:
            for of_the_person, columns in PERSONS_ALIKE.get(name, [({}, slice(None))]):
                key = (name, month, *of_the_person.values())
                if key not in self.matrices:
                    self.matrices[key] = getattr(self, name)(month, **of_the_person).matrices()
                change, counted = self.matrices[key]
                met = people[:, columns]
                if counted.nnz:
                    events += counted @ (met @ np.ones(met.shape[1]))
                people[:, columns] += change @ met
        return events

    def newcomers(self, month: Month, number: float, recruiters: float) -> np.ndarray:
        """Return those who decide to leave, shape (states, persons): ``number`` of both sexes, recruiters active as given."""
        p, women = self.p["departure"], self.sex == FEMALE
        number *= month.now.women_share if women else 1.0 - month.now.women_share
        deceived = p.deceived_or_abducted_share * recruiters * (1.0 - p.warning_effect * month.lever.prevention)
        deceived = deceived if women else 0.0
        weight = np.outer(HARDSHIP_WEIGHT, [p.share_at_risk, 1.0 - p.share_at_risk]).ravel()
        arriving = np.zeros((len(self.states), PERSONS))
        for journey, of_journey in ((ALONE, 1.0 - deceived), (DECEIVED, deceived)):
            for link, of_link in ((0, 1.0 - p.linked_share), (1, p.linked_share)):
                row = self.states.rows(status=Status.AT_ORIGIN, intends=INTENDS, journey=journey, link=link)
                arriving[row] = number * of_journey * of_link * weight
        return arriving

    def expected(self, circumstances: list[Any], levers: list[Any], candidates: float) -> Expected:
        """Return expected stocks and events of this sex, month by month, with ``candidates`` prospective migrants a month."""
        months = len(levers)
        status = csr_matrix((np.ones(len(self.states)), (self.states.digit["status"], np.arange(len(self.states)))))
        stocks, events = np.zeros((months, len(Status))), np.zeros((months, np.prod(KINDS)))
        people = np.zeros((len(self.states), PERSONS))
        p, units, active = self.p, self.units(None), self.p["brokerage"].usually_active
        for number, (now, lever) in enumerate(zip(circumstances, levers, strict=True)):
            relative = active / p["brokerage"].usually_active
            month = Month(now, lever, units, round(relative, 9))
            leaving = now.departure_pressure * now.cost_index ** -p["departure"].cost_elasticity
            leaving *= 1.0 - p["departure"].prevention_effect_on_departures * lever.prevention
            scale = candidates / p["departure"].candidates_monthly
            people += self.newcomers(month, leaving * scale, relative)
            events[number] = self.live_through(month, people)
            stocks[number] = (status @ people).sum(axis=1)
            active = active * (1.0 - self.prosecuted(month)) + (1.0 - active) * p["adaptation"].broker_enters_monthly
            units = self.units(lever)
        return Expected(stocks, events.reshape(months, *KINDS))

    def units(self, lever: Any) -> Units:
        """Enforcement as ``lever`` leaves it for the next month; as it begins where there is none."""
        p = self.p["adaptation"]
        if lever is None:
            return Units(1.0, p.usual_corruption, 1.0 - p.share_brokers_today, 0.0, p.share_brokers_today)
        on_brokers = p.share_brokers_today + p.share_brokers_under_policy * lever.accountability
        rest = 1.0 - on_brokers - p.share_screening_under_policy * lever.identification
        on_surveillance = rest * p.share_surveillance_of_rest * lever.permit_surveillance
        return Units(
            1.0 + p.effort_of_enforcement_only * lever.removal_enforcement,
            p.usual_corruption * (1.0 - p.accountability_against_corruption * lever.accountability),
            rest - on_surveillance, on_surveillance, on_brokers,
        )  # fmt: skip
