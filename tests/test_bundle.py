"""Bundles: one study for reviewers, equal bytes each time, no trace of the computer, and every tampering is found."""

import hashlib
import json
import re
import shutil
import socket
import sqlite3
import stat
import subprocess
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import yaml

from trafficsim.bundles import archive, writing
from trafficsim.bundles.archive import MANIFEST, manifest_of, sum_of
from trafficsim.bundles.verifying import verify_bundle
from trafficsim.cli import main
from trafficsim.configuration import configure
from trafficsim.errors import UserError
from trafficsim.experiments.result import Failure, Task
from trafficsim.experiments.salvage import digest_in
from trafficsim.experiments.schema import LIMITS
from trafficsim.experiments.store import StudyWriter, save_study
from trafficsim.experiments.study import run_study, study_of

SMALL = [
    "arms=[status_quo,letter_package]",
    "draws=0",
    "scale=0.01",
    "policy_start=2000-01",
    "years=1",
    "executor=inline",
]
CRATE = "ro-crate-metadata.json"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two studies in one file, the older one over points of a file, with a failure whose traceback names folders."""
    folder = tmp_path_factory.mktemp("bundle")
    points, path = folder / "mine.csv", folder / "study.sqlite"
    points.write_text("market.price_bride\n2500\n3700\n")
    configuration = configure([
        *SMALL, "study.name=mine", "replicates=1", "design=file", f"study.points={points}", f"output.folder={folder}",
        "executor.address=tcp://a-host-of-mine:8786",
    ])  # fmt: skip
    save_study(run_study(configuration), path)
    with StudyWriter(path, study_of(configuration)) as writer:
        failure = Failure(f"{folder}/x.py is bad", f'File "{folder}/x.py", line 3, in x')
        writer.write_failure(Task(0, (1, 0), (0,), {}), failure, ["status_quo"])
    save_study(run_study(configure([*SMALL, "study.name=other", "replicates=1", "seed=5"])), path)
    return path


@pytest.fixture(scope="module")
def mine(database: Path) -> str:
    return study_named(database, "mine")


@pytest.fixture(scope="module")
def bundle(database: Path, mine: str) -> Path:
    return writing.write_bundle(database, mine).path


def study_named(path: Path, name: str) -> str:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("select id from studies where name = ?", [name]).fetchone()[0]


def contents(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def repacked(bundle: Path, target: Path, change: Callable[[dict[str, bytes]], None], sums: bool = False) -> Path:
    """Write the bundle's files with a change, with the manifest made anew on demand, as a forger would."""
    files = contents(bundle)
    change(files)
    if sums:
        files[MANIFEST] = manifest_of({name: sum_of(text) for name, text in files.items() if name != MANIFEST})
    archive.write_archive(files, target)
    return target


def with_database(files: dict[str, bytes], sql: str, folder: Path) -> None:
    path = folder / "changed.sqlite"
    path.write_bytes(files["study.sqlite"])
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(sql)
    files["study.sqlite"] = path.read_bytes()


def test_a_bundle_is_verified_and_runs_of_it_are_lived_through_again(bundle, capsys):
    assert main(["bundle", "--verify", str(bundle), "--rerun", "2"]) == 0
    told = capsys.readouterr().out
    assert "all is as it was written" in told and "2 runs were lived through again and are identical" in told
    assert main(["bundle", "--verify", str(bundle), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["problems"] == []


def test_it_holds_the_study_alone(bundle, mine, tmp_path):
    (tmp_path / "alone.sqlite").write_bytes(contents(bundle)["study.sqlite"])
    with closing(sqlite3.connect(tmp_path / "alone.sqlite")) as connection:
        assert connection.execute("select id from studies").fetchall() == [(mine,)]
        assert connection.execute("select count(*) from configurations").fetchone() == (1,)
        assert connection.execute("select count(*) from runs").fetchone() == (6,)
        assert connection.execute("select count(*) from changed_lives").fetchone() == (2,)
        assert connection.execute("select count(distinct run) from totals").fetchone() == (6,)
        assert connection.execute("select count(*) from failures").fetchone() == (1,)
        (content,) = connection.execute("select content from configurations").fetchone()
    assert yaml.safe_load(contents(bundle)["configuration.yaml"]) == json.loads(content)


def test_two_bundles_of_a_study_are_the_same_bytes(database, bundle, mine, tmp_path):
    copy = Path(shutil.copy(database, tmp_path / "elsewhere.sqlite"))
    again = writing.write_bundle(copy, mine, tmp_path / "again.zip")
    assert again.path.read_bytes() == bundle.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again.zip", "elsewhere.sqlite"]


def test_nothing_in_it_tells_of_the_computer(database, bundle):
    traces = [str(database.parent), str(Path.home()), str(Path(__file__).parents[1]), "a-host-of-mine"]
    host = re.compile(rb"(?<![\w-])" + re.escape(socket.gethostname().encode()) + rb"(?![\w-])")
    for name, content in contents(bundle).items():
        assert [trace for trace in traces if trace.encode() in content] == [], name
        assert not host.search(content), name


def test_sha256sum_reads_the_manifest(bundle, tmp_path):
    with zipfile.ZipFile(bundle) as opened:
        opened.extractall(tmp_path)
    if shutil.which("sha256sum"):
        told = subprocess.run(["sha256sum", "-c", MANIFEST], cwd=tmp_path, capture_output=True, text=True)
        assert told.returncode == 0, told.stdout
    listed = {line[66:] for line in (tmp_path / MANIFEST).read_text().splitlines()}
    assert listed == {path.name for path in tmp_path.iterdir()} - {MANIFEST}


def test_the_crate_says_what_every_crate_says(bundle, mine):
    files = contents(bundle)
    crate = json.loads(files[CRATE])
    entities = {entity["@id"]: entity for entity in crate["@graph"]}
    assert crate["@context"] == "https://w3id.org/ro/crate/1.2/context"
    assert entities[CRATE]["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.2"}
    root = entities[entities[CRATE]["about"]["@id"]]
    assert root["@type"] == "Dataset" and root["identifier"] == mine and len(root["datePublished"]) == 10
    assert all(limit in root["description"] for limit in LIMITS)
    assert entities[root["license"]["@id"]]["name"] == "MIT License"
    assert {part["@id"] for part in root["hasPart"]} == files.keys() - {CRATE}
    for part in files.keys() - {CRATE, MANIFEST}:
        told = entities[part]
        assert told["@type"] == "File" and told["encodingFormat"]
        assert told["contentSize"] == str(len(files[part]))
        assert told["sha256"] == hashlib.sha256(files[part]).hexdigest()
    making = entities[root["mentions"]["@id"]]
    assert making["@type"] == "CreateAction" and making["result"] == {"@id": "study.sqlite"}
    assert entities[making["instrument"]["@id"]]["version"]
    assert "author" not in root


def test_whoever_answers_for_the_study_is_named_on_demand(database, tmp_path, capsys):
    assert main(["bundle", str(database), "--to", str(tmp_path / "named.zip"), "--author", "Jane Doe"]) == 0
    files = contents(tmp_path / "named.zip")
    assert "- By: Jane Doe" in files["README.md"].decode()
    assert {"@id": "#author", "@type": "Person", "name": "Jane Doe"} in json.loads(files[CRATE])["@graph"]
    assert main(["bundle", "--verify", str(tmp_path / "named.zip")]) == 0


def test_it_says_how_to_verify_it_and_what_made_it(bundle):
    files = contents(bundle)
    text = files["README.md"].decode()
    assert all(limit in text for limit in LIMITS)
    assert "sha256sum -c manifest-sha256.txt" in text and "--verify" in text
    versions = json.loads(files["environment.json"])["distributions"]
    assert {"trafficsim", "numpy", "mesa", "networkx", "omegaconf"} <= versions.keys()
    assert "pytest" not in versions and "sphinx" not in versions
    assert b"--hash=sha256:" in files["requirements.txt"] and b"MIT" in files["LICENSE"] and files["CITATION.cff"]
    assert "parameters" in json.loads(files["catalog.json"])


def swap(text: str, other: str) -> Callable[[bytes], bytes]:
    return lambda content: content.replace(text.encode(), other.encode(), 1)


def flipped(content: bytes) -> bytes:
    return content[:-700] + bytes([content[-700] ^ 1]) + content[-699:]


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        ("study.sqlite", flipped, "study.sqlite was changed"),
        ("README.md", None, "README.md is missing"),
        ("catalog.json", None, "catalog.json is missing"),
        (MANIFEST, None, f"{MANIFEST} is missing"),
        ("study.sqlite", None, "study.sqlite is missing"),
        (MANIFEST, lambda _: b"nothing", f"{MANIFEST} cannot be read"),
        (CRATE, swap("MIT License", "No License"), f"{CRATE} was changed"),
        ("configuration.yaml", swap("years: 1", "years: 2"), "configuration.yaml does not say"),
        (
            "configuration.yaml",
            lambda _: b"a: &a [1]\nb: *a\n",
            "configuration.yaml cannot be read: it refers to itself",
        ),
    ],
)
def test_a_tampered_file_is_named(bundle, tmp_path, name, change, told):
    def harm(files: dict[str, bytes]) -> None:
        content = files.pop(name)
        if change:
            files[name] = change(content)
            assert files[name] != content

    problems = verify_bundle(repacked(bundle, tmp_path / "x.zip", harm)).problems
    assert any(told in problem for problem in problems), problems
    assert not any(str(tmp_path) in problem or "/tmp" in problem for problem in problems)


def test_an_added_file_is_named(bundle, tmp_path):
    path = repacked(bundle, tmp_path / "x.zip", lambda files: files.update({"more.txt": b"more"}))
    assert "more.txt was added" in " ".join(verify_bundle(path).problems)


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (swap("not a count of real people", "a count of real people"), "does not tell all limits"),
        (swap('https://w3id.org/ro/crate/1.2"\n', 'https://w3id.org/ro/crate/9"\n'), "does not say that it follows"),
        (swap('"sha256": "', '"sha256": "0'), "another sum or size"),
        (swap('"datePublished"', '"dated"'), "lacks 'datePublished'"),
        (swap('"@id": "README.md"', '"@id": "READ.md"'), "differ"),
        (lambda _: b"{}", "is not a description of a bundle"),
    ],
)
def test_an_edited_crate_is_found_though_the_sums_were_made_anew(bundle, tmp_path, edit, told):
    path = repacked(bundle, tmp_path / "x.zip", lambda files: files.update({CRATE: edit(files[CRATE])}), sums=True)
    problems = verify_bundle(path).problems
    assert any(told in problem for problem in problems), problems


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        (
            "update totals set value = value + 1 where indicator = 'trafficked' and run = 2",
            "run 2 .* is not as it was written",
        ),
        (
            "update configurations set content = replace(content, '\"years\": 1', '\"years\": 2')",
            "its hash or its name is another",
        ),
        ("create trigger t after insert on runs begin select 1; end", "a trigger 't' that no results file has"),
        ("create view more as select 1", "a view 'more'"),
        ("pragma user_version = 77", "another form"),
    ],
)
def test_a_forged_results_file_is_found_though_the_sums_were_made_anew(bundle, tmp_path, sql, told):
    path = repacked(bundle, tmp_path / "x.zip", lambda files: with_database(files, sql, tmp_path), sums=True)
    problems = verify_bundle(path).problems
    assert any(re.search(told, problem) for problem in problems), problems


def test_forged_numbers_with_forged_digests_come_out_when_they_are_lived_through_again(bundle, tmp_path):
    def forge(files: dict[str, bytes]) -> None:
        with_database(
            files, "update totals set value = value + 1 where indicator = 'trafficked' and level = 'all'", tmp_path
        )
        path = tmp_path / "changed.sqlite"
        with closing(sqlite3.connect(path)) as connection, connection:
            for (number,) in connection.execute("select id from runs").fetchall():
                connection.execute("update runs set digest = ? where id = ?", [digest_in(connection, number), number])
        files["study.sqlite"] = path.read_bytes()

    path = repacked(bundle, tmp_path / "x.zip", forge, sums=True)
    findings = verify_bundle(path, rerun=1)
    assert any("came out otherwise" in problem for problem in findings.problems)
    assert main(["bundle", "--verify", str(path)]) == 1  # the description's sum of the results file


def odd_archive(path: Path, name: str, mode: int = stat.S_IFREG | 0o644, content: bytes = b"x") -> Path:
    with zipfile.ZipFile(path, "w") as opened:
        entry = zipfile.ZipInfo(name)
        entry.external_attr, entry.compress_type = mode << 16, zipfile.ZIP_DEFLATED
        opened.writestr(entry, content)
    return path


@pytest.mark.parametrize("name", ["../evil.txt", "/etc/evil", "a/../../evil", "C:evil", "a\\..\\evil", "bad\nname"])
def test_names_that_lead_outside_are_refused(tmp_path, name, capsys):
    assert main(["bundle", "--verify", str(odd_archive(tmp_path / "x.zip", name))]) == 1
    told = capsys.readouterr().out
    assert "leads out of the archive" in told and "Nothing was unpacked" in told


def test_links_doubles_and_floods_are_refused(tmp_path, monkeypatch):
    link = odd_archive(tmp_path / "link.zip", "study.sqlite", stat.S_IFLNK | 0o777, b"/etc/passwd")
    assert "symbolic link" in verify_bundle(link).problems[0]
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(tmp_path / "two.zip", "w") as opened:
        opened.writestr("a", b"1")
        opened.writestr("a", b"2")
    assert "twice" in verify_bundle(tmp_path / "two.zip").problems[0]
    monkeypatch.setattr(archive, "RATIO_COUNTS_FROM", 10_000)
    bomb = odd_archive(tmp_path / "bomb.zip", "study.sqlite", content=bytes(1_000_000))
    assert "would grow" in verify_bundle(bomb).problems[0]
    monkeypatch.setattr(archive, "LARGEST_SIZE", 1000)
    assert any("would unpack" in problem for problem in verify_bundle(bomb).problems)
    monkeypatch.setattr(archive, "LARGEST_NUMBER", 0)
    assert any("a dozen" in problem for problem in verify_bundle(bomb).problems)


def test_an_archive_with_harmed_bytes_is_told(bundle, tmp_path):
    content = bytearray(bundle.read_bytes())
    with zipfile.ZipFile(bundle) as opened:
        at = opened.getinfo("study.sqlite").header_offset + 2000
    content[at : at + 50] = bytes(50)
    (tmp_path / "x.zip").write_bytes(content)
    assert any("study.sqlite was changed" in problem for problem in verify_bundle(tmp_path / "x.zip").problems)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["bundle"], "Name the results file"),
        (["bundle", "--verify", "nowhere.zip"], "There is no file"),
        (["bundle", "--verify", "text.txt"], "is not a ZIP archive"),
        (["bundle", "study.sqlite", "--study", "no-such"], "It holds: mine-"),
        (["bundle", "study.sqlite", "--to", "text.txt"], "is no bundle. It is left as it is"),
        (["bundle", "study.sqlite", "--verify", "x.zip"], "--verify takes the archive and nothing else"),
        (["bundle", "study.sqlite", "--rerun", "2"], "--rerun goes with --verify"),
        (["bundle", "nowhere.sqlite"], "There is no database"),
    ],
)
def test_mistakes_are_told_in_a_sentence(database, tmp_path, monkeypatch, capsys, words, told):
    monkeypatch.chdir(tmp_path)
    shutil.copy(database, "study.sqlite")
    Path("text.txt").write_text("text")
    assert main(words) == 2
    assert told in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["study.sqlite", "text.txt"]


def test_no_bundle_is_made_of_harmed_runs_and_nothing_is_left_behind(database, mine, tmp_path):
    path = Path(shutil.copy(database, tmp_path / "study.sqlite"))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("update totals set value = value + 1 where run = 1")
    with pytest.raises(UserError, match="not as it was written, so no bundle"):
        writing.write_bundle(path, mine)
    assert [each.name for each in tmp_path.iterdir()] == ["study.sqlite"]


def test_a_full_disk_leaves_nothing_behind(database, mine, tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing, "write_archive", full)
    with pytest.raises(UserError, match=r"x.zip could not be written: No space left"):
        writing.write_bundle(database, mine, tmp_path / "x.zip")
    assert list(tmp_path.iterdir()) == []


def test_a_catalogue_of_another_time_is_left_out_and_told(database, mine, tmp_path, monkeypatch):
    monkeypatch.setattr(writing, "_has_our_catalog", lambda facts: False)
    made = writing.write_bundle(database, mine, tmp_path / "x.zip")
    assert "another catalogue" in made.remarks[-1]
    assert "catalog.json" not in contents(made.path)
    assert verify_bundle(made.path).problems == []


def test_an_unfinished_study_says_so(database, mine, tmp_path):
    path = Path(shutil.copy(database, tmp_path / "study.sqlite"))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("delete from study_runs where study = ? and draw = 1", [mine])
    made = writing.write_bundle(path, mine)
    assert "unfinished" in made.remarks[0] and "3 of 6 runs planned" in contents(made.path)["README.md"].decode()
    assert verify_bundle(made.path).problems == []
