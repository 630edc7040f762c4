"""The audit of the pinned dependencies finds what it should, in locks made for it; and ours are in order."""

import importlib.util
import json
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LOCKS = ROOT / "requirements"

_specification = importlib.util.spec_from_file_location("audit", LOCKS / "audit.py")
audit = importlib.util.module_from_spec(_specification)
sys.modules["audit"] = audit
_specification.loader.exec_module(audit)

HASH = f"    --hash=sha256:{'0' * 64}"
SOUND = f"first==1.0 \\\n{HASH} \\\n{HASH}\nsecond-one==2.1.post1 ; sys_platform == 'linux' \\\n{HASH}\n"


def folder_with(tmp_path, **locks):
    for name, text in locks.items():
        (tmp_path / f"{name}.txt").write_text(text)
    return tmp_path


def test_a_sound_lock_has_no_problem(tmp_path):
    folder = folder_with(tmp_path, runtime=SOUND)
    assert audit.offline(folder) == []
    assert audit.offline(folder, {"first": "1.0", "second-one": "2.1.post1", "pip": "1", "trafficsim": "0.1"}) == []


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (f"third>=3 \\\n{HASH}", "line 6 is neither an exact pin (NAME==VERSION) nor a SHA-256: third>=3"),
        (f"third==3.* \\\n{HASH}", "line 6 is neither an exact pin"),
        (f"third \\\n{HASH}", "line 6 is neither an exact pin"),
        ("third==3", "line 6: third has no SHA-256"),
        (f"third==3 \\\n    --hash=md5:{'0' * 32}", "line 7 is neither an exact pin (NAME==VERSION) nor a SHA-256"),
        (f"third==3 \\\n    --hash=sha256:{'0' * 63}", "line 7 is neither"),
        ("--index-url https://index.example/simple", "line 6 names a host, an address, a place on a disk or an option"),
        ("--extra-index-url=http://x", "line 6 names a host"),
        ("-e ../mine", "line 6 names a host"),
        ("-r other.txt", "line 6 names a host"),
        ("third @ https://example.org/third.whl", "line 6 names a host"),
        ("third @ file:///home/me/third", "line 6 names a host"),
        ("./wheels/third-3.whl", "line 6 names a host"),
        ("/home/me/third-3.whl", "line 6 names a host"),
        ("# made from https://index.example", "line 6 names a host"),
        (f"third==3 ; no condition \\\n{HASH}", "line 6: 'no condition' cannot be read as a condition"),
    ],
)
def test_a_line_that_is_no_exact_hashed_pin_is_found(line, told, tmp_path):
    (problem, *_) = audit.offline(folder_with(tmp_path, runtime=f"{SOUND}{line}\n"))
    assert told in problem


def test_an_empty_lock_and_an_empty_folder_are_found(tmp_path):
    assert audit.offline(tmp_path) == [f"{tmp_path} holds no lock."]
    assert audit.offline(folder_with(tmp_path, runtime="")) == ["runtime.txt pins nothing."]


def test_every_lock_in_the_folder_is_read_by_whatever_name(tmp_path):
    folder = folder_with(tmp_path, runtime=SOUND, peers="third>=3\n")
    assert [problem[:9] for problem in audit.offline(folder)][:1] == ["peers.txt"]


@pytest.mark.parametrize(
    ("installed", "told"),
    [
        ({"first": "1.1", "second-one": "2.1.post1"}, ["first is installed as 1.1, but pinned as 1.0."]),
        ({"first": "1.0"}, ["second-one 2.1.post1 is pinned, but not installed."]),
        ({"first": "1.0", "second-one": "2.1.post1", "stray": "9"}, ["stray 9 is installed, but no lock pins it."]),
    ],
)
def test_what_drifted_from_the_lock_is_found(installed, told, tmp_path):
    assert audit.offline(folder_with(tmp_path, runtime=SOUND), installed) == told


def test_pins_for_other_platforms_are_neither_missed_nor_wanted(tmp_path):
    folder = folder_with(tmp_path, runtime=f"{SOUND}far==1 ; sys_platform == 'win32' \\\n{HASH}\n")
    assert audit.offline(folder, {"first": "1.0", "second-one": "2.1.post1"}) == []
    assert audit.offline(folder, {"first": "1.0", "second-one": "2.1.post1", "far": "1"}) != []


def test_locks_of_one_environment_must_agree_and_those_of_others_need_not(tmp_path):
    other = f"first==1.5 \\\n{HASH}\n"
    assert audit.offline(folder_with(tmp_path, runtime=SOUND, audit=other)) == []
    folder = folder_with(tmp_path, runtime=SOUND, development=other)
    assert audit.offline(folder) == ["first is 1.5 in development.txt and 1.0 in runtime.txt."] or audit.offline(
        folder
    ) == ["first is 1.0 in runtime.txt and 1.5 in development.txt."]


def answering(tmp_path, content):
    """Return a program that answers as pip-audit would."""
    program = tmp_path / "pip-audit"
    program.write_text(f"#!{sys.executable}\nprint({content!r})\n")
    program.chmod(0o755)
    return str(program)


def answer(*dependencies):
    return json.dumps(
        {"dependencies": [{"name": "first", "version": "1.0", "vulns": []} | each for each in dependencies]}
    )


@pytest.mark.parametrize(
    ("content", "code", "told"),
    [
        (answer({}), 0, "No known vulnerability: the service was asked about every pin."),
        (
            answer({"vulns": [{"id": "CVE-1", "fix_versions": ["1.1"]}]}),
            1,
            "first 1.0 has the known vulnerability CVE-1; mended in 1.1.",
        ),
        (answer({}, {"name": "third", "skip_reason": "?"}), 3, "runtime.txt: the service does not know third."),
        (
            answer({"skip_reason": "Dependency not found"}),
            3,
            "The vulnerability service could not be reached; only the checks",
        ),
        ("Traceback: no route to host", 3, "The vulnerability service could not be reached; only the checks"),
    ],
)
def test_what_the_service_says_decides_the_exit_code(content, code, told, tmp_path, capsys):
    folder = folder_with(tmp_path, runtime=SOUND)
    program = answering(tmp_path, content)
    assert audit.main(["--folder", str(folder), "--only-locks", "--pip-audit", program]) == code
    assert told in capsys.readouterr().out


def test_without_the_program_it_is_said_that_nobody_was_asked(tmp_path, capsys):
    folder = folder_with(tmp_path, runtime=SOUND)
    assert audit.main(["--folder", str(folder), "--only-locks"]) == 3
    assert "was not asked" in capsys.readouterr().out
    assert audit.main(["--folder", str(folder), "--only-locks", "--pip-audit", str(tmp_path / "none")]) == 3
    assert "could not be reached" in capsys.readouterr().out


def test_our_own_locks_are_in_order_and_so_is_what_is_installed_of_them():
    assert audit.offline(LOCKS) == []
    pins = [pin for name in audit.OF_THE_PROJECT for pin in audit.read_lock(LOCKS / name)[0]]
    assert len(pins) > 400 and {pin.name for pin in audit.read_lock(LOCKS / "audit.txt")[0]} >= {
        "pip-audit",
        "requests",
    }
    wanted = {pin.name: pin.version for pin in pins if pin.is_wanted()}
    installed = audit.installed_here()
    assert {name: installed[name] for name in wanted if name in installed} == {
        name: version for name, version in wanted.items() if name in installed
    }


def test_the_targets_make_and_audit_every_lock():
    makefile = (ROOT / "Makefile").read_text()
    made = set(re.findall(r"--output-file requirements/([\w-]+\.txt)", makefile))
    assert made == {path.name for path in LOCKS.glob("*.txt")}
    assert "--pip-audit .cache/audit/bin/pip-audit" in makefile
