"""``trafficsim claims`` from end to end, on studies that are as small as can be."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from made_up_worlds import assumptions, made_up

from trafficsim import cli
from trafficsim.analysis.claims import VERDICTS, judgement
from trafficsim.claims import claim_names, load_claim
from trafficsim.cli import claiming
from trafficsim.report.claims import COLUMNS, as_csv, in_order

SMALL = ["worlds=2", "replicates=2", "scale=0.01", "years=1", "workers=1"]
NAMES = ["non_refoulement_halves_refoulement", "mine"]
"""One over the study's own years, about everybody; one with a horizon of its own, about a group."""
MINE = """
sentence: "Fewer women are arrested within two years."
made_by: critics
years: 2
test:
  - {compare: difference, indicator: detected, arm: moratorium_only, against: status_quo, below: 0, group: {sex: female}}
evidence: [S64]
counter: "A moratorium stops removals, not arrests."
note: "Written for a test."
"""

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("claims")
    (made / "own" / "claim").mkdir(parents=True)
    (made / "own" / "claim" / "mine.yaml").write_text(MINE)
    return made


@pytest.fixture
def command(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "240")  # no sentence is broken

    def run(*words: str) -> tuple[int, str, str]:
        code = cli.main(["claims", *words])
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


def test_claims_from_end_to_end(command: Command, folder: Path) -> None:
    code, out, err = command(*NAMES, *SMALL, "--config-dir", "own", "--json")
    assert code == 0, err
    assert "runs are to be lived through: about" in err
    told = json.loads(out)
    assert [each["claim"]["name"] for each in told["claims"]] == NAMES
    assert [(each["worlds_are"], each["design"], each["years"]) for each in told["studies"]] == [
        (which, design, years)
        for years in (1, 2)
        for which, design in (("posterior", "posterior"), ("prior", "latin_hypercube"))
    ]
    assert [bool(each["calibrated_by"]) for each in told["studies"]] == [True, False] * 2
    for each in told["claims"]:
        assert each["verdict"] == "more runs are needed"  # two worlds
        assert "2 worlds" in each["because"]
        assert each["claim"]["sources"]
        for which in ("posterior", "prior"):
            assert each[which]["worlds"] == 2
            assert 0.0 <= each[which]["low"] <= each[which]["share"] <= each[which]["high"] <= 1.0
            assert each[which]["conditions"]["told"]
    assert (folder / "results" / "claims" / "study.sqlite").is_file()

    # Again: nothing is lived through, and every form says the same.
    code, out, err = command(*NAMES, *SMALL, "--config-dir", "own", "--csv")
    assert code == 0
    assert "to be lived through" not in err
    rows = {row["claim"]: row for row in csv.DictReader(out.splitlines())}
    for each in told["claims"]:
        assert float(rows[each["claim"]["name"]]["posterior_share"]) == each["posterior"]["share"]
        assert rows[each["claim"]["name"]]["prior_study"] == each["prior"]["study"]

    code, out, _ = command(NAMES[0], *SMALL)
    assert code == 0
    claim = load_claim(NAMES[0])
    for words in (
        claim.sentence,
        claim.counter[:40],
        "It holds in: ",
        "Effect: ",
        "Leans on: ",
        "S51 (alleged)",
        "al-chn-3-2024",
    ):
        assert words in out
    assert "not a count of real people" in out


def test_the_table_and_the_figure_of_all_claims(
    command: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trafficsim.claims.claim_names", lambda *_: NAMES[:1])
    code, out, err = command(*SMALL, "--folder", "drawn")
    assert code == 0, err
    assert NAMES[0] in out
    assert "robust: holds in nearly all worlds" in out
    assert (folder / "drawn" / "claims.png").stat().st_size > 10_000
    drawn = (folder / "drawn" / "claims.svg").read_text()
    assert "Risk assessment before removal" in drawn
    assert "not a count of real people" in drawn


def test_claims_as_they_are_written(command: Command) -> None:
    code, out, _ = command("--list")
    assert code == 0
    assert all(name in out for name in claim_names())
    code, out, _ = command("permits_protect", "--list", "--json")
    plain = json.loads(out)
    assert plain[0]["test"] == [
        {
            "compare": "ratio", "indicator": "detected", "arm": "surveillance_removed", "against": "status_quo",
            "at_least": 1.05,
        }
    ]  # fmt: skip
    assert plain[0]["sources"][0]["id"] == "al-chn-3-2024"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["permits_protct"], "no claim 'permits_protct'. Did you mean 'permits_protect'"),
        (["arms=[status_quo]"], "'arms=[status_quo]': the claims name the arms"),
        (["arm.levers.identification.coverage=0.5"], "the claims name the arms"),
        (["draws=20"], "write worlds=NUMBER"),
        (["study.design=sobol"], "both designs are lived through"),
        (["output.groups=true"], "what claims need is kept"),
        (["worlds=1"], "worlds=1: it should be a whole number, 2 or more"),
        (["replicates=1"], "replicates=1: it should be a whole number, 2 or more"),
        (["worlds=20", "worlds=30"], "worlds is given twice"),
        (["scale=a"], "scale"),
        (["scael=0.1"], "Did you mean 'scale'"),
        (["--list", "scale=0.1"], "--list shows the claims as they are written"),
        (["--list", "--csv"], "--list takes --json"),
        (["--config-dir", "nowhere", "permits_protect", "worlds=2"], "no configuration folder"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_2(
    command: Command, monkeypatch: pytest.MonkeyPatch, words: list[str], told: str
) -> None:
    monkeypatch.setattr(claiming, "answer", lambda *_, **__: 0)
    code, out, err = command(*words)
    assert (code, out) == (2, "")
    assert told in err
    assert err.startswith("trafficsim: ")
    assert err.count("\n") == 1


def test_claims_stand_in_the_order_of_their_verdicts() -> None:
    claim, points = load_claim("non_refoulement_halves_refoulement"), assumptions(40)
    made = []
    for share in (0.0, 0.4, 1.0):
        low = [[100.0, 101.0] if place < 40 * share else [900.0, 901.0] for place in range(40)]
        worlds = made_up(
            {
                ("refoulement", "non_refoulement_only"): low,
                ("refoulement", "status_quo"): [[1000.0, 1001.0]] * 40,
            },
            points,
        )
        made.append(judgement(claim, worlds, worlds))
    words = [each.verdict.word for each in in_order(made)]
    assert words == ["robust", "unsupported", "refuted"]
    assert words == sorted(words, key=VERDICTS.index)
    lines = as_csv(made).splitlines()
    assert lines[0].startswith(",".join(COLUMNS))
    assert [line.split(",")[-1] for line in lines[1:]]
