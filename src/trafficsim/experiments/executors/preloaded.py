"""Imported by the server that forks workers: when this is done, the compiled rules are in its memory, hence in theirs."""

import signal

signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle, and comes to the whole group

from trafficsim.course import course_of  # noqa: E402
from trafficsim.experiments.replicate import STATUS_QUO  # noqa: E402
from trafficsim.processes.month import advance, begin  # noqa: E402

try:
    course = course_of(STATUS_QUO, seed=0, scale=0.0005, policy_start="1996-01", years=1)
    advance(begin(course), course)
except Exception:  # whatever it is, a worker meets it too, and tells it to the parent
    pass
