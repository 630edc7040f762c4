"""Which assumptions the results lean on, as far as the study's own worlds can tell."""

from collections.abc import Iterable
from typing import Literal

import numpy as np

from trafficsim.analysis.leaning import Lean, leaning_of
from trafficsim.analysis.worlds import Worlds, worlds_of
from trafficsim.catalog import catalog
from trafficsim.errors import UserError
from trafficsim.experiments.points import assumptions_in
from trafficsim.report.document.content import (
    Block,
    Bullets,
    Cited,
    Paragraph,
    Section,
    Table,
    Word,
    Words,
    joined,
    words,
)
from trafficsim.report.document.notes import Notes
from trafficsim.report.document.reading import Reported
from trafficsim.report.table import number

ASKED = ("refoulement", "months_in_exploitation", "trafficked_again", "children_separated", "deaths")
"""The harms whose differences are asked; others can be with the command."""

MOST = 5
"""Assumptions told of each difference."""

METHODS: dict[str, Literal["morris", "sobol"]] = {"morris": "morris", "saltelli": "sobol"}
"""The method that a laid-out design was made for."""

COMMAND = "trafficsim sensitivity"
KEY = "sensitivity"


def sensitivity(reported: Reported, notes: Notes) -> Section:
    """Return the part on sensitivity."""
    return Section("sensitivity", "What it leans on", tuple(_told(reported, notes)))


def _told(reported: Reported, notes: Notes) -> Iterable[Block]:
    method = METHODS.get(str(reported.study["design"])) if reported.study["draws"] else None
    worlds = _worlds(reported)
    if worlds is None or worlds.points.empty or worlds.number < 2:
        yield Paragraph(
            words(
                "This study holds its assumptions as they stand, so it cannot tell which of them its results lean on. ",
                Word(f"{COMMAND} method=sobol", "code"),
                " makes a study that can; ",
                Word("draws=20", "code"),
                " lives through this one in 20 plausible worlds.",
            )
        )
    elif method:
        yield from _laid_out(reported, notes, worlds, method)
    else:
        yield from _correlated(reported, notes, worlds)


def _worlds(reported: Reported) -> Worlds | None:
    points, layout = assumptions_in(reported.file, reported.id)
    try:
        return worlds_of(reported.frames, points, layout)
    except UserError:
        return None


def _quantities(reported: Reported, worlds: Worlds) -> Iterable[tuple[str, str]]:
    """Yield what is asked: (indicator, arm)."""
    for arm in reported.others or [reported.baseline]:
        yield from ((name, arm) for name in ASKED if (name, arm) in worlds.values.columns)


def _what(reported: Reported, indicator: str, arm: str) -> str:
    """Return in words what is asked."""
    changes = f"what “{reported.arms[arm]}” changes" if reported.others else f"under “{reported.arms[arm]}”"
    return f"{reported.label(indicator)}: {changes}"


def _of_none(reported: Reported, none: list[tuple[str, str]], begins: str) -> Block:
    """Return, an arm a line, the results of which no assumption is told."""
    arms = {arm: [reported.label(indicator).lower() for indicator, own in none if own == arm] for _, arm in none}
    return Bullets(
        tuple(words(f"{begins} “{reported.arms[arm]}”: {', '.join(labels)}.") for arm, labels in arms.items())
    )


def _correlated(reported: Reported, notes: Notes, worlds: Worlds) -> Iterable[Block]:
    known = catalog().parameters
    points = worlds.points[
        [name for name in worlds.points if name.partition(".")[2] in known.get(name.partition(".")[0], {})]
    ]
    rows: list[tuple[Words, ...]] = []
    floor, none = float("nan"), list[tuple[str, str]]()
    _note(
        reported,
        notes,
        f"Spearman's rank correlation of each assumption with the mean of each world, over {worlds.number} worlds; told "
        "where it is "
        f"beyond what chance passes, for any of {points.shape[1]} assumptions, once in a hundred times.",
    )
    for indicator, arm in _quantities(reported, worlds):
        level = worlds.difference(indicator, arm) if reported.others else worlds.level(indicator, arm)
        score = np.nan_to_num(level).mean(axis=1)
        found = leaning_of(points, score)
        floor = found.floor if np.isnan(floor) else floor
        if not found.leans:
            none.append((indicator, arm))
        rows += [_lean(notes, _what(reported, indicator, arm), lean) for lean in found.leans[:MOST]]
    told = "" if np.isnan(floor) else f" (a rank correlation of {floor:.2f}, either way)"
    yield Paragraph(
        words(
            f"Over the {worlds.number} worlds of this study, each with other values for {points.shape[1]} "
            "assumptions: which of "
            f"them a result rises or falls with, beyond what chance would bring about{told}. It sees steady trends, and "
            "no more; the "
            f"fewer the worlds, the less. A study made for the question answers better: ",
            Word(COMMAND, "code"),
            ".",
        )
    )
    if rows:
        columns = ("Result", "Assumption", "Rank correlation", "Grade, source")
        yield Table("Assumptions that results move with", columns, tuple(rows), frozenset({2}), (1.4, 2.2, 0.8, 0.9))
    if none:
        yield _of_none(reported, none, "No assumption beyond chance, under")


def _note(reported: Reported, notes: Notes, said: str) -> None:
    notes.add(
        KEY,
        "Sensitivity",
        words(f"{said} From study {reported.id}, {reported.extent}. Grades: A official count, or several sources that agree; B one "
              f"credible study; C weak or old; D assumed, or one voice."),
        f"{said} Study {reported.id}.",
    )  # fmt: skip


def _lean(notes: Notes, what: str, lean: Lean) -> tuple[Words, ...]:
    record = lean.record
    low, high = record.range
    shown = f"{'+' if lean.correlation > 0 else '−'}{abs(lean.correlation):.2f}"
    source = ("assumed",) if lean.is_assumed else joined([(Cited(name),) for name in record.source])
    return (
        words(what),
        words(f"{record.meaning} (", Word(lean.parameter, "code"), f"; {number(low)} to {number(high)} {record.unit})"),
        words(notes.number(shown, KEY, f"rank correlation with {lean.parameter}")),
        words(f"{record.grade}, ", *source),
    )


def _laid_out(reported: Reported, notes: Notes, worlds: Worlds, method: Literal["morris", "sobol"]) -> Iterable[Block]:
    from trafficsim.analysis.sensitivity.questions import Quantity, ask
    from trafficsim.analysis.sensitivity.results import Indices
    from trafficsim.report.sensitivity import MEANINGS, described

    _note(
        reported,
        notes,
        f"Indices by {method} over {worlds.number} worlds laid out for it, with intervals by resampling.",
    )
    rows: list[tuple[Words, ...]] = []
    none: list[tuple[str, str]] = []
    try:
        for indicator, arm in _quantities(reported, worlds):
            found = ask(worlds, Quantity(indicator, arm, reported.baseline if reported.others else ""), method).found
            assert isinstance(found, Indices)
            if not found.leaders:
                none.append((indicator, arm))
            for factor in found.leaders[:MOST]:
                row = found.table.loc[factor]
                meaning, unit, grade = described(factor, catalog())
                shown = f"{number(row['index'])} ({number(row['low'])} to {number(row['high'])})"
                rows.append(
                    (
                        words(_what(reported, indicator, arm)),
                        words(f"{meaning} (", Word(factor, "code"), f"{'; ' * bool(unit)}{unit})"),
                        words(notes.number(shown, KEY, f"index of {factor}, with its interval")),
                        words(grade),
                    )
                )
    except ModuleNotFoundError:
        yield Paragraph(
            words("The study was laid out for this, but SALib is not installed: pip install 'trafficsim[analysis]'.")
        )
        return
    except UserError as why:
        yield Paragraph(words(f"The study was laid out for this, but it cannot be told: {why}"))
        return
    unit = "in the indicator's unit"
    yield Paragraph(
        words(MEANINGS[method].format(unit=unit), " Told are indices that have converged, the largest first.")
    )
    if rows:
        columns = ("Result", "Assumption", "Index (90 % interval)", "Grade")
        yield Table("Assumptions that results lean on", columns, tuple(rows), frozenset({2}), (1.4, 2.2, 1.0, 0.5))
    if none:
        yield _of_none(reported, none, "No index has converged above the negligible, under")
