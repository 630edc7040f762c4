"""``make stability``: the fixed study with several Pythons, versions of numba and NumPy, and a processor told to be an older one.

Each environment is made in .cache/stability from a lock in requirements/stability, lives through the fixed study of
``benchmarks.golden`` with a cache of its own, and is held against the golden hashes. Exits with 1 where one differs, and names
the command that explains it. What was found is written to docs/stability.json, which ``docs/generate.py`` makes a page of.
"""

import json
import os
import platform
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.golden import GOLDEN, SETTINGS, WORLDS, differences

ROOT = Path(__file__).parents[1]
CACHE = ROOT / ".cache" / "stability"
FOUND = ROOT / "docs" / "stability.json"
LIBRARIES = ("numba", "llvmlite", "numpy", "scipy", "pandas")
ASK = (
    "import json, platform; from importlib.metadata import version; "
    f"print(json.dumps({{'python': platform.python_version(), **{{one: version(one) for one in {LIBRARIES}}}}}))"
)


@dataclass(frozen=True)
class Kind:
    """An environment: its Python, its lock, and what numba is told of the processor."""

    name: str
    python: str
    lock: str
    processor: dict[str, str] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        return CACHE / f"python{self.python}-{self.lock}"


OLDER = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}
KINDS = (
    Kind("3.13, locked", "3.13", "locked"),
    Kind("3.12, locked", "3.12", "locked"),
    Kind("3.13, numba 0.68.0", "3.13", "numba-0.68.0"),
    Kind("3.13, locked, no FMA or AVX", "3.13", "locked", OLDER),
)


def python_of(version: str) -> str:
    """Return a Python of this version: the first that runs of PATH, pyenv and the system's folders."""
    pyenv = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}*/bin/python"), reverse=True)
    for candidate in (f"python{version}", *map(str, pyenv), f"/usr/bin/python{version}"):
        try:
            done = subprocess.run([candidate, "--version"], capture_output=True, text=True, check=False)
        except OSError:
            continue
        if done.returncode == 0 and f" {version}." in done.stdout:
            return candidate
    raise SystemExit(f"make stability needs Python {version} and found none: install it, or put it on PATH.")


def made(kind: Kind) -> Path:
    """Make the environment, unless it is there, and return its Python."""
    python, lock = kind.folder / "bin" / "python", ROOT / "requirements" / "stability" / f"{kind.lock}.txt"
    stamp = kind.folder / "lock.txt"
    if not stamp.is_file() or stamp.read_bytes() != lock.read_bytes():
        print(f"Making the environment {kind.folder.name} ...", flush=True)
        subprocess.run([python_of(kind.python), "-m", "venv", "--clear", kind.folder], check=True)
        pip = [python, "-m", "pip", "--disable-pip-version-check", "--quiet", "install", "--require-hashes", "-r", lock]
        subprocess.run(pip, check=True)
        stamp.write_bytes(lock.read_bytes())
    return python


def lived(kind: Kind) -> dict[str, Any]:
    """Live through the study in one environment and return what it is made of and how its hashes differ."""
    python, folder = made(kind), CACHE / "results" / kind.name.replace(", ", "-").replace(" ", "_")
    environment = {
        **os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}", "NUMBA_CACHE_DIR": str(folder / "numba"),
        **kind.processor,
    }  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    words = [python, "-m", "benchmarks.golden", "--to", folder / "hashes.json", "--folder", folder]
    print(f"Living through the fixed study: {kind.name} ...", flush=True)
    subprocess.run([str(word) for word in words], cwd=ROOT, env=environment, check=True)
    made_of = json.loads(subprocess.run([python, "-c", ASK], capture_output=True, text=True, check=True).stdout)
    golden, hashes = json.loads(GOLDEN.read_text()), json.loads((folder / "hashes.json").read_text())
    apart = differences(golden, hashes)
    tables = sum(len(each) for part in ("runs", "people") for each in hashes[part].values())
    return {
        "name": kind.name, **made_of, "processor": "generic x86-64" if kind.processor else "as it is", "tables": tables,
        "apart": len(apart), "kinds": sorted({each[3] for each in apart}), "rules": hashes["rules"],
        "first": list(apart[0]) if apart else [], "folder": folder.relative_to(ROOT).as_posix(),
    }  # fmt: skip


def processor() -> str:
    """Return the processor's model and which of the extensions that matter it has."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    known = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    has = [one for one in ("fma", "avx2", "avx512f") if one in known.get("flags", "").split()]
    return f"{known.get('model name', platform.machine())} ({', '.join(has) or 'no FMA, no AVX2'})"


def main() -> int:
    """Live through the study everywhere, print a table, and write down what was found."""
    found = [lived(kind) for kind in KINDS]
    report = {"processor": processor(), "study": SETTINGS, "worlds": list(WORLDS), "environments": found}
    FOUND.write_text(json.dumps(report, indent=1) + "\n")
    print(f"\n{'environment':30} {'python':8} {'numba':8} {'numpy':8} outcome")
    for one in found:
        print(f"{one['name']:30} {one['python']:8} {one['numba']:8} {one['numpy']:8} {outcome(one)}")
    apart = [one for one in found if one["apart"]]
    for one in apart:
        print(
            f"To see why {one['name']} differs: trafficsim explain {found[0]['folder']}/middle.sqlite {one['folder']}/middle.sqlite"
        )
    return 1 if apart else 0


def outcome(one: dict[str, Any]) -> str:
    """Return in words how an environment's hashes compare with the golden ones."""
    if not one["apart"]:
        return f"identical, all {one['tables']} tables and columns"
    return f"{one['apart']} of {one['tables']} tables and columns differ ({', '.join(one['kinds'])})"


if __name__ == "__main__":
    sys.exit(main())
