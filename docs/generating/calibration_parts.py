"""Parts of the guide to calibration, from the posterior and the verdicts that the package keeps."""

from typing import Any

from generating import markdown as md
from trafficsim.catalog.posteriors import FOLDER, load_posterior
from trafficsim.catalog.reading import read_mapping
from trafficsim.report.calibration import WORDS, how_made, proof_told


def how_part() -> str:
    """Return how the posterior was made, its checks, and its proof."""
    about = load_posterior("first").about
    lines = how_made(about).split("\n") + ([proof_told(about["proof"])] if "proof" in about else [])
    return md.part("\n".join(f"- {md.text(line)}" for line in lines))


def parameters_part() -> str:
    """Return what the data say of each fitted parameter."""
    found: dict[str, Any] = load_posterior("first").about["parameters"]
    rows = [
        [
            f"`{name}`", *(f"{each[key]:.3g}" for key in ("low", "median", "high")), f"{100 * each['contraction']:.0f} %",
            f"{each['divergence']:.2f}", WORDS[each["data"]],
        ]
        for name, each in sorted(found.items(), key=lambda item: -item[1]["contraction"])
    ]  # fmt: skip
    columns = ["parameter", "5 %", "median", "95 %", "prior variance gone", "divergence (nats)", "by the data"]
    return md.part(md.table(columns, rows))


def targets_part() -> str:
    """Return the targets that are not met."""
    about = load_posterior("first").about
    found: dict[str, Any] = about["targets"]
    rows = [
        [
            f"`{name}`", *(f"{found[name][key][0]:.3g} to {found[name][key][-1]:.3g}" for key in ("data", "prior", "posterior")),
            f"{found[name]['off']:.1f}", found[name]["verdict"],
        ]
        for name in about["unmet"]
    ]  # fmt: skip
    columns = ["statistic", "data", "prior predictive", "posterior predictive", "sd off", "verdict"]
    table = md.table(columns, rows) if rows else ""
    not_fitted = "\n".join(f"- **{name}** {md.text(reason)}" for name, reason in about["not_fitted"].items())
    return md.part(f"{len(rows)} of {len(found)} statistics are not met:", table, "Not fitted at all:", not_fitted)


def validation_part() -> str:
    """Return the verdicts on the held-out patterns."""
    found = read_mapping(FOLDER / "first_validation.yaml")
    rows = [
        [
            each["pattern"],
            f"**{each['verdict']}**",
            md.text(each["says"]),
            md.text(each["because"]),
            md.text(each["overlap"]),
        ]
        for each in found["verdicts"]
    ]
    return md.part(
        md.table(["", "verdict", "pattern", "because", "seen before?"], rows),
        f"{100 * found['coverage']:.0f} % of {len(found['rows'])} held-out numbers lie within their 90 % predictive intervals "
        f"({found['runs']} histories).",
    )
