"""Tables of a results file as CSV or Parquet files."""

import importlib.util
from collections.abc import Iterator, Sequence
from pathlib import Path
from sqlite3 import Connection

import pandas as pd

from trafficsim.errors import UserError
from trafficsim.experiments.files import checked_columns, reading
from trafficsim.experiments.schema import TABLES

FORMATS = ("csv", "parquet")
VIEWS = ("comparison", "who_says")
ROWS_AT_A_TIME = 200_000
"""An event log may be larger than memory."""
TYPES = {str: "string", int: "Int64", float: "Float64"}


def export_study(database: Path | str, folder: Path | str, formats: Sequence[str] | str = ("csv",)) -> list[Path]:
    """Write each table of the file ``database``, and its view, into ``folder``, once a format; return the files.

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
    folder = Path(folder)
    write = {"csv": _write_csv, "parquet": _write_parquet}
    written: list[Path] = []
    try:
        with reading(database) as connection:
            folder.mkdir(parents=True, exist_ok=True)
            for table in (*TABLES, *VIEWS):
                for name in wanted:
                    path = folder / f"{table}.{name}"
                    write[name](path, _pieces(connection, database, table))
                    written.append(path)
    except OSError as problem:
        raise UserError(
            f"The folder {folder} could not be written: {problem.strerror or problem}. Choose another with --folder."
        ) from problem
    return written


def _pieces(connection: Connection, database: Path | str, table: str) -> Iterator[pd.DataFrame]:
    """Yield a table piece by piece, at least one, with types that do not depend on what stands in it."""
    types = {column: TYPES[kind] for column, (kind, _) in TABLES.get(table, {}).items()}
    for piece in pd.read_sql_query(f"select * from {table}", connection, chunksize=ROWS_AT_A_TIME):
        if types:  # of views, some columns may be empty
            checked_columns(piece, database)
        yield piece.astype(types) if types else piece.convert_dtypes()


def _write_csv(path: Path, pieces: Iterator[pd.DataFrame]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        for number, piece in enumerate(pieces):
            piece.to_csv(file, index=False, header=number == 0)


def _write_parquet(path: Path, pieces: Iterator[pd.DataFrame]) -> None:
    import pyarrow
    from pyarrow.parquet import ParquetWriter

    first = pyarrow.Table.from_pandas(next(pieces), preserve_index=False)
    with ParquetWriter(path, first.schema) as writer:
        writer.write_table(first)
        for piece in pieces:
            writer.write_table(pyarrow.Table.from_pandas(piece, schema=first.schema, preserve_index=False))
