"""Mesa agent sets that are row numbers.

They answer all that a :class:`mesa.agent.AgentSet` answers, in the same words and with the same results, and what Mesa
does agent by agent they do on columns wherever they can. Every set derived from one of them is again row-backed: Mesa's
own sets refer weakly to agents, and views would vanish from them.

>>> import mesa
>>> from trafficsim.engine.table_model import TableModelMixin
>>> from trafficsim.engine.tables import Column, TableDeclaration
>>> FLOCK = TableDeclaration("Flock", [Column("age", np.int16, "months", "age")])
>>> class Sheep(RowAgent, table="sheep", declaration=FLOCK): pass
>>> class Goat(RowAgent, table="goats", declaration=FLOCK): pass
>>> class Farm(TableModelMixin, mesa.Model):
...     agent_classes = (Sheep, Goat)
...     def __init__(self, sheep, goats):
...         super().__init__(rng=1)
...         self.flocks = {"sheep": FLOCK.allocate(sheep), "goats": FLOCK.allocate(goats)}
...         for flock in self.flocks.values():
...             flock.size[0] = len(flock.age)
...     def table(self, name):
...         return self.flocks[name]
>>> farm = Farm(sheep=3, goats=2)
>>> farm.agents
<MixedRowSet of 5 agents>
>>> sheep = farm.agents_by_type[Sheep].set("age", np.array([5, 30, 12]))  # a column at once
>>> sheep.select(sheep.column("age") >= 12).get("age")
[30, 12]
>>> farm.agents.sort("age").select(at_most=2).to_list()
[<Sheep, row 1>, <Sheep, row 2>]
>>> farm.agents.groupby("age").count()
{5: 1, 30: 1, 12: 1, 0: 2}
>>> farm.agents.shuffle().select(agent_type=Goat)
<RowSet of 2 agents>
"""

from collections.abc import Callable, Iterable, Iterator
from random import Random
from typing import Any

import numpy as np
from mesa import Agent
from numpy.typing import NDArray

from trafficsim.engine.row_backed import Keys, RowBackedSet
from trafficsim.engine.views import IDS_A_TYPE, RowAgent, fitted


class RowSet(RowBackedSet):
    """Agents of one type: a model and row numbers, all rows in use where none are given."""

    def __init__(
        self, model: Any, agent_class: type[RowAgent], rows: Keys | None = None, random: Random | None = None
    ) -> None:
        self.agent_class = agent_class
        super().__init__(model, rows, random)

    @property
    def rows(self) -> Keys:
        """Row numbers, in the order of the set."""
        return self._keys

    @property
    def _allowed(self) -> str:  # type: ignore[override]
        return f"it holds {self.agent_class.__name__} agents of its own model, a selection of model.agents any"

    @property
    def _table(self) -> Any:
        return self.model.table(self.agent_class.table)

    def _size(self) -> int:
        return int(self._table.size[0])

    def __len__(self) -> int:
        return self._size() if self._own is None else len(self._own)

    def __getitem__(self, item: int | slice) -> Any:
        """Return one agent, or a list of agents for a slice."""
        if self._own is None and not isinstance(item, slice):
            return self.agent_class(self.model, range(self._size())[item])
        return super().__getitem__(item)

    def _all_keys(self) -> Keys:
        return np.arange(self._size())

    def _key(self, agent: Any) -> int | None:
        ours = type(agent) is self.agent_class and agent.model is self.model and 0 <= agent.row < self._size()
        return agent.row if ours else None

    def _made(self, keys: Iterable[int]) -> Iterator[RowAgent]:
        return (self.agent_class(self.model, row) for row in keys)

    def _of_type(self, keys: Keys, agent_type: Any) -> NDArray[np.bool_]:
        return np.full(len(keys), issubclass(self.agent_class, agent_type))

    def _like(self, keys: Keys | None) -> "RowSet":
        return RowSet(self.model, self.agent_class, keys, self.random)

    def _wider(self) -> "MixedRowSet":
        return MixedRowSet(self.model, random=self.random)

    def column(self, name: str) -> NDArray[Any]:
        """Return one column of the set's rows as an array of its own, shape ``(len(set),)``, in the column's dtype."""
        if name not in self.agent_class.declaration.column:
            known = ", ".join(self.agent_class.declaration.column)
            raise AttributeError(f"{self.agent_class.__name__} has no column '{name}'. It has: {known}.")
        return np.asarray(getattr(self._table, name))[self.rows]

    def _values(self, name: str, missing: tuple[Any, ...]) -> list[Any]:
        column = self.agent_class.declaration.column.get(name)
        if column is None:
            return super()._values(name, missing)
        values = self.column(name).tolist()
        if column.labels is None:
            return values
        words = {code.value: code for code in column.labels}
        return [words[value] for value in values]

    def _array(self, name: str) -> NDArray[Any] | None:
        if name not in self.agent_class.declaration.column:
            return None
        values = self.column(name)
        if len(values) == 0:
            return np.array([])
        # Widened as a list would be, since NumPy would go on counting in 8 bits.
        return values if values.dtype in (np.float64, np.uint64) else values.astype(np.result_type(values, np.int64))

    def set(self, attr_name: str, value: Any) -> "RowSet":
        """Set an attribute of every agent to one value; a column also takes an array, one value for each agent."""
        column = self.agent_class.declaration.column.get(attr_name)
        if column is None:
            return super().set(attr_name, value)
        getattr(self._table, attr_name)[self.rows] = fitted(column, value, self.agent_class.__name__)
        return self


class MixedRowSet(RowBackedSet):
    """Agents of several types: a model and unique ids, all agents where none are given.

    Ordinary Mesa agents may be among them; one that is removed from the model leaves the set as well.
    """

    @property
    def _allowed(self) -> str:  # type: ignore[override]
        return "it holds agents that its own model has now"

    @property
    def _keys(self) -> Keys:
        """Unique ids, without those of ordinary agents that were removed meanwhile."""
        if self._own is None:
            return self._all_keys()
        ordinary = self._places(self._own) == len(self.model.agent_classes)
        gone = ordinary & ~np.isin(self._own, list(self._ordinary())) if ordinary.any() else ordinary
        if gone.any():
            self._keep(self._own[~gone], inplace=True)
        return self._own

    @staticmethod
    def _places(keys: Keys) -> Keys:
        """Return the place of each agent's type among the model's types; ordinary agents come after the last."""
        return (keys - 1) // IDS_A_TYPE

    def _ordinary(self) -> dict[int, Agent]:
        return {agent.unique_id: agent for agent in self.model.ordinary_agents}

    def __len__(self) -> int:
        if self._own is not None:
            return len(self._keys)
        return sum(len(RowSet(self.model, made)) for made in self.model.agent_classes) + len(self.model.ordinary_agents)

    def _all_keys(self) -> Keys:
        rows = [
            RowSet(self.model, made).rows + place * IDS_A_TYPE + 1
            for place, made in enumerate(self.model.agent_classes)
        ]
        return np.concatenate([*rows, np.array(list(self._ordinary()), np.int64)])

    def _key(self, agent: Any) -> int | None:
        if not isinstance(agent, RowAgent):
            return agent.unique_id if isinstance(agent, Agent) and agent in self.model.ordinary_agents else None
        ours = type(agent) in self.model.agent_classes and agent in RowSet(self.model, type(agent))
        return agent.unique_id if ours else None

    def _made(self, keys: Iterable[int]) -> Iterator[Any]:
        classes, registered, ordinary = self.model.agent_classes, self.model.ordinary_agents, self._ordinary()
        for key in keys:
            place, row = divmod(key - 1, IDS_A_TYPE)
            if place < len(classes):
                yield classes[place](self.model, row)
            elif key in ordinary and ordinary[key] in registered:  # it may have been removed a moment ago
                yield ordinary[key]

    def _of_type(self, keys: Keys, agent_type: Any) -> NDArray[np.bool_]:
        classes = self.model.agent_classes
        matching = [place for place, made in enumerate(classes) if issubclass(made, agent_type)]
        others = [key for key, agent in self._ordinary().items() if isinstance(agent, agent_type)]
        return np.isin(self._places(keys), matching) | np.isin(keys, others)

    def _like(self, keys: Keys | None) -> "MixedRowSet":
        return MixedRowSet(self.model, keys, self.random)

    def _wider(self) -> "MixedRowSet":
        return self

    def of_type(self, agent_class: type[RowAgent]) -> RowSet:
        """Return the agents of one type whose agents are rows, as a set of that type."""
        keys = self._keys
        rows = (keys[self._of_type(keys, agent_class)] - 1) % IDS_A_TYPE
        return RowSet(self.model, agent_class, rows, self.random)

    def select(
        self,
        filter_func: Callable[[Any], bool] | NDArray[np.bool_] | None = None,
        at_most: int | float = float("inf"),
        inplace: bool = False,
        agent_type: type[Agent] | None = None,
    ) -> RowBackedSet:
        """Select as Mesa does; one type whose agents are rows gives a set of that type, with columns."""
        chosen = super().select(filter_func, at_most, inplace, agent_type)
        if inplace or agent_type not in self.model.agent_classes:
            return chosen
        return chosen.of_type(agent_type)

    def _values(self, name: str, missing: tuple[Any, ...]) -> list[Any]:
        keys = self._keys
        places, values = self._places(keys), [None] * len(keys)
        for place in np.unique(places).tolist():
            positions = np.flatnonzero(places == place)
            if place < len(self.model.agent_classes):
                rows = (keys[positions] - 1) % IDS_A_TYPE
                found = RowSet(self.model, self.model.agent_classes[place], rows)._values(name, missing)
            else:
                found = [getattr(agent, name, *missing) for agent in self._made(keys[positions].tolist())]
            for position, value in zip(positions.tolist(), found, strict=True):
                values[position] = value
        return values
