"""The command line: ``trafficsim compare``, ``run``, ``report``, ``export``, ``catalog`` and ``version``.

Heavy libraries are imported where they are used, so that ``trafficsim -h`` answers at once.
"""

import argparse
import io
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from trafficsim.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

    from omegaconf import DictConfig

    from trafficsim.configuration import Configuration

USER_ERROR, INTERRUPTED = 2, 130

_INTRODUCTION = """\
Simulate lives along a migration corridor under different policies, and compare the same lives between them.

The results are scenario outcomes of a model built on allegations and survivor-sample data; not a count of real people.
"""

_FIRST_STEPS = """\
first steps:
  trafficsim compare study=teaching replicates=2     a small study: four arms, table and figures in a minute or so
  trafficsim catalog arms                            the policies that can be compared
  trafficsim catalog parameters market               the numbers behind the market, with ranges and sources
  trafficsim compare -h                              everything that a study can be told
"""

_SETTINGS = """\
settings, each written KEY=VALUE (quote what the shell would take for its own, such as 'arms=[a,b]'):
  arms=[A,B,...]        the arms to compare; the first is the baseline; join two with '+': letter_package+border_reopened
  arm=NAME              {arm}
  arm.levers.L.coverage=0.5   how far lever L of that arm reaches (also start, ramp_months, capacity)
  replicates=20         how often each arm is run; replicate 7 of each arm meets the same luck
  draws=64              live each replicate through in so many plausible worlds, over the ranges of all assumptions
                        (design=sobol for Sobol' points); the table then tells luck and assumptions apart
  scale=1.0             simulated people for each real one (0.0005 to 200)
  years=10  policy_start=2024-04  seed=20240322  workers=0 (0: every core)
  parameters.market.NAME=VALUE     a value within the range that the catalogue gives
  study.feedbacks.fear=false       switch a feedback off
  study=teaching        choose a file of the group study (also: corridor, parameters, output)
  output.folder=results  output.events=true (every event of every life)  output.monthly=false (totals only)

Each study leaves a folder output.folder/NAME-HASH with study.sqlite and figures; the same settings have the same hash and
replace what is there. Until all replicates are finished the file is called study.unfinished.sqlite, and Ctrl-C, or
whatever else ends the study, leaves the finished ones in it.
"""

_HYDRA = """\
options, as in any Hydra program:
  -m, --multirun        one job for each combination of values: KEY=A,B  KEY=range(1,4)  'arm=glob(*_only)'
  --config-dir DIR      your own files: DIR/arm/mine.yaml, DIR/study/mine.yaml, ...
  --config-name NAME    your own primary file, found in DIR
  --cfg job             show the composed configuration instead of running it
  --info, --hydra-help  how it was composed, and Hydra's own help
"""

_COMPARE_EXAMPLES = """\
examples:
  trafficsim compare study=teaching
  trafficsim compare 'arms=[status_quo,non_refoulement_only,letter_package]' replicates=20
  trafficsim compare 'arms=[border_reopened,letter_package+border_reopened]'
  trafficsim compare study=teaching draws=32 replicates=4 'arms=[status_quo,letter_package]'
  trafficsim compare 'arms=[status_quo]' arm=non_refoulement_only arm.levers.non_refoulement.coverage=0.5
  trafficsim compare -m 'arms=[status_quo]' arm=identification_only arm.levers.identification.coverage=0.15,0.5,0.9
"""

_RUN_EXAMPLES = """\
examples:
  trafficsim run arm=status_quo scale=0.05
  trafficsim run -m arm=permit_reform,surveillance_removed replicates=5
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line with ``arguments`` (default: those of the process) and return its exit code.

    0: done; 2: a mistake or a want of room, said in a sentence; 130: interrupted with Ctrl-C, what was done is kept.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that lacks a sign shows '?' in its place
    try:
        if words and words[0] in ("compare", "run") and not {"-h", "--help"} & set(words):
            return _study(words[0], words[1:])
        options = _parser().parse_args(words)
        if options.do is None:
            _parser().print_help()
            return 0
        return options.do(options)
    except UserError as error:
        print(f"trafficsim: {error}", file=sys.stderr)
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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="trafficsim",
        description=_INTRODUCTION,
        epilog=_FIRST_STEPS,
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

    compare = verb(
        "compare",
        "run several arms on the same lives and compare them: table, figures, database",
        "\n".join([_SETTINGS.format(arm="one more arm, which arm.levers... can change"), _HYDRA, _COMPARE_EXAMPLES]),
        lambda options: _study("compare", options.settings),
    )
    run = verb(
        "run",
        "run one arm: table, figures, database",
        "\n".join([_SETTINGS.format(arm="the arm to run (default: status_quo)"), _HYDRA, _RUN_EXAMPLES]),
        lambda options: _study("run", options.settings),
    )
    for added in (compare, run):
        added.add_argument("settings", nargs="*", metavar="KEY=VALUE", help="see below")

    report = verb(
        "report",
        "print the table of a study's database again, and draw its figures",
        "examples:\n  trafficsim report results/teaching-1a2b3c4d5e6f/study.sqlite\n"
        "  trafficsim report results/teaching-1a2b3c4d5e6f/study.unfinished.sqlite --folder first_look\n",
        _report,
    )
    report.add_argument("database", help="the database that compare or run has written, or has begun to write")
    report.add_argument("--study", help="which one, where the file holds several (default: the newest)")
    report.add_argument("--folder", help="where to draw (default: a folder 'figures' beside the database)")

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
    from pathlib import Path

    database = Path(options.database)
    _print_table(database, options.study)
    _draw(database, Path(options.folder) if options.folder else database.parent / "figures", options.study)
    return 0


def _study(verb: str, words: list[str]) -> int:
    """Hand ``words`` to Hydra, which composes the configuration and calls :func:`_job`, once or for each job of a sweep."""
    import hydra
    from hydra.main import get_args_parser

    from trafficsim import composition

    flags = get_args_parser().parse_intermixed_args(words)
    if flags.experimental_rerun is not None or flags.config_path is not None:
        raise UserError("--experimental-rerun and --config-path are refused; use --config-dir and --config-name.")
    overrides = _settings_of(verb, flags.overrides)
    folders = [flags.config_dir] if flags.config_dir else []
    name = flags.config_name or composition.CONFIG_NAME
    composition.refuse_code(overrides)
    if not (flags.cfg or flags.info or flags.hydra_help or flags.shell_completion):
        if flags.multirun or "hydra.mode=MULTIRUN" in overrides:
            composition.check_jobs(overrides, folders, name)
        else:
            composition.compose(overrides, folders, name)
    composition.register_defaults()
    switches = [word for word in words if word not in flags.overrides]
    conducted = hydra.main(f"pkg://{composition.CONFIG_MODULE}", composition.CONFIG_NAME, composition.VERSION_BASE)(
        _job
    )
    command = _as_command([f"trafficsim {verb}", *switches, *composition.join_arms(overrides)])
    with command, composition.sentences(composition.existing_folders(folders), name):
        try:
            conducted()
        except _Stopped as stop:
            raise stop.reason from None
    return 0


def _settings_of(verb: str, overrides: list[str]) -> list[str]:
    """Return the overrides of ``verb``: ``run`` is a study of the one arm that the group ``arm`` holds."""
    if verb == "compare":
        return overrides
    keys = {override.partition("=")[0].lstrip("+~") for override in overrides}
    if "arms" in keys:
        raise UserError("'run' takes one arm, arm=NAME; use 'trafficsim compare arms=[A,B]' for several.")
    return ["arms=[]", *([] if "arm" in keys else ["arm=status_quo"]), *overrides]


@contextmanager
def _as_command(words: list[str]) -> Iterator[None]:
    """Let Hydra see ``words`` as the command line, and let it pass on exceptions, which :func:`main` tells in its way."""
    before, full_errors = sys.argv, os.environ.get("HYDRA_FULL_ERROR")
    sys.argv, os.environ["HYDRA_FULL_ERROR"] = words, "1"
    try:
        yield
    finally:
        sys.argv = before
        if full_errors is None:
            del os.environ["HYDRA_FULL_ERROR"]
        else:
            os.environ["HYDRA_FULL_ERROR"] = full_errors


def _job(composed: "DictConfig") -> None:
    """Conduct one study: what Hydra calls for each job."""
    from hydra.core.hydra_config import HydraConfig

    from trafficsim.composition import configuration_of

    try:
        conduct(configuration_of(composed, cast("DictConfig", HydraConfig.get())))
    except UserError as error:
        raise _Stopped(error) from None


class _Stopped(BaseException):
    """Carries a :class:`UserError` past Hydra, which would go on with a sweep and add words of its own."""

    def __init__(self, reason: UserError) -> None:
        super().__init__(str(reason))
        self.reason = reason


def conduct(configuration: "Configuration") -> None:
    """Run a study, store each replicate when it is finished, and show table and figures.

    Stopped by Ctrl-C, or by a :class:`UserError` such as a full disk, it shows what was stored and raises it again.
    """
    from contextlib import closing
    from pathlib import Path

    from trafficsim.experiments.replicate import plan_of
    from trafficsim.experiments.store import StudyWriter, check_ours
    from trafficsim.experiments.study import finished_replicates, study_of

    study, planned = study_of(configuration), len(plan_of(configuration))
    folder = Path(configuration.output.folder) / study.study_id
    database, unfinished = folder / "study.sqlite", folder / "study.unfinished.sqlite"
    check_ours(database)
    stop: BaseException | None = None
    with StudyWriter(unfinished, study) as writer:
        try:
            with _progress(planned) as progress, closing(finished_replicates(configuration, progress)) as finished:
                for _, outcome in finished:
                    writer.write(outcome)
        except (KeyboardInterrupt, UserError) as problem:
            stop = problem
    if stop is None:
        unfinished.replace(database)
        _print_table(database)
        print(f"Database: {database}", flush=True)
        _draw(database, folder / "figures")
    elif writer.replicates == 0:
        unfinished.unlink()
        raise stop
    else:
        _print_table(unfinished)
        print(f"Database: {unfinished}")
        kept = f"{writer.replicates} of {planned} replicates were finished; the table and the database hold them"
        raise (
            KeyboardInterrupt(f"stopped: {kept}")
            if isinstance(stop, KeyboardInterrupt)
            else UserError(f"{stop} {kept}.")
        )


def _print_table(database: "Path", study: str | None = None) -> None:
    from rich.console import Console

    from trafficsim.experiments.store import open_study
    from trafficsim.report.table import TABLES, print_comparison

    # Where nobody watches (a file, a pipe) there is no width to keep to; rich would take 80 columns.
    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else 120
    print_comparison(open_study(database, study, TABLES), Console(width=width))


def _draw(database: "Path", folder: "Path", study: str | None = None) -> None:
    from trafficsim.report.figures import draw_figures

    for figure in draw_figures(database, folder, study):
        print(f"Figure:   {figure}", flush=True)


@contextmanager
def _progress(planned: int) -> Iterator[Callable[[int, float], None]]:
    """Show replicates done and time left on a terminal's standard error, and nothing where there is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("loading the rules (the first time they are compiled, for half a minute or so)", total=None)

        def show(finished: int, share: float) -> None:
            if share > 0.0:
                bar.update(task, description=f"{finished} of {planned} replicates", completed=share, total=1.0)

        yield show
