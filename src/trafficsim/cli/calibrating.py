"""``trafficsim calibrate`` and ``validate``: fit the assumptions of a corridor, and hold the result against what it never saw."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trafficsim.cli import texts
from trafficsim.errors import UserError

if TYPE_CHECKING:
    from rich.progress import Progress

    from trafficsim.cli.asking import Verb

CALIBRATE = {
    "corridor": "first", "seed": "20240322", "scale": "0.2", "waves": "2", "runs": "1600", "draws": "512", "steps": "30000",
    "proofs": "64", "workers": "0", "folder": "results/calibration",
}  # fmt: skip
VALIDATE = {
    "corridor": "first", "draws": "128", "scale": "0.5", "seed": "20240322", "workers": "0", "folder": "results/validation",
}  # fmt: skip
FEWEST_RUNS = 160


def add_commands(verb: "Verb") -> None:
    """Add the commands of this file to the parser."""
    fit = verb(
        "calibrate",
        "fit the assumptions of a corridor to what was published of 1996 to 2015, and keep the posterior",
        texts.CALIBRATE,
        calibrate,
    )
    fit.add_argument("settings", nargs="*", metavar="KEY=VALUE", help="see below")
    fit.add_argument("--report", action="store_true", help="only show the posterior that is kept, and draw its figures")
    fit.add_argument(
        "--install", action="store_true", help="put the posterior into the package, where studies draw from"
    )
    held_out = verb(
        "validate",
        "hold predictions of the posterior against patterns that no fit has seen",
        texts.VALIDATE,
        validate,
    )
    held_out.add_argument("settings", nargs="*", metavar="KEY=VALUE", help="see below")
    held_out.add_argument("--install", action="store_true", help="keep the verdicts in the package, for its documents")


def calibrate(options: argparse.Namespace) -> int:
    """Calibrate, as far as that is not done yet; or show the posterior that the package holds."""
    from trafficsim.analysis.calibration.calibrating import Calibration, Settings
    from trafficsim.analysis.calibration.proving import prove
    from trafficsim.analysis.calibration.storing import write_posterior
    from trafficsim.analysis.calibration.summing import about, proof_in_words
    from trafficsim.catalog import posteriors

    own = _settings(options.settings, CALIBRATE)
    folder = Path(own["folder"])
    if options.report:
        _show(posteriors.load_posterior(own["corridor"]), folder / own["corridor"])
        return 0
    settings = Settings(
        own["corridor"], _whole(own, "seed", 0), _number(own, "scale"), _whole(own, "waves"),
        _whole(own, "runs", FEWEST_RUNS), _whole(own, "draws", 20), _whole(own, "steps", 500), _whole(own, "proofs", 0),
        _whole(own, "workers", 0), folder,
    )  # fmt: skip
    with _bars() as bars:
        calibration = Calibration(settings, _Told(bars))
        found = about(calibration)
        target = posteriors.FOLDER if options.install else folder / settings.corridor / "posterior"
        path = write_posterior(target, calibration.known, calibration.targets, calibration.fitted.draws, found)
        if settings.proofs:
            found["proof"] = proof_in_words(prove(calibration), calibration.targets.fitted)
            write_posterior(target, calibration.known, calibration.targets, calibration.fitted.draws, found)
    posteriors.read_posterior.cache_clear()
    _show(posteriors.read_posterior(path), folder / settings.corridor)
    print(f"Posterior: {path}")
    return 0


def _show(posterior: Any, folder: Path) -> None:
    """Print a posterior and draw its figures, as far as it holds what they show."""
    from trafficsim.analysis.calibration.targets import load_targets
    from trafficsim.catalog.corridors import load_corridor
    from trafficsim.report.calibration import print_posterior
    from trafficsim.report.choice import console
    from trafficsim.report.figures import save_figure
    from trafficsim.report.figures.calibration import draw_posterior, draw_ranks, draw_targets

    print_posterior(posterior, console())
    known = load_corridor(posterior.corridor).assumptions()
    says = {one.target: one.says for one in load_targets(posterior.corridor).statistics}
    drawings = {
        "posterior": ("parameters", lambda: draw_posterior(posterior, known)),
        "targets": ("targets", lambda: draw_targets(posterior, says)),
        "ranks": ("proof", lambda: draw_ranks(posterior)),
    }
    for name, (needs, draw) in drawings.items():
        if needs in posterior.about:
            for path in save_figure(draw, folder / "figures", name):
                print(f"Figure:   {path}", flush=True)


def validate(options: argparse.Namespace) -> int:
    """Predict what was held out, as far as that is not done yet, and judge it."""
    from trafficsim.analysis.validation.judging import keep_validation
    from trafficsim.analysis.validation.predicting import validate as judge
    from trafficsim.catalog import posteriors
    from trafficsim.report.calibration import print_validation
    from trafficsim.report.choice import console
    from trafficsim.report.figures import save_figure
    from trafficsim.report.figures.calibration import small_print
    from trafficsim.report.figures.validation import draw_validation

    own = _settings(options.settings, VALIDATE)
    folder, corridor = Path(own["folder"]), own["corridor"]
    posterior = posteriors.load_posterior(corridor)
    with _bars() as bars:
        told = _Told(bars)
        found = judge(
            corridor, _whole(own, "draws"), _number(own, "scale"), _whole(own, "seed", 0), _whole(own, "workers", 0), folder,
            lambda done, of: told.moved("histories to 2025", done, of),
        )  # fmt: skip
    print_validation(found, console())
    if options.install:
        print(f"Kept:     {keep_validation(found, posteriors.FOLDER / f'{corridor}_validation.yaml')}")
    for path in save_figure(
        lambda: draw_validation(found, small_print(posterior.about)), folder / corridor / "figures", "validation"
    ):
        print(f"Figure:   {path}", flush=True)
    return 0


def _settings(words: Sequence[str], known: dict[str, str]) -> dict[str, str]:
    from trafficsim.catalog.reading import nearest, one_of
    from trafficsim.cli.asking import own_settings

    own, rest = own_settings(words, known)
    if rest:
        key = rest[0].partition("=")[0]
        raise UserError(f"'{rest[0]}' is no setting.{nearest(key, known)} Allowed, each KEY=VALUE: {one_of(known)}.")
    return own


def _whole(own: dict[str, str], key: str, least: int = 1) -> int:
    from trafficsim.cli.asking import whole_number

    return whole_number(key, own[key], least)


def _number(own: dict[str, str], key: str) -> float:
    try:
        value = float(own[key])
    except ValueError:
        value = 0.0
    if not 0.0005 <= value <= 10.0:
        raise UserError(f"{key}={own[key]}: it should be a number from 0.0005 to 10.")
    return value


@contextmanager
def _bars() -> Iterator["Progress"]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bars:
        yield bars


class _Told:
    """Shows how far a calibration is: a bar for each kind of work, a sentence for what is done."""

    def __init__(self, bars: "Progress") -> None:
        self._bars = bars
        self._rows: dict[str, Any] = {}

    def said(self, sentence: str) -> None:
        """Say what came of something, on standard error."""
        self._bars.console.print(sentence, highlight=False, markup=False, soft_wrap=True)

    def moved(self, what: str, done: int, of: int) -> None:
        """Move the bar."""
        if what not in self._rows:
            self._rows[what] = self._bars.add_task(what, total=of)
        self._bars.update(self._rows[what], completed=done, total=of)
