"""Run the benchmarks, print a table, write JSON: ``python -m benchmarks.run [--quick] [--only NAME] [--page]``.

They measure; they judge nothing in the tests. ``--quick`` is for trying them out: too small to judge by. ``--page`` writes
the page of the documents from what was measured.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import (
    against_floor,
    against_mesa,
    executors,
    first_result,
    live_page,
    lives_compared,
    long_and_large,
    paired_luck,
    results_file,
    scaling,
    sensitivity,
    shared_history,
    sweep_rate,
)
from benchmarks.findings import ROOT, answer, finding, machine

PAGE = ROOT / "docs" / "benchmarks.md"
JSON = ROOT / "results" / "benchmarks.json"


def _against_mesa(quick: bool) -> dict[str, Any]:
    found = against_mesa.measure(quick)
    figures = {name: value for name, value in found.items() if isinstance(value, float)}
    return answer(
        "How much faster is the compiled run than the same rules in an ordinary Mesa model?",
        [
            finding(
                "the ordinary Mesa model against the compiled run, on one core", figures["ratio"], "times",
                at_least=against_mesa.AT_LEAST, judged=not quick,
                note=f"{figures['mesa_ns_per_living_person_month']:,.0f} against "
                f"{figures['compiled_ns_per_living_person_month']:.1f} ns a living person-month; the Mesa model is tuned "
                f"(it skips lives at rest and uses slots) and lives the same lives, as a test proves.",
            )
        ],
        **found,
    )  # fmt: skip


BENCHMARKS = {
    "against_mesa": _against_mesa,
    "against_floor": against_floor.measure,
    "scaling": scaling.measure,
    "paired_luck": paired_luck.measure,
    "shared_history": shared_history.measure,
    "first_result": first_result.measure,
    "executors": executors.measure,
    "sweep_rate": sweep_rate.measure,
    "results_file": results_file.measure,
    "sensitivity": sensitivity.measure,
    "lives_compared": lives_compared.measure,
    "live_page": live_page.measure,
    "long_and_large": long_and_large.measure,
}


def main(arguments: list[str] | None = None) -> int:
    """Run what was asked for; return 1 when a bound that was judged was not met."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small and short, to try them out; nothing is judged")
    parser.add_argument("--only", choices=BENCHMARKS, action="append", help="only this one (may be repeated)")
    parser.add_argument("--page", action="store_true", help="write docs/benchmarks.md as well")
    parser.add_argument("--json", type=Path, default=JSON, help="where to write (default: results/benchmarks.json)")
    options = parser.parse_args(arguments)
    console, results = Console(), {}
    for name in options.only or BENCHMARKS:
        console.print(f"{name} ...", style="dim")
        results[name] = BENCHMARKS[name](options.quick)
    report = {"machine": machine(), "quick": options.quick, "benchmarks": results}
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(report, indent=2) + "\n")
    console.print(table(report))
    console.print(f"JSON: {options.json}", soft_wrap=True)
    if options.page:
        PAGE.write_text(page(report))
    return int(any(one["met"] is False for result in results.values() for one in result["findings"]))


def table(report: dict[str, Any]) -> Table:
    """Return the findings as a table."""
    drawn = Table("benchmark", "what", "measured", "wanted", "", title="Benchmarks", title_justify="left")
    for name, result in report["benchmarks"].items():
        for one in result["findings"]:
            drawn.add_row(name, one["what"], _figure(one), _wanted(one), _met(one))
    return drawn


def page(report: dict[str, Any]) -> str:
    """Return the page of the documents: every question, its findings, and the machine they were made on."""
    of = report["machine"]
    lines = [
        "# Benchmarks", "",
        "Written by `python -m benchmarks.run --page` from what was measured. Figures belong to one machine and one day: "
        "read ratios first.", "",
        f"{of['date']}; {of['processor']}, {of['cores']} cores, {of['memory_gib']} GiB; Python {of['python']}, "
        f"numba {of['numba']}, NumPy {of['numpy']}, Mesa {of['mesa']}.", "",
    ]  # fmt: skip
    for result in report["benchmarks"].values():
        lines += [f"## {result['question']}", "", "| what | measured | wanted | |", "| --- | --- | --- | --- |"]
        lines += [
            f"| {_with_note(one)} | {_figure(one)} | {_wanted(one)} | {_met(one)} |" for one in result["findings"]
        ]
        lines.append("")
    return "\n".join(lines)


def _with_note(one: dict[str, Any]) -> str:
    told = one["note"] and one["measured"] is not None  # else the note stands in the place of the figure
    return f"{one['what']}. {one['note']}" if told else one["what"]


def _figure(one: dict[str, Any]) -> str:
    value = one["measured"]
    if value is None:
        return one["note"]
    return f"{value:,.{0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2}f} {one['unit']}"


def _wanted(one: dict[str, Any]) -> str:
    words = {"at_least": "at least", "at_most": "at most"}
    return ", ".join(f"{words[key]} {value:g} {one['unit']}" for key, value in (one["wanted"] or {}).items())


def _met(one: dict[str, Any]) -> str:
    return {True: "met", False: "not met", None: ""}[one["met"]]


if __name__ == "__main__":
    raise SystemExit(main())
