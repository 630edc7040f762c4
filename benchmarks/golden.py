"""The golden hashes: a fixed study, small but with every process at work, reduced to hashes that locate a change.

``python -m benchmarks.golden`` recomputes them and says what changed; ``--write`` writes them anew (``make golden``); ``--to FILE``
keeps what this Python and these libraries give, with the results in ``--folder`` (``make stability`` compares those).

Of every run each table has a hash, and the tables by month one for each month (of a history: for each year). Floats are hashed by
their exact bytes, and a second time rounded to nine digits, so that last bits can be told from other results. ``people`` are all
columns of the tables of a model at its end.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

GOLDEN = Path(__file__).parents[1] / "tests" / "golden" / "study.json"
ARMS = ["status_quo", "non_refoulement_only", "letter_package"]
SETTINGS: dict[str, Any] = {"scale": 0.01, "years": 2, "replicates": 2, "seed": 20240322}
WORLDS: dict[str, dict[str, Any]] = {"middle": {"draws": 0}, "drawn": {"draws": 1, "design": "latin_hypercube"}}
DIGITS = 9
BY_MONTH = {"monthly": 1, "stocks": 2, "events": 0}
"""Where the month stands in a row of a table."""


def lived(folder: Path | None = None) -> dict[str, Any]:
    """Live through the study and return its hashes; results files go to ``folder``, if one is named."""
    import trafficsim
    from trafficsim.course import MODEL_VERSION, model_version
    from trafficsim.experiments.content import content_rows

    found: dict[str, Any] = {
        "model": MODEL_VERSION,
        "rules": model_version(),
        "catalogue": "",
        "runs": {},
        "people": {},
    }
    for world, drawn in WORLDS.items():
        study = trafficsim.compare(ARMS, **SETTINGS, **drawn, executor="inline", output__events=True)
        found["catalogue"] = study.configuration.assumptions().digest()
        if folder is not None:
            study.save(folder / f"{world}.sqlite")
        for run in study.result.runs:
            place = f"{world}, draw {run.draw}, replicate {run.replicate}, {run.arm}"
            found["runs"][place] = {
                table: _of_table(table, [tuple(row) for row in rows], run.months)
                for table, rows in content_rows(run).items()
            }
    found["people"] = dict(_people())
    return found


def _people() -> Iterable[tuple[str, dict[str, str]]]:
    import trafficsim

    settings = {"scale": SETTINGS["scale"], "policy_start": "2024-04", "years": SETTINGS["years"]}
    history = trafficsim.TraffickingModel(arm=ARMS[0], rng=SETTINGS["seed"], **settings)
    history.run_until("2024-04")
    for arm in ARMS:
        model = history.fork(arm)
        model.run_until("2026-04")
        for name, table in model.tables.items():
            used = int(table.size[0])
            columns = {one: np.asarray(getattr(table, one)[:used]) for one in table._fields[:-1]}
            yield f"{arm}, {name}", {one: _of_array(values) for one, values in columns.items()}


def _of_array(values: Any) -> str:
    exact = _hash(values.tobytes())
    if values.dtype.kind != "f":
        return exact
    return f"{exact} {_hash(repr([_rounded(each) for each in values.tolist()]).encode())}"


def _of_table(table: str, rows: list[tuple[Any, ...]], months: int) -> dict[str, Any]:
    told: dict[str, Any] = {"all": _of_rows(rows)}
    if table in BY_MONTH:
        at, long = BY_MONTH[table], 7 if months <= 60 else 4
        groups: dict[str, list[tuple[Any, ...]]] = {}
        for row in rows:
            groups.setdefault(row[at][:long], []).append(row)
        told |= {month: _of_rows(groups[month]) for month in sorted(groups)}
    return told


def _of_rows(rows: list[tuple[Any, ...]]) -> str:
    exact = _hash("\n".join(repr(tuple(x.hex() if isinstance(x, float) else x for x in row)) for row in rows).encode())
    if not any(isinstance(x, float) for row in rows[:1] for x in row):
        return exact
    return f"{exact} {_hash(chr(10).join(repr(tuple(map(_rounded, row))) for row in rows).encode())}"


def _rounded(value: Any) -> Any:
    return f"{value:.{DIGITS}g}" if isinstance(value, float) else value


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:10]


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """Return what differs: (run, or arm and table of people; table or column; month; "last bits" or "results")."""
    found = []
    for part in ("runs", "people"):
        for place in {**before[part], **now[part]}:
            old, new = before[part].get(place, {}), now[part].get(place, {})
            for table in {**old, **new}:
                one, other = old.get(table, ""), new.get(table, "")
                if isinstance(one, str) and isinstance(other, str):
                    one, other = {"all": one}, {"all": other}
                one, other = one or {}, other or {}
                apart = [at for at in {**one, **other} if one.get(at) != other.get(at)]
                months = sorted(at for at in apart if at != "all")
                if apart:
                    kinds = {_kind(one.get(at, ""), other.get(at, "")) for at in apart}
                    kind = "results" if "results" in kinds else "last bits"
                    found.append((place, table, months[0] if months else "", kind))
    return found


def _kind(one: str, other: str) -> str:
    rounded = [each.partition(" ")[2] for each in (one, other)]
    return "last bits" if rounded[0] and rounded[0] == rounded[1] else "results"


def verdict(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """Return in sentences what changed, and what to do; empty where all is the same."""
    found = differences(before, now)
    stale = [key for key in ("model", "rules", "catalogue") if before[key] != now[key]]
    if not found and not stale:
        return ""
    said = []
    if found:
        dated = sorted((each for each in found if each[2]), key=lambda each: each[2])
        place, table, month, _ = dated[0] if dated else found[0]
        kinds = {each[3] for each in found}
        what = "results differ" if "results" in kinds else f"only last bits differ (all is the same to {DIGITS} digits)"
        said.append(
            f"The fixed study comes out otherwise in {len(found)} tables: {what}, first in {table} of {place}"
            f"{f', {month}' if month else ''}."
        )
        said.append(
            "To see the first life, month and rule that differ, keep both results and compare them: 'python -m benchmarks.golden "
            "--folder NEW' here, the same with '--folder OLD' in a checkout of the state before, then "
            "'trafficsim explain OLD/middle.sqlite NEW/middle.sqlite'."
        )
    else:
        said.append("The fixed study comes out as before.")
    if stale:
        words = {"model": "the model version", "rules": "the rules' text", "catalogue": "the catalogue"}
        changed = " and ".join(words[key] for key in stale)
        said.append(
            f"Since {changed} changed as well: write the golden hashes anew with 'make golden'"
            f"{', and note in CHANGELOG.md what changed and why' if found else ''}."
        )
    else:
        said.append(
            "Neither the rules' text, the catalogue nor the model version changed: the cause is Python, a library, the processor, "
            "or code outside the rules. If the change is meant, raise MODEL_VERSION, run 'make golden' and note it in CHANGELOG.md."
        )
    return " ".join(said)


def main(words: list[str] | None = None) -> int:
    """Compare with the golden hashes, or write them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.golden", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="write the golden hashes anew")
    parser.add_argument("--to", type=Path, help="write the hashes of here to this file, and compare nothing")
    parser.add_argument("--folder", type=Path, help="keep the results files in this folder")
    options = parser.parse_args(words)
    if options.folder:
        options.folder.mkdir(parents=True, exist_ok=True)
        for world in WORLDS:
            (options.folder / f"{world}.sqlite").unlink(missing_ok=True)
    now = lived(options.folder)
    target = GOLDEN if options.write else options.to
    if target:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(now, indent=1) + "\n")
        return 0
    said = verdict(json.loads(GOLDEN.read_text()), now)
    print(said or "The fixed study comes out as it did: every hash is the same.")
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
