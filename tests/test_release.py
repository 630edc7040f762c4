"""What a release says of itself: versions that agree, templates that work, archives that hold what they should."""

import json
import subprocess
import sys
import tarfile
import tomllib
from pathlib import Path

import pytest
import yaml

from trafficsim.course import MODEL_VERSION
from trafficsim.policy import LEVERS, Arm

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_versions_agree():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    about = json.loads((ROOT / "codemeta.json").read_text())
    assert PROJECT["version"] == citation["version"] == about["version"]
    assert PROJECT["description"] == about["description"]
    assert set(PROJECT["keywords"]) == set(citation["keywords"]) == set(about["keywords"])
    newest = next(line for line in (ROOT / "CHANGELOG.md").read_text().splitlines() if line.startswith("## "))
    assert newest.startswith(f"## {PROJECT['version']}, model version {MODEL_VERSION} ")


def test_the_template_of_an_arm_is_one():
    content = yaml.safe_load((ROOT / "docs/templates/arm.yaml").read_text())
    arm = Arm.from_plain({"name": "template"} | content)
    assert set(arm.levers) <= set(LEVERS)


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    folder = tmp_path_factory.mktemp("source")
    words = [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(folder)]
    subprocess.run(words, cwd=ROOT, check=True, capture_output=True)
    (path,) = folder.glob("*.tar.gz")
    return path


def test_the_source_archive_holds_all_that_it_takes_and_nothing_that_runs_wrote(archive):
    with tarfile.open(archive) as opened:
        names = {name.partition("/")[2] for name in opened.getnames()}
    for needed in ("src/trafficsim/model.py", "tests/test_release.py", "docs/index.md", "benchmarks/run.py", "Makefile", ".ci/run",
                   "experiments/permits/study.yaml", "experiments/notebooks/1_first_hour.ipynb", "requirements/runtime.txt",
                   "README.md", "LICENSE", "CITATION.cff", "codemeta.json", "CHANGELOG.md", "CONTRIBUTING.md"):  # fmt: skip
        assert needed in names, needed
    assert not [name for name in names if name.startswith(("results/", ".venv", ".cache")) or "__pycache__" in name]


def test_a_wheel_made_of_the_source_archive_is_that_of_the_checkout(archive, tmp_path):
    with tarfile.open(archive) as opened:
        opened.extractall(tmp_path, filter="data")
    (unpacked,) = (path for path in tmp_path.iterdir() if path.is_dir())
    listed = []
    for where, to in ((ROOT, tmp_path / "a"), (unpacked, tmp_path / "b")):
        words = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(to)]
        subprocess.run(words, cwd=where, check=True, capture_output=True)
        (wheel,) = to.glob("*.whl")
        shown = subprocess.run(
            [sys.executable, "-m", "zipfile", "-l", str(wheel)], check=True, capture_output=True, text=True
        )
        listed.append({line.split()[0] for line in shown.stdout.splitlines()[1:]})
    assert listed[0] == listed[1]
    assert "trafficsim/catalog/posteriors/first.csv" in listed[0]
