"""(b) How far is the month from the least that any month must cost?

**The floor** is one bare compiled loop. For each living person, once a month, it reads the columns that a person's month
reads, makes one keyed draw, and writes the columns that a month writes: no rule, no ledger, no other table.

*Columns that a month touches* are taken to be those that the loops of :mod:`trafficsim.processes` read or write for a
person in the host country to whom nothing happens, and, at a draw below a small chance, those that any event writes. What
only a few persons' months touch (custody, return, birth) is left out, which makes the floor lower and the ratio harder.
The floor is run after every month of the same history on the same rows, and writes to columns of its own. So both find
the processor's caches as the other leaves them, and the history goes on as if there were no floor.

Most living persons of a long run are at rest (:mod:`trafficsim.processes.presence`): in a third country, settled at
origin. The month passes over them, the floor does not, so the same comparison is also made for the people in the host
country alone: the cost of the whole month against a floor that goes to their rows only.
"""

import time
from typing import Any

import numba
import numpy as np

from benchmarks.findings import answer, finding
from trafficsim.course import course_of
from trafficsim.engine.calendar import month_index
from trafficsim.engine.draws import fill_stamps, uniform
from trafficsim.policy import load_arm
from trafficsim.processes.happenings import is_in_host_country
from trafficsim.processes.month import advance, begin
from trafficsim.processes.vocabulary import Draw, Status

AT_MOST = 8.0
HISTORIES = 9
END = "2024-04"
READ = (
    "key", "status", "status_since", "sex", "birth_month", "intends", "area", "holder", "purpose", "also_forced_to_work",
    "also_sexually_exploited", "control", "times_trafficked", "permit", "link", "identified", "due", "children", "trust",
)  # fmt: skip
WRITTEN = ("treated", "trust")
WRITTEN_AT_AN_EVENT = ("status_since", "path", "marks")
CHANCE_OF_AN_EVENT = 0.02
SHADOWED = (*WRITTEN, *WRITTEN_AT_AN_EVENT)


@numba.njit(cache=True, error_model="numpy", _nrt=False, forceinline=True)
def _touch(row, month, stamp, m):
    """Read, draw, write: one person's month at the floor."""
    draw = uniform(m.key[row], stamp)
    flags = (
        m.status[row] + m.sex[row] + m.intends[row] + m.area[row] + m.purpose[row] + m.also_forced_to_work[row]
        + m.also_sexually_exploited[row] + m.times_trafficked[row] + m.permit[row] + m.link[row] + m.identified[row]
        + m.children[row]
    )  # fmt: skip
    # All that is read must end in what is written, or the compiler would leave it out.
    flags += m.status_since[row] + m.birth_month[row] + m.due[row] + m.holder[row]
    m.treated[row] = flags & 1
    m.trust[row] = 0.5 * (m.trust[row] + m.control[row] * draw)
    if draw < CHANCE_OF_AN_EVENT:
        m.status_since[row] = month
        m.path[row] += flags
        m.marks[row] |= 1


@numba.njit(cache=True, error_model="numpy", _nrt=False)
def floor_of_the_living(month, rows, stamp, m):
    """The floor for everybody who is alive."""
    for row in range(rows):
        if m.status[row] != Status.DEAD:
            _touch(row, month, stamp, m)


@numba.njit(cache=True, error_model="numpy", _nrt=False)
def floor_of_the_host_country(month, chosen, stamp, m):
    """The floor for the rows in ``chosen``."""
    for row in chosen:
        _touch(row, month, stamp, m)


def measure(quick: bool = False) -> dict[str, Any]:
    """Live through the history, and in each of its months run the floor on the same people."""
    scale = 0.01 if quick else 1.0
    course = course_of(load_arm("status_quo"), 20240322, scale=scale)
    # Loads (or compiles) everything outside the clock.
    _history(course, 2, load=True)
    # The median of the ratio: the floor is so short that where its columns happen to lie in memory shows in it.
    histories = [_history(course, month_index(END)) for _ in range(1 if quick else HISTORIES)]
    taken = sorted(histories, key=lambda one: one["month"] / one["floor"])[len(histories) // 2]
    ratios = [one["month"] / one["floor"] for one in histories]
    living, present = taken["living"], taken["host_country"]
    per = {
        "month": taken["month"] / living,
        "floor": taken["floor"] / living,
        "month_host_country": taken["month"] / present,
        "floor_host_country": taken["floor_host_country"] / present,
    }
    return answer(
        "How far is the cost of a person-month from the least it could be?",
        [
            finding(
                "the month against the floor, for each living person", per["month"] / per["floor"], "times",
                at_most=AT_MOST, judged=not quick,
                note=f"{1e9 * per['month']:.1f} against {1e9 * per['floor']:.1f} ns a living person-month. "
                f"{1 - present / living:.0%} of them are at origin, in a third country or returned, and most of "
                f"those are at rest: the month passes over them. Median of {len(ratios)} histories, from "
                f"{min(ratios):.1f} to {max(ratios):.1f}.",
            ),
            finding(
                "the month against the floor, for people in the host country alone",
                per["month_host_country"] / per["floor_host_country"], "times",
                note=f"{1e9 * per['month_host_country']:.0f} against {1e9 * per['floor_host_country']:.1f} ns. Here the "
                "whole month, children, market and returned people included, is charged to those whom its rules touch.",
            ),
        ],
        scale=scale, months=month_index(END), living_person_months=living, host_country_person_months=present,
        seconds={name: taken[name] for name in ("month", "floor", "floor_host_country")},
        nanoseconds_a_person_month={name: 1e9 * value for name, value in per.items()},
        columns_read=list(READ), columns_written=list(WRITTEN), columns_written_at_an_event=list(WRITTEN_AT_AN_EVENT),
    )  # fmt: skip


def _history(course: Any, months: int, load: bool = False) -> dict[str, Any]:
    """Return processor seconds of the months and of the floors, and the person-months they are spread over."""
    state = begin(course)
    stamps = np.zeros(len(Draw), np.uint64)
    shadows: dict[str, np.ndarray] = {}
    taken: dict[str, Any] = {"month": 0.0, "floor": 0.0, "floor_host_country": 0.0, "living": 0, "host_country": 0}
    while state.month < months:
        month, began = state.month, time.process_time()
        advance(state, course)
        taken["month"] += time.process_time() - began
        migrants = state.world.migrants
        rows = int(migrants.size[0])
        if not shadows or len(shadows["trust"]) < rows:
            shadows = {name: np.ones_like(getattr(migrants, name)) for name in SHADOWED}
        people = migrants._replace(**shadows)
        fill_stamps(stamps, course.seed, month)
        status = people.status[:rows]
        chosen = np.flatnonzero(is_in_host_country_column(status)).astype(np.int32)
        taken["living"] += int(np.count_nonzero(status != Status.DEAD))
        taken["host_country"] += len(chosen)
        if rows:
            began = time.process_time()
            floor_of_the_living(month, rows, stamps[0], people)
            taken["floor"] += time.process_time() - began
            began = time.process_time()
            floor_of_the_host_country(month, chosen, stamps[0], people)
            taken["floor_host_country"] += time.process_time() - began
    return taken


def is_in_host_country_column(status: np.ndarray) -> np.ndarray:
    """Apply the rules' own notion of the host country to a column."""
    codes = [code for code in Status if is_in_host_country(int(code))]
    return np.isin(status, codes)
