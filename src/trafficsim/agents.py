"""The agents of the model, each a view of one row of a table.

Every column of a table is an attribute that can be read and written; its meaning and unit are the attribute's help.

>>> from trafficsim import Migrant, TraffickingModel
>>> Migrant.trust.__doc__
'trust that the authorities would protect rather than remove [0 to 1]'
>>> model = TraffickingModel(rng=1, scale=0.01)
>>> model.run_until("2000-01")
>>> someone = model.agents_by_type[Migrant].to_list()[0]
>>> someone.trust = 0.25
>>> model.agents_by_type[Migrant].get("trust")[0]
0.25
>>> exploited = model.agents_by_type[Migrant].select(lambda person: person.is_exploited)
>>> {type(person.held_by).__name__ for person in exploited}
{'Household'}
"""

from trafficsim.cards import SaysWho
from trafficsim.engine.views import RowAgent
from trafficsim.processes import vocabulary as words
from trafficsim.processes.population import (
    BROKERS,
    CHILDREN,
    ENFORCEMENT_UNITS,
    HOUSEHOLDS,
    MIGRANTS,
    PROTECTION_SERVICES,
)


class Migrant(SaysWho, RowAgent, table="migrants", declaration=MIGRANTS):
    """A person who has left, or means to leave, the country of origin."""

    told = ("sex", "age", "status")

    @property
    def age(self) -> int:
        """Age in whole years."""
        return (self.model.month - self.birth_month) // 12

    @property
    def is_exploited(self) -> bool:
        """True in forced marriage, sexual exploitation, forced labour or domestic servitude."""
        return words.Status.FORCED_MARRIAGE <= self.status <= words.Status.DOMESTIC_SERVITUDE

    @property
    def held_by(self) -> "Broker | Household | None":
        """The broker or household that holds her, or nobody."""
        if self.holder < 0:
            return None
        by_brokers = self.status == words.Status.HELD_BY_BROKERS
        return self.model.view("brokers" if by_brokers else "households", self.holder)

    @property
    def her_children(self) -> "list[Child]":
        """Her children born in the host country, the youngest first."""
        found, row = [], self.youngest
        while row >= 0:
            child = self.model.view("children", row)
            found.append(child)
            row = child.elder
        return found


class Child(SaysWho, RowAgent, table="children", declaration=CHILDREN):
    """A child born in the host country to a migrant mother."""

    told = ("sex", "age", "care")

    @property
    def age(self) -> int:
        """Age in whole years."""
        return (self.model.month - self.birth_month) // 12

    @property
    def mothers_view(self) -> Migrant:
        """The mother; ``mother`` is the number of her row."""
        return self.model.view("migrants", self.mother)


class Broker(SaysWho, RowAgent, table="brokers", declaration=BROKERS):
    """A member of a broker network; an inactive one lies low or has left its seat."""

    told = ("role", "side")


class Household(SaysWho, RowAgent, table="households", declaration=HOUSEHOLDS):
    """A family, farm, workshop, venue or home that seeks or has taken in a person."""

    told = ("kind",)


class EnforcementUnit(SaysWho, RowAgent, table="units", declaration=ENFORCEMENT_UNITS):
    """Border guards, local police, detention and removal."""

    told = ("kind",)


class ProtectionService(SaysWho, RowAgent, table="services", declaration=PROTECTION_SERVICES):
    """A service that protects; it exists only as far as policy allows it."""

    told = ("kind",)
