"""(d) How many replicates do matched draws save?

Two arms are lived through with the same seeds (matched: every life meets the same luck under both), and their differences
are taken replicate by replicate; or each arm has seeds of its own (independent). The interval of the mean difference then
rests on the variance of the differences, or on the sum of the two arms' variances; for the same width the numbers of
replicates stand to each other as these variances do. Histories are part of a run: equal seeds have equal histories.
"""

from typing import Any

import numpy as np

from benchmarks.findings import answer, finding
from trafficsim.configuration import configure
from trafficsim.experiments.study import run_study

AT_LEAST = 20.0
ARM = "non_refoulement_only"
INDICATORS = {
    "removals": "forced returns",
    "refoulement": "forced returns of people at risk",
    "protected": "protection",
}


def measure(quick: bool = False) -> dict[str, Any]:
    """Compare variances over replicates of a full-scale study (small and short where ``quick``)."""
    settings = ["scale=0.02", "replicates=6", "years=2"] if quick else ["scale=1", "replicates=24"]
    result = run_study(configure([f"arms=[status_quo,{ARM}]", "output.monthly=false", *settings]))
    findings, details = [], {}
    for indicator, words in INDICATORS.items():
        baseline, policy = (_totals(result, arm, indicator) for arm in ("status_quo", ARM))
        matched = float(np.var(policy - baseline, ddof=1))
        independent = float(np.var(policy, ddof=1) + np.var(baseline, ddof=1))
        ratio = independent / matched if matched else float("inf")
        details[indicator] = {"variance_matched": matched, "variance_independent": independent}
        findings.append(
            finding(
                f"replicates that independent seeds need for each one of matched draws: difference in {words}", ratio,
                "times", at_least=AT_LEAST, judged=not quick,
                note=f"Mean difference {np.mean(policy - baseline):,.0f}, standard deviation {matched**0.5:,.1f} matched, "
                f"{independent**0.5:,.1f} independent.",
            )
        )  # fmt: skip
    return answer("How many replicates do matched draws save?", findings, arm=ARM, settings=settings, **details)


def _totals(result: Any, arm: str, indicator: str) -> np.ndarray:
    return np.array(
        [
            value
            for run in result.runs
            if run.arm == arm
            for name, dimension, _, value in run.totals
            if (name, dimension) == (indicator, "all")
        ]
    )
