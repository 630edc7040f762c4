"""The benchmarks run and report; what they measure is never a test."""

import json

import pytest
from benchmarks import run


def test_a_quick_run_reports_every_question(tmp_path, capsys):
    names = [
        name for name in run.BENCHMARKS if name not in ("against_mesa", "scaling", "long_and_large")
    ]  # the slow ones
    target = tmp_path / "found.json"
    arguments = [word for name in names for word in ("--only", name)]
    assert run.main(["--quick", "--json", str(target), *arguments]) == 0
    report = json.loads(target.read_text())
    assert list(report["benchmarks"]) == names
    assert report["machine"]["cores"] >= 1
    shown = capsys.readouterr().out
    for name, result in report["benchmarks"].items():
        assert name in shown
        assert result["findings"]
        for one in result["findings"]:
            if one["measured"] is None:
                assert one["note"].startswith("not installed")
            else:
                assert one["measured"] > 0 and one["unit"]
            assert one["met"] is None  # a quick run judges nothing
    page = run.page(report)
    assert all(result["question"] in page for result in report["benchmarks"].values())


def test_what_is_not_met_is_said(monkeypatch, tmp_path, capsys):
    from benchmarks.findings import answer, finding

    slow = answer("Is it fast?", [finding("it", 3.0, "s", at_most=1.0), finding("that", 3.0, "times", at_least=2.0)])
    monkeypatch.setattr(run, "BENCHMARKS", {"slow": lambda quick: slow})
    assert run.main(["--json", str(tmp_path / "found.json")]) == 1
    out = capsys.readouterr().out
    assert "not met" in out and "met" in out.replace("not met", "")
    with pytest.raises(SystemExit):
        run.main(["--only", "nothing"])
