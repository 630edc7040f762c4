"""The live run as the page has it: start, step, play and pause, levers that are moved, and what is shown of it all."""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from trafficsim.app import charts, schematic
from trafficsim.app.address import LARGEST, LONGEST, SMALLEST, Address, Change, setting_of
from trafficsim.app.background import Changed, Desk
from trafficsim.app.simulation import Run, Simulation, living
from trafficsim.catalog import catalog
from trafficsim.catalog.corridors import corridor_names, load_corridor
from trafficsim.catalog.evidence_records import Provision
from trafficsim.engine.calendar import month_label
from trafficsim.errors import UserError
from trafficsim.policy import LEVERS, arm_names, load_arm

PACES = {1: "1 month a second", 2: "2 months", 5: "5 months", 10: "10 months", 0: "as fast as it goes"}
PATIENCE = 15.0
"""Seconds after which a browser that shows nothing is taken to have gone: the run pauses."""
AHEAD = 2
"""Pictures that may be on their way to the browser; more would make it lag behind."""


class Live(Desk):
    """One live run. ``on_frame`` is called when there is a new picture, ``changed`` when anything else is new."""

    def __init__(self, address: Address, changed: Changed, on_frame: Changed) -> None:
        super().__init__(changed)
        self.on_frame = on_frame
        self.address = address
        self.simulation: Simulation | None = None
        self.playing = False
        self.pace = 5
        self.picture = "stocks"
        self.left, self.right = 1, 2
        self.frame = 0
        self.shown = 0
        self.rate = 0.0
        self.notices: list[str] = []
        self._seen = threading.Condition()
        self._player: threading.Thread | None = None

    # What can be done.

    def begin(self) -> None:
        """Live through the history and up to where the address says."""
        self.pause()
        address = self.address

        def work() -> None:
            simulation = Simulation(address.setting, self.told)
            problems = simulation.replay(address.changes, address.month, self.told)
            with self.lock:
                self.simulation = simulation
                self.left, self.right = self._pair(simulation.runs)
            self.notices = problems
            self._new_frame()

        self.wait_for(f"Living through the shared history, 1996 to {address.setting.start} …", work)

    def do_start(self, values: Mapping[str, Any]) -> None:
        """Begin again with the arms and numbers of the form."""
        setting = setting_of(values)
        self.address = replace(self.address, setting=setting, changes=(), month="")
        self.begin()

    def do_restart(self, values: Mapping[str, Any]) -> None:
        """Go back to where the arms part; levers that were moved are forgotten."""
        self.address = replace(self.address, changes=(), month="")
        self.begin()

    def do_step(self, values: Mapping[str, Any]) -> None:
        """Live through one month."""
        self.pause()
        self._live_a_month()
        self._new_frame()

    def do_play(self, values: Mapping[str, Any]) -> None:
        """Go on month by month until the end, or until paused."""
        if self.playing or self._there().finished:
            return
        self.playing, self.rate = True, 0.0
        self._player = threading.Thread(target=self._play, name="trafficsim player", daemon=True)
        self._player.start()

    def do_pause(self, values: Mapping[str, Any]) -> None:
        """Stand still."""
        self.pause()

    def do_pace(self, values: Mapping[str, Any]) -> None:
        """Set how many months a second are played; 0: as fast as it goes."""
        pace = values.get("pace")
        if pace not in PACES:
            raise UserError(f"The pace is one of {', '.join(str(each) for each in PACES)} months a second.")
        self.pace = int(pace)

    def do_lever(self, values: Mapping[str, Any]) -> None:
        """Move levers of the arm on the right; a new arm begins with them, and what was goes on beside it."""
        levers = values.get("levers")
        if not isinstance(levers, Mapping):
            raise UserError("No lever was named.")
        with self.lock:
            there = self._there()
            before = {run.number for run in there.runs}
            run = there.move(self.right, levers)
            left = run.parent if run.parent in {one.number for one in there.runs} else self.left
            self.left, self.right = left or self.left, run.number
            gone = before - {one.number for one in there.runs}
            if gone:
                self.notices = [f"Arm {min(gone)} is no longer followed: four arms at a time can be told apart."]
        self._new_frame()

    def do_pair(self, values: Mapping[str, Any]) -> None:
        """Choose which two arms the schematics show."""
        with self.lock:
            for side in ("left", "right"):
                if side in values:
                    setattr(self, side, self._there().run(_number(values[side])).number)
        self._new_frame()

    def do_drop(self, values: Mapping[str, Any]) -> None:
        """Follow an arm no longer."""
        with self.lock:
            there = self._there()
            there.drop(_number(values.get("arm")))
            numbers = {run.number for run in there.runs}
            if not {self.left, self.right} <= numbers:
                self.left, self.right = self._pair(there.runs)
        self._new_frame()

    def do_picture(self, values: Mapping[str, Any]) -> None:
        """Choose what is drawn beneath the schematics."""
        wanted = str(values.get("picture"))
        if wanted not in charts.VIEWS:
            raise UserError(f"There is no picture “{wanted[:40]}”.")
        self.picture = wanted
        self._new_frame()

    def seen(self, frame: int) -> None:
        """Note that the browser shows picture ``frame``: the next may be made."""
        with self._seen:
            self.shown = max(self.shown, frame)
            self._seen.notify_all()

    def pause(self) -> None:
        """Stand still, and wait until the month that is being lived through is over."""
        self.playing = False
        player = self._player
        with self._seen:
            self._seen.notify_all()
        if player is not None and player is not threading.current_thread():
            player.join(PATIENCE)

    # What is shown.

    def now(self) -> Address:
        """Return the address of what is shown."""
        with self.lock:
            if self.simulation is None:
                return self.address
            there = self.simulation
            month = there.date if there.months_apart else ""
            changes: tuple[Change, ...] = tuple(there.changes)
        return replace(self.address, setting=there.setting, changes=changes, month=month)

    def form(self) -> dict[str, Any]:
        """Return what can be chosen before a run, and what is chosen."""
        setting = self.address.setting
        arms = [load_arm(name) for name in dict.fromkeys([*arm_names(), *setting.arms])]
        return {
            "arms": [{"name": arm.name, "title": arm.title, "summary": arm.summary} for arm in arms],
            "corridors": [{"name": name, "title": load_corridor(name).title} for name in corridor_names()],
            "chosen": {
                "arm_a": setting.arms[0], "arm_b": setting.arms[1], "corridor": setting.corridor, "start": setting.start,
                "years": setting.years, "scale": setting.scale, "seed": str(setting.seed),
            },
            "limits": {"scale": [SMALLEST, LARGEST], "years": LONGEST},
        }  # fmt: skip

    def view(self) -> dict[str, Any]:
        """Return everything that the page shows of the run, but its pictures."""
        with self.lock:
            there = self.simulation
            known: dict[str, Any] = {
                "form": self.form(), "playing": self.playing, "pace": self.pace, "picture": self.picture,
                "paces": [{"value": value, "words": words} for value, words in PACES.items()],
                "pictures": [{"value": value, "words": words} for value, words in charts.VIEWS.items()],
                "waiting": self.waiting, "share": self.share, "notices": self.notices, "ready": there is not None,
            }  # fmt: skip
            if there is None:
                return known | {
                    "runs": [],
                    "levers": [],
                    "finished": False,
                    "left": 1,
                    "right": 2,
                    "stem": "",
                    "arm": "",
                }
            right = there.run(self.right)
            return known | {
                "runs": [_run_in_words(run, there) for run in there.runs],
                "levers": [_lever_in_words(name, usual) for name, usual in zip(LEVERS, there.usual(), strict=True)],
                "arm": right.label,
                "finished": there.finished,
                "left": self.left,
                "right": self.right,
                "stem": f"trafficsim-{there.setting.seed}-{there.date}",
            }

    def pictures(self) -> dict[str, Any]:
        """Return the pictures of this month, and its facts."""
        with self.lock:
            there = self.simulation
            if there is None:
                return {"frame": self.frame, "ready": False}
            runs = [there.run(number) for number in (self.left, self.right)]
            snapshots = [schematic.snapshot(run, there.setting.first_month) for run in runs]
            persons, here, children = living(runs[1])
            return {
                "ready": True,
                "frame": self.frame,
                "date": month_label(there.month - 1),
                "apart": there.months_apart,
                "until": month_label(there.setting.end_month - 1),
                "persons": f"{persons:,}",
                "here": f"{here:,}",
                "children": f"{children:,}",
                "rate": f"{self.rate:.0f}" if self.playing and self.rate else "",
                "schematics": [
                    {
                        "label": run.label,
                        "side": side,
                        "svg": schematic.draw(run, one, snapshots, schematic.areas_of(run)),
                    }
                    for run, one, side in zip(runs, snapshots, ("what was", "with the lever"), strict=True)
                ],
                "chart": charts.draw_view(there, self.picture),
                "levers": _coverages(runs[1]),
            }

    def csv(self) -> str:
        """Return the stocks of every arm as CSV."""
        with self.lock:
            return charts.csv_of(self._there())

    # How it is done.

    def _there(self) -> Simulation:
        if self.simulation is None:
            raise UserError("Nothing runs yet: choose two arms and begin.")
        return self.simulation

    def _pair(self, runs: Sequence[Run]) -> tuple[int, int]:
        """Return the arm that began last, and the one that it came from, or the first."""
        numbers, last = {run.number for run in runs}, runs[-1]
        return (last.parent if last.parent in numbers and last.parent else runs[0].number), last.number

    def _live_a_month(self) -> bool:
        with self.lock:
            there = self._there()
            there.step()
            return not there.finished

    def _new_frame(self) -> None:
        self.frame += 1
        self.on_frame()

    def _play(self) -> None:
        """Live on, month by month, as fast as asked for and no faster than the browser shows."""
        began, months = time.monotonic(), 0
        try:
            while self.playing:
                due = time.monotonic() + (1.0 / self.pace if self.pace else 0.0)
                if not self._live_a_month():
                    break
                months += 1
                self.rate = months / max(1e-6, time.monotonic() - began)
                if months % 20 == 0:
                    began, months = time.monotonic(), 0
                self._new_frame()
                with self._seen:
                    if not self._seen.wait_for(lambda: not self.playing or self.shown > self.frame - AHEAD, PATIENCE):
                        break
                time.sleep(max(0.0, due - time.monotonic()))
        except Exception as error:
            self.message = f"The run stopped: {error}"
        finally:
            self.playing = False
            self._new_frame()
            self.changed()


def _number(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        raise UserError("An arm is named by its number.") from None


def _coverages(run: Run) -> dict[str, list[int]]:
    """Return each lever's coverage in the month that comes, and the one that it is on its way to, in per cent."""
    last = dict(zip(LEVERS, run.model.course.levers[-1], strict=True))
    return {name: [round(100 * now), round(100 * last[name])] for name, now in run.coverage().items()}


def _run_in_words(run: Run, there: Simulation) -> dict[str, Any]:
    first = run.parent is None
    return {
        "number": run.number,
        "label": run.label,
        "summary": run.model.arm.summary,
        "parent": run.parent,
        "droppable": not first and len(there.runs) > 2,
    }


def _lever_in_words(name: str, usual: float) -> dict[str, Any]:
    one = LEVERS[name]
    return {
        "name": name, "label": one.label, "kind": one.kind, "today": round(100 * usual), "meaning": one.meaning,
        "asked": _asked_for_by(name),
    }  # fmt: skip


@cache
def _asked_for_by(name: str) -> str:
    """Return the provisions that ask for a lever, and the questions of the letter, in words."""
    one, known = LEVERS[name], catalog().evidence
    instruments: dict[str, list[str]] = {}
    for provision in one.provisions:
        record = known[provision]
        assert isinstance(record, Provision)
        article = record.article or ""
        where = f"article {article}" if article[:1].isdigit() else article
        instruments.setdefault(record.instrument, []).extend([where] if where else [])
    named = [", ".join([instrument, *articles]) for instrument, articles in instruments.items()]
    told = f"Asked for by: {'; '.join(named)}." if named else "No provision asks for it."
    return f"{told} Questions of the letter: {', '.join(one.questions)}." if one.questions else told
