"""Waves of histories: each is lived through at points that the wave before has not ruled out, and kept on disk as it goes.

The first wave covers the ranges of all uncertain parameters, fitted or not, as a Latin hypercube. Later ones draw the fitted
parameters from what is not implausible, and the others again from their ranges: what is not fitted stays as uncertain as
the catalogue says, in the emulator's residual too.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trafficsim.analysis.calibration.history import live_history
from trafficsim.analysis.calibration.observation import observe
from trafficsim.analysis.calibration.targets import Targets
from trafficsim.analysis.stored_runs import Told, key_of, numbers_of_runs, seed_of_run
from trafficsim.catalog import Catalog, Parameter
from trafficsim.catalog.reading import nearest
from trafficsim.course import model_version
from trafficsim.designs import Point, latin_hypercube, uncertain_parameters, value_at
from trafficsim.errors import UserError

END = "2016-01"
"""Histories are lived through up to here: nothing later is fitted."""


@dataclass(frozen=True)
class Space:
    """The uncertain parameters of a corridor in the catalogue's order; ``fitted`` holds the places of the fitted ones.

    So the first wave stays what it was where something else is to be fitted.
    """

    parameters: tuple[tuple[str, str, Parameter], ...]
    fitted: tuple[int, ...]

    @classmethod
    def of(cls, known: Catalog, targets: Targets) -> "Space":
        """Return the space; :class:`UserError` for a fitted parameter that is unknown or not uncertain."""
        every = uncertain_parameters(known)
        places = {f"{process}.{name}": place for place, (process, name, _) in enumerate(every)}
        for name in targets.fitted:
            if name not in places:
                raise UserError(
                    f"targets/{targets.corridor}.yaml: fitted: '{name}' is no uncertain parameter.{nearest(name, places)}"
                )
        return cls(tuple(every), tuple(places[name] for name in targets.fitted))

    def points(self, quantiles: NDArray[np.float64]) -> list[Point]:
        """Return the assumptions at quantiles of shape (points, parameters)."""
        points: list[Point] = [{} for _ in quantiles]
        for place, (process, name, parameter) in enumerate(self.parameters):
            for point, value in zip(points, value_at(parameter, quantiles[:, place]).tolist(), strict=True):
                point.setdefault(process, {})[name] = value
        return points

    def of_fitted(self, quantiles: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the columns of the fitted parameters, shape (points, fitted)."""
        return quantiles[:, list(self.fitted)]

    def with_others(self, fitted: NDArray[np.float64], generator: np.random.Generator) -> NDArray[np.float64]:
        """Return quantiles of all parameters: the fitted ones, shape (points, fitted), and a Latin hypercube over the others."""
        quantiles = latin_hypercube(len(self.parameters), len(fitted), generator)
        quantiles[:, list(self.fitted)] = fitted
        return quantiles


@dataclass(frozen=True)
class Wave:
    """One wave: ``quantiles``, shape (runs, parameters), as :class:`Space` has them; ``observed``, shape (runs, statistics).

    A row of ``observed`` is all NaN where the run is not yet done.
    """

    number: int
    quantiles: NDArray[np.float64]
    observed: NDArray[np.float64]


@dataclass(frozen=True)
class Place:
    """Where a calibration is kept and what decides its waves."""

    folder: Path
    seed: int
    scale: float
    workers: int = 0


def first_wave(space: Space, place: Place, runs: int) -> NDArray[np.float64]:
    """Return the quantiles of the first wave: a Latin hypercube over everything uncertain."""
    return latin_hypercube(len(space.parameters), runs, np.random.default_rng([place.seed, 1]))


def live_wave(
    number: int, quantiles: NDArray[np.float64], space: Space, known: Catalog, names: Sequence[str], place: Place,
    told: Told | None = None,
) -> Wave:  # fmt: skip
    """Live through what the wave lacks on disk and return it whole; stopped by Ctrl-C, it goes on from there next time.

    ``names`` are the statistics to observe. A wave on disk of other rules, numbers, points or settings is done again.
    """
    key = key_of(
        {
            "rules": model_version(), "catalog": known.digest(), "names": list(names), "seed": place.seed,
            "scale": place.scale, "end": END, "points": hashlib.sha256(np.ascontiguousarray(quantiles).tobytes()).hexdigest(),
        }
    )  # fmt: skip
    jobs = [
        (point, seed_of_run(place.seed, str(number), run), place.scale, known, tuple(names))
        for run, point in enumerate(space.points(quantiles))
    ]
    path = place.folder / f"wave_{number}.npz"
    return Wave(number, quantiles, numbers_of_runs(path, key, len(names), _observed, jobs, place.workers, told))


def _observed(
    numbered: tuple[int, tuple[Point, int, float, Catalog, tuple[str, ...]]],
) -> tuple[int, list[float]]:
    """Live through one history, in a worker."""
    run, (point, seed, scale, known, names) = numbered
    found = observe(live_history(point, seed, scale, END, known))
    return run, [found[name] for name in names]
