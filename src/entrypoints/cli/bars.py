"""Progress bars for work that tells how far it is."""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from application.maintenance.loop import Advanced, Known
from application.maintenance.states import Ran


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
