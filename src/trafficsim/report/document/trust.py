"""How far the model can be trusted: what the data say of its assumptions, which targets it misses, and where it fails."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from trafficsim.analysis.calibration.targets import load_targets
from trafficsim.catalog.posteriors import FOLDER, has_posterior, load_posterior
from trafficsim.catalog.reading import read_mapping
from trafficsim.designs import POSTERIOR
from trafficsim.experiments.staleness import posterior_notices
from trafficsim.report.calibration import how_made, proof_told
from trafficsim.report.document.content import Block, Bullets, Cited, Paragraph, Section, Table, Word, Words, words
from trafficsim.report.document.notes import Notes, command
from trafficsim.report.document.reading import Reported
from trafficsim.report.table import number

CALIBRATION, VALIDATION = "calibration", "validation"
FAILS = "fails"


def trust(reported: Reported, notes: Notes) -> Section:
    """Return the part on calibration and validation."""
    corridor = reported.configuration.corridor.name
    title = "How far the model can be trusted"
    if not has_posterior(corridor):
        said = words(
            f"The corridor “{corridor}” was never calibrated: nothing says how well its assumptions agree with any data, and no "
            f"pattern was held out to judge it."
        )
        return Section("trust", title, (Paragraph(said, "warning"),))
    about = load_posterior(corridor).about
    parts = [Section("calibration", "Calibration", tuple(_calibration(reported, notes, about)))]
    if validation := list(_validation(reported, notes, corridor)):
        parts.insert(0, Section("validation", "Validation: patterns that no fit has seen", tuple(validation)))
    return Section("trust", title, tuple(_first(reported)), tuple(parts))


def _first(reported: Reported) -> Iterable[Block]:
    study = reported.study
    if study["design"] == POSTERIOR and study["draws"]:
        yield Paragraph(
            words(
                "The worlds of this study are draws from the posterior that calibration left: assumptions that agree "
                "with surveys and "
                "counts of the past under this model. It says nothing of the effect of a policy, of which there are no data."
            )
        )
    else:
        drawn = (
            f"its worlds are drawn by the design {study['design']}"
            if study["draws"]
            else "its assumptions stand as they are"
        )
        yield Paragraph(words(f"This study does not draw from the posterior of the calibration: {drawn}."))
    notices = posterior_notices(reported.configuration)
    if notices:
        yield Paragraph(words(Word("Out of date. ", "strong"), " ".join(notices)), "warning")


def _validation(reported: Reported, notes: Notes, corridor: str) -> Iterable[Block]:
    path = FOLDER / f"{corridor}_validation.yaml"
    if not path.is_file():
        return
    found = read_mapping(path, path.name)
    verdicts: list[Mapping[str, Any]] = found["verdicts"]
    notes.add(
        VALIDATION,
        "Validation",
        words(
            f"Predictions of {found['runs']} histories to 2025 at draws of the posterior of the corridor {corridor}, each pattern "
            f"judged by a rule that was written down before. Kept in the package; ask again: ",
            command("validate", f"corridor={corridor}"),
        ),
        f"{found['runs']} histories at draws of the posterior, corridor {corridor}.",
    )
    failed = [each for each in verdicts if each["verdict"] == FAILS]
    for each in failed:
        yield Paragraph(
            words(
                Word(f"{each['pattern']} fails. ", "strong"),
                f"{each['says']} ",
                notes.number(_sentence(each["because"]), VALIDATION, f"pattern {each['pattern']}"),
            ),
            "warning",
        )
    passed = len(verdicts) - len(failed)
    within = notes.number(
        f"{100 * found['coverage']:.0f} %", VALIDATION, "held-out numbers within their predictive intervals"
    )
    yield Paragraph(
        words(
            f"Of {len(verdicts)} patterns that no fit has seen, ",
            notes.number(str(passed), VALIDATION, "patterns that pass in whole or in part"),
            f" {'passes' if passed == 1 else 'pass'} in whole or in part and ",
            notes.number(str(len(failed)), VALIDATION, "patterns that fail"),
            f" {'fails' if len(failed) == 1 else 'fail'}; ",
            within,
            f" of {len(found['rows'])} held-out numbers lie within their 90 % predictive intervals.",
        )
    )
    rows: list[tuple[Words, ...]] = []
    for each in verdicts:
        seen = f" ({each['overlap']})" if each["overlap"] else ""
        rows.append(
            (
                words(Cited(each["pattern"])),
                words(each["says"]),
                words(each["judged_by"]),
                words(Word(each["verdict"], "verdict")),
                words(notes.number(_sentence(each["because"]), VALIDATION, f"pattern {each['pattern']}"), seen),
            )
        )
    columns = ("Pattern", "What is known", "Passes if", "Verdict", "What came out")
    yield Table("Held-out patterns", columns, tuple(rows), shares=(0.5, 2.0, 1.4, 0.7, 2.0))


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _calibration(reported: Reported, notes: Notes, about: Mapping[str, Any]) -> Iterable[Block]:
    corridor = about["corridor"]
    notes.add(
        CALIBRATION,
        "Calibration",
        words(
            f"Posterior of the corridor {corridor}, {about['draws']} draws, fitted to {about['years']} under the rules "
            f"{about['model_version']}; kept in the package. Ask again: ",
            command("calibrate", f"corridor={corridor}", "--report"),
        ),
        f"Posterior of the corridor {corridor}, fitted to {about['years']}, rules {about['model_version']}.",
    )
    targets, unmet = about.get("targets", {}), about.get("unmet", [])
    says = {one.target: one.says for one in load_targets(corridor).statistics}
    parameters = about.get("parameters", {})
    informed = sum(each["data"] == "informed" for each in parameters.values())
    yield Paragraph(
        words(
            f"Fitted to what was published of {about['years']}: ",
            notes.number(f"{len(targets) - len(unmet)} of {len(targets)}", CALIBRATION, "statistics that are met"),
            f" statistics are met, {len(unmet)} {'is' if len(unmet) == 1 else 'are'} not. Of {len(parameters)} fitted "
            "assumptions the "
            f"data inform ",
            notes.number(str(informed), CALIBRATION, "assumptions of which the data take 30 % of the prior's variance or more"),
            " well; all others of the model keep their wide ranges.",
        )
    )  # fmt: skip
    if unmet:
        rows = tuple(_target(notes, name, targets[name], says) for name in unmet)
        columns = ("Target not met", "Data", "Model before the fit", "Model after the fit")
        yield Table("Targets that the model misses", columns, rows, frozenset({1, 2, 3}), (2.4, 1.0, 1.0, 1.0))
    if about.get("not_fitted"):
        yield Bullets(
            tuple(words(Cited(name), f" is not fitted: {reason}") for name, reason in about["not_fitted"].items())
        )
    lines = [*how_made(about).split("\n"), *([proof_told(about["proof"])] if "proof" in about else [])]
    kept = notes.number("from the posterior that the package keeps", CALIBRATION, "how the posterior was made")
    yield Paragraph(words("How it was made, and whether the path finds what is known (", kept, "):"))
    yield Bullets(tuple(words(line) for line in lines))


def _target(notes: Notes, name: str, found: Mapping[str, Any], says: Mapping[str, str]) -> tuple[Words, ...]:
    key, _, statistic = name.partition("/")

    def ends(interval: Sequence[float], what: str) -> Words:
        told = f"{number(interval[0])} to {number(interval[-1])}"
        return words(notes.number(told, CALIBRATION, f"{name}: {what}"))

    return (
        words(Cited(key), f" {says.get(key, '')} ({statistic})"),
        ends(found["data"], "data, as an interval or value ± 2 sd"),
        ends(found["prior"], "prior predictive, middle 90 %"),
        ends(found["posterior"], "posterior predictive, middle 90 %"),
    )
