"""Where lives parted: of those removed under the baseline, what became of the same lives under each other arm."""

import numpy as np
from matplotlib.figure import Figure

from trafficsim.report.figures.style import (
    BLACK,
    BLUE,
    DARK,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    WIDTH,
    YELLOW,
    Frames,
    legend_below,
    legend_height,
    page,
    plain_number,
    replicates,
    titles_of,
    wrapped,
)

GROUPS = {
    "forcibly returned all the same": (VERMILION, {"removed"}),
    "died": (BLACK, {"died", "dead"}),
    "exploited or held by brokers": (
        ORANGE, {"forced marriage", "sexual exploitation", "forced labour", "domestic servitude", "held by brokers"},
    ),
    "in custody": (SKY, {"in custody"}),
    "in hiding or in transit": (GREY, {"in hiding", "in transit"}),
    "at origin, not forcibly returned": (YELLOW, {"at origin", "returned detained", "returned released"}),
    "did not leave": (PURPLE, {"did not leave in this arm"}),
    "in a third country": (BLUE, {"in third country"}),
    "protected": (GREEN, {"protected"}),
}  # fmt: skip
"""Words, colour, and the fates of the file that they stand for; each fate has its place in one group."""

LEAST_LABELLED = 4.0


def draw_parting(frames: Frames) -> Figure | None:
    """Draw a bar for each arm: the fates of those who were removed under the baseline."""
    baseline, *others = titles = titles_of(frames)
    fates = frames["fates"]
    removed = fates[(fates["arm_a"] == baseline) & (fates["fate_a"] == "removed")]
    if removed.empty:
        return None
    counts = (
        removed.groupby(["arm_b", "fate_b"])["lives"].sum().unstack("fate_b").fillna(0.0).reindex(others).fillna(0.0)
    )
    lives = counts.iloc[0].sum()
    words = list(GROUPS)
    heading = f"Where lives parted: people forcibly returned under “{titles[baseline]}”, under another policy"
    figure, part, foot = page(0.8 + 0.5 * len(others), heading, frames, legend_height(words))
    axis = part.subplots()
    left, bars = np.zeros(len(others)), []
    for colour, members in GROUPS.values():
        shares = 100.0 * counts[[fate for fate in counts if fate in members]].sum(axis=1).to_numpy() / lives
        bars.append(axis.barh(range(len(others)), shares, left=left, color=colour, edgecolor="white"))
        for row in np.flatnonzero(shares >= LEAST_LABELLED).tolist():
            axis.text(
                left[row] + shares[row] / 2, row, f"{shares[row]:.0f} %", ha="center", va="center", fontsize=8,
                color="white" if colour in DARK else "black",
            )  # fmt: skip
        left += shares
    axis.set_yticks(range(len(others)), [wrapped(titles[arm], 0.25 * WIDTH) for arm in others])
    axis.invert_yaxis()
    axis.set_xlim(0, 100)
    axis.set_xlabel(
        f"per cent of the {plain_number(lives)} lives forcibly returned under the baseline and alive at its end\n"
        f"({replicates(frames).removeprefix('mean of ')})"
    )
    legend_below(foot, bars, words)
    return figure
