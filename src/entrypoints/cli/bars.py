"""Progress bars for work that tells how far it is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from application.maintenance.loop import Advanced, Known
from application.maintenance.states import Ran


@contextmanager
def bar(doing: str, things: str) -> Iterator[Callable[[int, int | None], None]]:
    """Show how far something is and how fast it goes, on the standard error stream, if that is a terminal.

    Yields what takes how many things are done, and of how many where that is known.
    """
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[things]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(f"{doing}…", total=None, things=things)
        yield lambda done, total: progress.update(task, completed=done, total=total)


class Bars:
    """A progress bar for each job that tells how far it is, on the standard error stream, if that is a terminal."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        self.progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._tasks: dict[str, TaskID] = {}

    def tell(self, event: Advanced | Ran | Known) -> None:
        """Take note of something that happened."""
        if isinstance(event, Advanced):
            if event.job not in self._tasks:
                self._tasks[event.job] = self.progress.add_task(event.job, total=None)
            self.progress.update(self._tasks[event.job], completed=event.progress.done, total=event.progress.total)
        elif event.job in self._tasks:
            self.progress.remove_task(self._tasks.pop(event.job))


@contextmanager
def byte_bar(doing: str) -> Iterator[Callable[[int, int], None]]:
    """Show how many bytes of something are done, how fast it goes and how long it will take, like `bar`."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(f"{doing}…", total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
