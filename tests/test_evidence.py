"""The evidence is whole, every citation and id resolves, and what does not fit is refused with file, line and reason."""

import json
import re
import shutil
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trafficsim import cli
from trafficsim.catalog import FOLDER, catalog, load_catalog, load_evidence
from trafficsim.catalog.evidence_records import LETTER, Figure, Provision, Yardstick
from trafficsim.catalog.reading import validated
from trafficsim.errors import UserError

FIGURES = {
    "A": range(1, 9),
    "B": range(1, 10),
    "C": (1, 2, 3, 4, 5, 12, 14),
    "D": (*range(1, 8), *range(9, 16)),
    "E": range(1, 10),
    "F": range(1, 9),
    "G": (*range(1, 5), *range(6, 11)),
    "H": range(1, 9),
    "I": range(1, 5),
    "J": (*range(1, 11), *range(12, 16)),
    "K": (1, 2, 3, 4, 8, 9, 10, 13, 14),
    "L": range(3, 9),
    "M": range(1, 6),
    "N": range(1, 6),
    "O": range(1, 5),
    "P": range(1, 5),
    "Q": (1, 2, 3, 6, 7),
}
"""Numbers of the published figures, group by group; what is missing is kept aside, so that nothing can be fitted to it."""


def test_every_id_of_the_table_of_evidence_is_there() -> None:
    ids = {
        *(f"S{number:02d}" for number in range(1, 67)),
        *(f"L{number}" for number in range(1, 12)),
        *(f"A{number:02d}" for number in range(1, 48)),
        *(f"E-{group}{number:02d}" for group, numbers in FIGURES.items() for number in numbers),
        *("E-A", "E-F"),  # the series of arrivals, and the index of costs
        *(f"X{number:02d}" for number in range(1, 7)),
        *(f"C{number}" for number in range(1, 16)),
        *(f"V{number}" for number in (1, 2, 3, 8, 12, 15)),
    }
    assert set(catalog().evidence) == ids
    assert Counter(type(record).__name__ for record in catalog().evidence.values()) == {
        "Claim": 66,
        "Asked": 11,
        "Provision": 47,
        "Figure": 130,
        "Tension": 6,
        "Yardstick": 21,
    }


def test_ids_stand_in_the_order_of_the_tables() -> None:
    ids = list(catalog().evidence)
    assert ids[:2] == ["S01", "S02"] and ids[-1] == "V15"
    assert ids.index("L2") < ids.index("L10") < ids.index("A01") < ids.index("E-A") < ids.index("E-A01")


def test_what_the_letter_says_is_alleged_and_says_it_shortly() -> None:
    for name, record in catalog().evidence.items():
        if name[0] in "SLA":
            assert (record.status, LETTER in record.sources) == ("alleged", True), name
            assert len((record.quote or "").split()) <= 40, name
        elif set(record.sources) == {LETTER}:
            assert record.status == "alleged", name
    assert {record.question for name, record in catalog().evidence.items() if name[0] == "L"} == {None, *range(1, 9)}


def test_each_source_is_cited_and_its_address_can_be_opened() -> None:
    known = catalog()
    for key, source in known.sources.items():
        assert known.cited_by(key), key
        assert source.url or "kept" in source.note or "Not read" in source.note, key
        if source.url:
            address = urlsplit(source.url)
            assert address.scheme in ("http", "https") and "." in address.netloc, key
            assert re.fullmatch(r"[!-~]+", source.url), key
        assert source.issued or "unknown" in source.note.lower() or key == "mou-arrivals", key
    addresses = [source.url for source in known.sources.values() if source.url]
    assert len(addresses) == len(set(addresses)) >= 124


def test_what_is_reported_names_a_source_and_what_is_derived_names_its_origin() -> None:
    for name, record in catalog().evidence.items():
        assert record.sources or record.related or "gap" in record.kind or record.status in ("assumed", "unverified"), (
            name
        )
    assert {name for name, record in catalog().evidence.items() if record.status == "unverified"} == {
        "E-G09",
        "E-J14",
        "E-P03",
    }


def test_slips_of_the_letter_are_recorded_and_not_repeated() -> None:
    evidence = catalog().evidence
    slips = {name: record.slip for name, record in evidence.items() if record.slip}
    assert slips.keys() == {"S20", "S49", "A16", "A25", "A28", "A45"}
    assert "33(2)" in slips["A16"].printed and slips["A16"].correct.startswith("article 33(1)")
    assert "2022" in slips["A45"].printed and "2002" in slips["A45"].correct
    assert "Economic" in slips["A28"].printed and "Discrimination against Women" in slips["A28"].correct
    assert slips["A25"].correct == "article 14"
    for name in ("A16", "A25", "A28", "A45"):
        record = evidence[name]
        assert isinstance(record, Provision) and slips[name].sure == "high" and slips[name].sources
        assert slips[name].printed not in f"{record.instrument} article {record.article} {record.ratification}"


def test_levers_of_the_letter_and_provisions_point_at_each_other() -> None:
    evidence = catalog().evidence
    supported = {lever for record in evidence.values() if isinstance(record, Provision) for lever in record.supports}
    assert supported == {f"L{number}" for number in range(1, 12)}
    for name in supported:
        assert any(place.startswith("levers.") for place in catalog().named_by(name)), name


def test_arrivals_add_up_to_the_official_total() -> None:
    arrivals = catalog().evidence_tables["E-A"]
    assert list(arrivals) == ["year", "women", "men", "total"]
    assert arrivals["year"] == tuple(range(2002, 2026))
    assert sum(arrivals["women"]) + 594 == 24_944  # with those before 2002, as E-A and E-A01 say
    assert sum(arrivals["men"]) + 1_396 == 9_593
    assert sum(arrivals["total"]) + 1_990 == 34_537


def test_every_number_of_the_model_rests_on_evidence_that_carries_it() -> None:
    known = catalog()
    numbers = {f"{process}.{name}": each for process, named in known.parameters.items() for name, each in named.items()}
    for name, record in (numbers | known.series).items():
        if record.source == "assumed":
            assert record.because, name
        else:
            assert any(not known.evidence[each].carries_no_number for each in record.source), name


def test_evidence_knows_what_rests_on_it() -> None:
    assert "parameters.market.price_bride" in catalog().named_by("S20")
    assert "levers.non_refoulement" in catalog().named_by("A12")
    assert catalog().named_by("E-G09") == []
    assert "A28" in catalog().cited_by("cedaw-gr-24")


def test_the_digest_does_not_move_with_the_words_of_the_evidence(tmp_path: Path) -> None:
    own = copied(tmp_path)
    change(own / "evidence/letter.yaml", "Five mandates of United Nations", "Five mandates of the United Nations")
    changed = load_catalog(own)
    assert changed.evidence["S01"].says != catalog().evidence["S01"].says
    assert changed.digest() == catalog().digest()


# --- What is refused -------------------------------------------------------------------------------------------------

CLAIMS = """\
# Two claims.
S01:
  says: "A claim."
  kind: [parameter, mechanism]
  calls_for: "a number"
  value: 0.7
  unit: share
  interval: [0.5, 0.9]
  sources: [al-chn-3-2024]
  confidence: none
  status: alleged

S02: {says: Another., kind: context, calls_for: nothing, related: [S01], sources: [al-chn-3-2024],
  confidence: none, status: alleged}
"""
FIGURES_FILE = """\
E-A:
  says: "A figure."
  kind: figure
  table: arrivals.csv
  sources: [paper-2001]
  confidence: high
  status: official count
E-B01: {says: From memory., kind: figure, value: 3, unit: persons, sources: [], confidence: none, status: unverified}
V1: {says: Held out., kind: pattern, judged_by: rank, related: [E-A], sources: [], confidence: none, status: derived}
"""
SOURCES = """\
references:
- id: al-chn-3-2024
  type: document
  author: [{literal: Five mandates}]
  title: A letter
  issued: 2024-03-22
  note: Read.

- id: paper-2001
  type: article-newspaper
  author: [{literal: A paper}]
  title: "[Figures]"
  issued: 2001
  URL: "https://paper.example/1?a=b"
  note: Read.
"""
TABLE = "year,women,men,total\n2001,3,4,7\n2002,5,5,10\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small folder of evidence that is in order."""
    root = tmp_path / "evidence"
    root.mkdir()
    for name, text in {
        "claims.yaml": CLAIMS,
        "figures.yaml": FIGURES_FILE,
        "sources.yaml": SOURCES,
        "arrivals.csv": TABLE,
    }.items():
        (root / name).write_text(text)
    return root


def copied(tmp_path: Path) -> Path:
    """The package's own catalogue, for a test to change."""
    return shutil.copytree(FOLDER, tmp_path / "catalog", ignore=shutil.ignore_patterns("*.py", "__pycache__"))


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_a_folder_in_order_is_read(folder: Path) -> None:
    base = load_evidence(folder)
    assert list(base.records) == ["S01", "S02", "E-A", "E-B01", "V1"]
    assert base.records["S01"].kind == ("parameter", "mechanism")
    assert (base.records["S02"].kind, base.records["E-A"].year) == (("context",), None)
    assert isinstance(base.records["E-A"], Figure) and isinstance(base.records["V1"], Yardstick)
    assert base.tables["E-A"] == {"year": (2001, 2002), "women": (3, 5), "men": (4, 5), "total": (7, 10)}
    assert (base.sources["al-chn-3-2024"].issued, base.sources["paper-2001"].issued) == ("2024-03-22", "2001")


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        # citation keys
        (
            "claims.yaml",
            "[al-chn-3-2024]",
            "[al-chn-3-2023]",
            r"line 9: S01: .*no source.*Did you mean 'al-chn-3-2024'",
        ),
        ("figures.yaml", "[paper-2001]", "[paper-2001, papr-2002]", r"line 5: E-A: sources.1 = 'papr-2002'"),
        ("sources.yaml", "id: paper-2001", "id: al-chn-3-2024", r"line 9: .*already taken, on line 2"),
        ("sources.yaml", "id: paper-2001", "id: Paper 2001", r"line 9: .*id = 'Paper 2001'"),
        # ids
        ("claims.yaml", "S02: {", "S01: {", r"line 13: the key 'S01' is written twice"),
        ("figures.yaml", "E-B01: {", "E-A: {", r"line 8: the key 'E-A' is written twice"),
        ("claims.yaml", "S02: {", "S2: {", r"line 13: 'S2' cannot be an id"),
        ("claims.yaml", "S02: {", "Z02: {", r"line 13: 'Z02' cannot be an id"),
        ("claims.yaml", "S02: {", "2: {", r"line 13: '2' cannot be an id"),
        ("claims.yaml", "related: [S01]", "related: [S11]", r"line 13: S02: .*no evidence 'S11'.*Did you mean 'S02'"),
        ("claims.yaml", "related: [S01]", "related: [S02]", r"line 13: S02: .*names itself"),
        # intervals, values, units
        ("claims.yaml", "[0.5, 0.9]", "[0.9, 0.5]", r"line 2: S01: .*upside down"),
        ("claims.yaml", "[0.5, 0.9]", "[0.7, 0.7]", r"line 2: S01: .*empty"),
        ("claims.yaml", "[0.5, 0.9]", "[0.8, 0.9]", r"line 2: S01: .*0.7 lies outside"),
        ("claims.yaml", "[0.5, 0.9]", "[0.5]", r"line 8: S01: interval"),
        ("claims.yaml", "[0.5, 0.9]", "[0.5, .nan]", r"line 8: S01: interval"),
        ("claims.yaml", "  unit: share\n", "", r"line 2: S01: the value 0.7 has no unit"),
        # status and confidence
        ("claims.yaml", "status: alleged", "status: reported", r"line 2: S01: .*alleged"),
        (
            "claims.yaml",
            "status: alleged",
            "status: proven",
            r"line 11: S01: status = 'proven'.*'alleged'.*'unverified'",
        ),
        ("figures.yaml", "status: official count", "status: alleged", r"line 1: E-A: .*cite al-chn-3-2024"),
        ("figures.yaml", "[paper-2001]", "[al-chn-3-2024]", r"line 1: E-A: .*rests on the letter alone"),
        ("figures.yaml", "[paper-2001]", "[]", r"line 1: E-A: .*a source is needed"),
        ("figures.yaml", "confidence: high", "confidence: low", r"line 1: E-A: .*official count"),
        (
            "figures.yaml",
            "confidence: none, status: unverified",
            "confidence: high, status: unverified",
            r"line 8: E-B01",
        ),
        ("figures.yaml", "status: official count", "status: derived", r"line 1: E-A: .*'related'"),
        # kinds and keys
        ("claims.yaml", "kind: context", "kind: figure", r"line 13: S02: 'figure' is no kind for such an id"),
        ("claims.yaml", "kind: context", "kind: contxt", r"line 13: S02: kind.*'contxt'"),
        ("claims.yaml", "kind: context", "kind: []", r"line 13: S02: kind"),
        (
            "claims.yaml",
            "  calls_for:",
            "  cals_for:",
            r"line 5: S01: unknown key 'cals_for'. Did you mean 'calls_for'",
        ),
        ("figures.yaml", "judged_by: rank, ", "", r"line 9: V1: the key 'judged_by' is missing"),
        # sources
        ("sources.yaml", "https://paper.example", "htps://paper.example", r"line 14: paper-2001: URL = 'htps.*http"),
        ("sources.yaml", "https://paper.example", "https://paper example", r"line 14: paper-2001: URL"),
        ("sources.yaml", "https://paper.example", "https://[paper.example", r"line 14: paper-2001: URL"),
        (
            "sources.yaml",
            "  URL:",
            "  url:",
            r"line 14: paper-2001: unknown key 'url'.*Did you mean 'URL'|Allowed:.*URL",
        ),
        (
            "sources.yaml",
            "issued: 2001",
            "issued: 2001-13",
            r"line 13: paper-2001: issued = '2001-13'.*date that exists",
        ),
        ("sources.yaml", "issued: 2001", "issued: last year", r"line 13: paper-2001: issued"),
        ("sources.yaml", "type: article-newspaper", "type: newspaper", r"line 10: paper-2001: type = 'newspaper'"),
        ("sources.yaml", "references:", "sources:", r"'references'"),
        # tables
        ("figures.yaml", "arrivals.csv", "arrival.csv", r"no file 'evidence/arrival.csv'"),
        ("figures.yaml", "arrivals.csv", "../arrivals.csv", r"line 4: E-A: table"),
        ("arrivals.csv", "2002,5,5,10", "2002,5,5,11", r"line 3: 5 women and 5 men make 10, not the total 11"),
        ("arrivals.csv", "2002,5,5,10", "2002,5,5", r"line 3: .*as many values"),
        ("arrivals.csv", "2002,5,5,10", "2001,5,5,10", r"line 3: the years must ascend"),
        ("arrivals.csv", "2002,5,5,10", "2002,five,5,10", r"line 3: women = 'five' is no number"),
        ("arrivals.csv", "year,", "month,", r"line 1: the first column must be 'year'"),
    ],
)
def test_what_does_not_fit_is_refused_with_file_line_and_reason(folder, file, old, new, told) -> None:
    change(folder / file, old, new)
    with pytest.raises(UserError, match=told) as error:
        load_evidence(folder)
    assert "evidence/" in str(error.value)
    assert "\n" not in str(error.value)


def test_an_id_may_stand_in_one_file_only(folder: Path) -> None:
    (folder / "more.yaml").write_text("\n" + CLAIMS.partition("\n")[2])
    with pytest.raises(UserError, match=r"evidence/more.yaml, line 2: the id 'S01' .* evidence/claims.yaml, line 2"):
        load_evidence(folder)


def test_a_folder_without_sources_is_refused(folder: Path) -> None:
    (folder / "sources.yaml").unlink()
    with pytest.raises(UserError, match=r"no file 'evidence/sources\.yaml'"):
        load_evidence(folder)


@given(
    low=st.floats(-1e6, 1e6),
    high=st.floats(-1e6, 1e6),
    value=st.one_of(st.floats(-1e6, 1e6), st.just("several numbers"), st.none()),
)
def test_an_interval_holds_its_value_or_is_refused(low: float, high: float, value: float | str | None) -> None:
    content = {
        "says": "A figure.",
        "kind": "figure",
        "value": value,
        "unit": "persons",
        "interval": [low, high],
        "sources": ["paper-2001"],
        "confidence": "medium",
        "status": "reported",
    }
    fits = low < high and (not isinstance(value, float) or low <= value <= high)
    if fits:
        assert validated(Figure, content, "file").interval == (low, high)
    else:
        with pytest.raises(UserError, match="interval"):
            validated(Figure, content, "file")


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        (
            "parameters/market.yaml",
            "source: [S20, E-E08]",
            "source: [S20, E-E10]",
            r"market.yaml, line 9: price_bride: source.1 = 'E-E10': there is no evidence 'E-E10'. Did you mean 'E-E09'",
        ),
        (
            "parameters/market.yaml",
            "source: [S20, E-E08]",
            "source: [E-G09]",
            r"line \d+: price_bride: no evidence carries the value: E-G09 is unverified.*'assumed'",
        ),
        (
            "parameters/market.yaml",
            "source: [S20, E-E08]",
            "source: [E-L08, E-Q01]",
            r"E-L08 records that no figure.*E-Q01",
        ),
        ("parameters/market.yaml", "source: [S20, E-E08]", "source: [E-B07]", r"E-B07 is an outlier"),
        ("parameters/market.yaml", "source: [S20, E-E08]", "source: [S20, V1]", r"price_bride: V1 is held out"),
        ("parameters/market.yaml", "source: [S20, E-E08]", "source: []", r"price_bride: the source is an empty list"),
        (
            "parameters/market.yaml",
            "source: [S20, E-E08]",
            "source: assummed",
            r"line 9: price_bride: source = 'assummed'",
        ),
        ("series.yaml", "source: [S22]", "source: [S67]", r"series.yaml, line \d+: \w+: .*there is no evidence 'S67'"),
        ("series.yaml", "source: [S22]", "source: [E-J14]", r"series.yaml, line \d+: \w+: .*E-J14 is unverified"),
        ("levers.yaml", "provisions: [A11,", "provisions: [A48,", r"levers.yaml, line \d+: non_refoulement: .*'A48'"),
        (
            "levers.yaml",
            "letter: [L8,",
            "letter: [L12,",
            r"levers.yaml, line \d+: non_refoulement: .*'L12'.*Did you mean 'L11'",
        ),
        (
            "indicators.yaml",
            "source: [S02, S17]",
            "source: [S02, S71]",
            r"indicators.yaml, line 9: trafficked: .*'S71'",
        ),
        (
            "transitions.yaml",
            "source: [S14]",
            "source: [S140]",
            r"transitions.yaml, line \d+: \w+: .*'S140'.*Did you mean 'S66'",
        ),
    ],
)
def test_the_catalogue_refuses_evidence_that_is_unknown_or_carries_nothing(tmp_path, file, old, new, told) -> None:
    own = copied(tmp_path)
    change(own / file, old, new)
    with pytest.raises(UserError, match=told) as error:
        load_catalog(own)
    assert "\n" not in str(error.value)


def test_a_message_names_the_line_of_the_key_within_a_record(tmp_path: Path) -> None:
    own = copied(tmp_path)
    path = own / "parameters/market.yaml"
    change(path, "  grade: ", "  grade: Z # ")
    line = path.read_text()[: path.read_text().index("grade: Z")].count("\n") + 1
    with pytest.raises(UserError, match=rf"parameters/market\.yaml, line {line}: \w+: grade = 'Z'"):
        load_catalog(own)


def test_a_catalogue_without_evidence_of_its_own_rests_on_the_packages(tmp_path: Path) -> None:
    own = copied(tmp_path)
    shutil.rmtree(own / "evidence")
    assert load_catalog(own) == catalog()


def test_a_catalogue_that_brings_evidence_rests_on_that_alone(tmp_path: Path) -> None:
    own = copied(tmp_path)
    change(own / "evidence/derived.yaml", "E-Q01:", "E-Q09:")
    with pytest.raises(UserError, match=r"there is no evidence 'E-Q01'"):
        load_catalog(own)


# --- The command line ------------------------------------------------------------------------------------------------


def shown(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert cli.main(["catalog", *words]) == 0
    return capsys.readouterr().out


def test_a_claim_is_shown_with_its_sources_and_what_rests_on_it(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("S20", "s20"):
        out = " ".join(shown(capsys, "evidence", name).split())
        assert "alleged" in out and "al-chn-3-2024" in out and "parameters.market.price_bride" in out and "yuen" in out


@pytest.mark.parametrize(
    ("word", "ids"),
    [
        ("S2", {f"S{number}" for number in range(20, 30)}),
        ("E-L", {f"E-L{number:02d}" for number in range(3, 9)}),
        ("E-A", {"E-A", *(f"E-A{number:02d}" for number in range(1, 9))}),
        ("L1", {"L1"}),
        ("V", {"V1", "V2", "V3", "V8", "V12", "V15"}),
    ],
)
def test_the_beginning_of_an_id_narrows(word: str, ids: set[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert set(json.loads(shown(capsys, "evidence", word, "--json"))) == ids
    out = shown(capsys, "evidence", word)
    assert all(name in out for name in ids)


def test_a_record_with_a_table_shows_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert json.loads(shown(capsys, "evidence", "E-A", "--json"))["E-A"]["table"]["women"][0] == 632
    assert "women 632" in shown(capsys, "evidence", "E-A")


def test_sources_are_csl_that_reference_managers_read(capsys: pytest.CaptureFixture[str]) -> None:
    entries = json.loads(shown(capsys, "sources", "--json"))
    assert len(entries) == len(catalog().sources)
    letter = next(entry for entry in entries if entry["id"] == LETTER)
    assert letter["issued"] == {"date-parts": [[2024, 3, 22]]}
    assert all({"id", "type", "title", "author"} <= entry.keys() for entry in entries)
    assert "[Figures" not in shown(capsys, "sources") and "Human Rights Watch" in shown(capsys, "sources", "hrw")
    assert "E-K10" in shown(capsys, "sources", "hrw-2008")


def test_a_parameter_says_who_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    out = " ".join(shown(capsys, "parameters", "market.price_bride").split())
    assert "S20 (alleged)" in out


@pytest.mark.parametrize(("kind", "name"), [("evidence", "S67"), ("evidence", "nothing"), ("sources", "hrw-2009")])
def test_an_unknown_name_is_told(kind: str, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["catalog", kind, name]) == cli.USER_ERROR
    told = capsys.readouterr().err
    assert f"nothing called '{name}'" in told
    assert name == "nothing" or "Did you mean" in told
    assert told.count("\n") == 1
