"""The page of licences: every distribution that is pinned for running, and every file of others that the package holds."""

import re
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import NamedTuple

from generating import markdown as md
from trafficsim.bundles.environment import requirements_of

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "requirements" / "runtime.txt"
ASSETS = ROOT / "src/trafficsim/app/assets"

PERMISSIVE = {
    "0BSD", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-2-Clause", "BSD-3-Clause", "BSD", "CC0-1.0", "HPND", "ISC", "MIT",
    "MIT-0", "MIT-CMU", "PSF-2.0", "Public Domain", "Unlicense", "Zlib",
}  # fmt: skip
"""Licences that ask for no more than that their text goes along; "BSD" is one of the BSD licences that does not say which."""

WEAK_COPYLEFT = {
    "MPL-2.0": (
        "asks that changed files of that library itself stay under it. trafficsim changes none, and whatever uses the library "
        "may have any licence (section 3.3)."
    ),
}
"""Licences that ask for more, each with the reason why it goes with ours all the same."""

ELSEWHERE = {
    "appnope": "BSD-2-Clause", "beniget": "BSD-3-Clause", "cffi": "MIT-0", "colorama": "BSD-3-Clause", "gast": "BSD-3-Clause",
    "ply": "BSD",
    "pexpect": "ISC", "psutil": "BSD-3-Clause", "ptyprocess": "ISC", "pycparser": "BSD-3-Clause", "pythran": "BSD-3-Clause",
}  # fmt: skip
"""Licences of what is pinned for some computers alone, read by hand in its files; where it is installed, a test compares."""

CORE = "core"
EXTRAS = ("analysis", "app", "browse", "report")
"""The extras whose distributions are pinned for running, as the Makefile asks for them."""

_IN_OTHER_WORDS = {
    "3-clause bsd license": "BSD-3-Clause", "apache 2": "Apache-2.0", "apache 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0", "apache software license": "Apache-2.0", "bsd 3-clause license": "BSD-3-Clause",
    "bsd license": "BSD", "bsd-3-clause license": "BSD-3-Clause", "isc license": "ISC", "isc license (iscl)": "ISC",
    "mit license": "MIT", "the mit license (mit)": "MIT", "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "public domain": "Public Domain", "python software foundation license": "PSF-2.0",
}  # fmt: skip
"""How metadata from before there were licence expressions calls what has a short name (spdx.org/licenses) today."""

_PIN = re.compile(r"^([\w.-]+)==([^\s;\\]+)(?: ; ([^\\]+?))? \\$", re.MULTILINE)


class Licensed(NamedTuple):
    """A pinned distribution: its licence ("" where nothing tells it), and who needs it, the core or extras by name.

    ``condition`` says which computers have it, "" for all. ``installed`` is what its metadata tells here; None without any.
    """

    name: str
    version: str
    condition: str
    licence: str
    needed_by: tuple[str, ...]
    installed: str | None


def licensed(lock: Path = LOCK) -> list[Licensed]:
    """Return every distribution of the lock, in its order."""
    needed = {part: requirements_of("trafficsim", [] if part == CORE else [part]) for part in (CORE, *EXTRAS)}
    found = []
    for name, version, condition in _PIN.findall(lock.read_text(encoding="utf-8")):
        parts = tuple(part for part in needed if name in needed[part])
        try:
            here = licence_of(distribution(name))
        except PackageNotFoundError:
            here = None
        told = ELSEWHERE.get(name, "") if condition else here or ""
        found.append(Licensed(name, version, condition, told, parts[:1] if CORE in parts else parts, here))
    return found


def licence_of(one: Distribution) -> str:
    """Return a distribution's licence by its short name: its expression, or its classifier, or its own word; "" for none."""
    told = one.metadata.get("License-Expression")
    if told:
        return " ".join(told.split())
    own = (one.metadata.get("License") or "").strip().partition("\n")[0].strip()
    if _is_short(own) and own != "BSD":
        return own
    marks = [
        mark.rpartition(" :: ")[2] for mark in one.metadata.get_all("Classifier") or () if mark.startswith("License ::")
    ]
    for words in [own, *marks]:
        if short := _IN_OTHER_WORDS.get(words.lower()):
            return short
    return own if _is_short(own) else ""


def refused(licence: str) -> list[str]:
    """Return the parts of a licence that neither list names; one of several that may be chosen (OR) is enough."""
    for choice in re.split(r"\s+OR\s+", licence.strip("()")):
        wrong = [part for part in _parts(choice) if part not in PERMISSIVE and part not in WEAK_COPYLEFT]
        if not wrong:
            return []
    return wrong


def licences_page() -> str:
    """Return the page: what is needed to run, under which licence, and why all of it goes with ours."""
    rows = licensed()
    many = sorted({row.licence for row in rows if row.licence})
    table = [
        (
            md.text(row.name), md.text(row.version), md.text(row.licence),
            f"only where {md.text(row.condition)}" if row.condition else md.text(", ".join(row.needed_by)) or "to build it",
        )
        for row in rows
    ]  # fmt: skip
    weak = [f"**{name}** ({_who(rows, name)}) {reason}" for name, reason in WEAK_COPYLEFT.items()]
    return md.page(
        "Licences",
        "licences",
        "trafficsim itself is under the MIT licence (file `LICENSE`). It hands on none of the libraries below: they are installed "
        f"beside it, each under its own licence. Here stand all {len(rows)} that `requirements/runtime.txt` pins, with the licence "
        "that each tells of itself in its metadata, and what needs it: the core, or one of the extras alone. What only other "
        "computers need was looked up by hand. A test fails where a licence is told by nothing, or is not weighed here.",
        md.heading(2, "Do they go together?", "licences-together"),
        "MIT asks nothing of what it is used with. Of the licences that occur ("
        + ", ".join(md.text(each) for each in many)
        + "), all but the following are permissive: they ask that their text goes along where the library is handed on, and "
        "nothing of the programs that use it. Apache-2.0 also gives a licence to patents, which ends for whoever sues.",
        "\n".join(f"- {each}" for each in weak),
        md.heading(2, "Libraries", "licences-libraries"),
        md.table(("library", "version", "licence", "needed by"), table),
        md.heading(2, "Files of others in the package", "licences-files"),
        "The browser page brings these along, unchanged, so that it needs no network (`src/trafficsim/app/assets`):",
        _assets(),
        "No font is in the package. The page and the report's page use those of the reader's system, figures the letters that come "
        "with Matplotlib (DejaVu, under the Bitstream Vera licence), and the PDF those that come with Typst (Libertinus, New "
        "Computer Modern and DejaVu, under the SIL Open Font License, the GUST Font License and the Bitstream Vera licence), which "
        "all may be embedded in documents.",
    )


def _assets() -> str:
    about = (ASSETS / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([^`]+)` \| ([^|]+) \| ([^|]+) \|$", about, re.MULTILINE)
    named = [(f"`{Path(file).name}`", md.text(origin), licence) for file, origin, licence in rows]
    return md.table(("file", "from", "licence"), named)


def _who(rows: list[Licensed], licence: str) -> str:
    return ", ".join(md.text(row.name) for row in rows if licence in _parts(row.licence))


def _parts(licence: str) -> list[str]:
    return [part.strip("() ") for part in re.split(r"\s+(?:AND|OR)\s+", licence) if part.strip("() ")]


def _is_short(words: str) -> bool:
    return bool(words) and not refused(words)
