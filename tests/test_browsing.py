"""A results file in Datasette: every column explained, every canned question answered, nothing from elsewhere."""

import json
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from html import unescape

import pytest

from trafficsim import cli
from trafficsim.catalog import catalog
from trafficsim.experiments.schema import TABLES
from trafficsim.policy import load_arm
from trafficsim.report.browsing import QUERIES, TITLES, VIEWS

WORDS = [
    "sweep", "study.name=browsed", "arms=[status_quo,letter_package]", "scale=0.01", "years=1", "draws=2", "replicates=2",
    "executor=inline",
]  # fmt: skip


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    folder = tmp_path_factory.mktemp("browsed")
    assert cli.main([*WORDS, f"output.folder={folder}"]) == 0
    return folder / "browsed" / "study.sqlite"


@pytest.fixture(scope="module")
def metadata(file):
    assert cli.main(["browse", str(file), "--only-metadata"]) == 0
    return json.loads(file.with_name("study.metadata.json").read_text())


def answer(file, question, **values):
    """Return columns and rows of a canned question."""
    with closing(sqlite3.connect(file)) as connection:
        cursor = connection.execute(QUERIES[question][2], values)
        return [column[0] for column in cursor.description], cursor.fetchall()


def page(file, address):
    """Return what Datasette answers for an address, in a process of its own and without any server."""
    words = [
        "-m",
        "datasette",
        "serve",
        "--immutable",
        str(file),
        "--metadata",
        str(file.with_name("study.metadata.json")),
    ]
    done = subprocess.run([sys.executable, *words, "--get", address], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-500:] + done.stderr[-500:]
    return done.stdout


def test_every_column_of_every_table_is_explained(file, metadata):
    told = metadata["databases"]["study"]["tables"]
    with closing(sqlite3.connect(file)) as connection:
        for name in TABLES:
            columns = {row[1] for row in connection.execute(f"pragma table_info({name})")}
            assert columns == set(told[name]["columns"])
        for name, columns in VIEWS.items():
            assert set(columns) <= {row[1] for row in connection.execute(f"pragma table_info({name})")}
    assert set(TITLES) <= set(told)
    assert "not a count of real people" in metadata["description"]


VALUES = {"study": "", "indicator": "refoulement", "dimension": "sex", "fate": "", "name": "price", "statement": "S31"}


@pytest.mark.parametrize("name", QUERIES)
def test_every_canned_question_has_an_answer(file, name):
    asked = re.findall(r":(\w+)", QUERIES[name][2])
    columns, rows = answer(file, name, **{word: VALUES[word] for word in asked})
    assert rows and len(columns) == len(rows[0])


def test_a_question_says_what_the_comparison_says(file):
    _, rows = answer(file, "one_indicator_in_each_world", indicator="refoulement", study="")
    by_arm = {arm: [row[2] for row in rows if row[1] == arm] for arm in ("status_quo", "letter_package")}
    _, compared = answer(file, "what_changes", study="")
    told = {(row[0], row[2]): row[3:5] for row in compared}
    mean, difference = told[catalog().indicators["refoulement"].label, load_arm("letter_package").title]
    assert mean == pytest.approx(sum(by_arm["letter_package"]) / 2)
    assert difference == pytest.approx((sum(by_arm["letter_package"]) - sum(by_arm["status_quo"])) / 2)


def test_what_is_asked_is_never_pasted_into_the_question(file):
    _, rows = answer(file, "who_says_so", name="' or 1=1 --", study="")
    assert rows == []


def test_datasette_shows_it_without_asking_anybody(file, metadata):
    home, table, question = (page(file, address) for address in (
        "/study", "/study/parameters", "/study/what_changes?study="))  # fmt: skip
    assert "What changes against the baseline" in home
    assert "plausible from" in table  # the meaning of a column
    assert "mean_difference_to_baseline" in question and load_arm("letter_package").title in unescape(question)
    for text in (home, table, question):
        loaded = re.findall(r"""<(?:script|link|img)[^>]+(?:src|href)=["']([^"']+)""", text)
        assert loaded and not [address for address in loaded if re.match(r"(https?:)?//(?!localhost/)", address)]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["browse", "nowhere.sqlite"], "nowhere.sqlite"),
        (
            ["browse", "{file}", "--metadata", "/no/such/folder/x.json", "--only-metadata"],
            "Name another file with --metadata",
        ),
        (["browse", "{file}", "--port", "70000"], "allowed are 0 to 65535"),
    ],
)
def test_a_mistake_is_told_in_a_sentence(file, capsys, words, told):
    assert cli.main([word.format(file=file) for word in words]) == 2
    assert told in capsys.readouterr().err
