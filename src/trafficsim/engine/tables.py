"""Tables of columns: the state of a run as NumPy arrays that compiled code reads and writes.

Each column is declared once, with its dtype, unit and meaning; docs, agents and results are made from the declaration.
Rows are appended, never moved while a run lasts. The idea is that of tskit's tables.
"""

import sys
from collections import namedtuple
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np

from trafficsim.engine.compiling import PLAIN_PYTHON


@dataclass(frozen=True)
class Column:
    """One column: ``dtype`` of its array, ``unit`` and ``meaning`` in words, ``default`` of a new row, and the words
    that its codes stand for.
    """

    name: str
    dtype: Any
    unit: str
    meaning: str
    default: float = 0
    labels: type[IntEnum] | None = None


class PlainArray(np.ndarray):
    """An array whose single elements read as Python numbers, as they do in compiled code.

    NumPy's own small integers and floats would overflow or round where compiled code widens them.
    """

    def __getitem__(self, item: Any) -> Any:
        """Return a Python number for one element, an array for a slice."""
        found = super().__getitem__(item)
        return found.item() if isinstance(found, np.generic) else found


def column_array(array: np.ndarray) -> np.ndarray:
    """Return the array as rules should see it: itself, or in the plain reference run a :class:`PlainArray`."""
    return array.view(PlainArray) if PLAIN_PYTHON else array


def with_room(rows: int) -> int:
    """Return the capacity to make for ``rows``: a quarter more, for copying is cheap and memory that lies idle is not."""
    return rows + rows // 4


def _filled(column: Column, capacity: int, used: int = 0) -> np.ndarray:
    """Return an array of ``capacity`` rows with the column's default from row ``used`` on; the rows before are unset.

    Zeros are asked for as zeros: the system gives memory for them only when they are written to.
    """
    if column.default == 0:
        return np.zeros(capacity, column.dtype)
    array = np.empty(capacity, column.dtype)
    array[used:] = column.default
    return array


class TableDeclaration:
    """The columns of a table, in order, and how to make, grow and copy one.

    A table is a named tuple of arrays of equal length, the capacity, and ``size``, an int64 array of one number: the
    rows in use. It is an array so that compiled code can append.
    """

    def __init__(self, name: str, columns: Sequence[Column]) -> None:
        self.name = name
        self.columns: tuple[Column, ...] = tuple(columns)
        names = [column.name for column in self.columns]
        if len(set(names)) != len(names):
            raise ValueError(f"table {name} declares a column twice")
        self.column: Mapping[str, Column] = dict(zip(names, self.columns, strict=True))
        self.tuple_type: Any = namedtuple(name, [*names, "size"], module=__name__)  # type: ignore[misc]
        setattr(sys.modules[__name__], name, self.tuple_type)

    @property
    def bytes_per_row(self) -> int:
        """Bytes that one row takes."""
        return sum(np.dtype(column.dtype).itemsize for column in self.columns)

    def allocate(self, capacity: int) -> Any:
        """Return an empty table with room for ``capacity`` rows."""
        arrays = (column_array(_filled(column, capacity)) for column in self.columns)
        return self.tuple_type(*arrays, column_array(np.zeros(1, np.int64)))

    def ensure(self, table: Any, extra: int) -> Any:
        """Return a table with room for ``extra`` more rows: the same one, or a larger copy."""
        needed, capacity = int(table.size[0]) + extra, len(table[0])
        return table if needed <= capacity else self.grown(table, max(needed, with_room(capacity)))

    def grown(self, table: Any, capacity: int) -> Any:
        """Return a copy of the table with room for ``capacity`` rows."""
        used, arrays = int(table.size[0]), []
        for column, old in zip(self.columns, table[:-1], strict=True):
            new = _filled(column, capacity, used)
            new[:used] = old[:used]
            arrays.append(column_array(new))
        return self.tuple_type(*arrays, column_array(np.full(1, used, np.int64)))

    def copy(self, table: Any) -> Any:
        """Return an independent copy."""
        return self.tuple_type(*(array.copy() for array in table))

    def describe(self) -> list[dict[str, Any]]:
        """Return one record a column: name, dtype, unit, meaning and the words of its codes."""
        return [
            {
                "name": column.name,
                "dtype": np.dtype(column.dtype).name,
                "unit": column.unit,
                "meaning": column.meaning,
                "labels": {int(code): code.name.lower() for code in column.labels} if column.labels else None,
            }
            for column in self.columns
        ]
