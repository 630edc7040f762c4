"""What tests share: a browser, for those that look at pages as people do."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = Path("/usr/bin/chromium")
SWITCHES = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's Chromium; where it is not installed, a test of a page is skipped, save on the continuous integration.

    No longer than for one file of tests: as long as it is open, an event loop runs, and other tests may want one of theirs.
    """
    if not CHROMIUM.exists():
        missing = "There is no Chromium at /usr/bin/chromium; 'apt-get install chromium' lets this test run."
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield chromium
        chromium.close()
