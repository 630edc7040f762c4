"""Keep what the guides show of two studies: ``python docs/results/keep.py interactions FILE`` and ``... agenda FILE``.

From a results file it writes a small JSON file here, with where it comes from, and the figures below docs/figures. The
guides' tables are made from the JSON file (``make generated``), so that no number is typed by hand.
"""

import json
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from trafficsim.analysis.agenda import agenda
from trafficsim.analysis.information import RANKED, SPREAD, VERDICT, information
from trafficsim.analysis.interactions import UNTOLD, interactions, signs_of
from trafficsim.analysis.robustness import HARMS, conditions_in
from trafficsim.analysis.worlds import open_worlds
from trafficsim.catalog.posteriors import load_posterior
from trafficsim.cli.choosing import AGENDA_OWN
from trafficsim.experiments.frames import open_study
from trafficsim.report.agenda import TABLES, assumed_in
from trafficsim.report.figures import save_figure
from trafficsim.report.figures.agenda import draw_agenda
from trafficsim.report.figures.interactions import draw_interactions

HERE = Path(__file__).parent
FIGURES = HERE.parent / "figures"
SHOWN = "trafficked_again"
"""The harm whose heat map the guide shows."""


def provenance(frames: dict[str, pd.DataFrame]) -> dict[str, Any]:
    """Return where a result comes from."""
    study = frames["studies"].iloc[0]
    names = ("id", "created", "policy_start", "years", "scale", "replicates", "draws", "design", "model_version")
    facts = {name: study[name].item() if hasattr(study[name], "item") else study[name] for name in names}
    if facts["design"] == "posterior":
        corridor = json.loads(frames["configurations"].set_index("hash")["content"][study["configuration"]])["corridor"]
        about = load_posterior(corridor["name"]).about
        facts["posterior"] = {key: about[key] for key in ("method", "model_version", "draws") if key in about}
    return facts | {"limits": list(frames["limits"]["text"])}


def rounded(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows with four digits: more would be false precision, and a large file."""
    return json.loads(table.to_json(orient="records", double_precision=4))


def keep_interactions(file: Path) -> dict[str, Any]:
    """Return the pairs that are told apart from no interaction, and draw one heat map."""
    frames = open_study(file, None, TABLES)
    levers, signs = signs_of(frames["arms"])
    found = interactions(open_worlds(file), levers, signs, HARMS)
    save_figure(partial(draw_interactions, found, SHOWN, frames), FIGURES, "interactions")
    told = found.effects[(found.effects["second"] == "") | (found.effects["verdict"] != UNTOLD)]
    return {
        "study": provenance(frames), "level": found.level, "levers": list(levers), "units": found.units, "unit": found.unit,
        "arms": len(frames["arms"]), "pairs": len(found.pairs.drop_duplicates(["first", "second"])),
        "fit": rounded(found.fit), "effects": rounded(told.drop(columns=["world_low", "world_high", "units"])),
    }  # fmt: skip


def keep_agenda(file: Path) -> dict[str, Any]:
    """Return the assumptions that are ranked by either gain, and draw them."""
    frames = open_study(file, None, TABLES)
    found = information(open_worlds(file), HARMS, conditions_in(AGENDA_OWN["satisfy"]))
    save_figure(partial(draw_agenda, found, frames), FIGURES, "agenda")
    catalog = assumed_in(frames)
    lists = {by: agenda(found, catalog, by) for by in (SPREAD, VERDICT)}
    return {
        "study": provenance(frames), "level": found.level, "worlds": found.worlds, "assumptions": len(lists[SPREAD]),
        "arms": dict(zip(frames["arms"]["arm"], frames["arms"]["title"], strict=True)),
        "questions": rounded(found.questions),
        "ranked": {by: rounded(table[table[f"{by}_state"] == RANKED]) for by, table in lists.items()},
        "states": {by: table[f"{by}_state"].value_counts().to_dict() for by, table in lists.items()},
    }  # fmt: skip


def main(name: str, file: str) -> None:
    """Write what is kept of ``file``."""
    made = {"interactions": keep_interactions, "agenda": keep_agenda}[name](Path(file))
    path = HERE / f"{name}.json"
    text = json.dumps(made, ensure_ascii=False).replace("}, {", "},\n{")  # a row a line
    path.write_text(text + "\n", encoding="utf-8")
    for drawn in FIGURES.glob(f"{name}.svg"):
        drawn.unlink()  # the guides show the PNG
    print(path)


if __name__ == "__main__":
    main(*sys.argv[1:])
