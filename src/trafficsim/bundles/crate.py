"""The description of a bundle for other programs: RO-Crate 1.2 (https://w3id.org/ro/crate/1.2), JSON-LD in one file."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trafficsim.bundles.archive import MANIFEST, sum_of
from trafficsim.bundles.facts import CATALOG, CONFIGURATION, CRATE, DATABASE, ENVIRONMENT, README, Facts

SPECIFICATION = "https://w3id.org/ro/crate/1.2"
MIT = "https://spdx.org/licenses/MIT"
SOFTWARE, MAKERS, AUTHOR, MAKING = "#trafficsim", "#makers", "#author", "#making"

_FILES = {
    DATABASE: ("application/vnd.sqlite3", "The study's results: every run, with definitions, units, sources and limits"),
    CONFIGURATION: ("application/yaml", "The configuration: all that the results depend on"),
    CATALOG: ("application/json", "The catalogue of the model: parameters, ranges, evidence and sources"),
    ENVIRONMENT: ("application/json", "Versions of the software that made this bundle"),
    "requirements.txt": ("text/plain", "The lock file: every dependency with version and hash, as pip reads it"),
    README: ("text/markdown", "What this is, what it does not mean, and how to verify it"),
    "LICENSE": ("text/plain", "The licence of trafficsim"),
    "CITATION.cff": ("application/yaml", "How to cite trafficsim"),
    MANIFEST: ("text/plain", "SHA-256 of every other file, as sha256sum reads it"),
}  # fmt: skip
"""Files of a bundle: media type and what they are."""


def crate_of(facts: Facts, files: Mapping[str, Path | bytes], author: str = "") -> bytes:
    """Return the RO-Crate description of ``files`` (name -> path or content), which hold the study of ``facts``.

    The manifest is named without a sum, for it holds the sum of this description.
    """
    names = sorted([*files, MANIFEST])
    graph: list[dict[str, Any]] = [
        {"@id": CRATE, "@type": "CreativeWork", "about": _to("./"), "conformsTo": _to(SPECIFICATION)},
        {
            "@id": "./",
            "@type": "Dataset",
            "name": f"Study {facts.study}: {', '.join(facts.arms)}",
            "description": description_of(facts),
            "identifier": facts.study,
            "datePublished": facts.day,
            "license": _to(MIT),
            **({"author": _to(AUTHOR)} if author else {}),
            "hasPart": [_to(name) for name in names],
            "mentions": _to(MAKING),
        },
        {
            "@id": MAKING,
            "@type": "CreateAction",
            "name": f"The study was conducted: {facts.extent}",
            "description": f"Rules of version {facts.model_version}, configuration {facts.fingerprint}.",
            "startTime": facts.created,
            "instrument": _to(SOFTWARE),
            "object": [_to(name) for name in (CONFIGURATION, CATALOG) if name in files],
            "result": _to(DATABASE),
            **({"agent": _to(AUTHOR)} if author else {}),
        },
        {
            "@id": SOFTWARE,
            "@type": "SoftwareApplication",
            "name": "trafficsim",
            "version": facts.software_version,
            "description": f"An agent-based simulation; its rules are those of version {facts.model_version}.",
            "author": _to(MAKERS),
            "license": _to(MIT),
        },
        {"@id": MAKERS, "@type": "Organization", "name": "The trafficsim founders"},
        *([{"@id": AUTHOR, "@type": "Person", "name": author}] if author else []),
        {
            "@id": MIT,
            "@type": "CreativeWork",
            "name": "MIT License",
            "description": "May be used, copied, changed and passed on by anybody, with the licence's text; without warranty.",
        },
        *(_file(name, files.get(name)) for name in names),
    ]
    content = {"@context": f"{SPECIFICATION}/context", "@graph": graph}
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()


def description_of(facts: Facts) -> str:
    """Return what the study is and what it does not mean, in a few sentences."""
    return (
        f"A simulated study of protective policies along a migration corridor, begun on {facts.day}: {facts.extent}, arms "
        f"{', '.join(facts.arms)}. What it does not mean: {' '.join(facts.limits)}"
    )


def _file(name: str, content: Path | bytes | None) -> dict[str, Any]:
    kind, what = _FILES[name]
    entity: dict[str, Any] = {"@id": name, "@type": "File", "name": what, "encodingFormat": kind}
    if content is not None:
        size = len(content) if isinstance(content, bytes) else content.stat().st_size
        entity |= {"contentSize": str(size), "sha256": sum_of(content)}
    return entity


def _to(name: str) -> dict[str, str]:
    return {"@id": name}


def problems_with(text: str, facts: Facts | None, sums: Mapping[str, str], sizes: Mapping[str, int]) -> list[str]:
    """Return, in sentences, where a description does not fit the study and the files (SHA-256 and bytes by name)."""
    try:
        entities = {entity["@id"]: entity for entity in json.loads(text)["@graph"]}
        descriptor = entities[CRATE]
        root = entities[descriptor["about"]["@id"]]
        parts = {part["@id"] for part in root["hasPart"]}
        found = []
        if descriptor["conformsTo"]["@id"] != SPECIFICATION:
            found.append(f"{CRATE} does not say that it follows {SPECIFICATION}.")
        for key in ("name", "description", "datePublished", "license"):
            if not root.get(key):
                found.append(f"{CRATE} lacks '{key}' of the whole.")
        for name in sorted(parts ^ (sums.keys() - {CRATE})):
            found.append(
                f"{CRATE} and the archive differ: {name} is only in {'the former' if name in parts else 'the latter'}."
            )
        for name in sorted(parts & sums.keys() - {MANIFEST}):
            told = (entities[name].get("sha256"), entities[name].get("contentSize"))
            if told != (sums[name], str(sizes[name])):
                found.append(f"{CRATE} tells another sum or size of {name} than it has.")
        if facts:
            if root.get("identifier") != facts.study:
                found.append(f"{CRATE} is of study {root.get('identifier')}, {DATABASE} holds {facts.study}.")
            if any(limit not in str(root.get("description")) for limit in facts.limits):
                found.append(f"{CRATE} does not tell all limits of the study in its description.")
            if entities[SOFTWARE].get("version") != facts.software_version:
                found.append(f"{CRATE} names another version of trafficsim than the one that made {DATABASE}.")
        return found
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return [f"{CRATE} is not a description of a bundle: it cannot be read, or lacks what every RO-Crate has."]
