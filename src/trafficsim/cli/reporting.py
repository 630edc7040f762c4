"""``trafficsim report``: the table again, the figures, and all of it as one page and one PDF."""

import argparse
import sys
from pathlib import Path


def report(options: argparse.Namespace) -> int:
    """Print the table, draw the figures, write the report, and say where each file is."""
    from trafficsim.cli.studying import draw, print_table
    from trafficsim.report.document.pdf import TypstMissingError
    from trafficsim.report.document.reading import read_study
    from trafficsim.report.document.whole import document_of
    from trafficsim.report.document.writing import write_report

    database = Path(options.database)
    print_table(database, options.study)
    figures = draw(database, Path(options.folder) if options.folder else database.parent / "figures", options.study)
    folder = Path(options.folder) if options.folder else database.parent
    try:
        for path in write_report(document_of(read_study(database, options.study), figures), folder):
            print(f"Report:   {path}", flush=True)
    except TypstMissingError as missing:
        print(f"trafficsim: {missing}", file=sys.stderr)
    return 0
