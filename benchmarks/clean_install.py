"""``make release-check``: wheel and source archive, each installed with the locked dependencies in an environment of its own.

From each the README's first comparison (at a small scale) and an example from Python are run in an empty folder that has nothing
to do with the checkout. What it did and how long each step took is printed; the first thing that fails ends it.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements" / "runtime.txt"
SMALL = ("scale=0.01", "policy_start=2010-01", "years=1", "replicates=2", "draws=0")
POLICIES = "arms=[status_quo,non_refoulement_only,letter_package]"
EXAMPLE = (
    "import trafficsim; "
    "study = trafficsim.compare(['status_quo', 'letter_package'], scale=0.01, policy_start='2010-01', years=1, draws=0); "
    "print(len(study.totals), 'totals from', trafficsim.__file__)"
)


def step(what: str, *words: object, cwd: Path) -> None:
    """Run a command in ``cwd`` without anything of the checkout in its surroundings; say how long it took."""
    surroundings = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "NUMBA_CACHE_DIR")}
    surroundings |= {"NUMBA_CACHE_DIR": str(cwd / "compiled")}
    started = time.perf_counter()
    done = subprocess.run(
        [str(word) for word in words], cwd=cwd, env=surroundings, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{what}: failed.\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    print(
        f"  {what}: {time.perf_counter() - started:.0f} s. {(done.stdout.strip().splitlines() or [''])[-1]}", flush=True
    )


def main() -> int:
    """Build both, install each, and run the examples."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        step("build", sys.executable, "-m", "hatchling", "build", "-d", folder / "dist", cwd=ROOT)
        for archive in sorted((folder / "dist").iterdir()):
            print(archive.name, flush=True)
            environment, empty = folder / archive.suffix.strip("."), folder / f"empty{archive.suffix}"
            empty.mkdir()
            python = environment / "bin" / "python"
            pip = (python, "-m", "pip", "--disable-pip-version-check", "--quiet", "install")
            step("environment", sys.executable, "-m", "venv", environment, cwd=empty)
            step("locked dependencies", *pip, "--require-hashes", "-r", LOCK, cwd=empty)
            step("trafficsim", *pip, "--no-deps", "--no-build-isolation", archive, cwd=empty)
            step("compare", environment / "bin" / "trafficsim", "compare", POLICIES, *SMALL, cwd=empty)
            step("from Python", python, "-c", EXAMPLE, cwd=empty)
            if not list(empty.glob("results/*/study.sqlite")):
                raise SystemExit(f"{archive.name}: no results file was written.")
    print("Both install and run.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
