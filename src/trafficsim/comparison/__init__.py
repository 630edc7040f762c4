"""``trafficsim.compare``, ``run`` and ``open``: the main jobs from Python.

>>> import trafficsim as ts
>>> study = ts.compare(["status_quo", "letter_package"], draws=0, replicates=3, scale=0.01, years=2, workers=1)
>>> study
<Comparison of status_quo, letter_package; 3 replicates>
>>> study.effects(indicators="refoulement")[["indicator", "arm", "against"]].values.tolist()
[['refoulement', 'letter_package', 'status_quo']]
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Unpack

from trafficsim.comparison.lives import Life
from trafficsim.comparison.results import Comparison
from trafficsim.comparison.settings import Settings, configuration_for, with_settings
from trafficsim.comparison.watching import watched
from trafficsim.configuration import Configuration
from trafficsim.errors import UserError
from trafficsim.experiments.conduct import conduct_study
from trafficsim.experiments.study import StudyInterrupted, run_study
from trafficsim.policy import Arm

__all__ = ["Comparison", "Life", "Settings", "compare", "open", "run"]


class Stopped(KeyboardInterrupt):
    """Ctrl-C, or a notebook's stop button, during a study; a notebook shows the sentence alone."""

    def _render_traceback_(self) -> list[str]:
        return [f"trafficsim: {self}"]


ARMS = ("status_quo", "non_refoulement_only", "letter_package")


@with_settings
def compare(
    arms: Iterable[str | Arm] = ARMS, *, file: Path | str | None = None, progress: bool | None = None, **settings: Unpack[Settings]
) -> Comparison:  # fmt: skip
    """Run ``arms`` on the same simulated lives and compare them with the first.

    Args:
        arms: names of arms ("letter_package", "a+b"), or what :func:`trafficsim.arm` returns.
        file: a results file to keep what is finished in, so that the same call does only what is missing (default: none).
        progress: say how far it is (default: where a notebook or a terminal is watched).
        settings: those of the command line, by the same names: ``draws=64``, ``replicates=4``, ``scale=0.05``, ``seed=1``,
            ``policy_start="2001-01"``, ``years=10``, ``workers=1``, ``corridor="teaching"``, ``study="teaching"``,
            ``parameters={"custody": {"assessment_sensitivity": 0.6}}``, ``feedbacks={"fear": False}``; a double underscore
            stands for a dot: ``parameters__custody__assessment_sensitivity=0.6``.

    Raises:
        UserError: for whatever is wrong, in the sentence that the command line says.

    >>> from trafficsim import compare
    >>> compare(["status_quo", "non_refoulement_only"], draws=0, replicates=2, scale=0.01, years=1, workers=1)
    <Comparison of status_quo, non_refoulement_only; 2 replicates>

    """
    return _studied(configuration_for(arms, settings), file, progress)


@with_settings
def run(
    arm: str | Arm = "status_quo", *, file: Path | str | None = None, progress: bool | None = None, **settings: Unpack[Settings]
) -> Comparison:  # fmt: skip
    """Run one arm; everything else as for :func:`compare`.

    >>> from trafficsim import run
    >>> run("letter_package", draws=0, replicates=1, scale=0.01, years=1, workers=1)
    <Comparison of letter_package; 1 replicate>
    """
    if not isinstance(arm, str | Arm):
        raise UserError(f"arm = {arm!r}: 'run' takes one arm; use compare([A, B]) for several.")
    return _studied(configuration_for(arm, settings), file, progress)


def open(path: Path | str, study: str | None = None) -> Comparison:
    """Return a study that is stored in a results file (the newest, or the one whose id is ``study``), to ask it further.

    Raises :class:`~trafficsim.errors.UserError` where the file is missing, is not ours, or has no such study.
    """
    opened = Comparison(path=Path(path), study=study)
    opened.study  # noqa: B018 - a mistake is told here, and not when the study is first asked
    return opened


def _studied(configuration: Configuration, file: Path | str | None, progress: bool | None) -> Comparison:
    if file is None:
        try:
            with watched(progress) as watch:
                return Comparison(run_study(configuration, watch.lived))
        except StudyInterrupted:
            raise Stopped(
                "stopped, and nothing is kept: with file='NAME.sqlite' the same call would go on from what is finished."
            ) from None
    with watched(progress) as watch:
        done = conduct_study(configuration, Path(file), watch)
    if isinstance(done.stopped, KeyboardInterrupt):
        there = f"{done.at_hand + done.finished:,} of {done.tasks:,} replicates are kept in {file}"
        raise Stopped(f"stopped: {there}; the same call goes on from there.")
    if done.stopped:
        raise done.stopped
    if done.failed:
        raise UserError(
            f"{done.failed:,} of {done.tasks:,} replicates failed, the first for this reason: {done.reasons[0]} What was "
            f"finished is kept: trafficsim.open('{file}')."
        )
    return Comparison(path=Path(file), study=done.study.study_id)
