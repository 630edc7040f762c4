"""(l) How many months a second does the browser page play, with everybody's pictures drawn anew each month?

Measured end to end in Debian's Chromium without a graphics card: the server lives through a month in every arm and draws, the
browser shows it, and what counts is how many different months stood in the page while it was painted (one look a frame, with
``requestAnimationFrame``). Two arms run, then three, after a lever was moved.
"""

import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.findings import ROOT, answer, finding, missing

AT_LEAST, LIVING = 5.0, 20_000
SECONDS = 3.0
CHROMIUM = Path("/usr/bin/chromium")
SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
QUESTION = "How many months a second does the page in the browser play?"

WATCH = """seconds => new Promise(done => {
  const seen = new Set(), began = performance.now();
  function look() {
    seen.add(document.querySelector("#date").innerText);
    const passed = (performance.now() - began) / 1000;
    if (passed < seconds) requestAnimationFrame(look); else done((seen.size - 1) / passed);
  }
  requestAnimationFrame(look);
})"""
READY = "document.querySelector('.ts-waiting') === null"
PULL = """slider => { slider.value = 50; for (const kind of ["input", "change"])
  slider.dispatchEvent(new Event(kind, {bubbles: true})); }"""


def measure(quick: bool = False) -> dict[str, Any]:
    """Play the page at two scales."""
    if not CHROMIUM.exists():
        return answer(QUESTION, [missing("months a second in the page", "not installed: apt-get install chromium")])
    words = [sys.executable, "-m", "trafficsim", "app", "--port", "0", "--no-browser"]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().partition(": ")[2].strip()
            played = [_played(f"{address}?{query}", 1.0 if quick else SECONDS) for query in _queries(quick)]
        finally:
            process.terminate()
    findings = [
        finding(
            f"months a second, {one['arms']} arms, {one['persons']:,} living people in each", one["rate"], "months a second",
            at_least=AT_LEAST, judged=not quick and one["persons"] >= LIVING,
        )
        for each in played
        for one in each
    ]  # fmt: skip
    return answer(QUESTION, findings, played=played)


def _queries(quick: bool) -> list[str]:
    # Long enough that the run is not over before the look is.
    return ["scale=0.01&start=2000-01&years=20"] if quick else ["scale=0.08&years=20", "scale=1&years=20"]


def _played(address: str, seconds: float) -> list[dict[str, Any]]:
    """Return how fast the page at ``address`` plays two arms, then three."""
    from playwright.sync_api import sync_playwright

    found = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(address)
        page.wait_for_selector("#play", timeout=120_000)
        page.get_by_label("Speed").select_option(label="as fast as it goes")
        first = page.inner_text("#date")
        for arms in (2, 3):
            if arms == 3:
                page.click("#restart")
                page.wait_for_function(f"document.querySelector('#date').innerText === '{first}' && {READY}")
                page.locator("#lever-prevention").evaluate(PULL)
                page.locator("#chart .legend li").nth(3).wait_for()
            page.click("#play")
            rate = page.evaluate(WATCH, seconds)
            page.click("#play")
            page.wait_for_function("document.querySelector('#play').innerText === 'Play'")
            persons = int(page.inner_text("#persons").replace(",", ""))
            found.append({"arms": arms, "rate": rate, "persons": persons})
        browser.close()
    return found
