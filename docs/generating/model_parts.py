"""Parts on the model itself: the month, the moves between statuses, the agents' columns, and the closed lists of words."""

from collections.abc import Iterable
from enum import IntEnum

from generating import markdown as md
from generating.evidence_parts import provenance
from generating.reading_code import Function, Step, functions, steps, users_of
from trafficsim.catalog import catalog
from trafficsim.engine.tables import TableDeclaration
from trafficsim.processes import vocabulary as words
from trafficsim.processes.population import DECLARATIONS

TITLES_OF_TABLES = {
    "migrants": (
        "Migrants",
        "People who have left, or mean to leave, the country of origin: the agent `trafficsim.Migrant`.",
    ),
    "children": ("Children", "Children born in the host country to a migrant mother: the agent `trafficsim.Child`."),
    "brokers": ("Brokers", "Members of broker networks, in fixed seats: the agent `trafficsim.Broker`."),
    "households": (
        "Households",
        "Families, farms, workshops, venues and homes that seek or hold a person: the agent `trafficsim.Household`.",
    ),
    "units": (
        "Enforcement units",
        "Border guards, local police, detention and removal: the agent `trafficsim.EnforcementUnit`.",
    ),
    "services": (
        "Protection services",
        "Services that exist as far as policy provides them: the agent `trafficsim.ProtectionService`.",
    ),
    "markets": ("Markets", "One for each area and purpose: a table that rules write, no agent."),
    "stalls": ("Stalls", "Places in a market where a household may seek: a table that rules write, no agent."),
    "society": ("Areas", "What people and brokers of an area have seen: a table that rules write, no agent."),
}


def plain_name(member: IntEnum | str) -> str:
    """Return the name of a status, event or draw in small letters with blanks."""
    return (member if isinstance(member, str) else member.name).lower().replace("_", " ")


def function_links(found: Iterable[Function]) -> str:
    """Return links to rules and loops, by full name."""
    return ", ".join(
        md.code_link(each.full_name, md.name_of_target("rule", each.full_name))
        if each.module in {step.module for step in steps()}
        else f"`{each.full_name}`"
        for each in found
    )


def parameter_links(names: Iterable[tuple[str, str]]) -> str:
    """Return links to parameters, by name."""
    return ", ".join(md.code_link(name, md.name_of_target("parameter", process, name)) for process, name in names)


def month_page() -> str:
    """Return the page on the month: every step with its rules, and what each of them reads."""
    blocks = [
        "A month is lived through in this order. A *rule* is a function of one life: numbers in, a chance or a decision "
        "out, nothing else touched. A *loop* applies rules to every row of a table and writes what happened. The text is "
        "that of the code, and so are the lists of what each one reads.",
        schedule_table(),
    ]
    for step in steps():
        blocks.append(md.heading(2, f"{step.number}. {step.title}", md.name_of_target("step", step.module)))
        blocks.append("\n\n".join(md.prose(paragraph) for paragraph in step.words.split("\n\n")))
        blocks.append(f"Module `trafficsim.processes.{step.module}`.")
        if step.module == "circumstances":
            blocks.append(f"Its numbers are the {md.link('dated series', 'page-series')}.")
        blocks += [f"**{title}**\n\n{table}" for title, table in _function_tables(step)]
    return md.page("The month, step by step", "month", *blocks)


def schedule_table() -> str:
    """Return the steps in order, a line each."""
    rows = [
        (
            str(step.number),
            md.link(step.title, md.name_of_target("step", step.module)),
            md.prose(step.words.split("\n\n")[0]),
        )
        for step in steps()
    ]
    return md.table(["", "step", "what happens"], rows)


def _function_tables(step: Step) -> list[tuple[str, str]]:
    tables = []
    for title, kinds in (("Rules", {"rule"}), ("Loops and what they consist of", {"loop", "piece"})):
        rows = [
            (
                md.anchor(f"`{each.name}`", md.name_of_target("rule", each.full_name)),
                md.prose(" ".join(each.words.split())),
                _reads(each),
            )
            for each in step.functions
            if each.kind in kinds
        ]
        if rows:
            tables.append((title, md.table(["name", "what it gives or does", "reads"], rows)))
    return tables


def _reads(function: Function) -> str:
    levers = [md.code_link(name, md.name_of_target("lever", name)) for name in function.levers]
    series = [md.code_link(name, md.name_of_target("series", name)) for name in function.series]
    groups = [
        parameter_links(function.parameters),
        f"levers: {', '.join(levers)}" if levers else "",
        f"series: {', '.join(series)}" if series else "",
    ]
    return "; ".join(group for group in groups if group)


def transitions_page() -> str:
    """Return the page on statuses and the moves between them."""
    return md.page(
        "Statuses and the moves between them",
        "transitions",
        "Every person is always in exactly one of fourteen statuses. These are all the moves between them; nobody's status "
        "changes in another way, and a test compares the list with what runs do.",
        ":::{figure} transitions.svg\n:alt: The statuses as boxes and the moves between them as numbered arrows; the table "
        "below lists the same moves.\n:width: 100%\n\nThe moves between statuses. The four statuses of exploitation are one "
        "box, since every move into or out of one is possible for all four.\n:::",
        transitions_table(anchors=True),
    )


def transitions_table(anchors: bool = False) -> str:
    """Return every move with its number in the figure."""
    rows = []
    for place, (name, move) in enumerate(catalog().transitions.items(), 1):
        rule = functions().get(f"{move.step}.{move.rule}")
        rows.append(
            (
                str(place),
                md.anchor(move.label, md.name_of_target("transition", name)) if anchors else move.label,
                statuses(move.left),
                statuses(move.entered),
                function_links([rule]) if rule else f"`{move.step}.{move.rule}`",
                provenance(move.source),
            )
        )
    return md.table(["", "the person", "from", "to", "rule", "source"], rows)


EXPLOITATION = ("forced_marriage", "sexual_exploitation", "forced_labour", "domestic_servitude")


def statuses(names: Iterable[str]) -> str:
    """Return statuses in words, the four of exploitation together."""
    names = list(names)
    if set(EXPLOITATION) <= set(names):
        place = names.index(EXPLOITATION[0])
        names = [name for name in names if name not in EXPLOITATION]
        names.insert(place, "any exploitation")
    return ", ".join(plain_name(name) for name in names)


def agents_page() -> str:
    """Return the page with every column of every table."""
    blocks = [
        "The state of a run is a handful of tables. A Mesa agent is a view of one row: each column is an attribute of the "
        "agent that can be read and written. Months are counted from January 1996 (0); -1 stands for *never* or *nobody*; "
        "areas A to F are 1 to 6, and 0 is outside them.",
    ]
    for name, declaration in DECLARATIONS.items():
        title, says = TITLES_OF_TABLES[name]
        blocks.append(md.heading(2, title, md.name_of_target("table", name)))
        blocks.append(f"{says} {declaration.bytes_per_row} bytes a row.")
        blocks.append(columns_table(declaration))
    return md.page("The agents and their columns", "columns", *blocks)


def columns_table(declaration: TableDeclaration) -> str:
    """Return the columns of one table: name, kind of number, unit, meaning and the words that codes stand for."""
    rows = []
    for column in declaration.describe():
        codes = column["labels"] or {}
        meaning = md.text(column["meaning"])
        if codes:
            meaning += ": " + ", ".join(f"{code} {plain_name(word)}" for code, word in codes.items())
        rows.append((f"`{column['name']}`", column["dtype"], md.text(column["unit"]), meaning))
    return md.table(["column", "type", "unit", "meaning"], rows)


def columns_part() -> str:
    """Return all columns, for the protocol."""
    blocks = []
    for name, declaration in DECLARATIONS.items():
        title, says = TITLES_OF_TABLES[name]
        blocks.append(f"**{title}.** {says}\n\n{columns_table(declaration)}")
    return md.part(*blocks)


def vocabulary_page() -> str:
    """Return the page on statuses, events and draws."""
    indicators = catalog().indicators
    events = []
    for event in words.Event:
        counted = [
            md.link(md.text(record.label), md.name_of_target("indicator", name))
            for name, record in indicators.items()
            if event.name in record.events
        ]
        events.append((plain_name(event), function_links(users_of("events", event.name)), ", ".join(counted)))
    draws = [(f"`{draw.name}`", str(int(draw)), function_links(users_of("draws", draw.name))) for draw in words.Draw]
    lists = [
        (kind.__name__, ", ".join(f"{code} {label}" for code, label in labels.items()))
        for kind, labels in words.LABELS.items()
        if kind is not words.Event
    ]
    return md.page(
        "Events, draws and other closed lists",
        "vocabulary",
        "The words of the model are closed lists. What happens to a person is an *event*, counted in the ledger by month, "
        "area, purpose, sex, age band and mode of departure. Luck is a *draw*: a pure function of the seed, whose life it is, "
        "the kind of draw and the month, so that the same person meets the same luck under every policy.",
        md.heading(2, "Events", "all-events"),
        f"{len(words.Event)} kinds of event, where the code counts each, and the indicators made of it.",
        md.table(["event", "counted by", "indicators"], events),
        md.heading(2, "Draws", "all-draws"),
        f"{len(words.Draw)} kinds of draw. Each has one place in the rules; a test holds this.",
        md.table(["draw", "number", "drawn in"], draws),
        md.heading(2, "Other lists", "all-lists"),
        md.table(["list", "its members"], lists),
    )
