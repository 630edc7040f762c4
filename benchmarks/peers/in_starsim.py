"""The reference process in Starsim: a module with a state a status, a distribution a decision, results by month."""

import numpy as np
import starsim as ss
from numpy.typing import NDArray

from benchmarks.peers.process import DEPARTURE, ESCAPE, GOING_HOME, IDENTIFICATION, RELEASE, REMOVAL, Status, places

NAMES = [status.name.lower() for status in Status]


class Corridor(ss.Module):
    """All persons, and the market between them."""

    def __init__(self, pars=None, **kwargs):
        super().__init__()
        self.define_pars(
            departure=ss.bernoulli(p=DEPARTURE),
            market=ss.choose_n(n=1),
            identification=ss.bernoulli(p=IDENTIFICATION),
            escape=ss.bernoulli(p=ESCAPE),
            removal=ss.bernoulli(p=0.0),
            release=ss.bernoulli(p=RELEASE),
            going_home=ss.bernoulli(p=GOING_HOME),
        )
        self.update_pars(pars, **kwargs)
        self.define_states(*(ss.BoolState(name, default=name == "at_origin") for name in NAMES))

    def step(self):
        """Live through a month: whoever stands in a status at its start goes one way, the other, or stays."""
        pars = self.pars
        exploited, custody = self.exploited.uids, self.in_custody.uids
        leave = pars.departure.filter(self.at_origin.uids)
        taken = pars.market.filter(self.on_offer.uids)
        identified, unseen = pars.identification.split(exploited)
        out = pars.escape.filter(unseen)
        removed, kept = pars.removal.split(custody)
        released = pars.release.filter(kept)
        home = pars.going_home.filter(self.protected.uids)
        self.move(self.at_origin, self.on_offer, leave)
        self.move(self.on_offer, self.exploited, taken)
        self.move(self.exploited, self.in_custody, identified)
        self.move(self.exploited, self.protected, out)
        self.move(self.in_custody, self.at_origin, removed)
        self.move(self.in_custody, self.protected, released)
        self.move(self.protected, self.at_origin, home)

    @staticmethod
    def move(before, after, uids):
        """Take people out of one status and into another."""
        before[uids] = False
        after[uids] = True


def simulate(size: int, months: int, seed: int, arm: str) -> NDArray[np.int64]:
    """Return the stocks at the start and after each month; shape (months + 1, 5)."""
    corridor = Corridor(market=ss.choose_n(n=places(size)), removal=ss.bernoulli(p=REMOVAL[arm]))
    sim = ss.Sim(
        modules=corridor, n_agents=size, start=ss.date("2000-01-01"), dur=ss.months(months - 1), dt=ss.month, rand_seed=seed,
        copy_inputs=False, verbose=0,
    )  # fmt: skip
    sim.run()
    after = np.column_stack([np.asarray(sim.results.corridor[f"n_{name}"]) for name in NAMES])
    start = [size, *[0] * (len(NAMES) - 1)]  # results begin after the first step
    return np.vstack([start, after]).astype(np.int64)
