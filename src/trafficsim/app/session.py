"""What one visitor's page holds: the live run, a life, a stored study, and the address that says all of it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from trafficsim.app.address import TABS, Address, read_address
from trafficsim.app.background import Changed, Desk
from trafficsim.app.life import Life
from trafficsim.app.live import Live
from trafficsim.app.study import Study
from trafficsim.experiments.schema import LIMITS


class Session:
    """Everything behind one page.

    Args:
        query: the query string of the page's address.
        changed: called when there is anything new to show but a picture, ``on_frame`` when there is a new picture.
        folder: where results files lie (default: where ``trafficsim app`` was told, else ``results``).

    """

    def __init__(
        self, query: str, changed: Changed, on_frame: Changed, folder: Path | str | None = None
    ) -> None:  # fmt: skip
        address, self.problems = read_address(query)
        self._changed = changed
        self.tab = address.tab
        self.live = Live(address, changed, on_frame)
        self.life = Life(address, changed)
        self.study = Study(address, changed, folder)
        self._first = address

    def begin(self) -> None:
        """Start what the address asks for."""
        self.live.begin()
        self._enter(self.tab)
        if self.tab == "life" and self._first.life:
            self.life.act("show", {"key": self._first.life})
        if self.tab == "study" and self._first.study:
            self.study.act("open", {"file": self._first.study, "part": self._first.part})

    def act(self, request: Any) -> None:
        """Do what the page asks for: ``{"of": "live", "do": "step", "with": {...}}``."""
        asked: Mapping[str, Any] = request if isinstance(request, Mapping) else {}
        desk, name, values = asked.get("of"), str(asked.get("do", "")), asked.get("with")
        if desk == "page" and name == "tab":
            self.tab = values if values in TABS else "live"
            self._enter(self.tab)
            self._changed()
        elif desk == "page" and name == "dismiss":
            self.problems, self.live.notices = [], []
            for each in self._desks().values():
                each.message = ""
            self._changed()
        elif desk in self._desks():
            self._desks()[str(desk)].act(name, values)

    def address(self) -> Address:
        """Return the address of what is shown now."""
        now = self.live.now()
        life = self.life
        apart = () if life.arms == now.setting.arms else life.arms
        named = all(not arm.startswith("arm_") for arm in apart)
        return replace(
            now, tab=self.tab, life=life.key, life_arms=apart if named else (), study=self.study.file,
            part=self.study.part, asked=self.study.asked,
        )  # fmt: skip

    def view(self) -> dict[str, Any]:
        """Return everything that the page shows but pictures of the live run."""
        desk = self._desks().get(self.tab, self.live)
        messages = [*self.problems, *self.live.notices, *([desk.message] if desk.message else [])]
        own: dict[str, Callable[[], dict[str, Any]]] = {
            "live": self.live.view, "life": self.life.view, "study": self.study.view,
        }  # fmt: skip
        return {
            "tab": self.tab,
            "tabs": [
                {"value": tab, "words": words}
                for tab, words in zip(TABS, ("Live run", "One life", "Stored study", "What this is"), strict=True)
            ],
            "messages": messages,
            "query": self.address().query(),
            "limits": list(LIMITS),
            "desk": own.get(self.tab, dict)(),
        }

    def close(self) -> None:
        """Stand still: the browser has gone."""
        self.live.pause()

    def _desks(self) -> dict[str, Desk]:
        return {"live": self.live, "life": self.life, "study": self.study}

    def _enter(self, tab: str) -> None:
        if tab == "life":
            self.live.pause()
            self.life.follow(self.live.now().setting, self.live.simulation)
        if tab == "study":
            self.live.pause()
            self.study.act("list")
