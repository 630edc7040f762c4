"""Make the parts of the documents that come from the code and the catalogue: ``make generated``.

They are committed, so that they can be read and reviewed; ``tests/test_documents.py`` fails when one of them is stale.
"""

import sys
from collections.abc import Callable
from pathlib import Path

from generating import (
    calibration_parts,
    catalogue_parts,
    choice_parts,
    claim_parts,
    command_part,
    drawings,
    evidence_parts,
    licence_part,
    model_parts,
    relation_parts,
    stability_part,
)
from trafficsim.catalog import catalog

FOLDER = Path(__file__).parent / "generated"


def texts() -> dict[str, str]:
    """Return every generated text by its path below ``docs/generated``."""
    made: dict[str, Callable[[], str]] = {
        "month.md": model_parts.month_page,
        "transitions.md": model_parts.transitions_page,
        "agents.md": model_parts.agents_page,
        "vocabulary.md": model_parts.vocabulary_page,
        "series.md": catalogue_parts.series_page,
        "levers.md": catalogue_parts.levers_page,
        "arms.md": catalogue_parts.arms_page,
        "indicators.md": catalogue_parts.indicators_page,
        "corridors.md": catalogue_parts.corridors_page,
        "claims.md": claim_parts.claims_page,
        "commands.md": command_part.commands_page,
        "licences.md": licence_part.licences_page,
        "coverage.md": evidence_parts.coverage_page,
        "sources.md": evidence_parts.sources_page,
        "parts/schedule.md": lambda: model_parts.md.part(model_parts.schedule_table()),
        "parts/transitions.md": lambda: model_parts.md.part(model_parts.transitions_table()),
        "parts/columns.md": model_parts.columns_part,
        "parts/parameters.md": catalogue_parts.parameters_part,
        "parts/series.md": catalogue_parts.series_part,
        "parts/levers.md": catalogue_parts.levers_part,
        "parts/arms.md": catalogue_parts.arms_part,
        "parts/indicators.md": catalogue_parts.indicators_part,
        "parts/claims.md": claim_parts.results_part,
        "parts/interactions.md": choice_parts.interactions_part,
        "parts/agenda.md": choice_parts.agenda_part,
        "parts/calibration-how.md": calibration_parts.how_part,
        "parts/calibration-parameters.md": calibration_parts.parameters_part,
        "parts/calibration-targets.md": calibration_parts.targets_part,
        "parts/validation.md": calibration_parts.validation_part,
        "parts/relations.md": relation_parts.relations_part,
        "parts/stability.md": stability_part.stability_part,
    }
    pages = {path: make() for path, make in made.items()}
    pages |= {f"parameters/{process}.md": catalogue_parts.parameters_page(process) for process in catalog().parameters}
    pages |= {
        f"{target}.md": evidence_parts.evidence_page(letter)
        for letter, (target, _, _) in evidence_parts.CLASSES.items()
    }
    return pages


def write(folder: Path = FOLDER) -> list[Path]:
    """Write what has changed and take out what is made no longer; return the paths of both."""
    changed, known = [], set()
    for name, content in texts().items():
        path = folder / name
        known.add(path)
        if not path.is_file() or path.read_text(encoding="utf-8") != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
            changed.append(path)
    for name, drawing in drawings.DRAWINGS.items():
        path = folder / name
        known.add(path)
        if drawings.mark_in(path) != drawings.mark_of(drawing):
            drawings.draw(drawing, path)
            changed.append(path)
    for path in [*folder.rglob("*.md"), *folder.rglob("*.svg")]:
        if path not in known:
            path.unlink()
            changed.append(path)
    return changed


if __name__ == "__main__":
    paths = write()
    print("\n".join(str(path) for path in paths) or "Every generated part is up to date.", file=sys.stderr)
