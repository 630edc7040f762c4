"""(c) Does a person-month cost the same in a crowd of ten million, and how much memory does a person take?

The number of people is set by the scale alone: the same history, with so many simulated people for each real one that
about the wanted number is alive at its end. Each size has a process of its own, since memory that was given back to the
system is otherwise counted with the next.

*Cost* is processor time over the last two years of the history, in which the number alive hardly changes, for each living
person-month, with the largest growth of tables that happens to fall into them. Small sizes are lived several times and the
least is taken; the month's fixed cost weighs on them. *Bytes* are those of all arrays that grow with the people (tables
and scratch, room to grow included), and the peak of the whole process beyond what it held before the first person.
"""

import json
import resource
import sys
import time
from typing import Any

from benchmarks.findings import answer, finding, in_a_process_of_its_own
from trafficsim.course import course_of
from trafficsim.engine.calendar import month_index
from trafficsim.policy import load_arm
from trafficsim.processes.month import State, advance, begin
from trafficsim.processes.vocabulary import Status

END = "2024-04"
MONTHS_TIMED = 24
SIZES = (10**4, 10**5, 10**6, 10**7)
QUICK_SIZES = (10**3, 10**4)
JUDGED, AGAINST = 10**7, 10**5
AT_MOST = 1.5
BYTES_AT_MOST = 160.0
GIBIBYTES_AT_MOST = 4.0
LIVING_AT_SCALE_ONE = 293_500
"""About how many are alive at the end of the history at scale 1."""


def measure(quick: bool = False) -> dict[str, Any]:
    """Live through the history at each size, each in a process of its own."""
    sizes = QUICK_SIZES if quick else SIZES
    found = {size: _size(size, repeats=1 if quick else 2 if size > 10**6 else 3) for size in sizes}
    large, small = (max(sizes), min(sizes)) if quick else (JUDGED, AGAINST)
    ratio = found[large]["nanoseconds"] / found[small]["nanoseconds"]
    findings = [
        finding(
            f"cost of a person-month at {_in_words(large)} living persons against {_in_words(small)}", ratio, "times",
            at_most=AT_MOST, judged=not quick,
            note=f"{found[large]['nanoseconds']:.1f} against {found[small]['nanoseconds']:.1f} ns.",
        ),
        finding(
            f"memory of tables and scratch for each living person, at {_in_words(large)}", found[large]["bytes_in_arrays"],
            "bytes", at_most=BYTES_AT_MOST, judged=not quick,
            note=f"The most at any size from {_in_words(10**5)} on: "
            f"{max(one['bytes_in_arrays'] for size, one in found.items() if size >= min(10**5, large)):.0f}.",
        ),
        finding(
            f"peak memory of the process at {_in_words(large)} living persons", found[large]["peak_gibibytes"], "GiB",
            at_most=GIBIBYTES_AT_MOST, judged=not quick,
            note=f"{found[large]['peak_bytes']:.0f} bytes a person: while a table grows, the old columns stand beside the "
            "new ones.",
        ),
    ]  # fmt: skip
    findings += [
        finding(
            f"cost at {_in_words(size)} living persons", one["nanoseconds"], "ns a person-month",
            note=f"{one['bytes_in_arrays']:.0f} bytes a person.",
        )
        for size, one in found.items()
    ]  # fmt: skip
    return answer(
        "Does a person-month cost the same among ten million people, and how much memory does a person take?",
        findings,
        sizes={str(size): one for size, one in found.items()},
        months_timed=MONTHS_TIMED,
    )


def _in_words(size: int) -> str:
    return f"{size:,}"


def _size(size: int, repeats: int) -> dict[str, Any]:
    scale = size / LIVING_AT_SCALE_ONE
    return json.loads(in_a_process_of_its_own("benchmarks.scaling", f"{scale:.6g}", str(repeats)))


def live_through(scale: float) -> dict[str, Any]:
    """Live through one history; return its cost and the bytes it takes. For a process of its own."""
    _load_compiled_code()
    before = _peak()
    course = course_of(load_arm("status_quo"), 20240322, scale=scale, years=1)
    state, end = begin(course), month_index(END)
    began = time.process_time()
    while state.month < end - MONTHS_TIMED:
        advance(state, course)
    middle = time.process_time()
    while state.month < end:
        advance(state, course)
    done = time.process_time()
    by_month = state.stocks.by_status[:end, : Status.DEAD].sum(axis=1)
    living = int(by_month[-1])
    return {
        "scale": scale,
        "living": living,
        "nanoseconds": 1e9 * (done - middle) / int(by_month[-MONTHS_TIMED:].sum()),
        "nanoseconds_over_the_whole_history": 1e9 * (done - began) / int(by_month.sum()),
        "bytes_in_arrays": bytes_in_arrays(state) / living,
        "peak_bytes": (_peak() - before) / living,
        "peak_gibibytes": _peak() / 2**30,
    }


def bytes_in_arrays(state: State) -> int:
    """Return the bytes of all tables and scratch arrays of a run, capacity included."""
    tables = sum(column.nbytes for table in state.world for column in table)
    return tables + state.present.nbytes + state.attempts.nbytes


def _load_compiled_code() -> None:
    course = course_of(load_arm("status_quo"), 1, scale=0.001, years=1)
    state = begin(course)
    for _ in range(2):
        advance(state, course)


def _peak() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


if __name__ == "__main__":
    histories = [live_through(float(sys.argv[1])) for _ in range(int(sys.argv[2]))]
    print(json.dumps(histories[0] | min(histories, key=lambda one: one["nanoseconds"])
                     | {name: histories[0][name] for name in ("peak_bytes", "peak_gibibytes")}))  # fmt: skip
