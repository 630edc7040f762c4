"""The posterior on disk: draws as a CSV file, and beside it a YAML file that says how they came about."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from trafficsim.analysis.calibration.targets import Targets
from trafficsim.catalog import Catalog, Parameter
from trafficsim.course import model_version
from trafficsim.designs import value_at

DIGITS = 4
"""Significant digits of a draw: the posterior is a hundred times as wide as what they leave out."""


def fitted_parameters(known: Catalog, targets: Targets) -> list[Parameter]:
    """Return the parameters that are fitted, in the targets' order."""
    return [known.parameters[process][name] for process, name in (each.split(".") for each in targets.fitted)]


def values_of(known: Catalog, targets: Targets, quantiles: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the values of the fitted parameters at ``quantiles``, same shape, as they are stored: rounded, in their ranges."""
    columns = []
    for place, parameter in enumerate(fitted_parameters(known, targets)):
        values = [float(f"{value:.{DIGITS}g}") for value in value_at(parameter, quantiles[:, place])]
        columns.append(np.clip(values, *parameter.range))
    return np.column_stack(columns)


def write_posterior(
    folder: Path, known: Catalog, targets: Targets, quantiles: NDArray[np.float64], about: Mapping[str, Any]
) -> Path:
    """Write the draws, shape (draws, fitted parameters) as quantiles, and ``about``; return the CSV file."""
    path = folder / f"{targets.corridor}.csv"
    folder.mkdir(parents=True, exist_ok=True)
    values = values_of(known, targets, quantiles)
    lines = [",".join(targets.fitted), *(",".join(f"{value:.{DIGITS}g}" for value in row) for row in values.tolist())]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    ranges = {
        name: list(parameter.range)
        for name, parameter in zip(targets.fitted, fitted_parameters(known, targets), strict=True)
    }
    whole = {
        "corridor": targets.corridor,
        "draws": len(values),
        "model_version": model_version(),
        "catalog_digest": known.digest(),
        "targets_digest": targets.digest,
        **about,
        "ranges": ranges,
    }
    text = yaml.safe_dump(whole, sort_keys=False, allow_unicode=True, width=120, default_flow_style=None)
    head = "# Written by `trafficsim calibrate`; read by study.design=posterior. Do not change by hand.\n"
    path.with_suffix(".yaml").write_text(head + text, encoding="utf-8")
    return path
