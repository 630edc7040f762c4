"""What Mesa agent sets that hold keys in place of agents have in common.

They answer all that a :class:`mesa.agent.AgentSet` answers, in the same words and with the same results. The two kinds
of set, and examples, stand in :mod:`trafficsim.engine.agent_sets`.
"""

import math
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from operator import attrgetter
from random import Random
from typing import Any, Self

import numpy as np
from mesa import Agent
from mesa.agentset import AbstractAgentSet, GroupBy
from numpy.typing import NDArray

from trafficsim.errors import UserError

Keys = NDArray[np.int64]
"""What a set holds in place of agents: row numbers where it has one type, unique ids where it has several."""


class RowGroups(GroupBy):
    """Mesa's groups, with columns aggregated as columns."""

    def agg(self, attr_name: str, func: Callable[..., Any]) -> dict[Any, Any]:
        """Aggregate an attribute in each group."""
        return {name: group.agg(attr_name, func) for name, group in self.groups.items()}


class RowBackedSet(AbstractAgentSet):
    """What sets of one type and of several types share.

    ``keys`` are those of the agents in the set; ``None`` stands for all agents that the model has at any time. Such a
    whole set is the model's own, so nothing can be added to it or taken out of it.
    """

    def __init__(self, model: Any, keys: Keys | None = None, random: Random | None = None) -> None:
        self.model = model
        self.random: Random = random or model.random
        self._own = None if keys is None else np.asarray(keys, np.int64)

    @abstractmethod
    def _all_keys(self) -> Keys:
        """Return the keys of all agents, whatever this set holds."""

    @abstractmethod
    def _key(self, agent: Any) -> int | None:
        """Return the key of ``agent``, or ``None`` where a set such as this cannot hold it."""

    @abstractmethod
    def _made(self, keys: Iterable[int]) -> Iterator[Any]:
        """Make the agents, one by one."""

    @abstractmethod
    def _of_type(self, keys: Keys, agent_type: Any) -> NDArray[np.bool_]:
        """Return which of ``keys`` stand for agents of this type."""

    @abstractmethod
    def _like(self, keys: Keys | None) -> Self:
        """Return a set of the same kind with other keys."""

    @abstractmethod
    def _wider(self) -> "RowBackedSet":
        """Return a set that can hold agents of every type."""

    @property
    def _keys(self) -> Keys:
        return self._all_keys() if self._own is None else self._own

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[Any]:
        return self._made(self._keys.tolist())

    def __contains__(self, agent: object) -> bool:
        key = self._key(agent)
        return key is not None and (self._own is None or key in self._members)

    @cached_property
    def _members(self) -> frozenset[int]:
        return frozenset(self._keys.tolist())

    def __getitem__(self, item: int | slice) -> Any:
        """Return one agent, or a list of agents for a slice."""
        chosen = self._keys[item]
        return list(self._made(chosen.tolist())) if isinstance(item, slice) else next(self._made([int(chosen)]))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self)} agents>"

    def _keep(self, keys: Keys, inplace: bool = False) -> Self:
        """Return a set with ``keys``: this one where Mesa changes it in place."""
        if not inplace:
            return self._like(keys)
        self._own = np.asarray(keys, np.int64)
        self.__dict__.pop("_members", None)
        return self

    def _from_iterable(self, agents: Iterable[Any]) -> "RowBackedSet":
        """Return a set of ``agents``; the set operators ``&``, ``|``, ``-`` and ``^`` ask for it."""
        agents = list(dict.fromkeys(agents))
        holder = self if all(self._key(agent) is not None for agent in agents) else self._wider()
        return holder._like(holder._keys_of(agents))

    def _update(self, agents: Iterable[Any]) -> Self:
        return self._keep(self._keys_of(dict.fromkeys(agents)), inplace=True)

    def _keys_of(self, agents: Iterable[Any]) -> Keys:
        keys = []
        for agent in agents:
            key = self._key(agent)
            if key is None:
                raise TypeError(f"{self!r} cannot hold {agent!r}; {self._allowed}.")
            keys.append(key)
        return np.array(keys, np.int64)

    _allowed: str
    """What the set can hold, in words."""

    def select(
        self,
        filter_func: Callable[[Any], bool] | NDArray[np.bool_] | None = None,
        at_most: int | float = float("inf"),
        inplace: bool = False,
        agent_type: type[Agent] | None = None,
    ) -> "RowBackedSet":
        """Select as Mesa does; ``filter_func`` may also be a boolean array, one value for each agent."""
        keys = self._keys
        if isinstance(at_most, float) and at_most <= 1.0:
            at_most = int(len(keys) * at_most)
        if isinstance(filter_func, np.ndarray):
            if filter_func.dtype != bool or filter_func.shape != keys.shape:
                raise UserError(
                    f"select: the array has shape {filter_func.shape} and dtype {filter_func.dtype}; it should hold one "
                    f"True or False for each of {len(keys)} agents."
                )
            keys = keys[filter_func]
        if agent_type is not None:
            keys = keys[self._of_type(keys, agent_type)]
        if callable(filter_func):
            chosen: list[int] = []
            listed = keys.tolist()
            for key, agent in zip(listed, self._made(listed), strict=True):
                if len(chosen) >= at_most:
                    break
                if filter_func(agent):
                    chosen.append(key)
            keys = np.array(chosen, np.int64)
        elif at_most < len(keys):
            keys = keys[: max(0, math.ceil(at_most))]
        return self._keep(keys, inplace)

    def get(self, attr_names: Any, handle_missing: str = "error", default_value: Any = None) -> list[Any]:
        """Return an attribute of each agent, or a list of several, read from columns where they are columns."""
        if handle_missing not in ("error", "default"):
            raise ValueError(f"Unknown handle_missing option: {handle_missing}, should be one of 'error' or 'default'")
        missing = (default_value,) if handle_missing == "default" else ()
        if isinstance(attr_names, str):
            return self._values(attr_names, missing)
        columns = [self._values(name, missing) for name in attr_names]
        return [list(values) for values in zip(*columns, strict=True)] if columns else [[] for _ in range(len(self))]

    def _values(self, name: str, missing: tuple[Any, ...]) -> list[Any]:
        return [getattr(agent, name, *missing) for agent in self]

    def _values_by(self, by: Callable[[Any], Any] | str) -> list[Any]:
        """Return what agents are sorted or grouped by: a function of each, an attribute, or a path such as ``a.b``."""
        if isinstance(by, str) and "." not in by:
            return self._values(by, ())
        read = attrgetter(by) if isinstance(by, str) else by
        return [read(agent) for agent in self]

    def _array(self, name: str) -> NDArray[Any] | None:
        """Return an attribute as an array where it is a column: what NumPy would make of the list."""
        return None

    def agg(self, attribute: str, func: Any) -> Any:
        """Aggregate an attribute with one function or several."""
        functions = [func] if callable(func) else list(func)
        array = self._array(attribute)
        from_array = [array is not None and _is_of_numpy(one) for one in functions]
        listed = [] if all(from_array) else self._values(attribute, ())
        results = [one(array if fast else listed) for one, fast in zip(functions, from_array, strict=True)]
        return results[0] if callable(func) else results

    def set(self, attr_name: str, value: Any) -> Self:
        """Set an attribute of every agent to one value."""
        for agent in self:
            setattr(agent, attr_name, value)
        return self

    def do(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> Self:
        """Call a method of each agent, or a function on each."""
        self._call(self._keys.tolist(), method, *args, **kwargs)
        return self

    def map(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> list[Any]:
        """Call as :meth:`do` does and return what came back."""
        return self._call(self._keys.tolist(), method, *args, **kwargs)

    def _call(self, keys: list[int], method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> list[Any]:
        if isinstance(method, str):
            return [getattr(agent, method)(*args, **kwargs) for agent in self._made(keys)]
        return [method(agent, *args, **kwargs) for agent in self._made(keys)]

    def _shuffled(self) -> list[int]:
        keys: list[int] = self._keys.tolist()
        self.random.shuffle(keys)
        return keys

    def shuffle(self, inplace: bool = False) -> Self:
        """Put the agents in a random order, drawn from the model's own ``random``."""
        return self._keep(np.array(self._shuffled(), np.int64), inplace)

    def shuffle_do(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> Self:
        """Call on each agent in a random order."""
        self._call(self._shuffled(), method, *args, **kwargs)
        return self

    def sort(self, key: Callable[[Any], Any] | str, ascending: bool = False, inplace: bool = False) -> Self:
        """Sort by an attribute or a function; equals stay in their order."""
        values = self._values_by(key)
        order = sorted(range(len(values)), key=values.__getitem__, reverse=not ascending)
        return self._keep(self._keys[np.array(order, np.int64)], inplace)

    def groupby(self, by: Callable[[Any], Any] | str, result_type: str = "agentset") -> GroupBy:
        """Group by an attribute or a function, groups in the order of their first agent."""
        groups: dict[Any, list[int]] = {}
        for value, key in zip(self._values_by(by), self._keys.tolist(), strict=True):
            groups.setdefault(value, []).append(key)
        if result_type == "list":
            return GroupBy({value: list(self._made(keys)) for value, keys in groups.items()})
        return RowGroups({value: self._like(np.array(keys, np.int64)) for value, keys in groups.items()})

    def to_list(self) -> list[Any]:
        """Return all agents as a list."""
        return list(self)

    def copy(self) -> Self:
        """Return a set of its own with the agents that are here now."""
        return self._like(self._keys.copy())

    __copy__ = copy

    def add(self, agent: Any) -> None:
        """Add an agent to a derived set, at the end."""
        own = self._changeable("take in")
        key = self._keys_of([agent])
        if agent not in self:
            self._keep(np.append(own, key), inplace=True)

    def discard(self, agent: Any) -> None:
        """Take an agent out of a derived set, if it is there."""
        own = self._changeable("let go")
        if agent in self:
            self._keep(own[own != self._key(agent)], inplace=True)

    def remove(self, agent: Any) -> None:
        """Take an agent out of a derived set; ``KeyError`` if it is not there."""
        self._changeable("let go")
        if agent not in self:
            raise KeyError(agent)
        self.discard(agent)

    def _changeable(self, action: str) -> Keys:
        if self._own is None:
            raise TypeError(f"The model's own set cannot {action} agents; work on a copy: agents.copy().")
        return self._keys


def _is_of_numpy(function: Callable[..., Any]) -> bool:
    return isinstance(function, np.ufunc) or str(getattr(function, "__module__", "")).split(".")[0] == "numpy"
