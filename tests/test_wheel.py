"""The installed wheel works outside the checkout too, with a user's own arm."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel unpacked into it, made without network."""
    built, target = tmp_path_factory.mktemp("built"), tmp_path_factory.mktemp("target")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", built],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = built.glob("trafficsim-*.whl")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
    subprocess.run([*pip, "--no-deps", "--no-index", "--target", target, wheel], check=True, capture_output=True)
    return target


def outside(installed: Path, folder: Path, *words: str) -> str:
    """Run the installed command in a folder that has nothing to do with the checkout, and return what it printed."""
    # Plain Python, since code compiled for the checkout does not serve another place and compiling takes its time.
    environment = {**os.environ, "PYTHONPATH": str(installed), "NUMBA_DISABLE_JIT": "1", "COLUMNS": "120"}
    done = subprocess.run(
        [sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def test_it_is_the_wheel_that_runs(installed: Path, tmp_path: Path) -> None:
    told = outside(installed, tmp_path, "-c", "import trafficsim.cli; print(trafficsim.cli.__file__)")
    assert Path(told.strip()) == installed / "trafficsim" / "cli" / "__init__.py"
    assert (installed / "trafficsim" / "py.typed").is_file()


def test_what_the_page_needs_comes_along(installed: Path, tmp_path: Path) -> None:
    check = "from trafficsim.app.serving import ASSETS, check_installed; check_installed(); print(ASSETS)"
    assert Path(outside(installed, tmp_path, "-c", check).strip()).is_relative_to(installed)


def test_the_looks_of_the_report_come_along(installed: Path, tmp_path: Path) -> None:
    read = "from trafficsim.report.document import pdf, web; print(len(web.STYLE.read_text()), len(pdf.TEMPLATE.read_text()))"
    assert all(int(letters) > 1000 for letters in outside(installed, tmp_path, "-c", read).split())


def test_catalogue_and_arms_come_along(installed: Path, tmp_path: Path) -> None:
    arms = outside(installed, tmp_path, "-m", "trafficsim", "catalog", "arms")
    assert "letter_package" in arms and "non_refoulement_only" in arms
    assert "refoulement" in outside(installed, tmp_path, "-m", "trafficsim", "catalog", "indicators")


def test_a_study_with_an_arm_of_ones_own(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "own" / "arm").mkdir(parents=True)
    (tmp_path / "own" / "arm" / "mine.yaml").write_text(
        "title: Mine\nsummary: A trial.\nlevers:\n  non_refoulement: {coverage: 1.0, because: question 8}\n"
    )
    # In the first months, while there are few people: plain Python is slow.
    words = ["draws=0", "scale=0.0005", "policy_start=1996-06", "years=1", "replicates=2", "workers=2"]
    shown = outside(
        installed, tmp_path, "-m", "trafficsim", "compare", "--config-dir", "own", "arms=[status_quo,mine]", *words
    )  # fmt: skip
    assert "Mine" in shown and "Status quo" in shown
    (database,) = tmp_path.glob("results/study-*/study.sqlite")
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("select arm, count(*) from study_runs group by arm order by arm").fetchall() == [
            ("history", 2), ("mine", 2), ("status_quo", 2),
        ]  # fmt: skip
    assert (database.parent / "figures" / "indicators.png").is_file()
