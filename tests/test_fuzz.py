"""Files as nobody would write them: each is read, or refused with a sentence; none ends in a traceback, or writes anywhere.

``make fuzz`` tries fifty times as many.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import trafficsim
from trafficsim.analysis.calibration.targets import read_targets
from trafficsim.app.address import read_address
from trafficsim.catalog import catalog, corridors
from trafficsim.claims import load_claim
from trafficsim.designs import points_in_file
from trafficsim.errors import UserError
from trafficsim.policy import load_arm

EACH = int(os.environ.get("TRAFFICSIM_FUZZ", "400"))
"""Inputs that each reader is given."""

SOURCES = Path(trafficsim.__file__).parent
ODD = [
    "", "null", "true", "~", "nan", ".inf", "-1", "1e400", "9" * 400, "0x10", "2024-13", "[]", "{}", "[[[[", "{a: {b: {c: }}}",
    "*a", "&a", "!!python/object:os.system", "!!binary x", "<script>", "../../etc/passwd", "\x00", "\u202e", "정책", "💥", "'", '"',
    ": :", "- -", "%YAML 9", "---", "...", "=1+1", "policy_start", "${oc.env:HOME}", "a" * 5000, "1,2,3", ";", "\t",
]  # fmt: skip
CSV = "market.price_bride,life.child_tie\n3000,0.5\n4000,0.6\n"
ADDRESS = "arms=status_quo,letter_package&scale=0.05&start=2024-04&years=10&month=2026-02&tab=live&life=12"


def mutated(text: str, cut: str) -> st.SearchStrategy[str]:
    """Return texts with a few of the parts of ``text`` (between ``cut``) taken out, doubled, swapped or put another way."""
    parts = text.split(cut)

    def apply(changes: list[tuple[int, str, str, int]]) -> str:
        found = list(parts)
        for place, how, odd, other in changes:
            if not found:
                break
            place, other = place % len(found), other % len(found)
            if how == "out":
                del found[place]
            elif how == "double":
                found.insert(place, found[other])
            elif how == "swap":
                found[place], found[other] = found[other], found[place]
            elif how == "odd":
                head, colon, _ = found[place].partition(":")
                found[place] = f"{head}{colon} {odd}" if colon else odd
            elif how == "inside":
                middle = other % (len(found[place]) + 1)
                found[place] = found[place][:middle] + odd + found[place][middle:]
            else:
                found[place] = found[place][: other % (len(found[place]) + 1)]
        return cut.join(found)

    kinds = st.sampled_from(["out", "double", "swap", "odd", "odd", "inside", "short"])
    odd = st.sampled_from(ODD) | st.text(max_size=20) | st.floats().map(str) | st.integers().map(str)
    change = st.tuples(st.integers(0, 300), kinds, odd, st.integers(0, 300))
    return st.lists(change, min_size=1, max_size=4).map(apply)


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

WRITES = ("w", "a", "x", "+")
watched: dict[str, Any] = {"on": False, "wrote": []}


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if not watched["on"]:
        return
    if event == "open" and isinstance(arguments[1], str) and any(letter in arguments[1] for letter in WRITES):
        watched["wrote"].append(str(arguments[0]))
    if event in ("os.mkdir", "os.rename", "os.remove", "os.system", "subprocess.Popen"):
        watched["wrote"].append(event)


sys.addaudithook(_watch)


def tried(read: Callable[[], Any]) -> None:
    """Read; what is refused must be refused in a sentence, and nothing may be written."""
    watched["on"], watched["wrote"] = True, []
    try:
        read()
    except UserError as refused:
        assert len(str(refused)) > 15, str(refused)
    finally:
        watched["on"] = False
    assert watched["wrote"] == []


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
