"""The tables of ``trafficsim fates``: who was spared a harm under another arm, who met it anew, and what became of them."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from trafficsim.analysis.counterfactuals import Counterfactuals, FateOfHarmed, HarmCompared, Transition, Under
from trafficsim.analysis.paired import Estimate
from trafficsim.analysis.shares import Share
from trafficsim.engine.calendar import month_index, month_label
from trafficsim.report.table import number, signed
from trafficsim.report.widths import print_whole

TABLES = ("studies", "arms", "limits", "totals", "fates", "harmed_lives", "changed_lives")
"""The tables of a study that are read for these, and for the figure."""

WORDS = {
    "removed": "forcibly returned",
    "trafficked": "sold or handed into exploitation",
    "trafficked again": "trafficked again",
    "tortured": "tortured on return",
    "forced abortion": "forced abortion on return",
    "separated from a child": "separated from a child",
    "prosecuted": "prosecuted",
    "died": "died",
}
"""Each harm as people are told of it: what was done to a person at least once since the arms parted."""


def percent(value: float) -> str:
    """Write a share for reading: "62 %", "0.4 %", "< 0.1 %" for what is little and not none, a dash where there is none."""
    if np.isnan(value):
        return "–"
    hundred = round(100.0 * value, 9)
    if 0.0 < hundred < 0.05:
        return "< 0.1 %"
    if 99.95 <= hundred < 100.0:
        return "> 99.9 %"
    return f"{hundred:.0f} %" if hundred == 0 or 10 <= hundred <= 99 or hundred == 100 else f"{hundred:.1f} %"


def range_of(share: Share) -> str:
    """Write the interval of a share: "57 to 66 %"; nothing where there is none."""
    return (
        "" if np.isnan(share.low) else f"{percent(share.low).removesuffix(' %')} to {percent(share.high)}"
    )  # fmt: skip


def print_harms(frames: Mapping[str, pd.DataFrame], found: Counterfactuals, console: Console) -> None:
    """Print each harm in the same lives under the baseline and one other arm."""
    console.print(Text(_heading(frames, found), style="bold"))
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("Harm, at least once", min_width=14)
    for title in ("First\npolicy", "Second\npolicy", "Difference", "Spared, of\nthe first", "Anew, of\nthe second"):
        table.add_column(title, justify="right", no_wrap=True)
    for one in found.harms():
        table.add_row(WORDS[one.harm], *_cells(one))
    print_whole(table, console)


def _cells(one: HarmCompared) -> Iterable[Text]:
    yield Text(number(one.under_baseline.mean))
    yield Text(number(one.under_arm.mean))
    yield _with_range(signed(one.difference.mean), _signed_range(one.difference))
    for share in (one.spared, one.anew):
        yield _with_range(f"{number(share.part)}\n{percent(share.share)}", range_of(share))


def _signed_range(one: Estimate) -> str:
    return "" if np.isnan(one.low) else f"{signed(one.low)} to {signed(one.high)}"


def _with_range(text: str, interval: str) -> Text:
    return Text.assemble(text, (f"\n{interval}", "dim")) if interval else Text(text)


def print_fates(found: Counterfactuals, harm: str, console: Console) -> None:
    """Print what became of those whom ``harm`` met under one arm, under the other: both ways."""
    here, there = f"“{found.title_of_baseline}”", f"“{found.title}”"
    sides: tuple[tuple[Under, str, str], ...] = (("baseline", here, there), ("arm", there, here))
    for under, one, other in sides:
        fates = found.fates_of(harm, under)
        whole = fates[0].lives.whole
        if not whole:
            console.print(f"Nobody was {WORDS[harm]} under {one}.\n")
            continue
        console.print(Text(f"Of the {number(whole)} lives {WORDS[harm]} under {one}, under {other}:", style="bold"))
        print_whole(_fates_table(fates), console)


def _fates_table(fates: list[FateOfHarmed]) -> Table:
    table = Table("What became of them", box=SIMPLE_HEAD, pad_edge=False)
    for title in ("Lives", "Share", "Interval"):
        table.add_column(title, justify="right")
    for place, one in enumerate(fates):
        if place and not one.lives.part:
            continue
        words = one.fate if place == 0 else f"spared it; {one.fate}"
        table.add_row(words, number(one.lives.part), percent(one.lives.share), range_of(one.lives))
    return table


def print_matrix(found: Counterfactuals, console: Console) -> None:
    """Print each fate under the baseline with the fates of the same lives under the other arm, where there are any."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column(Text(f"Fate under “{found.title_of_baseline}”"))
    table.add_column(Text(f"of the same lives under “{found.title}”"))
    for title in ("Lives", "Share", "Interval"):
        table.add_column(title, justify="right")
    before = ""
    for one in found.transitions():
        if one.lives.part:
            table.add_row(*_transition(one, before))
            before = one.fate_baseline
    print_whole(table, console)


def _transition(one: Transition, before: str) -> tuple[str, ...]:
    same = one.fate_baseline == before
    return (
        "" if same else f"{one.fate_baseline} ({number(one.lives.whole)})", one.fate_arm, number(one.lives.part),
        percent(one.lives.share), range_of(one.lives),
    )  # fmt: skip


def print_legend(frames: Mapping[str, pd.DataFrame], found: Counterfactuals, console: Console) -> None:
    """Print what the numbers are, and the first limit of every result."""
    if found.worlds > 1:
        told = f"Beside or below a number: the middle {100 * found.level:.0f} % of {found.worlds} draws of assumptions."
    elif found.replicates > 1:
        told = f"Beside or below a number: its {100 * found.level:.0f} % interval over {found.replicates} replicates."
    else:
        told = "One replicate: there is no interval, for luck is not told from policy; run more replicates."
    console.print(
        Text(
            f"Mean simulated lives a replicate, of {number(found.compared)} compared; one life may meet several harms. Spared: "
            f"whom the harm met under the first policy and not under the second; anew: the reverse. Shares are ratios of "
            f"totals. {told}"
        ),
        style="dim",
    )
    console.print(Text(frames["limits"]["text"].iloc[0]), style="italic")


def _heading(frames: Mapping[str, pd.DataFrame], found: Counterfactuals) -> str:
    study: Any = frames["studies"].iloc[0]
    last = month_label(month_index(study["policy_start"]) + 12 * study["years"] - 1)
    return (
        f"The same lives under “{found.title_of_baseline}”, the first policy, and “{found.title}”, the second, "
        f"from {study['policy_start']} to {last}, scale {study['scale']:g}"
    )
