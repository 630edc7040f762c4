"""Parts of bundles by themselves: failures told without traces, which runs are lived through again, what goes along."""

import pytest

from trafficsim.bundles import environment, verifying
from trafficsim.experiments.extract import without_traces


@pytest.mark.parametrize(
    ("story", "told"),
    [
        ('  File "/home/Jane Doe/x/model.py", line 3', '  File "model.py", line 3'),
        (r'File "C:\Users\Jane Doe\x.py"', 'File "x.py"'),
        ("FileNotFoundError: /home/jane/y.csv, draw/replicate/arm", "FileNotFoundError: y.csv, draw/replicate/arm"),
        ("lost tcp://10.1.2.3:8786, twice", "lost (address), twice"),
        ("ValueError: 1/2 is no year", "ValueError: 1/2 is no year"),
    ],
)
def test_folders_and_addresses_are_taken_out_of_the_story_of_a_failure(story, told):
    assert without_traces(story) == told


def test_runs_to_live_through_again_are_spread_over_the_study():
    runs = [str(number) for number in range(10)]
    assert verifying._spread(runs, 1) == ["0"]
    assert verifying._spread(runs, 3) == ["0", "4", "9"]
    assert verifying._spread(runs, 99) == runs


def test_what_goes_with_a_bundle_is_found_in_an_installed_wheel_too(monkeypatch, tmp_path):
    class Wheel:
        version, requires = "1.0", ()

        def read_text(self, name: str) -> str:
            return f"text of {name}"

    monkeypatch.setattr(environment, "CHECKOUT", tmp_path)
    monkeypatch.setattr(environment, "distribution", lambda name: Wheel())
    assert environment.attached_files() == {
        "LICENSE": b"text of licenses/LICENSE",
        "CITATION.cff": b"text of extra_metadata/CITATION.cff",
        "requirements.txt": b"text of extra_metadata/requirements.txt",
    }
