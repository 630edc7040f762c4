"""Files that people choose by name, such as arms and corridors: the package's own folder first, then the user's."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from trafficsim.catalog.reading import nearest, one_of, read_mapping
from trafficsim.errors import UserError


def names_in(folders: Iterable[Path]) -> list[str]:
    """Return the names of the YAML files in ``folders``, sorted."""
    return sorted({path.stem for folder in folders if folder.is_dir() for path in folder.glob("*.yaml")})


def read_named(name: str, folders: Iterable[Path], kind: str, hint: str = "") -> tuple[dict[Any, Any], str]:
    """Return what the file ``name`` in the first of ``folders`` that has it says, and how messages call that file.

    ``kind`` ("arm", "corridor") and ``hint`` are words for the :class:`UserError` where there is no such file.
    """
    folders = list(folders)
    if re.fullmatch(r"\w[\w-]{,99}", name):  # a bare name, so that no path leads out of the folders
        for folder in folders:
            if (path := folder / f"{name}.yaml").is_file():
                shown_as = f"{kind}/{path.name}"
                return read_mapping(path, shown_as), shown_as
    known = names_in(folders)
    raise UserError(f"There is no {kind} '{name}'.{nearest(name, known)} Allowed: {one_of(known)}{hint}.")
