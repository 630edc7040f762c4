"""Parts on what the model rests on: the evidence, its sources, and where each statement of the letter stands."""

from collections.abc import Iterable, Mapping
from typing import Any

from generating import markdown as md
from generating.reading_code import functions, steps
from trafficsim.catalog import Evidence, catalog
from trafficsim.catalog.coverage import Row, coverage
from trafficsim.report.evidence_tables import quantity

CLASSES: dict[str, tuple[str, str, str]] = {
    "S": (
        "evidence-claims",
        "What the letter reports",
        "The claims of the letter AL CHN 3/2024 that a model can represent, in our own words. All of it is **alleged**: the "
        "letter passes on received information and does not prejudge whether it is accurate. Since it names no samples, "
        "its claims are not graded (confidence: none).",
    ),
    "L": (
        "evidence-asked",
        "What the letter asks for",
        "The eight questions of the letter, and three things that it implies, as levers. They are questions of the letter, "
        "not findings.",
    ),
    "A": (
        "evidence-provisions",
        "The provisions that the letter cites",
        "The instruments and articles that the letter cites and what each requires, in our own words after the letter. "
        "Where the letter's citation cannot be right, the slip is recorded with what is right.",
    ),
    "E": (
        "evidence-figures",
        "Figures published elsewhere",
        "What others have published, in groups by subject, with what each figure counts and how far to trust it. Almost every "
        "survey asked people who had reached a third country, so it says little about those who did not.",
    ),
    "X": (
        "evidence-tensions",
        "Where records disagree",
        "Where the letter disagrees with itself or with other sources, and how the model handles it. Nothing is averaged away.",
    ),
    "C": (
        "evidence-targets",
        "Targets of calibration",
        "What the model may be fitted to. Calibration itself is later work; no effect of a policy may ever be tuned, for there "
        "are no data on one.",
    ),
    "V": (
        "evidence-patterns",
        "Patterns held out",
        "What the model is to be judged by and never fitted to: no number of the model may name one as its source, and the "
        "catalogue refuses one that does.",
    ),
}

GROUPS_OF_FIGURES = {
    "E-A": "Arrivals in a third country",
    "E-B": "People living in the host country",
    "E-C": "People returned and people held",
    "E-D": "Prevalence and purposes of trafficking",
    "E-E": "Prices",
    "E-F": "Cost of leaving",
    "E-G": "Who leaves, and why",
    "E-H": "Time on the way",
    "E-I": "Being returned and leaving again",
    "E-J": "What follows a return",
    "E-K": "Children",
    "E-L": "Permits and surveillance",
    "E-M": "How open the border was",
    "E-N": "What pushes and pulls",
    "E-O": "Identification",
    "E-P": "Checks of the letter's legal facts",
    "E-Q": "Checks of consistency: our own arithmetic, never data",
}

STATUSES = (
    "**Status**: *alleged* (the letter says so) · *reported* (a source says so) · *official count* · *derived* (follows from "
    "other records) · *assumed* · *unverified*. **Confidence**: *high* (an official count, or several independent sources "
    "that agree) · *medium* (one credible study with a stated sample) · *low* (one informant, advocacy, or a copy of unclear "
    "origin) · *none* (not graded)."
)


def evidence_link(name: str, graded: bool = False) -> str:
    """Return a link to a record; with ``graded``, its status and confidence as well."""
    found = md.link(name, md.name_of_target("evidence", name))
    return f"{found} ({_standing(catalog().evidence[name])})" if graded else found


def _standing(record: Evidence) -> str:
    return record.status if record.confidence == "none" else f"{record.status}, {record.confidence}"


def provenance(source: str | Iterable[str], because: str = "") -> str:
    """Return where a number comes from: evidence with its standing, or the word assumed; then the reason."""
    said = "assumed" if isinstance(source, str) else ", ".join(evidence_link(name, graded=True) for name in source)
    return f"{said}. {md.text(because)}" if because else said


def evidence_page(letter: str) -> str:
    """Return the page of one class of evidence, every record with its standing, its sources and what rests on it."""
    target, title, says = CLASSES[letter]
    records = {name: record for name, record in catalog().evidence.items() if name[0] == letter}
    blocks, group = [says, STATUSES], ""
    for name, record in records.items():
        if letter == "E" and name[:3] != group:
            group = name[:3]
            blocks.append(md.heading(2, f"{group}: {GROUPS_OF_FIGURES.get(group, 'further figures')}"))
        blocks.append(md.heading(3 if letter == "E" else 2, name, md.name_of_target("evidence", name)))
        blocks.append(md.text(record.says))
        blocks.append(_record_fields(name, record))
        if name in catalog().evidence_tables:
            blocks.append(_figures_table(catalog().evidence_tables[name]))
    return md.page(title, target, *blocks)


def _record_fields(name: str, record: Evidence) -> str:
    plain = record.model_dump(mode="json")
    return md.fields(
        [
            ("Status", f"**{record.status}**, confidence {record.confidence}"),
            ("Kind", ", ".join(record.kind)),
            ("Value", md.text(quantity(plain))),
            ("Counts", md.text(record.population or "")),
            ("Years", md.text(str(record.year or ""))),
            ("Instrument", _instrument(plain)),
            ("Status for the host state, by the letter", md.text(plain.get("ratification") or "")),
            ("Words of the letter", f"“{md.text(plain['quote'])}”" if plain.get("quote") else ""),
            ("Question of the letter", str(plain.get("question") or "")),
            ("Moves", md.text(plain.get("moves") or "")),
            ("A study should report", md.text(plain.get("reports") or "")),
            ("A model needs", md.text(plain.get("calls_for") or "")),
            ("Judged by", md.text(plain.get("judged_by") or "")),
            ("Supports", ", ".join(map(evidence_link, plain.get("supports") or ()))),
            ("Slip of the letter", _slip(plain.get("slip"))),
            ("Note", md.text(record.note or "")),
            ("Outlier", "yes: no number rests on it alone" if record.outlier else ""),
            ("Related", ", ".join(map(evidence_link, record.related))),
            ("Sources", "; ".join(map(source_link, record.sources))),
            ("In the model", places(name)),
        ]
    )


def _instrument(plain: Mapping[str, Any]) -> str:
    if "instrument" not in plain:
        return ""
    article = f", {md.text(plain['article'])}" if plain.get("article") else ""
    return md.text(plain["instrument"]) + (article if not article[2:3].isdigit() else f", article {article[2:]}")


def _slip(slip: Mapping[str, Any] | None) -> str:
    if not slip:
        return ""
    told = (
        f"printed “{md.text(slip['printed'])}”; right is: {md.text(slip['correct'])} (sure: {slip['sure']}). "
        f"{md.text(slip['because'])}"
    )
    sources = "; ".join(map(source_link, slip["sources"]))
    checks = ", ".join(map(evidence_link, slip["checked_by"]))
    return told + (f" Source: {sources}." if sources else "") + (f" Checked by {checks}." if checks else "")


def _figures_table(columns: Mapping[str, tuple[float, ...]]) -> str:
    rows = [[f"{value:g}" for value in row] for row in zip(*columns.values(), strict=True)]
    return md.table(list(columns), rows)


def source_link(key: str) -> str:
    """Return a link to a source by its citation key."""
    return md.link(key, md.name_of_target("source", key))


def places(name: str) -> str:
    """Return what in the model rests on a record: what names it, the rules that carry it, or why it is not there."""
    known, row = catalog(), coverage().get(name)
    named = [place_link(place) for place in known.named_by(name)]
    if row is None:
        return ", ".join(named)
    if row.absent:
        return f"not represented. {md.text(row.absent)}"
    told = [md.text(row.how)] if row.how else []
    return " ".join([*told, ", ".join([*map(_rule_link, row.rules), *named])])


def place_link(place: str) -> str:
    """Return a link to a record of the catalogue written "parameters.market.price_bride" or "levers.identification"."""
    kind, _, name = place.partition(".")
    singular = {"series": "series"}.get(kind, kind.removesuffix("s"))
    return md.code_link(name, md.name_of_target(singular, name))


def _rule_link(name: str) -> str:
    modules = {step.module for step in steps()}
    if name in functions() and name.partition(".")[0] in modules:
        return md.code_link(name, md.name_of_target("rule", name))
    return f"`{name}`"


def sources_page() -> str:
    """Return the page of all sources."""
    blocks = [
        "Every source that a record of evidence cites, by citation key. `trafficsim catalog sources --json` gives them as "
        "CSL-JSON, which reference managers read. The addresses lead out of these documents.",
    ]
    for key, source in sorted(catalog().sources.items()):
        blocks.append(md.heading(2, key, md.name_of_target("source", key)))
        who = ", ".join(author.literal for author in source.author)
        where = ", ".join(
            part
            for part in (
                source.container_title,
                source.publisher,
                f"no. {source.number}" if source.number else None,
                f"vol. {source.volume}" if source.volume else None,
                f"issue {source.issue}" if source.issue else None,
                f"pp. {source.page}" if source.page else None,
            )
            if part
        )
        says = ". ".join(md.text(part.rstrip(".")) for part in (who, source.title, where) if part)
        blocks.append(f"{says}. {source.issued or 'Date unknown'}." + (f" <{source.url}>" if source.url else ""))
        cited = ", ".join(map(evidence_link, catalog().cited_by(key)))
        blocks.append(md.fields([("How it was read", md.text(source.note)), ("Cited by", cited)]))
    return md.page("The sources", "sources", *blocks)


def coverage_page() -> str:
    """Return the page that says of each statement of the letter where it stands in the model, or why it does not."""
    titles = {"S": "Statements", "L": "What the letter asks for", "A": "Provisions"}
    blocks = [
        "Where each statement of the letter, each thing that it asks for and each provision that it cites stands in the "
        "model, or why it does not. A test fails on one that is neither. All statements are alleged.",
    ]
    for letter, title in titles.items():
        rows = [_coverage_row(name, row) for name, row in coverage().items() if name[0] == letter]
        blocks.append(md.heading(2, title, md.name_of_target("coverage", letter)))
        blocks.append(md.table(["id", "says", "in the model"], rows))
    return md.page("Where the letter stands in the model", "coverage", *blocks)


def _coverage_row(name: str, row: Row) -> tuple[str, str, str]:
    return evidence_link(name), md.text(row.says), places(name).replace("not represented.", "*Not represented.*")
