"""Predictions: status-quo histories to 2025 at draws of the posterior, each with luck of its own."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trafficsim.analysis.stored_runs import Told, key_of, numbers_of_runs, seed_of_run
from trafficsim.analysis.validation.judging import Validation, judged
from trafficsim.analysis.validation.outlook import NAMES, outlook
from trafficsim.catalog import Catalog, load_catalog
from trafficsim.catalog.corridors import load_corridor
from trafficsim.catalog.posteriors import load_posterior
from trafficsim.course import model_version
from trafficsim.designs import Point, posterior_points


def validate(
    corridor: str, draws: int, scale: float, seed: int, workers: int, folder: Path, told: Told | None = None
) -> Validation:
    """Return how the posterior's predictions stand to what was held out; runs on disk are taken over."""
    return judged(predicted(corridor, draws, scale, seed, workers, folder, told), load_catalog())


def predicted(
    corridor: str, draws: int, scale: float, seed: int, workers: int, folder: Path, told: Told | None = None
) -> NDArray[np.float64]:
    """Return the predicted numbers, shape (draws, :data:`NAMES`): one history at each draw, seeds vary by draw."""
    known = load_corridor(corridor).assumptions()
    points = posterior_points(known, load_posterior(corridor), draws, seed)
    key = key_of(
        {"rules": model_version(), "catalog": known.digest(), "names": NAMES, "seed": seed, "scale": scale, "points": points}
    )  # fmt: skip
    jobs = [(point, seed_of_run(seed, "validation", run), scale, known) for run, point in enumerate(points)]
    return numbers_of_runs(folder / corridor / "predictions.npz", key, len(NAMES), _lived, jobs, workers, told)


def _lived(numbered: tuple[int, tuple[Point, int, float, Catalog]]) -> tuple[int, list[float]]:
    run, (point, seed, scale, known) = numbered
    return run, outlook(point, seed, scale, known)
