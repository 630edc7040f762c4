"""A study from end to end: the same on any number of workers, arms that part where they should, and nothing lost.

Interrupted studies run as real processes, with real signals.
"""

import dataclasses
import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import numpy as np
import pytest
from leftovers import assert_no_process_is_left

import trafficsim
from trafficsim import cli
from trafficsim.cli import studying
from trafficsim.configuration import Configuration, Executor, configure
from trafficsim.errors import UserError
from trafficsim.experiments import study as study_module
from trafficsim.experiments.replicate import Identities, seed_of
from trafficsim.experiments.result import HISTORY, PRICE, StudyResult
from trafficsim.experiments.store import StudyWriter
from trafficsim.experiments.study import StudyInterrupted, run_study
from trafficsim.policy import Arm
from trafficsim.processes.vocabulary import Event

SMALL = ["draws=0", "scale=0.01", "years=2", "replicates=2", "workers=1"]
TWO_ARMS = "arms=[status_quo,letter_package]"


@pytest.fixture(scope="module")
def small() -> StudyResult:
    return run_study(configure([*SMALL, TWO_ARMS]))


def assert_same(first: StudyResult, second: StudyResult) -> None:
    """Hold two studies to the same rows, bit for bit; only the clock may differ."""
    assert len(first.runs) == len(second.runs) > 0
    for one, other in zip(first.runs, second.runs, strict=True):
        assert one.monthly.keys() == other.monthly.keys()
        for name, values in one.monthly.items():
            np.testing.assert_array_equal(values, other.monthly[name])
        assert np.array_equal(one.events, other.events)
        left, right = (dataclasses.asdict(run) for run in (one, other))
        for field in ("monthly", "seconds", "totals", "events"):
            del left[field], right[field]
        assert left == right
        np.testing.assert_equal(one.totals, other.totals)  # a price that is absent equals itself
    assert first.fates == second.fates
    assert first.harmed_lives == second.harmed_lives
    assert first.changed_lives == second.changed_lives


def totals(result: StudyResult, arm: str, indicator: str) -> list[float]:
    """Return the total of each replicate."""
    return [
        value
        for run in result.runs
        if run.arm == arm
        for name, dimension, _, value in run.totals
        if (name, dimension) == (indicator, "all")
    ]


@pytest.mark.relation(
    "The number of workers changes no result.",
    kind="equality", level="study",
    reach="one and two workers",
)  # fmt: skip
def test_any_number_of_workers_gives_the_same_rows(small: StudyResult) -> None:
    assert_same(small, run_study(configure([*SMALL, TWO_ARMS, "workers=2"])))


def test_a_history_is_shared_and_forked(small: StudyResult) -> None:
    for replicate in range(2):
        history, *arms = [run for run in small.runs if run.replicate == replicate]
        assert (history.arm, history.first_month, history.months) == (HISTORY, 0, 339)
        assert [run.arm for run in arms] == ["status_quo", "letter_package"]
        for run in arms:
            assert (run.parent, run.first_month, run.months, run.seed) == (history.run_id, 339, 24, history.seed)


@pytest.mark.relation(
    "A policy whose history is shared with others gives what it gives when it is lived from 1996.",
    kind="equality", level="study",
    reach="the letter's package",
)  # fmt: skip
def test_a_fork_is_the_arm_lived_from_the_beginning(small: StudyResult) -> None:
    run = next(run for run in small.runs if run.arm == "letter_package" and run.replicate == 1)
    whole = trafficsim.TraffickingModel(arm="letter_package", rng=run.seed, scale=0.01, years=2)
    whole.run_until("2026-04")
    for indicator, event in [("removals", Event.REMOVED), ("protected", Event.PROTECTED), ("crossings", Event.CROSSED)]:
        np.testing.assert_array_equal(run.monthly[indicator], whole.state.ledger.monthly[339:363, event])
    assert [row[3] for row in run.stocks if row[1] == "migrant_status" and row[0] == 362] == [
        *whole.status_counts().values()
    ]


def test_policies_may_begin_in_the_past() -> None:
    result = run_study(configure([*SMALL, TWO_ARMS, "policy_start=2001-01"]))
    history, status_quo, package = result.runs[:3]
    assert (history.months, status_quo.first_month, package.first_month) == (60, 60, 60)
    assert sum(totals(result, "letter_package", "protected")) > sum(totals(result, "status_quo", "protected"))
    assert all(changed > 0 for *_, changed, _, _ in result.changed_lives)


def test_policies_may_begin_with_the_calendar() -> None:
    result = run_study(configure([*SMALL, TWO_ARMS, "policy_start=1996-01", "replicates=1"]))
    assert [run.months for run in result.runs] == [0, 24, 24]
    assert totals(result, HISTORY, "crossings") == [0.0]
    assert totals(result, "status_quo", "crossings")[0] > 0


@pytest.mark.relation(
    "A policy without levers is the status quo.",
    kind="equality", level="study",
    reach="two arms",
)  # fmt: skip
def test_an_arm_without_levers_is_the_status_quo(tmp_path: Path) -> None:
    (tmp_path / "arm").mkdir()
    (tmp_path / "arm" / "empty.yaml").write_text("title: Nothing\nsummary: No lever moves.\nlevers: {}\n")
    result = run_study(configure([*SMALL, "arms=[status_quo,empty]"], [tmp_path]))
    _, status_quo, empty, *_ = result.runs
    np.testing.assert_equal(status_quo.totals, empty.totals)
    for name, values in status_quo.monthly.items():
        np.testing.assert_array_equal(values, empty.monthly[name])
    assert [changed for *_, changed, _, _ in result.changed_lives] == [0, 0]
    assert all(lives > 0 for *_, lives, _ in result.changed_lives)
    assert all(one == other for *_, one, other, _ in result.fates)


def test_lives_that_part_are_counted_once_each(small: StudyResult) -> None:
    for _, replicate, _, _, changed, compared, _ in small.changed_lives:
        assert 0 < changed < compared
        assert sum(row[-1] for row in small.fates if row[1] == replicate) == compared
        otherwise = sum(
            lives for _, number, _, _, one, other, lives in small.fates if number == replicate and one != other
        )
        assert otherwise <= changed


def test_seeds_repeat_and_are_far_apart() -> None:
    one, other = (configure([*SMALL, f"seed={seed}"]) for seed in (20240322, 20240323))
    seeds = [seed_of(configuration, replicate) for configuration in (one, other) for replicate in range(500)]
    assert seeds[0] == 20240322
    assert seeds[:500] == [seed_of(one, replicate) for replicate in range(500)]
    assert len(set(seeds)) == 1000
    assert all(0 <= seed < 2**63 for seed in seeds)
    drawn = np.sort(np.array(seeds[1:500], np.float64)) / 2**63  # spread over the whole range, neighbours or not
    assert drawn[0] < 0.02 and drawn[-1] > 0.98 and np.diff(drawn).max() < 0.05


def name_of(study: Configuration, arm: Arm | None, seed: int) -> str:
    return Identities(study).of(arm, seed, study.parameters)


def test_a_run_is_named_by_all_that_decides_it() -> None:
    base = configure([*SMALL, TWO_ARMS])
    name, parameter = next(iter(base.assumptions().parameters["market"].items()))
    other = f"parameters.market.{name}={parameter.range[1]}"
    changes = ["scale=0.02", "policy_start=2020-01", other, "study.feedbacks.fear=false"]
    studies = [base, *(configure([*SMALL, TWO_ARMS, change]) for change in changes)]
    named = {name_of(study, study.arms[1], 1) for study in studies}
    named |= {name_of(base, arm, seed) for arm, seed in [(base.arms[0], 1), (base.arms[1], 2), (None, 1)]}
    assert len(named) == 8
    same = configure([*SMALL, TWO_ARMS, "workers=2", "replicates=9", "output.folder=elsewhere", "output.events=true"])
    assert name_of(same, same.arms[1], 1) in named


def test_what_is_kept_follows_the_output() -> None:
    words = [*SMALL, TWO_ARMS, "replicates=1"]
    little = run_study(configure([*words, "output.monthly=false"]))
    much = run_study(configure([*words, "output.events=true"]))
    assert little.study_id == much.study_id
    for one, other in zip(little.runs, much.runs, strict=True):
        np.testing.assert_equal(one.totals, other.totals)
        assert (one.monthly, one.stocks, one.events) == ({}, [], None)
        assert other.monthly and other.stocks
        crossed = other.events[other.events["event"] == Event.CROSSED]
        assert len(crossed) == other.monthly["crossings"].sum()
        assert set(other.events["month"]) <= set(range(other.first_month, other.first_month + other.months))


def test_a_mean_price_is_a_ratio_wherever_it_stands(small: StudyResult) -> None:
    for run in small.runs:
        whole = {(name, dimension, level): value for name, dimension, level, value in run.totals}
        for (name, dimension, level), value in whole.items():
            if name == PRICE and not np.isnan(value):
                paid, sold = (whole[each, dimension, level] for each in ("brokers_income", "trafficked"))
                assert value == pytest.approx(paid / sold)
        sold = run.monthly["trafficked"]
        np.testing.assert_array_equal(np.isnan(run.monthly[PRICE]), sold == 0)
        np.testing.assert_allclose((run.monthly[PRICE] * sold)[sold > 0], run.monthly["brokers_income"][sold > 0])


@pytest.mark.parametrize("workers", [1, 2])
def test_progress_tells_how_far_it_is(workers: int) -> None:
    told: list[tuple[int, float]] = []
    run_study(configure([*SMALL, TWO_ARMS, f"workers={workers}"]), lambda done, share: told.append((done, share)))
    assert told == sorted(told)
    assert 0 <= told[0][1] < told[-1][1] == 1.0
    assert told[-1][0] == 2


def test_ctrl_c_from_python_keeps_what_is_done(small: StudyResult) -> None:
    def stop(done: int, share: float) -> None:
        if done == 1 and share > 0.6:
            raise KeyboardInterrupt

    with pytest.raises(StudyInterrupted) as stopped:
        run_study(configure([*SMALL, TWO_ARMS]), stop)
    kept = stopped.value.result
    assert sorted(kept.outcomes) == [0]
    small_half = dataclasses.replace(small, outcomes={0: small.outcomes[0]})
    assert_same(kept, small_half)


def workers_of_this_process() -> list[int]:
    return [child.pid for child in multiprocessing.active_children() if child.pid]


def test_a_killed_worker_costs_nothing() -> None:
    configuration = configure([*SMALL, TWO_ARMS, "scale=0.05", "replicates=4", "workers=2"])
    killed: list[int] = []

    def kill_once(done: int, share: float) -> None:
        if not killed and share > 0.0:
            killed.append(workers_of_this_process()[0])
            os.kill(killed[0], signal.SIGKILL)

    result = run_study(configuration, kill_once)
    assert killed
    assert sorted(result.outcomes) == [0, 1, 2, 3]
    assert_same(result, run_study(dataclasses.replace(configuration, executor=Executor("inline"))))


def test_workers_that_are_killed_again_and_again_are_told() -> None:
    def kill(done: int, share: float) -> None:
        for worker in workers_of_this_process() if share > 0.0 else ():  # whoever is out of memory has begun
            os.kill(worker, signal.SIGKILL)

    with pytest.raises(UserError, match="killed 4 times at this task, the last time with no other beside it"):
        run_study(configure([*SMALL, TWO_ARMS, "workers=2", "scale=0.2", "replicates=4"]), kill)


def test_workers_that_are_killed_before_they_begin_are_told() -> None:
    def kill(done: int, share: float) -> None:
        for worker in workers_of_this_process():
            os.kill(worker, signal.SIGKILL)

    with pytest.raises(UserError, match="killed before they begin; there is too little memory"):
        run_study(configure([*SMALL, TWO_ARMS, "workers=2", "scale=0.2", "replicates=4"]), kill)


def test_too_little_memory_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def run_task(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("trafficsim.experiments.executors.inline.run_task", run_task)
    with pytest.raises(UserError, match=r"not enough memory for scale=0\.01"):
        run_study(configure([*SMALL, TWO_ARMS]))


def test_a_script_needs_no_guard(tmp_path: Path) -> None:
    script = tmp_path / "study.py"
    script.write_text(
        "import trafficsim\n"
        "print(trafficsim.compare(['status_quo', 'letter_package'], draws=0, scale=0.01, years=1, replicates=2, workers=2))\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.startswith("Totals from 2024-04 to 2025-03, scale 0.01, mean of 2 replicates")
    assert done.stderr == ""


# Interrupted studies: real processes, real signals.

ENVIRONMENT = {**os.environ, "COLUMNS": "120"}
LONG = ["draws=0", "scale=0.02", "years=2", "replicates=400", "workers=2", TWO_ARMS]


@pytest.fixture
def long_study(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """Start a study that takes minutes, and wait until its first replicate stands in its file."""
    # A shell that starts tests in the background has them ignore Ctrl-C, and so would what they start.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        [sys.executable, "-m", "trafficsim", "compare", *LONG],
        cwd=tmp_path,
        env=ENVIRONMENT,
        start_new_session=True,  # a group of its own, to which a terminal would send Ctrl-C
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    signal.signal(signal.SIGINT, before)
    try:
        yield process, first_stored_replicate(process, tmp_path)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def first_stored_replicate(process: subprocess.Popen[str], folder: Path) -> Path:
    """Return the file of a study that has begun, once one replicate is safe in it."""
    configuration = configure(LONG)
    names = Identities(configuration)
    histories = [names.of(None, seed_of(configuration, number), {}).encode() for number in range(6)]
    deadline = time.monotonic() + 180.0
    while time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()
        content = b""
        for file in folder.glob("results/study-*/study.unfinished.sqlite*"):
            with suppress(FileNotFoundError):  # a journal comes and goes
                content += file.read_bytes()
        if sum(history in content for history in histories) > 1:  # the second is being written, so the first is safe
            (path,) = folder.glob("results/study-*/study.unfinished.sqlite")
            return path
        time.sleep(0.1)
    pytest.fail("no replicate was stored")


def replicates_in(path: Path) -> int:
    """Return how many replicates a file holds, once it has proved to be whole."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        by_replicate = connection.execute("select replicate, count(*) from study_runs group by replicate").fetchall()
    assert {runs for _, runs in by_replicate} == {3}  # each replicate with its history and both arms
    return len(by_replicate)


def test_ctrl_c_keeps_what_is_done(long_study: tuple[subprocess.Popen[str], Path]) -> None:
    process, database = long_study
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    count = replicates_in(database)
    assert (
        err == f"trafficsim: stopped: {count} of 400 replicates were finished; the table and the database hold them.\n"
    )
    assert "(of 400 planned)" in out
    assert "Forced returns of people at risk" in out
    assert f"Database: results/{database.parent.name}/study.unfinished.sqlite" in out
    assert_no_process_is_left(process.pid)


def test_a_study_that_is_killed_loses_no_finished_replicate(
    long_study: tuple[subprocess.Popen[str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    process, database = long_study
    process.kill()
    process.communicate(timeout=60)
    assert_no_process_is_left(process.pid)
    assert cli.main(["report", str(database), "--folder", str(tmp_path / "figures")]) == 0
    assert "(of 400 planned)" in " ".join(capsys.readouterr().out.split())
    assert replicates_in(database) >= 1
    assert (tmp_path / "figures" / "differences.png").is_file()


def test_nothing_but_the_result_goes_to_standard_output(tmp_path: Path) -> None:
    words = ["compare", "-m", TWO_ARMS, "seed=1,2", "draws=0", "scale=0.005", "years=1", "replicates=2", "workers=2"]
    done = subprocess.run(
        [sys.executable, "-m", "trafficsim", *words],
        cwd=tmp_path,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=180,
        check=True,
    )
    assert done.stdout.startswith("Totals from 2024-04 to 2025-03, scale 0.005, mean of 2 replicates\n")
    assert "HYDRA" not in done.stdout
    assert "\x1b" not in done.stdout + done.stderr  # neither colours nor a progress bar where there is no terminal
    studies = sorted(tmp_path.glob("results/study-*/study.sqlite"))
    assert len(studies) == 2  # each job its own study, in the same folder
    assert [*tmp_path.glob("results/study-*/study.unfinished.sqlite*")] == []
    for path in studies:
        assert replicates_in(path) == 2
        assert f"Database: {path.relative_to(tmp_path)}" in done.stdout
        assert (path.parent / "figures" / "statuses.svg").is_file()


def test_a_terminal_that_lacks_a_sign_gets_another(tmp_path: Path) -> None:
    words = [*SMALL, TWO_ARMS, "scale=0.005", "years=1"]
    environment = {**ENVIRONMENT, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [sys.executable, "-m", "trafficsim", "compare", *words],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        timeout=180,
        check=True,
    )
    assert "under ?Status quo?".encode("ascii") in done.stdout


def conduct_in(folder: Path, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.chdir(folder)
    return cli.main(["compare", *SMALL, "scale=0.005", "years=1", TWO_ARMS, *words])


def test_the_same_study_again_does_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(studying, "draw", lambda *_: None)
    assert conduct_in(tmp_path, monkeypatch, "output.monthly=false") == 0
    first = capsys.readouterr().out
    (path,) = tmp_path.glob("results/study-*/study.sqlite")
    with monkeypatch.context() as nothing_to_do:
        nothing_to_do.setattr("trafficsim.experiments.executors.inline.run_task", None)
        assert conduct_in(tmp_path, monkeypatch, "output.monthly=false") == 0
    assert capsys.readouterr().out == first
    assert conduct_in(tmp_path, monkeypatch, "output.events=true") == 0  # more is to be kept, so all is lived again
    assert [*tmp_path.glob("results/study-*/study*.sqlite")] == [path]
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("select count(*) from studies").fetchone() == (1,)
        assert connection.execute("select count(distinct run) from events").fetchone() == (6,)
        assert connection.execute("select count(distinct run) from monthly").fetchone() == (6,)
    assert replicates_in(path) == 2


@pytest.mark.parametrize("words", [("output.folder=taken/deeper",), ()])
def test_a_place_that_cannot_be_written_is_told_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    def work(*_: object) -> None:
        raise AssertionError("it should not have begun")

    monkeypatch.setattr("trafficsim.experiments.executors.inline.run_task", work)
    (tmp_path / "taken").write_text("a file where the folder should be")
    identity = study_module.study_of(configure([*SMALL, "scale=0.005", "years=1", TWO_ARMS])).study_id
    foreign = tmp_path / "results" / identity / "study.sqlite"
    foreign.parent.mkdir(parents=True)
    foreign.write_text("somebody else's")
    assert conduct_in(tmp_path, monkeypatch, *words) == 2
    err = capsys.readouterr().err
    assert err.startswith("trafficsim: ") and err.count("\n") == 1
    assert ("taken" if words else identity) in err
    assert foreign.read_text() == "somebody else's"


def test_a_disk_that_fills_up_keeps_what_was_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write = StudyWriter.write

    def write_with_little_room(writer: StudyWriter, outcome: object) -> None:
        write(writer, outcome)
        connection = writer._database.conn
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 2}")  # SQLite now says what it says on a full disk

    monkeypatch.setattr(StudyWriter, "write", write_with_little_room)
    assert conduct_in(tmp_path, monkeypatch) == 2
    out, err = capsys.readouterr()
    assert "database or disk is full" in err
    assert "1 of 2 replicates were finished; the table and the database hold them." in err
    assert err.count("\n") == 1
    assert "one replicate (of 2 planned)" in out
    (path,) = tmp_path.glob("results/study-*/study.unfinished.sqlite")
    assert replicates_in(path) == 1


def test_two_at_once_do_not_write_into_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    study = study_module.study_of(configure([*SMALL, "scale=0.005", "years=1", TWO_ARMS]))
    with StudyWriter(tmp_path / "results" / study.study_id / "study.unfinished.sqlite", study):
        assert conduct_in(tmp_path, monkeypatch) == 2
    assert "is in use: another study is writing it" in capsys.readouterr().err


def test_a_study_in_python_shows_and_saves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    comparison = trafficsim.compare(
        ["status_quo", "letter_package"], draws=0, scale=0.01, years=2, replicates=2, workers=1
    )
    comparison.show()
    shown = capsys.readouterr().out
    path = comparison.save(tmp_path / "study.sqlite")
    assert cli.main(["report", str(path)]) == 0
    out = capsys.readouterr().out
    assert "mean of 2 replicates" in shown
    assert out.startswith(shown)
    summary = comparison.summary.set_index(["indicator", "arm"])
    assert summary.loc[("protected", "letter_package"), "mean"] == np.mean(
        totals(comparison.result, "letter_package", "protected")
    )


def test_an_arm_made_in_python_can_be_studied() -> None:
    base = configure([*SMALL, TWO_ARMS, "replicates=1"])
    arm = Arm.from_plain(
        {
            "name": "mine",
            "title": "Mine",
            "summary": "All are assessed.",
            "levers": {"non_refoulement": {"coverage": 1.0}},
        }
    )
    mine: Configuration = dataclasses.replace(base, arms=(base.arms[0], arm))
    result = run_study(mine)
    assert totals(result, "mine", "risk_assessed")[0] > 0
