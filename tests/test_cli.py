"""The command line: answers, exit codes, and Hydra as its users know it. The simulation has tests of its own."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from trafficsim import cli
from trafficsim.cli import studying
from trafficsim.configuration import Configuration

ARM = """\
title: Mine
summary: A trial of my own.
levers:
  identification: {coverage: 0.15, because: question 2}
"""


@pytest.fixture
def conducted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Configuration]:
    """The studies that the command line would have run, in a folder of the test's own."""
    studies: list[Configuration] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(studying, "conduct", lambda configuration, manner: studies.append(configuration) or 0)
    return studies


def names(configuration: Configuration) -> list[str]:
    return [arm.name for arm in configuration.arms]


@pytest.mark.parametrize(
    "words",
    [
        ["-h"],
        [],
        ["compare", "-h"],
        ["run", "-h"],
        ["sweep", "-h"],
        ["studies", "-h"],
        ["export", "-h"],
        ["report", "-h"],
        ["catalog", "-h"],
        ["effects", "-h"],
    ],
)
def test_help_teaches(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code = cli.main(words)
    except SystemExit as stop:
        code = stop.code
    assert code == 0
    out = capsys.readouterr().out
    assert "trafficsim" in out
    assert "examples:" in out or "first steps:" in out


def test_help_answers_at_once() -> None:
    code = "import sys; from trafficsim.cli import main; main([]); print(sorted({'numpy', 'hydra', 'pydantic'} & set(sys.modules)))"
    began = time.perf_counter()
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.rstrip().endswith("[]")
    assert time.perf_counter() - began < 2.0  # 0.05 s when nothing else runs


def test_compare_leaves_its_configuration_on_disk(conducted: list[Configuration], tmp_path: Path) -> None:
    assert (
        cli.main(["compare", "arms=[status_quo,letter_package+border_reopened]", "study=teaching", "replicates=3"]) == 0
    )
    (study,) = conducted
    assert names(study) == ["status_quo", "letter_package+border_reopened"]
    assert (study.study.scale, study.study.replicates) == (0.05, 3)
    (written,) = (tmp_path / "results" / "hydra").rglob(".hydra/config.yaml")
    content = yaml.safe_load(written.read_text())
    assert content["replicates"] == 3
    assert content["parameters"]
    assert {path.name for path in tmp_path.iterdir()} == {"results"}


def test_run_is_a_study_of_one_arm(conducted: list[Configuration]) -> None:
    assert cli.main(["run"]) == 0
    assert cli.main(["run", "arm=letter_package+border_closed", "years=2"]) == 0
    assert [names(study) for study in conducted] == [["status_quo"], ["letter_package+border_closed"]]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["run", "-m", "arm=permit_reform,surveillance_removed"], [["permit_reform"], ["surveillance_removed"]]),
        (["run", "arm=permit_reform,status_quo", "--multirun"], [["permit_reform"], ["status_quo"]]),
        (["run", "-m", "arm=glob(border_*)"], [["border_closed"], ["border_reopened"]]),
        (
            ["run", "-m", "arm=letter_package+border_closed,pre_2020"],
            [["letter_package+border_closed"], ["pre_2020"]],
        ),
        (
            ["compare", "-m", "arms=[status_quo],[status_quo,permit_reform]"],
            [["status_quo"], ["status_quo", "permit_reform"]],
        ),
        (["compare", "arms=[status_quo]", "-m", "arm=pre_2020", "years=1,2"], [["status_quo", "pre_2020"]] * 2),
    ],
)
def test_sweeps_over_arms(conducted: list[Configuration], words: list[str], expected: list[list[str]]) -> None:
    assert cli.main(words) == 0
    assert [names(study) for study in conducted] == expected


def test_sweeps_over_numbers_and_strictness(conducted: list[Configuration], tmp_path: Path) -> None:
    lever = "arm.levers.identification.coverage"
    assert cli.main(["compare", "-m", "arm=identification_only", f"{lever}=0.15,0.9", "seed=range(1,4)"]) == 0
    found = [(study.arms[2].levers["identification"].coverage, study.study.seed) for study in conducted]
    assert found == [(coverage, seed) for coverage in (0.15, 0.9) for seed in (1, 2, 3)]
    assert len({study.hash() for study in conducted}) == 6
    assert len([*(tmp_path / "results" / "hydra").rglob(".hydra/overrides.yaml")]) == 6


def test_files_of_ones_own(conducted: list[Configuration], tmp_path: Path) -> None:
    own = tmp_path / "own"
    (own / "arm").mkdir(parents=True)
    (own / "arm" / "mine.yaml").write_text(ARM)
    (own / "my_study.yaml").write_text("defaults: [config, _self_]\narms: [status_quo, mine]\nreplicates: 4\n")
    assert cli.main(["run", "arm=mine", "--config-dir", str(own)]) == 0
    assert cli.main(["compare", "--config-dir", "own", "--config-name", "my_study", "years=3"]) == 0
    assert cli.main(["compare", f"hydra.searchpath=[file://{own}]", "arms=[mine]"]) == 0
    assert [names(study) for study in conducted] == [["mine"], ["status_quo", "mine"], ["mine"]]
    assert (conducted[1].study.replicates, conducted[1].study.years) == (4, 3)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["compare", "scale=3000"], "scale = 3000: allowed is a number from 0.0005 to 200"),
        (["compare", "replicats=3"], "Did you mean 'replicates'"),
        (["compare", "scale=1,2"], "add -m"),
        (["compare", "-m", "scale=1,900"], "scale = 900"),
        (["compare", "-m", "arm=permit_reform,nonsense"], "nonsense"),
        (["compare", "+_target_=os.system"], "may not call code"),
        (["compare", "--config-dir", "nowhere"], "no configuration folder"),
        (["compare", "--config-name", "nowhere"], "nowhere"),
        (["compare", "--config-path", "x"], "--config-dir"),
        (["compare", "--experimental-rerun", "x.pickle"], "refused"),
        (["run", "arms=[status_quo]"], "'run' takes one arm"),
        (["export", "nowhere.sqlite"], "no database 'nowhere.sqlite'"),
        (["report", "nowhere.sqlite"], "no database 'nowhere.sqlite'"),
        (["catalog", "arms", "letter_pakage"], "Did you mean 'letter_package'"),
        (["catalog", "levers", "moratorum"], "Did you mean 'moratorium'"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_2(conducted, capsys, words: list[str], told: str) -> None:
    assert cli.main(words) == 2
    err = capsys.readouterr().err
    assert told in err
    assert err.startswith("trafficsim: ")
    assert err.count("\n") == 1
    assert conducted == []


def test_an_unknown_command_is_told() -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main(["comapre"])
    assert stop.value.code == 2


def test_the_composed_configuration_can_be_seen_without_running(conducted, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["compare", "--cfg", "job", "scale=0.5"]) == 0
    content = yaml.safe_load(capsys.readouterr().out)
    assert content["scale"] == 0.5
    assert conducted == []


@pytest.mark.parametrize("kind", ["parameters", "series", "levers", "arms", "indicators"])
def test_the_catalogue_is_shown(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["catalog", kind, "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert cli.main(["catalog", kind]) == 0
    table = capsys.readouterr().out
    first = next(iter(content))
    assert first.rpartition(".")[2] in table
    assert cli.main(["catalog", kind, first]) == 0
    assert first in capsys.readouterr().out


def test_the_catalogue_tells_what_it_holds(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["catalog"]) == 0
    out = capsys.readouterr().out
    assert all(kind in out for kind in ("parameters", "series", "levers", "arms", "indicators"))


def test_ctrl_c_stops_a_sweep(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What Ctrl-C keeps is tested with real processes in test_study.py; here, that no further job begins."""
    begun: list[Configuration] = []

    def finished_tasks(configuration: Configuration, *_: object) -> Iterator[None]:
        begun.append(configuration)
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr("trafficsim.experiments.conduct.finished_tasks", finished_tasks)
    monkeypatch.chdir(tmp_path)
    assert cli.main(["compare", "-m", "seed=1,2"]) == 130
    assert len(begun) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[-1] == "trafficsim: stopped."
    assert [*tmp_path.glob("results/study-*/*")] == []  # nothing was finished, so nothing is left


def test_a_folder_that_cannot_be_written_is_told(conducted, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "results").write_text("a file where the folder should be")
    assert cli.main(["run"]) == 2
    assert "results" in capsys.readouterr().err


def test_a_library_that_is_not_installed_is_told(
    monkeypatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "SALib.sample.morris", None)
    words = ["method=morris", "indicator=removals", "size=2", "study.vary=[custody.removal_places]", "scale=0.0005"]
    assert cli.main(["sensitivity", *words, "years=1", "policy_start=1996-06", "arms=[status_quo]", "workers=1"]) == 2
    assert "needs SALib, which is not installed: pip install 'trafficsim[analysis]'" in capsys.readouterr().err
