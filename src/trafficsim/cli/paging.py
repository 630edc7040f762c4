"""``trafficsim app``: the page in the browser, for this machine alone."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from trafficsim.cli import texts

if TYPE_CHECKING:
    from trafficsim.cli.asking import Verb


def add_commands(verb: "Verb") -> None:
    """Add the command of this file to the parser."""
    added = verb(
        "app",
        "open the page in the browser: run arms live beside each other, move levers, follow one life, open a stored study",
        texts.APP,
        app,
    )
    added.add_argument(
        "--port", type=int, default=8765, help="port on this machine (default: 8765; 0: any that is free)"
    )
    added.add_argument("--folder", metavar="DIR", help="where stored studies lie (default: results)")
    added.add_argument("--no-browser", action="store_true", help="print the address, and open no browser")


def app(options: argparse.Namespace) -> int:
    """Serve the page until Ctrl-C, which is how it ends."""
    from contextlib import suppress

    from trafficsim.app.serving import serve

    with suppress(KeyboardInterrupt):
        serve(
            options.port,
            browser=not options.no_browser,
            told=lambda text: print(text, flush=True),
            folder=Path(options.folder) if options.folder else None,
        )
    return 0
