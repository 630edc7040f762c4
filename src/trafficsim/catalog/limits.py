"""What a result does not mean: the sentences that each output carries."""

from collections.abc import Sequence

LIMITS = (
    "Scenario outcomes of a model built on allegations and survivor-sample data; not a count of real people.",
    "No effect size of any lever is known: lever strengths are assumptions with wide ranges.",
    "Intervals show luck over replicates at fixed assumptions unless a study says that it varies assumptions too.",
    "Areas are synthetic; nothing here locates anybody, and nothing here is a forecast.",
)

OF_WORLDS = "Intervals hold the middle of the plausible worlds that were drawn; what no world varied is not in them."
"""What the third of the sentences says of a study that varies assumptions."""


def limits_of(worlds: int, told: Sequence[str] = LIMITS) -> tuple[str, ...]:
    """Return the sentences for a study of so many worlds; ``told`` are those that its file carries."""
    return tuple(OF_WORLDS if worlds > 1 and text == LIMITS[2] else text for text in told)
