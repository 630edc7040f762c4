"""Price by age: what is paid for a person, as an index only."""

import numpy as np
from matplotlib.figure import Figure

from trafficsim.analysis.paired import LEVEL
from trafficsim.analysis.summary import estimate
from trafficsim.experiments.result import PRICE
from trafficsim.processes.vocabulary import LABELS, AgeBand
from trafficsim.report.figures.style import (
    GRID,
    Frames,
    intervals,
    legend_below,
    legend_height,
    mark,
    page,
    titles_of,
)

REFERENCE = LABELS[AgeBand][AgeBand.FROM_18_TO_29]


def draw_prices(frames: Frames) -> Figure | None:
    """Draw the mean price by age band under each arm, relative to young adults under the baseline.

    None where nobody of that age was sold under the baseline: then there is nothing to relate prices to.
    """
    totals, titles = frames["totals"], titles_of(frames)
    prices = totals[(totals["indicator"] == PRICE) & (totals["dimension"] == "age_band")]
    bands = [band for band in LABELS[AgeBand].values() if band in set(prices["level"])]
    by_place = prices.set_index(["draw", "replicate"]).groupby(["arm", "level"])["value"]
    first = prices[(prices["arm"] == next(iter(titles))) & (prices["level"] == REFERENCE)]["value"].mean()
    if not first > 0:
        return None
    spread = intervals(frames, LEVEL)
    words = list(titles.values())
    figure, part, foot = page(
        3.6, f"Price paid for a person, by age: a harm, shown as an index only ({spread})", frames, legend_height(words)
    )
    axis = part.subplots()
    handles = []
    for number, arm in enumerate(titles):
        at, estimates = [], []
        for place, band in enumerate(bands):
            if (arm, band) in by_place.groups:
                at.append(place + 0.07 * (number - (len(titles) - 1) / 2))
                estimates.append(estimate(by_place.get_group((arm, band)) / first))
        means = np.array([estimate.mean for estimate in estimates])
        error = np.nan_to_num([[e.mean - e.low for e in estimates], [e.high - e.mean for e in estimates]])
        axis.plot(at, means, color=mark(number)["color"], linewidth=0.7, alpha=0.5)
        handles.append(axis.errorbar(at, means, yerr=error, linestyle="none", capsize=3, markersize=5, **mark(number)))
    axis.set_xticks(range(len(bands)), bands)
    axis.set_ylim(bottom=0)
    axis.set_xlabel("age when sold, years")
    axis.set_ylabel(f"mean price, index\n({REFERENCE} under “{words[0]}” = 1)")
    axis.grid(axis="y", color=GRID)
    axis.set_axisbelow(True)
    legend_below(foot, handles, words)
    return figure
