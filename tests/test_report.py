"""The report of a study: one page and one PDF that say the same, work offline, trace each number, and never say too much."""

import getpass
import io
import re
import shutil
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing, redirect_stdout
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import yaml
from pdf_text import pages_of

from trafficsim import cli
from trafficsim.catalog import catalog
from trafficsim.catalog.limits import LIMITS, OF_WORLDS, limits_of
from trafficsim.configuration import configure
from trafficsim.errors import UserError
from trafficsim.experiments.store import save_study
from trafficsim.experiments.study import run_study
from trafficsim.report.document import citation, limits
from trafficsim.report.document.content import (
    Bullets,
    Cited,
    Document,
    Entries,
    Figure,
    Listing,
    Number,
    Section,
    Table,
    Word,
    blocks_of,
    plain,
    said_by,
)
from trafficsim.report.document.pdf import pdf_of
from trafficsim.report.document.reading import Reported, read_study
from trafficsim.report.document.saying import SUBJECTS, change, compared, compared_range, meaning, same_sign
from trafficsim.report.document.web import anchors, html_of
from trafficsim.report.document.whole import document_of
from trafficsim.report.figures.indicators import HEADLINES

ROOT = Path(__file__).parents[1]
ARMS = ["status_quo", "non_refoulement_only", "letter_package"]
LARGEST = 5_000_000


def stored(folder: Path, *words: str, arms: list[str] = ARMS) -> Path:
    settings = [f"arms=[{','.join(arms)}]", "scale=0.01", "policy_start=2003-01", "years=1", "workers=1",
                "executor=inline", *words]  # fmt: skip
    return save_study(run_study(configure(settings)), folder / "study.sqlite")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stored(tmp_path_factory.mktemp("worlds"), "draws=6", "replicates=2")


@pytest.fixture(scope="module")
def told(file: Path) -> str:
    """What the command has printed."""
    with redirect_stdout(io.StringIO()) as printed:
        assert cli.main(["report", str(file)]) == 0
    return printed.getvalue()


@pytest.fixture(scope="module")
def folder(file: Path, told: str) -> Path:
    """The folder into which the command has written the report."""
    return file.parent


@pytest.fixture(scope="module")
def document(folder: Path) -> Document:
    return document_of(read_study(folder / "study.sqlite"), sorted((folder / "figures").glob("*.png")))


def of(path: Path) -> Document:
    return document_of(read_study(path), [])


def section(document: Document, anchor: str) -> Section:
    return next(part for part in document.sections if part.anchor == anchor)


def text_of(*sections: Section) -> str:
    return "\n".join(plain(words) for words in said_by(sections))


def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the table and the figures, which are tested elsewhere."""
    for part in ("draw", "print_table"):
        monkeypatch.setattr(f"trafficsim.cli.studying.{part}", lambda *arguments: [])


def edited(file: Path, folder: Path, *statements: str) -> Path:
    """Return a copy of a results file in which the statements were carried out."""
    copy = Path(shutil.copy(file, folder / "study.sqlite"))
    with closing(sqlite3.connect(copy)) as connection, connection:
        for statement in statements:
            connection.execute(statement)
    return copy


# The files.


def test_the_command_prints_the_table_and_writes_both_files(folder: Path, told: str) -> None:
    assert "Forced returns" in told
    for name in ("figures/indicators.png", "report.html", "report.pdf"):
        assert (folder / name).is_file()
        assert re.search(rf"(Report|Figure): +{re.escape(str(folder / name))}$", told, re.MULTILINE)
    assert not list(folder.glob("*.unfinished"))


def test_files_are_small_and_of_their_kind(folder: Path) -> None:
    page, paper = (folder / "report.html").read_bytes(), (folder / "report.pdf").read_bytes()
    assert max(len(page), len(paper)) < LARGEST
    assert page.startswith(b"<!DOCTYPE html>")
    assert paper.startswith(b"%PDF-")


def test_equal_studies_make_equal_bytes(folder: Path, document: Document, tmp_path: Path) -> None:
    assert html_of(document).encode() == (folder / "report.html").read_bytes()
    assert pdf_of(document) == (folder / "report.pdf").read_bytes()


def test_without_typst_the_page_is_written_and_a_sentence_says_what_to_install(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "typst", None)
    quick(monkeypatch)
    assert cli.main(["report", str(file), "--folder", str(tmp_path)]) == 0
    assert "pip install 'trafficsim[report]'" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_a_folder_that_cannot_be_written_is_told_in_a_sentence(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    quick(monkeypatch)
    (tmp_path / "taken").write_text("")
    assert cli.main(["report", str(file), "--folder", str(tmp_path / "taken")]) == 2
    assert "report could not be written" in capsys.readouterr().err


def test_nothing_tells_of_the_computer(folder: Path) -> None:
    page = (folder / "report.html").read_text(encoding="utf-8")
    paper = "".join(pages_of((folder / "report.pdf").read_bytes()))
    for text in (page, paper):
        assert str(folder) not in text
        assert "/tmp" not in text
        assert str(Path.home()) not in text
    assert not re.search(rf"\b{re.escape(socket.gethostname())}\b", page)
    assert getpass.getuser() == "root" or not re.search(rf"\b{re.escape(getpass.getuser())}\b", page)


# What it says.


def test_every_part_is_there_in_order(document: Document) -> None:
    assert [part.anchor for part in document.sections] == [
        "summary", "policies", "results", "claims", "sensitivity", "trust", "limits", "provenance", "cite",
        "all-indicators", "notes", "references",
    ]  # fmt: skip


def test_anchors_stand_once_and_every_trace_leads_to_its_note(document: Document) -> None:
    places = list(anchors(document.sections))
    assert len(places) == len(set(places))
    pieces = [piece for words in said_by(document.sections) for piece in words]
    numbers = [piece for piece in pieces if isinstance(piece, Number)]
    notes = {entry.anchor: entry for block in section(document, "notes").blocks if isinstance(block, Entries)
             for entry in block.entries}  # fmt: skip
    assert {number.note for number in numbers} == notes.keys()
    study = read_study_id(document)
    for number in numbers:
        assert f"Note {number.note.removeprefix('note-')}." in number.says
    for entry in notes.values():
        if "table totals" in plain(entry.words):
            assert study in plain(entry.words)
            assert any(isinstance(piece, Cited) for piece in entry.words) or "assumed" in plain(entry.words)
    cited = {piece.name for piece in pieces if isinstance(piece, Cited)}
    assert {f"evidence-{name.lower()}" for name in cited} <= set(places)


def read_study_id(document: Document) -> str:
    return re.findall(r"study ([\w-]+), made", document.description)[0]


@pytest.mark.parametrize("arm", ARMS[1:])
def test_sentences_say_what_the_runs_say(file: Path, document: Document, arm: str) -> None:
    reported = read_study(file)
    totals = reported.frames["totals"]
    whole = totals[(totals["dimension"] == "all") & (totals["indicator"] == "refoulement")]
    tables = {
        name: whole[whole["arm"] == name].set_index(["draw", "replicate"])["value"] for name in ("status_quo", arm)
    }
    first, second = (table.unstack().fillna(0.0).mean(axis=1) for table in tables.values())
    difference = (second - first).to_numpy()
    place = list(reported.arms).index(arm)
    part = next(one for one in section(document, "summary").sections if one.anchor == f"summary-{place}")
    sentences = [plain(words) for words in said_by([part])]
    told = next(one for one in sentences if "forced returns of people at risk" in one)
    fewer = f"{100 * (1 - second.mean() / first.mean()):.0f} % fewer"
    below = f"fewer in {int((difference < 0).sum())} of {len(difference)}"
    assert below in told
    if np.quantile(difference, 0.95) < 0 and len(difference) >= 5:
        assert f"there are {fewer} forced returns" in told
        assert "Verdict: better." in told
    else:
        assert "it is unclear whether" in told
        assert "Verdict: unclear." in told
    assert reported.id in told
    assert "S58" in told


def test_every_sentence_is_conditional_and_carries_interval_verdict_and_source(document: Document) -> None:
    parts = section(document, "summary").sections
    assert len(parts) == len(ARMS) - 1
    for part in parts:
        sentences = [words for block in part.blocks if isinstance(block, Bullets) for words in block.items]
        counted = plain(part.blocks[0].words)  # "14 main indicators: 1 worse, 13 unclear."
        assert counted.startswith(f"{len(HEADLINES)} main indicators: ")
        same = int((re.findall(r"(\d+) no change", counted) or ["0"])[0])
        assert len(sentences) == len(HEADLINES) - same + (same > 0)
        for words in sentences:
            told = plain(words)
            assert told.startswith("In the model, "), told
            assert re.search(r"Verdict: (better|worse|lower|higher|unclear|no change)\. Source: study ", told), told
            assert re.search(r"(fewer|more) in \d of 6[;)]", told) or ", in every world. " in told, told
            assert not re.search(r"\b(will|prove[sd]?|predicts?)\b", told), told
    told = text_of(section(document, "summary"))
    assert "no forecast" in told
    assert "not a count of real people" in told


def test_what_grows_worse_is_told_first(document: Document) -> None:
    for part in section(document, "summary").sections:
        verdicts = [piece.text for words in said_by([part]) for piece in words
                    if isinstance(piece, Word) and piece.kind == "verdict"]  # fmt: skip
        assert verdicts == sorted(verdicts, key=["worse", "higher", "better", "lower", "unclear", "no change"].index)


@pytest.mark.parametrize(
    ("ratio", "told"),
    [(0.0, "100 % fewer"), (0.36, "64 % fewer"), (0.9999, "< 0.1 % fewer"), (0.0001, "> 99.9 % fewer"), (1.0, "as many"),
     (1.3, "30 % more"), (2.0, "2.00 times as many"), (33.3, "33.3 times as many")],
)  # fmt: skip
def test_ratios_in_words(ratio: float, told: str) -> None:
    assert compared(ratio) == told


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [(0.2, 0.5, "50 to 80 % fewer"), (0.9, 1.3, "10 % fewer to 30 % more"), (1.1, 1.3, "10 to 30 % more"),
     (1.5, 3.0, "50 % more to 3.00 times as many"), (2.5, 4.0, "2.50 to 4.00 times as many"),
     (0.5, 1.0, "50 % fewer to as many"), (0.0, 0.0, "100 % fewer"), (np.nan, 2.0, "")],
)  # fmt: skip
def test_intervals_of_ratios_in_words(low: float, high: float, told: str) -> None:
    assert compared_range(low, high) == told


def effect(**values: Any) -> SimpleNamespace:
    usual = {"indicator": "refoulement", "difference": -5.0, "low": -8.0, "high": -2.0, "stands": True, "ratio": 0.5,
             "worlds": 20, "replicates": 2, "share_below": 1.0, "share_above": 0.0}  # fmt: skip
    return SimpleNamespace(**(usual | values))


@pytest.mark.parametrize(
    ("values", "word"),
    [({}, "better"), ({"stands": False}, "unclear"), ({"difference": 5.0, "share_below": 0.0, "share_above": 1.0}, "worse"),
     ({"indicator": "departures"}, "lower"), ({"difference": np.nan}, "unclear"),
     ({"difference": 0.0, "low": 0.0, "high": 0.0, "stands": False, "share_below": 0.0}, "no change"),
     # The middle of the worlds is all zeros, but one world beyond it is not: that is no "no change".
     ({"difference": -0.1, "low": 0.0, "high": 0.0, "stands": False, "share_below": 0.05}, "unclear")],
)  # fmt: skip
def test_a_verdict_is_never_more_sure_than_its_interval(file: Path, values: dict[str, Any], word: str) -> None:
    assert meaning(read_study_cached(file), effect(**values)) == word


_READ: dict[Path, Reported] = {}


def read_study_cached(file: Path) -> Reported:
    return _READ.setdefault(file, read_study(file))


def test_changes_and_signs_in_tables() -> None:
    assert change(effect()) == "−50 %"
    assert change(effect(ratio=3.4, difference=5.0)) == "× 3.40"
    assert change(effect(ratio=np.nan)) == "from none"
    assert change(effect(difference=0.0)) == "0 %"
    assert same_sign(effect(share_below=0.85)) == (17, 20)
    assert same_sign(effect(difference=1.0, share_above=0.3)) == (6, 20)


def test_every_main_indicator_has_words_for_its_sentence() -> None:
    assert set(HEADLINES) <= SUBJECTS.keys()


def test_arms_are_told_with_their_levers_and_the_law(document: Document) -> None:
    told = text_of(section(document, "policies"))
    for provision in catalog().levers["non_refoulement"].provisions:
        assert f"({provision})" in told
    assert "question 8: " in told
    assert "90 %, over 12 months from the policies' start" in told
    assert "nobody has measured" in told
    titles = [part.title for part in section(document, "policies").sections[-1].sections]
    moved = {name for arm in ("non_refoulement_only", "letter_package")
             for name in yaml.safe_load((ROOT / f"src/trafficsim/configs/arm/{arm}.yaml").read_text())["levers"]}  # fmt: skip
    assert titles == [lever.label for name, lever in catalog().levers.items() if name in moved]


def test_where_luck_leaves_the_mean_in_doubt_a_sentence_says_so(file: Path) -> None:
    from trafficsim.report.document.notes import Notes
    from trafficsim.report.document.saying import sentence

    reported = read_study_cached(file)
    one = effect(arm=ARMS[1], against=ARMS[0], mean=5.0, mean_against=10.0, ratio_low=0.2, ratio_high=0.8)
    for low, high, doubted in ((-6.0, 1.0, True), (-6.0, -1.0, False)):
        told = plain(sentence(reported, Notes(reported), replaced(one, luck_low=low, luck_high=high), 0.9))
        assert "50 % fewer" in told
        assert ("by luck alone the mean difference may be −6 to +1" in told) == doubted


def test_an_interval_does_not_contradict_its_verdict_where_some_worlds_have_no_ratio(file: Path) -> None:
    from trafficsim.report.document.notes import Notes
    from trafficsim.report.document.saying import sentence

    reported = read_study_cached(file)
    one = effect(arm=ARMS[1], against=ARMS[0], mean=12.0, mean_against=10.0, difference=2.0, ratio=1.2, ratio_low=1.01,
                 ratio_high=1.5, high=4.0, luck_low=1.0, luck_high=3.0)  # fmt: skip
    for low, told, word in ((0.0, "a difference of 0 to +4", "unclear"), (0.1, "1.0 to 50 % more", "worse")):
        said = plain(sentence(reported, Notes(reported), replaced(one, low=low, stands=low > 0.0), 0.9))
        assert told in said
        assert f"Verdict: {word}" in said


def replaced(one: SimpleNamespace, **values: Any) -> SimpleNamespace:
    return SimpleNamespace(**(vars(one) | values))


def test_claims_are_those_that_the_study_can_test(document: Document, file: Path) -> None:
    from trafficsim.claims import claim_names, load_claim

    told = text_of(section(document, "claims"))
    for claim in map(load_claim, claim_names()):
        can = set(claim.arms) <= set(ARMS) and claim.years in (None, 1)
        assert (claim.sentence in told) == can
    assert "Too few for a verdict: this study has 6 worlds." in told
    assert "letter_package" not in told


def test_failed_patterns_stand_first_and_unmet_targets_are_named(document: Document) -> None:
    from trafficsim.catalog.posteriors import FOLDER, load_posterior

    verdicts = yaml.safe_load((FOLDER / "first_validation.yaml").read_text(encoding="utf-8"))["verdicts"]
    told = text_of(section(document, "trust"))
    for each in verdicts:
        assert (f"{each['pattern']} fails. " in told) == (each["verdict"] == "fails")
        assert each["because"][1:] in told
    for name in load_posterior("first").about["unmet"]:
        assert f"({name.partition('/')[2]})" in told


def test_provenance_and_citation_hold_what_others_need(document: Document, file: Path) -> None:
    reported = read_study_cached(file)
    told = text_of(section(document, "provenance"))
    for needed in (reported.id, reported.study["configuration"], reported.study["model_version"], "20240322",
                   reported.configuration.catalog_digest):  # fmt: skip
        assert str(needed) in told
    listings = {block.title: block.text for block in blocks_of(document.sections) if isinstance(block, Listing)}
    assert reported.study["configuration"] in listings["BibTeX"]
    assert reported.study["configuration"] in listings["RIS"]
    assert yaml.safe_load(listings["Settings of the study"])["arms"] == ARMS
    for line in listings["RIS"].splitlines():
        assert line == "" or re.fullmatch(r"[A-Z][A-Z0-9]  - .*", line), line
    assert listings["RIS"].count("ER  - ") == 2
    assert listings["BibTeX"].count("{") == listings["BibTeX"].count("}")


def test_commands_that_it_names_are_commands(document: Document, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import shlex

    listings = {block.title: block.text for block in blocks_of(document.sections) if isinstance(block, Listing)}
    coded = [piece.text for words in said_by(document.sections) for piece in words
             if isinstance(piece, Word) and piece.kind == "code" and piece.text.startswith("trafficsim ")]  # fmt: skip
    commands = [*listings["Commands"].splitlines(), *dict.fromkeys(coded)]
    assert len(commands) > 20
    for command in commands:
        assert cli._parsed(shlex.split(command)[1:]).do is not None, command
    monkeypatch.chdir(file.parent)
    reproduce = next(command for command in commands if " reproduce " in command)
    assert cli.main(shlex.split(reproduce)[1:]) == 0


def test_signs_of_other_languages_are_escaped_in_the_citation() -> None:
    cite = citation.Citation("a-1", "2026-01-02", "0.1", "abc", "2", ["{50 %} & more_", "line\nbreak"])
    assert r"\{50 \%\} \& more\_" in cite.bibtex()
    assert "line break" in cite.ris()
    assert "month = {01}" in cite.bibtex()


def test_limits_are_those_of_the_study_at_hand(document: Document) -> None:
    """The sentence on fixed assumptions would be wrong of a study that draws worlds."""
    told = text_of(section(document, "limits"))
    assert OF_WORLDS in told and LIMITS[2] not in told
    assert limits_of(1) == LIMITS and limits_of(20, ["A title"]) == ("A title",)


def test_texts_that_the_package_repeats_are_those_of_the_documents() -> None:
    page = " ".join((ROOT / "docs" / "responsible-use.md").read_text(encoding="utf-8").split())
    for sentence in (*limits.FOR, *limits.NEVER, *limits.QUOTING, limits.IN_DANGER):
        assert sentence in page
    cff = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert cff["title"] == citation.TITLE
    assert tuple(author["name"] for author in cff["authors"]) == citation.AUTHORS


def test_figures_say_in_words_what_they_show(document: Document) -> None:
    figures = [block for block in blocks_of(document.sections) if isinstance(block, Figure)]
    assert {figure.name for figure in figures} >= {"differences", "indicators", "statuses", "children"}
    for figure in figures:
        assert re.search(r"\d", figure.alt), figure.name
        assert len(figure.alt) > 80
        assert "nan" not in figure.alt


# Studies of every kind.


def test_a_study_of_one_arm_has_levels_and_no_differences(tmp_path: Path) -> None:
    told = text_of(*(one := of(stored(tmp_path, "draws=0", "replicates=2", arms=["status_quo"]))).sections)
    assert "under one policy, “Status quo”" in told
    assert re.search(
        r"there are [\d.,]+ deaths under “Status quo” on average \(90 % interval over 2 replicates: ", told
    )
    assert "instead of “" not in told
    assert "Verdict: " not in text_of(section(one, "summary"))
    assert pdf_of(one).startswith(b"%PDF-")
    assert "Lives under one policy" in html_of(one)


@pytest.mark.parametrize(
    ("others", "told"),
    [(["B"], "“B”"), (["B", "C", "D"], "“B”, “C” and “D”"), (list("BCDEF"), "5 other policies")],
)
def test_many_policies_are_counted_and_few_are_named(file: Path, others: list[str], told: str) -> None:
    reported = replace(read_study_cached(file), arms={name: name for name in ("A", *others)})
    assert reported.other_titles == told


def test_of_many_policies_a_table_holds_a_few(file: Path) -> None:
    from trafficsim.report.document import summary

    with pytest.MonkeyPatch.context() as here:
        here.setattr(summary, "BESIDE", 1)
        tables = [block for block in section(of(file), "summary").blocks if isinstance(block, Table)]
    titles = list(read_study_cached(file).arms.values())
    assert [table.columns for table in tables] == [("Indicator", title) for title in titles[1:]]
    assert [table.caption.endswith(", continued") for table in tables] == [False, True]


def test_one_replicate_is_never_sure(tmp_path: Path) -> None:
    one = of(stored(tmp_path, "draws=0", "replicates=1"))
    told = text_of(section(one, "summary"))
    assert "one replicate, which cannot tell luck from policy" in told
    assert not re.search(r"Verdict: (better|worse|lower|higher|no change)", told)
    assert "It was asked at one set of assumptions" in told
    assert "cannot tell which of them its results lean on" in text_of(section(one, "sensitivity"))
    assert "holds its assumptions" in html_of(one)
    assert pdf_of(one).startswith(b"%PDF-")


def test_one_world_gives_intervals_by_luck_and_p_values(tmp_path: Path) -> None:
    one = of(stored(tmp_path, "draws=0", "replicates=4", arms=ARMS[::2]))
    assert "by luck alone, at one set of assumptions" in text_of(section(one, "summary"))
    tables = [block for block in blocks_of([section(one, "results")]) if isinstance(block, Table)]
    assert "p, after Holm" in tables[0].columns
    assert "does not draw from the posterior" in text_of(section(one, "trust"))


def test_an_unfinished_study_says_so_and_tells_what_is_whole(file: Path, tmp_path: Path) -> None:
    copy = edited(file, tmp_path, "delete from study_runs where draw = 5 and replicate = 1")
    told = text_of(section(of(copy), "summary"))
    assert "Of 12 replicates that were planned, 11 are finished." in told
    assert "rest on 5 worlds, 2 replicates each" in told
    assert re.search(r"(fewer|more) in \d of 5[;)]", told)


def test_a_study_without_a_whole_world_says_that_nothing_can_be_said(file: Path, tmp_path: Path) -> None:
    one = of(edited(file, tmp_path, "delete from study_runs where replicate = 1"))
    told = text_of(section(one, "summary"))
    assert "Nothing can be said yet." in told
    assert "Verdict" not in told
    assert pdf_of(one).startswith(b"%PDF-")


def test_a_study_without_a_finished_run_is_refused(file: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no finished replicate"):
        read_study(edited(file, tmp_path, "delete from study_runs"))


def test_a_study_with_an_assumption_that_the_catalogue_no_longer_has_is_reported(file: Path, tmp_path: Path) -> None:
    one = "(select name from draws where process = 'market' limit 1)"
    copy = edited(file, tmp_path, f"update draws set name = 'was_once' where process = 'market' and name = {one}")
    told = text_of(section(of(copy), "sensitivity"))
    assert "Over the 6 worlds of this study" in told
    assert "was_once" not in told


def test_a_study_laid_out_for_sensitivity_tells_its_indices(tmp_path: Path) -> None:
    vary = "study.vary=[custody.assessment_sensitivity,custody.removal_places]"
    words = ["design=morris", vary, "draws=24", "replicates=1", "output=totals"]
    told = text_of(section(of(stored(tmp_path, *words, arms=ARMS[:2])), "sensitivity"))
    assert "mu*: " in told
    assert "No index has converged" in told or "custody." in told


HOSTILE = "<script>alert(1)</script> \"quoted\" 'single' & #panic() $x$ *b* \\ @ref [a](b) {{c}} \u202e 정책"


@pytest.fixture(scope="module")
def hostile(file: Path, tmp_path_factory: pytest.TempPathFactory) -> Document:
    title = HOSTILE.replace("'", "''")
    copy = edited(
        file,
        tmp_path_factory.mktemp("hostile"),
        f"update arms set title = '{title}', summary = '{title}' where place = 1",
        f"update studies set name = '{title}'",
        f"update limits set text = '{title}' where id = 1",
    )
    return of(copy)


# The PDF.


def squeezed(text: str) -> str:
    """Return text without what setting lines may add or take: spaces, hyphens, and page numbers' small space."""
    return re.sub(r"[\s\u2009\u00ad\u2010-]", "", text)


def paper_of(document: Document) -> str:
    """Return what the PDF says, without the foot of each page."""
    foot = re.compile(re.escape(squeezed(document.footer)) + r"\d+")
    return "".join(foot.sub("", squeezed(page)) for page in pages_of(pdf_of(document)))


def test_the_pdf_says_what_the_page_says(document: Document) -> None:
    paper = paper_of(document)
    missing = [plain(words) for words in said_by(document.sections) if squeezed(plain(words)) not in paper]
    assert len(missing) <= 0.02 * len(list(said_by(document.sections))), missing[:5]
    for words in said_by([section(document, "summary"), section(document, "limits")]):
        assert squeezed(plain(words)) in paper, plain(words)


def test_the_pdf_is_tagged_and_says_what_its_figures_show(folder: Path) -> None:
    paper = (folder / "report.pdf").read_bytes()
    assert b"pdfuaid:part>1" in paper or b"<pdfuaid:part>1</pdfuaid:part>" in paper
    assert b"/MarkInfo" in paper
    assert b"/Lang(en)" in paper
    assert paper.count(b"/Alt") >= 4


def test_hostile_names_are_text_in_the_pdf(hostile: Document) -> None:
    assert squeezed("<script>alert(1)</script>") in paper_of(hostile)
    assert squeezed("#panic() $x$ *b* \\ @ref [a](b) {{c}}") in paper_of(hostile)


# The page, in a browser without a network.


@pytest.fixture(scope="module")
def pages(browser: Any) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True)
    yield context
    context.close()


def opened(pages: Any, path: Path) -> tuple[Any, list[str], list[str]]:
    """Return the page, what its console said, and what it asked for."""
    page, said, asked = pages.new_page(), list[str](), list[str]()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda problem: said.append(str(problem)))
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    return page, said, asked


@pytest.fixture(scope="module")
def page(pages: Any, folder: Path) -> Iterator[Any]:
    page, said, asked = opened(pages, folder / "report.html")
    yield page
    assert said == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    page.close()


def test_figures_are_there_without_a_network(page: Any, document: Document) -> None:
    widths = page.eval_on_selector_all("img", "all => all.map(one => one.complete ? one.naturalWidth : 0)")
    figures = [block for block in blocks_of(document.sections) if isinstance(block, Figure)]
    assert len(widths) == len(figures) >= 4
    assert min(widths) > 1000
    assert page.eval_on_selector_all("img", "all => all.map(one => one.alt)") == [figure.alt for figure in figures]
    assert page.locator("script, link, iframe, object, embed").count() == 0


def test_headings_landmarks_and_tables_are_in_order(page: Any) -> None:
    levels = page.eval_on_selector_all("h1, h2, h3, h4, h5, h6", "all => all.map(one => Number(one.tagName[1]))")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert page.locator("html").get_attribute("lang") == "en"
    for landmark in ("header", "nav[aria-label]", "main", "footer"):
        assert page.locator(f"body > {landmark}").count() == 1
    assert page.locator("table").count() == page.locator("table > caption").count() > 5
    assert page.locator("th:not([scope])").count() == 0
    assert page.locator("tbody tr > :first-child:not(th[scope=row])").count() == 0


def test_ids_stand_once_and_links_within_the_page_lead_somewhere(page: Any) -> None:
    twice = page.evaluate(
        "() => { const ids = [...document.querySelectorAll('[id]')].map(one => one.id);"
        " return ids.filter((one, place) => ids.indexOf(one) !== place) }"
    )
    assert twice == []
    lost = page.eval_on_selector_all(
        "a[href^='#']",
        "all => all.map(one => one.getAttribute('href').slice(1)).filter(one => !document.getElementById(one))",
    )
    assert lost == []


def test_each_number_shows_its_trace_and_leads_to_its_note_by_keyboard(page: Any) -> None:
    numbers = page.locator("a.traced")
    assert numbers.count() > 100
    unreached = page.eval_on_selector_all(
        "a.traced", "all => all.filter(one => one.tabIndex !== 0 || !one.dataset.trace).length"
    )
    assert unreached == 0
    first = numbers.first
    assert page.evaluate("getComputedStyle(document.querySelector('a.traced'), '::after').content") == "none"
    page.keyboard.press("Tab")  # the keyboard is used: what has the focus is shown
    first.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "traced"
    shown = page.evaluate("getComputedStyle(document.activeElement, '::after').content")
    assert "Runs: study" in shown
    assert "Source: " in shown
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    note = first.get_attribute("href")
    page.keyboard.press("Enter")
    assert page.url.endswith(note)
    assert page.locator(note).is_visible()
    page.locator(f"{note} a.back").press("Enter")
    assert page.url.endswith(f"#from-{note.removeprefix('#')}")


def test_the_keyboard_meets_the_way_to_the_content_first(pages: Any, folder: Path) -> None:
    page, _, _ = opened(pages, folder / "report.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.locator(".skip").bounding_box()["x"] >= 0
    page.keyboard.press("Enter")
    assert page.url.endswith("#content")
    page.close()


CONTRASTS = """
() => {
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const rgb = text => text.match(/[\\d.]+/g).map(Number);
  const found = {};
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const one = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim()) continue;
    let behind = one, back = [255, 255, 255];
    while (behind) {
      const colour = rgb(getComputedStyle(behind).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) { back = colour; break; }
      behind = behind.parentElement;
    }
    const [high, low] = [light(rgb(getComputedStyle(one).color)), light(back)].sort((a, b) => b - a);
    found[`${one.tagName}.${one.className}`] = (high + 0.05) / (low + 0.05);
  }
  return found;
}
"""


def test_all_text_has_the_contrast_of_level_aa(page: Any) -> None:
    found = page.evaluate(CONTRASTS)
    assert len(found) > 10
    assert {name: ratio for name, ratio in found.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_no_width_makes_the_page_scroll_sideways(page: Any, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.set_viewport_size({"width": 1280, "height": 900})


def test_on_paper_nothing_is_hidden_behind_a_scroll(page: Any) -> None:
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 680, "height": 1000})  # about A4 without its margins
    assert not page.locator("nav").is_visible()
    cut = page.eval_on_selector_all(
        ".scroll, pre", "all => all.filter(one => one.scrollWidth > one.clientWidth + 1).length"
    )
    assert cut == 0
    page.emulate_media(media="screen")
    page.set_viewport_size({"width": 1280, "height": 900})


def test_hostile_names_are_text_on_the_page(pages: Any, hostile: Document, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(html_of(hostile), encoding="utf-8")
    page, said, asked = opened(pages, path)
    assert said == []
    assert asked == [path.as_uri()]
    assert page.locator("script").count() == 0
    assert HOSTILE in page.locator("h1").text_content()
    assert HOSTILE in page.locator("#summary p.lead").text_content()
    page.close()


def test_an_address_that_is_none_is_no_link(document: Document) -> None:
    from trafficsim.report.document.content import Link, Paragraph

    part = Section("a", "A", (Paragraph((Link("here", "javascript:alert(1)"),)),))
    assert "javascript:" not in html_of(replace(document, sections=(part,)))
