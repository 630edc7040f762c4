"""The page of the score: by rule, with every mutant that survives, and every equivalent one with its reason."""

from collections.abc import Sequence
from pathlib import Path

from mutation.trial import Trial

PAGE = Path(__file__).parents[2] / "docs" / "review" / "mutants.md"
LEAST = 0.85
"""The share of mutants that tables of cases must notice, the equivalent ones left out."""


def score(trials: Sequence[Trial]) -> float:
    """Return the share of the mutants that were noticed, of those that can be."""
    able = [one for one in trials if not one.because]
    return sum(one.killed for one in able) / len(able) if able else 1.0


def rows(trials: Sequence[Trial]) -> list[tuple[str, int, int, int]]:
    """Return of each rule its name, and how many mutants it has, were noticed, and are equivalent."""
    found = []
    for title in dict.fromkeys(one.title for one in trials):
        own = [one for one in trials if one.title == title]
        found.append((title, len(own), sum(one.killed for one in own), sum(bool(one.because) for one in own)))
    return found


def page(trials: Sequence[Trial]) -> str:
    """Return ``docs/review/mutants.md``."""
    table = ["| rule | mutants | noticed | equivalent |", "| --- | ---: | ---: | ---: |"]
    table += [f"| `{title}` | {number} | {killed} | {same} |" for title, number, killed, same in rows(trials)]
    alive = [one for one in trials if not one.killed and not one.because]
    same = [one for one in trials if one.because]
    kinds = dict.fromkeys(one.mutant.kind for one in trials)
    by_kind = ["| what is changed | mutants | noticed |", "| --- | ---: | ---: |"]
    for kind in sorted(kinds):
        own = [one for one in trials if one.mutant.kind == kind and not one.because]
        by_kind.append(f"| {kind} | {len(own)} | {sum(one.killed for one in own)} |")
    killed = sum(one.killed for one in trials)
    return "\n".join(
        [
            "# Mutation testing of the rules", "",
            "A test that cannot fail proves nothing. So each rule is changed in one place at a time, as a slip of the hand would:",
            "another number, `<` for `<=`, `+` for `-`, `and` for `or`, `min` for `max`, `x` for `1 - x`, a parameter a tenth",
            "higher, a lever dropped or always on. Its own table of cases (`tests/situations/rules`) must notice.",
            "`make mutants` tries every mutant and writes this page; the tests try a twentieth of them each time.", "",
            f"**{killed} of {len(trials) - len(same)} mutants are noticed: {100 * score(trials):.1f} %.** "
            f"At least {100 * LEAST:.0f} % must be.",
            f"{len(same)} more are equivalent: nothing that a run asks tells them from the rule. They are listed below,",
            "each with its reason.", "",
            "This speaks of rules alone: one life's numbers in, a chance or a decision out. How the loops of a month call them is",
            "held by other tests.", "",
            "## By kind", "", *by_kind, "",
            "## By rule", "", *table, "",
            "## Mutants that survive", "",
            *([f"- `{one.title}`: `{one.mutant.before}` becomes `{one.mutant.after}`" for one in alive] or ["None."]), "",
            "## Equivalent mutants", "",
            *([f"- `{one.title}`: `{one.mutant.before}` becomes `{one.mutant.after}`. {one.because}" for one in same] or ["None."]),
            "",
        ]
    )  # fmt: skip
