"""With all feedbacks off the simulation agrees with the exact Markov solution within Monte-Carlo error, and must.

The chain is an independent writing (see ``markov_chain.py``). Departures are a thin slice of a large stream, so the
number of lives that are in a status in a month, or make a move in it, is a Poisson number with the expected value as its
variance. The run here has a million lives; 10 % on one hazard of the chain is enough for the same check to fail.
"""

import dataclasses
from functools import cache

import numpy as np
import pytest
from markov_chain import FEMALE, MALE, Chain, Expected
from scipy.stats import chi2

from trafficsim.catalog import catalog
from trafficsim.course import course_of
from trafficsim.policy import LEVER_NAMES, Arm, Levers
from trafficsim.processes.circumstances import Circumstances, Switches
from trafficsim.processes.month import Course, advance, begin
from trafficsim.processes.vocabulary import Event, Status

SCALE = 100.0
MOVING = [Event[name.upper()] for name in catalog().transitions]
WORST, FEWEST = 4.5, 25
"""The largest difference taken for luck, in standard deviations; where fewer lives are expected totals must do."""

# Four times: before the permit; the permit and a closed border; protection in part; lawful stay besides, and a moratorium.
USUAL = Circumstances(
    departure_pressure=60.0, women_share=0.6, border_openness=0.8, cost_index=1.4, onward_openness=0.6,
    removal_campaign=1.3, origin_accepts_returns=1.0, sentence_first_months=2.0, sentence_repeat_months=4.0,
    permit_scheme=0.0, demand_index=1.0, registration_ease=1.0,
)  # fmt: skip
WITH_PERMITS = USUAL._replace(permit_scheme=1.0)
CLOSED = WITH_PERMITS._replace(border_openness=0.4, origin_accepts_returns=0.0)
NOTHING = Levers(**dict.fromkeys(LEVER_NAMES, 0.0))
SURVEILLED = NOTHING._replace(permit_surveillance=1.0)
PROTECTING = NOTHING._replace(
    permit_surveillance=0.8, identification=0.4, non_refoulement=0.5, non_punishment=0.3, assistance=0.6,
    accountability=0.4, prevention=0.3, onward_passage=0.5, data_firewall=0.5, removal_enforcement=0.3, border_closure=0.2,
)  # fmt: skip
LAWFUL = PROTECTING._replace(
    lawful_stay=0.5, permit_as_status=0.4, moratorium=0.3, origin_decriminalisation=0.5, border_reopening=0.9
)
TIMES = [(USUAL, NOTHING, 48), (CLOSED, SURVEILLED, 24), (WITH_PERMITS, PROTECTING, 30), (WITH_PERMITS, LAWFUL, 30)]

# What is rare is made frequent within its range, so that a slip in it would show.
INSIDE_THEIR_RANGES = {
    "departure": {"share_at_risk": 0.8},
    "crossing": {"areas": 2.0, "death_crossing": 0.01},
    "life": {
        "goes_home_fades": 0.05, "dies_monthly": 0.0004, "death_in_exploitation": 4.0, "report_monthly": 0.15,
        "met_outside_monthly": 0.05, "noticed_by_messages": 0.4, "noticed_by_picture": 0.8, "sold_on_monthly": 0.02,
        "coerced_to_carry_monthly": 0.002, "charged_for_coerced_act": 0.8, "sentence_for_coerced_act": 12.0,
    },
    "surveillance": {"detected_monthly": 0.03, "takes_permit_monthly": 0.15, "assurance_kept": 0.6},
    "custody": {
        "sentence_in_custody": 6.0, "prosecuted_in_custody": 0.1, "bought_out_monthly": 0.4, "removed_monthly": 0.3,
        "stay_lapses_monthly": 0.06, "released_as_removal_is_barred": 0.9,
    },
    "returns": {"months_until_settled": 36.0, "dies_in_detention_monthly": 0.015},
    "adaptation": {"investigated_today": 0.2, "prosecuted_by_policing": 0.15},
}  # fmt: skip
BEYOND_THEM = {
    # No children and no ageing: the state would have to remember them.
    "life": {
        "conceives_in_marriage": 0.0, "conceives_in_sexual_exploitation": 0.0, "conceives_elsewhere": 0.0,
        "death_rises_with_age": 0.0,
    },
    # Every seat has a broker and many seats there are, so that few people share one; a seat and a tie lost are filled at once.
    "brokerage": {"usually_active": 1.0, "seats": 60.0},
    "adaptation": {"broker_enters_monthly": 1.0, "tie_regrows_monthly": 1.0},
    "returns": {"usual_pressure": USUAL.departure_pressure},
}  # fmt: skip


@cache
def the_course() -> Course:
    course = course_of(
        Arm("drawn", "Drawn", "Drawn"), seed=5, scale=SCALE, policy_start="1996-01", years=1,
        parameters=INSIDE_THEIR_RANGES, feedbacks=dict.fromkeys(Switches._fields, False),
    )  # fmt: skip
    return dataclasses.replace(
        course,
        parameters={
            process: values._replace(**BEYOND_THEM.get(process, {})) for process, values in course.parameters.items()
        },
        circumstances=[now for now, _, months in TIMES for _ in range(months)],
        levers=[lever for _, lever, months in TIMES for _ in range(months)],
    )


def lived(course):
    state = begin(course)
    while state.month < course.months:
        advance(state, course)
    return state


@pytest.fixture(scope="module")
def observed():
    return lived(the_course())


@cache
def expected_of(sex: int, *changes: tuple[str, str, float]) -> Expected:
    """What the chain expects of one sex, with some parameters multiplied: (process, name, factor)."""
    course = the_course()
    parameters = dict(course.parameters)
    for process, name, factor in changes:
        parameters[process] = parameters[process]._replace(**{name: getattr(parameters[process], name) * factor})
    candidates = np.ceil(parameters["departure"].candidates_monthly * SCALE)
    return Chain(parameters, sex).expected(course.circumstances, course.levers, candidates)


def standardised(seen, awaited):
    """Differences over their standard deviation, on the scale where a Poisson number varies alike (Anscombe 1948)."""
    centre = 2.0 * np.sqrt(awaited + 0.375) - np.where(awaited > 1.0, 0.25 / np.sqrt(np.maximum(awaited, 1.0)), 0.0)
    return np.where(awaited >= FEWEST, 2.0 * np.sqrt(seen + 0.375) - centre, 0.0)


def misfits(stocks, monthly, totals):
    """Say where what was seen departs from what is expected by more than luck; each argument lists (name, seen, expected).

    No number may lie more than 4.5 standard deviations off (some ten thousand are looked at). Over all monthly counts of
    events the mean square must be near 1. The stocks of each December, which are independent Poisson numbers, must pass a
    chi-square test. In totals a life may count twice, which widens them a little.
    """
    found = []
    for name, seen, awaited in (*stocks, *monthly, *totals):
        worst = np.abs(standardised(seen, awaited)).max()
        if worst > WORST:
            found.append(f"{name}: a number lies {worst:.1f} standard deviations off")
    for name, seen, awaited in monthly:
        square = (standardised(seen, awaited)[awaited >= FEWEST] ** 2).mean()
        if not 0.9 < square < 1.1:
            found.append(f"{name}: the mean square is {square:.2f}")
    for name, seen, awaited in stocks:
        for month in range(11, len(awaited), 12):
            enough = awaited[month] >= FEWEST
            distance = (standardised(seen[month], awaited[month])[enough] ** 2).sum()
            chance = chi2.sf(distance, enough.sum())
            if chance < 1e-4:
                found.append(f"{name}: month {month} is as far off in {chance:.1e} of runs")
    return found


def compared(state, women: Expected, men: Expected):
    """The misfits between a run and the expected stocks, moves and events of both sexes."""
    by_sex, ledger, events = state.stocks.by_status_and_sex, state.ledger, women.events + men.events
    counted = np.flatnonzero(events.sum(axis=(0, 2, 3)))
    seen, awaited = ledger.monthly[:, counted], events[:, counted].sum(axis=(2, 3))
    return misfits(
        stocks=[("women", by_sex[:, :, FEMALE], women.stocks), ("men", by_sex[:, :, MALE], men.stocks)],
        monthly=[("status to status", ledger.moves, events[:, MOVING].sum(axis=1)), ("events", seen, awaited)],
        totals=[
            ("moves by event", ledger.moves_by_event[MOVING], events[:, MOVING].sum(axis=0)),
            ("events in all", seen.sum(axis=0), awaited.sum(axis=0)),
        ],
    )


@pytest.mark.relation(
    "With all feedbacks off, stocks and moves are those of an exact Markov chain that was written "
    "independently.",
    kind="limit", level="whole model",
    reach="a million lives, four times of policy, every transition",
)  # fmt: skip
def test_stocks_and_moves_are_those_of_the_chain(observed):
    women, men = expected_of(FEMALE), expected_of(MALE)
    awaited, seen = women.events.sum(axis=0) + men.events.sum(axis=0), observed.ledger.moves_by_event
    assert (seen[MOVING].sum(axis=(1, 2)) > 0).all()  # every transition of the catalogue happens,
    assert seen[MOVING].sum() == seen.sum()
    assert (awaited[seen > 0] > 0).all()  # and none that the chain does not have
    assert compared(observed, women, men) == []


@pytest.mark.parametrize(
    ("process", "name"),
    [
        ("life", "escape_monthly_marriage"),
        ("surveillance", "detected_monthly"),
        ("custody", "assessment_sensitivity"),
    ],
)
def test_a_chain_with_one_hazard_a_tenth_off_does_not_pass(observed, process, name):
    assert compared(observed, expected_of(FEMALE, (process, name, 1.1)), expected_of(MALE))


def test_the_chain_loses_nobody():
    expected, course = expected_of(FEMALE), the_course()
    p = course.parameters["departure"]
    leaving = np.array([
        now.departure_pressure * now.cost_index ** -p.cost_elasticity * now.women_share * SCALE
        * (1.0 - p.prevention_effect_on_departures * lever.prevention)
        for now, lever in zip(course.circumstances, course.levers, strict=True)
    ])  # fmt: skip
    assert expected.stocks.sum(axis=1) == pytest.approx(np.cumsum(leaving))
    came = expected.events.sum(axis=(1, 2)) - expected.events.sum(axis=(1, 3))
    came[:, Status.AT_ORIGIN] += leaving
    assert np.diff(expected.stocks, axis=0, prepend=0.0) == pytest.approx(came, abs=1e-6)
    assert expected.stocks.min() >= 0.0


@pytest.mark.relation(
    "With all feedbacks off, a life is the same when a third of all others never set out.",
    kind="equality", level="whole model",
    reach="nearly all levers at work",
)  # fmt: skip
def test_lives_do_not_touch_each_other():
    """The premise: with all feedbacks off, a life runs as it does when a third of all others never set out."""
    course = course_of(
        Arm("drawn", "Drawn", "Drawn"), seed=8, scale=0.2, policy_start="1996-01", years=6,
        feedbacks=dict.fromkeys(Switches._fields, False),
    )  # fmt: skip
    levers = [LAWFUL._replace(accountability=1.0, child_and_family=0.5)] * course.months
    fuller = dataclasses.replace(
        course, levers=levers, circumstances=[WITH_PERMITS._replace(departure_pressure=1500.0)] * 72
    )
    emptier = dataclasses.replace(
        fuller,
        parameters=fuller.parameters | {"departure": fuller.parameters["departure"]._replace(cost_elasticity=1.5)},
    )
    people, fewer = (lived(each).world.migrants for each in (fuller, emptier))
    rows, some = int(people.size[0]), int(fewer.size[0])
    assert some < 0.8 * rows
    _, where, elsewhere = np.intersect1d(people.key[:rows], fewer.key[:some], return_indices=True)
    assert len(elsewhere) == some
    assert (people.path[where] == fewer.path[elsewhere]).all()
