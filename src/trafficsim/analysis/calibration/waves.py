"""Waves of histories: each is lived through at points that the wave before has not ruled out, and kept on disk as it goes.

The first wave covers the ranges of all uncertain parameters, fitted or not, as a Latin hypercube. Later ones draw the fitted
parameters from what is not implausible, and the others again from their ranges: what is not fitted stays as uncertain as
the catalogue says, in the emulator's residual too.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trafficsim.analysis.calibration.history import live_history
from trafficsim.analysis.calibration.observation import observe
from trafficsim.analysis.calibration.targets import Targets
from trafficsim.catalog import Catalog, Parameter
from trafficsim.catalog.reading import nearest
from trafficsim.course import model_version
from trafficsim.designs import Point, latin_hypercube, uncertain_parameters, value_at
from trafficsim.errors import UserError
from trafficsim.experiments.executors.many import in_many_processes

END = "2016-01"
"""Histories are lived through up to here: nothing later is fitted."""
KEEP_EVERY = 40
"""Runs between two writes of a wave to disk."""


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

    def seed_of(self, wave: int, run: int) -> int:
        """Return the seed of a run: luck differs from run to run."""
        digest = hashlib.sha256(f"{self.seed}/{wave}/{run}".encode()).digest()
        return int.from_bytes(digest[:8], "big") >> 1


Told = Callable[[int, int], None]
"""Told how many runs of how many are done."""


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
    path = place.folder / f"wave_{number}.npz"
    key = _key(quantiles, known, names, place)
    observed = _at_hand(path, key, (len(quantiles), len(names)))
    missing = np.flatnonzero(np.isnan(observed).all(axis=1)).tolist()
    points = space.points(quantiles)
    jobs = [(run, points[run], place.seed_of(number, run), place.scale, known, tuple(names)) for run in missing]
    done = len(quantiles) - len(missing)
    try:
        for run, found in in_many_processes(_observed, jobs, place.workers):
            observed[run] = found
            done += 1
            if told:
                told(done, len(quantiles))
            if done % KEEP_EVERY == 0:
                _keep(path, key, quantiles, observed)
    finally:
        if missing:
            _keep(path, key, quantiles, observed)
    return Wave(number, quantiles, observed)


def _observed(job: tuple[int, Point, int, float, Catalog, tuple[str, ...]]) -> tuple[int, list[float]]:
    """Live through one history, in a worker."""
    run, point, seed, scale, known, names = job
    found = observe(live_history(point, seed, scale, END, known))
    return run, [found[name] for name in names]


def _key(quantiles: NDArray[np.float64], known: Catalog, names: Sequence[str], place: Place) -> str:
    """Return a hash of everything that decides a wave's results."""
    settings: Mapping[str, Any] = {
        "rules": model_version(), "catalog": known.digest(), "names": list(names), "seed": place.seed, "scale": place.scale,
        "end": END, "points": hashlib.sha256(np.ascontiguousarray(quantiles).tobytes()).hexdigest(),
    }  # fmt: skip
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


def _at_hand(path: Path, key: str, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Return what of the wave is on disk, NaN elsewhere."""
    if path.is_file():
        with np.load(path) as stored:
            if str(stored["key"]) == key:
                return stored["observed"]
    return np.full(shape, np.nan)


def _keep(path: Path, key: str, quantiles: NDArray[np.float64], observed: NDArray[np.float64]) -> None:
    """Write the wave; a reader, or a kill, meets the old file or the new one and nothing between."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".part")
    with beside.open("wb") as file:
        np.savez_compressed(file, key=key, quantiles=quantiles, observed=observed)
    beside.replace(path)


def stored_waves(folder: Path) -> Iterator[Path]:
    """Yield the files of the waves in a folder, in order."""
    yield from sorted(folder.glob("wave_*.npz"), key=lambda path: int(path.stem.partition("_")[2]))
