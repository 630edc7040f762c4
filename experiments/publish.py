"""Publish experiments: ``python experiments/publish.py permits`` writes what came of one, or of all that are named.

From the results file of the last sweep (results/NAME/study.sqlite), where there is one, it keeps a copy in experiments/results.
From that copy it draws the figures and writes the folder's README.md: question.md, and the findings, in which no number is typed
by hand.
"""

import re
import sqlite3
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

from lever_by_lever import HARMS, alone_in_words, draw_alone_and_left_out, several
from matplotlib.figure import Figure as Drawing

from trafficsim.experiments.frames import open_study
from trafficsim.report.document.content import (
    Block,
    Bullets,
    Cited,
    Figure,
    Link,
    Number,
    Paragraph,
    Piece,
    Table,
    Word,
    Words,
)
from trafficsim.report.document.notes import Notes
from trafficsim.report.document.pictures import pictures
from trafficsim.report.document.reading import Reported, counted, read_study
from trafficsim.report.document.saying import change, meaning, same_sign, sentence
from trafficsim.report.document.sensitivity import sensitivity
from trafficsim.report.figures import DRAWINGS, TABLES, save_figure

HERE = Path(__file__).parent
KEPT = HERE / "results"
RAN = Path("results")

MANY_ARMS = 10
"""From so many on, arms are told together, and what results lean on is told of the letter's package alone."""

FIGURES: dict[str, dict[str, tuple[str, ...]]] = {
    "non_refoulement": {
        "differences": (),
        "who_was_spared_what": (
            "non_refoulement_only", "non_refoulement_only+identification_only", "letter_package",
        ),
    },
    "package_lever_by_lever": {"alone_and_left_out": ()},
    "permits": {
        "differences": (),
        "who_was_spared_what": ("data_firewall_only", "permit_as_status_only", "permit_reform"),
    },
}  # fmt: skip
"""The figures of each experiment, and which arms they show beside the baseline (none named: all)."""


# --- words -----------------------------------------------------------------------------------------------------------------


def text(words: str) -> str:
    """Return words so that Markdown shows them as they are, on one line."""
    return re.sub(r"([\\*_\[\]|`])", r"\\\1", " ".join(words.split())).replace("<", "&lt;").replace(">", "&gt;")


def piece(one: Piece) -> str:
    """Return a piece of a report as Markdown."""
    match one:
        case str():
            start, end = one[: len(one) - len(one.lstrip())], one[len(one.rstrip()) :]
            return (" " if start else "") + text(one) + (" " if end and one.strip() else "")
        case Number():
            return text(one.text.replace("\n", "; "))
        case Word(kind="code"):
            return f"`{one.text}`"
        case Word():
            return f"**{text(one.text)}**"
        case Cited():
            return one.name
        case Link():
            return text(one.text)


def said(words: Words) -> str:
    """Return words of a report as Markdown."""
    return "".join(map(piece, words))


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def block(one: Block) -> str:
    """Return a part of a report as Markdown; :class:`TypeError` for what findings do not hold."""
    match one:
        case Paragraph():
            return said(one.words)
        case Bullets():
            return "\n".join(f"- {said(item)}" for item in one.items)
        case Table():
            rows = ([said(cell) for cell in row] for row in one.rows)
            return f"{text(one.caption)}:\n\n" + table([text(name) for name in one.columns], rows)
        case Figure():
            return f"![{text(one.alt)}](figures/{one.name}.png)\n\n*{text(one.caption)}*"
    raise TypeError(f"no findings hold a {type(one).__name__}")


# --- findings ----------------------------------------------------------------------------------------------------------------


def in_short(reported: Reported) -> str:
    """Return the table of all arms: change of each harm, in how many worlds it has that sign, and what it means."""
    assert reported.main is not None
    effects = reported.main.table.set_index(["arm", "indicator"])
    rows = []
    for arm in reported.others:
        cells = []
        for harm in HARMS:
            row = effects.loc[(arm, harm)]
            same, worlds = same_sign(row)
            cells.append(f"{change(row)} ({same} of {worlds})<br>{meaning_of(reported, row, harm)}")
        rows.append([text(reported.arms[arm]), *cells])
    base = reported.arms[reported.baseline]
    return (
        f"Change against “{text(base)}” in the same lives, in how many of {reported.worlds} plausible worlds it has that sign, and "
        f"what it means for those who hold rights (unclear: the middle {100 * reported.main.level:.0f} % of the worlds hold both "
        f"signs):\n\n" + table(["", *(text(reported.label(harm)) for harm in HARMS)], rows)
    )


def meaning_of(reported: Reported, row: "object", harm: str) -> str:
    """Return the verdict on an effect that was taken out of its table by name."""
    found = type("Row", (), {**row.to_dict(), "indicator": harm})()  # type: ignore[attr-defined]
    word = meaning(reported, found)
    return f"**{word}**" if word in ("better", "worse") else word


def sentences(reported: Reported, notes: Notes) -> str:
    """Return what can be said of each arm in sentences; what is unclear stands in the table alone."""
    assert reported.main is not None
    parts = []
    for arm in reported.others:
        rows = [
            row for row in reported.main.table[reported.main.table["arm"] == arm].itertuples() if row.indicator in HARMS
        ]
        told = [row for row in rows if meaning(reported, row) in ("better", "worse")]
        told.sort(key=lambda row: (meaning(reported, row) != "worse", HARMS.index(row.indicator)))
        lines = [f"- {said(sentence(reported, notes, row, reported.main.level))}" for row in told]
        parts.append(
            f"**{text(reported.arms[arm])}**\n\n" + ("\n".join(lines) or "- Nothing is clear of any of these harms.")
        )
    return "\n\n".join(parts)


def findings(name: str, file: Path, drawn: Iterable[Path]) -> str:
    """Return the whole README of an experiment, from the results file that is kept of it."""
    reported = read_study(file)
    notes = Notes(reported)
    study = reported.study
    shown = {each.stem: each for each in drawn}
    figures = []
    for figure, arms in FIGURES[name].items():
        seen = {arm: title for arm, title in reported.arms.items() if not arms or arm in (reported.baseline, *arms)}
        figures += [block(each) for each in pictures(replace(reported, arms=seen), [shown[figure]])]
    if "alone_and_left_out" in shown:
        figures.append(f"![{text(alone_in_words(reported))}](figures/alone_and_left_out.png)")
    few = reported if len(reported.others) < MANY_ARMS else replace(reported, arms={
        arm: title for arm, title in reported.arms.items() if arm in (reported.baseline, "letter_package")
    })  # fmt: skip
    leaning = sensitivity(few, notes)
    folder = f"experiments/{name}"
    return "\n\n".join(
        [
            (HERE / name / "question.md").read_text(encoding="utf-8").strip(),
            "<!-- What follows is written by experiments/publish.py from the results file. Do not edit. -->",
            "## What came out",
            f"Simulated lives {reported.window}, {study['scale']:g} for each real one assumed; {reported.worlds} plausible worlds "
            f"(design {study['design']}), {counted(int(study['replicates']), 'replicate')} in each. All of it is in the model and "
            f"conditional on its assumptions. {text(str(reported.frames['limits']['text'].iloc[0]))}",
            in_short(reported),
            *figures,
            "## In sentences",
            sentences(reported, notes) if len(reported.others) < MANY_ARMS else several(reported),
            "## What it leans on",
            *(block(one) for one in leaning.blocks),
            "## Look further, or do it again",
            f"```sh\ntrafficsim report experiments/results/{name}.sqlite --folder results/{name}  # as page and PDF\n"
            f"trafficsim effects experiments/results/{name}.sqlite       # every indicator, by group and year\n"
            f"trafficsim sweep --config-dir {folder} --config-name study   # live through it again\n"
            f"python experiments/publish.py {name}                 # and write this page again\n```",
            f"Study `{study['id']}`, configuration `{str(study['configuration'])[:16]}`, rules `{study['model_version']}`, "
            f"trafficsim {study['software_version']}, {len(reported.frames['runs']):,} runs. {limits(reported)}",
        ]
    ) + "\n"  # fmt: skip


def limits(reported: Reported) -> str:
    """Return what the results do not mean."""
    return " ".join(text(line) for line in reported.frames["limits"]["text"])


# --- doing it -----------------------------------------------------------------------------------------------------------------


def keep(name: str) -> Path:
    """Return the results file that is kept of an experiment, copied anew where it was lived through here."""
    ran, kept = RAN / name / "study.sqlite", KEPT / f"{name}.sqlite"
    if ran.is_file():
        KEPT.mkdir(exist_ok=True)
        kept.unlink(missing_ok=True)
        with closing(sqlite3.connect(ran)) as connection:
            connection.execute("VACUUM INTO ?", (str(kept),))
    if not kept.is_file():
        raise SystemExit(f"{ran} is not there: trafficsim sweep --config-dir experiments/{name} --config-name study")
    return kept


def publish(name: str) -> Path:
    """Keep results, draw figures, write the page; return the page."""
    file = keep(name)
    reported, frames = read_study(file), open_study(file, None, TABLES)
    drawn: list[Path] = []
    for figure, arms in FIGURES[name].items():
        own = frames["arms"]
        shown = frames | {"arms": own[own["arm"].isin([reported.baseline, *arms])] if arms else own}
        draw: Callable[[], Drawing | None] = (
            partial(draw_alone_and_left_out, reported, frames)
            if figure == "alone_and_left_out"
            else partial(DRAWINGS[figure], shown)
        )
        drawn += save_figure(draw, HERE / name / "figures", figure)
    path = HERE / name / "README.md"
    path.write_text(findings(name, file, drawn), encoding="utf-8")
    return path


if __name__ == "__main__":
    for chosen in sys.argv[1:] or FIGURES:
        print(publish(chosen))
