"""The report as one web page: nothing is fetched, no script runs, and whatever a study is called is shown as text."""

import base64
import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

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
    blocks_of,
    plain,
)
from trafficsim.report.document.references import anchor_of

STYLE = Path(__file__).with_name("page.css")

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""What a browser may do for the page: show what it holds. It keeps what a study brings along from ever being run."""

CLASSES = {
    "better": "better", "passes": "better", "worse": "worse", "fails": "worse", "lower": "neutral", "higher": "neutral",
}  # fmt: skip


@dataclass
class _Page:
    """What is known while a page is written: what each entry says, and which notes were led to already."""

    entries: dict[str, str]
    used: set[str] = field(default_factory=set)


def html_of(document: Document) -> str:
    """Return the page."""
    page = _Page(
        {
            entry.anchor: plain(entry.words)
            for block in blocks_of(document.sections)
            if isinstance(block, Entries)
            for entry in block.entries
            if entry.anchor
        }
    )
    body = "\n".join(_section(section, page, 2) for section in document.sections)
    contents = "\n".join(
        f'<li><a href="#{escape(section.anchor)}">{escape(section.title)}</a></li>' for section in document.sections
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="trafficsim">
<meta name="description" content="{escape(document.description)}">
<title>{escape(document.title)}</title>
<style>
{STYLE.read_text(encoding="utf-8")}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header>
<h1>{escape(document.title)}</h1>
<p class="subtitle">{escape(document.subtitle)}</p>
<p class="facts">{escape(document.description)}</p>
</header>
<nav aria-label="Contents">
<ol>
{contents}
</ol>
</nav>
<main id="content" tabindex="-1">
{body}
</main>
<footer>
<p>Numbers are links: hover, or move to one with the keyboard, and its source is shown; follow it for the whole note.</p>
<p>{escape(document.description)} <a href="#limits">Limits</a>. <a href="#cite">Cite this</a>.</p>
</footer>
</body>
</html>
"""


def _section(section: Section, page: _Page, level: int) -> str:
    heading = min(level, 6)
    parts = [f"<h{heading}>{escape(section.title)}</h{heading}>", *(_block(block, page) for block in section.blocks)]
    parts += [_section(part, page, level + 1) for part in section.sections]
    inner = "\n".join(parts)
    return f'<section id="{escape(section.anchor)}">\n{inner}\n</section>'


def _block(block: Block, page: _Page) -> str:
    match block:
        case Paragraph():
            name = "" if block.kind == "plain" else f' class="{block.kind}"'
            return f"<p{name}>{_words(block.words, page)}</p>"
        case Bullets():
            return _list(block.items, page)
        case Entries():
            return _entries(block, page)
        case Table():
            return _table(block, page)
        case Figure():
            image = base64.b64encode(_smaller(block.png)).decode()
            return (
                f'<figure id="figure-{escape(block.name)}">\n'
                f'<div class="scroll" role="group" aria-label="{escape(block.caption)}" tabindex="0">'
                f'<img alt="{escape(block.alt)}" src="data:image/png;base64,{image}"></div>\n'
                f"<figcaption>{escape(block.caption)}</figcaption>\n</figure>"
            )
        case Listing():
            return _listing(block)


def _smaller(png: bytes) -> bytes:
    """Return a drawing with 256 colours, a third as large: it has few, and their shades at the edges of letters."""
    from PIL import Image  # it comes with matplotlib

    made = io.BytesIO()
    with Image.open(io.BytesIO(png)) as drawn:
        few = drawn.convert("RGB").quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        few.save(made, "PNG", optimize=True)
    return made.getvalue()


def _list(items: Iterable[Words], page: _Page) -> str:
    return "<ul>\n" + "\n".join(f"<li>{_words(item, page)}</li>" for item in items) + "\n</ul>"


def _entries(block: Entries, page: _Page) -> str:
    rows = []
    for entry in block.entries:
        name = f' id="{escape(entry.anchor)}" tabindex="-1"' if entry.anchor else ""
        said = _words(entry.words, page) + (_list(entry.items, page) if entry.items else "")
        if entry.anchor.startswith("note-") and entry.anchor in page.used:
            said += f' <a class="back" href="#from-{escape(entry.anchor)}" aria-label="Back to the first number of this note">↩</a>'
        rows.append(f"<div{name}><dt>{escape(entry.term)}</dt><dd>{said}</dd></div>")
    return "<dl>\n" + "\n".join(rows) + "\n</dl>"


def _table(block: Table, page: _Page) -> str:
    def kind(place: int) -> str:
        return ' class="number"' if place in block.numeric else ""

    head = "".join(f'<th scope="col"{kind(place)}>{escape(name)}</th>' for place, name in enumerate(block.columns))
    total = sum(block.shares) or 1.0
    columns = "".join(f'<col style="width:{100 * share / total:.1f}%">' for share in block.shares)
    rows = []
    for first, *others in block.rows:
        cells = "".join(f"<td{kind(place)}>{_words(cell, page)}</td>" for place, cell in enumerate(others, 1))
        rows.append(f'<tr><th scope="row">{_words(first, page)}</th>{cells}</tr>')
    many = " many" if len(block.columns) > 4 else ""
    return (
        f'<div class="scroll" role="group" aria-label="{escape(block.caption)}" tabindex="0">\n<table class="columns{many}">\n'
        f"<caption><span>{escape(block.caption)}</span></caption>\n"
        + (f"<colgroup>{columns}</colgroup>\n" if columns else "")
        + f"<thead><tr>{head}</tr></thead>\n<tbody>\n"
        + "\n".join(rows)
        + "\n</tbody>\n</table>\n</div>"
    )


def _listing(block: Listing) -> str:
    saved = ""
    if block.file:
        content = base64.b64encode(block.text.encode()).decode()
        saved = (
            f' <a download="{escape(block.file)}" href="data:{escape(block.media_type)};base64,{content}">'
            f"Save as {escape(block.file)}</a>"
        )
    return (
        f'<figure class="listing"><figcaption>{escape(block.title)}{saved}</figcaption>\n'
        f'<pre tabindex="0">{escape(block.text)}</pre></figure>'
    )


def _words(said: Words, page: _Page) -> str:
    return "".join(_piece(piece, page) for piece in said)


def _piece(piece: Piece, page: _Page) -> str:
    match piece:
        case str():
            return _lines(piece)
        case Number():
            first = "" if piece.note in page.used else f' id="from-{escape(piece.note)}"'
            page.used.add(piece.note)
            trace = f'href="#{escape(piece.note)}" data-trace="{escape(piece.says)}"'
            return f'<a class="traced"{first} {trace}>{_lines(piece.text)}</a>'
        case Word(kind="strong"):
            return f"<strong>{escape(piece.text)}</strong>"
        case Word(kind="code"):
            return f"<code>{escape(piece.text)}</code>"
        case Word():
            return f'<span class="verdict {CLASSES.get(piece.text, "unclear")}">{escape(piece.text)}</span>'
        case Cited():
            anchor = anchor_of(piece.name)
            if anchor not in page.entries:
                return escape(piece.name)
            told = f"{piece.name} {page.entries[anchor]}"
            return f'<a class="cited" href="#{escape(anchor)}" data-trace="{escape(told)}">{escape(piece.name)}</a>'
        case Link():
            return _link(piece)


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>")


def _link(piece: Link) -> str:
    if piece.to.startswith("#"):
        return f'<a href="{escape(piece.to)}">{escape(piece.text)}</a>'
    if piece.to.startswith(("https://", "http://")):
        return f'<a href="{escape(piece.to)}" rel="noopener noreferrer">{escape(piece.text)}</a>'
    return escape(piece.text)


def anchors(sections: Iterable[Section]) -> Iterable[str]:
    """Yield every anchor that a link can lead to."""
    for section in sections:
        yield section.anchor
        for block in section.blocks:
            if isinstance(block, Entries):
                yield from (entry.anchor for entry in block.entries if entry.anchor)
        yield from anchors(section.sections)
