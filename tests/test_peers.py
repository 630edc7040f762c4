"""The reference process: its exact answer by another way, the implementations that can run here, and the page."""

import json
from functools import cache
from itertools import combinations, product

import numpy as np
import pytest
from benchmarks.peers import in_engine, in_mesa, in_numpy, run
from benchmarks.peers.exact import expected_stocks
from benchmarks.peers.measure import PEOPLE_EXACT, STANDARD_ERRORS_AT_MOST, distance, lines_of_code
from benchmarks.peers.page import NAMES, exact_table, page
from benchmarks.peers.picture import draw
from benchmarks.peers.process import (
    ARMS,
    DEPARTURE,
    ESCAPE,
    GOING_HOME,
    IDENTIFICATION,
    MONTHS,
    RELEASE,
    REMOVAL,
    Status,
    places,
)

SPECIFICATION = (run.ROOT / "benchmarks" / "reference.md").read_text()
exact = cache(expected_stocks)


def ways(status: Status, arm: str) -> dict[Status, float]:
    """Where one person may stand a month later, the market left aside."""
    removal = REMOVAL[arm]
    leaving: dict[Status, dict[Status, float]] = {
        Status.AT_ORIGIN: {Status.ON_OFFER: DEPARTURE},
        Status.ON_OFFER: {},
        Status.EXPLOITED: {Status.IN_CUSTODY: IDENTIFICATION, Status.PROTECTED: (1 - IDENTIFICATION) * ESCAPE},
        Status.IN_CUSTODY: {Status.AT_ORIGIN: removal, Status.PROTECTED: (1 - removal) * RELEASE},
        Status.PROTECTED: {Status.AT_ORIGIN: GOING_HOME},
    }
    return leaving[status] | {status: 1.0 - sum(leaving[status].values())}


def person_by_person(size: int, months: int, arm: str) -> np.ndarray:
    """The expected stocks, by following every way that named persons may go."""
    chances = {(Status.AT_ORIGIN,) * size: 1.0}
    stocks = []
    for month in range(months + 1):
        stocks.append([sum(c * people.count(status) for people, c in chances.items()) for status in Status])
        if month == months:
            break
        after: dict[tuple[Status, ...], float] = {}
        for people, chance in chances.items():
            waiting = [place for place, status in enumerate(people) if status == Status.ON_OFFER]
            picks = list(combinations(waiting, min(places(size), len(waiting))))
            for taken in picks:
                for new in product(*(ways(status, arm).items() for status in people)):
                    moved = tuple(
                        Status.EXPLOITED if place in taken else status for place, (status, _) in enumerate(new)
                    )
                    after[moved] = after.get(moved, 0.0) + chance / len(picks) * float(np.prod([c for _, c in new]))
        chances = after
    return np.array(stocks)


@pytest.mark.parametrize("arm", ARMS)
def test_the_exact_answer_is_that_of_following_each_person(arm: str) -> None:
    assert expected_stocks(3, 12, arm) == pytest.approx(person_by_person(3, 12, arm), abs=1e-12)


@pytest.mark.parametrize(("module", "replicates"), [(in_numpy, 1500), (in_engine, 1500), (in_mesa, 300)])
@pytest.mark.parametrize("arm", ARMS)
def test_implementations_agree_with_it_and_with_no_other(module, replicates: int, arm: str) -> None:
    stocks = np.array([module.simulate(PEOPLE_EXACT, MONTHS, seed, arm) for seed in range(replicates)])
    assert (stocks.sum(axis=2) == PEOPLE_EXACT).all()
    (other,) = set(ARMS) - {arm}
    assert distance(stocks, exact(PEOPLE_EXACT, MONTHS, arm)) < STANDARD_ERRORS_AT_MOST
    assert distance(stocks, exact(PEOPLE_EXACT, MONTHS, other)) > STANDARD_ERRORS_AT_MOST


def test_arms_that_are_alike_are_alike_with_equal_seeds_where_luck_is_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(REMOVAL, "non_refoulement", REMOVAL["status_quo"])
    for module in (in_numpy, in_engine, in_mesa):
        first, second = (module.simulate(50, 24, 3, arm) for arm in ARMS)
        assert (first == second).all()
        assert (module.simulate(50, 24, 4, ARMS[0]) != first).any()


def test_the_specification_gives_these_numbers() -> None:
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in SPECIFICATION.splitlines() if line[:1] == "|"]
    leaving = {(row[0].partition(",")[0], row[2]): row[1] for row in rows if len(row) == 3}
    words = {status: status.name.lower().replace("_", " ") for status in Status}
    given = {
        (Status.AT_ORIGIN, Status.ON_OFFER): f"{DEPARTURE:.2f} (departure)",
        (Status.EXPLOITED, Status.IN_CUSTODY): f"{IDENTIFICATION:.2f} (identification)",
        (Status.EXPLOITED, Status.PROTECTED): f"{ESCAPE:.2f} (escape)",
        (Status.IN_CUSTODY, Status.AT_ORIGIN):
            f"{REMOVAL['status_quo']:.2f}, under non-refoulement {REMOVAL['non_refoulement']:.2f} (removal)",
        (Status.IN_CUSTODY, Status.PROTECTED): f"{RELEASE:.2f} (release)",
        (Status.PROTECTED, Status.AT_ORIGIN): f"{GOING_HOME:.2f} (going home)",
    }  # fmt: skip
    for (before, after), words_of_chance in given.items():
        assert leaving[words[before], words[after]] == words_of_chance
    assert exact_table() in SPECIFICATION


def test_the_page_tells_what_was_found() -> None:
    found = json.loads(run.FOUND.read_text())
    assert run.PAGE.read_text() == page(found)
    assert set(found["peers"]) == set(NAMES) and all(one["agrees"] for one in found["peers"].values())
    folder = run.FOUND.parent
    assert {name: one["lines"] for name, one in found["peers"].items()} == {
        name: lines_of_code(folder / f"in_{name}.py") for name in NAMES
    }
    draw(found)


def test_an_implementation_that_is_wrong_is_said(monkeypatch, capsys, tmp_path) -> None:
    found = json.loads(run.FOUND.read_text())
    found["peers"]["numpy"]["agrees"] = False
    (tmp_path / "found.json").write_text(json.dumps(found))
    for name, value in {"FOUND": tmp_path / "found.json", "PAGE": tmp_path / "peers.md", "FIGURES": tmp_path}.items():
        monkeypatch.setattr(run, name, value)
    monkeypatch.setattr(run, "ROOT", tmp_path)
    assert run.main([]) == 1
    assert "Not the exact answer: NumPy" in capsys.readouterr().out


def test_lines_with_code_are_counted(tmp_path) -> None:
    (tmp_path / "one.py").write_text(
        '"""What it is."""\n\n# why\ndef f():\n    """Do."""\n    return (1,\n        2)  # two\n'
    )
    assert lines_of_code(tmp_path / "one.py") == 3
