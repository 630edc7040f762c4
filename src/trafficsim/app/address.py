"""What the page shows, as the query string of its address: whoever opens the link sees the same.

Everything that decides a run stands in it, so a link holds a whole session: arms, seed, scale, dates, and each lever that
was moved, when, and of which arm. What cannot be read is left out, and a sentence says so.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from trafficsim.catalog.reading import nearest, one_of
from trafficsim.configuration import Study
from trafficsim.engine.calendar import MONTHS_A_YEAR, month_index, month_label
from trafficsim.errors import UserError
from trafficsim.policy import LEVERS

TABS = ("live", "life", "study", "about")
SMALLEST, LARGEST = 0.005, 2.0
"""Scales that a page can carry: from a few hundred people to more than half a million."""
LONGEST = 20
"""Years of the policy window."""
MOST_CHANGES = 40
MOST_TOLD = 200
"""Letters of a value that a sentence repeats."""

_CHANGE = re.compile(r"(\d{1,3})\.(\d{1,3})@(\d{4}-\d{2}):(.+)")


@dataclass(frozen=True)
class Change:
    """Levers moved in ``month`` (YYYY-MM) of the arm ``parent``, each with its new coverage: arm ``number`` begins."""

    number: int
    parent: int
    month: str
    levers: tuple[tuple[str, float], ...]

    def written(self) -> str:
        """Return the change as the address has it, such as ``3.2@2026-05:non_refoulement=0.5``."""
        levers = ",".join(f"{name}={coverage:g}" for name, coverage in self.levers)
        return f"{self.number}.{self.parent}@{self.month}:{levers}"


@dataclass(frozen=True)
class Setting:
    """What the live run is about; :class:`~trafficsim.app.simulation.Simulation` runs it."""

    arms: tuple[str, str] = ("status_quo", "letter_package")
    corridor: str = "first"
    start: str = "2024-04"
    years: int = 10
    scale: float = 0.2
    seed: int = Study.seed

    @property
    def first_month(self) -> int:
        """The month in which the arms part, 0 being 1996-01."""
        return month_index(self.start)

    @property
    def end_month(self) -> int:
        """The first month after the window."""
        return self.first_month + self.years * MONTHS_A_YEAR


@dataclass(frozen=True)
class Address:
    """All that a link holds. ``month`` is where the run stands (YYYY-MM), empty at its start.

    ``life`` is a key of 16 hexadecimal digits, ``life_arms`` the two that it is followed under (none: those of the run);
    ``study`` a results file below the folder of results, ``part`` what is asked of it, and ``asked`` the indicator that a
    sensitivity analysis is asked about.
    """

    tab: str = "live"
    setting: Setting = field(default_factory=Setting)
    changes: tuple[Change, ...] = ()
    month: str = ""
    life: str = ""
    life_arms: tuple[str, ...] = ()
    study: str = ""
    part: str = "effects"
    asked: str = "refoulement"

    def query(self) -> str:
        """Return the query string, without the question mark; what stands as it is by default is left out."""
        usual, setting = Setting(), self.setting
        said: list[tuple[str, str]] = []
        for name, value, default in (
            ("tab", self.tab, "live"),
            ("arms", ",".join(setting.arms), ",".join(usual.arms)),
            ("corridor", setting.corridor, usual.corridor),
            ("start", setting.start, usual.start),
            ("years", str(setting.years), str(usual.years)),
            ("scale", f"{setting.scale:g}", f"{usual.scale:g}"),
            ("seed", str(setting.seed), str(usual.seed)),
            *(("change", change.written(), "") for change in self.changes),
            ("month", self.month, ""),
            ("life", self.life, ""),
            ("life_arms", ",".join(self.life_arms), ""),
            ("study", self.study, ""),
            ("part", self.part, "effects"),
            ("asked", self.asked, "refoulement"),
        ):
            if value != default:
                said.append((name, value))
        return urlencode(said, safe="@:,=+/", quote_via=quote)


def read_address(query: str) -> tuple[Address, list[str]]:
    """Return what a query string asks for, and a sentence for each part of it that was left out."""
    from trafficsim.policy import load_arm

    problems: list[str] = []
    given: dict[str, list[str]] = {}
    try:
        pairs = parse_qsl(query.removeprefix("?"), keep_blank_values=True, max_num_fields=200)
    except ValueError:
        return Address(), ["The address holds more than a page can show; it was left out."]
    for name, value in pairs:
        given.setdefault(name, []).append(value.replace(" ", "+") if name in ("arms", "life_arms") else value)
    for name in given.keys() - {*_READ, "change", "arms", "life_arms"}:
        problems.append(f"“{_short(name)}”: a page has nothing of this name.{nearest(name[:40], [*_READ, 'arms'])}")
    found: dict[str, Any] = {}
    for name, reader in _READ.items():
        for value in given.get(name, [])[-1:]:
            try:
                found[name] = reader(value)
            except UserError as error:
                problems.append(f"{name}={_short(value)}: {error}")
    for name in ("arms", "life_arms"):
        for value in given.get(name, [])[-1:]:
            try:
                names = tuple(each for each in value.split(",") if each)
                if len(names) != 2:
                    raise UserError("two arms are written A,B.")
                for each in names:
                    load_arm(each)
                found[name] = names
            except UserError as error:
                problems.append(f"{name}={_short(value)}: {_short(str(error), 600)}")
    setting = Setting(**{name: found[name] for name in Setting.__dataclass_fields__ if name in found})
    changes = []
    for value in given.get("change", [])[:MOST_CHANGES]:
        try:
            changes.append(read_change(value, setting))
        except UserError as error:
            problems.append(f"change={_short(value)}: {error}")
    if len(given.get("change", [])) > MOST_CHANGES:
        problems.append(f"More than {MOST_CHANGES} changes of levers: the others are left out.")
    if "month" in found and not setting.start <= found["month"] <= month_label(setting.end_month):
        problems.append(
            f"month={found['month']}: the run goes from {setting.start} to {month_label(setting.end_month - 1)}."
        )
        del found["month"]
    own = {
        name: found[name] for name in ("tab", "month", "life", "life_arms", "study", "part", "asked") if name in found
    }
    return Address(setting=setting, changes=tuple(changes), **own), problems


def read_change(value: str, setting: Setting) -> Change:
    """Return the change that ``value`` describes. Raises :class:`UserError` where it describes none."""
    found = _CHANGE.fullmatch(value)
    if not found:
        raise UserError("a change is written NEW.OLD@YYYY-MM:LEVER=COVERAGE, such as 3.2@2026-05:non_refoulement=0.5.")
    month = _month(found[3])
    if not setting.start <= month < month_label(setting.end_month):
        raise UserError(f"levers can be moved from {setting.start} to {month_label(setting.end_month - 1)}.")
    levers = {}
    for word in found[4].split(","):
        name, _, coverage = word.partition("=")
        levers[name] = coverage_of(name, coverage)
    return Change(int(found[1]), int(found[2]), month, tuple(levers.items()))


def coverage_of(lever: str, value: Any) -> float:
    """Return the coverage of a lever as a number. Raises :class:`UserError` for an unknown lever, or outside 0 to 1."""
    if lever not in LEVERS:
        raise UserError(f"there is no lever “{_short(lever)}”.{nearest(lever[:40], LEVERS)} Allowed: {one_of(LEVERS)}.")
    try:
        coverage = float(value)
    except (TypeError, ValueError):
        coverage = math.nan
    if not 0.0 <= coverage <= 1.0:
        raise UserError(f"{LEVERS[lever].label}: the coverage should be a number from 0 to 1.")
    return coverage


def setting_of(values: Mapping[str, Any]) -> Setting:
    """Return the setting that the page's form describes; :class:`UserError` says what is wrong with it."""
    from trafficsim.policy import load_arm

    arms = tuple(str(values.get(name, "")) for name in ("arm_a", "arm_b"))
    for name in arms:
        load_arm(name)
    read = {
        name: _READ[name](str(values[name]))
        for name in ("corridor", "start", "years", "scale", "seed")
        if name in values
    }
    return replace(Setting(), arms=(arms[0], arms[1]), **read)


def _short(text: str, most: int = MOST_TOLD) -> str:
    return text if len(text) <= most else text[:most] + " …"


def _month(value: str) -> str:
    try:
        month = month_index(value)
    except UserError:
        raise UserError("a month is written YYYY-MM.") from None
    return month_label(month)


def _start(value: str) -> str:
    month = _month(value)
    if not "1997-01" <= month <= "2040-01":
        raise UserError("the arms can part from 1997-01 to 2040-01.")
    return month


def _whole(least: int, most: int, what: str) -> Callable[[str], int]:
    def read(value: str) -> int:
        number = int(value) if value.isascii() and value.isdigit() and len(value) < 25 else -1
        if not least <= number <= most:
            raise UserError(f"{what} is a whole number from {least} to {most}.")
        return number

    return read


def _scale(value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not SMALLEST <= number <= LARGEST:
        raise UserError(f"the scale is a number from {SMALLEST} to {LARGEST:g}: simulated people for each real one.")
    return number


def _among(allowed: tuple[str, ...]) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value not in allowed:
            raise UserError(f"allowed is {one_of(allowed)}.")
        return value

    return read


def _corridor(value: str) -> str:
    from trafficsim.catalog.corridors import corridor_names

    return _among(tuple(corridor_names()))(value)


def _life(value: str) -> str:
    from trafficsim.experiments.parting import key_of

    key_of(value)
    return value.lower()


def _file(value: str) -> str:
    if len(value) > 400 or "\0" in value:
        raise UserError("this is no name of a file.")
    return value


def _indicator(value: str) -> str:
    from trafficsim.catalog import catalog

    return _among(tuple(catalog().indicators))(value)


PARTS = ("effects", "claims", "sensitivity")

_READ: dict[str, Callable[[str], Any]] = {
    "tab": _among(TABS),
    "corridor": _corridor,
    "start": _start,
    "years": _whole(1, LONGEST, "the number of years"),
    "scale": _scale,
    "seed": _whole(0, 2**63 - 1, "the seed"),
    "month": _month,
    "life": _life,
    "study": _file,
    "part": _among(PARTS),
    "asked": _indicator,
}
