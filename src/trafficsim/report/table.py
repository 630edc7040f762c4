"""The table that a comparison prints."""

import numpy as np
from rich.console import Console
from rich.table import Table

from trafficsim.analysis.paired import LEVEL, summarise, totals_frame
from trafficsim.catalog import catalog
from trafficsim.experiments.result import StudyResult
from trafficsim.experiments.store import LIMITS

MINUS = "\N{MINUS SIGN}"


def number(value: float) -> str:
    """Write a number for reading: thousands apart, no false precision, a dash where there is none."""
    if np.isnan(value):
        return "–"
    digits = 0 if abs(value) >= 100 or float(value).is_integer() else 1
    return f"{value:,.{digits}f}".replace("-", MINUS)


def signed(value: float) -> str:
    """Write a difference with its sign."""
    return number(value) if np.isnan(value) or value < 0 else f"+{number(value)}"


def verdict(low: float, high: float, direction: str) -> str:
    """Say in a word whether a difference is better, worse or unclear, from its interval and the indicator's direction."""
    if direction == "neutral":
        return ""
    if np.isnan(low) or low <= 0 <= high:
        return "unclear"
    fewer = high < 0
    return "better" if fewer == (direction == "less_is_better") else "worse"


def print_comparison(result: StudyResult, console: Console) -> None:
    """Print each indicator under each arm, the paired differences to the first arm, and how many lives changed."""
    names = [arm["name"] for arm in result.arms]
    titles = {arm["name"]: arm["title"] for arm in result.arms}
    frame = summarise(totals_frame(result), names)
    if frame.empty:
        console.print("No run was finished, so there is nothing to compare.")
        return
    replicates = int(frame["replicates"].max())
    records = catalog().indicators
    table = Table(
        title=f"Totals over the policy window, mean of {replicates} replicate{'s' * (replicates != 1)}",
        caption=f"Differences are taken within each replicate, with {LEVEL:.0%} intervals over replicates.",
        title_justify="left",
        caption_justify="left",
    )
    table.add_column("Indicator", min_width=22)
    table.add_column(titles[names[0]], justify="right")
    for name in names[1:]:
        table.add_column(titles[name], justify="right")
        table.add_column("difference", justify="right")
    rows = {(row.indicator, row.arm): row for row in frame.itertuples()}
    for indicator, record in records.items():
        if (indicator, names[0]) not in rows:
            continue
        cells = [f"{record.label} [dim]({record.unit})[/dim]", number(rows[indicator, names[0]].mean)]
        for name in names[1:]:
            row = rows.get((indicator, name))
            if row is None:
                cells += ["–", "–"]
                continue
            words = verdict(row.difference_low, row.difference_high, record.direction)
            interval = ""
            if not np.isnan(row.difference_low):
                interval = f"\n[dim]{signed(row.difference_low)} to {signed(row.difference_high)}[/dim]"
            cells += [number(row.mean), f"{signed(row.difference)} {words}".rstrip() + interval]
        table.add_row(*cells)
    console.print(table)
    for name in names[1:]:
        changed = [row for row in result.changed_lives if row[2] == name]
        if changed:
            lives = sum(row[3] for row in changed) / len(changed)
            compared = sum(row[4] for row in changed) / len(changed)
            console.print(
                f"{titles[name]}: {number(round(lives))} of {number(round(compared))} simulated lives went otherwise than under "
                f"{titles[names[0]].lower()} (mean of replicates)."
            )
    console.print(LIMITS[0], style="italic")
