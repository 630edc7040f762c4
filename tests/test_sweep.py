"""Sweeps: the same rows on each executor, only what is missing is done, what fails is told, and nothing is mixed."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest
from contents import contents_of

from trafficsim import cli
from trafficsim.configuration import Configuration, configure
from trafficsim.errors import UserError
from trafficsim.experiments.conduct import Conclusion, conduct_study
from trafficsim.experiments.executors import inline
from trafficsim.experiments.frames import open_study
from trafficsim.experiments.replicate import run_task
from trafficsim.experiments.result import Failure, Outcome, Task
from trafficsim.experiments.studies import studies_in
from trafficsim.experiments.study import Agenda

# In the first months there are few people, so that a run takes milliseconds.
TINY = ["policy_start=1996-06", "years=1", "scale=0.02", "draws=4", "replicates=2", "study.vary=[market,custody]"]
WORDS = [*TINY, "arms=[status_quo,letter_package]", "executor=inline"]


class Silence:
    """A listener that keeps what it is told."""

    def __init__(self) -> None:
        self.sentences: list[str] = []
        self.tasks: list[Task] = []
        self.failures: list[Failure] = []
        self.shares: list[float] = []

    def noticed(self, sentence: str) -> None:
        self.sentences.append(sentence)

    def planned(self, conclusion: Conclusion, agenda: Agenda) -> None:
        self.tasks = agenda.tasks

    def lived(self, finished: int, share: float) -> None:
        self.shares.append(share)

    def failed(self, task: Task, failure: Failure) -> None:
        self.failures.append(failure)


def conducted(path: Path, *words: str) -> tuple[Conclusion, Silence]:
    listener = Silence()
    return conduct_study(configure([*WORDS, *words]), path, listener), listener


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study that nothing interrupted."""
    path = tmp_path_factory.mktemp("whole") / "study.sqlite"
    conclusion, _ = conducted(path)
    assert conclusion.complete and conclusion.failed == 0
    return path


@pytest.mark.relation(
    "Where a study is computed changes no result.",
    kind="equality", level="study",
    reach="in the program, in processes, on Dask",
)  # fmt: skip
@pytest.mark.parametrize("words", [["executor=processes", "workers=2"], ["executor=dask", "workers=2"]])
def test_every_executor_brings_the_same_rows(words: list[str], whole: Path, tmp_path: Path) -> None:
    conclusion, listener = conducted(tmp_path / "study.sqlite", *words)
    assert conclusion.complete and conclusion.finished == 8
    assert contents_of(tmp_path / "study.sqlite") == contents_of(whole)
    assert listener.shares == sorted(listener.shares) and listener.shares[-1] == 1.0


def test_a_dask_scheduler_that_nobody_started_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trafficsim.experiments.executors.dask.SECONDS_TO_CONNECT", 1)
    conclusion, _ = conducted(tmp_path / "study.sqlite", "executor=dask", "executor.address='tcp://127.0.0.1:9'")
    assert isinstance(conclusion.stopped, UserError)
    assert "no Dask scheduler answers there" in str(conclusion.stopped)


@pytest.fixture
def file(whole: Path, tmp_path: Path) -> Path:
    """A copy of the whole study, to be gone on with."""
    path = tmp_path / "study.sqlite"
    path.write_bytes(whole.read_bytes())
    return path


def test_a_finished_study_is_not_begun_again(file: Path, whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inline, "run_task", None)
    conclusion, listener = conducted(file)
    assert (conclusion.at_hand, conclusion.finished, listener.tasks) == (8, 0, [])
    assert contents_of(file) == contents_of(whole)


def test_a_further_seed_is_all_that_is_lived(file: Path) -> None:
    conclusion, listener = conducted(file, "replicates=3")
    assert conclusion.at_hand == 8
    assert [(task.place, task.arms) for task in listener.tasks] == [((draw, 2), (0, 1)) for draw in range(4)]
    first, second = studies_in(file)
    assert (first.state, first.runs, second.state, second.runs) == ("complete", 24, "complete", 36)
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("select count(*) from runs").fetchone() == (36,)  # shared, not copied


def test_a_changed_arm_is_all_that_is_lived(file: Path) -> None:
    words = "arms=[status_quo,letter_package,permit_reform]"
    _, listener = conducted(file, words, "output.lives=false")
    assert {task.arms for task in listener.tasks} == {(2,)}
    # Lives are compared with the baseline's, which therefore goes with it; its stored runs stay as they are.
    with closing(sqlite3.connect(file)) as connection:
        before = connection.execute("select * from runs").fetchall()
    _, listener = conducted(file, words)
    assert {task.arms for task in listener.tasks} == {(0, 2)}
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("select * from runs").fetchall() == before
        assert connection.execute("select count(*) from changed_lives").fetchone() == (16,)


@pytest.mark.relation(
    "A study done in pieces is the study done at once.",
    kind="equality", level="study",
    reach="arms, replicates and outputs added one after the other",
)  # fmt: skip
def test_grown_piece_by_piece_it_is_the_same_study(whole: Path, tmp_path: Path) -> None:
    path = tmp_path / "study.sqlite"
    conducted(path, "arms=[status_quo]", "replicates=1", "output.lives=false", "output.monthly=false")
    conducted(path, "replicates=1", "output.monthly=false")
    conducted(path)
    grown, straight = contents_of(path), contents_of(whole)
    study = straight["runs"][0][0]
    assert [row for row in grown["runs"] if row[0] == study] == straight["runs"]
    for table in ("fates", "harmed", "changed"):
        assert grown[table] == straight[table]


def test_other_rules_are_never_mixed_in(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("replicate", "study", "studies"):
        monkeypatch.setattr(f"trafficsim.experiments.{module}.model_version", lambda: "2-somewhat")
    conclusion, _ = conducted(file)
    assert conclusion.finished == 8
    with closing(sqlite3.connect(file)) as connection:
        by_version = connection.execute("select model_version, count(*) from runs group by 1").fetchall()
        # A study is of one version of the rules; what others made of it stays in the file beside it.
        assert sorted(count for _, count in by_version) == [24, 24]
        assert connection.execute("select count(distinct study), count(*) from study_runs").fetchone() == (2, 48)
    old, new = studies_in(file)
    assert (old.state, new.state) == ("other rules", "complete")


def failing_in(draw: int) -> Callable[..., Outcome]:
    def run(configuration: Configuration, task: Task, lived: object = None) -> Outcome:
        if task.place.draw == draw:
            raise ZeroDivisionError("a price of nothing")
        return run_task(configuration, task)

    return run


def test_what_fails_is_written_down_and_the_study_goes_on(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with monkeypatch.context() as mishap:
        mishap.setattr(inline, "run_task", failing_in(draw=2))
        assert cli.main(["sweep", *WORDS]) == 1
    out, err = capsys.readouterr()
    assert out.startswith("6 of 8 replicates are in the file: 0 were there, 6 were done now")
    told = "2 of 8 replicates failed, the first for this reason: ZeroDivisionError: a price of nothing See them all: "
    assert told in err and "trafficsim studies results/study/study.sqlite --failures" in err
    assert "in run\n    raise ZeroDivisionError" in (tmp_path / "results/study/study.log").read_text()
    assert cli.main(["studies", "results/study/study.sqlite", "--failures"]) == 0
    assert "draw 2, replicate 0 (status_quo, letter_package): ZeroDivisionError" in capsys.readouterr().out
    assert cli.main(["studies", "--json"]) == 0
    (line,) = json.loads(capsys.readouterr().out)
    assert (line["state"], line["runs"], line["planned"], line["failures"]) == ("failures", 18, 24, 2)
    assert cli.main(["sweep", *WORDS]) == 0
    assert capsys.readouterr().out.startswith("8 of 8 replicates are in the file: 6 were there, 2 were done now")
    assert contents_of(tmp_path / "results/study/study.sqlite") == contents_of(whole)


def test_a_cluster_with_other_rules_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def foreign(configuration: Configuration, task: Task, lived: object = None) -> Outcome:
        outcome = run_task(configuration, task)
        outcome.runs[0].run_id = "another"
        return outcome

    monkeypatch.setattr(inline, "run_task", foreign)
    conclusion, _ = conducted(tmp_path / "study.sqlite")
    assert "another version of trafficsim" in str(conclusion.stopped)
    assert conclusion.finished == 0


def test_a_run_that_comes_out_otherwise_is_told(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("update runs set digest = 'wrong' where id = 2")
        connection.execute("delete from changed_lives")
        connection.execute("delete from fates")
        connection.execute("delete from harmed_lives")
    conclusion, _ = conducted(file)
    assert "came out otherwise than it stands in the file" in str(conclusion.stopped)


def test_it_says_beforehand_what_it_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["sweep", *WORDS, "--dry-run"]) == 0
    out = capsys.readouterr().out
    assert "8 replicates (draws × replicates), each a history and 2 arms." in out
    assert "To do: 8 replicates, 24 runs; 0 are in results/study/study.sqlite already." in out
    assert [*tmp_path.glob("results/study/*")] == []
    assert cli.main(["sweep", *WORDS, "--dry-run", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert cli.main(["sweep", *WORDS]) == 0
    path = tmp_path / "results/study/study.sqlite"
    assert said["bytes"] == pytest.approx(path.stat().st_size, rel=0.3)
    assert cli.main(["sweep", *WORDS, "replicates=4"]) == 0
    capsys.readouterr()
    assert cli.main(["sweep", *WORDS, "replicates=4", "--dry-run"]) == 0
    assert "there is nothing to do" in capsys.readouterr().out


def test_events_for_other_programs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(inline, "run_task", failing_in(draw=0))
    assert cli.main(["sweep", *WORDS, "--json"]) == 1
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    kinds = [event["event"] for event in events]
    assert (kinds[0], kinds[-1]) == ("planned", "finished")
    assert set(kinds[1:-1]) <= {"progress", "failed"} and kinds.count("failed") == 2
    assert (events[0]["tasks"], events[0]["to_do"]) == (8, 8)
    assert (events[-1]["done"], events[-1]["failed"]) == (6, 2)


def test_nothing_but_the_result_goes_to_standard_output(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "trafficsim", "sweep", "-m", *WORDS, "study.name=one,two", "draws=1"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=180, check=True)
    assert len(done.stdout.splitlines()) == 6
    assert done.stdout.count("2 of 2 replicates are in the file") == 2
    assert "\x1b" not in done.stdout + done.stderr
    for name in (
        "one",
        "two",
    ):  # each job of a multirun is a sweep of its own, with its composed configuration beside it
        assert (tmp_path / "results" / name / "study.sqlite").is_file()
    assert len([*tmp_path.glob("results/hydra/*/*/*/.hydra/config.yaml")]) == 2


def test_a_study_can_be_taken_out(file: Path, whole: Path, capsys: pytest.CaptureFixture[str]) -> None:
    conducted(file, "replicates=3")
    larger = studies_in(file)[1].study
    assert cli.main(["studies", str(file), "--delete", larger]) == 0
    assert "12 runs went with it" in capsys.readouterr().out
    assert contents_of(file) == contents_of(whole)
    assert cli.main(["studies", str(file), "--delete", larger]) == 2
    assert "'trafficsim studies' lists those there are" in capsys.readouterr().err


def test_verifying_reads_every_run(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["studies", str(file.parent), "--verify"]) == 0
    assert "all is as it was written" in capsys.readouterr().out
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(
            "update totals set value = value + 1 where run = 5 and indicator = 'crossings' and level = 'all'"
        )
    assert cli.main(["studies", str(file), "--verify"]) == 1
    out = capsys.readouterr().out
    assert "run 5 (" in out and "is not as it was written" in out and out.count("\n") == 1


def test_a_place_without_studies_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["studies", str(tmp_path)]) == 2
    assert "No results file lies in" in capsys.readouterr().err
    assert cli.main(["studies", str(tmp_path / "nowhere")]) == 2
    assert "There is no file or folder" in capsys.readouterr().err
    (tmp_path / "junk.sqlite").write_bytes(b"x" * 5000)
    assert cli.main(["studies", str(tmp_path)]) == 1
    assert "junk.sqlite is not an SQLite file" in capsys.readouterr().err


# Series in Parquet files beside the file.

PARQUET = ["output.series=parquet"]


@pytest.fixture
def with_parts(tmp_path: Path) -> Path:
    path = tmp_path / "parts" / "study.sqlite"
    conclusion, _ = conducted(path, *PARQUET)
    assert conclusion.complete and conclusion.finished == 8
    return path


def test_series_can_lie_beside_the_file(whole: Path, with_parts: Path) -> None:
    with closing(sqlite3.connect(with_parts)) as connection:
        for table in ("monthly", "stocks"):
            assert connection.execute(f"select count(*) from {table}").fetchone() == (0,)
        assert connection.execute("select count(*) from run_series").fetchone() == (24,)
    assert contents_of(with_parts)["fates"] == contents_of(whole)["fates"]
    order = ["arm", "draw", "replicate", "month"]
    for table, name in (("monthly", ["indicator"]), ("stocks", ["kind", "level"])):
        own, beside = (
            open_study(path, tables=[table])[table].drop(columns="run").sort_values([*order, *name], ignore_index=True)
            for path in (whole, with_parts)
        )
        pd.testing.assert_frame_equal(own, beside, check_dtype=False)
    size = with_parts.stat().st_size + sum(part.stat().st_size for part in (with_parts.parent / "series").iterdir())
    assert size < 0.7 * whole.stat().st_size


def test_what_is_at_hand_in_parts_is_not_lived_again(with_parts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as nothing_to_do:
        nothing_to_do.setattr(inline, "run_task", None)
        assert conducted(with_parts, *PARQUET)[0].at_hand == 8
    conclusion, _ = conducted(with_parts, *PARQUET, "replicates=3")
    assert (conclusion.at_hand, conclusion.finished) == (8, 4)
    assert len([*(with_parts.parent / "series").iterdir()]) == 2
    assert cli.main(["studies", str(with_parts), "--delete", studies_in(with_parts)[1].study]) == 0
    assert len([*(with_parts.parent / "series").iterdir()]) == 1
    contents_of(with_parts)


def test_a_part_that_is_lost_or_changed_is_told_and_made_again(
    with_parts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents_of(with_parts)
    (part,) = (with_parts.parent / "series").iterdir()
    part.write_bytes(part.read_bytes()[:-1] + b"?")
    assert cli.main(["studies", str(with_parts), "--verify"]) == 1
    assert f"{part} is not as it was written. Delete it" in capsys.readouterr().out
    part.unlink()
    assert cli.main(["studies", str(with_parts), "--verify"]) == 1
    assert f"{part} is missing" in capsys.readouterr().out
    with pytest.raises(UserError, match="cannot be read"):
        open_study(with_parts)
    conclusion, _ = conducted(with_parts, *PARQUET)
    assert conclusion.finished == 8
    assert part.is_file()  # its name is its content's
    assert contents_of(with_parts) == before


def test_what_waits_for_a_part_is_written_when_the_study_is_stopped(tmp_path: Path) -> None:
    class Impatient(Silence):
        def lived(self, finished: int, share: float) -> None:
            if finished == 3:
                raise KeyboardInterrupt

    path = tmp_path / "study.sqlite"
    conclusion = conduct_study(configure([*WORDS, *PARQUET]), path, Impatient())
    assert isinstance(conclusion.stopped, KeyboardInterrupt)
    assert conclusion.finished == 3
    assert len(open_study(path, tables=["stocks"])["stocks"]["run"].unique()) == 9
    assert conducted(path, *PARQUET)[0].at_hand == 3
