"""The first part of a report: what was compared, and what came of it in sentences that an advocate can quote."""

from collections.abc import Sequence

from trafficsim.analysis.summary import estimate
from trafficsim.report.choice import between
from trafficsim.report.document.content import Block, Bullets, Link, Paragraph, Section, Table, Word, Words, words
from trafficsim.report.document.notes import Notes
from trafficsim.report.document.reading import MANY, Reported, counted, level_of
from trafficsim.report.document.saying import change, meaning, sentence, subject, unchanged
from trafficsim.report.figures.indicators import HEADLINES
from trafficsim.report.table import number

BESIDE = 7
"""Policies that a table of the summary holds beside each other."""

ORDER = ("worse", "higher", "better", "lower", "unclear", "no change")
"""Verdicts in the order in which their sentences stand: what harms is told first."""


def summary(reported: Reported, notes: Notes) -> Section:
    """Return the summary."""
    blocks: list[Block] = [
        Paragraph(words(_compared(reported)), "lead"),
        Paragraph(
            words(_conditions(reported), " ", _limit(reported), " ", Link("What it does not mean", "#limits"), ".")
        ),
    ]
    if reported.measures is None:
        blocks.append(Paragraph(words(Word("Nothing can be said yet. ", "strong"), reported.missing), "warning"))
        return Section("summary", "Summary", tuple(blocks))
    if reported.finished < reported.planned:
        blocks.append(Paragraph(words(Word("Unfinished. ", "strong"), _unfinished(reported)), "warning"))
    if reported.main is None:
        blocks.append(Bullets(tuple(_levels(reported, notes))))
        return Section("summary", "Summary", tuple(blocks))
    blocks += [Paragraph(words(_verdicts(reported)), "small"), *_at_a_glance(reported, notes)]
    return Section("summary", "Summary", tuple(blocks), tuple(_of_arm(reported, notes, arm) for arm in reported.others))


def _compared(reported: Reported) -> str:
    base = f"“{reported.arms[reported.baseline]}”"
    if not reported.others:
        return f"This study simulates lives along a migration corridor under one policy, {base}, {reported.window}."
    return (
        f"What would change in the same simulated lives, {reported.window}, under {reported.other_titles} instead of {base}? Each "
        f"life meets the "
        f"same luck under every policy, so that what differs was caused by the policy, within the model."
    )


def _conditions(reported: Reported) -> str:
    study = reported.study
    scale = f"Numbers are of simulated people, {study['scale']:g} for each real one assumed."
    each = counted(int(study["replicates"]), "replicate")
    if study["draws"] > 1:
        return (
            f"It was asked in {study['draws']} {reported.worlds_are}, each with other values for assumptions that are not known, "
            f"and with {each} in each. {scale}"
        )
    return f"It was asked at one set of assumptions, with {each}: what other assumptions would change is not told here. {scale}"


def _limit(reported: Reported) -> str:
    return (
        "All of this is conditional on the assumptions: it tells what happens in the model, and is no forecast. "
        + str(reported.frames["limits"]["text"].iloc[0])
    )  # fmt: skip


def _unfinished(reported: Reported) -> str:
    return (
        f"Of {reported.planned:,} replicates that were planned, {reported.finished:,} are finished. Sentences and tables rest on "
        f"{reported.extent}; figures show all that is finished."
    )


def _verdicts(reported: Reported) -> str:
    assert reported.main is not None
    level = f"{100 * reported.main.level:.0f} %"
    if reported.worlds > 1:
        rule = (
            f"it has one sign in the middle {level} of the worlds and there are enough worlds for that to be no accident; unclear: "
            f"the worlds disagree or are too few"
        )
    else:
        rule = f"it stands when all of them are tested together (Holm, {level}); unclear: luck may have made it"
    return (
        f"A difference is called better or worse, for those who hold rights, where {rule}. No change: nothing differs in any "
        f"run. A harm that grows is told first."
    )


def _at_a_glance(reported: Reported, notes: Notes) -> list[Table]:
    """Return what changes under each policy in a word and a number, a table for every few policies."""
    return [
        _glance(reported, notes, reported.others[first : first + BESIDE])
        for first in range(0, len(reported.others), BESIDE)
    ]


def _glance(reported: Reported, notes: Notes, arms: Sequence[str]) -> Table:
    assert reported.main is not None
    table = reported.main.table
    between_lines = " " if len(arms) < MANY else "\n"
    rows: list[tuple[Words, ...]] = []
    for indicator in [name for name in HEADLINES if name in set(table["indicator"])]:
        cells: list[Words] = [words(reported.label(indicator))]
        for arm in arms:
            row = next(table[(table["indicator"] == indicator) & (table["arm"] == arm)].itertuples())
            told = f"change of the mean under “{reported.arms[arm]}” against “{reported.arms[reported.baseline]}”"
            shown = notes.of_indicator(change(row), indicator, told)
            cells.append(words(shown, between_lines, Word(meaning(reported, row), "verdict")))
        rows.append(tuple(cells))
    continued = "" if arms[0] == reported.others[0] else ", continued"
    return Table(
        f"At a glance: change against “{reported.arms[reported.baseline]}” in the same lives{continued}",
        ("Indicator", *(reported.arms[arm] for arm in arms)),
        tuple(rows),
        frozenset(range(1, 1 + len(arms))),
        (1.7, *(1.0 for _ in arms)),
    )


def _of_arm(reported: Reported, notes: Notes, arm: str) -> Section:
    """Return the sentences on one arm, harms that grow first."""
    assert reported.main is not None
    rows = list(reported.main.table[reported.main.table["arm"] == arm].itertuples())
    order = {name: place for place, name in enumerate(HEADLINES)}
    verdicts = [meaning(reported, row) for row in rows]
    rows.sort(key=lambda row: (ORDER.index(meaning(reported, row)), order[row.indicator]))
    counts = [f"{verdicts.count(word)} {word}" for word in ORDER if word in verdicts]
    told = f"{counted(len(rows), 'main indicator')}: {', '.join(counts)}."
    same = [row for row in rows if meaning(reported, row) == ORDER[-1]]
    sentences = [sentence(reported, notes, row, reported.main.level) for row in rows[: len(rows) - len(same)]]
    if same:
        sentences.append(unchanged(reported, notes, same))
    title = f"“{reported.arms[arm]}” instead of “{reported.arms[reported.baseline]}”"
    place = list(reported.arms).index(arm)
    return Section(f"summary-{place}", title, (Paragraph(words(told)), Bullets(tuple(sentences))))


def _levels(reported: Reported, notes: Notes) -> list[Words]:
    """Return a sentence for each main indicator of a study of one arm."""
    assert reported.measures is not None
    title, found = f"“{reported.arms[reported.baseline]}”", []
    for indicator in [name for name in HEADLINES if name in reported.measured]:
        level = level_of(reported, indicator, reported.baseline)
        values = reported.measures.values[indicator, "all", reported.baseline]
        one = estimate(values)
        what = f"mean under {title}"
        spread = between(one.low, one.high)
        said = (
            f"middle {100 * one.level:.0f} % of {reported.worlds} {reported.worlds_are}"
            if reported.worlds > 1
            else f"{100 * one.level:.0f} % interval over {level.shape[1]} replicates"
        )
        traced = notes.of_indicator(spread, indicator, f"{said}, {what}") if spread else ""
        found.append(
            words(
                "In the model, there are ",
                notes.of_indicator(number(one.mean), indicator, what),
                f" {subject(reported, indicator)} under {title} on average (",
                *((said, ": ", traced) if spread else ("one replicate: no interval",)),
                ").",
            )
        )
    return found
