"""The package from Python: what a study prints, shows, draws and hands out; one's own arms; lives; and mistakes."""

import inspect
import os
import re
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import trafficsim as ts
from trafficsim import cli
from trafficsim.comparison import results
from trafficsim.comparison.settings import configuration_for, overrides_of
from trafficsim.configuration import configure
from trafficsim.experiments import replicate
from trafficsim.experiments.executors import inline
from trafficsim.report.shown import html_of

ARMS = ["status_quo", "letter_package"]
SMALL = {"scale": 0.01, "policy_start": "2010-01", "years": 2, "workers": 1, "draws": 0}


@pytest.fixture(scope="module")
def study() -> ts.Comparison:
    return ts.compare(ARMS, replicates=3, **SMALL)


@pytest.fixture(scope="module")
def stored(study: ts.Comparison, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return study.save(tmp_path_factory.mktemp("stored") / "study.sqlite")


class Cells(HTMLParser):
    """The words of a page, and how often each kind of element stands in it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.count: dict[str, int] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.count[tag] = self.count.get(tag, 0) + 1

    def handle_data(self, data: str) -> None:
        self.words += data.split()


def test_a_study_says_the_same_as_text_and_in_a_notebook(study: ts.Comparison, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    told = [word for word in str(study).split() if set(word) != {"─"}]
    page = Cells(study._repr_html_())
    assert sorted(page.words) == sorted(told)
    assert "real people." in str(study)
    assert page.count["th"] == 4 + study.summary["indicator"].nunique()  # a heading for each column, and for each row


def test_what_was_run_and_what_is_opened_hand_out_the_same(study: ts.Comparison, stored: Path) -> None:
    opened = ts.open(stored)
    assert repr(opened) == repr(study) == "<Comparison of status_quo, letter_package; 3 replicates>"
    assert str(opened) == str(study)
    for name in ("levels", "effects", "series", "stocks", "harms", "fates"):
        pd.testing.assert_frame_equal(getattr(opened, name)(), getattr(study, name)(), check_dtype=False)
    assert opened.configuration.hash() == study.configuration.hash() == study.result.configuration_hash


def test_levels_and_effects_agree_with_the_totals(study: ts.Comparison) -> None:
    wide = study.totals.query("indicator == 'refoulement'").pivot(index="replicate", columns="arm", values="value")
    levels = study.levels("refoulement").set_index("arm")["mean"]
    effect = study.effects(indicators="refoulement").iloc[0]
    assert levels["letter_package"] == pytest.approx(wide["letter_package"].mean())
    assert effect["difference"] == pytest.approx((wide["letter_package"] - wide["status_quo"]).mean())
    assert effect["label"] == ts.indicators().loc["refoulement", "label"]
    assert study.effects(indicators="all")["indicator"].nunique() == study.totals["indicator"].nunique()
    assert study.effects(indicators=None, arms=None).equals(study.effects())
    assert study.levels(None).equals(study.levels())
    back = study.effects(indicators="refoulement", against="letter_package").iloc[0]
    assert back["difference"] == -effect["difference"]


@pytest.mark.relation(
    "Years, and months, add up to the whole.",
    kind="conservation", level="study",
    reach="one indicator, one study",
)  # fmt: skip
def test_years_and_months_add_up_to_the_whole(study: ts.Comparison) -> None:
    whole = study.effects(indicators="refoulement").iloc[0]["difference"]
    years = study.effects("year", "refoulement")
    assert len(years) == 2 and years["difference"].sum() == pytest.approx(whole)
    series = study.series("refoulement").query("arm != 'history'").groupby("arm")["value"].sum() / 3
    assert series["letter_package"] - series["status_quo"] == pytest.approx(whole)
    stocks = study.stocks("child_care")
    assert list(stocks.columns) == ["arm", "draw", "replicate", "month", "level", "count"]
    assert set(stocks["level"]) >= {"with mother", "sold"}


def test_figures_show_themselves_and_are_matplotlibs(study: ts.Comparison) -> None:
    from matplotlib.figure import Figure

    for name in ("", "effects_by_year"):
        figure = study.plot(name) if name else study.plot()
        png, told = figure._repr_png_()
        assert isinstance(figure, Figure)
        assert png.startswith(b"\x89PNG") and "Status quo" in told["alt"]
    assert "matplotlib.pyplot" not in sys.modules or not sys.modules["matplotlib.pyplot"].get_fignums()


def test_tables_are_those_of_the_command_line(
    study: ts.Comparison, stored: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:  # fmt: skip
    monkeypatch.setenv("COLUMNS", "120")
    for name, options, words in (
        ("effects", {"by": "sex", "indicators": "trafficked", "ratio": True},
         ["--by", "sex", "--indicator", "trafficked", "--ratio"]),
        ("fates", {"harm": "removed", "matrix": True}, ["--harm", "removed", "--matrix"]),
    ):  # fmt: skip
        assert cli.main([name, str(stored), *words, "--folder", str(tmp_path)]) == 0
        printed = capsys.readouterr().out
        assert printed.startswith(f"{study.table(name, **options)}\n")


def test_what_html_shows_is_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    mine = ts.arm("mine", assistance=0.5, title="<script>alert(1)</script> & 'co'")
    page = ts.run(mine, replicates=1, **SMALL | {"years": 1})._repr_html_()
    assert "<script" not in page and "&lt;script&gt;" in page
    model = ts.TraffickingModel(mine, rng=1, scale=0.01)
    assert "<script" not in model._repr_html_()


def test_an_arm_of_ones_own_is_studied_beside_those_that_ship() -> None:
    mine = ts.arm("first_aid", non_refoulement=0.8, assistance={"coverage": 0.6, "capacity": 200})
    assert (mine.title, mine.levers["assistance"].capacity) == ("First aid", 200.0)
    assert "Non-refoulement assessment: 80 %" in mine.summary
    half = ts.arm("half", base="letter_package", non_refoulement=0.5)
    whole = ts.arm("letter_package")
    assert half.levers.keys() == whole.levers.keys() and half.levers["non_refoulement"].coverage == 0.5
    found = configuration_for(["letter_package", mine, "status_quo"], {"arm": "permit_reform"})
    assert [arm.name for arm in found.arms] == ["letter_package", "first_aid", "status_quo", "permit_reform"]
    assert configuration_for([mine, half], {}).arms == (mine, half)
    assert configuration_for("status_quo", {}).arms == (ts.arm("status_quo"),)


@pytest.mark.relation(
    "Two policies with the same levers give the same lives, whatever they are called.",
    kind="equality", level="study",
    reach="one pair of arms",
)  # fmt: skip
def test_equal_arms_have_equal_lives_whatever_their_names() -> None:
    twin = ts.arm("twin", base="non_refoulement_only", title="Twin")
    pair = ts.compare(["non_refoulement_only", twin], replicates=1, **SMALL | {"years": 1})
    assert pair.summary["difference"].dropna().eq(0).all()
    assert pair.harms()["difference_mean"].eq(0).all()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"draws": 3, "scale": 0.05, "seed": np.int64(7)}, ["draws=3", "scale=0.05", "seed=7"]),
        ({"policy_start": "2010-01", "corridor": "teaching"}, ["policy_start=2010-01", "corridor=teaching"]),
        ({"parameters": {"market": {"price_bride": 3000.0}}}, ["parameters.market.price_bride=3000"]),
        ({"parameters__market__price_bride": 3000}, ["parameters.market.price_bride=3000"]),
        ({"feedbacks": {"fear": False}, "name": "mine"}, ["study.feedbacks.fear=false", "study.name=mine"]),
        ({"vary": ["market", "custody"]}, ["study.vary=[market,custody]"]),
        ({"output": {"events": True, "folder": "an 'odd' folder\\"}},
         ["output.events=true", r"output.folder='an \'odd\' folder\\'"]),
        ({"output": "totals", "executor": "inline", "study": "teaching"}, ["output=totals", "executor=inline", "study=teaching"]),
        ({"design": "grid", "grid": {"market": {"price_bride": [2000, 4000]}}},
         ["design=grid", "+study.grid.market.price_bride=[2000,4000]"]),
    ],
)  # fmt: skip
def test_settings_are_those_of_the_command_line(settings: dict[str, object], words: list[str]) -> None:
    assert configuration_for(ARMS, settings) == configure([f"arms=[{','.join(ARMS)}]", *words])


def test_editors_are_told_every_setting() -> None:
    for function in (ts.compare, ts.run, ts.lives, ts.life):
        assert {"draws", "replicates", "scale", "years", "parameters"} <= set(inspect.signature(function).parameters)
    assert {*ts.__all__, "open"} <= set(dir(ts))
    assert "open" not in ts.__all__


@pytest.mark.parametrize(
    ("mistake", "told"),
    [
        (lambda: ts.compare(replicats=3), "no setting 'replicats'. Did you mean 'replicates'?"),
        (lambda: ts.compare(["status_que"]), "no arm 'status_que'. Did you mean 'status_quo'?"),
        (lambda: ts.compare([3]), "arms: 3 is no arm"),
        (lambda: ts.compare(scale="big"), "scale = 'big': allowed is a number from 0.0005 to 200"),
        (lambda: ts.compare(parameters={"market": {"price_brid": 1}}), "Did you mean 'price_bride'?"),
        (lambda: ts.compare([ts.arm("a", assistance=1), ts.arm("a", assistance=0.5)]), "'a' is listed twice"),
        (lambda: ts.compare([ts.arm("a", assistance={"coverage": 1, "start": "1999-01"})]), "levers.assistance.start = 1999-01"),
        (lambda: ts.run(ARMS), "'run' takes one arm"),
        (lambda: ts.arm("letter_package", assistance=1), "There is an arm 'letter_package' already"),
        (lambda: ts.arm("x", non_refuolement=1), "Did you mean 'non_refoulement'?"),
        (lambda: ts.arm("x", assistance=3), "levers.assistance.coverage = 3"),
        (lambda: ts.arm("x", assistance={"cov": 1}), "unknown key 'levers.assistance.cov'"),
        (lambda: ts.arm("status_quo", title="Mine"), "a title or summary alone makes no arm"),
        (lambda: ts.open("nowhere.sqlite"), "There is no database 'nowhere.sqlite'"),
        (lambda: ts.parameters("markt"), "Did you mean 'market'?"),
        (lambda: ts.lives(["status_quo"]), "A life is followed under two arms"),
    ],
)  # fmt: skip
def test_mistakes_are_told_in_a_sentence(mistake: Callable[[], object], told: str) -> None:
    with pytest.raises(ts.UserError, match=re.escape(told)) as caught:
        mistake()
    assert caught.value._render_traceback_() == [f"trafficsim: {caught.value}"]  # what a notebook shows of it


@pytest.mark.parametrize(
    ("mistake", "told"),
    [
        (lambda study: study.plot("diferences"), "Did you mean 'differences'?"),
        (lambda study: study.plot("effects", bye="sex"), "The figure 'effects' has no option 'bye'. Did you mean 'by'?"),
        (lambda study: study.plot("children", by="sex"), "has no option 'by'. It takes none."),
        (lambda study: study.table("total"), "Did you mean 'totals'?"),
        (lambda study: study.effects(by="aera"), "Did you mean 'area'?"),
        (lambda study: study.effects(level=90), "level = 90: it should lie between 0 and 1"),
        (lambda study: study.effects(arms="status_qou"), "Did you mean 'status_quo'?"),
        (lambda study: study.levels("refoulment"), "Did you mean 'refoulement'?"),
        (lambda study: study.stocks("child_cares"), "Did you mean 'child_care'?"),
        (lambda study: study.fates(harm="remove"), "Did you mean 'removed'?"),
        (lambda study: study.life("12"), "16 hexadecimal digits"),
        (lambda study: study.lives("letter_pakage"), "Did you mean 'letter_package'?"),
    ],
)  # fmt: skip
def test_questions_that_a_study_cannot_answer_are_told(
    study: ts.Comparison, mistake: Callable[[ts.Comparison], object], told: str
) -> None:
    with pytest.raises(ts.UserError, match=re.escape(told)):
        mistake(study)


def test_a_life_from_python_is_that_of_the_command_line(
    study: ts.Comparison, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    lives = study.lives(each=1)
    pd.testing.assert_frame_equal(lives, ts.lives(ARMS, **SMALL))
    one = lives.iloc[0]
    life = study.life(one["key"])
    assert life.fates == {"status_quo": one["fate_a"], "letter_package": one["fate_b"]}
    words = [f"{name}={value}" for name, value in SMALL.items() if name != "draws"]
    assert cli.main(["life", one["key"], *words]) == 0
    assert capsys.readouterr().out.strip() == str(life)
    assert str(ts.life(one["key"], ARMS, **SMALL)) == str(life)
    assert set(life.events["under"]) <= {"both", *ARMS} and len(life.events) > 1
    assert one["key"] in repr(life) and one["key"] in life._repr_html_()


def test_a_file_keeps_what_is_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "kept.sqlite"
    lived: list[int] = []
    whole = replicate.run_task
    monkeypatch.setattr(inline, "run_task", lambda *words: lived.append(1) or whole(*words))
    settings = {**SMALL, "years": 1, "executor": "inline"}
    first = ts.compare(ARMS, file=path, replicates=1, **settings)
    again = ts.compare(ARMS, file=path, replicates=2, **settings)
    assert len(lived) == 2  # the first replicate was not lived through again
    assert again.path == path and repr(again).endswith("2 replicates>")
    pd.testing.assert_frame_equal(
        again.totals.query("replicate == 0").reset_index(drop=True), ts.open(path, first.study).totals
    )


def test_a_study_that_is_stopped_keeps_what_is_finished_where_a_file_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, lived = replicate.run_task, []

    def stopped_in_the_second(*words: object) -> object:
        lived.append(1)
        if len(lived) == 2:
            raise KeyboardInterrupt
        return whole(*words)

    settings = {**SMALL, "years": 1, "executor": "inline", "replicates": 3}
    monkeypatch.setattr(inline, "run_task", stopped_in_the_second)
    with pytest.raises(KeyboardInterrupt, match="nothing is kept: with file=") as caught:
        ts.compare(ARMS, **settings)
    assert caught.value._render_traceback_() == [f"trafficsim: {caught.value}"]
    lived.clear()
    path = tmp_path / "stopped.sqlite"
    with pytest.raises(KeyboardInterrupt, match="stopped: 1 of 3 replicates are kept"):
        ts.compare(ARMS, file=path, **settings)
    assert repr(ts.compare(ARMS, file=path, **settings)).endswith("3 replicates>")
    assert len(lived) == 4  # the first, the one that was stopped, and then two


def test_a_temporary_file_goes_with_its_study() -> None:
    alone = ts.run("status_quo", replicates=1, **SMALL | {"years": 1})
    folder = alone.path.parent
    assert folder.is_dir()
    assert repr(alone) == "<Comparison of status_quo; 1 replicate>"
    with pytest.raises(ts.UserError, match="nothing to compare"):
        alone.effects()
    with pytest.raises(ts.UserError, match="holds nothing that 'differences' shows"):
        alone.plot("differences")
    del alone
    import gc

    gc.collect()
    assert not folder.exists()


def test_the_first_use_imports_nothing_heavy() -> None:
    heavy = ("matplotlib", "sklearn", "SALib", "emcee", "scipy.stats", "solara", "typst", "IPython", "hydra")
    code = f"import sys, trafficsim as ts; ts.compare, ts.arm; print([name for name in {heavy} if name in sys.modules])"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_a_model_and_its_agents_show_themselves() -> None:
    model = ts.TraffickingModel("letter_package", rng=1, scale=0.01, policy_start="1998-01", years=2)
    assert "No month has been lived through yet." in model._repr_html_()
    model.run_until("1999-01")
    page, card = model._repr_html_(), Cells(model._repr_html_())
    for name, count in model.status_counts().items():
        assert re.search(f">{name}</th><td[^>]*>{count:,}</td>", page)
    assert card.count["polyline"] == 4 and card.count["title"] == 1
    assert "http" not in page and "before 1999-01" in page
    someone = model.agents_by_type[ts.Migrant].to_list()[0]
    assert repr(someone) == (
        f"<Migrant, row 0: {someone.sex.name.lower()}, {someone.age} years, "
        f"{someone.status.name.lower().replace('_', ' ')}>"
    )
    assert f"{someone.key:016x}" in someone._repr_html_() and ts.Migrant.trust.__doc__ in someone._repr_html_()


def test_a_progress_line_is_shown_where_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from trafficsim.comparison import watching

    said: list[str] = []
    monkeypatch.setattr(watching, "WAIT", 0.0)
    watch = watching.Watch(said.append)
    watch.lived(2, 0.25)
    assert re.fullmatch(r"25 % lived through, 2 replicates finished, about \d+ s left", said[0])
    with watching.watched(progress=False) as silent:
        silent.lived(2, 0.25)
    assert capsys.readouterr().err == ""


def test_a_console_for_notebooks_keeps_every_style_as_words(study: ts.Comparison) -> None:
    page = html_of(lambda console: console.print("[bold]not markup[/bold]", style="italic"))
    assert "[bold]not markup[/bold]" in page and "font-style:italic" in page
    assert results.TABLES == ("totals", "effects", "fates")
    assert overrides_of({"workers": None}) == []


def test_luck_of_ones_own_rule_is_that_of_the_life_under_every_policy() -> None:
    model = ts.TraffickingModel(rng=1, scale=0.05, policy_start="1998-01", years=2)
    model.run_until("1998-06")
    other = model.fork("letter_package")
    people, same = model.agents_by_type[ts.Migrant], other.agents_by_type[ts.Migrant]
    luck = model.luck("mine", people)
    assert np.array_equal(luck, other.luck("mine", same))
    assert np.array_equal(luck[:7], model.luck("mine", people.select(lambda _: True, at_most=7)))
    assert abs(luck.mean() - 0.5) < 4 / np.sqrt(12 * len(luck)) and luck.min() >= 0.0 and luck.max() < 1.0
    assert abs(np.corrcoef(luck, model.luck("another", people))[0, 1]) < 4 / np.sqrt(len(luck))
    model.step()
    assert abs(np.corrcoef(luck, model.luck("mine", people)[: len(luck)])[0, 1]) < 4 / np.sqrt(len(luck))
    assert len(model.luck("mine", people.select(lambda _: False))) == 0


def test_luck_is_the_same_in_plain_python() -> None:
    code = (
        "import trafficsim as ts; m = ts.TraffickingModel(rng=2**63 - 1, scale=0.005); m.step(); m.step(); m.step()\n"
    )
    code += "print(m.luck('mine', m.agents_by_type[ts.Migrant]).tolist())"
    told = [
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "NUMBA_DISABLE_JIT": plain},
        ).stdout
        for plain in ("0", "1")
    ]  # fmt: skip
    assert told[0] == told[1] != "[]\n"


def test_one_run_tells_its_totals_and_its_events() -> None:
    model = ts.TraffickingModel(rng=1, scale=0.02, event_log=True)
    model.run_until("1999-01")
    totals, log = ts.totals(model), ts.events(model)
    assert totals["departures"] == (log["event"] == "decided to leave").sum()
    assert totals["removals"] == (log["event"] == "is forcibly returned").sum()
    late = log["month"] >= "1998-01"
    assert ts.totals(model, since="1998-01")["departures"] == (log[late]["event"] == "decided to leave").sum()
    assert set(log["step"]) <= {"departure", "crossing", "brokerage", "brokerage or life", "market", "life", "life or custody",
                                "surveillance", "custody", "returns", "upbringing", ""}  # fmt: skip
    with pytest.raises(ts.UserError, match="lived through 1996-01 to 1998-12"):
        ts.totals(model, since="1999-01")
    with pytest.raises(ts.UserError, match="event_log=True"):
        ts.events(ts.TraffickingModel(rng=1, scale=0.01))
