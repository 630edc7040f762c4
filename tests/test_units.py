"""Units: one list, ranges within them, rules whose dimensions fit, and wrong units that are found."""

from collections import Counter
from functools import cache

import pytest
from dimensions.page import KNOWN, LEAST, PAGE, page, score, uses, walks
from dimensions.slips import Slip, misnamed, parameters, slips
from dimensions.sources import READ_AS, Units, functions
from dimensions.walk import Walker

import trafficsim
from trafficsim.catalog import Parameter, catalog
from trafficsim.catalog.reading import validated
from trafficsim.catalog.units import MONEY, UNITS
from trafficsim.errors import UserError
from trafficsim.processes.population import DECLARATIONS
from trafficsim.processes.vocabulary import Event


@cache
def tried() -> tuple[Slip, ...]:
    return tuple(slips())


def test_every_unit_is_one_of_the_list_and_the_list_holds_no_other() -> None:
    used = uses()
    assert not set(used) - set(UNITS), (
        "a unit that the list does not know: write a known one, or add it to catalog/units.py"
    )
    assumed = {*READ_AS["arguments"].values(), *(one["is"] for one in READ_AS["columns"].values())}
    assert not {unit for unit, number in used.items() if not number} - assumed


@pytest.mark.parametrize(
    ("unit", "low", "high"),
    [("share", -0.5, 1.0), ("share", 0.3, 2.0), ("probability", 0.0, 1.5), ("relative change", -1.5, 0.0), ("months", -1, 2)],
)  # fmt: skip
def test_a_range_that_the_unit_cannot_have_is_refused(unit: str, low: float, high: float) -> None:
    written = {
        "meaning": "a", "unit": unit, "default": high, "range": [low, high], "distribution": "uniform", "source": "assumed",
        "because": "For a test.", "grade": "D",
    }  # fmt: skip
    with pytest.raises(UserError, match=rf"mine\.yaml.*the unit '{unit}' is .*the range is \["):
        validated(Parameter, written, "mine.yaml")
    written["unit"] = "a unit of one's own"
    assert validated(Parameter, written, "mine.yaml").range == (low, high)


@pytest.mark.relation(
    "Nothing is added or compared that differs in dimension.",
    kind="scaling", level="rule",
    reach="every rule and loop, by their text",
)  # fmt: skip
def test_the_dimensions_of_every_rule_and_loop_fit() -> None:
    assert [words for one in walks().values() for words in one.told] == []


def test_every_rule_says_what_it_gives_and_every_exception_is_needed() -> None:
    rules = {title for title, one in functions().items() if one.rule}
    assert rules == set(READ_AS["gives"])
    walked = walks()
    needed = {(title, said) for title, one in walked.items() for said in one.exceptions}
    exceptions = [item for kind in ("steps", "complements", "chances") for item in READ_AS[kind].items()]
    listed = [(title, said) for title, all_said in exceptions for said in all_said]
    assert Counter(needed) == Counter(listed)
    columns = {f"{table}.{one.name}": one.unit for table, declared in DECLARATIONS.items() for one in declared.columns}
    for place, one in READ_AS["columns"].items():
        assert columns[place] != one["is"], place
        assert one["because"].endswith(".")


def test_a_chance_a_month_is_called_one() -> None:
    """The first line of a rule says "a month" or "this month" where what it gives is for a month."""
    said = {"a month", "this month", "later month"}
    for title, unit in READ_AS["gives"].items():
        words = str(functions()[title].node.body[0].value.value).partition("\n")[0]  # type: ignore[attr-defined]
        if words.startswith(("Chance", "Added chance")):
            assert (unit == "probability per month") == any(one in words for one in said), title


@pytest.mark.parametrize(
    ("module", "text", "told"),
    [
        ("life", "def f(p): return p.dies_monthly + p.girls_at_birth", "go together"),
        ("life", "def f(p, month, offers): return month + offers", "go together"),
        ("life", "def f(p, draw): return draw < p.months_of_pregnancy", "luck is held against"),
        ("life", "def f(p, draw): return draw >= p.child_tie", "luck is held against"),
        ("life", "def f(p, draw): return draw < p.dies_monthly * p.dies_monthly", "luck is held against"),
        ("life", "def f(p): return math.exp(p.goes_home_fades)", "of a number of month^-1"),
        ("life", "def f(p): return 1.0 + p.dies_monthly", "is added to 1"),
        ("life", "def f(p): return 1.0 - p.onward_men", "what is left of 1"),
        ("life", "def f(p, age, month): return age < month", "go together"),
        ("life", "def f(p, lever): return max(lever.lawful_stay, p.dies_monthly)", "go together"),
        ("market", "def f(p, price): return math.log(p.price_bride * price)", "of a number of yuan^2"),
        ("custody", "def f(p, migrants, row, month): migrants.until[row] = month * p.sentence_in_custody", "go together"),
        ("custody", "def f(p, row, migrants, month): migrants.trust[row] = month", "go together"),
        ("life", "def f(p, month, age): return care_chance(p, 1, 2) if age_in_years(age, month) > 1 else 0.0", "handed over"),
        ("life", "def f(p, q):\n    x = p.dies_monthly\n    if q:\n        x *= p.dies_monthly\n    return x", "go together"),
        ("life", "def f(p, trust, draw): return draw < p.dies_monthly * trust * p.onward_men", ""),
        ("life", "def f(p, month, birth_month): return age_in_years(month, birth_month) < p.fertile_from", ""),
    ],
)  # fmt: skip
def test_a_slip_in_a_rules_text_is_told(module: str, text: str, told: str) -> None:
    found = Walker(Units()).walk_text(module, text)
    assert bool(found) == bool(told)
    assert all(told in words for words in found)


def test_wrong_units_are_found() -> None:
    wrong = [one for one in tried() if one.dimension]
    assert {one.place for one in wrong} == set(parameters())
    assert score(wrong) >= LEAST
    assert not [place for place, one in parameters().items() if misnamed(place, one.unit)]


def test_the_page_says_what_is_found() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(tried()), "docs/review/units.md is stale: run 'make units'"


def test_numbers_of_things_are_whole_but_for_the_known_faults() -> None:
    """Brokers and households are numbers at full scale: the scale makes them whole."""
    counted = [place for place, one in parameters().items() if one.unit in ("areas", "count") and not one.whole]
    assert counted == list(KNOWN["not_whole"])


def test_indicators_are_counted_in_the_unit_of_their_events() -> None:
    for name, one in catalog().indicators.items():
        months = [event.endswith("_MONTH") or event == "CARE_RECEIVED" for event in one.events]
        assert all(months) == any(months) == (one.unit in ("person-months", "child-months")), name
        assert ("PRICE_PAID" in one.events) == (one.unit == MONEY), name
        of_children = all(event.startswith("CHILD_") for event in one.events)
        assert of_children or one.unit not in ("children", "child-months"), name


@pytest.mark.relation(
    "What is counted in persons happens to nobody twice.",
    kind="conservation", level="whole model",
    reach="every indicator in persons or children, one run",
)  # fmt: skip
def test_what_is_counted_in_persons_happens_to_nobody_twice() -> None:
    model = trafficsim.TraffickingModel(
        "letter_package", rng=11, scale=0.02, policy_start="2000-01", years=8, event_log=True,
        parameters={"upbringing": {"child_labour_monthly": 0.003, "child_sexual_exploitation_monthly": 0.001}},
    )  # fmt: skip
    model.run_until("2008-01")
    log, seen = model.state.ledger.log(), 0
    for name, one in catalog().indicators.items():
        if one.unit in ("persons", "children"):
            keys = log["person_key"][[Event(event).name in one.events for event in log["event"]]]
            seen += len(keys)
            assert len(set(keys.tolist())) == len(keys), name
    assert seen > 500
