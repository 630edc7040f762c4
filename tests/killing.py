"""Runs a sweep again and again in processes of its own and kills each at a random moment: ``killing.py TIMES SEED WORDS...``.

What a sweep imports is imported here, once, so that the moments fall into its work and not into its start.
"""

import os
import random
import signal
import sys
import time
from pathlib import Path

import trafficsim.cli
import trafficsim.cli.studying
import trafficsim.comparison
import trafficsim.composition
import trafficsim.experiments.executors.preloaded


def begin(words: list[str]) -> int:
    """Start a sweep in a process of its own, which says nothing; return its number."""
    process = os.fork()
    if process:
        return process
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os._exit(trafficsim.cli.main(["sweep", *words]))


def at_work(process: int) -> bool:
    """Return whether a process has not ended by itself."""
    return os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None


def processor_seconds(process: int) -> float:
    """Return how long a process has been at work, however busy the machine is with other things."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Kill as often as asked; print how often a process was still at work then."""
    times, luck, words, killed = int(sys.argv[1]), random.Random(int(sys.argv[2])), sys.argv[3:], 0
    for _ in range(times):
        process = begin(words)
        moment = luck.uniform(0.0, 0.9)
        while at_work(process) and processor_seconds(process) < moment:
            time.sleep(0.002)
        os.kill(process, signal.SIGKILL)
        _, status = os.waitpid(process, 0)
        killed += os.WIFSIGNALED(status)
    print(killed)


if __name__ == "__main__":
    main()
