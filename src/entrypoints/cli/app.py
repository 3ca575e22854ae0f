"""The command line as Typer knows it."""

from typing import Annotated

import typer

from entrypoints.cli.exits import CODES
from entrypoints.cli.group import Commands
from entrypoints.cli.installed import show_version

app = typer.Typer(
    cls=Commands,
    help="Hand-shaped trees of Jira issues, sealed at rest.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    epilog=CODES,
)


def _say_version(asked: bool) -> None:
    if asked:
        show_version()
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Say which version this is.")
    ] = False,
) -> None:
    """Take what every command has in common."""
