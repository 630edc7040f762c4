"""One full-scale status-quo history against the widest ranges of the evidence. Hand-set numbers, not a calibration."""

import numpy as np
import pytest

import trafficsim
from trafficsim.processes.vocabulary import Event, Sex, Status

# Arrivals in the third country that receives nearly all (evidence E-A, official counts, revised series).
ARRIVALS = {
    2002: 1142, 2003: 1285, 2004: 1898, 2005: 1384, 2006: 2028, 2007: 2554, 2008: 2803, 2009: 2914, 2010: 2402,
    2011: 2706, 2012: 1502, 2013: 1514, 2014: 1397, 2015: 1275,
}  # fmt: skip
STOCKS = {1998: (35_000, 130_000), 2002: (30_000, 70_000), 2007: (6_000, 16_000), 2009: (7_500, 20_000)}  # C3


@pytest.fixture(scope="module")
def history():
    model = trafficsim.TraffickingModel(arm="status_quo", rng=20240322)
    model.run_until("2024-01")
    return model


def of_year(history, event, year, sex=None):
    window = slice((year - 1996) * 12, (year - 1995) * 12)
    ledger = history.state.ledger
    counts = ledger.monthly[window, event] if sex is None else ledger.monthly_by["sex"][window, event, sex]
    return int(counts.sum())


def in_host_country(history, year, sex=None):
    month = (year - 1996) * 12 + 6
    stocks = history.state.stocks.by_status_and_sex[month, Status.IN_TRANSIT : Status.PROTECTED + 1]
    return int(stocks.sum() if sex is None else stocks[:, sex].sum())


@pytest.mark.parametrize(("year", "interval"), STOCKS.items())
def test_stock_in_the_host_country(history, year, interval):
    assert interval[0] <= in_host_country(history, year) <= interval[1]


def test_womens_share_rises_from_about_half(history):
    shares = {year: in_host_country(history, year, Sex.FEMALE) / in_host_country(history, year) for year in STOCKS}
    assert 0.4 <= shares[1998] <= 0.6  # C4: about 50 % in 1998, about 90 % ten years later
    assert 0.7 <= shares[2009] <= 0.95
    assert np.all(np.diff(list(shares.values())) > 0)


@pytest.mark.parametrize("year", ARRIVALS)
def test_arrivals_in_the_third_country_are_within_a_factor_of_two(history, year):
    arrivals = of_year(history, Event.WENT_TO_THIRD_COUNTRY, year)
    assert ARRIVALS[year] / 2 <= arrivals <= ARRIVALS[year] * 2


def test_arrivals_collapse_when_the_border_closes(history):
    before = np.mean([of_year(history, Event.WENT_TO_THIRD_COUNTRY, year) for year in range(2017, 2020)])
    assert of_year(history, Event.WENT_TO_THIRD_COUNTRY, 2020) < 0.3 * before
    for year in (2021, 2022):
        assert 0 < of_year(history, Event.WENT_TO_THIRD_COUNTRY, year) < 0.1 * before


def test_returns_are_at_least_the_documented_ones(history):
    assert of_year(history, Event.REMOVED, 2002) >= 4_809  # E-C01, one border area alone
    assert np.mean([of_year(history, Event.REMOVED, year) for year in range(1998, 2007)]) >= 4_800  # E-C02
    assert sum(of_year(history, Event.REMOVED, year, Sex.FEMALE) for year in range(2005, 2017)) >= 6_473  # E-C04


def test_people_wait_in_custody_while_returns_are_refused_and_are_then_returned_in_a_pulse(history):
    """E-C12: a consequence of the rules, not an input. Nobody is returned from 2020 to August 2023."""
    removed, custody = (
        history.state.ledger.monthly[:, Event.REMOVED],
        history.state.stocks.by_status[:, Status.IN_CUSTODY],
    )
    closed = slice((2020 - 1996) * 12, (2023 - 1996) * 12 + 8)
    assert removed[closed].sum() == 0
    assert custody[closed.stop - 1] > 3 * custody[closed.start - 1]
    reopened = removed[closed.stop : closed.stop + 3].sum()
    assert reopened > 3 * removed[closed.start - 3 : closed.start].sum()
