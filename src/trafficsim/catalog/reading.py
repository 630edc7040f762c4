"""Reading YAML that people write: what is doubtful is refused with a sentence that says where and what to do."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, TypeAdapter, ValidationError

from trafficsim.errors import UserError

try:
    from yaml import CSafeLoader as SafeLoader  # ten times as fast, where libyaml is there
except ImportError:
    from yaml import SafeLoader as SafeLoader  # type: ignore[assignment]

_UNKNOWN = ("extra_forbidden", "unexpected_keyword_argument")
_KINDS: dict[Any, str] = {int: "a whole number", float: "a number", bool: "true or false"}


class Located(dict[Any, Any]):
    """A mapping read from a file that knows the line, counted from 1, on which each of its keys was written."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[Any, int] = {}


class _Loader(SafeLoader):
    """Safe YAML that refuses a key written twice (YAML itself lets the second one win, silently)."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str | int | float | bool):
                raise yaml.MarkedYAMLError(problem=f"the key '{key}' is not a word", problem_mark=key_node.start_mark)
            if key in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"the key '{key}' is written twice; keep one of them", problem_mark=key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


def _located(loader: _Loader, node: yaml.MappingNode) -> Iterator[Located]:
    """Make the mapping of ``node``; PyYAML asks for it empty first, so that a mapping may refer to itself."""
    made = Located()
    yield made
    made.update(loader.construct_mapping(node))
    made.lines = {loader.construct_object(key, deep=True): key.start_mark.line + 1 for key, _ in node.value}


_Loader.add_constructor("tag:yaml.org,2002:map", _located)

# YAML 1.1 reads 1e-3 as text; people mean a number.
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$"), list("-+.0123456789")
)


def read_mapping(path: Path, shown_as: str | None = None) -> Located:
    """Return the mapping written in the YAML file ``path``; :class:`UserError` names the line that is wrong.

    ``shown_as`` is how messages call the file (default: its own path). It and all mappings within are :class:`Located`.
    """
    name = shown_as or str(path)
    try:
        text = path.read_text(encoding="utf-8")
        refuse_depth(text, name)
        content = yaml.load(text, Loader=_Loader)
    except FileNotFoundError:
        raise UserError(f"There is no file '{name}'.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{name} cannot be read: {error}.") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f", line {mark.line + 1}" if mark else ""
        raise UserError(f"{name}{where}: {error.problem}.") from None
    except yaml.YAMLError as error:
        raise UserError(f"{name} is not YAML: {' '.join(str(error).split())}.") from None
    if content is None:
        return Located()
    if not isinstance(content, Located):
        raise UserError(f"{name} holds a {type(content).__name__}; it must hold 'key: value' lines.")
    return content


DEEPEST = 50
"""Levels of lists and mappings within each other that a file may have; no file of people comes near it."""

_SEEMS_DEEP = DEEPEST
"""So many brackets, dashes and spaces of one line could open as many levels; only where there are more it is counted."""


def refuse_depth(text: str, name: str, loader: Any = SafeLoader) -> None:
    """Raise :class:`UserError` for YAML with more than :data:`DEEPEST` levels: the libraries that read it would crash.

    ``loader`` is the one that will read it, for where a line is doubtful they differ.
    """
    longest = max((len(line) - len(line.lstrip(" ")) for line in text.split("\n")), default=0)
    if text.count("[") + text.count("{") + text.count("- ") + text.count("? ") + longest < _SEEMS_DEEP:
        return
    depth = 0
    with suppress(yaml.YAMLError):  # what is no YAML is told by who reads it
        for event in yaml.parse(text, Loader=loader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > DEEPEST:
                raise UserError(
                    f"{name}: its lists and mappings lie more than {DEEPEST} levels deep. Write out what is meant."
                )


MOST_VALUES = 100_000
"""Values that a file may hold once its aliases are written out; no file of people comes near it."""


def refuse_flood(path: Path) -> None:
    """Raise :class:`UserError` for a YAML file whose aliases, written out, make it larger than :data:`MOST_VALUES`, or too deep.

    A few lines of aliases of aliases would otherwise fill the memory. A file that is no YAML is left for its reader to tell.
    """
    try:
        text = path.read_text(encoding="utf-8")
        refuse_depth(text, str(path), yaml.SafeLoader)  # Hydra's
        root = yaml.compose(text, Loader=SafeLoader) if "*" in text else None
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError):
        return
    sizes: dict[int, int] = {}

    def size(node: Any) -> int:
        if id(node) in sizes:
            return sizes[id(node)]
        sizes[id(node)] = MOST_VALUES + 1  # what refers to itself has no end
        inner = node.value if isinstance(node, yaml.SequenceNode | yaml.MappingNode) else ()
        parts = [part for each in inner for part in (each if isinstance(each, tuple) else (each,))]
        sizes[id(node)] = 1 + sum(map(size, parts))
        return sizes[id(node)]

    if root is not None and size(root) > MOST_VALUES:
        raise UserError(
            f"{path}: with its aliases (*name) written out it holds more than {MOST_VALUES:,} values. Write out what is meant."
        )


MOST_SHOWN = 120
"""Letters of a wrong word that a sentence repeats."""


def shortened(text: str) -> str:
    """Return ``text``, its end left out where it is long."""
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"


def nearest(name: str, names: Iterable[str]) -> str:
    """Return " Did you mean 'x'?" for the name nearest to ``name``, or nothing when none is near."""
    found = difflib.get_close_matches(str(name), [str(each) for each in names], n=1, cutoff=0.6)
    return f" Did you mean '{found[0]}'?" if found else ""


def nearest_id(name: str, ids: Iterable[str]) -> str:
    """Return :func:`nearest` for ids such as E-J04: the nearest number of the same group, before any other likeness."""
    group, number = _id_parts(name)
    others = {each: _id_parts(each) for each in ids}
    near = [(abs(other - number), each) for each, (word, other) in others.items() if word == group]
    return f" Did you mean '{min(near)[1]}'?" if near else nearest(name, others)


def _id_parts(name: str) -> tuple[str, int]:
    word = name.rstrip("0123456789")
    return word, int(name[len(word) :] or 0)


def one_of(names: Iterable[str]) -> str:
    """Return the names as a list for a sentence."""
    return ", ".join(str(name) for name in names)


def validated[Record](
    kind: type[Record],
    content: Any,
    where: str,
    name: str = "",
    line: int | None = None,
    context: Mapping[str, Any] | None = None,
) -> Record:
    """Return ``content`` as a ``kind`` (a pydantic model or dataclass), or say in one sentence what is wrong and where.

    ``where`` is the file, or what stands for it, ``name`` the record in it and ``line`` the line of that record. Where
    ``content`` is :class:`Located`, the line of the very key is told. ``context`` is handed to the validators.
    """
    try:
        return TypeAdapter(kind).validate_python(content, context=context)
    except ValidationError as error:
        problem = _worst(error)
        place = at(where, _line(content, problem["loc"], line), name)
        raise UserError(_sentence(problem, kind, place)) from None


def at(where: str, line: int | None = None, name: str = "") -> str:
    """Return the beginning of a message: "market.yaml, line 3: price: ", as far as it is known."""
    place = f"{where}, line {line}" if where and line else where
    return "".join(f"{part}: " for part in (place, name) if part)


def _worst(error: ValidationError) -> Any:
    """Return the problem to tell of: a misspelt key first, for it is also a missing one."""
    return min(error.errors(), key=lambda each: each["type"] not in _UNKNOWN)


def _line(content: Any, place: tuple[Any, ...], line: int | None) -> int | None:
    """Return the line of the innermost key on the way to ``place`` that knows its own, else ``line``."""
    for part in place:
        if isinstance(content, Located):
            line = content.lines.get(part, line)
        with suppress(KeyError, IndexError, TypeError):  # the name of a branch of a union is no key
            content = content[part]
    return line


def _sentence(problem: Any, kind: Any, where: str) -> str:
    """Return a ``problem`` that pydantic found as one sentence: where, which key, what value, what is allowed."""
    place = [str(part) for part in problem["loc"] if not _is_branch(part)]
    key, value = ".".join(place), problem["input"]
    if problem["type"] in _UNKNOWN:
        allowed, written = _fields_at(kind, problem["loc"][:-1]), str(problem["loc"][-1])
        before = "".join(f"{part}." for part in problem["loc"][:-1] if not _is_branch(part))
        return f"{where}unknown key '{shortened(before + written)}'.{nearest(written, allowed)} Allowed: {one_of(allowed)}."
    if problem["type"] == "missing" and isinstance(problem["loc"][-1], int):
        return f"{where}{'.'.join(place[:-1])}: it should be a list [A, B]."
    if problem["type"] in ("missing", "missing_argument"):
        return f"{where}the key '{key}' is missing; add it."
    message = problem["msg"].removeprefix("Value error, ").replace("Input should be", "it should be").rstrip(".")
    message = re.sub(r"a dictionary or an instance of \w+|a valid (dictionary|mapping)", "'key: value' lines", message)
    message = message.replace("a valid string", "text").replace("a valid tuple", "a list [A, B]")
    if allowed_values := _allowed(kind, problem["loc"]):
        message = f"allowed is {allowed_values}"
    subject = f"{key} = {shortened(repr(value))}" if key and not isinstance(value, Mapping | BaseModel) else key
    return f"{where}{subject + ': ' if subject else ''}{message}."


def _allowed(kind: Any, place: tuple[Any, ...]) -> str:
    """Return "a whole number from 1 to 50" for the field at ``place``, or nothing where that says too little."""
    for part in place[:-1]:
        kind = _below(kind, part)
    field = _fields(kind).get(place[-1]) if place else None
    if field is None or field.annotation not in _KINDS:
        return ""
    words = _KINDS[field.annotation]
    limits = {name: getattr(each, name) for each in field.metadata for name in ("ge", "le") if hasattr(each, name)}
    if limits.keys() == {"ge", "le"}:
        return f"{words} from {limits['ge']} to {limits['le']}"
    return words + (f", at least {limits['ge']}" if "ge" in limits else "")


def _is_branch(part: Any) -> bool:
    """Pydantic adds the name of the branch of a union to the place; a reader has not written it."""
    return isinstance(part, str) and (part in {"[key]"} or bool(re.search(r"[\[(-]", part)))


def _fields_at(kind: Any, place: tuple[Any, ...]) -> list[str]:
    """Return the names, as people write them, of the fields of the model found by walking ``place`` down from ``kind``."""
    for part in place:
        kind = _below(kind, part)
    return [getattr(field, "alias", None) or name for name, field in _fields(kind).items()]


def _below(kind: Any, part: Any) -> Any:
    """Return the type of the field ``part`` of ``kind``, or of the values where ``kind`` is a mapping of models."""
    fields = _fields(kind)
    if part in fields:
        return fields[part].annotation
    return next((each for each in getattr(kind, "__args__", ()) if _fields(each)), kind)


def _fields(kind: Any) -> dict[str, Any]:
    return getattr(kind, "model_fields", None) or getattr(kind, "__pydantic_fields__", None) or {}
