"""``trafficsim claims``: which sentences may be cited, from two sweeps over plausible worlds."""

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from trafficsim.cli import texts
from trafficsim.errors import UserError

if TYPE_CHECKING:
    from trafficsim.analysis.claims import Judgement
    from trafficsim.analysis.worlds import Worlds
    from trafficsim.claims import Claim
    from trafficsim.cli.asking import Verb
    from trafficsim.configuration import Configuration

SETTINGS = {"worlds": "200", "replicates": "2", "scale": "0.2"}
"""What is asked of a study unless told otherwise: about a quarter of an hour on two cores for all claims that ship."""

DESIGNS = {"posterior": "posterior", "prior": "latin_hypercube"}
"""The two sets of worlds and the designs that they come from."""

OURS = {
    "arms": "the claims name the arms that they need",
    "arm": "the claims name the arms that they need",
    "draws": "write worlds=NUMBER",
    "design": "both designs are lived through, posterior and latin_hypercube",
    "output": "what claims need is kept",
    "name": "the studies are called claims",
}
"""Settings of a study that this command makes itself, and what to do instead."""


class Needs(NamedTuple):
    """What sets claims apart that no one study serves: the horizon in years, if not the study's own, and totals by group."""

    years: int | None
    groups: bool

    @classmethod
    def of(cls, claim: "Claim") -> "Needs":
        """Return what a claim needs."""
        return cls(claim.years, claim.groups != ("",))


@dataclass(frozen=True)
class Ask:
    """One study to be conducted: the set of worlds it stands for, the horizon and whether it keeps groups, and the claims
    that it serves.
    """

    which: str
    needs: "Needs"
    claims: "tuple[Claim, ...]"
    configuration: "Configuration"

    @property
    def path(self) -> Path:
        """The file, one for all studies of claims, which share the runs that are equal."""
        return Path(self.configuration.output.folder) / "claims" / "study.sqlite"


def add_commands(verb: "Verb") -> None:
    """Add the command of this file to the parser."""
    added = verb(
        "claims",
        "say of sentences in which plausible worlds they hold, where they fail, what they rest on, and whether to cite them",
        texts.CLAIMS,
        claims,
    )
    added.add_argument(
        "words",
        nargs="*",
        metavar="NAME | KEY=VALUE",
        help="claims, each told in full (none: all, a line each); settings",
    )
    added.add_argument("--list", action="store_true", help="show the claims as they are written, without any result")
    added.add_argument(
        "--config-dir",
        action="append",
        default=[],
        metavar="DIR",
        help="claims and arms of your own: DIR/claim, DIR/arm",
    )
    added.add_argument("--folder", help="where to draw (default: a folder 'figures' beside the database)")
    printed = added.add_mutually_exclusive_group()
    printed.add_argument("--json", action="store_true", help="as JSON, for programs; nothing is drawn")
    printed.add_argument("--csv", action="store_true", help="as CSV, one line a claim; nothing is drawn")


def claims(options: argparse.Namespace) -> int:
    """Answer for the claims that are named, or for all; return the exit code."""
    from trafficsim.claims import claim_names, load_claim

    names = [word for word in options.words if "=" not in word]
    chosen = [load_claim(name, options.config_dir) for name in names or claim_names(options.config_dir)]
    words = [word for word in options.words if "=" in word]
    if options.list:
        if words:
            raise UserError(f"'{words[0]}': --list shows the claims as they are written, and takes no settings.")
        return _list(chosen, options)
    return answer(chosen, _asks(chosen, words, options.config_dir), options, in_full=bool(names))


def answer(chosen: "Sequence[Claim]", asks: Sequence[Ask], options: argparse.Namespace, in_full: bool) -> int:
    """Conduct the studies, put the claims to the test, and show what comes out; return the exit code."""
    quiet = options.json or options.csv
    _tell_time(asks, quiet)
    judgements, studies = _answered(chosen, asks)
    _show(judgements, studies, options, in_full)
    if not quiet and (options.folder or not in_full):
        from trafficsim.report.figures import save_figure
        from trafficsim.report.figures.claims import draw_claims

        folder = Path(options.folder) if options.folder else asks[0].path.parent / "figures"
        for path in save_figure(partial(draw_claims, judgements, studies), folder, "claims"):
            print(f"Figure:   {path}")
    return 0


def _console() -> Any:
    from rich.console import Console

    # Where nobody watches (a file, a pipe) there is no width to keep to; rich would take 80 columns.
    return Console(width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else 120)


def _list(chosen: "Sequence[Claim]", options: argparse.Namespace) -> int:
    from trafficsim.report.claims import plain_claim, print_list, print_sources, print_test

    if options.csv:
        raise UserError("--csv goes with results; --list takes --json.")
    if options.json:
        print(json.dumps([plain_claim(claim) for claim in chosen], indent=2, ensure_ascii=False))
        return 0
    console = _console()
    print_list(chosen, console)
    if len(chosen) == 1:
        print_test(chosen[0], console)
        console.print(f"Counter-argument: {chosen[0].counter}\nNote: {chosen[0].note}", markup=False, highlight=False)
        print_sources(chosen[0], console)
    return 0


def _asks(chosen: "Sequence[Claim]", words: Sequence[str], folders: Sequence[str]) -> list[Ask]:
    """Return the studies that the claims need: for each set of worlds one, and one more for each other horizon or for groups."""
    from trafficsim.cli.asking import own_settings, whole_number
    from trafficsim.configuration import configure

    own, rest = own_settings(words, SETTINGS)
    for word in rest:
        key = word.partition("=")[0].lstrip("+~")
        instead = OURS.get(key.removeprefix("study.").partition(".")[0])
        if instead and key != "output.folder":
            raise UserError(f"'{word}': {instead}.")
    worlds, replicates = whole_number("worlds", own["worlds"], 2), whole_number("replicates", own["replicates"], 2)
    asks = []
    for needs in dict.fromkeys(map(Needs.of, chosen)):
        of_these = tuple(claim for claim in chosen if Needs.of(claim) == needs)
        arms = list(dict.fromkeys(["status_quo", *(arm for claim in of_these for arm in claim.arms)]))
        for which, design in DESIGNS.items():
            settings = [
                *rest, "study.name=claims", f"arms=[{','.join(arms)}]", f"draws={worlds}", f"design={design}",
                f"replicates={replicates}", f"scale={own['scale']}", "output.monthly=false", "output.lives=false",
                f"output.groups={str(needs.groups).lower()}", *([] if needs.years is None else [f"years={needs.years}"]),
            ]  # fmt: skip
            asks.append(Ask(which, needs, of_these, configure(settings, folders)))
    return asks


def _tell_time(asks: Sequence[Ask], quiet: bool) -> None:
    """Say beforehand how long it takes, from a few runs that are timed."""
    from trafficsim.cli.forecast import forecast, in_time

    found = [forecast(ask.configuration, ask.path) for ask in asks]
    runs, seconds = sum(each.runs for each in found), sum(each.seconds for each in found)
    if runs:
        print(
            f"{runs:,} runs are to be lived through: about {in_time(seconds)} with {found[0].workers} workers. "
            f"Ctrl-C keeps what is done, and the same command goes on.",
            file=sys.stderr if quiet else sys.stdout, flush=True,
        )  # fmt: skip


def _answered(chosen: "Sequence[Claim]", asks: Sequence[Ask]) -> "tuple[list[Judgement], list[dict[str, Any]]]":
    """Conduct the studies and put the claims to the test; return the judgements, and what the studies were."""
    from trafficsim.analysis.claims import judgement
    from trafficsim.cli.asking import conducted

    worlds: dict[tuple[str, Needs], Mapping[str, Worlds]] = {}
    studies = []
    for ask in asks:
        conclusion = conducted(ask.configuration, ask.path)
        worlds[ask.which, ask.needs], study = _opened(ask, conclusion.study.study_id)
        studies.append({"worlds_are": ask.which, **study})
    judged = [judgement(each, worlds["posterior", Needs.of(each)], worlds["prior", Needs.of(each)]) for each in chosen]
    return judged, studies


def _opened(ask: Ask, study: str) -> "tuple[Mapping[str, Worlds], dict[str, Any]]":
    """Return the worlds of a study by the groups that its claims ask for, and what the study was."""
    from trafficsim.analysis.worlds import TABLES, worlds_of, worlds_of_group
    from trafficsim.catalog.posteriors import load_posterior
    from trafficsim.experiments.frames import open_study, whole_totals
    from trafficsim.experiments.points import assumptions_in

    frames = open_study(ask.path, study, [name for name in TABLES if name not in ("totals", "draws")])
    points, layout = assumptions_in(ask.path, study)
    whole = worlds_of({**frames, "totals": whole_totals(ask.path, study, ())}, points, layout)
    by_group = {"": whole}
    if ask.needs.groups:
        frames |= open_study(ask.path, study, ["totals"])
        for group in dict.fromkeys(group for claim in ask.claims for group in claim.groups if group):
            dimension, _, level = group.partition("=")
            by_group[group] = worlds_of_group(frames, dimension, level, points)
    row = json.loads(frames["studies"].iloc[0].to_json())
    method = load_posterior(ask.configuration.corridor.name).about["method"] if ask.which == "posterior" else ""
    return by_group, {**row, "worlds": whole.number, "calibrated_by": method, "limits": list(whole.limits)}


def _show(
    judgements: "Sequence[Judgement]", studies: list[dict[str, Any]], options: argparse.Namespace, in_full: bool
) -> None:
    from trafficsim.report.claims import as_csv, plain_judgement, print_claim, print_claims

    if options.json:
        plain = {"studies": studies, "claims": [plain_judgement(judged) for judged in judgements]}
        print(json.dumps(plain, indent=2, ensure_ascii=False, allow_nan=False))
    elif options.csv:
        print(as_csv(judgements), end="")
    elif in_full:
        for judged in judgements:
            print_claim(judged, studies, _console())
    else:
        print_claims(judgements, studies, _console())
