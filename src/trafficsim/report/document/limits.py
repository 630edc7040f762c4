"""What a result does not mean, and how to use it responsibly."""

from trafficsim.catalog.limits import limits_of
from trafficsim.report.document.content import Bullets, Paragraph, Section, Word, words
from trafficsim.report.document.reading import Reported

FOR = (
    "Comparing protection policies, in the terms of the law that asks for them.",
    "Showing which assumptions a conclusion hangs on, and so what evidence would be worth having.",
    "Teaching how policies act on lives, and how they act on each other.",
)
NEVER = (
    "Finding, tracking, screening or profiling anyone, alone or with other data.",
    "Making trafficking, surveillance or removal more effective. Surveillance and removal are in the model as harms and as arms to "
    "compare with, never as goals; there is no optimiser in it that serves them.",
    "Deciding any person's case. It knows nothing about any real person.",
)
QUOTING = (
    "Give the version, the configuration's hash, the numbers of worlds (draws) and replicates, and the seed.",
    "Name the assumptions that matter most, and what happens at the ends of their ranges.",
    "Say \"in the model\", and \"of the simulated lives\"; never \"will\", and never \"of the women in the host country\".",
)  # fmt: skip
"""Sentences of docs/responsible-use.md, which the package does not hold; a test keeps them equal."""

IN_DANGER = (
    "The model can help no one at once. Specialised organisations and the Special Procedures of the UN Human Rights Council take "
    "information about people at risk."
)


def limits(reported: Reported) -> Section:
    """Return the part on limits and responsible use."""
    told = tuple(words(text) for text in limits_of(reported.worlds, reported.frames["limits"]["text"]))
    listed = [
        ("What it is for", FOR), ("What it must not be used for", NEVER), ("When you quote it", QUOTING),
    ]  # fmt: skip
    parts = tuple(
        Section(f"use-{place}", title, (Bullets(tuple(words(each) for each in items)),))
        for place, (title, items) in enumerate(listed, 1)
    )
    before = Paragraph(words(Word("Keep these limits with any number, sentence or figure that you pass on.", "strong")))
    return Section(
        "limits",
        "What it does not mean, and responsible use",
        (before, Bullets(told)),
        (*parts, Section("use-4", "If someone is in danger", (Paragraph(words(IN_DANGER)),))),
    )
