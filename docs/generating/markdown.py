"""Small pieces of MyST Markdown: tables, targets and links."""

import re
from collections.abc import Iterable, Sequence

NOTICE = "<!-- Made by docs/generate.py from the code and the catalogue. Do not edit; run `make generated`. -->"


def text(words: str) -> str:
    """Return ``words`` so that Markdown shows them as they are, on one line and also within a table."""
    one_line = " ".join(str(words).split())
    escaped = re.sub(r"([\\*_\[\]{}|`$#])", r"\\\1", one_line)
    return escaped.replace("<", "&lt;").replace(">", "&gt;")


def prose(docstring: str) -> str:
    """Return a docstring for a reader: its marks of reStructuredText become those of Markdown."""
    words = re.sub(r":\w+(?::\w+)?:`~?([^`]+)`", r"``\1``", docstring)
    pieces = re.split(r"``([^`]+)``", words)
    return "".join(
        f"`{' '.join(piece.split())}`" if place % 2 else text_kept(piece) for place, piece in enumerate(pieces)
    )


def text_kept(words: str) -> str:
    """Return ``words`` escaped, with the blanks at both ends kept."""
    start, end = words[: len(words) - len(words.lstrip())], words[len(words.rstrip()) :]
    return (" " if start else "") + text(words) + (" " if end and words.strip() else "")


def number(value: float) -> str:
    """Return a number as people write it: no trailing zeros, thousands apart."""
    return f"{value:,.0f}" if abs(value) >= 10_000 and value == round(value) else f"{value:g}"


def name_of_target(kind: str, *names: str) -> str:
    """Return the name of a target, such as ``parameter-crossing-area-slope``."""
    return "-".join([kind, *names]).lower().replace("_", "-").replace(".", "-")


def link(label: str, target: str) -> str:
    """Return a link to a target anywhere in the documents."""
    return f"[{label}](#{target})"


def code_link(name: str, target: str) -> str:
    """Return a link that shows a name as code."""
    return f"[`{name}`](#{target})"


def anchor(label: str, target: str) -> str:
    """Return ``label`` as a target within a line."""
    return f"[{label}]{{#{target}}}"


def heading(level: int, title: str, target: str = "") -> str:
    """Return a heading, with a target that links from every page can name."""
    return (f"({target})=\n" if target else "") + f"{'#' * level} {title}"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table."""
    body = ["| " + " | ".join(columns) + " |", "| " + " | ".join("---" for _ in columns) + " |"]
    return "\n".join(body + ["| " + " | ".join(cell or " " for cell in row) + " |" for row in rows])


def fields(pairs: Iterable[tuple[str, str]]) -> str:
    """Return a list of named facts; those without content are left out."""
    return "\n".join(f"- **{name}:** {content}" for name, content in pairs if content)


def page(title: str, target: str, *blocks: str) -> str:
    """Return a whole page."""
    return "\n\n".join([NOTICE, heading(1, title, f"page-{target}"), *(block for block in blocks if block)]) + "\n"


def part(*blocks: str) -> str:
    """Return a part that pages include."""
    return "\n\n".join([NOTICE, *blocks]) + "\n"
