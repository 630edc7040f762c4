"""``trafficsim sensitivity``: which assumptions a result leans on, by a method, from a study made for it or a stored one."""

import argparse
import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from trafficsim.cli import texts
from trafficsim.errors import UserError

if TYPE_CHECKING:
    from trafficsim.analysis.sensitivity.questions import Answer, Method, Quantity
    from trafficsim.analysis.worlds import Worlds
    from trafficsim.cli.asking import Verb
    from trafficsim.configuration import Configuration

METHODS = ("morris", "sobol", "pawn", "delta", "regional")
OWN = {
    "method": "", "indicator": "removals", "arms": "", "of": "", "size": "", "groups": "", "baseline": "", "tolerance": "",
}  # fmt: skip
SIZES = {"morris": 10, "sobol": 256, "pawn": 512, "delta": 512, "regional": 512}
"""Trajectories of Morris' design, rows of the two samples of Saltelli's, worlds of a Latin hypercube."""
DEFAULTS = {"replicates": "1", "scale": "0.1", "output": "totals"}
FROM_SIZE = ("draws", "design", "groups", "study.draws", "study.design", "study.groups")


def add_commands(verb: "Verb") -> None:
    """Add the command of this file to the parser."""
    added = verb(
        "sensitivity",
        "tell which assumptions a result leans on, and how far that can be told: table and figures",
        texts.SENSITIVITY,
        sensitivity,
    )
    added.add_argument("words", nargs="*", metavar="FILE | KEY=VALUE", help="a results file, or settings of a study")
    added.add_argument("--study", help="which one, where the file holds several (default: the newest)")
    added.add_argument("--config-dir", action="append", default=[], metavar="DIR", help="arms and studies of your own")
    added.add_argument("--folder", help="where to draw (default: a folder 'figures' beside the database)")
    printed = added.add_mutually_exclusive_group()
    printed.add_argument("--json", action="store_true", help="as JSON, for programs; nothing is drawn")
    printed.add_argument("--csv", action="store_true", help="every assumption as CSV; nothing is drawn")


def sensitivity(options: argparse.Namespace) -> int:
    """Ask a study which assumptions its results lean on; return the exit code."""
    from trafficsim.cli import asking

    own, words = asking.own_settings(options.words, OWN)
    method = asking.chosen("method", own["method"], METHODS)
    files = [word for word in words if "=" not in word]
    if len(files) > 1:
        raise UserError(f"Name one results file, not {len(files)}: {', '.join(files)}.")
    indicators = _indicators(own["indicator"])
    if files:
        settings = [word for word in words if word not in files]
        settings += [f"{key}={own[key]}" for key in ("size", "groups") if own[key]]
        if settings:
            raise UserError(
                f"'{settings[0]}' would make another study; leave it out, or leave out the file {files[0]}."
            )
        path, study = Path(files[0]), options.study
    else:
        if options.study:
            raise UserError("--study goes with a FILE.")
        path, study, own["arms"] = _conducted(method, own, indicators, words, options.config_dir)
    _answer(method, own, indicators, path, study, options)
    return 0


def _indicators(value: str) -> list[str]:
    from trafficsim.catalog import catalog
    from trafficsim.cli import asking

    names = asking.names_in(value)
    if not names:
        raise UserError("indicator=: name one at least; 'trafficsim catalog indicators' lists them.")
    return [asking.chosen("indicator", name, list(catalog().indicators)) for name in names]


def _conducted(
    method: str, own: dict[str, str], indicators: list[str], words: list[str], folders: Sequence[str]
) -> tuple[Path, str, str]:
    """Live through what is missing of the study that a method asks for; return its file, its id and its arms."""
    from trafficsim.cli import asking
    from trafficsim.cli.studying import sweep_file

    configuration = study_for(method, own, words, folders)
    arms = [arm.name for arm in configuration.arms]
    _check(method, _quantities(own, indicators, arms), arms)  # before hours of work
    path = sweep_file(configuration)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path, asking.conducted(configuration, path).study.study_id, ",".join(arms)


def study_for(method: str, own: dict[str, str], words: list[str], folders: Sequence[str] = ()) -> "Configuration":
    """Return the study that ``method`` asks for: its design, as large as ``size`` says, and the settings ``words``."""
    from trafficsim.cli import asking
    from trafficsim.composition import compose
    from trafficsim.configuration import with_points
    from trafficsim.layouts import layout_over

    keys = {word.partition("=")[0] for word in words}
    for key in FROM_SIZE:
        if key in keys:
            raise UserError(f"{key}: how the assumptions are drawn follows from method, size=N, groups and study.vary.")
    laid_out = {"morris": "morris", "sobol": "saltelli"}.get(method)
    groups = own["groups"] or ("process" if method == "sobol" and "study.vary" not in keys else "none")
    asking.chosen("groups", groups, ("none", "process"))
    if groups == "process" and not laid_out:
        raise UserError(f"groups=process goes with method=morris and sobol, not with {method}.")
    defaults = [f"{key}={value}" for key, value in DEFAULTS.items() if not {key, f"study.{key}"} & keys]
    if "study.name" not in keys:
        defaults.append(f"study.name=sensitivity-{method if laid_out else 'given'}")
    arms = own["arms"] or ("[status_quo,letter_package]" if "arm" not in keys else "[status_quo]")
    composed = compose([f"arms={arms}", *defaults, *words, "draws=0", "design=latin_hypercube"], folders)
    size = asking.whole_number("size", own["size"] or str(SIZES[method]), 2)
    study = composed.study
    if laid_out:
        design = cast(Literal["morris", "saltelli"], laid_out)
        grouped = cast(Literal["none", "process"], groups)
        layout, _ = layout_over(composed.assumptions(), design, study.vary, grouped, composed.parameters)
        study = dataclasses.replace(study, design=design, groups=grouped, draws=size * layout.block)
    else:
        study = dataclasses.replace(study, draws=size)
    return with_points(dataclasses.replace(composed, study=study))


def _answer(method: str, own: dict[str, str], indicators: list[str], path: Path, study: str | None,
            options: argparse.Namespace) -> None:  # fmt: skip
    """Ask the stored study, and show what it says."""
    from trafficsim.analysis.sensitivity.questions import ask
    from trafficsim.analysis.sensitivity.results import TOLERANCE
    from trafficsim.analysis.worlds import open_worlds

    tolerance = _share("tolerance", own["tolerance"]) if own["tolerance"] else TOLERANCE
    worlds = open_worlds(path, study, indicators)
    quantities = _quantities(own, indicators, list(worlds.arms))
    _check(method, quantities, list(worlds.arms))
    answers = [ask(worlds, quantity, cast("Method", method), tolerance) for quantity in quantities]
    _show(answers, worlds, path, options)


def _quantities(own: dict[str, str], indicators: list[str], known: list[str]) -> "list[Quantity]":
    """Return what is asked for: each indicator, under each arm or as what each arm changes; ``known`` are the study's arms."""
    from trafficsim.analysis.sensitivity.questions import Quantity
    from trafficsim.cli import asking

    arms = asking.names_in(own["arms"]) or known
    several = len(arms) > 1 or (own["baseline"] and arms != [own["baseline"]])
    of = asking.chosen("of", own["of"] or ("difference" if several else "level"), ("level", "difference"))
    if of == "level":
        if own["baseline"]:
            raise UserError("baseline goes with of=difference.")
        return [Quantity(indicator, arm) for indicator in indicators for arm in arms]
    baseline = own["baseline"] or arms[0]
    others = [arm for arm in arms if arm != baseline]
    if not others:
        raise UserError(f"of=difference needs two arms; there is only {arms[0]}. Write of=level, or name arms.")
    return [Quantity(indicator, arm, baseline) for indicator in indicators for arm in others]


def _check(method: str, quantities: "list[Quantity]", arms: list[str]) -> None:
    """Refuse arms that the study lacks, and what a method cannot be asked."""
    from trafficsim.cli import asking

    for quantity in quantities:
        for arm in (quantity.arm, quantity.baseline):
            if arm:
                asking.chosen("arm", arm, arms)
    if method == "regional" and not quantities[0].baseline:
        raise UserError("method=regional asks what decides the sign of a difference between arms: write of=difference.")


def _share(key: str, value: str) -> float:
    try:
        share = float(value)
    except ValueError:
        share = -1.0
    if not 0.0 < share <= 1.0:
        raise UserError(f"{key}={value}: it should be a number above 0, 1 at most.")
    return share


def _show(answers: "Sequence[Answer]", worlds: "Worlds", path: Path, options: argparse.Namespace) -> None:
    from rich.console import Console

    from trafficsim.catalog import catalog
    from trafficsim.report.sensitivity import print_answers, result_json, result_rows

    known = catalog()
    if options.json:
        print(result_json(answers, worlds, known))
        return
    if options.csv:
        result_rows(answers, worlds, known).to_csv(sys.stdout, index=False)
        return
    print_answers(answers, worlds, known, Console(width=None if sys.stdout.isatty() else 140, highlight=False))
    print(f"Database: {path}")
    from trafficsim.report.figures.sensitivity import draw_sensitivity

    folder = Path(options.folder) if options.folder else path.parent / "figures"
    for figure in draw_sensitivity(answers, worlds, path, folder):
        print(f"Figure:   {figure}", flush=True)
