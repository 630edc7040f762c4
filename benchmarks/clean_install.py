"""Wheel and source archive, each installed in a clean environment and tried from an empty folder: ``make release-check``.

Tried are the README's first commands and the examples of the guide to Python, with nothing of the checkout at hand.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
GUIDE = ROOT / "docs" / "guides" / "python.md"


def main() -> None:
    """Build both, and try both."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        build = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
        subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
        for archive in sorted(folder.glob("trafficsim-*")):
            tried(archive, folder / f"environment-{archive.suffix[1:]}", folder / f"empty-{archive.suffix[1:]}")


def tried(archive: Path, environment: Path, empty: Path) -> None:
    """Install an archive with the locked dependencies, and run the examples."""
    began = time.monotonic()
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    pip = [environment / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
    subprocess.run([*pip, "--require-hashes", "-r", ROOT / "requirements" / "runtime.txt"], check=True)
    subprocess.run([*pip, "--no-deps", "--no-build-isolation", archive], check=True)
    print(f"{archive.name}: installed in {time.monotonic() - began:.0f} s", flush=True)
    empty.mkdir()
    clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "NUMBA_CACHE_DIR")}
    clean |= {"PATH": f"{environment / 'bin'}{os.pathsep}{os.environ['PATH']}", "XDG_CACHE_HOME": str(empty / "cache")}
    where = [environment / "bin" / "python", "-c", "import trafficsim; print(trafficsim.__file__)"]
    told = subprocess.run(where, cwd=empty, env=clean, check=True, capture_output=True, text=True).stdout.strip()
    assert Path(told).is_relative_to(environment), told
    (empty / "guide.txt").write_text(re.sub(r"^```.*$", "", GUIDE.read_text(), flags=re.MULTILINE))
    examples = ["python", "-m", "doctest", "-o", "ELLIPSIS", "guide.txt"]
    for words in [*commands_of_the_readme(), examples]:
        began = time.monotonic()
        done = subprocess.run(words, cwd=empty, env=clean, capture_output=True, text=True)
        shown = "the guide to Python" if words is examples else " ".join(words)
        if done.returncode or "Traceback" in done.stderr:
            sys.exit(f"{shown} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        print(f"  {time.monotonic() - began:5.1f} s  {shown}", flush=True)


def commands_of_the_readme() -> Iterator[list[str]]:
    """Yield the commands of the README that take no longer than a first look."""
    text = (ROOT / "README.md").read_text()
    block = re.search(r"After that, the command itself:\n\n```sh\n(.*?)```", text, re.DOTALL)
    assert block, "README.md has no block of first commands"
    for line in block[1].splitlines():
        yield line.partition("#")[0].replace(".venv/bin/", "").split()


if __name__ == "__main__":
    main()
