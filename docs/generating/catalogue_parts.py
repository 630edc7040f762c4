"""Parts on what is assumed and what is compared: parameters, series, levers, arms, indicators and corridors."""

from generating import markdown as md
from generating.evidence_parts import evidence_link, provenance
from generating.model_parts import function_links
from generating.reading_code import steps, users_of
from trafficsim.catalog import Indicator, Lever, Parameter, Series, catalog
from trafficsim.catalog.corridors import corridor_names, load_corridor
from trafficsim.policy import LeverValue, arm_names, load_arm

GRADES = {
    "A": "official count, or several sources that agree",
    "B": "one credible study",
    "C": "weak or old",
    "D": "assumed, or one voice",
}
DISTRIBUTIONS = {
    "uniform": "uniform",
    "log_uniform": "alike in each order of magnitude (log-uniform)",
    "triangular": "most near the default (triangular)",
    "fixed": "fixed",
}
DIRECTIONS = {
    "less_is_better": "less is better",
    "more_is_better": "more is better",
    "neutral": "neither more nor less is better",
}
KINDS_OF_LEVER = {
    "protective": "Protective: asked for by the letter, or in its spirit",
    "adverse": "Adverse: it harms those who hold rights, and stands here to compare with",
    "scenario": "Scenario: an outside condition",
}


def parameters_page(process: str) -> str:
    """Return the page of one process: each parameter in full, with its evidence and the rules that read it."""
    named = catalog().parameters[process]
    title = next(step.title for step in steps() if step.module == process)
    blocks = [
        f"The {len(named)} numbers of the step {md.link(title, md.name_of_target('step', process))}. "
        f"Change one with `parameters.{process}.NAME=VALUE`; a value outside its range is refused. "
        "Grades: " + "; ".join(f"**{grade}** {says}" for grade, says in GRADES.items()) + ".",
    ]
    for name, parameter in named.items():
        blocks.append(md.heading(2, name, md.name_of_target("parameter", process, name)))
        blocks.append(_sentence(parameter.meaning))
        blocks.append(
            md.fields(
                [
                    ("Default", f"{md.number(parameter.default)} ({md.text(parameter.unit)})"),
                    ("Plausible", _range(parameter)),
                    ("Source", provenance(parameter.source, parameter.because)),
                    ("Grade", f"{parameter.grade}, {GRADES[parameter.grade]}"),
                    ("Read by", function_links(users_of("parameters", (process, name)))),
                    ("On the command line", f"`parameters.{process}.{name}={parameter.default:g}`"),
                ]
            )
        )
    return md.page(f"Parameters: {title.lower()}", md.name_of_target("parameters", process), *blocks)


def _sentence(words: str) -> str:
    said = md.text(words.rstrip("."))
    return said[0].upper() + said[1:] + "."


def _range(parameter: Parameter) -> str:
    low, high = parameter.range
    if parameter.distribution == "fixed":
        return "fixed"
    return f"{md.number(low)} to {md.number(high)}, {DISTRIBUTIONS[parameter.distribution]}"


def parameters_part() -> str:
    """Return every parameter in one line, process by process, for the protocol."""
    blocks = []
    for process, named in catalog().parameters.items():
        title = next(step.title for step in steps() if step.module == process)
        rows = [
            (
                md.code_link(name, md.name_of_target("parameter", process, name)),
                md.text(parameter.meaning),
                f"{md.number(parameter.default)} ({md.number(parameter.range[0])} to {md.number(parameter.range[1])})",
                md.text(parameter.unit),
                parameter.grade
                + (
                    ", assumed"
                    if isinstance(parameter.source, str)
                    else ", " + ", ".join(map(evidence_link, parameter.source))
                ),
            )
            for name, parameter in named.items()
        ]
        table = md.table(["name", "meaning", "default (range)", "unit", "grade, source"], rows)
        blocks.append(f"**{title}**\n\n{table}")
    return md.part(*blocks)


def series_page() -> str:
    """Return the page of the dated series."""
    blocks = [
        "Outside conditions that change with the calendar, the same under every policy. Step series hold a value until the "
        "next date, linear ones run straight from one to the next; all are flat before the first date and after the last. "
        "A corridor may replace any of them.",
        ":::{figure} series.svg\n:alt: Each dated series as a line from 1996 on; its values stand in the text below.\n"
        ":width: 100%\n\nThe dated series as the catalogue has them.\n:::",
    ]
    for name, series in catalog().series.items():
        blocks.append(md.heading(2, name, md.name_of_target("series", name)))
        blocks.append(_sentence(series.meaning))
        blocks.append(
            md.fields(
                [
                    ("Values", f"{_dated(series)} ({md.text(series.unit)}; {series.interpolation})"),
                    ("Allowed", f"{md.number(series.range[0])} to {md.number(series.range[1])}"),
                    ("Source", provenance(series.source, series.because)),
                    ("Grade", f"{series.grade}, {GRADES[series.grade]}"),
                    ("Read by", function_links(users_of("series", name))),
                ]
            )
        )
    return md.page("Dated series", "series", *blocks)


def _dated(series: Series) -> str:
    return ", ".join(f"{month}: {md.number(value)}" for month, value in series.values.items())


def series_part() -> str:
    """Return every series in one line, for the protocol."""
    rows = [
        (
            md.code_link(name, md.name_of_target("series", name)),
            md.text(series.meaning),
            _dated(series),
            md.text(series.unit),
            f"{series.grade}, {provenance(series.source)}",
        )
        for name, series in catalog().series.items()
    ]
    return md.part(md.table(["name", "meaning", "values", "unit", "grade, source"], rows))


def levers_page() -> str:
    """Return the page of the levers: what each moves, who asks for it, and which arms use it."""
    blocks = [
        "What the host state, the origin state and those who assist can do, or do now. An arm sets each lever's coverage, "
        "from 0 to 1. How strongly a lever acts on those it reaches is a matter of parameters; **no effect of any of them has "
        "been measured**.",
    ]
    for name, lever in catalog().levers.items():
        blocks.append(md.heading(2, lever.label, md.name_of_target("lever", name)))
        blocks.append(md.text(lever.meaning))
        used = [arm for arm in arm_names() if name in load_arm(arm).levers]
        blocks.append(
            md.fields(
                [
                    ("Name", f"`{name}`"),
                    ("Kind", KINDS_OF_LEVER[lever.kind]),
                    ("Provisions", _provisions(lever)),
                    ("Questions of the letter", ", ".join(lever.questions)),
                    ("Statements of the letter", ", ".join(map(evidence_link, lever.letter))),
                    ("Without any policy", _status_quo(lever)),
                    ("Limit", f"may have one, in {lever.capacity_unit}" if lever.capacity_unit else "none"),
                    ("Read by", function_links(users_of("levers", name))),
                    ("Arms that move it", ", ".join(md.code_link(arm, md.name_of_target("arm", arm)) for arm in used)),
                ]
            )
        )
    return md.page("Levers", "levers", *blocks)


def _provisions(lever: Lever) -> str:
    return "; ".join(f"{evidence_link(name)} {_short_title(name)}" for name in lever.provisions)


def _short_title(name: str) -> str:
    plain = catalog().evidence[name].model_dump(mode="json")
    article = plain.get("article")
    words = plain["instrument"]
    if article:
        words += f", {'article ' if article[0].isdigit() else ''}{article}"
    return md.text(words)


def _status_quo(lever: Lever) -> str:
    dated = list(lever.status_quo.items())
    said = [f"coverage {dated[0][1]:g}"] + [f"{value:g} from {month}" for month, value in dated[1:]]
    return ", ".join(said)


def levers_part() -> str:
    """Return every lever in one line, for the protocol."""
    rows = [
        (
            md.link(md.text(lever.label), md.name_of_target("lever", name)),
            md.text(lever.meaning),
            "; ".join([", ".join(map(evidence_link, lever.provisions)), ", ".join(lever.questions)]).strip("; ")
            or lever.kind,
        )
        for name, lever in catalog().levers.items()
    ]
    return md.part(md.table(["lever", "what it reaches", "provisions; questions"], rows))


def arms_page() -> str:
    """Return the page of the arms, as a lawyer reads them."""
    blocks = [
        "A policy, or *arm*, is a bundle of levers. Coverage, pace and capacity are assumptions of a scenario, not findings: "
        "nobody has measured how far such a measure would reach. What an arm does not name stays as it is without any policy. "
        "Two arms can be joined with `+`, as in `letter_package+border_reopened`.",
    ]
    for name in arm_names():
        arm = load_arm(name)
        blocks.append(md.heading(2, arm.title, md.name_of_target("arm", name)))
        blocks.append(f"`{name}`. {md.text(arm.summary)}")
        rows = [
            (
                md.link(md.text(catalog().levers[lever].label), md.name_of_target("lever", lever)),
                _reach(value),
                md.text(value.because),
            )
            for lever, value in arm.levers.items()
        ]
        if rows:
            blocks.append(md.table(["lever", "how far, from when", "because"], rows))
        else:
            blocks.append("No lever is moved.")
    return md.page("Arms: the policies that can be compared", "arms", *blocks)


def _reach(value: LeverValue) -> str:
    start = "from the policy's start" if value.start == "policy_start" else f"from {value.start}"
    pace = f", reached over {value.ramp_months} months" if value.ramp_months else ", at once"
    limit = f"; at most {value.capacity:g} persons a month" if value.capacity is not None else ""
    return f"{value.coverage * 100:g} % {start}{pace}{limit}"


def arms_part() -> str:
    """Return every arm in one line, for the protocol."""
    rows = [
        (
            md.code_link(name, md.name_of_target("arm", name)),
            md.text(load_arm(name).summary),
            ", ".join(f"{lever} {value.coverage:g}" for lever, value in load_arm(name).levers.items()).replace(
                "_", " "
            ),
        )
        for name in arm_names()
    ]
    return md.part(md.table(["arm", "what it is", "levers and coverage"], rows))


def indicators_page() -> str:
    """Return the page of the indicators."""
    blocks = [
        "What a study counts, month by month and in total, by area, purpose, sex, age band and mode of departure. "
        "Harm is counted, never depicted.",
    ]
    for name, record in catalog().indicators.items():
        blocks.append(md.heading(2, record.label, md.name_of_target("indicator", name)))
        blocks.append(md.text(record.definition))
        blocks.append(
            md.fields(
                [
                    ("Name", f"`{name}`"),
                    ("Unit", md.text(record.unit)),
                    ("Direction", DIRECTIONS[record.direction]),
                    ("Made of the events", _events(record)),
                    ("Why it matters", provenance(record.source)),
                ]
            )
        )
    return md.page("Indicators", "indicators", *blocks)


def _events(record: Indicator) -> str:
    return ", ".join(event.lower().replace("_", " ") for event in record.events)


def indicators_part() -> str:
    """Return every indicator in one line, for the protocol."""
    rows = [
        (
            md.link(md.text(record.label), md.name_of_target("indicator", name)),
            md.text(record.definition),
            md.text(record.unit),
            DIRECTIONS[record.direction],
        )
        for name, record in catalog().indicators.items()
    ]
    return md.part(md.table(["indicator", "definition", "unit", "direction"], rows))


def corridors_page() -> str:
    """Return the page of the corridors: what differs from the catalogue in each."""
    blocks = [
        "A corridor says where a study plays: its areas, and what differs from the catalogue there. No rule names one; areas "
        "stand for no place on a map.",
    ]
    for name in corridor_names():
        corridor = load_corridor(name)
        blocks.append(md.heading(2, corridor.title, md.name_of_target("corridor", name)))
        blocks.append(f"`corridor={name}`. {md.text(corridor.summary)}")
        blocks.append(md.fields([("Areas", ", ".join(corridor.areas))]))
        rows = [
            (
                md.code_link(f"{process}.{each}", md.name_of_target("parameter", process, each)),
                md.number(here.default),
                f"{provenance(here.source)}. {md.text(here.because)}",
            )
            for process, changed in corridor.parameters.items()
            for each, here in changed.items()
        ]
        rows += [
            (
                md.code_link(each, md.name_of_target("series", each)),
                ", ".join(f"{month}: {md.number(value)}" for month, value in here.values.items()),
                f"{provenance(here.source)}. {md.text(here.because)}",
            )
            for each, here in corridor.series.items()
        ]
        rows += [
            (
                md.code_link(each, md.name_of_target("lever", each)),
                ", ".join(f"{month}: {value:g}" for month, value in lever.status_quo.items()),
                md.text(lever.because),
            )
            for each, lever in corridor.levers.items()
        ]
        if rows:
            blocks.append(md.table(["what differs", "here", "because"], rows))
        else:
            blocks.append("Every number is the catalogue's.")
    return md.page("Corridors", "corridors", *blocks)
