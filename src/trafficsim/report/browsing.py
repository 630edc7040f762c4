"""A results file for Datasette: titles, what each column holds, and canned questions, as the metadata that Datasette reads.

https://docs.datasette.io/en/stable/metadata.html
"""

import json
from pathlib import Path
from typing import Any

from trafficsim.catalog.limits import LIMITS
from trafficsim.errors import UserError
from trafficsim.experiments.files import reading
from trafficsim.experiments.schema import TABLES

TITLES = {
    "limits": "What a result does not mean",
    "studies": "Studies in this file",
    "arms": "Policies compared (arms), and their levers",
    "indicators": "What is counted, and why it matters",
    "totals": "Indicators over the whole run, for all and by group",
    "monthly": "Indicators by month",
    "stocks": "Persons in each status at the end of each month",
    "fates": "The same lives under two arms: from fate to fate",
    "harmed_lives": "The same lives under two arms: whom a harm met, and under which",
    "changed_lives": "How many lives differ between two arms",
    "runs": "Runs: one arm, one world, one replicate",
    "study_runs": "Which run is which arm, draw and replicate",
    "failures": "Runs that failed, and why",
    "parameters": "Assumptions: value, range, source, grade",
    "draws": "The assumptions of each plausible world",
    "series": "Circumstances that change with the calendar",
    "levers": "Levers: what policy can move",
    "evidence": "Evidence, in paraphrase, with status and confidence",
    "sources": "Sources",
    "coverage": "Where each statement of the letter stands in the model",
    "comparison": "View: each arm against the baseline, in the same lives",
    "who_says": "View: each assumption with its evidence and sources",
}

VIEWS = {
    "comparison": {
        "study": "study", "indicator": "what is counted", "unit": "its unit", "arm": "policy",
        "mean_over_runs": "mean over draws and replicates, in the unit",
        "mean_difference_to_baseline": "mean difference to the baseline in the same lives, in the unit",
        "runs": "runs that are counted", "direction": "which way is better", "definition": "what is counted exactly",
    },
    "who_says": {
        "evidence": "id of the evidence; empty where the value is assumed", "says": "what it says, in paraphrase",
        "status": "alleged, reported, official count, derived, assumed or unverified", "grade": "A measured to D guess",
        "address": "where the source was read",
    },
}  # fmt: skip

_NEWEST = "(select id from studies order by created desc, rowid desc limit 1)"
QUERIES: dict[str, tuple[str, str, str]] = {
    "what_changes": (
        "What changes against the baseline, in the same lives?",
        "Means over draws of assumptions and replicates. For intervals: trafficsim effects.",
        "select indicator, unit, arm, mean_over_runs, mean_difference_to_baseline, runs, direction from comparison "
        f"where study = coalesce(nullif(:study, ''), {_NEWEST})",
    ),
    "one_indicator_in_each_world": (
        "How does an indicator come out in each plausible world?",
        "Mean over replicates, a row a draw of assumptions and arm. Names are in table indicators; empty: refoulement.",
        "select draw, arm, avg(value) as mean_over_replicates, count(*) as replicates from totals "
        "join study_runs using (run) where indicator = coalesce(nullif(:indicator, ''), 'refoulement') and dimension = 'all' "
        f"and study = coalesce(nullif(:study, ''), {_NEWEST}) group by draw, arm order by draw, arm",
    ),
    "one_indicator_by_group": (
        "Whom does an indicator count?",
        "By dimension: area, purpose, sex (empty: this), age_band or departure; mean over runs. Groups with none have no row.",
        "select arm, dimension, level, sum(value) / (select count(*) from study_runs as every "
        "where every.study = here.study and every.arm = here.arm) as mean_over_runs from totals "
        "join study_runs as here using (run) where indicator = coalesce(nullif(:indicator, ''), 'refoulement') "
        "and dimension = coalesce(nullif(:dimension, ''), 'sex') "
        f"and here.study = coalesce(nullif(:study, ''), {_NEWEST}) group by arm, dimension, level order by arm, level",
    ),
    "one_indicator_by_month": (
        "How does an indicator go month by month?",
        "Mean over draws and replicates. Needs a study with series (output=default), kept within this file.",
        "select month, arm, avg(value) as mean_over_runs from monthly join study_runs using (run) "
        "where indicator = coalesce(nullif(:indicator, ''), 'refoulement') "
        f"and study = coalesce(nullif(:study, ''), {_NEWEST}) group by month, arm order by month, arm",
    ),
    "what_became_of_the_same_lives": (
        "What becomes, under the other arm, of those with a certain fate?",
        "Simulated lives over all pairs of runs. Fates are in table fates, column fate_a.",
        "select a.arm as baseline, b.arm as other_arm, fate_a, fate_b, sum(lives) as lives from fates "
        "join study_runs as a on a.run = run_a join study_runs as b on b.run = run_b and b.study = a.study "
        "and b.draw = a.draw and b.replicate = a.replicate where fate_a like '%' || :fate || '%' "
        f"and a.study = coalesce(nullif(:study, ''), {_NEWEST}) group by baseline, other_arm, fate_a, fate_b order by lives desc",
    ),
    "who_says_so": (
        "Who says so: on what does an assumption rest?",
        "Part of the parameter's name, such as price. Nothing under evidence: it is assumed.",
        "select process, name, meaning, value, unit, low, high, grade, reason, evidence, says, status, authors, title, address "
        f"from who_says where name like '%' || :name || '%' and study = coalesce(nullif(:study, ''), {_NEWEST})",
    ),
    "what_is_assumed": (
        "Which numbers rest on nothing but a judgement?",
        "Parameters whose source is the word 'assumed', the widest relative range first.",
        "select process, name, meaning, value, unit, low, high, reason from parameters where source = 'assumed' "
        f"and study = coalesce(nullif(:study, ''), {_NEWEST}) order by (high - low) / max(abs(value), 1e-9) desc",
    ),
    "where_the_letter_stands": (
        "Where does a statement of the letter stand in the model?",
        "An id such as S31 or its beginning; empty for all.",
        "select statement, says, evidence.status, how, rules, absent from coverage join evidence on evidence.id = statement "
        "where statement like :statement || '%'",
    ),
}
"""Questions by name: title, explanation, SQL with named parameters, which Datasette binds and never pastes into the text."""


def metadata_for(database: Path) -> dict[str, Any]:
    """Return what Datasette should know of the results file; :class:`UserError` where it is none."""
    with reading(database) as connection:
        studies = connection.execute(
            "select id, configuration, software_version from studies order by created"
        ).fetchall()
    if not studies:
        raise UserError(f"{database} holds no study yet; 'trafficsim studies {database}' says how far it is.")
    told = "; ".join(f"study {study}, configuration {configuration[:12]}" for study, configuration, _ in studies)
    described = {
        name: {column: meaning for column, (_, meaning) in columns.items()} for name, columns in TABLES.items()
    }
    return {
        "title": "Results of trafficsim",
        "description": " ".join(LIMITS),
        "source": f"trafficsim {studies[-1][2]}: {told}",
        "license": "MIT (the program)",
        "databases": {
            database.stem: {
                "description": f"{' '.join(LIMITS)} Begin with the questions below (Queries).",
                "tables": {
                    name: {"columns": columns}
                    | ({"title": TITLES[name], "description": TITLES[name]} if name in TITLES else {})
                    for name, columns in (described | VIEWS).items()
                },
                "queries": {
                    name: {"title": title, "description": explained, "sql": sql, "hide_sql": True}
                    for name, (title, explained, sql) in QUERIES.items()
                },
            }
        },
    }


def write_metadata(database: Path | str, to: Path | str | None = None) -> Path:
    """Write :func:`metadata_for` as JSON beside the file, or ``to`` there; return where. Raises :class:`UserError`."""
    database = Path(database)
    path = Path(to) if to else database.with_name(f"{database.stem}.metadata.json")
    found = json.dumps(metadata_for(database), indent=2, ensure_ascii=False)
    try:
        path.write_text(found + "\n", encoding="utf-8")
    except OSError as problem:
        raise UserError(
            f"{path} could not be written: {problem.strerror}. Name another file with --metadata."
        ) from problem
    return path
