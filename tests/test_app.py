"""The browser page: what it does, without a browser; what it looks like and sends, in one."""

import asyncio
import csv
import io
import json
import re
import socket
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trafficsim.app import charts, schematic, serving
from trafficsim.app.address import Address, Change, Setting, read_address
from trafficsim.app.drawing import nice_ticks
from trafficsim.app.live import Live
from trafficsim.app.session import Session
from trafficsim.app.simulation import MOST_RUNS, Simulation, living
from trafficsim.configuration import configure
from trafficsim.errors import UserError
from trafficsim.experiments.replicate import plan_of, run_task
from trafficsim.experiments.store import save_study
from trafficsim.experiments.study import run_study
from trafficsim.model import TraffickingModel
from trafficsim.policy import LEVERS, LeverValue
from trafficsim.processes.vocabulary import LABELS, Status

SMALL = Setting(scale=0.01, start="2000-01", years=3)
SMALL_QUERY = "scale=0.01&start=2000-01&years=3"


def equal(one: Any, other: Any) -> bool:
    """Whether two models stand the same, life by life."""
    return all(
        np.array_equal(np.asarray(a), np.asarray(b))
        for name in one.tables
        for a, b in zip(one.table(name), other.table(name), strict=True)
    )


def stepped(simulation: Simulation, months: int) -> Simulation:
    for _ in range(months):
        simulation.step()
    return simulation


# The simulation.


def test_arms_are_those_of_a_study() -> None:
    """Other way to the same: the study's own replicate, from the same seed, gives the same totals."""
    simulation = stepped(Simulation(SMALL), 36)
    assert simulation.finished
    study = configure(
        ["arms=[status_quo,letter_package]", "draws=0", "replicates=1", "scale=0.01", "policy_start=2000-01", "years=3"]
    )
    (task,) = plan_of(study)
    runs = {record.arm: record for record in run_task(study, task).runs}
    for run, name in zip(simulation.runs, simulation.setting.arms, strict=True):
        own = charts._totals(run, SMALL.first_month)
        for indicator, dimension, _, value in runs[name].totals:
            if dimension == "all":
                assert own[indicator] == pytest.approx(value, nan_ok=True), (name, indicator)


def test_a_lever_acts_in_a_new_arm_at_once_and_leaves_the_old_one_as_it_is() -> None:
    alone, moved = stepped(Simulation(SMALL), 12), stepped(Simulation(SMALL), 12)
    run = moved.move(2, {"permit_surveillance": 1.0, "data_firewall": 0.0})
    assert run.model is not moved.run(2).model and equal(run.model, moved.run(2).model)
    assert run.coverage()["permit_surveillance"] == 1.0 and moved.run(2).coverage()["permit_surveillance"] < 1.0
    stepped(alone, 12), stepped(moved, 12)
    for number in (1, 2):
        assert equal(alone.run(number).model, moved.run(number).model)
    assert not equal(run.model, moved.run(2).model)


@pytest.mark.relation(
    "A lever that is moved to where it stands changes no life.",
    kind="equality", level="whole model",
    reach="the live page",
)  # fmt: skip
def test_a_lever_that_stays_where_it_is_changes_no_life() -> None:
    simulation = stepped(Simulation(replace(SMALL, arms=("status_quo", "non_refoulement_only"))), 14)
    coverage = simulation.run(2).coverage()["non_refoulement"]
    run = simulation.move(2, {"non_refoulement": coverage})
    stepped(simulation, 10)
    assert equal(run.model, simulation.run(2).model)


@pytest.mark.relation(
    "A lever moved while a run goes on is a policy that moves it then.",
    kind="equality", level="whole model",
    reach="the live page",
)  # fmt: skip
def test_a_lever_moved_when_the_arms_part_is_an_arm_with_that_lever() -> None:
    """Independent of the fork: a model of its own, with the arm as it stands in the run."""
    simulation = Simulation(SMALL)
    run = simulation.move(1, {"moratorium": 0.7})
    stepped(simulation, 8)
    assert run.whole is not None and run.whole.levers["moratorium"] == LeverValue(
        0.7, "2000-01", because="moved on the page"
    )
    model = TraffickingModel(arm=run.whole, rng=SMALL.seed, scale=0.01, policy_start="2000-01", years=3)
    model.run_until(simulation.date)
    assert equal(run.model, model)


def test_an_arm_whose_lever_was_moved_twice_is_no_arm_from_the_start() -> None:
    simulation = stepped(Simulation(SMALL), 6)
    first = simulation.move(1, {"moratorium": 1.0})
    stepped(simulation, 2)
    second = simulation.move(first.number, {"moratorium": 0.2})
    third = simulation.move(1, {"identification": 0.5})
    assert first.whole is not None and second.whole is None and third.whole is not None


def test_moving_levers_in_the_same_month_makes_one_arm() -> None:
    simulation = stepped(Simulation(SMALL), 3)
    first = simulation.move(2, {"moratorium": 1.0})
    again = simulation.move(first.number, {"identification": 0.0})
    assert again.number == first.number == 3 and len(simulation.runs) == 3
    assert again.coverage()["moratorium"] == 1.0 and again.coverage()["identification"] == 0.0
    (change,) = simulation.changes
    assert change == Change(3, 2, "2000-04", (("moratorium", 1.0), ("identification", 0.0)))


def test_no_more_arms_than_can_be_told_apart() -> None:
    simulation = Simulation(SMALL)
    for month in range(4):
        simulation.step()
        simulation.move(1, {"moratorium": month / 10})
    assert [run.number for run in simulation.runs] == [1, 4, 5, 6] and len(simulation.runs) == MOST_RUNS
    simulation.drop(4)
    assert [run.number for run in simulation.runs] == [1, 5, 6] and all(one.number != 4 for one in simulation.changes)


def test_a_link_leads_to_the_same_lives() -> None:
    first = stepped(Simulation(SMALL), 5)
    first.move(2, {"non_refoulement": 0.0})
    stepped(first, 4)
    first.drop(first.move(1, {"moratorium": 1.0}).number)
    stepped(first, 1)
    first.move(3, {"lawful_stay": 0.0, "prevention": 0.5})
    stepped(first, 6)
    address, problems = read_address(Address(setting=SMALL, changes=tuple(first.changes), month=first.date).query())
    second = Simulation(address.setting)
    assert problems == [] and second.replay(address.changes, address.month) == []
    assert [run.number for run in second.runs] == [run.number for run in first.runs]
    assert all(equal(a.model, b.model) for a, b in zip(first.runs, second.runs, strict=True))


@pytest.mark.parametrize(
    ("levers", "says"),
    [
        ({"non_refoulment": 0.5}, "Did you mean 'non_refoulement'?"),
        ({"non_refoulement": 1.5}, "from 0 to 1"),
        ({"non_refoulement": "nan"}, "from 0 to 1"),
        ({"non_refoulement": None}, "from 0 to 1"),
        ({}, "No lever"),
    ],
)
def test_levers_that_cannot_be_moved_so(levers: dict[str, Any], says: str) -> None:
    simulation = Simulation(SMALL)
    with pytest.raises(UserError, match=re.escape(says)):
        simulation.move(2, levers)
    assert len(simulation.runs) == 2
    with pytest.raises(UserError, match="no arm 9"):
        simulation.move(9, {"moratorium": 1.0})
    with pytest.raises(UserError, match="Two arms"):
        simulation.drop(1)


def test_the_end_is_the_end() -> None:
    simulation = stepped(Simulation(replace(SMALL, years=1)), 15)
    assert simulation.finished and simulation.date == "2001-01"
    with pytest.raises(UserError, match="reached its end"):
        simulation.move(2, {"moratorium": 1.0})


# The address.


names = st.sampled_from(sorted(LEVERS))
coverages = st.integers(0, 20).map(lambda number: number / 20)
changes = st.builds(
    Change,
    st.integers(3, 99),
    st.integers(1, 99),
    st.sampled_from(["2024-04", "2031-12", "2034-03"]),
    st.dictionaries(names, coverages, min_size=1, max_size=3).map(lambda levers: tuple(levers.items())),
)


@given(
    st.builds(
        Address,
        tab=st.sampled_from(["live", "life", "study", "about"]),
        setting=st.builds(
            Setting,
            arms=st.tuples(*[st.sampled_from(["status_quo", "letter_package", "permit_reform+border_reopened"])] * 2),
            scale=st.sampled_from([0.005, 0.2, 1.0]),
            seed=st.integers(0, 2**63 - 1),
        ),
        changes=st.lists(changes, max_size=3).map(tuple),
        month=st.sampled_from(["", "2024-05", "2034-04"]),
        life=st.sampled_from(["", "00c0ffee00c0ffee"]),
        study=st.sampled_from(["", "teaching-1/study.sqlite", "ä&b=c#d.sqlite"]),
        part=st.sampled_from(["effects", "claims", "sensitivity"]),
        asked=st.sampled_from(["refoulement", "deaths"]),
    )
)
@settings(max_examples=30, deadline=None)
def test_the_address_says_all_of_it(address: Address) -> None:
    assert read_address(address.query()) == (address, [])


@given(
    st.one_of(st.text(max_size=60), st.lists(st.text("abcdefmonthrsuly=&@.:%0123456789-+,", max_size=30)).map("&".join))
)
@settings(max_examples=80, deadline=None)
def test_no_address_is_too_much(query: str) -> None:
    address, problems = read_address(query)
    assert isinstance(address, Address) and all(isinstance(problem, str) for problem in problems)


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("arms=status_quo,leter_package", "Did you mean 'letter_package'?"),
        ("arms=status_quo", "two arms are written A,B"),
        ("arms=" + "a" * 5000 + ",b", "There is no arm"),
        ("arms=../../etc/passwd,status_quo", "There is no arm"),
        ("scale=1e9", "from 0.005 to 2"),
        ("years=0", "from 1 to 20"),
        ("start=1990-01", "from 1997-01"),
        ("month=2050-01", "from 2024-04 to 2034-03"),
        ("seed=-1", "whole number"),
        ("corridor=../x", "allowed is first"),
        ("change=3.2@2026-05:non_refoulement=2", "from 0 to 1"),
        ("change=3.2@2026-05:bogus=1", "no lever “bogus”"),
        ("change=3.2@1999-05:non_refoulement=1", "from 2024-04"),
        ("change=now", "NEW.OLD@YYYY-MM"),
        ("life=nobody", "16 hexadecimal digits"),
        ("tabb=life", "Did you mean 'tab'?"),
    ],
)
def test_junk_in_the_address_is_told_and_left_out(query: str, says: str) -> None:
    address, problems = read_address(query)
    assert len(problems) == 1 and says in problems[0] and len(problems[0]) < 1200
    assert address == Address()


# What is shown.


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """A session after a year, in which a lever was moved half-way."""
    begun = Session(SMALL_QUERY, lambda: None, lambda: None, tmp_path_factory.mktemp("results"))
    begun.begin()
    begun.live.finish()
    for month in range(12):
        if month == 6:
            begun.act({"of": "live", "do": "lever", "with": {"levers": {"non_refoulement": 0.1}}})
        begun.act({"of": "live", "do": "step"})
    assert begun.view()["messages"] == []
    return begun


def test_what_a_lever_did_stands_beside_what_was(session: Session) -> None:
    view, pictures = session.view()["desk"], session.live.pictures()
    assert (view["left"], view["right"]) == (2, 3) and [run["number"] for run in view["runs"]] == [1, 2, 3]
    assert pictures["date"] == "2000-12" and pictures["levers"]["non_refoulement"] == [10, 10]
    assert "change=3.2@2000-07:non_refoulement=0.1" in session.view()["query"]
    persons = living(session.live.simulation.run(3))[0]  # type: ignore[union-attr]
    assert pictures["persons"] == f"{persons:,}"
    json.dumps([session.view(), pictures])  # all of it goes to the browser


@pytest.mark.parametrize("view", charts.VIEWS)
def test_every_picture_is_sound_and_names_every_arm(session: Session, view: str) -> None:
    drawn = charts.draw_view(session.live.simulation, view)  # type: ignore[arg-type]
    tree = ET.fromstring(f"<div>{drawn}</div>")
    for run in session.live.simulation.runs:  # type: ignore[union-attr]
        assert run.label in "".join(tree.itertext())
    for picture in tree.iter("svg"):
        assert picture.get("aria-hidden") or picture.get("aria-label"), "a picture without a text in its place"
    assert "nan" not in drawn


def test_the_schematic_holds_everybody_once(session: Session) -> None:
    run = session.live.simulation.run(3)  # type: ignore[union-attr]
    now = schematic.snapshot(run, SMALL.first_month)
    assert sum(int(now.counts[list(box.statuses)].sum()) for box in schematic.BOXES.values()) == run.by_status[-1].sum()
    assert now.by_area.sum() == run.by_status[-1].sum() == run.model.table("migrants").size[0]
    assert {pair for pair in now.flows if pair[1] != "dead"} - {(a, b) for a, b, _ in schematic.ARROWS} <= {
        ("origin", "custody"), ("released", "custody"), ("released", "detained"), ("protected", "custody"), ("third", "origin"),
        ("border", "origin"), ("border", "released"), ("border", "custody"), ("border", "detained"), ("brokers", "custody"),
        ("brokers", "protected"), ("exploited", "released"), ("protected", "released"), ("brokers", "third"), ("custody", "third"),
    }  # fmt: skip
    tree = ET.fromstring(schematic.draw(run, now, [now], ["<A>", "B", "C", "D", "E", "F"]))
    assert "at origin" in (tree.get("aria-label") or "")


def test_the_table_of_stocks_is_that_of_the_run(session: Session) -> None:
    simulation = session.live.simulation
    assert simulation is not None
    lines = [line for line in session.live.csv().splitlines() if not line.startswith("#")]
    rows = list(csv.DictReader(io.StringIO("\n".join(lines))))
    last = {
        row["level"]: int(row["count"])
        for row in rows
        if row["arm"] == "3" and row["month"] == "2000-12" and row["kind"] == "migrant_status"
    }
    assert last == {LABELS[Status][code]: int(simulation.run(3).by_status[-1][code]) for code in Status}


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        ({"of": "live", "do": "nothing"}, "there is not"),
        ({"of": "live", "do": "__init__"}, "there is not"),
        ({"of": "live", "do": "pace", "with": {"pace": 3}}, "The pace is one of"),
        ({"of": "live", "do": "pair", "with": {"left": "x"}}, "named by its number"),
        ({"of": "live", "do": "pair", "with": {"left": 77}}, "no arm 77"),
        ({"of": "live", "do": "lever", "with": {"levers": [1]}}, "No lever"),
        ({"of": "live", "do": "lever", "with": {"levers": {"non_refoulement": 7}}}, "from 0 to 1"),
        ({"of": "live", "do": "picture", "with": {"picture": "<b>"}}, "no picture"),
        ({"of": "live", "do": "start", "with": {"arm_a": "x", "arm_b": "status_quo"}}, "There is no arm 'x'"),
        (
            {"of": "live", "do": "start", "with": {"arm_a": "status_quo", "arm_b": "status_quo", "scale": "much"}},
            "scale",
        ),
    ],
)
def test_a_wrong_request_ends_in_a_sentence(session: Session, request_: dict[str, Any], says: str) -> None:
    before = session.live.pictures()["date"]
    session.act(request_)
    assert says in session.live.message and session.live.pictures()["date"] == before
    session.act({"of": "page", "do": "dismiss"})
    assert session.view()["messages"] == []


def test_requests_that_are_none_do_nothing(session: Session) -> None:
    for request_ in (None, "play", [], {"of": "nobody"}, {"of": ["live"]} and {"of": "page", "do": "tab", "with": "x"}):
        session.act(request_)
    assert session.tab == "live"


def test_playing_waits_for_the_browser_and_pauses_when_it_has_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trafficsim.app.live.PATIENCE", 0.3)
    live = Live(Address(setting=SMALL), lambda: None, lambda: None)
    live.begin()
    live.finish()
    live.act("pace", {"pace": 0})
    live.act("play")
    time.sleep(0.1)
    assert live.simulation is not None and live.simulation.months_apart <= 2  # nothing was seen yet
    deadline = time.monotonic() + 5
    while live.playing and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not live.playing
    live.on_frame = lambda: live.seen(live.frame)
    live.act("play")
    while live.playing and time.monotonic() < deadline:
        time.sleep(0.02)
    assert live.simulation.finished and live.message == ""


@pytest.mark.parametrize(
    ("top", "last"), [(0.0, 1.0), (1.0, 1.0), (7.0, 8.0), (1000.0, 1000.0), (0.31, 0.4), (1234.0, 1500.0)]
)
def test_ticks_hold_what_is_drawn(top: float, last: float) -> None:
    ticks = nice_ticks(top)
    assert ticks[-1] == pytest.approx(last) and ticks[-1] >= top and 2 <= len(ticks) <= 6


# One life, and stored studies.


def test_a_life_of_the_live_run_under_the_arm_of_a_lever(session: Session) -> None:
    session.act({"of": "page", "do": "tab", "with": "life"})
    life = session.life
    assert "arm_3" not in {arm["name"] for arm in life.view()["arms"]}  # its lever was on its way already
    life.act("list", {"arms": ["status_quo", "letter_package"]})
    life.finish()
    view = life.view()
    assert life.message == "" and view["found"]
    key = next(one["key"] for one in view["found"])
    life.act("show", {"arms": ["status_quo", "letter_package"], "key": key})
    life.finish()
    story = life.view()["story"]
    assert story["key"] == key and story["parts"] and story["why"] and story["rows"]
    ET.fromstring(story["drawing"])
    assert f"life={key}" in session.view()["query"]
    again = Session(session.view()["query"], lambda: None, lambda: None)
    again.begin()
    again.life.finish()
    again.live.finish()
    assert again.tab == "life" and again.life.view()["story"] == story
    assert again.view()["query"] == session.view()["query"]
    for values, says in (
        ({"key": "zz"}, "16 hexadecimal digits"), ({"key": "0" * 16}, "no life"),
        ({"arms": ["status_quo", "status_quo"], "key": key}, "two different arms"), ({"arms": "x", "key": key}, "two arms"),
        ({"arms": ["status_quo", "bogus"], "key": key}, "There is no arm"),
    ):  # fmt: skip
        life.act("show", values)
        life.finish()
        assert says in life.message
    session.act({"of": "page", "do": "tab", "with": "live"})


def test_the_arm_of_a_lever_can_be_followed_where_an_arm_says_the_same() -> None:
    own = Session(
        f"{SMALL_QUERY}&change=3.1@2000-03:non_refoulement=1,lawful_stay=1&month=2000-06", lambda: None, lambda: None
    )
    own.begin()
    own.live.finish()
    own.act({"of": "page", "do": "tab", "with": "life"})
    titles = {arm["name"]: arm["title"] for arm in own.life.view()["arms"]}
    assert titles["arm_3"] == "as 1, with Non-refoulement assessment 100 %, Lawful stay 100 % from 2000-03"
    own.life.act("list", {"arms": ["status_quo", "arm_3"]})
    own.life.finish()
    assert own.life.message == "" and own.life.view()["found"]
    assert "life_arms" not in own.view()["query"]  # a link names arms that anybody has


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of results with a study of two worlds whose arm has an unkind title, and a file that is none."""
    folder = tmp_path_factory.mktemp("page") / "results"
    study = configure(
        ["arms=[status_quo,letter_package]", "draws=2", "replicates=2", "scale=0.01", "policy_start=1998-01", "years=1",
         "workers=1", "executor=inline"]
    )  # fmt: skip
    unkind = replace(study.arms[1], title="<img src=x onerror=alert(1)>")
    save_study(run_study(replace(study, arms=(study.arms[0], unkind))), folder / "unkind" / "study.sqlite")
    (folder / "none.sqlite").write_text("nothing")
    return folder


def test_a_stored_study_is_shown_with_its_limits_and_nothing_of_it_is_code(results: Path) -> None:
    from trafficsim.analysis.effects import effects
    from trafficsim.analysis.measures import measures_in

    study = Session("", lambda: None, lambda: None, results).study
    study.act("list")
    assert study.view()["files"] == ["none.sqlite", "unkind/study.sqlite"]
    study.act("open", {"file": "unkind/study.sqlite", "part": "effects"})
    study.finish()
    assert study.message == "" and "<img src=x" not in study.html and "&lt;img src=x" in study.html
    assert "not a count of real people" in study.html and 'alt="What changes' in study.html
    found = effects(measures_in(results / "unkind/study.sqlite", indicators=["deaths"])).table.iloc[0]
    assert f"<td>{found['mean']:.3g}</td>" in study.html
    for part, says in (("claims", "A verdict takes two sets of worlds"), ("sensitivity", "trafficsim sensitivity")):
        study.act("open", {"part": part, "asked": "deaths"})
        study.finish()
        assert study.message == "" and says in study.html


@pytest.mark.parametrize(
    ("file", "says"),
    [
        ("none.sqlite", "not an SQLite file"),
        ("gone.sqlite", "There is no file"),
        ("../../../etc/passwd", "opens nothing else"),
        ("/etc/passwd", "opens nothing else"),
        ("a" * 3000, "There is no file"),
        ("", "opens nothing else"),
        ("x\0y", "no name of a file"),
    ],
)
def test_files_that_cannot_be_opened(results: Path, file: str, says: str) -> None:
    study = Session("", lambda: None, lambda: None, results).study
    study.act("open", {"file": file})
    study.finish()
    assert says in study.message and study.html == ""


def test_studies_of_another_folder(results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    from trafficsim.app import serving, study
    from trafficsim.cli import main

    monkeypatch.setattr(study, "FOLDER", study.FOLDER)  # put back at the end
    monkeypatch.setattr(serving, "_bound", lambda port: (_ for _ in ()).throw(KeyboardInterrupt))
    assert main(["app", "--no-browser", "--folder", str(results)]) == 0
    here = Session("", lambda: None, lambda: None).study
    here.act("list")
    assert here.files and not here.message
    assert main(["app", "--no-browser", "--folder", str(tmp_path / "nowhere")]) == 2
    assert "there is no such folder" in capsys.readouterr().err


def test_no_folder_of_results(tmp_path: Path) -> None:
    study = Session("", lambda: None, lambda: None, tmp_path / "results").study
    study.act("list")
    assert "trafficsim compare" in study.message


# The server.


def answered(kind: str, path: str, headers: dict[str, str]) -> tuple[int, str]:
    """Ask the guard, before an application that answers everything; return status (or code of closing) and text."""
    sent: list[dict[str, Any]] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
        else:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"the page"})

    async def receive() -> dict[str, Any]:
        return {"type": f"{kind}.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": kind, "path": path, "headers": [(k.encode(), v.encode()) for k, v in headers.items()]}
    asked = serving.guarded(application, 8765)(scope, receive, send)
    with ThreadPoolExecutor(1) as beside:  # Playwright, where it runs, keeps a loop of its own in this thread
        beside.submit(asyncio.run, asked).result()
    first = sent[0]
    if kind == "websocket":
        return (101, "") if first["type"] == "websocket.accept" else (first["code"], first["reason"])
    if first["status"] == 200:
        assert b"default-src 'self'" in dict(first["headers"])[b"content-security-policy"]
    return first["status"], sent[1]["body"].decode()


OURS = "127.0.0.1:8765"


@pytest.mark.parametrize(
    ("kind", "path", "headers", "status"),
    [
        ("http", "/", {"host": OURS}, 200),
        ("http", "/", {"host": "localhost:8765"}, 200),
        ("http", "/", {"host": OURS, "origin": f"http://{OURS}"}, 200),
        ("http", "/", {"host": "rebound.example:8765"}, 421),
        ("http", "/", {"host": "127.0.0.1:9999"}, 421),
        ("http", "/", {}, 421),
        ("http", "/", {"host": OURS, "origin": "http://evil.example"}, 403),
        ("http", "/", {"host": OURS, "origin": "null"}, 403),
        ("http", "/somewhere", {"host": OURS}, 404),
        ("http", "/resourcez", {"host": OURS}, 404),
        ("http", "/_solara/cdn/requirejs@2.3.6/require.js", {"host": OURS}, 200),
        ("http", "/_solara/cdn/katex@0.16.9/dist/katex.js", {"host": OURS}, 404),
        ("http", "/_solara/cdn/../../page.py", {"host": OURS}, 404),
        ("websocket", "/jupyter/api/kernels/1/channels", {"host": OURS, "origin": f"http://{OURS}"}, 101),
        ("websocket", "/jupyter/api/kernels/1/channels", {"host": OURS}, 1008),
        ("websocket", "/jupyter/api/kernels/1/channels", {"host": OURS, "origin": "http://evil.example"}, 1008),
        ("websocket", "/jupyter/api/kernels/1/channels", {"host": "evil.example", "origin": f"http://{OURS}"}, 1008),
    ],
)
def test_strangers_are_refused(kind: str, path: str, headers: dict[str, str], status: int) -> None:
    assert answered(kind, path, headers)[0] == status


def test_every_file_that_the_page_asks_for_is_shipped() -> None:
    wanted = serving.wanted_files()
    assert len(wanted) >= 4 and [name for name in wanted if not (serving.ASSETS / name).is_file()] == []
    serving.check_installed()


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from trafficsim.cli import main

    monkeypatch.setattr(serving, "find_spec", lambda name: None)
    assert main(["app", "--no-browser"]) == 2
    assert "pip install 'trafficsim[app]'" in capsys.readouterr().err
    monkeypatch.undo()
    monkeypatch.setattr(serving, "version", lambda name: "3.0.0")
    with pytest.raises(UserError, match="leaves the page blank"):
        serving.check_installed()
    monkeypatch.undo()
    monkeypatch.setattr(serving, "ASSETS", Path("nowhere"))
    with pytest.raises(UserError, match="asks for front-end files"):
        serving.check_installed()


def test_a_port_that_is_taken_or_none(capsys: pytest.CaptureFixture[str]) -> None:
    from trafficsim.cli import main

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["app", "--no-browser", "--port", str(port)]) == 2
        assert f"Port {port} is taken" in capsys.readouterr().err
    assert main(["app", "--no-browser", "--port", "70000"]) == 2
    assert "0 (any that is free) to 65535" in capsys.readouterr().err


def test_one_model_in_mesas_own_page() -> None:
    """The example of the guide, rendered as Solara would, without a browser."""
    guide = (Path(__file__).parents[1] / "docs" / "guides" / "app.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    drawn = "import reacton\nbox, context = reacton.render(page, handle_error=False)\nprint(len(box.children))"
    done = subprocess.run([sys.executable, "-c", f"{code}\n{drawn}"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and int(done.stdout) > 0, done.stderr


# In a browser.


SERVES = """
import sys

def watch(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        print(event, arguments[1:], file=sys.stderr)

sys.addaudithook(watch)
from trafficsim.cli import main

sys.exit(main(["app", "--port", "0", "--no-browser"]))
"""
"""Serves the page, and says on the standard error which connections the server opens: there should be none."""


@pytest.fixture(scope="module")
def address(results: Path) -> Iterator[str]:
    """The page, served in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-c", SERVES], cwd=results.parent, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stderr is not None
    line = process.stdout.readline()
    assert "http://127.0.0.1:" in line, process.stderr.read()
    yield line.partition(": ")[2].strip()
    process.terminate()
    _, errors = process.communicate(timeout=20)
    assert errors == ""


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    """A page that may talk to its own server and to nobody else; what it complains of is an error."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, accept_downloads=True)
    opened, complaints, elsewhere = context.new_page(), [], []
    opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))

    def route(one: Any) -> None:
        if one.request.url.startswith((address, "data:", "blob:")):
            one.continue_()
        else:
            elsewhere.append(one.request.url)
            one.abort()

    context.route("**/*", route)
    yield opened
    context.close()
    assert complaints == [] and elsewhere == []


def pull(page: Any, lever: str, percent: int) -> None:
    """Move a slider as a mouse does."""
    page.locator(f"#lever-{lever}").evaluate(
        "(slider, value) => { slider.value = value; for (const kind of ['input', 'change']) "
        "slider.dispatchEvent(new Event(kind, {bubbles: true})); }",
        percent,
    )


def test_a_lesson_in_the_browser(page: Any, address: str) -> None:
    page.goto(f"{address}?{SMALL_QUERY}")
    date = page.locator("#date")
    page.wait_for_selector("#play")
    assert date.inner_text() == "1999-12" and page.title() == "trafficsim"
    page.get_by_label("Speed").select_option(label="as fast as it goes")
    page.click("#play")
    page.wait_for_function("document.querySelector('#date').innerText >= '2000-05'")
    page.click("#play")
    page.wait_for_function("document.querySelector('#play').innerText === 'Play'")
    paused = date.inner_text()
    page.wait_for_timeout(300)
    assert date.inner_text() == paused
    page.click("#step")
    page.wait_for_function(f"document.querySelector('#date').innerText > '{paused}'")

    pull(page, "non_refoulement", 15)
    page.get_by_text("with Non-refoulement assessment 15 %").first.wait_for()
    assert page.locator("#chart .legend li").count() == 4 and "change=3.2@" in page.url
    page.locator("#lever-identification").focus()
    page.keyboard.press("ArrowLeft")  # in the same month: the same arm
    page.wait_for_function("location.href.includes('identification')")
    assert page.locator("#chart .legend li").count() == 4
    page.click("#step")
    for name in ("Children", "Price by age", "What has happened"):
        page.get_by_role("button", name=name).click()
        page.locator("button[aria-pressed=true]", has_text=name).wait_for()
    with page.expect_download() as table:
        page.click("#save-csv")
    assert table.value.suggested_filename.endswith(".csv") and "forced marriage" in table.value.path().read_text()
    page.get_by_role("button", name="People over time").click()
    page.locator("#chart svg[role=img]").nth(5).wait_for()
    with page.expect_download() as picture:
        page.click("#save-svg")
    drawing = ET.fromstring(picture.value.path().read_text())
    assert drawing.tag.endswith("svg") and "1 · Status quo" in "".join(drawing.itertext())

    shown, link = date.inner_text(), page.locator("#link").input_value()
    page.goto(link)
    page.wait_for_function(f"document.querySelector('#date')?.innerText === '{shown}'")
    assert page.locator("#chart .legend li").count() == 4


def test_a_life_and_a_study_in_the_browser(page: Any, address: str) -> None:
    page.goto(f"{address}?{SMALL_QUERY}&tab=life")
    page.click("#find")
    page.locator("#found tbody button").first.click()
    page.wait_for_selector("#story")
    assert "Why they part" in page.inner_text("#story")
    page.get_by_role("tab", name="One life").focus()
    page.keyboard.press("ArrowRight")
    page.select_option("#file", "unkind/study.sqlite")
    page.get_by_role("button", name="Effects").click()
    page.wait_for_selector("#answer img.figure")
    assert "<img src=x" in page.inner_text("#answer")  # as text
    page.select_option("#file", "none.sqlite")
    page.get_by_role("button", name="Claims").click()
    page.get_by_role("alert").get_by_text("not an SQLite file").wait_for()
    page.set_viewport_size({"width": 390, "height": 800})
    for tab in ("Live run", "One life", "Stored study", "What this is"):
        page.get_by_role("tab", name=tab).click()
        page.get_by_role("tab", name=tab, selected=True).wait_for()
        page.wait_for_timeout(150)
        assert page.evaluate("document.documentElement.scrollWidth") <= 392, f"“{tab}” is wider than a phone"


def test_junk_addresses_in_the_browser(page: Any, address: str) -> None:
    page.goto(
        f"{address}?arms=<script>,b&scale=x&month=9&tab=life&life=1&foo=%ff%00&{SMALL_QUERY.partition('&')[2]}&scale=0.01"
    )
    alert = page.get_by_role("alert")
    alert.wait_for()
    assert "There is no arm" in alert.inner_text()
    page.get_by_role("button", name="Close").click()
    alert.wait_for(state="hidden")
