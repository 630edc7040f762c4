"""The points of a study in a results file: as they stand there, or made again where the configuration gives them."""

import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from trafficsim.configuration import Configuration
from trafficsim.designs import LAID_OUT
from trafficsim.errors import UserError
from trafficsim.experiments.files import DamagedFileError, frame_in, reading
from trafficsim.layouts import LaidOutPoints, Layout


def study_in(connection: sqlite3.Connection, path: Path | str, study: str | None) -> str:
    """Return the id of the study: the newest, or ``study``. Raises :class:`UserError` where the file has no such study."""
    studies = [row[0] for row in connection.execute("select id from studies order by created, rowid")]
    if not studies or (study is not None and study not in studies):
        raise UserError(
            f"{path} holds no study{f' {study}' if study else ''}. It holds: {', '.join(studies) or 'none'}."
        )
    return study or studies[-1]


def points_again(configuration: Configuration, where: str) -> LaidOutPoints:
    """Return the points of a study whose results file does not hold them: the configuration gives them again.

    Raises :class:`UserError`, beginning with ``where``, if they come out otherwise than when the study was made.
    """
    points = configuration.points()
    if not isinstance(points, LaidOutPoints) or points.digest() != configuration.points_digest:
        raise UserError(
            f"{where}: its design {configuration.study.design} comes out otherwise here than when it was made, with another "
            f"catalogue or other libraries; install the trafficsim that made it."
        )
    return points


def configuration_in(connection: sqlite3.Connection, path: Path | str, study: str) -> Configuration:
    """Return the configuration of a study. Raises :class:`DamagedFileError` where the file cannot tell it any more."""
    row = connection.execute(
        "select content from studies join configurations on hash = configuration where id = ?", [study]
    ).fetchone()
    try:
        plain = json.loads(row[0]) if row else None
    except ValueError:
        plain = None
    if not isinstance(plain, Mapping):
        raise DamagedFileError(f"{path}: the configuration of study {study} is missing or unreadable.")
    return Configuration.from_plain(plain, f"{path}: configuration of study {study}")


def laid_out_in(connection: sqlite3.Connection, path: Path | str, study: str) -> LaidOutPoints | None:
    """Return the points of a study of a laid out design, made again; None for other designs, and without draws."""
    row = connection.execute("select design, draws from studies where id = ?", [study]).fetchone()
    if row is None or row[0] not in LAID_OUT or not row[1]:
        return None
    return points_again(configuration_in(connection, path, study), f"{path}: study {study}")


def assumptions_in(path: Path | str, study: str | None = None) -> tuple[pd.DataFrame, Layout | None]:
    """Return the assumptions that differ between the draws of a study, and how its points belong together, if they do.

    One row a draw (index ``draw``), one column a parameter ("market.price_bride"), in the parameter's unit and in the order
    of the catalogue; no row where the study draws no assumptions.
    """
    with reading(path) as connection:
        chosen = study_in(connection, path, study)
        points = laid_out_in(connection, path, chosen)
        if points is not None:
            columns = pd.Index(points.layout.parameters, name="parameter")
            index = pd.RangeIndex(len(points), name="draw")
            return pd.DataFrame(points.values(), index, columns, copy=False), points.layout
        rows = frame_in(connection, path, "select draw, process, name, value from draws where study = ?", [chosen])
    return wide(rows), None


def wide(draws: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of table ``draws`` with one row a draw and one column a parameter."""
    named = draws.assign(parameter=draws["process"] + "." + draws["name"])
    order = named["parameter"].drop_duplicates()  # the catalogue's, which a pivot would sort
    return named.pivot(index="draw", columns="parameter", values="value")[list(order)]
