"""Parts of the guides to robust choice: what came out of two stored studies, from the JSON files in ``docs/results``."""

import json
from pathlib import Path
from typing import Any

from generating import markdown as md
from trafficsim.analysis.agenda import sentence_on
from trafficsim.analysis.interactions import COUNTS, LESS, MORE, RATIO
from trafficsim.catalog import catalog
from trafficsim.report.choice import asked
from trafficsim.report.interactions import points, times

RESULTS = Path(__file__).parents[1] / "results"
MOST_PAIRS, MOST_RANKED = 2, 12


def kept(name: str) -> dict[str, Any]:
    """Return what ``docs/results/keep.py`` kept of a study."""
    return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))


def origin(study: dict[str, Any]) -> str:
    """Return where the numbers come from, as a sentence."""
    posterior = study.get("posterior")
    worlds = f"{study['draws']} plausible worlds (`{study['design']}`"
    worlds += f": {md.text(posterior['method'])})" if posterior else ")"
    replicates = "one replicate" if study["replicates"] == 1 else f"{study['replicates']} replicates"
    return (
        f"Study `{study['id']}`, rules `{study['model_version']}`: {worlds}, {replicates} each, scale {study['scale']:g}, "
        f"{study['years']} years from {study['policy_start']}. {md.text(study['limits'][0])} {md.text(study['limits'][1])}"
    )


def interactions_part() -> str:
    """Return which pairs of levers are told apart from no interaction, harm by harm."""
    found, known = kept("interactions"), catalog()
    rows = []
    for harm in dict.fromkeys(one["harm"] for one in found["fit"]):
        own = [one for one in found["effects"] if one["harm"] == harm and one["second"]]
        for scale, write in ((COUNTS, points), (RATIO, times)):
            fit = next(one for one in found["fit"] if (one["harm"], one["scale"]) == (harm, scale))
            told = [one for one in own if one["scale"] == scale]
            cells = []
            for verdict in (LESS, MORE):
                pairs = [one for one in told if one["verdict"] == verdict]
                pairs.sort(key=lambda one: abs(one["effect"] - (1.0 if one["scale"] == RATIO else 0.0)), reverse=True)
                named = [
                    f"{_pair(one, known)} {write(one['effect'])} ({write(one['mean_low'])} to {write(one['mean_high'])})"
                    for one in pairs[:MOST_PAIRS]
                ]
                rest = len(pairs) - len(named)
                cells.append(" · ".join(named) + (f" · and {rest} more" if rest > 0 else ""))
            label = known.indicators[harm].label if scale == COUNTS else ""
            rows.append([md.text(label), scale, f"{100 * fit['explained']:.0f} %", *map(_cell, cells)])
    columns = ["harm", "scale", "told by single levers and pairs", LESS, MORE]
    return md.part(
        f"Of {found['pairs']} pairs, those told apart from no interaction on each harm (at most {MOST_PAIRS} of each kind are "
        f"named, the strongest first, with simultaneous {100 * found['level']:.0f} % intervals over {found['unit']}):",
        md.table(columns, rows),
        origin(found["study"]),
    )


def _pair(one: dict[str, Any], known: Any) -> str:
    return " + ".join(known.levers[one[side]].label for side in ("first", "second"))


def _cell(words: str) -> str:
    return md.text(words) if words else "none"


def agenda_part() -> str:
    """Return what is worth finding out, with what is known of it today."""
    found, known = kept("agenda"), catalog()
    blocks = []
    heads = {
        "spread": ("By the spread of a difference that would go", "of the variance"),
        "verdict": ("By wrong verdicts that would go", "of all worlds"),
    }
    for by, (heading, share) in heads.items():
        rows = []
        for one in found["ranked"][by][:MOST_RANKED]:
            process, _, name = one["parameter"].partition(".")
            if name not in known.parameters.get(process, {}):
                continue  # taken out of the catalogue since
            of = asked(one[f"{by}_of"], {name: each.label for name, each in known.indicators.items()})
            if by == "verdict" and one[f"{by}_of"] in known.indicators:
                of = f"less: {of}"
            under = found["arms"].get(one[f"{by}_under"], one[f"{by}_under"])
            rows.append(
                [
                    f"{one['place']:.0f}",
                    f"{md.code_link(one['parameter'], md.name_of_target('parameter', process, name))}: {md.text(one['meaning'])}",
                    f"{100 * one[by]:.1f} % ({100 * one[f'{by}_low']:.1f} to {100 * one[f'{by}_high']:.1f})",
                    md.text(f"{of}, {under}"),
                    md.text(sentence_on(one, known)),
                ]
            )
        states = ", ".join(f"{count} {state}" for state, count in sorted(found["states"][by].items()))
        blocks.append(f"**{heading}** ({md.text(states)} of {found['assumptions']} assumptions):")
        blocks.append(
            md.table(["", "assumption", share, "told most of", "what is known today"], rows)
            if rows
            else "None is ranked."
        )
    return md.part(*blocks, origin(found["study"]))
