"""Claims that this study's own runs can put to the test: in how many of its worlds each sentence holds.

The verdicts that ship with the documents rest on studies of their own, made for all claims at once, and change with each
calibration. A report says what its own study says, and names the command that gives a verdict.
"""

import re
from collections.abc import Mapping

import numpy as np

from trafficsim.analysis.claims import FEWEST_WORLDS, MOST_DOUBT, Answer, answer, percent
from trafficsim.analysis.worlds import Worlds, worlds_of, worlds_of_group
from trafficsim.claims import MAKERS, Claim, claim_names, load_claim
from trafficsim.errors import UserError
from trafficsim.experiments.points import assumptions_in
from trafficsim.report.claims import effect_in_words
from trafficsim.report.document.content import Block, Cited, Paragraph, Section, Table, Word, Words, joined, words
from trafficsim.report.document.notes import Notes, command
from trafficsim.report.document.reading import Reported, counted


def claims(reported: Reported, notes: Notes) -> Section:
    """Return the part on claims."""
    judged = _judged(reported)
    blocks: list[Block] = [
        Paragraph(
            words(
                "Sentences that advocates, critics and governments make, each with a test on results. Told here are "
                "those that this "
                "study's own runs can test: it has their policies, and their horizon. A verdict on whether a sentence may be "
                "cited takes two sets of worlds, those that fit the data and those of the wide prior, at least ",
                f"{FEWEST_WORLDS} each: ",
                Word("trafficsim claims", "code"),
                " gives it, with conditions, what a claim leans on, and its sources.",
            )
        )
    ]
    if not judged:
        blocks.append(Paragraph(words("This study has the policies or the horizon of none of the claims that ship.")))
    else:
        if len(judged[0][1].holds) < FEWEST_WORLDS:
            few = counted(len(judged[0][1].holds), "world")
            blocks.append(
                Paragraph(words(Word("Too few for a verdict: ", "strong"), f"this study has {few}."), "warning")
            )
        blocks.append(_table(reported, notes, judged))
    return Section("claims", "Claims", tuple(blocks))


def _judged(reported: Reported) -> list[tuple[Claim, Answer]]:
    """Return each claim that the study can test with what its worlds answer."""
    chosen = [
        claim
        for claim in map(load_claim, claim_names())
        if set(claim.arms) <= set(reported.arms) and claim.years in (None, reported.study["years"])
    ]
    if not chosen:
        return []
    frames = reported.frames
    points, layout = assumptions_in(reported.file, reported.id)
    try:
        worlds: dict[str, Worlds] = {"": worlds_of(frames, points, layout)}
    except UserError:  # no whole world is finished
        return []
    found = []
    for claim in chosen:
        try:
            for group in claim.groups:
                if group not in worlds:
                    dimension, _, level = group.partition("=")
                    worlds[group] = worlds_of_group(frames, dimension, level, points)
            found.append((claim, answer(claim, worlds)))
        except UserError:  # the study keeps no totals by this group, or lacks an indicator
            continue
    return found


def _table(reported: Reported, notes: Notes, judged: list[tuple[Claim, Answer]]) -> Table:
    rows = tuple(_row(reported, notes, claim, found) for claim, found in judged)
    columns = ("Sentence, and who makes it", "Test", "Holds in", "What is said against it")
    return Table("Claims in the worlds of this study", columns, rows, shares=(1.3, 1.5, 1.1, 1.5))


def _row(reported: Reported, notes: Notes, claim: Claim, found: Answer) -> tuple[Words, ...]:
    test = "; ".join(_with_titles(condition.words, reported.arms) for condition in claim.test)
    key, share = f"claim-{claim.name}", f"{int(found.holds.sum())} of {counted(len(found.holds), 'world')}"
    notes.add(
        key,
        f"Claim: {claim.sentence}",
        words(
            f"Test: {test}. The share of worlds with its 90 % interval (Wilson); from {reported.extent} of study "
            f"{reported.id}. The "
            f"effect is the median of the worlds and their middle 90 %. What the model can say: {claim.note} Ask again: ",
            command("claims", claim.name),
        ),
        f"Test: {test}. Runs: study {reported.id}, {reported.extent}. Source: {', '.join(claim.evidence)}.",
    )
    interval = f" ({percent(found.low)} to {percent(found.high)})" if len(found.holds) > 1 else ""
    held: Words = words(notes.number(share + interval, key, "worlds in which the sentence holds"))
    if found.effect is not None:
        effect = (
            effect_in_words(found.effect) if len(found.holds) > 1 else effect_in_words(found.effect).partition(" (")[0]
        )
        held = words(*held, "; effect ", notes.number(effect, key, "what the first condition of the test compares"))
    if np.isnan(found.doubt):
        held = words(*held, "; luck is not told from assumptions")
    elif found.doubt > MOST_DOUBT:
        held = words(*held, f"; luck may have made the answer in {percent(found.doubt)} of them")
    cited = joined([(Cited(name),) for name in (*claim.evidence, *claim.provisions)])
    return (
        words(claim.sentence, f" ({MAKERS[claim.made_by]}; ", *cited, ")"),
        words(test),
        held,
        words(claim.counter),
    )


def _with_titles(text: str, arms: Mapping[str, str]) -> str:
    """Return a test in words, with the titles of arms in the place of their names."""
    return re.sub(r"[a-z]\w*", lambda found: f"“{arms[found[0]]}”" if found[0] in arms else found[0], text)
