"""The life that is told by hand is the one that the model lives, and its chances part what happens from what does not."""

import os
import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "review" / "by-hand.md"
DECIDED = {
    "takes permit": "permit taken under coercion", "detected": "is found by police", "removed": "is forcibly returned",
    "tortured": "tortured",
}  # fmt: skip


def test_the_page_is_what_plain_python_lives() -> None:
    places = [*sys.path, str(Path(__file__).parent)]
    done = subprocess.run(
        [sys.executable, "-m", "by_hand", "print"], capture_output=True, text=True, check=True,
        env=os.environ | {"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": os.pathsep.join(places)},
    )  # fmt: skip
    assert done.stdout == PAGE.read_text(encoding="utf-8") + "\n", "write it again: see tests/by_hand.py"


def test_what_happens_follows_from_draw_and_chance() -> None:
    months = PAGE.read_text(encoding="utf-8").split("\n## ")[1:]
    assert len(months) == 12
    checked = set()
    for month in months:
        happened = month.partition("What happens: ")[2].strip().rstrip(".").split(", ")
        for draw, luck, rule, gives in re.findall(r"^\| ([a-z ]+) \| ([\d.]+) \| (.*) \| ([\d.]*) \|$", month, re.M):
            if draw in DECIDED and "_chance`" in rule:
                if draw != "detected" or float(luck) >= float(gives):  # who is found may still be let go
                    assert (DECIDED[draw] in happened) == (float(luck) < float(gives)), (month[:7], draw)
                checked.add((draw, DECIDED[draw] in happened))
    assert {
        ("takes permit", True),
        ("detected", False),
        ("removed", True),
        ("tortured", True),
    } <= checked
