"""Groups of commands, each imported when it is chosen; and the group of all, which words every failure."""

from functools import cached_property
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from entrypoints.cli.exits import CODES
from entrypoints.cli.options import JSON
from entrypoints.cli.reporting import report_failure
from entrypoints.cli.table import COMMANDS, Entry, Group


class LazyCommand(TyperCommand):
    """A command as it is listed; its function, and what that needs, is imported when the command is chosen."""

    def __init__(self, entry: Entry) -> None:
        super().__init__(entry.name, help=entry.help, epilog=CODES)
        self._entry = entry

    @cached_property
    def loaded(self) -> Any:
        """Return the command itself, with its parameters."""
        module, _, attribute = self._entry.target.partition(":")
        single = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        single.command(self._entry.name, epilog=CODES)(getattr(import_module(module), attribute))
        return typer.main.get_command(single)

    def make_context(self, *arguments: Any, **options: Any) -> Any:
        """Return a context of the command itself, so that its own parameters are parsed."""
        return self.loaded.make_context(*arguments, **options)


def _listed(entry: Entry | Group) -> LazyCommand | TyperGroup:
    if isinstance(entry, Entry):
        return LazyCommand(entry)
    commands = [_listed(each) for each in entry.entries]
    return TyperGroup(name=entry.name, commands=commands, help=entry.help, epilog=CODES, no_args_is_help=True)


class Commands(TyperGroup):
    """All commands of the table; no error of ours leaves one as a traceback."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for entry in COMMANDS:
            self.add_command(_listed(entry))

    def get_help_option(self, ctx: Any) -> Any:
        """Return the option `--help`, whose absence is False: for None, Typer would import pydantic to convert it."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.default = False
        return option

    def invoke(self, ctx: Any) -> Any:
        """Run the chosen command; raises typer.Exit for a failure, and what Typer tells by itself: wrong usage."""
        try:
            return super().invoke(ctx)
        except (typer.TyperException, typer.Exit, typer.Abort):
            raise
        except (Exception, KeyboardInterrupt) as exc:
            raise typer.Exit(report_failure(exc, json=bool(ctx.meta.get(JSON)))) from exc
