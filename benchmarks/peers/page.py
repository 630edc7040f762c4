"""The page of the documents on peers, written from what was found."""

from typing import Any

from benchmarks.peers.exact import expected_stocks
from benchmarks.peers.measure import COMMON_SIZE, LARGE_SIZE, LOOKS, PEOPLE_EXACT, STANDARD_ERRORS_AT_MOST
from benchmarks.peers.process import ARMS, MONTHS, Status

NAMES = {"mesa": "Mesa", "agentpy": "AgentPy", "starsim": "Starsim", "numpy": "NumPy", "engine": "this engine"}

BETTER = {
    "mesa": "An agent is a Python object with any attributes and methods: the rule is read where it is written, can be changed in "
    "a running model, and may use any library. It has spaces, networks, event scheduling, a visualisation and the largest "
    "community of the field. trafficsim's own agents are Mesa agents for that reason; its rules within a month are not.",
    "agentpy": "Fewest lines of those with agents; parameters, samples, experiments and sensitivity analysis are one object each, "
    "made for notebooks. Its last release is of 2021; it still runs.",
    "starsim": "Near NumPy's speed in a large population, slower in a small one; demography, networks, diseases, calibration and "
    "plots come with it. Every distribution draws for each agent by its own stream, so that arms share luck without a thought, "
    "also in populations that grow; `choose_n` gives a market that does so too.",
    "numpy": "Shortest, nothing to compile, nothing to learn. If everyone draws in every month, arms share luck as well, as long "
    "as the population is closed: one person more, and all that follow draw otherwise.",
    "engine": "Fastest, though beside NumPy not by much in a process as plain as this one; a month of the real model is measured "
    "among the [benchmarks](benchmarks.md). Luck is named by life and event, so that births, arrivals and the order of rows change "
    "nobody else's. A rule is a function of one life, which a lawyer can be shown. The price: the most lines, a compiler that has "
    "to run before the first call, and rules that may use numbers and nothing else.",
}


def table(found: dict[str, Any]) -> list[list[str]]:
    """Return the table as text: the head, then one row a question, one column an implementation."""
    peers = [found["peers"][name] for name in NAMES]
    intervals = [one["variance_ratio_interval"] for one in peers]
    return [
        ["", *NAMES.values()],
        ["version", *("" if name == "engine" else one["version"] for name, one in zip(NAMES, peers, strict=True))],
        [f"person-months a second, {COMMON_SIZE:,} people", *(_speed(one, COMMON_SIZE) for one in peers)],
        [f"the same, {LARGE_SIZE:,} people", *(_speed(one, LARGE_SIZE) for one in peers)],
        [
            "seconds of the first call, nothing being compiled yet",
            *(f"{one['seconds_of_the_first_call']:.2g}" for one in peers),
        ],
        ["bytes a person", *(f"{one['bytes_a_person']:.0f}" for one in peers)],
        ["lines of code", *(str(one["lines"]) for one in peers)],
        ["variance of a difference, equal seeds over others", *(f"{one['variance_ratio']:.2f}" for one in peers)],
        ["its 90 % interval", *(f"{low:.2f} to {high:.2f}" for low, high in intervals)],
        ["farthest from the exact answer, standard errors", *(f"{one['standard_errors']:.1f}" for one in peers)],
        ["of so many replicates", *(f"{one['replicates']:,}" for one in peers)],
    ]


def page(found: dict[str, Any]) -> str:
    """Return the page."""
    of = found["machine"]
    lines = [
        "# Side by side with what you would pick instead", "",
        "Written by `make bench-peers`, which installs the peers in an environment of their own. The same small process (five "
        "statuses, monthly chances, one market) is written in each library as its own documents would have it: "
        "`benchmarks/reference.md` specifies it, with its exact answer, `benchmarks/peers` holds the five "
        "files.", "",
        f"{of['date']}; {of['processor']}, {of['cores']} cores; Python {of['python']}. Processor time of one core, the least of "
        "several calls; others may have been at work on the machine, so read ratios first.", "",
        _written(table(found)), "",
        "```{figure} figures/peers.png", ":alt: Speed and shared luck of the five implementations.", ":width: 100%", "```", "",
        f"**Agreement.** All means of the five stocks, of {PEOPLE_EXACT} people, in two arms, after "
        f"{', '.join(map(str, LOOKS[:-1]))} and {LOOKS[-1]} months, lie within {STANDARD_ERRORS_AT_MOST:g} standard errors of the "
        "exact ones; the table gives the largest of the 50 distances; of few replicates it is the weaker check. Where one "
        "does not agree, the command fails.",
        "",
        "**Shared luck.** Of two hundred people, the number exploited after sixty months. Lives part by what policy causes, and "
        "through the market by what others do, so that no way of drawing brings the ratio to 0.", "",
        "## What each does better", "",
    ]  # fmt: skip
    for name, label in NAMES.items():
        lines += [f"**{label[0].upper()}{label[1:]}.** {BETTER[name]}", ""]
    return "\n".join(lines)


def exact_table() -> str:
    """Return the expected stocks that the specification gives."""
    names = ["months", *(status.name.lower().replace("_", " ") for status in Status)]
    tables = []
    for arm in ARMS:
        stocks = expected_stocks(PEOPLE_EXACT, MONTHS, arm)
        body = [[str(month), *(f"{value:.5f}" for value in stocks[month])] for month in LOOKS]
        tables.append(f"{arm.replace('_', '-').capitalize()}:\n\n{_written([names, *body])}")
    return "\n\n".join(tables)


def _written(rows: list[list[str]]) -> str:
    head, *body = rows
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, ["---"] * len(head), *body))


def _speed(one: dict[str, Any], size: int) -> str:
    value = one["person_months_a_second"].get(str(size))
    return f"{value / 1e6:,.{0 if value >= 2e7 else 1}f} million" if value else "over a minute"
