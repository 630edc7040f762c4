"""What a sensitivity analysis says, as a ranked table for the terminal and as plain rows for other programs."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from trafficsim.analysis.sensitivity.questions import Answer
from trafficsim.analysis.sensitivity.regional import LEAST_WORLDS, Regional
from trafficsim.analysis.sensitivity.results import LEVEL, Indices
from trafficsim.analysis.worlds import Worlds
from trafficsim.catalog import Catalog
from trafficsim.report.table import number
from trafficsim.report.widths import print_whole

SHOWN = 20
"""Factors that the table has a row for; all are in the rows for other programs."""

PLAIN = [
    "study", "indicator", "arm", "baseline", "method", "factor", "meaning", "unit", "grade", "index", "low", "high",
    "verdict", "first", "first_low", "first_high", "first_verdict", "mu", "sigma", "above", "below",
]  # fmt: skip
"""Columns of the rows for other programs; a number that has not converged is left out (NaN), its interval is told."""

MEANINGS = {
    "morris": "mu*: what moving the assumption over its whole range changes, in the mean over random places ({unit}); sigma: how "
    "much that depends on the place and on other assumptions.",
    "sobol": "Total: share of the variance that stays, on average, if all but this were known; first: share that goes, on "
    "average, if this alone were known.",
    "pawn": "PAWN: how far the distribution moves where the assumption is known to lie in a tenth of its range (median "
    "Kolmogorov-Smirnov distance, 0 to 1).",
    "delta": "Delta: half of the area by which the density moves, on average, where the assumption is known (0 to 1).",
    "regional": "Distance (0 to 1) between the assumption's values where the difference is above zero and where it is below.",
}


def described(factor: str, known: Catalog) -> tuple[str, str, str]:
    """Return meaning, unit and grade of a factor: a parameter, or a process all of whose uncertain parameters move at once."""
    process, _, name = factor.partition(".")
    named = known.parameters.get(process, {})
    if not name:
        grades = [one.grade for one in named.values() if one.distribution != "fixed"]
        return f"all {len(grades)} uncertain assumptions of {process}", "", " ".join(sorted(set(grades)))
    if name not in named:
        return factor, "", ""
    return named[name].meaning, named[name].unit, named[name].grade


def asked(answer: Answer, worlds: Worlds) -> str:
    """Return in words which quantity an answer is about."""
    quantity, label = (
        answer.quantity,
        worlds.indicators["label"].get(answer.quantity.indicator, answer.quantity.indicator),
    )
    arm = worlds.arms[quantity.arm]
    if not quantity.baseline:
        return f"{label}, under “{arm}”"
    return f"{label}: what “{arm}” changes against “{worlds.arms[quantity.baseline]}”"


def result_rows(answers: Sequence[Answer], worlds: Worlds, known: Catalog) -> pd.DataFrame:
    """Return one row a factor of each answer, columns :data:`PLAIN`."""
    rows = []
    for answer in answers:
        table = answer.found.table
        if isinstance(answer.found, Regional):
            table = table.rename(columns={"distance": "index"})
        for factor, row in table.iterrows():
            meaning, unit, grade = described(str(factor), known)
            told = dict(row)
            if row["verdict"] not in ("converged", "negligible", "decides the sign"):
                told |= {"index": np.nan, "mu": np.nan, "sigma": np.nan}
            if told.get("first_verdict") not in ("converged", "negligible"):
                told["first"] = np.nan
            quantity = answer.quantity
            rows.append(
                {
                    "study": worlds.study, "indicator": quantity.indicator, "arm": quantity.arm,
                    "baseline": quantity.baseline, "method": answer.method, "factor": factor, "meaning": meaning,
                    "unit": unit, "grade": grade, **told,
                }
            )  # fmt: skip
    return pd.DataFrame(rows).reindex(columns=PLAIN)


def result_json(answers: Sequence[Answer], worlds: Worlds, known: Catalog) -> str:
    """Return the answers as JSON: of each what it rests on, and its rows."""
    rows = result_rows(answers, worlds, known)
    told = []
    for answer in answers:
        found, quantity = answer.found, answer.quantity
        own = rows[
            (rows["indicator"] == quantity.indicator) & (rows["arm"] == quantity.arm)
        ].dropna(axis=1, how="all")  # fmt: skip
        told.append(
            {
                "study": worlds.study, "method": answer.method, "indicator": quantity.indicator, "arm": quantity.arm,
                "baseline": quantity.baseline or None, "replicates": worlds.replicates, "share_of_luck": _plain(answer.luck),
                "entangled": answer.entangled,
                **(
                    {
                        "worlds_above_zero": found.worlds_above, "worlds_below_zero": found.worlds_below,
                        "worlds_at_zero": found.worlds_at_zero,
                    }
                    if isinstance(found, Regional)
                    else {
                        "worlds": found.points, "left_out": found.left_out, "noise_floor": _plain(found.floor),
                        "rank_agreement_with_half": _plain(found.agreement), "level": LEVEL, "tolerance": found.tolerance,
                    }
                ),
                "factors": [
                    {str(key): _plain(value) for key, value in row.items()}
                    for row in own.drop(columns=["study", "method", "indicator", "arm", "baseline"], errors="ignore")
                    .to_dict("records")
                ],
            }
        )  # fmt: skip
    return json.dumps({"answers": told, "limits": list(worlds.limits)}, indent=2)


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and np.isnan(value) else value


def print_answers(answers: Sequence[Answer], worlds: Worlds, known: Catalog, console: Console) -> None:
    """Print each answer: what was asked, the ranked factors that are results, and in words how far the others can be told."""
    for answer in answers:
        console.print(Text(f"\n{asked(answer, worlds)}", style="bold"))
        found = answer.found
        if isinstance(found, Regional):
            _print_regional(answer, found, known, console)
        else:
            _print_indices(answer, found, worlds, known, console)
        if answer.entangled:
            console.print(Text(_entangled(answer.entangled, known)))
        console.print(Text(_luck(answer, worlds), style="dim"))
    console.print(Text(f"\n{worlds.limits[0]}", style="italic"))


def _entangled(pair: tuple[str, str, float], known: Catalog) -> str:
    one, other = (f"“{described(name, known)[0]}”" for name in pair[:2])
    return (
        f"Assumptions hang together in these worlds, most {one} and {other} (rank correlation {number(pair[2])}): what is told of "
        f"one may be the other's. A Latin hypercube or Sobol' points hold them apart."
    )


def _luck(answer: Answer, worlds: Worlds) -> str:
    if np.isnan(answer.luck):
        return (
            "All worlds meet one and the same luck, with which assumptions may interact; two replicates or more would tell how "
            "much of the spread is luck."
        )
    return (
        f"Luck makes {100 * answer.luck:.0f} % of the variance of one run; the indices are of means over {worlds.replicates} "
        f"replicates with equal luck in all worlds."
    )


def _print_indices(answer: Answer, found: Indices, worlds: Worlds, known: Catalog, console: Console) -> None:
    if not found.varies:
        console.print(f"It is the same in all {found.points:,} worlds: there is nothing to be sensitive to.")
        return
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    name = {"morris": "mu*", "sobol": "Total", "pawn": "PAWN", "delta": "Delta"}[answer.method]
    further = {"morris": ["sigma"], "sobol": ["first"]}.get(answer.method, [])
    table.add_column("Assumption", max_width=70)
    table.add_column("Grade")
    for title in (name, f"{100 * LEVEL:.0f} % interval", *(one.capitalize() for one in further), ""):
        table.add_column(title, justify="right" if title else "left")
    # In one order, for what has not converged may be what leads; only its number is withheld.
    ranked = found.table[found.table["verdict"].isin(["converged", "not converged"])]
    for factor, row in ranked.head(SHOWN).iterrows():
        meaning, _, grade = described(str(factor), known)
        told = row["verdict"] == "converged"
        cells = [number(row["index"]) if told else "–", f"{number(row['low'])} to {number(row['high'])}"]
        if answer.method == "morris":
            cells.append(number(row["sigma"]) if told else "–")
            cells[0] = cells[0] if not told else f"{cells[0]} {_direction(row)}"
        if answer.method == "sobol":
            cells.append(number(row["first"]) if row["first_verdict"] in ("converged", "negligible") else "–")
        style = "" if told else "dim"
        table.add_row(
            Text.assemble(meaning, (f" ({factor})", "dim")), grade, *cells, "" if told else "not converged", style=style
        )
    if len(ranked):
        print_whole(table, console)
    if len(ranked) > SHOWN:
        console.print(f"... and {len(ranked) - SHOWN} more that are not negligible; --csv lists all.")
    console.print(_how_far(answer, found))
    unit = worlds.indicators["unit"].get(answer.quantity.indicator, "")
    console.print(Text(MEANINGS[answer.method].format(unit=unit), style="dim"))


def _direction(row: Any) -> str:
    """Return an arrow where nearly all effects have one sign."""
    if abs(row["mu"]) < 0.9 * row["index"]:
        return "±"
    return "↑" if row["mu"] > 0 else "↓"


def _how_far(answer: Answer, found: Indices) -> str:
    """Say how far the analysis has converged."""
    total = len(found.table)
    parts = [
        f"{found.count('converged')} of {total} indices have converged (an interval no wider than "
        f"{100 * found.tolerance:.0f} % of the largest index, and as far at most from what half of the worlds say)"
    ]
    if found.count("negligible"):
        parts.append(f"{found.count('negligible')} are negligible (below 5 % of the largest)")
    if not np.isnan(found.floor):
        parts.append(
            f"{found.count('within noise')} are no larger than a dummy assumption's ({number(found.floor)}), so that they cannot "
            f"be told from none"
        )
    if found.count("not converged"):
        parts.append(f"{found.count('not converged')} have not converged and are no result: a larger size would tell")
    words = "; ".join(parts).replace("%", " %") + "."
    if not np.isnan(found.agreement):
        words += (
            f" Ranks from half of the {found.points:,} worlds and from all agree by {found.agreement:.2f} (1: wholly)."
        )
    if found.left_out:
        words += f" {found.left_out:,} worlds were left out, for want of a value in them or beside them."
    return words.replace("  %", " %")


def _print_regional(answer: Answer, found: Regional, known: Catalog, console: Console) -> None:
    worlds = f"{found.worlds_above:,} worlds above zero, {found.worlds_below:,} below, {found.worlds_at_zero:,} at zero"
    if not found.told:
        console.print(f"{worlds}: {LEAST_WORLDS} at least are needed on both sides to tell what decides the sign.")
        return
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("Assumption that decides the sign", max_width=70)
    table.add_column("Grade")
    for title in ("Distance", "p, corrected", "Median above 0", "Median below 0"):
        table.add_column(title, justify="right")
    for factor in found.deciding[:SHOWN]:
        row = found.table.loc[factor]
        meaning, unit, grade = described(factor, known)
        cells = [number(row["distance"]), f"{row['p_value']:.1g}", number(row["above"]), number(row["below"])]
        table.add_row(Text.assemble(meaning, (f" ({factor}, {unit})", "dim")), grade, *cells)
    if found.deciding:
        print_whole(table, console)
    else:
        console.print("No single assumption decides the sign, as far as these worlds can tell.")
    unstable = int((found.table["verdict"] == "not converged").sum())
    words = f"{worlds}. p is corrected for {len(found.table)} assumptions (Holm)."
    if unstable:
        words += (
            f" {unstable} more are significant, but the two halves of the worlds disagree on them: they are no result."
        )
    console.print(words)
    console.print(Text(MEANINGS["regional"], style="dim"))
