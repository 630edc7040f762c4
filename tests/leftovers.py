"""The processes of a study, and whether one that was killed or stopped left any behind."""

import subprocess
import time

import pytest


def processes_of(group: int) -> dict[int, str]:
    """Return the living processes of a group: number -> command."""
    listed = subprocess.run(["ps", "-eo", "pid=,pgid=,stat=,args="], capture_output=True, text=True, check=True).stdout
    rows = [line.split(maxsplit=3) for line in listed.splitlines()]
    return {int(row[0]): row[3] for row in rows if row[1] == str(group) and row[2][0] != "Z"}


def workers_of(group: int) -> list[int]:
    """Return the processes of a group that live through replicates: the children of the server that forks them."""
    servers = [number for number in processes_of(group) if number != group]
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    return [int(pid) for pid, parent in (line.split() for line in listed.splitlines()) if int(parent) in servers]


def assert_no_process_is_left(group: int) -> None:
    """Hold a study to ending all its processes soon."""
    deadline = time.monotonic() + 30.0
    while time.monotonic() < deadline:
        if not processes_of(group):
            return
        time.sleep(0.1)
    pytest.fail(f"processes are left: {processes_of(group)}")
