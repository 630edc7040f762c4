"""Where each number comes from: a note at the end of the report, and the same in short beside the number."""

import shlex
from dataclasses import dataclass, field

from trafficsim.report.document.content import Cited, Entry, Number, Piece, Word, Words, joined, words
from trafficsim.report.document.reading import Reported


@dataclass(frozen=True)
class _Note:
    """What a note is called, what it says, and the same in short."""

    title: str
    said: Words
    short: str


@dataclass
class Notes:
    """The notes of one report, numbered as numbers first lead to them."""

    reported: Reported
    _known: dict[str, _Note] = field(default_factory=dict)
    _used: list[str] = field(default_factory=list)

    def of_indicator(self, text: str, indicator: str, what: str) -> Number:
        """Return a number that an indicator of this study gives; ``what`` says which ("mean under “Status quo”")."""
        if indicator not in self._known:
            one, reported = self.reported.indicators.loc[indicator], self.reported
            cited = sources_of(one["source"])
            # A price is a quotient, and has no sum.
            self.add(
                indicator,
                f"{one['label']} ({one['unit']})",
                words(
                    f"{one['definition']} Counted in each run {reported.window}; from {reported.extent} of study {reported.id}, "
                    f"table totals, indicator {indicator}, all groups. Differences are taken between the same lives. Why it "
                    f"matters: ",
                    *(cited or ("assumed",)),
                    ". Ask again: ",
                    Word(
                        f"trafficsim effects {reported.file.name} --study {reported.id} --indicator {indicator}", "code"
                    ),
                ),
                f"{one['definition']} Runs: study {reported.id}, {reported.extent}. Source: {_ids(one['source'])}.",
            )
        return self.number(text, indicator, what)

    def add(self, key: str, title: str, said: Words, short: str) -> None:
        """Make a note known under a key, unless there is one; ``short`` is what stands beside its numbers."""
        self._known.setdefault(key, _Note(title, said, short))

    def number(self, text: str, key: str, what: str) -> Number:
        """Return a number whose note is known under ``key``."""
        if key not in self._used:
            self._used.append(key)
        place = self._used.index(key) + 1
        return Number(text, f"note-{place}", f"{what[0].upper() + what[1:]}. {self._known[key].short} Note {place}.")

    def entries(self) -> tuple[Entry, ...]:
        """Return the notes that numbers lead to, in their order."""
        notes = [self._known[key] for key in self._used]
        return tuple(Entry(f"{place}. {one.title}", one.said, f"note-{place}") for place, one in enumerate(notes, 1))


def command(*arguments: str) -> Word:
    """Return a command of trafficsim as a shell takes it."""
    return Word(shlex.join(["trafficsim", *arguments]), "code")


def sources_of(ids: str) -> tuple[Piece, ...]:
    """Return evidence ids, which a file holds as "S51, S58", as pieces that lead to their entries; none where assumed."""
    return joined([(Cited(name),) for name in ids_in(ids)])


def ids_in(text: str) -> list[str]:
    """Return the ids in "S51, S58"; none in "assumed"."""
    return [name for name in text.replace(",", " ").split() if name != "assumed"]


def _ids(text: str) -> str:
    return ", ".join(ids_in(text)) or "assumed"
