"""Households, farms, workshops, venues and homes that seek or have taken in a person."""

import mesa

from trafficsim.processes.vocabulary import Draw


class Household(mesa.Agent):
    """One that seeks a person for a purpose, up to what it would pay."""

    __slots__ = (
        "area", "children", "compliance", "control", "entered", "holds", "key", "kind", "paid", "seeking", "wealth",
    )  # fmt: skip

    def __init__(self, model, key, kind, area, price, p):
        super().__init__(model)
        draw = model.draw
        self.key = key
        self.kind = kind
        self.area = area
        self.wealth = price * p.usual_wealth_to_price * (0.5 + draw(key, Draw.HOUSEHOLD_WEALTH))
        self.control = draw(key, Draw.HOUSEHOLD_CONTROL)
        self.compliance = draw(key, Draw.HOUSEHOLD_COMPLIANCE)
        self.paid = 0.0
        self.seeking = 1
        self.holds = None
        self.children = 0
        self.entered = model.month

    def take_in(self, migrant, price):
        """Buy a person."""
        self.paid = price
        self.holds = migrant
        self.seeking = 0
