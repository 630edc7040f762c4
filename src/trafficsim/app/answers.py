"""What a stored study says, as HTML: its effects, the claims that it can answer, what it leans on; or what it lacks.

Everything that a file says is escaped: a results file may come from anybody.
"""

import base64
import io
import json
import threading
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from trafficsim.catalog import catalog
from trafficsim.errors import UserError
from trafficsim.experiments.files import FileInUseError
from trafficsim.experiments.frames import open_study
from trafficsim.experiments.studies import StudyLine, studies_in
from trafficsim.report.table import number, signed

MOST_SHOWN = 15
"""Assumptions that the table of a sensitivity analysis shows."""

FEW_ARMS = 3
"""Of more arms, the tables are folded."""

_drawing = threading.Lock()
"""Matplotlib's settings belong to the whole process."""


def answer(path: Path, part: str, asked: str = "refoulement") -> str:
    """Return one part of what a file says as HTML, the study's description before it.

    ``asked`` is the indicator that a sensitivity analysis is about. Raises :class:`UserError` where the file cannot be read.
    """
    try:
        lines = studies_in(path)
    except FileInUseError as error:
        raise UserError(f"{path.name} is being written by a study that runs now. Wait until it is finished.") from error
    if not lines:
        raise UserError(f"{path.name} holds no study.")
    said = _described(path, lines)
    if part == "sensitivity":
        return said + _sensitivity(path, lines, asked)
    return said + (_claims if part == "claims" else _effects)(path, lines)


def _described(path: Path, lines: list[StudyLine]) -> str:
    study = lines[-1]
    frames = open_study(path, study.study, ["studies", "arms", "limits"])
    one = frames["studies"].iloc[0]
    arms = "".join(
        f"<li><b>{escape(arm.title)}</b>: {escape(arm.summary)}</li>"
        for arm in frames["arms"].sort_values("place").itertuples()
    )
    worlds = f"{one['draws']} plausible worlds, " if one["draws"] else ""
    each = " in each" if one["draws"] else ""
    replicates = "one replicate" if one["replicates"] == 1 else f"{one['replicates']} replicates"
    more = f" The file holds {len(lines)} studies; the newest is shown." if len(lines) > 1 else ""
    limits = " ".join(frames["limits"]["text"])
    return (
        f"<p><b>{escape(study.study)}</b>: {worlds}{replicates}{each}, scale {one['scale']:g}, arms part in "
        f"{escape(one['policy_start'])}, {one['years']} years; {study.runs} of {study.planned} runs, {study.state}.{more}</p>"
        f'<details><summary>Arms</summary><ul>{arms}</ul></details><p class="limits">{escape(limits)}</p>'
    )


def _effects(path: Path, lines: list[StudyLine]) -> str:
    from trafficsim.analysis.effects import effects
    from trafficsim.analysis.measures import measures_in
    from trafficsim.report.effects import word_of
    from trafficsim.report.figures.effects import draw_effects
    from trafficsim.report.figures.indicators import HEADLINES

    study = lines[-1].study
    measures = measures_in(path, study, indicators=list(HEADLINES))
    found = effects(measures)
    frames = open_study(path, study, ["studies", "arms", "indicators", "limits"])
    base = measures.arms[found.against]
    if measures.worlds > 1:
        bars = f"In brackets: the middle {100 * found.level:.0f} % of {measures.worlds} plausible worlds."
        if 2.0 ** (1 - measures.worlds) > 1.0 - found.level:
            bars += " So few worlds that equal signs would be no surprise: nothing is called better or worse."
    elif measures.replicates > 1:
        bars = (
            f"In brackets: the {100 * found.level:.0f} % interval over {measures.replicates} replicates, by luck alone."
        )
    else:
        bars = "One replicate: no interval can be told, and no difference from luck. “trafficsim sweep” adds more."
    tables = []
    for arm in found.table["arm"].unique():
        rows = []
        for row in found.table[found.table["arm"] == arm].itertuples():
            one = measures.indicators.loc[row.indicator]
            span = "" if np.isnan(row.low) else f" ({signed(row.low)} to {signed(row.high)})"
            rows.append(
                f'<tr><th scope="row">{escape(one["label"])} <span class="unit">{escape(one["unit"])}</span></th>'
                f"<td>{number(row.mean_against)}</td><td>{number(row.mean)}</td><td>{signed(row.difference)}{span}</td>"
                f"<td>{word_of(row, one['direction'])}</td></tr>"
            )
        title = escape(measures.arms[arm])
        table = (
            f'<div class="scroll"><table><caption>“{title}” against “{escape(base)}”, in the same lives. '
            f'{bars}</caption><thead><tr><th scope="col">What is counted</th><th scope="col">“{escape(base)}”</th>'
            f'<th scope="col">this arm</th><th scope="col">difference</th><th scope="col">which is</th></tr></thead>'
            f"<tbody>{''.join(rows)}</tbody></table></div>"
        )
        few = found.table["arm"].nunique() <= FEW_ARMS
        tables.append(table if few else f"<details><summary>“{title}”, in numbers</summary>{table}</details>")
    alt = f"What changes against {base}, in per cent, with intervals; the tables below hold the same numbers"
    return _picture(lambda: draw_effects(found, measures, frames), alt) + "".join(tables)


def _claims(path: Path, lines: list[StudyLine]) -> str:
    """Put every claim that ships to the test which the file's studies can answer."""
    from trafficsim.analysis.claims import finding, judgement
    from trafficsim.analysis.worlds import Worlds, open_worlds
    from trafficsim.claims import MAKERS, Claim, claim_names, load_claim
    from trafficsim.report.claims import MEANINGS, effect_in_words, in_order, share_in_words, small_print
    from trafficsim.report.figures.claims import draw_claims

    opened: dict[tuple[str, int], tuple[Worlds, dict[str, Any]]] = {}
    for line in lines:
        row = json.loads(open_study(path, line.study, ["studies"])["studies"].iloc[0].to_json())
        if row["draws"] > 1:
            try:
                opened[row["design"], row["years"]] = open_worlds(path, line.study), row
            except UserError:
                continue  # no world of it is finished
    if not opened:
        return _lacking(
            "The study draws no assumptions, so no claim can be put to the test in it.", "trafficsim claims"
        )

    def answers(claim: Claim, found: Worlds, years: int) -> bool:
        indicators = {name for name, _ in found.values.columns}
        wanted = {name for one in claim.test for name in (one.indicator, one.of) if name}
        return (
            {*claim.arms} <= {*found.arms} and wanted <= indicators and claim.groups == ("",)
            and (claim.years or years) == years
        )  # fmt: skip

    chosen = [load_claim(name) for name in claim_names()]
    judged, single = [], []
    for claim in chosen:
        sets = {
            design: worlds
            for (design, years), (worlds, _) in opened.items()
            if answers(claim, worlds, years)
        }  # fmt: skip
        if {"posterior", "latin_hypercube"} <= sets.keys():
            judged.append(judgement(claim, sets["posterior"], sets["latin_hypercube"]))
        elif sets:
            design, worlds = next(iter(sets.items()))
            single.append((claim, design, finding(claim, worlds)))
    if not judged and not single:
        return _lacking(
            "None of the claims that ship can be put to the test with the arms of this study.", "trafficsim claims"
        )
    parts = []
    studies = [
        {**row, "worlds": worlds.number, "calibrated_by": "", "limits": list(worlds.limits)}
        for worlds, row in opened.values()
    ]
    if judged:
        rows = "".join(
            f'<tr><th scope="row">{escape(one.claim.sentence)} <span class="unit">{MAKERS[one.claim.made_by]}</span></th>'
            f"<td>{share_in_words(one.posterior)}</td><td>{share_in_words(one.prior)}</td>"
            f"<td>{effect_in_words(one.posterior.effect)}</td><td title='{escape(one.verdict.because, quote=True)}'><b>"
            f"{one.verdict.word}</b></td></tr>"
            for one in in_order(judged)
        )
        meanings = " ".join(f"<b>{word}</b>: {escape(says)}." for word, says in MEANINGS.items())
        alt = "In which plausible worlds each claim holds; the table below says the same"
        parts.append(_picture(lambda: draw_claims(judged, studies), alt))
        parts.append(
            '<div class="scroll"><table><caption>Claims over two sets of plausible worlds</caption><thead><tr><th scope="col">'
            'claim, and who makes it</th><th scope="col">holds in worlds that fit the data</th><th scope="col">in the wide prior'
            '</th><th scope="col">effect (middle 90 % of worlds)</th><th scope="col">verdict</th></tr></thead>'
            f'<tbody>{rows}</tbody></table></div><p class="small">{meanings} {escape(small_print(studies))}</p>'
        )
    if single:
        rows = "".join(
            f'<tr><th scope="row">{escape(claim.sentence)} <span class="unit">{MAKERS[claim.made_by]}</span></th>'
            f"<td>{share_in_words(found)}</td><td>{effect_in_words(found.effect)}</td></tr>"
            for claim, _, found in single
        )
        worlds_are = "that fit the data" if single[0][1] == "posterior" else f"of design {single[0][1]}"
        parts.append(
            f'<div class="scroll"><table><caption>Claims over one set of {single[0][2].worlds} plausible worlds ({worlds_are})'
            f'</caption><thead><tr><th scope="col">claim, and who makes it</th><th scope="col">holds in</th><th scope="col">'
            f"effect (middle 90 % of worlds)</th></tr></thead><tbody>{rows}</tbody></table></div>"
            + _lacking(
                "A verdict takes two sets of worlds, those that fit the data and a wide prior.", "trafficsim claims"
            )
        )
    return "".join(parts)


def _sensitivity(path: Path, lines: list[StudyLine], about: str) -> str:
    from trafficsim.analysis.sensitivity.questions import Method, Quantity, ask
    from trafficsim.analysis.worlds import open_worlds
    from trafficsim.report.figures.sensitivity import TABLES, draw_ranking
    from trafficsim.report.sensitivity import asked, described

    study = lines[-1].study
    frames = open_study(path, study, TABLES)
    if not frames["studies"].iloc[0]["draws"] > 1:
        return _lacking(
            "The study draws no assumptions, so it cannot say which of them it leans on.",
            "trafficsim sensitivity method=morris",
        )
    worlds = open_worlds(path, study, [about])
    frames["totals"] = worlds.values.index.to_frame(index=False)  # the small print counts places
    designs: dict[str, Method] = {"morris": "morris", "saltelli": "sobol"}
    method: Method = designs.get(worlds.layout.design if worlds.layout else "", "pawn")
    arms = list(worlds.arms)
    quantity = Quantity(about, arms[-1], arms[0]) if len(arms) > 1 else Quantity(about, arms[0])
    try:
        answer = ask(worlds, quantity, method)
    except UserError as error:
        return _lacking(str(error), "trafficsim sensitivity method=morris")
    found, known = answer.found, catalog()
    rows = []
    for factor, row in found.table.head(MOST_SHOWN).iterrows():
        meaning, _, grade = described(str(factor), known)
        told = f"{row['index']:.3g}" if row["verdict"] in ("converged", "negligible") else "–"
        rows.append(
            f'<tr><th scope="row">{escape(str(factor))} <span class="unit">{escape(meaning)}</span></th><td>{told}</td>'
            f"<td>{row['low']:.3g} to {row['high']:.3g}</td><td>{escape(str(row['verdict']))}</td><td>{escape(grade)}</td></tr>"
        )
    alt = "Assumptions by how much the result leans on them; the table below says the same"
    drawn = _picture(lambda: draw_ranking(answer, found, worlds, frames), alt)  # type: ignore[arg-type]
    return (
        f"<p>{escape(asked(answer, worlds))}</p>{drawn}"
        f'<div class="scroll"><table><caption>By the method {method}; an index that has not converged is no result</caption>'
        f'<thead><tr><th scope="col">assumption</th><th scope="col">index</th><th scope="col">90 % interval</th><th scope="col">'
        f'verdict</th><th scope="col">grade (A measured to D guess)</th></tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
    )


def _lacking(what: str, command: str) -> str:
    """Return what a file lacks, and the command that makes it."""
    return f'<p class="lacking">{escape(what)} This command makes what is missing: <code>{escape(command)}</code></p>'


def _picture(draw: Callable[[], Any], alt: str) -> str:
    """Return a figure as an image that stands in the page itself."""
    import matplotlib

    from trafficsim.report.figures.style import SETTINGS

    out = io.BytesIO()
    with _drawing, matplotlib.rc_context(SETTINGS):
        figure = draw()
        if figure is None:
            return ""
        figure.savefig(out, format="svg", metadata={"Date": None})
    return f'<img class="figure" alt="{escape(alt)}" src="data:image/svg+xml;base64,{base64.b64encode(out.getvalue()).decode()}">'
