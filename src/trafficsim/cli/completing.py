"""What the shell offers when the Tab key is pressed: settings, arms, indicators, harms, claims, studies in files, and files.

The shell calls ``trafficsim`` itself, through argcomplete; so what is offered is what this installation knows, one's own arms too.
"""

import argparse
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path

STUDY_VERBS = ("compare", "run", "sweep")

Candidates = Callable[[], Iterable[str]]


def complete(parser: argparse.ArgumentParser) -> None:
    """Answer the shell and end the process; return at once where no shell asks."""
    import argcomplete

    verbs = next(action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    for name, verb in verbs.choices.items():
        if name in STUDY_VERBS:  # Hydra takes these, and argparse never sees them
            verb.add_argument("--config-dir", metavar="DIR")
            verb.add_argument("--config-name", metavar="NAME")
            verb.add_argument("--multirun", action="store_true")
            verb.add_argument("--cfg", choices=["job", "hydra", "all"])
        for action in verb._actions:
            offered = _completer(name, action)
            if offered is not None:
                action.completer = offered
    argcomplete.autocomplete(parser, always_complete_options=False)


def script(shell: str) -> str:
    """Return what the shell is to be told, once."""
    import argcomplete

    return argcomplete.shellcode(["trafficsim"], shell=shell)


def _completer(verb: str, action: argparse.Action) -> Callable[..., Iterable[str]] | None:
    from argcomplete.completers import DirectoriesCompleter, FilesCompleter

    if action.dest in ("settings", "words"):
        return partial(_settings_or_files, verb, files=FilesCompleter(["sqlite"]))
    if action.dest == "name" and verb == "catalog":
        return lambda parsed_args, **_: catalogue_names(parsed_args.kind, parsed_args.config_dir)
    if action.dest in ("study", "delete"):
        return lambda parsed_args, **_: studies_in_files(parsed_args)
    if action.dest in ("database", "second", "places"):
        return FilesCompleter(["sqlite"])
    if action.dest in ("config_dir", "folder"):
        return DirectoriesCompleter()
    named: Mapping[str, Candidates] = {
        "arm": arms, "arms": arms, "against": arms, "indicator": lambda: [*indicators(), "all"], "harm": harms,
    }  # fmt: skip
    found = named.get(action.dest)
    return None if found is None else lambda **_: found()


def _settings_or_files(
    verb: str, prefix: str, parsed_args: argparse.Namespace, files: Callable[..., Iterable[str]], **_: object
) -> Iterable[str]:
    key, equals, value = prefix.partition("=")
    known = settings_of(verb)
    if not equals:
        folders = getattr(parsed_args, "config_dir", None) or []
        names = claims(folders) if verb == "claims" else []
        return [*(f"{each}=" for each in _shown(known, prefix)), *names, *files(prefix=prefix)]
    offered = known.get(key)
    if offered is None:
        return []
    if value.startswith("[") or key in LISTS:
        return _in_list(key, value, offered())
    return [f"{key}={each}" for each in offered()]


LISTS = ("arms", "harms", "levers", "study.vary")
"""Settings that take a list: [A,B]."""


def _in_list(key: str, value: str, names: Iterable[str]) -> Iterable[str]:
    """Offer one more name of a list, and after a whole one to go on or to end."""
    done, comma, begun = value.removeprefix("[").rpartition(",")
    head = f"{key}=[{done}{comma}"
    taken = done.split(",")
    found = [name for name in names if name.startswith(begun) and name not in taken]
    whole = found[0] if len(found) == 1 else begun
    ends = [f"{head}{whole},", f"{head}{whole}]"] if whole in found else []
    return [*ends, *(f"{head}{name}" for name in found if name != whole)]


def _shown(known: Iterable[str], prefix: str) -> list[str]:
    """Return the keys to offer: of hundreds of parameters none, until the first letters of a group are there."""
    return [key for key in known if key.startswith(prefix) and (prefix or "." not in key)]


def settings_of(verb: str) -> dict[str, Candidates]:
    """Return every setting that a command takes, with what to offer as its value."""
    from trafficsim.cli import calibrating, choosing, claiming, lives, sensing

    own: Mapping[str, Mapping[str, str]] = {
        "sensitivity": sensing.OWN, "robust": choosing.ROBUST_OWN, "interactions": choosing.INTERACTIONS_OWN,
        "agenda": choosing.AGENDA_OWN, "life": lives.LIFE_OWN, "claims": claiming.SETTINGS, "calibrate": calibrating.CALIBRATE,
        "validate": calibrating.VALIDATE,
    }  # fmt: skip
    ours = {key: values_of(verb, key) for key in own.get(verb, {})}
    return ours if verb in ("calibrate", "validate") else {**_of_studies(), **ours}


def values_of(verb: str, key: str) -> Candidates:
    """Return what to offer as the value of a command's own setting."""
    from trafficsim.cli import sensing

    values: Mapping[str, Candidates] = {
        "method": lambda: sensing.METHODS, "indicator": indicators, "harms": indicators, "levers": levers, "arms": arms,
        "baseline": arms, "of": lambda: ("difference", "level"), "groups": lambda: ("none", "process"),
        "by": lambda: ("spread", "verdict"), "differences": lambda: ("relative", "counts"),
        "corridor": partial(files_of, "corridor"),
    }  # fmt: skip
    return values.get(key, tuple)


def _of_studies() -> dict[str, Candidates]:
    """Return the settings of a study: short names, groups, lists of arms, switches, and every parameter."""
    from dataclasses import fields
    from typing import get_args

    from trafficsim.catalog import catalog
    from trafficsim.configuration import GROUPS, SHORT_NAMES, Executor, Feedbacks, Output, Study
    from trafficsim.designs import Design

    def switch() -> Iterable[str]:
        return ("true", "false")

    found: dict[str, Candidates] = {"arms": arms, "arm": arms}
    found |= dict.fromkeys(SHORT_NAMES, tuple)
    found["design"] = lambda: get_args(Design)
    found |= {group: partial(files_of, group) for group in GROUPS if group not in ("arm", "parameters")}
    found |= {
        f"study.{field.name}": tuple for field in fields(Study) if field.name not in (*SHORT_NAMES, "feedbacks", "grid")
    }
    found["study.vary"] = lambda: [*catalog().parameters]
    found |= {f"study.feedbacks.{field.name}": switch for field in fields(Feedbacks)}
    found |= {f"output.{field.name}": switch if isinstance(field.default, bool) else tuple for field in fields(Output)}
    found["output.series"] = lambda: ("file", "parquet")
    found |= {f"executor.{field.name}": tuple for field in fields(Executor)}
    found["executor.kind"] = lambda: ("inline", "processes", "dask")
    found |= {
        f"parameters.{process}.{name}": tuple for process, named in catalog().parameters.items() for name in named
    }
    return found


def arms() -> list[str]:
    """Return the arms that ship."""
    from trafficsim.policy import arm_names

    return arm_names()


def levers() -> list[str]:
    """Return the levers."""
    from trafficsim.policy import LEVER_NAMES

    return list(LEVER_NAMES)


def indicators() -> list[str]:
    """Return the indicators."""
    from trafficsim.catalog import catalog

    return list(catalog().indicators)


def harms() -> list[str]:
    """Return the harms that lives are compared by."""
    from trafficsim.experiments.lives import HARMS

    return list(HARMS)


def claims(folders: Iterable[str]) -> list[str]:
    """Return the claims, those in one's own ``folders`` too."""
    from trafficsim.claims import claim_names

    return list(claim_names(folders))


def files_of(group: str) -> list[str]:
    """Return the files of a group of the configuration."""
    from trafficsim.configs import __file__ as here

    return sorted(path.stem for path in (Path(here).parent / group).glob("*.yaml"))


def catalogue_names(kind: str | None, folders: Iterable[str]) -> list[str]:
    """Return the names of the records of a kind; of parameters the processes as well."""
    import json

    from trafficsim.catalog import catalog
    from trafficsim.report.catalog_tables import catalog_as_json

    if kind is None:
        return []
    records = json.loads(catalog_as_json(kind, search_path=folders))
    names = [each["id"] for each in records] if kind == "sources" else list(records)
    return [*(catalog().parameters if kind == "parameters" else ()), *names]


def studies_in_files(options: argparse.Namespace) -> list[str]:
    """Return the ids of the studies in the results file that stands on the line already."""
    words = [
        getattr(options, "database", None),
        *(getattr(options, "places", None) or getattr(options, "words", None) or []),
    ]
    found: list[str] = []
    for path in (Path(word) for word in words if word and "=" not in word):
        if path.is_file():
            with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
                found += [row[0] for row in connection.execute("select id from studies order by created desc")]
    return found
