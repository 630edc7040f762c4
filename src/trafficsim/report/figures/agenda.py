"""What knowing an assumption would settle: ranked bars with intervals, beside the noise floor."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from trafficsim.analysis.information import RANKED, SPREAD, VERDICT, Information
from trafficsim.report.choice import asked
from trafficsim.report.figures.style import BLACK, BLUE, GREEN, GREY, GRID, VERMILION, WIDTH, Frames, page, wrapped

MOST_BARS = 14
HEADINGS = {
    SPREAD: ("spread of a difference that would go", "per cent of its variance over worlds"),
    VERDICT: ("wrong verdicts that would go", "per cent of all worlds"),
}
COLOURS = {SPREAD: BLUE, VERDICT: GREEN}


def draw_agenda(found: Information, frames: Frames) -> Figure:
    """Draw the assumptions that tell most, one panel for each gain; the question that each tells most about stands beside it."""
    rankings = {gain: found.ranking(gain).head(MOST_BARS) for gain in HEADINGS}
    heading = f"What would be gained if one assumption were known ({found.worlds:,} plausible worlds)"
    figure, part, _ = page(0.9 + 0.36 * max(len(each) for each in rankings.values()), heading, frames)
    titles = dict(zip(frames["arms"]["arm"], frames["arms"]["title"], strict=True))
    labels = dict(zip(frames["indicators"]["name"], frames["indicators"]["label"], strict=True))
    for axis, (gain, ranking) in zip(part.subplots(1, 2), rankings.items(), strict=True):
        floors = found.questions[found.questions["gain"] == gain].set_index("question")["floor"]
        _draw(axis, ranking, gain, 100 * floors, titles, labels)
    return figure


def _draw(
    axis: Axes,
    ranking: pd.DataFrame,
    gain: str,
    floors: "pd.Series[float]",
    titles: dict[str, str],
    labels: dict[str, str],
) -> None:
    for place, row in enumerate(ranking.itertuples()):
        ranked = row.state == RANKED
        axis.barh(
            -place, 100 * row.value, 0.5, color=COLOURS[gain] if ranked else "white", edgecolor=GREY, linewidth=0.6
        )
        ends = [[max(0.0, 100 * (row.value - row.low))], [max(0.0, 100 * (row.high - row.value))]]
        axis.errorbar(100 * row.value, -place, xerr=ends, color=BLACK, capsize=2.5, linewidth=1, linestyle="none")
        about = f"{asked(row.of, labels)}, {titles[row.arm]}" if ranked else str(row.state)
        axis.annotate(
            wrapped(about, 2.0, 6.5, 2), (100 * row.high, -place), xytext=(5, 0), textcoords="offset points", fontsize=6.5,
            va="center", color="#444444",
        )  # fmt: skip
        floor = floors[row.question]
        axis.plot([floor, floor], [-place - 0.36, -place + 0.36], color=VERMILION, linewidth=1.6)
        if place == 0:
            axis.annotate("noise floor", (floor, 0.58), fontsize=6.5, color=VERMILION, ha="center", va="center")
    names = [
        wrapped(row.parameter.replace("_", " ").replace(".", ": "), WIDTH / 8, 7.0, 3) for row in ranking.itertuples()
    ]
    axis.set_yticks(range(0, -len(names), -1), names, fontsize=7)
    axis.set_ylim(-len(names) + 0.4, 0.9)
    axis.set_xlim(0, 1.9 * max(100 * float(ranking["high"].max()), floors.max(), 0.1))
    axis.set_xticks([tick for tick in axis.get_xticks() if 0 <= tick <= 100])
    heading, unit = HEADINGS[gain]
    axis.set_title(heading)
    axis.set_xlabel(unit, fontsize=8)
    axis.tick_params(axis="y", length=0)
    axis.grid(axis="x", color=GRID)
    axis.set_axisbelow(True)
