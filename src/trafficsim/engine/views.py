"""Mesa agents that are views of rows, and Mesa agent sets that are row numbers.

A view holds the model and a row; its attributes read and write the table's columns. A set holds row numbers; what Mesa's
own sets do agent by agent, it does on columns wherever it can. Every set derived from one of ours is again row-backed,
because Mesa's own sets refer weakly to agents and views would vanish from them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from random import Random
from typing import Any, ClassVar

import numpy as np
from mesa import Agent
from mesa.agentset import AbstractAgentSet, GroupBy
from numpy.typing import NDArray

from trafficsim.engine.tables import Column, TableDeclaration


def _column_property(column: Column) -> property:
    words = column.labels

    def read(self: "RowAgent") -> Any:
        value = getattr(self._table, column.name)[self.row].item()
        return words(value) if words else value

    def write(self: "RowAgent", value: Any) -> None:
        getattr(self._table, column.name)[self.row] = value

    unit = f" [{column.unit}]" if column.unit else ""
    return property(read, write, doc=column.meaning + unit)


class RowAgent(Agent):
    """A Mesa agent that is a view of one row. Two views of the same row of the same model are equal."""

    table: ClassVar[str]
    declaration: ClassVar[TableDeclaration]

    def __init_subclass__(cls, table: str = "", declaration: TableDeclaration | None = None, **kwargs: Any) -> None:
        """Make a property of each column of ``declaration``."""
        super().__init_subclass__(**kwargs)
        if declaration is not None:
            cls.table, cls.declaration = table, declaration
            for column in declaration.columns:
                setattr(cls, column.name, _column_property(column))

    def __init__(self, model: Any, row: int) -> None:  # a view is not registered with Mesa: its row already is
        object.__setattr__(self, "model", model)
        object.__setattr__(self, "row", int(row))

    @property
    def _table(self) -> Any:
        return self.model.tables[self.table]

    @property
    def unique_id(self) -> int:
        """The number of the agent among those of its type, from 1."""
        return self.row + 1

    def __setattr__(self, name: str, value: Any) -> None:
        """Write a column; a view keeps nothing of its own, so any other name is refused."""
        if not isinstance(getattr(type(self), name, None), property):
            raise AttributeError(
                f"{type(self).__name__} has no column '{name}', and a view keeps nothing of its own. "
                f"Keep your own data in an array on the model, by row."
            )
        object.__setattr__(self, name, value)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.model is other.model and self.row == other.row

    def __hash__(self) -> int:
        return hash((type(self), id(self.model), self.row))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.unique_id}>"

    def remove(self) -> None:
        """Refuse: rows stay while a run lasts, so that lives can be compared."""
        raise TypeError(f"A {type(self).__name__} cannot be removed; change its status instead.")


class RowSet(AbstractAgentSet):
    """A Mesa agent set of one type: a model and row numbers (all rows in use where none are given)."""

    def __init__(
        self,
        agents: Iterable[RowAgent] = (),
        random: Random | None = None,
        *,
        model: Any = None,
        agent_class: type[RowAgent] | None = None,
        rows: NDArray[np.int64] | None = None,
    ) -> None:
        agents = list(agents)
        if agents:
            model, agent_class = agents[0].model, type(agents[0])
            rows = np.array([agent.row for agent in agents], np.int64)
        self.model, self.agent_class = model, agent_class
        self._rows = rows
        self.random = random or getattr(model, "random", None) or Random()

    @property
    def rows(self) -> NDArray[np.int64]:
        """Row numbers, in order."""
        return np.arange(len(self)) if self._rows is None else self._rows

    def _of(self, rows: NDArray[np.int64]) -> "RowSet":
        return RowSet(
            random=self.random, model=self.model, agent_class=self.agent_class, rows=np.asarray(rows, np.int64)
        )

    def _keep(self, rows: NDArray[np.int64], inplace: bool) -> "RowSet":
        if not inplace:
            return self._of(rows)
        self._rows = np.asarray(rows, np.int64)
        return self

    @property
    def _table(self) -> Any:
        return self.model.tables[self.agent_class.table]  # type: ignore[union-attr]

    @property
    def _agents(self) -> dict[RowAgent, None]:
        """What Mesa's inherited methods iterate over."""
        return dict.fromkeys(self)

    def __len__(self) -> int:
        if self._rows is not None:
            return len(self._rows)
        return int(self._table.size[0]) if self.agent_class else 0

    def __iter__(self) -> Iterator[RowAgent]:
        return (self.agent_class(self.model, row) for row in self.rows.tolist())  # type: ignore[misc]

    def __contains__(self, agent: object) -> bool:
        if type(agent) is not self.agent_class or agent.model is not self.model:
            return False
        row = agent.row
        return 0 <= row < len(self) if self._rows is None else bool((self._rows == row).any())

    def __getitem__(self, item: int | slice) -> Any:
        """Return one agent, or a list of agents for a slice."""
        chosen = self.rows[item]
        if isinstance(item, slice):
            return [self.agent_class(self.model, row) for row in chosen.tolist()]  # type: ignore[misc]
        return self.agent_class(self.model, int(chosen))  # type: ignore[misc]

    def _update(self, agents: Iterable[RowAgent]) -> "RowSet":
        self._rows = np.array([agent.row for agent in agents], np.int64)
        return self

    def select(
        self,
        filter_func: Callable[[Any], bool] | NDArray[np.bool_] | None = None,
        at_most: int | float = float("inf"),
        inplace: bool = False,
        agent_type: type[Agent] | None = None,
    ) -> "RowSet":
        """Select as Mesa does; ``filter_func`` may also be a boolean array, one value an agent."""
        rows = self.rows
        if agent_type is not None and not issubclass(self.agent_class or Agent, agent_type):
            rows = rows[:0]
        if isinstance(at_most, float) and at_most <= 1.0:
            at_most = int(len(self) * at_most)
        if isinstance(filter_func, np.ndarray):
            rows = rows[filter_func[: len(rows)]]
        elif filter_func is not None:
            make: Any = self.agent_class
            kept: list[int] = []
            for row in rows.tolist():
                if len(kept) >= at_most:
                    break
                if filter_func(make(self.model, row)):
                    kept.append(row)
            rows = np.array(kept, np.int64)
        if at_most < len(rows):
            rows = rows[: int(at_most)]
        return self._keep(rows, inplace)

    def column(self, name: str) -> NDArray[Any]:
        """Return one column of the set's rows as an array."""
        return np.asarray(getattr(self._table, name)[self.rows])

    def get(self, attr_names: Any, handle_missing: str = "error", default_value: Any = None) -> list[Any]:
        """Return attributes as Mesa does, read from columns where they are columns."""
        if handle_missing not in ("error", "default"):
            raise ValueError(f"Unknown handle_missing option: {handle_missing}, should be one of 'error' or 'default'")
        names = [attr_names] if isinstance(attr_names, str) else list(attr_names)
        values = [self._values(name, handle_missing, default_value) for name in names]
        if isinstance(attr_names, str):
            return values[0]
        return [list(row) for row in zip(*values, strict=True)]

    def _values(self, name: str, handle_missing: str, default_value: Any) -> list[Any]:
        declared = self.agent_class.declaration.column.get(name) if self.agent_class else None
        if declared is not None:
            values = self.column(name).tolist()
            return [declared.labels(value) for value in values] if declared.labels else values
        if handle_missing == "default":
            return [getattr(agent, name, default_value) for agent in self]
        return [getattr(agent, name) for agent in self]

    def agg(self, attribute: str, func: Any) -> Any:
        """Aggregate an attribute with one function or several."""
        declared = self.agent_class.declaration.column.get(attribute) if self.agent_class else None
        values: Any = self.column(attribute) if declared is not None else self.get(attribute)
        return func(values) if callable(func) else [one(values) for one in func]

    def set(self, attr_name: str, value: Any) -> "RowSet":
        """Set one attribute of all agents."""
        if self.agent_class and attr_name in self.agent_class.declaration.column:
            getattr(self._table, attr_name)[self.rows] = value
            return self
        for agent in self:
            setattr(agent, attr_name, value)
        return self

    def do(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> "RowSet":
        """Call a method of each agent, or a function on each."""
        self.map(method, *args, **kwargs)
        return self

    def map(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> list[Any]:
        """Call as :meth:`do` does and return what came back."""
        if isinstance(method, str):
            return [getattr(agent, method)(*args, **kwargs) for agent in self]
        return [method(agent, *args, **kwargs) for agent in self]

    def shuffle(self, inplace: bool = False) -> "RowSet":
        """Put the agents in a random order, drawn from the model's own ``random``."""
        order = self.rows.tolist()
        self.random.shuffle(order)
        return self._keep(np.array(order, np.int64), inplace)

    def shuffle_do(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> "RowSet":
        """Call on each agent in a random order."""
        self.shuffle().do(method, *args, **kwargs)
        return self

    def sort(self, key: Callable[[Any], Any] | str, ascending: bool = False, inplace: bool = False) -> "RowSet":
        """Sort by an attribute or a function."""
        values = self.get(key) if isinstance(key, str) else [key(agent) for agent in self]
        order = sorted(range(len(values)), key=values.__getitem__, reverse=not ascending)
        return self._keep(self.rows[order], inplace)

    def groupby(self, by: Callable[[Any], Any] | str, result_type: str = "agentset") -> GroupBy:
        """Group by an attribute or a function, as Mesa does."""
        values = self.get(by) if isinstance(by, str) else [by(agent) for agent in self]
        rows = self.rows.tolist()
        groups: dict[Any, list[int]] = {}
        for value, row in zip(values, rows, strict=True):
            groups.setdefault(value, []).append(row)
        sets: dict[Any, Any] = {value: self._of(np.array(chosen)) for value, chosen in groups.items()}
        if result_type == "list":
            sets = {value: group.to_list() for value, group in sets.items()}
        return GroupBy(sets)

    def to_list(self) -> list[RowAgent]:
        """Return views of all agents."""
        return list(self)

    def copy(self) -> "RowSet":
        """Return a set of its own with the same agents."""
        return self._of(self.rows.copy())

    def _own_rows(self, action: str) -> NDArray[np.int64]:
        if self._rows is None:
            raise TypeError(f"The model's own set cannot {action} agents; work on a copy, model.agents.copy().")
        return self._rows

    def add(self, agent: Any) -> None:
        """Add an agent to a derived set."""
        rows = self._own_rows("add")
        if agent not in self:
            self._rows = np.append(rows, agent.row)

    def discard(self, agent: Any) -> None:
        """Take an agent out of a derived set, if it is there."""
        rows = self._own_rows("discard")
        if agent in self:
            self._rows = rows[rows != agent.row]

    def remove(self, agent: Any) -> None:
        """Take an agent out of a derived set; ``KeyError`` if it is not there."""
        self._own_rows("remove")
        if agent not in self:
            raise KeyError(agent)
        self.discard(agent)

    def __copy__(self) -> "RowSet":
        return self.copy()


class MixedRowSet(RowSet):
    """All agents of a model: row sets of several types, one after the other."""

    def __init__(self, parts: Sequence[Any] = (), random: Random | None = None) -> None:
        # Mesa builds derived sets from agents: keep them as they are, strongly.
        self.parts = list(parts)
        self.random = random or (parts[0].random if parts and hasattr(parts[0], "random") else Random())
        self.agent_class, self._rows, self.model = (
            None,
            None,
            getattr(self.parts[0], "model", None) if self.parts else None,
        )

    def __len__(self) -> int:
        return sum(len(part) if isinstance(part, AbstractAgentSet) else 1 for part in self.parts)

    def __iter__(self) -> Iterator[Any]:
        for part in self.parts:
            if isinstance(part, AbstractAgentSet):
                yield from part
            else:
                yield part

    def __contains__(self, agent: object) -> bool:
        return any(agent in part if isinstance(part, AbstractAgentSet) else agent == part for part in self.parts)

    def __getitem__(self, item: int | slice) -> Any:
        return list(self)[item]

    def select(
        self, filter_func: Any = None, at_most: int | float = float("inf"), inplace: bool = False,
        agent_type: type[Agent] | None = None,
    ) -> Any:  # fmt: skip
        """Select as Mesa does; a type alone gives that type's own set."""
        if agent_type is not None and filter_func is None and at_most == float("inf") and not inplace:
            same = [part for part in self.parts if isinstance(part, RowSet) and part.agent_class is agent_type]
            if len(same) == 1:
                return same[0].copy()
        chosen = [agent for agent in self if agent_type is None or isinstance(agent, agent_type)]
        if isinstance(at_most, float) and at_most <= 1.0:
            at_most = int(len(self) * at_most)
        if filter_func is not None:
            chosen = [agent for agent in chosen if filter_func(agent)]
        return self._made(chosen[: int(min(at_most, len(chosen)))], inplace)

    def _made(self, agents: list[Any], inplace: bool = False) -> Any:
        if inplace:
            self.parts = agents
            return self
        return MixedRowSet(agents, self.random)

    def get(self, attr_names: Any, handle_missing: str = "error", default_value: Any = None) -> list[Any]:
        """Return attributes, part by part."""
        if handle_missing not in ("error", "default"):
            raise ValueError(f"Unknown handle_missing option: {handle_missing}, should be one of 'error' or 'default'")
        values: list[Any] = []
        for part in self.parts:
            one = part if isinstance(part, AbstractAgentSet) else None
            if one is not None:
                values += one.get(attr_names, handle_missing, default_value)
            else:
                names = [attr_names] if isinstance(attr_names, str) else attr_names
                found = [
                    getattr(part, name, default_value) if handle_missing == "default" else getattr(part, name)
                    for name in names
                ]
                values.append(found[0] if isinstance(attr_names, str) else found)
        return values

    def agg(self, attribute: str, func: Any) -> Any:
        """Aggregate an attribute with one function or several."""
        values = self.get(attribute)
        return func(values) if callable(func) else [one(values) for one in func]

    def set(self, attr_name: str, value: Any) -> Any:
        """Set one attribute of all agents."""
        for agent in self:
            setattr(agent, attr_name, value)
        return self

    def shuffle(self, inplace: bool = False) -> Any:
        """Put the agents in a random order."""
        agents = list(self)
        self.random.shuffle(agents)
        return self._made(agents, inplace)

    def sort(self, key: Any, ascending: bool = False, inplace: bool = False) -> Any:
        """Sort by an attribute or a function."""
        read = (lambda agent: getattr(agent, key)) if isinstance(key, str) else key
        return self._made(sorted(self, key=read, reverse=not ascending), inplace)

    def groupby(self, by: Any, result_type: str = "agentset") -> GroupBy:
        """Group by an attribute or a function."""
        read = (lambda agent: getattr(agent, by)) if isinstance(by, str) else by
        groups: dict[Any, list[Any]] = {}
        for agent in self:
            groups.setdefault(read(agent), []).append(agent)
        return GroupBy(
            {value: self._made(chosen) if result_type == "agentset" else chosen for value, chosen in groups.items()}
        )

    def copy(self) -> Any:
        """Return a set of its own with the same agents."""
        return MixedRowSet(list(self), self.random)

    def _own_rows(self, action: str) -> Any:
        if any(isinstance(part, AbstractAgentSet) for part in self.parts):
            raise TypeError(f"The model's own set cannot {action} agents; work on a copy, model.agents.copy().")
        return None

    def add(self, agent: Any) -> None:
        """Add an agent to a derived set."""
        self._own_rows("add")
        if agent not in self:
            self.parts.append(agent)

    def discard(self, agent: Any) -> None:
        """Take an agent out of a derived set, if it is there."""
        self._own_rows("discard")
        self.parts = [part for part in self.parts if part != agent]


class TableModelMixin:
    """Gives a :class:`mesa.Model` agents that are rows: put it before ``Model`` among the bases.

    The model has ``tables``, a mapping of names to tables, and ``agent_classes``, the views of them.
    """

    agent_classes: ClassVar[tuple[type[RowAgent], ...]] = ()

    @property
    def tables(self) -> Mapping[str, Any]:
        """The tables by name."""
        raise NotImplementedError

    def _row_sets(self) -> dict[type, Any]:
        return {made: RowSet(random=self.random, model=self, agent_class=made) for made in self.agent_classes}  # type: ignore[attr-defined]

    @property
    def agents_by_type(self) -> dict[type, Any]:
        """Each agent type's set; a user's own ordinary Mesa agents stand beside ours."""
        return self._row_sets() | dict(super().agents_by_type)  # type: ignore[misc]

    @property
    def agents(self) -> Any:
        """All agents."""
        return MixedRowSet(list(self.agents_by_type.values()), self.random)  # type: ignore[attr-defined]

    @property
    def agent_types(self) -> list[type]:
        """All agent types."""
        return list(self.agents_by_type)
