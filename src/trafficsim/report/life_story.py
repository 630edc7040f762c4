"""``trafficsim life`` in words: one simulated life under two policies side by side, and where and why the two part."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from trafficsim.experiments.deciding import title_of
from trafficsim.experiments.parting import Happening, LifeThatParts, LifeUnderTwoArms, Parting, Unequal
from trafficsim.experiments.schema import LIMITS
from trafficsim.report.widths import print_whole

OF_AGE = 18
NTH = ("", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")
MOST_TOLD = 4
"""Unequal things that are named where they are not the heart of the matter; ``--json`` has all."""


def print_life(life: LifeUnderTwoArms, console: Console) -> None:
    """Print the shared history once, then both courses side by side, then where and why they part."""
    console.print(Text(_heading(life), style="bold"))
    if life.shared:
        console.print(_shared(life))
    if life.parting is None:
        console.print(
            f"This life does not part: all that happened is the same under “{life.titles[0]}” and “{life.titles[1]}”. "
            f"At the end: {life.fate_a}."
        )
    else:
        console.print(_side_by_side(life))
        for sentence in why(life, life.parting):
            console.print(Text(sentence))
    console.print(Text(f"One life of a model; it is, and stands for, nobody. {LIMITS[0]}"), style="italic")


def _heading(life: LifeUnderTwoArms) -> str:
    person = {"female": ("woman", "girl"), "male": ("man", "boy")}[life.sex][life.age < OF_AGE]
    world = f", draw {life.draw}" if life.draw else ""
    return (
        f"A simulated {person}, {life.age} years old when the journey began. Life {life.key}, replicate {life.replicate}{world}, "
        f"scale {life.scale:g}; policies part in {life.policy_start}."
    )


def _shared(life: LifeUnderTwoArms) -> Table:
    table = Table("Month", "What happened under both policies", box=SIMPLE_HEAD, pad_edge=False)
    for month, happened in _by_month(life.shared):
        table.add_row(month, "\n".join(happened))
    return table


def _side_by_side(life: LifeUnderTwoArms) -> Table:
    table = Table("Month", box=SIMPLE_HEAD, pad_edge=False)
    for title in life.titles:
        table.add_column(Text(f"under “{title}”"))
    courses = [dict(_by_month(course)) for course in (life.under_a, life.under_b)]
    for month in sorted({*courses[0], *courses[1]}):
        table.add_row(month, *("\n".join(course.get(month, ())) for course in courses))
    table.add_section()
    table.add_row("the end", life.fate_a, life.fate_b)
    return table


def _by_month(course: Sequence[Happening]) -> Iterable[tuple[str, list[str]]]:
    for month, happened in groupby(course, lambda one: one.month):
        yield month, [in_words(one.event, one.child) for one in happened]


def in_words(event: str, child: int) -> str:
    """Return an event in words, and of which child, if of one."""
    if not child:
        return event
    nth = NTH[child] if child < len(NTH) else f"{child}th"
    return f"{nth} child: {event.removeprefix('child ')}"


def why(life: LifeUnderTwoArms, parting: Parting) -> Iterable[str]:
    """Yield, in sentences, where and why two courses part: the rule, the levers that it reads, and what else differs."""
    under = dict(zip(life.arms, life.titles, strict=True))[parting.only_under]
    yield (
        f"They part in {parting.month}, in the step “{title_of(parting.step)}” of the month: “"
        f"{in_words(parting.event, parting.child)}” under “{under}” alone."
    )
    yield f"The rule asked is {parting.rule.name}: “{parting.rule.says}”"
    if parting.gave_a is not None and parting.gave_b is not None:
        yield (
            f"It gave {parting.gave_a:.3g} under “{life.titles[0]}” and {parting.gave_b:.3g} under "
            f"“{life.titles[1]}”. The luck drawn is the same under both; what it was held against is not."
        )
    if parting.levers and not levers_explain(parting):
        yield (
            f"It reads {_listed(parting.levers, 'the lever ')}, which alone would have made it {parting.by_levers_alone:.3g}: that "
            f"explains nothing, or the contrary. The cause is among what else differed: {_listed([*parting.own, *parting.around])}."
        )
    elif parting.levers:
        alone = (
            ""
            if parting.by_levers_alone is None
            else f" (alone, these would have made it {parting.by_levers_alone:.3g})"
        )
        yield f"It reads {_listed(parting.levers, 'the lever ')}{alone}."
    elif parting.own:
        yield (
            f"No lever that it reads differs in this month, but this life does already, by earlier effects of the policy that "
            f"were no event of their own: {_listed(parting.own)}."
        )
    elif parting.around:
        yield (
            f"No lever that it reads differs in this month, and nothing in this life did. The cause lies outside it, in what many "
            f"lives together brought about: {_listed(parting.around)}."
        )
    else:
        yield (
            "No lever that it reads differs in this month, and nothing in this life or around it did when the month began. The "
            "cause lies in what others did in this same month, such as who was offered in a market or took the last place."
        )
    beside = [*(parting.own if parting.levers else ()), *(parting.around if parting.levers or parting.own else ())]
    if beside and (levers_explain(parting) or not parting.levers):
        more = len(beside) - MOST_TOLD
        yield (
            f"Other things differed when the month began: {_listed(beside[:MOST_TOLD])}"
            f"{f', and {more} more (--json)' if more > 0 else ''}."
        )
    if parting.further_rules:
        yield f"The same event also hangs on {', '.join(rule.name for rule in parting.further_rules)}."


def levers_explain(parting: Parting) -> bool:
    """Return whether the levers alone move what the rule gave the way it went; True where that is not at hand."""
    if parting.gave_a is None or parting.gave_b is None or parting.by_levers_alone is None:
        return True
    return (parting.by_levers_alone - parting.gave_a) * (parting.gave_b - parting.gave_a) > 0


def _listed(unequal: Iterable[Unequal], kind: str = "") -> str:
    return "; ".join(f"{kind}“{one.what}”, {one.under_a} against {one.under_b}" for one in unequal)


def print_lives(lives: Sequence[LifeThatParts], titles: Sequence[str], console: Console) -> None:
    """Print lives to choose from."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("Key", no_wrap=True)
    table.add_column("Kind, and lives of it")
    for title in titles:
        table.add_column(Text(f"Fate under “{title}”"))
    for one in lives:
        table.add_row(one.key, f"{one.kind} ({one.lives:,})", one.fate_a, one.fate_b)
    print_whole(table, console)
    console.print("Follow one: trafficsim life KEY, with the same settings. All of them are simulated.")
    console.print(Text(LIMITS[0]), style="italic")
