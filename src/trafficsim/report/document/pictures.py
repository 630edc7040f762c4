"""The figures of a report, each with what it shows in words, from the numbers behind it."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd

from trafficsim.analysis.counterfactuals import Counterfactuals
from trafficsim.analysis.summary import arm_totals, summarise, verdict
from trafficsim.experiments.result import PRICE
from trafficsim.report.document.content import Figure
from trafficsim.report.document.reading import Reported
from trafficsim.report.figures.fates import GROUPS
from trafficsim.report.figures.indicators import HEADLINES
from trafficsim.report.figures.over_time import CARE, STATUSES
from trafficsim.report.figures.prices import REFERENCE
from trafficsim.report.figures.style import finished
from trafficsim.report.harm_tables import WORDS, percent
from trafficsim.report.table import number, signed

MOST_NAMED = 3
"""Of what a figure shows, so many items are told in words; the rest stands in the tables."""


def pictures(reported: Reported, drawn: Iterable[Path]) -> tuple[Figure, ...]:
    """Return the figures of a study that were ``drawn``, as PNG files with an SVG file beside each, in the report's order."""
    files = {path.stem: path for path in drawn}
    return tuple(
        Figure(
            name,
            caption(reported),
            alt(reported),
            files[name].read_bytes(),
            files[name].with_suffix(".svg").read_bytes(),
        )
        for name, (caption, alt) in _FIGURES.items()
        if name in files
    )


def _quoted(reported: Reported, arm: str) -> str:
    return f"“{reported.arms[arm]}”"


def _at_the_end(reported: Reported, kind: str, layers: dict[str, tuple[str, str]], noun: str) -> str:
    """Say where people stand in the last month, under each arm."""
    stocks = reported.frames["stocks"]
    last = stocks[(stocks["kind"] == kind) & (stocks["month"] == stocks["month"].max())]
    means = last.groupby(["arm", "level"])["count"].sum()
    told = []
    for arm in reported.arms:
        own = means[arm].reindex(list(layers)).fillna(0.0) if arm in means.index.get_level_values(0) else None
        if own is None or not own.sum():
            continue
        largest = (own / own.sum()).sort_values(ascending=False)[:MOST_NAMED]
        shares = ", ".join(f"{percent(share)} {layers[str(level)][0]}" for level, share in largest.items() if share > 0)
        told.append(f"under {_quoted(reported, arm)} {shares}")
    return f"Stacked areas, month by month, a panel a policy. In the last month, of the {noun}: {'; '.join(told)}."


def _statuses(reported: Reported) -> str:
    return _at_the_end(reported, "migrant_status", STATUSES, "simulated people in the host country")


def _children(reported: Reported) -> str:
    return _at_the_end(reported, "child_care", CARE, "simulated children under 18 born in the host country")


def _summary(reported: Reported) -> pd.DataFrame:
    return summarise(arm_totals(reported.frames["totals"]), list(reported.arms)).set_index(["indicator", "arm"])


def _indicators(reported: Reported) -> str:
    table = _summary(reported)
    known = [name for name in HEADLINES if (name, reported.baseline) in table.index]
    told = [
        f"{reported.label(name)}: "
        + ", ".join(f"{number(table.loc[(name, arm), 'mean'])} under {_quoted(reported, arm)}" for arm in reported.arms)
        for name in known[:MOST_NAMED]
    ]
    return f"Dots with intervals, a panel for each of {len(known)} indicators. {'; '.join(told)}. The others stand in the tables."


def _differences(reported: Reported) -> str:
    table, told = _summary(reported), []
    known = [name for name in HEADLINES if (name, reported.baseline) in table.index]
    for arm in reported.others:
        words: dict[str, int] = {}
        for name in known:
            row = table.loc[(name, arm)]
            # The figure marks each interval by itself.
            word = verdict(row["difference_low"], row["difference_high"], reported.direction(name))
            words[word] = words.get(word, 0) + 1
        marks = ", ".join(f"{count} {word}" for word, count in words.items())
        first = table.loc[(known[0], arm), "difference"]
        told.append(
            f"under {_quoted(reported, arm)} {marks if finished(dict(reported.frames)) > 1 else 'no intervals'}, "
            f"{reported.label(known[0])[0].lower() + reported.label(known[0])[1:]}: {signed(first)}"
        )
    return (
        f"Differences of {len(known)} indicators to {_quoted(reported, reported.baseline)}, a panel a policy, each interval marked "
        f"by itself: {'; '.join(told)}."
    )


def _parting(reported: Reported) -> str:
    fates = reported.frames["fates"]
    removed = fates[(fates["arm_a"] == reported.baseline) & (fates["fate_a"] == "removed")]
    told = []
    for arm in reported.others:
        own = removed[removed["arm_b"] == arm].groupby("fate_b")["lives"].sum()
        if not own.sum():
            continue
        groups = {
            words: own[[fate for fate in own.index if fate in fates]].sum() for words, (_, fates) in GROUPS.items()
        }
        largest = sorted(groups.items(), key=lambda item: -item[1])[:MOST_NAMED]
        told.append(
            f"under {_quoted(reported, arm)} {', '.join(f'{percent(lives / own.sum())} {words}' for words, lives in largest)}"
        )
    base = _quoted(reported, reported.baseline)
    return f"A bar a policy: what became of the same lives that were forcibly returned under {base}: {'; '.join(told)}."


def _harms(reported: Reported) -> str:
    compared, told = set(reported.frames["changed_lives"]["arm_b"]), []
    for arm in [arm for arm in reported.others if arm in compared]:
        harms = [harm for harm in Counterfactuals(reported.frames, arm).harms() if harm.under_baseline.mean]
        shares = ", ".join(f"{percent(harm.spared.share)} of those {WORDS[harm.harm]}" for harm in harms[:MOST_NAMED])
        told.append(f"{_quoted(reported, arm)} spares {shares}")
    return (
        f"A bar for each harm: of the people whom it met under {_quoted(reported, reported.baseline)}, what became of the same "
        f"lives under another policy. {'; '.join(told)}."
    )


def _prices(reported: Reported) -> str:
    totals = reported.frames["totals"]
    prices = totals[(totals["indicator"] == PRICE) & (totals["dimension"] == "age_band")]
    means = prices.groupby(["arm", "level"])["value"].mean()
    base = means[reported.baseline]
    oldest = base.index.max()
    return (
        f"The mean price by age band, as an index: 1 for people of {REFERENCE} years under {_quoted(reported, reported.baseline)}; "
        f"there, people of {oldest} years stand at {number(base[oldest] / base[REFERENCE])}. A harm, shown as an index only."
    )


def _says(text: str) -> Callable[[Reported], str]:
    return lambda reported: text.format(baseline=_quoted(reported, reported.baseline))


_FIGURES: dict[str, tuple[Callable[[Reported], str], Callable[[Reported], str]]] = {
    "differences": (_says("What changes against {baseline} in the same lives."), _differences),
    "indicators": (_says("The main indicators under each policy."), _indicators),
    "where_lives_parted": (
        _says("Where lives parted: the people forcibly returned under {baseline}, under each other policy."), _parting,
    ),
    "statuses": (_says("People in the host country by status, month by month."), _statuses),
    "children": (_says("In whose care children born in the host country are, month by month."), _children),
    "price_by_age": (_says("Price paid for a person, by age: a harm, shown as an index only."), _prices),
    "who_was_spared_what": (_says("Who was spared what, and whom a harm met anew."), _harms),
}  # fmt: skip
"""Each figure that a study can have: its caption, and what it shows in words."""
