"""What commands share that ask a question of a study: their own settings beside the study's, and the study's conduct."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from trafficsim.catalog.reading import nearest, one_of
from trafficsim.configuration import Configuration
from trafficsim.errors import UserError

if TYPE_CHECKING:
    from trafficsim.experiments.conduct import Conclusion


class Verb(Protocol):
    """Adds a command to the parser, as :func:`trafficsim.cli._parser` has it."""

    def __call__(self, name: str, help: str, epilog: str, do: "Do") -> argparse.ArgumentParser:
        """Return the parser of the command, to which arguments are added."""


class Do(Protocol):
    """What a command does; returns the exit code."""

    def __call__(self, options: argparse.Namespace) -> int:
        """Do it."""


def own_settings(words: Sequence[str], known: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Take the settings that ``known`` names, with their defaults, from ``words``; return them and the study's own words.

    Raises :class:`UserError` for one that is given twice.
    """
    own: dict[str, str] = {}
    rest: list[str] = []
    for word in words:
        key, equals, value = word.partition("=")
        if equals and key in known:
            if key in own:
                raise UserError(f"'{word}': {key} is given twice.")
            own[key] = value
        else:
            rest.append(word)
    return {**known, **own}, rest


def names_in(value: str) -> list[str]:
    """Return the names in ``[a,b]``, ``a,b`` or ``a``."""
    return [name.strip() for name in value.strip().removeprefix("[").removesuffix("]").split(",") if name.strip()]


def chosen(key: str, value: str, allowed: Sequence[str]) -> str:
    """Return ``value`` if it is one of ``allowed``; :class:`UserError` says which there are."""
    if value not in allowed:
        raise UserError(f"{key}={value}: there is no such {key}.{nearest(value, allowed)} Allowed: {one_of(allowed)}.")
    return value


def whole_number(key: str, value: str, least: int = 1) -> int:
    """Return ``value`` as a whole number of ``least`` or more."""
    if not value.isdigit() or int(value) < least:
        raise UserError(f"{key}={value}: it should be a whole number, {least} or more.")
    return int(value)


def conducted(configuration: Configuration, path: Path) -> "Conclusion":
    """Do what the study in the file at ``path`` lacks, with a progress bar; all of it must be there afterwards.

    What was finished before Ctrl-C or a failure is kept, and the same command goes on from it.
    """
    from trafficsim.cli.listening import watched
    from trafficsim.experiments.conduct import conduct_study

    with watched(path.with_suffix(".log")) as watch:
        conclusion = conduct_study(configuration, path, watch)
    if conclusion.stopped:
        raise conclusion.stopped
    if conclusion.failed:
        raise UserError(
            f"{conclusion.failed:,} of {conclusion.tasks:,} replicates failed, the first for this reason: "
            f"{conclusion.reasons[0]} See them all: trafficsim studies {path} --failures"
        )
    return conclusion


def study_asked_of(
    words: Sequence[str], defaults: Mapping[str, str], config_dirs: Sequence[str] = (), study: str | None = None
) -> tuple[Path, str | None]:
    """Return the results file and the study in it that ``words`` name: a file, or settings of a study that is then conducted.

    ``defaults`` are settings of the study that hold where ``words`` say nothing of their key; its file is
    results/NAME/study.sqlite, as a sweep's is. Raises :class:`UserError` where a file and settings are mixed.
    """
    from trafficsim.cli.studying import sweep_file
    from trafficsim.composition import compose

    files = [word for word in words if "=" not in word]
    if files:
        if len(words) > 1:
            others = [word for word in words if word != files[0]]
            raise UserError(
                f"'{others[0]}' does not go with the results file '{files[0]}', whose study is settled; leave one of them out."
            )
        return Path(files[0]), study
    if study is not None:
        raise UserError("--study names one of the studies in a results file; name the file, too.")
    given = {word.partition("=")[0].lstrip("+~") for word in words}
    given |= {key.removeprefix("study.") for key in given}
    held = [f"{key}={value}" for key, value in defaults.items() if key not in given]
    configuration = compose([*held, *words], config_dirs)
    path = sweep_file(configuration)
    return path, conducted(configuration, path).study.study_id
