"""Where texts for people are printed."""

from rich.console import Console


class Terminal(Console):
    """A console whose reader may go away: an ordinary error, not the end of the process."""

    def on_broken_pipe(self) -> None:
        """Raise BrokenPipeError, which ends a command quietly."""
        raise BrokenPipeError
