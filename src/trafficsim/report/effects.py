"""Effects in words and numbers: differences and ratios with intervals, what stands after correction, what would take how many."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from trafficsim.analysis.effects import Effects
from trafficsim.analysis.measures import ALL, Measures
from trafficsim.analysis.power import MOST, POWER
from trafficsim.analysis.summary import verdict
from trafficsim.report.choice import between, per_cent
from trafficsim.report.table import STYLES, number, signed
from trafficsim.report.widths import print_whole

WORDS = {
    "age_band": "age band", "area": "area", "departure": "how the latest journey began",
    "purpose": "purpose of the latest exploitation", "sex": "sex", "year": "year",
}  # fmt: skip
"""What effects are told apart by, in words."""

SMALLEST_P = 0.001
WIDE = 110
"""Columns of a terminal from which numbers are not broken."""


def p_value(value: float) -> str:
    """Write a p value: three decimals, no more certainty than a model of so few replicates has."""
    if np.isnan(value):
        return "–"
    return f"< {SMALLEST_P}" if value < SMALLEST_P else f"{value:.3f}"


def quotient(value: float) -> str:
    """Write a ratio: two decimals, or two digits of a small one."""
    return number(value) if np.isnan(value) or value < 0.1 or value >= 10.0 else f"{value:.2f}"


def word_of(row: Any, direction: str) -> str:
    """Return what an effect means: better or worse where it stands, else whether there is none or it is not told from luck."""
    if row.low == row.high == 0.0:
        return "no change"
    if not row.stands:
        return "unclear"
    # It stands, so its sign is told, whether or not an interval of its own could be put around it.
    return verdict(row.difference, row.difference, direction)


def print_effects(
    found: Effects, measures: Measures, frames: Mapping[str, pd.DataFrame], ratio: bool, console: Console
) -> None:
    """Print a table for each arm: level, difference and, where asked for, ratio; what luck and assumptions leave of them."""
    console.print(Text(_heading(found, measures, frames["studies"].iloc[0]), style="bold"))
    for arm in found.table["arm"].unique():
        rows = found.table[found.table["arm"] == arm]
        print_whole(_table(found, measures, rows, ratio, whole=console.width >= WIDE), console)
    console.print(Text(_legend(found, measures, ratio), style="dim"))
    console.print(Text(frames["limits"]["text"].iloc[0], style="italic"))


def _heading(found: Effects, measures: Measures, study: pd.Series) -> str:
    by = "" if found.by == ALL else f" by {WORDS[found.by]}"
    base = f"Against “{measures.arms[found.against]}”{by}, in the same lives"
    if measures.worlds > 1:
        return f"{base}: {measures.worlds:,} worlds, {measures.replicates} replicates each, scale {study['scale']:g}"
    replicates = "one replicate" if measures.replicates == 1 else f"{measures.replicates} replicates"
    return f"{base}: {replicates}, scale {study['scale']:g}"


def _table(found: Effects, measures: Measures, rows: pd.DataFrame, ratio: bool, whole: bool) -> Table:
    grouped, worlds = found.by != ALL, measures.worlds > 1
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column(Text(f"{measures.arms[rows['arm'].iloc[0]]}"), min_width=16, max_width=34)
    if grouped:
        table.add_column(WORDS[found.by].split()[0] if found.by == "purpose" else WORDS[found.by], max_width=20)
    for name in ("level\nagainst", "level", "difference", *(["ratio"] if ratio else [])):
        table.add_column(name, justify="right", no_wrap=whole)
    table.add_column("worlds\nwith this sign" if worlds else "p (luck)\np Holm, BH", justify="right", no_wrap=whole)
    if not worlds:
        table.add_column("after\ncorrection")
    previous = None
    for row in rows.itertuples():
        one = measures.indicators.loc[row.indicator]
        cells: list[Any] = [
            Text.assemble(one["label"], (f" ({one['unit']})", "dim")) if row.indicator != previous else ""
        ]
        previous = row.indicator
        cells += [row.level] if grouped else []
        cells += [number(row.mean_against), number(row.mean), _difference(row, one["direction"], worlds)]
        cells += [_ratio(row)] if ratio else []
        cells += _over_worlds(row) if worlds else _over_luck(row, measures.replicates)
        table.add_row(*cells)
    return table


def _difference(row: Any, direction: str, worlds: bool) -> Text:
    word = word_of(row, direction)
    if word == "no change":
        return Text(word, "dim")
    cell = Text.assemble(
        signed(row.difference), " ", (word if not np.isnan(row.difference) else "", STYLES.get(word, "dim"))
    )
    own = between(row.low, row.high, signed)
    if own:
        cell.append(f"\n{'worlds ' if worlds else ''}{own}", "dim")
    luck = between(row.luck_low, row.luck_high, signed)
    return cell.append(f"\nluck {luck}", "dim") if worlds and luck else cell


def _ratio(row: Any) -> Text:
    own = between(row.ratio_low, row.ratio_high, quotient)
    return Text(quotient(row.ratio)).append(f"\n{own}", "dim") if own else Text(quotient(row.ratio))


def _over_luck(row: Any, replicates: int) -> list[str]:
    if row.low == row.high == 0.0:
        return ["", ""]
    cells = [
        f"{p_value(row.p)}\n{p_value(row.p_holm)}, {p_value(row.p_benjamini_hochberg)}" if not np.isnan(row.p) else "–",
        "stands" if row.stands else "–",
    ]
    if row.replicates < replicates:
        cells[-1] += f"\n({row.replicates} of {replicates})"
    return cells


def _over_worlds(row: Any) -> list[str]:
    if np.isnan(row.difference) or row.difference == 0.0:
        return ["–"]
    same, sign = (row.share_below, "below") if row.difference < 0 else (row.share_above, "above")
    return [f"{per_cent(same)} of {row.worlds}\n{sign} 0\nassumptions {per_cent(row.share_of_assumptions)}"]


def _legend(found: Effects, measures: Measures, ratio: bool) -> str:
    level = f"{100 * found.level:.0f} %"
    if measures.worlds > 1:
        words = (
            f"Differences are taken within each world and replicate. Below them: the middle {level} of the worlds, which decides "
            f"the word beside the mean, and the {level} interval of the mean over replicates (luck alone). No p value is given "
            f"over worlds: what the assumptions leave open is told by the share of worlds with the same sign, and by the part "
            f"of the difference's variance that the assumptions explain."
        )
    else:
        words = (
            f"Differences are taken within each replicate; below them their {level} interval over replicates (Student's). "
            f"p: paired t test, of luck alone, at these assumptions: it is no evidence on the real world. Tested together: "
            f"{found.family}. Holm: 'stands' where the chance of any false alarm among them is at most "
            f"{100 * (1 - found.level):.0f} %; BH (Benjamini and Hochberg): the expected share of false alarms."
        )
    if ratio:
        own = f"the middle {level} of the worlds" if measures.worlds > 1 else "Fieller's interval"
        words += f" Ratio: of the means, with {own}; a dash where the level against is 0, no interval where it cannot be told."
    if found.by == "departure":
        words += " 'none': children born in the host country, and brokers."
    return words


def print_needs(
    needs: pd.DataFrame, measures: Measures, frames: Mapping[str, pd.DataFrame], level: float, console: Console
) -> None:
    """Print what an interval of the wanted width takes, and what the replicates at hand can show."""
    grouped, worlds = measures.by != ALL, measures.worlds > 1
    against = measures.arms[needs["against"].iloc[0]] if len(needs) else ""
    console.print(
        Text(f"How many it takes: {100 * level:.0f} % intervals of the difference to “{against}”", style="bold")
    )
    for arm, rows in needs.groupby("arm", sort=False):
        table = Table(box=SIMPLE_HEAD, pad_edge=False)
        table.add_column(Text(measures.arms[str(arm)]), min_width=16, max_width=34)
        if grouped:
            table.add_column(WORDS[measures.by], max_width=20)
        for name in ("difference", "± wanted", "± now", "replicates\nneeded", "shown by\nthese"):
            table.add_column(name, justify="right")
        if worlds:
            table.add_column("± of the mean\nover worlds", justify="right")
            table.add_column("worlds\nneeded", justify="right")
        previous = None
        for row in rows.itertuples():
            one = measures.indicators.loc[str(row.indicator)]
            first = Text.assemble(one["label"], (f" ({one['unit']})", "dim")) if row.indicator != previous else ""
            previous = row.indicator
            cells = [first, *([str(row.level)] if grouped else []), signed(float(row.difference)), number(float(row.wanted)),
                     number(float(row.half_width)), _needed(row.replicates_needed, row.replicates_needed_at_most),
                     number(float(row.smallest_difference))]  # fmt: skip
            if worlds:
                cells += [
                    number(float(row.half_width_of_worlds)),
                    _needed(row.worlds_needed, row.worlds_needed_at_most),
                ]
            table.add_row(*cells)
        print_whole(table, console)
    pilot = f"{measures.replicates} replicates" + (f" in {measures.worlds} worlds" if worlds else "")
    words = (
        f"Told from {pilot}. In brackets: what it takes if the spread is at the upper end of its own {100 * level:.0f} % interval; "
        f"the fewer replicates a pilot has, the further off. 'Shown by these': the smallest difference that this many "
        f"replicates show with a chance of {100 * POWER:.0f} %."
    )
    if worlds:
        words += (
            " Worlds needed are for the mean over all plausible worlds, with as many replicates in each as there are."
        )
    console.print(Text(words, style="dim"))
    console.print(Text(frames["limits"]["text"].iloc[0], style="italic"))


def _needed(needed: Any, at_most: Any) -> str:
    if not needed:
        return "–"
    least, most = ("> 1 million" if each >= MOST else f"{each:,}" for each in (needed, at_most))
    return least if most == least else f"{least} ({most})"
