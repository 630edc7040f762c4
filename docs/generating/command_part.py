"""The page of the command line, from what the commands say of themselves."""

import argparse

from generating import markdown as md
from trafficsim import cli


def commands_page() -> str:
    """Return the page of all commands: what each does, what it takes, and its examples."""
    parser = cli._parser()
    verbs = next(action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    blocks = [
        "Each command teaches itself: `trafficsim -h`, `trafficsim compare -h`. What they say stands here as well. Mistakes are "
        "answered in one sentence; what each exit code means, and how the Tab key completes all this, stands in "
        "[At the shell](../guides/shell.md).",
    ]
    for name, verb in verbs.choices.items():
        blocks.append(md.heading(2, f"trafficsim {name}", md.name_of_target("command", name)))
        blocks.append(md.text(verb.description or ""))
        arguments = [
            (" ".join(action.option_strings) or str(action.metavar or action.dest), action.help or "")
            for action in verb._actions
            if not isinstance(action, argparse._HelpAction) and action.help != "see below"
        ]
        blocks.append(md.fields((f"`{words}`", md.text(says)) for words, says in arguments))
        if verb.epilog:
            blocks.append(f"```text\n{verb.epilog.strip()}\n```")
    return md.page("From the command line", "commands", *blocks)
