"""What a reviewer reads first: what a bundle is, what it does not mean, and how to verify it."""

from collections.abc import Collection

from trafficsim.bundles.facts import CATALOG, Facts

_TEXT = """\
# Study {facts.study}

One study made with trafficsim, an agent-based simulation of trafficking along a migration corridor and of policies that could
protect people. It was begun on {facts.day} and holds {facts.extent}, of these arms: {arms}.

- Version of trafficsim: {facts.software_version}; version of its rules: {facts.model_version}
- SHA-256 of the configuration: {facts.fingerprint}
{author}
## What it does not mean

{limits}

## What is here

{files}

{catalog}

Folders, files and hosts of the computer that ran the study were left out of the configuration; no result depends on them.

## Verify it with trafficsim

    trafficsim bundle --verify FILE.zip
    trafficsim bundle --verify FILE.zip --rerun 3

The first checks that nothing is missing, added or changed, and that each run is as it was written. The second also lives
through three runs again, from what `study.sqlite` holds, and compares all that was kept of them, bit for bit. With the archive
unpacked, `trafficsim reproduce study.sqlite RUN` does so for any run, by its identity or its number.

Equal numbers can be expected of the same version of the rules. {lock}

## Verify it without trafficsim

In the unpacked folder:

    sha256sum -c manifest-sha256.txt
    sqlite3 study.sqlite 'pragma integrity_check; select * from limits; select * from comparison;'

The file explains itself: table `column_descriptions` says what each column holds, and the view `who_says` gives each parameter
with the evidence that it rests on. Each run has a `digest` in table `runs`: the SHA-256 of the rows kept of it. For each of the
tables totals, monthly, stocks and events, in this order, it takes a line with the table's name, then a line for each row: its
columns but `run`, as Python writes a tuple, in the order of the columns' values (events: as they stand).

Figures are not here: `trafficsim report study.sqlite` draws them from the stored results, and writes a page and a PDF to read.
"""

_FILES = {
    "study.sqlite": "the results: every run, definitions, units, sources, limits",
    "configuration.yaml": "all that the results depend on, for people",
    CATALOG: "the catalogue of the model: parameters with ranges, evidence and sources",
    "environment.json": "versions of the software that made this bundle",
    "requirements.txt": "every dependency with version and hash",
    "LICENSE": "the licence",
    "CITATION.cff": "how to cite trafficsim",
    "ro-crate-metadata.json": "this description for programs (RO-Crate 1.2)",
    "manifest-sha256.txt": "SHA-256 of every other file",
}


def readme_of(facts: Facts, files: Collection[str], author: str = "") -> str:
    """Return the text for a bundle of ``files`` that holds the study of ``facts``."""
    always = {"ro-crate-metadata.json", "manifest-sha256.txt"}
    with_catalog = (
        "The catalogue is the one that the study was made with."
        if CATALOG in files
        else "The catalogue as a whole is not here, since this bundle was made with another than the study was; what the study "
        "assumed stands in the tables `parameters`, `series` and `arms` of `study.sqlite`."
    )
    return _TEXT.format(
        facts=facts,
        arms=", ".join(facts.arms),
        author=f"- By: {author}\n" if author else "",
        limits="\n".join(f"- {limit}" for limit in facts.limits),
        files="\n".join(f"- `{name}`: {what}" for name, what in _FILES.items() if name in {*files, *always}),
        catalog=with_catalog,
        lock="`python -m pip install --require-hashes -r requirements.txt` installs its dependencies as they were pinned."
        if "requirements.txt" in files
        else "`environment.json` says what it was made with.",
    )
