"""The page of the claims that ship, and what a stored study says of them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from generating import markdown as md
from generating.evidence_parts import evidence_link, source_link
from trafficsim.analysis.claims import percent
from trafficsim.claims import MAKERS, Claim, claim_names, load_claim
from trafficsim.report.claims import MEANINGS

STORED = Path(__file__).parents[1] / "results" / "claims.json"
"""What `trafficsim claims --json` said, once; the documents show it as it stands there."""

NO_RESULTS = "No study is stored yet. `trafficsim claims` makes one."


def stored() -> dict[str, Any] | None:
    """Return the stored results, none where there are none."""
    return json.loads(STORED.read_text(encoding="utf-8")) if STORED.is_file() else None


def claims_page() -> str:
    """Return the page of all claims: sentence, test, what the stored study says, what it rests on."""
    blocks = [
        "Sentences that somebody makes, each with a test on results: what `trafficsim claims` answers for. How to read the "
        "verdicts, and how to write a claim of your own, is told in [Claims](../guides/claims.md). A verdict is on scenario "
        "outcomes of a model; it proves nothing, and refutes nothing, outside it.",
        provenance_sentence(),
    ]
    found = {each["claim"]["name"]: each for each in (stored() or {"claims": []})["claims"]}
    for name in claim_names():
        claim = load_claim(name)
        blocks.append(md.heading(2, md.text(name.replace("_", " ").capitalize()), md.name_of_target("claim", name)))
        blocks.append(f"*“{md.text(claim.sentence)}”*")
        blocks.append(md.fields(_fields(claim, found.get(name))))
    return md.page("The claims that ship", "claims", *blocks)


def _fields(claim: Claim, found: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    horizon = f", within {claim.years} years" if claim.years else ""
    facts = [
        ("Name", f"`{claim.name}`"),
        ("Made by", MAKERS[claim.made_by]),
        ("Test", "; and ".join(md.text(condition.words) for condition in claim.test) + horizon),
    ]
    if found and _same_test(claim, found):
        facts += [
            ("Verdict", f"**{found['verdict']}**. {md.text(found['because'])}"),
            ("Where it parts", _conditions(found["posterior"])),
            ("Leans on", _leans(found["posterior"])),
        ]
    return [
        *facts,
        ("A counter-argument", md.text(claim.counter)),
        ("What the model can say", md.text(claim.note)),
        ("Evidence", ", ".join(evidence_link(name, graded=True) for name in claim.evidence)),
        ("Provisions", ", ".join(evidence_link(name) for name in claim.provisions)),
        ("Sources", "; ".join(map(source_link, claim.sources))),
    ]


def _same_test(claim: Claim, found: Mapping[str, Any]) -> bool:
    """Whether the stored result is of the test as it is written now: an older one is not shown."""
    return found["claim"]["test_in_words"] == [condition.words for condition in claim.test]


def _conditions(found: Mapping[str, Any]) -> str:
    conditions = found["conditions"]
    rules = [
        f"it {conditions['outcome']} in {100 * rule['density']:.0f} % of the worlds held out with {_rule(rule)} (these are "
        f"{100 * rule['coverage']:.0f} % of those in which it {conditions['outcome']})"
        for rule in conditions["rules"]
    ]
    if not rules:
        return md.text(conditions["told"])
    elsewhere = conditions["elsewhere"]
    return "; ".join(rules) + ("" if elsewhere is None else f"; elsewhere in {100 * elsewhere:.0f} %")


def _rule(rule: Mapping[str, Any]) -> str:
    told = []
    for bound in rule["bounds"]:
        low, high = bound["above"], bound["at_most"]
        words = f"from {low:.3g} to {high:.3g}" if None not in (low, high) else (
            f"above {low:.3g}" if high is None else f"at most {high:.3g}"
        )  # fmt: skip
        told.append(f"{_parameter_link(bound['parameter'])} {words}")
    return " and ".join(told)


def _parameter_link(parameter: str) -> str:
    process, _, name = parameter.partition(".")
    return md.code_link(name, md.name_of_target("parameter", process, name))


def _leans(found: Mapping[str, Any]) -> str:
    return "; ".join(
        f"{_parameter_link(lean['parameter'])} (grade {lean['grade']}{', assumed' if lean['assumed'] else ''}; more of it goes "
        f"with {'failing' if lean['correlation'] > 0 else 'holding'}, {abs(lean['correlation']):.2f})"
        for lean in found["leans_on"][:5]
    )


def provenance_sentence() -> str:
    """Return where the stored results come from."""
    found = stored()
    if found is None:
        return NO_RESULTS
    first = found["studies"][0]
    ids = "; ".join(
        f"{'worlds that fit the data' if each['worlds_are'] == 'posterior' else 'wide prior'}, {each['years']} years: "
        f"`{each['id']}`, configuration `{each['configuration'][:12]}`"
        for each in found["studies"]
    )
    return (
        f"The results are those of {first['created'][:10]}, rules `{first['model_version']}`, trafficsim "
        f"{first['software_version']}: {first['worlds']} worlds in each set, {first['replicates']} replicates, scale "
        f"{first['scale']:g}, seed {first['seed']}. The worlds that fit the data come from: {md.text(first['calibrated_by'])}. "
        f"Studies ({ids})."
    )


def results_part() -> str:
    """Return the table of the stored results, for the guide."""
    found = stored()
    if found is None:
        return md.part(NO_RESULTS)
    order = list(MEANINGS)
    known = {name: load_claim(name) for name in claim_names()}
    claims = sorted(
        (
            each
            for each in found["claims"]
            if (name := each["claim"]["name"]) in known and _same_test(known[name], each)
        ),
        key=lambda each: (order.index(each["verdict"]), -each["posterior"]["share"]),
    )
    rows = [
        (
            md.link(md.text(each["claim"]["sentence"]), md.name_of_target("claim", each["claim"]["name"]))
            + f" ({MAKERS[each['claim']['made_by']]})",
            _share(each["posterior"]),
            _share(each["prior"]),
            _effect(each["posterior"]["effect"]),
            each["verdict"],
        )
        for each in claims
    ]
    shown = [each["verdict"] for each in claims]
    counted = ", ".join(f"{shown.count(word)} {word}" for word in order if word in shown)
    columns = [
        "claim",
        "holds in worlds that fit the data",
        "in the wide prior",
        "effect, middle 90 % of worlds",
        "verdict",
    ]
    return md.part(provenance_sentence(), f"Of {len(rows)} claims: {counted}.", md.table(columns, rows))


def _share(found: Mapping[str, Any]) -> str:
    share, low, high = (percent(found[key]) for key in ("share", "low", "high"))
    return f"{share} ({low.removesuffix(' %')} to {high.removesuffix(' %')})"


def _effect(effect: Mapping[str, Any] | None) -> str:
    if effect is None:
        return "nothing to compare with"
    middle, low, high = (
        f"{value:+,.0f}" if effect["kind"] == "change" and round(value) else f"{round(value):,}"
        for value in (effect["median"], effect["world_low"], effect["world_high"])
    )
    return f"{middle} % ({low} to {high})".replace("-", "\N{MINUS SIGN}")
