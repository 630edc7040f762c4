"""``trafficsim compare``, ``run`` and ``sweep``: Hydra composes the study, once or for each job; here it is conducted."""

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

from trafficsim.configuration import Configuration
from trafficsim.errors import UserError
from trafficsim.experiments.blaming import blaming

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from trafficsim.experiments.conduct import Conclusion

DONE, SOME_FAILED = 0, 1


class Manner(NamedTuple):
    """How a study is conducted: by which verb, whether it tells events as JSON, and whether it is only looked at ahead."""

    verb: str
    as_json: bool = False
    dry_run: bool = False


def study(verb: str, words: list[str]) -> int:
    """Hand ``words`` to Hydra, which composes the configuration and has each job conducted; return the exit code."""
    import hydra
    from hydra.main import get_args_parser

    from trafficsim import composition

    manner, words = _manner(verb, words)
    flags = get_args_parser().parse_intermixed_args(words)
    if flags.experimental_rerun is not None or flags.config_path is not None:
        raise UserError("--experimental-rerun and --config-path are refused; use --config-dir and --config-name.")
    overrides = _settings_of(verb, flags.overrides)
    folders = [flags.config_dir] if flags.config_dir else []
    name = flags.config_name or composition.CONFIG_NAME
    composition.refuse_code(overrides)
    only_shown = flags.cfg or flags.info or flags.hydra_help or flags.shell_completion
    if not only_shown:
        if flags.multirun or "hydra.mode=MULTIRUN" in overrides:
            composition.check_jobs(overrides, folders, name)
        else:
            composition.compose(overrides, folders, name)
    composition.register_defaults()
    switches = [word for word in words if word not in flags.overrides]
    codes: list[int] = []
    job = partial(_job, manner, codes)
    conducted = hydra.main(f"pkg://{composition.CONFIG_MODULE}", composition.CONFIG_NAME, composition.VERSION_BASE)(job)
    command = _as_command([f"trafficsim {verb}", *switches, *composition.join_arms(overrides)])
    with command, composition.sentences(composition.existing_folders(folders), name):
        try:
            with composition.stumbles_told() if only_shown else nullcontext():
                conducted()
        except _Stopped as stop:
            raise stop.reason from None
    return max(codes, default=DONE)


def _manner(verb: str, words: list[str]) -> tuple[Manner, list[str]]:
    """Take our own switches from ``words``, which Hydra does not know."""
    own = {"--json": "as_json"} | ({"--dry-run": "dry_run"} if verb == "sweep" else {})
    given = {own[word]: True for word in words if word in own}
    return Manner(verb, **given), [word for word in words if word not in own]


def _settings_of(verb: str, overrides: list[str]) -> list[str]:
    """Return the overrides of ``verb``: ``run`` is a study of the one arm that the group ``arm`` holds."""
    if verb != "run":
        return overrides
    keys = {override.partition("=")[0].lstrip("+~") for override in overrides}
    if "arms" in keys:
        raise UserError("'run' takes one arm, arm=NAME; use 'trafficsim compare arms=[A,B]' for several.")
    return ["arms=[]", *([] if "arm" in keys else ["arm=status_quo"]), *overrides]


@contextmanager
def _as_command(words: list[str]) -> Iterator[None]:
    """Let Hydra see ``words`` as the command line, and let it pass on exceptions, which ``main`` tells in its way."""
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


def _job(manner: Manner, codes: list[int], composed: "DictConfig") -> None:
    """Conduct one study: what Hydra calls for each job."""
    from hydra.core.hydra_config import HydraConfig

    from trafficsim.composition import configuration_of

    try:
        codes.append(conduct(configuration_of(composed, cast("DictConfig", HydraConfig.get())), manner))
    except UserError as error:
        raise _Stopped(error) from None


class _Stopped(BaseException):
    """Carries a :class:`UserError` past Hydra, which would go on with a sweep and add words of its own."""

    def __init__(self, reason: UserError) -> None:
        super().__init__(str(reason))
        self.reason = reason


def conduct(configuration: Configuration, manner: Manner) -> int:
    """Conduct one study and show what came of it; return the exit code.

    Stopped by Ctrl-C, or by a :class:`UserError` such as a full disk, it shows what was stored and raises it again.
    """
    if manner.dry_run:
        from trafficsim.cli.forecast import show_forecast

        with blaming([sweep_file(configuration)]):
            return show_forecast(configuration, sweep_file(configuration), manner.as_json)
    do, folder = (
        (_sweep, sweep_file(configuration).parent) if manner.verb == "sweep" else (_compare, _folder(configuration))
    )
    with blaming(sorted(folder.glob("study*.sqlite"))):
        return do(configuration, manner)


def sweep_file(configuration: Configuration) -> Path:
    """Return the file of a sweep: one for all studies of a name, which share what is equal."""
    return Path(configuration.output.folder) / configuration.study.name / "study.sqlite"


def _sweep(configuration: Configuration, manner: Manner) -> int:
    """Do what is missing and say where it stands; the table is left to ``trafficsim report``, for it may take long."""
    from trafficsim.cli.listening import watched
    from trafficsim.experiments.conduct import conduct_study

    path, began = sweep_file(configuration), time.monotonic()
    with watched(path.with_suffix(".log"), manner.as_json) as watch:
        conclusion = conduct_study(configuration, path, watch)
        seconds = time.monotonic() - began
        watch.event(
            "stopped" if conclusion.stopped else "finished", tasks=conclusion.tasks, at_hand=conclusion.at_hand,
            done=conclusion.finished, runs=conclusion.runs, failed=conclusion.failed, seconds=round(seconds, 2),
        )  # fmt: skip
    if not manner.as_json:
        print(_closing(conclusion, seconds))
        print(f"Database: {path}")
        print(f"Table, figures, page and PDF: trafficsim report {path} --study {conclusion.study.study_id}")
    _tell_failures(conclusion)
    if conclusion.stopped:
        raise conclusion.stopped
    return SOME_FAILED if conclusion.failed else DONE


def _folder(configuration: Configuration) -> Path:
    """Return the folder of what ``compare`` and ``run`` write: one a study."""
    from trafficsim.experiments.study import study_of

    return Path(configuration.output.folder) / study_of(configuration).study_id


def _closing(conclusion: "Conclusion", seconds: float) -> str:
    there = conclusion.at_hand + conclusion.finished
    words = f"{there:,} of {conclusion.tasks:,} replicates are in the file"
    if conclusion.finished == 0 and conclusion.complete:
        return f"{words}: there was nothing to do."
    rate = f"{conclusion.runs / seconds:.2g} runs a second" if conclusion.runs else "none yet"
    return f"{words}: {conclusion.at_hand:,} were there, {conclusion.finished:,} were done now in {seconds:,.0f} s ({rate})."


def _compare(configuration: Configuration, manner: Manner) -> int:
    """Do what is missing, and show table and figures."""
    from trafficsim.cli.listening import watched
    from trafficsim.experiments.conduct import conduct_study

    folder = _folder(configuration)
    database, unfinished = folder / "study.sqlite", folder / "study.unfinished.sqlite"
    path = database if database.exists() else unfinished
    with watched(as_json=manner.as_json) as watch:
        conclusion = conduct_study(configuration, path, watch)
        watch.event("stopped" if conclusion.stopped else "finished", done=conclusion.finished, failed=conclusion.failed)
    there = conclusion.at_hand + conclusion.finished
    if there == 0:
        unfinished.unlink(missing_ok=True)
        raise conclusion.stopped or UserError(conclusion.reasons[0])
    if conclusion.complete and path is unfinished:
        path = unfinished.replace(database)
    if not manner.as_json:
        print_table(path, conclusion.study.study_id)
        print(f"Database: {path}", flush=True)
    if conclusion.stopped:
        kept = f"{there} of {conclusion.tasks} replicates were finished; the table and the database hold them"
        raise (
            KeyboardInterrupt(f"stopped: {kept}")
            if isinstance(conclusion.stopped, KeyboardInterrupt)
            else UserError(f"{conclusion.stopped} {kept}.")
        )
    if not manner.as_json:
        draw(path, folder / "figures", conclusion.study.study_id)
        print(f"To read and hand on, as a page and a PDF: trafficsim report {path}")
    _tell_failures(conclusion)
    return SOME_FAILED if conclusion.failed else DONE


def _tell_failures(conclusion: "Conclusion") -> None:
    if conclusion.failed:
        print(
            f"trafficsim: {conclusion.failed:,} of {conclusion.tasks:,} replicates failed, the first for this reason: "
            f"{conclusion.reasons[0]} See them all: trafficsim studies {conclusion.database} --failures",
            file=sys.stderr,
        )


def print_table(database: Path, study: str | None = None) -> None:
    """Print the table of a study."""
    from rich.console import Console

    from trafficsim.experiments.frames import open_study
    from trafficsim.report.table import TABLES, print_comparison

    # Where nobody watches (a file, a pipe) there is no width to keep to; rich would take 80 columns.
    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else 120
    print_comparison(open_study(database, study, TABLES), Console(width=width))


def draw(database: Path, folder: Path, study: str | None = None) -> Sequence[Path]:
    """Draw the figures of a study, as far as the file holds what they show, and say where they are."""
    from trafficsim.report.figures import draw_figures

    figures = draw_figures(database, folder, study)
    for figure in figures:
        print(f"Figure:   {figure}", flush=True)
    return figures
