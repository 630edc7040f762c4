"""Figures of a study, made from its results file and from nothing else. Colours are those of Okabe and Ito (2008)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from trafficsim.analysis.paired import LEVEL, mean_with_interval, summarise
from trafficsim.experiments.store import open_study

BLUE, ORANGE, GREEN, VERMILION, SKY, PURPLE, YELLOW, BLACK, GREY = (
    "#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#F0E442", "#000000", "#999999",
)  # fmt: skip
ARM_COLOURS = (BLACK, BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY)
STATUS_COLOURS = {
    "forced marriage": VERMILION,
    "sexual exploitation": ORANGE,
    "forced labour": YELLOW,
    "domestic servitude": PURPLE,
    "held by brokers": BLACK,
    "in hiding": GREY,
    "in custody": SKY,
    "protected": GREEN,
}
CARE_COLOURS = {
    "with mother": GREEN,
    "fathers household": SKY,
    "orphanage": ORANGE,
    "sold": VERMILION,
    "reunited abroad": BLUE,
}
HEADLINES = (
    "refoulement", "tortured", "months_in_exploitation", "trafficked", "trafficked_again", "months_in_detention",
    "identified", "protected", "months_untreated", "brokers_prosecuted", "children_separated", "months_of_separation",
    "children_reunited", "deaths",
)  # fmt: skip
Frames = dict[str, pd.DataFrame]


def draw_figures(database: Path | str, folder: Path | str, study: str | None = None) -> list[Path]:
    """Draw every figure that the study in the file ``database`` allows, as PNG and SVG; return the PNG files."""
    frames = open_study(database, study)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    made: list[Path] = []
    drawings: dict[str, Callable[[Frames], Figure | None]] = {
        "statuses": draw_statuses,
        "indicators": draw_indicators,
        "differences": draw_differences,
        "where_lives_parted": draw_parting,
        "price_by_age": draw_prices,
        "children": draw_children,
    }
    with matplotlib.rc_context(
        {"font.size": 9, "svg.hashsalt": "trafficsim", "axes.spines.top": False, "axes.spines.right": False}
    ):
        for name, draw in drawings.items():
            figure = draw(frames)
            if figure is None:
                continue
            _sign(figure, frames)
            figure.savefig(folder / f"{name}.svg", metadata={"Date": None})
            figure.savefig(folder / f"{name}.png", dpi=150)
            made.append(folder / f"{name}.png")
    return made


def _sign(figure: Figure, frames: Frames) -> None:
    study = frames["studies"].iloc[0]
    figure.text(
        0.01, 0.008, f"{frames['limits']['text'].iloc[0]}  Study {study['id']}, trafficsim {study['software_version']}.",
        fontsize=7, color="#555555",
    )  # fmt: skip


def _titles(frames: Frames) -> dict[str, str]:
    arms = frames["arms"].sort_values("place")
    return dict(zip(arms["arm"], arms["title"], strict=True))


def _dates(months: pd.Series) -> Any:
    return months.str[:4].astype(float) + (months.str[5:7].astype(float) - 1) / 12


def _mean_stocks(frames: Frames, kind: str) -> pd.DataFrame:
    stocks = frames["stocks"][frames["stocks"]["kind"] == kind]
    return stocks.groupby(["arm", "month", "level"])["count"].mean().unstack("level").fillna(0.0)


def _stacked(frames: Frames, kind: str, colours: dict[str, str], heading: str, unit: str) -> Figure:
    """Stacked areas over time, a panel an arm: what all arms share stands before the line."""
    titles, table = _titles(frames), _mean_stocks(frames, kind)
    levels = [level for level in colours if level in table]
    arms = list(titles)
    figure = Figure(figsize=(3.6 * len(arms) + 1.6, 4.6))
    figure.set_layout_engine("constrained", rect=(0, 0.04, 1, 0.96))
    axes = np.atleast_1d(figure.subplots(1, len(arms), sharey=True))
    history = table.loc["history"] if "history" in table.index.get_level_values(0) else table.iloc[:0].droplevel(0)
    start = None
    for axis, arm in zip(axes, arms, strict=True):
        own = table.loc[arm]
        start = _dates(pd.Series(own.index))[0]
        whole = pd.concat([history, own])
        whole = whole[_dates(pd.Series(whole.index)).to_numpy() >= start - 12]
        dates = _dates(pd.Series(whole.index))
        axis.stackplot(
            dates, [whole[level] for level in levels], colors=[colours[level] for level in levels], labels=levels
        )
        axis.axvline(start, color=BLACK, linewidth=1, linestyle="--")
        axis.set_title(titles[arm], fontsize=10)
        axis.set_xlabel("year")
        axis.margins(x=0)
    axes[0].set_ylabel(unit)
    axes[0].annotate(
        "policies part", (start, 1), xycoords=("data", "axes fraction"), xytext=(4, -4), textcoords="offset points",
        va="top", fontsize=8,
    )  # fmt: skip
    handles, labels = axes[-1].get_legend_handles_labels()
    figure.legend(handles[::-1], labels[::-1], loc="outside right upper", frameon=False)
    figure.suptitle(heading, x=0.01, ha="left", fontsize=12)
    return figure


def draw_statuses(frames: Frames) -> Figure:
    """Where people in the host country stand, month by month, under each arm."""
    return _stacked(
        frames,
        "migrant_status",
        STATUS_COLOURS,
        "People in the host country by status (mean of replicates)",
        "simulated persons",
    )


def draw_children(frames: Frames) -> Figure:
    """With whom children born in the host country live, under each arm."""
    return _stacked(
        frames, "child_care", CARE_COLOURS, "Children under 18 born in the host country: in whose care (mean of replicates)",
        "simulated children",
    )  # fmt: skip


def _summary(frames: Frames) -> pd.DataFrame:
    totals = frames["totals"]
    return summarise(totals[totals["dimension"] == "all"], list(_titles(frames)))


def draw_indicators(frames: Frames) -> Figure:
    """Each headline indicator under each arm, with its interval over replicates; a panel each, from zero."""
    titles, summary = _titles(frames), _summary(frames)
    records = frames["indicators"].set_index("name")
    names = [name for name in HEADLINES if name in set(summary["indicator"])]
    columns = 3
    rows = -(-len(names) // columns)
    figure = Figure(figsize=(12, 1.0 + (0.75 + 0.24 * len(titles)) * rows))
    figure.set_layout_engine("constrained", rect=(0, 0.03, 1, 0.97), hspace=0.08)
    axes = np.atleast_1d(figure.subplots(rows, columns)).ravel()
    for axis in axes[len(names) :]:
        axis.set_visible(False)
    for place, (axis, name) in enumerate(zip(axes, names, strict=False)):
        for height, (arm, colour) in enumerate(zip(titles, ARM_COLOURS * 9, strict=False)):
            row = summary[(summary["indicator"] == name) & (summary["arm"] == arm)].iloc[0]
            error = None if np.isnan(row["low"]) else [[row["mean"] - row["low"]], [row["high"] - row["mean"]]]
            axis.errorbar(row["mean"], -height, xerr=error, fmt="o", color=colour, capsize=3)
        shown = list(titles.values()) if place % columns == 0 else [""] * len(titles)
        axis.set_yticks(range(0, -len(titles), -1), shown)
        axis.set_ylim(-len(titles) + 0.4, 0.6)
        axis.set_xlim(left=0)
        axis.set_title(f"{records.loc[name, 'label']} ({records.loc[name, 'unit']})", fontsize=9, loc="left")
        axis.locator_params(axis="x", nbins=5)
        axis.xaxis.set_major_formatter("{x:,.0f}")
        axis.grid(axis="x", color="#dddddd")
    figure.suptitle(
        f"Totals over the policy window, mean and {LEVEL:.0%} interval over replicates", x=0.01, ha="left", fontsize=12
    )
    return figure


def draw_differences(frames: Frames) -> Figure | None:
    """Paired difference of each arm to the baseline, in percent of the baseline; the absolute number at the right."""
    titles, summary = _titles(frames), _summary(frames)
    arms = list(titles)
    if len(arms) < 2:
        return None
    records = frames["indicators"].set_index("name")
    base = summary[summary["arm"] == arms[0]].set_index("indicator")["mean"]
    names = [name for name in HEADLINES if name in base.index and base[name] > 0]
    figure = Figure(figsize=(11, 1.6 + 0.34 * len(names) * max(1, (len(arms) - 1) / 2)))
    figure.set_layout_engine("constrained", rect=(0, 0.04, 1, 0.96))
    axis = figure.subplots()
    step = 0.8 / (len(arms) - 1)
    for number, arm in enumerate(arms[1:]):
        own = summary[summary["arm"] == arm].set_index("indicator")
        colour = ARM_COLOURS[(number + 1) % len(ARM_COLOURS)]
        for height, name in enumerate(names):
            row, scale = own.loc[name], 100.0 / base[name]
            middle = row["difference"] * scale
            error = None
            if not np.isnan(row["difference_low"]):
                error = [[middle - row["difference_low"] * scale], [row["difference_high"] * scale - middle]]
            y = -height - 0.4 + step * (number + 0.5)
            clipped = min(middle, 200.0)
            axis.errorbar(clipped, y, xerr=error if clipped == middle else None, fmt="o", color=colour, capsize=3,
                          label=titles[arm] if height == 0 else None)  # fmt: skip
            axis.annotate(
                f"{row['difference']:+,.0f} {records.loc[name, 'unit']}", (1.01, y), xycoords=("axes fraction", "data"),
                fontsize=8, color=colour, va="center", annotation_clip=False,
            )  # fmt: skip
    axis.axvline(0, color=BLACK, linewidth=1)
    axis.set_xlim(-110, 210)
    axis.set_yticks(range(0, -len(names), -1), [records.loc[name, "label"] for name in names])
    axis.set_ylim(-len(names) + 0.4, 0.6)
    axis.grid(axis="x", color="#dddddd")
    axis.set_xlabel(f"difference to {titles[arms[0]].lower()}, percent (beyond +200 drawn at +200)")
    figure.legend(loc="outside upper right", frameon=False, ncols=len(arms) - 1)
    figure.suptitle(f"What changes against {titles[arms[0]].lower()}: paired differences, {LEVEL:.0%} intervals",
                    x=0.01, ha="left", fontsize=12)  # fmt: skip
    return figure


def draw_parting(frames: Frames) -> Figure | None:
    """Of those removed under the baseline: what became of the same lives under each other arm."""
    fates, titles = frames["fates"], _titles(frames)
    if fates.empty:
        return None
    removed = fates[fates["fate_a"] == "removed"]
    shares = removed.groupby(["arm_b", "fate_b"])["lives"].sum().unstack("fate_b").fillna(0.0)
    if shares.empty:
        return None
    counts = shares.sum(axis=1)
    shares = shares.div(counts, axis=0) * 100
    exploited = ["forced marriage", "sexual exploitation", "forced labour", "domestic servitude", "held by brokers"]
    groups = {
        "removed all the same": (["removed"], VERMILION),
        "died": (["died"], BLACK),
        "in exploitation or held by brokers": (exploited, ORANGE),
        "in custody": (["in custody"], SKY),
        "in hiding": (["in hiding", "in transit"], GREY),
        "back at origin, not removed": (
            ["returned released", "returned detained", "at origin", "did not leave in this arm"],
            YELLOW,
        ),
        "in a third country": (["in third country"], BLUE),
        "protected": (["protected"], GREEN),
    }
    arms = [arm for arm in titles if arm in shares.index]
    figure = Figure(figsize=(11, 2.2 + 0.6 * len(arms)))
    figure.set_layout_engine("constrained", rect=(0, 0.05, 1, 0.95))
    axis = figure.subplots()
    left = np.zeros(len(arms))
    for label, (members, colour) in groups.items():
        values = np.array([shares.loc[arm, [name for name in members if name in shares]].sum() for arm in arms])
        axis.barh(range(len(arms)), values, left=left, color=colour, edgecolor="white", label=label)
        for row, value in enumerate(values):
            if value >= 4:
                dark = colour in (BLACK, BLUE, VERMILION, GREEN)
                axis.text(left[row] + value / 2, row, f"{value:.0f} %", ha="center", va="center", fontsize=8,
                          color="white" if dark else "black")  # fmt: skip
        left += values
    axis.set_yticks(range(len(arms)), [titles[arm] for arm in arms])
    axis.invert_yaxis()
    axis.set_xlim(0, 100)
    axis.set_xlabel(
        "percent of the lives removed under the baseline (all replicates), by their fate at the end of the study"
    )
    figure.legend(loc="outside lower center", ncols=4, frameon=False)
    base = next(iter(titles.values())).lower()
    figure.suptitle(f"Where lives parted: people forcibly returned under {base}, under the other policies", x=0.01, ha="left",
                    fontsize=12)  # fmt: skip
    return figure


def draw_prices(frames: Frames) -> Figure | None:
    """Mean price paid by age band, relative to the baseline's youngest adult band: a sign of demand, counted as harm."""
    totals, titles = frames["totals"], _titles(frames)
    prices = totals[(totals["indicator"] == "mean_price_paid") & (totals["dimension"] == "age_band")]
    bands = ["12 to 17", "18 to 29", "30 to 39", "40 and over"]
    first = prices[(prices["arm"] == next(iter(titles))) & (prices["level"] == "18 to 29")]["value"].mean()
    if prices.empty or not first > 0:
        return None
    figure = Figure(figsize=(7, 4.4))
    figure.set_layout_engine("constrained", rect=(0, 0.05, 1, 0.95))
    axis = figure.subplots()
    for number, (arm, title) in enumerate(titles.items()):
        points = []
        for place, band in enumerate(bands):
            own = prices[(prices["arm"] == arm) & (prices["level"] == band)]["value"]
            estimate = mean_with_interval(own / first)
            points.append((place + 0.1 * (number - (len(titles) - 1) / 2), estimate))
        x = [place for place, _ in points]
        y = np.array([estimate.mean for _, estimate in points])
        error = np.nan_to_num([[e.mean - e.low for _, e in points], [e.high - e.mean for _, e in points]])
        axis.errorbar(x, y, yerr=error, fmt="o-", color=ARM_COLOURS[number % len(ARM_COLOURS)], capsize=3, label=title)
    axis.set_xticks(range(len(bands)), bands)
    axis.set_ylim(bottom=0)
    axis.set_xlabel("age when sold, years")
    axis.set_ylabel("mean price, index (18 to 29 under the baseline = 1)")
    axis.legend(frameon=False)
    figure.suptitle("Price paid for a person by age: a harm, shown as an index only", x=0.01, ha="left", fontsize=12)
    return figure
