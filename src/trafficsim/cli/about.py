"""What the command line tells of itself and of what is assumed: ``catalog``, ``doctor``, ``completion`` and ``version``."""

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trafficsim.cli.asking import Verb

CATALOG = """\
examples:
  trafficsim catalog parameters market
  trafficsim catalog arms letter_package
  trafficsim catalog levers --json
  trafficsim catalog evidence S20        one claim of the letter, its sources, and what rests on it
  trafficsim catalog evidence E-J        a group of figures
  trafficsim catalog coverage S31        where a statement of the letter stands in the model, or why not
  trafficsim catalog sources --json      every source as CSL-JSON, for a reference manager
"""

DOCTOR = """\
Looked at: Python, the package and its catalogue, libraries against the versions that were tested, extras, the compiled rules
and where they are kept, write access, disk, cores, memory, terminal. Each line says ok, warning or problem, and below it what
to do. Exit code 0: a study can be run; 1: there is a problem.

examples:
  trafficsim doctor
  trafficsim doctor --json
"""

COMPLETION = """\
Once, in the file that your shell reads when it starts:
  bash   eval "$(trafficsim completion bash)"          in ~/.bashrc
  zsh    eval "$(trafficsim completion zsh)"           in ~/.zshrc, below compinit
  fish   trafficsim completion fish | source           in ~/.config/fish/config.fish

Then the Tab key completes commands and switches, and behind them: settings (sc → scale=), arms (arms=[status_quo,let →
letter_package), values of settings, parameters (parameters.market.pri), indicators, harms, levers, claims, names in the
catalogue, results files and the studies in them. The command must be found by its name: activate the environment that it
stands in.
"""

KINDS = (
    "parameters",
    "series",
    "levers",
    "arms",
    "indicators",
    "transitions",
    "corridors",
    "evidence",
    "sources",
    "coverage",
)


def add_commands(verb: "Verb") -> None:
    """Add the commands of this file to the parser."""
    catalog = verb(
        "catalog",
        "show what is assumed, and who says so: parameters, levers, arms, indicators, evidence, where the letter stands ...",
        CATALOG,
        _catalog,
    )
    catalog.add_argument("kind", nargs="?", choices=KINDS, metavar="KIND", help=", ".join(KINDS))
    catalog.add_argument(
        "name",
        nargs="?",
        help="only this one (parameters: a process, or PROCESS.NAME; evidence, sources: or how some begin)",
    )
    catalog.add_argument("--json", action="store_true", help="as JSON, for programs")
    catalog.add_argument("--config-dir", action="append", default=[], metavar="DIR", help="show your own arms too")

    doctor = verb(
        "doctor",
        "check whether all that a study needs is here, and say what to do where it is not",
        DOCTOR,
        _doctor,
    )
    doctor.add_argument("--json", action="store_true", help="as JSON, for programs")

    completion = verb(
        "completion",
        "print what a shell needs to complete commands, settings, arms, indicators, claims and studies",
        COMPLETION,
        _completion,
    )
    completion.add_argument("shell", choices=("bash", "zsh", "fish"), help="bash, zsh or fish")

    version = verb("version", "show the versions of the software, the rules and the catalogue", "", _version)
    version.add_argument("--json", action="store_true", help="as JSON, for programs")


class ShowVersion(argparse.Action):
    """``trafficsim --version``: the same as the command."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        """Print the versions and end."""
        print(versions_in_words())
        parser.exit()


def versions() -> dict[str, str]:
    """Return the versions of the software and the model, and the hashes of the rules' text and of the catalogue."""
    from importlib.metadata import PackageNotFoundError, version

    from trafficsim.catalog import catalog
    from trafficsim.course import model_version

    try:
        software = version("trafficsim")
    except PackageNotFoundError:
        software = "not installed"
    number, _, rules = model_version().partition("-")
    return {"software": software, "model": number, "rules": rules, "catalogue": catalog().digest()[:12]}


def versions_in_words() -> str:
    """Return :func:`versions` as lines; results name the same."""
    found = versions()
    software = found["software"] if found["software"] != "not installed" else "(not installed)"
    return (
        f"trafficsim {software}\nmodel version {found['model']}, rules {found['rules']}\ncatalogue {found['catalogue']}"
    )


def _version(options: argparse.Namespace) -> int:
    print(json.dumps(versions(), indent=2) if options.json else versions_in_words())
    return 0


def _catalog(options: argparse.Namespace) -> int:
    from trafficsim.report.catalog_tables import print_catalog

    print_catalog(options.kind, options.name, as_json=options.json, search_path=options.config_dir)
    return 0


def _doctor(options: argparse.Namespace) -> int:
    from trafficsim.cli.doctor import examine

    return examine(options.json)


def _completion(options: argparse.Namespace) -> int:
    from trafficsim.cli.completing import script

    print(script(options.shell))
    if sys.stdout.isatty():
        print(f"trafficsim: this is for the shell to read; 'trafficsim completion -h' says how.", file=sys.stderr)  # noqa: F541
    return 0
