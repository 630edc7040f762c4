"""Every library that is pinned for running has a licence that is known and was weighed, and the page of licences says which."""

import re
import sys
from importlib.metadata import PathDistribution
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "docs"))
try:
    from generating import licence_part as licences
finally:
    sys.path.remove(str(ROOT / "docs"))

PAGE = (ROOT / "docs/generated/licences.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def rows():
    return licences.licensed()


def test_each_pin_has_a_row_with_its_version_and_licence(rows):
    pins = dict(re.findall(r"^([\w.-]+)==([^\s;]+)", licences.LOCK.read_text(), re.MULTILINE))
    assert {row.name: row.version for row in rows} == pins
    for row in rows:
        assert f"| {row.name} | {row.version} | ".replace("_", "\\_") in PAGE
    assert PAGE.count("\n| ") >= len(pins)


def test_no_licence_is_unknown_and_none_is_refused(rows):
    assert [row.name for row in rows if not row.licence] == []
    assert [(row.name, row.licence) for row in rows if licences.refused(row.licence)] == []


def test_what_is_pinned_for_all_computers_is_installed_and_needed_by_somebody(rows):
    missing = [row.name for row in rows if row.installed is None and not row.condition]
    assert missing == []
    building = {row.name for row in rows if not row.needed_by and not row.condition}
    assert building == {"hatchling", "pathspec", "tomlkit", "trove-classifiers"}  # group "build" of pyproject.toml


def test_what_was_looked_up_by_hand_is_what_its_metadata_tells_where_it_is_installed(rows):
    conditional = {row.name for row in rows if row.condition}
    assert conditional == licences.ELSEWHERE.keys()
    for row in rows:
        if row.condition and row.installed:
            assert row.installed.removesuffix("-3-Clause") == row.licence.removesuffix("-3-Clause")


def test_who_needs_what():
    by_name = {row.name: row.needed_by for row in licences.licensed()}
    assert by_name["numpy"] == ("core",) and by_name["hydra-core"] == ("core",)
    assert by_name["solara"] == ("app",) and by_name["datasette"] == ("browse",) and by_name["typst"] == ("report",)
    assert by_name["salib"] == ("analysis",)


def metadata(tmp_path, text):
    folder = tmp_path / "made-1.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.4\nName: made\nVersion: 1\n{text}\n")
    return PathDistribution(folder)


@pytest.mark.parametrize(
    ("text", "licence", "wrong"),
    [
        ("License-Expression: MIT OR GPL-3.0-only", "MIT OR GPL-3.0-only", []),
        ("License-Expression: MIT AND GPL-3.0-only", "MIT AND GPL-3.0-only", ["GPL-3.0-only"]),
        ("License-Expression: AGPL-3.0-or-later", "AGPL-3.0-or-later", ["AGPL-3.0-or-later"]),
        ("License: BSD\nClassifier: License :: OSI Approved :: BSD License", "BSD", []),
        ("License: Copyright (c) 2020 Somebody\nClassifier: License :: OSI Approved :: MIT License", "MIT", []),
        ("License: GPLv3\nClassifier: License :: OSI Approved :: GNU General Public License v3 (GPLv3)", "", [""]),
        ("License: UNKNOWN", "", [""]),
        ("", "", [""]),
    ],
)
def test_a_licence_that_nobody_weighed_is_found(text, licence, wrong, tmp_path):
    assert licences.licence_of(metadata(tmp_path, text)) == licence
    assert (licences.refused(licence) or ([""] if not licence else [])) == wrong


def test_each_file_of_others_in_the_package_has_a_licence_on_the_page():
    files = [path for path in (licences.ASSETS / "cdn").rglob("*") if path.is_file()]
    assert len(files) >= 5
    about = (licences.ASSETS / "README.md").read_text()
    for path in files:
        assert path.name in about
        if path.suffix == ".js" or path.name.startswith("main"):
            assert f"`{path.name}`" in PAGE
    assert [path for path in licences.ASSETS.rglob("*") if path.suffix in (".woff", ".woff2", ".ttf", ".otf")] == []


def test_our_own_licence_is_the_one_that_the_page_weighs():
    assert (ROOT / "LICENSE").read_text().startswith("MIT License") and "MIT licence (file `LICENSE`)" in PAGE
    assert all(name in PAGE and reason in PAGE for name, reason in licences.WEAK_COPYLEFT.items())
