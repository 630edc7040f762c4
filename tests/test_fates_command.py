"""``trafficsim fates``: the tables, the figure, JSON, and mistakes told in a sentence."""

import json
from pathlib import Path

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

import trafficsim
from trafficsim import cli
from trafficsim.experiments.frames import open_study
from trafficsim.processes.vocabulary import Mark
from trafficsim.report.figures.harms import draw_harms
from trafficsim.report.harm_tables import percent

ARMS = ["status_quo", "non_refoulement_only", "letter_package"]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    study = trafficsim.compare(
        ARMS, scale=0.02, policy_start="2010-01", years=1, replicates=2, draws=0, workers=1, output__groups=False
    )
    return study.save(folder / "study.sqlite")


def test_it_tells_who_was_spared_and_draws_it(
    database: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert cli.main(["fates", str(database), "--harm", "removed", "--matrix"]) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines()[:-1])) <= 80
    words = " ".join(out.split())
    harmed = open_study(database, tables=["harmed_lives"])["harmed_lives"]
    removed = harmed[(harmed["arm_b"] == "letter_package") & (harmed["harm"] == "removed") & (harmed["harmed_a"] == 1)]
    lives = f"{removed['lives'].sum() / 2:,.1f}".removesuffix(".0")
    assert f"Of the {lives} lives forcibly returned under “Status quo”, under “The letter's full package”:" in words
    for told in (
        "met the same harm",
        "spared it; protected",
        "its 90 % interval over 2 replicates",
        "not a count of real",
    ):
        assert told in words
    assert (database.parent / "figures" / "who_was_spared_what.png").is_file()
    assert [path.name for path in sorted((database.parent / "figures").iterdir())] == [
        "who_was_spared_what.png", "who_was_spared_what.svg",
    ]  # fmt: skip


def test_programs_get_json(database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["fates", str(database), "--json", "--harm", "tortured", "--matrix"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [(one["baseline"], one["arm"]) for one in told] == [("status_quo", arm) for arm in ARMS[1:]]
    for one in told:
        assert {"removed", "trafficked"} <= {row["harm"] for row in one["harms"]}
        assert sum(row["lives_part"] for row in one["matrix"]) == pytest.approx(one["lives_compared"])
        assert {row["under"] for row in one["fates"]} == {"baseline", "arm"}
    assert cli.main(["fates", str(database), "--json", "--arm", "letter_package"]) == 0
    assert [one["arm"] for one in json.loads(capsys.readouterr().out)] == ["letter_package"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--arm", "letter_pakage"], "Did you mean 'letter_package'"),
        (["--harm", "removal"], "There is no harm 'removal'. Did you mean 'removed'"),
        (["--study", "nothing"], "holds no study nothing"),
    ],
)
def test_a_mistake_is_one_sentence(
    database: Path, words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["fates", str(database), *words]) == 2
    out, err = capsys.readouterr()
    assert told in err and err.count("\n") == 1 and out == ""


def test_the_figure_of_several_worlds_has_all_its_words_on_the_page() -> None:
    study = trafficsim.compare(ARMS[:2], scale=0.01, policy_start="2010-01", years=1, replicates=1, draws=2, workers=1)
    figure = draw_harms(study.frames)
    assert figure is not None
    FigureCanvasAgg(figure).draw()
    words = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
    assert any("the middle 90 % of 2 draws" in text.get_text() for text in words)
    for text in words:
        box = text.get_window_extent()
        assert box.width == 0 or (box.x0 >= -2 and box.x1 <= figure.bbox.x1 + 2), text.get_text()


def test_one_arm_has_nothing_to_compare(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    alone = trafficsim.compare(ARMS[:1], scale=0.005, years=1, replicates=1, draws=0, workers=1)
    path = alone.save(tmp_path / "study.sqlite")
    assert cli.main(["fates", str(path)]) == 2
    assert "one arm alone" in capsys.readouterr().err


def test_each_harm_has_words_of_its_own() -> None:
    from trafficsim.experiments.lives import HARMS
    from trafficsim.report.harm_tables import WORDS

    assert list(WORDS) == list(HARMS)
    good = {Mark.PROTECTED, Mark.REACHED_THIRD_COUNTRY, Mark.IDENTIFIED}
    assert {mark for mark in Mark if mark not in good} == {mark for mark in Mark if mark in HARMS.values()}


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0.0, "0 %"), (1e-4, "< 0.1 %"), (6e-4, "0.1 %"), (0.004, "0.4 %"), (0.62, "62 %"), (0.9931, "99.3 %"),
        (0.9998, "> 99.9 %"), (1.0 - 1e-15, "100 %"), (1.0, "100 %"), (float("nan"), "–"),
    ],
)  # fmt: skip
def test_a_share_is_none_or_all_only_where_it_is(share: float, words: str) -> None:
    assert percent(share) == words
