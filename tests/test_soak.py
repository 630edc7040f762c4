"""A day in the life of a large study: something befalls it every hour, and in the end it is as if nothing had been.

An hour is as long as a few replicates take. The tests live through ``TRAFFICSIM_HOURS`` of them; ``make soak`` through 24,
in which everything that can befall a study does so twice, in an order of chance.
"""

import contextlib
import json
import os
import random
import resource
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from contents import contents_of
from leftovers import assert_no_process_is_left, workers_of
from sweeps import FILE, command, finished, sweep

HOURS = int(os.environ.get("TRAFFICSIM_HOURS", "3"))
LUCK = random.Random(7)
AN_HOUR, AT_MOST = 8, 30
"""Replicates that are done before the next thing happens: at least, and at most, since progress is told once a second."""

STUDY = [
    "policy_start=2010-01", "years=1", "scale=0.01", "study.vary=[market,custody]", "arms=[status_quo,letter_package]",
    f"draws={HOURS + 1}", f"replicates={AT_MOST}", "output.groups=false", "output.monthly=false",
]  # fmt: skip
TWO_PROCESSES = ["executor=processes", "workers=2"]


class Day:
    """A study and the process that is at work on it; ``known`` is how many replicates it has said to be in the file."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.known, self.spared = folder, 0, True
        self.process: subprocess.Popen[str]
        self.begin()

    def begin(self) -> None:
        """Type the same command again; all that was known to be finished has to be there, unless the file was harmed."""
        self.process = subprocess.Popen(
            command("sweep", "--json", *STUDY, *TWO_PROCESSES), cwd=self.folder, start_new_session=True, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        at_hand = self._event("planned")["at_hand"]
        assert at_hand >= self.known or not self.spared
        self.at_hand, self.known, self.spared = at_hand, at_hand, True

    def work(self, replicates: int) -> None:
        """Let the study go on until it has said that so many more of its replicates are done, and for a moment more."""
        wanted = self.known + replicates
        while self.known < wanted:
            self.known = self.at_hand + self._event("progress")["finished"]
        time.sleep(LUCK.uniform(0.0, 0.3))

    def _event(self, name: str) -> dict[str, int]:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            event: dict[str, int] = json.loads(line)
            if event["event"] == name:
                return event
        pytest.fail(f"it ended before {name}: {self.process.communicate()}")

    def ended(self, code: int) -> str:
        """Wait for the end, which must be this one and leave no process; return what was said."""
        out, err = self.process.communicate(timeout=300)
        assert self.process.returncode == code, err
        assert_no_process_is_left(self.process.pid)
        assert "Traceback" not in err
        return out + err


# What befalls it. Where the study is over with that, it is begun again.


def a_worker_is_killed(day: Day) -> None:
    os.kill(LUCK.choice(workers_of(day.process.pid)), signal.SIGKILL)


def a_worker_is_held_up(day: Day) -> None:
    worker = LUCK.choice(workers_of(day.process.pid))
    os.kill(worker, signal.SIGSTOP)
    time.sleep(1.0)
    os.kill(worker, signal.SIGCONT)


def the_machine_sleeps(day: Day) -> None:
    os.killpg(day.process.pid, signal.SIGSTOP)
    time.sleep(1.0)
    os.killpg(day.process.pid, signal.SIGCONT)


def the_log_is_deleted(day: Day) -> None:
    (day.folder / FILE).with_suffix(".log").unlink()


def somebody_wants_to_read_the_file(day: Day) -> None:
    told = subprocess.run(
        command("studies", str(FILE)), cwd=day.folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert "is in use" in told.stderr or "is being written" in told.stderr, told.stderr


def the_same_command_is_given_twice(day: Day) -> None:
    second = sweep(day.folder, *STUDY, *TWO_PROCESSES)
    assert second.returncode == 2 and "is in use: another study is writing it" in second.stderr


def the_parent_is_killed(day: Day) -> None:
    day.process.kill()
    day.ended(-signal.SIGKILL)
    day.begin()


def the_power_fails(day: Day) -> None:
    os.killpg(day.process.pid, signal.SIGKILL)
    day.ended(-signal.SIGKILL)
    day.begin()


def somebody_presses_ctrl_c(day: Day) -> None:
    os.killpg(day.process.pid, signal.SIGINT)
    assert '"stopped"' in day.ended(130)
    day.begin()


def the_terminal_is_closed(day: Day) -> None:
    os.killpg(day.process.pid, signal.SIGHUP)
    day.ended(-signal.SIGHUP)
    day.begin()


def the_disk_is_full(day: Day) -> None:
    room = (day.folder / FILE).stat().st_size
    resource.prlimit(day.process.pid, resource.RLIMIT_FSIZE, (room, room))
    assert "Free some room" in day.ended(2)
    day.begin()


def the_file_is_cut_short(day: Day) -> None:
    os.killpg(day.process.pid, signal.SIGINT)
    day.ended(130)
    os.truncate(day.folder / FILE, (day.folder / FILE).stat().st_size * 7 // 10)
    day.spared = False
    day.begin()


EVENTS: list[Callable[[Day], None]] = [
    a_worker_is_killed, a_worker_is_held_up, the_machine_sleeps, the_log_is_deleted, somebody_wants_to_read_the_file,
    the_same_command_is_given_twice, the_parent_is_killed, the_power_fails, somebody_presses_ctrl_c, the_terminal_is_closed,
    the_disk_is_full, the_file_is_cut_short,
]  # fmt: skip


@pytest.fixture
def day(tmp_path: Path) -> Iterator[Day]:
    """Begin the study; whatever is left of it is ended with the test."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a test begun in the background ignores it
    begun = Day(tmp_path)
    yield begun
    signal.signal(signal.SIGINT, before)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(begun.process.pid, signal.SIGKILL)
    begun.process.communicate()


def test_a_day_of_faults(day: Day, tmp_path_factory: pytest.TempPathFactory) -> None:
    events = [event for _ in range(-(-HOURS // len(EVENTS))) for event in LUCK.sample(EVENTS, len(EVENTS))]
    for hour, event in enumerate(events[:HOURS], start=1):
        day.work(AN_HOUR)
        print(f"hour {hour}: {event.__name__.replace('_', ' ')}, with {day.known} replicates done", flush=True)
        event(day)
    said = day.ended(0)
    assert json.loads(said.splitlines()[-1])["failed"] == 0
    quiet = tmp_path_factory.mktemp("quiet")
    finished(quiet, *STUDY, *TWO_PROCESSES)
    assert contents_of(day.folder / FILE) == contents_of(quiet / FILE)
