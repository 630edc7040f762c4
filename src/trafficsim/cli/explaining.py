"""``trafficsim explain``: where two results of the same lives begin to differ: month, life and rule."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from trafficsim.cli import texts
from trafficsim.errors import UserError

if TYPE_CHECKING:
    from trafficsim.cli.asking import Verb

SAME, DIFFERENT = 0, 1


def add_command(verb: "Verb") -> None:
    """Add the command of this file to the parser."""
    parser = verb(
        "explain",
        "tell where two results files of the same lives, or two arms of one, begin to differ: month, life and rule",
        texts.EXPLAIN,
        explain,
    )
    parser.add_argument("database", metavar="FIRST", help="a results file that keeps events (output.events=true)")
    parser.add_argument("second", metavar="SECOND", nargs="?", help="another, of the same lives")
    parser.add_argument("--arms", nargs=2, metavar=("A", "B"), help="compare two arms of FIRST instead")
    parser.add_argument("--study", help="which one of FIRST, where it holds several (default: the newest)")
    parser.add_argument("--json", action="store_true", help="as JSON, for programs")


def explain(options: argparse.Namespace) -> int:
    """Print what differs; return 1 where anything does between two files, else 0."""
    from dataclasses import asdict

    from trafficsim.analysis.explained import explain_arms, explain_files
    from trafficsim.report.choice import console
    from trafficsim.report.explained import print_explained

    if (options.second is None) == (options.arms is None):
        raise UserError("explain takes two results files, FIRST SECOND, or one and two of its arms: FIRST --arms A B.")
    first = Path(options.database)
    if options.arms:
        found = explain_arms(first, tuple(options.arms), options.study)
    else:
        found = explain_files(first, Path(options.second), options.study)
    if options.json:
        plain = asdict(found) | {"totals": json.loads(found.totals.to_json(orient="records"))}
        print(json.dumps(plain, indent=2, ensure_ascii=False))
    else:
        print_explained(found, console())
    return DIFFERENT if options.second and found.differs else SAME
