"""The page as Solara renders it: it carries what the session shows to the browser, and what the reader does back.

The components are plain HTML in Vue templates, with native buttons, sliders and lists: they work with a keyboard and a
screen reader, and need no fonts or icons. Mesa's own ``SolaraViz`` is made for one model that is made anew when a slider
moves; here two to four runs go on beside each other and a lever acts in the middle of them, so the page drives
:class:`~trafficsim.model.TraffickingModel` through its own ``step`` and ``fork``, on the same Solara that Mesa uses.
"""

from collections.abc import Callable
from typing import Any

import solara

from trafficsim.app.session import Session

title = "trafficsim"
"""Solara takes the title of the browser's tab from here."""


@solara.component_vue("frame.vue")
def Frame(view: dict[str, Any], event_act: Callable[[Any], None]) -> None:
    """Heading, tabs, messages, the link, what this is."""


@solara.component_vue("live.vue")
def LiveTab(
    view: dict[str, Any], pictures: dict[str, Any], csv: str, query: str,
    event_act: Callable[[Any], None], event_seen: Callable[[Any], None], event_table: Callable[[Any], None],
) -> None:  # fmt: skip
    """The live run."""


@solara.component_vue("life.vue")
def LifeTab(view: dict[str, Any], event_act: Callable[[Any], None]) -> None:
    """One life under two arms."""


@solara.component_vue("study.vue")
def StudyTab(view: dict[str, Any], event_act: Callable[[Any], None]) -> None:
    """A stored study."""


@solara.component
def Page() -> Any:
    """Everything; each visitor has a session of their own."""
    router = solara.use_router()
    turn, frame, table = solara.use_reactive(0), solara.use_reactive(0), solara.use_reactive("")

    def make() -> Session:
        def changed() -> None:
            turn.value += 1

        def on_frame() -> None:
            frame.value += 1

        return Session(router.search or "", changed, on_frame)

    session = solara.use_memo(make, [])

    def begin() -> Callable[[], None]:
        session.begin()
        return session.close

    solara.use_effect(begin, [])
    turn.get()
    view = session.view()
    with solara.Column(gap="0px") as main:
        Frame(view=view, event_act=session.act)
        if view["tab"] == "live":

            def write_table(_: Any) -> None:
                table.value = session.live.csv()

            Pictures(session, view, frame, table.value, write_table)
        elif view["tab"] == "life":
            LifeTab(view=view["desk"], event_act=session.act)
        elif view["tab"] == "study":
            StudyTab(view=view["desk"], event_act=session.act)
    return main


@solara.component
def Pictures(
    session: Session, view: dict[str, Any], frame: solara.Reactive[int], csv: str, write_table: Callable[[Any], None]
) -> Any:
    """The live run; rendered again for every picture, while the rest of the page stays as it is."""
    frame.get()
    return LiveTab(
        view=view["desk"], pictures=session.live.pictures(), csv=csv, query=session.address().query(),
        event_act=session.act, event_seen=lambda number: session.live.seen(int(number)), event_table=write_table,
    )  # fmt: skip


@solara.component
def Layout(children: list[Any] | None = None) -> Any:
    """No bar and no drawer of Solara's own around the page."""
    return solara.Column(children=children or [], gap="0px")
