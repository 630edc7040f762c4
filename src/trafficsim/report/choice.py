"""Robust choice in words and numbers: what holds in how many worlds, what each arm leaves undone, what is dominated."""

import os
import sys
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from trafficsim.analysis.robustness import ALL_CONDITIONS, Robustness, conditions_in
from trafficsim.report.table import number
from trafficsim.report.widths import print_whole

TABLES = ("studies", "arms", "indicators", "limits", "totals", "draws")
"""The tables of a study that are read for it."""


def console() -> Console:
    """Return a console as wide as the terminal, or 120 columns where nobody watches (a file, a pipe)."""
    return Console(width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else 120)


def per_cent(share: float) -> str:
    """Write a share as per cent, a dash where there is none."""
    return "–" if np.isnan(share) else f"{100 * share:.0f} %"


def asked(of: str, labels: Mapping[str, str]) -> str:
    """Write what a question is about for reading: an indicator's label, or a condition ("refoulement<=0.5") in words."""
    if of in labels:
        return labels[of]
    (condition,) = conditions_in(of)
    side = "at most" if condition.at_most else "at least"
    return f"{labels[condition.indicator]} {side} {100 * condition.factor:g} % of the baseline's"


def between_shares(low: float, high: float) -> str:
    """Write an interval of shares: "12 to 65 %"; nothing where there is none."""
    return between(low, high, lambda share: f"{100 * share:.0f}") + ("" if np.isnan(low) or np.isnan(high) else " %")


def between(low: float, high: float, write: object = number) -> str:
    """Write an interval; nothing where there is none."""
    assert callable(write)
    return "" if np.isnan(low) or np.isnan(high) else f"{write(low)} to {write(high)}"


def print_robustness(found: Robustness, frames: Mapping[str, pd.DataFrame]) -> None:
    """Print three tables: conditions and dominance an arm, then regret harm by harm."""
    out, study = console(), frames["studies"].iloc[0]
    titles = _titles(found, frames)
    worlds = "1 world" if found.worlds == 1 else f"{found.worlds:,} plausible worlds ({study['design']})"
    luck = "1 replicate" if found.replicates == 1 else f"{found.replicates} replicates"
    out.print(Text(f"{len(titles)} arms in {worlds}, {luck} each, scale {study['scale']:g}", style="bold"))
    if found.conditions:
        labels = dict(zip(frames["indicators"]["name"], frames["indicators"]["label"], strict=True))
        print_whole(_conditions(found, titles, labels), out)
    print_whole(_dominance(found, titles), out)
    for table in _regret(found, titles, frames["indicators"].set_index("name")):
        print_whole(table, out)
    out.print(Text(_legend(found, frames), style="dim"))
    out.print(Text(frames["limits"]["text"].iloc[0], style="italic"))


def _titles(found: Robustness, frames: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    arms = frames["arms"].sort_values("place")
    can = found.dominance.set_index("arm")["choosable"]
    return {row.arm: row.title + ("" if can[row.arm] else " (comparison only)") for row in arms.itertuples()}


def _conditions(found: Robustness, titles: Mapping[str, str], labels: Mapping[str, str]) -> Table:
    table = _table("Share of worlds in which ...", [*found.satisficing["condition"].unique()])
    rows = found.satisficing.set_index(["arm", "condition"])
    for column in table.columns[1:]:
        column.header = "all hold" if column.header == ALL_CONDITIONS else asked(str(column.header), labels)
    for arm, title in titles.items():
        cells = []
        for condition in found.satisficing["condition"].unique():
            row = rows.loc[(arm, condition)]
            lines = [per_cent(row["share"]), between_shares(row["low"], row["high"])]
            if row["undecided"] > 0:
                lines.append(f"replicates disagree: {per_cent(row['undecided'])}")
            cells.append("\n".join(lines))
        table.add_row(title, *cells)
    return table


def _dominance(found: Robustness, titles: Mapping[str, str]) -> Table:
    table = _table(
        "Dominated: another arm does less of some harm and more of none", ["share of worlds", "", "most often by"]
    )
    for row in found.dominance.itertuples():
        by = f"{titles[row.most_often_by]} ({per_cent(row.by_it)})" if row.most_often_by else "–"
        table.add_row(titles[row.arm], per_cent(row.dominated), between_shares(row.low, row.high), by)
    return table


def _regret(found: Robustness, titles: Mapping[str, str], indicators: pd.DataFrame) -> Iterable[Table]:
    for harm, rows in found.regret.groupby("harm", sort=False):
        can = rows[rows["choosable"]]
        least = can["regret_max"].min()
        one = indicators.loc[harm]
        columns = ["mean level", "least harm in", "mean regret", "90th percentile", "largest regret"]
        table = _table(f"{one['label']} ({one['unit']})", columns)
        for row in rows.itertuples():
            star = " *" if row.choosable and row.regret_max == least and len(can) > 1 else ""
            table.add_row(
                titles[row.arm],
                number(row.level),
                f"{per_cent(row.best_share)}\n{between_shares(row.best_low, row.best_high)}",
                f"{number(row.regret_mean)}\n{between(row.regret_mean_low, row.regret_mean_high)}",
                f"{number(row.regret_p90)}\n{between(row.regret_p90_low, row.regret_p90_high)}",
                f"{number(row.regret_max)}{star}\n{_of_baseline(row.relative_max)}",
            )
        yield table


def _of_baseline(share: float) -> str:
    return "" if np.isnan(share) else f"at most {per_cent(share)}"


def _table(first: str, others: Sequence[str]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column(first, min_width=26, max_width=48)
    for name in others:
        table.add_column(name, justify="right")
    return table


def _legend(found: Robustness, frames: Mapping[str, pd.DataFrame]) -> str:
    first = frames["arms"].sort_values("place")["title"].iloc[0]
    return (
        f"Regret: harm beyond that under the best arm on the list in the same world; * the smallest largest regret among the "
        f"arms to choose from; per cent below it: the largest regret in parts of the level under “{first}” in the same world. "
        f"Conditions are in parts of that level, too. Below each figure its {100 * found.level:.0f} % interval: over worlds by "
        f"bootstrap, of shares after Wilson. A world is the mean of its replicates. Harms are not weighed against each other: "
        f"an arm that is dominated in no world trades one harm for another."
    )
