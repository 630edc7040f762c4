"""Verifying a bundle that somebody else has made: nothing that it says is trusted, and everything that is wrong is told."""

import re
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from trafficsim.bundles.archive import MANIFEST, copied, dangers_of, opened_archive, text_of
from trafficsim.bundles.crate import problems_with
from trafficsim.bundles.facts import (
    CONFIGURATION,
    CRATE,
    DATABASE,
    ENVIRONMENT,
    README,
    Facts,
    configuration_in,
    facts_of,
)
from trafficsim.errors import UserError
from trafficsim.experiments.files import check_ours, connected
from trafficsim.experiments.reproduce import Reproduction, foreign, reproduced, stored_run
from trafficsim.experiments.schema import TABLES
from trafficsim.experiments.studies import problems_of

NEEDED = (DATABASE, CONFIGURATION, ENVIRONMENT, README, CRATE, MANIFEST)

_LINE = re.compile(r"([0-9a-f]{64}) [ *]([^\n]+)")


@dataclass
class Findings:
    """What verifying a bundle brought to light: ``problems`` and ``remarks`` in sentences, none of the former if all is well."""

    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    facts: Facts | None = None
    files: int = 0
    reruns: list[Reproduction] = field(default_factory=list)


def verify_bundle(path: Path | str, rerun: int = 0, lived: Callable[[Reproduction], None] = lambda _: None) -> Findings:
    """Return what is wrong with the bundle at ``path``, having lived through ``rerun`` of its runs again.

    ``lived`` is told of each of them. Only the results file is unpacked, into a temporary folder. Raises
    :class:`UserError` where there is no archive.
    """
    with closing(opened_archive(Path(path))) as archive:
        dangers = dangers_of(archive.infolist())
        if dangers:
            return Findings([*dangers, "Nothing was unpacked."])
        try:
            return _verified(archive, rerun, lived)
        except OSError as problem:
            raise UserError(
                f"{path} could not be unpacked into the temporary folder: {problem.strerror or problem}. Free some room there, "
                f"or name another folder in the environment variable TMPDIR."
            ) from problem


def _verified(archive: zipfile.ZipFile, rerun: int, lived: Callable[[Reproduction], None]) -> Findings:
    with tempfile.TemporaryDirectory() as folder:
        findings = Findings(files=len(archive.infolist()))
        database = Path(folder) / DATABASE
        sums = _sums(archive, database)
        findings.problems += _against_manifest(archive, sums)
        if DATABASE in sums:
            findings.problems += _problems_in(database, findings)
        findings.problems += _configuration_problems(archive, findings.facts)
        if CRATE in sums:
            sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
            findings.problems += problems_with(text_of(archive, CRATE) or "", findings.facts, sums, sizes)
        if rerun and findings.facts:
            _rerun(database, findings, rerun, lived)
        elif rerun:
            findings.problems.append(f"No run was lived through again, since {DATABASE} cannot be used.")
    return findings


def _sums(archive: zipfile.ZipFile, database: Path) -> dict[str, str]:
    """Return the SHA-256 of each file, "" where it cannot be unpacked, having written the results file to ``database``."""
    sums = {}
    for name in archive.namelist():
        if name == DATABASE:
            with database.open("wb") as into:
                sums[name] = copied(archive, name, into)
        else:
            sums[name] = copied(archive, name)
    return sums


def _against_manifest(archive: zipfile.ZipFile, sums: Mapping[str, str]) -> Iterator[str]:
    for name in NEEDED:
        if name not in sums:
            yield f"{name} is missing; every bundle has one."
    if MANIFEST not in sums:
        return
    lines = (text_of(archive, MANIFEST) or "").splitlines()
    found = [_LINE.fullmatch(line) for line in lines]
    if not lines or not all(found):
        yield f"{MANIFEST} cannot be read: it should hold a SHA-256 and a name in each line."
    listed = {match[2]: match[1] for match in found if match}
    for name in sorted(listed.keys() - sums.keys() - set(NEEDED)):
        yield f"{name} is missing: {MANIFEST} lists it."
    for name in sorted(sums.keys() - listed.keys() - {MANIFEST}):
        yield f"{name} was added: {MANIFEST} does not list it."
    for name in sorted(sums.keys() & listed.keys()):
        if sums[name] != listed[name]:
            yield f"{name} was changed: its SHA-256 is not the one in {MANIFEST}."


def _problems_in(database: Path, findings: Findings) -> Iterator[str]:
    """Yield what is wrong with the results file, and take down its facts where they can be read."""
    found = []
    try:
        check_ours(database)
        strange = _strange_parts(database)
        found += [f"{database} has a {kind} '{name}' that no results file has." for kind, name in strange]
        if not strange:  # whatever else is in there is not run
            found += problems_of(database)
            findings.facts = facts_of(database)
    except UserError as problem:
        found.append(str(problem))
    for sentence in dict.fromkeys(found):
        yield sentence.replace(str(database), DATABASE)


def _strange_parts(database: Path) -> list[tuple[str, str]]:
    """Return (kind, name) of each view, trigger or table that is not ours: they could answer in a table's place."""
    ours = {("view", "comparison"), ("view", "who_says"), *(("table", table) for table in TABLES)}
    with closing(connected(database, "ro")) as connection:
        parts = connection.execute("select type, name from sqlite_master where type <> 'index'").fetchall()
    return sorted(set(parts) - ours)


def _configuration_problems(archive: zipfile.ZipFile, facts: Facts | None) -> Iterator[str]:
    if CONFIGURATION not in archive.namelist() or not facts:
        return
    try:
        same = configuration_in(text_of(archive, CONFIGURATION) or "") == facts.configuration
    except ValueError as problem:
        yield f"{CONFIGURATION} cannot be read: {problem}."
        return
    if not same:
        yield f"{CONFIGURATION} does not say what {DATABASE} holds as the study's configuration."


def _rerun(database: Path, findings: Findings, number: int, lived: Callable[[Reproduction], None]) -> None:
    """Live through ``number`` runs again, spread over the study, and take down which of them came out otherwise."""
    try:
        for identity in _spread(_identities(database), number):
            run = stored_run(database, identity)
            told = foreign(run)
            if told and told not in findings.remarks:
                findings.remarks.append(told)
            outcome = reproduced(run)
            findings.reruns.append(outcome)
            lived(outcome)
            if not outcome.identical:
                findings.problems.append(
                    f"Run {identity} ({run.arm}, draw {run.place.draw}, replicate {run.place.replicate}) came out otherwise "
                    f"than it stands in {DATABASE}: {len(outcome.differences)} numbers differ."
                )
            findings.problems += [
                remark.replace(str(database), DATABASE) for remark in outcome.remarks if remark != told
            ]
    except UserError as problem:
        findings.problems.append(str(problem).replace(str(database), DATABASE))


def _identities(database: Path) -> list[str]:
    with closing(connected(database, "ro")) as connection:
        return [
            row[0]
            for row in connection.execute(
                "select identity from study_runs join runs on id = run order by draw, replicate, arm"
            )
        ]


def _spread(identities: list[str], number: int) -> list[str]:
    """Return ``number`` of them at even distances, from the first to the last."""
    if number >= len(identities):
        return list(dict.fromkeys(identities))
    steps = max(1, number - 1)
    return list(dict.fromkeys(identities[place * (len(identities) - 1) // steps] for place in range(number)))
