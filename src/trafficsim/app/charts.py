"""What the live run shows beside the schematic: stocks over time, price by age, children, and what has happened."""

import csv
import io
from collections.abc import Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray

from trafficsim.app.drawing import Line, by_category, over_time, plain, swatch
from trafficsim.app.schematic import EXPLOITED
from trafficsim.app.simulation import Run, Simulation
from trafficsim.catalog import catalog
from trafficsim.engine.calendar import month_label
from trafficsim.experiments.replicate import total_indicators
from trafficsim.processes.vocabulary import LABELS, AgeBand, Care, Event, Status
from trafficsim.report.figures.indicators import HEADLINES
from trafficsim.report.figures.over_time import CARE

YEARS_BEFORE = 3
"""Years of the shared history that charts show."""
PRICE_WINDOW = 12

STOCKS: dict[str, tuple[tuple[Status, ...], str]] = {
    "In exploitation": (EXPLOITED, "Forced marriage, sexual exploitation, forced labour or domestic servitude"),
    "Held by brokers": ((Status.HELD_BY_BROKERS,), "Held to be sold or passed on"),
    "In hiding": ((Status.IN_HIDING,), "In the host country without papers, held by nobody"),
    "In custody": ((Status.IN_CUSTODY,), "Detained by the host state"),
    "Protected": ((Status.PROTECTED,), "Identified, with a lawful stay"),
    "Detained after return": ((Status.RETURNED_DETAINED,), "Returned, and detained in the country of origin"),
}
VIEWS = {
    "stocks": "People over time",
    "children": "Children",
    "prices": "Price by age",
    "happened": "What has happened",
}


def draw_view(simulation: Simulation, view: str) -> str:
    """Return one of :data:`VIEWS` as HTML."""
    return {"stocks": stocks, "children": children, "prices": prices, "happened": happened}[view](simulation)


def legend(runs: Sequence[Run], in_time: bool = True) -> str:
    """Return which line is which arm, and in pictures over time what the upright lines are."""
    items = "".join(f"<li>{swatch(place)} {escape(run.label)}</li>" for place, run in enumerate(runs))
    begins = (
        '<li><svg width="14" height="14" aria-hidden="true"><line x1="7" x2="7" y1="0" y2="14" stroke="#666" '
        'stroke-dasharray="2 2"/></svg> an arm begins</li>'
    )
    return f'<ul class="legend" aria-label="Lines">{items}{begins if in_time else ""}</ul>'


def stocks(simulation: Simulation) -> str:
    """Return people in each group of statuses over time, all arms in the same axes."""
    charts = [
        _lines(
            simulation, title, "people", hint, [run.by_status[:, list(statuses)].sum(axis=1) for run in simulation.runs]
        )
        for title, (statuses, hint) in STOCKS.items()
    ]
    return f'{legend(simulation.runs)}<div class="charts">{"".join(charts)}</div>'


def children(simulation: Simulation) -> str:
    """Return in whose care children born in the host country are, all arms in the same axes."""
    charts = []
    for name, (words, _) in CARE.items():
        kind = next(code for code in Care if LABELS[Care][code] == name)
        hint = f"Children under 18 born in the host country: {words}"
        values = [run.by_care[:, kind] for run in simulation.runs]
        charts.append(_lines(simulation, words[0].upper() + words[1:], "children under 18", hint, values))
    return f'{legend(simulation.runs)}<div class="charts">{"".join(charts)}</div>'


def prices(simulation: Simulation) -> str:
    """Return the mean price by age over the last year, relative to young adults in the first arm."""
    bands = [LABELS[AgeBand][band] for band in AgeBand]
    found = [_mean_prices(run, simulation.setting.first_month) for run in simulation.runs]
    base = found[0][AgeBand.FROM_18_TO_29]
    lines = [
        Line(run.label, place, values / base if base > 0 else np.full(len(bands), np.nan))
        for place, (run, values) in enumerate(zip(simulation.runs, found, strict=True))
    ]
    words = f"index: ages 18 to 29 in arm {simulation.runs[0].number} = 1"
    hint = "Mean of what was paid for a person in the last 12 months, by age when sold. A harm, shown as an index only."
    chart = by_category("Price paid for a person, by age in years", words, bands, lines, hint)
    nobody = [
        str(run.number) for run, values in zip(simulation.runs, found, strict=True) if not np.isfinite(values).any()
    ]
    absent = f" Nobody was sold in those months under arm {' or '.join(nobody)}." if nobody else ""
    note = (
        "A price paid for a person is a harm, not a market worth entering: it is shown as an index only, over the last 12 "
        "months. An age without a marker: nobody of that age was sold." + absent
    )
    return f'{legend(simulation.runs, in_time=False)}<div class="charts one">{chart}</div><p class="small">{note}</p>'


def _mean_prices(run: Run, first_month: int) -> NDArray[np.float64]:
    month = run.model.month
    begin = max(min(first_month, month - 1), month - PRICE_WINDOW)
    counted = np.asarray(run.model.state.ledger.monthly_by["age_band"][begin:month]).sum(axis=0)
    paid, sold = counted[Event.PRICE_PAID], counted[Event.TRAFFICKED]
    return np.divide(paid, sold, out=np.full(len(AgeBand), np.nan), where=sold > 0)


def happened(simulation: Simulation) -> str:
    """Return a table of what has happened since the arms part, with differences to the first arm."""
    known = catalog().indicators
    totals = [_totals(run, simulation.setting.first_month) for run in simulation.runs]
    head = "".join(f'<th scope="col">{escape(run.label)}</th>' for run in simulation.runs)
    rows = []
    for name in HEADLINES:
        cells = []
        for place, total in enumerate(totals):
            difference = total[name] - totals[0][name]
            beside = f' <span class="unit">({_signed(difference)})</span>' if place else ""
            cells.append(f"<td>{plain(total[name])}{beside}</td>")
        one = known[name]
        rows.append(
            f'<tr><th scope="row" title="{escape(one.definition)}">{escape(one.label)} <span class="unit">{escape(one.unit)}'
            f"</span></th>{''.join(cells)}</tr>"
        )
    since, until = simulation.setting.start, month_label(simulation.month - 1)
    when = f"From {since} to {until}, counted in the same lives."
    if simulation.months_apart == 0:
        when = "Nothing yet: the arms part now."
    return (
        f'<div class="scroll"><table><caption>{when} In brackets: the difference to arm {simulation.runs[0].number}. One run is '
        f"no result: “trafficsim compare” adds replicates and plausible worlds.</caption><thead><tr><th scope='col'>What is "
        f"counted</th>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _totals(run: Run, first_month: int) -> dict[str, float]:
    window = slice(first_month, run.model.month)
    return {name: value for name, _, _, value in total_indicators(run.model.state, window, (), ())}


def _signed(value: float) -> str:
    return f"+{plain(value)}" if value > 0 else plain(value)


def _lines(simulation: Simulation, title: str, unit: str, hint: str, values: Sequence[NDArray[np.int64]]) -> str:
    first = max(0, simulation.setting.first_month - 12 * YEARS_BEFORE)
    lines = [
        Line(run.label, place, _own(run, simulation, one, first).astype(np.float64))
        for place, (run, one) in enumerate(zip(simulation.runs, values, strict=True))
    ]
    marks = sorted({run.since for run in simulation.runs})
    return over_time(title, unit, lines, first, simulation.setting.end_month, marks, hint)


def _own(run: Run, simulation: Simulation, values: NDArray[np.int64], first: int) -> NDArray[np.float64]:
    """Return the values from ``first`` on; before an arm begins, its line is left to the arm that it comes from."""
    own = values[first:].astype(np.float64)
    if run is not simulation.runs[0]:
        own[: max(0, min(run.since, simulation.month) - 1 - first)] = np.nan
    return own


def csv_of(simulation: Simulation) -> str:
    """Return the stocks of every arm, month by month, as CSV; the lines before it, with '#', say what they are."""
    out = io.StringIO()
    setting = simulation.setting
    out.write(
        "# Simulated people at the end of each month, one run of each arm. No forecast, no count of real people.\n"
        f"# corridor={setting.corridor} seed={setting.seed} scale={setting.scale:g} policy_start={setting.start} "
        f"years={setting.years}\n"
    )
    for run in simulation.runs:
        out.write(f"# arm {run.label}\n")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["arm", "title", "month", "kind", "level", "count"])
    first = max(0, setting.first_month - 12 * YEARS_BEFORE)
    for run in simulation.runs:
        for kind, codes, table in (("migrant_status", Status, run.by_status), ("child_care", Care, run.by_care)):
            for month in range(first, simulation.month):
                writer.writerows(
                    [run.number, run.title, month_label(month), kind, LABELS[codes][code], int(table[month, code])]
                    for code in codes
                )
    return out.getvalue()
