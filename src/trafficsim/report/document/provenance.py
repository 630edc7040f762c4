"""Where the results come from, how to make them again, and how to cite them. Nothing of the computer is told."""

import json
import shlex
from typing import Any

import yaml

from trafficsim.experiments.result import HISTORY
from trafficsim.report.document.citation import Citation
from trafficsim.report.document.content import Entries, Entry, Listing, Paragraph, Section, Word, words
from trafficsim.report.document.reading import MANY, Reported, counted

MOST_SEEDS = 12

OF_A_COMPUTER = ("folder", "points")
"""Settings that name a folder or a file of a computer; the points themselves have a hash."""


def provenance(reported: Reported) -> Section:
    """Return the part on provenance, with what it takes to make the results again."""
    study, runs = reported.study, reported.frames["runs"]
    lived = runs[runs["arm"] != HISTORY]
    seeds = list(dict.fromkeys(runs.sort_values(["replicate"])["seed"]))
    told = ", ".join(map(str, seeds[:MOST_SEEDS])) + (
        f" and {len(seeds) - MOST_SEEDS} more" if len(seeds) > MOST_SEEDS else ""
    )
    draws = f"{study['draws']}, by the design {study['design']}" if study["draws"] else "0: assumptions as they stand"
    facts = [
        ("Study", words(Word(reported.id, "code"))),
        ("Begun", words(f"{str(study['created'])[:16].replace('T', ' ')} UTC")),
        ("Configuration, SHA-256", words(Word(str(study["configuration"]), "code"))),
        ("Rules of the model", words(Word(str(study["model_version"]), "code"))),
        ("Catalogue, SHA-256 of its numbers", words(Word(reported.configuration.catalog_digest or "not written down", "code"))),
        ("Points of the design, SHA-256", words(Word(reported.configuration.points_digest or "none", "code"))),
        ("trafficsim", words(f"version {study['software_version']}")),
        ("Corridor", words(reported.configuration.corridor.name)),
        ("Months", words(f"{reported.window}; the arms part in {study['policy_start']}")),
        ("Scale", words(f"{study['scale']:g} simulated people for each real one assumed")),
        ("Draws of assumptions", words(draws)),
        ("Replicates", words(f"{study['replicates']} in each world; {reported.finished:,} of {reported.planned:,} finished")),
        ("Runs", words(f"{len(lived):,} of arms, {len(runs) - len(lived):,} shared histories; each with its identity and SHA-256")),
        ("Failures", words(counted(len(reported.frames["failures"]), "replicate"))),
        ("Seeds", words(told)),
        ("Arms", words(", ".join(reported.arms))),
    ]  # fmt: skip
    return Section(
        "provenance",
        "Where it comes from",
        (Entries(tuple(Entry(term, said) for term, said in facts)),),
        (_again(reported),),
    )


def _again(reported: Reported) -> Section:
    file, study = reported.file.name, reported.id
    run = str(reported.frames["runs"]["identity"].iloc[-1])[:12]
    commands = [
        ["trafficsim", "report", file, "--study", study],
        ["trafficsim", "reproduce", file, run],
        ["trafficsim", "studies", file, "--verify"],
        ["trafficsim", "bundle", file, "--study", study],
    ]
    said = words(
        "Equal rules and an equal configuration give equal numbers, bit for bit. In order: this report again; one run "
        "lived through "
        "again and compared; every run checked against its digest; and an archive for reviewers, with all that it takes."
    )
    configuration = yaml.safe_dump(_shown(reported), sort_keys=False, allow_unicode=True, width=100)
    return Section(
        "reproduce",
        "How to make it again",
        (
            Paragraph(said),
            Listing("Commands", "\n".join(map(shlex.join, commands)) + "\n"),
            Paragraph(
                words(
                    "The study's settings. The results file holds the whole configuration, with every lever and "
                    "assumption; its hash "
                    "stands above."
                )
            ),
            Listing("Settings of the study", configuration, "study.yaml", "application/yaml"),
        ),
    )


def _shown(reported: Reported) -> dict[str, Any]:
    """Return the part of the configuration that says what was asked, without what follows from names."""
    plain = json.loads(json.dumps(reported.configuration.plain()))
    output, study = (
        {key: value for key, value in plain[part].items() if key not in OF_A_COMPUTER and value not in ("", [], {})}
        for part in ("output", "study")
    )
    return {
        "study": study,
        "arms": [arm["name"] for arm in plain["arms"]],
        "corridor": plain["corridor"]["name"],
        "parameters": plain["parameters"],
        "output": output,
    }


def cite(reported: Reported) -> Section:
    """Return the part that says how to cite the study."""
    study = reported.study
    citation = Citation(
        reported.id, str(study["created"])[:10], str(study["software_version"]), str(study["configuration"]),
        str(study["model_version"]), _cited_arms(reported),
    )  # fmt: skip
    said = words(
        "Cite the software and the study; the configuration's hash lets others run exactly the same study. A click "
        "selects the whole text."
    )
    return Section(
        "cite",
        "Cite this",
        (
            Paragraph(said),
            Listing("BibTeX", citation.bibtex(), "trafficsim-study.bib", "application/x-bibtex"),
            Listing("RIS", citation.ris(), "trafficsim-study.ris", "application/x-research-info-systems"),
        ),
    )


def _cited_arms(reported: Reported) -> list[str]:
    titles = list(reported.arms.values())
    return titles if len(reported.others) < MANY else [titles[0], reported.other_titles]
