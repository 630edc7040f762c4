"""Archives as nobody should hand them on: what is wrong is found, and nothing is unpacked but into a folder of its own."""

from pathlib import Path
from random import Random

import pytest
from fuzzing.archives import changed_archive
from fuzzing.trying import commanded, share

from trafficsim import cli

STUDY = ["arms=[status_quo]", "scale=0.001", "policy_start=1996-02", "years=1", "replicates=1", "draws=0", "executor=inline",
         "output=totals", "study.name=tiny"]  # fmt: skip

PART, PARTS = 0.1, 2


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("whole")
    assert cli.main(["sweep", *STUDY, f"output.folder={folder}"]) == 0
    assert cli.main(["bundle", str(folder / "tiny/study.sqlite"), "--to", str(folder / "b.zip")]) == 0
    assert cli.main(["bundle", "--verify", str(folder / "b.zip")]) == 0
    return (folder / "b.zip").read_bytes()


@pytest.mark.parametrize("part", range(PARTS))
def test_what_is_wrong_with_any_archive_is_told_in_sentences(
    part: int, whole: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "given").mkdir()
    archive = tmp_path / "given" / "b.zip"
    for number in range(share(PART)):
        content, told = changed_archive(whole, Random(f"{part} {number}"))
        archive.write_bytes(content)
        try:
            commanded(["bundle", "--verify", str(archive), "--json"])
        except BaseException as stumble:
            stumble.add_note(f"input {number} of part {part}: {told}")
            raise
        assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["b.zip"], told
