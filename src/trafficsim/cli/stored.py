"""The commands on what is stored: ``studies``, ``report``, ``reproduce``, ``bundle`` and ``export``, as they are declared."""

import argparse
from typing import TYPE_CHECKING

from trafficsim.cli import texts

if TYPE_CHECKING:
    from trafficsim.cli.asking import Verb

STUDIES = """\
examples:
  trafficsim studies                                  all below the folder results
  trafficsim studies results/prices/study.sqlite --failures
  trafficsim studies results --verify                 every run against its digest
  trafficsim studies results/prices/study.sqlite --delete prices-1a2b3c4d5e6f
"""

EXPORT = """\
examples:
  trafficsim export results/teaching-1a2b3c4d5e6f/study.sqlite
  trafficsim export results/teaching-1a2b3c4d5e6f/study.sqlite --to parquet --folder tables
"""


def add_first_commands(verb: "Verb") -> None:
    """Add the commands that follow upon a study: ``studies`` and ``report``."""
    studies = verb(
        "studies", "list the studies in files and folders, tell what failed, verify, delete", STUDIES, _studies
    )
    studies.add_argument("places", nargs="*", metavar="PLACE", help="files or folders (default: results)")
    studies.add_argument("--failures", action="store_true", help="which replicates failed, and why")
    studies.add_argument("--verify", action="store_true", help="check that the files say what was written into them")
    studies.add_argument(
        "--delete", metavar="STUDY", help="take a study out of a file, with the runs that no other study there has"
    )
    studies.add_argument("--json", action="store_true", help="as JSON, for programs")

    report = verb(
        "report",
        "print the table of a study's database again, draw its figures, and write all of it as one page and one PDF",
        texts.REPORT,
        _report,
    )
    report.add_argument("database", help="the database that compare or run has written, or has begun to write")
    report.add_argument("--study", help="which one, where the file holds several (default: the newest)")
    report.add_argument("--folder", help="where to write (default: beside the database, figures in a folder there)")


def add_commands_for_others(verb: "Verb") -> None:
    """Add the commands for whoever doubts a result: ``reproduce`` and ``bundle``."""
    reproduce = verb(
        "reproduce",
        "live through one run of a results file again, from what the file holds, and say whether it is identical",
        texts.REPRODUCE_EXAMPLES,
        _reproduce,
    )
    reproduce.add_argument("database", help="the results file")
    reproduce.add_argument(
        "run", metavar="RUN", help="the run's identity, a unique beginning of it, or its number there"
    )
    reproduce.add_argument("--json", action="store_true", help="as JSON, with every number that differs")

    bundle = verb(
        "bundle",
        "pack one study with all that explains it into an archive that others can verify; or verify one",
        texts.BUNDLE_EXAMPLES,
        _bundle,
    )
    bundle.add_argument("database", nargs="?", help="the results file")
    bundle.add_argument("--study", help="which one, where the file holds several (default: the newest)")
    bundle.add_argument("--to", metavar="FILE.zip", help="the archive (default: STUDY.zip beside the results file)")
    bundle.add_argument("--author", metavar="NAME", help="who answers for the study (default: nobody is named)")
    bundle.add_argument("--verify", metavar="FILE.zip", help="check an archive instead of writing one")
    bundle.add_argument(
        "--rerun", type=int, default=0, metavar="N", help="with --verify: live through N runs again too"
    )
    bundle.add_argument("--json", action="store_true", help="as JSON, for programs")


def add_export(verb: "Verb") -> None:
    """Add ``export``."""
    export = verb("export", "write the tables of a study's database to files for other programs", EXPORT, _export)
    export.add_argument("database", help="the database that compare or run has written")
    export.add_argument("--to", choices=["csv", "parquet"], default="csv", help="the kind of file (default: csv)")
    export.add_argument("--folder", help="where to write (default: a folder 'tables' beside the database)")


def _studies(options: argparse.Namespace) -> int:
    from trafficsim.cli.filing import manage_studies

    return manage_studies(options)


def _report(options: argparse.Namespace) -> int:
    from trafficsim.cli.reporting import report

    return report(options)


def _reproduce(options: argparse.Namespace) -> int:
    from trafficsim.cli.reviewing import reproduce

    return reproduce(options)


def _bundle(options: argparse.Namespace) -> int:
    from trafficsim.cli.reviewing import bundle

    return bundle(options)


def _export(options: argparse.Namespace) -> int:
    from pathlib import Path

    from trafficsim.experiments.export import export_study

    database = Path(options.database)
    folder = Path(options.folder) if options.folder else database.parent / "tables"
    for path in export_study(database, folder, options.to):
        print(path)
    return 0
