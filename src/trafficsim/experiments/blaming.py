"""When a command stumbles over a results file: whether it is the file's fault, said in a sentence."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from trafficsim.errors import UserError


@contextmanager
def blaming(files: Iterable[Path]) -> Iterator[None]:
    """Where an error comes up and one of ``files`` is not what was written, say that; any other error is ours, and goes on."""
    try:
        yield
    except (UserError, OSError, ImportError, MemoryError, UnicodeEncodeError):
        raise
    except Exception as stumble:
        for file in files:
            if fault := _fault_of(file):
                raise UserError(
                    f"{fault} The file is not as trafficsim wrote it, and nothing can be told from it. Take an unharmed copy; "
                    f"'trafficsim studies {file} --verify' tells which runs are whole."
                ) from stumble
        raise


def _fault_of(file: Path) -> str:
    """Return, in a sentence, what is wrong with a results file; "" for nothing that can be told."""
    from trafficsim.experiments.contradictions import contradictions
    from trafficsim.experiments.studies import problems_of

    try:
        for found in (problems_of(file), contradictions(file)):
            for problem in found:
                return problem
    except UserError as problem:
        return str(problem)
    return ""
