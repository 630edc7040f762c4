"""Ask every implementation of the reference process, print a table, and write figure and page: ``make bench-peers``.

``python -m benchmarks.peers.run PYTHON`` with the Python of the peers' environment; without it, figure and page are made
again from what was found before (``benchmarks/peers/found.json``). Returns 1 where an implementation does not agree with the
exact answer.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.findings import ROOT, machine
from benchmarks.peers.page import NAMES, page, table
from benchmarks.peers.picture import draw
from trafficsim.report.figures import save_figure

FOUND = Path(__file__).with_name("found.json")
PAGE = ROOT / "docs" / "peers.md"
FIGURES = ROOT / "docs" / "figures"


def ask(python: str, name: str, folder: str) -> dict[str, Any]:
    """Ask one implementation, each question in a process that has nothing compiled yet."""
    environment = os.environ | {
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
        "NUMBA_CACHE_DIR": f"{folder}/{name}",
        "STARSIM_INSTALL_FONTS": "0",
    }
    found: dict[str, Any] = {}
    for question in ([], ["memory"]):
        done = subprocess.run(
            [python, "-m", "benchmarks.peers.measure", name, *question],
            cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise SystemExit(f"{name} failed:\n{done.stderr[-2000:]}")
        found |= json.loads(done.stdout)
    return found


def main(arguments: list[str]) -> int:
    """Do it; return the exit code."""
    console = Console()
    if arguments:
        with tempfile.TemporaryDirectory() as folder:
            peers = {}
            for name in NAMES:
                console.print(f"{name} ...", style="dim")
                peers[name] = ask(arguments[0], name, folder)
        FOUND.write_text(json.dumps({"machine": machine(), "peers": peers}, indent=2) + "\n")
    found = json.loads(FOUND.read_text())
    head, *body = table(found)
    shown = Table(*head, title="The reference process, side by side", title_justify="left")
    for row in body:
        shown.add_row(*row)
    console.print(shown)
    save_figure(lambda: draw(found), FIGURES, "peers")
    PAGE.write_text(page(found))
    console.print(f"Page: {PAGE.relative_to(ROOT)}; all that was found: {FOUND.relative_to(ROOT)}")
    wrong = [NAMES[name] for name, one in found["peers"].items() if not one["agrees"]]
    if wrong:
        console.print(f"Not the exact answer: {', '.join(wrong)}", style="bold")
    return int(bool(wrong))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
