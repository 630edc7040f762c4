"""Audit the pinned dependencies: ``make audit``.

Always, and without any network: every pin is exact and hashed with SHA-256, no lock names a host, an address or a place on a
disk, the locks agree with each other, and what is installed is what is pinned and nothing else. Where a service of known
vulnerabilities can be reached, pip-audit asks it about every pin.

Exit code 0: all is well, and every pin was asked about. 1: something is wrong, told line by line. 3: the checks without a
network are well, but the vulnerability service could not be reached, or did not know every pin.
"""

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import distributions
from pathlib import Path
from typing import NamedTuple

from packaging.markers import InvalidMarker, Marker

HERE = Path(__file__).parent
OF_THE_PROJECT = ("runtime.txt", "development.txt", "notebooks.txt")
"""Locks that are installed into one environment, so that they must agree; others have environments of their own."""

NOT_PINNED = {"trafficsim", "pip", "setuptools", "wheel"}
"""What an environment has beside its pins: the project itself, and what installs it."""

SERVICES = ("osv", "pypi")
"""Services of known vulnerabilities that pip-audit knows; the first that answers counts."""

WELL, WRONG, NOT_REACHED = 0, 1, 3

_PIN = re.compile(r"([A-Za-z0-9][\w.-]*)(?:\[[\w,-]+\])?==([0-9][\w.!+-]*)(?: ; ([^\\]+?))?(?: \\)?")
_HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?")
_PLACE = re.compile(r"://|^-|\s@\s|^[./~]|file:", re.IGNORECASE)


class Pin(NamedTuple):
    """One pinned distribution: its normal name, its version, when it is wanted, how many hashes it has, and the line."""

    name: str
    version: str
    marker: str
    hashes: int
    line: int

    def is_wanted(self) -> bool:
        """Say whether this computer wants it."""
        return not self.marker or Marker(self.marker).evaluate()


class Asked(NamedTuple):
    """What a service said: of how many pins it knew, which it did not know, and what is wrong with some, in sentences."""

    known: int
    unknown: tuple[str, ...]
    problems: tuple[str, ...]


def normal(name: str) -> str:
    """Return a distribution's name as all indices understand it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read_lock(path: Path) -> tuple[list[Pin], list[str]]:
    """Return the pins of a lock and, in sentences, every line that is neither an exact pin nor a SHA-256."""
    pins: list[Pin] = []
    problems: list[str] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        where = f"{path.name}, line {number}"
        if found := _PIN.fullmatch(line):
            name, version, marker = found.groups()
            pins.append(Pin(normal(name), version, (marker or "").strip(), 0, number))
            try:
                pins[-1].is_wanted()
            except InvalidMarker:
                problems.append(f"{where}: '{marker}' cannot be read as a condition.")
                pins[-1] = pins[-1]._replace(marker="")
        elif _HASH.fullmatch(line) and pins:
            pins[-1] = pins[-1]._replace(hashes=pins[-1].hashes + 1)
        elif _PLACE.search(line.strip()) and not line.strip().startswith("--hash="):
            problems.append(f"{where} names a host, an address, a place on a disk or an option: {line.strip()[:80]}")
        elif line.strip():
            problems.append(f"{where} is neither an exact pin (NAME==VERSION) nor a SHA-256: {line.strip()[:80]}")
    problems += [f"{path.name}, line {pin.line}: {pin.name} has no SHA-256." for pin in pins if not pin.hashes]
    if not pins:
        problems.append(f"{path.name} pins nothing.")
    return pins, problems


def disagreements(locks: Mapping[str, Iterable[Pin]]) -> Iterator[str]:
    """Yield where locks of one environment pin different versions of a distribution that this computer wants."""
    seen: dict[str, tuple[str, str]] = {}
    for lock, pins in locks.items():
        for pin in pins:
            if not pin.is_wanted():
                continue
            version, first = seen.setdefault(pin.name, (pin.version, lock))
            if version != pin.version:
                yield f"{pin.name} is {version} in {first} and {pin.version} in {lock}."


def drift(pins: Iterable[Pin], installed: Mapping[str, str], needed: Iterable[Pin] = ()) -> Iterator[str]:
    """Yield what is installed in another version than it is pinned, or not pinned at all; and what of ``needed`` is missing."""
    wanted = {pin.name: pin.version for pin in pins if pin.is_wanted()}
    for name, version in sorted(installed.items()):
        if name in NOT_PINNED:
            continue
        if name not in wanted:
            yield f"{name} {version} is installed, but no lock pins it."
        elif wanted[name] != version:
            yield f"{name} is installed as {version}, but pinned as {wanted[name]}."
    for pin in needed:
        if pin.is_wanted() and pin.name not in installed:
            yield f"{pin.name} {pin.version} is pinned, but not installed."


def installed_here() -> dict[str, str]:
    """Return the version of each distribution that is installed in this environment, by its normal name."""
    return {normal(found.metadata["Name"]): found.version for found in distributions() if found.metadata["Name"]}


def offline(folder: Path, installed: Mapping[str, str] | None = None) -> list[str]:
    """Return, in sentences, what is wrong with the locks in ``folder``, and with what is installed beside them."""
    locks, problems = {}, []
    for path in sorted(folder.glob("*.txt")):
        locks[path.name], found = read_lock(path)
        problems += found
    if not locks:
        return [f"{folder} holds no lock."]
    ours = {name: locks[name] for name in OF_THE_PROJECT if name in locks}
    problems += disagreements(ours)
    if installed is not None:
        every = [pin for pins in ours.values() for pin in pins]
        problems += drift(every, installed, needed=ours.get("runtime.txt", ()))
    return problems


def asked(output: str, lock: str) -> Asked:
    """Return what pip-audit says of a lock, from its JSON; :class:`ValueError` where it says nothing that can be read."""
    known, unknown, problems = 0, [], []
    for one in json.loads(output)["dependencies"]:
        if "skip_reason" in one:
            unknown.append(one["name"])
            continue
        known += 1
        for each in one["vulns"]:
            mended = f"; mended in {', '.join(each['fix_versions'])}" if each.get("fix_versions") else ""
            problems.append(f"{lock}: {one['name']} {one['version']} has the known vulnerability {each['id']}{mended}.")
    return Asked(known, tuple(unknown), tuple(problems))


def online(folder: Path, program: str) -> tuple[list[str], list[str]]:
    """Ask a service about every pin; return what is wrong, and what of the asking failed, both in sentences."""
    problems: list[str] = []
    failed: list[str] = []
    for path in sorted(folder.glob("*.txt")):
        found = None
        for service in SERVICES:
            try:
                done = subprocess.run(
                    [program, "--require-hashes", "--disable-pip", "--progress-spinner", "off", "--format", "json",
                     "--vulnerability-service", service, "--requirement", str(path)],
                    capture_output=True, text=True, check=False,
                )  # fmt: skip
                found = asked(done.stdout, path.name)
            except (OSError, ValueError, KeyError, TypeError):  # no such program, or it says nothing that can be read
                continue
            if found.known:
                break
        if found is None or not found.known:
            return problems, [
                "The vulnerability service could not be reached; only the checks that need no network were done."
            ]
        problems += found.problems
        if found.unknown:
            failed.append(f"{path.name}: the service does not know {', '.join(found.unknown)}.")
    return problems, failed


def main(words: Sequence[str] | None = None) -> int:
    """Audit, print what was found, and return the exit code that the module's text explains."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=HERE, help="where the locks lie (default: beside this file)")
    parser.add_argument(
        "--pip-audit", metavar="PROGRAM", help="the program that asks the service (default: ask nobody)"
    )
    parser.add_argument("--only-locks", action="store_true", help="do not look at what is installed here")
    options = parser.parse_args(words)
    problems = offline(options.folder, None if options.only_locks else installed_here())
    found, failed = online(options.folder, options.pip_audit) if options.pip_audit else ([], [])
    problems += found
    print(
        "\n".join(problems or ["Locks and installation: every pin is exact, hashed and of no host; nothing drifted."])
    )
    if not options.pip_audit:
        failed = ["The vulnerability service was not asked; only the checks that need no network were done."]
    print(
        "\n".join(
            failed or ["No known vulnerability: the service was asked about every pin." if not found else ""]
        ).strip()
    )
    return WRONG if problems else NOT_REACHED if failed else WELL


if __name__ == "__main__":
    sys.exit(main())
