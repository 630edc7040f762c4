"""``trafficsim explain`` in words: what differs between two results of the same lives, the first life, and what came of it."""

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from trafficsim.analysis.explained import Explained, RunApart
from trafficsim.experiments.deciding import title_of
from trafficsim.experiments.schema import LIMITS
from trafficsim.report.table import number
from trafficsim.report.widths import print_whole

MOST_LIVES, MOST_TOTALS, LAST_BITS = 5, 12, 1e-9


def print_explained(found: Explained, out: Console) -> None:
    """Print what was told otherwise, then the first month, life and rule, then how many lives and which totals differ."""
    here, there = found.names
    out.print(Text(f"{there} beside {here}, the same lives", style="bold"))
    for name, (one, other) in found.changed.items():
        out.print(Text(f"  {name}: {one} here, {other} there"))
    if not found.changed:
        out.print(Text("  No version, assumption or draw differs between them."))
    if found.first is None:
        compared = sum(run.lives.compared for run in found.runs)
        out.print(Text(f"No life differs: of {compared:,} in {len(found.runs)} runs, all that happened is the same."))
    else:
        for sentence in _sentences(found, found.first):
            out.print(Text(sentence))
    if len(found.totals):
        _print_totals(found, out)
    elif found.first is not None:
        out.print(Text("No total over the run differs."))
    out.print(Text(LIMITS[0], style="italic"))


def _sentences(found: Explained, run: RunApart) -> list[str]:
    lives, first = run.lives, run.lives.first
    assert first is not None
    more = f" and {len(lives.lives) - MOST_LIVES:,} more" if len(lives.lives) > MOST_LIVES else ""
    in_month = ", ".join(lives.lives[:MOST_LIVES]) + more
    several = "lives differ" if len(lives.lives) > 1 else "life differs"
    told = [
        f"The first difference is in {lives.month}: run {run.arm}, draw {run.draw}, replicate {run.replicate}. "
        f"{len(lives.lives):,} {several} in that month: {in_month}.",
        f"Life {first.key}, step “{title_of(first.step)}”: “{first.here}” here, “{first.there}” there.",
    ]
    for at, (rule, source) in enumerate(zip(first.rules, first.sources, strict=True)):
        asked = "The rule that decides it is" if not at else "It also hangs on"
        told.append(f"{asked} {rule.name} ({source}): “{rule.says}”")
    told.append(
        "The luck drawn is the same in both, since it is keyed to the life and the event: what it was held against is not."
    )
    apart = sum(one.lives.by_the_end for one in found.runs)
    compared = sum(one.lives.compared for one in found.runs)
    touched = sum(one.lives.month is not None for one in found.runs)
    told.append(
        f"By the end {apart:,} of {compared:,} lives to which anything happened differ, in {touched} of {len(found.runs)} runs."
    )
    return told


def _print_totals(found: Explained, out: Console) -> None:
    table = Table("Arm", "Indicator", box=SIMPLE_HEAD, pad_edge=False)
    for name in ("here", "there", "runs that differ"):
        table.add_column(name, justify="right")
    for row in found.totals.head(MOST_TOTALS).itertuples():
        table.add_row(str(row.arm), str(row.indicator), number(row.here), number(row.there), f"{row.runs:,}")
    print_whole(table, out)
    if len(found.totals) > MOST_TOTALS:
        out.print(Text(f"{len(found.totals) - MOST_TOTALS:,} more totals differ (--json)."))
    if float(found.totals["relative"].max()) < LAST_BITS:
        out.print(Text("They differ in their last bits alone."))
