"""``make mutants``: try every mutant of every rule, print the score and write the page."""

import sys

from situations.tables import RULES

from mutation.page import LEAST, PAGE, page, rows, score
from mutation.trial import plain_python, try_all


def main() -> int:
    """Return 0 where enough mutants are noticed."""
    if not plain_python():
        print("Mutants run as plain Python: set NUMBA_DISABLE_JIT=1 ('make mutants' does).", file=sys.stderr)
        return 2
    trials = try_all(RULES)
    for title, number, killed, same in rows(trials):
        print(f"{title:48} {killed:4} of {number - same:4}" + (f"  ({same} equivalent)" if same else ""))
    for one in trials:
        if not one.killed and not one.because:
            print(f"survives: {one.title}: {one.mutant.says}")
    print(f"{100 * score(trials):.1f} % of {len(trials)} mutants were noticed; at least {100 * LEAST:.0f} % must be.")
    PAGE.write_text(page(trials), encoding="utf-8")
    return int(score(trials) < LEAST)


if __name__ == "__main__":
    sys.exit(main())
