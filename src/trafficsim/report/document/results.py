"""Results in tables and figures: the main indicators, who was spared what, and all that a study counts."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from trafficsim.analysis.counterfactuals import Counterfactuals, HarmCompared
from trafficsim.analysis.effects import Effects
from trafficsim.analysis.summary import estimate
from trafficsim.report.choice import between, per_cent
from trafficsim.report.document.content import Block, Number, Paragraph, Section, Table, Word, Words, words
from trafficsim.report.document.notes import Notes, command
from trafficsim.report.document.pictures import pictures
from trafficsim.report.document.reading import Reported, counted
from trafficsim.report.document.saying import change, meaning, same_sign
from trafficsim.report.effects import p_value
from trafficsim.report.figures.indicators import HEADLINES
from trafficsim.report.harm_tables import WORDS, percent, range_of
from trafficsim.report.table import number, signed

HARMS = "harms"
"""The key of the note on harms, life by life."""


def results(reported: Reported, notes: Notes, drawn: Iterable[Path]) -> Section:
    """Return the results: the figures that were ``drawn``, and tables of the main indicators."""
    parts = [
        Section("figures", "In figures", pictures(reported, drawn)),
        Section("main-indicators", "In numbers: the main indicators", tuple(_main(reported, notes))),
    ]
    if harms := list(_harms(reported, notes)):
        parts.append(Section("spared", "The same lives: who was spared what, and whom a harm met anew", tuple(harms)))
    intro = Paragraph(
        words(
            f"Totals {reported.window}, at {reported.study['scale']:g} simulated people for each real one assumed. "
            "Figures show all "
            f"replicates that are finished; tables rest on {reported.extent}."
        )
    )
    return Section("results", "Results", (intro,), tuple(part for part in parts if part.blocks))


def all_indicators(reported: Reported, notes: Notes) -> Section | None:
    """Return the appendix with every other indicator; None where nothing can be compared."""
    if reported.measures is None:
        return None
    if reported.other is None:
        rest = [name for name in reported.measured if name not in HEADLINES]
        blocks: tuple[Block, ...] = (_levels(reported, notes, rest),) if rest else ()
    else:
        blocks = tuple(_compared(reported, notes, reported.other, arm) for arm in reported.others)
    told = "All that the study counts beside the main indicators."
    if reported.other is not None and reported.worlds == 1:
        told += " Words stand after a correction of their own, for all these indicators together."
    return Section("all-indicators", "All other indicators", (Paragraph(words(told), "small"), *blocks))


def _main(reported: Reported, notes: Notes) -> Iterable[Block]:
    if reported.measures is None:
        return
    if reported.main is None:
        yield _levels(reported, notes, [name for name in HEADLINES if name in reported.measured])
        return
    yield Paragraph(words(_legend(reported, reported.main)), "small")
    for arm in reported.others:
        yield _compared(reported, notes, reported.main, arm)


def _legend(reported: Reported, found: Effects) -> str:
    level = f"{100 * found.level:.0f} %"
    if reported.worlds > 1:
        return (
            f"Difference: the mean, and below it the middle {level} of the worlds. By luck: the {level} interval of the mean over "
            f"replicates alone. Worlds: in how many the difference has its sign. Assumptions: which part of the difference's "
            f"variance they explain; the rest is luck."
        )
    return (
        f"Difference: the mean, and below it its {level} interval over replicates (Student's). p: paired t test, of luck alone, at "
        f"these assumptions, and after Holm's correction for {found.family}; it is no evidence on the real world."
    )


def _compared(reported: Reported, notes: Notes, found: Effects, arm: str) -> Table:
    base, title = reported.arms[found.against], reported.arms[arm]
    several = reported.worlds > 1
    rows = list(found.table[found.table["arm"] == arm].itertuples())
    rows.sort(key=lambda row: HEADLINES.index(row.indicator) if row.indicator in HEADLINES else 0)
    columns = ("Indicator", f"“{base}”", f"“{title}”", "Difference", "Change",
               *(("By luck", "Worlds", "Assump\xadtions") if several else ("p, after Holm",)), "Verdict")  # fmt: skip
    shares = (2.2, 1.0, 1.1, 1.4, 0.9, *((1.2, 0.9, 0.8) if several else (1.2,)), 0.9)
    caption = f"“{title}” against “{base}”, in the same lives"
    shown = tuple(_row(reported, notes, row, several) for row in rows)
    return Table(caption, columns, shown, frozenset(range(1, len(columns) - 1)), shares)


def _row(reported: Reported, notes: Notes, row: Any, several: bool) -> tuple[Words, ...]:
    name = row.indicator
    arm, base = f"“{reported.arms[row.arm]}”", f"“{reported.arms[row.against]}”"

    def traced(text: str, what: str) -> Number:
        return notes.of_indicator(text, name, what)

    difference = signed(row.difference) if row.difference else "0"
    own = between(row.low, row.high, signed) if row.difference else ""
    cells = [
        words(f"{reported.label(name)} ({reported.unit(name)})"),
        words(traced(number(row.mean_against), f"mean under {base}")),
        words(traced(number(row.mean), f"mean under {arm}")),
        words(
            traced(difference + (f"\n{own}" if own else ""), f"mean difference of {arm} to {base}, with its interval")
        ),
        words(traced(change(row), f"change of the mean under {arm} against {base}")),
    ]
    if several:
        same, worlds = same_sign(row)
        luck = between(row.luck_low, row.luck_high, signed)
        part = per_cent(row.share_of_assumptions)
        cells += [
            words(traced(luck, "interval of the mean difference by luck alone") if luck and row.difference else "–"),
            words(
                traced(f"{same} of {worlds}", "worlds in which the difference has this sign") if row.difference else "–"
            ),
            words("–" if part == "–" else traced(part, "part of the difference's variance that assumptions explain")),
        ]
    else:
        p = "–" if np.isnan(row.p) else f"{p_value(row.p)}, {p_value(row.p_holm)}"
        cells.append(words(p if p == "–" else traced(p, "p value by luck alone, and after Holm's correction")))
    return (*cells, words(Word(meaning(reported, row), "verdict")))


def _levels(reported: Reported, notes: Notes, indicators: list[str]) -> Table:
    """Return the levels of a study of one arm."""
    assert reported.measures is not None
    title, rows = reported.arms[reported.baseline], []
    for name in indicators:
        one = estimate(reported.measures.values[name, "all", reported.baseline])
        spread = between(one.low, one.high)
        rows.append(
            (
                words(f"{reported.label(name)} ({reported.unit(name)})"),
                words(notes.of_indicator(number(one.mean), name, f"mean under “{title}”")),
                words(notes.of_indicator(spread, name, f"interval of the mean under “{title}”") if spread else "–"),
            )
        )
    what = "middle 90 % of the worlds" if reported.worlds > 1 else "90 % interval over replicates"
    return Table(
        f"Levels under “{title}”", ("Indicator", "Mean", what), tuple(rows), frozenset({1, 2}), (2.0, 1.0, 1.0)
    )


def _harms(reported: Reported, notes: Notes) -> Iterable[Block]:
    lives = reported.frames["changed_lives"]
    for arm in [arm for arm in reported.others if arm in set(lives["arm_b"])]:
        found = Counterfactuals(reported.frames, arm)
        notes.add(
            HARMS,
            "Harms, life by life",
            words(
                f"Simulated lives that a harm met at least once {reported.window}, under either policy, matched by life; mean a "
                f"replicate over {_places(found)} of study {reported.id}, table harmed_lives. Shares are ratios of "
                "totals. Ask again: ",
                command("fates", reported.file.name, "--study", reported.id),
            ),
            f"Lives that a harm met at least once, matched by life. Runs: study {reported.id}, {_places(found)}.",
        )
        rows = tuple(_harm(notes, found, harm) for harm in found.harms())
        if rows:
            yield Table(
                f"“{found.title}” against “{found.title_of_baseline}”: simulated lives a replicate",
                ("Harm, at least once", f"“{found.title_of_baseline}”", f"“{found.title}”", "Spared (share of the first)",
                 "Met anew (share of the second)"),
                rows,
                frozenset({1, 2, 3, 4}),
                (1.6, 1.0, 1.0, 1.4, 1.4),
            )  # fmt: skip
        own = lives[(lives["arm_a"] == reported.baseline) & (lives["arm_b"] == arm)]
        yield Paragraph(
            words(
                "Of ", notes.number(number(own["lives_compared"].mean()), HARMS, "lives compared, mean a replicate"),
                " lives compared, ",
                notes.number(percent(own["lives_changed"].sum() / own["lives_compared"].sum()), HARMS, "lives that differ"),
                f" went otherwise in any way under “{found.title}”.",
            ),
            "small",
        )  # fmt: skip


def _places(found: Counterfactuals) -> str:
    each = counted(found.replicates, "replicate")
    return f"{found.worlds} worlds, {each} each" if found.worlds > 1 else each


def _harm(notes: Notes, found: Counterfactuals, harm: HarmCompared) -> tuple[Words, ...]:
    first, second = f"“{found.title_of_baseline}”", f"“{found.title}”"

    def traced(text: str, what: str) -> Words:
        return words(notes.number(text, HARMS, f"{WORDS[harm.harm]}: {what}"))

    cells = [
        words(WORDS[harm.harm]),
        traced(number(harm.under_baseline.mean), f"mean under {first}"),
        traced(number(harm.under_arm.mean), f"mean under {second}"),
    ]
    sides = ((harm.spared, "not under the second"), (harm.anew, "not under the first"))
    for share, what in sides:
        interval = range_of(share)
        told = f"{number(share.part)}, {percent(share.share)}" + (f"\n{interval}" if interval else "")
        cells.append(traced(told, f"lives, and share with its interval, {what}"))
    return tuple(cells)
