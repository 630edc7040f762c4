"""What a results file holds, whatever its bytes: for comparing a study that was interrupted with one that was not."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from trafficsim.experiments.studies import problems_of

_RUNS = """
select study, draw, replicate, arm, run.identity, run.seed, parent.identity, run.first_month, run.months, run.kept, run.digest
from study_runs join runs as run on run.id = study_runs.run left join runs as parent on parent.id = run.parent_run
order by study, draw, replicate, arm
"""
_PAIRS = """
select a.identity, b.identity, {rest} from {table} join runs as a on a.id = run_a join runs as b on b.id = run_b
order by a.identity, b.identity, {rest}
"""


def contents_of(path: Path) -> dict[str, list[Any]]:
    """Return the runs of each study, their digests held against the rows, and how lives went; the file must be sound."""
    assert list(problems_of(path)) == []
    with closing(sqlite3.connect(path)) as connection:
        found = {
            "runs": connection.execute(_RUNS).fetchall(),
            "fates": connection.execute(_PAIRS.format(table="fates", rest="fate_a, fate_b, lives")).fetchall(),
            "harmed": connection.execute(
                _PAIRS.format(table="harmed_lives", rest="harm, harmed_a, harmed_b, fate_a, fate_b, lives")
            ).fetchall(),
            "changed": connection.execute(
                _PAIRS.format(table="changed_lives", rest="lives_changed, lives_compared, harms_met")
            ).fetchall(),
            "draws": connection.execute("select study, draw, process, name, value from draws").fetchall(),
            "parameters": connection.execute("select study, process, name, value from parameters").fetchall(),
            "failures": connection.execute("select study, draw, replicate from failures").fetchall(),
        }
        assert connection.execute("select count(*) from runs").fetchone()[0] == len({row[4] for row in found["runs"]})
    return found
