"""The command line: ``trafficsim compare``, ``run``, ``sweep``, ``studies``, ``reproduce``, ``bundle``, ``report`` ...

Heavy libraries are imported where they are used, so that ``trafficsim -h`` answers at once.
"""

import argparse
import io
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from trafficsim.cli import (
    about,
    affecting,
    browsing,
    calibrating,
    choosing,
    claiming,
    explaining,
    lives,
    paging,
    sensing,
    stored,
    texts,
)
from trafficsim.errors import UserError
from trafficsim.experiments.blaming import blaming

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
    if "_ARGCOMPLETE" in os.environ:  # a shell asks what may follow; it is answered, and the process ends
        from trafficsim.cli.completing import complete

        complete(_parser())
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
        with blaming(_files_in(options)):
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
    except UnicodeEncodeError as error:  # bytes on the command line, or in a name, that are no text
        shown = ascii(error.object[max(0, error.start - 20) : error.end + 20])
        print(f"trafficsim: {shown} holds signs that are no text; write it in UTF-8.", file=sys.stderr)
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


def _files_in(options: argparse.Namespace) -> list[Path]:
    """Return the results files that a command was given."""
    words = [getattr(options, name, None) for name in ("database", "beside")]
    words += [*(getattr(options, "places", None) or []), *(getattr(options, "words", None) or [])]
    return [Path(word) for word in words if word and "\0" not in word and len(word) < 4096 and Path(word).is_file()]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="trafficsim",
        description=texts.INTRODUCTION,
        epilog=f"{texts.FIRST_STEPS}\n{texts.EXIT_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(do=None)
    parser.add_argument(
        "--version",
        action=about.ShowVersion,
        nargs=0,
        help="show the versions of the software, the rules and the catalogue",
    )
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

    stored.add_first_commands(verb)
    affecting.add_commands(verb)
    lives.add_commands(verb)
    explaining.add_command(verb)
    sensing.add_commands(verb)
    claiming.add_commands(verb)
    choosing.add_commands(verb)
    calibrating.add_commands(verb)
    paging.add_commands(verb)

    stored.add_commands_for_others(verb)
    browsing.add_commands(verb)
    stored.add_export(verb)
    about.add_commands(verb)
    return parser


def _again(options: argparse.Namespace) -> int:
    raise AssertionError("studies are handed to Hydra before")
