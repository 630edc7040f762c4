"""Arms that run side by side from one shared history, and the arm that begins where a lever is moved.

All arms of a page are lived through from the same state, with the same luck, as in a study (``trafficsim compare``): the
history is lived once, under the status quo, and copied into each arm. A lever that is moved later does the same again:
:meth:`trafficsim.model.TraffickingModel.fork` copies the arm's run as it stands, and the copy goes on with the lever at its
new place from the next month on. The old arm goes on beside it, so that what the lever did can be seen.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trafficsim.app.address import Change, Setting, coverage_of
from trafficsim.engine.calendar import MONTHS_A_YEAR, month_index, month_label
from trafficsim.errors import UserError
from trafficsim.policy import LEVER_NAMES, LEVERS, Arm, LeverValue, load_arm
from trafficsim.processes.vocabulary import Care, Status

MOST_RUNS = 4
"""Arms that run at once; more lines in the same axes cannot be told apart."""
HISTORIES_KEPT = 2

Told = Callable[[float], None]
"""Told the share, 0 to 1, of what there is to wait for."""


@dataclass
class Run:
    """One arm as it runs. ``number`` names it; ``since`` is the month from which it goes its own way, ``parent`` where from.

    ``moved`` holds the levers that were moved in ``since``. ``whole`` is an arm that leads from the start of the policy to
    the same run, None where no arm can say so: where a lever was moved again.
    """

    number: int
    title: str
    model: Any
    since: int
    parent: int | None = None
    moved: dict[str, float] = field(default_factory=dict)
    whole: Arm | None = None

    @property
    def label(self) -> str:
        """The number and the title, as legends have it."""
        return f"{self.number} · {self.title}"

    @property
    def by_status(self) -> NDArray[np.int64]:
        """Migrants in each status at the end of each month lived through, shape (months, statuses)."""
        return self.model.state.stocks.by_status[: self.model.month]

    @property
    def by_care(self) -> NDArray[np.int64]:
        """Children in each kind of care at the end of each month lived through, shape (months, kinds of care)."""
        return self.model.state.stocks.by_care[: self.model.month]

    def coverage(self) -> dict[str, float]:
        """Return the coverage of each lever in the month that comes next (in the last one, at the end)."""
        levers = self.model.course.levers
        return dict(zip(LEVER_NAMES, levers[min(self.model.month, len(levers) - 1)], strict=True))


class Simulation:
    """The arms of a setting, month by month.

    Args:
        setting: what is to be run.
        told: told how much of the history has been lived through.

    Raises:
        UserError: for an arm or a corridor that does not exist.

    >>> simulation = Simulation(Setting(scale=0.01, start="1998-01", years=1))
    >>> simulation.step()
    >>> simulation.move(2, {"non_refoulement": 0.0}).title
    'as 2, with Non-refoulement assessment 0 % from 1998-02'
    >>> simulation.step()
    >>> simulation.date
    '1998-03'

    """

    def __init__(self, setting: Setting, told: Told | None = None) -> None:
        self.setting = setting
        arms = [load_arm(name) for name in setting.arms]
        history = _history(setting, told)
        self.runs: list[Run] = [
            Run(number, arm.title, history.fork(arm), setting.first_month, whole=arm)
            for number, arm in enumerate(arms, start=1)
        ]
        self.changes: list[Change] = []
        self._usual = history.corridor.assumptions().lever_baseline(setting.end_month)
        self._numbers = len(self.runs)

    @property
    def month(self) -> int:
        """The month that comes next, 0 being 1996-01."""
        return self.runs[0].model.month

    @property
    def date(self) -> str:
        """The month that comes next, as YYYY-MM; at the end, the first month after the window."""
        return month_label(self.month)

    @property
    def finished(self) -> bool:
        """Whether the last month of the window has been lived through."""
        return self.month >= self.setting.end_month

    @property
    def months_apart(self) -> int:
        """Months since the policies began."""
        return self.month - self.setting.first_month

    def run(self, number: int) -> Run:
        """Return the arm with this number; :class:`UserError` where it does not run (any more)."""
        for run in self.runs:
            if run.number == number:
                return run
        running = ", ".join(str(run.number) for run in self.runs)
        raise UserError(f"There is no arm {number} here (any more); there are {running}.")

    def usual(self) -> list[float]:
        """Return the coverage of each lever under the status quo, in the month that comes next."""
        month = min(self.month, self.setting.end_month - 1)
        return [float(value) for value in self._usual[month]]

    def step(self) -> None:
        """Live through one month in every arm; nothing happens at the end of the window."""
        if self.finished:
            return
        for run in self.runs:
            run.model.step()

    def move(self, number: int, levers: Mapping[str, Any], new: int | None = None) -> Run:
        """Move ``levers`` of an arm, each to a coverage from 0 to 1, from the next month on; return the arm that does so.

        That is a new one, which starts where the arm stands. Only where the arm itself began this month, by a lever that was
        moved, the new one takes its place. ``new`` is the number of the new arm (None: the next).

        Raises:
            UserError: for a lever that there is not, a coverage outside 0 to 1, or at the end of the window.

        """
        parent = self.run(number)
        wanted = {name: coverage_of(name, value) for name, value in levers.items()}
        if self.finished:
            raise UserError(
                f"The run has reached its end, {month_label(self.setting.end_month - 1)}: start it again, or give it more "
                f"years, and move the lever earlier."
            )
        if not wanted:
            raise UserError("No lever was moved.")
        again = parent.parent is not None and parent.since == self.month
        moved = {**parent.moved, **wanted} if again else wanted
        if again:
            place, origin = parent.number, parent.parent
            self.changes = [change for change in self.changes if change.number != place]
        else:
            self._make_room(parent.number)
            place, origin = new or self._numbers + 1, parent.number
            self._numbers = max(self._numbers, place)
        run = self._forked(parent, place, origin, moved)
        if again:
            self.runs[self.runs.index(parent)] = run
        else:
            self.runs.append(run)
        self.changes.append(Change(place, origin or 0, self.date, tuple(moved.items())))
        return run

    def drop(self, number: int) -> None:
        """Follow an arm no longer. Raises :class:`UserError` for the last two."""
        run = self.run(number)
        if len(self.runs) <= 2:
            raise UserError("Two arms are needed for a comparison; none can be taken away.")
        self.runs.remove(run)
        if all(other.parent != number for other in self.runs):
            self.changes = [change for change in self.changes if change.number != number]

    def _make_room(self, kept: int) -> None:
        """Take away the oldest arm but the first and ``kept``, where there are as many as can be followed."""
        if len(self.runs) >= MOST_RUNS:
            self.runs.remove(next(run for run in self.runs[1:] if run.number != kept))

    def _forked(self, parent: Run, number: int, origin: int | None, moved: dict[str, float]) -> Run:
        """Return the run of ``parent`` as it stands, under its levers but those ``moved``, which act from now on."""
        month, before = self.month, parent.model
        values = dict(before.arm.levers)
        for name, coverage in moved.items():
            capacity = values[name].capacity if name in values else None
            values[name] = LeverValue(coverage, self.date, capacity=capacity, because="moved on the page")
        told = ", ".join(f"{LEVERS[name].label} {100 * coverage:.0f} %" for name, coverage in moved.items())
        title = f"as {origin}, with {told} from {self.date}"
        arm = Arm(f"arm_{number}", title, f"{parent.model.arm.title}; from {self.date} on: {told}.", values)
        model = before.fork(arm)
        own, lived = model.course.levers, before.course.levers
        start = self.setting.first_month
        whole = arm if parent.whole is not None and own[start:month] == lived[start:month] else None
        # What was lived through under the parent's levers stays so in the books, too.
        model.course = replace(model.course, levers=[*lived[:month], *own[month:]])
        return Run(number, title, model, month, origin, moved, whole)

    def replay(self, changes: Iterable[Change], month: str, told: Told | None = None) -> list[str]:
        """Live up to ``month`` (YYYY-MM), moving levers as ``changes`` say; return a sentence for each that could not be."""
        problems: list[str] = []
        ordered = sorted(changes, key=lambda change: change.month)
        asked = max(month_index(each) for each in [month or self.date, *(change.month for change in ordered)])
        end = min(asked, self.setting.end_month)
        begun = self.month
        while True:
            while ordered and month_index(ordered[0].month) <= self.month:
                change = ordered.pop(0)
                try:
                    if change.number in {run.number for run in self.runs}:
                        raise UserError(f"there is an arm {change.number} already.")
                    self.move(change.parent, dict(change.levers), change.number)
                except UserError as error:
                    problems.append(f"change={change.written()}: {error}")
            if self.month >= end:
                return problems
            self.step()
            if told and (self.month - begun) % MONTHS_A_YEAR == 0:
                told((self.month - begun) / max(1, end - begun))


def living(run: Run) -> tuple[int, int, int]:
    """Return how many people live in an arm's run, how many of them are in the host country, and how many children live there.

    The first counts migrants wherever they are, and children under 18 born in the host country.
    """
    statuses, care = run.by_status[-1], run.by_care[-1]
    children = int(care.sum() - care[Care.GROWN_UP])
    here = int(statuses[Status.IN_TRANSIT : Status.PROTECTED + 1].sum())
    return int(statuses.sum() - statuses[Status.DEAD]) + children, here, children


_histories: "OrderedDict[tuple[Any, ...], Any]" = OrderedDict()
_one_at_a_time = threading.Lock()


def _history(setting: Setting, told: Told | None) -> Any:
    """Return the run up to where the arms part, under the status quo; the last few are kept, and never lived on themselves."""
    from trafficsim.model import TraffickingModel

    what = (setting.corridor, setting.start, setting.years, setting.scale, setting.seed)
    with _one_at_a_time:
        if what not in _histories:
            model = TraffickingModel(
                arm="status_quo", corridor=setting.corridor, rng=setting.seed, scale=setting.scale,
                policy_start=setting.start, years=setting.years,
            )  # fmt: skip
            while model.month < setting.first_month:
                if told and model.month % MONTHS_A_YEAR == 0:
                    told(model.month / setting.first_month)
                model.step()
            _histories[what] = model
            while len(_histories) > HISTORIES_KEPT:
                _histories.popitem(last=False)
        _histories.move_to_end(what)
        return _histories[what]
