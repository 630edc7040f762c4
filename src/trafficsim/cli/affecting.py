"""``trafficsim effects``: what arms change, for whom and when, how sure that is, and how many replicates it takes."""

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from trafficsim.cli import texts
from trafficsim.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

    from trafficsim.analysis.effects import Effects
    from trafficsim.analysis.measures import Measures
    from trafficsim.cli.asking import Verb

BY = ("area", "purpose", "sex", "age_band", "departure", "year")


def add_commands(verb: "Verb") -> None:
    """Add the command of this file to the parser."""
    effects = verb(
        "effects",
        "what arms change against another in the same lives, by group or year: intervals, corrected tests, how many replicates",
        texts.EFFECTS,
        show_effects,
    )
    effects.add_argument("database", metavar="FILE", help="the results file")
    effects.add_argument("--study", help="which one, where the file holds several (default: the newest)")
    effects.add_argument("--arm", action="append", default=[], metavar="A", help="only this arm (may be repeated)")
    effects.add_argument("--against", metavar="B", help="compare with this arm (default: the first)")
    effects.add_argument(
        "--indicator",
        action="append",
        default=[],
        metavar="I",
        help="only this one (may be repeated); 'all' for every one",
    )
    effects.add_argument("--by", choices=BY, help="tell groups, or years from the start of the policy, apart")
    effects.add_argument(
        "--level", type=_share, default=0.90, metavar="L", help="of intervals and tests (default: 0.9)"
    )
    effects.add_argument("--ratio", action="store_true", help="ratios of the levels as well")
    wanted = effects.add_mutually_exclusive_group()
    wanted.add_argument(
        "--width",
        type=_share,
        metavar="W",
        help="tell how many replicates make an interval of ± W times the level against",
    )
    wanted.add_argument(
        "--width-in-units", type=_positive, metavar="W", help="the same for ± W in the indicator's unit"
    )
    effects.add_argument(
        "--beside",
        metavar="FILE",
        help="another study of the same lives, with an assumption or a lever changed: what that does to what arms change",
    )
    effects.add_argument("--folder", help="where to draw (default: a folder 'figures' beside the database)")
    printed = effects.add_mutually_exclusive_group()
    printed.add_argument("--json", action="store_true", help="as JSON, for programs; nothing is drawn")
    printed.add_argument("--csv", metavar="F", help="write the table to this file; nothing is drawn")


def _share(text: str) -> float:
    try:
        value = float(text.removesuffix("%")) / (100.0 if text.endswith("%") else 1.0)
    except ValueError:
        value = 0.0
    if not 0.0 < value < 1.0:
        raise argparse.ArgumentTypeError(
            f"{text}: it should lie between 0 and 1, as 0.1 does, or be a per cent, as 10%"
        )
    return value


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text}: it should be a number above 0")
    return value


def show_effects(options: argparse.Namespace) -> int:
    """Print the effects in a study, or how many replicates they take, and draw them."""
    from trafficsim.analysis.effects import effects
    from trafficsim.analysis.measures import ALL, measures_in
    from trafficsim.analysis.power import needs_of
    from trafficsim.cli.choosing import print_json
    from trafficsim.experiments.frames import open_study
    from trafficsim.report.figures.indicators import HEADLINES

    indicators = [] if "all" in options.indicator else options.indicator or list(HEADLINES)
    if options.beside:
        return _show_beside(options, indicators)
    measures = measures_in(options.database, options.study, options.by or ALL, indicators)
    found = effects(measures, options.arm, options.against, options.level)
    frames = open_study(options.database, measures.study, ["studies", "arms", "indicators", "limits", "runs"])
    width = options.width or options.width_in_units
    if width is None:
        table, name = found.table, "effects"
        facts = {"by": found.by, "level": found.level, "family": found.family}
    else:
        table = needs_of(
            measures, list(found.table["arm"].unique()), found.against, width, bool(options.width), options.level
        )
        name, facts = "needs", {"by": found.by, "level": options.level, "width": width, "relative": bool(options.width)}
    if options.json:
        print_json(frames, {**facts, "worlds": measures.worlds, "replicates": measures.replicates}, {name: table})
    elif options.csv:
        _write(table, options.csv)
    elif width is None:
        _print_and_draw(found, measures, frames, options)
    else:
        _print_needs(table, measures, frames, options)
    return 0


def _show_beside(options: argparse.Namespace, indicators: list[str]) -> int:
    from trafficsim.analysis.beside import beside
    from trafficsim.analysis.measures import ALL, measures_in
    from trafficsim.cli.choosing import print_json
    from trafficsim.experiments.files import reading
    from trafficsim.experiments.frames import open_study
    from trafficsim.experiments.points import configuration_in
    from trafficsim.report.beside import print_beside
    from trafficsim.report.choice import console

    if options.by or options.against or options.arm or options.ratio or options.width or options.width_in_units:
        raise UserError("--beside goes with --indicator, --level, --study, --json and --csv alone.")
    here = measures_in(options.database, options.study, ALL, indicators)
    there = measures_in(options.beside, None, ALL, indicators)
    plain = []
    for file, study in ((options.database, here.study), (options.beside, there.study)):
        with reading(file) as connection:
            plain.append(configuration_in(connection, Path(file), study).plain())
    found = beside(here, there, (plain[0], plain[1]), options.level)
    frames = open_study(options.database, here.study, ["studies", "arms", "indicators", "limits", "runs"])
    if options.json:
        print_json(
            frames,
            {"beside": there.study, "changed": dict(found.changed), "level": found.level},
            {"beside": found.table},
        )
    elif options.csv:
        _write(found.table, options.csv)
    else:
        print_beside(found, here, there, frames, console())
    return 0


def _write(table: "pd.DataFrame", path: str) -> None:
    try:
        table.to_csv(path, index=False)
    except OSError as error:
        raise UserError(f"--csv {path}: the table could not be written: {error.strerror or error}.") from error
    print(f"Table: {path} ({len(table):,} rows)")


def _print_and_draw(
    found: "Effects", measures: "Measures", frames: "dict[str, pd.DataFrame]", options: argparse.Namespace
) -> None:
    from trafficsim.cli.choosing import save
    from trafficsim.report.choice import console
    from trafficsim.report.effects import print_effects
    from trafficsim.report.figures.effects import draw_effects, draw_years

    print_effects(found, measures, frames, options.ratio, console())
    if found.by == "year":
        save(partial(draw_years, found, measures, frames), "effects_by_year", _folder(options))
    else:
        name = "effects" if found.by == "all" else f"effects_by_{found.by}"
        draw = partial(draw_effects, found, measures, frames, options.ratio)
        save(draw, f"{name}_as_ratios" if options.ratio else name, _folder(options))


def _print_needs(
    table: "pd.DataFrame", measures: "Measures", frames: "dict[str, pd.DataFrame]", options: argparse.Namespace
) -> None:
    from trafficsim.cli.choosing import save
    from trafficsim.report.choice import console
    from trafficsim.report.effects import print_needs
    from trafficsim.report.figures.widths import draw_widths

    print_needs(table, measures, frames, options.level, console())
    save(partial(draw_widths, table, measures, frames, options.level), "widths", _folder(options))


def _folder(options: argparse.Namespace) -> Path:
    return Path(options.folder) if options.folder else Path(options.database).parent / "figures"
