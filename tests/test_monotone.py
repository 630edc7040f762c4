"""More of one protective lever alone never raises the harm that it acts on directly.

Where feedbacks are off, equal luck makes this a theorem about each life, not about means. Two lives that differ in one
lever only are one life until the month in which they part; what the draw of that month decides, it decides by a threshold
that more of the lever moves one way. So in the month of parting nobody is harmed under more of a protective lever who is
not harmed under less of it. After that month they are two lives with different luck ahead of them (who is not removed
today may be sold tomorrow), and only sums over lives can be ordered; unless the lever leads out of reach of the harm for
good, and then whole lives are compared.

What is no direct effect of a lever is switched off inside the ranges of the catalogue: prosecutions of brokers (except
under accountability), and that people report more where it seems safer, since a report may be turned against her.
"""

import dataclasses
from functools import cache
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

import trafficsim
from trafficsim.catalog import catalog
from trafficsim.course import course_of
from trafficsim.policy import LEVER_NAMES, LEVERS, Arm, Levers
from trafficsim.processes.circumstances import Circumstances, Switches
from trafficsim.processes.month import advance, begin
from trafficsim.processes.vocabulary import Event, Status

COVERAGES = (0.0, 0.3, 0.7, 1.0)
START = 24
SCALE = 0.1
TRANSITIONS = [Event[name.upper()] for name in catalog().transitions]
CIRCUMSTANCES = Circumstances(
    departure_pressure=1500.0, women_share=0.7, border_openness=1.0, cost_index=1.0, onward_openness=0.5,
    removal_campaign=1.6, origin_accepts_returns=1.0, sentence_first_months=4.0, sentence_repeat_months=8.0,
    permit_scheme=1.0, demand_index=1.0, registration_ease=1.0,
)  # fmt: skip
TODAY = Levers(**(dict.fromkeys(LEVER_NAMES, 0.0) | {"permit_surveillance": 1.0}))
DIRECT = {
    "adaptation": {"investigated_today": 0.0},
    "life": {
        "safety_of_non_punishment": 0.0, "safety_of_firewall": 0.0, "safety_of_stay": 0.0, "help_of_lawful_stay_to_escape": 0.0,
        # and, so that what is rare can be seen:
        "coerced_to_carry_monthly": 0.002, "charged_for_coerced_act": 0.8, "report_monthly": 0.15, "dies_monthly": 0.0004,
        "death_in_exploitation": 4.0, "death_with_care": 0.4,
    },
    "custody": {"prosecuted_in_custody": 0.1},
    # A holder of the surveillance permit who is found may be let go as assured; nothing of the kind is assumed of a status.
    "surveillance": {"assurance_kept": 0.0},
}  # fmt: skip
MANY_CHILDREN = {
    "adaptation": {"investigated_today": 0.0},
    "life": {"conceives_in_marriage": 0.04, "conceives_in_sexual_exploitation": 0.02, "conceives_elsewhere": 0.01},
    "upbringing": {
        "child_sold_monthly": 0.001, "child_labour_monthly": 0.003, "child_sexual_exploitation_monthly": 0.001,
        "age_children_are_put_to_work": 5.0, "orphanage_after_separation": 0.25,
    },
}  # fmt: skip


@cache
def lived(months=60, parameters="direct", feedback=None, **levers):
    """The state after ``months`` under ``levers`` from month START on; before, and beside them, the levers of today."""
    chosen = {
        "direct": DIRECT,
        "default": {},
        "children": MANY_CHILDREN,
        "pull": {"departure": {"pull_of_protection": 0.5}},
    }
    switches = {name: name == feedback for name in Switches._fields}
    course = course_of(
        Arm("one", "One", "One"), seed=20, scale=SCALE, policy_start="1996-01", years=1, parameters=chosen[parameters],
        feedbacks=switches,
    )  # fmt: skip
    schedule = [TODAY] * START + [TODAY._replace(**levers)] * months
    course = dataclasses.replace(course, levers=schedule, circumstances=[CIRCUMSTANCES] * len(schedule))
    state = begin(course, event_log=True)
    while state.month < course.months:
        advance(state, course)
    return state


def happened(state, events):
    """What of ``events`` happened to each life since START, in order: a frame of key, month, event and how many-th."""
    log = state.ledger.log()
    log = log[(log["month"] >= START) & np.isin(log["event"], [int(event) for event in events])]
    frame = pd.DataFrame({"key": log["person_key"], "month": log["month"], "event": log["event"]})
    return frame.assign(position=frame.groupby("key").cumcount())


def parted(less, more, events):
    """The month in which each life parts from itself, for those that do, as the lists of ``events`` show it."""
    both = happened(less, events).merge(
        happened(more, events), "outer", on=["key", "position"], suffixes=("_less", "_more")
    )
    same = (both["month_less"] == both["month_more"]) & (both["event_less"] == both["event_more"])
    first = both[~same].sort_values("position").drop_duplicates("key").set_index("key")
    return first[["month_less", "month_more"]].min(axis=1)


def harmed(state, harms, months):
    """The keys of those to whom one of ``harms`` happens in the month that ``months`` gives for the life."""
    events = happened(state, harms)
    return set(events["key"][events["key"].map(months) == events["month"]])


def numbers(state, events):
    """How often one of ``events`` happened to each life since START."""
    return happened(state, events).groupby("key").size()


def total(state, *events):
    return int(state.ledger.monthly[START:, [int(event) for event in events]].sum())


def pairs(name, **others):
    """The run under less and under more of a lever, for each two neighbours; less of an adverse lever protects."""
    order = COVERAGES if LEVERS[name].kind == "protective" else COVERAGES[::-1]
    runs = [lived(**(others | {name: coverage})) for coverage in order]
    return list(pairwise(runs))


TAKEN_INTO_CUSTODY = (
    Event.DETECTED, Event.ARRESTED_AT_HOST_BORDER, Event.FOUND_WHEN_BROKER_GONE, Event.DEPARTURE_NOTICED,
    Event.REPORT_LED_TO_CUSTODY,
)  # fmt: skip
"""Wherever the authorities come upon people: the same levers spare them in each of these places."""
PUNISHED_FOR_LEAVING = (
    Event.ARRESTED_AT_ORIGIN_BORDER, Event.TORTURED, Event.TORTURED_LATER, Event.FORCED_ABORTION, Event.PUNISHED_AS_LINKED,
)  # fmt: skip
ACTS_ON = {
    "non_refoulement": ({Event.REMOVED, Event.REMOVED_AT_RISK}, {}),
    "moratorium": ({Event.REMOVED, Event.REMOVED_AT_RISK}, {}),
    # With full accountability the channel for reports is open already: identification alone would open it, and more reports
    # are also more reports that are turned against her.
    "identification": (
        {Event.REMOVED, Event.PROSECUTED_AS_OFFENDER, Event.REPORT_LED_TO_CUSTODY, Event.DETECTED}, {"accountability": 1.0},
    ),
    "non_punishment": (
        {Event.CHARGED_FOR_COERCED_ACT, Event.PROSECUTED_AS_OFFENDER, *TAKEN_INTO_CUSTODY}, {},
    ),
    "lawful_stay": ({Event.PROTECTION_LAPSED, *TAKEN_INTO_CUSTODY}, {"non_refoulement": 0.5}),
    "permit_as_status": (
        {Event.DETECTED, Event.DEPARTURE_NOTICED, Event.TAKEN_BY_BROKERS, Event.DIED_IN_HOST_COUNTRY}, {},
    ),
    "data_firewall": ({Event.DETECTED, Event.ASSURANCE_BROKEN}, {}),
    "prevention": ({Event.DECEIVED_OR_ABDUCTED, Event.TAKEN_BY_BROKERS}, {}),
    "assistance": ({Event.DIED_IN_HOST_COUNTRY}, {}),
    "onward_passage": (
        {Event.TRAFFICKED, Event.TAKEN_BY_BROKERS, Event.DETECTED, Event.REMOVED, Event.DIED_IN_HOST_COUNTRY}, {},
    ),
    "origin_decriminalisation": (set(PUNISHED_FOR_LEAVING), {}),
    "permit_surveillance": ({Event.PERMIT_TAKEN_UNDER_COERCION}, {}),
    "removal_enforcement": ({Event.DETECTED, Event.REMOVED, Event.ARRESTED_AT_HOST_BORDER}, {}),
}  # fmt: skip
"""For each lever the harms that it acts on directly, and what must hold beside it. Two levers have tests of their own:
accountability acts on brokers, and child and family protection on children."""


@pytest.mark.relation(
    "Two lives that differ in one protective lever are one life until they part; in that month nobody is "
    "harmed under more of the lever who is not under less of it.",
    kind="monotone", level="whole model",
    reach="each lever with an effect of its own on people, four strengths, all feedbacks off",
)  # fmt: skip
@pytest.mark.parametrize("name", ACTS_ON)
def test_whoever_is_harmed_in_the_month_of_parting_would_be_with_less_of_it_too(name):
    harms, others = ACTS_ON[name]
    spared = 0
    for less, more in pairs(name, **others):
        months = parted(less, more, [*TRANSITIONS, *harms])
        with_less, with_more = harmed(less, harms, months), harmed(more, harms, months)
        assert not with_more - with_less
        spared += len(with_less - with_more)
    assert spared > 10


def never_more(less, more, events):
    """True when each of ``events`` happens to nobody more often under more of a lever, life by life."""
    return all((numbers(more, [event]).sub(numbers(less, [event]), fill_value=0) <= 0).all() for event in events)


@pytest.mark.relation(
    "More assessment before removal returns nobody more often, over whole lives.",
    kind="monotone", level="whole model",
    reach="non-refoulement at four strengths, all feedbacks off",
)  # fmt: skip
def test_nobody_is_removed_more_often_for_more_assessment_before_removal():
    """A finding of risk is never taken back, so the first one ends removals for the rest of that life."""
    for less, more in pairs("non_refoulement"):
        assert never_more(less, more, [Event.REMOVED, Event.REMOVED_AT_RISK])
        assert total(more, Event.REMOVED_AT_RISK) < total(less, Event.REMOVED_AT_RISK)


@pytest.mark.relation(
    "More safe passage brings nobody more of any harm, over whole lives.",
    kind="monotone", level="whole model",
    reach="every harm in the host country and on return, four strengths, all feedbacks off",
)  # fmt: skip
def test_safe_passage_leads_out_of_reach_of_every_harm():
    harms = [
        Event.TAKEN_BY_BROKERS, Event.TRAFFICKED, Event.COERCED_TO_CARRY, Event.CHARGED_FOR_COERCED_ACT, Event.DETECTED,
        Event.PERMIT_TAKEN_UNDER_COERCION, Event.PROSECUTED_AS_OFFENDER, Event.REMOVED, Event.TORTURED, Event.FORCED_ABORTION,
        Event.DIED_IN_HOST_COUNTRY, Event.DIED_IN_DETENTION,
    ]  # fmt: skip
    for less, more in pairs("onward_passage"):
        assert never_more(less, more, harms)
        assert sum(total(more, each) for each in harms) < sum(total(less, each) for each in harms)


@pytest.mark.relation(
    "More health care treats the same people and more, and nobody dies earlier for it.",
    kind="monotone", level="whole model",
    reach="assistance at four strengths, all feedbacks off",
)  # fmt: skip
def test_health_care_reaches_the_same_people_and_more_and_nobody_dies_for_it():
    """While two lives are the same, who is treated under less assistance is treated under more; nothing but death parts them."""
    for less, more in pairs("assistance"):
        people, same = less.world.migrants, more.world.migrants
        rows = int(people.size[0])
        assert rows == int(same.size[0])
        died, died_too = (
            happened(each, [Event.DIED_IN_HOST_COUNTRY]).set_index("key")["month"] for each in (less, more)
        )
        assert set(parted(less, more, TRANSITIONS).index) <= set(died.index)
        assert (
            died_too.loc[died_too.index.intersection(died.index)] >= died.loc[died_too.index.intersection(died.index)]
        ).all()
        together = (people.path[:rows] == same.path[:rows]) & (people.status[:rows] != Status.IN_CUSTODY)
        assert (same.treated[:rows] >= people.treated[:rows])[together].all()
        assert same.treated[:rows][together].sum() > people.treated[:rows][together].sum()
        assert total(more, Event.UNTREATED_MONTH) < total(less, Event.UNTREATED_MONTH)


CHILD_HARMS = [
    Event.CHILD_SEPARATED, Event.CHILD_TAKEN_TO_ORPHANAGE, Event.CHILD_SOLD, Event.CHILD_FORCED_LABOUR,
    Event.CHILD_SEXUALLY_EXPLOITED,
]  # fmt: skip


@pytest.mark.relation(
    "Protection of children leaves their mothers' lives as they are, and in the month of parting no "
    "child is harmed for more of it.",
    kind="monotone", level="whole model",
    reach="all harms to children, four strengths, all feedbacks off",
)  # fmt: skip
def test_no_child_is_harmed_in_the_month_of_parting_for_more_protection_of_children():
    """Protection of children leaves their mothers' lives as they are, so the same children are born."""
    spared = 0
    for less, more in pairs("child_and_family", months=120, parameters="children"):
        rows = int(less.world.migrants.size[0])
        assert (less.world.migrants.path[:rows] == more.world.migrants.path[:rows]).all()
        months = parted(less, more, [*CHILD_HARMS, Event.CHILD_REUNITED])
        with_less, with_more = harmed(less, CHILD_HARMS, months), harmed(more, CHILD_HARMS, months)
        assert not with_more - with_less
        spared += len(with_less - with_more)
        assert total(more, *CHILD_HARMS[1:]) < total(less, *CHILD_HARMS[1:])
    assert spared > 10


@pytest.mark.relation(
    "The more accountability, the fewer fall into brokers' hands, in sum.",
    kind="monotone", level="whole model",
    reach="four strengths, all feedbacks off",
)  # fmt: skip
def test_accountability_takes_people_out_of_brokers_hands():
    """Only the sum can be ordered: who is met by which broker changes with each broker who is replaced."""
    taken = [total(lived(parameters="default", accountability=each), Event.TAKEN_BY_BROKERS) for each in COVERAGES]
    assert taken == sorted(taken, reverse=True)
    assert taken[-1] < 0.99 * taken[0]


@pytest.mark.relation(
    "Prevention keeps people from setting out and makes nobody set out who would not without it.",
    kind="monotone", level="whole model",
    reach="four strengths, all feedbacks off",
)  # fmt: skip
def test_prevention_only_keeps_people_from_setting_out():
    """The same stream of candidates is thinned: nobody sets out, or is deceived, who would not be without it."""
    for less, more in pairs("prevention"):
        decided, fewer = ({*happened(each, [Event.DECIDED_TO_LEAVE])["key"]} for each in (less, more))
        deceived, less_so = ({*happened(each, [Event.DECEIVED_OR_ABDUCTED])["key"]} for each in (less, more))
        assert fewer < decided
        assert less_so < deceived


@pytest.mark.relation(
    "Less surveillance means less intrusion, and none means none.",
    kind="monotone", level="whole model",
    reach="each kind of intrusion, four strengths",
)  # fmt: skip
def test_less_surveillance_means_less_intrusion_and_none_means_none():
    intrusions = [Event.PERMIT_TAKEN_UNDER_COERCION, Event.PHONE_SCREENED, Event.MESSAGE_SENT, Event.PICTURE_SENT]
    # Only sums: without a permit it is harder to get away, so some are in the household longer.
    for less, more in pairs("permit_surveillance"):
        assert all(total(more, each) < total(less, each) for each in intrusions)
    none = lived(permit_surveillance=0.0)
    assert total(none, *intrusions) == 0


@pytest.mark.relation(
    "At full coverage the harm that a lever forbids is gone.",
    kind="limit", level="whole model",
    reach="moratorium, non-punishment, decriminalisation at origin, lawful stay",
)  # fmt: skip
@pytest.mark.parametrize(
    ("name", "harms"),
    [
        ("moratorium", [Event.REMOVED, Event.REMOVED_AT_RISK]),
        ("non_punishment", [Event.CHARGED_FOR_COERCED_ACT, Event.PROSECUTED_AS_OFFENDER, Event.REPORT_LED_TO_CUSTODY]),
        ("origin_decriminalisation", PUNISHED_FOR_LEAVING),
        ("lawful_stay", [Event.PROTECTION_LAPSED]),
    ],
)
def test_at_full_coverage_the_harm_is_gone(name, harms):
    others = {"non_refoulement": 0.5} if name == "lawful_stay" else {}
    for event in harms:
        assert total(lived(**others, **{name: 0.0}), event) > 0, event.name
        assert total(lived(**others, **{name: 1.0}), event) == 0, event.name


@pytest.mark.relation(
    "Under the catalogue's own numbers each protective lever alone lowers the harm that it acts on, in "
    "sum.",
    kind="monotone", level="whole model",
    reach="every protective lever, none against full",
)  # fmt: skip
@pytest.mark.parametrize("name", [name for name, lever in LEVERS.items() if lever.kind == "protective"])
def test_in_sum_the_harm_falls_under_the_numbers_of_the_catalogue(name):
    """With nothing switched off but the feedbacks, and the lever alone: none against full coverage."""
    harms = ACTS_ON[name][0] if name in ACTS_ON else {"accountability": [Event.TAKEN_BY_BROKERS]}.get(name, CHILD_HARMS)
    assert total(lived(parameters="default", **{name: 1.0}), *harms) < total(lived(parameters="default"), *harms), name


@pytest.mark.relation(
    "Protection raises departures only where it is assumed to pull.",
    kind="limit", level="whole model",
    reach="the pull of protection at none and at 0.5",
)  # fmt: skip
def test_departures_rise_with_protection_only_where_protection_pulls():
    """The pull is an assumption whose range includes zero. It acts on departures alone, and on protection that is seen."""
    protecting = {"identification": 0.8, "non_refoulement": 0.8, "lawful_stay": 0.8}

    def decided(**others):
        return {*happened(lived(**others), [Event.DECIDED_TO_LEAVE])["key"]}

    usual = decided(parameters="default")
    assert decided(parameters="pull", feedback="pull") == usual  # nobody is protected, so nothing pulls
    assert decided(parameters="default", **protecting) == usual  # nothing pulls, though people are protected
    assert decided(parameters="pull", feedback="pull", **protecting) > usual


@pytest.mark.relation(
    "Where every removal is preceded by a perfect assessment, nobody at risk is returned.",
    kind="limit", level="whole model",
    reach="amid campaigns, behind a closed border, in the pulse of 2023, all feedbacks on",
)  # fmt: skip
@pytest.mark.parametrize("beside", ["", "removal_enforcement", "border_closure", "moratorium", "permit_as_status"])
@pytest.mark.parametrize("start", ["2000-01", "2019-06"])
def test_perfect_non_refoulement_removes_nobody_at_risk(beside, start):
    """Also amid campaigns, behind a closed border, and in the pulse when the origin takes people back; all feedbacks on."""
    levers = {"non_refoulement": {"coverage": 1.0}} | ({beside: {"coverage": 0.7}} if beside else {})
    arm = Arm.from_plain({"name": "perfect", "title": "Perfect", "summary": "All removals assessed.", "levers": levers})
    model = trafficsim.TraffickingModel(
        arm, rng=7, scale=0.02, policy_start=start, years=6, parameters={"custody": {"assessment_sensitivity": 1.0}}
    )
    model.run_until(float(model.course.months))
    refoulement, first = model.state.ledger.monthly[:, Event.REMOVED_AT_RISK], model.course.months - 72
    assert refoulement[:first].sum() > 0
    assert refoulement[first:].sum() == 0
    assert model.state.ledger.monthly[first:, Event.RISK_FOUND].sum() > 0
