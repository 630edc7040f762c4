"""What becomes of claims: the table of all, one in full, and the same for programs."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from trafficsim.analysis.claims import (
    CONDITIONAL,
    REFUTED,
    ROBUST,
    UNDECIDED,
    UNSUPPORTED,
    VERDICTS,
    Effect,
    Finding,
    Judgement,
    percent,
)
from trafficsim.analysis.conditions import Rule
from trafficsim.analysis.leaning import Lean
from trafficsim.catalog import catalog
from trafficsim.claims import MAKERS, Claim
from trafficsim.report.table import number, signed
from trafficsim.report.widths import print_whole

STYLES = {ROBUST: "green", CONDITIONAL: "yellow", UNSUPPORTED: "magenta", REFUTED: "red", UNDECIDED: "dim"}
MEANINGS = {
    ROBUST: "holds in nearly all worlds that fit the data, and in most of the wide prior",
    CONDITIONAL: "holds in most worlds, or in those that a rule tells",
    UNSUPPORTED: "the worlds do not bear it out",
    REFUTED: "fails in nearly all worlds",
    UNDECIDED: "luck still decides",
}
SETS = {"posterior": "worlds that fit the data", "prior": "worlds of the wide prior"}
LEANS_SHOWN = 6

Studies = Sequence[Mapping[str, Any]]
"""What the studies were: rows of the table ``studies``, with ``worlds`` and ``limits``."""


def in_order(judgements: Iterable[Judgement]) -> list[Judgement]:
    """Return the judgements by verdict, and within one by the share of worlds in which the claim holds."""
    return sorted(
        judgements, key=lambda each: (VERDICTS.index(each.verdict.word), -each.posterior.share, each.claim.name)
    )


def share_in_words(found: Finding) -> str:
    """Return "94 % (91 to 96)"."""
    low, high = (percent(share).removesuffix(" %") for share in (found.low, found.high))
    return f"{percent(found.share)} ({low} to {high})"


def effect_in_words(effect: Effect | None) -> str:
    """Return "−63 % (−88 to −21)": the median of the worlds and their middle 90 %."""
    if effect is None:
        return "nothing to compare with"
    middle, low, high = (
        _of_effect(effect, value) for value in (effect.median, effect.spread.world_low, effect.spread.world_high)
    )
    return f"{middle} % ({low} to {high})"


def _of_effect(effect: Effect, value: float) -> str:
    """Write a number of an effect: a change with its sign."""
    rounded = float(round(value)) if abs(value) >= 10 else value
    return signed(rounded) if effect.kind == "change" else number(rounded)


def print_claims(judgements: Sequence[Judgement], studies: Studies, console: Console) -> None:
    """Print a line for each claim, what the words mean, and what all of it does not mean."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("claim", min_width=30, overflow="fold")
    table.add_column("holds in worlds that fit the data", justify="right", max_width=16)
    table.add_column("in the wide prior", justify="right", max_width=16)
    table.add_column("effect (middle 90 % of worlds)", justify="right", max_width=24)
    table.add_column("verdict", max_width=12)
    for each in in_order(judgements):
        table.add_row(
            Text.assemble(each.claim.sentence, (f"\n{each.claim.name}; {MAKERS[each.claim.made_by]}", "dim")),
            share_in_words(each.posterior),
            share_in_words(each.prior),
            effect_in_words(each.posterior.effect),
            Text(each.verdict.word, STYLES[each.verdict.word]),
        )
    print_whole(table, console)
    console.print(Text("; ".join(f"{word}: {says}" for word, says in MEANINGS.items()) + ".", "dim"))
    console.print(Text("One in full, with conditions, assumptions and sources: trafficsim claims NAME", "dim"))
    console.print(Text(small_print(studies), "italic"))


def small_print(studies: Studies) -> str:
    """Return what the results do not mean, and of which studies they are."""
    first = studies[0]
    ids = ", ".join(dict.fromkeys(each["id"] for each in studies))
    calibration = "; ".join(dict.fromkeys(each["calibrated_by"] for each in studies if each["calibrated_by"]))
    return (
        f"{first['limits'][0]} {first['limits'][1]} Worlds that fit the data: {calibration.rstrip('.')}. "
        f"Studies {ids}: {first['worlds']} worlds each, {first['replicates']} replicates, scale {first['scale']:g}; "
        f"trafficsim {first['software_version']}."
    )


def print_claim(judged: Judgement, studies: Studies, console: Console) -> None:
    """Print one claim in full."""
    claim, word = judged.claim, judged.verdict.word
    console.print(Text(claim.sentence, "bold"))
    console.print(Text(f"{claim.name}; made by {MAKERS[claim.made_by]}", "dim"))
    console.print(Text.assemble("\nVerdict: ", (word, STYLES[word]), f". {judged.verdict.because}"))
    print_test(claim, console)
    for which, found in (("posterior", judged.posterior), ("prior", judged.prior)):
        console.print(Text(f"\nIn the {found.worlds} {SETS[which]}, {found.replicates} replicates each", "bold"))
        for name, told in finding_in_words(found):
            console.print(Text.assemble((f"{name}: ", "bold"), told))
    console.print(Text.assemble(("\nA counter-argument: ", "bold"), claim.counter))
    console.print(Text.assemble(("What the model can say: ", "bold"), claim.note))
    print_sources(claim, console)
    console.print(Text("\n" + small_print(studies), "italic"))


def finding_in_words(found: Finding) -> list[tuple[str, str]]:
    """Return what one set of worlds says, as (name, sentence)."""
    luck = (
        "cannot be told from one replicate"
        if np.isnan(found.doubt)
        else f"may decide in {percent(found.doubt)} of them"
    )
    told = [("It holds in", f"{share_in_words(found)}; luck {luck}")]
    told.append(("Effect", effect_in_full(found.effect)))
    conditions = found.conditions
    told += [(f"It {conditions.outcome} where", rule_in_words(rule, conditions.outcome)) for rule in conditions.rules]
    if conditions.told:
        told.append(("Conditions", conditions.told))
    elif conditions.rules:
        told.append(
            ("Elsewhere", f"it {conditions.outcome} in {_percent(conditions.elsewhere)} of the worlds held out; in all "
             f"of those held out in {_percent(conditions.base)}")
        )  # fmt: skip
    leans = [lean_in_words(lean) for lean in found.leaning.leans[:LEANS_SHOWN]]
    if len(found.leaning.leans) > LEANS_SHOWN:
        leans.append(f"and {len(found.leaning.leans) - LEANS_SHOWN} more (--json lists them)")
    floor = "" if np.isnan(found.leaning.floor) else f" beyond the noise floor of {found.leaning.floor:.2f}"
    told.append(("Leans on", "\n".join(["", *leans]) if leans else f"no parameter{floor}"))
    return told


def _percent(share: float) -> str:
    return "none" if np.isnan(share) else percent(share)


def effect_in_full(effect: Effect | None) -> str:
    """Return the effect with luck and assumptions apart."""
    if effect is None:
        return effect_in_words(effect)
    spread = effect.spread
    told = f"{effect_in_words(effect)}, median and middle {100 * spread.level:.0f} % of {spread.worlds} worlds"
    if not np.isnan(spread.luck_low):
        mean, low, high = (_of_effect(effect, value) for value in (spread.mean, spread.luck_low, spread.luck_high))
        told += f"; the mean is {mean} %, by luck alone {low} to {high}"
    if not np.isnan(spread.share_of_assumptions):
        told += f"; assumptions explain {percent(spread.share_of_assumptions)} of the variance of a run"
    return told


def rule_in_words(rule: Rule, outcome: str) -> str:
    """Return a rule with what worlds held out say of it."""
    return (
        f"{rule.words} (of {rule.worlds} such worlds held out it {outcome} in {percent(rule.density)}; they are "
        f"{percent(rule.coverage)} of those in which it {outcome})"
    )


def lean_in_words(lean: Lean) -> str:
    """Return a parameter with its direction, its grade and where its value comes from."""
    record = lean.record
    towards = "failing" if lean.correlation > 0 else "holding"
    source = "assumed" if lean.is_assumed else ", ".join(record.source)
    return (
        f"{lean.parameter} ({record.meaning}): more of it goes with {towards} (rank correlation "
        f"{abs(lean.correlation):.2f}); grade {record.grade}, {source}, {record.range[0]:g} to {record.range[1]:g}"
    )


def print_test(claim: Claim, console: Console) -> None:
    """Print what a claim is tested by."""
    horizon = f", within {claim.years} years" if claim.years else ""
    for condition in claim.test:
        console.print(Text.assemble(("Test: ", "bold"), condition.words + horizon))


def print_sources(claim: Claim, console: Console) -> None:
    """Print the evidence of a claim, what stands behind it, and where that was read."""
    known = catalog()
    for name in (*claim.evidence, *claim.provisions):
        record = known.evidence[name]
        console.print(Text.assemble((f"{name} ", "bold"), f"({record.status}): {record.says}"))
    for key, source in claim.sources.items():
        console.print(Text.assemble((f"{key}: ", "bold"), source.citation))


def print_list(claims: Iterable[Claim], console: Console) -> None:
    """Print the claims without any result."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("claim", overflow="fold")
    table.add_column("made by")
    table.add_column("sentence")
    for claim in claims:
        table.add_row(claim.name, MAKERS[claim.made_by], claim.sentence)
    print_whole(table, console)


def plain_claim(claim: Claim) -> dict[str, Any]:
    """Return a claim for programs, with its test in words and its sources as CSL."""
    return {
        **claim.plain(),
        "test_in_words": [condition.words for condition in claim.test],
        "sources": [source.csl() for source in claim.sources.values()],
    }


def plain_judgement(judged: Judgement) -> dict[str, Any]:
    """Return a judgement for programs: numbers, rules, parameters with their grades, sources."""
    return {
        "claim": plain_claim(judged.claim),
        "verdict": judged.verdict.word,
        "because": judged.verdict.because,
        "posterior": _plain_finding(judged.posterior),
        "prior": _plain_finding(judged.prior),
    }


def _plain_finding(found: Finding) -> dict[str, Any]:
    conditions, effect = found.conditions, found.effect
    return {
        "study": found.study, "worlds": found.worlds, "replicates": found.replicates, "level": found.level,
        "share": found.share, "low": found.low, "high": found.high, "doubt": _number(found.doubt),
        "effect": effect and {
            "kind": effect.kind, "unit": "%", "median": effect.median, "limits": list(effect.limits),
            **{key: _number(value) for key, value in vars(effect.spread).items()},
        },
        "conditions": {
            "outcome": conditions.outcome, "told": conditions.told, "base": _number(conditions.base),
            "elsewhere": _number(conditions.elsewhere),
            "rules": [
                {
                    "words": rule.words, "bounds": [vars(bound) for bound in rule.bounds], "coverage": rule.coverage,
                    "density": rule.density, "worlds": rule.worlds, "chance": rule.chance,
                }
                for rule in conditions.rules
            ],
        },
        "leans_on": [
            {
                "parameter": lean.parameter, "correlation": lean.correlation, "meaning": lean.record.meaning,
                "unit": lean.record.unit, "grade": lean.record.grade, "assumed": lean.is_assumed,
                "source": lean.record.source if lean.is_assumed else list(lean.record.source),
            }
            for lean in found.leaning.leans
        ],
        "noise_floor": _number(found.leaning.floor),
    }  # fmt: skip


def _number(value: float) -> float | None:
    return None if np.isnan(value) else value


COLUMNS = ("claim", "sentence", "made_by", "verdict", "because")
OF_A_SET = ("share", "low", "high", "doubt", "worlds", "replicates", "study")


def as_csv(judgements: Iterable[Judgement]) -> str:
    """Return one line for each claim, with what both sets of worlds say."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    effects = ("median", "world_low", "world_high", "luck_low", "luck_high")
    writer.writerow(
        [
            *COLUMNS,
            *(
                f"{which}_{name}"
                for which in SETS
                for name in (*OF_A_SET, *(f"effect_{one}" for one in effects), "rules")
            ),
        ]
    )
    for judged in in_order(judgements):
        plain = plain_judgement(judged)
        row = [judged.claim.name, judged.claim.sentence, judged.claim.made_by, plain["verdict"], plain["because"]]
        for which in SETS:
            found = plain[which]
            rules = "; ".join(
                f"{found['conditions']['outcome']} where {each['words']}" for each in found["conditions"]["rules"]
            )
            effect = found["effect"] or {}
            row += [*(found[name] for name in OF_A_SET), *(effect.get(one) for one in effects), rules]
        writer.writerow(row)
    return text.getvalue()
