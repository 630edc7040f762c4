"""Two studies beside each other in words and numbers: what was changed, and what that does to what arms change."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from trafficsim.analysis.beside import Beside
from trafficsim.analysis.measures import Measures
from trafficsim.report.choice import between
from trafficsim.report.table import number, signed
from trafficsim.report.widths import print_whole

FEWEST = 30.0
"""Of fewer cases a study is too small to tell what an assumption does."""


def print_beside(
    found: Beside, here: Measures, there: Measures, frames: Mapping[str, pd.DataFrame], out: Console
) -> None:
    """Print what differs between the studies, then a table for each arm."""
    out.print(Text(f"Study {there.study} beside {here.study}, in the same lives", style="bold"))
    if found.changed:
        for name, (one, other) in found.changed.items():
            out.print(Text(f"  {name}: {one} here, {other} there"))
    else:
        out.print(Text("  Nothing differs between them, save the arms that one of them alone has."))
    base = next(iter(here.arms))
    for arm in dict.fromkeys(found.table["arm"]):
        print_whole(_table(found.table[found.table["arm"] == arm], here, arm, base, found.level), out)
    out.print(Text(_legend(found, here.arms[base]), style="dim"))
    out.print(Text(frames["limits"]["text"].iloc[0], style="italic"))


def _table(rows: pd.DataFrame, here: Measures, arm: str, base: str, level: float) -> Table:
    what = f"“{here.arms[arm]}”: levels" if arm == base else f"What “{here.arms[arm]}” changes"
    table = Table(what, box=SIMPLE_HEAD, pad_edge=False)
    for name in ("here", "there", "difference", ""):
        table.add_column(name, justify="right")
    for row in rows.itertuples():
        one = here.indicators.loc[row.indicator]
        write = number if arm == base else signed
        spread = between(row.low, row.high, signed)
        table.add_row(
            Text.assemble(str(one["label"]), (f" ({one['unit']})", "dim")), write(row.here), write(row.there),
            signed(row.difference) + (f"\n{spread}" if spread and row.difference else ""), _told(row),
        )  # fmt: skip
    return table


def _told(row: Any) -> str:
    if row.worlds > 1:
        same = row.share_above if row.difference > 0 else row.share_below
        return f"{row.word}\n{round(same * row.worlds)} of {row.worlds}" if row.difference else row.word
    return str(row.word)


def _legend(found: Beside, base: str) -> str:
    several = int(found.table["worlds"].max()) > 1
    level = f"{100 * found.level:.0f} %"
    over = f"the middle {level} of the worlds" if several else f"a {level} interval over replicates"
    said = (
        f"Differences are there less here, paired by life's luck: of the levels under “{base}”, then of what each other arm "
        f"changes against it. Below them {over}; 'unclear': it holds zero."
    )
    if (found.table[["here", "there"]].abs().max(axis=1) < FEWEST).any():
        said += (
            f" Where there are fewer than {FEWEST:.0f} cases, the scale may be too small to tell; take a larger one."
        )
    return said
