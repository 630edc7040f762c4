"""Single lives from Python: which ones part under two arms, and one of them told to where and why it does."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Unpack

import pandas as pd

from trafficsim.comparison.settings import Settings, configuration_for, with_settings
from trafficsim.configuration import Configuration
from trafficsim.experiments.parting import LifeUnderTwoArms, lives_that_part, parting_of
from trafficsim.policy import Arm

TWO_ARMS = ("status_quo", "letter_package")


@dataclass(frozen=True)
class Life:
    """One simulated life under two arms: ``print`` it, let a notebook show it, or ask it.

    ``story`` holds all of it: what happened until the two courses part and afterwards under each, and why they part.
    """

    story: LifeUnderTwoArms

    @property
    def events(self) -> pd.DataFrame:
        """What happened, in order; columns month, under ("both" or an arm), child (0: she herself), event."""
        story = self.story
        courses = (("both", story.shared), (story.arms[0], story.under_a), (story.arms[1], story.under_b))
        rows = [(one.month, under, one.child, one.event) for under, course in courses for one in course]
        return pd.DataFrame(rows, columns=["month", "under", "child", "event"])

    @property
    def fates(self) -> dict[str, str]:
        """What became of her or him, by arm."""
        return dict(zip(self.story.arms, (self.story.fate_a, self.story.fate_b), strict=True))

    def __str__(self) -> str:
        """Return the story as text."""
        from trafficsim.report.life_story import print_life
        from trafficsim.report.shown import Shown

        return str(Shown(partial(print_life, self.story)))

    def __repr__(self) -> str:
        """Name the life and what became of it."""
        fates = ", ".join(f"{fate} under {arm}" for arm, fate in self.fates.items())
        return f"<Life {self.story.key}: {fates}>"

    def _repr_html_(self) -> str:
        from trafficsim.report.life_story import print_life
        from trafficsim.report.shown import html_of

        return html_of(partial(print_life, self.story))


@with_settings
def lives(
    arms: Iterable[str | Arm] = TWO_ARMS,
    *,
    replicate: int = 0,
    draw: int = 0,
    each: int = 1,
    **settings: Unpack[Settings],
) -> pd.DataFrame:
    """Return some lives that part between two arms, ``each`` of a kind: spared a harm, harmed anew, another fate.

    ``settings`` are those of :func:`~trafficsim.compare`; assumptions stand as they are unless ``draws`` says otherwise.
    Columns: key, which :func:`life` takes, kind, fate_a and fate_b under the first and second arm, and lives, how many
    there are of the kind. Raises :class:`~trafficsim.errors.UserError` for a mistake.

    >>> from trafficsim import lives
    >>> found = lives(scale=0.01, policy_start="2010-01", years=1)
    >>> list(found.columns)
    ['key', 'kind', 'fate_a', 'fate_b', 'lives']
    """
    return lives_in(_configuration(arms, settings), replicate, draw, each)


@with_settings
def life(
    key: int | str,
    arms: Iterable[str | Arm] = TWO_ARMS,
    *,
    replicate: int = 0,
    draw: int = 0,
    **settings: Unpack[Settings],
) -> Life:
    """Return the life named ``key`` under two arms, to where and why its two courses part.

    ``settings`` are those that :func:`lives` was told: seed, scale and dates decide who lives. Raises
    :class:`~trafficsim.errors.UserError` for a mistake, and where there is no such life.
    """
    return Life(parting_of(_configuration(arms, settings), key, replicate, draw))


def lives_in(configuration: Configuration, replicate: int, draw: int, each: int) -> pd.DataFrame:
    """Return what :func:`lives` does, of a study of two arms."""
    found = lives_that_part(configuration, replicate, draw, each)
    return pd.DataFrame([asdict(one) for one in found], columns=["key", "kind", "fate_a", "fate_b", "lives"])


def _configuration(arms: Iterable[str | Arm], settings: Mapping[str, Any]) -> Configuration:
    drawn = {} if {"draws", "design"} & set(settings) else {"draws": 0}
    return configuration_for(arms, {**drawn, **settings})
