"""Claims: a sentence that somebody makes, with a test on results that says when it holds; never code.

A test is a list of conditions in one closed form: an indicator under an arm, set against the same indicator under another
arm or against another indicator under the same arm, and a limit. All of them must hold.

>>> from trafficsim.claims import load_claim
>>> load_claim("package_halves_refoulement").test[0].words
'Forced returns of people at risk under letter_package: at most 0.5 times the value under status_quo'
"""

import dataclasses
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, Strict, StringConstraints, ValidationInfo, field_validator, model_validator
from pydantic.dataclasses import dataclass

from trafficsim.catalog import Source, catalog
from trafficsim.catalog.named_files import names_in, read_named
from trafficsim.catalog.reading import nearest, one_of, validated
from trafficsim.catalog.records import EvidenceId, Number, Text
from trafficsim.errors import UserError
from trafficsim.policy import load_arm
from trafficsim.processes.vocabulary import LABELS, AgeBand, Sex

CLAIM_FOLDER = Path(__file__).parent / "configs" / "claim"
"""The claims that come with the package, one file each."""

MAKERS = {
    "letter": "the letter",
    "advocates": "advocates",
    "critics": "critics",
    "governments": "governments",
    "researchers": "researchers",
}
"""Who makes a claim: a kind of speaker, never a person or a state."""

GROUPS = {"sex": tuple(LABELS[Sex].values()), "age_band": tuple(LABELS[AgeBand].values())}
"""The groups of people that a condition can be narrowed to."""

LIMITS = {"at_most": "at most", "at_least": "at least", "below": "below", "above": "above"}

_CLOSED = ConfigDict(extra="forbid")
Name = Annotated[str, StringConstraints(pattern=r"^[a-z]\w*$", max_length=100)]


@dataclass(frozen=True, config=_CLOSED)
class Condition:
    """One comparison of results with a limit.

    ``compare`` is ``ratio`` (the indicator under ``arm``, divided by that under ``against``), ``difference`` (the first
    minus the second; the limit is 0, for totals grow with the scale of a study) or ``share`` (the indicator divided by the
    indicator ``of``, both under ``arm``). One of ``at_most``, ``at_least``, ``below`` and ``above`` is the limit, or a lower
    and an upper one. ``group`` narrows to a sex or an age band: ``{sex: female}``.
    """

    compare: Literal["ratio", "difference", "share"]
    indicator: Name
    arm: Text
    against: Text | None = None
    of: Name | None = None
    at_most: Number | None = None
    at_least: Number | None = None
    below: Number | None = None
    above: Number | None = None
    group: dict[Literal["sex", "age_band"], str] = dataclasses.field(default_factory=dict)

    @field_validator("indicator", "of")
    @classmethod
    def _known_indicator(cls, name: str | None) -> str | None:
        known = catalog().indicators
        if name is not None and name not in known:
            raise ValueError(
                f"there is no indicator '{name}'.{nearest(name, known)} 'trafficsim catalog indicators' lists them"
            )
        return name

    @field_validator("arm", "against")
    @classmethod
    def _known_arm(cls, name: str | None, info: ValidationInfo) -> str | None:
        if name is not None:
            try:
                load_arm(name, (info.context or {}).get("search_path", ()))
            except UserError as problem:
                raise ValueError(str(problem)) from None
        return name

    @field_validator("group")
    @classmethod
    def _known_group(cls, group: dict[str, str]) -> dict[str, str]:
        for dimension, level in group.items():
            if level not in GROUPS[dimension]:
                raise ValueError(
                    f"{dimension}: there is no '{level}'.{nearest(level, GROUPS[dimension])} "
                    f"Allowed: {one_of(GROUPS[dimension])}"
                )
        if len(group) > 1:
            raise ValueError("name one group, a sex or an age band: results are not kept for both at once")
        return group

    @model_validator(mode="after")
    def _hold_together(self) -> "Condition":
        wanted, unwanted = ("of", "against") if self.compare == "share" else ("against", "of")
        if getattr(self, wanted) is None:
            raise ValueError(f"a {self.compare} needs the key '{wanted}'; add it")
        if getattr(self, unwanted) is not None:
            raise ValueError(f"a {self.compare} has no key '{unwanted}'; take it out")
        if self.arm == self.against:
            raise ValueError(f"'{self.arm}' is compared with itself, so that nothing can come of it")
        if self.indicator == self.of:
            raise ValueError(f"'{self.indicator}' is a share of itself, so that nothing can come of it")
        self._check_limits()
        return self

    def _check_limits(self) -> None:
        limits = self.limits
        lower, upper = [name for name in limits if name in LOWER], [name for name in limits if name not in LOWER]
        if not limits:
            raise ValueError(f"a limit is missing; add one of {one_of(LIMITS)}")
        if len(lower) > 1 or len(upper) > 1:
            raise ValueError(f"{one_of(limits)} are two limits on the same side; keep one")
        if self.compare == "difference" and any(limits.values()):
            raise ValueError("the limit of a difference is 0, for totals grow with the scale; compare a ratio instead")
        if min(limits.values()) < 0:
            raise ValueError(f"a {self.compare} is never below 0, and neither is its limit")
        if lower and upper and limits[lower[0]] >= limits[upper[0]]:
            raise ValueError(f"{lower[0]} and {upper[0]} leave nothing between them")
        if self.compare != "difference" and any(name in ("at_least", "below") and not limits[name] for name in limits):
            raise ValueError(f"a {self.compare} is never below 0, so that such a limit decides nothing")

    @property
    def limits(self) -> dict[str, float]:
        """The limits by name: one, or a lower and an upper one."""
        return {name: limit for name in LIMITS if (limit := getattr(self, name)) is not None}

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms that it needs."""
        return (self.arm,) if self.against is None else (self.arm, self.against)

    @property
    def group_name(self) -> str:
        """The group as one word, "sex=female", or nothing."""
        return "".join(f"{dimension}={level}" for dimension, level in self.group.items())

    @property
    def words(self) -> str:
        """The condition as a reader says it."""
        known = catalog().indicators
        who = "".join(f" ({dimension.replace('_', ' ')}: {level})" for dimension, level in self.group.items())
        subject = f"{known[self.indicator].label}{who} under {self.arm}"
        if self.compare == "difference":
            told = {"at_most": "no more than", "at_least": "no fewer than", "below": "less than", "above": "more than"}
            return f"{subject}: {' and '.join(told[name] for name in self.limits)} under {self.against}"
        limits = " and ".join(f"{LIMITS[name]} {limit:g}" for name, limit in self.limits.items())
        if self.compare == "ratio":
            return f"{subject}: {limits} times the value under {self.against}"
        assert self.of is not None
        return f"{subject}: {limits} times “{known[self.of].label}” under the same arm"


LOWER = ("at_least", "above")
"""The limits that a value must not fall short of."""


@dataclass(frozen=True, config=_CLOSED)
class Claim:
    """A sentence, who makes it, the test that it is put to, and what it rests on.

    ``years`` is the horizon, counted from the start of the policies; none: the whole study. ``evidence`` and ``provisions``
    are ids of the catalogue, ``counter`` what a counter-argument says, ``note`` what the model can and cannot say of it.
    """

    name: Name
    sentence: Text
    made_by: Literal["letter", "advocates", "critics", "governments", "researchers"]
    test: Annotated[tuple[Condition, ...], Field(min_length=1, max_length=4)]
    evidence: Annotated[tuple[EvidenceId, ...], Field(min_length=1)]
    counter: Text
    note: Text
    provisions: tuple[Annotated[EvidenceId, StringConstraints(pattern=r"^A\d\d$")], ...] = ()
    years: Annotated[int, Strict(), Field(ge=1, le=50)] | None = None

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms that its test needs, each once."""
        return tuple(dict.fromkeys(arm for condition in self.test for arm in condition.arms))

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups that its test asks for, each once, "" standing for everybody."""
        return tuple(dict.fromkeys(condition.group_name for condition in self.test))

    @property
    def sources(self) -> dict[str, Source]:
        """The sources of its evidence and provisions by citation key, with their addresses."""
        known = catalog()
        keys = (key for name in (*self.evidence, *self.provisions) for key in known.evidence[name].sources)
        return {key: known.sources[key] for key in dict.fromkeys(keys)}

    def plain(self) -> dict[str, Any]:
        """Return the claim as plain dictionaries, numbers and text, without the keys that are left out."""
        written = dataclasses.asdict(self)
        written["test"] = [_without_none(condition) for condition in written["test"]]
        return _without_none(written)


def _without_none(content: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in content.items() if value is not None and value != {}}


def claim_names(search_path: Iterable[Path | str] = ()) -> list[str]:
    """Return the names of the claims in the package and in the ``claim`` folders of ``search_path``, sorted."""
    return names_in(_folders(search_path))


def load_claim(name: str, search_path: Iterable[Path | str] = ()) -> Claim:
    """Return the claim ``name`` from the package or else from ``search_path``, folders each with a folder ``claim`` in it.

    :class:`UserError` says which file, line and key is wrong, and what is allowed.
    """
    search_path = tuple(search_path)
    content, shown_as = read_named(name, _folders(search_path), "claim", ". 'trafficsim claims --list' shows them")
    context = {"evidence": catalog().evidence, "search_path": search_path}
    if "name" in content:
        raise UserError(f"{shown_as}, line {content.lines['name']}: leave 'name' out; the file's name is the claim's.")  # type: ignore[attr-defined]
    content["name"] = name
    return validated(Claim, content, shown_as, context=context)


def _folders(search_path: Iterable[Path | str]) -> list[Path]:
    return [CLAIM_FOLDER, *(Path(folder) / "claim" for folder in search_path)]
