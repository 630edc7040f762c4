"""Files as nobody would write them: each is read, or refused with a sentence; none ends in a traceback, or writes anywhere.

``make fuzz`` tries thirty times as many.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fuzzing.odd import mutated
from fuzzing.trying import EACH, tried
from hypothesis import HealthCheck, given, settings

import trafficsim
from trafficsim.analysis.calibration.targets import read_targets
from trafficsim.app.address import read_address
from trafficsim.catalog import catalog, corridors
from trafficsim.claims import load_claim
from trafficsim.designs import points_in_file
from trafficsim.policy import load_arm

SOURCES = Path(trafficsim.__file__).parent
CSV = "market.price_bride,life.child_tie\n3000,0.5\n4000,0.6\n"
ADDRESS = "arms=status_quo,letter_package&scale=0.05&start=2024-04&years=10&month=2026-02&tab=live&life=12"


def corridor(folder: Path) -> Any:
    corridors._load.cache_clear()  # the same name, with other content each time
    return corridors.load_corridor("mine", [folder]).assumptions()


READERS: dict[str, tuple[str, str, str, Callable[[Path], Any]]] = {
    "arm": ("arm/mine.yaml", (SOURCES / "configs/arm/interim_measures.yaml").read_text(), "\n",
            lambda path: load_arm("mine", [path])),
    "corridor": ("corridor/mine.yaml", (SOURCES / "configs/corridor/teaching.yaml").read_text(), "\n",
                 corridor),
    "claim": ("claim/mine.yaml", (SOURCES / "configs/claim/package_halves_refoulement.yaml").read_text(), "\n",
              lambda path: load_claim("mine", [path])),
    "design": ("points.csv", CSV, ",", lambda path: points_in_file(catalog(), str(path / "points.csv"))),
    "targets": ("mine.yaml", (SOURCES / "analysis/calibration/targets/first.yaml").read_text(), "\n",
                lambda path: read_targets(path / "mine.yaml")),
}  # fmt: skip


@pytest.mark.parametrize("reader", READERS)
def test_any_file_is_read_or_refused_in_a_sentence(reader: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    place, text, cut, read = READERS[reader]
    folder = tmp_path_factory.mktemp(reader)
    path = folder / place
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    read(folder)  # as it stands it is read, so that what follows is not refused for another reason

    @settings(
        max_examples=EACH, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(mutated(text, cut))
    def holds(changed: str) -> None:
        path.write_bytes(changed.encode("utf-8", "surrogatepass"))
        tried(lambda: read(folder))

    holds()


@settings(max_examples=EACH, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(mutated(ADDRESS, "&"))
def test_any_address_opens_the_page_with_what_can_be_made_of_it(query: str) -> None:
    address, told = read_address(query)
    assert address is not None
    assert all(15 < len(sentence) < 3_000 for sentence in told)
