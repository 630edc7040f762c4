"""The reference process in AgentPy: an agent list, parameters in a dictionary, stocks recorded by the model."""

import agentpy as ap
import numpy as np
from numpy.typing import NDArray

from benchmarks.peers.process import DEPARTURE, ESCAPE, GOING_HOME, IDENTIFICATION, RELEASE, REMOVAL, Status, places


class Person(ap.Agent):
    """Someone who may be trafficked."""

    def setup(self):
        """Begin at the origin."""
        self.status = Status.AT_ORIGIN

    def live(self):
        """Live through a month; whoever is on offer waits for the market."""
        draw = self.model.random.random
        if self.status == Status.AT_ORIGIN:
            if draw() < DEPARTURE:
                self.status = Status.ON_OFFER
        elif self.status == Status.EXPLOITED:
            if draw() < IDENTIFICATION:
                self.status = Status.IN_CUSTODY
            elif draw() < ESCAPE:
                self.status = Status.PROTECTED
        elif self.status == Status.IN_CUSTODY:
            if draw() < self.p.removal:
                self.status = Status.AT_ORIGIN
            elif draw() < RELEASE:
                self.status = Status.PROTECTED
        elif self.status == Status.PROTECTED and draw() < GOING_HOME:
            self.status = Status.AT_ORIGIN


class Corridor(ap.Model):
    """All persons, and the market between them."""

    def setup(self):
        """Make the people."""
        self.people = ap.AgentList(self, self.p.size, Person)

    def step(self):
        """Live through a month: the market takes from those on offer; everyone else lives."""
        on_offer = self.people.select(self.people.status == Status.ON_OFFER)
        taken = on_offer.random(min(places(self.p.size), len(on_offer)))
        self.people.live()
        taken.status = Status.EXPLOITED

    def update(self):
        """Record the stocks, at the start and after each month."""
        counts = np.bincount(list(self.people.status), minlength=len(Status))
        for status in Status:
            self.record(status.name, int(counts[status]))


def simulate(size: int, months: int, seed: int, arm: str) -> NDArray[np.int64]:
    """Return the stocks at the start and after each month; shape (months + 1, 5)."""
    model = Corridor({"size": size, "steps": months, "seed": seed, "removal": REMOVAL[arm]})
    results = model.run(display=False)
    return results.variables.Corridor[[status.name for status in Status]].to_numpy()
