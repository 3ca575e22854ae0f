"""`panorama storage`: databases, before the service uses them."""

import asyncio
import os

import typer

from entrypoints.cli.exits import CODES
from entrypoints.cli.options import ConfigOption, JsonOption
from entrypoints.cli.output import Output
from entrypoints.configuration_file import read
from entrypoints.preparing import prepare_storage

commands = typer.Typer(help="Prepare databases.", no_args_is_help=True, epilog=CODES)


# A group of one command would be taken for that command.
@commands.callback()
def _group() -> None:
    """Prepare databases."""


@commands.command(epilog=CODES)
def prepare(config: ConfigOption = None, json: JsonOption = None) -> None:
    """Make what the active site's storage and vault need and do not have yet, and say what was made.

    A repeat makes nothing twice. A database of MongoDB needs indexes; a file of SQLite needs nothing.
    """
    output = Output.chosen(json)
    prepared = asyncio.run(prepare_storage(read(config, os.environ)))
    if output.json:
        output.document(prepared)
        return
    for part in prepared:
        made = f"made the indexes {', '.join(part.made)}" if part.made else "has all that it needs"
        output.line(f"{part.part}: {made}.")
