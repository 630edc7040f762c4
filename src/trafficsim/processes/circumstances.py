"""Step 1. Circumstances: what the month brings from outside, as dated series, and the switches of feedback."""

from typing import NamedTuple


class Circumstances(NamedTuple):
    """Outside conditions of one month. Each field is a dated series of the catalogue."""

    departure_pressure: float
    """Persons a month who would leave if the border were open."""
    women_share: float
    border_openness: float
    cost_index: float
    onward_openness: float
    removal_campaign: float
    origin_accepts_returns: float
    sentence_first_months: float
    sentence_repeat_months: float
    permit_scheme: float
    demand_index: float
    registration_ease: float


class Switches(NamedTuple):
    """Feedbacks that can be turned off. With all off, lives do not touch each other."""

    fear: bool
    """Removals and protections seen change trust, and trust changes reporting and permits."""
    scarcity: bool
    """Households and offers compete, and prices move."""
    broker_adaptation: bool
    """Brokers leave under risk and are replaced for profit; networks are cut and regrow."""
    enforcement_pressure: bool
    """Policing raises the need for brokers and their price, and effort follows caseload."""
    family_return: bool
    """A child left behind draws its mother back."""
    pull: bool
    """Protection seen may raise departures."""
    queues: bool
    """Services and removal have limited places."""
