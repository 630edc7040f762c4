"""``trafficsim doctor``: is all here that a study needs, and what to do where it is not."""

import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.text import Text

from trafficsim.errors import UserError

State = Literal["ok", "warning", "problem"]

SOUND, SICK = 0, 1
STYLES = {"ok": "green", "warning": "yellow", "problem": "bold red"}

OLDEST, NEWEST_TRIED = (3, 12), (3, 14)
EXTRAS = {
    "analysis": ("SALib", "emcee", "scikit-learn"), "app": ("solara",), "browse": ("datasette",), "dask": ("distributed",),
    "parquet": ("pyarrow",), "report": ("typst",),
}  # fmt: skip
"""Extras, and the distributions that tell whether they are installed."""

LITTLE_DISK, TOO_LITTLE_DISK = 2e9, 2e8
MEMORY_A_WORKER = 5e8
"""Bytes that a run at full scale takes at most, its process and compiled rules with it."""
NARROW = 80
RESULTS = Path("results")


@dataclass(frozen=True)
class Check:
    """What was looked at, how it stands, what was found, and what to do (empty where nothing is)."""

    name: str
    state: State
    found: str
    do: str = ""


def examine(as_json: bool = False) -> int:
    """Look at everything, tell it line by line, and return 1 where a study could not be run."""
    found: list[Check] = []
    console = Console(soft_wrap=True, highlight=False)
    for look in CHECKS:
        for check in look():
            found.append(check)
            if not as_json:
                _print(check, console)
    sick = sum(check.state == "problem" for check in found)
    if as_json:
        print(json.dumps({"sound": not sick, "checks": [asdict(check) for check in found]}, indent=2))
    elif sick:
        console.print(
            f"{sick} {'problem' if sick == 1 else 'problems'}: a study could not be run, or its results not be kept."
        )
    else:
        console.print("A study can be run.")
    return SICK if sick else SOUND


def _print(check: Check, console: Console) -> None:
    line = Text.assemble((f"{check.state:8}", STYLES[check.state]), f" {check.name}: {check.found}")
    console.print(line)
    if check.do:
        console.print(Text(f"         {check.do}", "dim"))


def _python() -> Iterator[Check]:
    here = sys.version_info[:2]
    told = f"{platform.python_implementation()} {platform.python_version()}"
    oldest, newest = (".".join(map(str, each)) for each in (OLDEST, NEWEST_TRIED))
    if here < OLDEST:
        yield Check("Python", "problem", told, f"Install Python {oldest} or later.")
    elif here > NEWEST_TRIED:
        yield Check("Python", "warning", told, f"Tried up to {newest}; if something fails, use that.")
    else:
        yield Check("Python", "ok", told)


def _software() -> Iterator[Check]:
    from trafficsim.cli.about import versions
    from trafficsim.configuration import configure
    from trafficsim.experiments.staleness import posterior_notices

    try:
        told = versions()
        notices = posterior_notices(configure(["arms=[status_quo]", "draws=1"]))
    except UserError as error:
        yield Check(
            "trafficsim", "problem", str(error), "Put the files of the package back as they were; install it again."
        )
        return
    words = f"{told['software']}, model version {told['model']}, rules {told['rules']}, catalogue {told['catalogue']}"
    if told["software"] == "not installed":
        yield Check(
            "trafficsim", "warning", f"{words}; run from a folder of sources", "Install it: make, or pip install ."
        )
    else:
        yield Check("trafficsim", "ok", words)
    for notice in notices:
        yield Check("posterior", "warning", notice)


def pinned() -> dict[str, str]:
    """Return the version of each distribution that the lock file of this installation names for this computer."""
    from packaging.requirements import InvalidRequirement, Requirement

    from trafficsim.bundles.environment import attached_files

    found: dict[str, str] = {}
    for line in attached_files().get("requirements.txt", b"").decode().splitlines():
        try:
            one = Requirement(line.rstrip("\\ "))
        except InvalidRequirement:
            continue  # a hash, or nothing
        if (one.marker is None or one.marker.evaluate()) and str(one.specifier).startswith("=="):
            found[one.name.lower()] = str(one.specifier).removeprefix("==")
    return found


def _libraries() -> Iterator[Check]:
    from trafficsim.bundles.environment import installed_versions

    pins, here = pinned(), installed_versions()
    apart = [
        f"{name} {here[name]} (pinned: {pins[name]})" for name in here if name in pins and here[name] != pins[name]
    ]
    if not pins:
        yield Check("libraries", "ok", f"{len(here)} there; no lock file is at hand to hold them against")
    elif apart:
        told = ", ".join(apart[:5]) + (f" and {len(apart) - 5} more" if len(apart) > 5 else "")
        yield Check(
            "libraries", "warning", f"{len(apart)} of {len(here)} have other versions than were tested: {told}",
            "For the tested ones: pip install --require-hashes -r requirements/runtime.txt.",
        )  # fmt: skip
    else:
        yield Check("libraries", "ok", f"{len(here)} there, each in the version that was tested")


def _extras() -> Iterator[Check]:
    there = [name for name, needed in EXTRAS.items() if all(map(_is_installed, needed))]
    missing = [name for name in EXTRAS if name not in there]
    do = f"Only where you need them: pip install 'trafficsim[{','.join(missing)}]'." if missing else ""
    yield Check(
        "extras", "ok", f"{', '.join(there) or 'none'}{f'; without {", ".join(missing)}' if missing else ''}", do
    )


def _is_installed(distribution: str) -> bool:
    try:
        version(distribution)
    except PackageNotFoundError:
        return False
    return True


def _compiled_rules() -> Iterator[Check]:
    import numba

    from trafficsim.engine.compiling import PLAIN_PYTHON
    from trafficsim.processes import life

    if PLAIN_PYTHON:
        do = "Unset NUMBA_DISABLE_JIT, unless you check the compiled rules against plain Python."
        yield Check("compiled rules", "warning", "none: the rules run as plain Python, which takes very long", do)
        return
    folder = Path(numba.config.CACHE_DIR)
    refused = _not_writable(folder)
    if refused:
        do = "Let NUMBA_CACHE_DIR name a folder that you can write to; else every process compiles the rules again."
        yield Check("compiled rules", "problem", f"{folder} cannot be written to: {refused}", do)
        return
    kept = list(Path(life.live.stats.cache_path).glob("life.live-*.nbi"))
    source = Path(life.__file__).stat().st_mtime
    if any(one.stat().st_mtime >= source for one in kept):
        yield Check("compiled rules", "ok", f"kept in {folder}")
    else:
        do = "Nothing: the first study compiles them, for half a minute or so, and keeps them."
        yield Check("compiled rules", "warning", f"not yet in {folder}", do)


def _not_writable(folder: Path) -> str:
    """Return why nothing can be written into a folder, or would be if it were made; empty where it can."""
    there = folder
    while not there.exists():
        there = there.parent
    try:
        with tempfile.NamedTemporaryFile(dir=there, prefix=".trafficsim-"):
            return ""
    except OSError as error:
        return error.strerror or str(error)


def _results() -> Iterator[Check]:
    refused = _not_writable(RESULTS)
    where = f"{RESULTS.resolve()}{'' if RESULTS.exists() else ' (made by the first study)'}"
    if refused:
        do = "Go to a folder that you can write to, or name one: output.folder=FOLDER."
        yield Check("results", "problem", f"{where} cannot be written to: {refused}", do)
    else:
        yield Check("results", "ok", where)
    free = shutil.disk_usage(RESULTS if RESULTS.exists() else Path.cwd()).free
    told = f"{free / 1e9:,.1f} GB free"
    if free < TOO_LITTLE_DISK:
        yield Check("disk", "problem", told, "Make room, or name a folder on another disk: output.folder=FOLDER.")
    elif free < LITTLE_DISK:
        do = "Enough for small studies; for sweeps see 'trafficsim sweep ... --dry-run', and output=totals."
        yield Check("disk", "warning", told, do)
    else:
        yield Check("disk", "ok", told)


def _machine() -> Iterator[Check]:
    from trafficsim.experiments.executors import usable_cores

    cores = usable_cores()
    yield Check("cores", "ok", f"{cores}, all of which a study uses (workers=N for fewer)")
    free = _free_memory()
    if free is None:
        yield Check("memory", "ok", "how much is free cannot be told on this system")
    elif free < MEMORY_A_WORKER * cores:
        fits = max(1, int(free / MEMORY_A_WORKER))
        do = f"At full scale, write workers={fits}, or take a smaller scale."
        yield Check("memory", "warning", f"{free / 1e9:.1f} GB free for {cores} processes", do)
    else:
        yield Check("memory", "ok", f"{free / 1e9:.1f} GB free for {cores} processes")


def _free_memory() -> float | None:
    """Return the bytes that can be had without swapping, where the system tells."""
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return float(line.split()[1]) * 1024
        return None
    except OSError:
        return None


def _terminal() -> Iterator[Check]:
    from trafficsim.report.choice import console

    encoding = (sys.stdout.encoding or "").lower()
    if encoding.replace("-", "") != "utf8":
        do = "Let PYTHONIOENCODING=utf-8, or choose a UTF-8 locale; else some signs are shown as '?'."
        yield Check("terminal", "warning", f"its encoding is {encoding or 'unknown'}", do)
    elif not sys.stdout.isatty():
        yield Check("terminal", "ok", "none is watched; tables are 120 columns wide (COLUMNS=N for another width)")
    else:
        width = console().width
        colours = "without colours (NO_COLOR)" if os.environ.get("NO_COLOR") else "with colours (NO_COLOR=1 for none)"
        do = f"Tables read best from {NARROW} columns on." if width < NARROW else ""
        yield Check("terminal", "warning" if do else "ok", f"{width} columns, {colours}", do)


CHECKS: tuple[Callable[[], Iterator[Check]], ...] = (
    _python, _software, _libraries, _extras, _compiled_rules, _results, _machine, _terminal,
)  # fmt: skip
