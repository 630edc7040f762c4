"""What strangers' files cannot do: run code, fill the memory, write elsewhere, or come out as markup."""

import ast
import json
import re
from pathlib import Path

import pytest

import trafficsim
from trafficsim import cli
from trafficsim.composition import compose
from trafficsim.errors import UserError
from trafficsim.report.browsing import write_metadata

SOURCES = Path(trafficsim.__file__).parent
FORBIDDEN = {"eval", "exec", "compile", "__import__"}
FORBIDDEN_OF = {
    ("pickle", "load"),
    ("pickle", "loads"),
    ("os", "system"),
    ("yaml", "unsafe_load"),
    ("yaml", "full_load"),
    ("marshal", "loads"),
}


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


def test_yaml_is_read_by_a_safe_loader_alone():
    loads = [
        (str(path), ast.unparse(word.value))
        for path, call in calls()
        if isinstance(call.func, ast.Attribute) and ast.unparse(call.func) in ("yaml.load", "yaml.compose")
        for word in call.keywords
        if word.arg == "Loader"
    ]
    assert loads == [("catalog/reading.py", "_Loader"), ("catalog/reading.py", "_SafeLoader")]


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
