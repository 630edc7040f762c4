"""Figures of a study, made from its results file and from nothing else."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from trafficsim.errors import UserError
from trafficsim.experiments.frames import open_study
from trafficsim.report.figures.fates import draw_parting
from trafficsim.report.figures.harms import draw_harms
from trafficsim.report.figures.indicators import draw_differences, draw_indicators
from trafficsim.report.figures.over_time import draw_children, draw_statuses
from trafficsim.report.figures.prices import draw_prices
from trafficsim.report.figures.style import SETTINGS, Frames

DRAWINGS: dict[str, Callable[[Frames], Figure | None]] = {
    "statuses": draw_statuses,
    "indicators": draw_indicators,
    "differences": draw_differences,
    "where_lives_parted": draw_parting,
    "who_was_spared_what": draw_harms,
    "price_by_age": draw_prices,
    "children": draw_children,
}
DPI = 150
TABLES = ("studies", "arms", "indicators", "limits", "totals", "stocks", "fates", "harmed_lives", "changed_lives")


def draw_figures(database: Path | str, folder: Path | str, study: str | None = None) -> list[Path]:
    """Draw every figure that the study in the file ``database`` allows, as PNG and SVG; return the PNG files.

    A study of one arm has no differences, one without monthly series no figures over time. Raises :class:`UserError`
    where the file holds no finished replicate, or the folder cannot be written.
    """
    frames, folder = open_study(database, study, TABLES), Path(folder)
    if frames["totals"].empty:
        raise UserError(f"{database} holds no finished replicate, so there is nothing to draw.")
    made: list[Path] = []
    for name, draw in DRAWINGS.items():
        made += save_figure(partial(draw, frames), folder, name)
    return made


def save_figure(draw: Callable[[], Figure | None], folder: Path, name: str) -> list[Path]:
    """Draw a figure in the style of all and write it as PNG and SVG; return the PNG file, none where nothing is drawn.

    Raises :class:`UserError` where the folder cannot be written.
    """
    with matplotlib.rc_context(SETTINGS):
        figure = draw()
        if figure is None:
            return []
        try:
            folder.mkdir(parents=True, exist_ok=True)
            figure.set_dpi(DPI)  # laid out as it is drawn: the widths of letters are rounded to dots
            _lay_out(figure)
            figure.savefig(folder / f"{name}.svg", metadata={"Date": None})
            figure.savefig(folder / f"{name}.png", dpi=DPI)
        except OSError as problem:
            raise UserError(
                f"The figures could not be written to {folder}: {problem.strerror or problem}. The database is not touched by it."
            ) from problem
    return [folder / f"{name}.png"]


def _lay_out(figure: Figure) -> None:
    """Lay out once for both files, and round: the layout's last digits differ from time to time."""
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for part in figure.findobj(SubFigure):
        assert isinstance(part, SubFigure)
        part.bbox_relative.set_points(np.round(part.bbox_relative.get_points(), 6))
    for axes in figure.findobj(Axes):
        assert isinstance(axes, Axes)
        left, bottom, width, height = np.round(axes.get_position().bounds, 6)
        axes.set_position((left, bottom, width, height))
