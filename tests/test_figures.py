"""Figures: made from the file alone, whole, told in words, and readable for few arms as for many."""

import xml.etree.ElementTree
from pathlib import Path

import matplotlib
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from trafficsim.configuration import configure
from trafficsim.errors import UserError
from trafficsim.experiments.frames import open_study
from trafficsim.experiments.lives import FATES
from trafficsim.experiments.schema import LIMITS
from trafficsim.experiments.store import StudyWriter, save_study
from trafficsim.experiments.study import run_study, study_of
from trafficsim.processes.vocabulary import LABELS, Care
from trafficsim.report.figures import DRAWINGS, TABLES, draw_figures
from trafficsim.report.figures.fates import GROUPS
from trafficsim.report.figures.indicators import HEADLINES
from trafficsim.report.figures.over_time import CARE
from trafficsim.report.figures.style import SETTINGS, mark

LONG_TITLE = (
    "Everything that was ever asked of a host state, and a good deal that nobody has asked of it so far, at once"
)
MANY = ["status_quo", "non_refoulement_only", "identification_only", "letter_package", "enforcement_only", "pre_2020"]


def stored(folder: Path, words: list[str], search_path: Path | None = None) -> Path:
    configuration = configure([*words, "workers=1"], [search_path] if search_path else [])
    return save_study(run_study(configuration), folder / "study.sqlite")


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    words = [
        "arms=[status_quo,non_refoulement_only,letter_package]",
        "draws=0",
        "scale=0.05",
        "years=3",
        "replicates=2",
    ]
    return stored(tmp_path_factory.mktemp("three"), words)


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stored(
        tmp_path_factory.mktemp("single"), ["arms=[status_quo]", "draws=0", "scale=0.01", "years=1", "replicates=1"]
    )


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    own = tmp_path_factory.mktemp("own")
    (own / "arm").mkdir()
    for name, levers in [("long", "non_refoulement: {coverage: 0.5}"), ("long_too", "assistance: {coverage: 0.5}")]:
        (own / "arm" / f"{name}.yaml").write_text(
            f'title: "{LONG_TITLE} ({name})"\nsummary: Long.\nlevers: {{{levers}}}\n'
        )
    arms = ",".join([*MANY, "long", "long_too"])
    words = [f"arms=[{arms}]", "draws=0", "scale=0.02", "years=2", "replicates=2", "policy_start=2001-01"]
    return stored(tmp_path_factory.mktemp("many"), words, own)


@pytest.fixture(scope="module")
def written(three: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The figures of three arms as files, drawn from the database and nothing else."""
    folder = tmp_path_factory.mktemp("figures")
    made = draw_figures(three, folder)
    assert [path.stem for path in made] == list(DRAWINGS)
    return folder


def words_of(svg: Path) -> str:
    """Return all text of an SVG file, as a reader's search would find it."""
    root = xml.etree.ElementTree.parse(svg).getroot()
    texts = root.iter("{http://www.w3.org/2000/svg}text")
    return " ".join(" ".join("".join(text.itertext()) for text in texts).split())


@pytest.mark.parametrize("name", DRAWINGS)
def test_each_figure_is_a_picture_and_words(written: Path, three: Path, name: str) -> None:
    assert (written / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    words = words_of(written / f"{name}.svg")
    assert LIMITS[0] in words
    study = open_study(three, tables=["studies"])["studies"].iloc[0]
    assert f"Study {study['id']}: mean of 2 replicates, scale 0.05 (simulated people for each real one)" in words
    for title in ("Status quo", "Non-refoulement only", "The letter's full package"):
        assert title in words


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("statuses", ["People in the host country by status", "simulated people", "year", "policies part", "in forced marriage"]),
        ("children", ["Children under 18 born in the host country", "simulated children", "year", "in the father's household"]),
        ("indicators", ["Totals from 2024-04 to 2027-03", "90 % intervals", "Forced returns of people at risk (events)"]),
        ("differences", ["in the same lives", "90 % intervals", "per cent of the mean under “Status quo”", "better", "worse"]),
        ("where_lives_parted", ["forcibly returned under “Status quo”", "per cent of the", "lives forcibly returned", "protected"]),
        ("who_was_spared_what", ["whom a harm met under “Status quo”", "per cent of those", "met the same harm", "met it anew"]),
        ("price_by_age", ["index only", "age when sold, years", "mean price, index", "18 to 29 under “Status quo” = 1"]),
    ],
)  # fmt: skip
def test_titles_axes_and_units_are_said(written: Path, name: str, told: list[str]) -> None:
    words = words_of(written / f"{name}.svg")
    for each in told:
        assert each in words


def test_the_same_file_gives_the_same_figures(three: Path, written: Path, tmp_path: Path) -> None:
    draw_figures(three, tmp_path)
    for name in DRAWINGS:
        for kind in ("png", "svg"):
            assert (tmp_path / f"{name}.{kind}").read_bytes() == (written / f"{name}.{kind}").read_bytes()


def drawn(path: Path) -> dict[str, Figure]:
    frames = open_study(path, tables=TABLES)
    with matplotlib.rc_context(SETTINGS):
        figures = {name: draw(frames) for name, draw in DRAWINGS.items()}
        made = {name: figure for name, figure in figures.items() if figure is not None}
        for figure in made.values():
            FigureCanvasAgg(figure).draw()
    return made


def written_boxes(figure: Figure) -> list[tuple[str, Bbox]]:
    """Return each visible piece of text with its place on the page, in pixels."""
    beyond = set()
    for axes in figure.findobj(Axes):
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            unseen = [tick for tick in axis.get_major_ticks() if not low - 1e-9 <= tick.get_loc() <= high + 1e-9]
            beyond |= {id(label) for tick in unseen for label in (tick.label1, tick.label2)}
    pieces = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
    boxes = [(text.get_text(), text.get_window_extent()) for text in pieces if id(text) not in beyond]
    return [(text, box) for text, box in boxes if box.width > 0]


def overlap(one: Bbox, other: Bbox) -> float:
    """Return how many pixels deep two boxes lie in each other."""
    width = min(one.x1, other.x1) - max(one.x0, other.x0)
    height = min(one.y1, other.y1) - max(one.y0, other.y0)
    return max(0.0, min(width, height))


@pytest.mark.parametrize("study", ["three", "single", "many"])
def test_no_text_is_cut_off_and_none_lies_on_another(study: str, request: pytest.FixtureRequest) -> None:
    for name, figure in drawn(request.getfixturevalue(study)).items():
        boxes = written_boxes(figure)
        page = figure.bbox
        for text, box in boxes:
            inside = box.x0 >= -2 and box.y0 >= -2 and box.x1 <= page.x1 + 2 and box.y1 <= page.y1 + 2
            assert inside, f"{name}: '{text}' is cut off: {box} on {page}"
        for place, (text, box) in enumerate(boxes):
            for other, beside in boxes[place + 1 :]:
                assert overlap(box, beside) < 3, f"{name}: '{text}' lies on '{other}'"


def test_one_arm_has_no_differences(single: Path, tmp_path: Path) -> None:
    made = {path.stem for path in draw_figures(single, tmp_path)}
    assert {"statuses", "indicators", "children"} <= made
    assert not made & {"differences", "where_lives_parted", "who_was_spared_what"}
    assert "one replicate: no interval" in words_of(tmp_path / "indicators.svg")
    assert "interval)" in words_of(tmp_path / "indicators.svg")


def test_an_indicator_that_nobody_meets_under_the_baseline_is_drawn(three: Path) -> None:
    frames = open_study(three, tables=TABLES)
    totals = frames["totals"]
    baseline = totals[
        (totals["arm"] == "status_quo") & (totals["indicator"] == "identified") & (totals["dimension"] == "all")
    ]
    frames["totals"] = totals.drop(baseline[baseline["value"] > 0].index)
    assert baseline["value"].sum() == 0  # nobody is identified today, as the letter has it
    figure = DRAWINGS["differences"](frames)
    assert figure is not None
    first, package = figure.subfigs[1].axes
    labels = [text.get_text() for text in first.get_yticklabels()]
    (place,) = (place for place, text in enumerate(labels) if text.startswith("Identified as victims of trafficking"))
    arrows = [line for line in package.lines if line.get_marker() == ">" and line.get_ydata()[0] == -place]
    assert len(arrows) == 1


def test_arms_are_told_apart_by_colour_and_mark() -> None:
    marks = [tuple(mark(number).values()) for number in range(63)]
    assert len(set(marks)) == 63


def test_each_fate_and_each_care_has_its_place() -> None:
    members = [fate for _, group in GROUPS.values() for fate in group]
    assert sorted(members) == sorted(set(FATES))
    assert set(CARE) == {LABELS[Care][code] for code in Care if code != Care.GROWN_UP}
    assert len(HEADLINES) == len(set(HEADLINES))


def test_shares_of_those_who_were_removed_add_up(three: Path) -> None:
    figure = DRAWINGS["where_lives_parted"](open_study(three, tables=TABLES))
    assert figure is not None
    (axis,) = figure.subfigs[1].axes
    for row in (0, 1):
        widths = [container[row].get_width() for container in axis.containers]
        assert sum(widths) == pytest.approx(100.0)


def test_a_study_without_months_has_no_figures_over_time(tmp_path: Path) -> None:
    words = [
        "arms=[status_quo,letter_package]",
        "draws=0",
        "scale=0.01",
        "years=1",
        "replicates=1",
        "output.monthly=false",
    ]
    made = {path.stem for path in draw_figures(stored(tmp_path, words), tmp_path / "figures")}
    assert {"indicators", "differences"} <= made
    assert not made & {"statuses", "children"}


def test_nothing_to_draw_is_told(tmp_path: Path) -> None:
    path = tmp_path / "study.sqlite"
    with StudyWriter(path, study_of(configure(["arms=[status_quo]", "scale=0.01"]))):
        pass
    with pytest.raises(UserError, match="no finished replicate"):
        draw_figures(path, tmp_path)


def test_a_folder_that_cannot_be_written_is_told(single: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    with pytest.raises(UserError, match=r"figures could not be written to .*taken"):
        draw_figures(single, tmp_path / "taken")


def test_titles_of_arms_may_hold_any_sign(three: Path, tmp_path: Path) -> None:
    frames = open_study(three, tables=TABLES)
    frames["arms"]["title"] = ["$100 & <more>", "50 % of \\alpha_b^c", "[bold]x[/bold]"]
    with matplotlib.rc_context(SETTINGS):
        for name, draw in DRAWINGS.items():
            figure = draw(frames)
            assert figure is not None
            figure.savefig(tmp_path / f"{name}.svg")
    assert "$100 & <more>" in words_of(tmp_path / "indicators.svg")
