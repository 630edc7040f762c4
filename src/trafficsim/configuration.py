"""A study's configuration: what Hydra composed, checked against the allowed ranges and frozen.

>>> from trafficsim.configuration import configure
>>> configure(["scale=0.05", "replicates=5", "arms=[status_quo,letter_package]"]).study.replicates
5
"""

import dataclasses
import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, Strict, StringConstraints, field_validator
from pydantic.dataclasses import dataclass

from trafficsim.catalog import Catalog, catalog
from trafficsim.catalog.corridors import Corridor
from trafficsim.catalog.reading import nearest, one_of, validated
from trafficsim.designs import (
    DRAWN,
    LAID_OUT,
    LARGEST_DESIGN,
    METHODS,
    POSTERIOR,
    Design,
    Point,
    check_settings,
    default_design,
    digest_of_ranges,
    points_of_design,
)
from trafficsim.engine.calendar import MONTHS_A_YEAR, month_index, month_label
from trafficsim.errors import UserError
from trafficsim.layouts import LaidOutPoints, laid_out_points
from trafficsim.policy import Arm, load_arm

_CLOSED = ConfigDict(extra="forbid")

Switch = Annotated[bool, Strict()]
Number = Annotated[float, Field(allow_inf_nan=False)]
Text = Annotated[str, StringConstraints(min_length=1)]
FileName = Annotated[str, StringConstraints(pattern=r"^\w[\w.-]*$", max_length=100)]

EARLIEST_POLICY, LATEST_POLICY = "1996-01", "2040-01"
SHORT_NAMES = {
    **dict.fromkeys(("policy_start", "years", "scale", "replicates", "draws", "design", "seed"), "study"),
    "workers": "executor",
}
"""Keys that may be written without their group before them, and that group."""
USUAL_DRAWS: Mapping[str, int] = MappingProxyType({"posterior": 20, "latin_hypercube": 20, "sobol": 32})
"""Plausible worlds of a study that does not say how many; other designs say so themselves."""

GROUPS = ("study", "arm", "corridor", "output", "parameters", "executor")
"""Hydra's groups: each a folder of files to choose from."""

_last_points: dict[str, Sequence[Point]] = {}
"""The last design's points by its configuration's hash: thousands take a second to make, and are asked for again."""


def _month(label: Any) -> str:
    try:
        index = month_index(label)
    except UserError:
        index = -1
    if not month_index(EARLIEST_POLICY) <= index <= month_index(LATEST_POLICY):
        raise ValueError(f"it should be a month written YYYY-MM, from {EARLIEST_POLICY} to {LATEST_POLICY}")
    return month_label(index)


@dataclass(frozen=True, config=_CLOSED)
class Feedbacks:
    """Which feedbacks act; switching one off shows what it is worth."""

    fear: Switch = True
    scarcity: Switch = True
    broker_adaptation: Switch = True
    enforcement_pressure: Switch = True
    family_return: Switch = True
    pull: Switch = True
    queues: Switch = True


@dataclass(frozen=True, config=_CLOSED)
class Study:
    """What is lived through: arms × draws of assumptions × replicates. ``scale`` is simulated people for each real one.

    ``draws`` 0 keeps the assumptions as they stand; N lives every replicate through in N plausible worlds, and none named
    in 20, unless the design says how many. With ``design``
    ``posterior`` they are draws that calibration left for the corridor, with a Latin hypercube over what was not fitted;
    that is the design where none is named and the corridor has a posterior. Designs ``latin_hypercube`` and ``sobol`` are
    points over the ranges of the uncertain parameters that ``vary`` names ("market" or "market.price_bride"; none named:
    all). Design ``grid`` takes every combination of the values in ``grid``, design ``file`` the rows of the CSV file
    ``points``, whose columns are named "market.price_bride"; both say how many draws there are. Designs ``morris`` and
    ``saltelli`` (:mod:`trafficsim.layouts`) move one parameter after the other, or with ``groups`` all of a process.
    """

    name: FileName = "study"
    policy_start: str = "2024-04"
    years: Annotated[int, Strict(), Field(ge=1, le=50)] = 10
    scale: Annotated[float, Strict(), Field(ge=0.0005, le=200, allow_inf_nan=False)] = 1.0
    replicates: Annotated[int, Strict(), Field(ge=1, le=100_000)] = 4
    draws: Annotated[int, Strict(), Field(ge=0, le=LARGEST_DESIGN)] | None = None
    design: Design | None = None
    vary: tuple[Text, ...] = ()
    groups: Literal["none", "process"] = "none"
    grid: dict[str, dict[str, tuple[Number, ...]]] = dataclasses.field(default_factory=dict)
    points: str = ""
    seed: Annotated[int, Strict(), Field(ge=0, le=2**63 - 1)] = 20240322
    feedbacks: Feedbacks = dataclasses.field(default_factory=Feedbacks)

    _policy_start = field_validator("policy_start", mode="before")(_month)

    @property
    def first_policy_month(self) -> int:
        """The month in which the arms part, 0 being 1996-01."""
        return month_index(self.policy_start)

    @property
    def end_month(self) -> int:
        """The first month after the study, 0 being 1996-01."""
        return self.first_policy_month + self.years * MONTHS_A_YEAR


@dataclass(frozen=True, config=_CLOSED)
class Executor:
    """Where the runs are lived through: in this process, in processes of this machine, or on a Dask cluster.

    ``workers`` 0 uses every core; ``address`` is that of a Dask scheduler, none for a cluster on this machine.
    """

    kind: Literal["inline", "processes", "dask"] = "processes"
    workers: Annotated[int, Strict(), Field(ge=0, le=256)] = 0
    address: str = ""


@dataclass(frozen=True, config=_CLOSED)
class Output:
    """What is kept and where: totals by ``groups``, ``monthly`` series, comparisons of ``lives`` with those of the first
    arm, and ``events`` of every life. ``series`` says where what is kept by month lies: in the results file, or in Parquet
    files beside it.
    """

    folder: Text = "results"
    groups: Switch = True
    monthly: Switch = True
    series: Literal["file", "parquet"] = "file"
    lives: Switch = True
    events: Switch = False


@dataclass(frozen=True, config=_CLOSED)
class Configuration:
    """A whole study. The first arm is the baseline; ``parameters`` holds the values that differ from the corridor's."""

    study: Study
    arms: tuple[Arm, ...]
    corridor: Corridor
    output: Output
    executor: Executor = dataclasses.field(default_factory=Executor)
    parameters: dict[str, dict[str, float]] = dataclasses.field(default_factory=dict)
    catalog_digest: str = ""
    points_digest: str = ""

    @classmethod
    def from_plain(cls, content: Mapping[str, Any], where: str = "configuration") -> "Configuration":
        """Return the configuration that :meth:`plain` gave; ``where`` begins the message of an error.

        Nothing is looked up elsewhere: no file of the user's, no design. What was written down is what holds.
        """
        unknown = set(content) - {field.name for field in dataclasses.fields(cls)}
        if unknown:
            raise UserError(f"{where}: unknown key '{min(unknown)}'; another version of trafficsim wrote it.")
        arms = content.get("arms")
        if not isinstance(arms, list) or not arms:
            raise UserError(f"{where}: arms should be a list with one arm at least.")
        corridor = validated(Corridor, _mapping(content, "corridor"), where, "corridor")
        return cls(
            study=validated(Study, _mapping(content, "study"), where, "study"),
            arms=tuple(validated(Arm, arm, where, "arms") for arm in arms),
            corridor=corridor,
            output=validated(Output, _mapping(content, "output"), where, "output"),
            executor=validated(Executor, _mapping(content, "executor"), where, "executor"),
            parameters=corridor.assumptions().checked(_mapping(content, "parameters"), f"{where}: parameters"),
            catalog_digest=str(content.get("catalog_digest", "")),
            points_digest=str(content.get("points_digest", "")),
        )

    def plain(self) -> dict[str, Any]:
        """Return the configuration as plain dictionaries, lists, numbers and text, ready for JSON."""
        return json.loads(json.dumps(dataclasses.asdict(self) | {"corridor": self.corridor.plain()}))

    def assumptions(self) -> Catalog:
        """Return the catalogue as it holds in the study's corridor; ``parameters`` are not yet put in."""
        return self.corridor.assumptions()

    def default_design(self) -> Design:
        """Return the design that holds where the study names none."""
        return default_design(self.corridor.name, self.study.vary)

    def points(self) -> Sequence[Point]:
        """Return the assumptions of each draw, none where they stand as they are; what was set by hand stays as set.

        They are shared by all who ask, and not to be changed. Raises :class:`UserError` for a design that contradicts itself
        or the catalogue.
        """
        if self.study.design == "file":  # its content may have changed
            return self._points()
        design = self.hash()
        if design not in _last_points:
            points = self._points()
            _last_points.clear()
            _last_points[design] = points
        return _last_points[design]

    def _points(self) -> Sequence[Point]:
        study, design = self.study, self.study.design or self.default_design()
        if design == "morris" or design == "saltelli":
            check_settings(design, study.vary, study.grid, study.points)
            return laid_out_points(
                self.assumptions(), design, draws=study.draws or 0, seed=study.seed, vary=study.vary, groups=study.groups,
                held=self.parameters,
            )  # fmt: skip
        check_settings(design, study.vary, study.grid, study.points, study.groups)
        points = points_of_design(
            self.assumptions(), design, draws=study.draws or 0, seed=study.seed, corridor=self.corridor.name, vary=study.vary,
            grid=study.grid, file=study.points,
        )  # fmt: skip
        for point in points:
            for process, values in self.parameters.items():
                own = point.setdefault(process, {})
                own.update({name: value for name, value in values.items() if name not in own or design in DRAWN})
        return points

    def hash(self) -> str:
        """Return the SHA-256 of everything that a result depends on, as canonical JSON.

        Where it is lived through and what is written where are left out: they change no result. Of a file of points, or a
        posterior, its content counts.
        """
        return hash_of(self.plain())


def hash_of(plain: Mapping[str, Any]) -> str:
    """Return the hash of a configuration that was made :meth:`~Configuration.plain`, whatever version wrote it."""
    content = {key: value for key, value in plain.items() if key not in ("output", "executor")}
    content["study"] = {key: value for key, value in plain["study"].items() if key != "points"}
    if content["study"].get("groups") == "none":  # studies from before there were groups keep their names
        del content["study"]["groups"]
    if (
        not content["study"]["draws"] and content["study"]["design"] == POSTERIOR
    ):  # nor does a design that draws nothing
        content["study"]["design"] = "latin_hypercube"
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def configure(overrides: Iterable[str] = (), config_dirs: Iterable[Path | str] = ()) -> Configuration:
    """Return the configuration that Hydra composes from ``overrides`` ("scale=0.05", "arm=permit_reform", ...).

    ``config_dirs`` are folders of your own, with the same groups as the package: ``arm/mine.yaml``, ``study/mine.yaml``.
    :class:`UserError` says in a sentence what is wrong, where, and what is allowed.
    """
    from trafficsim.composition import compose

    return compose(list(overrides), config_dirs)


def checked(
    content: Mapping[str, Any],
    search_path: Iterable[Path | str] = (),
    arm_choice: Any = None,
    places: Mapping[str, str] = MappingProxyType({}),
    set_by_hand: Collection[str] = (),
) -> Configuration:
    """Return the configuration for the plain mapping ``content`` that Hydra composed.

    ``search_path`` lists the user's folders, for the arms that ``arms`` names; ``arm_choice`` is the name, or the list
    of names, that was chosen for the group ``arm``; ``places`` says for messages where each group was written.
    ``set_by_hand`` lists parameters ("parameters.market.price_bride") whose value holds even where it is the
    catalogue's default and the corridor has another: Hydra cannot tell such a value from one that nobody touched.
    """
    place = {group: group for group in GROUPS} | dict(places)
    _refuse_hidden(content, "")
    allowed = ("arms", *GROUPS, *SHORT_NAMES)
    for key in content:
        if key not in allowed:
            raise UserError(f"unknown key '{key}'.{nearest(str(key), allowed)} Allowed: {one_of(allowed)}.")
    groups = {group: dict(_mapping(content, group)) for group in ("study", "executor")}
    for name, group in SHORT_NAMES.items():
        if name in content:
            groups[group][name] = content[name]
    corridor = validated(Corridor, _mapping(content, "corridor"), place["corridor"])
    known = corridor.assumptions()
    untouched, defaults = catalog().defaults(), known.defaults()

    def by_hand(process: str, name: str, value: Any) -> bool:
        return value != untouched.get(process, {}).get(name) or f"parameters.{process}.{name}" in set_by_hand

    given = {
        process: {name: value for name, value in values.items() if by_hand(process, name, value)}
        if isinstance(values, Mapping)
        else values
        for process, values in _mapping(content, "parameters").items()
    }
    parameters = {
        process: changed
        for process, values in known.checked(given, place["parameters"]).items()
        if (changed := {name: value for name, value in values.items() if value != defaults[process][name]})
    }
    configuration = Configuration(
        study=validated(Study, groups["study"], place["study"]),
        arms=_arms(content, tuple(search_path), arm_choice, place["arm"]),
        corridor=corridor,
        output=validated(Output, _mapping(content, "output"), place["output"]),
        executor=validated(Executor, groups["executor"], place["executor"]),
        parameters=parameters,
        catalog_digest=known.digest(),
    )
    _check_starts(configuration)
    return with_points(configuration)


def with_arms(configuration: Configuration, arms: Sequence[Arm]) -> Configuration:
    """Return the configuration with other arms. Raises :class:`UserError` for one named twice, or a lever out of the study."""
    names = [arm.name for arm in arms]
    repeated = {name for name in names if names.count(name) > 1}
    if repeated:
        raise UserError(f"arms: '{min(repeated)}' is listed twice; give each arm a name of its own.")
    changed = dataclasses.replace(configuration, arms=tuple(arms))
    _check_starts(changed)
    return changed


def with_points(configuration: Configuration) -> Configuration:
    """Return the configuration with its design named, the number of draws that this design says, and its points' digest.

    The digest is there where points are drawn, come from elsewhere, or are to be made again by who reads a results file; of
    points drawn over the catalogue's ranges it is that of these ranges.

    Raises :class:`UserError` for a point that the catalogue does not allow.
    """
    study = configuration.study
    design = study.design or configuration.default_design()
    if study.draws is None and design in LAID_OUT:
        raise UserError(
            f"study.design={design} needs study.draws=N, as many points as the design takes; or let 'trafficsim sensitivity' "
            f"choose."
        )
    draws = USUAL_DRAWS.get(design) if study.draws is None else study.draws
    study = dataclasses.replace(study, design=design, draws=draws)
    points, digest = dataclasses.replace(configuration, study=study).points(), ""
    if study.design == "file" or (study.design == POSTERIOR and points):
        text = json.dumps(points, sort_keys=True, separators=(",", ":"))
        digest = hashlib.sha256(text.encode()).hexdigest()
    elif isinstance(points, LaidOutPoints):
        digest = points.digest()
    elif study.design in METHODS and points:
        digest = digest_of_ranges(configuration.assumptions(), study.vary)
    return dataclasses.replace(configuration, study=dataclasses.replace(study, draws=len(points)), points_digest=digest)


def _mapping(content: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = content.get(key)
    if value is not None and not isinstance(value, Mapping):
        raise UserError(
            f"{key} = {value!r}: it should hold 'key: value' lines; choose a file of the group or set {key}.KEY."
        )
    return value or {}


def _arms(content: Mapping[str, Any], search_path: tuple[Path | str, ...], choice: Any, place: str) -> tuple[Arm, ...]:
    """Return the arms that ``arms`` names, with the arm of the group ``arm`` in its place among them or at the end."""
    names = content.get("arms")
    if not isinstance(names, str | list | tuple | None):
        raise UserError(f"arms = {names!r}: it should be a list of names; write arms=[status_quo,letter_package].")
    names = [names] if isinstance(names, str) else list(names or [])
    for name in names:
        if not isinstance(name, str):
            raise UserError(f"arms: {name!r} is not the name of an arm; write arms=[status_quo,letter_package].")
    repeated = {name for name in names if names.count(name) > 1}
    if repeated:
        raise UserError(f"arms: '{min(repeated)}' is listed twice; name each arm once.")
    arms = {name: load_arm(name, search_path) for name in names}
    if content.get("arm"):
        chosen = "+".join(choice) if isinstance(choice, list) else str(choice or "arm")
        described = dict(_mapping(content, "arm"))
        if isinstance(choice, list):  # Hydra merged the files; title, summary and conflicts are ours to settle
            whole = load_arm(chosen, search_path)
            described |= {"title": whole.title, "summary": whole.summary}
        arms[chosen] = Arm.from_plain({"name": chosen} | described, place)
    if not arms:
        raise UserError(
            "No arm is named. Write arm=NAME or arms=[status_quo,letter_package]; see 'trafficsim catalog arms'."
        )
    return tuple(arms.values())


def _refuse_hidden(content: Any, place: str) -> None:
    """Refuse keys such as ``_target_``: a configuration describes a study and never names code to run."""
    if isinstance(content, Mapping):
        for key, value in content.items():
            here = f"{place}.{key}" if place else str(key)
            if str(key).startswith("_"):
                raise UserError(
                    f"{here}: keys that begin with '_' are refused, since a configuration may not call code."
                )
            _refuse_hidden(value, here)
    elif isinstance(content, list | tuple):
        for number, value in enumerate(content):
            _refuse_hidden(value, f"{place}[{number}]")


def _check_starts(configuration: Configuration) -> None:
    """Refuse a lever that would begin before the arms part, or after the study is over."""
    study = configuration.study
    for arm in configuration.arms:
        for name, value in arm.levers.items():
            start = value.start_month(study.first_policy_month)
            if not study.first_policy_month <= start < study.end_month:
                raise UserError(
                    f"arm '{arm.name}', levers.{name}.start = {value.start}: the arms part in {study.policy_start} and the "
                    f"study ends before {month_label(study.end_month)}; choose a month between them, or move policy_start "
                    f"or years."
                )
