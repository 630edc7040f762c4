"""What must hold for each input: it is read or refused in a sentence, in time, and nothing is written elsewhere."""

import contextlib
import io
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import unquote, urlparse

from trafficsim import cli
from trafficsim.errors import UserError

EACH = int(os.environ.get("TRAFFICSIM_FUZZ", "400"))
"""Inputs that a quick reader is given; a slow one is given a share of them."""

SECONDS = 30.0
"""After which an input counts as one that hangs: a hundred times what the slowest takes on a quiet machine."""

SHORTEST = 15
"""Letters that a sentence has at least."""

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES = {
    "os.mkdir",
    "os.rename",
    "os.remove",
    "os.rmdir",
    "os.symlink",
    "os.link",
    "os.truncate",
    "os.chmod",
    "shutil.rmtree",
}
_RUNS_CODE = {"os.system", "subprocess.Popen", "os.exec", "os.posix_spawn", "socket.connect"}
_OF_COMPILED_CODE = ("numba.", "numpy", "trafficsim.", "copyreg", "builtins")
"""What numba unpickles when it fetches compiled rules from its own folder."""
_ALWAYS = [os.devnull, os.environ.get("NUMBA_CACHE_DIR", os.devnull)]

_watched: dict[str, Any] = {"on": False, "folders": [], "wrote": []}


class TookTooLongError(BaseException):
    """Raised when the time of an input is over; not an Exception, so that nothing takes it for a mistake of the input."""


def share(part: float) -> int:
    """Return how many inputs a reader is given that takes its time: this part of :data:`EACH`, one at least."""
    return max(1, round(EACH * part))


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watched["on"]:
        return
    if event in _RUNS_CODE or (event == "pickle.find_class" and not str(arguments[0]).startswith(_OF_COMPILED_CODE)):
        _watched["wrote"].append(f"{event} {arguments[:2]}")
    elif event == "open":
        path, mode, flags = arguments
        writes = any(letter in mode for letter in "wax+") if isinstance(mode, str) else bool(flags & _WRITES)
        if writes and isinstance(path, str | bytes | Path):
            _look(event, path)
    elif event in _CHANGES:
        descriptor = arguments[-1] if event in ("os.mkdir", "os.remove", "os.rmdir") else -1
        within = (
            str(Path(f"/proc/self/fd/{descriptor}").readlink())
            if isinstance(descriptor, int) and descriptor >= 0
            else ""
        )
        for path in arguments:
            if isinstance(path, str | bytes | Path):
                _look(event, Path(within) / os.fsdecode(path))
    elif event == "sqlite3.connect":
        found = urlparse(str(arguments[0]))
        if found.scheme == "file" and "mode=ro" not in found.query:
            _look(event, unquote(found.path))


def _look(event: str, path: str | bytes | Path) -> None:
    place = Path(os.path.realpath(os.fsdecode(path)))
    if not any(place == folder or folder in place.parents for folder in _watched["folders"]):
        _watched["wrote"].append(f"{event} {place}")


sys.addaudithook(_watch)


@contextlib.contextmanager
def _watching(folders: Sequence[Path | str]) -> Iterator[None]:
    """Fail for whatever is written outside of ``folders``, run, or not done in time."""

    def over(signal: int, frame: FrameType | None) -> None:
        raise TookTooLongError

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    _watched.update(on=True, wrote=[], folders=[Path(os.path.realpath(folder)) for folder in [*folders, *_ALWAYS]])
    try:
        yield
    except TookTooLongError:
        raise AssertionError(f"nothing came of it within {SECONDS} s") from None
    finally:
        _watched["on"] = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert _watched["wrote"] == []


def tried(read: Callable[[], Any], folders: Sequence[Path | str] = ()) -> str:
    """Read; return the sentence of a refusal, "" for none. Nothing may be written outside of ``folders``."""
    with _watching(folders):
        try:
            read()
        except UserError as refused:
            assert len(str(refused)) > SHORTEST, str(refused)
            return str(refused)
    return ""


def commanded(words: Sequence[str], folders: Sequence[Path | str] = ()) -> tuple[int, str]:
    """Give a command; return its exit code and what it said of a mistake, which must be a sentence.

    It may write into ``folders``, and into a folder for temporary files of its own, which must be empty afterwards.
    """
    out, err = io.StringIO(), io.StringIO()
    shown = contextlib.redirect_stdout(out), contextlib.redirect_stderr(err)
    with _own_temporary_folder() as temporary, _watching([*folders, temporary]), shown[0], shown[1]:
        try:
            code = cli.main(list(words))
        except SystemExit as stop:  # argparse, which has said why
            code = stop.code if isinstance(stop.code, int) else 2
    said = err.getvalue()
    assert code in (0, 1, 2), (code, said)
    assert "Traceback (most recent call last)" not in said, said
    if code == 2:
        assert len(said.strip()) > SHORTEST, said
    return code, said


@contextlib.contextmanager
def _own_temporary_folder() -> Iterator[str]:
    """Let temporary files be made in a folder in which nothing may be left."""
    before = tempfile.tempdir
    with tempfile.TemporaryDirectory() as folder:
        tempfile.tempdir = folder
        try:
            yield folder
        finally:
            tempfile.tempdir = before
        assert list(Path(folder).iterdir()) == []
