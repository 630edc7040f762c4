"""The whole report of a study, part by part."""

from collections.abc import Iterable
from pathlib import Path

from trafficsim.report.document.claims import claims
from trafficsim.report.document.content import Document, Entries, Paragraph, Section, words
from trafficsim.report.document.limits import limits
from trafficsim.report.document.notes import Notes
from trafficsim.report.document.policies import policies
from trafficsim.report.document.provenance import cite, provenance
from trafficsim.report.document.reading import Reported
from trafficsim.report.document.references import references
from trafficsim.report.document.results import all_indicators, results
from trafficsim.report.document.sensitivity import sensitivity
from trafficsim.report.document.summary import summary
from trafficsim.report.document.trust import trust

NOTES = (
    "A number that can be traced leads here. Each note says what was counted, in which runs, why it matters and how to ask "
    "again."
)


def document_of(reported: Reported, drawn: Iterable[Path]) -> Document:
    """Return the report of a study whose figures were ``drawn``: PNG files, each with an SVG file beside it."""
    notes = Notes(reported)
    parts = [
        summary(reported, notes),
        policies(reported, notes),
        results(reported, notes, drawn),
        claims(reported, notes),
        sensitivity(reported, notes),
        trust(reported, notes),
        limits(reported),
        provenance(reported),
        cite(reported),
        all_indicators(reported, notes),
    ]
    sections = [part for part in parts if part is not None]
    sections.append(
        Section(
            "notes", "Notes: where each number comes from", (Paragraph(words(NOTES), "small"), Entries(notes.entries()))
        )
    )
    sections.append(references(sections))
    name = reported.study["name"]
    others = reported.others
    base = f"“{reported.arms[reported.baseline]}”"
    return Document(
        title=f"{'What these policies would change' if others else 'Lives under one policy'}, in the model: study {name}",
        subtitle=f"{base} against {reported.other_titles}" if others else base,
        created=str(reported.study["created"]),
        description=f"Report of study {reported.id}, made with trafficsim. {reported.frames['limits']['text'].iloc[0]}",
        footer=f"Study {reported.id}. In the model; no forecast, and no count of real people.",
        sections=tuple(sections),
    )
