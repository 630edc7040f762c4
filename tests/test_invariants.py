"""What holds after any run, whatever the policy, the assumptions, the feedbacks and the luck; and what a fork repeats."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import trafficsim
from trafficsim.catalog import catalog
from trafficsim.configuration import Study, configure
from trafficsim.engine.calendar import month_index, month_label
from trafficsim.engine.ledger import DIMENSIONS
from trafficsim.errors import UserError
from trafficsim.policy import LEVERS, Arm, LeverValue
from trafficsim.processes.circumstances import Switches
from trafficsim.processes.population import DECLARATIONS
from trafficsim.processes.vocabulary import (
    Care,
    Departure,
    Event,
    Permit,
    Purpose,
    Registration,
    Role,
    Sex,
    Stage,
    Status,
)


def examples(number):
    """So many examples, the same ones each time."""
    return settings(
        max_examples=number, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )


EXPLOITED = range(Status.FORCED_MARRIAGE, Status.DOMESTIC_SERVITUDE + 1)
IN_HOST_COUNTRY = range(Status.IN_TRANSIT, Status.PROTECTED + 1)
OUTSIDE = (Status.AT_ORIGIN, Status.IN_THIRD_COUNTRY, Status.RETURNED_DETAINED, Status.RETURNED_RELEASED)
TRANSITIONS = {Event[name.upper()]: move for name, move in catalog().transitions.items()}
RANGES = [
    (process, name, *parameter.range) for process, named in catalog().parameters.items() for name, parameter in named.items()
]  # fmt: skip
PERMITS_FROM = 24 * 12  # January 2020
"""The month of the calendar from which the permit scheme, and with it a lever of the status quo, is in force."""


# What is drawn.

shares = st.sampled_from([0.0, 1.0]) | st.floats(0.0, 1.0)


@st.composite
def lever_values(draw, name, start, months):
    capacity = None
    if LEVERS[name].capacity_unit is not None:
        capacity = draw(st.none() | st.sampled_from([0.0, 1e6]) | st.floats(0.0, 500.0))
    begins = draw(st.just("policy_start") | st.integers(0, months - 1).map(lambda after: month_label(start + after)))
    return LeverValue(draw(shares), begins, draw(st.integers(0, 24)), capacity)


@st.composite
def arms(draw, start, months):
    names = draw(st.lists(st.sampled_from(list(LEVERS)), unique=True))
    return Arm("drawn", "Drawn", "Drawn", {name: draw(lever_values(name, start, months)) for name in names})


@st.composite
def assumptions(draw):
    """Values in place of some defaults, anywhere in their ranges and often at the ends."""
    changed = {}
    for process, name, low, high in draw(st.lists(st.sampled_from(RANGES), unique=True, max_size=60)):
        value = min(high, max(low, low + (high - low) * draw(shares)))
        whole = catalog().parameters[process][name].whole
        changed.setdefault(process, {})[name] = float(round(value)) if whole else value
    return changed


@st.composite
def settings_of_runs(draw):
    """Everything that decides a run."""
    start, years = draw(st.integers(0, 30)) * 12 + draw(st.integers(0, 11)), draw(st.integers(1, 4))
    return {
        "arm": draw(arms(start, years * 12)), "rng": draw(st.integers(0, 2**63 - 1)),
        "scale": draw(st.sampled_from([0.0005, 0.003, 0.01, 0.02])), "policy_start": month_label(start), "years": years,
        "parameters": draw(assumptions()), "event_log": draw(st.booleans()),
        "feedbacks": draw(st.dictionaries(st.sampled_from(Switches._fields), st.booleans())),
    }  # fmt: skip


# What must hold.


def live_until(model, month):
    """Live through all months before ``month``; Mesa warns where there are none."""
    if model.month < month:
        model.run_until(float(month))


def used(table):
    """The rows in use of a table, by column."""
    return {name: np.asarray(column[: table.size[0]]) for name, column in zip(table._fields, table, strict=True)}


def check_everything(model):
    world = model.state.world
    tables = {name: used(table) for name, table in zip(DECLARATIONS, world, strict=True)}
    check_numbers(tables)
    check_books(model, tables["migrants"])
    check_people(model, tables)
    check_children(model, tables)
    check_institutions(tables)
    if model.state.ledger.entries.log_size[1]:
        check_paths(model, tables["migrants"])


def check_numbers(tables):
    """No column holds what is not a number; codes are words of their list; flags are 0 or 1; shares lie between."""
    for name, declaration in DECLARATIONS.items():
        for column in declaration.columns:
            values = tables[name][column.name]
            where = f"{name}.{column.name}"
            if name != "services":
                assert np.isfinite(values).all(), where
            assert not np.isnan(values).any(), where
            if column.labels is not None:
                assert np.isin(values, [int(each) for each in column.labels]).all(), where
            if column.unit == "0 or 1":
                assert np.isin(values, [0, 1]).all(), where
            if column.unit == "0 to 1":
                assert ((values >= 0) & (values <= 1)).all(), where
            if column.unit in ("count", "persons", "households", "persons per month", "index, 1 = usual"):
                assert (values >= 0).all(), where


def check_books(model, people):
    """Moves add up to the stocks, groups to totals; all moves are in the catalogue's table."""
    ledger, stocks, month = model.state.ledger, model.state.stocks, model.month
    by_status = stocks.by_status[:month]
    now = np.bincount(people["status"], minlength=len(Status))
    assert by_status[-1].tolist() == now.tolist()
    assert by_status[-1].sum() == len(people["key"]) == ledger.monthly[:, Event.DECIDED_TO_LEAVE].sum()
    assert (stocks.by_status_and_sex[:month].sum(axis=2) == by_status).all()

    came = ledger.moves[:month].sum(axis=1) - ledger.moves[:month].sum(axis=2)
    came[:, Status.AT_ORIGIN] += ledger.monthly[:month, Event.DECIDED_TO_LEAVE]
    assert (np.diff(by_status, axis=0, prepend=0) == came).all()
    assert (ledger.moves_by_event.sum(axis=0) == ledger.moves.sum(axis=0)).all()
    for event in Event:
        moved = ledger.moves_by_event[event]
        if event not in TRANSITIONS:
            assert moved.sum() == 0, event.name
            continue
        left, entered = (
            [Status[each.upper()] for each in names] for names in (TRANSITIONS[event].left, TRANSITIONS[event].entered)
        )
        assert moved[np.ix_(left, entered)].sum() == moved.sum() == ledger.monthly[:, event].sum(), event.name
    sold_for = ledger.monthly_by["purpose"][:, Event.TRAFFICKED].sum(axis=0)
    entered = ledger.moves_by_event[Event.TRAFFICKED].sum(axis=0)
    assert sold_for[Purpose.FORCED_MARRIAGE :].tolist() == entered[EXPLOITED.start : EXPLOITED.stop].tolist()

    for dimension in DIMENSIONS:
        assert (ledger.monthly_by[dimension].sum(axis=2) == ledger.monthly).all(), dimension
    by_departure = ledger.monthly_by["departure"].sum(axis=0)
    by_sex = ledger.monthly_by["sex"].sum(axis=0)
    deceived = by_departure[:, Departure.DECEIVED_OR_ABDUCTED]
    assert (deceived <= by_sex[:, Sex.FEMALE]).all()  # only women and girls are
    assert deceived[Event.DECEIVED_OR_ABDUCTED] == ledger.monthly[:, Event.DECEIVED_OR_ABDUCTED].sum()
    assert deceived[Event.DECIDED_TO_LEAVE] == deceived[Event.DECEIVED_OR_ABDUCTED]
    of_no_journey = [event for event in Event if event.name.startswith(("CHILD_", "BROKER_", "EDGE_"))]
    none = by_departure[:, Departure.NONE]
    assert (none[of_no_journey] == ledger.monthly.sum(axis=0)[of_no_journey]).all()
    assert none.sum() == none[of_no_journey].sum()
    assert min(ledger.monthly.min(), ledger.moves.min(), by_status.min()) >= 0
    assert not ledger.monthly[month:].any()
    assert not ledger.entries.cells.any()
    assert not ledger.entries.departures.any()


def check_people(model, tables):
    """Each status goes with what it means: who holds the person, where, under what papers and what decision."""
    people, brokers, households = tables["migrants"], tables["brokers"], tables["households"]
    status, area, holder = people["status"], people["area"], people["holder"]
    here, exploited, held = (np.isin(status, each) for each in (IN_HOST_COUNTRY, EXPLOITED, Status.HELD_BY_BROKERS))
    areas = model.course.areas
    assert ((area[here] >= 1) & (area[here] <= areas)).all()
    assert (area[np.isin(status, OUTSIDE)] == 0).all()

    assert (holder[~exploited & ~held] == -1).all()
    assert (brokers["caseload"] == np.bincount(holder[held], minlength=len(brokers["key"]))).all()
    assert (brokers["area"][holder[held]] == area[held]).all()
    assert (households["holds"][holder[exploited]] == np.flatnonzero(exploited)).all()
    assert (households["area"][holder[exploited]] == area[exploited]).all()
    assert (households["kind"][holder[exploited]] == people["purpose"][exploited]).all()
    assert (people["purpose"][exploited] - Purpose.FORCED_MARRIAGE == status[exploited] - Status.FORCED_MARRIAGE).all()
    assert (people["times_trafficked"][exploited] > 0).all()
    assert ((people["times_trafficked"] > 0) == (people["purpose"] > 0)).all()

    in_custody = status == Status.IN_CUSTODY
    assert (people["stage"][~in_custody] == Stage.NONE).all()
    assert (people["stage"][in_custody] != Stage.NONE).all()
    serving = (people["stage"] == Stage.SENTENCED) | (status == Status.RETURNED_DETAINED)
    assert (people["until"][serving] >= model.month).all()
    assert (people["until"][(people["stage"] == Stage.NONE) & here] == -1).all()
    assert (people["intends"][~np.isin(status, [Status.AT_ORIGIN, Status.RETURNED_RELEASED])] == 0).all()

    if model.month <= PERMITS_FROM:
        assert (people["permit"] != Permit.SURVEILLANCE).all()
    assert (people["permit"][np.isin(status, OUTSIDE)] == Permit.NONE).all()
    assert (people["permit"][people["sex"] == 1] != Permit.SURVEILLANCE).all()

    pregnant = people["due"] >= 0
    assert (people["sex"][pregnant] == 0).all()
    assert (here | (status == Status.DEAD))[pregnant].all()
    assert (people["due"][pregnant & here] >= model.month).all()
    assert len(np.unique(people["key"])) == len(people["key"])
    assert ((people["status_since"] >= 0) & (people["status_since"] < model.month)).all()


def check_children(model, tables):
    """A mother's counters and her chain of children say what the children's rows say."""
    people, children, households = tables["migrants"], tables["children"], tables["households"]
    care, mother, elder = children["care"], children["mother"], children["elder"]
    counted = (children["alive"] == 1) & ~np.isin(care, [Care.GROWN_UP, Care.REUNITED_ABROAD])
    assert (people["children"] == np.bincount(mother[counted], minlength=len(people["key"]))).all()
    assert (people["sex"][mother] == 0).all()

    last = {}
    for row, (its_mother, its_elder) in enumerate(zip(mother.tolist(), elder.tolist(), strict=True)):
        assert its_elder == last.get(its_mother, -1)
        last[its_mother] = row
    youngest = np.full(len(people["key"]), -1)
    youngest[list(last)] = list(last.values())
    assert (people["youngest"] == youngest).all()

    born_in = children["household"]
    assert (households["children"] == np.bincount(born_in[born_in >= 0], minlength=len(households["key"]))).all()
    alive = children["alive"] == 1
    at_home = np.isin(care, [Care.WITH_MOTHER, Care.REUNITED_ABROAD])
    assert (children["separated_since"][alive & at_home] == -1).all()
    assert (children["separated_since"][alive & ~at_home & (care != Care.GROWN_UP)] >= 0).all()
    assert (children["sold"][care == Care.SOLD] == 1).all()
    assert (children["reunited"][care == Care.REUNITED_ABROAD] == 1).all()
    assert ((children["area"] >= 1) & (children["area"] <= model.course.areas)).all()
    by_care = np.bincount(care[alive & (care != Care.GROWN_UP)], minlength=len(Care))
    assert model.state.stocks.by_care[model.month - 1].tolist() == by_care.tolist()
    assert np.isin(children["registration"], list(Registration)).all()


def check_institutions(tables):
    """Prices, stalls, network, effort and places stay within what they mean."""
    markets, stalls, households = tables["markets"], tables["stalls"], tables["households"]
    assert (markets["price"] > 0).all()
    assert (markets["sold"] <= markets["offers"]).all()
    seekers = stalls["household"][stalls["household"] >= 0]
    assert len(np.unique(seekers)) == len(seekers)
    assert (households["seeking"][seekers] == 1).all()
    assert households["seeking"].sum() == len(seekers)
    assert (households["kind"][seekers] == markets["purpose"][stalls["market"][stalls["household"] >= 0]]).all()

    brokers = tables["brokers"]
    tied = brokers["partner"] >= 0
    assert (brokers["role"][tied] < Role.SELLER).all()
    assert (brokers["role"][brokers["partner"][tied]] == brokers["role"][tied] + 1).all()
    assert (brokers["area"][brokers["partner"][tied]] == brokers["area"][tied]).all()
    assert (brokers["capital"] >= 0).all()

    units = tables["units"]
    whole = sum(units[f"share_{part}"] for part in ("removal", "surveillance", "screening", "brokers"))
    assert whole == pytest.approx(1.0)
    services = tables["services"]
    assert (services["places"] >= 0).all()
    assert (services["capacity"] >= 0).all()


def check_paths(model, people):
    """Read each life again in the event log: every move begins where the one before it ended, and counters agree."""
    log, ledger = model.state.ledger.log(), model.state.ledger
    assert (np.diff(log["month"]) >= 0).all()
    for event in (*TRANSITIONS, Event.DECIDED_TO_LEAVE, Event.CHILD_BORN, Event.IDENTIFIED):
        assert (log["event"] == event).sum() == ledger.monthly[:, event].sum(), event.name
    row_of = {key: row for row, key in enumerate(people["key"].tolist())}
    where: dict[int, set[str]] = {}
    told: Counter[tuple[int, int]] = Counter()
    for month, event, key in log[["month", "event", "person_key"]].tolist():
        del month
        told[key, event] += 1
        move = TRANSITIONS.get(event)
        if move is not None:
            assert where.get(key, {"at_origin"}) & set(move.left), (key, Event(event).name)
            where[key] = set(move.entered)
    for key, row in row_of.items():
        assert Status(people["status"][row]).name.lower() in where.get(key, {"at_origin"})
        assert people["times_trafficked"][row] == min(100, told[key, Event.TRAFFICKED])
        assert people["past_returns"][row] == min(100, told[key, Event.REMOVED])
        assert people["remedied"][row] == told[key, Event.REMEDY_GRANTED]


@pytest.mark.relation(
    "People are conserved: everybody who set out stands in one status, the stocks of a month are those "
    "of the month before and its moves, groups add up to all, and every column keeps its meaning.",
    kind="conservation", level="whole model",
    reach="any arm, levers, assumptions within their ranges, feedbacks and seeds (Hypothesis)",
)  # fmt: skip
@examples(40)
@given(settings_of_runs())
def test_the_books_balance_and_every_column_keeps_its_meaning_whatever_is_asked(drawn):
    model = trafficsim.TraffickingModel(**drawn)
    halfway = model.course.months - drawn["years"] * 6
    for until in (halfway, model.course.months):
        live_until(model, until)
        check_everything(model)


# What is equal.


def assert_same(one, other):
    """All bits of two runs are equal: tables, ledger, stocks, and what goes on from month to month."""
    for name, first, second in zip(DECLARATIONS, one.state.world, other.state.world, strict=True):
        for column, values in used(first).items():
            assert np.array_equal(values, used(second)[column], equal_nan=False), f"{name}.{column}"
    for name in ("monthly", "moves", "moves_by_event"):
        assert np.array_equal(getattr(one.state.ledger, name), getattr(other.state.ledger, name)), name
    for first, second in zip(one.state.stocks, other.state.stocks, strict=True):
        assert np.array_equal(first, second)
    assert np.array_equal(one.state.ledger.log(), other.state.ledger.log())
    assert np.array_equal(one.state.resting, other.state.resting)
    assert (one.month, one.state.protection_signal) == (other.month, other.state.protection_signal)


@pytest.mark.relation(
    "A copy of a run goes on as the original; under another policy it is the original until that policy "
    "begins; and a run lived anew is the same run.",
    kind="equality", level="whole model",
    reach="any arm, levers, assumptions within their ranges, feedbacks and seeds (Hypothesis)",
)  # fmt: skip
@examples(10)
@given(settings_of_runs(), st.data())
def test_a_fork_goes_on_as_the_original_and_under_another_arm_until_that_begins(drawn, data):
    drawn |= {"scale": min(drawn["scale"], 0.01)}
    start = month_index(drawn["policy_start"])
    end = start + drawn["years"] * 12
    original = trafficsim.TraffickingModel(**drawn)
    live_until(original, data.draw(st.integers(0, end - 1), label="forked in month"))
    fork, forked_in = original.fork(), original.month
    other = original.fork(data.draw(arms(start, drawn["years"] * 12), label="other arm"))
    live_until(original, end)
    assert fork.month == forked_in  # nothing of the original's life reaches into its fork
    while fork.month < end:
        fork.step()
    assert_same(original, fork)

    anew = trafficsim.TraffickingModel(**drawn)
    if forked_in <= start:
        for each in (anew, other):
            live_until(each, start)
        assert_same(anew, other)
    live_until(anew, end)
    assert_same(original, anew)


@pytest.mark.relation(
    "A lever at the coverage that it has today changes not one bit, whatever its start, pace and "
    "capacity.",
    kind="equality", level="whole model",
    reach="any arm, levers, assumptions within their ranges, feedbacks and seeds (Hypothesis)",
)  # fmt: skip
@examples(12)
@given(settings_of_runs(), st.data())
def test_an_arm_that_asks_for_what_is_there_already_is_the_status_quo(drawn, data):
    """A lever at the coverage of the status quo, whatever its start, its pace and its capacity, changes not one bit."""
    start = month_index(drawn["policy_start"])
    names = data.draw(st.lists(st.sampled_from(list(LEVERS)), unique=True, min_size=1))
    levers = {}
    for name in names:
        value = data.draw(lever_values(name, start, drawn["years"] * 12))
        levels = {
            level for month, level in LEVERS[name].status_quo.items() if month >= "2020-01" or len(LEVERS[name].status_quo) == 1
        }  # fmt: skip
        if len(LEVERS[name].status_quo) > 1 and start < PERMITS_FROM:
            continue  # its status quo moves during this window, so no one coverage is the status quo's
        levers[name] = LeverValue(levels.pop(), value.start, value.ramp_months, value.capacity)
    runs = []
    for arm in ("status_quo", Arm("same", "Same", "Same", levers)):
        runs.append(trafficsim.TraffickingModel(**(drawn | {"arm": arm})))
        live_until(runs[-1], start + drawn["years"] * 12)
    assert_same(*runs)


# What people write.

KEYS = [
    "arms",
    "arm",
    "corridor",
    "study",
    "output",
    "parameters",
    "scale",
    "seed",
    "years",
    "replicates",
    "workers",
    "policy_start",
]
KEYS += [f"study.{name}" for name in Study.__dataclass_fields__] + [
    f"study.feedbacks.{name}" for name in Switches._fields
]
KEYS += [f"parameters.{process}.{name}" for process, name, _, _ in RANGES] + [
    "output.folder",
    "output.events",
    "corridor.areas",
]
KEYS += [f"arm.levers.identification.{name}" for name in LeverValue.__dataclass_fields__] + [
    "arm.levers",
    "arm.levers.moratorium",
]
KEYS += [
    "parameters.life",
    "study.feedbacks",
    "hydra.run.dir",
    "",
    "life.escape_monthly_marriage",
    "parameters.market.price",
]
VALUES = [
    "0", "1", "-1", "0.5", "1e-3", "1e400", "nan", "inf", "-inf", "2**3", "true", "no", "null", "???", "", "''", "[]", "{}",
    "[1,2]", "[status_quo,letter_package]", "{a: 1}", "status_quo", "teaching", "letter_package+border_closed", "a+", "../x",
    "2010-01", "2024-13", "policy_start", "${scale}", "${oc.env:HOME}", "${", "'", '"', "é", "a b", "=", "a=b", "1,2", "-",
    "99999999999999999999", "0x10", "1_000", "!!python/object:os.system", "_target_", "choice(1,2)", "range(1,3)",
]  # fmt: skip
overrides = st.builds(
    lambda sign, key, equals, value: f"{sign}{key}{equals}{value}",
    st.sampled_from(["", "", "", "+", "++", "~"]), st.sampled_from(KEYS) | st.text("abcdelrsv_.", max_size=12),
    st.sampled_from(["=", "=", "=", "=", ""]), st.sampled_from(VALUES) | st.floats().map(repr) | st.text(max_size=6),
)  # fmt: skip


@examples(60)
@given(st.lists(overrides, min_size=1, max_size=3))
@example(["arms=1"])
@example(["+=1"])
@example(["scale=0.001", "arm=letter_package", "policy_start=1996-01", "years=1"])
def test_what_people_write_either_runs_and_holds_or_is_refused_in_one_sentence(written):
    try:
        configuration = configure(["arms=[status_quo]", *written])
    except UserError as refusal:
        assert str(refusal).strip()
        assert "\n" not in str(refusal)
        assert "Traceback" not in str(refusal)
        return
    study = configuration.study
    if study.scale > 0.05:
        return  # it would run, but not in a moment
    for arm in configuration.arms:
        model = trafficsim.TraffickingModel(
            arm, rng=study.seed % 2**31, scale=study.scale, policy_start=study.policy_start, years=1,
            parameters=configuration.parameters, feedbacks=vars(study.feedbacks),
        )  # fmt: skip
        live_until(model, min(model.course.months, 24))
        check_everything(model)
