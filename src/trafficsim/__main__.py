"""``python -m trafficsim`` is ``trafficsim``."""

import sys

from trafficsim.cli import main

if __name__ == "__main__":
    sys.exit(main())
