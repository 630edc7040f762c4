"""One life under two arms, as the page has it: lives to choose from, both courses side by side, where and why they part."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from html import escape
from typing import Any

from trafficsim.app.address import Address, Setting
from trafficsim.app.background import Changed, Desk
from trafficsim.app.drawing import DASHES, colour
from trafficsim.app.simulation import Simulation
from trafficsim.configuration import Configuration, configure
from trafficsim.engine.calendar import month_index, year_of
from trafficsim.errors import UserError
from trafficsim.experiments.parting import (
    Happening,
    LifeThatParts,
    LifeUnderTwoArms,
    lives_that_part,
    parting_of,
)
from trafficsim.experiments.schema import LIMITS
from trafficsim.policy import Arm, arm_names, load_arm
from trafficsim.report.life_story import in_words, why

KINDS = {
    "removed": "forced return", "trafficked": "being trafficked", "trafficked again": "being trafficked again",
    "tortured": "torture", "forced abortion": "forced abortion", "separated from a child": "separation from a child",
    "prosecuted": "prosecution", "died": "death",
}  # fmt: skip

FATES_IN_WORDS = {
    "removed": "forcibly returned", "in third country": "in a third country", "returned released": "returned, free",
    "returned detained": "returned, detained",
}  # fmt: skip


class Life(Desk):
    """Lives of the live run's replicate, followed under two arms from the same history."""

    def __init__(self, address: Address, changed: Changed) -> None:
        super().__init__(changed)
        self.key = address.life
        self.arms: tuple[str, str] = (
            (address.life_arms[0], address.life_arms[1]) if address.life_arms else address.setting.arms
        )
        self.setting = address.setting
        self.found: list[LifeThatParts] = []
        self.titles: tuple[str, str] = ("", "")
        self.story: LifeUnderTwoArms | None = None
        self._own: dict[str, Arm] = {}

    def follow(self, setting: Setting, simulation: Simulation | None) -> None:
        """Take over the live run's numbers, and the arms of it that a life can be followed under."""
        if setting != self.setting:
            self.found, self.story = [], None
            if self.arms == self.setting.arms:
                self.arms = setting.arms
            self.setting = setting
        self._own = {
            run.whole.name: run.whole for run in (simulation.runs if simulation else []) if run.parent and run.whole
        }
        if not {*self.arms} <= {*self._own, *_known_arms()}:
            self.arms, self.story, self.found = setting.arms, None, []

    def do_list(self, values: Mapping[str, Any]) -> None:
        """List some lives that part between the two arms."""
        self._choose(values)
        self.found, self.story, self.key = [], None, ""

        def work() -> None:
            configuration = self._configuration()
            self.titles = self._titles(configuration)
            self.found = lives_that_part(configuration)
            if not self.found:
                self.message = (
                    "No life parts between these two arms in this run: choose another pair, or a larger scale."
                )

        self.wait_for("Living through the run under both arms, to find lives that part …", work)

    def do_show(self, values: Mapping[str, Any]) -> None:
        """Follow the life with a key."""
        self._choose(values)
        self.key = str(values.get("key", "")).strip().lower()
        self.story = None

        def work() -> None:
            configuration = self._configuration()
            self.titles = self._titles(configuration)
            self.story = parting_of(configuration, self.key)

        self.wait_for("Living through the run again, with every event of this life …", work)

    def view(self) -> dict[str, Any]:
        """Return everything that the page shows of lives."""
        names = [*self._own, *_known_arms()]
        return {
            "waiting": self.waiting,
            "arms": [{"name": name, "title": self._arm(name).title} for name in dict.fromkeys([*names, *self.arms])],
            "chosen": list(self.arms),
            "key": self.key,
            "run": f"seed {self.setting.seed}, scale {self.setting.scale:g}, arms part in {self.setting.start}",
            "titles": list(self.titles),
            "found": [
                {
                    "key": one.key,
                    "kind": _kind(one.kind),
                    "fate_a": _fate(one.fate_a),
                    "fate_b": _fate(one.fate_b),
                    "lives": f"{one.lives:,}",
                }
                for one in self.found
            ],
            "story": _told(self.story) if self.story else None,
            "limits": f"One life of a model; it is, and stands for, nobody. {LIMITS[0]}",
        }

    def _choose(self, values: Mapping[str, Any]) -> None:
        arms = values.get("arms", self.arms)
        if not isinstance(arms, Sequence) or isinstance(arms, str) or len(arms) != 2:
            raise UserError("A life is followed under two arms.")
        chosen = (str(arms[0]), str(arms[1]))
        if chosen[0] == chosen[1]:
            raise UserError("Choose two different arms: under one and the same, a life does not part.")
        for name in chosen:
            self._arm(name)
        self.arms = chosen

    def _arm(self, name: str) -> Arm:
        return self._own.get(name) or load_arm(name)

    def _configuration(self) -> Configuration:
        """Return the study whose first replicate is the live run."""
        setting = self.setting
        configuration = configure(
            [
                "arms=[status_quo]", "draws=0", "replicates=1", f"corridor={setting.corridor}", f"seed={setting.seed}",
                f"scale={setting.scale}", f"policy_start={setting.start}", f"years={setting.years}",
            ]
        )  # fmt: skip
        return replace(configuration, arms=tuple(self._arm(name) for name in self.arms))

    @staticmethod
    def _titles(configuration: Configuration) -> tuple[str, str]:
        return configuration.arms[0].title, configuration.arms[1].title


def _known_arms() -> list[str]:
    return arm_names()


def _kind(kind: str) -> str:
    """Return of what a life is an example, in words."""
    what, _, harm = kind.partition(": ")
    return f"{what}: {KINDS.get(harm, harm)}" if harm else kind


def _fate(fate: str) -> str:
    """Return a fate in plain words."""
    return FATES_IN_WORDS.get(fate, fate)


def _told(story: LifeUnderTwoArms) -> dict[str, Any]:
    person = {"female": ("woman", "girl"), "male": ("man", "boy")}[story.sex][story.age < 18]
    return {
        "heading": f"A simulated {person}, {story.age} years old when the journey began",
        "key": story.key,
        "titles": list(story.titles),
        "shared": _by_month(story.shared),
        "rows": _side_by_side(story),
        "fates": [_fate(story.fate_a), _fate(story.fate_b)],
        "why": [each.replace(" (--json)", "") for each in why(story, story.parting)] if story.parting else [],
        "parts": story.parting is not None,
        "drawing": _timeline(story),
    }


def _by_month(course: Sequence[Happening]) -> list[dict[str, Any]]:
    months: dict[str, list[str]] = {}
    for one in course:
        months.setdefault(one.month, []).append(in_words(one.event, one.child))
    return [{"month": month, "happened": happened} for month, happened in months.items()]


def _side_by_side(story: LifeUnderTwoArms) -> list[dict[str, Any]]:
    courses = [
        {one["month"]: one["happened"] for one in _by_month(course)} for course in (story.under_a, story.under_b)
    ]
    return [
        {"month": month, "a": courses[0].get(month, []), "b": courses[1].get(month, [])}
        for month in sorted({*courses[0], *courses[1]})
    ]


def _timeline(story: LifeUnderTwoArms) -> str:
    """Return a line that forks: the shared course, then one line an arm, with a dot for each month in which something happened."""
    happenings = [*story.shared, *story.under_a, *story.under_b]
    if not happenings:
        return ""
    months = [month_index(one.month) for one in happenings]
    first, last = min(months), max(max(months), month_index(story.policy_start))
    fork = month_index(story.parting.month) if story.parting else last
    begin, end, span = 20.0, 880.0, max(1, last - first)

    def at(month: int) -> float:
        return begin + (end - begin) * (month - first) / span

    parts = [f'<line x1="{begin}" y1="70" x2="{at(fork):.1f}" y2="70" stroke="#444" stroke-width="3"/>']
    if story.parting:
        bend = min(end, at(fork) + 14)
        parts.append(f'<text x="{at(fork):.1f}" y="52" text-anchor="end">they part in {story.parting.month}</text>')
        for place, (y, words, course) in enumerate(((34, 20, story.under_a), (106, 128, story.under_b))):
            ink = colour(place)
            parts.append(
                f'<path d="M{at(fork):.1f},70 L{bend:.1f},{y} L{end},{y}" fill="none" stroke="{ink}" stroke-width="3" '
                f'stroke-dasharray="{DASHES[place]}"/><text x="{end}" y="{words}" text-anchor="end" fill="{ink}">under '
                f"“{escape(story.titles[place])}”</text>"
            )
            parts += [
                _dot(min(max(at(month_index(one["month"])), bend), end), y, one, ink) for one in _by_month(course)
            ]
    parts += [_dot(at(month_index(one["month"])), 70, one, "#444") for one in _by_month(story.shared)]
    years = range(year_of(first) + 1, year_of(last) + 1)
    every = next((step for step in (1, 2, 5, 10) if len(years) / step <= 12), 20)
    for year in years:
        if year % every == 0:
            x = at(month_index(f"{year}-01"))
            parts.append(
                f'<line x1="{x:.1f}" x2="{x:.1f}" y1="136" y2="142" stroke="#444"/><text x="{x:.1f}" y="157" '
                f'text-anchor="middle">{year}</text>'
            )
    told = "both courses side by side; the table below says the same in words"
    return (
        f'<svg viewBox="0 0 900 162" role="img" aria-label="Timeline of life {story.key}: {told}" font-size="13">'
        f"<title>Timeline: one dot for each month in which something happened</title>{''.join(parts)}</svg>"
    )


def _dot(x: float, y: float, one: Mapping[str, Any], ink: str) -> str:
    hint = escape(f"{one['month']}: {', '.join(one['happened'])}")
    return f'<circle cx="{x:.1f}" cy="{y}" r="5.5" fill="#fff" stroke="{ink}" stroke-width="2.5"><title>{hint}</title></circle>'
