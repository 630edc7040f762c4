"""A calibration and a validation in words and numbers: what the data inform, what they do not, what is met and what fails."""

from collections.abc import Mapping
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from trafficsim.analysis.validation.judging import Validation
from trafficsim.catalog.posteriors import Posterior
from trafficsim.report.figures.calibration import small_print
from trafficsim.report.table import number
from trafficsim.report.widths import print_whole

WORDS = {"informed": "informed", "somewhat": "somewhat", "not": "not informed"}


def print_posterior(posterior: Posterior, out: Console) -> None:
    """Print how the posterior was made, each fitted parameter, each target, and the proof."""
    about = posterior.about
    out.print(Text(f"Posterior of the corridor {posterior.corridor}: {len(posterior.rows)} draws", style="bold"))
    out.print(Text(how_made(about)))
    if "parameters" in about:
        print_whole(_parameters(about["parameters"]), out)
        print_whole(_targets(about["targets"]), out)
        for name, reason in about["not_fitted"].items():
            out.print(Text(f"{name} is not fitted: {reason}"))
        for name, ends in about["ends"].items():
            out.print(Text(ends_told(name, ends)))
    if "proof" in about:
        out.print(Text(proof_told(about["proof"])))
    out.print(Text(small_print(about), style="italic"))


def how_made(about: Mapping[str, Any]) -> str:
    """Return how a posterior was made, a line each for the method, its waves, the chain and the check."""
    lines = [str(about["method"])]
    for place, wave in enumerate(about.get("waves", ()), 1):
        lines.append(
            f"Wave {place}: {wave['histories']:,} histories; {100 * wave['not_ruled_out']:.3g} % of the prior is not ruled out; "
            f"the emulator explains {100 * wave['explained_median']:.0f} % of a statistic's variance (median)."
        )
    if chain := about.get("chain"):
        lines.append(
            f"Chain: {chain['walkers']} walkers, {chain['steps_kept']:,} steps kept, autocorrelation time "
            f"{chain['autocorrelation_steps']:g} steps, R-hat {chain['r_hat']:g}, {chain['independent_draws']:,} independent draws."
        )
    if check := about.get("check"):
        lines.append(
            f"Check: {check['histories']:,} histories at draws of it; the emulator was off by {check['emulator_bias_rms_sd']:g} "
            f"residual sd on average over statistics, at most by {check['emulator_bias_largest_sd']:g} "
            f"({check['emulator_bias_at']})."
        )
    return "\n".join(lines)


def _parameters(found: Mapping[str, Any]) -> Table:
    table = Table(
        "fitted parameter", "median,\nmiddle 90 %", "variance\ngone", "divergence,\nnats", "by the\ndata", box=SIMPLE_HEAD,
        title="What the data say of assumptions", title_justify="left",
    )  # fmt: skip
    for name, each in sorted(found.items(), key=lambda item: -item[1]["contraction"]):
        table.add_row(
            name.replace(".", ".\n"), f"{_three(each['median'])}\n{_three(each['low'])} to {_three(each['high'])}",
            f"{100 * max(0.0, each['contraction']):.0f} %", f"{each['divergence']:.2f}", WORDS[each["data"]],
        )  # fmt: skip
    return table


def _three(value: float) -> str:
    """Write a value with three digits, thousands apart."""
    return f"{float(f'{value:.3g}'):,.0f}" if abs(value) >= 1000.0 else f"{value:.3g}"


def _targets(found: Mapping[str, Any]) -> Table:
    table = Table(
        "target", "data", "prior predictive", "posterior predictive", "sd off", "narrower by", "", box=SIMPLE_HEAD,
        title="Targets: data (interval, or value ± 2 sd) and middle 90 % of predictions", title_justify="left",
    )  # fmt: skip
    for name, each in found.items():
        table.add_row(
            name, f"{number(each['data'][0])} to {number(each['data'][1])}",
            *(f"{number(each[key][0])} to {number(each[key][2])}" for key in ("prior", "posterior")),
            f"{each['off']:.1f}", f"{100 * each['narrowed']:.0f} %", each["verdict"],
        )  # fmt: skip
    return table


def ends_told(name: str, ends: Mapping[str, Any]) -> str:
    """Return what the posterior is where a parameter lies at either end of its range, in words."""
    told = "; ".join(
        f"in the {end} fifth of its range ({100 * each['share']:.0f} % of the draws) {_moved(each['moved'])}"
        for end, each in ends.items()
    )
    return f"The posterior at both ends of {name}: {told}."


def _moved(moved: Mapping[str, Any]) -> str:
    if not moved:
        return "no other median moves by a tenth of its range"
    return ", ".join(
        f"{name} is {_three(each['there'])} (median, {_three(each['all'])} over all)" for name, each in moved.items()
    )


def proof_told(proof: Mapping[str, Any]) -> str:
    """Return what came of the simulation-based calibration, in words."""
    chances = proof["chances"]
    uneven = [name for name, chance in chances.items() if chance < 0.05]
    told = f": {', '.join(uneven)}" if uneven else ""
    by_luck = f"about {0.05 * len(chances):.0f} would by luck"
    left_out = proof.get("left_out", 0)
    without = f" ({left_out} more truths gave no data, for a statistic of theirs does not exist)" if left_out else ""
    return (
        f"Proof: {proof['proofs']} posteriors of simulated data with known assumptions{without}; the chains of "
        f"{proof['converged']} had converged, and all are counted. Ranks leave the 95 % band for "
        f"{len(uneven)} of {len(chances)} parameters ({by_luck}){told}. Intervals of 50 and 90 % held the truth in "
        f"{100 * proof['coverage_50']:.0f} and {100 * proof['coverage_90']:.0f} %."
    )


def print_validation(found: Validation, out: Console) -> None:
    """Print each held-out number with its interval, then a verdict a pattern."""
    table = Table(
        "", "pattern", "data", "5 %", "median", "95 %", "data\nwithin", box=SIMPLE_HEAD,
        title=f"Held-out patterns, {found.runs} histories to 2025 at draws of the posterior", title_justify="left",
    )  # fmt: skip
    for row in found.rows:
        low, high = row.data
        data = number(low) if low == high else f"{number(low)} to {number(high)}"
        table.add_row(
            row.pattern, f"{row.what} ({row.unit})", data, *(number(each) for each in (row.low, row.median, row.high)),
            row.meets,
        )  # fmt: skip
    print_whole(table, out)
    verdicts = Table("", "verdict", "by the rule", "because", box=SIMPLE_HEAD, title="Verdicts", title_justify="left")
    for each in found.verdicts:
        because = each.because + (f" ({each.overlap})" if each.overlap else "")
        verdicts.add_row(each.pattern, each.verdict, each.judged_by, because)
    print_whole(verdicts, out)
    out.print(Text(coverage_told(found)))


def coverage_told(found: Validation) -> str:
    """Return how many numbers lie within their predictive intervals, and how many ranges overlap with theirs."""
    inside, numbers, overlapping, ranges = found.counted()
    told = f"{inside} of {numbers} numbers lie within their 90 % predictive intervals"
    return f"{told}; {overlapping} of {ranges} ranges overlap with theirs." if ranges else f"{told}."
