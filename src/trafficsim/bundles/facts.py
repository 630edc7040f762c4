"""What a bundle tells of its study, read from the study's own results file."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from trafficsim.catalog.reading import SafeLoader, refuse_depth
from trafficsim.configuration import hash_of
from trafficsim.errors import UserError
from trafficsim.experiments.files import DamagedFileError, reading
from trafficsim.experiments.studies import studies_in

DATABASE = "study.sqlite"
CONFIGURATION = "configuration.yaml"
CATALOG = "catalog.json"
ENVIRONMENT = "environment.json"
README = "README.md"
CRATE = "ro-crate-metadata.json"

_HEAD = """\
# The configuration of this study, as study.sqlite holds it in table configurations: all that its results depend on.
# Left out is where it was written and on which computers. Values are those that held; nothing is to be looked up elsewhere.
"""


class Facts(NamedTuple):
    """A study that stands alone in a results file: what it is and how far it is."""

    study: str
    name: str
    created: str
    model_version: str
    software_version: str
    fingerprint: str
    configuration: dict[str, Any]
    arms: list[str]
    runs: int
    planned: int
    limits: list[str]

    @property
    def day(self) -> str:
        """The day on which the study was begun."""
        return self.created[:10]

    @property
    def extent(self) -> str:
        """How much of what was planned is there."""
        return f"{self.runs:,} runs" if self.runs >= self.planned else f"{self.runs:,} of {self.planned:,} runs planned"


def facts_of(path: Path) -> Facts:
    """Return the facts of the one study in the file at ``path``; :class:`DamagedFileError` where they do not fit together."""
    lines = studies_in(path)
    if len(lines) != 1:
        raise DamagedFileError(f"{path} holds {len(lines)} studies; a bundle has one.")
    with reading(path) as connection:
        name, software, fingerprint = connection.execute(
            "select name, software_version, configuration from studies"
        ).fetchone()
        found = connection.execute("select hash, content from configurations").fetchall()
        arms = [row[0] for row in connection.execute("select title from arms order by place")]
        limits = [row[0] for row in connection.execute("select text from limits order by id")]
    try:
        ((_, content),) = [row for row in found if row[0] == fingerprint]
        plain = json.loads(content)
        fits = len(found) == 1 and hash_of(plain) == fingerprint
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        fits = False
    if not fits or not lines[0].study.startswith(f"{plain['study']['name']}-"):
        raise DamagedFileError(
            f"{path}: the configuration is not the one that was written: its hash or its name is another."
        )
    line = lines[0]
    return Facts(
        line.study, name, line.created, line.model_version, software, fingerprint, plain, arms, line.runs, line.planned, limits
    )  # fmt: skip


def configuration_text(facts: Facts) -> str:
    """Return the configuration as YAML."""
    return _HEAD + yaml.safe_dump(facts.configuration, sort_keys=True, allow_unicode=True, width=120)


def configuration_in(text: str) -> Any:
    """Return what a configuration's YAML says; :class:`ValueError` where it is none or refers to itself."""
    try:
        refuse_depth(text, CONFIGURATION)
        # References could make a few lines unfold to more than any memory holds, and our own text has none.
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, SafeLoader)):
            raise ValueError("it refers to itself")
        return yaml.load(text, Loader=SafeLoader)
    except UserError as problem:
        raise ValueError(str(problem)) from problem
    except (yaml.YAMLError, RecursionError) as problem:
        raise ValueError("it is no YAML") from problem
