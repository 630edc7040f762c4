"""The notebooks: kept light, without outputs, and each runs from its first cell to its last without a warning."""

import json
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[1] / "experiments" / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
names = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)

SECONDS = 300
"""Within which a cell must end; on a quiet machine a whole notebook takes ten."""


def cells(path: Path, kind: str) -> list[Any]:
    return [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == kind]


def test_all_seven_are_there_and_the_folder_lists_them() -> None:
    listed = re.findall(r"\((\w+\.ipynb)\)", (FOLDER / "README.md").read_text(encoding="utf-8"))
    assert [path.name for path in NOTEBOOKS] == listed
    assert [path.name[0] for path in NOTEBOOKS] == list("1234567")


@names
def test_it_is_kept_light_and_without_outputs(path: Path) -> None:
    assert path.stat().st_size < 40_000
    nbformat.validate(nbformat.read(path, 4))
    for cell in cells(path, "code"):
        assert cell["outputs"] == [] and cell["execution_count"] is None, f"strip the outputs of {path.name}"
        assert cell["metadata"] == {}


@names
def test_it_asks_questions_and_keeps_its_answers_folded(path: Path) -> None:
    words = "\n".join("".join(cell["source"]) for cell in cells(path, "markdown"))
    questions = [int(number) for number in re.findall(r"\*\*Question (\d+)\.\*\*", words)]
    assert questions == list(range(1, len(questions) + 1)) and len(questions) >= 4
    assert words.count("<details><summary>") == words.count("</details>") >= 3
    assert "What a real study would need" in words or path.name.startswith("7")
    for link in re.findall(r"\]\((\.\./[^)#]+)", words):
        assert (FOLDER / link).exists(), f"{path.name} links to {link}"


@names
def test_it_loads_nothing_but_what_is_installed_with_the_package(path: Path) -> None:
    code = "\n".join("".join(cell["source"]) for cell in cells(path, "code"))
    loaded = {name.partition(".")[0] for name in re.findall(r"^(?:import|from) ([\w.]+)", code, re.MULTILINE)}
    assert loaded <= {"inspect", "matplotlib", "numpy", "pandas", "textwrap", "trafficsim", "yaml"}
    assert "http" not in code


@names
def test_it_runs_from_the_first_cell_to_the_last(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    for place in ("JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "IPYTHONDIR", "MPLCONFIGDIR"):
        monkeypatch.setenv(place, str(tmp_path / place.lower()))
    work = tmp_path / "work"
    work.mkdir()
    notebook = nbformat.read(path, 4)
    NotebookClient(
        notebook, timeout=SECONDS, kernel_name="python3", resources={"metadata": {"path": str(work)}}
    ).execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    complaints = [output.text for output in outputs if output.output_type == "stream" and output.name == "stderr"]
    assert complaints == []
    told = "".join(output.text for output in outputs if output.output_type == "stream")
    assert "nan" not in told.split() and "False" not in told
    figures = [output for output in outputs if "image/png" in output.get("data", {})]
    assert len(figures) >= 2
    assert list(work.iterdir()) == []  # it leaves nothing behind
    shown = "".join(str(output.get("data", {}).get("text/html", "")) for output in outputs)
    assert "not a count of real people" in told + shown
