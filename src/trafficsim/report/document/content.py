"""What a report is made of: sections, sentences, tables and figures, and numbers that say where they come from.

Both writers render this and nothing else, so that the page and the PDF say the same. All of it is plain text: a writer
escapes what its own language would take for a command.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Number:
    """A number with its trace: ``note`` is the anchor of the note that tells all, ``says`` the same in a line or two."""

    text: str
    note: str
    says: str


@dataclass(frozen=True)
class Word:
    """A few words that stand out: strong, code, or a verdict ("better")."""

    text: str
    kind: Literal["strong", "code", "verdict"]


@dataclass(frozen=True)
class Cited:
    """An id of the evidence ("S58"), which leads to its entry in the report, where it has one."""

    name: str


@dataclass(frozen=True)
class Link:
    """Words that lead elsewhere: to an anchor of the report ("#limits"), or to an address."""

    text: str
    to: str


Piece = str | Number | Word | Cited | Link
Words = tuple[Piece, ...]


@dataclass(frozen=True)
class Paragraph:
    """Sentences that belong together. ``kind``: plain; lead, as the first of a report; warning; small, for what explains."""

    words: Words
    kind: Literal["plain", "lead", "warning", "small"] = "plain"


@dataclass(frozen=True)
class Bullets:
    """A list."""

    items: tuple[Words, ...]


@dataclass(frozen=True)
class Entry:
    """A term and what is said of it, in ``words`` or as a list of ``items``; others lead to its ``anchor``, where it has one."""

    term: str
    words: Words = ()
    anchor: str = ""
    items: tuple[Words, ...] = ()


@dataclass(frozen=True)
class Entries:
    """Terms with what is said of each."""

    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Table:
    """A table. The first cell of a row is its heading; ``numeric`` columns, from 0, are set to the right.

    ``shares`` say how wide the columns are, relative to each other.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Words, ...], ...]
    numeric: frozenset[int] = frozenset()
    shares: tuple[float, ...] = ()


@dataclass(frozen=True)
class Figure:
    """A figure as two images of the same drawing; ``alt`` says in words what it shows."""

    name: str
    caption: str
    alt: str
    png: bytes = field(repr=False)
    svg: bytes = field(repr=False)


@dataclass(frozen=True)
class Listing:
    """Text to be copied as it stands; with a ``file`` name it can be saved under it."""

    title: str
    text: str
    file: str = ""
    media_type: str = "text/plain"


Block = Paragraph | Bullets | Entries | Table | Figure | Listing


@dataclass(frozen=True)
class Section:
    """A part of the report under its own heading."""

    anchor: str
    title: str
    blocks: tuple[Block, ...] = ()
    sections: "tuple[Section, ...]" = ()


@dataclass(frozen=True)
class Document:
    """A whole report. ``created`` is the study's own time, so that equal studies make equal reports;
    ``footer`` stands at the foot of every page.
    """

    title: str
    subtitle: str
    created: str
    description: str
    footer: str
    sections: tuple[Section, ...]


def words(*pieces: Piece) -> Words:
    """Return pieces as words, those that say nothing left out."""
    return tuple(piece for piece in pieces if piece != "")


def joined(parts: Iterable[Words], separator: str = ", ") -> Words:
    """Return words with a separator between them."""
    found: list[Piece] = []
    for part in parts:
        found += [separator, *part] if found else part
    return tuple(found)


def plain(said: Words) -> str:
    """Return words as a reader sees them, without what stands behind them."""
    return "".join(piece if isinstance(piece, str) else _shown(piece) for piece in said)


def _shown(piece: Number | Word | Cited | Link) -> str:
    return piece.name if isinstance(piece, Cited) else piece.text


def blocks_of(sections: Iterable[Section]) -> Iterator[Block]:
    """Yield every block, in reading order."""
    for section in sections:
        yield from section.blocks
        yield from blocks_of(section.sections)


def words_in(block: Block) -> Iterator[Words]:
    """Yield all that a block says in words with pieces, in reading order."""
    if isinstance(block, Paragraph):
        yield block.words
    elif isinstance(block, Bullets):
        yield from block.items
    elif isinstance(block, Entries):
        for entry in block.entries:
            yield from (entry.words, *entry.items)
    elif isinstance(block, Table):
        for row in block.rows:
            yield from row


def said_by(sections: Iterable[Section]) -> Iterator[Words]:
    """Yield all that sections say in words with pieces."""
    for block in blocks_of(sections):
        yield from words_in(block)
