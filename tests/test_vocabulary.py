"""The words of the model: each kind of draw has one place in the rules, each event is written, used and named as a fact."""

import ast
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from trafficsim.catalog import catalog
from trafficsim.processes import vocabulary
from trafficsim.processes.vocabulary import Draw, Event, Stream

FOLDER = Path(vocabulary.__file__).parent
SOURCES = {path.stem: ast.parse(path.read_text()) for path in sorted(FOLDER.glob("*.py")) if path.stem != "vocabulary"}

DIAGNOSTIC = {
    Event.DECEIVED_OR_ABDUCTED: "how the journey began; the letter's one in ten is held against it",
    Event.DESISTED: "who gave up leaving; the person stays where she was",
    Event.PASSED_ALONG: "custody changes hands within the network",
    Event.HIDING_MONTH: "person-months in hiding, the base of rates",
    Event.CONCEIVED: "pregnancies, the base of births and of forced abortions",
    Event.GAVE_BIRTH: "the mother's side of CHILD_BORN",
    Event.COERCED_TO_CARRY: "the base of CHARGED_FOR_COERCED_ACT",
    Event.RISK_FOUND: "what assessments come to",
    Event.REFERRED: "the link of the chain between identified and protected",
    Event.PUNISHED_AS_LINKED: "returns with a link to helpers",
    Event.BROKER_LEFT: "the network loses a broker without a prosecution",
    Event.BROKER_ENTERED: "the network gains a broker",
    Event.EDGE_CUT: "a tie of the network is cut",
    Event.EDGE_REGREW: "a tie of the network regrows",
    Event.CHILD_LEFT_UNCERTAIN: "registration that leaves a child's status open",
}
"""Events that neither move anybody nor enter an indicator, and why they are counted all the same."""

IRREGULAR = {
    "BECAME", "BORN", "BROKEN", "CUT", "DIED", "FOUND", "GAVE", "LED", "LEFT", "PAID", "REGREW", "SENT", "SOLD", "TAKEN",
    "WENT",
}  # fmt: skip


def named(kind: str) -> dict[str, list[str]]:
    """Return where each member of ``kind`` is named: the functions, once for each time."""
    found = defaultdict(list)
    for module, tree in SOURCES.items():
        for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
            for node in ast.walk(function):
                if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == kind:
                    found[node.attr].append(f"{module}.{function.name}")
    return found


@pytest.mark.relation(
    "No two things that happen share their luck.",
    kind="independence", level="process",
    reach="every draw and stream, by the text of the rules",
)  # fmt: skip
@pytest.mark.parametrize("kind", [Draw, Stream])
def test_each_draw_and_each_stream_has_one_place_in_the_rules(kind: type) -> None:
    """Two rules that share a draw would share their luck; one that nobody draws is dead."""
    places = Counter({name: len(found) for name, found in named(kind.__name__).items()})
    assert {member.name: places[member.name] for member in kind} == {member.name: 1 for member in kind}


def test_each_event_is_written_somewhere() -> None:
    written = named("Event")
    assert not [event.name for event in Event if not written[event.name]]


def test_each_event_is_an_indicator_a_transition_or_listed_as_diagnostic() -> None:
    """And none is listed that has found a use since."""
    indicators = {name for indicator in catalog().indicators.values() for name in indicator.events}
    transitions = {name.upper() for name in catalog().transitions}
    unused = {event for event in Event if event.name not in indicators | transitions}
    assert unused == set(DIAGNOSTIC)


@pytest.mark.parametrize("event", Event)
def test_an_events_name_says_what_happened(event: Event) -> None:
    """In the past tense, or as a month lived in a state, for names end up in results."""
    parts = event.name.split("_")
    past = any(part.endswith("ED") or part in IRREGULAR for part in parts)
    assert past or parts[-1] == "MONTH"
