"""Settings and study files as nobody would write them, through Hydra: a study that may be run, or a refusal in a sentence."""

from pathlib import Path
from random import Random

import pytest
from fuzzing.trying import commanded, share, tried
from fuzzing.words import STUDY_FILE, study_file, words

from trafficsim.composition import compose

pytestmark = [  # Hydra says so, and composes all the same
    pytest.mark.filterwarnings("ignore:In '.*Defaults list is missing:UserWarning"),
    pytest.mark.filterwarnings("ignore:provider=.* is not available:UserWarning"),
]


PART, PART_OF_COMMANDS = 0.25, 0.02


def test_settings_make_a_study_or_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for number in range(share(PART)):
        given = words(Random(f"settings {number}"))
        try:
            tried(lambda given=given: compose(given))
        except BaseException as stumble:
            stumble.add_note(f"input {number}: {given!r:.2000}")
            raise
    assert list(tmp_path.iterdir()) == []


def test_study_files_make_a_study_or_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "mine.yaml"
    file.write_text(STUDY_FILE)
    assert compose([], [tmp_path], "mine").study.name == "mine"
    for number in range(share(PART)):
        text = study_file(Random(f"file {number}"))
        file.write_bytes(text.encode("utf-8", "surrogatepass"))
        try:
            tried(lambda: compose([], [tmp_path], "mine"))
        except BaseException as stumble:
            stumble.add_note(f"input {number}: {text!r:.2000}")
            raise
    assert [path.name for path in tmp_path.iterdir()] == ["mine.yaml"]


def test_whole_command_lines_end_in_a_result_or_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    tiny = [
        "scale=0.001",
        "years=1",
        "policy_start=1996-02",
        "replicates=1",
        "draws=0",
        "executor=inline",
        "output=totals",
    ]
    for number in range(share(PART_OF_COMMANDS)):
        random = Random(f"command {number}")
        verb = random.choice(["sweep", "run", "compare"])
        given = (
            [verb, "--cfg", "job"] if verb == "compare" else [verb, "--info", "searchpath"] if verb == "run" else [verb]
        )
        given += [*tiny, "arms=[status_quo]"][: random.choice([7, 8])] if verb != "run" else tiny
        given += [word for word in words(random) if not word.startswith(("-", "executor", "workers"))]
        try:
            commanded(given, [tmp_path])
        except BaseException as stumble:
            stumble.add_note(f"input {number}: {given!r:.2000}")
            raise
