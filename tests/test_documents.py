"""The documents: what is generated is fresh, every link leads somewhere, nothing is loaded from elsewhere, and every
command and example in them works as typed.
"""

import doctest
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import pytest

from trafficsim import cli
from trafficsim.app import serving
from trafficsim.cli import asking, claiming, sensing, studying
from trafficsim.report import figures

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
GENERATED = DOCS / "generated"
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md")]
    if GENERATED not in path.parents and DOCS / "_build" not in path.parents
)
RUNS = "<!-- runs in the tests -->"
"""Stands before a block whose studies a test runs; those of other blocks are composed and checked, not lived through."""
DRAWS_FIGURES = "docs/start/researcher.md"
"""The page whose studies draw their figures as well; elsewhere that would only take time."""
PREPARATIONS = {"cd", "git", "mkdir", "source"}
"""Commands around those of the project, which no test runs."""


@pytest.fixture(scope="module")
def generate() -> Iterator[ModuleType]:
    sys.path.insert(0, str(DOCS))
    try:
        import generate

        yield generate
    finally:
        sys.path.remove(str(DOCS))


def test_generated_texts_are_those_of_code_and_catalogue(generate: ModuleType) -> None:
    made = generate.texts()
    there = {
        path.relative_to(GENERATED).as_posix(): path.read_text(encoding="utf-8") for path in GENERATED.rglob("*.md")
    }
    stale = sorted(name for name in made.keys() | there.keys() if made.get(name) != there.get(name))
    assert not stale, f"stale below docs/generated: {', '.join(stale)}. Run `make generated` and commit what it writes."


def test_generated_pictures_were_drawn_from_what_holds_now(generate: ModuleType) -> None:
    drawings = generate.drawings
    stale = [
        name
        for name, drawing in drawings.DRAWINGS.items()
        if drawings.mark_in(GENERATED / name) != drawings.mark_of(drawing)
    ]
    assert not stale, f"stale below docs/generated: {', '.join(stale)}. Run `make generated` and commit what it writes."


def test_steps_are_told_in_the_order_in_which_a_month_takes_them(generate: ModuleType) -> None:
    told = re.findall(r"^## (\d+)\. ", generate.texts()["month.md"], re.MULTILINE)
    assert told == [str(number) for number in range(1, 13)]


def test_pictures_of_the_documents_are_small() -> None:
    pictures = [*DOCS.glob("figures/*"), *GENERATED.glob("*.svg")]
    assert {path.name: size for path in pictures if (size := path.stat().st_size) > 300_000} == {}


class Links(HTMLParser):
    """What a page links to, what it loads, and the places in it that others can link to."""

    def __init__(self) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.loads: set[str] = set()
        self.places: set[str] = set()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attributes}
        self.places.add(found.get("id", ""))
        if tag == "a" and "href" in found:
            self.links.add(found["href"])
        if tag == "link" and found.get("rel") in ("stylesheet", "icon", "preload", "preconnect", "dns-prefetch"):
            self.loads.add(found["href"])
        if tag in ("script", "img", "iframe", "object", "source") and "src" in found:
            self.loads.add(found["src"])


def test_the_site_builds_with_no_lost_link_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sphinx", "--quiet", "--fail-on-warning", "--keep-going"]
    site = tmp_path / "html"
    told = subprocess.run([*command, "-d", tmp_path / "trees", DOCS, site], capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    pages = {path: Links() for path in site.rglob("*.html")}
    for path, page in pages.items():
        page.feed(path.read_text(encoding="utf-8"))
    lost = [
        f"{path.relative_to(site)} -> {link}"
        for path, page in pages.items()
        for link in page.links
        if not leads_somewhere(link, path, pages)
    ]
    assert lost == []
    remote = {load for page in pages.values() for load in page.loads if urlsplit(load).netloc}
    for path in site.rglob("*.css"):
        words = path.read_text(encoding="utf-8")
        remote |= set(re.findall(r"(?:url\(|@import)\s*[\"']?((?:https?:)?//[^\"')\s]+)", words))
    assert remote == set()


def leads_somewhere(link: str, path: Path, pages: dict[Path, Links]) -> bool:
    """True for an address elsewhere, a file that is there, and a place that a page of the site has."""
    parts = urlsplit(link)
    if parts.scheme:
        return True
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if target in pages:
        return not parts.fragment or unquote(parts.fragment) in pages[target].places
    return target.is_file()


class Block(NamedTuple):
    """A fenced block of a page: its language, its text, the file that its caption names, and whether its studies run."""

    language: str
    text: str
    file: str
    runs: bool


def blocks(page: str) -> list[Block]:
    """Return the fenced blocks of a page in order."""
    found, before = [], ""
    lines = iter((ROOT / page).read_text(encoding="utf-8").splitlines())
    for line in lines:
        opened = re.fullmatch(r"( *)(`{3,})\s*(?:\{code-block\}\s*)?(\w+)\s*", line)
        if opened:
            indent, fence, language = opened.groups()
            text, file = [], ""
            for inner in lines:
                inner = inner.removeprefix(indent)
                if inner == fence:
                    break
                caption = re.fullmatch(r":caption: (\S+)", inner)
                if caption:
                    file = caption[1]
                else:
                    text.append(inner)
            found.append(Block(language, "\n".join(text).strip() + "\n", file, before == RUNS))
        if line.strip():
            before = line.strip()
    return found


@dataclass
class Shell:
    """Runs what the documents tell people to type."""

    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def type(self, line: str, runs: bool) -> None:
        words = shlex.split(line, comments=True)
        if not words or words[0] in PREPARATIONS:
            return
        if words[0] == "make":
            targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
            assert set(words[1:]) <= set(targets), f"the Makefile does not know '{line}'"
            return
        if words[0].removeprefix(".venv/bin/") == "python" and words[1:3] == ["-m", "pytest"]:
            files = [word for word in words[3:] if word.startswith("tests/")]
            assert files and all((ROOT / file).is_file() for file in files), f"no such tests: '{line}'"
            return
        assert words[0].removeprefix(".venv/bin/") == "trafficsim", f"no test knows how to check '{line}'"
        if words[1:2] in (["calibrate"], ["validate"]) and not runs and "--report" not in words:
            cli._parser().parse_args(
                words[1:]
            )  # no more than that: they take a quarter of an hour, and may write the package
            return
        with self.monkeypatch.context() as here:
            if words[1:2] in (["compare"], ["run"], ["sweep"]) and not runs:
                here.setattr(studying, "conduct", lambda configuration, manner: 0)
            if words[1:2] == ["sensitivity"] and not runs:
                here.setattr(sensing, "_answer", lambda *_: None)
                here.setattr(asking, "conducted", lambda *_: SimpleNamespace(study=SimpleNamespace(study_id="")))
            if words[1:2] == ["claims"] and not runs:  # what is asked for is checked
                here.setattr(claiming, "answer", lambda *_, **__: 0)
            if words[1:2] == ["app"]:  # it would serve until somebody ends it
                here.setattr(serving, "serve", lambda *_, **__: None)
            try:
                code = cli.main(words[1:])
            except SystemExit as stop:  # argparse after -h
                code = stop.code
        told = self.capsys.readouterr()
        assert code == 0, f"'{line}' ended with {code}: {told.err}"


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_tells_to_type_works(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    if page != DRAWS_FIGURES:
        monkeypatch.setattr(figures, "draw_figures", lambda *_, **__: [])
    shell, names = Shell(monkeypatch, capsys), {}
    for number, block in enumerate(blocks(page), 1):
        if block.file:
            path = tmp_path / block.file
            assert path.resolve().is_relative_to(tmp_path), f"{page} writes to {block.file}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
        elif block.language == "sh":
            for line in block.text.replace("\\\n", " ").splitlines():
                shell.type(line, block.runs)
        elif block.language == "pycon":
            test = doctest.DocTestParser().get_doctest(block.text, names, f"{page}, block {number}", page, 0)
            told: list[str] = []
            outcome = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=told.append, clear_globs=False)
            assert outcome.failed == 0, "".join(told)
            names = test.globs


def test_the_documents_hold_commands_and_examples() -> None:
    found = [block for page in PAGES for block in blocks(page)]
    assert sum(block.language == "sh" for block in found) > 20
    assert sum(block.language == "pycon" for block in found) > 10
    assert sum(block.runs for block in found) > 5


@pytest.mark.parametrize("page", PAGES)
def test_files_of_the_project_that_a_page_names_are_there(page: str) -> None:
    words = (ROOT / page).read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:src|tests|docs|benchmarks|requirements)/[\w./*-]+)`", words))
    assert {name for name in named if not any(ROOT.glob(name.rstrip("/")))} == set()


def test_every_relation_of_the_catalogue_is_whole(generate: ModuleType) -> None:
    """The page is made from the marks; here they are held to be sentences of a known kind, on tests that are run."""
    parts = generate.relation_parts
    known = parts.relations()
    for one in known:
        assert one.kind in parts.KINDS and one.level in parts.LEVELS, one.test
        assert one.says.endswith(".") and (not one.because or one.because.endswith(".")), one.test
        assert one.test.startswith("test_") and one.reach, one.test
    assert len({one.says for one in known}) == len(known)
    marks = {
        path.name: path.read_text(encoding="utf-8").count("@pytest.mark.relation(")
        for path in DOCS.parent.glob("tests/*.py")
    }
    assert sum(marks.values()) - marks["test_documents.py"] == len(known), (
        "a mark that is on no test of a file's own level"
    )
    for name in ("test_relations.py", "test_monotone.py", "test_feedbacks.py"):  # these hold nothing but relations
        tests = re.findall(r"^def (test_\w+)", (ROOT / "tests" / name).read_text(encoding="utf-8"), re.MULTILINE)
        assert [one.test for one in known if one.file == name] == tests
