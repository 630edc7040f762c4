"""``make units``: walk every rule, try every wrong unit, and write the page."""

import sys

from dimensions.page import LEAST, PAGE, page, score, walks
from dimensions.slips import slips


def main() -> int:
    """Return 0 where nothing is told and enough slips are found."""
    told = [words for one in walks().values() for words in one.told]
    print(*told, sep="\n", end="\n" if told else "")
    tried = list(slips())
    wrong = [one for one in tried if one.dimension]
    print(
        f"{100 * score(wrong):.1f} % of {len(wrong)} wrong dimensions are found; at least {100 * LEAST:.0f} % must be."
    )
    PAGE.write_text(page(tried), encoding="utf-8")
    return int(bool(told) or score(wrong) < LEAST)


if __name__ == "__main__":
    sys.exit(main())
