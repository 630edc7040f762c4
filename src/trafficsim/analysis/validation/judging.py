"""Held-out patterns against predictions: for each an interval, the data, and whether the model passes as was written down before.

The rules for passing are those of the evidence's V-rows (``judged_by``). Predictions count the spread of the posterior, of what is
not fitted, and luck; the model's discrepancy is not added, so that failing is possible.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

from trafficsim.analysis.validation.outlook import NAMES
from trafficsim.catalog import Catalog

LEVEL = 0.9
ORDER_OF_MAGNITUDE = 10.0**0.5
"""Within this factor, either way, a ratio is of the right order of magnitude."""

PASSES, FAILS, IN_PART = "passes", "fails", "in part"


@dataclass(frozen=True)
class Row:
    """One number of a pattern. ``data`` is (low, high), equal where the source gives one number.

    ``covered`` says that the predictive interval holds that number, or overlaps with that range.
    """

    pattern: str
    what: str
    unit: str
    data: tuple[float, float]
    low: float
    median: float
    high: float
    covered: bool

    @property
    def is_range(self) -> bool:
        """Whether the source gives a range: to overlap with it is less than to hold a number."""
        return self.data[1] > self.data[0]

    @property
    def meets(self) -> str:
        """In a word, how prediction and data stand to each other."""
        if self.is_range:
            return "overlaps" if self.covered else "apart"
        return "yes" if self.covered else "no"


@dataclass(frozen=True)
class Verdict:
    """What comes of one pattern. ``because`` says it in numbers; ``overlap`` is why the pattern was not quite unseen, if so."""

    pattern: str
    says: str
    judged_by: str
    verdict: str
    because: str
    overlap: str


@dataclass(frozen=True)
class Validation:
    """Rows and verdicts; ``runs`` is how many draws of the posterior were lived through."""

    rows: tuple[Row, ...]
    verdicts: tuple[Verdict, ...]
    runs: int

    @property
    def coverage(self) -> float:
        """How many of the single numbers lie within their predictive intervals, as a share."""
        inside, numbers, _, _ = self.counted()
        return inside / numbers

    def counted(self) -> tuple[int, int, int, int]:
        """Return how many numbers lie within, how many there are, how many ranges overlap, and how many there are."""
        numbers = [row.covered for row in self.rows if not row.is_range]
        ranges = [row.covered for row in self.rows if row.is_range]
        return sum(numbers), len(numbers), sum(ranges), len(ranges)


def _per_cent(share: float) -> str:
    return f"{100 * share:.0f} %"


def judged(predicted: NDArray[np.float64], known: Catalog) -> Validation:
    """Return how predictions, shape (runs, numbers) as :data:`NAMES` has them, stand to the evidence of ``known``."""
    by_name = {name: predicted[:, place] for place, name in enumerate(NAMES)}
    table = known.evidence_tables["E-A"]
    women = dict(zip(table["year"], table["women"], strict=True))
    total = dict(zip(table["year"], table["total"], strict=True))
    parts = [
        _arrivals(by_name, women, total), _closure(by_name, women), _composition(by_name), _stock(by_name, known),
        _registration(by_name), _intent(by_name),
    ]  # fmt: skip
    rows: list[Row] = []
    verdicts: list[Verdict] = []
    for pattern, (found, verdict, because) in zip(("V1", "V2", "V3", "V8", "V12", "V15"), parts, strict=True):
        record = known.evidence[pattern]
        rows += found
        judged_by = str(getattr(record, "judged_by", ""))
        verdicts.append(Verdict(pattern, record.says, judged_by, verdict, because, _overlap(pattern, known)))
    return Validation(tuple(rows), tuple(verdicts), len(predicted))


By = Mapping[str, NDArray[np.float64]]
Part = tuple[list[Row], str, str]


def _row(pattern: str, what: str, unit: str, data: float | tuple[float, float], values: NDArray[np.float64]) -> Row:
    there = values[np.isfinite(values)]
    low, median, high = np.quantile(there, ((1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2))
    ends = data if isinstance(data, tuple) else (data, data)
    covered = bool(low <= ends[1] and ends[0] <= high)
    return Row(pattern, what, unit, ends, float(low), float(median), float(high), covered)


def _arrivals(by: By, women: Mapping[float, float], total: Mapping[float, float]) -> Part:
    years = range(2016, 2020)
    rows = [_row("V1", f"women who arrived in {year}", "women", women[year], by[f"women/{year}"]) for year in years]
    shares = [
        _row("V1", f"women's share of arrivals in {year}", "share", women[year] / total[year], by[f"share/{year}"])
        for year in years
    ]
    covered = sum(row.covered for row in rows)
    because = f"{covered} of 4 years of arrivals, and {sum(row.covered for row in shares)} of 4 shares, lie within the interval"
    return [*rows, *shares], PASSES if covered >= 3 else FAILS, because


def _closure(by: By, women: Mapping[float, float]) -> Part:
    rows, right = [], 0
    for year in range(2020, 2026):
        predicted = by[f"women/{year}"] / np.maximum(by["women/2019"], 1.0)
        row = _row(
            "V2", f"women who arrived in {year}, relative to 2019", "ratio", women[year] / women[2019], predicted
        )
        right += 1 / ORDER_OF_MAGNITUDE <= max(row.median, 1e-9) / row.data[0] <= ORDER_OF_MAGNITUDE
        rows.append(row)
    because = (
        f"the median is of the right order of magnitude (a factor of {ORDER_OF_MAGNITUDE:.1f}) in {right} of 6 years"
    )
    return rows, PASSES if right == 6 else FAILS, because


def _composition(by: By) -> Part:
    least = 1.0
    before, after = (by[f"direct/{year}"] / np.maximum(by[f"long-stay/{year}"], least) for year in (2014, 2025))
    rows = [
        _row("V3", "direct arrivals for each long-stayer, 2014", "ratio", (0.5, 2.0), before),
        _row("V3", "direct arrivals in 2025", "persons", (0.0, 9.0), by["direct/2025"]),
    ]
    fell, fewer = float((after < before).mean()), float((after < 1.0).mean())
    because = (
        f"direct arrivals fall against long-stayers in {_per_cent(fell)} of draws, "
        f"and are fewer than these in 2025 in {_per_cent(fewer)}"
    )
    return rows, PASSES if min(fell, fewer) >= LEVEL else FAILS, because


def _stock(by: By, known: Catalog) -> Part:
    low, high = known.evidence["V8"].interval or (10_000.0, 20_000.0)
    row = _row("V8", "people in the host country in 2025", "persons", (low, high), by["stock/2025"])
    inside = float(((by["stock/2025"] >= low) & (by["stock/2025"] <= high)).mean())
    verdict = PASSES if low <= row.median <= high else IN_PART if row.covered else FAILS
    return [row], verdict, f"{_per_cent(inside)} of draws lie inside; the median is {row.median:,.0f}"


def _registration(by: By) -> Part:
    first, later = by["registered/2008"], by["registered/2012"]
    rose = float((later > first).mean())
    row = _row("V12", "children with a nationality in 2012", "share", (0.95, 1.0), later)
    levels = f"{_per_cent(np.nanmedian(first))} to {_per_cent(np.nanmedian(later))}"
    because = f"the share rises from 2008 to 2012 in {_per_cent(rose)} of draws, from {levels}"
    return [row], PASSES if rose >= LEVEL else FAILS, because


def _intent(by: By) -> Part:
    first, second = by["political/first"], by["political/second"]
    rose = float((second > first).mean())
    rows = [
        _row("V15", "political or bound for the third country, first departure", "share", 0.491, first),
        _row("V15", "political or bound for the third country, last departure", "share", 0.906, second),
    ]
    levels = f"{_per_cent(np.nanmedian(first))} to {_per_cent(np.nanmedian(second))}"
    because = f"the share rises in {_per_cent(rose)} of draws, from {levels}"
    return rows, PASSES if rose >= LEVEL else FAILS, because


def _overlap(pattern: str, known: Catalog) -> str:
    """Return which numbers of the model rest on the figures that a pattern is judged by: there it was not unseen."""
    resting = [
        (figure, place.partition(".")[2])
        for figure in known.evidence[pattern].related
        for place in known.named_by(figure)
        if place.startswith(("parameters.", "series."))
    ]
    if not resting:
        return ""
    figures, places = (", ".join(sorted(set(column))) for column in zip(*resting, strict=True))
    return f"not quite unseen: {figures} also underlies {places}"


def keep_validation(found: Validation, path: Path) -> Path:
    """Write what was found as YAML, for the documents; return the path."""
    rows = [
        {key: float(f"{value:.3g}") if isinstance(value, float) else value for key, value in asdict(row).items()}
        | {"data": [float(f"{end:.4g}") for end in row.data]}
        for row in found.rows
    ]
    whole = {
        "runs": found.runs,
        "coverage": round(found.coverage, 3),
        "verdicts": [asdict(each) for each in found.verdicts],
    }
    text = yaml.safe_dump({**whole, "rows": rows}, sort_keys=False, allow_unicode=True, width=120)
    path.write_text("# Written by `trafficsim validate --install`. Do not change by hand.\n" + text, encoding="utf-8")
    return path
