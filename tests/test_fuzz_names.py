"""Names that nobody should give: of studies, arms, lives, claims and files; each is taken, or refused in a sentence."""

import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from fuzzing.odd import NAMES, ODD
from fuzzing.trying import commanded, share, tried

from trafficsim import cli
from trafficsim.composition import compose
from trafficsim.policy import load_arm
from trafficsim.report.document.reading import read_study
from trafficsim.report.document.web import html_of
from trafficsim.report.document.whole import document_of

STUDY = ["arms=[status_quo,letter_package]", "scale=0.001", "policy_start=1996-02", "years=1", "replicates=1", "draws=0",
         "executor=inline", "output=totals", "study.name=tiny"]  # fmt: skip
FILE = "tiny/study.sqlite"

PART, PART_OF_PAGES = 0.02, 0.003

LETTERS = "ab01.-_ /\\'\"<>&;$`{}[]()%#@!?*|~^=+,:\n\r\t\x00\x7f\u202e\u200b\u0301\ufeff\ud800정💥é"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("names")
    assert cli.main(["sweep", *STUDY, f"output.folder={made}"]) == 0
    return made


def named(random: Random) -> str:
    """Return a name: one that is known to do harm somewhere, a piece of one, or letters at random."""
    way = random.randrange(4)
    if way == 0:
        return "".join(random.choices(LETTERS, k=random.choice([1, 2, 5, 30])))
    name = random.choice([*NAMES, *ODD])
    return name if way == 1 else name[: random.randrange(1, 20)] if way == 2 else name[:50] + random.choice(LETTERS)


COMMANDS: dict[str, Callable[[str, str], list[str]]] = {
    "arm in catalogue": lambda file, name: ["catalog", "arms", name],
    "parameter in catalogue": lambda file, name: ["catalog", "parameters", name],
    "evidence in catalogue": lambda file, name: ["catalog", "evidence", name],
    "results file": lambda file, name: ["studies", name],
    "report of": lambda file, name: ["report", name],
    "study of effects": lambda file, name: ["effects", file, "--study", name, "--json"],
    "arm of effects": lambda file, name: ["effects", file, "--arm", name, "--json"],
    "indicator": lambda file, name: ["effects", file, "--indicator", name, "--json"],
    "against": lambda file, name: ["effects", file, "--against", name, "--json"],
    "harm": lambda file, name: ["fates", file, "--harm", name, "--json"],
    "run": lambda file, name: ["reproduce", file, name, "--json"],
    "study to delete": lambda file, name: ["studies", file, "--delete", name],
    "claim": lambda file, name: ["claims", name, "--list"],
    "archive": lambda file, name: ["bundle", "--verify", name],
    "folder of configurations": lambda file, name: ["catalog", "arms", "--config-dir", name],
    "life": lambda file, name: ["life", name, "arms=[status_quo,nothing]"],
    "verb": lambda file, name: [name],
}


@pytest.mark.parametrize("place", COMMANDS)
def test_any_name_in_a_command_is_taken_or_refused(
    place: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for number in range(share(PART)):
        name = named(Random(f"{place} {number}"))
        words = COMMANDS[place](str(folder / FILE), name)
        try:
            commanded(words, [folder])
        except BaseException as stumble:
            stumble.add_note(f"input {number} of {place!r}: {name!r:.300}")
            raise
    assert list(tmp_path.iterdir()) == []


def test_a_study_and_an_arm_are_called_by_names_that_make_plain_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    taken = []
    for number in range(share(PART)):
        name = named(Random(f"study {number}"))
        for setting in (f"study.name={name}", f"study.name='{name}'", f"arms=[status_quo,'{name}']"):
            tried(lambda setting=setting: taken.append(compose([setting]).study.name))
        tried(lambda name=name: load_arm(name, [tmp_path]))
    assert all(name.isprintable() and len(name) <= 100 and name[0] not in ".-" for name in taken)
    assert not any({"/", "\\", ":", " "} & set(name) for name in taken)


def test_whatever_stands_in_a_results_file_is_text_in_its_report(folder: Path, tmp_path: Path) -> None:
    """A stranger writes the titles and summaries; whatever they hold, the page has no tag that it would not have without."""
    file = tmp_path / "study.sqlite"
    tags = re.compile(r"<\s*/?\s*([a-z!][\w-]*)|\son\w+\s*=\s*[\"']|javascript:", re.IGNORECASE)

    def tags_of(title: str) -> set[str]:
        shutil.copyfile(folder / FILE, file)
        with closing(sqlite3.connect(file)) as connection, connection:
            connection.execute("update arms set title = ?, summary = ? where place = 1", [title, title])
            connection.execute("update limits set text = text || ?", [title])
            connection.execute("update indicators set label = label || ?, definition = ?", [title, title])
        return {found[0] for found in tags.finditer(html_of(document_of(read_study(file), [])))}

    expected = tags_of("a plain title") | {"<br"}  # where a line ends
    for number in range(share(PART_OF_PAGES)):
        name = named(Random(f"title {number}")).encode("utf-8", "replace").decode()
        if name.strip():
            assert tags_of(f"<script>alert({number})</script><b onclick='x'>{name[:2_000]}") <= expected, (
                f"{number}: {name!r:.300}"
            )
