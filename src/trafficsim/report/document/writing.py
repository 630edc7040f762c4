"""The report's files: one page and one PDF."""

from collections.abc import Iterator
from pathlib import Path

from trafficsim.errors import UserError
from trafficsim.report.document.content import Document
from trafficsim.report.document.pdf import pdf_of
from trafficsim.report.document.web import html_of

PAGE, PRINT = "report.html", "report.pdf"


def write_report(document: Document, folder: Path | str) -> Iterator[Path]:
    """Write the page, then the PDF, and yield the path of each once it is there.

    Raises :class:`UserError` where the folder cannot be written, and after the page
    :class:`~trafficsim.report.document.pdf.TypstMissingError` where no PDF can be made.
    """
    yield _written(Path(folder) / PAGE, html_of(document).encode())
    yield _written(Path(folder) / PRINT, pdf_of(document))


def _written(path: Path, content: bytes) -> Path:
    """Write a file whole or not at all."""
    unfinished = path.with_name(f"{path.name}.unfinished")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_bytes(content)
        return unfinished.replace(path)
    except OSError as problem:
        raise UserError(
            f"The report could not be written to {path}: {problem.strerror or problem}. The database is not touched by it."
        ) from problem
