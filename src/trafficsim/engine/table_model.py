"""A Mesa model whose agents are rows."""

from functools import cached_property
from typing import Any, ClassVar

from trafficsim.engine.agent_sets import MixedRowSet, RowSet
from trafficsim.engine.views import IDS_A_TYPE, RowAgent


class TableModelMixin:
    """Gives a :class:`mesa.Model` agents that are rows: put it before ``Model`` among the bases.

    The model names the types of its agents in ``agent_classes`` and answers :meth:`table`. Ordinary Mesa agents may
    stand beside them, registered by Mesa itself. There is an example in :mod:`trafficsim.engine.views`.
    """

    agent_classes: ClassVar[tuple[type[RowAgent], ...]] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Mesa numbers ordinary agents from here, so that no two agents share a unique id.
        self.agent_id_counter = len(self.agent_classes) * IDS_A_TYPE + 1

    def table(self, name: str) -> Any:
        """Return the table ``name`` as it stands now."""
        raise NotImplementedError

    @cached_property
    def place(self) -> dict[str, int]:
        """The place of each table's type of agent in ``agent_classes``."""
        return {made.table: place for place, made in enumerate(self.agent_classes)}

    def view(self, table: str, row: int) -> Any:
        """Return the agent in ``row`` of ``table``."""
        return self.agent_classes[self.place[table]](self, row)

    @property
    def ordinary_agents(self) -> Any:
        """Mesa's own set of the ordinary agents that stand beside the rows."""
        return super().agents  # type: ignore[misc]

    @property
    def agents_by_type(self) -> dict[type, Any]:
        """Each agent type's set; it grows with the table."""
        return {made: RowSet(self, made) for made in self.agent_classes} | dict(super().agents_by_type)  # type: ignore[misc]

    @property
    def agents(self) -> MixedRowSet:
        """All agents: rows type by type, then ordinary agents."""
        return MixedRowSet(self)

    @property
    def agent_types(self) -> list[type]:
        """All agent types."""
        return list(self.agents_by_type)
