"""``trafficsim browse``: a results file as tables and questions in a browser, by Datasette, on this machine alone."""

import argparse
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from trafficsim.errors import UserError

if TYPE_CHECKING:
    from trafficsim.cli.asking import Verb

HOST, PORT = "127.0.0.1", 8001


def add_commands(verb: "Verb") -> None:
    """Add the command of this file to the parser."""
    parser = verb(
        "browse",
        "open a results file in the browser: tables with the meaning of each column, and questions to ask of them",
        "It writes what Datasette should know of the file beside it (FILE.metadata.json) and starts Datasette, which only this\n"
        "machine can reach and which changes nothing. Ctrl-C ends it.\n\n"
        "examples:\n  trafficsim browse results/teaching-1a2b3c4d5e6f/study.sqlite\n"
        "  trafficsim browse results/worlds/study.sqlite --only-metadata      write the metadata, and say how to use it\n",
        browse,
    )
    parser.add_argument("database", help="the results file")
    parser.add_argument(
        "--metadata", metavar="FILE", help="where to write the metadata (default: beside the results file)"
    )
    parser.add_argument("--only-metadata", action="store_true", help="start nothing")
    parser.add_argument(
        "--port", type=int, default=PORT, help=f"port on this machine (default: {PORT}; 0: any that is free)"
    )
    parser.add_argument("--no-browser", action="store_true", help="do not open the browser")


def browse(options: argparse.Namespace) -> int:
    """Write the metadata, and start Datasette on it."""
    from trafficsim.report.browsing import write_metadata

    if not 0 <= options.port <= 65535:
        raise UserError(f"--port {options.port}: allowed are 0 to 65535.")
    database = Path(options.database)
    written = write_metadata(database, options.metadata)
    words = [
        "serve",
        "--immutable",
        str(database),
        "--metadata",
        str(written),
        "--host",
        HOST,
        "--port",
        str(options.port),
    ]
    print(f"Metadata: {written}")
    if options.only_metadata:
        print(f"Use it:   datasette {' '.join(words)}")
        return 0
    if find_spec("datasette") is None:
        raise UserError("Browsing needs datasette, which is not installed: pip install 'trafficsim[browse]'.")
    sys.stdout.flush()
    return subprocess.call([sys.executable, "-m", "datasette", *words, *([] if options.no_browser else ["--open"])])
