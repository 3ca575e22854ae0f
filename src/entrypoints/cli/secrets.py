"""`panorama secrets`: what a site's values refer to as `secret:NAME`."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeAlias, TypeVar

import typer

from entrypoints.cli.exits import Refusal
from entrypoints.cli.options import ConfigOption, JsonOption
from entrypoints.cli.output import Output
from entrypoints.configuration_file import read
from entrypoints.configuration_sites import check_sites
from entrypoints.container import opened_secrets
from entrypoints.private_files import make_private_folder
from ports.secrets import SecretStore

T = TypeVar("T")
NameArgument: TypeAlias = Annotated[str, typer.Argument(metavar="NAME", help="The secret's name.")]


def put(
    name: NameArgument,
    value: Annotated[
        typer.FileBinaryRead,
        typer.Option("--from", metavar="FILE", help="The file that holds the value; the standard input without it."),
    ] = "-",  # type: ignore[assignment] # Typer opens it.
    config: ConfigOption = None,
    json: JsonOption = None,
) -> None:
    """Make a new version of a secret; whoever opens the site from now on uses it."""
    output, content = Output.chosen(json), value.read()
    version = _with_secrets(config, lambda store: store.put(name, content))
    if output.json:
        output.document({"version": version})
    else:
        output.line(f"Version {version} is the newest now.")


def list_versions(name: NameArgument, config: ConfigOption = None, json: JsonOption = None) -> None:
    """List a secret's versions, the newest first, without their values."""
    output = Output.chosen(json)
    versions = _with_secrets(config, lambda store: store.versions(name))
    if output.json:
        output.document(versions)
        return
    rows = [(each.version, each.state.value, f"{each.created:%Y-%m-%d %H:%M}") for each in versions]
    output.table(("version", "state", "created"), rows)


def destroy(
    name: NameArgument,
    version: Annotated[str, typer.Argument(metavar="VERSION", help="One that is not the newest.")],
    config: ConfigOption = None,
    json: JsonOption = None,
) -> None:
    """Have a version destroyed that nobody uses any more."""
    output = Output.chosen(json)
    _with_secrets(config, lambda store: store.destroy(name, version))
    if output.json:
        output.document({"destroyed": version})
    else:
        output.line(f"Version {version} is not readable any more.")


def _with_secrets(config: Path | None, use: Callable[[SecretStore], Awaitable[T]]) -> T:
    """Open the secrets of the active site, use them, and return what `use` returned; raises Refusal without any."""
    settings = read(config, os.environ)
    check_sites(settings)
    make_private_folder(settings.data)

    async def run() -> T:
        async with opened_secrets(settings) as store:
            if store is None:
                raise Refusal("the site names no secrets", 'name them: secrets = "file:secrets"')
            return await use(store)

    return asyncio.run(run())
