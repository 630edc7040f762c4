"""Whatever happens to a sweep, nothing that was finished is lost, and the same command finishes it as if nothing had been."""

import contextlib
import datetime
import json
import os
import random
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from contents import contents_of
from leftovers import assert_no_process_is_left, workers_of
from sweeps import FILE, command, finished, sweep

from trafficsim import cli
from trafficsim.configuration import configure
from trafficsim.experiments import store, study
from trafficsim.experiments.executors.processes import KILLS_ALLOWED

TINY = ["policy_start=1996-06", "years=1", "scale=0.02", "study.vary=[market,custody]"]
ARMS = "arms=[status_quo,letter_package]"
INLINE = [*TINY, ARMS, "executor=inline", "draws=2", "replicates=30"]
SLOWER = [*INLINE[:-2], "draws=15", "replicates=2", "policy_start=2010-01", "scale=0.005"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Return the file of a sweep that nothing interrupted, made once for the same words."""
    made: dict[tuple[str, ...], Path] = {}

    def file(*words: str) -> Path:
        if words not in made:
            folder = tmp_path_factory.mktemp("whole")
            finished(folder, *words)
            made[words] = folder / FILE
        return made[words]

    return file


@pytest.fixture
def begun(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Begin sweeps that are at work when they are handed over; whatever is left of them is ended with the test."""
    processes: list[subprocess.Popen[str]] = []
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a test begun in the background ignores it

    def begin(*words: str, wait_for: str = "progress") -> subprocess.Popen[str]:
        process = subprocess.Popen(
            command("sweep", "--json", *words), cwd=tmp_path, start_new_session=True, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        processes.append(process)
        assert process.stdout is not None
        for line in process.stdout:
            event = json.loads(line)
            if event["event"] == wait_for and event.get("finished", 1) > 0:
                return process
        pytest.fail(f"it ended before {wait_for}: {process.communicate()}")

    yield begin
    signal.signal(signal.SIGINT, before)
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@pytest.mark.relation(
    "A study that is killed thirty times and taken up again is the study that nobody disturbed.",
    kind="equality", level="study",
    reach="random moments, as the tests are run",
)  # fmt: skip
def test_killed_thirty_times_at_random_moments(whole: Callable[..., Path], tmp_path: Path) -> None:
    script = Path(__file__).with_name("killing.py")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", script, "30", "1", *INLINE, "replicates=200"],
        cwd=tmp_path, capture_output=True, text=True, timeout=300, check=True,
    )  # fmt: skip
    assert done.stdout == "30\n"
    # The first of its replicates are a study of their own, with the same runs.
    agenda = study.agenda_of(
        configure([*INLINE, "replicates=200"]), runs_in(tmp_path / FILE), pairs_in(tmp_path / FILE)
    )
    assert 0 < len(agenda.tasks) < 400
    finished(tmp_path, *INLINE)
    assert of_study(contents_of(tmp_path / FILE), INLINE) == contents_of(whole(*INLINE))["runs"]


def runs_in(file: Path) -> dict[str, str]:
    with contextlib.closing(sqlite3.connect(file)) as connection:
        return store.runs_at_hand(connection)


def pairs_in(file: Path) -> set[tuple[str, str]]:
    with contextlib.closing(sqlite3.connect(file)) as connection:
        return store.pairs_at_hand(connection)


def of_study(contents: dict[str, list[Any]], words: list[str]) -> list[Any]:
    """Return the runs of the study of ``words``, where a file holds others too."""
    return [row for row in contents["runs"] if row[0] == study.study_of(configure(words)).study_id]


def test_a_parent_of_many_processes_is_killed(
    whole: Callable[..., Path], tmp_path: Path, begun: Callable[..., subprocess.Popen[str]]
) -> None:
    luck = random.Random(2)
    for _ in range(3):
        process = begun(*SLOWER, "executor=processes", "workers=2", wait_for="planned")
        time.sleep(luck.uniform(1.5, 2.5))
        process.kill()
        process.communicate()
    assert_no_process_is_left(process.pid)
    finished(tmp_path, *SLOWER, "executor=processes", "workers=2")
    assert contents_of(tmp_path / FILE) == contents_of(whole(*SLOWER))


def test_workers_are_killed_while_the_parent_lives(
    whole: Callable[..., Path], tmp_path: Path, begun: Callable[..., subprocess.Popen[str]]
) -> None:
    """As often as may befall one task: on a busy machine the same may be hit each time."""
    process, luck, killed = begun(*SLOWER, "executor=processes", "workers=2", wait_for="planned"), random.Random(3), 0
    while process.poll() is None and killed < KILLS_ALLOWED:
        time.sleep(luck.uniform(0.3, 0.8))
        children = workers_of(process.pid)
        if children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(luck.choice(children), signal.SIGKILL)
                killed += 1
    out, _ = process.communicate(timeout=240)
    last = json.loads(out.splitlines()[-1])
    assert killed == KILLS_ALLOWED
    assert (process.returncode, last["event"], last["done"], last["failed"]) == (0, "finished", 30, 0)
    assert contents_of(tmp_path / FILE) == contents_of(whole(*SLOWER))


def test_a_worker_is_killed_in_the_middle_of_what_it_tells(
    whole: Callable[..., Path], tmp_path: Path, begun: Callable[..., subprocess.Popen[str]]
) -> None:
    process = begun(*SLOWER, "executor=processes", "workers=2")
    os.kill(process.pid, signal.SIGSTOP)  # nobody reads, so what the workers tell waits half told
    time.sleep(2.0)
    os.kill(workers_of(process.pid)[0], signal.SIGKILL)
    os.kill(process.pid, signal.SIGCONT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert json.loads(out.splitlines()[-1])["done"] == 30
    assert contents_of(tmp_path / FILE) == contents_of(whole(*SLOWER))


def test_ctrl_c(whole: Callable[..., Path], tmp_path: Path, begun: Callable[..., subprocess.Popen[str]]) -> None:
    process = begun(*SLOWER, "executor=processes", "workers=2")
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == "trafficsim: stopped.\n"
    last = json.loads(out.splitlines()[-1])
    assert last["event"] == "stopped" and 0 < last["done"] < 30
    assert_no_process_is_left(process.pid)
    assert f"{last['done']} were there" in finished(tmp_path, *SLOWER).stdout
    assert contents_of(tmp_path / FILE) == contents_of(whole(*SLOWER))


def test_a_full_disk(whole: Callable[..., Path], tmp_path: Path) -> None:
    size = whole(*INLINE).stat().st_size

    def little_room() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size // 2, size // 2))

    done = sweep(tmp_path, *INLINE, preexec_fn=little_room)
    assert done.returncode == 2
    assert "study.sqlite could not be written" in done.stderr and "Free some room" in done.stderr
    assert "Traceback" not in done.stderr
    assert " were there" in finished(tmp_path, *INLINE).stdout
    assert contents_of(tmp_path / FILE) == contents_of(whole(*INLINE))


def test_too_little_memory_for_a_run(whole: Callable[..., Path], tmp_path: Path) -> None:
    """Here the system refuses memory; where it kills instead, the worker is lost as in the test above."""
    words = [*TINY, ARMS, "executor=inline", "draws=2", "replicates=1"]
    # Room for the rules and small studies, not for the tables of a larger one.
    script = (
        "import resource, sys, trafficsim.cli as cli, trafficsim.cli.studying, trafficsim.cli.listening, "
        "trafficsim.comparison, trafficsim.composition, trafficsim.experiments.executors.preloaded\n"
        "used = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (used + int(sys.argv[1]) * 2**20,) * 2)\n"
        "sys.exit(cli.main(['sweep', *sys.argv[2:]]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "200", *words, "scale=200"],
        cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert (
        "2 of 2 replicates failed, the first for this reason: There is not enough memory for scale=200" in done.stderr
    )
    assert "2 of 2 replicates are in the file" in finished(tmp_path, *words).stdout
    assert of_study(contents_of(tmp_path / FILE), words) == contents_of(whole(*words))["runs"]


def test_a_folder_that_may_only_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody is refused by permissions who is root, so the refusal is made here."""
    monkeypatch.chdir(tmp_path)
    words = [*TINY, ARMS, "executor=inline", "draws=2", "replicates=1", "hydra.run.dir=elsewhere"]

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", "results")

    with monkeypatch.context() as read_only:
        read_only.setattr(Path, "mkdir", refuse)
        assert cli.main(["sweep", *words]) == 2
    err = capsys.readouterr().err
    assert "results" in err and "Permission denied" in err and "Traceback" not in err
    assert cli.main(["sweep", *words]) == 0
    contents_of(tmp_path / FILE)


def test_two_studies_write_to_one_file(
    whole: Callable[..., Path], tmp_path: Path, begun: Callable[..., subprocess.Popen[str]]
) -> None:
    first = begun(*SLOWER, "replicates=100")
    second = sweep(tmp_path, *SLOWER)
    assert second.returncode == 2
    assert "is in use: another study is writing it" in second.stderr
    listed = subprocess.run(command("studies"), cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (
        f"{FILE} is being written: " in listed.stderr and " of 1,500 replicates of this sweep are done" in listed.stderr
    )
    os.killpg(first.pid, signal.SIGINT)
    first.communicate(timeout=60)
    finished(tmp_path, *SLOWER)
    with contextlib.closing(sqlite3.connect(tmp_path / FILE)) as connection:
        ((larger,),) = connection.execute("select id from studies where replicates = 100")
    store.delete_study(tmp_path / FILE, larger)
    assert contents_of(tmp_path / FILE) == contents_of(whole(*SLOWER))


def cut_short(content: bytes, luck: random.Random) -> bytes:
    return content[: len(content) * 6 // 10 + luck.randrange(4096)]


def cut_to_the_first_page(content: bytes, luck: random.Random) -> bytes:
    return content[:4096]


def junk_in_the_middle(content: bytes, luck: random.Random) -> bytes:
    start = len(content) // 2
    return content[:start] + luck.randbytes(64 * 1024) + content[start + 64 * 1024 :]


def junk_in_every_tenth_page(content: bytes, luck: random.Random) -> bytes:
    pages = [content[start : start + 4096] for start in range(0, len(content), 4096)]
    return b"".join(luck.randbytes(4096) if number % 10 == 9 else page for number, page in enumerate(pages))


@pytest.mark.parametrize("harm", [cut_short, cut_to_the_first_page, junk_in_the_middle, junk_in_every_tenth_page])
def test_a_damaged_file_is_put_aside_and_what_is_unharmed_taken_over(
    harm: Callable[[bytes, random.Random], bytes], whole: Callable[..., Path], tmp_path: Path
) -> None:
    file = tmp_path / FILE
    file.parent.mkdir(parents=True)
    harmed = harm(whole(*INLINE).read_bytes(), random.Random(4))
    file.write_bytes(harmed)
    told = subprocess.run(
        command("studies", str(file), "--verify"), cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert told.returncode == 1 and str(file) in told.stdout
    done = finished(tmp_path, *INLINE)
    assert "study.sqlite is damaged" in done.stderr or "study.sqlite cannot be read" in done.stderr
    kept = re.search(r"The damaged file is kept as study.damaged-1.sqlite; (\d+) of its runs", done.stderr)
    assert kept and (int(kept[1]) > 0) == (harm in (cut_short, junk_in_the_middle))
    assert file.with_name("study.damaged-1.sqlite").read_bytes() == harmed
    assert contents_of(file) == contents_of(whole(*INLINE))


def test_a_file_whose_beginning_is_junk_is_left_alone(whole: Callable[..., Path], tmp_path: Path) -> None:
    """Whose it was can no longer be told, so it is neither written nor renamed; its owner moves it away."""
    file = tmp_path / FILE
    file.parent.mkdir(parents=True)
    harmed = random.Random(5).randbytes(8192) + whole(*INLINE).read_bytes()[8192:]
    file.write_bytes(harmed)
    done = sweep(tmp_path, *INLINE)
    assert done.returncode == 2
    assert "study.sqlite is not an SQLite file. It is left as it is; name another file" in done.stderr
    assert file.read_bytes() == harmed
    shutil.move(file, tmp_path / "moved.sqlite")
    finished(tmp_path, *INLINE)
    assert contents_of(file) == contents_of(whole(*INLINE))


def test_time_jumps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: Callable[..., Path]) -> None:
    """The clock of the machine is set back and forth while a study runs; what is measured goes by another clock."""
    luck, now = random.Random(6), time.time

    class Jumping(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> "Jumping":
            return cls.fromtimestamp(luck.uniform(0.0, 4e9), tz)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(time, "time", lambda: now() + luck.uniform(-1e9, 1e9))
    for module in (store, study):
        monkeypatch.setattr(module, "datetime", Jumping)
    assert cli.main(["sweep", *INLINE, "replicates=10"]) == 0
    assert cli.main(["sweep", *INLINE]) == 0
    assert of_study(contents_of(tmp_path / FILE), INLINE) == contents_of(whole(*INLINE))["runs"]


# A Dask cluster of two processes each of its own, as on other machines.


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    running: dict[str, subprocess.Popen[bytes]] = {}
    start(running, tmp_path)
    yield running
    for process in running.values():
        process.kill()
        process.wait()


def start(running: dict[str, subprocess.Popen[bytes]], folder: Path, *names: str) -> None:
    """Start a scheduler and two workers, or those of them that are named."""
    file = folder / "scheduler.json"
    modules = {
        "scheduler": ["distributed.cli.dask_scheduler", "--port", "0", "--host", "127.0.0.1", "--no-dashboard"],
        "first": ["distributed.cli.dask_worker", "--nthreads", "1", "--no-nanny", "--no-dashboard"],
        "second": ["distributed.cli.dask_worker", "--nthreads", "1", "--no-nanny", "--no-dashboard"],
    }  # fmt: skip
    for name in names or modules:
        running[name] = subprocess.Popen(
            [sys.executable, "-m", *modules[name], "--scheduler-file", str(file)],
            cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        deadline = time.monotonic() + 60.0
        while not file.exists():
            assert time.monotonic() < deadline
            time.sleep(0.1)


def address_of(folder: Path) -> str:
    return f"executor.address='{json.loads((folder / 'scheduler.json').read_text())['address']}'"


def test_a_dask_worker_is_lost(
    cluster: dict[str, subprocess.Popen[bytes]], whole: Callable[..., Path], tmp_path: Path,
    begun: Callable[..., subprocess.Popen[str]],
) -> None:  # fmt: skip
    process = begun(*SLOWER, "executor=dask", address_of(tmp_path))
    cluster["first"].kill()
    out, err = process.communicate(timeout=240)
    assert process.returncode == 0, err
    assert json.loads(out.splitlines()[-1])["done"] == 30
    assert contents_of(tmp_path / FILE) == contents_of(whole(*SLOWER))


def test_the_dask_scheduler_is_lost(
    cluster: dict[str, subprocess.Popen[bytes]], whole: Callable[..., Path], tmp_path: Path,
    begun: Callable[..., subprocess.Popen[str]],
) -> None:  # fmt: skip
    process = begun(*SLOWER, "executor=dask", address_of(tmp_path))
    cluster["scheduler"].kill()
    out, err = process.communicate(timeout=120)
    assert process.returncode == 2
    assert "The Dask scheduler was lost" in err and "What was finished is kept" in err
    assert "Traceback" not in err
    last = json.loads(out.splitlines()[-1])
    assert last["event"] == "stopped" and 0 < last["done"] < 30
    assert f"{last['done']} were there" in finished(tmp_path, *SLOWER).stdout
    assert contents_of(tmp_path / FILE) == contents_of(whole(*SLOWER))
