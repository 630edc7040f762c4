"""Reads situations from YAML into what the stage needs; README.md explains the format to those who write them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from situations import luck, words

from trafficsim.catalog import catalog
from trafficsim.catalog.reading import nearest, read_mapping
from trafficsim.engine.calendar import month_index
from trafficsim.errors import UserError
from trafficsim.policy import Arm, load_arm
from trafficsim.processes import population
from trafficsim.processes.circumstances import Circumstances, Switches
from trafficsim.processes.vocabulary import AREAS, Draw, Purpose, UnitKind

FOLDER = Path(__file__).parent

PERSON = words.columns(
    population.MIGRANTS,
    without=("key", "path", "marks", "status_since", "rested_as", "birth_month", "holder", "until", "due", "children", "youngest"),
)  # fmt: skip
PERSON_WORDS = ("age", "months_in_status", "pregnancy_ends_in", "sentence_ends_in")
CHILD = words.columns(
    population.CHILDREN, without=("key", "mother", "elder", "household", "birth_month", "area", "separated_since")
)
CHILD_WORDS = ("age", "household")
HOUSEHOLD = words.columns(
    population.HOUSEHOLDS, without=("key", "kind", "area", "seeking", "holds", "children", "entered")
)
BROKER = words.columns(population.BROKERS, without=("key", "side", "area", "partner", "entered"))
BROKER_WORDS = ("tie",)
POLICE = words.columns(population.ENFORCEMENT_UNITS, without=("kind", "area"))
SOCIETY = words.columns(population.SOCIETY, without=())

KEYS = (
    "because", "month", "months", "policy", "circumstances", "parameters", "feedbacks", "person", "household", "broker",
    "children", "seeking", "police", "society", "luck", "then",
)  # fmt: skip
THEN = (
    "status", "happened", "counted", "person", "child", "household", "broker", "police", "society", "chances",
    "of_4000_such_lives",
)  # fmt: skip
SHARES = ("status", "happened")
ASSUMPTIONS = read_mapping(FOLDER / "assumptions.yaml", "assumptions.yaml")
"""The numbers that situations and tables of rules assume, so that a new default in the catalogue breaks none of them."""
QUESTIONS = tuple(f"Q{number}" for number in range(1, 9))
"""The letter's eight questions."""
LONG_IN_FORCE = 60
"""A policy began so many months before the situation: every ramp is over."""


@dataclass(frozen=True)
class Situation:
    """One situation: what is given, the luck of each month (none when it is about 4,000 such lives), what follows."""

    where: str
    because: tuple[str, ...]
    first: int
    months: int
    arm: Arm
    circumstances: dict[str, float]
    parameters: dict[str, dict[str, float]]
    feedbacks: dict[str, bool]
    person: dict[str, float] | None
    household: dict[str, float] | None
    broker: dict[str, Any] | None
    children: tuple[dict[str, Any], ...]
    seeking: dict[str, float] | None
    police: dict[UnitKind, dict[str, float]]
    society: dict[str, float]
    luck: tuple[dict[Draw, float], ...]
    then: dict[str, Any]

    @property
    def policy_start(self) -> int:
        """The month in which the policy began."""
        return max(0, self.first - LONG_IN_FORCE)


def situations_in(path: Path) -> dict[str, Situation]:
    """Return the situations of a file by their titles."""
    return {
        title: situation(content, f"{path.name}: {title}") for title, content in read_mapping(path, path.name).items()
    }


def situation(content: Any, where: str) -> Situation:
    """Return the checked situation; :class:`UserError` names a wrong key or word, and the nearest right one."""
    words.refuse_unknown(content, KEYS, where)
    for key in ("because", "month", "then"):
        if key not in content:
            raise UserError(f"{where}: the key '{key}' is missing; add it.")
    words.refuse_unknown(content["then"], THEN, f"{where}, then")
    words.refuse_unknown(content["then"].get("of_4000_such_lives", {}), SHARES, f"{where}, then.of_4000_such_lives")
    months = content.get("months", 1)
    if not isinstance(months, int) or not 1 <= months <= 240:
        raise UserError(f"{where}: months = {months!r}: write a whole number from 1 to 240.")
    person = _person(content.get("person"), f"{where}, person")
    seeking = _seeking(content.get("seeking"), f"{where}, seeking")
    return Situation(
        where=where,
        because=_because(content["because"], where),
        first=month_index(content["month"]),
        months=months,
        arm=_arm(content.get("policy", "status_quo"), where),
        circumstances=_numbers(content.get("circumstances", {}), Circumstances._fields, f"{where}, circumstances"),
        parameters=assumed(content.get("parameters", {}), f"{where}, parameters"),
        feedbacks=_feedbacks(content.get("feedbacks", {}), f"{where}, feedbacks"),
        person=person,
        household=_of(HOUSEHOLD, content.get("household"), f"{where}, household"),
        broker=_broker(content.get("broker"), f"{where}, broker"),
        children=tuple(_child(child, f"{where}, children") for child in content.get("children", ())),
        seeking=seeking,
        police=_police(content.get("police", {}), f"{where}, police"),
        society=_of(SOCIETY, content.get("society"), f"{where}, society") or {},
        luck=_luck(content.get("luck", {}), months, f"{where}, luck"),
        then=dict(content["then"]),
    )


def assumed(changed: Mapping[str, Mapping[str, float]], where: str) -> dict[str, dict[str, float]]:
    """Return the assumptions of all situations with what one of them changes."""
    checked = catalog().checked(changed, where)
    base = catalog().checked(ASSUMPTIONS, "assumptions.yaml")
    return {process: values | checked.get(process, {}) for process, values in base.items()}


def _because(content: Any, where: str) -> tuple[str, ...]:
    """Return the ids of what speaks for the situation; an id that the catalogue's evidence does not have is refused."""
    named = [content] if isinstance(content, str) else content
    if not isinstance(named, list) or not named:
        raise UserError(f"{where}: because = {content!r}: list ids of evidence, such as [S32, A12], or write assumed.")
    known = {"assumed", *QUESTIONS, *catalog().evidence}
    for each in named:
        if each not in known:
            raise UserError(
                f"{where}: because: there is no evidence '{each}'.{nearest(str(each), known)} 'trafficsim catalog evidence' "
                f"lists it; write assumed where none speaks for it."
            )
    return tuple(named)


def _arm(content: Any, where: str) -> Arm:
    if isinstance(content, str):
        return load_arm(content)
    words.refuse_unknown(content, catalog().levers, f"{where}, policy")
    levers = {name: _lever(value, f"{where}, policy.{name}") for name, value in content.items()}
    return Arm.from_plain({"name": "given", "title": "given", "summary": "given", "levers": levers}, f"{where}, policy")


def _lever(value: Any, where: str) -> dict[str, Any]:
    """Return a lever for an arm's file; ``places`` are new places a month in the person's area."""
    if not isinstance(value, Mapping):
        return {"coverage": words.number(value, where)}
    words.refuse_unknown(value, ("coverage", "places"), where)
    return {"coverage": value.get("coverage", 1.0), "capacity": float(value.get("places", 0) * AREAS)}


def _of(columns: Mapping[str, Any], content: Any, where: str) -> dict[str, float] | None:
    if content is None:
        return None
    words.refuse_unknown(content, columns, where)
    return {name: words.of_column(columns[name], value, f"{where}.{name}") for name, value in content.items()}


def _numbers(content: Any, allowed: Any, where: str) -> dict[str, float]:
    words.refuse_unknown(content, allowed, where)
    return {name: float(words.number(value, f"{where}.{name}")) for name, value in content.items()}


def _feedbacks(content: Any, where: str) -> dict[str, bool]:
    words.refuse_unknown(content, Switches._fields, where)
    return {name: words.yes_or_no(value, f"{where}.{name}") for name, value in content.items()}


def _split(
    content: Any, columns: Mapping[str, Any], more: tuple[str, ...], where: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what is written of the table's own columns, and of the words that a situation adds to them."""
    words.refuse_unknown(content, (*columns, *more), where)
    added = {name: value for name, value in content.items() if name in more}
    return _of(columns, {name: value for name, value in content.items() if name not in more}, where) or {}, added


def _person(content: Any, where: str) -> dict[str, float] | None:
    if content is None:
        return None
    given, added = _split(content, PERSON, PERSON_WORDS, where)
    return given | {name: words.number(value, f"{where}.{name}") for name, value in added.items()}


def _child(content: Any, where: str) -> dict[str, Any]:
    given, added = _split(content, CHILD, CHILD_WORDS, where)
    if "household" in added:
        words.pick(added["household"], ("hers", "another", "none"), f"{where}.household", "household of birth")
    if "age" in added:
        words.number(added["age"], f"{where}.age")
    return given | added


def _broker(content: Any, where: str) -> dict[str, Any] | None:
    if content is None or content == "none":
        return content
    given, added = _split(content, BROKER, BROKER_WORDS, where)
    if "tie" in added:
        words.pick(added["tie"], ("intact", "cut"), f"{where}.tie", "state of a tie")
    return given | added


def _seeking(content: Any, where: str) -> dict[str, float] | None:
    if content is None:
        return None
    given, added = _split(content, HOUSEHOLD, ("purpose",), where)
    return given | {"purpose": int(words.member(Purpose, added.get("purpose", "forced marriage"), where))}


def _police(content: Any, where: str) -> dict[UnitKind, dict[str, float]]:
    kinds = {words.spoken(kind): kind for kind in UnitKind}
    words.refuse_unknown(content, kinds, where)
    return {kinds[name]: _of(POLICE, values, f"{where}.{name}") or {} for name, values in content.items()}


def _luck(content: Any, months: int, where: str) -> tuple[dict[Draw, float], ...]:
    """Return the draws of each month; one mapping holds for every month, a list has one a month."""
    listed = content if isinstance(content, list) else [content] * months
    if len(listed) != months:
        raise UserError(f"{where}: there are {months} months, but luck is written for {len(listed)}.")
    result = []
    for each in listed:
        words.refuse_unknown(each, words.DRAWS, where)
        drawn = {words.DRAWS[name]: luck.value_of(value, f"{where}.{name}") for name, value in each.items()}
        for draw in set(drawn) & set(luck.BEFORE_THE_MONTH):
            raise UserError(f"{where}: '{words.spoken(draw)}' is settled before the situation begins; leave it out.")
        result.append(drawn)
    return tuple(result)
