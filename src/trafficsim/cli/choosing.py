"""``trafficsim robust``, ``interactions`` and ``agenda``: how arms stand in all plausible worlds, which levers help each
other, and what would be worth finding out.
"""

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trafficsim.cli import texts

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from trafficsim.cli.asking import Verb

ROBUST_STUDY = {"study.name": "robust", "output": "totals", "scale": "0.1", "draws": "64", "replicates": "2"}
INTERACTIONS_STUDY = {**ROBUST_STUDY, "study.name": "interactions", "draws": "16"}
ROBUST_OWN = {"harms": "", "satisfy": "refoulement<=0.5, trafficked_again<=1"}

AGENDA_STUDY = {**ROBUST_STUDY, "study.name": "agenda", "replicates": "1"}
AGENDA_STUDY |= {"arms": "[status_quo,non_refoulement_only,letter_package]"}
AGENDA_OWN = {
    "harms": "",
    "satisfy": "refoulement<=0.5, trafficked_again<=1",
    "by": "spread",
    "differences": "relative",
}
AGENDA_WORLDS = 1000
INTERACTIONS_OWN = {"levers": "", "harms": ""}


def add_commands(verb: "Verb") -> None:
    """Add the commands of this file to the parser."""
    robust = verb(
        "robust",
        "how the arms that you list stand in all plausible worlds: regret, conditions that hold, trade-offs among harms",
        texts.ROBUST,
        robust_choice,
    )
    _add_arguments(robust)
    pairs = verb(
        "interactions",
        "which pairs of levers do more together than apart, from a factorial design over the letter's eleven levers",
        texts.INTERACTIONS,
        pairs_of_levers,
    )
    _add_arguments(pairs)
    research = verb(
        "agenda",
        "which assumptions are worth finding out about: what knowing each would settle, and the gap in the evidence behind it",
        texts.AGENDA,
        research_agenda,
    )
    _add_arguments(research)


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("words", nargs="*", metavar="FILE | KEY=VALUE", help="a results file, or settings of a study")
    parser.add_argument("--study", help="which one, where the file holds several (default: the newest)")
    parser.add_argument("--config-dir", action="append", default=[], metavar="DIR", help="arms and studies of your own")
    parser.add_argument("--folder", help="where to draw (default: a folder 'figures' beside the database)")
    printed = parser.add_mutually_exclusive_group()
    printed.add_argument("--json", action="store_true", help="as JSON, for programs; nothing is drawn")
    printed.add_argument("--csv", action="store_true", help="as one long table of CSV; nothing is drawn")


def robust_choice(options: argparse.Namespace) -> int:
    """Print regret, satisficing and dominance of the arms of a study, and draw their trade-offs."""
    from trafficsim.analysis.robustness import HARMS, conditions_in, only_compared, robustness
    from trafficsim.analysis.worlds import worlds_of
    from trafficsim.cli.asking import names_in, own_settings, study_asked_of
    from trafficsim.errors import UserError
    from trafficsim.experiments.frames import open_study
    from trafficsim.report.choice import TABLES, print_robustness

    own, words = own_settings(options.words, ROBUST_OWN)
    conditions = conditions_in(own["satisfy"])  # a slip is told before a study is run
    if not any("=" not in word or word.startswith(("arms=", "arm=")) for word in words):
        raise UserError("Name a results file, or list the arms that are to be looked at: arms=[status_quo,A,B,...].")
    path, study = study_asked_of(words, ROBUST_STUDY, options.config_dir, options.study)
    frames = open_study(path, study, TABLES)
    worlds = worlds_of(frames)
    found = robustness(worlds, names_in(own["harms"]) or HARMS, conditions, only_compared(frames["arms"]))
    if options.json:
        plain = {"regret": found.regret, "satisficing": found.satisficing, "dominance": found.dominance}
        print_json(frames, {"level": found.level, "worlds": found.worlds, "replicates": found.replicates}, plain)
    elif options.csv:
        print(found.tidy().to_csv(index=False), end="")
    else:
        from trafficsim.report.figures.trade_offs import draw_trade_offs

        print_robustness(found, frames)
        save(partial(draw_trade_offs, worlds, found, frames), "trade_offs", _folder(options, path))
    return 0


def pairs_of_levers(options: argparse.Namespace) -> int:
    """Print which pairs of levers interact, on both scales, and draw a heat map for each harm."""
    from trafficsim.analysis.interactions import arms_of_design, interactions, package_levers, signs_of
    from trafficsim.analysis.robustness import HARMS
    from trafficsim.analysis.worlds import worlds_of
    from trafficsim.cli.asking import names_in, own_settings, study_asked_of
    from trafficsim.errors import UserError
    from trafficsim.experiments.frames import open_study
    from trafficsim.report.choice import TABLES
    from trafficsim.report.interactions import print_interactions

    own, words = own_settings(options.words, INTERACTIONS_OWN)
    if wrong := [word for word in words if word.startswith(("arms=", "arm=", "arm."))]:
        raise UserError(f"'{wrong[0]}': the arms follow from the levers; name those with levers=[A,B,...].")
    if all("=" in word for word in words):
        words = [f"arms=[{','.join(arms_of_design(names_in(own['levers']) or package_levers()))}]", *words]
    elif own["levers"]:
        raise UserError("levers= goes with a study that is to be run; the arms of a results file are settled.")
    path, study = study_asked_of(words, INTERACTIONS_STUDY, options.config_dir, options.study)
    frames = open_study(path, study, TABLES)
    levers, signs = signs_of(frames["arms"])
    found = interactions(worlds_of(frames), levers, signs, names_in(own["harms"]) or HARMS)
    if options.json:
        facts = {"level": found.level, "levers": list(levers), "units": found.units, "unit": found.unit}
        print_json(frames, facts, {"effects": found.effects, "fit": found.fit})
    elif options.csv:
        print(found.effects.to_csv(index=False), end="")
    else:
        from trafficsim.report.figures.interactions import draw_interactions

        print_interactions(found, frames)
        for harm in found.harms:
            save(partial(draw_interactions, found, harm, frames), f"interactions_{harm}", _folder(options, path))
    return 0


def research_agenda(options: argparse.Namespace) -> int:
    """Print what knowing each assumption would be worth and what is known of it today, and draw it."""
    from trafficsim.analysis.agenda import agenda
    from trafficsim.analysis.information import COUNTS, RELATIVE, SPREAD, VERDICT, information
    from trafficsim.analysis.robustness import HARMS, conditions_in
    from trafficsim.analysis.worlds import open_worlds
    from trafficsim.cli.asking import chosen, names_in, own_settings, study_asked_of
    from trafficsim.experiments.frames import open_study
    from trafficsim.report.agenda import TABLES, assumed_in, print_agenda

    own, words = own_settings(options.words, AGENDA_OWN)
    conditions = conditions_in(own["satisfy"])
    by = chosen("by", own["by"], (SPREAD, VERDICT))
    differences = chosen("differences", own["differences"], (RELATIVE, COUNTS))
    path, study = study_asked_of(
        words, {**AGENDA_STUDY, "draws": str(_most_worlds(words))}, options.config_dir, options.study
    )
    frames = open_study(path, study, TABLES)
    found = information(open_worlds(path, study), names_in(own["harms"]) or HARMS, conditions, differences)
    catalog = assumed_in(frames)
    listed = agenda(found, catalog, by)
    if options.json:
        facts = {
            "level": found.level, "worlds": found.worlds, "replicates": found.replicates, "by": by, "differences": differences,
        }  # fmt: skip
        print_json(frames, facts, {"agenda": listed, "questions": found.questions, "gains": found.gains})
    elif options.csv:
        print(listed.to_csv(index=False), end="")
    else:
        from trafficsim.report.figures.agenda import draw_agenda

        print_agenda(found, listed, frames, catalog, by)
        save(partial(draw_agenda, found, frames), "agenda", _folder(options, path))
    return 0


def _most_worlds(words: Sequence[str]) -> int:
    """Return how many worlds an agenda takes where ``words`` say nothing: as many as the posterior holds, if they come from it."""
    from trafficsim.catalog.posteriors import has_posterior, load_posterior

    given = {key.removeprefix("study."): value for key, _, value in (word.partition("=") for word in words)}
    corridor = given.get("corridor", "first")
    if given.get("design", "posterior") != "posterior" or "vary" in given or not has_posterior(corridor):
        return AGENDA_WORLDS
    return min(AGENDA_WORLDS, len(load_posterior(corridor).rows))


def print_json(
    frames: "Mapping[str, pd.DataFrame]", facts: Mapping[str, Any], tables: "Mapping[str, pd.DataFrame]"
) -> None:
    """Print tables with the study they come from and its limits; what is absent is null."""
    study = frames["studies"].iloc[0]
    plain = {
        "study": study["id"], "scale": float(study["scale"]), "design": study["design"],
        "model_version": study["model_version"], "limits": list(frames["limits"]["text"]), **facts,
        **{name: json.loads(table.to_json(orient="records")) for name, table in tables.items()},
    }  # fmt: skip
    print(json.dumps(plain, indent=2, ensure_ascii=False))


def save(draw: "Callable[[], Figure | None]", name: str, folder: Path) -> None:
    """Draw a figure, write it and say where it is."""
    from trafficsim.report.figures import save_figure

    for figure in save_figure(draw, folder, name):
        print(f"Figure:   {figure}", flush=True)


def _folder(options: argparse.Namespace, path: Path) -> Path:
    return Path(options.folder) if options.folder else path.parent / "figures"
