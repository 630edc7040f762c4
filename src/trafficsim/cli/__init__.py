"""The command line: ``trafficsim compare``, ``run``, ``sweep``, ``studies``, ``reproduce``, ``bundle``, ``report`` ...

Heavy libraries are imported where they are used, so that ``trafficsim -h`` answers at once.
"""

import argparse
import io
import os
import sys
from collections.abc import Callable, Sequence

from trafficsim.cli import affecting, browsing, calibrating, choosing, claiming, lives, paging, sensing, texts
from trafficsim.errors import UserError

STUDY_VERBS = ("compare", "run", "sweep")
USER_ERROR, INTERRUPTED = 2, 130

OF_ANALYSIS = ("SALib", "emcee", "sklearn")
"""Libraries of the extra ``analysis``, which a bare installation lacks."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line with ``arguments`` (default: those of the process) and return its exit code.

    0: done; 1: some replicates failed, or what was checked is not as it should be; 2: a mistake or a want of room, said in a
    sentence; 130: interrupted with Ctrl-C, and what was done is kept.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that lacks a sign shows '?' in its place
    try:
        if words and words[0] in STUDY_VERBS and not {"-h", "--help"} & set(words):
            from trafficsim.cli.studying import study

            return study(words[0], words[1:])
        options = _parsed(words)
        if options.do is None:
            _parser().print_help()
            return 0
        return options.do(options)
    except UserError as error:
        print(f"trafficsim: {error}", file=sys.stderr)
        return USER_ERROR
    except ModuleNotFoundError as error:
        library = (error.name or "").partition(".")[0]
        if library not in OF_ANALYSIS:
            raise
        print(
            f"trafficsim: this needs {library}, which is not installed: pip install 'trafficsim[analysis]'.",
            file=sys.stderr,
        )
        return USER_ERROR
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        if error.filename is None:
            raise
        print(f"trafficsim: '{error.filename}' cannot be read or written: {error.strerror}.", file=sys.stderr)
        return USER_ERROR
    except KeyboardInterrupt as stop:
        print(f"trafficsim: {str(stop) or 'stopped'}.", file=sys.stderr)
        return INTERRUPTED


def _parsed(words: list[str]) -> argparse.Namespace:
    """Return what ``words`` say; settings may stand on both sides of switches, which argparse alone does not allow."""
    options, others = _parser().parse_known_args(words)
    if others and (not hasattr(options, "words") or any(word.startswith("-") for word in others)):
        return _parser().parse_args(words)  # says what is wrong
    if others:
        options.words += others
    return options


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="trafficsim",
        description=texts.INTRODUCTION,
        epilog=texts.FIRST_STEPS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(do=None)
    verbs = parser.add_subparsers(title="commands", metavar="COMMAND")

    def verb(name: str, help: str, epilog: str, do: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        added = verbs.add_parser(
            name,
            help=help,
            description=help[0].upper() + help[1:] + ".",
            epilog=epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        added.set_defaults(do=do)
        return added

    helped = [texts.HYDRA]
    for name, what, arm, where, examples in (
        ("compare", "run several arms on the same lives and compare them: table, figures, database",
         "one more arm, which arm.levers... can change", texts.WHERE_STUDIES_GO, texts.COMPARE_EXAMPLES),
        ("run", "run one arm: table, figures, database",
         "the arm to run (default: status_quo)", texts.WHERE_STUDIES_GO, texts.RUN_EXAMPLES),
        ("sweep", "run a study of any size into one file; again, it does only what is missing",
         "one more arm, which arm.levers... can change", texts.WHERE_SWEEPS_GO, texts.SWEEP_EXAMPLES),
    ):  # fmt: skip
        added = verb(name, what, "\n".join([texts.SETTINGS.format(arm=arm), where, *helped, examples]), _again)
        added.add_argument("settings", nargs="*", metavar="KEY=VALUE", help="see below")
        added.add_argument("--json", action="store_true", help="tell what happens as lines of JSON, for other programs")
        if name == "sweep":
            added.add_argument(
                "--dry-run",
                action="store_true",
                help="say how many runs, how much time and disk it would take, from a few timed ones",
            )

    studies = verb(
        "studies",
        "list the studies in files and folders, tell what failed, verify, delete",
        "examples:\n  trafficsim studies                                  all below the folder results\n"
        "  trafficsim studies results/prices/study.sqlite --failures\n"
        "  trafficsim studies results --verify                 every run against its digest\n"
        "  trafficsim studies results/prices/study.sqlite --delete prices-1a2b3c4d5e6f\n",
        _studies,
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

    affecting.add_commands(verb)
    lives.add_commands(verb)
    sensing.add_commands(verb)
    claiming.add_commands(verb)
    choosing.add_commands(verb)
    calibrating.add_commands(verb)
    paging.add_commands(verb)

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

    browsing.add_commands(verb)

    export = verb(
        "export",
        "write the tables of a study's database to files for other programs",
        "examples:\n  trafficsim export results/teaching-1a2b3c4d5e6f/study.sqlite\n"
        "  trafficsim export results/teaching-1a2b3c4d5e6f/study.sqlite --to parquet --folder tables\n",
        _export,
    )
    export.add_argument("database", help="the database that compare or run has written")
    export.add_argument("--to", choices=["csv", "parquet"], default="csv", help="the kind of file (default: csv)")
    export.add_argument("--folder", help="where to write (default: a folder 'tables' beside the database)")

    catalog = verb(
        "catalog",
        "show what is assumed, and who says so: parameters, levers, arms, indicators, evidence, where the letter stands ...",
        "examples:\n  trafficsim catalog parameters market\n  trafficsim catalog arms letter_package\n"
        "  trafficsim catalog levers --json\n"
        "  trafficsim catalog evidence S20        one claim of the letter, its sources, and what rests on it\n"
        "  trafficsim catalog evidence E-J        a group of figures\n"
        "  trafficsim catalog coverage S31        where a statement of the letter stands in the model, or why not\n"
        "  trafficsim catalog sources --json      every source as CSL-JSON, for a reference manager\n",
        _catalog,
    )
    kinds = ["parameters", "series", "levers", "arms", "indicators", "transitions"]
    kinds += ["corridors", "evidence", "sources", "coverage"]
    catalog.add_argument("kind", nargs="?", choices=kinds, metavar="KIND", help=", ".join(kinds))
    catalog.add_argument(
        "name",
        nargs="?",
        help="only this one (parameters: a process, or PROCESS.NAME; evidence, sources: or how some begin)",
    )
    catalog.add_argument("--json", action="store_true", help="as JSON, for programs")
    catalog.add_argument("--config-dir", action="append", default=[], metavar="DIR", help="show your own arms too")

    verb("version", "show the version", "", _version)
    return parser


def _again(options: argparse.Namespace) -> int:
    raise AssertionError("studies are handed to Hydra before")


def _studies(options: argparse.Namespace) -> int:
    from trafficsim.cli.filing import manage_studies

    return manage_studies(options)


def _reproduce(options: argparse.Namespace) -> int:
    from trafficsim.cli.reviewing import reproduce

    return reproduce(options)


def _bundle(options: argparse.Namespace) -> int:
    from trafficsim.cli.reviewing import bundle

    return bundle(options)


def _version(options: argparse.Namespace) -> int:
    from importlib.metadata import PackageNotFoundError, version

    try:
        print(f"trafficsim {version('trafficsim')}")
    except PackageNotFoundError:
        print("trafficsim (not installed)")
    return 0


def _catalog(options: argparse.Namespace) -> int:
    from trafficsim.report.catalog_tables import print_catalog

    print_catalog(options.kind, options.name, as_json=options.json, search_path=options.config_dir)
    return 0


def _export(options: argparse.Namespace) -> int:
    from pathlib import Path

    from trafficsim.experiments.export import export_study

    database = Path(options.database)
    folder = Path(options.folder) if options.folder else database.parent / "tables"
    for path in export_study(database, folder, options.to):
        print(path)
    return 0


def _report(options: argparse.Namespace) -> int:
    from trafficsim.cli.reporting import report

    return report(options)
