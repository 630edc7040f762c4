"""The research agenda in words and numbers: what knowing an assumption would settle, and what is known of it today."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from trafficsim.analysis.agenda import sentence_on
from trafficsim.analysis.information import BELOW, NOT_CONVERGED, RANKED, RELATIVE, SPREAD, VERDICT, Information
from trafficsim.catalog import Catalog
from trafficsim.configuration import Configuration
from trafficsim.report.choice import asked, between, console, per_cent
from trafficsim.report.widths import print_whole

TABLES = ("studies", "arms", "indicators", "limits", "totals", "configurations")
"""The tables of a study that are read for it, beside its worlds."""

MOST_SHOWN = 12
"""Parameters that are printed; all stand in the CSV."""


def assumed_in(frames: Mapping[str, pd.DataFrame]) -> Catalog:
    """Return the catalogue as it holds in the corridor of a study."""
    kept = frames["configurations"].set_index("hash")["content"]
    content = json.loads(kept[frames["studies"]["configuration"].iloc[0]])
    return Configuration.from_plain(content).assumptions()


def print_agenda(
    found: Information, listed: pd.DataFrame, frames: Mapping[str, pd.DataFrame], catalog: Catalog, by: str
) -> None:
    """Print what is asked and how open it is, then the ranked assumptions with the gap in the evidence behind each."""
    out, study = console(), frames["studies"].iloc[0]
    out.print(
        Text(
            f"{found.worlds:,} plausible worlds ({study['design']}), scale {study['scale']:g}, {len(listed)} assumptions",
            "bold",
        )
    )
    titles = dict(zip(frames["arms"]["arm"], frames["arms"]["title"], strict=True))
    labels = dict(zip(frames["indicators"]["name"], frames["indicators"]["label"], strict=True))
    print_whole(_questions(found, titles, labels), out)
    ranked = listed[listed["place"].notna()]
    if ranked.empty:
        out.print(
            "No assumption rises above the noise floor: more worlds are needed to tell what any of them is worth."
        )
    for _, row in ranked.head(MOST_SHOWN).iterrows():
        out.print(
            Text(f"\n{int(row['place'])}. {row['parameter']}", style="bold"), Text(f"   {row['meaning']}"), sep="\n"
        )
        for gain, words in ((SPREAD, "spread that would go"), (VERDICT, "wrong verdicts that would go")):
            out.print(Text(f"   {words}: {_gain(row, gain, found, titles, labels)}"))
        out.print(Text(f"   {sentence_on(row.to_dict(), catalog)}", style="dim"))
    out.print()
    if len(ranked) > MOST_SHOWN:
        out.print(f"{len(ranked) - MOST_SHOWN} more are ranked; --csv lists all.")
    states = listed[f"{by}_state"]
    out.print(
        f"Not ranked: {(states == BELOW).sum()} below the noise floor, {(states == NOT_CONVERGED).sum()} not converged "
        f"(interval too wide for a rank)."
    )
    out.print(Text(_legend(found, by), style="dim"))
    out.print(Text(frames["limits"]["text"].iloc[0], style="italic"))


def _questions(found: Information, titles: Mapping[str, str], labels: Mapping[str, str]) -> Table:
    table = Table("Asked of", box=SIMPLE_HEAD, pad_edge=False)
    for name in ("arm", "holds in", "wrong if the likelier answer is given"):
        table.add_column(name, justify="right")
    for row in found.questions[found.questions["gain"] == VERDICT].itertuples():
        about = ("less: " if row.of in labels else "") + asked(row.of, labels)
        table.add_row(about, titles[row.arm], per_cent(row.holds), per_cent(row.wrong))
    return table


def _gain(row: Any, gain: str, found: Information, titles: Mapping[str, str], labels: Mapping[str, str]) -> str:
    if row[f"{gain}_state"] != RANKED:
        return str(row[f"{gain}_state"])
    questions = int((found.questions["gain"] == gain).sum())
    of = asked(row[f"{gain}_of"], labels)
    if gain == VERDICT and row[f"{gain}_of"] in labels:
        of = f"less: {of}"
    share = "of the variance" if gain == SPREAD else "of all worlds"
    return (
        f"{_share(row[gain])} {share} ({between(row[f'{gain}_low'], row[f'{gain}_high'], _share)}), of “{of}” under "
        f"“{titles[row[f'{gain}_under']]}”; told of in {row[f'{gain}_answers']} of {questions} questions"
    )


def _share(value: float) -> str:
    return "–" if np.isnan(value) else f"{100 * value:.1f} %"


def _floors(found: Information, gain: str) -> str:
    floors = found.questions.loc[found.questions["gain"] == gain, "floor"]
    return between(float(floors.min()), float(floors.max()), _share)


def _legend(found: Information, by: str) -> str:
    taken = "in parts of the baseline's level in the same world" if found.differences == RELATIVE else "in counts"
    return (
        f"Spread: by which part the variance of a difference to the baseline, over plausible worlds, would shrink on average if "
        f"the assumption were known exactly. Wrong verdicts: in which share of worlds less the likelier answer would be wrong. "
        f"Both are of the question that the assumption tells most about, with {100 * found.level:.0f} % intervals by resampling "
        f"worlds; ranked by {by}. Differences are taken {taken}. Noise floors, by question: {_floors(found, SPREAD)} of the "
        f"variance, {_floors(found, VERDICT)} of worlds: what the best of as many assumptions without influence reaches by chance "
        f"in one study of a hundred. What is worth finding out in the model may be worth little in the world, if the model lacks "
        f"what matters."
    )
