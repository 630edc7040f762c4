"""Effects by group as a forest of intervals, and year by year as lines with bands."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from trafficsim.analysis.effects import Effects
from trafficsim.analysis.measures import ALL, Measures
from trafficsim.report.effects import WORDS, quotient, word_of
from trafficsim.report.figures.indicators import LEAST, MEANINGS, MOST
from trafficsim.report.figures.style import (
    BLACK,
    GRID,
    SMALL_PRINT,
    WIDTH,
    grid,
    legend_below,
    legend_height,
    mark,
    page,
    panels,
    plain_number,
    wrapped,
)
from trafficsim.report.table import signed

LABELS_WIDTH = 2.3
MOST_ROWS = 64
"""Rows of a forest that a page holds; of more, whole indicators are left out at the end, and the heading says so."""
LEAST_RATIO, MOST_RATIO = 1 / 32, 8.0


def draw_effects(found: Effects, measures: Measures, frames: Mapping[str, pd.DataFrame], ratio: bool = False) -> Figure:
    """Draw each effect with its interval, a row each and a panel an arm: in per cent of the level against, or as ratios."""
    table, left_out = _that_fit(found)
    arms, rows = list(table["arm"].unique()), list(dict.fromkeys(zip(table["indicator"], table["level"], strict=True)))
    places, labels, heads = _places(rows, measures, found.by != ALL)
    several = measures.worlds > 1
    words = ["better", "worse", *(["lower", "higher"] if (measures.indicators["direction"] == "neutral").any() else [])]
    explained = {
        word: f"{word}, {f'as the middle {100 * found.level:.0f} % of the worlds' if several else 'stands after correction'}"
        for word in words
    }
    explained |= {"unclear": "worlds disagree" if several else "does not stand", "no change": "no change"}
    handles = [Line2D([], [], linestyle="none", **_style(word)) for word in explained]
    beyond = f"beyond {MOST_RATIO:g}" if ratio else f"more than +{MOST:.0f} %, or from none"
    handles.append(Line2D([], [], linestyle="none", color=BLACK, marker=">"))
    rows_of_panels, columns = grid(len(arms))
    height = rows_of_panels * (0.7 + 0.19 * (1.0 - min(places.values())))
    texts = [*explained.values(), beyond]
    figure, part, foot = page(
        height, _heading(found, measures, left_out), _with_places(frames, measures), legend_height(texts)
    )
    for axis, arm in zip(panels(part, len(arms)), arms, strict=True):
        own = table[table["arm"] == arm].set_index(["indicator", "level"])
        for key in rows:
            row = own.loc[key]
            word = word_of(row, measures.indicators.loc[key[0], "direction"])
            (_mark_ratio if ratio else _mark_difference)(axis, row, places[key], _style(word))
        _scale(axis, ratio)
        axis.set_ylim(-max([*(-place for place in places.values())]) - 0.7, 0.7)
        ticks = [*heads.values(), *places.values()] if found.by != ALL else list(places.values())
        axis.set_yticks(ticks, [*heads, *labels] if found.by != ALL else labels, fontsize=8)
        for label in axis.get_yticklabels()[len(heads) if found.by != ALL else len(labels) :]:
            label.set_color(SMALL_PRINT)  # groups stand back behind the indicator's name
        axis.tick_params(axis="y", length=0)
        axis.set_title(wrapped(measures.arms[arm], (WIDTH - LABELS_WIDTH) / columns - 0.3))
    base = wrapped(measures.arms[found.against], 5.0, lines=1)
    part.supxlabel(
        f"ratio to the level under “{base}”; its value at the right" if ratio
        else f"difference, per cent of the level under “{base}”; its number at the right",
        fontsize=9,
    )  # fmt: skip
    legend_below(foot, handles, texts)
    return figure


def _style(word: str) -> dict[str, Any]:
    return MEANINGS.get(word, {"color": BLACK, "marker": "v" if word == "lower" else "^"})


def _with_places(frames: Mapping[str, pd.DataFrame], measures: Measures) -> dict[str, pd.DataFrame]:
    """Return the frames with the places that were read as ``totals``, which the small print counts."""
    return {**frames, "totals": measures.values.index.to_frame(index=False)}


def _heading(found: Effects, measures: Measures, left_out: int = 0) -> str:
    by = "" if found.by == ALL else f", by {WORDS[found.by]}"
    level = f"{100 * found.level:.0f} %"
    bars = (
        f"bars hold the middle {level} of {measures.worlds:,} worlds"
        if measures.worlds > 1
        else f"{level} intervals by luck"
    )
    if measures.values.shape[0] == 1:
        bars = "one replicate: no interval"
    cut = f"; the last {left_out} indicators are in the table only" if left_out else ""
    return f"What changes against “{measures.arms[found.against]}” in the same lives{by} ({bars}{cut})"


def _that_fit(found: Effects) -> tuple[pd.DataFrame, int]:
    """Return the rows of the first indicators that fit a page, and how many indicators are left out."""
    sizes = found.table.drop_duplicates(["indicator", "level"]).groupby("indicator", sort=False).size()
    kept = sizes.index[(sizes + (found.by != ALL)).cumsum() <= MOST_ROWS]
    return found.table[found.table["indicator"].isin(kept)], len(sizes) - len(kept)


def _places(
    rows: list[tuple[str, str]], measures: Measures, grouped: bool
) -> tuple[dict[tuple[str, str], float], list[str], dict[str, float]]:
    """Return the height of each row, its label, and the height of each indicator's own line where rows are groups."""
    places: dict[tuple[str, str], float] = {}
    heads: dict[str, float] = {}
    labels, height = [], 0.0
    for indicator, level in rows:
        one = measures.indicators.loc[indicator]
        words = f"{one['label']} ({one['unit']})"
        if grouped and (not places or next(reversed(places))[0] != indicator):
            if places:
                height -= 0.5
            heads[wrapped(words, LABELS_WIDTH, 8.0, 2)] = height
            height -= 1.2
        places[indicator, level] = height
        labels.append(level if grouped else wrapped(words, LABELS_WIDTH, 8.0, 2))
        height -= 1.0 if grouped else 1.5
    return places, labels, heads


def _mark_difference(axis: Axes, row: Any, height: float, style: dict[str, Any]) -> None:
    """Mark an effect in per cent: of the level against, and with several worlds its bar of the level in each of them."""
    percent = 100.0 / row["mean_against"] if row["mean_against"] > 0 else np.inf
    middle = row["difference"] * percent if row["difference"] else 0.0
    if np.isnan(middle):
        return
    if middle > MOST:
        axis.plot(MOST, height, linestyle="none", **{**style, "marker": ">"}, markersize=4)
    else:
        ends = np.array([row["low"], row["high"]]) * (percent if np.isfinite(percent) else np.nan)
        if row["worlds"] > 1:
            ends = 100.0 * (np.array([row["ratio_low"], row["ratio_high"]]) - 1.0)
        axis.plot(middle, height, linestyle="none", markersize=4, zorder=3, **style)
        if not np.isnan(ends).any():
            # The mean over worlds may lie beyond the middle of them, so that the bar is drawn by itself.
            ends = np.clip(ends, LEAST, MOST + 10)
            axis.hlines(height, *ends, color=style["color"], linewidth=1.5)
            axis.plot(ends, [height] * 2, "|", color=style["color"], markersize=5)
    _write_beside(axis, height, signed(row["difference"]))


def _mark_ratio(axis: Axes, row: Any, height: float, style: dict[str, Any]) -> None:
    value = row["ratio"]
    _write_beside(axis, height, quotient(value))
    if np.isnan(value):
        return
    at = float(np.clip(value, LEAST_RATIO, MOST_RATIO))
    marker = ">" if value > MOST_RATIO else "<" if value < LEAST_RATIO else style["marker"]
    ends = np.clip([row["ratio_low"], row["ratio_high"]], LEAST_RATIO, MOST_RATIO)
    error = None if np.isnan(ends).any() else np.maximum(0.0, [[at - ends[0]], [ends[1] - at]])
    axis.errorbar(at, height, xerr=error, capsize=2, markersize=4, linestyle="none", **{**style, "marker": marker})


def _write_beside(axis: Axes, height: float, text: str) -> None:
    place: Any = ("axes fraction", "data")
    axis.annotate(text, (1.02, height), xycoords=place, fontsize=7, va="center", color="#444444", annotation_clip=False)


def _scale(axis: Axes, ratio: bool) -> None:
    axis.axvline(1.0 if ratio else 0.0, color=BLACK, linewidth=1)
    if ratio:
        axis.set_xscale("log", base=2)
        axis.set_xlim(LEAST_RATIO / 1.2, MOST_RATIO * 1.2)
        axis.set_xticks([1 / 16, 1 / 4, 1, 4], ["1/16", "1/4", "1", "4"], fontsize=8)
        axis.minorticks_off()
    else:
        axis.set_xlim(LEAST - 8, MOST + 15)
        axis.set_xticks([-100, 0, 100, 200], ["\N{MINUS SIGN}100", "0", "+100", "+200"], fontsize=8)
    axis.grid(axis="x", color=GRID)
    axis.set_axisbelow(True)


def draw_years(found: Effects, measures: Measures, frames: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw the difference of each arm year by year, a panel an indicator, with bands and a line at zero."""
    arms = list(dict.fromkeys(found.table["arm"]))
    indicators = list(dict.fromkeys(found.table["indicator"]))
    numbers = {arm: place for place, arm in enumerate(measures.arms)}
    titles = [measures.arms[arm] for arm in arms]
    rows, columns = grid(len(indicators))
    figure, part, foot = page(
        rows * 2.1, _heading(found, measures), _with_places(frames, measures), legend_height(titles)
    )
    axes = panels(part, len(indicators), share_y=False)
    for axis, indicator in zip(axes, indicators, strict=True):
        own = found.table[found.table["indicator"] == indicator]
        years = sorted(own["level"].unique())
        for arm in arms:
            line = own[own["arm"] == arm].set_index("level").loc[years]
            style = mark(numbers[arm])
            places = [float(year[:4]) for year in years]
            axis.plot(places, line["difference"], markersize=3, linewidth=1.4, **style)
            axis.fill_between(places, line["low"], line["high"], color=style["color"], alpha=0.18, linewidth=0)
        axis.axhline(0.0, color=BLACK, linewidth=1)
        one = measures.indicators.loc[indicator]
        axis.set_title(wrapped(f"{one['label']} ({one['unit']})", (WIDTH - 0.6) / columns - 0.4, 8.5), fontsize=8.5)
        axis.yaxis.set_major_formatter(plain_number)
        axis.tick_params(labelsize=8)
        axis.set_xticks(_some([int(year[:4]) for year in sorted(found.table["level"].unique())]))
        axis.grid(axis="y", color=GRID)
        axis.set_axisbelow(True)
    part.supxlabel(f"twelve months from month {found.table['level'].iloc[0][5:7]} of the year", fontsize=9)
    part.supylabel(f"difference to “{wrapped(measures.arms[found.against], 3.0, lines=1)}” a year", fontsize=9)
    handles = [Line2D([], [], linewidth=1.4, markersize=4, **mark(numbers[arm])) for arm in arms]
    legend_below(foot, handles, titles)
    return figure


def _some(years: list[int]) -> list[int]:
    return years[:: max(1, math.ceil(len(years) / 5))]
