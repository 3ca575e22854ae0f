"""`panorama config`: look at the configuration, and try whether it works."""

import asyncio
import os
from typing import Annotated, Any

import msgspec
import typer

from entrypoints.checking import check_parts
from entrypoints.cli.exits import CODES, Silent
from entrypoints.cli.options import ConfigOption, JsonOption
from entrypoints.cli.output import Output
from entrypoints.cli.serve import check_transport
from entrypoints.configuration_addresses import masked
from entrypoints.configuration_file import Settings, read
from entrypoints.configuration_keys import environment_name
from entrypoints.configuration_sites import check_sites, explanation

commands = typer.Typer(help="Look at the configuration.", no_args_is_help=True, epilog=CODES)


@commands.command(epilog=CODES)
def check(
    config: ConfigOption = None,
    json: JsonOption = None,
    connect: Annotated[
        bool, typer.Option("--connect", help="Also open every part and ask whether it answers.")
    ] = False,
) -> None:
    """Check the configuration without starting the service; every problem is named with a way out."""
    output = Output.chosen(json)
    settings = read(config, os.environ)
    check_sites(settings)
    check_transport(settings)
    answered = _answered(settings) if connect else []
    explained = [explanation(address, settings.configuration.site.region) for address in settings.addresses]
    if output.json:
        site = settings.configuration.active
        output.document({"ok": True, "site": site, "addresses": explained, "answered": answered})
        return
    output.line(f"The configuration is fine: {_origin(settings)}, site {settings.configuration.active}.")
    rows = [(each.key, each.address, each.what, each.region or "told at opening") for each in explained]
    output.table(("key", "address", "what is there", "region"), rows)
    for part in answered:
        output.line(f"{part} answers.")


@commands.command(epilog=CODES)
def show(config: ConfigOption = None, json: JsonOption = None) -> None:
    """Show every key's value, secrets masked, and the environment variable that overrides it."""
    output = Output.chosen(json)
    settings = read(config, os.environ)
    shown = _masked(msgspec.to_builtins(settings.configuration))
    if output.json:
        output.document(shown)
        return
    output.line(f"From {_origin(settings)}; data in {settings.data}.")
    rows = [(path, _text(value), environment_name(path)) for path, value in _flat(shown, "")]
    output.table(("key", "value", "environment"), rows)


def _answered(settings: Settings) -> list[str]:
    """Return the name of each part; raises Silent with those that do not answer as they should."""
    answers = asyncio.run(check_parts(settings))
    if failures := {name: error for name, error in answers.items() if error is not None}:
        raise Silent(failures)
    return [*answers]


def _origin(settings: Settings) -> str:
    return "the embedded default" if settings.source is None else str(settings.source)


def _masked(value: Any) -> Any:
    match value:
        case dict():
            return {name: _masked(inner) for name, inner in value.items()}
        case list() | tuple():
            return [_masked(inner) for inner in value]
        case str():
            return masked(value)
        case _:
            return value


def _flat(value: dict[str, Any], prefix: str) -> list[tuple[str, Any]]:
    rows: list[tuple[str, Any]] = []
    for name, inner in value.items():
        rows += _flat(inner, f"{prefix}{name}.") if isinstance(inner, dict) else [(prefix + name, inner)]
    return rows


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value) or "none"
    return "none" if value is None else str(value)
