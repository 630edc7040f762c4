"""What a bundle says of the software: versions that are installed, the lock file, licence and citation. Nothing of the computer."""

import json
import platform
import re
from collections.abc import Iterable
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

CHECKOUT = Path(__file__).parents[3]
"""Where the project's own files stand when it runs from its sources."""

_ATTACHED = {
    "LICENSE": ("LICENSE", "licenses/LICENSE"),
    "CITATION.cff": ("CITATION.cff", "extra_metadata/CITATION.cff"),
    "requirements.txt": ("requirements/runtime.txt", "extra_metadata/requirements.txt"),
}
"""Files that go with a bundle: where they stand in a checkout, and where in the metadata of an installed wheel."""


def attached_files() -> dict[str, bytes]:
    """Return licence, citation and lock file by name, as far as they are at hand."""
    found = {}
    for name, (in_checkout, in_wheel) in _ATTACHED.items():
        path = CHECKOUT / in_checkout
        if (CHECKOUT / "src" / "trafficsim").is_dir() and path.is_file():
            found[name] = path.read_bytes()
        elif (own := _distribution("trafficsim")) and (text := own.read_text(in_wheel)):
            found[name] = text.encode()
    return found


def environment() -> str:
    """Return, as JSON, Python, the family of the platform, and the version of each distribution that is relied upon."""
    content = {
        "note": "Of the computer that made this bundle; runs may have been made elsewhere, with the same results.",
        "python": {"implementation": platform.python_implementation(), "version": platform.python_version()},
        "platform": platform.system(),
        "distributions": installed_versions(),
    }
    return json.dumps(content, indent=2) + "\n"


def installed_versions() -> dict[str, str]:
    """Return the version of trafficsim and of each installed distribution that it depends on, near or far."""
    return requirements_of("trafficsim")


def requirements_of(name: str, extras: Iterable[str] = ()) -> dict[str, str]:
    """Return the version of a distribution, and of each installed one that it depends on with these extras, near or far."""
    versions: dict[str, str] = {}
    waiting, seen = [(name, frozenset(extras))], set()
    while waiting:
        name, asked = waiting.pop()
        found = _distribution(name)
        if found is None or (name, asked) in seen:
            continue
        seen.add((name, asked))
        versions[name] = found.version
        waiting += _asked_for(found.requires or (), asked)
    return dict(sorted(versions.items()))


def _asked_for(requirements: Iterable[str], extras: frozenset[str]) -> list[tuple[str, frozenset[str]]]:
    """Return (name, extras) of each requirement that holds with ``extras``; other markers only decide what is installed."""
    asked = []
    for requirement in requirements:
        words, _, marker = requirement.partition(";")
        of_extra = re.search(r"""extra\s*==\s*["']([^"']+)["']""", marker)
        if of_extra and of_extra[1] not in extras:
            continue
        parts = re.match(r"\s*([\w.-]+)\s*(?:\[([^\]]*)\])?", words)
        if parts:
            own = frozenset(extra.strip() for extra in (parts[2] or "").split(",") if extra.strip())
            asked.append((re.sub(r"[-_.]+", "-", parts[1]).lower(), own))
    return asked


def _distribution(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None
