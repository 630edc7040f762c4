"""The comfort of the shell: completion by a real bash, the doctor, versions, colours, exit codes."""

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import trafficsim as ts
from trafficsim import cli
from trafficsim.catalog import catalog
from trafficsim.claims import claim_names
from trafficsim.cli import about, completing, doctor
from trafficsim.configuration import configure
from trafficsim.course import model_version
from trafficsim.policy import arm_names

PACKAGE = Path(ts.__file__).parents[1]


# Completion -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the command on its path, a results file with two studies, and a claim of one's own."""
    home = tmp_path_factory.mktemp("home")
    (home / "bin").mkdir()
    command = home / "bin" / "trafficsim"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m trafficsim "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    (home / "study.sqlite").touch()
    small = {
        "scale": 0.005,
        "policy_start": "1997-01",
        "years": 1,
        "replicates": 1,
        "draws": 0,
        "workers": 1,
        "output": "totals",
    }
    ts.run("status_quo", name="first", file=home / "study.sqlite", **small)
    ts.run("status_quo", name="second", file=home / "study.sqlite", **small)
    (home / "mine" / "claim").mkdir(parents=True)
    shipped = Path(ts.__file__).parent / "configs" / "claim" / "package_saves_lives.yaml"
    (home / "mine" / "claim" / "zebra_claim.yaml").write_text(shipped.read_text(encoding="utf-8"), encoding="utf-8")
    return home


def bash(home: Path, lines: list[str]) -> list[list[str]]:
    """Return what a real bash is offered at the end of each line, through the function that ``complete`` registered."""
    script = """
eval "$(trafficsim completion bash)"
registered=$(complete -p trafficsim | sed 's/.*-F \\([^ ]*\\).*/\\1/')
while IFS= read -r line; do
  COMP_LINE=$line COMP_POINT=${#line} COMP_TYPE=9 COMPREPLY=()
  "$registered" trafficsim "" ""
  printf '%s\\x1f' "${COMPREPLY[@]}"; printf '\\n'
done
"""
    environment = {**os.environ, "PATH": f"{home / 'bin'}:{os.environ['PATH']}", "PYTHONPATH": str(PACKAGE)}
    environment["COMP_WORDBREAKS"] = " \t\n\"'><=;|&(:"
    done = subprocess.run(
        ["bash", "--norc", "-c", script], input="\n".join(lines) + "\n", cwd=home, env=environment, capture_output=True,
        text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [[each for each in answer.split("\x1f") if each] for answer in done.stdout.splitlines()]


CASES: list[tuple[str, Callable[[], list[str]]]] = [
    ("trafficsim comp", lambda: ["compare", "completion"]),
    ("trafficsim catal", lambda: ["catalog "]),
    ("trafficsim effects x.sqlite --ag", lambda: ["--against "]),
    ("trafficsim effects x.sqlite --by ye", lambda: ["year "]),
    ("trafficsim effects x.sqlite --indicator refou", lambda: ["refoulement "]),
    ("trafficsim effects x.sqlite --arm ", arm_names),
    ("trafficsim compare sca", lambda: ["scale="]),
    ("trafficsim compare --config-d", lambda: ["--config-dir "]),
    ("trafficsim compare study=te", lambda: ["teaching "]),
    ("trafficsim compare arm=permit_r", lambda: ["permit_reform "]),
    ("trafficsim compare arms=[status_quo,permit_ref", lambda: [r"\[status_quo,permit_reform,", r"\[status_quo,permit_reform\]"]),
    ("trafficsim compare 'arms=[permit_ref", lambda: ["arms=[permit_reform,", "arms=[permit_reform]"]),
    ("trafficsim sweep design=lat", lambda: ["latin_hypercube "]),
    ("trafficsim sweep parameters.custody.assessment_sens", lambda: ["parameters.custody.assessment_sensitivity="]),
    ("trafficsim run study.feedbacks.fear=", lambda: ["true", "false"]),
    ("trafficsim sensitivity method=mor", lambda: ["morris "]),
    ("trafficsim robust harms=[refou", lambda: [r"\[refoulement,", r"\[refoulement\]"]),
    ("trafficsim agenda by=", lambda: ["spread", "verdict"]),
    ("trafficsim claims package_", lambda: [name for name in claim_names() if name.startswith("package_")]),
    ("trafficsim claims --config-dir mine zeb", lambda: ["zebra_claim "]),
    ("trafficsim fates study.sqlite --harm remo", lambda: ["removed "]),
    ("trafficsim catalog parameters custody.assessment_sen", lambda: ["custody.assessment_sensitivity "]),
    ("trafficsim catalog coverage S3", lambda: [f"S{number}" for number in range(30, 40)]),
    ("trafficsim report stu", lambda: ["study.sqlite "]),
]  # fmt: skip


def test_bash_is_offered_what_may_follow(home: Path) -> None:
    offered = bash(home, [line for line, _ in CASES])
    assert {line: sorted(each) for (line, _), each in zip(CASES, offered, strict=True)} == {
        line: sorted(expected()) for line, expected in CASES
    }


def test_bash_is_offered_the_studies_of_the_file_on_the_line(home: Path) -> None:
    offered, none = bash(home, ["trafficsim report study.sqlite --study ", "trafficsim report nothing.sqlite --study "])
    assert [name.partition("-")[0] for name in sorted(offered)] == ["first", "second"]
    assert none == []


def test_every_setting_of_a_study_is_offered_and_known() -> None:
    keys = completing.settings_of("compare")
    assert len([key for key in keys if key.startswith("parameters.")]) == sum(map(len, catalog().parameters.values()))
    values = {"policy_start": "2020-01", "design": "sobol", "workers": "1"}
    values |= dict.fromkeys(("years", "replicates", "scale", "draws", "seed"), "2")
    assert values.keys() <= keys.keys()
    switches = {key: [*offered()] for key, offered in keys.items() if key.startswith(("output.", "study.feedbacks."))}
    assert len([key for key, offered in switches.items() if offered == ["true", "false"]]) == 11
    for place in (0, -1):
        words = [f"{key}={offered[place]}" for key, offered in switches.items() if offered]
        configure(["arms=[status_quo]", *words, *(f"{key}={value}" for key, value in values.items())])


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_each_shell_calls_the_command(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["completion", shell]) == 0
    told = capsys.readouterr().out
    assert "trafficsim" in told and "_ARGCOMPLETE" in told
    assert {"bash": "complete ", "zsh": "compdef", "fish": "complete --command trafficsim"}[shell] in told
    assert str(PACKAGE) not in told


def test_the_script_is_sound_bash(capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["completion", "bash"])
    done = subprocess.run(["bash", "-n"], input=capsys.readouterr().out, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


# Versions -------------------------------------------------------------------------------------------------------------


def test_versions_are_those_that_results_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["version", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    study = ts.run("status_quo", scale=0.005, policy_start="1996-06", years=1, replicates=1, draws=0, workers=1)
    stored = study.frames["studies"].iloc[0]
    assert stored["software_version"] == told["software"]
    assert stored["model_version"] == f"{told['model']}-{told['rules']}" == model_version()
    assert study.configuration.catalog_digest.startswith(told["catalogue"]) and len(told["catalogue"]) == 12


def test_the_switch_says_what_the_command_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["version"]) == 0
    command = capsys.readouterr().out
    with pytest.raises(SystemExit) as ended:
        cli.main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == command == f"{about.versions_in_words()}\n"


# The doctor -----------------------------------------------------------------------------------------------------------


def examined(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = cli.main(["doctor", *words])
    return code, capsys.readouterr().out


def test_a_sound_installation_is_told_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    code, told = examined(capsys)
    assert code == 0 and told.endswith("A study can be run.\n")
    assert "problem" not in told
    code, plain = examined(capsys, "--json")
    found = json.loads(plain)
    assert code == 0 and found["sound"]
    for check in found["checks"]:
        assert check["name"] in told and check["found"] in told.replace("\n", " ")
        assert check["state"] == "ok" or check["do"] or check["name"] == "posterior"
    assert list(tmp_path.iterdir()) == []  # it leaves nothing behind


def one(checks: object, name: str) -> doctor.Check:
    return next(check for check in checks if check.name == name)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("here", "state"), [((3, 11), "problem"), ((3, 12), "ok"), ((3, 13), "ok"), ((3, 14), "ok"), ((3, 15), "warning")]
)
def test_a_python_that_does_not_fit_is_told(here: tuple[int, int], state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (*here, 0, "final", 0))
    assert one(doctor._python(), "Python").state == state


def test_another_version_than_the_tested_one_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    pins = doctor.pinned()
    assert "numpy" in pins and re.fullmatch(r"[\d.]+", pins["numpy"])
    assert one(doctor._libraries(), "libraries").state in ("ok", "warning")
    monkeypatch.setattr(doctor, "pinned", lambda: {"numpy": "1.0"})
    check = one(doctor._libraries(), "libraries")
    assert check.state == "warning" and "(pinned: 1.0)" in check.found and "requirements/runtime.txt" in check.do
    monkeypatch.setattr(doctor, "pinned", dict)
    assert one(doctor._libraries(), "libraries").state == "ok"


def test_a_missing_extra_is_told_with_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(doctor.EXTRAS, "app", ("solara", "no-such-distribution"))
    check = one(doctor._extras(), "extras")
    assert (check.state, check.do) == ("ok", "Only where you need them: pip install 'trafficsim[app]'.")


def test_a_folder_where_nothing_can_be_written_is_a_problem(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    closed = tmp_path / "results"
    closed.touch()  # a file where the folder should be: not even root can write into it
    monkeypatch.setattr(doctor, "RESULTS", closed)
    code, told = examined(capsys)
    assert code == 1
    assert re.search(r"^problem  results: .* cannot be written to: ", told, re.MULTILINE)
    assert "output.folder=FOLDER" in told and told.endswith("its results not be kept.\n")


def test_a_cache_that_cannot_be_written_is_a_problem(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import numba

    (tmp_path / "file").touch()
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "file" / "below"))
    check = one(doctor._compiled_rules(), "compiled rules")
    assert check.state == "problem" and "NUMBA_CACHE_DIR" in check.do


@pytest.mark.parametrize(("free", "state"), [(1e8, "problem"), (1e9, "warning"), (1e12, "ok")])
def test_a_full_disk_is_told(free: float, state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        doctor.shutil, "disk_usage", lambda _: os.terminal_size((0, 0)) and type("Usage", (), {"free": free})
    )
    assert one(doctor._results(), "disk").state == state


@pytest.mark.parametrize(
    ("free", "told"), [(9e8, "workers=1"), (1.1e9, "workers=2"), (1e12, "GB free"), (None, "cannot be told")]
)
def test_little_memory_is_told_with_how_many_workers_fit(
    free: float | None, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trafficsim.experiments import executors

    monkeypatch.setattr(executors, "usable_cores", lambda: 4)
    monkeypatch.setattr(doctor, "_free_memory", lambda: free)
    check = one(doctor._machine(), "memory")
    assert told in check.found + check.do


def test_an_error_in_the_catalogue_is_a_problem_and_no_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> dict[str, str]:
        raise ts.UserError("market.yaml, line 3: unknown key 'defualt'.")

    monkeypatch.setattr(about, "versions", broken)
    code, told = examined(capsys)
    assert code == 1 and "problem  trafficsim: market.yaml, line 3: unknown key 'defualt'." in told


# Colours and exit codes -----------------------------------------------------------------------------------------------

COLOUR = re.compile(r"\x1b\[(?:\d+;)*3[0-7]m")


def on_a_terminal(tmp_path: Path, **variables: str) -> str:
    """Return what ``trafficsim doctor`` writes to a terminal."""
    ours, theirs = pty.openpty()
    environment = {
        name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS")
    }
    environment |= {"PYTHONPATH": str(PACKAGE), "TERM": "xterm-256color", **variables}
    process = subprocess.Popen(
        [sys.executable, "-m", "trafficsim", "doctor"], stdout=theirs, cwd=tmp_path, env=environment
    )
    os.close(theirs)
    told = b""
    while True:
        try:
            read = os.read(ours, 4096)
        except OSError:  # the other end is closed
            break
        if not read:
            break
        told += read
    os.close(ours)
    assert process.wait() == 0
    return told.decode()


def test_colours_are_shown_in_a_terminal_unless_they_are_refused(tmp_path: Path) -> None:
    assert COLOUR.search(on_a_terminal(tmp_path))
    assert not COLOUR.search(on_a_terminal(tmp_path, NO_COLOR="1"))


@pytest.mark.parametrize(
    ("variables", "coloured"), [({}, False), ({"FORCE_COLOR": "1"}, True), ({"NO_COLOR": "1"}, False)]
)
def test_a_pipe_gets_no_colours_unless_they_are_asked_for(
    variables: dict[str, str], coloured: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    _, told = examined(capsys)
    assert bool(COLOUR.search(told)) == coloured


def test_exit_codes_are_told_by_the_help_and_by_the_guide(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 0
    told = re.findall(r"^  (\d+)  ", capsys.readouterr().out, re.MULTILINE)
    guide = (Path(__file__).parents[1] / "docs" / "guides" / "shell.md").read_text(encoding="utf-8")
    assert told == re.findall(r"^\| (\d+) \|", guide, re.MULTILINE) == ["0", "1", "2", "130"]
    assert {cli.USER_ERROR, cli.INTERRUPTED, doctor.SOUND, doctor.SICK} == {int(code) for code in told}
