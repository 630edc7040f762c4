"""The report as PDF, set by Typst: the content is handed over as data, so that nothing in it is taken for markup."""

import json
import tempfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from trafficsim.errors import UserError
from trafficsim.report.document.content import (
    Block,
    Bullets,
    Cited,
    Document,
    Entries,
    Figure,
    Link,
    Listing,
    Number,
    Paragraph,
    Piece,
    Section,
    Table,
    Word,
    Words,
)
from trafficsim.report.document.references import anchor_of
from trafficsim.report.document.web import CLASSES, anchors

TEMPLATE = Path(__file__).with_name("page.typ")
LANGUAGE = "en"
STANDARD: Final = "ua-1"
"""PDF/UA-1: it refuses a figure without a text in its place, and whatever else cannot be read aloud."""

MISSING = "The PDF takes the library typst, which is not installed: pip install 'trafficsim[report]'."


class TypstMissingError(UserError):
    """The library that sets the PDF is not installed."""


def pdf_of(document: Document) -> bytes:
    """Return the PDF, accessible as PDF/UA-1 asks; equal reports make equal bytes.

    Raises :class:`TypstMissingError` where the library is not installed.
    """
    try:
        import typst
    except ModuleNotFoundError:
        raise TypstMissingError(MISSING) from None
    import matplotlib

    # The letters of figures are those that matplotlib drew them with; those of the text come with Typst.
    fonts = Path(matplotlib.get_data_path(), "fonts", "ttf")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        content = json.dumps(_document(document, folder), ensure_ascii=False)
        (folder / "content.json").write_text(content, encoding="utf-8")
        (folder / "page.typ").write_bytes(TEMPLATE.read_bytes())
        made = typst.compile(
            folder / "page.typ",
            root=folder,
            font_paths=[fonts],
            ignore_system_fonts=True,
            format="pdf",
            pdf_standards=STANDARD,
            timestamp=int(datetime.fromisoformat(document.created).timestamp()),
        )
    assert isinstance(made, bytes)
    return made


def _document(document: Document, folder: Path) -> dict[str, Any]:
    known = set(anchors(document.sections))
    return {
        "title": document.title, "subtitle": document.subtitle, "description": document.description,
        "footer": document.footer, "language": LANGUAGE,
        "sections": [_section(section, known, folder) for section in document.sections],
    }  # fmt: skip


def _section(section: Section, known: set[str], folder: Path) -> dict[str, Any]:
    return {
        "anchor": section.anchor,
        "title": section.title,
        "blocks": [_block(block, known, folder) for block in section.blocks],
        "sections": [_section(part, known, folder) for part in section.sections],
    }


def _block(block: Block, known: set[str], folder: Path) -> dict[str, Any]:
    match block:
        case Paragraph():
            return {"is": "paragraph", "kind": block.kind, "words": _words(block.words, known)}
        case Bullets():
            return {"is": "bullets", "items": [_words(item, known) for item in block.items]}
        case Entries():
            entries = [
                {
                    "term": entry.term,
                    "anchor": entry.anchor,
                    "words": _words(entry.words, known),
                    "items": [_words(item, known) for item in entry.items],
                }
                for entry in block.entries
            ]
            return {"is": "entries", "entries": entries}
        case Table():
            return {
                "is": "table", "caption": block.caption, "columns": list(block.columns), "numeric": sorted(block.numeric),
                "shares": list(block.shares) or [1.0] * len(block.columns),
                "rows": [_row(row, known) for row in block.rows],
            }  # fmt: skip
        case Figure():
            (folder / f"{block.name}.svg").write_bytes(block.svg)
            return {"is": "figure", "file": f"{block.name}.svg", "caption": block.caption, "alt": block.alt}
        case Listing():
            return {"is": "listing", "title": block.title, "text": block.text}


def _row(row: Sequence[Words], known: set[str]) -> list[list[dict[str, Any]]]:
    """Return a row's cells; its heading ends with the marks of all notes that its numbers lead to."""
    first, *others = ([_piece(piece, known) for piece in cell] for cell in row)
    return [first + _marks(piece for cell in row for piece in cell), *others]


def _words(said: Words, known: set[str]) -> list[dict[str, Any]]:
    """Return pieces, at their end the marks of the notes that their numbers lead to."""
    return [_piece(piece, known) for piece in said] + _marks(said)


def _marks(said: Iterable[Piece]) -> list[dict[str, Any]]:
    """Return a mark for each note: on paper, a number cannot be followed."""
    notes = dict.fromkeys(piece.note for piece in said if isinstance(piece, Number))
    return [{"is": "mark", "to": note, "text": note.removeprefix("note-")} for note in notes]


def _piece(piece: Piece, known: set[str]) -> dict[str, Any]:
    match piece:
        case str():
            return {"is": "text", "text": piece}
        case Number():
            return {"is": "number", "text": piece.text, "to": piece.note}
        case Word(kind="verdict"):
            return {"is": "verdict", "text": piece.text, "kind": CLASSES.get(piece.text, "unclear")}
        case Word():
            return {"is": piece.kind, "text": piece.text}
        case Cited():
            anchor = anchor_of(piece.name)
            return (
                {"is": "inner", "text": piece.name, "to": anchor}
                if anchor in known
                else {"is": "text", "text": piece.name}
            )
        case Link():
            if piece.to.startswith("#"):
                anchor = piece.to.removeprefix("#")
                return {"is": "inner" if anchor in known else "text", "text": piece.text, "to": anchor}
            outer = piece.to.startswith(("https://", "http://"))
            return {"is": "outer" if outer else "text", "text": piece.text, "to": piece.to}
