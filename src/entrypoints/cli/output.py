"""What a command prints: tables and colour on a terminal, plain JSON for machines.

Rich is imported where something is printed for people: a machine's answer does not wait for it.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

if TYPE_CHECKING:
    from rich.console import Console

    from entrypoints.cli.failures import Failure

T = TypeVar("T")


class Output:
    """Prints either for people or, as one JSON document, for machines."""

    def __init__(self, *, json: bool, console: "Console | None" = None) -> None:
        self.json = json
        self._console = console

    @cached_property
    def console(self) -> "Console":
        """Return where texts for people are printed."""
        from entrypoints.cli.terminal import Terminal

        return self._console or Terminal(highlight=False)

    @classmethod
    def chosen(cls, json: bool | None) -> "Output":
        """Follow --json or --text; without either, machines are assumed where nobody looks: in a pipe or a file."""
        return cls(json=not sys.stdout.isatty() if json is None else json)

    def document(self, content: Any) -> None:
        """Print `content` as JSON on one line."""
        sys.stdout.write(msgspec.json.encode(content).decode() + "\n")
        sys.stdout.flush()

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Print a table. What stands in it is shown as it is, never taken for markup."""
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, header_style="bold")
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in rows:
            table.add_row(*(cell if isinstance(cell, Text) else Text(str(cell)) for cell in row))
        self.console.print(table)

    def tracked(self, things: Sequence[T], doing: str) -> Iterable[T]:
        """Go through `things` beside a progress bar on the standard error stream, if that is a terminal."""
        from rich.console import Console
        from rich.progress import track

        console = Console(stderr=True)
        return track(things, f"{doing}…", console=console, transient=True, disable=not console.is_terminal)

    @contextmanager
    def doing(self, what: str) -> Iterator[Callable[[str], None]]:
        """Show on the standard error stream, if that is a terminal, what is being done; yields how to say it."""
        from rich.console import Console
        from rich.text import Text

        console = Console(stderr=True)
        if not console.is_terminal:
            yield lambda _: None
            return
        with console.status(f"{what}…") as status:
            yield lambda text: status.update(Text(f"{what} {text}…"))

    def line(self, text: str) -> None:
        """Print a sentence for people."""
        from rich.text import Text

        self.console.print(Text(text))

    def remark(self, text: str) -> None:
        """Tell people on the standard error stream what is going on; machines are told the result alone."""
        if self.json:
            return
        from rich.console import Console
        from rich.text import Text

        Console(stderr=True, highlight=False).print(Text(text))


def print_failure(failure: "Failure", *, json: bool) -> None:
    """Tell a failure on the standard error stream: JSON for machines, else the causes and the way out."""
    if json:
        sys.stderr.write(msgspec.json.encode({"error": failure}).decode() + "\n")
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True, highlight=False)
    for problem in failure.problems:
        console.print(Text.assemble(("error: ", "bold red"), problem), soft_wrap=True)
    console.print(Text.assemble(("way out: ", "bold"), failure.remedy), soft_wrap=True)
