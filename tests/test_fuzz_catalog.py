"""Records of the catalogue as a slip of a hand would leave them: each reader takes them, or names file, line and key."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from fuzzing.odd import mutated
from fuzzing.trying import share, tried
from hypothesis import HealthCheck, given, settings

import trafficsim
from trafficsim.catalog import catalog, load_catalog, load_evidence
from trafficsim.catalog.coverage import load_remarks
from trafficsim.catalog.posteriors import read_posterior

SOURCES = Path(trafficsim.__file__).parent / "catalog"
FEW = 3
"""Records of each kind that a reader is given: a whole catalogue would take it a quarter of a second."""


def few(file: str, which: Callable[[str, Any], bool] = lambda name, record: True, without: tuple[str, ...] = ()) -> str:
    """Return the first few records of a file as YAML."""
    records = yaml.safe_load((SOURCES / file).read_text())
    found = [(name, record) for name, record in records.items() if which(name, record)][:FEW]
    plain = {name: {key: value for key, value in record.items() if key not in without} for name, record in found}
    return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=1000)


def small_catalogue(root: Path) -> Path:
    (root / "parameters").mkdir(parents=True)
    for file in ("parameters/market.yaml", "series.yaml", "levers.yaml", "indicators.yaml", "transitions.yaml"):
        (root / file).write_text(few(file))
    return root


def small_evidence(root: Path) -> Path:
    root.mkdir()
    letter = few("evidence/letter.yaml", lambda name, record: name.startswith("S"), ("related", "slip", "table"))
    cited = {key for record in yaml.safe_load(letter).values() for key in record["sources"]}
    known = yaml.safe_load((SOURCES / "evidence/sources.yaml").read_text())["references"]
    sources = {"references": [each for each in known if each["id"] in cited]}
    (root / "letter.yaml").write_text(letter)
    (root / "sources.yaml").write_text(yaml.safe_dump(sources, sort_keys=False, allow_unicode=True, width=1000))
    return root


def small_posterior(root: Path) -> Path:
    root.mkdir()
    for ending in ("csv", "yaml"):
        lines = (SOURCES / f"posteriors/first.{ending}").read_text().splitlines(keepends=True)
        (root / f"mine.{ending}").write_text("".join(lines[:FEW]) if ending == "csv" else "".join(lines))
    return root


def small_remarks(root: Path) -> Path:
    root.mkdir()
    (root / "coverage.yaml").write_text(few("coverage.yaml"))
    return root


READERS: dict[str, tuple[Callable[[Path], Path], Callable[[Path], Any], float]] = {
    "parameters/market.yaml": (small_catalogue, load_catalog, 0.8),
    "series.yaml": (small_catalogue, load_catalog, 0.4),
    "levers.yaml": (small_catalogue, load_catalog, 0.4),
    "indicators.yaml": (small_catalogue, load_catalog, 0.4),
    "transitions.yaml": (small_catalogue, load_catalog, 0.4),
    "letter.yaml": (small_evidence, load_evidence, 0.4),
    "sources.yaml": (small_evidence, load_evidence, 0.4),
    "mine.csv": (small_posterior, lambda root: read_posterior.__wrapped__(root / "mine.csv"), 0.2),
    "coverage.yaml": (small_remarks, lambda root: load_remarks(root / "coverage.yaml", catalog()), 0.4),
}
"""By file: what it stands among, what reads it, and its share of the inputs."""


@pytest.mark.parametrize("file", READERS)
def test_any_record_is_read_or_refused_in_a_sentence(file: str, tmp_path: Path) -> None:
    make, read, part = READERS[file]
    root = make(tmp_path / "mine")
    path = root / file
    text = path.read_text()
    read(root)  # as it stands it is read, so that what follows is not refused for another reason

    @settings(
        max_examples=share(part),
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(mutated(text, "," if file.endswith(".csv") else "\n"))
    def holds(changed: str) -> None:
        path.write_bytes(changed.encode("utf-8", "surrogatepass"))
        tried(lambda: read(root))

    holds()
