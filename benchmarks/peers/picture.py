"""The figure on peers: how fast, and how much luck two arms share."""

from typing import Any

from matplotlib.figure import Figure

from benchmarks.peers.measure import COMMON_SIZE, LARGE_SIZE
from benchmarks.peers.page import NAMES
from trafficsim.report.figures.style import BLACK, BLUE, GRID, SMALL_PRINT, VERMILION, sheet

SMALL = (
    "The process of benchmarks/reference.md: five statuses, monthly chances, one market, sixty months. Speed: processor "
    "time of one core, the least of several calls. Luck: 200 people, the number exploited at the end, two arms that differ in one "
    "chance; lines are 90 % intervals. Made-up numbers: nothing here is about migration."
)


def draw(found: dict[str, Any]) -> Figure:
    """Draw both questions beside each other, one row an implementation."""
    figure, body, _ = sheet(
        2.9, "The same process written in five ways: how fast it is, and whether arms share luck", SMALL
    )
    speed, luck = body.subplots(1, 2, sharey=True, gridspec_kw={"width_ratios": [3, 2]})
    names = list(reversed(NAMES))
    for size, marker, colour, shift in ((COMMON_SIZE, "o", BLUE, 0.15), (LARGE_SIZE, "D", VERMILION, -0.15)):
        known = {
            place: found["peers"][name]["person_months_a_second"].get(str(size)) for place, name in enumerate(names)
        }
        there = {place + shift: value / 1e6 for place, value in known.items() if value}
        speed.plot(list(there.values()), list(there), marker, color=colour, linestyle="none", label=f"{size:,} people")
    speed.set_xscale("log")
    speed.set_xlim(1.0, 200.0)
    speed.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    speed.set_xlabel("person-months a second, in millions (logarithmic)")
    speed.set_yticks(range(len(names)), [NAMES[name] for name in names])
    speed.legend(loc="upper right")
    for place, name in enumerate(names):
        one = found["peers"][name]
        luck.plot(one["variance_ratio_interval"], [place, place], color=BLACK)
        luck.plot(one["variance_ratio"], place, "o", color=BLACK)
    luck.axvline(1.0, color=SMALL_PRINT, linestyle="--", linewidth=1)
    luck.annotate("no help", (1.0, 1.0), (3, 2), xycoords=("data", "axes fraction"), textcoords="offset points", fontsize=8,
                  color=SMALL_PRINT)  # fmt: skip
    luck.set_xlim(0.0, None)
    luck.set_xlabel("variance of a difference between arms,\nwith equal seeds over with others")
    for axes in (speed, luck):
        axes.grid(axis="x", color=GRID)
        axes.set_axisbelow(True)
        axes.margins(y=0.12)
    return figure
