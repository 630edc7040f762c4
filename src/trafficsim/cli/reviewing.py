"""``trafficsim reproduce`` and ``trafficsim bundle``: what whoever doubts a result can do, and what they need for it."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from trafficsim.bundles.verifying import Findings, verify_bundle
from trafficsim.bundles.writing import write_bundle
from trafficsim.cli.filing import in_bytes
from trafficsim.course import model_version
from trafficsim.errors import UserError
from trafficsim.experiments.reproduce import Difference, Reproduction, StoredRun, foreign, reproduced, stored_run

SAME, DIFFERENT = 0, 1

SHOWN = 8
"""Differences that are told one by one."""


def reproduce(options: argparse.Namespace) -> int:
    """Live through one run again and say whether it is the same; return the exit code."""
    run = stored_run(options.database, options.run)
    told = foreign(run)
    if not options.json:
        print(f"Run {run.identity}: {_which(run)}.", flush=True)
        if told:
            print(f"{told} It is lived through here all the same.", flush=True)
    outcome = reproduced(run)
    if options.json:
        print(json.dumps(_plain(outcome), indent=2))
        return SAME if outcome.identical else DIFFERENT
    for remark in outcome.remarks:
        if remark != told:
            print(remark)
    if outcome.identical:
        print(f"Identical: all that was kept of it ({run.kept}) is the same, bit for bit (SHA-256 {outcome.digest}).")
        return SAME
    if outcome.digest == run.digest:
        print(
            f"Different: what was written once came out again (SHA-256 {run.digest}), but the file now says otherwise."
        )
    else:
        print(f"Different: SHA-256 {outcome.digest} here, {run.digest} in the file.")
    _show(outcome.differences)
    return DIFFERENT


def _which(run: StoredRun) -> str:
    return f"{run.arm}, draw {run.place.draw}, replicate {run.place.replicate} of study {run.study}"


def _show(differences: list[Difference]) -> None:
    indicators = list(dict.fromkeys(each.row.partition(",")[0] for each in differences if each.table != "events"))
    if not differences:
        print("All numbers that the file holds are the same: only the digest is another.")
        return
    names = ", ".join(indicators[:SHOWN]) + (" ..." if len(indicators) > SHOWN else "")
    print(f"{len(differences):,} numbers differ{f', of {names}' if names else ''}:")
    for each in differences[:SHOWN]:
        print(f"  {each.table}, {each.row}: {_value(each.in_file)} in the file, {_value(each.here)} here")
    if len(differences) > SHOWN:
        print("  ... (--json lists them all)")


def _value(value: Any) -> str:
    return "nothing" if value is None else str(value)


def _plain(outcome: Reproduction) -> dict[str, Any]:
    run = outcome.run
    return {
        "file": str(run.file), "run": run.identity, "number": run.number, "study": run.study, "arm": run.arm,
        **run.place._asdict(), "kept": run.kept, "identical": outcome.identical, "digest": run.digest,
        "digest_here": outcome.digest, "model_version": run.model_version, "model_version_here": model_version(),
        "remarks": outcome.remarks, "differences": [each._asdict() for each in outcome.differences],
    }  # fmt: skip


def bundle(options: argparse.Namespace) -> int:
    """Write a bundle, or verify one; return the exit code."""
    if options.verify is not None:
        if options.database or options.study or options.to or options.author:
            raise UserError("--verify takes the archive and nothing else but --rerun and --json.")
        if options.rerun < 0:
            raise UserError("--rerun takes how many runs are to be lived through again, 0 or more.")
        return _verify(Path(options.verify), options.rerun, options.json)
    if not options.database:
        raise UserError("Name the results file to make a bundle of, or --verify FILE.zip.")
    if options.rerun:
        raise UserError("--rerun goes with --verify.")
    made = write_bundle(options.database, options.study, options.to, options.author or "")
    size = made.path.stat().st_size
    if options.json:
        facts = {key: value for key, value in made.facts._asdict().items() if key != "configuration"}
        print(json.dumps({"file": str(made.path), "bytes": size, "remarks": made.remarks, **facts}, indent=2))
        return SAME
    for remark in made.remarks:
        print(f"trafficsim: {remark}", file=sys.stderr)
    print(f"Bundle: {made.path} ({made.facts.study}, {made.facts.extent}, {in_bytes(size)})")
    print(f"Whoever gets it can verify it: trafficsim bundle --verify {made.path.name}")
    return SAME


def _verify(path: Path, rerun: int, as_json: bool) -> int:
    findings = verify_bundle(path, rerun, lambda outcome: None if as_json else _tell(outcome))
    if as_json:
        print(json.dumps(_plain_findings(path, findings), indent=2))
        return DIFFERENT if findings.problems else SAME
    for sentence in (*findings.remarks, *findings.problems):
        print(f"{path}: {sentence}")
    if findings.problems:
        return DIFFERENT
    if findings.facts:
        again = f" {len(findings.reruns)} runs were lived through again and are identical." if findings.reruns else ""
        print(
            f"{path}: all is as it was written: {findings.files} files, study {findings.facts.study}, "
            f"{findings.facts.extent}, rules {findings.facts.model_version}.{again}"
        )
    return SAME


def _tell(outcome: Reproduction) -> None:
    print(
        f"Run {outcome.run.identity} ({_which(outcome.run)}): {'identical' if outcome.identical else 'different'}",
        flush=True,
    )


def _plain_findings(path: Path, findings: Findings) -> dict[str, Any]:
    plain = {key: value for key, value in asdict(findings).items() if key in ("problems", "remarks", "files")}
    again = [{**_plain(each), "file": str(path)} for each in findings.reruns]
    return {"file": str(path), "study": findings.facts and findings.facts.study, **plain, "reruns": again}
