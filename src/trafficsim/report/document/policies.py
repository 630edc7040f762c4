"""The arms as a lawyer reads them: what each does, how far it reaches, which provisions ask for it, and what is open."""

import json
from collections.abc import Mapping
from typing import Any

from trafficsim.catalog import catalog
from trafficsim.catalog.evidence_records import Asked, Evidence, Provision
from trafficsim.report.document.content import (
    Block,
    Cited,
    Entries,
    Entry,
    Link,
    Paragraph,
    Section,
    Table,
    Word,
    Words,
    joined,
    words,
)
from trafficsim.report.document.notes import Notes, ids_in
from trafficsim.report.document.reading import Reported, counted

ARMS = "arms"
"""The key of the note on what arms assume."""

OPEN = (
    "How far such a measure would reach, and how strongly it would act on those it reaches, nobody has measured: both are "
    "assumptions. No effect of any lever is known."
)
"""What is open about every lever."""

NO_PROVISION: Words = ("none: no provision asks for it",)

KINDS = {
    "protective": "",
    "adverse": "Adverse: it harms those who hold rights, and stands here to compare with.",
    "scenario": "An outside condition, not a policy.",
}


def policies(reported: Reported, notes: Notes) -> Section:
    """Return the part on arms, levers and the law."""
    arms = reported.frames["arms"].sort_values("place")
    moved = {row.arm: json.loads(row.levers) for row in arms.itertuples()}
    notes.add(
        ARMS,
        "How far a lever reaches",
        words(
            f"Assumed for the scenario, and no finding: coverage, pace and limit as study {reported.id} has them, table arms."
        ),
        f"Assumed for the scenario, and no finding. Study {reported.id}, table arms.",
    )
    parts = [_arm(reported, notes, row, moved[row.arm]) for row in arms.itertuples()]
    used = [name for name in reported.frames["levers"]["name"] if any(name in levers for levers in moved.values())]
    intro = words(
        "A policy, or arm, is a bundle of levers: things that the host state, the state of origin or those who assist can do. What "
        "an arm does not name stays as it is without any policy. ",
        Word("Open for all of them: ", "strong"),
        OPEN,
    )
    if used:
        parts.append(_levers(reported, used))
    return Section("policies", "The policies, and the law that asks for them", (Paragraph(intro),), tuple(parts))


def _arm(reported: Reported, notes: Notes, row: Any, levers: Mapping[str, Any]) -> Section:
    blocks: list[Block] = [Paragraph(words(row.summary))]
    if not levers:
        blocks.append(Paragraph(words("It moves no lever: all stays as the corridor has it."), "small"))
    else:
        labels = reported.frames["levers"].set_index("name")["label"]
        shown = [name for name in labels.index if name in levers]
        rows = tuple(
            (
                words(Link(labels[name], f"#lever-{name}")),
                words(notes.number(_how_far(levers[name]), ARMS, f"{labels[name]} in “{row.title}”")),
                words(levers[name]["because"]),
            )
            for name in shown
        )
        columns = ("Lever", "How far, from when (assumed)", "Because")
        caption = f"Levers of “{row.title}”"
        blocks.append(Table(caption, columns, rows, shares=(1.0, 1.0, 2.0)))
    place = list(reported.arms).index(row.arm)
    return Section(f"arm-{place}", row.title, tuple(blocks))


def _how_far(value: Mapping[str, Any]) -> str:
    begins = "the policies' start" if value["start"] == "policy_start" else value["start"]
    pace = f"over {counted(value['ramp_months'], 'month')}" if value["ramp_months"] else "at once"
    limit = f"; at most {value['capacity']:g} a month at full scale" if value["capacity"] is not None else ""
    return f"{100 * value['coverage']:g} %, {pace} from {begins}{limit}"


def _levers(reported: Reported, used: list[str]) -> Section:
    table = reported.frames["levers"].set_index("name")
    known, evidence = catalog().levers, catalog().evidence
    parts = []
    for name in used:
        row = table.loc[name]
        provisions = _provisions(ids_in(row["provisions"]), evidence)
        entries = [Entry("Provisions", items=provisions) if provisions else Entry("Provisions", NO_PROVISION)]
        if asked := _asked(ids_in(row["questions"]), evidence):
            entries.append(Entry("Asked by the letter", items=asked))
        letter = known[name].letter if name in known else ()
        entries += [Entry("Statements of the letter", joined([(Cited(each),) for each in letter]))] if letter else []
        said = words(row["meaning"], f" {KINDS[row['kind']]}" if KINDS.get(row["kind"]) else "")
        parts.append(Section(f"lever-{name}", row["label"], (Paragraph(said), Entries(tuple(entries)))))
    intro = Paragraph(
        words(
            "Each lever with the provisions that ask for it, as the letter cites them, and with its questions. Statements of the "
            "letter are alleged, not established. Ratification is as the letter gives it, for the host state."
        ),
        "small",
    )
    return Section("levers", "The levers, one by one", (intro,), tuple(parts))


def _provisions(ids: list[str], evidence: Mapping[str, Evidence]) -> tuple[Words, ...]:
    """Return the provisions, an instrument an item."""
    instruments: dict[tuple[str, str], list[Words]] = {}
    unknown = []
    for name in ids:
        record = evidence.get(name)
        if isinstance(record, Provision):
            article = f"{_article(record.article)} (" if record.article else "as a whole ("
            instruments.setdefault((record.instrument, record.ratification), []).append(
                words(article, Cited(name), ")")
            )
        else:
            unknown.append(words(Cited(name)))
    told = [
        words(f"{instrument}: ", *joined(articles), f"; {ratification}")
        for (instrument, ratification), articles in instruments.items()
    ]
    return (*told, *unknown)


def _article(article: str) -> str:
    return f"article {article}" if article[0].isdigit() else article


def _asked(questions: list[str], evidence: Mapping[str, Evidence]) -> tuple[Words, ...]:
    found: list[Words] = []
    for question in questions:
        number = int(question.removeprefix("Q"))
        record = next(
            ((name, one) for name, one in evidence.items() if isinstance(one, Asked) and one.question == number), None
        )
        found.append(
            words(f"question {number}", *((": ", record[1].says, " (", Cited(record[0]), ")") if record else ()))
        )
    return tuple(found)
