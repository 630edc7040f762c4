"""Relations between runs that a reviewer would ask for: what must not matter, what must scale, what must vanish.

What is compared is whole runs of the model, most of them with equal luck, so that nearly all relations are equalities, bit for
bit. Relations that do not hold stand at the end, each with a run that shows it and the reason.
"""

import dataclasses
from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2, chisquare

import trafficsim
from trafficsim.configuration import configure
from trafficsim.course import course_of
from trafficsim.experiments.study import run_study
from trafficsim.policy import LEVER_NAMES, LEVERS, Arm, Levers
from trafficsim.processes.circumstances import Circumstances, Switches
from trafficsim.processes.month import Course, State, advance, begin
from trafficsim.processes.population import DECLARATIONS
from trafficsim.processes.vocabulary import Event, Sex

MONTHS, SCALE = 60, 0.03
NOW = Circumstances(
    departure_pressure=1500.0, women_share=0.7, border_openness=1.0, cost_index=1.0, onward_openness=0.5,
    removal_campaign=1.6, origin_accepts_returns=1.0, sentence_first_months=4.0, sentence_repeat_months=8.0,
    permit_scheme=1.0, demand_index=1.0, registration_ease=1.0,
)  # fmt: skip
NONE = Levers(**dict.fromkeys(LEVER_NAMES, 0.0))
TODAY = NONE._replace(permit_surveillance=1.0)
PROTECTING = TODAY._replace(
    **{name: 0.5 for name, lever in LEVERS.items() if lever.kind == "protective" and name != "moratorium"}
)
ALL_OFF = dict.fromkeys(Switches._fields, False)
ALL_ON = dict.fromkeys(Switches._fields, True)

Changes = dict[str, dict[str, float]]


def course(lever=TODAY, now=NOW, beyond: Changes | None = None, on=None, scale=SCALE, seed=20, months=MONTHS) -> Course:
    """A course of constant circumstances; ``beyond`` sets parameters, also beyond their ranges; ``on`` are the feedbacks."""
    made = course_of(
        Arm("one", "One", "One"), seed=seed, scale=scale, policy_start="1996-01", years=1, feedbacks=ALL_OFF | (on or {})
    )  # fmt: skip
    changed = {step: p._replace(**(beyond or {}).get(step, {})) for step, p in made.parameters.items()}
    return dataclasses.replace(made, parameters=changed, circumstances=[now] * months, levers=[lever] * months)


def lived(one: Course, event_log: bool = False) -> State:
    state = begin(one, event_log)
    while state.month < one.months:
        advance(state, one)
    return state


@cache
def base(event_log: bool = False) -> State:
    return lived(course(), event_log)


def total(state: State, *events: Event, since: int = 0) -> int:
    return int(state.ledger.monthly[since:, [int(one) for one in events]].sum())


def used(state: State, table: str) -> dict[str, np.ndarray]:
    found = getattr(state.world, table)
    return {name: np.asarray(column[: found.size[0]]) for name, column in zip(found._fields[:-1], found, strict=False)}


def people(state: State, table: str = "migrants") -> pd.DataFrame:
    """The persons, or the children, by key, without what only says in which row something stands."""
    rows = [one.name for one in DECLARATIONS[table].columns if one.unit == "row"]
    return pd.DataFrame(used(state, table)).drop(columns=rows).set_index("key").sort_index()


def apart(one: State, other: State, but: tuple[str, ...] = ()) -> list[str]:
    """What differs in a bit between two runs: columns of tables, counts, stocks."""
    found = [
        f"{table}.{name}"
        for table in DECLARATIONS
        for name, column in used(one, table).items()
        if not np.array_equal(column, used(other, table)[name])
    ]
    found += ["counts"] if not np.array_equal(one.ledger.monthly, other.ledger.monthly) else []
    found += ["stocks"] if not np.array_equal(one.stocks.by_status, other.stocks.by_status) else []
    return [name for name in found if name not in but]


def first(state: State, event: Event) -> pd.Series:
    """The month of each life's first such event, by the key of the life."""
    log = state.ledger.log()
    log = log[log["event"] == event]
    return pd.Series(log["month"], index=log["person_key"]).groupby(level=0).min()


def number(state: State, event: Event) -> pd.Series:
    log = state.ledger.log()
    return pd.Series(log["person_key"][log["event"] == event]).value_counts()


# What must not matter.


@pytest.mark.relation(
    "A longer run begins as the shorter one, event for event.",
    kind="equality", level="whole model",
    reach="the letter's package, one year and four",
)  # fmt: skip
def test_a_longer_run_begins_as_the_shorter_one():
    short, long = (
        trafficsim.TraffickingModel("letter_package", rng=4, scale=0.01, policy_start="2000-01", years=years, event_log=True)
        for years in (1, 4)
    )  # fmt: skip
    for one in (short, long):
        one.run_until("2001-01")
    months = short.month
    assert apart(short.state, long.state, but=("counts", "stocks")) == []
    assert np.array_equal(short.state.ledger.monthly[:months], long.state.ledger.monthly[:months])
    assert np.array_equal(short.state.ledger.log(), long.state.ledger.log())
    long.run_until("2004-01")
    assert np.array_equal(short.state.ledger.monthly[:months], long.state.ledger.monthly[:months])
    assert np.array_equal(short.state.stocks.by_status[:months], long.state.stocks.by_status[:months])


@pytest.mark.relation(
    "Were all prices and incomes twice as high, nobody's life would change in a bit, and what is paid "
    "would double.",
    kind="scaling", level="whole model",
    reach="all levers and feedbacks at work, every column",
)  # fmt: skip
def test_money_may_be_counted_in_another_currency():
    """Everything that is paid or earned doubles, and nothing else changes in a bit: only ratios mean anything."""
    prices = {
        name: 2.0 * getattr(course().parameters["market"], name)
        for name in ("price_bride", "price_venue", "price_work")
    }
    income = {"usual_broker_income": 2.0 * course().parameters["adaptation"].usual_broker_income}
    once, twice = (
        lived(course(PROTECTING, on=ALL_ON, beyond=each)) for each in ({}, {"market": prices, "adaptation": income})
    )
    money = {
        f"{table}.{one.name}" for table, declared in DECLARATIONS.items() for one in declared.columns if one.unit.startswith("yuan")
    }  # fmt: skip
    money.remove("brokers.income")  # of the month: at its end it is nothing
    assert set(apart(once, twice)) == money | {"counts"}
    for place in money:
        table, _, column = place.partition(".")
        assert np.array_equal(2.0 * used(once, table)[column], used(twice, table)[column]), place
    others = [one for one in Event if one != Event.PRICE_PAID]
    assert np.array_equal(once.ledger.monthly[:, others], twice.ledger.monthly[:, others])
    sales = total(once, Event.TRAFFICKED)
    assert sales > 100
    assert abs(total(twice, Event.PRICE_PAID) - 2 * total(once, Event.PRICE_PAID)) <= 2 * sales  # each price is rounded


@pytest.mark.relation(
    "The order in which persons stand in the tables changes nobody's life.",
    kind="symmetry", level="whole model",
    reach="all levers and feedbacks at work but limited places, rows shuffled half way",
)  # fmt: skip
def test_the_order_of_persons_does_not_matter():
    """Half way the rows of all persons are shuffled. Everything but the places of services is on: the market too."""
    plan = course(PROTECTING._replace(accountability=0.0), on=ALL_ON | {"queues": False}, scale=0.1, months=48)
    straight, turned = begin(plan), begin(plan)
    for one in (straight, turned):
        while one.month < 24:
            advance(one, plan)
    shuffle(turned)
    assert not np.array_equal(used(straight, "migrants")["key"], used(turned, "migrants")["key"])
    for one in (straight, turned):
        while one.month < 48:
            advance(one, plan)
    pd.testing.assert_frame_equal(people(straight), people(turned), check_exact=True)
    pd.testing.assert_frame_equal(people(straight, "children"), people(turned, "children"), check_exact=True)
    for table in ("brokers", "markets", "units", "society"):
        for name, column in used(straight, table).items():
            assert np.array_equal(column, used(turned, table)[name]), f"{table}.{name}"
    assert np.array_equal(straight.ledger.monthly, turned.ledger.monthly)
    assert total(straight, Event.TRAFFICKED, since=24) > 50


def shuffle(state: State) -> None:
    """Put the persons of a state into another order of rows, and whatever points at their rows after them."""
    migrants = state.world.migrants
    size = int(migrants.size[0])
    order = np.random.default_rng(1).permutation(size)
    place = np.empty(size, np.int64)
    place[order] = np.arange(size)
    for column in migrants[:-1]:
        column[:size] = np.asarray(column[:size])[order]
    for table, name in (("children", "mother"), ("households", "holds"), ("stalls", "offer")):
        pointing = getattr(getattr(state.world, table), name)
        rows = np.asarray(pointing)
        pointing[:] = np.where(rows >= 0, place[np.maximum(rows, 0) % size], rows)


@pytest.mark.relation(
    "Where no assumption tells women from men, a world of women and a world of men live the same lives.",
    kind="symmetry", level="whole model",
    reach="all levers and feedbacks at work but the permit, which is asked of women alone",
)  # fmt: skip
def test_sex_matters_only_where_a_parameter_names_it():
    """With those alike for both, a world of women and a world of men live the same lives, event for event."""
    alike: Changes = {
        "departure": {"deceived_or_abducted_share": 0.0},
        "brokerage": {"taken_when_guided_men": 0.6, "taken_alone_men": 0.25},
        "life": {
            "onward_men": 1.0, "goes_home_men": 0.045, "taken_in_hiding_men": 0.025, "conceives_in_marriage": 0.0,
            "conceives_in_sexual_exploitation": 0.0, "conceives_elsewhere": 0.0,
        },
        "market": {
            "share_marriage_women": 0.0, "share_sexual_women": 0.0, "share_servitude_women": 0.0, "share_labour_men": 1.0,
            "share_also_sexually_exploited": 0.0, "stalls_labour": 1000.0,
        },
    }  # fmt: skip
    lever = PROTECTING._replace(permit_surveillance=0.0)  # the permit is asked of women alone
    women, men = (lived(course(lever, NOW._replace(women_share=each), alike, ALL_ON)) for each in (1.0, 0.0))
    assert apart(women, men) == ["migrants.sex"]
    assert total(women, Event.TRAFFICKED) > 100 and total(women, Event.REMOVED) > 100
    lives = course(lever, NOW._replace(women_share=0.0), {**alike, "life": alike["life"] | {"onward_men": 1.2}}, ALL_ON)
    assert "migrants.path" in apart(women, lived(lives))


@pytest.mark.relation(
    "Lives that count as the same under two policies are the same, event for event, and all others "
    "differ.",
    kind="equality", level="whole model",
    reach="all lives of two policies",
)  # fmt: skip
def test_equal_paths_are_equal_lives():
    """Paths are hashes, and arms are compared by them: no two different lives have one, and none is told by two."""
    one, other = (lived(course(lever), event_log=True) for lever in (TODAY, PROTECTING))
    told = {}
    for name, state in (("one", one), ("other", other)):
        log = pd.DataFrame(state.ledger.log())
        log["said"] = list(zip(log["month"], log["event"], strict=True))
        told[name] = log.groupby("person_key")["said"].agg(tuple)
    both = people(one).index.intersection(people(other).index)
    same_path = people(one).loc[both, "path"] == people(other).loc[both, "path"]
    same_life = told["one"].reindex(both) == told["other"].reindex(both)
    assert (same_path == same_life).all()
    assert 100 < same_path.sum() < len(both) - 100


@pytest.mark.relation(
    "Two seeds share no life.",
    kind="independence", level="whole model",
    reach="three seeds",
)  # fmt: skip
def test_two_seeds_share_no_life():
    keys = [set(used(lived(course(seed=seed, months=12)), "migrants")["key"].tolist()) for seed in (20, 21, 2**62 + 20)]
    assert min(map(len, keys)) > 300
    assert len(set.union(*keys)) == sum(map(len, keys))


@pytest.mark.relation(
    "What a policy gives depends neither on the order of policies nor on which others are studied beside "
    "it.",
    kind="symmetry", level="study",
    reach="three orders of up to three arms, by the digest of all results",
)  # fmt: skip
def test_arms_do_not_depend_on_their_order_and_company():
    words = ["scale=0.005", "years=1", "policy_start=2000-01", "replicates=1", "workers=1", "output=totals"]
    totals = []
    for arms in (
        "status_quo,letter_package,permit_reform",
        "permit_reform,status_quo,letter_package",
        "letter_package,status_quo",
    ):
        runs = run_study(configure([*words, f"arms=[{arms}]"])).runs
        totals.append({run.arm: run.digest for run in runs})
    for name in ("history", "status_quo", "letter_package"):
        assert len({each[name] for each in totals}) == 1, name
    assert totals[0]["permit_reform"] == totals[1]["permit_reform"]
    assert len(set(totals[0].values())) == 4


ONLY_THROUGH = {
    "prevention": [
        "departure.prevention_effect_on_departures", "departure.warning_effect", "brokerage.prevention_effect_on_taking",
        "life.prevention_effect_in_hiding", "market.prevention_effect_on_demand",
    ],
    "removal_enforcement": ["adaptation.effort_of_enforcement_only", "surveillance.enforcement_lever_effect"],
    "identification": ["adaptation.share_screening_under_policy", "life.met_outside_monthly"],
    "accountability": ["adaptation.share_brokers_under_policy", "adaptation.accountability_against_corruption"],
    "non_punishment": ["life.safety_of_non_punishment", "surveillance.spared_by_non_punishment"],
    "lawful_stay": ["life.safety_of_stay", "surveillance.spared_by_stay"],
    "assistance": ["life.reach_of_assistance"],
    "onward_passage": ["life.onward_passage_monthly"],
    "data_firewall": ["life.safety_of_firewall"],
    "moratorium": ["custody.released_as_removal_is_barred"],
    "permit_as_status": [
        "surveillance.permit_becomes_status_monthly", "surveillance.detection_with_status", "life.shelter_of_status",
        "life.onward_with_status", "life.care_with_status",
    ],
    "child_and_family": [
        "upbringing.family_kept_together", "upbringing.mothers_name_under_policy", "upbringing.effect_of_child_protection",
        "upbringing.reach_of_registration", "upbringing.reach_of_contact", "upbringing.reach_of_reunion",
    ],
    "border_reopening": ["crossing.reopened_openness"],
    "permit_surveillance": [
        "surveillance.takes_permit_monthly", "surveillance.phone_checks_monthly", "surveillance.permit_exposure",
    ],
}  # fmt: skip
"""Parameters that say what a lever does, and nothing else."""
FULLER: Changes = {
    "life": {"conceives_in_marriage": 0.04, "report_monthly": 0.15},
    "upbringing": {
        "child_labour_monthly": 0.003,
        "age_children_are_put_to_work": 0.0,
        "child_goes_with_mother": 0.1,
    },
}
"""So that what is rare is seen in a small run."""


def at_the_other_end(*places: str) -> Changes:
    """Parameters at the end of their ranges that is farther from the default."""
    changes: Changes = {step: dict(values) for step, values in FULLER.items()}
    for place in places:
        step, _, name = place.partition(".")
        one = trafficsim.catalog.catalog().parameters[step][name]
        changes.setdefault(step, {})[name] = max(one.range, key=lambda end: abs(end - one.default))
    return changes


@pytest.mark.relation(
    "How strong a lever would be does not matter while it is at none; and each such number matters where "
    "it is at full.",
    kind="limit", level="whole model",
    reach="each parameter that acts through one lever alone, at the far end of its range, all feedbacks on",
)  # fmt: skip
@pytest.mark.parametrize("lever", ONLY_THROUGH)
def test_what_a_lever_would_do_does_not_matter_while_it_is_at_none(lever):
    """And it does matter, each number of it, where the lever is at full coverage."""
    places, closed = ONLY_THROUGH[lever], NOW._replace(border_openness=0.1 if lever == "border_reopening" else 1.0)
    others, months = TODAY._replace(non_refoulement=0.5), 84 if lever == "child_and_family" else 36

    def at(coverage, *changed):
        return lived(
            course(others._replace(**{lever: coverage}), closed, at_the_other_end(*changed), ALL_ON, months=months)
        )

    assert apart(at(0.0), at(0.0, *places)) == []
    full = at(1.0)
    for place in places:
        assert apart(full, at(1.0, place)), place


@pytest.mark.relation(
    "A feedback that is turned off is one of no strength.",
    kind="limit", level="whole model",
    reach="the pull of protection; limited places",
)  # fmt: skip
@pytest.mark.parametrize(
    ("switch", "none", "strong"),
    [
        ("pull", {"departure": {"pull_of_protection": 0.0}}, {}),
        ("queues", {"custody": {"removal_places": 1e9}}, {"custody": {"removal_places": 60.0}}),
    ],
)
def test_a_feedback_turned_off_is_a_feedback_of_no_strength(switch, none, strong):
    off, weak, strong = (
        lived(course(PROTECTING, beyond=beyond, on=ALL_ON | {switch: state}))
        for state, beyond in ((False, none), (True, none), (True, strong))
    )  # fmt: skip
    assert apart(off, weak, but=("services.capacity", "services.places")) == []
    assert apart(off, strong, but=("services.capacity", "services.places"))


# What must scale, or be alike.


@pytest.mark.relation(
    "With all feedbacks off, a larger world holds every life of the smaller one as it was.",
    kind="scaling", level="whole model",
    reach="scales 0.03 and 0.08, today's levers and protection",
)  # fmt: skip
@pytest.mark.parametrize("lever", [TODAY, PROTECTING], ids=["today", "protecting"])
def test_without_feedbacks_a_larger_world_holds_the_lives_of_the_smaller_one(lever):
    small, large = (people(lived(course(lever, scale=scale))) for scale in (0.03, 0.08))
    assert len(large) > 2 * len(small) > 4000
    assert (small["path"] == large["path"].reindex(small.index)).all()


@pytest.mark.relation(
    "Twice the scale is twice the people in every status, save for luck.",
    kind="scaling", level="whole model",
    reach="all statuses with 25 people or more, all feedbacks off",
)  # fmt: skip
def test_twice_the_scale_is_twice_the_people_save_for_luck():
    small, large = (lived(course(PROTECTING, scale=scale, months=96)) for scale in (0.1, 0.2))
    one, other = (state.stocks.by_status[-1].astype(float) for state in (small, large))
    some = one + other >= 25
    assert some.sum() >= 8
    # Twice the smaller number and the larger one differ by luck alone: each is a Poisson number.
    apart_by = (2.0 * one - other)[some] / np.sqrt(4.0 * one + other)[some]
    assert np.abs(apart_by).max() < 4.5
    assert (apart_by**2).sum() < chi2.ppf(1.0 - 1e-6, some.sum())
    doubled = (2.0 * one - 0.8 * other)[some] / np.sqrt(4.0 * one + 0.64 * other)[some]
    assert (doubled**2).sum() > chi2.ppf(1.0 - 1e-6, some.sum())  # a fifth too few would be seen


@pytest.mark.relation(
    "Areas differ in nothing but what assumptions make differ.",
    kind="symmetry", level="whole model",
    reach="arrivals, searches and sales by area",
)  # fmt: skip
def test_areas_are_alike_where_nothing_makes_them_differ():
    """With even weights each area is reached, and its people found, as often as any other."""
    even: Changes = {
        "crossing": {"area_slope": 0.0}, "market": {"demand_area_slope": 0.0}, "surveillance": {"policing_area_slope": 0.0},
        "life": {"areas_where_the_permit_travels": 0.0},
    }  # fmt: skip
    counted = {}
    for name, beyond in (("even", even), ("uneven", {})):
        by_area = lived(course(beyond=beyond, scale=0.3)).ledger.monthly_by["area"].sum(axis=0)
        counted[name] = by_area[[Event.CROSSED, Event.DETECTED, Event.TRAFFICKED], 1:7]
    assert (counted["even"].sum(axis=1) > 500).all()
    assert all(chisquare(row).pvalue > 1e-4 for row in counted["even"])
    assert all(chisquare(row).pvalue < 1e-4 for row in counted["uneven"])


@pytest.mark.relation(
    "More places than anybody asks for are no limit, and services without a place help nobody.",
    kind="limit", level="whole model",
    reach="all services",
)  # fmt: skip
def test_more_places_than_anybody_asks_for_are_no_limit():
    """A capacity beyond every need, and none at all, are the same to every life; a capacity of nothing is not."""
    plan = course(PROTECTING, on={"queues": True})
    unlimited, ample, none = (
        lived(dataclasses.replace(plan, capacity=dict.fromkeys(LEVER_NAMES, places))) for places in (np.inf, 1e9, 0.0)
    )  # fmt: skip
    assert apart(unlimited, ample, but=("services.capacity", "services.places")) == []
    assert total(unlimited, Event.SCREENED) > 50
    assert total(none, Event.SCREENED, Event.REFERRED, Event.REMEDY_GRANTED, Event.IDENTIFIED) == 0


# What must vanish.

OF_PERSONS = [one for one in Event if not one.name.startswith(("BROKER_", "EDGE_"))]
NO_BIRTHS = dict.fromkeys(("conceives_in_marriage", "conceives_in_sexual_exploitation", "conceives_elsewhere"), 0.0)
LIMITS = {
    "nobody sets out": ({"now": {"departure_pressure": 0.0}}, OF_PERSONS, Event.BROKER_ENTERED),
    "a border that is shut": (
        {"lever": {"border_closure": 1.0}},
        (Event.CROSSED, Event.DIED_CROSSING, Event.ARRESTED_AT_ORIGIN_BORDER, Event.ARRESTED_AT_HOST_BORDER, Event.TRAFFICKED),
        Event.DECIDED_TO_LEAVE,
    ),
    "an origin that takes nobody back": (
        {"now": {"origin_accepts_returns": 0.0}}, (Event.REMOVED, Event.REMOVED_AT_RISK, Event.FORCED_ABORTION),
        Event.AWAITING_RETURN_MONTH,
    ),
    "nobody at risk": ({"departure": {"share_at_risk": 0.0}}, (Event.REMOVED_AT_RISK,), Event.REMOVED),
    "no births": (
        {"life": NO_BIRTHS},
        [Event.CONCEIVED, Event.GAVE_BIRTH, Event.FORCED_ABORTION, Event.LEFT_AGAIN_FOR_CHILD]
        + [one for one in Event if one.name.startswith("CHILD_")],
        Event.TRAFFICKED,
    ),
    "no brokers": (
        {"brokerage": {"usually_active": 1e-9}, "adaptation": {"broker_enters_monthly": 0.0}},
        (Event.TAKEN_BY_BROKERS, Event.TRAFFICKED, Event.PRICE_PAID, Event.EXPLOITED_MONTH, Event.MARRIED_AS_CHILD),
        Event.CROSSED,
    ),
    "no demand": (
        {"market": {"stall_refills_monthly": 0.0}, "on": {"scarcity": True}}, (Event.TRAFFICKED, Event.PRICE_PAID),
        Event.TAKEN_BY_BROKERS,
    ),
    "no permit scheme": (
        {"now": {"permit_scheme": 0.0}},
        (Event.PERMIT_TAKEN_UNDER_COERCION, Event.PHONE_SCREENED, Event.MESSAGE_SENT, Event.PICTURE_SENT, Event.ASSURANCE_BROKEN),
        Event.DETECTED,
    ),
    "no helpers from abroad": (
        {"departure": {"linked_share": 0.0}, "returns": {"linked_after_return": 0.0}},
        (Event.PUNISHED_AS_LINKED, Event.TORTURED_LATER), Event.TORTURED,
    ),
    "nobody deceived": ({"departure": {"deceived_or_abducted_share": 0.0}}, (Event.DECEIVED_OR_ABDUCTED,), Event.TRAFFICKED),
    "men alone": (
        {"now": {"women_share": 0.0}},
        (Event.CONCEIVED, Event.MARRIED_AS_CHILD, Event.SEXUAL_EXPLOITATION_MONTH, Event.PERMIT_TAKEN_UNDER_COERCION,
         Event.DECEIVED_OR_ABDUCTED),
        Event.TRAFFICKED,
    ),
    "nobody reports": ({"life": {"report_monthly": 0.0}}, (Event.REPORTED, Event.REPORT_LED_TO_CUSTODY), Event.DETECTED),
    "no searches": ({"surveillance": {"detected_monthly": 0.0}}, (Event.DETECTED,), Event.ARRESTED_AT_HOST_BORDER),
}  # fmt: skip


@pytest.mark.relation(
    "Where there is no cause there is no effect: no departures, no harm; no births, no children; no "
    "brokers, no trafficking; and so on.",
    kind="limit", level="whole model",
    reach="each cause of its table, with what must vanish and what must not",
)  # fmt: skip
@pytest.mark.parametrize("name", LIMITS)
def test_where_there_is_no_cause_there_is_no_effect(name):
    changes, gone, left = dict(LIMITS[name][0]), *LIMITS[name][1:]
    lever, now = TODAY._replace(**changes.pop("lever", {})), NOW._replace(**changes.pop("now", {}))
    usual = {"life": {"report_monthly": 0.15, "conceives_in_marriage": 0.04}, "departure": {"linked_share": 0.25}}
    usual |= {"upbringing": {"child_sold_monthly": 0.01, "child_labour_monthly": 0.01}}
    beyond = {step: usual.get(step, {}) | changes.get(step, {}) for step in {*usual, *changes} - {"on"}}
    on = ALL_OFF | {"family_return": True, "broker_adaptation": True} | changes.get("on", {})
    without, there = (lived(course(*each, on=on)) for each in ((lever, now, beyond), (TODAY, NOW, usual)))
    assert {one.name for one in gone if total(without, one)} == set()
    assert total(without, left) > 0
    assert sum(total(there, one) > 0 for one in gone) >= 0.7 * len(gone)


@pytest.mark.relation(
    "Whether children are born changes no life of a man.",
    kind="independence", level="whole model",
    reach="all feedbacks off",
)  # fmt: skip
def test_births_touch_nobody_but_mothers():
    """With all feedbacks off, men live the same lives, event for event, whether children are born or not."""
    with_births, without = (people(lived(course(beyond={"life": each}))) for each in ({}, NO_BIRTHS))
    assert with_births.index.equals(without.index)
    same, men = (with_births["path"] == without["path"]), with_births["sex"] == Sex.MALE
    assert same[men].all()
    assert (~same).sum() > 20


# What must go one way, life by life.

ATTEMPTS = (Event.DIED_CROSSING, Event.ARRESTED_AT_ORIGIN_BORDER, Event.ARRESTED_AT_HOST_BORDER, Event.CROSSED)
HAZARDS = {
    "crossing.attempt_monthly": ATTEMPTS,
    "crossing.death_crossing": (Event.DIED_CROSSING,),
    "crossing.desists_monthly": (Event.DESISTED,),
    "brokerage.taken_when_guided_women": (Event.TAKEN_BY_BROKERS,),
    "brokerage.escapes_brokers_monthly": (Event.ESCAPED_BROKERS,),
    "brokerage.passed_along_monthly": (Event.PASSED_ALONG,),
    "life.escape_monthly_marriage": (Event.ESCAPED_EXPLOITATION,),
    "life.onward_monthly": (Event.WENT_TO_THIRD_COUNTRY, Event.DEPARTURE_NOTICED),
    "life.goes_home_women": (Event.WENT_HOME,),
    "life.report_monthly": (Event.REPORTED,),
    "life.dies_monthly": (Event.DIED_IN_HOST_COUNTRY,),
    "life.sold_on_monthly": (Event.SOLD_ON,),
    "life.coerced_to_carry_monthly": (Event.COERCED_TO_CARRY,),
    "life.conceives_in_marriage": (Event.CONCEIVED,),
    "life.taken_in_hiding_women": (Event.TAKEN_BY_BROKERS,),
    "surveillance.detected_monthly": (Event.DETECTED,),
    "surveillance.takes_permit_monthly": (Event.PERMIT_TAKEN_UNDER_COERCION,),
    "custody.removed_monthly": (Event.REMOVED,),
    "custody.bought_out_monthly": (Event.RELEASED_FROM_CUSTODY,),
    "custody.prosecuted_in_custody": (Event.PROSECUTED_AS_OFFENDER,),
    "returns.tortured_on_return": (Event.TORTURED,),
    "returns.forced_abortion_on_return": (Event.FORCED_ABORTION,),
    "returns.tortured_later_monthly": (Event.TORTURED_LATER,),
    "returns.dies_in_detention_monthly": (Event.DIED_IN_DETENTION,),
    "returns.leaves_again_monthly": (Event.LEFT_AGAIN,),
    "upbringing.child_sold_monthly": (Event.CHILD_SOLD,),
    "upbringing.child_labour_monthly": (Event.CHILD_FORCED_LABOUR,),
    "upbringing.registered_monthly": (Event.CHILD_REGISTERED_FATHER,),
    "upbringing.contact_monthly": (Event.CHILD_CONTACTED,),
    "upbringing.reunion_at_home_monthly": (Event.CHILD_REUNITED,),
}  # fmt: skip
"""Hazards, each with the event that it brings, whichever comes first of several."""
QUIET: Changes = {
    "adaptation": {"investigated_today": 0.0}, "life": {"conceives_in_marriage": 0.02, "dies_monthly": 0.0002},
    "departure": {"linked_share": 0.25}, "upbringing": {"age_children_are_put_to_work": 0.0},
}  # fmt: skip
"""No prosecution of brokers, through which one life could touch another."""


def with_hazard(place: str, end: int, months: int = 48) -> State:
    step, _, name = place.partition(".")
    value = trafficsim.catalog.catalog().parameters[step][name].range[end]
    return lived(
        course(beyond=QUIET | {step: QUIET.get(step, {}) | {name: value}}, scale=0.05, months=months), event_log=True
    )


@pytest.mark.relation(
    "A higher hazard brings its own event no later, in any life.",
    kind="monotone", level="whole model",
    reach="each hazard of its table, from one end of its range to the other, all feedbacks off",
)  # fmt: skip
@pytest.mark.parametrize("place", HAZARDS)
def test_a_higher_hazard_brings_its_own_event_no_later_in_any_life(place):
    """All that it can change before its event is that the event comes. What follows from it is another matter."""
    low, high = (with_hazard(place, end) for end in (0, -1))
    when = [
        pd.concat([first(state, event) for event in HAZARDS[place]]).groupby(level=0).min() for state in (low, high)
    ]
    later = when[1].reindex(when[0].index).fillna(np.inf) - when[0]
    assert (later <= 0).all()
    assert len(when[1]) > len(when[0]) or (later < 0).any()


# What does not hold.


@pytest.mark.relation(
    "A higher hazard of removal means no fewer forced returns, in any life.",
    kind="monotone", level="whole model",
    reach="ten years, all feedbacks off",
    because=(
        "The first return comes no later, but what follows from it is another life: who is returned earlier "
        "may be detained, settle or stay away at a time when she would else have been returned twice."
    ),
)  # fmt: skip
def test_a_higher_hazard_of_removal_can_mean_fewer_forced_returns_in_a_life():
    low, high = (number(with_hazard("custody.removed_monthly", end, 120), Event.REMOVED) for end in (0, -1))
    change = high.sub(low, fill_value=0)
    assert (change < 0).any() and (change > 0).sum() > (change < 0).sum()


@pytest.mark.relation(
    "A protective lever that spares one harm brings nobody more of another.",
    kind="monotone", level="whole model",
    reach="non-refoulement at none and at full",
    because=(
        "Displacement: who is not returned stays where she can be sold. So policies are judged by sums over "
        "lives and over all harms, and harms that a policy causes are counted beside those that it spares."
    ),
)  # fmt: skip
def test_whoever_is_spared_removal_may_be_sold_instead():
    """The harm that protection spares leaves her where other harms are; only sums over lives, and all harms, tell."""
    less, more = (lived(course(TODAY._replace(non_refoulement=each)), event_log=True) for each in (0.0, 1.0))
    removed, sold = (
        number(more, event).sub(number(less, event), fill_value=0) for event in (Event.REMOVED, Event.TRAFFICKED)
    )
    assert (removed <= 0).all() and removed.sum() < 0
    assert (sold > 0).any()


@pytest.mark.relation(
    "Where places are few, the order of persons does not decide who has one.",
    kind="symmetry", level="whole model",
    reach="services with few places",
    because=(
        "Whoever stands first in the tables, which is who set out first, is asked first. How many are served "
        "changes little."
    ),
)  # fmt: skip
def test_who_comes_first_is_served_first():
    """Where places are few the order of rows decides who has one, though not how many have."""
    plan = dataclasses.replace(
        course(PROTECTING, on={"queues": True}, months=48), capacity=dict.fromkeys(LEVER_NAMES, 40.0)
    )
    straight, turned = begin(plan), begin(plan)
    for one in (straight, turned):
        while one.month < 47:
            advance(one, plan)
    shuffle(turned)
    for one in (straight, turned):
        advance(one, plan)
    assert straight.world.services.queue.sum() > 0
    assert not (people(straight)["path"] == people(turned)["path"]).all()
    served = [used(one, "services")["served"][: 6 * 2] for one in (straight, turned)]  # screening and refuge
    assert np.abs(served[0] - served[1]).sum() <= 0.2 * served[0].sum()


@pytest.mark.relation(
    "A person lives the same life at every scale, also with feedbacks.",
    kind="scaling", level="whole model",
    reach="scales 0.03 and 0.06, all feedbacks on",
    because=(
        "With feedbacks lives touch each other, and at another scale others are there. Comparisons are made "
        "at one scale."
    ),
)  # fmt: skip
def test_a_life_at_a_small_scale_is_not_the_same_life_at_a_larger_one():
    """The same persons set out, but what others do reaches them: prices, fear, brokers who come and go."""
    small, large = (people(lived(course(on=ALL_ON, scale=scale))) for scale in (0.03, 0.06))
    both = small.index.intersection(large.index)
    assert len(both) == len(small)
    assert 0.1 < (small.loc[both, "path"] != large.loc[both, "path"]).mean() < 0.9


@pytest.mark.relation(
    "More accountability closes no way out of custody.",
    kind="monotone", level="whole model",
    reach="accountability at none and at full",
    because=(
        "Some get out by a bribe, and accountability ends bribes. It is known, and no reason against "
        "accountability."
    ),
)  # fmt: skip
def test_accountability_closes_the_way_out_that_bribes_opened():
    less, more = (lived(course(TODAY._replace(accountability=each))) for each in (0.0, 1.0))
    shares = [total(one, Event.RELEASED_FROM_CUSTODY) / total(one, Event.DETAINED_MONTH) for one in (less, more)]
    assert shares[1] < 0.7 * shares[0]


@pytest.mark.relation(
    "Where a child left behind draws nobody back, nobody is counted as leaving again for a child.",
    kind="limit", level="whole model",
    reach="the draw of children at none, that feedback on",
    because=(
        "Everybody who leaves again and has a child in the host country is counted so: the event says who "
        "they are, not what drew them."
    ),
)  # fmt: skip
def test_some_are_counted_as_drawn_by_a_child_whom_no_child_drew():
    """Whoever leaves again and has a child is counted so, at whatever strength, also none."""
    state = lived(course(beyond={"returns": {"returns_for_child_monthly": 0.0}}, on={"family_return": True}))
    assert total(state, Event.LEFT_AGAIN_FOR_CHILD) > 0
