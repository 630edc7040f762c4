"""The evidence that a report cites, and its sources: each id in full, each source as a reader can look it up."""

from collections.abc import Iterable

from trafficsim.catalog import catalog
from trafficsim.catalog.evidence_records import in_order
from trafficsim.report.document.content import (
    Block,
    Cited,
    Entries,
    Entry,
    Link,
    Paragraph,
    Section,
    Words,
    joined,
    said_by,
    words,
)


def anchor_of(name: str) -> str:
    """Return the anchor of the entry of an evidence id."""
    return f"evidence-{name.lower()}"


def cited_in(sections: Iterable[Section]) -> list[str]:
    """Return the evidence ids that sections cite and the catalogue knows, in the catalogue's order."""
    known = catalog().evidence
    found = {piece.name for said in said_by(sections) for piece in said if isinstance(piece, Cited)}
    return sorted((name for name in found if name in known), key=in_order)


def references(sections: Iterable[Section]) -> Section:
    """Return the part with the evidence that ``sections`` cite, and its sources."""
    known, cited = catalog(), cited_in(sections)
    evidence = tuple(
        Entry(
            name,
            words(
                f"({known.evidence[name].status}) {known.evidence[name].says}",
                *_sources(known.evidence[name].sources),
            ),
            anchor_of(name),
        )
        for name in cited
    )
    keys = sorted({key for name in cited for key in known.evidence[name].sources})
    sources = tuple(Entry(key, _reference(key, cited), f"source-{key}") for key in keys)
    intro = words(
        "In paraphrase. S: a statement of the letter AL CHN 3/2024; L: what the letter asks for; A: a provision that "
        "it cites; E: a "
        "published figure; C: a target of calibration; V: a pattern held out. In brackets its status: alleged means that the "
        "letter says so, and it is not established."
    )
    parts: tuple[tuple[str, str, tuple[Block, ...]], ...] = (
        ("evidence", "Evidence cited", (Paragraph(intro, "small"), Entries(evidence))),
        ("sources", "Sources", (Entries(sources),)),
    )
    return Section(
        "references", "References", (), tuple(Section(anchor, title, blocks) for anchor, title, blocks in parts)
    )


def _sources(keys: tuple[str, ...]) -> Words:
    return words(" ", *joined([(Link(key, f"#source-{key}"),) for key in keys])) if keys else ()


def _reference(key: str, cited: list[str]) -> Words:
    known = catalog()
    source = known.sources[key]
    told = source.citation.removesuffix(source.url).rstrip() if source.url else source.citation + "."
    by = [(Cited(name),) for name in known.cited_by(key) if name in cited]
    return words(told, " ", Link(source.url, source.url) if source.url else "", " Cited by: ", *joined(by))
