"""Each feedback is visible in a run, in the direction that the model's description gives, and its switch turns it off.

Same seed throughout: the lives and their luck are the same, so a difference between two runs is caused by what differs.
"""

from functools import cache

import numpy as np
import pytest

import trafficsim
from trafficsim.policy import load_arm
from trafficsim.processes.vocabulary import Event, Status

START, YEARS = "2002-01", 5
FIRST = (2002 - 1996) * 12


class Outcome:
    """What one run came to over the policy window."""

    def __init__(self, model):
        self.events = model.state.ledger.monthly[FIRST:].sum(axis=0)
        world = model.state.world
        rows = int(world.migrants.size[0])
        status = world.migrants.status[:rows]
        here = (status >= Status.IN_TRANSIT) & (status <= Status.PROTECTED)
        self.trust = float(world.migrants.trust[:rows][here].mean())
        moved_since = world.migrants.status_since[:rows] >= FIRST
        self.guided_share = float(world.migrants.guided[:rows][moved_since].mean())
        self.brokers = int(world.brokers.active.sum())
        self.bride_price = float(world.markets.price[::4].mean())
        stocks = model.state.stocks.by_status[FIRST:]
        self.person_months = int(stocks[:, Status.IN_TRANSIT : Status.PROTECTED + 1].sum())

    def __getitem__(self, event):
        return int(self.events[event])

    @property
    def reporting_rate(self):
        return self[Event.REPORTED] / self.person_months


@cache
def outcome(arm="status_quo", off=(), parameters=()):
    model = trafficsim.TraffickingModel(
        arm=arm, rng=5, scale=0.2, policy_start=START, years=YEARS, feedbacks=dict.fromkeys(off, False),
        parameters={process: {name: value} for process, name, value in parameters},
    )  # fmt: skip
    model.run_until("2007-01")
    return Outcome(model)


@pytest.mark.relation(
    "Less fear of removal means more reports and fewer brokers; with that feedback off it does not.",
    kind="monotone", level="whole model",
    reach="one seed, feedback on and off",
)  # fmt: skip
def test_fear_of_removal_silences_reports_and_spares_brokers():
    """Fear of removal -> no reports -> no prosecutions -> more brokers (S57, S60)."""
    frightened, relieved = outcome("accountability_only"), outcome("accountability_only+moratorium_only")
    assert relieved.trust > 2 * frightened.trust
    assert relieved.reporting_rate > 2 * frightened.reporting_rate
    assert relieved.brokers < frightened.brokers
    # Without the feedback, nobody's readiness to report depends on removals.
    without, also = outcome("accountability_only", ("fear",)), outcome("accountability_only+moratorium_only", ("fear",))
    assert also.trust == pytest.approx(without.trust, abs=0.01)
    assert also.reporting_rate == pytest.approx(without.reporting_rate, rel=0.1)


@pytest.mark.relation(
    "More removals mean less trust; with that feedback off they do not.",
    kind="monotone", level="whole model",
    reach="one seed, feedback on and off",
)  # fmt: skip
def test_a_removal_seen_chills_trust():
    assert outcome("enforcement_only").trust < 0.5 * outcome().trust
    assert outcome("enforcement_only", ("fear",)).trust == pytest.approx(
        outcome("status_quo", ("fear",)).trust, abs=0.01
    )


@pytest.mark.relation(
    "Protection raises trust, and trust raises reports, identification and prosecutions.",
    kind="monotone", level="whole model",
    reach="one seed, feedback on and off",
)  # fmt: skip
def test_protection_builds_trust_identification_and_prosecutions():
    """Protection -> trust -> identification -> prosecutions."""
    on, off = outcome("identification_only"), outcome("identification_only", ("fear",))
    assert on.trust > 2 * off.trust
    for event in (Event.REPORTED, Event.IDENTIFIED_OUTSIDE_CUSTODY, Event.BROKER_PROSECUTED):
        assert on[event] > 1.2 * off[event], event.name


@pytest.mark.relation(
    "Policing without protection raises dependence on brokers and their price; with that feedback off it "
    "does not.",
    kind="monotone", level="whole model",
    reach="one seed, feedback on and off",
)  # fmt: skip
def test_policing_without_protection_raises_dependence_on_brokers_and_their_price():
    dependence = outcome("enforcement_only").guided_share - outcome().guided_share
    price = outcome("enforcement_only").bride_price - outcome().bride_price
    off = ("enforcement_pressure",)
    dependence_off = outcome("enforcement_only", off).guided_share - outcome("status_quo", off).guided_share
    price_off = outcome("enforcement_only", off).bride_price - outcome("status_quo", off).bride_price
    assert dependence > 0.01 > abs(dependence_off)
    assert price > 2 * abs(price_off)


@pytest.mark.relation(
    "Children left behind mean more who leave again and more who are trafficked again; with that "
    "feedback off nobody leaves for a child.",
    kind="monotone", level="whole model",
    reach="one seed, feedback on and off",
)  # fmt: skip
def test_a_child_left_behind_draws_its_mother_back_and_into_the_next_sale():
    """Removal of mothers -> children left -> leaving again -> trafficked again (S38, S39)."""
    on, off = outcome(), outcome("status_quo", ("family_return",))
    assert on[Event.LEFT_AGAIN_FOR_CHILD] > 100
    assert off[Event.LEFT_AGAIN_FOR_CHILD] == 0
    assert on[Event.TRAFFICKED_AGAIN] > off[Event.TRAFFICKED_AGAIN]
    assert outcome("moratorium_only")[Event.LEFT_AGAIN_FOR_CHILD] < on[Event.LEFT_AGAIN_FOR_CHILD]


@pytest.mark.relation(
    "A pull of protection raises departures; a pull of none, or turned off, leaves them as they are.",
    kind="limit", level="whole model",
    reach="one seed",
)  # fmt: skip
def test_protection_may_pull_and_need_not():
    """The pull is an assumption whose range includes zero."""
    decided = {
        "on": outcome("non_refoulement_only")[Event.DECIDED_TO_LEAVE],
        "off": outcome("non_refoulement_only", ("pull",))[Event.DECIDED_TO_LEAVE],
        "zero": outcome("non_refoulement_only", (), (("departure", "pull_of_protection", 0.0),))[
            Event.DECIDED_TO_LEAVE
        ],
        "without protection": outcome()[Event.DECIDED_TO_LEAVE],
    }
    assert decided["on"] > decided["off"]
    assert decided["zero"] == decided["off"] == decided["without protection"]


@pytest.mark.relation(
    "More prosecutions mean fewer brokers; more profit means more.",
    kind="monotone", level="whole model",
    reach="one seed, feedback on and off",
)  # fmt: skip
def test_prosecutions_drive_brokers_out_and_profit_brings_them_back():
    on, off = outcome("accountability_only"), outcome("accountability_only", ("broker_adaptation",))
    assert on.brokers < off.brokers < outcome().brokers
    assert on[Event.BROKER_LEFT] > 1.5 * outcome()[Event.BROKER_LEFT]
    assert off[Event.BROKER_LEFT] == 0
    # Where people are sold for more, empty seats are taken sooner.
    rich = outcome("status_quo", (), (("adaptation", "usual_broker_income", 300.0),))
    poor = outcome("status_quo", (), (("adaptation", "usual_broker_income", 6000.0),))
    assert rich.brokers > poor.brokers


@pytest.mark.relation(
    "The fewer people can be sold, the higher the price; with that feedback off prices stand still.",
    kind="monotone", level="whole model",
    reach="one seed, feedback on and off",
)  # fmt: skip
def test_scarcity_moves_prices():
    assert outcome("status_quo", ("scarcity",)).bride_price == 5000.0
    scarce = outcome("status_quo", (), (("departure", "cost_elasticity", 1.0),))  # fewer people can leave
    plenty = outcome("status_quo", (), (("departure", "cost_elasticity", 0.0),))
    assert scarce[Event.TRAFFICKED] != plenty[Event.TRAFFICKED]
    fewer, more = sorted((scarce, plenty), key=lambda each: each[Event.TRAFFICKED])
    assert fewer.bride_price > more.bride_price


@pytest.mark.relation(
    "No more people are protected than there are places; with places unlimited more are.",
    kind="limit", level="whole model",
    reach="one seed, feedback on and off",
)  # fmt: skip
def test_few_places_make_queues():
    arm = load_arm("identification_only")
    small = trafficsim.policy.Arm.from_plain(
        arm.plain() | {"levers": {"identification": {"coverage": 0.9, "capacity": 60.0}}}
    )
    outcomes = {}
    for off in ((), ("queues",)):
        model = trafficsim.TraffickingModel(
            arm=small, rng=5, scale=0.2, policy_start=START, years=YEARS, feedbacks=dict.fromkeys(off, False)
        )
        model.run_until("2007-01")
        outcomes[off] = model
    protected = {off: model.state.ledger.monthly[FIRST:, Event.PROTECTED] for off, model in outcomes.items()}
    places = 60.0 * 0.2 * np.arange(1, YEARS * 12 + 1) + 6  # of refuge, saved up to one in each area
    assert (np.cumsum(protected[()]) <= places).all()
    assert protected[("queues",)].sum() > 2 * protected[()].sum()
    assert outcomes[()].state.world.services.queue.sum() > 0
