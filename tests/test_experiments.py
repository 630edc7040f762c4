"""The published experiments: their studies compose, their results are whole, and their pages say what the results say."""

import subprocess
import sys
from pathlib import Path

import pytest

from trafficsim.composition import compose
from trafficsim.experiments.studies import problems_of

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "experiments"
NAMES = sorted(path.parent.name for path in FOLDER.glob("*/study.yaml"))


def test_there_are_three():
    assert NAMES == ["non_refoulement", "package_lever_by_lever", "permits"]


@pytest.mark.parametrize("name", NAMES)
def test_a_study_file_is_one_that_can_be_run(name):
    configuration = compose([], [FOLDER / name], "study")
    assert configuration.study.name == name
    assert configuration.arms[0].name == "status_quo"
    assert configuration.study.design == "posterior" and configuration.study.draws >= 30


def test_the_package_is_taken_apart_lever_by_lever():
    arms = {arm.name: arm for arm in compose([], [FOLDER / "package_lever_by_lever"], "study").arms}
    package = arms.pop("letter_package").levers
    alone = [arm for arm in arms.values() if len(arm.levers) == 1]
    without = [arm for arm in arms.values() if len(arm.levers) == len(package) - 1]
    assert {name for arm in alone for name in arm.levers} == set(package)
    assert {(set(package) - set(arm.levers)).pop() for arm in without} == set(package)
    for arm in without:  # what is kept is kept as it is in the package
        assert all(arm.levers[name] == package[name] for name in arm.levers), arm.name


@pytest.mark.parametrize("name", NAMES)
def test_the_results_that_are_kept_are_whole(name):
    assert list(problems_of(FOLDER / "results" / f"{name}.sqlite")) == []


@pytest.mark.parametrize("name", NAMES)
def test_the_page_says_what_the_results_say(name, tmp_path):
    """The page is written again from the kept results, in a folder of its own, and is the same."""
    copy = tmp_path / "experiments"
    (copy / name).mkdir(parents=True)
    (copy / "results").mkdir()
    for file in ("publish.py", "lever_by_lever.py", f"results/{name}.sqlite", f"{name}/question.md"):
        (copy / file).write_bytes((FOLDER / file).read_bytes())
    done = subprocess.run(
        [sys.executable, "-W", "error", str(copy / "publish.py"), name],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (copy / name / "README.md").read_text() == (FOLDER / name / "README.md").read_text()
    kept, made = ({path.name for path in (where / name / "figures").glob("*.png")} for where in (FOLDER, copy))
    assert made == kept != set()
