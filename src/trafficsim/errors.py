"""The one exception for a person's mistake: the command line prints it as a sentence, never as a traceback."""


class UserError(ValueError):
    """What was wrong, where, what is allowed and what to do, in one message for the person who made the mistake."""

    def _render_traceback_(self) -> list[str]:
        """Show the sentence alone in a notebook or IPython, which ask for this."""
        return [f"trafficsim: {self}"]
