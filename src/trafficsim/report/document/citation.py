"""How to cite a study: as BibTeX and as RIS, from what the package says of itself and from the study."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

TITLE = (
    "trafficsim: an agent-based simulation of human trafficking along a migration corridor, for comparing protection policies "
    "life by life"
)
AUTHORS = ("The trafficsim founders",)
"""As CITATION.cff has them; a test keeps them equal."""

_TEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip


@dataclass(frozen=True)
class Citation:
    """What is cited: a study with its day, version, hash and arms."""

    study: str
    day: str
    version: str
    configuration: str
    rules: str
    arms: Sequence[str]

    @property
    def title(self) -> str:
        """The study's title in a bibliography."""
        return f"Study {self.study}: {', '.join(self.arms)}. Results of a simulation with trafficsim"

    @property
    def note(self) -> str:
        """What lets others run exactly the same study, and what it is not."""
        return (
            f"Configuration SHA-256 {self.configuration}; rules {self.rules}; trafficsim {self.version}. Scenario outcomes of a "
            f"model, not a count of real people and no forecast"
        )

    def bibtex(self) -> str:
        """Return two BibTeX entries: the software and the study."""
        year, month = self.day[:4], self.day[5:7]
        return "\n\n".join(
            [
                _bibtex(
                    "software", "trafficsim",
                    {"title": f"{{{_tex(TITLE)}}}", "author": _names(), "version": _tex(self.version), "year": year},
                ),
                _bibtex(
                    "misc", _key(self.study),
                    {
                        "title": f"{{{_tex(self.title)}}}", "author": _names(), "year": year, "month": month,
                        "note": _tex(self.note),
                    },
                ),
            ]
        ) + "\n"  # fmt: skip

    def ris(self) -> str:
        """Return two RIS entries: the software and the study."""
        software = [("TY", "COMP"), *(("AU", name) for name in AUTHORS), ("TI", TITLE), ("ET", self.version),
                    ("PY", self.day[:4]), ("ER", "")]  # fmt: skip
        study = [("TY", "DATA"), ("ID", _key(self.study)), *(("AU", name) for name in AUTHORS), ("TI", self.title),
                 ("PY", self.day[:4]), ("DA", self.day.replace("-", "/")), ("N1", self.note), ("ER", "")]  # fmt: skip
        return "\n".join("".join(f"{tag}  - {_line(value)}\n" for tag, value in entry) for entry in (software, study))


def _bibtex(kind: str, key: str, fields: dict[str, str]) -> str:
    told = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
    return f"@{kind}{{{key},\n{told}\n}}"


def _names() -> str:
    return " and ".join(f"{{{_tex(name)}}}" for name in AUTHORS)


def _tex(text: str) -> str:
    return "".join(_TEX.get(sign, sign) for sign in _line(text))


def _key(text: str) -> str:
    """Return a citation key: letters, digits and a few signs that no reference manager takes amiss."""
    ascii_only = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return "".join(sign if sign.isalnum() or sign in "-._:" else "-" for sign in ascii_only).strip("-") or "study"


def _line(text: str) -> str:
    return " ".join(text.split())
