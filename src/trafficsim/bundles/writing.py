"""Writing a bundle: the study alone, all that explains it, and the sums of everything, in one archive or not at all."""

import tempfile
import zipfile
from pathlib import Path
from typing import NamedTuple

from trafficsim.bundles.archive import MANIFEST, manifest_of, sum_of, write_archive
from trafficsim.bundles.crate import crate_of
from trafficsim.bundles.environment import attached_files, environment
from trafficsim.bundles.facts import (
    CATALOG,
    CONFIGURATION,
    CRATE,
    DATABASE,
    ENVIRONMENT,
    README,
    Facts,
    configuration_text,
    facts_of,
)
from trafficsim.bundles.readme import readme_of
from trafficsim.catalog import catalog
from trafficsim.catalog.corridors import Corridor
from trafficsim.errors import UserError
from trafficsim.experiments.extract import copy_study
from trafficsim.experiments.studies import problems_of, studies_in
from trafficsim.report.catalog_tables import catalog_as_json


class Bundle(NamedTuple):
    """A bundle that was written: where it is, of which study, and what a person should know of it."""

    path: Path
    facts: Facts
    remarks: list[str]


def write_bundle(
    database: Path | str, study: str | None = None, target: Path | str | None = None, author: str = ""
) -> Bundle:
    """Write the bundle of one study (the newest, or the one whose id is ``study``) to ``target``.

    Without ``target`` it stands beside the database, under the study's name. Raises :class:`UserError` where the study is
    not there or not as it was written, or the archive cannot be written; nothing is left behind then.
    """
    database = Path(database)
    study = _chosen(database, study)
    path = Path(target) if target else database.parent / f"{study}.zip"
    _refuse_other_files(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".bundle-") as folder:
            facts, remarks = _assemble(database, study, Path(folder), " ".join(author.split()))
            (Path(folder) / "bundle.zip").replace(path)
    except OSError as problem:
        raise UserError(
            f"{path} could not be written: {problem.strerror or problem}. Name another place with --to."
        ) from problem
    return Bundle(path, facts, remarks)


def _assemble(database: Path, study: str, folder: Path, author: str) -> tuple[Facts, list[str]]:
    """Write the archive into ``folder``."""
    alone = folder / DATABASE
    copy_study(database, study, alone)
    problems = list(problems_of(alone))
    if problems:
        raise UserError(
            f"{database}: study {study} is not as it was written, so no bundle is made of it. 'trafficsim studies {database} "
            f"--verify' tells what is harmed. Take an unharmed copy, or delete the study with --delete and "
            f"run it again."
        )
    facts, remarks = facts_of(alone), []
    if facts.runs < facts.planned:
        remarks.append(f"The study is unfinished: the bundle holds {facts.extent}.")
    files: dict[str, Path | bytes] = {
        DATABASE: alone,
        CONFIGURATION: configuration_text(facts).encode(),
        ENVIRONMENT: environment().encode(),
        **attached_files(),
    }
    if _has_our_catalog(facts):
        files[CATALOG] = (catalog_as_json() + "\n").encode()
    else:
        remarks.append(f"The study was made with another catalogue than this trafficsim has: {CATALOG} is left out.")
    files[README] = readme_of(facts, files, author).encode()
    files[CRATE] = crate_of(facts, files, author)
    files[MANIFEST] = manifest_of({name: sum_of(content) for name, content in files.items()})
    write_archive(files, folder / "bundle.zip")
    return facts, remarks


def _chosen(database: Path, study: str | None) -> str:
    there = [line.study for line in studies_in(database)]
    if not there or (study and study not in there):
        raise UserError(
            f"{database} holds no study{f' {study}' if study else ''}. It holds: {', '.join(there) or 'none'}."
        )
    return study or there[-1]


def _refuse_other_files(path: Path) -> None:
    """Refuse to overwrite anything but an earlier bundle: a slip must not cost a results file."""
    if path.exists() and not (path.is_file() and zipfile.is_zipfile(path)):
        raise UserError(f"{path} is there already and is no bundle. It is left as it is; name another file with --to.")


def _has_our_catalog(facts: Facts) -> bool:
    try:
        here = Corridor.model_validate(facts.configuration["corridor"]).assumptions(catalog())
    except ValueError:
        return False
    return here.digest() == facts.configuration["catalog_digest"]
