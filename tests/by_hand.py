"""The page that follows one life for twelve months: ``NUMBA_DISABLE_JIT=1 PYTHONPATH=tests python -m by_hand`` writes it.

The months are the model's own, as plain Python; what they draw for this life and what rules answer is written down.
"""

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from situations import luck, words
from situations.reading import situation
from situations.rules import SPOKEN, all_rules
from situations.stage import _set_up, course_for

from trafficsim import processes
from trafficsim.engine.calendar import month_label
from trafficsim.experiments.deciding import happens
from trafficsim.processes.month import advance, begin
from trafficsim.processes.vocabulary import Draw, Event

PAGE = Path(__file__).parents[1] / "docs" / "review" / "by-hand.md"
LIFE = 79
"""Which of the possible lives it is: one to whom something happens within the year."""
GIVEN = {
    "because": ["S56"], "month": "2023-01", "months": 12, "policy": "status_quo",
    "person": {"status": "forced marriage", "age": 30, "months_in_status": 24}, "household": {},
    "then": {"status": "forced marriage"},
}  # fmt: skip
MODULES = [
    import_module(f"{processes.__name__}.{path.stem}")
    for path in sorted(Path(str(processes.__file__)).parent.glob("*.py"))
    if path.stem not in ("__init__", "vocabulary")
]
UNASKED = ("happenings", "presence", "crossing", "departure", "brokerage", "market", "adaptation")
"""Rules of these are not told here: they ask nothing of a person in a household, or compute names and groups."""

ONCE_A_MONTH = (
    "surveillance.campaign_strength", "surveillance.permit_becomes_status_chance", "custody.lapse_chance",
    "returns.most_who_leave_again",
)  # fmt: skip
"""Rules that a month asks before it comes to any life."""


def told() -> list[tuple[str, list[dict[str, Any]], list[str]]]:
    """Return each month's name, its draws of this life with the rules asked on them, and what happened."""
    one = situation(GIVEN, "by hand")
    course = course_for(one, False)
    state = begin(course, event_log=True)
    state.month = one.first
    _set_up(state, course, one, 1)
    key = luck.joined(LIFE)
    state.world.migrants.key[0] = key
    seen: list[dict[str, Any]] = []
    usual = _watch(state, seen, key)
    months = []
    try:
        for _ in range(one.months):
            seen.clear()
            advance(state, course)
            log = state.ledger.log()
            here = [
                Event(int(row["event"])) for row in log if row["month"] == state.month - 1 and row["person_key"] == key
            ]
            months.append(
                (month_label(state.month - 1), [dict(each) for each in seen], [happens(event) for event in here])
            )
    finally:
        for module, name, function in usual:
            setattr(module, name, function)
    return months


def _watch(state: Any, seen: list[dict[str, Any]], key: int) -> list[tuple[Any, str, Any]]:
    """Put listeners into the modules of the processes; return what stood there before."""
    rules, usual = all_rules(), []
    listening = [False]

    def listen_to_draws(function: Any) -> Any:
        def drawn(whose: Any, stamp: Any) -> float:
            value = function(whose, stamp)
            migrants = state.world.migrants
            own = (key, luck.joined(key, int(migrants.status_since[0])))
            listening[0] = int(whose) in own
            if listening[0]:
                at = [kind for kind in Draw if int(state.stamps[kind]) == int(stamp)] or [Draw(int(stamp))]
                seen.append({"draw": at[0], "value": value, "asked": []})
            return value

        return drawn

    def listen_to(rule: Any, function: Any) -> Any:
        def asked(*given: Any) -> Any:
            answer = function(*given)
            caller = sys._getframe(1).f_code.co_name
            if listening[0] and rule.title not in ONCE_A_MONTH and not caller.startswith("highest"):
                named = dict(zip(rule.arguments, given, strict=True))
                inputs = {name: value for name, value in named.items() if name not in ("p", "lever", "circumstances")}
                inputs |= {
                    f"{owner}.{field}": getattr(named[owner], field) for owner, field in rule.reads if owner in named
                }
                on = seen[-1]
                if rule.title == "surveillance.detection_chance":  # its draw comes before those of the checks
                    on = next(each for each in reversed(seen) if each["draw"] == Draw.DETECTED)
                elif rule.title == "surveillance.takes_permit_chance" and on["draw"] != Draw.TAKES_PERMIT:
                    return answer  # the highest that anybody has, asked before the lives
                on["asked"].append((rule.title, inputs, float(answer)))
            return answer

        return asked

    for module in MODULES:
        if hasattr(module, "uniform"):
            usual.append((module, "uniform", module.uniform))
            module.uniform = listen_to_draws(module.uniform)
        for rule in rules.values():
            if rule.module not in UNASKED and module.__name__.endswith(f".{rule.module}"):
                usual.append((module, rule.name, getattr(module, rule.name)))
                setattr(module, rule.name, listen_to(rule, getattr(module, rule.name)))
    return usual


def page() -> str:
    """Return ``docs/review/by-hand.md``."""
    blocks = [
        "# A life of twelve months, by hand",
        "",
        f"A synthetic person of 30 in a forced marriage, from {GIVEN['month']}, under the status quo. Nobody is meant by it. "
        "Her key, the number that",
        f"names her life, is `{luck.joined(LIFE):016x}`; her luck each month is drawn from it, the kind of draw and the month",
        "([how](../architecture.md)). Each line is one draw. Where a rule was asked, its inputs stand beside its answer, so that",
        "you can compute it on paper from the rule's text, which is in `src/trafficsim/processes`. A thing happens where the draw",
        "is below the chance. No rule beside a draw: the draw is above the highest chance that anybody has, so that nothing is",
        "asked, or it is held against a number of the catalogue. A rule that gives no chance",
        "stands beside the draw before it. Parameters are those that tests assume.",
        "",
        "A test holds this page equal to what the model's own month does as plain Python; another test holds plain Python equal",
        "to compiled runs, bit for bit.",
        "",
    ]
    for name, draws, happened in told():
        blocks += [
            f"## {name}",
            "",
            "| draw | luck | rule asked, its inputs | it gives |",
            "| --- | ---: | --- | ---: |",
        ]
        for each in draws:
            words = each["draw"].name.lower().replace("_", " ")
            for title, inputs, answer in each["asked"] or [("", {}, None)]:
                given = ", ".join(f"{field} {_shown(field, value)}" for field, value in inputs.items())
                shown = "" if answer is None else f"{answer:.6g}"
                blocks.append(f"| {words} | {each['value']:.6f} | {f'`{title}`: {given}' if title else ''} | {shown} |")
        blocks += ["", f"What happens: {', '.join(happened) or 'nothing'}.", ""]
    return "\n".join(blocks)


def _shown(field: str, value: Any) -> str:
    """Return an input as tables of cases write it."""
    return words.spoken(SPOKEN[field](int(value))) if field in SPOKEN else f"{float(value):.6g}"


if __name__ == "__main__":
    if os.environ.get("NUMBA_DISABLE_JIT") != "1":
        sys.exit("The page is made as plain Python: set NUMBA_DISABLE_JIT=1.")
    if len(sys.argv) > 1:
        print(page())
    else:
        PAGE.write_text(page(), encoding="utf-8")
