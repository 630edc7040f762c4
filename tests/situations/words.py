"""Words instead of numbers: reads what a lawyer writes in a situation, and says which word was meant when one is wrong."""

from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import Any

import numpy as np

from trafficsim.catalog.reading import nearest, one_of
from trafficsim.engine.tables import Column, TableDeclaration
from trafficsim.errors import UserError
from trafficsim.processes import vocabulary
from trafficsim.processes.vocabulary import AREA_LABELS, LABELS


def refuse_unknown(content: Any, allowed: Iterable[str], where: str) -> None:
    """Raise :class:`UserError` with the nearest right name when ``content`` has a key that is not ``allowed``."""
    if not isinstance(content, Mapping):
        raise UserError(f"{where}: write 'key: value' lines here, not {content!r}.")
    for key in content:
        pick(str(key), allowed, where, "key")


def pick(word: str, allowed: Iterable[str], where: str, kind: str) -> str:
    """Return ``word`` if it is ``allowed``; otherwise raise :class:`UserError` with the nearest right one."""
    names = list(allowed)
    if word not in names:
        raise UserError(f"{where}: there is no {kind} '{word}'.{nearest(word, names)} Allowed: {one_of(names)}.")
    return word


def spoken(member: IntEnum) -> str:
    """Return a member of a list of words as it is written in a situation: ``FORCED_MARRIAGE`` is "forced marriage"."""
    return LABELS.get(type(member), {}).get(int(member), member.name.lower().replace("_", " "))


def member(kind: type[IntEnum], word: Any, where: str) -> IntEnum:
    """Return the member of ``kind`` that ``word`` names."""
    names = {spoken(each): each for each in kind}
    return names[pick(str(word).strip(), names, where, f"{_title(kind)}")]


def _title(kind: type[IntEnum]) -> str:
    return "".join(" " + letter.lower() if letter.isupper() else letter for letter in kind.__name__).strip()


def area(word: Any, where: str) -> int:
    """Return the number of the area with the letter ``word``, 0 for "outside the areas"."""
    return AREA_LABELS.index(pick(str(word), AREA_LABELS, where, "area"))


def yes_or_no(word: Any, where: str) -> bool:
    """Return what YAML made of yes or no."""
    if not isinstance(word, bool):
        raise UserError(f"{where} = {word!r}: write yes or no.")
    return word


def number(word: Any, where: str) -> float:
    """Return a number as it is."""
    if isinstance(word, bool) or not isinstance(word, int | float):
        raise UserError(f"{where} = {word!r}: write a number.")
    return word


def of_column(column: Column, word: Any, where: str) -> float:
    """Return what to write into ``column`` for ``word``."""
    if column.labels is not None:
        return int(member(column.labels, word, where))
    if column.name == "area":
        return area(word, where)
    if column.unit == "0 or 1":
        return int(yes_or_no(word, where))
    return number(word, where)


def from_column(column: Column, value: Any) -> Any:
    """Return the word or number that stands for ``value`` of ``column``."""
    if column.labels is not None:
        return spoken(column.labels(int(value)))
    if column.name == "area":
        return AREA_LABELS[int(value)]
    return bool(value) if column.unit == "0 or 1" else np.asarray(value).item()


def columns(declaration: TableDeclaration, without: Iterable[str]) -> dict[str, Column]:
    """Return the columns that a situation may speak of, by name."""
    hidden = set(without)
    return {name: column for name, column in declaration.column.items() if name not in hidden}


EVENTS = {spoken(event): event for event in vocabulary.Event}
DRAWS = {spoken(draw): draw for draw in vocabulary.Draw}
