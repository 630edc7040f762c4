"""(d) How many replicates do matched draws save?

Two arms are lived through with the same seeds (matched: every life meets the same luck under both), and their differences
are taken replicate by replicate; or each arm has seeds of its own (independent). The interval of the mean difference then
rests on the variance of the differences, or on the sum of the two arms' variances; for the same width the numbers of
replicates stand to each other as these variances do. Histories are part of a run: equal seeds have equal histories.

No method can save more than the arms have in common. Where a policy ends nearly all of a harm, or makes what the other
arm does not know, the difference is the outcome itself and matched draws save nothing. Counts of lives vary about as much
as they are large, so that the ratio to expect is the sum of the two arms' counts over their difference. The savings that
are judged are therefore those between policies that differ in one point, which is where replicates are dear.
"""

from typing import Any

import numpy as np

from benchmarks.findings import answer, finding
from trafficsim.configuration import configure
from trafficsim.experiments.study import run_study

AT_LEAST = 20.0
PAIRS = (
    # In words, the arms, and whether they are near enough to be judged.
    ("the package with or without accountability", "letter_package_without_accountability", "letter_package", True),
    ("status quo or non-refoulement", "status_quo", "non_refoulement_only", False),
)
INDICATORS = {
    "removals": "forced returns",
    "refoulement": "forced returns of people at risk",
    "protected": "protection",
}


def measure(quick: bool = False) -> dict[str, Any]:
    """Compare variances over replicates of a full-scale study (small and short where ``quick``)."""
    settings = ["scale=0.02", "replicates=6", "years=2"] if quick else ["scale=1", "replicates=100"]
    arms = sorted({arm for _, *pair, _ in PAIRS for arm in pair})
    result = run_study(configure([f"arms=[{','.join(arms)}]", "draws=0", "output.monthly=false", *settings]))
    findings, details = [], []
    for words, one, other, near in PAIRS:
        for indicator, outcome in INDICATORS.items():
            baseline, policy = (_totals(result, arm, indicator) for arm in (one, other))
            matched = float(np.var(policy - baseline, ddof=1))
            independent = float(np.var(policy, ddof=1) + np.var(baseline, ddof=1))
            ratio = independent / matched if matched else float("inf")
            details.append(
                {
                    "arms": [one, other], "indicator": indicator, "means": [baseline.mean(), policy.mean()],
                    "variance_matched": matched, "variance_independent": independent,
                }
            )  # fmt: skip
            findings.append(
                finding(
                    f"replicates that independent seeds need for each one of matched draws: {words}, difference in {outcome}",
                    ratio, "times", at_least=AT_LEAST if near else None, judged=not quick,
                    note=f"Means {baseline.mean():,.0f} and {policy.mean():,.0f}; standard deviation of the difference "
                    f"{matched**0.5:,.1f} matched, {independent**0.5:,.1f} independent.",
                )
            )  # fmt: skip
    return answer("How many replicates do matched draws save?", findings, settings=settings, comparisons=details)


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
