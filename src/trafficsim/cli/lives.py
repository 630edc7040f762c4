"""``trafficsim fates`` and ``trafficsim life``: the same simulated lives under two policies, all of a study or a single one."""

import argparse
import json
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trafficsim.cli import texts

if TYPE_CHECKING:
    from trafficsim.analysis.counterfactuals import Counterfactuals
    from trafficsim.cli.asking import Verb


LIFE_OWN = {"replicate": "0", "draw": "0"}
LIFE_ARMS = ("status_quo", "letter_package")


def add_commands(verb: "Verb") -> None:
    """Add the commands of this file to the parser."""
    parser = verb(
        "fates",
        "tell, of the same lives, whom another policy would have spared a harm, whom it harms anew, and what became of them",
        texts.FATES,
        fates,
    )
    parser.add_argument("database", help="the database that compare or sweep has written")
    parser.add_argument("--study", help="which one, where the file holds several (default: the newest)")
    parser.add_argument("--arm", help="this arm beside the baseline (default: each of them)")
    parser.add_argument(
        "--harm", help="what became of those whom this harm met: removed, trafficked, 'trafficked again', tortured ..."
    )
    parser.add_argument("--matrix", action="store_true", help="each fate with the fates of the same lives")
    parser.add_argument("--folder", help="where to draw (default: a folder 'figures' beside the database)")
    parser.add_argument("--json", action="store_true", help="as JSON, for programs; nothing is drawn")

    parser = verb(
        "life",
        "follow one simulated life under two policies, side by side, to where and why its two courses part",
        texts.LIFE,
        life,
    )
    parser.add_argument(
        "words", nargs="*", metavar="LIFE | KEY=VALUE", help="a life, and settings of a study; see below"
    )
    parser.add_argument("--config-dir", action="append", default=[], metavar="DIR", help="arms and studies of your own")
    parser.add_argument("--json", action="store_true", help="as JSON, for programs")


def fates(options: argparse.Namespace) -> int:
    """Print the tables that were asked for, and draw the figure."""
    from trafficsim.analysis.counterfactuals import Counterfactuals, other_arms
    from trafficsim.experiments.frames import open_study
    from trafficsim.report.harm_tables import TABLES

    database = Path(options.database)
    frames = open_study(database, options.study, TABLES)
    asked: list[str | None] = [options.arm] if options.arm else [*other_arms(frames)]
    found = [Counterfactuals(frames, arm) for arm in asked or [None]]  # one arm alone: it is told why not
    if options.harm:
        found[0].fates_of(options.harm)  # a wrong word is told before anything is printed
    if options.json:
        print(_as_json(found, options.harm, options.matrix))
        return 0
    from rich.console import Console

    from trafficsim.cli.choosing import save
    from trafficsim.report.figures.harms import draw_harms
    from trafficsim.report.harm_tables import print_fates, print_harms, print_legend, print_matrix

    console = Console()
    for one in found:
        print_harms(frames, one, console)
        if options.harm:
            print_fates(one, options.harm, console)
        if options.matrix:
            print_matrix(one, console)
    print_legend(frames, found[0], console)
    folder = Path(options.folder) if options.folder else database.parent / "figures"
    save(partial(draw_harms, frames), "who_was_spared_what", folder)
    return 0


def life(options: argparse.Namespace) -> int:
    """Print one life under two arms, or some lives to choose from."""
    from dataclasses import asdict

    from rich.console import Console

    from trafficsim.cli.asking import own_settings, whole_number
    from trafficsim.composition import compose
    from trafficsim.errors import UserError
    from trafficsim.experiments.parting import lives_that_part, parting_of, two_arms
    from trafficsim.report.life_story import print_life, print_lives

    own, words = own_settings(options.words, LIFE_OWN)
    place = {key: whole_number(key, own[key], 0) for key in LIFE_OWN}
    keys, settings = [word for word in words if "=" not in word], [word for word in words if "=" in word]
    if len(keys) > 1:
        raise UserError(f"'{keys[1]}': one life at a time; settings are written KEY=VALUE.")
    given = {word.partition("=")[0] for word in settings}
    first, *_ = LIFE_ARMS
    arms = [] if "arms" in given else [f"arms=[{first if 'arm' in given else ','.join(LIFE_ARMS)}]"]
    draws = [] if given & {"draws", "study.draws", "design", "study.design"} else ["draws=0"]
    configuration = compose([*arms, *draws, *settings], options.config_dir)
    two = two_arms(configuration)
    waiting = Console(stderr=True).status(
        "Living through one replicate under both policies ..."
    )  # seen on terminals alone
    if not keys:
        with waiting:
            found = lives_that_part(configuration, **place)
        if options.json:
            print(json.dumps([asdict(one) for one in found], indent=2))
        else:
            print_lives(found, [arm.title for arm in two], Console())
        return 0
    with waiting:
        story = parting_of(configuration, keys[0], **place)
    if options.json:
        print(json.dumps(asdict(story), indent=2, ensure_ascii=False))
    else:
        print_life(story, Console())
    return 0


def _as_json(found: "list[Counterfactuals]", harm: str | None, matrix: bool) -> str:
    from trafficsim.analysis.counterfactuals import table_of

    told: list[dict[str, Any]] = []
    for one in found:
        tables: dict[str, Iterable[Any]] = {"harms": one.harms()}
        if harm:
            tables["fates"] = [*one.fates_of(harm), *one.fates_of(harm, "arm")]
        if matrix:
            tables["matrix"] = one.transitions()
        rows = {name: json.loads(table_of(each).to_json(orient="records")) for name, each in tables.items()}
        told.append({"baseline": one.baseline, "arm": one.arm, "lives_compared": one.compared, **rows})
    return json.dumps(told, indent=2)
