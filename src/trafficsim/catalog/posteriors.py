"""Posteriors: the draws of assumptions that calibration left for a corridor, one CSV file each with a YAML file beside it.

>>> from trafficsim.catalog.posteriors import has_posterior
>>> has_posterior("first"), has_posterior("teaching")
(True, False)
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from trafficsim.catalog.reading import one_of, read_mapping
from trafficsim.errors import UserError

FOLDER = Path(__file__).parent / "posteriors"
"""The posteriors that come with the package."""


@dataclass(frozen=True)
class Posterior:
    """What calibration left of the assumptions of one corridor.

    ``names`` are the fitted parameters ("life.onward_monthly"), ``rows`` the draws, one value a name, in random order;
    ``about`` says how they were made: model and catalogue at that time, method, settings, diagnostics, targets unmet.
    """

    corridor: str
    names: tuple[str, ...]
    rows: tuple[tuple[float, ...], ...]
    about: Mapping[str, Any]

    @property
    def ranges(self) -> Mapping[str, Any]:
        """The range [low, high] of each fitted parameter at the time of the calibration."""
        return self.about["ranges"]


def has_posterior(corridor: str) -> bool:
    """Return whether the package holds a posterior for the corridor of that name."""
    return corridor in posterior_names()


def posterior_names() -> list[str]:
    """Return the corridors that have a posterior, sorted."""
    return sorted(path.stem for path in FOLDER.glob("*.csv"))


def load_posterior(corridor: str) -> Posterior:
    """Return the posterior of a corridor; :class:`UserError` where it has none."""
    if not has_posterior(corridor):
        raise UserError(
            f"There is no posterior: the corridor '{corridor}' was never calibrated. Calibrated: {one_of(posterior_names())}. "
            f"A study draws over the ranges of the catalogue with study.design=latin_hypercube."
        )
    return read_posterior(FOLDER / f"{corridor}.csv")


@cache
def read_posterior(path: Path) -> Posterior:
    """Return the posterior in the CSV file ``path`` and the YAML file beside it."""
    about = read_mapping(path.with_suffix(".yaml"), f"posteriors/{path.stem}.yaml")
    try:
        with path.open(newline="", encoding="utf-8") as file:
            names, *rows = csv.reader(file, strict=True)
            draws = tuple(tuple(float(value) for value in row) for row in rows)
    except (OSError, UnicodeDecodeError, csv.Error, ValueError) as problem:
        raise UserError(f"posteriors/{path.name} cannot be read: {problem}.") from None
    if not draws or any(len(row) != len(names) for row in draws):
        raise UserError(f"posteriors/{path.name}: each line must hold {len(names)} values, as many as names in line 1.")
    return Posterior(path.stem, tuple(names), draws, about)
