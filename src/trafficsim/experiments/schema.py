"""The tables of a results file: columns with their meaning, keys, what refers to what, and what a result does not mean."""

from typing import Any

from sqlite_utils import Database

from trafficsim.catalog.limits import LIMITS as LIMITS

APPLICATION_ID = 0x74726166
"""Marks an SQLite file as one of ours ("traf")."""

FORM = 3
"""Raised when tables change their form; a file of another form is left alone."""

TABLES: dict[str, dict[str, tuple[type, str]]] = {
    "limits": {"id": (int, "number"), "text": (str, "what a result does not mean")},
    "column_descriptions": {
        "table_name": (str, "table"), "column_name": (str, "column"), "meaning": (str, "what the column holds"),
    },
    "sources": {
        "key": (str, "citation key"), "authors": (str, "authors or organisations"), "title": (str, "title"),
        "issued": (str, "date of issue, as far as known"), "address": (str, "where it was read"), "note": (str, "how it was read"),
    },
    "evidence": {
        "id": (str, "id: S claim of the letter, L lever asked for, A provision, E figure, X tension, C target, V pattern"),
        "says": (str, "what it says, in paraphrase"), "kind": (str, "what it is for a model"),
        "status": (str, "alleged, reported, official count, derived, assumed or unverified"),
        "confidence": (str, "how far to trust it"), "value": (str, "value, where there is one"), "unit": (str, "its unit"),
        "population": (str, "of whom"), "year": (str, "of when"), "note": (str, "note"),
    },
    "evidence_sources": {"evidence": (str, "evidence"), "source": (str, "a source that it cites")},
    "coverage": {
        "statement": (str, "statement, lever or provision of the letter"), "how": (str, "how the model represents it"),
        "rules": (str, "rules that carry it"), "absent": (str, "or why it does not"),
    },
    "transitions": {
        "name": (str, "event"), "label": (str, "what happens to a person"), "statuses_left": (str, "from"),
        "statuses_entered": (str, "to"), "step": (str, "step of the month"), "rule": (str, "rule"),
    },
    "transition_evidence": {"transition_name": (str, "transition"), "evidence": (str, "evidence that speaks of it")},
    "configurations": {"hash": (str, "SHA-256 of the canonical JSON"), "content": (str, "the configuration as JSON")},
    "studies": {
        "id": (str, "name, and beginning of a hash of configuration and rules"), "name": (str, "name"),
        "created": (str, "time of creation, UTC"), "configuration": (str, "hash of the configuration"),
        "policy_start": (str, "month in which the arms part, YYYY-MM"), "years": (int, "years from policy_start"),
        "scale": (float, "simulated people for each real one"), "seed": (str, "seed of the first replicate"),
        "replicates": (int, "replicates planned; table runs holds those that were finished"),
        "draws": (int, "draws of assumptions planned; 0 where they stand as table parameters says"),
        "design": (str, "how assumptions were drawn"),
        "model_version": (str, "version of the rules"), "software_version": (str, "version of trafficsim"),
    },
    "arms": {
        "study": (str, "study"), "arm": (str, "name"), "title": (str, "title"), "summary": (str, "in words"),
        "levers": (str, "levers as JSON, each with the provisions that ask for it"), "place": (int, "order; 0 is the baseline"),
    },
    "indicators": {
        "name": (str, "name"), "label": (str, "in words"), "unit": (str, "unit"), "definition": (str, "what is counted"),
        "direction": (str, "which way is better"), "source": (str, "why it matters: evidence ids"),
        "place": (int, "order in tables"),
    },
    "parameters": {
        "study": (str, "study"), "process": (str, "step of the month"), "name": (str, "name"), "meaning": (str, "meaning"),
        "unit": (str, "unit"), "value": (float, "value used"), "default_value": (float, "value of the catalogue"),
        "low": (float, "plausible from"), "high": (float, "plausible to"),
        "distribution": (str, "how plausible values lie in that range"), "source": (str, "evidence ids, or assumed"),
        "reason": (str, "why"), "grade": (str, "A measured to D guess"),
    },
    "parameter_evidence": {
        "study": (str, "study"), "process": (str, "step of the month"), "name": (str, "parameter"),
        "evidence": (str, "evidence that it rests on"),
    },
    "series": {
        "study": (str, "study"), "name": (str, "name"), "meaning": (str, "meaning"), "unit": (str, "unit"),
        "dated_values": (str, "values by month as JSON"), "interpolation": (str, "step or linear"),
        "source": (str, "evidence ids, or assumed"), "reason": (str, "why"), "grade": (str, "A measured to D guess"),
    },
    "series_evidence": {"study": (str, "study"), "name": (str, "series"), "evidence": (str, "evidence that it rests on")},
    "indicator_evidence": {"indicator": (str, "indicator"), "evidence": (str, "why it matters")},
    "draws": {
        "study": (str, "study; none of design morris or saltelli, which the configuration gives again"),
        "draw": (int, "draw, from 0"), "process": (str, "step of the month"), "name": (str, "parameter"),
        "value": (float, "value in this draw, in the parameter's unit"),
    },
    "levers": {
        "name": (str, "name"), "label": (str, "in words"), "meaning": (str, "meaning"),
        "provisions": (str, "legal anchors"), "questions": (str, "questions of the letter"), "kind": (str, "kind"),
    },
    "lever_evidence": {"lever": (str, "lever"), "evidence": (str, "provision or statement of the letter that asks for it")},
    "runs": {
        "id": (int, "number of the run in this file"),
        "identity": (str, "hash of all that decides the result: equal identities, equal results"),
        "seed": (str, "seed"), "parent_run": (int, "the history it branched from"),
        "first_month": (str, "first month, YYYY-MM"), "months": (int, "length"), "seconds": (float, "processor time it took"),
        "model_version": (str, "version of the rules that made it"), "kept": (str, "what is kept of it"),
        "digest": (str, "SHA-256 of what is kept of it"),
    },
    "study_runs": {
        "study": (str, "study"), "draw": (int, "draw of assumptions, from 0"),
        "replicate": (int, "replicate, from 0; equal replicates have equal luck"), "arm": (str, "arm, or history"),
        "run": (int, "run; studies of a file share those that are equal"),
    },
    "failures": {
        "study": (str, "study"), "draw": (int, "draw of assumptions"), "replicate": (int, "replicate"),
        "arms": (str, "arms that were to be lived through"), "reason": (str, "what went wrong"),
        "details": (str, "where in the code"), "created": (str, "time, UTC"),
    },
    "monthly": {
        "run": (int, "run"), "indicator": (str, "indicator"), "month": (str, "YYYY-MM"), "value": (float, "in its unit"),
    },
    "totals": {
        "run": (int, "run"), "indicator": (str, "indicator"), "dimension": (str, "all, area, purpose, sex, age_band or departure"),
        "level": (str, "group"), "value": (float, "over the run, in the indicator's unit; a group with 0 has no row"),
    },
    "stocks": {
        "run": (int, "run"), "kind": (str, "migrant_status or child_care"), "level": (str, "status or care"),
        "month": (str, "YYYY-MM"), "count": (int, "simulated persons at the end of the month"),
    },
    "series_parts": {
        "part": (str, "Parquet file in the folder series beside this file"), "sha256": (str, "its SHA-256"),
        "rows": (int, "rows in it"),
    },
    "run_series": {
        "run": (int, "run whose series by month lie in a Parquet file"), "part": (str, "that file"),
    },
    "fates": {
        "run_a": (int, "run of the baseline"), "run_b": (int, "run of the other arm, for the same lives"),
        "fate_a": (str, "fate under the baseline"), "fate_b": (str, "fate of the same lives under the other arm"),
        "lives": (int, "simulated lives"),
    },
    "harmed_lives": {
        "run_a": (int, "run of the baseline"), "run_b": (int, "run of the other arm, for the same lives"),
        "harm": (str, "a harm that met these lives under either arm, at least once since the arms parted"),
        "harmed_a": (int, "1 where it met them under the baseline, else 0"),
        "harmed_b": (int, "1 where it met them under the other arm, else 0"),
        "fate_a": (str, "fate under the baseline"), "fate_b": (str, "fate of the same lives under the other arm"),
        "lives": (int, "simulated lives; a life that met several harms is counted under each"),
    },
    "changed_lives": {
        "run_a": (int, "run of the baseline"), "run_b": (int, "run of the other arm, for the same lives"),
        "lives_changed": (int, "lives that differ"), "lives_compared": (int, "lives compared"),
        "harms_met": (int, "sum of lives in table harmed_lives"),
    },
    "events": {
        "run": (int, "run"), "month": (str, "YYYY-MM"), "person_key": (str, "name of a simulated life, equal in all arms"),
        "event": (str, "what happened"),
    },
}  # fmt: skip
"""Each table's columns: type and meaning. A table stands after those that it refers to."""

OF_PAIRS = [name for name, columns in TABLES.items() if "run_a" in columns]
"""The tables that tell how the same lives went in two runs."""

STUDY_TABLES = [name for name, columns in TABLES.items() if "study" in columns]
"""The tables whose rows belong to one study."""

KEYS: dict[str, Any] = {
    "limits": "id", "column_descriptions": ("table_name", "column_name"), "configurations": "hash", "studies": "id",
    "sources": "key", "evidence": "id", "evidence_sources": ("evidence", "source"), "coverage": "statement",
    "transitions": "name", "transition_evidence": ("transition_name", "evidence"),
    "parameter_evidence": ("study", "process", "name", "evidence"), "series": ("study", "name"),
    "series_evidence": ("study", "name", "evidence"), "indicator_evidence": ("indicator", "evidence"),
    "lever_evidence": ("lever", "evidence"),
    "arms": ("study", "arm"), "indicators": "name", "parameters": ("study", "process", "name"), "levers": "name",
    "runs": "id", "monthly": ("run", "indicator", "month"), "totals": ("run", "indicator", "dimension", "level"),
    "stocks": ("run", "kind", "level", "month"), "draws": ("study", "draw", "process", "name"),
    "series_parts": "part", "run_series": "run",
    "study_runs": ("study", "draw", "replicate", "arm"), "failures": ("study", "draw", "replicate"),
    "fates": ("run_a", "run_b", "fate_a", "fate_b"), "changed_lives": ("run_a", "run_b"),
    "harmed_lives": ("run_a", "run_b", "harm", "harmed_a", "harmed_b", "fate_a", "fate_b"),
}  # fmt: skip

FOREIGN_KEYS: dict[str, list[tuple[str, str, str]]] = {
    "evidence_sources": [("evidence", "evidence", "id"), ("source", "sources", "key")],
    "coverage": [("statement", "evidence", "id")],
    "transition_evidence": [("transition_name", "transitions", "name"), ("evidence", "evidence", "id")],
    "parameter_evidence": [("study", "studies", "id"), ("evidence", "evidence", "id")],
    "series": [("study", "studies", "id")],
    "series_evidence": [("study", "studies", "id"), ("evidence", "evidence", "id")],
    "indicator_evidence": [("indicator", "indicators", "name"), ("evidence", "evidence", "id")],
    "lever_evidence": [("lever", "levers", "name"), ("evidence", "evidence", "id")],
    "studies": [("configuration", "configurations", "hash")],
    "arms": [("study", "studies", "id")],
    "parameters": [("study", "studies", "id")],
    "draws": [("study", "studies", "id")],
    "runs": [("parent_run", "runs", "id")],
    "study_runs": [("study", "studies", "id"), ("run", "runs", "id")],
    "failures": [("study", "studies", "id")],
    "run_series": [("run", "runs", "id"), ("part", "series_parts", "part")],
    "monthly": [("run", "runs", "id"), ("indicator", "indicators", "name")],
    "totals": [("run", "runs", "id"), ("indicator", "indicators", "name")],
    "stocks": [("run", "runs", "id")],
    "fates": [("run_a", "runs", "id"), ("run_b", "runs", "id")],
    "harmed_lives": [("run_a", "runs", "id"), ("run_b", "runs", "id")],
    "changed_lives": [("run_a", "runs", "id"), ("run_b", "runs", "id")],
    "events": [("run", "runs", "id")],
}

COMPARISON = """
select here.study, indicators.label as indicator, indicators.unit, arms.title as arm,
       avg(totals.value) as mean_over_runs,
       avg(totals.value - baseline_totals.value) as mean_difference_to_baseline,
       count(*) as runs, indicators.direction, indicators.definition
from totals
join study_runs as here on here.run = totals.run
join arms on arms.study = here.study and arms.arm = here.arm
join indicators on indicators.name = totals.indicator
join arms as baseline on baseline.study = here.study and baseline.place = 0
join study_runs as baseline_runs on baseline_runs.study = here.study and baseline_runs.replicate = here.replicate
     and baseline_runs.draw = here.draw and baseline_runs.arm = baseline.arm
left join totals as baseline_totals on baseline_totals.run = baseline_runs.run
     and baseline_totals.indicator = totals.indicator and baseline_totals.dimension = 'all'
where totals.dimension = 'all'
group by here.study, indicators.name, here.arm
order by here.study, indicators.place, arms.place
"""
"""The view ``comparison``: what the printed table says, without the intervals."""

WHO_SAYS = """
select parameters.study, parameters.process, parameters.name, parameters.meaning, parameters.value, parameters.unit,
       parameters.low, parameters.high, parameters.grade, parameters.reason, evidence.id as evidence, evidence.says,
       evidence.status, evidence.confidence, sources.authors, sources.title, sources.issued, sources.address
from parameters
left join parameter_evidence using (study, process, name)
left join evidence on evidence.id = parameter_evidence.evidence
left join evidence_sources on evidence_sources.evidence = evidence.id
left join sources on sources.key = evidence_sources.source
"""
"""The view ``who_says``: each parameter with the evidence that it rests on and its sources; none where it is assumed."""


def create_tables(database: Database) -> None:
    """Create what is not there yet."""
    for name, columns in TABLES.items():
        if database.table(name).exists():
            continue
        key = KEYS.get(name)
        sql = database.create_table_sql(
            name,
            {column: kind for column, (kind, _) in columns.items()},
            pk=key,
            foreign_keys=FOREIGN_KEYS.get(name, ()),
            not_null=set(columns) - {"parent_run"},
        )
        # Rows in the order of their compound key: no second copy of the key in an index, half the size.
        database.execute(f"{sql.rstrip().rstrip(';')} WITHOUT ROWID" if isinstance(key, tuple) else sql)
    database.table("runs").create_index(["identity"], unique=True, if_not_exists=True)
    database.table("study_runs").create_index(["run"], if_not_exists=True)
    database.create_view("comparison", COMPARISON, replace=True)
    database.create_view("who_says", WHO_SAYS, replace=True)
    database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    database.execute(f"PRAGMA user_version = {FORM}")
