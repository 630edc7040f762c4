"""Between Hydra and us: its search path, its command line, and its errors said in sentences.

Hydra composes, sweeps and leaves each job's configuration on disk, as its users know it. What is added here: arms joined
by '+', parameters filled from the catalogue, and a refusal of everything that could make Hydra call code.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import yaml
from hydra import compose as hydra_compose
from hydra import version
from hydra._internal.hydra import Hydra
from hydra._internal.utils import create_config_search_path
from hydra.core.config_search_path import SearchPathQuery
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException, OverrideParseException
from omegaconf import DictConfig, OmegaConf, open_dict
from omegaconf.errors import OmegaConfBaseException

from trafficsim.catalog import catalog
from trafficsim.catalog.reading import nearest, one_of, read_mapping, refuse_flood, shortened
from trafficsim.configuration import GROUPS, SHORT_NAMES, Configuration, Executor, Output, Study, checked
from trafficsim.errors import UserError
from trafficsim.policy import arm_names

CONFIG_MODULE = "trafficsim.configs"
CONFIG_NAME = "config"
PACKAGE_FOLDER = Path(__file__).parent / "configs"
VERSION_BASE = "1.3"

_TRUSTED_TARGETS = ("hydra._internal.core_plugins.", "hydra_plugins.")
"""Hydra's own launchers and sweepers, and those of installed plugins; nothing else may be named as code."""


def register_defaults() -> None:
    """Give Hydra what holds where no file speaks, so that each key can be overridden and is shown by ``--cfg job``."""
    defaults = {"parameters": catalog().defaults(), "study": asdict(Study()), "output": asdict(Output())}
    defaults["executor"] = asdict(Executor())
    ConfigStore.instance().store(name="built_in", node=defaults, provider="trafficsim")


def compose(
    overrides: list[str], config_dirs: Iterable[Path | str] = (), config_name: str = CONFIG_NAME
) -> Configuration:
    """Return the checked configuration that Hydra composes; :class:`UserError` for whatever is wrong."""
    folders = existing_folders(config_dirs)
    overrides = join_arms(overrides)
    refuse_code(overrides)
    parse(overrides)
    with sentences(folders, config_name), _hydra(folders):
        composed = _composed(overrides, config_name)
        hydra = composed.hydra
        _refuse_foreign_targets(OmegaConf.to_container(hydra, resolve=False))
        with open_dict(composed):
            del composed["hydra"]
        return configuration_of(composed, hydra)


def configuration_of(composed: DictConfig, hydra: DictConfig) -> Configuration:
    """Return the checked configuration for what Hydra ``composed``; ``hydra`` is Hydra's own part of it."""
    content = OmegaConf.to_container(composed, resolve=True, throw_on_missing=True)
    assert isinstance(content, dict)
    search_path = [source.path for source in hydra.runtime.config_sources if source["schema"] == "file"]
    overrides = parse(list(hydra.overrides.task))
    choices = {str(group): choice for group, choice in hydra.runtime.choices.items()}
    choices |= {override.key_or_group: override.value() for override in overrides if override.key_or_group == "arm"}
    if isinstance(content.get("corridor"), dict):
        content["corridor"] = {"name": str(choices.get("corridor"))} | content["corridor"]
    keys = {override.key_or_group for override in overrides}
    touched = {key.partition(".")[0] for key in keys if "." in key or key in SHORT_NAMES}
    places = {group: _place(group, choices.get(group), touched) for group in GROUPS}
    return checked(content, search_path, choices.get("arm"), places, keys)  # type: ignore[arg-type]


def _place(group: str, choice: Any, touched: set[str]) -> str:
    """Return where a wrong value of ``group`` was written, as far as it can be told."""
    if not isinstance(choice, str) or (PACKAGE_FOLDER / group / f"{choice}.yaml").is_file():
        return group  # the package's own files hold nothing wrong: it was the command line
    keys = {group, *(name for name, its in SHORT_NAMES.items() if its == group)}
    return f"{group}/{choice}.yaml" + (" or the command line" if keys & touched else "")


def check_jobs(overrides: list[str], config_dirs: Iterable[Path | str], config_name: str = CONFIG_NAME) -> None:
    """Check every value of a sweep before the first job runs, each once, with the other sweeps at their first value."""
    overrides = join_arms(overrides)
    refuse_code(overrides)
    with _hydra(existing_folders(config_dirs)):
        jobs = [_values(override) for override in parse(overrides)]
    first = [values[0] for values in jobs if values]
    compose(first, config_dirs, config_name)
    for number, values in enumerate(jobs):
        for value in values[1:]:
            others = [other[0] for place, other in enumerate(jobs) if other and place != number]
            compose([*others, value], config_dirs, config_name)


def join_arms(overrides: list[str]) -> list[str]:
    """Return ``overrides`` with each ``arm=a+b`` written as Hydra writes several choices of a group, ``arm=[a,b]``."""
    joined = re.compile(r"\w[\w-]*(?:\+\w[\w-]*)+")
    result = []
    for override in overrides:
        key, equals, value = override.partition("=")
        if key == "arm" and "+" in value:
            value = joined.sub(lambda found: "[" + found[0].replace("+", ",") + "]", value)
        result.append(key + equals + value)
    return result


def parse(overrides: list[str]) -> list[Override]:
    """Return the overrides as Hydra understands them; :class:`UserError` names the one it cannot read."""
    try:
        loader = GlobalHydra.instance().config_loader() if GlobalHydra.instance().is_initialized() else None
        parsed = OverridesParser.create(config_loader=loader).parse_overrides(overrides)
        wrong = next((each.input_line for each in parsed if not each.key_or_group), None)
    except OverrideParseException as error:
        parsed, wrong = [], error.override
    except RecursionError:
        raise UserError(
            "The settings hold lists or mappings too deep within each other; write out what is meant."
        ) from None
    if wrong is not None:
        raise UserError(
            f"'{wrong}' cannot be read; write KEY=VALUE without spaces, lists as KEY=[A,B], and put quotes "
            f"around a value with special characters."
        )
    return parsed


def _values(override: Override) -> list[str]:
    """Return each override that a sweep stands for; one that only its sweeper can spell out is left to the sweeper."""
    if not override.is_sweep_override():
        return [str(override.input_line)]
    if not override.is_discrete_sweep():
        return []
    return [f"{override.get_key_element()}={value}" for value in override.sweep_string_iterator()]


def refuse_code(overrides: Iterable[str]) -> None:
    """Refuse an override that names a key beginning with '_', such as ``_target_``: it could make Hydra call code."""
    for override in overrides:
        key, _, value = override.partition("=")
        hidden = any(part.startswith("_") for part in re.split(r"[./@:]", key.lstrip("+~")))
        if hidden or re.search(r"""[{,]\s*["']?_\w*["']?\s*:""", value):
            raise UserError(
                f"'{override}': keys that begin with '_' are refused, since a configuration may not call code."
            )


def _refuse_foreign_targets(content: Any, place: str = "hydra") -> None:
    """Refuse code named in Hydra's own part of the configuration, save Hydra's and its installed plugins'."""
    if isinstance(content, Mapping):
        for key, value in content.items():
            if (key == "_target_" and not str(value).startswith(_TRUSTED_TARGETS)) or key == "()":
                raise UserError(f"{place}.{key} = {value!r} is refused, since a configuration may not call code.")
            _refuse_foreign_targets(value, f"{place}.{key}")
    elif isinstance(content, list):
        for value in content:
            _refuse_foreign_targets(value, place)


def existing_folders(config_dirs: Iterable[Path | str]) -> list[Path]:
    """Return the folders as absolute paths; :class:`UserError` for one that is not there."""
    folders = [Path(folder).resolve() for folder in config_dirs]
    for folder in folders:
        if not folder.is_dir():
            raise UserError(f"There is no configuration folder '{folder}'; --config-dir takes an existing folder.")
        for file in (*folder.glob("*.yaml"), *(file for group in GROUPS for file in (folder / group).glob("*.yaml"))):
            refuse_flood(file)
    return folders


@contextmanager
def _hydra(folders: list[Path]) -> Iterator[None]:
    """Start Hydra with ``folders`` searched as by ``--config-dir``, and afterwards put back what was there before.

    Hydra has no public way to look for the *primary* file in a second folder, so this does what its ``main`` does.
    """
    register_defaults()
    version.setbase(VERSION_BASE)
    search_path = create_config_search_path(f"pkg://{CONFIG_MODULE}")
    for folder in folders:
        search_path.prepend("command-line", f"file://{folder}", SearchPathQuery(provider="schema"))
    before = GlobalHydra.instance().hydra
    GlobalHydra.instance().clear()
    try:
        Hydra.create_main_hydra2("trafficsim", search_path)
        yield
    finally:
        GlobalHydra.instance().hydra = before


def _composed(overrides: list[str], config_name: str) -> DictConfig:
    for given in parse([override for override in overrides if override.startswith("hydra.searchpath=")]):
        value = given.value()
        if not isinstance(value, list) or not all(str(each).startswith("file://") for each in value):
            raise UserError(
                f"'{given.input_line}': write hydra.searchpath=[file:///FOLDER], or use --config-dir FOLDER."
            )
        existing_folders(str(each).removeprefix("file://") for each in value)
    with stumbles_told():
        return hydra_compose(config_name, overrides, return_hydra_config=True)


@contextmanager
def stumbles_told() -> Iterator[None]:
    """Say in a sentence what Hydra stumbles over while it composes, such as a group that is given a number."""
    try:
        yield
    except (UserError, HydraException, OmegaConfBaseException, yaml.YAMLError):
        raise  # has a sentence of its own
    except (ValueError, TypeError, AttributeError, LookupError, AssertionError, RecursionError, OSError) as error:
        told = shortened(" ".join(str(error).split()))
        raise UserError(f"Hydra cannot compose this study: {told}.") from None


@contextmanager
def sentences(folders: list[Path], config_name: str = CONFIG_NAME) -> Iterator[None]:
    """Turn what Hydra and OmegaConf raise into one sentence for the person at the command line."""
    try:
        yield
    except (HydraException, OmegaConfBaseException) as error:
        _check_files(folders)  # a slip in a file of the user is better told with its line
        raise UserError(_sentence(error, lambda: _known_keys(folders, config_name))) from None
    except Exception as error:
        if type(error).__module__.startswith("yaml"):
            _check_files(folders)
            raise UserError(" ".join(str(error).split())) from None
        raise


def _sentence(error: Exception, known_keys: Callable[[], list[str]]) -> str:
    """Return what ``error`` says, in our words where it is a frequent slip."""
    message = str(error)
    if error.__cause__ is not None and (not message or message.startswith(("Error merging", "In '"))):
        message = f"{message} {error.__cause__}"
    if "Cannot find primary config" in message:
        return f"--config-name: {message.partition('.')[0]}; --config-dir names the folder that holds it."
    if found := re.search(r"Could not find '([^/']+)/([^']+)'", message):
        group, name = found.groups()
        options = arm_names() if group == "arm" else []
        options = sorted({*options, *re.findall(r"^\t(\S+)$", message.partition("Search path")[0], re.MULTILINE)})
        return f"{group}={name}: there is no such file in the group '{group}'.{nearest(name, options)} Allowed: {one_of(options)}."
    if found := re.search(r"An item is already at '([^']+)'", message):
        return f"the key '{found[1]}' is already there; write it without '+'."
    if found := re.search(r"Could not override '([^']+)'|config\. '([^']+)' does not exist", message):
        return _unknown_key(found[1] or found[2], known_keys())
    if found := re.search(r"(?:Ambiguous value for argument|Sweep parameters) '([^']+)'", message):
        return f"'{found[1]}' holds several values; add -m to run one job for each, or write a list as KEY=[A,B]."
    lines = [
        line.strip()
        for line in message.splitlines()
        if line.strip() and "full_key" not in line and "object_type" not in line
    ]
    return " ".join(lines) or type(error).__name__


def _unknown_key(key: str, keys: list[str]) -> str:
    """Return the sentence for a ``key`` that the configuration has not; ``keys`` are those it has, dotted."""
    if key.startswith("arm."):
        return (
            f"unknown key '{key}'. Choose the arm first (arm=NAME); a lever that it lacks is added with '+{key}=...'."
        )
    if key.startswith("study.grid"):
        return f"unknown key '{key}'. Values to combine are added with '+study.grid.PROCESS.NAME=[...]'."
    keys = [each for each in keys if each != "arm"] + ["arm"]
    while True:  # the first part that does not exist is the one to correct
        parent, _, name = key.rpartition(".")
        if not parent or parent in keys:
            break
        key = parent
    beside = [each.rpartition(".")[2] for each in keys if each.rpartition(".")[0] == parent]
    allowed = f" Allowed: {one_of(beside)}." if 0 < len(beside) <= 40 else ""
    return f"unknown key '{key}'.{nearest(name, beside)}{allowed}"


def _known_keys(folders: list[Path], config_name: str) -> list[str]:
    """Return every key of the configuration without overrides, dotted."""
    try:
        with _hydra(folders):
            content = OmegaConf.to_container(_composed([], config_name), resolve=False)
    except Exception:  # only the hint is lost
        return []
    assert isinstance(content, dict)
    return [*_dotted({key: value for key, value in content.items() if key != "hydra"})]


def _dotted(content: Mapping[Any, Any], place: str = "") -> Iterator[str]:
    for key, value in content.items():
        yield f"{place}{key}"
        if isinstance(value, Mapping):
            yield from _dotted(value, f"{place}{key}.")


def _check_files(folders: list[Path]) -> None:
    """Read the user's files as YAML, so that a slip is told with its file and line."""
    for folder in folders:
        for path in sorted([*folder.glob("*.yaml"), *folder.glob("[!.]*/*.yaml")]):
            read_mapping(path)
