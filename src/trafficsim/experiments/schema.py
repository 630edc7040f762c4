"""The tables of a results file: columns with their meaning, keys, what refers to what, and what a result does not mean."""

from typing import Any

from sqlite_utils import Database

APPLICATION_ID = 0x74726166
"""Marks an SQLite file as one of ours ("traf")."""

FORM = 1
"""Raised when tables change their form; a file of another form is left alone."""

LIMITS = (
    "Scenario outcomes of a model built on allegations and survivor-sample data; not a count of real people.",
    "No effect size of any lever is known: lever strengths are assumptions with wide ranges.",
    "Intervals show luck over replicates at fixed assumptions unless a study says that it varies assumptions too.",
    "Areas are synthetic; nothing here locates anybody, and nothing here is a forecast.",
)

TABLES: dict[str, dict[str, tuple[type, str]]] = {
    "limits": {"id": (int, "number"), "text": (str, "what a result does not mean")},
    "column_descriptions": {
        "table_name": (str, "table"), "column_name": (str, "column"), "meaning": (str, "what the column holds"),
    },
    "configurations": {"hash": (str, "SHA-256 of the canonical JSON"), "content": (str, "the configuration as JSON")},
    "studies": {
        "id": (str, "name and beginning of the configuration's hash"), "name": (str, "name"),
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
        "low": (float, "plausible from"), "high": (float, "plausible to"), "source": (str, "evidence ids, or assumed"),
        "reason": (str, "why"), "grade": (str, "A measured to D guess"),
    },
    "draws": {
        "study": (str, "study"), "draw": (int, "draw, from 0"), "process": (str, "step of the month"),
        "name": (str, "parameter"), "value": (float, "value in this draw, in the parameter's unit"),
    },
    "levers": {
        "name": (str, "name"), "label": (str, "in words"), "meaning": (str, "meaning"),
        "provisions": (str, "legal anchors"), "questions": (str, "questions of the letter"), "kind": (str, "kind"),
    },
    "runs": {
        "id": (int, "number of the run in this file"), "study": (str, "study"), "arm": (str, "arm, or history"),
        "draw": (int, "draw of assumptions, from 0"),
        "replicate": (int, "replicate, from 0; equal replicates have equal luck"), "seed": (str, "seed"),
        "parent_run": (int, "the history it branched from"), "first_month": (str, "first month, YYYY-MM"),
        "months": (int, "length"), "seconds": (float, "time it took"),
        "identity": (str, "hash of all that decides the result: equal identities, equal results"),
    },
    "monthly": {
        "run": (int, "run"), "indicator": (str, "indicator"), "month": (str, "YYYY-MM"), "value": (float, "in its unit"),
    },
    "totals": {
        "run": (int, "run"), "indicator": (str, "indicator"), "dimension": (str, "all, area, purpose, sex or age_band"),
        "level": (str, "group"), "value": (float, "over the run, in the indicator's unit; a group with 0 has no row"),
    },
    "stocks": {
        "run": (int, "run"), "kind": (str, "migrant_status or child_care"), "level": (str, "status or care"),
        "month": (str, "YYYY-MM"), "count": (int, "simulated persons at the end of the month"),
    },
    "fates": {
        "study": (str, "study"), "draw": (int, "draw of assumptions"), "replicate": (int, "replicate"),
        "arm_a": (str, "baseline"), "arm_b": (str, "other arm"),
        "fate_a": (str, "fate under the baseline"), "fate_b": (str, "fate of the same lives under the other arm"),
        "lives": (int, "simulated lives"),
    },
    "changed_lives": {
        "study": (str, "study"), "draw": (int, "draw of assumptions"), "replicate": (int, "replicate"),
        "arm_a": (str, "baseline"), "arm_b": (str, "other arm"),
        "lives_changed": (int, "lives that differ"), "lives_compared": (int, "lives compared"),
    },
    "events": {
        "run": (int, "run"), "month": (str, "YYYY-MM"), "person_key": (str, "name of a simulated life, equal in all arms"),
        "event": (str, "what happened"),
    },
}  # fmt: skip
"""Each table's columns: type and meaning. A table stands after those that it refers to."""

KEYS: dict[str, Any] = {
    "limits": "id", "column_descriptions": ("table_name", "column_name"), "configurations": "hash", "studies": "id",
    "arms": ("study", "arm"), "indicators": "name", "parameters": ("study", "process", "name"), "levers": "name",
    "runs": "id", "monthly": ("run", "indicator", "month"), "totals": ("run", "indicator", "dimension", "level"),
    "stocks": ("run", "kind", "level", "month"), "draws": ("study", "draw", "process", "name"),
    "fates": ("study", "draw", "replicate", "arm_a", "arm_b", "fate_a", "fate_b"),
    "changed_lives": ("study", "draw", "replicate", "arm_a", "arm_b"),
}  # fmt: skip

FOREIGN_KEYS: dict[str, list[tuple[str, str, str]]] = {
    "studies": [("configuration", "configurations", "hash")],
    "arms": [("study", "studies", "id")],
    "parameters": [("study", "studies", "id")],
    "draws": [("study", "studies", "id")],
    "runs": [("study", "studies", "id"), ("parent_run", "runs", "id")],
    "monthly": [("run", "runs", "id"), ("indicator", "indicators", "name")],
    "totals": [("run", "runs", "id"), ("indicator", "indicators", "name")],
    "stocks": [("run", "runs", "id")],
    "fates": [("study", "studies", "id")],
    "changed_lives": [("study", "studies", "id")],
    "events": [("run", "runs", "id")],
}

COMPARISON = """
select runs.study, indicators.label as indicator, indicators.unit, arms.title as arm,
       avg(totals.value) as mean_over_runs,
       avg(totals.value - baseline_totals.value) as mean_difference_to_baseline,
       count(*) as runs, indicators.direction, indicators.definition
from totals
join runs on runs.id = totals.run
join arms on arms.study = runs.study and arms.arm = runs.arm
join indicators on indicators.name = totals.indicator
join arms as baseline on baseline.study = runs.study and baseline.place = 0
join runs as baseline_runs on baseline_runs.study = runs.study and baseline_runs.replicate = runs.replicate
     and baseline_runs.draw = runs.draw and baseline_runs.arm = baseline.arm
left join totals as baseline_totals on baseline_totals.run = baseline_runs.id
     and baseline_totals.indicator = totals.indicator and baseline_totals.dimension = 'all'
where totals.dimension = 'all'
group by runs.study, indicators.name, runs.arm
order by runs.study, indicators.place, arms.place
"""
"""The view ``comparison``: what the printed table says, without the intervals."""


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
    database.table("runs").create_index(["study", "arm", "draw", "replicate"], unique=True, if_not_exists=True)
    database.create_view("comparison", COMPARISON, replace=True)
    database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    database.execute(f"PRAGMA user_version = {FORM}")
