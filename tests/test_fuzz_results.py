"""Results files as nobody should hand them on: every command that opens one reads it, or refuses it in a sentence."""

import contextlib
import io
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import pytest
from fuzzing.databases import changed, loosened, torn
from fuzzing.trying import commanded, share, tried

import trafficsim as ts
from trafficsim import cli
from trafficsim.cli.studying import print_table
from trafficsim.errors import UserError
from trafficsim.experiments.blaming import blaming
from trafficsim.report.document.reading import read_study
from trafficsim.report.document.whole import document_of

STUDY = ["arms=[status_quo,letter_package]", "scale=0.001", "policy_start=1996-02", "years=1", "replicates=2", "draws=2",
         "study.name=tiny", "executor=inline", "output.groups=false"]  # fmt: skip
FILE = Path("tiny/study.sqlite")

SHOWN = {"python": 0.006, "table": 0.006, "document": 0.006}
"""Ways to show a results file without a command, each with its share of the inputs."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, str]:
    """A results file of a tiny study, the same ready to be changed, and the identity of one of its runs."""
    folder = tmp_path_factory.mktemp("whole")
    assert cli.main(["sweep", *STUDY, f"output.folder={folder}"]) == 0
    with closing(sqlite3.connect(folder / FILE)) as connection:
        (run,) = connection.execute("select identity from runs where parent_run is not null limit 1").fetchone()
    loose = folder / "loose.sqlite"
    shutil.copyfile(folder / FILE, loose)
    loosened(loose)
    return folder / FILE, loose, run


def everything_in_python(file: Path) -> None:
    study = ts.open(file)
    assert str(study) and repr(study)
    for ask in (study.effects, study.series, study.stocks, study.harms, study.fates):
        with contextlib.suppress(UserError):
            ask()


def blamed(file: Path, show: Callable[[], Any]) -> None:
    with blaming([file]):
        show()


def commands(file: Path, run: str) -> dict[str, tuple[list[str], float]]:
    """Each command that opens a results file, and the share of the inputs that it is given: the slow ones less."""
    given, folder = str(file), file.parent
    return {
        "studies": (["studies", given, "--json"], 0.06),
        "failures": (["studies", given, "--failures"], 0.015),
        "verify": (["studies", given, "--verify"], 0.04),
        "delete": (["studies", given, "--delete", "tiny"], 0.005),
        "effects": (["effects", given, "--json"], 0.04),
        "by year": (["effects", given, "--by", "year", "--json"], 0.01),
        "fates": (["fates", given, "--matrix", "--json"], 0.03),
        "reproduce": (["reproduce", given, run], 0.04),
        "export": (["export", given, "--folder", str(folder / "tables")], 0.005),
        "browse": (["browse", given, "--only-metadata"], 0.03),
        "bundle": (["bundle", given, "--to", str(folder / "b.zip")], 0.005),
        "sweep": (["sweep", *STUDY, f"output.folder={folder.parent}"], 0.006),
        "ahead": (["sweep", "--dry-run", *STUDY, f"output.folder={folder.parent}"], 0.002),
        "robust": (["robust", given, "--json"], 0.015),
        "interactions": (["interactions", given, "--json"], 0.01),
        "agenda": (["agenda", given, "--json"], 0.01),
        "sensitivity": (["sensitivity", given, "--json"], 0.01),
        "claims": (["claims", given, "--json"], 0.005),
    }


def made_anew(source: Path, folder: Path) -> Path:
    """Put a copy of a file into an empty folder."""
    shutil.rmtree(folder / "results", ignore_errors=True)
    file = folder / "results" / FILE
    file.parent.mkdir(parents=True)
    shutil.copyfile(source, file)
    return file


@pytest.mark.parametrize("name", commands(FILE, ""))
def test_a_command_reads_any_results_file_or_refuses_it_in_a_sentence(
    name: str, whole: tuple[Path, Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    sound, loose, run = whole
    for number in range(share(commands(sound, run)[name][1])):
        random = Random(f"{name} {number}")
        tearing = random.random() < 0.25
        file = made_anew(sound if tearing else loose, tmp_path)
        told = torn(file, random) if tearing else changed(file, random)
        words, _ = commands(file, run)[name]
        try:
            commanded(words, [tmp_path / "results"])
        except BaseException as stumble:
            stumble.add_note(f"input {number} of {name!r}: {told}")
            raise


@pytest.mark.parametrize(("how", "part"), SHOWN.items())
def test_what_is_shown_of_any_results_file_is_shown_or_refused(
    how: str, part: float, whole: tuple[Path, Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for number in range(share(part)):
        random = Random(f"{how} {number}")
        file = made_anew(whole[1], tmp_path)
        told = changed(file, random)
        show = {
            "python": lambda file=file: everything_in_python(file),
            "table": lambda file=file: print_table(file),
            "document": lambda file=file: document_of(read_study(file, None), []),
        }[how]
        try:
            with io.StringIO() as unseen, contextlib.redirect_stdout(unseen):
                tried(lambda file=file, show=show: blamed(file, show), [tmp_path / "results"])
        except BaseException as stumble:
            stumble.add_note(f"input {number} of {how!r}: {told}")
            raise
