"""What the exact solution is made of: the states of a life, and a step of the month as a matrix over them.

See ``markov_chain.py``. A state is a status and what must be remembered in it. Nothing here knows a chance.
"""

from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from trafficsim.processes.vocabulary import Event, Status

MARRIAGE, VENUE, LABOUR, SERVITUDE = (
    Status.FORCED_MARRIAGE, Status.SEXUAL_EXPLOITATION, Status.FORCED_LABOUR, Status.DOMESTIC_SERVITUDE,
)  # fmt: skip
EXPLOITED = (MARRIAGE, VENUE, LABOUR, SERVITUDE)
ALONE, GUIDED, DECEIVED = 0, 1, 2
TRANSPORTER, TRANSLATOR, SELLER = 0, 1, 2
NO_PERMIT, SURVEILLANCE, LAWFUL = 0, 1, 2
DETAINED, AWAITING, SENTENCED = 0, 1, 2
STAYS, INTENDS, SETTLED = 0, 1, 2


def mean_over_unit_interval(nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """Gauss-Legendre nodes and weights for the mean of a smooth function of a uniform number."""
    points, weights = np.polynomial.legendre.leggauss(nodes)
    return (points + 1.0) / 2.0, weights / 2.0


CONTROL, CONTROL_WEIGHT = mean_over_unit_interval(5)
COMPLIANCE, COMPLIANCE_WEIGHT = mean_over_unit_interval(3)
HARDSHIP, HARDSHIP_WEIGHT = mean_over_unit_interval(3)

# What a state remembers and how many values each takes; the code of a state is the number that these digits write.
DIGITS = {
    "status": len(Status), "area": 7, "link": 2, "returns": 3, "permit": 3, "trafficked": 2,
    "identified": 2, "found_at_risk": 2, "journey": 3, "intends": 3, "months": 64, "role": 3, "arrested": 2,
    "control": len(CONTROL), "compliance": len(COMPLIANCE), "stage": 3, "screened": 2, "assessed": 2, "left": 64,
}  # fmt: skip
OF_A_LIFE = ("link", "returns", "permit", "trafficked", "identified", "found_at_risk")
REMEMBERED: dict[int, tuple[str, ...]] = {
    Status.AT_ORIGIN: ("link", "journey", "intends"),
    Status.IN_TRANSIT: ("area", *OF_A_LIFE, "journey", "months"),
    Status.HELD_BY_BROKERS: ("area", *OF_A_LIFE, "role", "arrested"),
    **dict.fromkeys(EXPLOITED, ("area", *OF_A_LIFE, "control", "compliance")),
    Status.IN_HIDING: ("area", *OF_A_LIFE, "months"),
    Status.IN_CUSTODY: ("area", *OF_A_LIFE, "stage", "screened", "assessed", "left"),
    Status.PROTECTED: ("area", *OF_A_LIFE),
    Status.IN_THIRD_COUNTRY: (),
    Status.RETURNED_DETAINED: (*OF_A_LIFE, "left"),
    Status.RETURNED_RELEASED: (*OF_A_LIFE, "intends", "months"),
    Status.DEAD: (),
}
KEPT = {
    name: np.array([name == "status" or name in REMEMBERED[status] for status in range(len(Status))]) for name in DIGITS
}

KINDS = (len(Event), len(Status), len(Status))
"""Events are counted by kind, status left and status entered."""


class States:
    """All states, in the order of their codes, with one array for each thing remembered."""

    def __init__(self, codes: np.ndarray) -> None:
        self.codes = np.sort(codes)
        self.digit: dict[str, np.ndarray] = {}
        rest = self.codes
        for name, radix in reversed(DIGITS.items()):
            rest, self.digit[name] = np.divmod(rest, radix)

    def __len__(self) -> int:
        return len(self.codes)

    def rows(self, **digits: Any) -> np.ndarray:
        """Return the rows of the states with these digits; what a status does not remember is forgotten."""
        codes = encode(digits)
        rows = np.minimum(np.searchsorted(self.codes, codes), len(self) - 1)
        if not np.array_equal(self.codes[rows], codes):
            raise LookupError("a step leads to a state that the chain does not have")
        return rows


def encode(digits: dict[str, Any]) -> np.ndarray:
    codes = np.int64(0)
    for name, radix in DIGITS.items():
        codes = codes * radix + np.where(KEPT[name][digits["status"]], digits.get(name, 0), 0)
    return np.atleast_1d(codes)


class Step:
    """One step of the month for every state at once: each draw takes its share of what earlier draws have left."""

    def __init__(self, states: States) -> None:
        self.states = states
        self.left = np.ones(len(states))
        self.taken: list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]] = []

    def draw(self, who: Any, chance: Any, event: Event | None = None, **changes: Any) -> None:
        """Let a share ``chance`` of those ``who`` are left change; an ``event`` is counted."""
        self.one_of(who, [(chance, event, changes)])

    def one_of(self, who: Any, outcomes: list[tuple[Any, Event | None, dict[str, Any]]]) -> None:
        """Let one draw choose among outcomes that exclude each other; who is met by none goes on to the next draw."""
        before = np.where(who, self.left, 0.0)
        for chance, event, changes in outcomes:
            share = before * chance
            rows = np.flatnonzero(share > 0.0)
            digits = {name: values[rows] for name, values in self.states.digit.items()}
            digits |= {name: np.broadcast_to(value, len(self.left))[rows] for name, value in changes.items()}
            events = np.full(len(rows), -1 if event is None else int(event))
            self.taken.append((rows, share[rows], self.states.rows(**digits) if len(rows) else rows, events))
            self.left[rows] -= share[rows]

    def matrices(self) -> tuple[csr_matrix, csr_matrix]:
        """Return what a step adds to the stocks, and the events of each kind, for each person in a state."""
        n, status = len(self.states), self.states.digit["status"]
        rows, shares, targets, events = (np.concatenate(parts) for parts in zip(*self.taken, strict=True))
        gains_and_losses = (np.concatenate([targets, rows]), np.concatenate([rows, rows]))
        change = csr_matrix((np.concatenate([shares, -shares]), gains_and_losses), (n, n))
        told = events >= 0
        kinds = np.ravel_multi_index((events[told], status[rows[told]], status[targets[told]]), KINDS)
        return change, csr_matrix((shares[told], (kinds, rows[told])), (np.prod(KINDS), n))
