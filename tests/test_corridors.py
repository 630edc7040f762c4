"""A corridor is a file: what it changes holds, what it gets wrong is told, and nothing in the rules is tied to the first."""

from pathlib import Path

import numpy as np
import pytest

from trafficsim.catalog import catalog
from trafficsim.catalog.corridors import corridor_names, load_corridor
from trafficsim.configuration import configure
from trafficsim.course import course_of
from trafficsim.errors import UserError
from trafficsim.policy import load_arm
from trafficsim.processes.month import advance, begin
from trafficsim.processes.vocabulary import Event, Status

MINE = """\
title: Mine
summary: A corridor of my own.
areas: [North, South]
parameters:
  market:
    price_bride: {default: 4000, because: My own figure.}
series:
  permit_scheme: {values: {1996-01: 0, 2005-06: 1}, because: My own date.}
levers:
  permit_surveillance: {status_quo: {1996-01: 0.0, 2005-06: 0.5}, because: My own date.}
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    (tmp_path / "corridor").mkdir()
    (tmp_path / "corridor" / "mine.yaml").write_text(MINE)
    return tmp_path


def lived(corridor: str, until: int, scale: float = 1.0, seed: int = 3):
    assumptions = load_corridor(corridor).assumptions()
    course = course_of(load_arm("status_quo"), seed, scale, assumptions=assumptions)
    state = begin(course)
    while state.month < until:
        advance(state, course)
    return state


def test_the_first_corridor_is_the_catalogue_as_it_stands():
    assert load_corridor("first").assumptions().digest() == catalog().digest()
    assert {"first", "letter_chronology", "teaching"} <= set(corridor_names())


def test_the_teaching_corridor_lives_on_its_own_terms():
    state = lived("teaching", 28 * 12)
    by_area = state.ledger.monthly_by["area"].sum(axis=(0, 1))
    assert (by_area[1:4] > 0).all() and (by_area[4:] == 0).all()  # three areas and no more
    permits = state.ledger.monthly[:, Event.PERMIT_TAKEN_UNDER_COERCION]
    assert permits[: 14 * 12].sum() == 0 < permits[14 * 12 :].sum()  # from 2010
    assert state.ledger.monthly[9 * 12 :, Event.IDENTIFIED].sum() > 0  # some screening from 2005
    assert (state.stocks.by_status.sum(axis=0)[: Status.PROTECTED] > 0).all()  # every status occurs in it


def test_the_letters_chronology_begins_in_2001():
    here, elsewhere = (lived(name, 72, scale=0.1).stocks.by_status for name in ("letter_chronology", "first"))
    host = slice(Status.IN_TRANSIT, Status.PROTECTED + 1)
    july_2000, end_of_2001 = 54, 71
    assert here[july_2000, host].sum() < 0.1 * elsewhere[july_2000, host].sum()
    assert here[end_of_2001, host].sum() > 10 * here[july_2000, host].sum()


def test_a_corridor_of_ones_own(own):
    study = configure(["corridor=mine"], [own])
    known = study.assumptions()
    assert known.parameters["market"]["price_bride"].default == 4000
    assert known.parameters["market"]["price_bride"].because == "My own figure."
    assert known.parameters["crossing"]["areas"].default == 2
    assert np.flatnonzero(known.series_values("permit_scheme", 200))[0] == 9 * 12 + 5
    assert study.parameters == {}
    assert study.hash() != configure([]).hash()


def test_a_value_set_by_hand_wins_over_the_corridors(own):
    assert configure(["corridor=mine", "parameters.market.price_bride=3000"], [own]).parameters == {
        "market": {"price_bride": 3000.0}
    }
    # The catalogue's own default, too, where somebody asks for it.
    assert configure(["corridor=mine", "parameters.market.price_bride=5000"], [own]).parameters == {
        "market": {"price_bride": 5000.0}
    }


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("areas: [North, South]", "areas: [North, North]", "each name may stand once"),
        ("areas: [North, South]", "areas: []", "areas"),
        ("areas: [North, South]", "areas: [A, B, C, D, E, F, G]", "areas"),
        ("areas: [North, South]", "areas: ['39.1 N']", "areas"),
        ("price_bride: {default: 4000", "price_bride: {default: 1", "parameters.market.price_bride.*lies outside"),
        ("price_bride", "price_brid", "Did you mean 'price_bride'"),
        ("  market:", "  maket:", "Did you mean 'market'"),
        (", because: My own figure.", "", "because"),
        ("permit_scheme", "permit_sceme", "Did you mean 'permit_scheme'"),
        ("2005-06: 1}", "2005-16: 1}", "2005-16"),
        ("permit_surveillance", "permit_survey", "there is no lever"),
        ("summary: A corridor of my own.", "sumary: x", "summary|sumary"),
        ("title: Mine", "title: Mine\nstart: 1990-01", "unknown key"),
    ],
)
def test_a_slip_in_a_corridor_is_told(own, old, new, told):
    path = own / "corridor" / "mine.yaml"
    assert old in MINE
    path.write_text(MINE.replace(old, new, 1))
    with pytest.raises(UserError, match=told) as error:
        configure(["corridor=mine"], [own])
    assert "mine" in str(error.value)
    assert "\n" not in str(error.value)


def test_an_unknown_corridor_is_told():
    with pytest.raises(UserError, match="Did you mean 'teaching'"):
        configure(["corridor=teachin"])
    with pytest.raises(UserError, match="Did you mean 'teaching'"):
        load_corridor("teachin")
