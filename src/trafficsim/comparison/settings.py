"""Settings as Python has them, by the names of the command line: ``draws=64, parameters={"market": {"price_bride": 3000}}``."""

import dataclasses
import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict

import numpy as np

from trafficsim.catalog.reading import nearest, one_of
from trafficsim.configuration import GROUPS, SHORT_NAMES, Configuration, Study, configure, with_arms
from trafficsim.errors import UserError
from trafficsim.policy import Arm

Folders = Path | str | Sequence[Path | str]


class Settings(TypedDict, total=False):
    """What a study can be told beside its arms; ``trafficsim compare -h`` explains each."""

    draws: int
    replicates: int
    scale: float
    years: int
    policy_start: str
    seed: int
    workers: int
    design: str
    vary: Sequence[str]
    grid: Mapping[str, Mapping[str, Sequence[float]]]
    points: Path | str
    groups: str
    name: str
    parameters: str | Mapping[str, Mapping[str, float]]
    feedbacks: Mapping[str, bool]
    corridor: str
    study: str
    output: str | Mapping[str, Any]
    executor: str | Mapping[str, Any]
    config_dir: Folders


OF_STUDY = {field.name for field in dataclasses.fields(Study)} - set(SHORT_NAMES)
"""Settings of the group ``study`` that the command line wants written ``study.NAME``."""

_BARE = re.compile(r"[A-Za-z_][\w+-]*|\d{4}-\d\d")


def with_settings[F: Callable[..., Any]](function: F) -> F:
    """Write every setting into the signature of ``function``, which editors and notebooks complete names from."""
    own = inspect.signature(function)
    known = [one for one in own.parameters.values() if one.kind is not inspect.Parameter.VAR_KEYWORD]
    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind | None)
        for name, kind in Settings.__annotations__.items()
    ]
    function.__signature__ = own.replace(parameters=[*known, *added])  # type: ignore[attr-defined]
    return function


def configuration_for(arms: str | Arm | Iterable[str | Arm], settings: Mapping[str, Any]) -> Configuration:
    """Return the configuration of a study of ``arms``, by name or of one's own, with ``settings``.

    Raises :class:`UserError` for what is wrong, as the command line says it.
    """
    wanted = [arms] if isinstance(arms, str | Arm) else list(arms)
    for arm in wanted:
        if not isinstance(arm, str | Arm):
            raise UserError(
                f"arms: {arm!r} is no arm; give a name ('trafficsim catalog arms' lists them) or what arm(...) returns."
            )
    names = [arm for arm in wanted if isinstance(arm, str)]
    own = [arm for arm in wanted if isinstance(arm, Arm)]
    if not own:
        return configure([f"arms=[{','.join(names)}]", *overrides_of(settings)], _folders(settings))
    composed = configure([f"arms=[{','.join(names or ['status_quo'])}]", *overrides_of(settings)], _folders(settings))
    found = iter(composed.arms if names else composed.arms[1:])  # without names, the first only held the place
    in_order = [next(found) if isinstance(arm, str) else arm for arm in wanted]
    return with_arms(composed, [*in_order, *found])


def _folders(settings: Mapping[str, Any]) -> list[Path | str]:
    given = settings.get("config_dir") or []
    return [given] if isinstance(given, str | Path) else list(given)


def overrides_of(settings: Mapping[str, Any]) -> list[str]:
    """Return settings as words of the command line; a double underscore in a name stands for a dot.

    Raises :class:`UserError` for a name that no setting has.
    """
    words: list[str] = []
    for name, value in settings.items():
        key = name.replace("__", ".")
        first = key.partition(".")[0]
        allowed = [*Settings.__annotations__, "arm"]
        if first not in allowed:
            raise UserError(f"There is no setting '{first}'.{nearest(first, allowed)} Allowed: {one_of(allowed)}.")
        if first != "config_dir" and value is not None:
            words += _words(f"study.{key}" if first in OF_STUDY else key, value)
    return words


def _words(key: str, value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield from _words(f"{key}.{name}", each)
    else:
        yield f"{'+' if key.startswith('study.grid.') else ''}{key}={_written(value)}"


def _written(value: Any) -> str:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, Iterable) and not isinstance(value, str):
        return f"[{','.join(_written(each) for each in value)}]"
    text = str(value)
    if isinstance(value, int | float) or _BARE.fullmatch(text):
        return text
    # Hydra wants a backslash before a quote, and every backslash before that doubled.
    return "'" + re.sub(r"(\\*)('|$)", lambda found: 2 * found[1] + ("\\'" if found[2] else ""), text) + "'"


assert set(Settings.__annotations__) >= OF_STUDY | set(SHORT_NAMES) | set(GROUPS) - {"arm"}
