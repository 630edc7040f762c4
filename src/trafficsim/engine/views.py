"""Mesa agents that are views of rows.

A view holds a model and the number of a row; its attributes read and write the columns of a table. It is made when
somebody asks for it and forgotten afterwards, so that a million people are a million rows and not a million objects.

>>> import mesa, numpy as np
>>> from trafficsim.engine.table_model import TableModelMixin
>>> from trafficsim.engine.tables import Column, TableDeclaration
>>> SHEEP = TableDeclaration("Sheep", [Column("age", np.int16, "months", "age"), Column("ill", np.int8, "0 or 1", "is ill")])
>>> class Sheep(RowAgent, table="sheep", declaration=SHEEP):
...     def grow(self):
...         self.age += 1
>>> class Farm(TableModelMixin, mesa.Model):
...     agent_classes = (Sheep,)
...     def __init__(self, rng=None):
...         super().__init__(rng=rng)
...         self.sheep = SHEEP.allocate(8)
...         self.sheep.size[0] = 3
...     def table(self, name):
...         return self.sheep
>>> farm = Farm(rng=1)
>>> farm.agents.do("grow").select(lambda sheep: sheep.unique_id > 1).set("ill", 1).get(["age", "ill"])
[[1, 1], [1, 1]]
"""

from typing import Any, ClassVar

import numpy as np
from mesa import Agent
from numpy.typing import NDArray

from trafficsim.engine.tables import Column, TableDeclaration
from trafficsim.errors import UserError

IDS_A_TYPE = 10**10
"""Room for the unique ids of one type of agent: more than a table can have rows."""


def fitted(column: Column, value: Any, owner: str) -> NDArray[Any]:
    """Return ``value`` as an array of the column's dtype; :class:`UserError` when that would change it.

    NumPy itself would cut 1.7 down to 1 without a word, and a code that stands for no word would be found much later.
    """
    if column.labels is not None and isinstance(value, int) and value in column.labels:  # by far the commonest
        return np.asarray(int(value), column.dtype)
    given, dtype = np.asarray(value), np.dtype(column.dtype)
    if given.dtype.kind not in "biuf":
        allowed = "numbers"
    elif column.labels is not None:
        if np.isin(given, list(column.labels)).all():
            return given.astype(dtype)
        allowed = ", ".join(f"{code.name} = {code.value}" for code in column.labels)
    elif dtype.kind == "f":
        return given.astype(dtype)
    else:
        with np.errstate(invalid="ignore"):  # NaN becomes some number, which the comparison then refuses
            stored = given.astype(dtype)
        if (stored == given).all():
            return stored
        allowed = f"whole numbers from {np.iinfo(dtype).min} to {np.iinfo(dtype).max}"
    raise UserError(f"{owner}.{column.name} = {value!r}: the column holds {allowed}.")


def _column_property(column: Column) -> property:
    words = column.labels

    def read(self: "RowAgent") -> Any:
        value = getattr(self.model.table(self.table), column.name).item(self.row)
        return words(value) if words else value

    def write(self: "RowAgent", value: Any) -> None:
        getattr(self.model.table(self.table), column.name)[self.row] = fitted(column, value, type(self).__name__)

    unit = f" [{column.unit}]" if column.unit else ""
    return property(read, write, doc=column.meaning + unit)


class RowAgent(Agent):
    """A Mesa agent that is a view of one row. Two views of the same row of the same model are equal.

    A subclass names its table and the table's declaration: ``class Sheep(RowAgent, table="sheep", declaration=SHEEP)``.
    """

    table: ClassVar[str]
    declaration: ClassVar[TableDeclaration]
    row: int
    """Number of the row, from 0."""
    pos: None = None
    """Mesa's place of an agent in a space: none."""

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
    def unique_id(self) -> int:
        """A number that no other agent of the model has: from 1 for the model's first type, from far above for others."""
        return self.model.place[self.table] * IDS_A_TYPE + self.row + 1

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

    def __reduce__(self) -> tuple[Any, ...]:
        """Be made again from model and row, at once: a copied model may keep views in sets, which need the hash."""
        return type(self), (self.model, self.row)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}, row {self.row}>"

    def remove(self) -> None:
        """Refuse: rows stay while a run lasts, so that lives can be compared."""
        raise TypeError(f"A {type(self).__name__} cannot be removed; change its columns instead.")
