"""What strangers' files cannot do: run code, fill the memory, write elsewhere, or come out as markup."""

import ast
import json
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import test_fuzz
import test_fuzz_bundles
import test_fuzz_catalog
import test_fuzz_names
import test_fuzz_results
import test_fuzz_studies

import trafficsim
from trafficsim import cli
from trafficsim.analysis.stored_runs import numbers_of_runs
from trafficsim.catalog.reading import read_mapping
from trafficsim.composition import compose
from trafficsim.errors import UserError
from trafficsim.experiments.blaming import blaming
from trafficsim.experiments.studies import studies_in
from trafficsim.report.browsing import write_metadata

SOURCES = Path(trafficsim.__file__).parent
FORBIDDEN = {"eval", "exec", "compile", "__import__"}
FORBIDDEN_OF = {
    ("os", "system"), ("os", "popen"), ("yaml", "unsafe_load"), ("yaml", "full_load"), ("pd", "read_pickle"), ("pd", "eval"),
    *((module, name) for module in ("pickle", "marshal", "dill", "cloudpickle", "joblib") for name in ("load", "loads")),
    ("shelve", "open"),
}  # fmt: skip


def calls():
    for path in sorted(SOURCES.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                yield path.relative_to(SOURCES), node


def test_no_text_is_ever_run_as_code():
    found = []
    for path, call in calls():
        name = call.func
        if isinstance(name, ast.Name) and name.id in FORBIDDEN:
            found.append((str(path), call.lineno, name.id))
        if (
            isinstance(name, ast.Attribute)
            and isinstance(name.value, ast.Name)
            and (name.value.id, name.attr) in FORBIDDEN_OF
        ):
            found.append((str(path), call.lineno, name.attr))
        for word in call.keywords:
            if word.arg in ("shell", "allow_pickle") and ast.unparse(word.value) == "True":
                found.append((str(path), call.lineno, word.arg))
    assert found == []


def test_numpy_is_always_told_to_read_no_pickle():
    loads = [(str(path), call) for path, call in calls() if ast.unparse(call.func) in ("np.load", "numpy.load")]
    assert loads
    for path, call in loads:
        assert any(word.arg == "allow_pickle" and ast.unparse(word.value) == "False" for word in call.keywords), path


def test_yaml_is_read_by_a_safe_loader_alone():
    loads = [
        (str(path), ast.unparse(word.value))
        for path, call in calls()
        if isinstance(call.func, ast.Attribute) and ast.unparse(call.func) in ("yaml.load", "yaml.compose")
        for word in call.keywords
        if word.arg == "Loader"
    ]
    assert loads == [
        ("bundles/facts.py", "SafeLoader"),
        ("catalog/reading.py", "_Loader"),
        ("catalog/reading.py", "SafeLoader"),
    ]


def folder_with(tmp_path, text):
    (tmp_path / "arm").mkdir()
    (tmp_path / "arm" / "mine.yaml").write_text(text)
    return tmp_path


def test_a_tag_that_asks_for_an_object_is_refused(tmp_path):
    trap = tmp_path / "sprung"
    folder = folder_with(
        tmp_path, f"title: !!python/object/apply:os.system ['touch {trap}']\nsummary: y\nlevers: {{}}\n"
    )
    for words in (
        ["catalog", "arms", "mine", "--config-dir", str(folder)],
        ["compare", "--config-dir", str(folder), "arm=mine"],
    ):
        assert cli.main(words) == 2
    assert not trap.exists()


def test_a_few_lines_of_aliases_do_not_fill_the_memory(tmp_path):
    lines = ["title: x", "summary: y", "a0: &a0 {k: 1}"]
    lines += [f"a{n}: &a{n} {{{', '.join(f'k{m}: *a{n - 1}' for m in range(9))}}}" for n in range(1, 30)]
    folder = folder_with(tmp_path, "\n".join([*lines, "levers: *a29", ""]))
    with pytest.raises(UserError, match=r"with its aliases .* written out it holds more than 100,000 values"):
        compose(["arm=mine"], [folder])


def test_aliases_as_people_use_them_are_read(tmp_path):
    levers = "levers:\n  identification: &usual {coverage: 0.5, because: question 2}\n  lawful_stay: *usual\n"
    folder = folder_with(tmp_path, f"title: x\nsummary: y\n{levers}")
    (arm,) = (arm for arm in compose(["arm=mine"], [folder]).arms if arm.name == "mine")
    assert arm.levers["lawful_stay"].coverage == 0.5


def test_sql_takes_what_people_write_as_values_alone():
    """No statement is put together from a user's words: names of tables come from the schema, the rest is bound."""
    suspicious = []
    for path, call in calls():
        if (
            isinstance(call.func, ast.Attribute)
            and call.func.attr in ("execute", "read_sql_query", "executemany")
            and call.args
        ):
            for part in ast.walk(call.args[0]):
                if isinstance(part, ast.FormattedValue) and re.search(
                    r"option|argument|request|query_params", ast.unparse(part.value)
                ):
                    suspicious.append((str(path), call.lineno, ast.unparse(part.value)))
    assert suspicious == []


def test_a_hostile_name_of_a_study_is_refused_or_shown_as_text(tmp_path, capsys):
    hostile = "<script>alert(1)</script>"
    words = ["sweep", f"study.name={hostile}", "arms=[status_quo]", "scale=0.01", "years=1", "draws=0", "replicates=1",
             "output=totals", "executor=inline", f"output.folder={tmp_path}"]  # fmt: skip
    code = cli.main(words)
    told = capsys.readouterr().err
    if code == 0:  # then whatever shows it must escape it: the report's own tests do
        (file,) = tmp_path.rglob("*.sqlite")
        assert hostile in json.loads(write_metadata(file).read_text())["source"]
    else:
        assert code == 2 and "study.name" in told
    assert not [path for path in tmp_path.rglob("*") if "<" in path.name]


@pytest.mark.parametrize(
    "text",
    ["a: " + "[" * 200_000, "a: " + "{b: " * 20_000 + "1" + "}" * 20_000, "? " * 200_000, "a:\n" + "- " * 20_000],
)
def test_a_file_of_lists_within_lists_is_refused_and_does_not_crash_the_reader(text, tmp_path):
    folder = folder_with(tmp_path, text)
    with pytest.raises(UserError, match="more than 50 levels deep"):
        read_mapping(folder / "arm" / "mine.yaml")
    with pytest.raises(UserError, match="more than 50 levels deep"):
        compose(["arm=mine"], [folder])


def test_settings_of_lists_within_lists_are_refused():
    with pytest.raises(UserError, match="too deep"):
        compose(["study.grid=" + "{a:" * 900 + "1" + "}" * 900])


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    words = [
        "arms=[status_quo]",
        "scale=0.001",
        "policy_start=1996-02",
        "years=1",
        "draws=0",
        "replicates=1",
        "executor=inline",
    ]
    assert cli.main(["sweep", *words, "output=totals", f"output.folder={folder}"]) == 0
    return folder / "study/study.sqlite"


def changed(results, tmp_path, *statements):
    file = tmp_path / "study.sqlite"
    shutil.copyfile(results, file)
    with closing(sqlite3.connect(file)) as connection, connection:
        for statement in statements:
            connection.execute(statement)
    return file


ENDLESS = "with recursive n(x) as (select 1 union all select x + 1 from n) select x from n"


@pytest.mark.parametrize(
    ("statements", "told"),
    [
        (
            ["create trigger t after insert on runs begin delete from totals; end"],
            "has a trigger 't' that no results file has",
        ),
        (
            ["drop view comparison", f"create view comparison as {ENDLESS}"],
            "has a view 'comparison' that is not as we make it",
        ),
        (
            ["alter table failures rename to f", f"create view failures as {ENDLESS}"],
            "a view 'failures' that is not as we make it",
        ),
        (["alter table runs add column more text"], "has a table 'runs' that is not as we make it"),
        (["drop table totals"], "holds no study"),
        (["update studies set years = 'many'"], "column years of table studies cannot be what was written"),
        (["update arms set levers = '[' "], "the levers of an arm cannot be what was written"),
        (["update studies set replicates = 1000000000000, years = -4"], "a study's years, replicates, draws or scale"),
    ],
)
def test_what_answers_or_acts_in_the_place_of_our_tables_is_not_run(statements, told, results, tmp_path, capsys):
    file = changed(results, tmp_path, *statements)
    for words in (["studies", str(file)], ["effects", str(file), "--json"], ["export", str(file)]):
        assert cli.main(words) in (1, 2)
        assert re.search(told, capsys.readouterr().err)


def test_a_forged_name_of_a_file_of_series_leads_nowhere(results, tmp_path, capsys):
    """Neither read nor, with its study, deleted: `studies --delete` takes away the files of series that nobody uses any more."""
    precious = tmp_path / "precious.txt"
    precious.write_text("keep me")
    file = changed(results, tmp_path, "insert into series_parts values ('../precious.txt', 'x', 1)")
    study = studies_in(file)[0].study
    assert cli.main(["studies", str(file), "--delete", study]) == 2
    assert "'../precious.txt' is not the name of a file with series" in capsys.readouterr().err
    assert precious.read_text() == "keep me" and studies_in(file)[0].study == study


def test_a_command_that_stumbles_over_a_file_says_what_is_wrong_with_it(results, tmp_path, capsys):
    file = changed(results, tmp_path, "update indicators set label = label || 'x' where place = 0")
    told = "table indicators does not hold what this trafficsim writes there"
    with pytest.raises(UserError, match=told), blaming([file]):
        raise KeyError("an indicator")
    with pytest.raises(KeyError), blaming([results]):  # of a file that is sound, the error is ours, and is seen
        raise KeyError("an indicator")


def test_numpy_reads_no_pickles_and_what_it_cannot_read_is_begun_anew(tmp_path):
    path = tmp_path / "runs.npz"
    np.savez(path, key=np.array("k"), found=np.array([{"a": object}], dtype=object), allow_pickle=True)
    found = numbers_of_runs(path, "k", 1, lambda job: (job[0], [1.0]), [0], 1)
    assert found.tolist() == [[1.0]]
    path.write_bytes(b"PK\x03\x04 torn")
    assert numbers_of_runs(path, "k", 1, lambda job: (job[0], [2.0]), [0], 1).tolist() == [[2.0]]


def test_each_promise_of_the_page_names_tests_that_are_there():
    page = (Path(__file__).parents[1] / "docs/security.md").read_text()
    rows = [line for line in page.splitlines() if line.startswith("| ")][2:]
    named = set(re.findall(r"`(test_\w+\.py)`", page))
    assert named and all((Path(__file__).with_name(name)).is_file() for name in named)
    assert {path.name for path in Path(__file__).parent.glob("test_fuzz*.py")} <= named
    assert [
        row for row in rows if "`test_" not in row and "---" not in row and not row.startswith("| file of tests")
    ] == []


def test_the_numbers_of_inputs_on_the_page_are_those_that_are_tried():
    page = (Path(__file__).parents[1] / "docs/security.md").read_text()
    makefile = (Path(__file__).parents[1] / "Makefile").read_text()
    each = int(re.search(r"TRAFFICSIM_FUZZ=(\d+) .*tests/test_fuzz\*\.py", makefile)[1])
    parts = [1.0] * (len(test_fuzz.READERS) + 1)
    parts += [part for *_, part in test_fuzz_catalog.READERS.values()]
    parts += [part for _, part in test_fuzz_results.commands(test_fuzz_results.FILE, "").values()]
    parts += [*test_fuzz_results.SHOWN.values(), *[test_fuzz_bundles.PART] * test_fuzz_bundles.PARTS]
    parts += [test_fuzz_studies.PART, test_fuzz_studies.PART, test_fuzz_studies.PART_OF_COMMANDS]
    parts += [*[test_fuzz_names.PART] * (len(test_fuzz_names.COMMANDS) + 1), test_fuzz_names.PART_OF_PAGES]
    for number, words in ((each, r"`make fuzz` gives ([\d,]+) of them"), (400, r"and the tests ([\d,]+)")):
        told = int(re.search(words, page)[1].replace(",", ""))
        tried = sum(max(1, round(number * part)) for part in parts)
        assert abs(told - tried) < 0.05 * tried
