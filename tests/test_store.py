"""The results file: whole, self-explaining, never half-written, and never somebody else's file."""

import dataclasses
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trafficsim import cli
from trafficsim.catalog import catalog
from trafficsim.configuration import configure
from trafficsim.errors import UserError
from trafficsim.experiments.export import export_study
from trafficsim.experiments.frames import FRAMES, frames_of, open_study
from trafficsim.experiments.result import PRICE, StudyResult
from trafficsim.experiments.schema import APPLICATION_ID, FOREIGN_KEYS, KEYS, LIMITS, TABLES
from trafficsim.experiments.store import StudyWriter, save_study
from trafficsim.experiments.study import run_study, study_of

WORDS = [
    "arms=[status_quo,letter_package]",
    "draws=0",
    "scale=0.01",
    "years=2",
    "replicates=2",
    "workers=1",
    "output.events=true",
]


@pytest.fixture(scope="module")
def result() -> StudyResult:
    return run_study(configure(WORDS))


@pytest.fixture(scope="module")
def path(result: StudyResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_study(result, tmp_path_factory.mktemp("results") / "study.sqlite")


@pytest.fixture
def file(path: Path) -> Iterator[sqlite3.Connection]:
    """The file in plain sqlite3, as any browser would open it."""
    with closing(sqlite3.connect(path)) as connection:
        yield connection


def another(result: StudyResult, name: str) -> StudyResult:
    """Return the same outcomes as a study of another name."""
    study_id = f"{name}-{result.configuration_hash[:12]}"
    return dataclasses.replace(result, name=name, study_id=study_id, created="2000-01-01T00:00:00+00:00")


def test_the_file_is_whole(file: sqlite3.Connection) -> None:
    assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert file.execute("PRAGMA foreign_key_check").fetchall() == []
    assert file.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
    assert file.execute("PRAGMA journal_mode").fetchone() == ("delete",)  # one plain file, nothing beside it


def test_what_refers_to_something_is_a_foreign_key(file: sqlite3.Connection) -> None:
    for table, keys in FOREIGN_KEYS.items():
        held = {(row[3], row[2], row[4]) for row in file.execute(f"PRAGMA foreign_key_list({table})")}
        assert held == set(keys)
    file.execute("PRAGMA foreign_keys = on")
    with pytest.raises(sqlite3.IntegrityError):
        file.execute("insert into totals values (1, 'no such indicator', 'all', 'all', 1.0)")
    with pytest.raises(sqlite3.IntegrityError):
        file.execute("insert into stocks values (999, 'migrant_status', 'in hiding', '2024-04', 1)")


def test_the_file_explains_itself(file: sqlite3.Connection) -> None:
    columns = {(table, row[1]) for table in TABLES for row in file.execute(f"PRAGMA table_info({table})")}
    described = file.execute("select table_name, column_name, meaning from column_descriptions").fetchall()
    assert {row[:2] for row in described} == columns
    assert all(meaning.strip() for *_, meaning in described)
    indicators = {
        row[0]: row[1:] for row in file.execute("select name, label, unit, definition, direction from indicators")
    }
    assert set(indicators) == set(catalog().indicators)
    assert all(word.strip() for words in indicators.values() for word in words)
    used = file.execute("select indicator from totals union select indicator from monthly").fetchall()
    assert {name for (name,) in used} <= set(indicators)
    assert [text for (text,) in file.execute("select text from limits order by id")] == list(LIMITS)


def test_a_study_carries_its_assumptions(file: sqlite3.Connection, result: StudyResult) -> None:
    ((study_id, configuration, policy_start, years, scale, replicates),) = file.execute(
        "select id, configuration, policy_start, years, scale, replicates from studies"
    )
    assert (study_id, configuration) == (result.study_id, result.configuration_hash)
    assert (policy_start, years, scale, replicates) == ("2024-04", 2, 0.01, 2)
    ((content,),) = file.execute("select content from configurations")
    assert json.loads(content) == result.configuration
    arms = file.execute("select arm, title, levers from arms order by place").fetchall()
    assert [arm for arm, *_ in arms] == ["status_quo", "letter_package"]
    assert "question" in json.loads(arms[1][2])["identification"]["because"].lower()
    parameters = file.execute(
        "select process, name, value, low, high, unit, meaning, source, grade from parameters"
    ).fetchall()
    assert len(parameters) == sum(map(len, catalog().parameters.values()))
    assert all(
        low <= value <= high and unit and meaning and source
        for _, _, value, low, high, unit, meaning, source, _ in parameters
    )


def test_parameters_are_those_of_the_corridor_and_the_study(tmp_path: Path) -> None:
    name = (
        "market.escape_monthly"
        if "escape_monthly" in catalog().parameters["market"]
        else "custody.assessment_sensitivity"
    )
    process, _, short = name.partition(".")
    value = catalog().parameters[process][short].range[0]
    study = study_of(configure([*WORDS, "corridor=teaching", f"parameters.{name}={value}"]))
    with StudyWriter(tmp_path / "study.sqlite", study):
        pass
    table = open_study(tmp_path / "study.sqlite")["parameters"].set_index(["process", "name"])
    assert table.loc[(process, short), "value"] == value
    assert table.loc[(process, short), "default_value"] == catalog().parameters[process][short].default
    assert table.loc[("crossing", "areas"), "value"] == 3
    assert table.loc[("brokerage", "seats"), "reason"].startswith("Invented")


def test_runs_are_named_by_what_decides_them(file: sqlite3.Connection, result: StudyResult) -> None:
    stored = file.execute(
        "select arm, replicate, seed, identity, first_month, months from runs join study_runs on run = id order by id"
    ).fetchall()
    assert [row[:4] for row in stored] == [(run.arm, run.replicate, str(run.seed), run.run_id) for run in result.runs]
    assert {row[4:] for row in stored if row[0] == "history"} == {("1996-01", 339)}
    assert {row[4:] for row in stored if row[0] != "history"} == {("2024-04", 24)}
    forks = file.execute("select arm from runs join study_runs on run = parent_run").fetchall()
    assert forks == [("history",)] * 4


@pytest.mark.relation(
    "The months of every indicator add up to its total.",
    kind="conservation", level="study",
    reach="every indicator of every run",
)  # fmt: skip
def test_months_add_up_to_totals(file: sqlite3.Connection) -> None:
    rows = file.execute(
        "select totals.indicator, totals.value, sum(monthly.value) from totals join monthly using (run, indicator) "
        "where dimension = 'all' and totals.indicator <> ? group by run, totals.indicator",
        [PRICE],
    ).fetchall()
    assert len(rows) == 6 * (len(catalog().indicators) - 1)
    assert all(total == months for _, total, months in rows)


@pytest.mark.relation(
    "Groups of people add up to all.",
    kind="conservation", level="study",
    reach="every indicator; area, purpose, sex, age and way of departure",
)  # fmt: skip
def test_groups_add_up_to_all(file: sqlite3.Connection) -> None:
    rows = file.execute(
        "select whole.indicator, parts.dimension, whole.value, sum(parts.value) "
        "from totals as whole join totals as parts using (run, indicator) "
        "where whole.dimension = 'all' and parts.dimension <> 'all' and whole.indicator <> ? "
        "group by run, whole.indicator, parts.dimension",
        [PRICE],
    ).fetchall()
    assert {dimension for _, dimension, *_ in rows} == {"area", "purpose", "sex", "age_band", "departure"}
    assert all(whole == parts for *_, whole, parts in rows)


def test_stocks_hold_each_month_and_status_once(file: sqlite3.Connection) -> None:
    ((months, least, most),) = file.execute(
        "select count(distinct month), min(levels), max(levels) from (select month, count(*) as levels from stocks "
        "join study_runs using (run) where kind = 'migrant_status' and arm = 'letter_package' and replicate = 0 group by month)"
    )
    assert (months, least, most) == (24, 14, 14)


def test_events_are_kept_on_request(file: sqlite3.Connection, tmp_path: Path) -> None:
    counted = file.execute(
        "select (select count(*) from events where events.run = runs.id and event = 'crossed'), "
        "(select value from totals where totals.run = runs.id and indicator = 'crossings' and dimension = 'all') from runs"
    ).fetchall()
    assert all(events == total for events, total in counted) and sum(events for events, _ in counted) > 0
    # One life has one name in all arms.
    ((shared,),) = file.execute(
        "select count(*) from (select distinct person_key from events join study_runs using (run) "
        "where replicate = 0 group by person_key having count(distinct arm) = 3)"
    )
    assert shared > 0
    quiet = run_study(configure([*WORDS, "replicates=1", "output.events=false", "output.monthly=false"]))
    with closing(sqlite3.connect(save_study(quiet, tmp_path / "quiet.sqlite"))) as connection:
        for table in ("events", "monthly", "stocks"):
            assert connection.execute(f"select count(*) from {table}").fetchone() == (0,)
        assert connection.execute("select count(*) from totals").fetchone()[0] > 0


def test_the_view_says_what_the_table_says(file: sqlite3.Connection, result: StudyResult) -> None:
    cursor = file.execute("select * from comparison")
    names = [column[0] for column in cursor.description]
    view = pd.DataFrame(cursor.fetchall(), columns=names)
    assert set(view["arm"]) == {"Status quo", "The letter's full package"}
    assert (view["runs"] <= 2).all()
    label = catalog().indicators["protected"].label
    row = view[(view["indicator"] == label) & (view["arm"] != "Status quo")].iloc[0]
    found = {
        arm: np.mean(
            [v for run in result.runs if run.arm == arm for n, d, _, v in run.totals if (n, d) == ("protected", "all")]
        )
        for arm in ("status_quo", "letter_package")
    }
    assert row["mean_over_runs"] == found["letter_package"]
    assert row["mean_difference_to_baseline"] == found["letter_package"] - found["status_quo"]


def test_a_study_in_memory_has_the_frames_of_its_file(path: Path, result: StudyResult) -> None:
    stored, held = open_study(path), frames_of(result)
    assert set(stored) == set(FRAMES) >= set(held)
    for name, frame in held.items():
        columns = list(frame.columns)
        left, right = (each[columns].sort_values(columns).reset_index(drop=True) for each in (frame, stored[name]))
        pd.testing.assert_frame_equal(left, right, check_dtype=False)


def everything(path: Path, study: str) -> dict[str, pd.DataFrame]:
    """Return all rows of a study, without the numbers that runs have in this one file."""
    frames = open_study(path, study, [*FRAMES, "events"])
    return {name: frame.drop(columns=["run", "id", "parent_run"], errors="ignore") for name, frame in frames.items()}


def test_studies_stand_beside_each_other(path: Path, result: StudyResult, tmp_path: Path) -> None:
    second = another(result, "second")
    together = tmp_path / "together.sqlite"
    save_study(result, together)
    save_study(second, together)
    assert open_study(together)["studies"]["id"].tolist() == [result.study_id]  # the newest, by its date
    alone, here, beside = (
        everything(path, result.study_id),
        everything(together, result.study_id),
        everything(together, second.study_id),
    )
    for name, frame in alone.items():
        pd.testing.assert_frame_equal(frame, here[name])
        assert len(beside[name]) == len(frame)
    with pytest.raises(UserError, match=f"holds no study third. It holds: second-.*, {result.study_id}"):
        open_study(together, "third")


def test_a_study_written_again_leaves_the_others_alone(result: StudyResult, tmp_path: Path) -> None:
    path, second = tmp_path / "study.sqlite", another(result, "second")
    save_study(second, path)
    save_study(dataclasses.replace(result, outcomes={1: result.outcomes[1]}), path)
    before = everything(path, second.study_id)
    assert set(open_study(path, result.study_id)["runs"]["replicate"]) == {1}
    save_study(result, path)
    frames = open_study(path, result.study_id)
    assert set(frames["runs"]["replicate"]) == {0, 1}
    assert len(frames["totals"]) == sum(not np.isnan(row[-1]) for run in result.runs for row in run.totals)
    for name, frame in everything(path, second.study_id).items():
        pd.testing.assert_frame_equal(frame, before[name])
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_replicates_are_stored_one_by_one(result: StudyResult, tmp_path: Path) -> None:
    path = tmp_path / "study.sqlite"
    with pytest.raises(ZeroDivisionError), StudyWriter(path, result) as writer:
        writer.write(result.outcomes[1])
        assert writer.replicates == 1
        raise ZeroDivisionError
    assert set(open_study(path)["runs"]["replicate"]) == {1}


def test_a_replicate_is_written_whole_or_not_at_all(result: StudyResult, tmp_path: Path) -> None:
    path, broken = tmp_path / "study.sqlite", result.outcomes[1]
    broken = broken._replace(
        runs=[*broken.runs[:2], dataclasses.replace(broken.runs[2], totals=[("no such indicator", "all", "all", 1.0)])]
    )
    with StudyWriter(path, result) as writer:
        writer.write(result.outcomes[0])
        with pytest.raises(sqlite3.IntegrityError):
            writer.write(broken)
    frames = open_study(path)
    assert set(frames["runs"]["replicate"]) == {0}
    assert set(frames["totals"]["replicate"]) == {0}


def test_a_full_disk_is_told_and_nothing_is_lost(result: StudyResult, tmp_path: Path) -> None:
    path = tmp_path / "study.sqlite"
    with StudyWriter(path, result) as writer:
        writer.write(result.outcomes[0])
        pages = writer._database.execute("PRAGMA page_count").fetchone()[0]
        writer._database.execute(f"PRAGMA max_page_count = {pages + 2}")
        with pytest.raises(
            UserError, match=r"study.sqlite could not be written: database or disk is full.*output\.folder"
        ):
            writer.write(result.outcomes[1])
    assert set(open_study(path)["runs"]["replicate"]) == {0}


def save_over(content: bytes, path: Path, result: StudyResult) -> str:
    path.write_bytes(content)
    with pytest.raises(UserError) as told:
        save_study(result, path)
    assert path.read_bytes() == content
    return str(told.value)


def test_files_of_others_are_left_alone(result: StudyResult, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    assert "notes.txt is not an SQLite file" in save_over(
        b"not a database, but long enough to look like one" * 30, path, result
    )
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("create table mine (a)")
    assert "not one of trafficsim's" in save_over(path.read_bytes(), path, result)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("PRAGMA user_version = 99")
    assert "another form (99, not" in save_over(path.read_bytes(), path, result)


@given(content=st.binary(min_size=1, max_size=300))
def test_any_other_content_is_refused(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("any") / "study.sqlite"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"not an SQLite file|not one of trafficsim's"):
        open_study(path)


def test_an_empty_file_is_nobodys(result: StudyResult, tmp_path: Path) -> None:
    path = tmp_path / "study.sqlite"
    path.touch()
    with pytest.raises(UserError, match="no database"):
        open_study(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("VACUUM")  # an SQLite file now, without tables
    with pytest.raises(UserError, match="holds no study"):
        open_study(path)
    assert len(open_study(save_study(result, path))["runs"]) == 6


@pytest.mark.parametrize("place", ["a_file/study.sqlite", "a_folder"])
def test_a_place_that_cannot_be_written_is_told(result: StudyResult, tmp_path: Path, place: str) -> None:
    (tmp_path / "a_file").touch()
    (tmp_path / "a_folder").mkdir()
    with pytest.raises(UserError, match=place):
        save_study(result, tmp_path / place)
    with pytest.raises(UserError, match=place), StudyWriter(tmp_path / place, result):
        raise AssertionError("the study should not have begun")


def test_a_folder_that_may_only_be_read_is_told(
    result: StudyResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", "results")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(UserError, match="could not be written: Permission denied"):
        save_study(result, tmp_path / "results" / "study.sqlite")


def test_a_file_in_use_is_told(result: StudyResult, tmp_path: Path) -> None:
    path = tmp_path / "study.sqlite"
    with StudyWriter(path, result) as writer:
        writer.write(result.outcomes[0])
        for use in (lambda: save_study(result, path), lambda: open_study(path), lambda: export_study(path, tmp_path)):
            with pytest.raises(UserError, match="is in use"):
                use()
    assert set(open_study(path)["runs"]["replicate"]) == {0}


@pytest.mark.parametrize("name", ["100% sure.sqlite", "what? #2.sqlite", "Zürich & Söhne;.sqlite"])
def test_any_name_will_do(result: StudyResult, tmp_path: Path, name: str) -> None:
    path = save_study(result, tmp_path / name)
    assert [each.name for each in tmp_path.iterdir()] == [name]
    assert len(open_study(path)["runs"]) == 6


# Export


def test_csv_holds_each_table(path: Path, tmp_path: Path, file: sqlite3.Connection) -> None:
    written = export_study(path, tmp_path / "tables")
    assert {each.name for each in written} == {f"{table}.csv" for table in [*TABLES, "comparison", "who_says"]}
    for table in TABLES:
        read = pd.read_csv(tmp_path / "tables" / f"{table}.csv", dtype=str, keep_default_na=False)
        rows = file.execute(f"select * from {table}").fetchall()
        assert list(read.columns) == list(TABLES[table])
        assert len(read) == len(rows)
    totals = pd.read_csv(tmp_path / "tables" / "totals.csv").set_index([*KEYS["totals"]]).sort_index()
    stored = pd.read_sql_query("select * from totals", file).set_index([*KEYS["totals"]]).sort_index()
    pd.testing.assert_frame_equal(totals, stored)
    parents = pd.read_csv(tmp_path / "tables" / "runs.csv", dtype=str)["parent_run"].dropna()
    assert all(parent.isdecimal() for parent in parents)  # not "1.0", though some runs have no parent


def test_parquet_holds_each_table(path: Path, tmp_path: Path, file: sqlite3.Connection) -> None:
    written = export_study(path, tmp_path, "parquet")
    assert {each.name for each in written} == {f"{table}.parquet" for table in [*TABLES, "comparison", "who_says"]}
    for table, columns in TABLES.items():
        read = pd.read_parquet(tmp_path / f"{table}.parquet")
        stored = pd.read_sql_query(f"select * from {table}", file)
        assert list(read.columns) == list(columns)
        pd.testing.assert_frame_equal(read, stored, check_dtype=False)
    assert str(pd.read_parquet(tmp_path / "runs.parquet").dtypes["parent_run"]) == "Int64"


def test_large_tables_are_exported_piece_by_piece(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = {form: export_study(path, tmp_path / "whole", form) for form in ("csv", "parquet")}
    monkeypatch.setattr("trafficsim.experiments.export.ROWS_AT_A_TIME", 1000)
    for form, files in whole.items():
        for one, other in zip(files, export_study(path, tmp_path / "pieces", form), strict=True):
            if form == "csv":
                assert one.read_bytes() == other.read_bytes()
            else:
                pd.testing.assert_frame_equal(pd.read_parquet(one), pd.read_parquet(other))


def test_export_on_the_command_line(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["export", str(path), "--to", "parquet", "--folder", str(tmp_path / "p")]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert len(listed) == len([*TABLES, "comparison", "who_says"])
    assert all(Path(line).is_file() for line in listed)


def test_a_bad_export_is_told(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match=r"no format 'xlsx'\. Allowed: csv, parquet"):
        export_study(path, tmp_path, "xlsx")
    with pytest.raises(UserError, match="no database"):
        export_study(tmp_path / "nowhere.sqlite", tmp_path)
    (tmp_path / "taken").touch()
    with pytest.raises(UserError, match=r"taken could not be written: .* --folder"):
        export_study(path, tmp_path / "taken")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install 'trafficsim\[parquet\]'"):
        export_study(path, tmp_path, "parquet")


def test_a_result_carries_its_assumptions_and_who_says_so(file: sqlite3.Connection) -> None:
    known = catalog()
    for table, count in {"evidence": len(known.evidence), "sources": len(known.sources), "coverage": 124}.items():
        assert file.execute(f"select count(*) from {table}").fetchone()[0] == count
    assert not file.execute("pragma foreign_key_check").fetchall()
    # A number, the evidence that it rests on, and its sources, in one query.
    found = file.execute("select evidence, status, address from who_says where name = 'price_bride'").fetchall()
    assert {evidence for evidence, *_ in found} == {"S20", "E-E08"}
    assert {status for _, status, _ in found} == {"alleged"}
    assumed = file.execute("select reason, evidence from who_says where name = 'usual_corruption'").fetchall()
    assert assumed and all(reason and evidence is None for reason, evidence in assumed)
    # A statement of the letter, what asks for it, and where it stands.
    levers = file.execute("select lever from lever_evidence where evidence = 'S31'").fetchall()
    assert ("data_firewall",) in levers
    assert "firewall" in file.execute("select how from coverage where statement = 'S31'").fetchone()[0]
