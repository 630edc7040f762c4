"""A research agenda: which assumptions are worth finding out about, and what is known of each today."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from trafficsim.analysis.information import RANKED, SPREAD, VERDICT, Information
from trafficsim.catalog import Catalog

_IDS = re.compile(r"\b(?:E-[A-Z]\d\d|[SX]\d\d)\b")

AGENDA = [
    "place", "parameter", "meaning", "unit", "low", "high", "grade", "source", "because", "gaps", "gaps_nearby", "tensions",
    "spread", "spread_low", "spread_high", "spread_of", "spread_under", "spread_answers", "spread_state",
    "verdict", "verdict_low", "verdict_high", "verdict_of", "verdict_under", "verdict_answers", "verdict_state",
]  # fmt: skip


@dataclass(frozen=True)
class Known:
    """What the evidence holds on one parameter.

    ``gaps`` are records of a figure that was looked for and not found, named by the parameter or tied to a record that it
    names; ``gaps_nearby`` those in the same group of figures as such a record (E-L08 beside E-L05). ``tensions`` are
    records that disagree with each other and are tied to it.
    """

    source: tuple[str, ...]
    gaps: tuple[str, ...]
    gaps_nearby: tuple[str, ...]
    tensions: tuple[str, ...]


def known_of(catalog: Catalog, process: str, name: str) -> Known:
    """Return what the evidence holds on a parameter: its sources, and the gaps and tensions that are tied to it."""
    parameter, evidence = catalog.parameters[process][name], catalog.evidence
    source = () if parameter.source == "assumed" else tuple(parameter.source)
    named = {*source, *(word for word in _IDS.findall(parameter.because) if word in evidence)}
    tied = named | {other for word in named for other in evidence[word].related}

    def of_kind(kind: str) -> list[str]:
        return [word for word, record in evidence.items() if kind in record.kind]

    def is_tied(word: str) -> bool:
        return word in tied or not named.isdisjoint(evidence[word].related)

    gaps = tuple(word for word in of_kind("gap") if is_tied(word))
    groups = {word[:3] for word in named if word.startswith("E-")}
    nearby = tuple(word for word in of_kind("gap") if word not in gaps and word[:3] in groups)
    return Known(source, gaps, nearby, tuple(word for word in of_kind("tension") if is_tied(word)))


def agenda(found: Information, catalog: Catalog, by: str = SPREAD) -> pd.DataFrame:
    """Return the parameters, most worth finding out about first by the gain ``by``, with what is known of each.

    Columns are ``AGENDA``; ``place`` is empty (NaN) for what is not ranked by it: below the noise floor, or not converged.
    ``spread_of`` and ``spread_under`` name the question of the largest gain: an indicator's difference to the baseline, and
    the arm.
    """
    rankings = {gain: found.ranking(gain).set_index("parameter") for gain in (SPREAD, VERDICT)}
    rows = []
    for place, parameter in enumerate(rankings[by].index):
        process, _, name = parameter.partition(".")
        record, known = catalog.parameters[process][name], known_of(catalog, process, name)
        row: dict[str, object] = {
            "place": place + 1 if rankings[by].loc[parameter, "state"] == RANKED else float("nan"),
            "parameter": parameter,
            "meaning": record.meaning,
            "unit": record.unit,
            "low": record.range[0],
            "high": record.range[1],
            "grade": record.grade,
            "source": ", ".join(known.source) or "assumed",
            "because": record.because,
            "gaps": ", ".join(known.gaps),
            "gaps_nearby": ", ".join(known.gaps_nearby),
            "tensions": ", ".join(known.tensions),
        }
        for gain, ranking in rankings.items():
            best = ranking.loc[parameter]
            row |= {
                gain: best["value"], f"{gain}_low": best["low"], f"{gain}_high": best["high"], f"{gain}_of": best["of"],
                f"{gain}_under": best["arm"], f"{gain}_answers": int(best["answered"]), f"{gain}_state": best["state"],
            }  # fmt: skip
        rows.append(row)
    return pd.DataFrame(rows, columns=AGENDA)


def sentence_on(row: Mapping[str, object], catalog: Catalog) -> str:
    """Return what is known of a parameter today, in words, from a row of :func:`agenda`."""
    because = str(row["because"]).rstrip(".")
    if row["source"] == "assumed":
        said = f"No figure: assumed (grade {row['grade']}). {because}."
    else:
        ids = [word.strip() for word in str(row["source"]).split(",")]
        alleged = all(catalog.evidence[word].status == "alleged" for word in ids)
        said = f"Rests on {row['source']}{', which the letter alleges' if alleged else ''} (grade {row['grade']})."
        said += f" {because}." if because else ""
    for key, words in (("gaps", "Gap"), ("gaps_nearby", "Gap beside it"), ("tensions", "Records disagree")):
        for word in filter(None, str(row[key]).split(", ")):
            said += f" {words}, {word}: {catalog.evidence[word].says}"
    return said
