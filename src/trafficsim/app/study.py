"""A stored study, as the page has it: files below the folder of results, and what one of them says."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trafficsim.app.address import PARTS, Address
from trafficsim.app.answers import answer
from trafficsim.app.background import Changed, Desk
from trafficsim.catalog import catalog
from trafficsim.errors import UserError
from trafficsim.experiments.studies import result_files
from trafficsim.report.figures.indicators import HEADLINES

FOLDER = Path("results")
"""Where results files lie; ``trafficsim app --folder`` names another."""
MOST_FILES = 300


class Study(Desk):
    """The results files below ``folder``, one of which is open."""

    def __init__(self, address: Address, changed: Changed, folder: Path | str | None = None) -> None:
        super().__init__(changed)
        self.folder = Path(folder or FOLDER)
        self.file = address.study
        self.part = address.part
        self.asked = address.asked
        self.files: list[str] = []
        self.html = ""

    def do_list(self, values: Mapping[str, Any]) -> None:
        """Look again which files there are."""
        if not self.folder.is_dir():
            self.files = []
            raise UserError(
                f"There is no folder “{self.folder}” where the page was started. “trafficsim compare study=teaching "
                f"replicates=2” makes a small study there in a minute."
            )
        found = result_files([self.folder])
        self.files = [path.relative_to(self.folder).as_posix() for path in found[:MOST_FILES]]
        if not self.files:
            raise UserError(
                f"No results file (*.sqlite) lies below “{self.folder}”. “trafficsim compare study=teaching” makes one."
            )

    def do_open(self, values: Mapping[str, Any]) -> None:
        """Open a file, and show one part of what it says."""
        self.file = str(values.get("file", self.file))
        self.part = str(values.get("part", self.part))
        self.asked = str(values.get("asked", self.asked))
        self.html = ""
        if self.part not in PARTS:
            raise UserError(f"There is no part “{self.part[:40]}”.")
        if self.asked not in catalog().indicators:
            raise UserError(f"There is no indicator “{self.asked[:40]}”.")
        path = self.path_of(self.file)

        def work() -> None:
            self.html = answer(path, self.part, self.asked)

        self.wait_for(f"Reading {self.file} …", work)

    def path_of(self, file: str) -> Path:
        """Return where a file lies; :class:`UserError` for one that is not below the folder of results."""
        folder = self.folder.resolve()
        try:
            path = (folder / file).resolve()
        except (OSError, ValueError) as error:
            raise UserError("This is no name of a file.") from error
        if not file or folder not in path.parents:
            raise UserError(f"“{file[:100]}” is not below the folder “{self.folder}”; the page opens nothing else.")
        try:
            there = path.is_file()
        except OSError:
            there = False
        if not there:
            raise UserError(f"There is no file “{file[:100]}” below “{self.folder}”.")
        return path

    def view(self) -> dict[str, Any]:
        """Return everything that the page shows of stored studies."""
        words = ("Effects", "Claims", "Sensitivity")
        return {
            "waiting": self.waiting,
            "folder": str(self.folder),
            "files": self.files,
            "file": self.file,
            "part": self.part,
            "parts": [{"value": part, "words": word} for part, word in zip(PARTS, words, strict=True)],
            "asked": self.asked,
            "indicators": [{"value": name, "words": catalog().indicators[name].label} for name in HEADLINES],
            "html": self.html,
        }
