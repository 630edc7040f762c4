"""The table that a comparison prints: as wide as the terminal allows, or a block for each policy."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from trafficsim.analysis.paired import LEVEL
from trafficsim.analysis.summary import arm_totals, summarise, verdict
from trafficsim.engine.calendar import month_index, month_label
from trafficsim.report.widths import print_whole

MINUS = "\N{MINUS SIGN}"
TABLES = ("studies", "arms", "indicators", "limits", "totals", "changed_lives")
"""The tables of a study that are read for it."""

STYLES = {"better": "green", "worse": "red"}

MOST_WIDTH = 26
"""Characters of a column of numbers; titles are broken at it."""

Row = Any
Rows = Mapping[tuple[str, str], Row]


def number(value: float) -> str:
    """Write a number for reading: thousands apart, no false precision, a dash where there is none."""
    if np.isnan(value):
        return "–"
    if abs(value) < 1.0:
        written = f"{value + 0.0:.2g}"  # adding zero takes the sign from a negative zero
    else:
        written = f"{value:,.{0 if abs(value) >= 100 or float(value).is_integer() else 1}f}"
    return written.replace("-", MINUS)


def signed(value: float) -> str:
    """Write a difference with its sign; zero has none."""
    return f"+{number(value)}" if value > 0 else number(value)


def print_comparison(frames: Mapping[str, pd.DataFrame], console: Console) -> None:
    """Print each indicator under each arm, the paired differences to the first arm, and how many lives changed.

    ``frames`` holds :data:`TABLES` of a study, as
    :func:`~trafficsim.experiments.frames.open_study` returns them.
    """
    arms = frames["arms"].sort_values("place")
    titles: dict[str, str] = dict(zip(arms["arm"], arms["title"], strict=True))
    totals = arm_totals(frames["totals"])
    if totals.empty:
        console.print("No replicate was finished, so there is nothing to compare.")
        return
    summary = summarise(totals, list(titles))
    rows = {(row.indicator, row.arm): row for row in summary.itertuples()}
    indicators = [
        one for one in frames["indicators"].sort_values("place").itertuples() if (one.name, arms["arm"].iloc[0]) in rows
    ]
    draws, finished = totals["draw"].nunique(), len(totals[["draw", "replicate"]].drop_duplicates())
    console.print(Text(_heading(frames["studies"].iloc[0], draws, finished), style="bold"))
    for table in _tables(titles, indicators, rows, finished, console):
        print_whole(table, console)
    if len(titles) > 1:
        console.print(Text(_legend(draws, finished)), style="dim")
    _print_changed_lives(frames["changed_lives"], titles, console)
    console.print(Text(frames["limits"]["text"].iloc[0]), style="italic")


def _heading(study: Any, draws: int, finished: int) -> str:
    last = month_label(month_index(study["policy_start"]) + 12 * study["years"] - 1)
    planned = study["replicates"] * max(1, study["draws"])
    mean = f"mean of {finished} replicates" if finished > 1 else "one replicate"
    if draws > 1:
        mean += f" in {draws} draws of assumptions"
    if finished < planned:
        mean += f" (of {planned} planned)"
    return f"Totals from {study['policy_start']} to {last}, scale {study['scale']:g}, {mean}"


def _legend(draws: int, finished: int) -> str:
    if finished == 1:
        return "One replicate: differences are between the same lives, but luck is not told from policy; run more replicates."
    if draws > 1:
        return (
            f"Differences are taken within each draw and replicate, between the same lives. Below them: the middle "
            f"{LEVEL:.0%} of the draws of assumptions, which decides the word beside the mean; the {LEVEL:.0%} interval of "
            f"the mean by luck alone, over replicates; in how many draws the difference has the sign of the mean; and "
            f"which part of one run's variance the assumptions explain."
        ).replace("%", " %")
    return (
        f"Differences are taken within each replicate, between the same lives; below them their {LEVEL:.0%} interval over "
        f"replicates. 'unclear': the interval holds zero, or the replicates are too few to tell."
    ).replace("%", " %")


def _tables(
    titles: Mapping[str, str], indicators: list[Row], rows: Rows, finished: int, console: Console
) -> list[Table]:
    """Return one table with all arms where it fits, else one for each arm beside the baseline."""
    _, *others = titles
    boundless = console.options.update(width=10_000)

    def fits(table: Table) -> bool:
        return Measurement.get(console, boundless, table).minimum <= console.width

    wide = _table(titles, others, indicators, rows, finished, 30)
    if fits(wide):
        return [wide]
    blocks = [_table(titles, [arm], indicators, rows, finished, 22) for arm in others]
    if all(map(fits, blocks)):
        return blocks
    return [_table(titles, [arm], indicators, rows, finished, None) for arm in others] or [wide]


def _table(
    titles: Mapping[str, str], others: list[str], indicators: list[Row], rows: Rows, finished: int, label_width: int | None
) -> Table:  # fmt: skip
    """Return a table of the baseline and ``others``; without a ``label_width`` all columns may be squeezed."""
    baseline = next(iter(titles))
    columns: list[tuple[str, list[Text]]] = []
    for arm in (baseline, *others):
        columns.append((titles[arm], [Text(number(rows[one.name, arm].mean)) for one in indicators]))
        if arm != baseline:
            differences = [_difference(rows[one.name, arm], one.direction, finished) for one in indicators]
            columns.append(("Difference", differences))
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("Indicator", min_width=label_width, max_width=60)
    for title, cells in columns:
        words = [*title.split(), *(line for cell in cells for line in cell.plain.splitlines())]
        width = min(MOST_WIDTH, max(map(len, words))) if label_width else None
        table.add_column(Text(title), justify="right", min_width=width, max_width=MOST_WIDTH, overflow="fold")
    for one, *cells in zip(indicators, *(cells for _, cells in columns), strict=True):
        table.add_row(Text.assemble(one.label, (f" ({one.unit})", "dim")), *cells)
    return table


def _difference(row: Row, direction: str, finished: int) -> Text:
    """Return a difference with its verdict, and its interval below."""
    if np.isnan(row.difference) or finished == 1:
        return Text(signed(row.difference))
    if row.draws > 1:
        return _difference_over_draws(row, direction)
    word = verdict(row.difference_low, row.difference_high, direction)
    if word == "no change":
        return Text(word, "dim")
    cell = Text.assemble(signed(row.difference), " ", (word, STYLES.get(word, "dim")))
    if not np.isnan(row.difference_low):
        cell.append(f"\n{signed(row.difference_low)} to {signed(row.difference_high)}", "dim")
    return cell


def _difference_over_draws(row: Row, direction: str) -> Text:
    """Return a difference with the two sources of its spread, a line each."""
    word = verdict(row.difference_low, row.difference_high, direction)
    cell = Text.assemble(signed(row.difference), " ", (word, STYLES.get(word, "dim")))
    if word == "no change":
        return Text(word, "dim")
    same_sign = row.draws_below if row.difference < 0 else row.draws_above
    lines = [f"draws {signed(row.difference_low)} to {signed(row.difference_high)}"]
    if not np.isnan(row.luck_low):
        lines.append(f"luck {signed(row.luck_low)} to {signed(row.luck_high)}")
    lines.append(f"{100 * same_sign:.0f} % of draws {'below' if row.difference < 0 else 'above'} 0")
    if not np.isnan(row.share_of_assumptions):
        lines.append(f"assumptions {100 * row.share_of_assumptions:.0f} %")
    return cell.append("\n" + "\n".join(lines), "dim")


def _print_changed_lives(changed: pd.DataFrame, titles: Mapping[str, str], console: Console) -> None:
    baseline, *others = titles
    changed = changed[changed["arm_a"] == baseline]  # studies of a file may share runs, and so comparisons
    means: Callable[[str], Any] = changed.groupby("arm_b")[["lives_changed", "lives_compared"]].mean().loc.__getitem__
    compared_arms = set(changed["arm_b"])  # none where output.lives was off
    for arm in (arm for arm in others if arm in compared_arms):
        lives, compared = means(arm)
        console.print(
            Text(
                f"{titles[arm]}: {number(round(lives)) if lives >= 1 else number(lives)} of {number(round(compared))} simulated "
                f"lives went otherwise than under “{titles[baseline]}”, in the mean of replicates."
            )
        )
