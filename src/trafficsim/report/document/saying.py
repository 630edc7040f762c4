"""How a difference is said: in sentences that can be quoted, no more sure than the numbers."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from trafficsim.report.document.content import Number, Piece, Word, Words, joined, words
from trafficsim.report.document.notes import Notes, sources_of
from trafficsim.report.document.reading import Reported
from trafficsim.report.effects import quotient, word_of
from trafficsim.report.harm_tables import percent
from trafficsim.report.table import MINUS, number, signed

SUBJECTS = {
    "refoulement": "forced returns of people at risk",
    "tortured": "returns followed by torture or inhuman treatment",
    "months_in_exploitation": "months lived in exploitation",
    "trafficked": "sales or hand-overs of people into exploitation",
    "trafficked_again": "sales or hand-overs of people who had been trafficked before",
    "months_in_detention": "months spent in detention in the host country",
    "identified": "people identified as victims of trafficking",
    "protected": "people taken under protection",
    "months_untreated": "months in which needed health care was not received",
    "brokers_prosecuted": "prosecutions of brokers",
    "children_separated": "children separated from their mothers",
    "months_of_separation": "months that children live apart from their mothers",
    "children_reunited": "reunions of children with their mothers",
    "deaths": "deaths",
}
"""The main indicators as what a sentence counts, each a plural, so that there can be fewer or more of it."""

MANY_TIMES = 2.0
"""From this ratio on "times as many" is said in the place of per cent."""


def subject(reported: Reported, indicator: str) -> str:
    """Return what a sentence about an indicator counts."""
    return SUBJECTS.get(indicator) or f"{reported.unit(indicator)} of “{reported.label(indicator)}”"


def compared(ratio: float) -> str:
    """Say a ratio to the level against: "64 % fewer", "46 % more", "3.4 times as many", "as many"."""
    if ratio == 1.0:
        return "as many"
    if ratio >= MANY_TIMES:
        return f"{quotient(ratio)} times as many"
    return f"{percent(abs(ratio - 1.0))} {'fewer' if ratio < 1.0 else 'more'}"


def compared_range(low: float, high: float) -> str:
    """Say an interval of ratios: "52 to 78 % fewer", "5 % fewer to 30 % more"; nothing where there is none."""
    if np.isnan(low) or np.isnan(high):
        return ""
    if compared(low) == compared(high):
        return compared(low)
    if high < 1.0:
        return f"{percent(1.0 - high).removesuffix(' %')} to {percent(1.0 - low)} fewer"
    if low > 1.0 and high < MANY_TIMES:
        return f"{percent(low - 1.0).removesuffix(' %')} to {percent(high - 1.0)} more"
    if low >= MANY_TIMES:
        return f"{quotient(low)} to {quotient(high)} times as many"
    return f"{compared(low)} to {compared(high)}"


def change(row: Any) -> str:
    """Write an effect for a table, relative to the level against: "−64 %", "× 3.4", "from none", "0 %"."""
    if row.difference == 0.0:
        return "0 %"
    if np.isnan(row.ratio):
        return "–" if np.isnan(row.difference) else "from none"
    if row.ratio >= MANY_TIMES:
        return f"× {quotient(row.ratio)}"
    return f"{'+' if row.ratio > 1.0 else MINUS}{percent(abs(row.ratio - 1.0))}"


def same_sign(row: Any) -> tuple[int, int]:
    """Return in how many worlds a difference has the sign of its mean, and of how many."""
    share = row.share_below if row.difference < 0 else row.share_above
    return (0 if np.isnan(share) else round(share * row.worlds)), int(row.worlds)


def meaning(reported: Reported, row: Any) -> str:
    """Return the verdict on an effect: better, worse, lower, higher, unclear or no change."""
    word = word_of(row, reported.direction(row.indicator))
    # The middle of the worlds may be all zeros where some world beyond it is not.
    return "unclear" if np.isnan(row.difference) or (word == "no change" and not _is_same(row)) else word


def _is_same(row: Any) -> bool:
    """Return whether an effect is zero in every world, or in every replicate of the one world."""
    return row.difference == 0.0 and (row.worlds == 1 or row.share_below == row.share_above == 0.0)


def sentence(reported: Reported, notes: Notes, row: Any, level: float) -> Words:
    """Return the sentence on one effect: what, how much, in which interval, in how many worlds, what it means, and sources."""
    word = meaning(reported, row)
    what = subject(reported, row.indicator)
    arm, base = f"“{reported.arms[row.arm]}”", f"“{reported.arms[row.against]}”"

    def traced(text: str, told: str) -> Number:
        return notes.of_indicator(text, row.indicator, told)

    means = (
        traced(number(row.mean), f"mean under {arm}"),
        " instead of ",
        traced(number(row.mean_against), f"mean under {base}"),
        " on average",
    )
    begins: tuple[Piece, ...]
    if np.isnan(row.difference):
        return words(f"Of {what} nothing can be told, for there were none to compare. ", *_ends(reported, row, word))
    if word == "unclear":
        begins = (
            f"In the model, it is unclear whether there are fewer or more {what} under {arm} than under {base}: ",
            *means,
        )  # fmt: skip
    elif np.isnan(row.ratio):
        begins = ("In the model, there are ", means[0], f" {what} under {arm} on average, and none under {base}")
    else:
        told = traced(compared(row.ratio), f"ratio of the means under {arm} and {base}")
        than = "as" if row.ratio >= MANY_TIMES else "than"
        begins = ("In the model, there are ", told, f" {what} under {arm} {than} under {base}: ", *means)
    spread = _spread(reported, notes, row, level)
    return words(*begins, *(words(" (", *spread, ")") if spread else ()), ". ", *_ends(reported, row, word))


def unchanged(reported: Reported, notes: Notes, rows: Sequence[Any]) -> Words:
    """Return the one sentence on all effects that are none at all."""
    arm, base = f"“{reported.arms[rows[0].arm]}”", f"“{reported.arms[rows[0].against]}”"
    counts = joined(
        words(
            f"{subject(reported, row.indicator)} (",
            notes.of_indicator(number(row.mean), row.indicator, f"mean under both {arm} and {base}"),
            ")",
        )
        for row in rows
    )
    where = "world" if rows[0].worlds > 1 else "replicate"
    return words(
        "In the model, there are as many ", *counts, f" under {arm} as under {base}, in every {where}. Verdict: ",
        Word("no change", "verdict"), f". Source: study {reported.id}.",
    )  # fmt: skip


def _ends(reported: Reported, row: Any, word: str) -> Words:
    cited = sources_of(str(reported.indicators.loc[row.indicator, "source"]))
    because = ("; it matters because of ", *cited) if cited else ()
    return words("Verdict: ", Word(word, "verdict"), f". Source: study {reported.id}", *because, ".")


def _spread(reported: Reported, notes: Notes, row: Any, level: float) -> Words:
    """Return the interval, and in how many worlds an effect has its sign."""
    relative = compared_range(row.ratio_low, row.ratio_high)
    if (row.ratio_low <= 1.0 <= row.ratio_high) != (row.low <= 0.0 <= row.high):
        relative = ""  # Worlds with none to compare have a difference, on which the verdict stands, but no ratio.
    if not relative and not np.isnan(row.low):
        relative = f"a difference of {signed(row.low)} to {signed(row.high)}"
    per_cent = f"{100 * level:.0f} %"
    if row.worlds == 1:
        if not relative:
            return words("one replicate, which cannot tell luck from policy" if row.replicates == 1 else "no interval")
        told = f"{per_cent} interval over {row.replicates} replicates"
        return words(
            notes.of_indicator(relative, row.indicator, told), f", {told}, by luck alone, at one set of assumptions"
        )
    same, worlds = same_sign(row)
    told = f"middle {per_cent} of {worlds} {reported.worlds_are}"
    sign = "fewer" if row.difference < 0 else "more"
    return words(
        *((f"in the {told}, ", notes.of_indicator(relative, row.indicator, told), "; ") if relative else ()),
        f"{sign} in ",
        notes.of_indicator(f"{same} of {worlds}", row.indicator, f"worlds in which there are {sign}"),
        *(_by_luck(notes, row, per_cent) if row.stands and row.luck_low <= 0.0 <= row.luck_high else ()),
    )


def _by_luck(notes: Notes, row: Any, per_cent: str) -> Words:
    """Say that so few replicates leave the mean in doubt, though the worlds agree."""
    interval = f"{signed(row.luck_low)} to {signed(row.luck_high)}"
    told = f"{per_cent} interval of the mean difference by luck alone"
    return words("; by luck alone the mean difference may be ", notes.of_indicator(interval, row.indicator, told))
