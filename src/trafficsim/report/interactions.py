"""Interactions between levers in words and numbers: the pairs that are told apart from none, harm by harm."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from trafficsim.analysis.interactions import COUNTS, RATIO, UNTOLD, Interactions, titles_of_levers
from trafficsim.report.choice import console, per_cent
from trafficsim.report.table import MINUS, number, signed
from trafficsim.report.widths import print_whole

MOST_SHOWN = 8
"""Pairs that are printed for a harm; all stand in the CSV and in the figures."""


def points(share: float) -> str:
    """Write an effect on counts, in parts of the harm without levers, as signed per cent."""
    return "–" if pd.isna(share) else f"{100 * share:+.1f} %".replace("-", MINUS)


def times(factor: float) -> str:
    """Write an effect on ratios."""
    return "–" if pd.isna(factor) else f"×{factor:.2f}"


WRITE = {COUNTS: points, RATIO: times}


def print_interactions(found: Interactions, frames: Mapping[str, pd.DataFrame]) -> None:
    """Print for each harm what explains the differences between arms, and the pairs that are told apart from none."""
    out, study = console(), frames["studies"].iloc[0]
    units = f"{found.units:,} {found.unit if found.units > 1 else found.unit.removesuffix('s')}"
    out.print(
        Text(f"{len(found.levers)} levers, {len(frames['arms'])} arms, {units}, scale {study['scale']:g}", style="bold")
    )
    indicators = frames["indicators"].set_index("name")
    for harm in found.harms:
        out.print(Text(_fitted(found, harm, indicators.loc[harm]), style="bold"))
        pairs = found.pairs[found.pairs["harm"] == harm]
        told = pairs[pairs["verdict"] != UNTOLD]
        number_of_pairs = len(pairs) // 2
        if told.empty:
            which = "The pair is not" if number_of_pairs == 1 else f"None of the {number_of_pairs} pairs is"
            out.print(f"{which} told apart from no interaction.")
            continue
        print_whole(_table(told, pairs, found), out)
        hidden = len(told.groupby(["first", "second"])) - MOST_SHOWN
        if hidden > 0:
            out.print(
                Text(f"{hidden} more of the {number_of_pairs} pairs are told apart; --csv lists all.", style="dim")
            )
    out.print(Text(_legend(found), style="dim"))
    out.print(Text(frames["limits"]["text"].iloc[0], style="italic"))


def _fitted(found: Interactions, harm: str, indicator: Any) -> str:
    fit = found.fit[found.fit["harm"] == harm].set_index("scale")
    parts = [
        f"{per_cent(fit.loc[scale, 'explained'])} in {'counts' if scale == COUNTS else 'ratios'}" for scale in WRITE
    ]
    return (
        f"\n{indicator['label']} ({indicator['unit']}): single levers and pairs explain {' and '.join(parts)} of what differs "
        f"between arms"
    )


def _table(told: pd.DataFrame, pairs: pd.DataFrame, found: Interactions) -> Table:
    titles = titles_of_levers(found.levers)
    table = Table("Pair", box=SIMPLE_HEAD, pad_edge=False)
    for name in ("counts", "", "ratio", " "):
        table.add_column(name, justify="right")
    strength = told.assign(size=told["effect"].abs().where(told["scale"] == COUNTS, 0.0))
    largest = strength.groupby(["first", "second"])["size"].max().sort_values(ascending=False).index[:MOST_SHOWN]
    rows = {(row.scale, row.first, row.second): row for row in pairs.itertuples()}
    for first, second in largest:
        cells = []
        for scale in WRITE:
            row = rows[scale, first, second]
            write = WRITE[scale]
            count = f" ({signed(row.count)})" if scale == COUNTS else ""
            same = f"{per_cent(row.same_sign)} of {found.unit} alike"
            cells += [
                f"{write(row.effect)}{count}\n{write(row.mean_low)} to {write(row.mean_high)}",
                f"{row.verdict}\n{same}",
            ]
        table.add_row(f"{titles[first]}\n+ {titles[second]}", *cells)
    return table


def _rule(found: Interactions) -> str:
    """Return when a pair is told apart from no interaction."""
    if found.unit == "worlds":
        return f"a pair is told apart where {number(100 * found.level)} % of the worlds agree on the sign."
    return "verdicts after Holm."


def _legend(found: Interactions) -> str:
    return (
        f"Counts: how much the two change the harm together beyond the sum of what each changes apart, in per cent of the harm "
        f"with no lever (and as a count); ratio: beyond the product. Both are means over all settings of the other levers. "
        f"Below them {number(100 * found.level)} % intervals of the mean over {found.unit}, simultaneous over all pairs of a harm; "
        f"{_rule(found)} 'More together' does not mean harmful: two levers that spare the same people overlap. "
        f"A lever's strength is an assumption, and so is each of these. Pairs cannot be told from sets of three levers."
    )
