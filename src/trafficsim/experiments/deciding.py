"""Which rules decide that something happens to a person, in the order in which a month asks them, and which levers they read.

The rules say themselves what they give and what they read: words and levers come from their own text. What stands here is
which of them are asked before an event; a test holds it against the text of the processes and the catalogue's transitions.
"""

import inspect
import re
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from trafficsim.catalog import catalog
from trafficsim.policy import LEVER_NAMES
from trafficsim.processes.vocabulary import Event, Status

STEPS = (
    "departure", "crossing", "brokerage", "market", "life", "surveillance", "custody", "returns", "upbringing", "adaptation",
)  # fmt: skip
"""The steps of a month in which something happens to a person, in order."""

_SPARED = "surveillance.spared_chance"

DECIDED_BY: dict[str, dict[Event, tuple[str, ...]]] = {
    "departure": {
        Event.DECIDED_TO_LEAVE: ("departure.monthly_departures",),
        Event.DECEIVED_OR_ABDUCTED: ("departure.share_deceived_or_abducted",),
    },
    "crossing": {
        Event.DESISTED: ("-crossing.attempt_chance", "-crossing.border_openness"),
        Event.DIED_CROSSING: ("crossing.crossing_outcome", "crossing.attempt_chance", "crossing.border_openness"),
        Event.ARRESTED_AT_ORIGIN_BORDER: (
            "crossing.crossing_outcome", "-crossing.let_pass_chance", "crossing.border_openness",
        ),
        Event.ARRESTED_AT_HOST_BORDER: ("crossing.crossing_outcome", f"-{_SPARED}", "crossing.border_openness"),
        Event.CROSSED: (
            "crossing.crossing_outcome", "crossing.let_pass_chance", _SPARED, "crossing.attempt_chance",
            "crossing.border_openness",
        ),
    },
    "brokerage": {
        Event.WENT_INTO_HIDING: ("-brokerage.taken_chance", "-brokerage.reach"),
        Event.TAKEN_BY_BROKERS: ("brokerage.taken_chance", "brokerage.reach"),
        Event.FOUND_WHEN_BROKER_GONE: ("brokerage.pass_along", "adaptation.prosecution_chance", f"-{_SPARED}"),
        Event.FREED_WHEN_BROKER_GONE: ("brokerage.pass_along", "adaptation.prosecution_chance", _SPARED),
        Event.ESCAPED_BROKERS: ("brokerage.pass_along",),
        Event.PASSED_ALONG: ("brokerage.pass_along", "-adaptation.prosecution_chance"),
    },
    "market": {
        Event.TRAFFICKED: (
            "market.propose", "-market.next_price", "market.refill_chance", "-adaptation.prosecution_chance",
            "market.choose_purpose",
        ),
        Event.PRICE_PAID: ("market.next_price",),
        Event.TRAFFICKED_AGAIN: ("market.hand_over",),
        Event.MARRIED_AS_CHILD: ("market.choose_purpose",),
    },
    "life": {
        Event.GAVE_BIRTH: ("life.give_birth",),
        Event.DIED_IN_HOST_COUNTRY: ("life.death_chance", "-life.care_chance", "-life.assisted_chance"),
        Event.CONCEIVED: ("life.conception_chance",),
        Event.DEPARTURE_NOTICED: ("life.departure_noticed_chance", f"-{_SPARED}", "life.onward_chance"),
        Event.WENT_TO_THIRD_COUNTRY: (
            "life.onward_chance", "life.safe_passage_chance", "-life.departure_noticed_chance", _SPARED,
        ),
        Event.REMEDY_GRANTED: ("life.remedy_chance",),
        Event.REPORTED: ("life.report_chance",),
        Event.REPORT_LED_TO_CUSTODY: (
            "life.report_turned_chance", "-life.receive_report", f"-{_SPARED}", "life.report_chance",
        ),
        Event.IDENTIFIED_OUTSIDE_CUSTODY: ("life.met_outside_chance", "life.receive_report"),
        Event.PROTECTED: ("life.receive_report", "life.met_outside_chance"),
        Event.ESCAPED_EXPLOITATION: ("life.escape_chance", "life.local_travel"),
        Event.SOLD_ON: ("life.exploited_month",),
        Event.WENT_HOME: ("life.home_chance", "crossing.border_openness"),
        Event.TAKEN_BY_BROKERS: ("life.taken_chance", "brokerage.reach"),
        Event.COERCED_TO_CARRY: ("life.coerced_act",),
        Event.CHARGED_FOR_COERCED_ACT: ("life.charged_chance", "life.coerced_act"),
        Event.PROSECUTED_AS_OFFENDER: ("life.charged_chance",),
    },
    "surveillance": {
        Event.PERMIT_TAKEN_UNDER_COERCION: ("surveillance.takes_permit_chance",),
        Event.PERMIT_BECAME_STATUS: ("surveillance.permit_becomes_status_chance",),
        Event.ASSURANCE_BROKEN: ("surveillance.detection_chance", "surveillance.campaign_strength", f"-{_SPARED}"),
        Event.DETECTED: ("surveillance.detection_chance", "surveillance.campaign_strength", f"-{_SPARED}"),
    },
    "custody": {
        Event.PROTECTION_LAPSED: ("custody.lapse_chance", "custody.decide"),
        Event.SCREENED: ("custody.screening_chance",),
        Event.IDENTIFIED: ("custody.identification_chance",),
        Event.RISK_ASSESSED: ("custody.assessment_chance",),
        Event.RISK_FOUND: ("custody.risk_found_chance",),
        Event.REFERRED: ("custody.referral_chance",),
        Event.PROTECTED: ("custody.stay_chance", "custody.referral_chance", "-custody.may_be_removed", "custody.refer"),
        Event.PROSECUTED_AS_OFFENDER: ("custody.prosecuted_chance",),
        Event.RELEASED_FROM_CUSTODY: (
            "-custody.may_be_removed", "custody.bought_out_chance", "custody.release_chance", "-custody.stay_chance",
            "custody.free",
        ),
        Event.REMOVED: ("custody.removal_chance", "custody.may_be_removed"),
        Event.REMOVED_AT_RISK: ("custody.remove",),
    },
    "returns": {
        Event.TORTURED: ("returns.torture_chance",),
        Event.FORCED_ABORTION: ("returns.forced_abortion_chance",),
        Event.PUNISHED_AS_LINKED: ("returns.punished_as_linked_chance",),
        Event.TORTURED_LATER: ("returns.torture_later_chance",),
        Event.DIED_IN_DETENTION: ("returns.live_after_return",),
        Event.RELEASED_AT_ORIGIN: ("returns.sentence_months",),
        Event.LEFT_AGAIN: ("returns.leave_again_chance",),
        Event.LEFT_AGAIN_FOR_CHILD: ("returns.leave_again_chance",),
    },
    "upbringing": {
        Event.CHILD_BORN: ("life.give_birth",),
        Event.CHILD_REGISTERED_FATHER: ("upbringing.registration_chance", "upbringing.mothers_name_chance"),
        Event.CHILD_REGISTERED_MOTHER: ("upbringing.registration_chance", "upbringing.mothers_name_chance"),
        Event.CHILD_LEFT_UNCERTAIN: ("upbringing.registration_chance",),
        Event.CHILD_CONTACTED: ("upbringing.contact_chance", "upbringing.help_towards_contact"),
        Event.CHILD_REUNITED: ("upbringing.reunion_chance", "upbringing.help_towards_reunion"),
        Event.CHILD_SEPARATED: ("-upbringing.has_mother",),
        Event.CHILD_TAKEN_TO_ORPHANAGE: ("upbringing.orphanage_chance",),
        Event.CHILD_SOLD: ("upbringing.harm_factor",),
        Event.CHILD_FORCED_LABOUR: ("upbringing.harm_factor",),
        Event.CHILD_SEXUALLY_EXPLOITED: ("upbringing.harm_factor",),
    },
}  # fmt: skip
"""By step and event, in the order in which a month can bring the events: the rules (or, where none has a number of its own,
the pieces of a loop) whose outcome it is, the catalogue's rule of a transition among them. A minus says that the more a rule
gives, the less the event happens."""

LEVERS_PASSED = {
    "surveillance.takes_permit_chance": ("permit_surveillance",),
    "surveillance.detection_chance": ("data_firewall", "permit_surveillance"),
    "life.local_travel": ("permit_surveillance",),
    "life.departure_noticed_chance": ("permit_surveillance",),
    "crossing.attempt_chance": ("border_closure", "border_reopening"),
    "life.home_chance": ("border_closure", "border_reopening"),
    "upbringing.has_mother": ("child_and_family",),
}
"""Levers that a loop passes to a rule as a number, so that the rule's own text does not name them."""


@dataclass(frozen=True)
class Rule:
    """A rule of the processes: its full name ("custody.removal_chance"), the first line of what it says, levers it reads.

    ``hinders`` is True where the event that it is asked for happens less, the more it gives.
    """

    name: str
    says: str
    levers: tuple[str, ...]
    hinders: bool

    @property
    def step(self) -> str:
        """The step of the month in whose module it stands."""
        return self.name.partition(".")[0]


@cache
def rule_named(name: str) -> Rule:
    """Return a rule, or a piece of a loop, by module and name; a minus before it says that it hinders."""
    hinders, name = name.startswith("-"), name.removeprefix("-")
    module, _, function = name.partition(".")
    found = getattr(import_module(f"trafficsim.processes.{module}"), function)
    text = getattr(found, "py_func", found)  # numba keeps the text that it compiled
    read = {*re.findall(r"\blever\.(\w+)", inspect.getsource(text)), *LEVERS_PASSED.get(name, ())}
    says = (inspect.getdoc(text) or "").partition("\n\n")[0].replace("\n", " ")
    return Rule(name, says, tuple(lever for lever in LEVER_NAMES if lever in read), hinders)


def step_of(event: Event, status: Status | None) -> str:
    """Return the step of the month that brings ``event`` to a person who stands in ``status`` (None: not known)."""
    steps = [step for step, events in DECIDED_BY.items() if event in events]
    if event in (Event.PROTECTED, Event.PROSECUTED_AS_OFFENDER):
        return "custody" if status == Status.IN_CUSTODY else "life"
    if event == Event.TAKEN_BY_BROKERS:
        return "life" if status == Status.IN_HIDING else "brokerage"
    return steps[0]


def status_after(event: Event, before: Status | None) -> Status | None:
    """Return where somebody stands after an event: what the catalogue's transition says, if it leads to one status alone."""
    known = catalog().transitions.get(event.name.lower())
    return Status[known.entered[0].upper()] if known and len(known.entered) == 1 else before


def place_in_month(event: Event, step: str) -> int:
    """Return where in a month ``event`` comes, in this step: a number to sort by."""
    return 100 * STEPS.index(step) + list(DECIDED_BY[step]).index(event)


def rules_of(event: Event, step: str) -> list[Rule]:
    """Return the rules that decide ``event`` in a step, in the order in which they are looked at."""
    return [rule_named(name) for name in DECIDED_BY[step][event]]


def title_of(step: str) -> str:
    """Return what a step of the month is called: "Custody decision"."""
    words = inspect.getdoc(import_module(f"trafficsim.processes.{step}")) or ""
    return re.sub(r"^Step \d+\. ([^:.]+)[:.].*$", r"\1", words.partition("\n")[0])


def happens(event: Event) -> str:
    """Return what an event is in words: the catalogue's for a transition, else its own name."""
    known = catalog().transitions.get(event.name.lower())
    return known.label if known else event.name.lower().replace("_", " ")
