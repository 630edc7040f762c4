"""The reference process in Mesa: a person is an agent, a month is a step, a data collector keeps the stocks."""

from collections import Counter

import mesa
import numpy as np
from numpy.typing import NDArray

from benchmarks.peers.process import DEPARTURE, ESCAPE, GOING_HOME, IDENTIFICATION, RELEASE, REMOVAL, Status, places


class Person(mesa.Agent):
    """Someone who may be trafficked."""

    def __init__(self, model):
        super().__init__(model)
        self.status = Status.AT_ORIGIN

    def live(self):
        """Live through a month; whoever is on offer waits for the market."""
        draw = self.random.random
        if self.status == Status.AT_ORIGIN:
            if draw() < DEPARTURE:
                self.status = Status.ON_OFFER
        elif self.status == Status.EXPLOITED:
            if draw() < IDENTIFICATION:
                self.status = Status.IN_CUSTODY
            elif draw() < ESCAPE:
                self.status = Status.PROTECTED
        elif self.status == Status.IN_CUSTODY:
            if draw() < self.model.removal:
                self.status = Status.AT_ORIGIN
            elif draw() < RELEASE:
                self.status = Status.PROTECTED
        elif self.status == Status.PROTECTED and draw() < GOING_HOME:
            self.status = Status.AT_ORIGIN


class Corridor(mesa.Model):
    """All persons, and the market between them."""

    def __init__(self, size, removal, rng=None):
        super().__init__(rng=rng)
        self.removal, self.places = removal, places(size)
        Person.create_agents(self, size)
        reporters = {status.name: lambda model, status=status: model.counts[status] for status in Status}
        self.datacollector = mesa.DataCollector(model_reporters=reporters)
        self.collect()

    def collect(self):
        """Count the people in each status, once for all reporters."""
        self.counts = Counter(self.agents.get("status"))
        self.datacollector.collect(self)

    def step(self):
        """Live through a month: the market takes from those on offer; everyone else lives."""
        on_offer = self.agents.select(lambda person: person.status == Status.ON_OFFER)
        taken = self.random.sample(list(on_offer), min(self.places, len(on_offer)))
        self.agents.do("live")
        for person in taken:
            person.status = Status.EXPLOITED
        self.collect()


def simulate(size: int, months: int, seed: int, arm: str) -> NDArray[np.int64]:
    """Return the stocks at the start and after each month; shape (months + 1, 5)."""
    model = Corridor(size, REMOVAL[arm], rng=seed)
    for _ in range(months):
        model.step()
    return model.datacollector.get_model_vars_dataframe().to_numpy()
