"""Tables of a results file as CSV or Parquet files."""

import importlib.util
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pandas as pd

from trafficsim.errors import UserError
from trafficsim.experiments.store import TABLES, open_study

FORMATS = ("csv", "parquet")


def export_study(database: Path | str, folder: Path | str, formats: Sequence[str] | str = ("csv",)) -> list[Path]:
    """Write each table of the file ``database`` into ``folder``, once a format; return the files.

    Raises :class:`UserError` for an unknown format, for Parquet where pyarrow is not installed, and for a file that is
    not a results file.
    """
    wanted = [formats] if isinstance(formats, str) else list(formats)
    for name in wanted:
        if name not in FORMATS:
            raise UserError(f"There is no format '{name}'. Allowed: {', '.join(FORMATS)}.")
    if "parquet" in wanted and importlib.util.find_spec("pyarrow") is None:
        raise UserError(
            "Parquet needs pyarrow, which is not installed: pip install 'trafficsim[parquet]'. CSV works without."
        )
    open_study(database)
    folder = Path(folder)
    written: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
            for table in TABLES:
                frame = pd.read_sql_query(f"select * from [{table}]", connection)
                for name in wanted:
                    path = folder / f"{table}.{name}"
                    if name == "csv":
                        frame.to_csv(path, index=False)
                    else:
                        frame.to_parquet(path, index=False)
                    written.append(path)
    except OSError as problem:
        raise UserError(
            f"The folder {folder} could not be written: {problem}. Choose another with --folder."
        ) from problem
    return written
