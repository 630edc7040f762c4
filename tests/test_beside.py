"""One assumption changed: two studies of the same lives, paired world by world and replicate by replicate."""

import json

import numpy as np
import pytest

import trafficsim as ts
from trafficsim import cli
from trafficsim.errors import UserError

WORDS = [
    "arms=[status_quo,non_refoulement_only]",
    "scale=0.02",
    "years=2",
    "draws=3",
    "replicates=2",
    "output=totals",
    "executor=inline",
]
CHANGED = "parameters.custody.assessment_sensitivity=0.95"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("beside")
    for name, more in (("usual", []), ("sharper", [CHANGED]), ("larger", ["scale=0.03"])):
        assert cli.main(["sweep", f"study.name={name}", *WORDS, *more, f"output.folder={folder}"]) == 0
    return {name: folder / name / "study.sqlite" for name in ("usual", "sharper", "larger")}


@pytest.fixture(scope="module")
def studies(files):
    return {name: ts.open(file) for name, file in files.items()}


def test_what_was_changed_is_said_and_nothing_else(studies):
    found = studies["usual"].beside(studies["sharper"])
    assert found.changed == {"custody.assessment_sensitivity": ("as in the catalogue", "0.95")}


@pytest.mark.relation(
    "A study beside itself shows no difference.",
    kind="equality", level="study",
    reach="one study",
)  # fmt: skip
def test_nothing_changed_changes_nothing(studies):
    found = studies["usual"].beside(studies["usual"])
    assert not found.changed
    assert set(found.table["word"]) <= {"the same", "no value"}
    assert (found.table["difference"].fillna(0) == 0).all()
    assert (found.table["word"] == "the same").sum() > 10


def test_a_difference_of_what_an_arm_changes_is_paired_by_hand(studies):
    """What non-refoulement spares with a sharper assessment, less what it spares without, in each world and replicate."""

    def change(study):
        totals = study.totals.query("indicator == 'refoulement'").pivot(
            index=["draw", "replicate"], columns="arm", values="value"
        )
        return (totals["non_refoulement_only"] - totals["status_quo"]).unstack("replicate")

    by_hand = change(studies["sharper"]) - change(studies["usual"])
    table = studies["usual"].beside(studies["sharper"], ["refoulement"]).table.set_index("arm")
    row = table.loc["non_refoulement_only"]
    assert row["difference"] == pytest.approx(by_hand.to_numpy().mean())
    assert (row["low"], row["high"]) == pytest.approx(tuple(np.quantile(by_hand.mean(axis=1), [0.05, 0.95])))
    assert (row["worlds"], row["replicates"]) == (3, 2)
    assert row["difference"] <= 0  # a sharper assessment never returns more
    assert table.loc["status_quo", "difference"] == 0  # nobody is assessed there


def test_lives_that_are_not_the_same_are_refused(studies):
    with pytest.raises(UserError, match=r"differ in the scale \(0.02 and 0.03\), so their lives are not the same"):
        studies["usual"].beside(studies["larger"])


def test_the_command_says_it(files, capsys):
    assert (
        cli.main(["effects", str(files["usual"]), "--beside", str(files["sharper"]), "--indicator", "refoulement"]) == 0
    )
    told = capsys.readouterr().out
    assert "custody.assessment_sensitivity: as in the catalogue here, 0.95 there" in told
    assert "What “Non-refoulement only” changes" in told
    assert "the scale may be too small to tell" in told
    assert cli.main(["effects", str(files["usual"]), "--beside", str(files["sharper"]), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["changed"] == {"custody.assessment_sensitivity": ["as in the catalogue", "0.95"]}
    assert cli.main(["effects", str(files["usual"]), "--beside", str(files["larger"])]) == 2
    assert "study.scale=0.02" in capsys.readouterr().err
