"""``trafficsim studies``: what files hold, what failed, whether they are whole; and taking a study out of one."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from trafficsim.errors import UserError
from trafficsim.experiments.files import FileInUseError
from trafficsim.experiments.store import delete_study
from trafficsim.experiments.studies import StudyLine, failures_in, problems_of, result_files, studies_in

SOUND, HARMED = 0, 1

DEFAULT_PLACE = "results"
WIDTH_OF_FILES = 180
"""Characters in a line where nobody watches: a file, a pipe."""


def manage_studies(options: argparse.Namespace) -> int:
    """Do what the options ask for; return the exit code: 1 where a file is not as it was written."""
    files = result_files(options.places or [DEFAULT_PLACE] * Path(DEFAULT_PLACE).exists())
    if not files and not options.places:
        print(
            f"There is no study yet below '{DEFAULT_PLACE}' here; 'trafficsim sweep' and 'trafficsim compare' make one."
        )
        return SOUND
    if not files:
        raise UserError(f"No results file lies in {', '.join(map(str, options.places))}; 'trafficsim sweep' makes one.")
    if options.delete:
        return _delete(files, options.delete)
    if options.verify:
        return _verify(files, options.json)
    lines, refused = _lines(files)
    if options.failures:
        _show_failures(lines, options.json)
    elif options.json:
        print(json.dumps([_plain(line) for line in lines], indent=2))
    elif lines:
        Console(width=None if sys.stdout.isatty() else WIDTH_OF_FILES).print(_table(lines))
    for sentence in refused:
        Console(stderr=True).print(f"trafficsim: {sentence}", highlight=False, soft_wrap=True, markup=False)
    return HARMED if refused else SOUND


def _lines(files: list[Path]) -> tuple[list[StudyLine], list[str]]:
    """Return the studies of all files, and why some cannot be read: one bad file hides no other."""
    lines, refused = [], []
    for file in files:
        try:
            lines += studies_in(file)
        except FileInUseError as problem:
            refused.append(_under_way(file) or str(problem))
        except UserError as problem:
            refused.append(str(problem))
    return lines, refused


def _under_way(file: Path) -> str:
    """Say how far the sweep is that writes a file just now, as its log tells; nothing where there is no such log."""
    log = file.with_suffix(".log")
    told = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.is_file() else []
    progress = [line.partition(" progress ")[2] for line in told if " progress " in line]
    try:
        last = json.loads(progress[-1])
        return (
            f"{file} is being written: {last['finished']:,} of {last['of']:,} replicates of this sweep are done, "
            f"{last['a_second']:.2g} a second, about {last['seconds_left']:,.0f} s left; {last['failed']:,} failed."
        )
    except (ValueError, LookupError, TypeError):  # none yet, or none of ours
        return ""


def _plain(line: StudyLine) -> dict[str, Any]:
    return {**asdict(line), "file": str(line.file), "state": line.state, "bytes": line.file.stat().st_size}


def _table(lines: list[StudyLine]) -> Table:
    table = Table(
        "study", "state", "runs", "failed", "arms", "begun", "rules", "file", "size", box=None, pad_edge=False
    )
    for line in lines:
        size = line.file.stat().st_size
        table.add_row(
            Text(line.study), line.state, f"{line.runs:,} of {line.planned:,}", f"{line.failures:,}", str(line.arms),
            line.created[:16].replace("T", " "), line.model_version, Text(str(line.file), overflow="fold"), in_bytes(size),
        )  # fmt: skip
    return table


def in_bytes(number: float) -> str:
    """Return a number of bytes as people write it."""
    for unit in ("B", "kB", "MB"):
        if number < 1000.0:
            return f"{number:.3g} {unit}"
        number /= 1000.0
    return f"{number:.3g} GB"


def _show_failures(lines: list[StudyLine], as_json: bool) -> None:
    found = [(line, failure) for line in lines for failure in failures_in(line.file, line.study)]
    if as_json:
        print(json.dumps([{"study": line.study, **failure._asdict()} for line, failure in found], indent=2))
        return
    for line, failure in found:
        print(f"{line.study}: draw {failure.draw}, replicate {failure.replicate} ({failure.arms}): {failure.reason}")
    if not found:
        print("No replicate failed.")
    else:
        print("The same sweep tries them again; --json shows where in the code each of them failed.")


def _verify(files: list[Path], as_json: bool) -> int:
    problems = {str(file): list(problems_of(file)) for file in files}
    if as_json:
        print(json.dumps(problems, indent=2))
    else:
        for file, found in problems.items():
            print("\n".join(found) if found else f"{file}: all is as it was written.")
    return HARMED if any(problems.values()) else SOUND


def _delete(files: list[Path], study: str) -> int:
    holding = [file for file in files if any(line.study == study for line in studies_in(file))]
    if len(holding) != 1:
        where = f"{len(holding)} files hold it; name one" if holding else "'trafficsim studies' lists those there are"
        raise UserError(f"--delete {study}: {where}.")
    runs = delete_study(holding[0], study)
    print(f"{study} is no longer in {holding[0]}; {runs:,} runs went with it that no other study there has.")
    return SOUND
