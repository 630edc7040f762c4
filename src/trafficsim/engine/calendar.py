"""Months as whole numbers: 0 is January 1996."""

import re

from trafficsim.errors import UserError

FIRST_YEAR = 1996
MONTHS_A_YEAR = 12


def month_index(label: str) -> int:
    """Return the number of the month ``label`` ("2024-04" -> 339); :class:`UserError` when it is not YYYY-MM."""
    found = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", str(label).strip())
    if not found:
        raise UserError(f"'{label}' is not a month. Write it as YYYY-MM, for example 2024-04.")
    return (int(found[1]) - FIRST_YEAR) * MONTHS_A_YEAR + int(found[2]) - 1


def month_label(index: int) -> str:
    """Return the label of month ``index`` (339 -> "2024-04")."""
    year, month = divmod(int(index), MONTHS_A_YEAR)
    return f"{FIRST_YEAR + year:04d}-{month + 1:02d}"


def year_of(index: int) -> int:
    """Return the calendar year of month ``index``."""
    return FIRST_YEAR + int(index) // MONTHS_A_YEAR
